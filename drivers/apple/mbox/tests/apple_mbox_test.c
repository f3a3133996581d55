/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The mailbox driver on the model of the mailbox, found by the device tree,
 * with the client of mbox_rig.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/malloc.h>

#include "kpi_fdt.h"
#include "mbox_rig.h"
#include "observe.h"
#include "tk_bus.h"
#include "tk_ofw.h"
#include "tk_sdt.h"
#include "tk_test.h"
#include "tk_test_thread.h"

#define	MS		SBT_1MS
#define	MS_NS		1000000LL

TK_CASES_ON_EACH_PIC("");

/* It is unknown whether M3's enable bits can be cleared.  Here they cannot. */
static const struct mbox_machine m3_for_good = {
	"t6000", "/soc@200000000/client", "/soc@200000000/mbox@84400000",
	MODEL_ASC_M3, 0x284400000, 683, true,
};

struct rig {
	struct model_asc	*asc;
	struct mbox_client	*c;
	struct apple_mbox	*mbox;
	device_t		 dev;		/* the mailbox */
	struct tk_agent		*agent;		/* NULL: none */
	int64_t			 pause;		/* the agent's, in ns */
	int			 left;		/* yet to pop or push */
	struct apple_mbox_msg	 log[MBOX_LOG];	/* popped messages */
	int			 popped;
};

static void
rig_kick(void *arg)
{
	struct rig *r = arg;

	if (r->agent != NULL)
		tk_agent_kick(r->agent);
}

static const struct model_asc_ops rig_ops = {
	.sent = rig_kick, .taken = rig_kick,
};

static void
rig_attach(struct rig *r, const struct mbox_machine *m, unsigned int depth)
{
	memset(r, 0, sizeof(*r));
	r->asc = mbox_model_new(m, depth, &rig_ops, r);
	tk_ofw_boot(m->tree);
	r->dev = tk_ofw_device(m->mbox);
	r->c = mbox_client_at(m->client);
	TK_EQ(r->c->error, 0);
	r->mbox = r->c->mbox;
}

static void
rig_up(struct rig *r, const struct mbox_machine *m, unsigned int depth)
{
	rig_attach(r, m, depth);
	TK_EQ(apple_mbox_start(r->mbox), 0);
	model_asc_stats_clear(r->asc);
}

static void
rig_down(struct rig *r)
{
	if (r->agent != NULL)
		tk_agent_stop(r->agent);
	TK_STREQ(model_asc_stats(r->asc).reason, "");
	TK_EQ(tk_ofw_detach(), 0);
	model_asc_free(r->asc);
}

static void
sleep_ms(int ms)
{
	pause_sbt("test", ms * MS, 0, 0);
}

/* Wait, in virtual time, until the client has n messages. */
static void
rig_await(struct rig *r, int n)
{
	int i;

	for (i = 0; mbox_client_received(r->c) < n; i++) {
		TK_CHECK(i < 10000);
		sleep_ms(1);
	}
}

/* The coprocessor pushes n messages while interrupts are off. */
static void
rig_burst(struct rig *r, uint64_t first, int n)
{
	struct mtx off;
	int i;

	mtx_init(&off, "interrupts off", NULL, MTX_SPIN);
	mtx_lock_spin(&off);
	for (i = 0; i < n; i++)
		TK_CHECK(model_asc_push(r->asc, first + i, i & 0xff));
	mtx_unlock_spin(&off);
	mtx_destroy(&off);
}

static void
rig_agent(struct rig *r, void (*fn)(void *))
{
	tk_agent_create(&r->agent, "coprocessor", fn, r);
}

/* Takes messages out, one after each pause. */
static void
agent_pop(void *arg)
{
	struct rig *r = arg;
	struct apple_mbox_msg *msg;

	while (!tk_agent_stopping()) {
		if (r->pause != 0)
			tk_agent_wait(tk_now_ns() + r->pause);
		msg = &r->log[r->popped];
		if (!model_asc_pop(r->asc, &msg->amm_msg0, &msg->amm_msg1))
			tk_agent_wait(-1);
		else if (++r->popped == MBOX_LOG)
			return;
	}
}

/* Takes messages out while it has room for what it has to say itself. */
static void
agent_pop_if_heard(void *arg)
{
	struct rig *r = arg;
	struct apple_mbox_msg *msg;

	while (!tk_agent_stopping()) {
		msg = &r->log[r->popped];
		if (model_asc_waiting(r->asc) == 4 ||
		    !model_asc_pop(r->asc, &msg->amm_msg0, &msg->amm_msg1))
			tk_agent_wait(-1);
		else
			r->popped++;
	}
}

/* Pushes the remaining messages, as fast as the FIFO takes them. */
static void
agent_push(void *arg)
{
	struct rig *r = arg;
	uint64_t next = 0;

	while (r->left > 0 && !tk_agent_stopping()) {
		if (!model_asc_push(r->asc, next, 1)) {
			tk_agent_wait(-1);
			continue;
		}
		next++;
		r->left--;
		if (tk_random() % 4 == 0)
			tk_agent_wait(tk_now_ns() + tk_random() % 100000);
	}
}

static struct apple_mbox_msg
msg_of(uint64_t msg0)
{
	return ((struct apple_mbox_msg){ .amm_msg0 = msg0,
	    .amm_msg1 = (uint32_t)msg0 & 0xff });
}

static int
rig_send(struct rig *r, uint64_t msg0, sbintime_t timeout)
{
	struct apple_mbox_msg msg = msg_of(msg0);

	return (apple_mbox_send(r->mbox, &msg, timeout));
}

static int
rig_trysend(struct rig *r, uint64_t msg0)
{
	struct apple_mbox_msg msg = msg_of(msg0);

	return (apple_mbox_trysend(r->mbox, &msg, 0));
}

/* Has the device printed this line? */
static bool
printed_by(device_t dev, const char *text)
{
	char line[128];

	snprintf(line, sizeof(line), "%s: %s\n", device_get_nameunit(dev),
	    text);
	return (printed(line));
}

/* One of the mailbox's counters. */
static uint64_t
counter(struct rig *r, const char *name)
{
	return (counter_of("dev.apple_mbox.%d.%s", device_get_unit(r->dev),
	    name));
}

/*
 * Messages
 */

