/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * RTKit for other drivers: the protocol that Apple's coprocessors speak over
 * their mailbox.  See apple_rtkit(9).  In Rust: the crate apple_rtkit.
 *
 * A client, whose node in the device tree refers to the coprocessor's mailbox,
 * gets the coprocessor for itself alone, boots it, starts the endpoints that
 * it is there for, and exchanges 64-bit messages with them.
 *
 * States, and the functions that change them:
 *
 *	get		Down
 *	boot, wake	Down -> On
 *	sleep, quiesce, shutdown
 *			On -> Down: the endpoints are not started any more, and
 *			the buffers are freed
 *	(it crashes)	On -> Crashed
 *	reinit		Crashed -> Down, On -> Down; only if the CPU is ours
 *	free
 *
 * "The CPU is ours" if the client named a register range for it (arc_cpu_reg):
 * then this driver starts and stops it.
 *
 * Two power states decide whether messages pass: the coprocessor's own, and
 * that of the application processors (this side) as the coprocessor sees it.
 *
 * boot, wake, sleep, quiesce, shutdown, reinit and start_ep are the state
 * functions.  Any thread that can sleep and holds no lock may call them.  One
 * call at a time is served; others get EBUSY.  They wait uninterruptibly, for
 * a second at most at each step of the protocol, and not at all once the
 * coprocessor has crashed.  They work while the kernel is cold, by polling.
 */
#ifndef _APPLE_RTKIT_H_
#define	_APPLE_RTKIT_H_

#include "kpi.h"

#include <sys/bus.h>

struct apple_rtkit;

/* The first endpoint that is an application's; those below are RTKit's own. */
#define	APPLE_RTKIT_EP_APP	0x20

/*
 * A client.  apple_rtkit_get_by_index() and _by_name() copy it.  What it points
 * to is constant until apple_rtkit_free().  Any function may be NULL.
 */
struct apple_rtkit_client {
	/*
	 * The name, in "reg-names", of the registers that start and stop the
	 * coprocessor's CPU.  NULL: the CPU is not ours; others start it, and
	 * it may be running.
	 */
	const char	*arc_cpu_reg;

	/*
	 * The coprocessor has crashed, or takes no messages any more.  Threads
	 * that waited for it have got EIO.  No message is sent or received.
	 * This function must not restart the coprocessor: a client that does,
	 * calls apple_rtkit_reinit() and apple_rtkit_boot() in a thread of its
	 * own.
	 *
	 * Context: RTKit's thread, as arp_recv.
	 */
	void		(*arc_crashed)(void *arg);

	/*
	 * RTKit allocates most buffers for the firmware.  This is for those
	 * that the firmware has already, in memory of its own, for a log: size
	 * bytes at addr.  The client checks both, which may be anything, but
	 * size is not 0.  NULL: buffers of that kind are refused.
	 *
	 * Context: RTKit's thread, as arp_recv.
	 * Returns: 0: the bytes can be read; an error refuses the buffer,
	 * which fails the boot.
	 */
	int		(*arc_map)(void *arg, uint64_t addr, size_t size);

	/*
	 * Copy len bytes at addr, within what arc_map has agreed to, to buf.
	 * Present if arc_map is.
	 *
	 * Context: RTKit's thread, as arp_recv.
	 * Returns: 0, or an errno: the log cannot be read.
	 */
	int		(*arc_read)(void *arg, uint64_t addr, void *buf,
			    size_t len);

	void		*arc_arg;	/* of all these */
};

/*
 * What a client does with the messages of an endpoint.  Either function may be
 * NULL.  Each message goes to arp_early first.  If arp_early is NULL or
 * returns false, the message goes to arp_recv; these keep their order.
 */
