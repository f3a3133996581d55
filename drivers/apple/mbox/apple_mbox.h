/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * apple_mbox(4) for other drivers: mailboxes between the processors and a
 * coprocessor.  See apple_mbox(9).
 *
 * A mailbox is two FIFOs of messages, one each way.  A client's node in the
 * device tree refers to the mailbox ("mboxes", "mbox-names").  The client gets
 * the mailbox for itself alone, starts it, sends and receives, stops it and
 * puts it back.
 *
 * Order of the calls: get, { start, stop }, put.  The client serialises get,
 * start, stop, discard and put of one mailbox.  Many threads at once may call
 * send, trysend and poll, between start and stop.
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
 * which they were sent.  The function may call apple_mbox_trysend() of this
 * mailbox, and no other function of it.
 *
 * It runs in the filter for three reasons.  The next message finds room sooner.
 * The interrupt line goes down without a detour through the interrupt thread.
 * An answer of one word is there at once for the thread that waits for it.
 * What takes longer goes to amc_thread: the client keeps the message in memory
 * of its own, and returns true.
 *
 * Context: filter, apple_mbox_poll(), or an apple_mbox_send() that polls; no
 * memory, no sleep, no wakeup.
 * Locks: the mailbox's spin mutex is held; may take spin mutexes only.
 * Returns: true if amc_thread is to run.
 */
typedef bool	apple_mbox_recv_fn(void *arg,
		    const struct apple_mbox_msg *msg);

/*
 * amc_recv returned true for one or more messages since this ran last.  The
 * function may use kpi_wakeup(), kpi_task_enqueue() and apple_mbox_trysend().
 *
 * Context: the mailbox's interrupt thread; it does not sleep, since further
 * messages wait in the FIFO until it returns.
 * Locks: may take default mutexes.
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
 * apple_mbox_start().  On an error, *mboxp is not written, and one line on the
 * console says what is wrong.
 *
 * Context: sleepable; in an attach method.
 * Locks: newbus's topology lock is held, as in attach methods.
 * Errors: ENOENT: the node has no such entry.  EINVAL: the entry is malformed,
 * or points to no mailbox.  ENXIO: the mailbox is not attached (yet).  EBUSY:
 * it has a client.
 */
int	apple_mbox_get_by_index(device_t dev, int idx,
	    const struct apple_mbox_client *client, struct apple_mbox **mboxp);
int	apple_mbox_get_by_name(device_t dev, const char *name,
	    const struct apple_mbox_client *client, struct apple_mbox **mboxp);

/*
 * Stop the mailbox if it is started, and give it up.  NULL: does nothing.
 *
 * Context: sleepable.
 */
void	apple_mbox_put(struct apple_mbox *mbox);

/*
 * Throw away what the coprocessor has put into the FIFO, and count it.  The
 * mailbox is not started, and the coprocessor cannot send since its CPU does
 * not run.  A coprocessor that runs waits for an answer to what it has sent.
 *
 * Context: sleepable.
 * Errors: EIO: the messages have no end; one line on the console says so.
 */
int	apple_mbox_discard(struct apple_mbox *mbox);

/*
 * Begin to receive.  What is in the FIFO already comes first, a coprocessor's
 * HELLO for one.  The first start sets the interrupts up, which stay until the
 * mailbox goes.
 *
 * Context: sleepable.
 * Errors: those of kpi_intr_setup(), with one line on the console.
 */
int	apple_mbox_start(struct apple_mbox *mbox);

/*
 * Stop receiving.  When this returns, no function of the client runs.  Threads
 * that slept in apple_mbox_send() have got ESHUTDOWN.  A mailbox that is not
 * started is left alone.
 *
 * Context: sleepable.
 * Locks: hold none that the client's functions take.
 */
void	apple_mbox_stop(struct apple_mbox *mbox);

/*
 * Send a message, after all earlier stores to shared memory.  If the FIFO is
 * full, sleep until there is room, for at most timeout.  While the kernel is
 * cold, or has panicked, poll instead of sleeping, and receive meanwhile.
 *
 * Context: sleepable.
 * Errors: ETIMEDOUT: the coprocessor took nothing out in time, and the message
 * was not sent.  ESHUTDOWN: the mailbox is not started, or was stopped
 * meanwhile.
 */
int	apple_mbox_send(struct apple_mbox *mbox,
	    const struct apple_mbox_msg *msg, sbintime_t timeout);

/*
 * The same as apple_mbox_send(), without sleeping.  If the FIFO is full, spin
 * for at most usec microseconds; 0: do not spin.
 *
 * Context: any.
 * Errors: EAGAIN: the FIFO is full, and the message was not sent.  ESHUTDOWN:
 * the mailbox is not started.
 */
int	apple_mbox_trysend(struct apple_mbox *mbox,
	    const struct apple_mbox_msg *msg, int usec);

/*
 * Take in what has arrived, as the interrupt would, in a kernel that is cold or
 * has panicked.  amc_recv is called in the caller's context.  amc_thread is not
 * called: that is up to the caller.
 *
 * Context: any.
 * Returns: true if amc_recv returned true for a message.
 */
bool	apple_mbox_poll(struct apple_mbox *mbox);

/*
 * The name for messages, such as "apple_mbox0".  It lives as long as the client
 * has the mailbox.
 *
 * Context: any.
 */
const char *apple_mbox_name(const struct apple_mbox *mbox);

#endif /* !_APPLE_MBOX_H_ */