static void
exchanges_messages(const struct mbox_machine *m)
{
	struct rig r;
	uint64_t msg0;
	uint32_t msg1;
	int i;

	rig_up(&r, m, 16);
	for (i = 0; i < 40; i++) {
		TK_CHECK(model_asc_push(r.asc, ~(uint64_t)i, 0xfffffff0 + i));
		TK_EQ(mbox_client_received(r.c), i + 1);
		TK_EQ(r.c->log[i].amm_msg0, ~(uint64_t)i);
		TK_EQ(r.c->log[i].amm_msg1, (uint32_t)(0xfffffff0 + i));

		TK_EQ(rig_send(&r, 1000 + i, MS), 0);
		TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
		TK_EQ(msg0, 1000 + i);
		TK_EQ(msg1, (1000 + i) & 0xff);
	}
	TK_EQ(r.c->in_filter, 40);
	TK_EQ(r.c->threads, 0);
	rig_down(&r);
}

TK_CASE(mbox_v4_exchanges_messages)
{
	exchanges_messages(&mbox_v4);
}

TK_CASE(mbox_t8015_exchanges_messages)
{
	exchanges_messages(&mbox_t8015);
}

TK_CASE(mbox_m3_exchanges_messages)
{
	exchanges_messages(&mbox_m3);
}

static void
keeps_order_under_load(const struct mbox_machine *m)
{
	struct rig r;
	int i;

	rig_up(&r, m, 15);
	r.left = 2000;
	rig_agent(&r, agent_push);
	rig_await(&r, 2000);
	for (i = 0; i < 2000; i++)
		TK_EQ(r.c->log[i].amm_msg0, i);
	rig_down(&r);
}

TK_CASE(mbox_v4_keeps_order_under_load)
{
	keeps_order_under_load(&mbox_v4);
}

TK_CASE(mbox_t8015_keeps_order_under_load)
{
	keeps_order_under_load(&mbox_t8015);
}

TK_CASE(mbox_m3_keeps_order_under_load)
{
	keeps_order_under_load(&mbox_m3);
}

/* How many register accesses a burst costs. */
static void
burst_costs(struct rig *r, int n, uint64_t reads, uint64_t writes)
{
	struct model_asc_stats st;
	int before = mbox_client_received(r->c);

	model_asc_stats_clear(r->asc);
	rig_burst(r, 0, n);
	rig_await(r, before + n);
	st = model_asc_stats(r->asc);
	TK_EQ(st.received, n);
	TK_EQ(st.reads, reads);
	TK_EQ(st.writes, writes);
}

TK_CASE(mbox_a_burst_costs_one_look_and_two_reads_a_message)
{
	struct rig r;
	int n;

	rig_up(&r, &mbox_v4, 16);
	for (n = 1; n <= 15; n++)
		burst_costs(&r, n, 2 * n + 1, 0);
	/*
	 * With 16 messages in the FIFO the count reads 0: the driver takes one,
	 * then 15.
	 */
	burst_costs(&r, 16, 2 * 16 + 2, 0);
	TK_EQ(model_asc_interrupts(r.asc, MODEL_ASC_RECV_NOT_EMPTY), 1);
	rig_down(&r);

	rig_up(&r, &mbox_t8015, 15);
	burst_costs(&r, 15, 2 * 15 + 1, 0);
	rig_down(&r);
}

TK_CASE(mbox_m3_looks_at_every_message_and_acknowledges_once)
{
	struct rig r;
	int n;

	rig_up(&r, &mbox_m3, 16);
	for (n = 1; n <= 16; n++)
		burst_costs(&r, n, 3 * n + 1, 1);
	rig_down(&r);
}

TK_CASE(mbox_use_count_0_reads_the_status_for_every_message)
{
	struct rig r;
	int n;

	TK_EQ(kern_setenv("hw.apple_mbox.use_count", "0"), 0);
	rig_up(&r, &mbox_v4, 16);
	for (n = 1; n <= 16; n++)
		burst_costs(&r, n, 3 * n + 1, 0);
	rig_down(&r);
}

/* A control word without counts must not mean "empty", or too many messages. */
TK_CASE(mbox_survives_a_control_word_without_a_count)
{
	const struct model_asc_config config = {
		.name = "asc", .base = mbox_v4.base, .irq = mbox_v4.irq,
		.no_count = true,
	};
	struct rig r;
	int i;

	memset(&r, 0, sizeof(r));
	r.asc = model_asc_new(&config, &rig_ops, &r);
	tk_ofw_boot("t8103");
	r.c = mbox_client_at(mbox_v4.client);
	r.mbox = r.c->mbox;
	TK_EQ(apple_mbox_start(r.mbox), 0);
	rig_burst(&r, 0, 16);
	rig_await(&r, 16);
	for (i = 0; i < 16; i++)
		TK_EQ(rig_send(&r, i, MS), 0);
	TK_EQ(rig_send(&r, i, MS), ETIMEDOUT);
	rig_down(&r);
}

TK_CASE(mbox_sends_look_once_for_the_room_they_saw)
{
	struct rig r;
	uint64_t msg0, reads;
	uint32_t msg1;
	int i, round;

	rig_up(&r, &mbox_v4, 16);
	for (round = 0; round < 2; round++) {
		reads = model_asc_stats(r.asc).reads;
		for (i = 0; i < 16; i++)
			TK_EQ(rig_trysend(&r, i), 0);
		reads = model_asc_stats(r.asc).reads - reads;
		/*
		 * In the first round the driver learns that there is room for
		 * 16.
		 */
		TK_EQ(reads, round == 0 ? 16 : 1);
		TK_EQ(rig_trysend(&r, 16), EAGAIN);
		for (i = 0; i < 16; i++) {
			TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
			TK_EQ(msg0, i);
		}
	}
	TK_EQ(model_asc_stats(r.asc).overflows, 0);
	TK_EQ(model_asc_stats(r.asc).writes, 64);
	rig_down(&r);
}

TK_CASE(mbox_allocates_nothing_for_a_message)
{
	struct rig r;
	uint64_t msg0;
	uint32_t msg1;
	int i, mallocs;

	rig_up(&r, &mbox_v4, 16);
	r.c->echo = r.c->want_thread = true;
	mallocs = tk_fault_calls("malloc");
	for (i = 0; i < 100; i++) {
		TK_CHECK(model_asc_push(r.asc, i, 0));
		sleep_ms(1);
		TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
		TK_EQ(msg0, i);
	}
	TK_EQ(tk_fault_calls("malloc"), mallocs);
	TK_EQ(r.c->echo_errors, 0);
	TK_EQ(r.c->threads, 100);
	rig_down(&r);
}

