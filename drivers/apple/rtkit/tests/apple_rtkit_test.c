/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * RTKit on the model of a coprocessor: its states, its endpoints, and the
 * threads that wait for it.  Single messages are in apple_rtkit_msg_test.c,
 * crashes in apple_rtkit_crash_test.c, faults in apple_rtkit_fault_test.c.
 */
#include "rtkit_rig.h"

#include <sys/malloc.h>
#include <sys/proc.h>

#include "tk_test_thread.h"

TK_CASES_ON_EACH_PIC("");

#define	EACH_KIND(name)							\
	TK_CASE(v4_##name) { name(&rig_v4); }				\
	TK_CASE(t8015_##name) { name(&rig_t8015); }			\
	TK_CASE(m3_##name) { name(&rig_m3); }

/*
 * Boot
 */

static void
boots_and_exchanges_messages(const struct rig_machine *machine)
{
	struct rig r;

	rig_up(&r, machine, true, NULL);
	TK_CHECK(!apple_rtkit_running(r.rtk));
	TK_EQ(rig_send(&r, 1), ENXIO);
	rig_boot(&r);
	TK_CHECK(apple_rtkit_running(r.rtk));
	for (int i = 1; i <= 40; i++) {
		TK_EQ(rig_send(&r, i), 0);
		RIG_WAIT(rig_got(&r) == i);
		TK_EQ(r.c->got[i - 1], i);
	}
	TK_EQ(model_rtkit_state(r.m).phase, MODEL_RTKIT_ON);
	TK_EQ(model_rtkit_state(r.m).ap_power, MODEL_RTKIT_POWER_ON);
	rig_down(&r);
}
EACH_KIND(boots_and_exchanges_messages)

static void
wakes_one_that_runs(const struct rig_machine *machine)
{
	struct rig r;

	rig_up(&r, machine, false, NULL);
	rig_boot(&r);
	TK_EQ(model_rtkit_state(r.m).boots, 1);
	TK_EQ(rig_send(&r, 7), 0);
	RIG_WAIT(rig_got(&r) == 1);
	rig_down(&r);
}
EACH_KIND(wakes_one_that_runs)

TK_CASE(boot_starts_a_cpu_that_is_ours)
{
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	TK_CHECK(!model_asc_running(r.asc));
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_CHECK(model_asc_running(r.asc));
	TK_EQ(tk_ofw_detach(), 0);
	TK_CHECK(!model_asc_running(r.asc));
	TK_STREQ(model_rtkit_first_violation(r.m), "");
	model_rtkit_free(r.m);
}

TK_CASE(boot_wakes_a_cpu_of_ours_that_runs_already)
{
	struct rig r;

	rig_up(&r, &rig_v4, false, NULL);
	TK_EQ(tk_ofw_detach(), 0);
	rig_wish.cpu = true;
	tk_ofw_boot("rtkit");
	r.c = device_get_softc(tk_ofw_device(rig_v4.client));
	r.rtk = r.c->rtk;
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	rig_down(&r);
}

TK_CASE(boot_works_while_the_kernel_is_cold)
{
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	cold = 1;
	rig_boot(&r);
	TK_EQ(rig_send(&r, 5), 0);
	for (int n = 0; rig_got(&r) == 0 && n < 1000; n++) {
		apple_rtkit_poll(r.rtk);
		DELAY(10);
	}
	TK_EQ(rig_got(&r), 1);
	TK_EQ(apple_rtkit_quiesce(r.rtk), 0);
	cold = 0;
	rig_down(&r);
}

TK_CASE(boot_that_gets_no_answer_ends_while_the_kernel_is_cold)
{
	struct rig r;

	rig_up(&r, &rig_v4, false, NULL);
	model_rtkit_hang(r.m, true);
	cold = 1;
	TK_EQ(apple_rtkit_boot(r.rtk), ETIMEDOUT);
	cold = 0;
	TK_CHECK(printed("rtkit: cannot boot: HELLO: ETIMEDOUT"));
	rig_down_broken(&r);
}

/* What waits in the FIFO is handled in the thread that boots. */
TK_CASE(boot_ends_at_a_crash_that_waited_while_the_kernel_was_cold)
{
	struct rig r;

	rig_up(&r, &rig_v4, false, NULL);
	model_rtkit_hang(r.m, true);
	/* Twice a request for the crash log's buffer: a crash. */
	for (int i = 0; i < 2; i++)
		TK_CHECK(model_asc_push(r.asc, 1ull << 52 | 1ull << 44, 1));
	cold = 1;
	TK_CHECK(apple_rtkit_boot(r.rtk) != 0);
	cold = 0;
	rig_down_broken(&r);
}

TK_CASE(boot_that_failed_can_be_tried_again)
{
	struct rig r;

	rig_up(&r, &rig_v4, false, NULL);
	model_rtkit_fault(r.m, "silent-hello", 1);
	TK_EQ(apple_rtkit_boot(r.rtk), ETIMEDOUT);
	TK_CHECK(!apple_rtkit_running(r.rtk));
	TK_CHECK(!apple_rtkit_crashed(r.rtk));
	rig_down_broken(&r);

	rig_up(&r, &rig_v4, true, NULL);
	model_rtkit_fault(r.m, "silent-hello", 1);
	TK_EQ(apple_rtkit_boot(r.rtk), ETIMEDOUT);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	rig_down_broken(&r);
}

TK_CASE(boot_ends_within_a_second_per_step)
{
	struct rig r;
	sbintime_t start;

	rig_up(&r, &rig_v4, true, NULL);
	model_rtkit_fault(r.m, "silent-hello", 1);
	start = sbinuptime();
	TK_EQ(apple_rtkit_boot(r.rtk), ETIMEDOUT);
	TK_CHECK(sbinuptime() - start < 1100 * MS);
	rig_down_broken(&r);
}

/*
 * Sleep, quiesce and shutdown
 */

static void
sleeps_and_wakes(const struct rig_machine *machine)
{
	struct rig r;

	rig_up(&r, machine, true, NULL);
	rig_boot(&r);
	for (int i = 1; i <= 3; i++) {
		TK_EQ(rig_send(&r, i), 0);
		RIG_WAIT(rig_got(&r) == i);
		TK_EQ(apple_rtkit_sleep(r.rtk), 0);
		TK_CHECK(!apple_rtkit_running(r.rtk));
		TK_CHECK(!model_asc_running(r.asc));
		TK_EQ(model_rtkit_state(r.m).iop_power,
		    MODEL_RTKIT_POWER_SLEEP);
		TK_EQ(rig_send(&r, 99), ENXIO);
		TK_EQ(apple_rtkit_wake(r.rtk), 0);
		TK_EQ(rig_send(&r, 99), ENXIO);
		TK_EQ(rig_start(&r, APPLE_RTKIT_EP_APP), 0);
	}
	TK_EQ(model_rtkit_state(r.m).boots, 4);
	rig_down(&r);
}
EACH_KIND(sleeps_and_wakes)

TK_CASE(quiesced_it_runs_on_and_wakes)
{
	struct rig r;

	for (int cpu = 0; cpu < 2; cpu++) {
		rig_up(&r, &rig_v4, cpu != 0, NULL);
		rig_boot(&r);
		TK_EQ(apple_rtkit_quiesce(r.rtk), 0);
		TK_CHECK(model_asc_running(r.asc));
		TK_EQ(model_rtkit_state(r.m).iop_power,
		    MODEL_RTKIT_POWER_QUIESCED);
		TK_EQ(apple_rtkit_wake(r.rtk), 0);
		TK_EQ(model_rtkit_state(r.m).boots, 2);
		rig_down(&r);
	}
}

TK_CASE(shut_down_it_starts_only_by_its_cpu)
{
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	TK_EQ(apple_rtkit_shutdown(r.rtk), 0);
	TK_EQ(model_rtkit_state(r.m).iop_power, MODEL_RTKIT_POWER_OFF);
	TK_EQ(apple_rtkit_wake(r.rtk), EINVAL);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	rig_down(&r);

	rig_up(&r, &rig_v4, false, NULL);
	rig_boot(&r);
	TK_EQ(apple_rtkit_shutdown(r.rtk), 0);
	TK_EQ(apple_rtkit_boot(r.rtk), ETIMEDOUT);
	rig_down_broken(&r);
}

TK_CASE(reinit_starts_over_where_the_cpu_is_ours)
{
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	TK_EQ(apple_rtkit_reinit(r.rtk), 0);
	rig_boot(&r);
	TK_EQ(apple_rtkit_reinit(r.rtk), 0);
	TK_CHECK(!model_asc_running(r.asc));
	TK_CHECK(!apple_rtkit_running(r.rtk));
	rig_boot(&r);
	TK_EQ(rig_send(&r, 3), 0);
	RIG_WAIT(rig_got(&r) == 1);
	rig_down(&r);

	rig_up(&r, &rig_v4, false, NULL);
	TK_EQ(apple_rtkit_reinit(r.rtk), 0);
	rig_boot(&r);
	TK_EQ(apple_rtkit_reinit(r.rtk), EOPNOTSUPP);
	TK_CHECK(apple_rtkit_running(r.rtk));
	TK_EQ(apple_rtkit_quiesce(r.rtk), 0);
	TK_EQ(apple_rtkit_reinit(r.rtk), 0);
	rig_down(&r);
}

TK_CASE(idle_it_keeps_its_endpoints_and_wakes)
{
	struct rig r;

	for (int cpu = 0; cpu < 2; cpu++) {
		rig_up(&r, &rig_v4, cpu != 0, NULL);
		rig_boot(&r);
		for (int n = 1; n <= 2; n++) {
			RIG_WAIT(model_rtkit_quiet(r.m));
			TK_EQ(apple_rtkit_idle(r.rtk), 0);
			TK_EQ(model_rtkit_state(r.m).phase, MODEL_RTKIT_IDLE);
			TK_CHECK(model_asc_running(r.asc));
			TK_CHECK(!apple_rtkit_running(r.rtk));
			TK_EQ(rig_send(&r, 1), ENXIO);
			TK_EQ(apple_rtkit_idle(r.rtk), ENXIO);
			TK_EQ(apple_rtkit_sleep(r.rtk), ENXIO);
			TK_EQ(apple_rtkit_boot(r.rtk), EBUSY);
			TK_EQ(rig_start(&r, APPLE_RTKIT_EP_APP), ENXIO);
			TK_EQ(apple_rtkit_wake(r.rtk), 0);
			/* The endpoint is still started, after one HELLO. */
			TK_EQ(rig_send(&r, n), 0);
			RIG_WAIT(rig_got(&r) == n);
			TK_EQ(model_rtkit_state(r.m).boots, 1);
		}
		rig_down(&r);
	}
}

TK_CASE(idle_it_is_given_up_at_rest)
{
	struct rig r;

	for (int cpu = 0; cpu < 2; cpu++) {
		rig_up(&r, &rig_v4, cpu != 0, NULL);
		rig_boot(&r);
		RIG_WAIT(model_rtkit_quiet(r.m));
		TK_EQ(apple_rtkit_idle(r.rtk), 0);
		TK_EQ(apple_rtkit_reinit(r.rtk), cpu != 0 ? 0 : EOPNOTSUPP);
		rig_down(&r);
		TK_CHECK(!printed("keeps "));
	}
}

TK_CASE(idle_it_may_crash)
{
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	TK_EQ(apple_rtkit_idle(r.rtk), 0);
	model_rtkit_crash(r.m);
	RIG_WAIT(rig_crashes(&r) == 1);
	TK_EQ(apple_rtkit_wake(r.rtk), EIO);
	TK_EQ(apple_rtkit_reinit(r.rtk), 0);
	rig_boot(&r);
	rig_down(&r);
}

TK_CASE(one_that_does_not_go_idle_or_wake_is_taken_for_crashed)
{
	static const struct {
		const char	*fault;
		int		 nth;	/* 1: idle fails, 2: wake */
		int		 error;
	} faults[] = {
		{ "silent-ap-ack", 1, ETIMEDOUT },
		{ "ap-ack-wrong", 1, EPROTO },
		{ "silent-iop-ack", 1, ETIMEDOUT },
		{ "silent-iop-ack", 2, ETIMEDOUT },
		{ "silent-ap-ack", 2, ETIMEDOUT },
		{ "iop-ack-wrong", 2, EPROTO },
	};
	struct rig r;

	for (u_int i = 0; i < nitems(faults); i++) {
		rig_up(&r, &rig_v4, true, NULL);
		rig_boot(&r);
		RIG_WAIT(model_rtkit_quiet(r.m));
		if (faults[i].nth == 2)
			TK_EQ(apple_rtkit_idle(r.rtk), 0);
		model_rtkit_fault(r.m, faults[i].fault, 1);
		TK_EQ(faults[i].nth == 2 ? apple_rtkit_wake(r.rtk) :
		    apple_rtkit_idle(r.rtk), faults[i].error);
		TK_CHECK(apple_rtkit_crashed(r.rtk));
		TK_CHECK(printed(faults[i].nth == 2 ?
		    "rtkit: cannot wake: power: " :
		    "rtkit: cannot rest: power: "));
		TK_EQ(rig_crashes(&r), 0);
		TK_EQ(apple_rtkit_reinit(r.rtk), 0);
		TK_EQ(apple_rtkit_boot(r.rtk), 0);
		rig_down_broken(&r);
	}
}

TK_CASE(calls_out_of_order_are_refused)
{
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	TK_EQ(apple_rtkit_sleep(r.rtk), ENXIO);
	TK_EQ(apple_rtkit_quiesce(r.rtk), ENXIO);
	TK_EQ(apple_rtkit_shutdown(r.rtk), ENXIO);
	TK_EQ(apple_rtkit_wake(r.rtk), EINVAL);
	TK_EQ(rig_start(&r, APPLE_RTKIT_EP_APP), ENXIO);
	TK_CHECK(!apple_rtkit_has_ep(r.rtk, APPLE_RTKIT_EP_APP));
	rig_boot(&r);
	TK_EQ(apple_rtkit_boot(r.rtk), EBUSY);
	TK_EQ(apple_rtkit_wake(r.rtk), EBUSY);
	rig_down(&r);
}

static void
boot_again(void *arg)
{
	struct rig *r = arg;

	while (model_rtkit_state(r->m).boots == 0)
		pause("rigb", 1);
	TK_EQ(apple_rtkit_boot(r->rtk), EBUSY);
	TK_EQ(apple_rtkit_idle(r->rtk), EBUSY);
	TK_EQ(apple_rtkit_sleep(r->rtk), EBUSY);
	TK_EQ(apple_rtkit_reinit(r->rtk), EBUSY);
	TK_EQ(rig_start(r, APPLE_RTKIT_EP_APP), EBUSY);
}

TK_CASE(one_at_a_time_has_its_turn)
{
	struct model_rtkit_config cfg;
	struct test_thread t;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	cfg.latency_ns = 100 * MS_NS;
	rig_up(&r, &rig_v4, false, &cfg);
	test_thread_start(&t, boot_again, &r);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	test_thread_join(&t);
	TK_CHECK(apple_rtkit_running(r.rtk));
	rig_down(&r);
}

TK_CASE(detach_quiesces_it)
{
	struct rig r;

	rig_up(&r, &rig_v4, false, NULL);
	rig_boot(&r);
	TK_EQ(tk_ofw_detach(), 0);
	TK_EQ(model_rtkit_state(r.m).iop_power, MODEL_RTKIT_POWER_QUIESCED);
	TK_EQ(model_rtkit_state(r.m).ap_power, MODEL_RTKIT_POWER_QUIESCED);
	TK_STREQ(model_rtkit_first_violation(r.m), "");
	model_rtkit_free(r.m);
}

TK_CASE(a_coprocessor_that_does_not_stop_counts_as_crashed)
{
	static int (*const calls[])(struct apple_rtkit *) = {
		apple_rtkit_sleep, apple_rtkit_quiesce, apple_rtkit_shutdown,
	};
	static const struct {
		const char	*fault;
		int		 error;
	} faults[] = {
		{ "silent-ap-ack", ETIMEDOUT },
		{ "silent-iop-ack", ETIMEDOUT },
		{ "iop-ack-garbage", EPROTO },
		{ "ap-ack-wrong", EPROTO },
	};
	struct rig r;

	for (u_int i = 0; i < nitems(calls); i++)
		for (u_int f = 0; f < nitems(faults); f++) {
			rig_up(&r, &rig_v4, true, NULL);
			rig_boot(&r);
			model_rtkit_fault(r.m, faults[f].fault, 1);
			TK_EQ(calls[i](r.rtk), faults[f].error);
			TK_CHECK(apple_rtkit_crashed(r.rtk));
			TK_EQ(calls[i](r.rtk), EIO);
			TK_EQ(rig_send(&r, 1), EIO);
			/*
			 * The caller knows, so the client's function is not
			 * called.
			 */
			TK_EQ(rig_crashes(&r), 0);
			TK_EQ(apple_rtkit_reinit(r.rtk), 0);
			TK_EQ(apple_rtkit_boot(r.rtk), 0);
			rig_down_broken(&r);
		}
}

/* The firmware may still write to the memory, so the memory is not reused. */
TK_CASE_UNBOOTED(memory_stays_with_one_that_does_not_rest)
{
	struct rig r;

	/*
	 * If the CPU is stopped, it does not write any more, and nothing
	 * remains.
	 */
	tk_boot(NULL);
	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	model_rtkit_hang(r.m, true);
	TK_EQ(tk_ofw_detach(), 0);
	TK_CHECK(!printed("keeps"));
	model_rtkit_free(r.m);
	TK_EQ(tk_shutdown(), 0);

	tk_boot(NULL);
	rig_up(&r, &rig_v4, false, NULL);
	rig_boot(&r);
	model_rtkit_hang(r.m, true);
	TK_EQ(tk_ofw_detach(), 0);
	TK_CHECK(printed("rtkit: crash log: the coprocessor keeps "));
	TK_CHECK(printed("rtkit: syslog: the coprocessor keeps "));
	model_rtkit_free(r.m);
	TK_CHECK(tk_shutdown() > 0);
}

/*
 * Endpoints
 */

TK_CASE(endpoints_are_started_once_and_if_there)
{
	struct model_rtkit_config cfg;
	struct rig r;

	rig_config(&rig_v4, &cfg);
	cfg.map[7] = 1u << 31;
	rig_up(&r, &rig_v4, true, &cfg);
	TK_EQ(apple_rtkit_boot(r.rtk), 0);
	TK_CHECK(apple_rtkit_has_ep(r.rtk, APPLE_RTKIT_EP_APP));
	TK_CHECK(apple_rtkit_has_ep(r.rtk, 255));
	TK_CHECK(!apple_rtkit_has_ep(r.rtk, APPLE_RTKIT_EP_APP + 1));
	TK_EQ(rig_start(&r, MODEL_RTKIT_EP_SYSLOG), EINVAL);
	TK_EQ(rig_start(&r, APPLE_RTKIT_EP_APP - 1), EINVAL);
	TK_EQ(rig_start(&r, APPLE_RTKIT_EP_APP + 1), ENOENT);
	TK_EQ(rig_send(&r, 1), ENXIO);
	TK_EQ(rig_start(&r, APPLE_RTKIT_EP_APP), 0);
	TK_EQ(rig_start(&r, APPLE_RTKIT_EP_APP), EEXIST);
	TK_EQ(apple_rtkit_send(r.rtk, 255, 1, MS), ENXIO);
	TK_EQ(rig_start(&r, 255), 0);
	TK_EQ(apple_rtkit_send(r.rtk, 255, 1, MS), 0);
	TK_EQ(apple_rtkit_trysend(r.rtk, 255, 2, 0), 0);
	RIG_WAIT(model_rtkit_received(r.m, 255) == 2);
	TK_CHECK(model_rtkit_started(r.m, 255));
	rig_down(&r);
}

static void
early_takes_messages_in_the_filter(const struct rig_machine *machine)
{
	struct rig r;

	rig_up(&r, machine, true, NULL);
	r.c->early_mask = 1;
	rig_boot(&r);
	for (int i = 1; i <= 20; i++)
		model_rtkit_send(r.m, APPLE_RTKIT_EP_APP, i);
	RIG_WAIT(rig_early(&r) == 10 && rig_got(&r) == 10);
	for (int i = 0; i < 10; i++) {
		TK_EQ(r.c->early[i], 2 * i + 1);
		TK_EQ(r.c->got[i], 2 * i + 2);
	}
	TK_EQ(r.c->in_filter, 10);
	rig_down(&r);
}
EACH_KIND(early_takes_messages_in_the_filter)

/* As after a panic: no interrupt comes, and no other thread runs. */
TK_CASE(poll_brings_messages_to_early)
{
	struct mtx off;
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	r.c->early_mask = UINT64_MAX;
	mtx_init(&off, "interrupts off", NULL, MTX_SPIN);
	mtx_lock_spin(&off);
	TK_CHECK(model_asc_push(r.asc, 7, APPLE_RTKIT_EP_APP));
	TK_EQ(r.c->nearly, 0);
	apple_rtkit_poll(r.rtk);
	TK_EQ(r.c->nearly, 1);
	TK_EQ(r.c->early[0], 7);
	mtx_unlock_spin(&off);
	mtx_destroy(&off);
	TK_EQ(r.c->in_filter, 0);
	rig_down(&r);
}

/* A poll empties the queue, and does nothing in state Down. */
TK_CASE(poll_of_one_that_is_down_does_nothing)
{
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	apple_rtkit_poll(r.rtk);
	rig_boot(&r);
	TK_EQ(apple_rtkit_sleep(r.rtk), 0);
	apple_rtkit_poll(r.rtk);
	rig_down(&r);
}

TK_CASE(messages_keep_their_order)
{
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	for (int i = 0; i < 150; i++) {
		model_rtkit_send(r.m, APPLE_RTKIT_EP_APP, i);
		if (i % 8 == 0)
			(void)model_rtkit_log(r.m, "Task", "between");
	}
	RIG_WAIT(rig_got(&r) == 150);
	for (int i = 0; i < 150; i++)
		TK_EQ(r.c->got[i], i);
	rig_down(&r);
}

TK_CASE(a_message_allocates_nothing)
{
	struct rig r;
	int mallocs;

	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	mallocs = tk_fault_calls("malloc");
	for (int i = 1; i <= 64; i++) {
		TK_EQ(rig_send(&r, i), 0);
		RIG_WAIT(rig_got(&r) == i);
		TK_CHECK(model_rtkit_log(r.m, "Task", "a line"));
		RIG_WAIT(model_rtkit_quiet(r.m));
	}
	TK_EQ(tk_fault_calls("malloc"), mallocs);
	rig_down(&r);
}

TK_CASE(a_full_queue_loses_messages_and_says_so)
{
	struct rig r;
	uint64_t acks;
	int got;

	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	acks = model_rtkit_stats(r.m).log_acks;
	r.c->recv_ticks = 10;
	for (int i = 0; i < 300; i++)
		model_rtkit_send(r.m, APPLE_RTKIT_EP_APP, i);
	pause_sbt("rigq", 5 * MS, 0, 0);
	/* There is still room for RTKit's own messages. */
	TK_CHECK(model_rtkit_log(r.m, "Task", "heard"));
	pause_sbt("rigq", 50 * MS, 0, 0);
	r.c->recv_ticks = 0;
	RIG_WAIT(rig_got(&r) + rig_counter(&r, "lost") == 300);
	RIG_WAIT(model_rtkit_stats(r.m).log_acks == acks + 1);
	TK_CHECK(rig_counter(&r, "lost") > 0);
	RIG_WAIT(printed("messages were lost"));
	/* Messages are in order, and the last ones are missing. */
	got = rig_got(&r);
	for (int i = 1; i < got; i++)
		TK_CHECK(r.c->got[i - 1] < r.c->got[i]);
	/* The endpoint still works. */
	TK_EQ(rig_send(&r, 1000), 0);
	RIG_WAIT(rig_got(&r) == got + 1);
	rig_down(&r);
}

TK_CASE(counters_tell_of_messages)
{
	struct rig r;
	uint64_t in, out;

	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	in = rig_counter(&r, "received");
	out = rig_counter(&r, "sent");
	TK_EQ(in, model_rtkit_stats(r.m).sent);
	TK_EQ(out, model_rtkit_stats(r.m).received);
	TK_EQ(rig_counter(&r, "syslog"), 2);
	TK_EQ(rig_counter(&r, "unknown"), 0);
	TK_EQ(rig_counter(&r, "crashes"), 0);
	TK_EQ(rig_send(&r, 1), 0);
	RIG_WAIT(rig_got(&r) == 1);
	TK_EQ(rig_counter(&r, "received"), in + 1);
	TK_EQ(rig_counter(&r, "sent"), out + 1);
	rig_down(&r);
}

/*
 * Waiting for room
 */

TK_CASE(send_waits_for_room_and_no_longer)
{
	struct rig r;
	sbintime_t start;
	int error, n;

	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	model_rtkit_stall(r.m, true);
	for (n = 0; (error = apple_rtkit_trysend(r.rtk, APPLE_RTKIT_EP_APP, n,
	    0)) == 0; n++)
		TK_CHECK(n < 20);
	TK_EQ(error, EAGAIN);
	start = sbinuptime();
	TK_EQ(apple_rtkit_send(r.rtk, APPLE_RTKIT_EP_APP, n, 20 * MS),
	    ETIMEDOUT);
	TK_CHECK(sbinuptime() - start >= 20 * MS);
	model_rtkit_stall(r.m, false);
	TK_EQ(rig_send(&r, n), 0);
	RIG_WAIT(rig_got(&r) == n + 1);
	rig_down(&r);
}

static void
send_until_it_rests(void *arg)
{
	struct rig *r = arg;

	TK_EQ(apple_rtkit_send(r->rtk, APPLE_RTKIT_EP_APP, 1, 60 * SBT_1S),
	    ENXIO);
}

TK_CASE(reinit_wakes_who_waits_for_room)
{
	struct test_thread t;
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	rig_boot(&r);
	RIG_WAIT(model_rtkit_quiet(r.m));
	model_rtkit_stall(r.m, true);
	while (apple_rtkit_trysend(r.rtk, APPLE_RTKIT_EP_APP, 0, 0) == 0)
		continue;
	test_thread_start(&t, send_until_it_rests, &r);
	pause_sbt("rigs", MS, 0, 0);
	TK_EQ(apple_rtkit_reinit(r.rtk), 0);
	test_thread_join(&t);
	rig_down_broken(&r);
}

/*
 * Attach
 */

TK_CASE(attach_says_what_the_tree_lacks)
{
	struct rig r;

	rig_wish.mailbox = "other";
	rig_up(&r, &rig_v4, false, NULL);
	TK_CHECK(r.rtk == NULL);
	TK_EQ(r.c->error, ENOENT);
	TK_CHECK(printed("rtkit_client0: mailbox \"other\": "
	    "there is no such name"));
	rig_down(&r);
}

/* A mailbox has one client. */
TK_CASE(a_coprocessor_has_one_client)
{
	const struct apple_rtkit_client client = { .arc_arg = NULL };
	struct apple_rtkit *rtk;
	struct rig r;

	rig_up(&r, &rig_v4, true, NULL);
	bus_topo_lock();
	TK_EQ(apple_rtkit_get_by_index(r.c->dev, 0, &client, &rtk), EBUSY);
	TK_EQ(apple_rtkit_get_by_index(r.c->dev, 1, &client, &rtk), ENOENT);
	apple_rtkit_free(r.rtk);
	r.c->rtk = NULL;
	TK_EQ(apple_rtkit_get_by_index(r.c->dev, 0, &client, &rtk), 0);
	r.c->rtk = rtk;
	bus_topo_unlock();
	rig_down(&r);
}

TK_CASE(memory_that_is_missing_is_survived)
{
	static const char *const calls[] = {
		"bus_dma_tag_create", "bus_dmamem_alloc", "bus_dmamap_load",
		"bus_alloc_resource", "bus_setup_intr", "kthread_add",
		"sysctl_add_oid",
	};
	struct rig r;
	int nth;

	for (u_int i = 0; i < nitems(calls); i++) {
		rig_up(&r, &rig_v4, true, NULL);
		for (nth = 1;; nth++) {
			tk_fault_clear();
			tk_fault_set(calls[i], nth);
			if (rig_get_again(&r) == 0)
				(void)apple_rtkit_boot(r.rtk);
			if (tk_fault_calls(calls[i]) < nth)
				break;
		}
		TK_CHECK(nth > 1);
		tk_fault_clear();
		TK_EQ(rig_get_again(&r), 0);
		TK_EQ(apple_rtkit_boot(r.rtk), 0);
		rig_down_broken(&r);
	}
}
