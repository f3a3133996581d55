/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Plain mailboxes, one of each kind: a coprocessor behind each that does as it
 * is told, a client of each, and what they do together.
 */

#include "apple_model_var.h"

#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/module.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/taskqueue.h>

#include <dev/ofw/ofw_bus.h>
#include <dev/ofw/ofw_bus_subr.h>
#include <dev/ofw/openfirm.h>

#include "apple/mbox/apple_mbox.h"
#include "model_asc.h"

#define	AM_DEPTH	16		/* messages in a FIFO */
#define	AM_TICK_NS	1000000		/* a coprocessor looks around */
#define	AM_FLOOD_SIZE	1000		/* messages in that time, at most */
#define	AM_FLOOD_LENGTH	1000		/* messages, at least */
#define	AM_FLOOD_SLEEP	SBT_1S		/* of a thread, at most */

/* What a coprocessor does with its mailbox. */
enum am_mode {
	AM_STALL,			/* nothing, as at first */
	AM_ECHO,			/* sends each message back */
	AM_FLOOD			/* sends numbers as fast as it can */
};

struct am_mbox {
	struct model_asc_config	 config;
	struct model_asc	*asc;
	struct mh_agent		*agent;
	volatile u_int		 mode;
	volatile u_int		 rounds;	/* of the agent */
	bool			 has_saved;	/* the agent's own */
	uint64_t		 saved[2];
};

static struct am_mbox am_mboxes[] = {
	{ .config = { .name = "v4", .variant = MODEL_ASC_V4,
	    .base = 0x277408000, .irq = 583 } },
	{ .config = { .name = "t8015", .variant = MODEL_ASC_T8015,
	    .base = 0x278408000, .irq = 593 } },
	{ .config = { .name = "m3", .variant = MODEL_ASC_M3,
	    .base = 0x279408000, .irq = 603 } },
};

/*
 * The coprocessors
 */

/* Send a message back, or keep it until there is room.  False: no more. */
static bool
am_echo(struct am_mbox *am)
{
	uint32_t msg1;

	if (!am->has_saved && model_asc_pop(am->asc, &am->saved[0], &msg1)) {
		am->saved[1] = msg1;
		am->has_saved = true;
	}
	if (!am->has_saved ||
	    !model_asc_push(am->asc, am->saved[0], (uint32_t)am->saved[1]))
		return (false);
	am->has_saved = false;
	return (true);
}

/*
 * The coprocessor has no processor of its own, so it must leave time of this
 * one to other threads.
 */
static void
am_flood(struct am_mbox *am)
{
	u_int i;

	for (i = 0; i < AM_FLOOD_SIZE && atomic_load_int(&am->mode) ==
	    AM_FLOOD && model_asc_push(am->asc, i, 0); i++)
		if (i % AM_DEPTH == 0)
			kern_yield(PRI_USER);
}

static int64_t
am_coprocessor(void *arg)
{
	struct am_mbox *am = arg;

	switch (atomic_load_int(&am->mode)) {
	case AM_ECHO:
		while (am_echo(am))
			continue;
		break;
	case AM_FLOOD:
		am_flood(am);
		break;
	}
	atomic_add_int(&am->rounds, 1);
	return (mh_now() + AM_TICK_NS);
}

static void
am_kick(void *arg)
{
	struct am_mbox *am = arg;

	mh_agent_kick(am->agent);
}

static void
am_set_mode(struct am_mbox *am, enum am_mode mode)
{
	atomic_store_int(&am->mode, mode);
	mh_agent_kick(am->agent);
}

/*
 * Make the coprocessor stop sending, and wait until all that it sent has been
 * taken.
 */
static void
am_silence(struct am_mbox *am)
{
	u_int round = atomic_load_int(&am->rounds);

	am_set_mode(am, AM_STALL);
	while (atomic_load_int(&am->rounds) < round + 2 ||
	    model_asc_waiting(am->asc) != 0)
		pause_sbt("amquiet", SBT_1MS, 0, 0);
}

void
am_mbox_attach(void)
{
	static const struct model_asc_ops ops = {
		.sent = am_kick,
		.taken = am_kick,
	};
	struct am_mbox *am;
	size_t i;

	for (i = 0; i < nitems(am_mboxes); i++) {
		am = &am_mboxes[i];
		mh_agent_new(&am->agent, am->config.name, am_coprocessor, am);
		am->asc = model_asc_new(&am->config, &ops, am);
		if (am->asc == NULL)
			panic("apple_model: addresses used twice");
		am_set_mode(am, AM_ECHO);
	}
}

/*
 * The clients
 */

struct am_client {
	struct apple_mbox	*mbox;
	uint32_t		 unit;		/* of the mailbox */
	struct mtx		 mtx;		/* spin: what came */
	struct apple_mbox_msg	 got[AM_DEPTH];	/* the last ones */
	uint64_t		 count;
	uint64_t		 wrong;		/* not the next number */
	struct mtx		 sleep_mtx;	/* for who waits */
};