TK_CASE(mbox_runs_the_thread_once_for_a_burst)
{
	struct rig r;

	rig_up(&r, &mbox_v4, 16);
	r.c->want_thread = true;
	rig_burst(&r, 0, 3);
	rig_await(&r, 3);
	sleep_ms(1);
	TK_EQ(r.c->threads, 1);
	r.c->want_thread = false;
	TK_CHECK(model_asc_push(r.asc, 3, 0));
	sleep_ms(1);
	TK_EQ(r.c->threads, 1);
	rig_down(&r);
}

TK_CASE(mbox_poll_receives_where_no_interrupt_can)
{
	struct mtx off;
	struct rig r;

	rig_up(&r, &mbox_v4, 16);
	r.c->want_thread = true;
	mtx_init(&off, "interrupts off", NULL, MTX_SPIN);
	mtx_lock_spin(&off);
	TK_CHECK(!apple_mbox_poll(r.mbox));
	TK_CHECK(model_asc_push(r.asc, 7, 0));
	TK_EQ(r.c->received, 0);
	TK_CHECK(apple_mbox_poll(r.mbox));
	TK_EQ(r.c->received, 1);
	TK_CHECK(!apple_mbox_poll(r.mbox));
	mtx_unlock_spin(&off);
	mtx_destroy(&off);
	sleep_ms(1);
	TK_EQ(r.c->threads, 0);
	apple_mbox_stop(r.mbox);
	TK_CHECK(!apple_mbox_poll(r.mbox));
	rig_down(&r);
}

/*
 * A coprocessor that runs may have sent HELLO already, and waits for the
 * answer.
 */
static void
hands_over_what_came_before(const struct mbox_machine *m)
{
	struct rig r;

	rig_attach(&r, m, 16);
	rig_burst(&r, 100, 16);
	TK_EQ(apple_mbox_start(r.mbox), 0);
	(void)apple_mbox_poll(r.mbox);
	rig_await(&r, 16);
	TK_EQ(r.c->log[0].amm_msg0, 100);
	TK_EQ(r.c->log[15].amm_msg0, 115);
	TK_EQ(counter(&r, "stale"), 0);
	rig_down(&r);
}

TK_CASE(mbox_v4_start_hands_over_what_came_before)
{
	hands_over_what_came_before(&mbox_v4);
}

TK_CASE(mbox_m3_start_hands_over_what_came_before)
{
	hands_over_what_came_before(&mbox_m3);
}

TK_CASE(mbox_throws_away_what_came_before_when_told_so)
{
	struct rig r;

	rig_attach(&r, &mbox_v4, 16);
	rig_burst(&r, 100, 16);
	TK_EQ(apple_mbox_discard(r.mbox), 0);
	TK_EQ(apple_mbox_start(r.mbox), 0);
	TK_EQ(mbox_client_received(r.c), 0);
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	TK_EQ(mbox_client_received(r.c), 1);
	TK_EQ(counter(&r, "stale"), 16);
	rig_down(&r);
}

/*
 * A full FIFO
 */

static void
waits_for_room(const struct mbox_machine *m)
{
	struct rig r;
	int i;

	rig_up(&r, m, 4);
	r.pause = MS_NS;
	rig_agent(&r, agent_pop);
	for (i = 0; i < 100; i++)
		TK_EQ(rig_send(&r, i, 100 * MS), 0);
	sleep_ms(20);
	TK_EQ(r.popped, 100);
	for (i = 0; i < 100; i++)
		TK_EQ(r.log[i].amm_msg0, i);
	/*
	 * One interrupt each time that the FIFO of 4 was emptied, and no storm
	 * between.
	 */
	TK_CHECK(model_asc_interrupts(r.asc, MODEL_ASC_SEND_EMPTY) <=
	    2 * (100 / 4));
	rig_down(&r);
}

TK_CASE(mbox_v4_send_waits_for_room)
{
	waits_for_room(&mbox_v4);
}

TK_CASE(mbox_t8015_send_waits_for_room)
{
	waits_for_room(&mbox_t8015);
}

TK_CASE(mbox_m3_send_waits_for_room)
{
	waits_for_room(&mbox_m3);
}

static void
send_times_out(const struct mbox_machine *m)
{
	struct rig r;
	int64_t start;
	uint64_t msg0;
	uint32_t msg1;
	int i;

	rig_up(&r, m, 4);
	for (i = 0; i < 4; i++)
		TK_EQ(rig_send(&r, i, MS), 0);
	start = tk_now_ns();
	TK_EQ(rig_send(&r, 4, 50 * MS), ETIMEDOUT);
	TK_CHECK(tk_now_ns() - start >= 50 * MS_NS);
	TK_CHECK(tk_now_ns() - start < 60 * MS_NS);
	TK_EQ(rig_send(&r, 4, 0), ETIMEDOUT);
	TK_EQ(model_asc_sent(r.asc), 4);
	/* There is room for one message, though the FIFO was never empty. */
	TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
	TK_EQ(rig_send(&r, 5, 0), 0);
	for (i = 1; i < 4; i++) {
		TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
		TK_EQ(msg0, i);
	}
	TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
	TK_EQ(msg0, 5);
	TK_EQ(rig_send(&r, 6, MS), 0);
	rig_down(&r);
}

TK_CASE(mbox_v4_send_times_out)
{
	send_times_out(&mbox_v4);
}

TK_CASE(mbox_m3_send_times_out)
{
	send_times_out(&mbox_m3);
}

/* No interrupt comes that would take out what the coprocessor has sent. */
TK_CASE(mbox_send_that_polls_takes_out_what_came)
{
	struct rig r;
	int i;

	rig_up(&r, &mbox_v4, 4);
	for (i = 0; i < 4; i++)
		TK_EQ(rig_send(&r, i, MS), 0);
	tk_panicked(true);
	for (i = 0; i < 4; i++)
		TK_CHECK(model_asc_push(r.asc, i, 1));
	rig_agent(&r, agent_pop_if_heard);
	TK_EQ(rig_send(&r, 4, 20 * MS), 0);
	tk_panicked(false);
	TK_EQ(mbox_client_received(r.c), 4);
	sleep_ms(20);
	TK_EQ(r.popped, 5);
	rig_down(&r);
}

