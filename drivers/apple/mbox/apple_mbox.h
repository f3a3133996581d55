/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * apple_mbox(4) for other drivers: mailboxes between the processors and a
 * coprocessor.
 *
 * A mailbox is two FIFOs of messages, one each way.  A client, whose node in
 * the device tree refers to it ("mboxes", "mbox-names"), gets it for itself
 * alone, starts it, sends and receives, stops it and puts it back.
 *
 * Life: get, { start, stop }, put.  The calls of one mailbox's life are the
 * client's to serialise; send, trysend and poll may be called by many threads
 * at once, between start and stop.
 */
#ifndef _APPLE_MBOX_H_
#define	_APPLE_MBOX_H_

#include "kpi.h"

#include <sys/bus.h>

struct apple_mbox;

/* A message.  RTKit's endpoint number is the low 8 bits of amm_msg1. */
struct apple_mbox_msg {
	uint64_t	amm_msg0;
	uint32_t	amm_msg1;
};

/*
 * A message has come.  It is out of the FIFO, and what it announces in shared
 * memory can be read.  Messages are handed over one at a time, in the order in
 * which they were sent.
 *
 * Runs in the interrupt filter, or in apple_mbox_poll(), with the mailbox's
 * spin mutex held: spin mutexes only, no memory, no sleep, no wakeup.  It may
 * call apple_mbox_trysend() of this mailbox, and no other function of it.
 *
 * In the filter, because the next message finds room the sooner, the line goes
 * down without a detour through the interrupt thread, and an answer of one
 * word wakes its waiter at once.  What takes longer goes to amc_thread: a
 * client keeps the message in memory of its own, and returns true.
 */
typedef bool	apple_mbox_recv_fn(void *arg,
		    const struct apple_mbox_msg *msg);

/*
 * amc_recv returned true for one or more messages since this ran last.
 *
 * Runs in the mailbox's interrupt thread: default mutexes, kpi_wakeup(),
 * kpi_task_enqueue(), apple_mbox_trysend(); no sleep, since further messages
 * wait in the FIFO until this returns.
 */
typedef void	apple_mbox_thread_fn(void *arg);

/* A client.  Constant while it has the mailbox. */
struct apple_mbox_client {
	apple_mbox_recv_fn	*amc_recv;
	apple_mbox_thread_fn	*amc_thread;	/* NULL: amc_recv never true */
	void			*amc_arg;	/* of both */
};

/*
 * Get the mailbox of entry idx of dev's "mboxes", or of the one that
 * "mbox-names" calls name.  *client is copied.  Nothing is received before
 * apple_mbox_start().  Sleepable, in an attach method (newbus's topology lock
 * is held).
 *
 * ENOENT: the node has no such entry.  EINVAL: the entry is malformed, or
 * points to no mailbox.  ENXIO: the mailbox is not attached (yet).  EBUSY:
 * it has a client.  One line on the console says which.
 */
int	apple_mbox_get_by_index(device_t dev, int idx,
	    const struct apple_mbox_client *client, struct apple_mbox **mboxp);
int	apple_mbox_get_by_name(device_t dev, const char *name,
	    const struct apple_mbox_client *client, struct apple_mbox **mboxp);

/* Stop it if it is started, and give it up.  NULL: nothing.  Sleepable. */
void	apple_mbox_put(struct apple_mbox *mbox);

/*
 * Throw away what is in the FIFO from the coprocessor, and count it.  Only
 * while the mailbox is not started, and only if the coprocessor cannot send,
 * since its CPU does not run: one that runs waits for an answer to what it has
 * sent.  EIO: the messages have no end; one line on the console says so.
 * Sleepable.
 */
int	apple_mbox_discard(struct apple_mbox *mbox);

/*
 * Begin to receive: first what is in the FIFO already, a coprocessor's HELLO
 * for one.  The first start sets the interrupts up, which stay until the
 * mailbox goes.  Errors from kpi_intr_setup(), with one line on the console.
 * Sleepable.
 */
int	apple_mbox_start(struct apple_mbox *mbox);

/*
 * Receive no more.  When this returns neither function of the client runs, and
 * threads that slept in apple_mbox_send() have got ESHUTDOWN.  A mailbox that
 * is not started is left alone.
 *
 * Context: sleepable.
 * Locks: hold nothing that the client's functions take.
 */
void	apple_mbox_stop(struct apple_mbox *mbox);

/*
 * Send a message, after all earlier stores to shared memory.  If the FIFO is
 * full, sleep until there is room, at most timeout.  Sleepable; waits by
 * polling while the kernel is cold or has panicked.
 *
 * ETIMEDOUT: the coprocessor took nothing out in time; the message was not
 * sent.  ESHUTDOWN: not started, or stopped meanwhile.
 */
int	apple_mbox_send(struct apple_mbox *mbox,
	    const struct apple_mbox_msg *msg, sbintime_t timeout);

/*
 * The same in any context, a filter included: if the FIFO is full, spin for at
 * most usec microseconds, 0: not at all.
 *
 * EAGAIN: full, not sent.  ESHUTDOWN: not started.
 */
int	apple_mbox_trysend(struct apple_mbox *mbox,
	    const struct apple_mbox_msg *msg, int usec);

/*
 * Take in what has arrived, as the interrupt would, for a kernel that is cold
 * or panicked: calls amc_recv in the caller's context.  True: one of these
 * calls returned true; amc_thread is not called, that is up to the caller.
 * Any context.
 */
bool	apple_mbox_poll(struct apple_mbox *mbox);

/* "apple_mbox0", for messages.  Lives as long as the client has the mailbox. */
const char *apple_mbox_name(const struct apple_mbox *mbox);

#endif /* !_APPLE_MBOX_H_ */