struct apple_rtkit_port {
	/*
	 * A message has come.  What it announces in shared memory can be read.
	 * The function may call apple_rtkit_trysend().
	 *
	 * Context: filter, or apple_rtkit_poll(), or, while the kernel is
	 * cold, a state function or apple_rtkit_send(): no allocation, no
	 * sleep, no wakeup.
	 * Locks: a spin mutex is held; may take spin mutexes only.
	 * Returns: true: it is done with the message.
	 */
	bool		(*arp_early)(void *arg, uint64_t msg);

	/*
	 * A message that arp_early has not dealt with.  The function may
	 * sleep, and may call apple_rtkit_send() and _trysend().  It may call
	 * no state function of this coprocessor, and it may not wait for a
	 * later message, since one thread handles all messages of a
	 * coprocessor.  Messages that come meanwhile are queued, up to a
	 * limit.  Messages beyond it are lost, counted, and named on the
	 * console.
	 *
	 * Context: RTKit's thread; or, while the kernel is cold,
	 * apple_rtkit_poll(), a state function or apple_rtkit_send().
	 */
	void		(*arp_recv)(void *arg, uint64_t msg);

	void		*arp_arg;	/* of both */
};

/*
 * Get the coprocessor behind entry idx of dev's "mboxes", or behind the one
 * that "mbox-names" calls name.  Nothing is sent.  Counters appear below
 * dev.NAME.UNIT.rtkit of dev.
 *
 * Context: sleepable; in an attach method.
 * Errors: with a line on the console, those of apple_mbox_get_by_index() and
 * _by_name(), EBUSY among them if another has it; ENOENT, ENXIO: arc_cpu_reg
 * is not NULL, and dev has no registers of that name; ENOMEM.
 */
int	apple_rtkit_get_by_index(device_t dev, int idx,
	    const struct apple_rtkit_client *client, struct apple_rtkit **rtkp);
int	apple_rtkit_get_by_name(device_t dev, const char *name,
	    const struct apple_rtkit_client *client, struct apple_rtkit **rtkp);

/*
 * Give the coprocessor up: quiesce it if it is on, and stop its CPU if that is
 * ours.  None of the client's functions runs when this returns.  NULL: does
 * nothing.
 *
 * No other thread may be in a function of this coprocessor.  A client whose
 * threads may sleep in apple_rtkit_send() first calls sleep, quiesce or
 * shutdown, which wakes them, and waits for them.  If the coprocessor does not
 * quiesce, and its CPU is not ours, it may still write to its buffers: these
 * are not freed then.
 *
 * Context: sleepable.
 * Locks: hold none that the client's functions take.
 */
void	apple_rtkit_free(struct apple_rtkit *rtk);

/*
 * Start the coprocessor, or wake one that runs already, whatever brought it to
 * Down.  Agree on a version with it, learn its endpoints, and give it the
 * buffers that it asks for, until both power states are on.  EBUSY and
 * ESHUTDOWN change nothing.  After any other error, which is printed, the
 * coprocessor is Down, or Crashed.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Returns: 0: the coprocessor is on.
 * Errors: EBUSY: it is on, or another state function is under way.  EIO: it
 * has crashed, before or during this; reinit first.  ETIMEDOUT: no answer.
 * EPROTONOSUPPORT: it speaks no version of the protocol that this driver does.
 * ENOMEM and errors of arc_map: it asked for a buffer that it does not get.
 * EPROTO: it broke the protocol.  ESHUTDOWN: the kernel has panicked, in which
 * no state function works.
 */
int	apple_rtkit_boot(struct apple_rtkit *rtk);

/*
 * The same as apple_rtkit_boot(), but only for a coprocessor that was put to
 * sleep or quiesced: for a client that resumes.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: those of apple_rtkit_boot(); EINVAL: it was not put to sleep or
 * quiesced.
 */
int	apple_rtkit_wake(struct apple_rtkit *rtk);