TK_CASE(mbox_send_polls_while_the_kernel_is_cold)
{
	struct rig r;
	int64_t start;
	int i;

	rig_up(&r, &mbox_v4, 4);
	for (i = 0; i < 4; i++)
		TK_EQ(rig_send(&r, i, MS), 0);
	cold = 1;
	start = tk_now_ns();
	TK_EQ(rig_send(&r, 4, 5 * MS), ETIMEDOUT);
	TK_CHECK(tk_now_ns() - start >= 5 * MS_NS);
	r.pause = MS_NS;
	rig_agent(&r, agent_pop);
	TK_EQ(rig_send(&r, 5, 20 * MS), 0);
	cold = 0;
	sleep_ms(20);
	TK_EQ(r.popped, 5);
	rig_down(&r);
}

TK_CASE(mbox_trysend_spins_no_longer_than_told)
{
	struct apple_mbox_msg msg = msg_of(9);
	struct rig r;
	int64_t start;
	int i;

	rig_up(&r, &mbox_v4, 4);
	for (i = 0; i < 4; i++)
		TK_EQ(rig_trysend(&r, i), 0);
	start = tk_now_ns();
	TK_EQ(apple_mbox_trysend(r.mbox, &msg, 100), EAGAIN);
	TK_CHECK(tk_now_ns() - start >= 100000);
	TK_CHECK(tk_now_ns() - start < 1000000);
	r.pause = 20000;
	rig_agent(&r, agent_pop);
	TK_EQ(apple_mbox_trysend(r.mbox, &msg, 100), 0);
	sleep_ms(1);
	TK_EQ(r.popped, 5);
	rig_down(&r);
}

/*
 * Threads that send at once.  Each sends its own numbers in order.
 */

#define	SENDERS		4
#define	EACH		50

struct sender {
	struct test_thread	 t;
	struct rig		*r;
	int			 id;
	int			 error;
};

static void
sender_main(void *arg)
{
	struct sender *s = arg;
	int i;

	for (i = 0; i < EACH && s->error == 0; i++)
		s->error = rig_send(s->r, (uint64_t)s->id << 32 | i,
		    1000 * MS);
}

static void
senders_share(struct rig *r)
{
	struct sender senders[SENDERS];
	int i, next[SENDERS] = { 0 };
	uint64_t msg0;

	rig_agent(r, agent_pop);
	for (i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){ .r = r, .id = i };
		test_thread_start(&senders[i].t, sender_main, &senders[i]);
	}
	for (i = 0; i < SENDERS; i++) {
		test_thread_join(&senders[i].t);
		TK_EQ(senders[i].error, 0);
	}
	while (model_asc_sent(r->asc) != 0)
		sleep_ms(1);
	tk_agent_stop(r->agent);
	r->agent = NULL;
	TK_EQ(r->popped, SENDERS * EACH);
	for (i = 0; i < r->popped; i++) {
		msg0 = r->log[i].amm_msg0;
		TK_EQ((uint32_t)msg0, next[msg0 >> 32]++);
		TK_EQ(r->log[i].amm_msg1, msg0 & 0xff);
	}
}

TK_CASE(mbox_concurrent_senders_never_mix_their_words)
{
	struct rig *r;

	r = malloc(sizeof(*r), M_TEMP, M_WAITOK);
	rig_up(r, &mbox_v4, 4);
	r->pause = 100000;
	senders_share(r);
	rig_down(r);
	free(r, M_TEMP);
}

TK_CASE_THREADED(mbox_concurrent_senders_in_real_threads)
{
	struct rig *r;

	r = malloc(sizeof(*r), M_TEMP, M_WAITOK);
	rig_up(r, &mbox_v4, 4);
	senders_share(r);
	rig_down(r);
	free(r, M_TEMP);
}

TK_CASE_THREADED(mbox_receives_while_it_sends_in_real_threads)
{
	struct rig *r;
	int i;

	r = malloc(sizeof(*r), M_TEMP, M_WAITOK);
	rig_up(r, &mbox_m3, 16);
	r->left = 2000;
	rig_agent(r, agent_push);
	for (i = 0; i < 16; i++)
		TK_EQ(rig_send(r, i, 0), 0);
	rig_await(r, 2000);
	for (i = 0; i < 2000; i++)
		TK_EQ(r->c->log[i].amm_msg0, i);
	rig_down(r);
	free(r, M_TEMP);
}

static void
one_sender(void *arg)
{
	struct sender *s = arg;

	s->error = rig_send(s->r, 1, 1000 * MS);
}

TK_CASE(mbox_stop_wakes_who_waits_for_room)
{
	struct sender s = { 0 };
	struct rig r;
	int64_t start;
	int i;

	rig_up(&r, &mbox_v4, 4);
	for (i = 0; i < 4; i++)
		TK_EQ(rig_send(&r, i, 0), 0);
	s.r = &r;
	test_thread_start(&s.t, one_sender, &s);
	sleep_ms(5);
	start = tk_now_ns();
	apple_mbox_stop(r.mbox);
	test_thread_join(&s.t);
	TK_EQ(s.error, ESHUTDOWN);
	TK_CHECK(tk_now_ns() - start < 10 * MS_NS);
	TK_EQ(rig_send(&r, 9, MS), ESHUTDOWN);
	TK_EQ(rig_trysend(&r, 9), ESHUTDOWN);
	rig_down(&r);
}

TK_CASE(mbox_sends_at_the_deadline_if_there_is_room)
{
	struct sender s = { 0 };
	struct rig r;
	uint64_t msg0;
	uint32_t msg1;
	int i;

	rig_up(&r, &mbox_v4, 4);
	for (i = 0; i < 4; i++)
		TK_EQ(rig_send(&r, i, 0), 0);
	s.r = &r;
	test_thread_start(&s.t, one_sender, &s);
	sleep_ms(5);
	TK_CHECK(model_asc_pop(r.asc, &msg0, &msg1));
	sleep_ms(5);
	TK_EQ(model_asc_sent(r.asc), 3);	/* not empty: no notification */
	test_thread_join(&s.t);
	TK_EQ(s.error, 0);
	TK_EQ(model_asc_sent(r.asc), 4);
	rig_down(&r);
}

TK_CASE(mbox_starts_again_after_a_stop)
{
	struct rig r;
	int i;

	rig_up(&r, &mbox_v4, 16);
	for (i = 0; i < 20; i++) {
		TK_EQ(rig_send(&r, i, 0), i < 16 ? 0 : ETIMEDOUT);
		TK_CHECK(model_asc_push(r.asc, i, 0));
		TK_EQ(mbox_client_received(r.c), i + 1);
		apple_mbox_stop(r.mbox);
		apple_mbox_stop(r.mbox);
		TK_EQ(apple_mbox_start(r.mbox), 0);
	}
	rig_down(&r);
}

