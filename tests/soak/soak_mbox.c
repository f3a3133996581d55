/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * apple_mbox(4) for a hundred million messages.  The coprocessor sends each one
 * back, and both sides check the numbers.
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "mbox_rig.h"
#include "soak.h"
#include "tk.h"
#include "tk_ofw.h"

#define	ENDPOINT	0x20
#define	S_NS		1000000000LL

static struct coprocessor {
	struct model_asc *asc;
	struct tk_agent	*agent;
	struct soak_mbox accounts;
} soak;

/*
 * The client.
 */
static bool
client_recv(void *arg, const struct apple_mbox_msg *msg)
{
	soak_take(&soak.accounts.received, msg->amm_msg0);
	return (false);
}

/*
 * The coprocessor.
 */
static void
coprocessor(void *arg)
{
	uint64_t msg0;
	uint32_t msg1;

	while (!tk_agent_stopping()) {
		while (model_asc_pop(soak.asc, &msg0, &msg1)) {
			soak_take(&soak.accounts.sent, msg0);
			while (!model_asc_push(soak.asc, msg0, msg1) &&
			    !tk_agent_stopping())
				(void)tk_agent_wait(-1);
		}
		(void)tk_agent_wait(-1);
	}
}

static void
wake_coprocessor(void *arg)
{
	tk_agent_kick(soak.agent);
}

static const struct model_asc_ops coprocessor_ops = {
	.sent = wake_coprocessor,
	.taken = wake_coprocessor,
};

struct soak_mbox
soak_mbox(uint64_t messages)
{
	const struct model_asc_config config = {
		.name = "asc", .base = mbox_v4.base, .irq = mbox_v4.irq,
	};
	struct apple_mbox_msg msg = { .amm_msg1 = ENDPOINT };
	struct apple_mbox *mbox;

	soak.asc = model_asc_new(&config, &coprocessor_ops, NULL);
	tk_agent_create(&soak.agent, "coprocessor", coprocessor, NULL);
	mbox_client_config.recv = client_recv;
	tk_ofw_boot(mbox_v4.tree);
	mbox = mbox_client_at(mbox_v4.client)->mbox;
	if (apple_mbox_start(mbox) != 0)
		panic("soak: start failed");
	for (; msg.amm_msg0 < messages; msg.amm_msg0++) {
		soak_progress(msg.amm_msg0, messages);
		if (apple_mbox_send(mbox, &msg, SBT_1S) != 0)
			panic("soak: send failed");
	}
	/* Wait for the last messages, for at most a second. */
	for (int64_t end = tk_now_ns() + S_NS; tk_now_ns() < end &&
	    soak.accounts.received.arrived < messages; )
		pause("soak", 1);
	if (tk_ofw_detach() != 0)
		panic("soak: detach failed");
	tk_agent_stop(soak.agent);
	model_asc_free(soak.asc);
	return (soak.accounts);
}
