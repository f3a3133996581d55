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
 * Messages in the queue from filter to thread, a power of two.  Of these, some
 * are kept for RTKit's own endpoints, so that many messages of an application
 * do not lose what the protocol needs.
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
 * The functions by which C reports to Rust.
 *
 * Context: RTKit's thread, or apple_rtkit_poll() while the kernel is cold.
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
 * Get the mailbox for a coprocessor that is DOWN.  If name is NULL, idx says
 * which mailbox.
 *
 * Context: sleepable; in an attach method.
 * Errors: those of apple_mbox_get_by_index() and _by_name(); ENOMEM; those of
 * kpi_taskq_create().
 */
int	apple_rtkit_create(device_t dev, const char *name, int idx,
	    struct apple_rtkit **rtkp);

/*
 * Put the mailbox back, once DOWN and stopped, and free everything.
 *
 * Context: sleepable.
 */
void	apple_rtkit_destroy(struct apple_rtkit *rtk);

/*
 * Set the functions that get messages without a port, before the first start.
 * ops is constant, and arg lives until apple_rtkit_destroy().
 *
 * Context: sleepable.
 */
void	apple_rtkit_bind(struct apple_rtkit *rtk,
	    const struct apple_rtkit_ops *ops, void *arg);

/*
 * Keep the handle that C's clients have: whatever Rust puts there.
 *
 * Context: any.
 */
void	apple_rtkit_set_owner(struct apple_rtkit *rtk, void *owner);
void	*apple_rtkit_owner(const struct apple_rtkit *rtk);

/*
 * Say what becomes of messages from now on.
 *
 * Context: any.
 */
void	apple_rtkit_set_phase(struct apple_rtkit *rtk,
	    enum apple_rtkit_phase phase);

/*
 * Throw away what the coprocessor sent before its CPU was stopped.  The mailbox
 * is stopped.
 *
 * Context: sleepable.
 * Errors: those of apple_mbox_discard().
 */
int	apple_rtkit_discard(struct apple_rtkit *rtk);

/*
 * Begin to receive, with an empty queue and no port.  apple_rtkit_settle()
 * comes before, except for the first time.
 *
 * Context: sleepable.
 * Errors: those of apple_mbox_start().
 */
int	apple_rtkit_start(struct apple_rtkit *rtk);

/*
 * Receive and send no more.  Senders that sleep are woken.  What is in the
 * queue stays there.
 *
 * Context: sleepable; RTKit's thread may call it.
 */
void	apple_rtkit_stop(struct apple_rtkit *rtk);

/*
 * Once stopped, wait until RTKit's thread has worked off the queue.
 *
 * Context: sleepable; not in RTKit's thread.
 */
void	apple_rtkit_settle(struct apple_rtkit *rtk);

/*
 * Give a port the messages of an endpoint from now on, until the next start.
 * One call at a time, for an endpoint from APPLE_RTKIT_EP_APP on.
 *
 * Context: sleepable.
 * Errors: EEXIST: the endpoint has a port.
 */
int	apple_rtkit_open(struct apple_rtkit *rtk, uint8_t ep,
	    const struct apple_rtkit_port *port);

/*
 * Send a message of the protocol, as apple_rtkit_send() does, when the
 * coprocessor is ON or CHANGING.
 *
 * Context: sleepable.
 * Errors: EIO, ENXIO and ETIMEDOUT, as apple_rtkit_send().
 */
int	apple_rtkit_send_own(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    sbintime_t timeout);

/*
 * The counters; their address is constant.
 *
 * Context: any.
 */
const struct apple_rtkit_stats *apple_rtkit_stats(
	    const struct apple_rtkit *rtk);

#endif /* !_APPLE_RTKIT_VAR_H_ */