TK_CASE_THREADED(mbox_starts_and_stops_in_real_threads)
{
	struct rig *r;
	int i;

	r = malloc(sizeof(*r), M_TEMP, M_WAITOK);
	rig_attach(r, &mbox_v4, 16);
	for (i = 0; i < 200; i++) {
		TK_EQ(apple_mbox_start(r->mbox), 0);
		if (i % 2 == 0)
			TK_CHECK(model_asc_push(r->asc, i, 0));
		apple_mbox_stop(r->mbox);
	}
	rig_down(r);
	free(r, M_TEMP);
}

/*
 * A FIFO that never empties
 */

static void
survives_a_stuck_fifo(const struct mbox_machine *m)
{
	struct rig r;
	int i, seen;

	rig_up(&r, m, 16);
	TK_EQ(counter(&r, "throttled"), 0);
	r.c->log[0] = msg_of(0);
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	model_asc_stick(r.asc, true);
	/* Other threads still run, and time passes. */
	for (i = 0; i < 5; i++) {
		mtx_lock_spin(&r.c->mtx);
		seen = r.c->received;
		r.c->received = 0;
		mtx_unlock_spin(&r.c->mtx);
		TK_CHECK(seen <= 5 * 256);
		sleep_ms(1);
	}
	TK_EQ(times_printed("receiving slows down"), 1);
	TK_CHECK(counter(&r, "throttled") >= 2);
	model_asc_stick(r.asc, false);
	mtx_lock_spin(&r.c->mtx);
	r.c->received = 0;
	mtx_unlock_spin(&r.c->mtx);
	sleep_ms(5);
	TK_CHECK(model_asc_push(r.asc, 2, 0));
	rig_await(&r, 1);
	rig_down(&r);
}

TK_CASE(mbox_v4_survives_a_fifo_that_never_empties)
{
	survives_a_stuck_fifo(&mbox_v4);
}

TK_CASE(mbox_m3_survives_a_fifo_that_never_empties)
{
	survives_a_stuck_fifo(&mbox_m3);
}

TK_CASE(mbox_stops_while_the_fifo_is_stuck)
{
	struct rig r;

	rig_up(&r, &mbox_v4, 16);
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	model_asc_stick(r.asc, true);
	sleep_ms(2);
	apple_mbox_stop(r.mbox);
	TK_EQ(apple_mbox_discard(r.mbox), EIO);
	TK_CHECK(printed_by(r.dev, "the receive FIFO does not drain"));
	TK_EQ(apple_mbox_start(r.mbox), 0);
	sleep_ms(2);
	apple_mbox_stop(r.mbox);
	model_asc_stick(r.asc, false);
	TK_EQ(apple_mbox_start(r.mbox), 0);
	rig_down(&r);
}

/*
 * Interrupts
 */

/* How often both lines together interrupted. */
static uint64_t
interrupts(struct rig *r)
{
	return (model_asc_interrupts(r->asc, MODEL_ASC_SEND_EMPTY) +
	    model_asc_interrupts(r->asc, MODEL_ASC_RECV_NOT_EMPTY));
}

static void
sets_its_interrupts_up_once(const struct mbox_machine *m)
{
	struct rig r;
	int calls, i;

	rig_attach(&r, m, 16);
	calls = tk_fault_calls("bus_setup_intr");
	for (i = 0; i < 20; i++) {
		TK_EQ(apple_mbox_start(r.mbox), 0);
		TK_CHECK(model_asc_push(r.asc, i, 0));
		TK_EQ(mbox_client_received(r.c), i + 1);
		apple_mbox_stop(r.mbox);
	}
	TK_EQ(tk_fault_calls("bus_setup_intr") - calls, 2);
	rig_down(&r);
}

TK_CASE(mbox_v4_sets_its_interrupts_up_once)
{
	sets_its_interrupts_up_once(&mbox_v4);
}

TK_CASE(mbox_m3_sets_its_interrupts_up_once)
{
	sets_its_interrupts_up_once(&mbox_m3);
}

/* Messages wait in the FIFO, and send-empty is up. */
static void
is_quiet_while_stopped(const struct mbox_machine *m)
{
	struct rig r;
	uint64_t before;
	int i, seen;

	rig_up(&r, m, 16);
	TK_EQ(rig_send(&r, 0, MS), 0);
	TK_CHECK(model_asc_push(r.asc, 0, 0));
	for (i = 0; i < 3; i++) {
		apple_mbox_stop(r.mbox);
		before = interrupts(&r);
		seen = mbox_client_received(r.c);
		TK_CHECK(model_asc_push(r.asc, 1, 0));
		sleep_ms(1000);
		/*
		 * At most one interrupt for each line, and the line's thread
		 * sleeps on it.
		 */
		TK_CHECK(interrupts(&r) - before <= 2);
		TK_EQ(mbox_client_received(r.c), seen);
		TK_EQ(apple_mbox_start(r.mbox), 0);
		TK_CHECK(model_asc_push(r.asc, 2, 0));
		rig_await(&r, seen + 1);
	}
	rig_down(&r);
}

TK_CASE(mbox_v4_is_quiet_while_stopped)
{
	is_quiet_while_stopped(&mbox_v4);
}

TK_CASE(mbox_t8015_is_quiet_while_stopped)
{
	is_quiet_while_stopped(&mbox_t8015);
}

TK_CASE(mbox_m3_is_quiet_while_stopped)
{
	is_quiet_while_stopped(&mbox_m3);
}

TK_CASE(mbox_m3_is_quiet_though_its_enable_stays)
{
	is_quiet_while_stopped(&m3_for_good);
}

TK_CASE(mbox_m3_masks_its_lines_while_stopped)
{
	struct rig r;

	rig_up(&r, &mbox_m3, 16);
	TK_CHECK(model_asc_push(r.asc, 0, 0));
	sleep_ms(1);
	apple_mbox_stop(r.mbox);
	sleep_ms(10);
	model_asc_stats_clear(r.asc);
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	sleep_ms(10);
	TK_EQ(interrupts(&r), 0);
	rig_down(&r);
}

