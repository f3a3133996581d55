/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * RTKit for other drivers: the protocol that Apple's coprocessors speak over
 * their mailbox.  See apple_rtkit(9).  In Rust: the crate apple_rtkit.
 *
 * A client is a driver whose node in the device tree refers to the
 * coprocessor's mailbox.  It gets the coprocessor for itself alone, boots it,
 * starts endpoints, and exchanges 64-bit messages with them.  An endpoint is a
 * service of the firmware, and has a number.
 *
 * States of a coprocessor:
 *
 *	Down	nothing is sent or received, no endpoint is started, and the
 *		firmware has no buffers of ours
 *	On	booted; endpoints can be started and messages exchanged
 *	Idle	its firmware sleeps, and keeps its endpoints and buffers;
 *		clients cannot send to it
 *	Crashed	its firmware has said that it crashed, or did not follow the
 *		protocol; nothing is sent or received
 *
 * The functions that change the state, named without apple_rtkit_:
 *
 *	get_by_index, get_by_name
 *			-> Down
 *	boot, wake	Down -> On; Down or Crashed after an error
 *	sleep, quiesce, shutdown
 *			On -> Down; Crashed after ETIMEDOUT and EPROTO
 *	idle		On -> Idle; Crashed likewise
 *	wake		Idle -> On; Crashed after any error but EBUSY and
 *			ESHUTDOWN
 *	(it crashes)	On, Idle -> Crashed
 *	reinit		any -> Down, if the CPU is ours; Down -> Down
 *	free		any -> (none)
 *
 * boot, wake, idle, sleep, quiesce, shutdown, reinit and start_ep are the state
 * functions.  Any thread that can sleep and holds no lock may call them.  While
 * one call is under way, others get EBUSY.  They return 0 or an errno.  They
 * wait uninterruptibly, for at most a second for each answer of the firmware.
 * A crash ends the wait at once.  They work while the kernel is cold, by
 * polling.
 *
 * "The CPU is ours" if the client named a register range for it (arc_cpu_reg).
 * RTKit then starts and stops the coprocessor's CPU.  Otherwise the boot loader
 * or another driver does, and RTKit cannot know whether the firmware of a
 * coprocessor that crashed still runs and writes to its buffers.
 *
 * The coprocessor and the application processors, on which this kernel runs,
 * have a power state each.  Clients' messages pass while both are "on".
 *
 * RTKit's thread is a thread of each coprocessor that handles its messages.
 * The kernel is cold until it can run threads (cold in <sys/systm.h>).  kpi.h
 * defines the words after "Context:".
 */
#ifndef _APPLE_RTKIT_H_
#define	_APPLE_RTKIT_H_

#include "kpi.h"

#include <sys/bus.h>

struct apple_rtkit;

/* Clients may use endpoints from this one on; those below are RTKit's own. */
#define	APPLE_RTKIT_EP_APP	0x20

/*
 * A client.  apple_rtkit_get_by_index() and _by_name() copy the struct.  The
 * client keeps what its pointers point to until apple_rtkit_free().  Each
 * function may be NULL, except that arc_map needs arc_read, and that arc_alloc,
 * arc_free and arc_read come together.
 */
struct apple_rtkit_client {
	/*
	 * The name, in "reg-names", of the registers that start and stop the
	 * coprocessor's CPU.  NULL: the CPU is not ours.
	 */
	const char	*arc_cpu_reg;

	/*
	 * RTKit calls this once for a crash: the firmware has said that it
	 * crashed, or took no answer of RTKit's in time.  The coprocessor is
	 * Crashed, and threads that waited for it get EIO.  This function
	 * must not call a state function.  To boot the coprocessor again, the
	 * client calls apple_rtkit_reinit() and apple_rtkit_boot() in a
	 * thread of its own.
	 *
	 * Context: RTKit's thread, as arp_recv.
	 */
	void		(*arc_crashed)(void *arg);

	/*
	 * After arc_crashed, if the firmware has left a crash log: a copy of
	 * it, len bytes, which lives until this returns.  Its format is that
	 * of RTKit's firmware (apple_rtkit_reg.h), and nothing in it was
	 * checked but its first word and its length.  RTKit prints the log
	 * afterwards, and keeps 64 KiB of it for dev.NAME.UNIT.rtkit.crashlog.
	 *
	 * Context: RTKit's thread, as arp_recv.
	 */
	void		(*arc_crashlog)(void *arg, const void *log, size_t len);

