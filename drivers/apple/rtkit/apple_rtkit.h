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
 * A client.  apple_rtkit_get_by_index() and _by_name() copy it.  What it points
 * to is constant until apple_rtkit_free().  Any function may be NULL.
 */
struct apple_rtkit_client {
	/*
	 * The register range, in "reg-names", that has the coprocessor's CPU
	 * control, if that is ours.  Then boot starts the CPU, and sleep,
	 * reinit and free stop it.  NULL: others start the CPU, which may be
	 * running.
	 */
	const char	*arc_cpu_reg;

	/*
	 * The coprocessor has crashed, or takes no messages any more.  Threads
	 * that waited for it have been told.  No message is sent or received.
	 * What restarts the coprocessor does so in a thread of its own:
	 * apple_rtkit_reinit(), apple_rtkit_boot().
	 *
	 * Context: RTKit's thread, as arp_recv.
	 */
	void		(*arc_crashed)(void *arg);

	/*
	 * The firmware uses size bytes at addr, of its own memory, for a log.
	 * The client checks addr and size, which may be anything, but size is
	 * not 0.  NULL refuses all buffers.
	 *
	 * Context: RTKit's thread, as arp_recv.
	 * Returns: 0: the bytes can be read; an error refuses the buffer, which
	 * fails the boot.
	 */
	int		(*arc_map)(void *arg, uint64_t addr, size_t size);

	/*
	 * Copy len bytes at addr, within what arc_map has agreed to, to buf.
	 *
	 * Context: RTKit's thread, as arp_recv.
	 */
	int		(*arc_read)(void *arg, uint64_t addr, void *buf,
			    size_t len);

	void		*arc_arg;	/* of all these */
};

/*
 * What a client does with the messages of an endpoint.  Either function may be
 * NULL.  Each message goes to arp_early first.  What that leaves goes to
 * arp_recv, in the order in which it was sent.
 */
struct apple_rtkit_port {
	/*
	 * A message has come.  What it announces in shared memory can be read.
	 * The function may call apple_rtkit_trysend().
	 *
	 * Context: filter, or apple_rtkit_poll(); no memory, no sleep, no
	 * wakeup.
	 * Locks: a spin mutex is held; may take spin mutexes only.
	 * Returns: true: it is done with the message.
	 */
	bool		(*arp_early)(void *arg, uint64_t msg);

