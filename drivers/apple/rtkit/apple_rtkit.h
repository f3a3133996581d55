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
 * Life:
 *
 *	get		Down
 *	boot, wake	Down -> On
 *	sleep, quiesce, shutdown
 *			On -> Down: the coprocessor has forgotten all; buffers
 *			and endpoints are gone on this side, too
 *	(it crashes)	On -> Crashed
 *	reinit		Crashed -> Down, On -> Down, where the CPU is ours
 *	free
 *
 * boot, wake, sleep, quiesce, shutdown, reinit and start_ep may be called by
 * any thread that can sleep and holds nothing; one at a time is served, the
 * others get EBUSY.  They wait uninterruptibly, each for a second at most per
 * step of the protocol, and not at all once the coprocessor has crashed.  They
 * work while the kernel is cold, by polling.
 */
#ifndef _APPLE_RTKIT_H_
#define	_APPLE_RTKIT_H_

#include "kpi.h"

#include <sys/bus.h>

struct apple_rtkit;

/* The first endpoint that is an application's; those below are RTKit's own. */
#define	APPLE_RTKIT_EP_APP	0x20

/*
 * A client.  Copied by apple_rtkit_get(); what it points to is constant until
 * apple_rtkit_free().  Any function may be NULL.
 */
struct apple_rtkit_client {
	/*
	 * The register range, in "reg-names", that has the coprocessor's CPU
	 * control, if that is ours: then boot starts the CPU, and sleep,
	 * reinit and free stop it.  NULL: the CPU is started by others, and
	 * may be running.
	 */
	const char	*arc_cpu_reg;

	/*
	 * The coprocessor has crashed, or takes no messages any more.  Threads
	 * that waited for it have been told.  No message is sent or received.
	 * In RTKit's thread; as arp_recv.  What restarts it does so in a
	 * thread of its own: apple_rtkit_reinit(), apple_rtkit_boot().
	 */
	void		(*arc_crashed)(void *arg);

	/*
	 * The firmware uses size bytes at addr, of its own memory, for a log.
	 * 0: they can be read; an error refuses the buffer, which fails the
	 * boot.  NULL refuses all.  The client checks addr and size, which are
	 * anything: size is not 0.  In RTKit's thread; as arp_recv.
	 */
	int		(*arc_map)(void *arg, uint64_t addr, size_t size);

	/*
	 * Copy len bytes at addr, within what arc_map has agreed to, to buf.
	 * In RTKit's thread; as arp_recv.
	 */
	int		(*arc_read)(void *arg, uint64_t addr, void *buf,
			    size_t len);

	void		*arc_arg;	/* of all these */
};

/*
 * What a client does with the messages of an endpoint.  Either may be NULL.
 * Each message goes to arp_early first; what that leaves goes to arp_recv, in
 * the order in which it was sent.
 */
struct apple_rtkit_port {
	/*
	 * A message has come; what it announces in shared memory can be read.
	 * True: done with it.
	 *
	 * In the interrupt filter, or in apple_rtkit_poll(), with a spin mutex
	 * held: spin mutexes only, no memory, no sleep, no wakeup.  It may
	 * call apple_rtkit_trysend().
	 */
	bool		(*arp_early)(void *arg, uint64_t msg);

	/*
	 * In RTKit's thread, or in apple_rtkit_poll() or a function that waits
	 * while the kernel is cold.  It may sleep, and call apple_rtkit_send()
	 * and _trysend(); but none of the functions of this coprocessor's life,
	 * and it may not wait for a later message: there is one thread.
	 * Messages that come meanwhile are queued, up to a limit; beyond it
	 * they are lost, counted and complained of.
	 */
	void		(*arp_recv)(void *arg, uint64_t msg);

	void		*arp_arg;	/* of both */
};

/*
 * Get the coprocessor behind entry idx of dev's "mboxes", or behind the one
 * that "mbox-names" calls name.  Nothing is sent.  Counters appear below
 * dev.NAME.UNIT.rtkit of dev.  Sleepable, in an attach method.
 *
 * Errors, with a line, of apple_mbox_get_by_index() and _by_name(); ENOENT,
 * ENXIO: there is no arc_cpu_reg; ENOMEM.
 */
int	apple_rtkit_get_by_index(device_t dev, int idx,
	    const struct apple_rtkit_client *client, struct apple_rtkit **rtkp);
int	apple_rtkit_get_by_name(device_t dev, const char *name,
	    const struct apple_rtkit_client *client, struct apple_rtkit **rtkp);