	/*
	 * The firmware asks for buffers for its logs, mostly during the boot.
	 * It has an address for some, which are in memory of its own: size
	 * bytes at addr.  For each of these RTKit calls this function.  The
	 * client checks that it can read the bytes.  addr may be any number,
	 * and size any but 0.  NULL: such buffers are refused (ENXIO).
	 *
	 * Context: RTKit's thread, as arp_recv.
	 * Returns: 0: the bytes can be read.  An error refuses the buffer;
	 * during a boot, apple_rtkit_boot() returns that error.
	 */
	int		(*arc_map)(void *arg, uint64_t addr, size_t size);

	/*
	 * For other buffers the firmware wants memory of this kernel.  Allocate
	 * size bytes, a multiple of 16 KiB, and let the coprocessor write to
	 * them.  *addrp is the address by which the coprocessor knows them: not
	 * 0, a multiple of 16 KiB, and all bytes below 2^44.
	 *
	 * NULL: RTKit allocates memory by bus_dma(9), of the client's device,
	 * and tells the firmware its bus address.  It refuses to (EOPNOTSUPP)
	 * if the client's node has "iommus" or "apple,sart": then the
	 * coprocessor does not reach that address, or writes to other memory.
	 *
	 * Context: RTKit's thread, as arp_recv.
	 * Returns: 0, or an errno, as arc_map.
	 */
	int		(*arc_alloc)(void *arg, size_t size, uint64_t *addrp);

	/*
	 * Free what arc_alloc gave.  The firmware does not write to it any
	 * more.  While it may, this is not called, and a line on the console
	 * says so.  Such memory stays allocated, and the coprocessor may still
	 * reach it, even after apple_rtkit_free().
	 *
	 * Context: sleepable: a state function, or apple_rtkit_free().
	 */
	void		(*arc_free)(void *arg, uint64_t addr, size_t size);

	/*
	 * Copy len bytes at addr to buf.  They lie within a buffer for which
	 * arc_map has returned 0, or which arc_alloc gave.  The firmware may
	 * have written them just now.
	 *
	 * Context: RTKit's thread, as arp_recv.
	 * Returns: 0, or an errno: the log cannot be read.
	 */
	int		(*arc_read)(void *arg, uint64_t addr, void *buf,
			    size_t len);

	void		*arc_arg;	/* of all these */
};

/*
 * The client's functions for the messages of an endpoint.  Either may be NULL.
 * RTKit passes each message to arp_early first.  If arp_early is NULL or
 * returns false, RTKit passes the message to arp_recv.  arp_recv gets its
 * messages in the order in which they arrived.
 */
struct apple_rtkit_port {
	/*
	 * A message has arrived.  What the firmware wrote to memory before it
	 * sent the message can be read.  The function may call
	 * apple_rtkit_trysend().
	 *
	 * Context: filter, or apple_rtkit_poll(), or, while the kernel is
	 * cold, a state function or apple_rtkit_send(): no allocation, no
	 * sleep, no wakeup.
	 * Locks: a spin mutex is held; may take spin mutexes only.
	 * Returns: true: the message is handled; arp_recv does not get it.
	 */
	bool		(*arp_early)(void *arg, uint64_t msg);

	/*
	 * A message that arp_early has not handled.  The function may sleep,
	 * and may call apple_rtkit_send() and _trysend().  It may call no
	 * state function of this coprocessor, and it may not wait for a later
	 * message, since one thread handles all messages of a coprocessor.
	 * Messages that arrive meanwhile are queued, up to a limit.  Messages
	 * beyond the limit are lost and counted, and a line on the console
	 * says so.
	 *
	 * Context: RTKit's thread; or, while the kernel is cold,
	 * apple_rtkit_poll(), a state function or apple_rtkit_send().
	 */
	void		(*arp_recv)(void *arg, uint64_t msg);

	void		*arp_arg;	/* of both */
};