/* By the mailbox's unit; newbus's topology lock. */
static struct am_client *am_clients[nitems(am_mboxes)];

static bool
am_recv(void *arg, const struct apple_mbox_msg *msg)
{
	struct am_client *c = arg;

	mtx_lock_spin(&c->mtx);
	if (msg->amm_msg0 != c->count)
		c->wrong++;
	c->got[c->count++ % AM_DEPTH] = *msg;
	mtx_unlock_spin(&c->mtx);
	return (true);
}

static void
am_thread(void *arg)
{
	struct am_client *c = arg;

	mtx_lock(&c->sleep_mtx);
	wakeup(c);
	mtx_unlock(&c->sleep_mtx);
}

static uint64_t
am_count(struct am_client *c)
{
	uint64_t n;

	mtx_lock_spin(&c->mtx);
	n = c->count;
	mtx_unlock_spin(&c->mtx);
	return (n);
}

static void
am_clear(struct am_client *c)
{
	mtx_lock_spin(&c->mtx);
	c->count = c->wrong = 0;
	mtx_unlock_spin(&c->mtx);
}

/* Wait until this many messages have come.  False: they do not. */
static bool
am_wait(struct am_client *c, uint64_t count)
{
	sbintime_t end = sbinuptime() + AM_PATIENCE;

	mtx_lock(&c->sleep_mtx);
	while (am_count(c) < count && sbinuptime() < end)
		(void)msleep_sbt(c, &c->sleep_mtx, 0, "amwait", end, 0,
		    C_ABSOLUTE);
	mtx_unlock(&c->sleep_mtx);
	return (am_count(c) >= count);
}

static int
am_client_probe(device_t dev)
{
	if (!ofw_bus_status_okay(dev) ||
	    !ofw_bus_is_compatible(dev, "test,mbox-client"))
		return (ENXIO);
	device_set_desc(dev, "Client of a mailbox, for tests");
	return (BUS_PROBE_DEFAULT);
}

static int
am_client_attach(device_t dev)
{
	struct am_client *c = device_get_softc(dev);
	const struct apple_mbox_client client = { am_recv, am_thread, c };
	int error;

	if (OF_getencprop(ofw_bus_get_node(dev), "test,unit", &c->unit,
	    sizeof(c->unit)) < 0 || c->unit >= nitems(am_clients))
		return (ENXIO);
	error = apple_mbox_get_by_name(dev, "main", &client, &c->mbox);
	if (error != 0)
		return (error);
	mtx_init(&c->mtx, "apple_model client", NULL, MTX_SPIN);
	mtx_init(&c->sleep_mtx, "apple_model waiter", NULL, MTX_DEF);
	error = apple_mbox_start(c->mbox);
	if (error != 0) {
		apple_mbox_put(c->mbox);
		mtx_destroy(&c->sleep_mtx);
		mtx_destroy(&c->mtx);
		return (error);
	}
	am_clients[c->unit] = c;
	return (0);
}

static int
am_client_detach(device_t dev)
{
	struct am_client *c = device_get_softc(dev);

	am_clients[c->unit] = NULL;
	apple_mbox_put(c->mbox);
	mtx_destroy(&c->sleep_mtx);
	mtx_destroy(&c->mtx);
	return (0);
}

static device_method_t am_client_methods[] = {
	DEVMETHOD(device_probe,		am_client_probe),
	DEVMETHOD(device_attach,	am_client_attach),
	DEVMETHOD(device_detach,	am_client_detach),
	DEVMETHOD_END
};

DEFINE_CLASS_0(am_client, am_client_driver, am_client_methods,
    sizeof(struct am_client));
DRIVER_MODULE(am_client, simplebus, am_client_driver, NULL, NULL);
MODULE_DEPEND(am_client, apple_mbox, 1, 1, 1);

/*
 * What they do together
 */

/* NULL: it has none now. */
static struct am_client *
am_client(u_int unit)
{
	struct am_client *c;

	bus_topo_lock();
	c = unit < nitems(am_clients) ? am_clients[unit] : NULL;
	bus_topo_unlock();
	return (c);
}

/* Checks all accesses to the registers so far. */
static const char *
am_check_registers(struct am_mbox *am)
{
	struct model_asc_stats stats = model_asc_stats(am->asc);

	return (stats.illegal == 0 ? NULL : stats.reason);
}

static int
am_send(struct am_client *c, uint64_t number, sbintime_t timeout)
{
	const struct apple_mbox_msg msg = { number, 0x20 };

	return (apple_mbox_send(c->mbox, &msg, timeout));
}

