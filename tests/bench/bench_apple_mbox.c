/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The benchmark of apple_mbox(4), with a client that counts its messages. */
#include <sys/param.h>
#include <sys/systm.h>

#include "bench_mbox.h"
#include "mbox_rig.h"
#include "tk_ofw.h"

static struct apple_mbox *bench_mailbox;
static volatile uint64_t bench_client_received;

static bool
bench_client_recv(void *arg, const struct apple_mbox_msg *msg)
{
	bench_client_received++;
	return (false);
}

static void
bench_apple_up(void)
{
	mbox_client_config.recv = bench_client_recv;
	tk_ofw_boot(mbox_v4.tree);
	bench_mailbox = mbox_client_at(mbox_v4.client)->mbox;
	bench_must(apple_mbox_start(bench_mailbox), "start");
}

static void
bench_apple_down(void)
{
	bench_must(tk_ofw_detach(), "detach");
}

static void
bench_apple_send(uint64_t msg0)
{
	const struct apple_mbox_msg msg = { .amm_msg0 = msg0 };

	bench_must(apple_mbox_send(bench_mailbox, &msg, 0), "send");
}

static uint64_t
bench_apple_received(void)
{
	return (bench_client_received);
}

static const struct bench_mbox_driver bench_apple_driver = {
	.up = bench_apple_up,
	.down = bench_apple_down,
	.send = bench_apple_send,
	.received = bench_apple_received,
};

void
bench_apple_mbox(const struct bench_burst *b, struct bench_exchange *x)
{
	bench_mbox(&bench_apple_driver, b, x);
}