/*
 * Take the coprocessor from On to Down.  Nothing is received from it any more
 * when this returns 0.  sleep: its power state is sleep, and its CPU is stopped
 * if that is ours.  quiesce: its firmware goes on to run, and sends nothing.
 * shutdown: its power state is off; it can be booted again only if the CPU is
 * ours.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: ENXIO: it is not on.  EBUSY: another state function is under way.
 * EIO: it has crashed.  ETIMEDOUT, EPROTO: it did not follow, and is Crashed
 * now.  ESHUTDOWN: the kernel has panicked, in which no state function works.
 */
int	apple_rtkit_sleep(struct apple_rtkit *rtk);
int	apple_rtkit_quiesce(struct apple_rtkit *rtk);
int	apple_rtkit_shutdown(struct apple_rtkit *rtk);

/*
 * Forget everything, for a new start with apple_rtkit_boot(), whatever state
 * the coprocessor is in.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: EOPNOTSUPP: its CPU is not ours, and may run.  EBUSY: another state
 * function is under way.  ESHUTDOWN: the kernel has panicked.
 */
int	apple_rtkit_reinit(struct apple_rtkit *rtk);

/*
 * Start an application's endpoint.  Its messages go to *port, which is copied.
 * The caller keeps what *port points to until the coprocessor is Down, or
 * until apple_rtkit_free().  Messages may come before this returns.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: EINVAL: ep is below APPLE_RTKIT_EP_APP.  ENOENT: the coprocessor has
 * no such endpoint.  EEXIST: it was started before.  ENXIO: the coprocessor is
 * not on.  EIO: it has crashed.  ETIMEDOUT: it took no message in time.
 * EBUSY: another state function is under way.  ESHUTDOWN: the kernel has
 * panicked.
 */
int	apple_rtkit_start_ep(struct apple_rtkit *rtk, uint8_t ep,
	    const struct apple_rtkit_port *port);

/*
 * Send a message to an endpoint that was started, after all earlier stores to
 * shared memory.  If there is no room, sleep until there is, for at most
 * timeout.  While the kernel is cold, or has panicked, poll instead of
 * sleeping.
 *
 * Context: sleepable.
 * Locks: hold no lock, except in a kernel that is cold or has panicked.
 * Errors: ENXIO: the endpoint is not started, the coprocessor is not On any
 * more, or one of the two power states is not on.  EIO: it has crashed.
 * ETIMEDOUT: the message was not sent.
 */
int	apple_rtkit_send(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    sbintime_t timeout);

/*
 * The same as apple_rtkit_send(), without sleeping.  If there is no room, spin
 * for at most usec microseconds; 0: do not spin.
 *
 * Context: any.
 * Errors: ENXIO, EIO: as apple_rtkit_send().  EAGAIN: there is no room, and
 * the message was not sent.
 */
int	apple_rtkit_trysend(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    int usec);

/*
 * Take in the messages that have arrived, as the interrupt does.  This is for
 * a client that waits for an answer while the kernel is cold or has panicked.
 * arp_early runs in the caller's context.  arp_recv does, too, while the kernel
 * is cold; else it runs in RTKit's thread, which a panicked kernel does not
 * run.
 *
 * Context: any but a filter; sleepable while the kernel is cold.
 */
void	apple_rtkit_poll(struct apple_rtkit *rtk);

/*
 * True if the coprocessor is On, and both power states are on.
 *
 * Context: any.
 */
bool	apple_rtkit_running(const struct apple_rtkit *rtk);

/* True from a crash until apple_rtkit_reinit().  Context: any. */
bool	apple_rtkit_crashed(const struct apple_rtkit *rtk);

/* True if the booted coprocessor has the endpoint.  Context: sleepable. */
bool	apple_rtkit_has_ep(struct apple_rtkit *rtk, uint8_t ep);

/*
 * Print a crash log of len bytes, with dev's name before each line.  The log
 * may be one that an earlier system has left in memory.  Its contents may be
 * anything.  If the firmware still writes to that memory, the caller makes a
 * copy first.
 *
 * Context: sleepable.
 */
void	apple_rtkit_print_crashlog(device_t dev, const void *log, size_t len);

#endif /* !_APPLE_RTKIT_H_ */