/*
 * Get the coprocessor of a mailbox: of entry idx of "mboxes" in dev's node, or
 * of the entry to which "mbox-names" gives that name.  Nothing is sent.
 * Counters appear as sysctl variables below dev.NAME.UNIT.rtkit.
 *
 * Context: sleepable; in an attach method.
 * Errors: those of apple_mbox_get_by_index() and _by_name(), with a line on the
 * console; EBUSY of these: another client has the mailbox.  ENOENT:
 * arc_cpu_reg is not in "reg-names".  ENXIO, EINVAL: its registers cannot be
 * mapped or are too few.  EINVAL also: the client lacks functions that come
 * together.  ENOMEM.
 */
int	apple_rtkit_get_by_index(device_t dev, int idx,
	    const struct apple_rtkit_client *client, struct apple_rtkit **rtkp);
int	apple_rtkit_get_by_name(device_t dev, const char *name,
	    const struct apple_rtkit_client *client, struct apple_rtkit **rtkp);

/*
 * Give the coprocessor up: quiesce it if it is On, and stop its CPU if that is
 * ours.  When this returns, none of the client's functions runs.  If rtk is
 * NULL, nothing happens.
 *
 * No other thread may be in a function of this coprocessor.  If threads of the
 * client may be in apple_rtkit_send(), the client first calls
 * apple_rtkit_quiesce(), which makes them return, and waits for them.  If the
 * coprocessor has crashed or does not quiesce, and its CPU is not ours, its
 * firmware may still write to its buffers.  Then the buffers are not freed.
 *
 * Context: sleepable.
 * Locks: hold none that the client's functions take.
 */
void	apple_rtkit_free(struct apple_rtkit *rtk);

/*
 * Boot the coprocessor.  If its CPU is ours and does not run, start the CPU;
 * otherwise wake the firmware by a message.  Agree with the firmware on a
 * version of the protocol, learn its endpoints, and give it the buffers that it
 * asks for, until both power states are on.  EBUSY and ESHUTDOWN change
 * nothing.  Any other error is printed, and the coprocessor is Down or Crashed.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Returns: 0: the coprocessor is On.
 * Errors: EBUSY: it is On, or another state function is under way.  EIO: it is
 * Crashed, since before or since now: call apple_rtkit_reinit() first.
 * ETIMEDOUT: no answer, as after a shutdown if the CPU is not ours.
 * EPROTONOSUPPORT: it has no version of the protocol that RTKit has.  ENOMEM,
 * ENXIO, EOPNOTSUPP, and errors of arc_map and arc_alloc: it asked for a buffer
 * that it does not get.
 * EPROTO: it violated the protocol.  ESHUTDOWN: the kernel has panicked; no
 * state function works then.
 */
int	apple_rtkit_boot(struct apple_rtkit *rtk);

/*
 * The same as apple_rtkit_boot(), but only after apple_rtkit_sleep() or
 * apple_rtkit_quiesce(): for a client's device_resume().  If the coprocessor is
 * Idle, it goes on where it was: endpoints stay started.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: those of apple_rtkit_boot(); EINVAL: it is Down, but by another
 * function than these two.
 */
int	apple_rtkit_wake(struct apple_rtkit *rtk);

/*
 * Have the firmware sleep, and keep its state.  What it sends by itself is
 * still received.  apple_rtkit_wake() ends this; boot, sleep, quiesce, shutdown
 * and start_ep do not work before it.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: those of apple_rtkit_sleep().
 */
int	apple_rtkit_idle(struct apple_rtkit *rtk);

/*
 * Take the coprocessor from On to Down.  When this returns 0, its firmware has
 * confirmed that it uses no buffer any more, and nothing is received from it.
 * The three differ in the power state that the firmware is asked for:
 *
 *	sleep		sleep; the CPU is then stopped, if it is ours
 *	quiesce		quiesced; the CPU keeps running
 *	shutdown	off; the CPU is then stopped, if it is ours.  If it is
 *			not, the coprocessor may not boot again
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: ENXIO: it is Down or Idle.  EBUSY: another state function is under
 * way.  EIO: it is Crashed.  ETIMEDOUT, EPROTO: it did not confirm, or
 * confirmed another power state; it is Crashed now, and arc_crashed is not
 * called.  ESHUTDOWN: the kernel has panicked.
 */