	/*
	 * A message that arp_early has left.  The function may sleep, and may
	 * call apple_rtkit_send() and _trysend().  It may call none of the
	 * functions of this coprocessor's life, and it may not wait for a later
	 * message, since there is one thread.  Messages that come meanwhile are
	 * queued, up to a limit.  Messages beyond it are lost, counted and
	 * complained of.
	 *
	 * Context: RTKit's thread; or, while the kernel is cold,
	 * apple_rtkit_poll() or a function that waits.
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
 * _by_name(); ENOENT, ENXIO: there is no arc_cpu_reg; ENOMEM.
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
 * threads may sleep in apple_rtkit_send() first has the coprocessor rest, which
 * wakes them, and waits for them.  A coprocessor that does not quiesce, and
 * whose CPU is not ours, keeps the memory that it was given.
 *
 * Context: sleepable.
 * Locks: hold none that the client's functions take.
 */
void	apple_rtkit_free(struct apple_rtkit *rtk);

/*
 * Start the coprocessor, or wake one that runs already.  Agree on a version
 * with it, learn its endpoints, and give it the buffers that it asks for, until
 * both sides are on.  On an error a line says which it was, and the coprocessor
 * is Down again, or Crashed.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Returns: 0: the coprocessor is on.
 * Errors: EBUSY: it is on, or another of these calls is under way.  EIO: it has
 * crashed, before or during this; reinit first.  ETIMEDOUT: no answer.
 * EPROTONOSUPPORT: it speaks no version of ours.  ENOMEM and errors of arc_map:
 * it asked for a buffer that it does not get.  EPROTO: it broke the protocol.
 * ESHUTDOWN: the kernel has panicked, in which none of the calls of its life
 * works.
 */
int	apple_rtkit_boot(struct apple_rtkit *rtk);

/*
 * The same as apple_rtkit_boot(), for a coprocessor that was put to sleep or
 * quiesced.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: those of apple_rtkit_boot(); EINVAL: it was not put to sleep or
 * quiesced.
 */
int	apple_rtkit_wake(struct apple_rtkit *rtk);

/*
 * Have the coprocessor rest.  Nothing is received from it any more when this
 * returns 0.  sleep: it sleeps, and its CPU is stopped if that is ours.
 * quiesce: it runs, and is silent.  shutdown: it is off, and starts again only
 * if the CPU is ours.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: ENXIO: it is not on.  EBUSY: another of these calls is under way.
 * EIO: it has crashed.  ETIMEDOUT, EPROTO: it did not do so, and is taken for
 * crashed.  ESHUTDOWN: the kernel has panicked, in which none of the calls of
 * its life works.
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
 * Errors: EOPNOTSUPP: it may be at work, and its CPU is not ours.  EBUSY:
 * another of these calls is under way.  ESHUTDOWN: the kernel has panicked.
 */
int	apple_rtkit_reinit(struct apple_rtkit *rtk);

/*
 * Start an application's endpoint.  Its messages go to *port, which is copied.
 * What *port points to lives until apple_rtkit_free(), or until the coprocessor
 * is Down.  Messages may come before this returns.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: EINVAL: ep is below APPLE_RTKIT_EP_APP.  ENOENT: the coprocessor has
 * no such endpoint.  EEXIST: it was started before.  ENXIO: the coprocessor is
 * not on.  EIO: it has crashed.  ETIMEDOUT: it took no message in time.  EBUSY:
 * another of these calls is under way.  ESHUTDOWN: the kernel has panicked.
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
 * Errors: ENXIO: the endpoint is not started, the coprocessor is not on any
 * more, or it says that one of the two sides is not.  EIO: it has crashed.
 * ETIMEDOUT: the message was not sent.
 */
int	apple_rtkit_send(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    sbintime_t timeout);

/*
 * The same as apple_rtkit_send(), without sleeping.  If there is no room, spin
 * for at most usec microseconds; 0: do not spin.
 *
 * Context: any.
 * Errors: ENXIO, EIO: as apple_rtkit_send().  EAGAIN: there is no room, and the
 * message was not sent.
 */
int	apple_rtkit_trysend(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    int usec);

/*
 * Take in what has arrived, as the interrupt would.  This is for a client that
 * waits for an answer while the kernel is cold or has panicked.  Messages that
 * arp_early leaves go to arp_recv.  While the kernel is cold that runs in the
 * caller's context.  Else it runs in RTKit's thread, which a panicked kernel
 * does not run.
 *
 * Context: any but a filter; sleepable while the kernel is cold.
 */
void	apple_rtkit_poll(struct apple_rtkit *rtk);

/*
 * True if the coprocessor is on, and says that the processors are on.
 *
 * Context: any.
 */
bool	apple_rtkit_running(const struct apple_rtkit *rtk);

/* True from a crash until apple_rtkit_reinit().  Context: any. */
bool	apple_rtkit_crashed(const struct apple_rtkit *rtk);

/* True if the booted coprocessor has the endpoint.  Context: sleepable. */
bool	apple_rtkit_has_ep(struct apple_rtkit *rtk, uint8_t ep);

/*
 * Print a crash log of len bytes as lines of dev, such as one that an earlier
 * system has left behind.  Its contents may be anything.  Memory that the
 * firmware still writes to is copied by the caller first.
 *
 * Context: sleepable.
 */
void	apple_rtkit_print_crashlog(device_t dev, const void *log, size_t len);

#endif /* !_APPLE_RTKIT_H_ */