/*
 * Give it up: quiesce it if it is on, stop its CPU if that is ours.  None of
 * the client's functions runs when this returns.  Nobody else may be in a
 * function of this coprocessor: who has threads that may sleep in
 * apple_rtkit_send() has it rest first, which wakes them, and waits for them.
 * A coprocessor that does not quiesce, whose CPU is not ours, keeps the memory
 * that it was given.  NULL: nothing.  Sleepable; hold nothing that the
 * functions take.
 */
void	apple_rtkit_free(struct apple_rtkit *rtk);

/*
 * Start the coprocessor, or wake one that runs already, agree on a version,
 * learn its endpoints, give it the buffers that it asks for, until both sides
 * are on.
 *
 * 0: it is on.  EBUSY: it is on, or another of these calls is under way.
 * EIO: it has crashed, before or during this; reinit first.  ETIMEDOUT: no
 * answer.  EPROTONOSUPPORT: it speaks no version of ours.  ENOMEM and errors
 * of arc_map: it asked for a buffer that it does not get.  EPROTO: it broke the
 * protocol.  A line says which, and the coprocessor is Down again, or Crashed.
 */
int	apple_rtkit_boot(struct apple_rtkit *rtk);

/*
 * As apple_rtkit_boot(), for one that was put to sleep or quiesced.  EINVAL: it
 * was not.
 */
int	apple_rtkit_wake(struct apple_rtkit *rtk);

/*
 * Have it rest: nothing is received from it any more when this returns 0.
 * sleep: it sleeps; its CPU is stopped if that is ours.  quiesce: it runs, and
 * is silent.  shutdown: it is off, and starts again only if the CPU is ours.
 *
 * ENXIO: it is not on.  EBUSY.  EIO: it has crashed.  ETIMEDOUT, EPROTO: it did
 * not do so, and is taken for crashed.  ESHUTDOWN: the kernel has panicked, in
 * which none of the calls of its life works.
 */
int	apple_rtkit_sleep(struct apple_rtkit *rtk);
int	apple_rtkit_quiesce(struct apple_rtkit *rtk);
int	apple_rtkit_shutdown(struct apple_rtkit *rtk);

/*
 * Forget everything, for a new start with apple_rtkit_boot(), whatever state
 * it is in.  EOPNOTSUPP: it may be at work, and its CPU is not ours.  EBUSY.
 */
int	apple_rtkit_reinit(struct apple_rtkit *rtk);

/*
 * Start an application's endpoint, whose messages go to *port, which is
 * copied; what it points to lives until apple_rtkit_free() or until the
 * coprocessor is Down.  Messages may come before this returns.
 *
 * EINVAL: below APPLE_RTKIT_EP_APP.  ENOENT: the coprocessor has none such.
 * EEXIST: started before.  ENXIO: it is not on.  EIO: crashed.  ETIMEDOUT.
 */
int	apple_rtkit_start_ep(struct apple_rtkit *rtk, uint8_t ep,
	    const struct apple_rtkit_port *port);

/*
 * Send a message to an endpoint that was started, after all earlier stores to
 * shared memory.  If there is no room, sleep until there is, at most timeout.
 * Sleepable; polls while the kernel is cold or has panicked.
 *
 * ENXIO: the endpoint is not started, or the coprocessor is not on any more,
 * or says that one of the two sides is not.
 * EIO: it has crashed.  ETIMEDOUT: not sent.
 */
int	apple_rtkit_send(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    sbintime_t timeout);

/*
 * The same in any context, a filter included: if there is no room, spin for at
 * most usec microseconds, 0: not at all.  EAGAIN: no room, not sent.
 */
int	apple_rtkit_trysend(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    int usec);

/*
 * Take in what has arrived, as the interrupt would: for a client that waits for
 * an answer while the kernel is cold or has panicked.  Messages that arp_early
 * leaves go to arp_recv in the caller's context while the kernel is cold, else
 * in RTKit's thread, which a panicked kernel does not run.  Any context but a
 * filter; sleepable while the kernel is cold.
 */
void	apple_rtkit_poll(struct apple_rtkit *rtk);

/* True if it and, to it, the processors are on.  Any context. */
bool	apple_rtkit_running(const struct apple_rtkit *rtk);

/* True from a crash until apple_rtkit_reinit().  Any context. */
bool	apple_rtkit_crashed(const struct apple_rtkit *rtk);

/* True if it has the endpoint, once booted.  Sleepable. */
bool	apple_rtkit_has_ep(struct apple_rtkit *rtk, uint8_t ep);

/*
 * Print a crash log of len bytes as lines of dev, such as one that an earlier
 * system has left behind.  Anything may be in it.  Where memory is read that
 * the firmware still writes to, copy it first.  Any thread.
 */
void	apple_rtkit_print_crashlog(device_t dev, const void *log, size_t len);

#endif /* !_APPLE_RTKIT_H_ */