TK_CASE(mbox_stop_waits_for_the_clients_thread)
{
	struct rig r;

	rig_up(&r, &mbox_v4, 16);
	r.c->want_thread = true;
	r.c->thread_ms = 20;
	TK_CHECK(model_asc_push(r.asc, 0, 0));
	sleep_ms(5);
	TK_CHECK(r.c->in_thread);
	apple_mbox_stop(r.mbox);
	TK_CHECK(!r.c->in_thread);
	/*
	 * The thread that was requested before the stop does not run after the
	 * start.
	 */
	TK_EQ(apple_mbox_start(r.mbox), 0);
	sleep_ms(50);
	TK_EQ(r.c->threads, 1);
	rig_down(&r);
}

static int second_received;

static bool
second_recv(void *arg, const struct apple_mbox_msg *msg)
{
	second_received++;
	return (false);
}

TK_CASE(mbox_calls_the_next_client_and_not_the_last)
{
	const struct apple_mbox_client client = { .amc_recv = second_recv };
	struct apple_mbox *second;
	struct rig r;

	second_received = 0;
	rig_up(&r, &mbox_v4, 16);
	TK_CHECK(model_asc_push(r.asc, 0, 0));
	apple_mbox_put(r.c->mbox);
	TK_EQ(apple_mbox_get_by_index(r.c->dev, 0, &client, &second), 0);
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	sleep_ms(5);
	TK_EQ(second_received, 0);
	TK_EQ(apple_mbox_start(second), 0);
	TK_CHECK(model_asc_push(r.asc, 2, 0));
	rig_await(&r, 1);
	sleep_ms(5);
	TK_CHECK(second_received >= 1);
	TK_EQ(mbox_client_received(r.c), 1);
	apple_mbox_put(second);
	TK_EQ(mbox_client_get(r.c), 0);
	rig_down(&r);
}

/* A line that is always up where recv-not-empty should be. */
TK_CASE(mbox_survives_the_wrong_line)
{
	struct mbox_machine wrong = mbox_v4;
	struct tk_irq *send_empty;
	struct rig r;

	/* Where the tree has recv-not-empty, the model has send-empty. */
	wrong.irq = mbox_v4.irq + 3;
	send_empty = tk_irq_add("nothing", mbox_v4.irq, TK_IRQ_LEVEL);
	rig_up(&r, &wrong, 16);
	sleep_ms(100);
	TK_CHECK(interrupts(&r) <= 101 * 256);
	TK_CHECK(counter(&r, "throttled") >= 10);
	/* Messages are received nevertheless. */
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	rig_await(&r, 1);
	apple_mbox_stop(r.mbox);
	sleep_ms(10);
	model_asc_stats_clear(r.asc);
	sleep_ms(1000);
	TK_EQ(interrupts(&r), 0);
	rig_down(&r);
	tk_irq_remove(send_empty);
}

/* As devctl(8) detaches a device.  With -f it does not ask the driver first. */
static int
devctl_detach(device_t dev, bool force)
{
	int error = 0;

	bus_topo_lock();
	if (!force)
		error = device_quiesce(dev);
	if (error == 0)
		error = device_detach(dev);
	bus_topo_unlock();
	return (error);
}

static void
stays_or_goes(const struct mbox_machine *m, bool force)
{
	struct rig r;
	bool goes;

	rig_up(&r, m, 16);
	goes = tk_pic_tears_down(r.dev);
	apple_mbox_put(r.c->mbox);
	TK_EQ(devctl_detach(r.dev, force), goes ? 0 : EBUSY);
	TK_EQ(device_is_attached(r.dev), !goes);
	TK_EQ(times_printed(MBOX_STAYS), goes ? 0 : 1);
	if (goes)
		TK_EQ(tk_device_attach(r.dev), 0);
	/* In both cases it works as before. */
	TK_EQ(mbox_client_get(r.c), 0);
	r.mbox = r.c->mbox;
	TK_EQ(apple_mbox_start(r.mbox), 0);
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	TK_EQ(mbox_client_received(r.c), 1);
	TK_EQ(rig_send(&r, 1, MS), 0);
	rig_down(&r);
}

TK_CASE(mbox_v4_stays_where_the_controller_keeps_handlers)
{
	stays_or_goes(&mbox_v4, false);
}

TK_CASE(mbox_stays_where_the_controller_keeps_handlers_forced_or_not)
{
	stays_or_goes(&mbox_v4, true);
}

TK_CASE(mbox_t8015_stays_where_the_controller_keeps_handlers)
{
	stays_or_goes(&mbox_t8015, false);
}

TK_CASE(mbox_m3_stays_where_the_controller_keeps_handlers)
{
	stays_or_goes(&mbox_m3, false);
}

TK_CASE(mbox_module_stays_where_the_controller_keeps_handlers)
{
	struct rig r;
	bool goes;

	rig_up(&r, &mbox_v4, 16);
	goes = tk_pic_tears_down(r.dev);
	/* The unload that failed did not detach the client. */
	TK_EQ(tk_module_unload("apple_mbox"), EBUSY);
	TK_CHECK(printed_by(r.dev, goes ? "has a client" : MBOX_STAYS));
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	TK_EQ(mbox_client_received(r.c), 1);
	apple_mbox_put(r.c->mbox);
	r.c->mbox = NULL;
	TK_EQ(tk_module_unload("apple_mbox"), goes ? 0 : EBUSY);
	TK_EQ(tk_module_loaded("apple_mbox"), !goes);
	if (goes)
		TK_EQ(tk_module_load("apple_mbox"), 0);
	rig_down(&r);
}

TK_CASE(mbox_goes_through_suspend_and_shutdown)
{
	struct rig r;

	rig_up(&r, &mbox_v4, 16);
	apple_mbox_stop(r.mbox);
	TK_EQ(tk_device_suspend(r.dev), 0);
	model_asc_stats_clear(r.asc);
	sleep_ms(100);
	TK_CHECK(interrupts(&r) <= 1);
	TK_EQ(tk_device_resume(r.dev), 0);
	TK_EQ(apple_mbox_start(r.mbox), 0);
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	rig_await(&r, 1);
	TK_EQ(tk_device_shutdown(r.dev), 0);
	TK_CHECK(model_asc_push(r.asc, 2, 0));
	rig_await(&r, 2);
	rig_down(&r);
}

/*
 * The first line is set up and the second is not.  The next start sets up both.
 */