int	apple_rtkit_sleep(struct apple_rtkit *rtk);
int	apple_rtkit_quiesce(struct apple_rtkit *rtk);
int	apple_rtkit_shutdown(struct apple_rtkit *rtk);

/*
 * Bring the coprocessor to Down from any state, without asking its firmware, so
 * that apple_rtkit_boot() can follow.  The CPU is stopped, if it is ours.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: EOPNOTSUPP: its CPU is not ours, and the coprocessor is On or
 * Crashed, or Down after a boot that failed: its firmware may still run.
 * EBUSY: another state function is under way.  ESHUTDOWN: the kernel has
 * panicked.
 */
int	apple_rtkit_reinit(struct apple_rtkit *rtk);

/*
 * Start an endpoint.  Its messages go to the functions in *port, which is
 * copied.  The caller keeps what arp_arg points to until the coprocessor is
 * Down, or until apple_rtkit_free(), even if this fails.  Messages may arrive
 * before this returns.
 *
 * Context: sleepable.
 * Locks: hold none.
 * Errors: EINVAL: ep is below APPLE_RTKIT_EP_APP.  ENOENT: the coprocessor has
 * no such endpoint.  EEXIST: it was started before.  ENXIO: the coprocessor is
 * Down.  EIO: it is Crashed.  ETIMEDOUT: it took no message in time, and is
 * Crashed now.  EBUSY: another state function is under way.  ESHUTDOWN: the
 * kernel has panicked.
 */
int	apple_rtkit_start_ep(struct apple_rtkit *rtk, uint8_t ep,
	    const struct apple_rtkit_port *port);

/*
 * Send a message to an endpoint that was started.  Stores to memory that come
 * before this call are visible to the coprocessor before the message is.  If
 * the mailbox has no room, sleep until it has, for at most timeout from now.
 * Signals do not end the sleep.  While the kernel is cold, or has panicked,
 * poll instead of sleeping.
 *
 * Context: sleepable; any but a filter in a kernel that has panicked.
 * Locks: hold no lock, except in a kernel that is cold or has panicked.
 * Errors: EIO: the coprocessor is Crashed.  ENXIO: it is Down, the endpoint is
 * not started, or one of the two power states is not "on".  ETIMEDOUT: there
 * was no room, and the message was not sent; the state does not change.
 */
int	apple_rtkit_send(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    sbintime_t timeout);

/*
 * The same as apple_rtkit_send(), without sleeping.  If the mailbox has no
 * room, spin for at most usec microseconds.
 *
 * Context: any.
 * Errors: ENXIO, EIO: as apple_rtkit_send().  EAGAIN: there is no room, and
 * the message was not sent.
 */
int	apple_rtkit_trysend(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
	    int usec);

/*
 * Receive the messages that have arrived, as the interrupt does.  A client that
 * waits for an answer calls this again and again while the kernel is cold or
 * has panicked.  arp_early runs in the caller's context.  While the kernel is
 * cold, arp_recv does so as well.  Otherwise arp_recv runs in RTKit's thread,
 * which a panicked kernel does not run.
 *
 * Context: any but a filter; sleepable while the kernel is cold.
 */
void	apple_rtkit_poll(struct apple_rtkit *rtk);

/*
 * True if the coprocessor is On, and both power states are "on".
 *
 * Context: any.
 */
bool	apple_rtkit_running(const struct apple_rtkit *rtk);

/* True while the coprocessor is Crashed.  Context: any. */
bool	apple_rtkit_crashed(const struct apple_rtkit *rtk);

/*
 * True if the firmware named the endpoint at the last boot, whether it is
 * started or not.
 *
 * Context: sleepable.
 */
bool	apple_rtkit_has_ep(struct apple_rtkit *rtk, uint8_t ep);

/*
 * Print a crash log of len bytes, in the format of RTKit's firmware, with dev's
 * name before each line.  It may be a log that an earlier system has left in
 * memory.  Bytes that are no crash log are harmless: a line says so.  If the
 * firmware may still write to that memory, the caller first makes a copy.
 *
 * Context: sleepable.
 */
void	apple_rtkit_print_crashlog(device_t dev, const void *log, size_t len);

#endif /* !_APPLE_RTKIT_H_ */
