/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The mailbox driver and a client on the model of the mailbox.  Each call that
 * can fail is made to fail once, through attach, start, messages in both
 * directions, stop and detach.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/sysctl.h>

#include "mbox_rig.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_ofw.h"
#include "tk_test.h"
#include "tk_test_walk.h"

#define	MS		SBT_1MS
#define	DEPTH		4
#define	MESSAGES	3

TK_CASES_ON_EACH_PIC("");

static struct model_asc *asc;
static struct tk_agent *agent;
static device_t mbox, client;
static bool used;		/* both were attached */

/* The coprocessor takes a message out some time after it came. */
static void
take(void *arg __unused)
{
	uint64_t msg0;
	uint32_t msg1;

	while (!tk_agent_stopping()) {
		tk_agent_wait(model_asc_sent(asc) == 0 ? -1 :
		    tk_now_ns() + 1000000);
		(void)model_asc_pop(asc, &msg0, &msg1);
	}
}

static void
sent(void *arg __unused)
{
	tk_agent_kick(agent);
}

static const struct model_asc_ops ops = { .sent = sent };

/* The machine with both devices, and neither attached. */
static void
up(const struct mbox_machine *m)
{
	asc = mbox_model_new(m, DEPTH, &ops, NULL);
	tk_agent_create(&agent, "coprocessor", take, NULL);
	mbox_client_config.needs_mbox = true;
	used = false;
	tk_ofw_boot(m->tree);
	mbox = tk_ofw_device(m->mbox);
	client = tk_ofw_device(m->client);
	TK_EQ(tk_device_detach(client), 0);
	TK_EQ(tk_device_detach(mbox), 0);
}

static void
down(void)
{
	TK_EQ(tk_ofw_detach(), 0);
	tk_agent_stop(agent);
	TK_EQ(model_asc_stats(asc).illegal, 0);
	model_asc_free(asc);
}

/* Exchange more messages than the FIFO takes at once. */
static int
exchange(struct apple_mbox *mb)
{
	const struct apple_mbox_msg msg = { .amm_msg0 = 1 };
	int error, i;

	error = apple_mbox_start(mb);
	if (error != 0)
		return (error);
	for (i = 0; i < MESSAGES; i++)
		TK_CHECK(model_asc_push(asc, i, 0));
	for (i = 0; i < 3 * DEPTH; i++)
		TK_EQ(apple_mbox_send(mb, &msg, 100 * MS), 0);
	apple_mbox_stop(mb);
	return (0);
}

static int
use(struct mbox_client *c)
{
	char path[64];
	uint64_t counted;
	size_t len = sizeof(counted);
	int error, before = mbox_client_received(c);

	used = true;
	error = exchange(c->mbox);
	if (error == 0)
		error = exchange(c->mbox);
	if (error == 0)
		TK_EQ(mbox_client_received(c) - before, 2 * MESSAGES);
	snprintf(path, sizeof(path), "dev.apple_mbox.%d.received",
	    device_get_unit(mbox));
	/* There may be no counters. */
	(void)kernel_sysctlbyname(curthread, path, &counted, &len, NULL, 0,
	    NULL, 0);
	return (error);
}

/*
 * Detach the mailbox.  It must stay if an interrupt was set up that cannot be
 * torn down.
 */
static void
detach(void)
{
	int error;
	bool stays;

	stays = mbox->handlers != 0 && !tk_pic_tears_down(mbox);
	error = tk_device_detach(mbox);
	TK_EQ(error, stays ? EBUSY : 0);
	TK_EQ(device_is_attached(mbox), stays);
}

static int
attach_use_detach(void)
{
	int error;

	error = tk_device_attach(mbox);
	if (error != 0)
		return (error);
	error = tk_device_attach(client);
	if (error == 0) {
		error = use(device_get_softc(client));
		TK_EQ(tk_device_detach(client), 0);
	}
	detach();
	return (error);
}

static int
life(const struct mbox_machine *m)
{
	const char *said;
	int error, told;

	tk_fault_spare(true);
	up(m);
	tk_fault_spare(false);
	said = tk_msgbuf() + strlen(tk_msgbuf());
	error = attach_use_detach();
	told = tk_walk_told(said, "apple_mbox") +
	    tk_walk_told(said, "mbox_client");
	/* A mailbox that stays prints one line more. */
	TK_EQ(tk_walk_count(said, MBOX_STAYS), device_is_attached(mbox));
	told -= tk_walk_count(said, MBOX_STAYS);
	TK_EQ(told, error != 0 && (used || tk_walk_refused_attach(said)));
	down();
	return (error);
}

static int
life_of_v4(void)
{
	return (life(&mbox_v4));
}

static int
life_of_t8015(void)
{
	return (life(&mbox_t8015));
}

static int
life_of_m3(void)
{
	return (life(&mbox_m3));
}

TK_CASE_UNBOOTED(mbox_v4_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_of_v4, 35, 18);
}

TK_CASE_UNBOOTED(mbox_t8015_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_of_t8015, 35, 18);
}

TK_CASE_UNBOOTED(mbox_m3_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(life_of_m3, 35, 18);
}