TK_CASE(mbox_starts_once_the_second_interrupt_can_be_had)
{
	struct rig r;
	int calls;

	rig_attach(&r, &mbox_v4, 16);
	calls = tk_fault_calls("bus_setup_intr");
	tk_fault_set("bus_setup_intr", 2);
	TK_EQ(apple_mbox_start(r.mbox), ENOMEM);
	TK_CHECK(printed_by(r.dev, "cannot set up interrupts: error 12"));
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	sleep_ms(1000);
	TK_EQ(mbox_client_received(r.c), 0);
	TK_EQ(rig_trysend(&r, 1), ESHUTDOWN);
	TK_EQ(apple_mbox_start(r.mbox), 0);
	TK_EQ(tk_fault_calls("bus_setup_intr") - calls, 3);
	TK_CHECK(model_asc_push(r.asc, 2, 0));
	rig_await(&r, 1);
	TK_EQ(rig_send(&r, 1, MS), 0);
	rig_down(&r);
}

/*
 * Clients
 */

TK_CASE(mbox_has_one_client_at_a_time)
{
	const struct apple_mbox_client client = { .amc_recv = second_recv };
	struct apple_mbox *second = NULL;
	struct rig r;

	rig_attach(&r, &mbox_v4, 16);
	TK_EQ(apple_mbox_get_by_index(r.c->dev, 0, &client, &second), EBUSY);
	/* What an error path puts must not be the other client's. */
	TK_CHECK(second == NULL);
	TK_CHECK(printed_by(r.c->dev, "mboxes[0]: the mailbox has a client"));
	apple_mbox_put(r.c->mbox);
	TK_EQ(apple_mbox_get_by_index(r.c->dev, 0, &client, &second), 0);
	TK_EQ(mbox_client_get(r.c), EBUSY);
	apple_mbox_put(second);
	TK_EQ(mbox_client_get(r.c), 0);
	TK_STREQ(apple_mbox_name(r.c->mbox), device_get_nameunit(r.dev));
	rig_down(&r);
}

TK_CASE(mbox_refuses_to_detach_from_its_client)
{
	struct rig r;

	rig_attach(&r, &mbox_v4, 16);
	TK_EQ(tk_device_detach(r.dev), EBUSY);
	TK_CHECK(printed_by(r.dev, "has a client"));
	TK_EQ(apple_mbox_start(r.mbox), 0);
	TK_EQ(tk_device_detach(r.dev), EBUSY);
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	TK_EQ(mbox_client_received(r.c), 1);
	rig_down(&r);
}

TK_CASE(mbox_that_was_never_started_detaches_and_attaches)
{
	struct kpi_fdt_ref ref;
	struct rig r;

	rig_attach(&r, &mbox_v4, 16);
	apple_mbox_put(r.c->mbox);
	TK_EQ(tk_device_detach(r.dev), 0);
	TK_EQ(kpi_fdt_ref(kpi_fdt_node_of(r.c->dev), "mboxes", "#mbox-cells",
	    0, &ref), 0);
	TK_CHECK(kpi_fdt_device(ref.kfr_xref) == NULL);
	TK_EQ(mbox_client_get(r.c), ENXIO);
	TK_CHECK(printed_by(r.c->dev,
	    "mailbox \"main\": the mailbox is not attached"));
	/* The mailbox is found again by the same reference. */
	TK_EQ(tk_device_attach(r.dev), 0);
	TK_EQ(mbox_client_get(r.c), 0);
	TK_EQ(apple_mbox_start(r.c->mbox), 0);
	TK_CHECK(model_asc_push(r.asc, 2, 0));
	TK_EQ(mbox_client_received(r.c), 1);
	rig_down(&r);
}

TK_CASE(mbox_clients_have_a_mailbox_each)
{
	const struct model_asc_config other = {
		.name = "smc", .variant = MODEL_ASC_V4, .base = 0x23e408000,
		.irq = 499,
	};
	struct model_asc *smc;
	struct mbox_client *b;
	struct rig r;

	smc = model_asc_new(&other, NULL, NULL);
	TK_CHECK(smc != NULL);
	rig_up(&r, &mbox_t8015, 16);
	b = mbox_client_at("/soc/client-b");
	TK_EQ(b->error, 0);
	TK_EQ(apple_mbox_start(b->mbox), 0);
	TK_CHECK(model_asc_push(r.asc, 1, 0));
	TK_CHECK(model_asc_push(smc, 2, 0));
	TK_EQ(r.c->received, 1);
	TK_EQ(r.c->log[0].amm_msg0, 1);
	TK_EQ(b->received, 1);
	TK_EQ(b->log[0].amm_msg0, 2);
	/* The mailbox of the third client is disabled. */
	b = mbox_client_at("/soc/client-c");
	TK_EQ(b->error, ENXIO);
	rig_down(&r);
	TK_EQ(model_asc_stats(smc).illegal, 0);
	model_asc_free(smc);
}

TK_CASE(mbox_counts_what_it_did)
{
	static const char *const names[] = { "received", "sent", "full",
	    "timeouts", "stale", "throttled" };
	static const int want[] = { 3, 4, 1, 1, 0, 0 };
	struct rig r;
	size_t i;

	rig_up(&r, &mbox_v4, 4);
	rig_burst(&r, 0, 3);
	for (i = 0; i < 4; i++)
		TK_EQ(rig_send(&r, i, 0), 0);
	TK_EQ(rig_trysend(&r, 4), EAGAIN);
	TK_EQ(counter(&r, "full"), 1);
	TK_EQ(rig_send(&r, 4, MS), ETIMEDOUT);
	for (i = 0; i < nitems(names); i++)
		TK_CHECK(counter(&r, names[i]) >= (uint64_t)want[i]);
	TK_EQ(counter(&r, "received"), 3);
	TK_EQ(counter(&r, "sent"), 4);
	TK_EQ(counter(&r, "timeouts"), 1);
	rig_down(&r);
}

TK_CASE(mbox_gives_everything_back_when_a_call_fails)
{
	static const char *const calls[] = {
		"bus_alloc_resource", "bus_activate_resource", "bus_space_map",
		"bus_setup_intr", "intr_event_add_handler", "kthread_add",
	};
	const struct model_asc_config config = {
		.name = "asc", .base = mbox_v4.base, .irq = mbox_v4.irq,
	};
	struct model_asc *asc;
	struct mbox_client *c;
	device_t dev;
	size_t i;
	int nth;

	asc = model_asc_new(&config, NULL, NULL);
	tk_ofw_boot("t8103");
	dev = tk_ofw_device(mbox_v4.mbox);
	c = mbox_client_at(mbox_v4.client);
	for (i = 0; i < nitems(calls); i++) {
		for (nth = 1; nth < 50; nth++) {
			apple_mbox_put(c->mbox);
			c->mbox = NULL;
			(void)tk_device_detach(dev);
			tk_fault_clear();
			tk_fault_set(calls[i], nth);
			/*
			 * A mailbox that was started may have had to stay
			 * attached.
			 */
			if ((device_is_attached(dev) ||
			    tk_device_attach(dev) == 0) &&
			    mbox_client_get(c) == 0)
				(void)apple_mbox_start(c->mbox);
			if (tk_fault_calls(calls[i]) < nth)
				break;
		}
		TK_CHECK(nth < 50);
	}
	tk_fault_clear();
	TK_EQ(tk_ofw_detach(), 0);
	model_asc_free(asc);
}