/* Many messages go and come back, each once, in order. */
static const char *
am_run_echo(u_int unit)
{
	struct am_client *c = am_client(unit);
	const uint64_t many = 1000;
	uint64_t i;

	AM_CHECK(c != NULL);
	am_clear(c);
	for (i = 0; i < many; i++)
		AM_CHECK(am_send(c, i, AM_PATIENCE) == 0);
	AM_CHECK(am_wait(c, many));
	AM_CHECK(am_count(c) == many);
	AM_CHECK(c->wrong == 0);
	AM_CHECK(c->got[0].amm_msg1 == 0x20);
	return (am_check_registers(&am_mboxes[unit]));
}

/* All messages of a full FIFO are taken. */
static const char *
am_run_burst(u_int unit)
{
	struct am_client *c = am_client(unit);
	struct am_mbox *am;
	int round;
	u_int i;

	AM_CHECK(c != NULL);
	am = &am_mboxes[unit];
	am_silence(am);
	for (round = 0; round < 100; round++) {
		am_clear(c);
		critical_enter();
		for (i = 0; i < AM_DEPTH; i++)
			(void)model_asc_push(am->asc, i, i);
		critical_exit();
		AM_CHECK(am_wait(c, AM_DEPTH));
		AM_CHECK(c->wrong == 0);
		AM_CHECK(c->got[AM_DEPTH - 1].amm_msg1 == AM_DEPTH - 1);
	}
	am_set_mode(am, AM_ECHO);
	return (am_check_registers(am));
}

static void
am_go_on(void *arg, int pending __unused)
{
	am_set_mode(arg, AM_ECHO);
}

/* A thread that sends to a full mailbox sleeps until a message is taken out. */
static const char *
am_run_full(u_int unit)
{
	struct am_client *c = am_client(unit);
	struct timeout_task task;
	struct am_mbox *am;
	sbintime_t began;
	uint64_t i;
	int error;

	AM_CHECK(c != NULL);
	am = &am_mboxes[unit];
	am_clear(c);
	am_silence(am);
	for (i = 0; i < AM_DEPTH; i++)
		AM_CHECK(am_send(c, i, 0) == 0);
	AM_CHECK(am_send(c, i, SBT_1S / 10) == ETIMEDOUT);
	TIMEOUT_TASK_INIT(taskqueue_thread, &task, 0, am_go_on, am);
	began = sbinuptime();
	taskqueue_enqueue_timeout(taskqueue_thread, &task, hz / 2);
	error = am_send(c, i, AM_PATIENCE);
	taskqueue_drain_timeout(taskqueue_thread, &task);
	AM_CHECK(error == 0);
	AM_CHECK(sbinuptime() - began >= SBT_1S * 4 / 10);
	AM_CHECK(am_wait(c, AM_DEPTH + 1));
	AM_CHECK(c->wrong == 0);
	return (am_check_registers(am));
}

/* The client stops and starts again and again while the coprocessor sends. */
static const char *
am_run_restart(u_int unit)
{
	struct am_client *c = am_client(unit);
	struct am_mbox *am;
	int i;

	AM_CHECK(c != NULL);
	am = &am_mboxes[unit];
	for (i = 0; i < 100; i++) {
		am_set_mode(am, AM_FLOOD);
		pause_sbt("amrun", SBT_1MS, 0, 0);
		apple_mbox_stop(c->mbox);
		am_set_mode(am, AM_STALL);
		/* The agent may be sending just now. */
		while (apple_mbox_start(c->mbox) != 0)
			pause_sbt("amrun", SBT_1MS, 0, 0);
	}
	am_silence(am);
	am_set_mode(am, AM_ECHO);
	return (am_run_echo(unit));
}

/*
 * A coprocessor that never stops sending must not block the machine.  This
 * thread, which sleeps for a millisecond, always runs again soon.  How soon
 * depends on the host too: on a busy one QEMU's timer is late.
 */
static const char *
am_run_flood(u_int unit)
{
	struct am_client *c = am_client(unit);
	struct am_mbox *am;
	sbintime_t began, longest = 0, slept, woke;

	AM_CHECK(c != NULL);
	am = &am_mboxes[unit];
	am_clear(c);
	began = woke = sbinuptime();
	am_set_mode(am, AM_FLOOD);
	do {
		slept = woke;
		pause_sbt("amrun", SBT_1MS, 0, 0);
		woke = sbinuptime();
		longest = MAX(longest, woke - slept);
	} while (woke - began < SBT_1S / 2 ||
	    (am_count(c) <= AM_FLOOD_LENGTH && woke - began < AM_PATIENCE));
	am_silence(am);
	AM_CHECK(am_count(c) > AM_FLOOD_LENGTH);
	AM_CHECK(longest < AM_FLOOD_SLEEP);
	am_set_mode(am, AM_ECHO);
	return (am_check_registers(am));
}

const struct am_command am_mbox_commands[] = {
	{ "echo",	am_run_echo },
	{ "burst",	am_run_burst },
	{ "full",	am_run_full },
	{ "restart",	am_run_restart },
	{ "flood",	am_run_flood },
	{ NULL,		NULL }
};
