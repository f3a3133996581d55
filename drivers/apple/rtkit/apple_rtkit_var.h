/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The border between RTKit's C and its Rust.
 *
 * C has the data path: filter, queue, thread (apple_rtkit_queue.c).
 * Rust has the protocol (rust/lib.rs and the modules it names), and the
 * functions of apple_rtkit.h that the C does not have.  bindgen reads this
 * file.
 */
#ifndef _APPLE_RTKIT_VAR_H_
#define	_APPLE_RTKIT_VAR_H_

#include "apple/mbox/apple_mbox.h"
#include "apple_rtkit.h"
#include "apple_rtkit_reg.h"

/*
 * Messages in the queue from filter to thread, a power of two; and of these,
 * how many are kept for RTKit's own endpoints, so that an application's storm
 * does not lose what the protocol needs.
 */
#define	APPLE_RTKIT_QUEUE	256
#define	APPLE_RTKIT_RESERVE	32

/* What becomes of messages. */
enum apple_rtkit_phase {
	APPLE_RTKIT_DOWN,	/* none are received or sent */
	APPLE_RTKIT_CHANGING,	/* RTKit's own, no application's */
	APPLE_RTKIT_ON,		/* all */
	APPLE_RTKIT_CRASHED,	/* none, and senders are told so */
};

/*
 * What C tells Rust: in RTKit's thread, or in a poll while the kernel is cold.
 */
struct apple_rtkit_ops {
	/* A message that no port takes.  ep is the whole second word. */
	void	(*aro_message)(void *arg, uint32_t ep, uint64_t msg);
	/* count messages were lost since this was called last. */
	void	(*aro_lost)(void *arg, uint64_t count);
};

/* Messages; 64 bits each, for sysctl(9). */
struct apple_rtkit_stats {
	uint64_t	ars_received;
	uint64_t	ars_sent;
	uint64_t	ars_lost;	/* the queue was full */
};

/*
 * Get the mailbox (name, or idx if that is NULL) for a coprocessor that is
 * DOWN.  Sleepable, in an attach method.  Errors of apple_mbox.h; ENOMEM.
 */
int	apple_rtkit_create(device_t dev, const char *name, int idx,
	    struct apple_rtkit **rtkp);

/* Put the mailbox back, once DOWN and stopped; free.  Sleepable. */
void	apple_rtkit_destroy(struct apple_rtkit *rtk);

/* Before the first start.  ops is constant, arg lives until destroy. */
void	apple_rtkit_bind(struct apple_rtkit *rtk,
	    const struct apple_rtkit_ops *ops, void *arg);

/* What C's clients have for a handle: whatever Rust puts there. */
void	apple_rtkit_set_owner(struct apple_rtkit *rtk, void *owner);
void	*apple_rtkit_owner(const struct apple_rtkit *rtk);

/* Any context. */
void	apple_rtkit_set_phase(struct apple_rtkit *rtk,
	    enum apple_rtkit_phase phase);

/*
 * Stopped: throw away what the coprocessor sent before its CPU was stopped.
 * Errors of apple_mbox_discard().  Sleepable.
 */
int	apple_rtkit_discard(struct apple_rtkit *rtk);

/*
 * Begin to receive, with an empty queue and no port.  After settle, but for the
 * first time.  Errors of apple_mbox_start().  Sleepable.
 */
int	apple_rtkit_start(struct apple_rtkit *rtk);

/*
 * Receive and send no more: senders that sleep are woken.  What is in the
 * queue stays there.  Sleepable; RTKit's thread may call it.
 */
void	apple_rtkit_stop(struct apple_rtkit *rtk);

/*
 * Once stopped: wait until RTKit's thread has seen to the queue.  Sleepable;
 * not in that thread.
 */
void	apple_rtkit_settle(struct apple_rtkit *rtk);

/*
 * Let a port have the messages of an endpoint from now on, until start.
 * EEXIST: it has one.  One call at a time.  Any context.
 */
int	apple_rtkit_open(struct apple_rtkit *rtk, uint8_t ep,
	    const struct apple_rtkit_port *port);

/*
 * Send a message of the protocol, as apple_rtkit_send(), when the coprocessor
 * is ON or CHANGING.
 */
int	apple_rtkit_send_own(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    sbintime_t timeout);

/* Constant address. */
const struct apple_rtkit_stats *apple_rtkit_stats(
	    const struct apple_rtkit *rtk);

#endif /* !_APPLE_RTKIT_VAR_H_ */