/*
 * Bad device trees
 */

TK_CASE(mbox_says_in_one_line_what_is_wrong_with_its_node)
{
	static const struct {
		const char	*node, *line;
	} nodes[] = {
		{ "mbox-without-reg", "cannot map the registers" },
		{ "mbox-of-one-page@300000000",
		    "only 0x800 bytes of registers" },
		{ "mbox-without-names@300010000", "interrupt-names lacks "
		    "\"recv-not-empty\" or \"send-empty\"" },
		{ "mbox-without-recv@300020000", "interrupt-names lacks "
		    "\"recv-not-empty\" or \"send-empty\"" },
		{ "mbox-with-endless-names@300030000",
		    "interrupt-names lacks "
		    "\"recv-not-empty\" or \"send-empty\"" },
	};
	const struct model_asc_config config = {
		.name = "asc", .base = 0x300000000, .irq = 400,
	};
	struct model_asc *asc;
	char path[64], line[128];
	device_t dev;
	size_t i;
	const char *at;

	asc = model_asc_new(&config, NULL, NULL);
	tk_ofw_boot("broken");
	for (i = 0; i < nitems(nodes); i++) {
		snprintf(path, sizeof(path), "/soc/%s", nodes[i].node);
		dev = tk_ofw_device(path);
		TK_CHECK(dev != NULL && !device_is_attached(dev));
		at = tk_msgbuf() + strlen(tk_msgbuf());
		TK_CHECK(tk_device_attach(dev) != 0);
		snprintf(line, sizeof(line), ": %s\n", nodes[i].line);
		at = strstr(at, line);
		TK_CHECK(at != NULL);
		TK_CHECK(strstr(at + strlen(line), nodes[i].line) == NULL);
	}
	TK_EQ(tk_ofw_detach(), 0);
	model_asc_free(asc);
}

TK_CASE(mbox_says_in_one_line_what_is_wrong_with_a_client)
{
	static const struct {
		const char	*node, *line;
		int		 error;
	} nodes[] = {
		{ "client-without-mboxes", "there is no such entry", ENOENT },
		{ "client-without-names", "there is no such name", ENOENT },
		{ "client-with-another-name", "there is no such name",
		    ENOENT },
		{ "client-with-too-few-mboxes", "there is no such entry",
		    ENOENT },
		{ "client-of-nothing", "the entry is malformed", EINVAL },
		{ "client-of-half-a-cell", "the entry is malformed", EINVAL },
		{ "client-of-many-cells", "the entry is malformed", EINVAL },
		{ "client-of-cells", "the entry is not an Apple mailbox",
		    EINVAL },
		{ "client-of-no-mbox", "the entry is not an Apple mailbox",
		    EINVAL },
		{ "client-of-no-cells", "the entry is malformed", EINVAL },
	};
	struct mbox_client *c;
	char path[64], line[128];
	const char *at;
	size_t i;

	tk_ofw_boot("broken");
	for (i = 0; i < nitems(nodes); i++) {
		snprintf(path, sizeof(path), "/soc/%s", nodes[i].node);
		c = mbox_client_at(path);
		at = tk_msgbuf() + strlen(tk_msgbuf());
		TK_EQ(mbox_client_get(c), nodes[i].error);
		snprintf(line, sizeof(line), "%s: mailbox \"main\": %s\n",
		    device_get_nameunit(c->dev), nodes[i].line);
		TK_STREQ(at, line);
	}
	TK_EQ(tk_ofw_detach(), 0);
}

/*
 * One wrong byte anywhere: the tree is refused, or there is no mailbox, or it
 * works.
 */
TK_CASE(mbox_survives_any_wrong_byte_in_the_tree)
{
	static const char *const trees[] = { "t8103", "t6000", "broken" };
	const struct model_asc_config config = {
		.name = "asc", .base = mbox_v4.base, .irq = mbox_v4.irq,
	};
	const struct tk_dtb *dtb;
	struct model_asc *asc;
	uint8_t *copy;
	int i;

	tk_console_quiet(true);
	for (i = 0; i < 600; i++) {
		dtb = tk_dtb_find(trees[i % nitems(trees)]);
		copy = malloc(dtb->size, M_TEMP, M_WAITOK);
		memcpy(copy, dtb->data, dtb->size);
		copy[tk_random() % dtb->size] = (uint8_t)tk_random();
		asc = model_asc_new(&config, NULL, NULL);
		if (tk_ofw_load(copy, dtb->size) == NULL) {
			(void)tk_ofw_attach();
			TK_EQ(tk_ofw_detach(), 0);
		}
		model_asc_free(asc);
		free(copy, M_TEMP);
	}
}

/* The unit and both words of the first message that a probe tells of. */
static void
probe_tells(struct rig *r, const char *probe, uint64_t msg0, uint32_t msg1)
{
	const struct tk_sdt_firing *f;

	TK_EQ(tk_sdt_fired("apple_mbox", probe), 1);
	f = tk_sdt_firing("apple_mbox", probe, 0);
	TK_EQ(f->arg[0], device_get_unit(r->dev));
	TK_EQ(f->arg[1], msg0);
	TK_EQ(f->arg[2], msg1);
}

TK_CASE(apple_mbox_probes_tell_of_messages)
{
	struct rig r;

	rig_up(&r, &mbox_v4, 1);
	tk_sdt_trace(true);
	TK_EQ(rig_trysend(&r, 0x123456789), 0);
	TK_EQ(rig_trysend(&r, 0x99), EAGAIN);
	TK_CHECK(model_asc_push(r.asc, 0xfedcba987, 0x20));
	rig_await(&r, 1);
	tk_sdt_trace(false);
	probe_tells(&r, "send", 0x123456789, 0x89);
	probe_tells(&r, "receive", 0xfedcba987, 0x20);
	rig_down(&r);
}
