/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * apple_mbox(4): mailboxes between the processors and a coprocessor.
 * apple_mbox.h describes the interface for clients.
 *
 * Receiving.  The filter reads the control word, takes as many messages as it
 * counts, and returns.  A message that came meanwhile keeps the line up, which
 * interrupts again: that is rarer than a second look that finds nothing.  If
 * there is no count, or it shows 0 though the FIFO is not empty, the filter
 * takes one message and looks again.  A coprocessor may send a limited number
 * of messages per tick.  Beyond that the line stays masked for a tick.
 *
 * Sending.  The FIFO takes at least as many messages as it was once seen to
 * hold, plus one.  A sender reads the control word again only when so many were
 * sent since the last look.  A sender that finds the FIFO full sleeps until it
 * is empty, because the hardware has an interrupt for that alone.
 *
 * Interrupts.  Both handlers are set up when the mailbox is first started, and
 * stay until the device goes: FreeBSD's driver of Apple's interrupt controller
 * panics when a handler is removed.  On arm64 FreeBSD masks an interrupt only
 * while the interrupt's thread runs its handler.  So the driver masks a line by
 * letting the handler sleep.  The line send-empty is up nearly always: its
 * handler sleeps until a sender wants room.  The handler of recv-not-empty
 * sleeps while the mailbox is stopped.
 *
 * Where the controller cannot remove handlers, a mailbox that was started once
 * does not detach.
 *
 * Left out: the CPU control register, which is the client's, and suspend, since
 * the client stops the mailbox before it.
 */
#include "apple_mbox.h"
#include "apple_mbox_reg.h"

#include "kpi_bus.h"
#include "kpi_dev.h"
#include "kpi_fdt.h"
#include "kpi_intr.h"
#include "kpi_mtx.h"
#include "kpi_sdt.h"
#include "kpi_sysctl.h"
#include "kpi_time.h"

#include <sys/kernel.h>
#include <sys/module.h>

#include <dev/ofw/ofw_bus_subr.h>

#define	AMBOX_DEPTH	16		/* no FIFO has more entries */
#define	AMBOX_QUOTA	256		/* messages and interrupts per tick */
#define	AMBOX_STALE	(4 * AMBOX_DEPTH) /* thrown away at once, at most */
#define	AMBOX_POLL_US	10		/* between looks when polling */

/* What amc_thread is to do, or the thread around it. */
#define	AMBOX_DO_CLIENT	0x1		/* the client wants it to be called */
#define	AMBOX_DO_THROTTLE 0x2		/* the quota is used up */

/* Registers. */
enum apple_mbox_reg {
	AMBOX_A2I_CONTROL,
	AMBOX_I2A_CONTROL,
	AMBOX_SEND0,
	AMBOX_SEND1,
	AMBOX_RECV0,
	AMBOX_RECV1,
	AMBOX_IRQ_ENABLE,		/* M3's alone */
	AMBOX_IRQ_ACK,			/* M3's alone */
	AMBOX_NREGS
};

/* What sysctl(9) shows. */
struct apple_mbox_stats {
	uint64_t	received;	/* (r) */
	uint64_t	stale;		/* (r) thrown away before a start */
	uint64_t	throttled;	/* (r) ticks of silence */
	uint64_t	sent;		/* (s) */
	uint64_t	full;		/* (s) attempts that found it full */
	uint64_t	timeouts;	/* (m) */
};

/*
 * Locks: (c) constant after attach; (m) mb_mtx, default; (r) mb_recv_mtx and
 * (s) mb_send_mtx, spin; (l) constant while started; (t) of start and detach.
 * Order: (r), then (s), since a client may send from its receive function.
 * (m) is never held with either.
 */
struct apple_mbox {
	device_t		 mb_dev;	/* (c) */
	const struct apple_mbox_layout *mb_layout; /* (c) */
	struct kpi_res		 mb_res;	/* (c) */
	struct kpi_res		 mb_regs[AMBOX_NREGS]; /* (c) parts of it */
	struct kpi_sysctl	 mb_sysctl;	/* (c) */
	int			 mb_recv_rid;	/* (c) */
	int			 mb_send_rid;	/* (c) */
	u_int			 mb_count_mask;	/* (c) 0: no count */
	struct kpi_mtx		 mb_mtx;
	struct kpi_mtx		 mb_recv_mtx;
	struct kpi_mtx		 mb_send_mtx;

	bool			 mb_claimed;	/* (m) */
	bool			 mb_gone;	/* (m) detaching */
	bool			 mb_started;	/* the client's own */
	struct apple_mbox_client mb_client;	/* (l) */
	struct kpi_intr		 mb_recv_intr;	/* (t) */
	struct kpi_intr		 mb_send_intr;	/* (t) */

	bool			 mb_receiving;	/* (r) */
	u_int			 mb_todo;	/* (r) AMBOX_DO_* */
	bool			 mb_told;	/* (r) of a throttle */
	int			 mb_tick;	/* (r) that the quota is for */
	u_int			 mb_quota;	/* (r) left in it */

	bool			 mb_sending;	/* (s) */
	u_int			 mb_room;	/* (s) fit without a look */
	u_int			 mb_depth;	/* (s) fit into it, at least */

	bool			 mb_running;	/* (m) between start and stop */
	bool			 mb_in_client;	/* (m) amc_thread may run */
	bool			 mb_want;	/* (m) tell when it is empty */
	u_int			 mb_empties;	/* (m) times it was told */
	u_int			 mb_waiters;	/* (m) senders asleep */

	struct apple_mbox_stats	 mb_stats;
};

/*
 * A node has the SoC's own string before the common one.  devmatch(8) reads no
 * string of a node but the first.
 */
static const struct kpi_fdt_compat apple_mbox_compat[] = {
	{ "apple,asc-mailbox-v4",	(uintptr_t)&apple_mbox_v4 },
	{ "apple,t6000-asc-mailbox",	(uintptr_t)&apple_mbox_v4 },
	{ "apple,t6020-asc-mailbox",	(uintptr_t)&apple_mbox_v4 },
	{ "apple,t8103-asc-mailbox",	(uintptr_t)&apple_mbox_v4 },
	{ "apple,t8112-asc-mailbox",	(uintptr_t)&apple_mbox_v4 },
	{ "apple,t8122-asc-mailbox",	(uintptr_t)&apple_mbox_v4 },
	{ "apple,t8015-asc-mailbox",	(uintptr_t)&apple_mbox_t8015 },
	{ "apple,m3-mailbox-v2",	(uintptr_t)&apple_mbox_m3 },
	{ "apple,t6000-m3-mailbox",	(uintptr_t)&apple_mbox_m3 },
	{ "apple,t8103-m3-mailbox",	(uintptr_t)&apple_mbox_m3 },
	{ "apple,t8112-m3-mailbox",	(uintptr_t)&apple_mbox_m3 },
	{ NULL,				0 },
};

static device_probe_t	apple_mbox_probe;
static device_attach_t	apple_mbox_attach;
static device_detach_t	apple_mbox_detach;
static device_quiesce_t	apple_mbox_quiesce;

static device_method_t apple_mbox_methods[] = {
	DEVMETHOD(device_probe,		apple_mbox_probe),
	DEVMETHOD(device_attach,	apple_mbox_attach),
	DEVMETHOD(device_detach,	apple_mbox_detach),
	DEVMETHOD(device_quiesce,	apple_mbox_quiesce),
	DEVMETHOD_END
};

static driver_t apple_mbox_driver = {
	"apple_mbox",
	apple_mbox_methods,
	sizeof(struct apple_mbox),
};

/*
 * Before its clients, wherever in the tree they stand.  kldload(8) knows no
 * passes, and adds drivers of one order in any order: the order is set, too.
 */
EARLY_DRIVER_MODULE_ORDERED(apple_mbox, simplebus, apple_mbox_driver, NULL,
    NULL, SI_ORDER_SECOND, BUS_PASS_SUPPORTDEV + BUS_PASS_ORDER_EARLY);
MODULE_VERSION(apple_mbox, 1);
SIMPLEBUS_PNP_INFO(apple_mbox_compat);

/* The unit, and the two words of the message. */
SDT_PROVIDER_DEFINE(apple_mbox);
SDT_PROBE_DEFINE3(apple_mbox, , , receive, "int", "uint64_t", "uint32_t");
SDT_PROBE_DEFINE3(apple_mbox, , , send, "int", "uint64_t", "uint32_t");

/*
 * Receiving
 */

/*
 * Each register is a resource of its own, so an access is at offset 0.
 * apple_mbox_map() has checked that it lies inside the device's.
 */
static inline struct kpi_res *
apple_mbox_reg(struct apple_mbox *mb, enum apple_mbox_reg reg)
{
	return (&mb->mb_regs[reg]);
}

/* Take one message, which is there.  Called with (r). */
static inline void
apple_mbox_take(struct apple_mbox *mb, struct apple_mbox_msg *msg)
{
	msg->amm_msg0 = kpi_read_8(apple_mbox_reg(mb, AMBOX_RECV0), 0);
	/* Without the FIFO's pointers and counts above bit 31. */
	msg->amm_msg1 = (uint32_t)kpi_read_8(apple_mbox_reg(mb, AMBOX_RECV1),
	    0);
}

/* The control word of the FIFO from the coprocessor.  Called with (r). */
static inline uint32_t
apple_mbox_look(struct apple_mbox *mb)
{
	return (kpi_read_4(apple_mbox_reg(mb, AMBOX_I2A_CONTROL), 0));
}

/* How many entries the word counts; 0 also if it does not tell. */
static inline u_int
apple_mbox_count(const struct apple_mbox *mb, uint32_t control)
{
	return ((control & AMBOX_CTL_EMPTY) != 0 ? 0 :
	    (control / AMBOX_CTL_ENTRY) & mb->mb_count_mask);
}

/* Hand over n messages, at least one.  Called with (r). */
static __always_inline void
apple_mbox_hand_over(struct apple_mbox *mb, u_int n)
{
	struct apple_mbox_msg msg;

	mb->mb_stats.received += n;
	do {
		apple_mbox_take(mb, &msg);
		SDT_PROBE3(apple_mbox, , , receive, kpi_dev_unit(mb->mb_dev),
		    msg.amm_msg0, msg.amm_msg1);
		kpi_io_acquire();
		if (mb->mb_client.amc_recv(mb->mb_client.amc_arg, &msg))
			mb->mb_todo |= AMBOX_DO_CLIENT;
	} while (--n != 0);
}

/*
 * Hand over what the control word counts, or without a count what there is; at
 * most quota messages.  Returns how many there were; quota: there may be more.
 * Called with (r).
 */
static __noinline u_int
apple_mbox_drain(struct apple_mbox *mb, uint32_t control, u_int quota)
{
	u_int count, done, n;

	for (done = 0; done < quota; control = apple_mbox_look(mb)) {
		if ((control & AMBOX_CTL_EMPTY) != 0)
			break;
		count = apple_mbox_count(mb, control);
		n = MIN(MAX(count, 1), quota - done);
		apple_mbox_hand_over(mb, n);
		done += n;
		if (count != 0)
			break;
	}
	return (done);
}

/*
 * M3 holds an interrupt until it is acknowledged, and raises it again if its
 * cause remains.
 */
static inline void
apple_mbox_ack(struct apple_mbox *mb, uint32_t bits)
{
	struct kpi_res *ack = apple_mbox_reg(mb, AMBOX_IRQ_ACK);

	if (ack->kr_size != 0)
		kpi_write_4(ack, 0, bits);
}

/* The quota of this tick is used up.  Called with (r). */
static __noinline void
apple_mbox_flooded(struct apple_mbox *mb)
{
	mb->mb_todo |= AMBOX_DO_THROTTLE;
	mb->mb_stats.throttled++;
	if (mb->mb_told)
		return;
	mb->mb_told = true;
	device_printf(mb->mb_dev, "more than %u messages in a tick: "
	    "receiving slows down\n", AMBOX_QUOTA);
}

/*
 * The quota is used up, the FIFO has more messages than it allows, or the word
 * does not count them.  An interrupt without a message uses the quota up too:
 * the tree may name the wrong line, which then stays up.  Called with (r).
 */
static __noinline void
apple_mbox_receive_rarely(struct apple_mbox *mb, uint32_t control)
{
	u_int done;

	if (mb->mb_quota != 0) {
		done = apple_mbox_drain(mb, control, mb->mb_quota);
		mb->mb_quota -= MAX(done, 1);
	}
	if (mb->mb_quota == 0)
		apple_mbox_flooded(mb);
}

/*
 * Receive as many messages as the quota of this tick allows.  Called with (r).
 */
static __always_inline void
apple_mbox_receive(struct apple_mbox *mb)
{
	uint32_t control;
	u_int count;

	if (mb->mb_tick != ticks) {
		mb->mb_tick = ticks;
		mb->mb_quota = AMBOX_QUOTA;
	}
	control = apple_mbox_look(mb);
	count = apple_mbox_count(mb, control);
	if (__predict_true(count != 0 && count < mb->mb_quota)) {
		mb->mb_quota -= count;
		apple_mbox_hand_over(mb, count);
	} else
		apple_mbox_receive_rarely(mb, control);
	apple_mbox_ack(mb, AMBOX_M3_RECV_NOT_EMPTY);
}

/*
 * Never return KPI_FILTER_STRAY.  No other device shares the line.  FreeBSD
 * does nothing about a stray interrupt, and would be interrupted again at once.
 */
static int
apple_mbox_recv_filter(void *arg)
{
	struct apple_mbox *mb = arg;
	bool thread = true;		/* which sleeps while stopped */

	kpi_mtx_lock_spin(&mb->mb_recv_mtx);
	if (__predict_true(mb->mb_receiving)) {
		apple_mbox_receive(mb);
		thread = mb->mb_todo != 0;
	}
	kpi_mtx_unlock_spin(&mb->mb_recv_mtx);
	return (thread ? KPI_FILTER_SCHEDULE_THREAD : KPI_FILTER_HANDLED);
}

/*
 * Keep the line masked for a tick: while the handler is being removed it
 * interrupts again and again.  Called with (m).
 */
static void
apple_mbox_go_slowly(struct apple_mbox *mb)
{
	(void)kpi_msleep(&mb->mb_gone, &mb->mb_mtx, "ambgone", tick_sbt);
}

/* Sleep while the mailbox is stopped; after that call the client. */
static void
apple_mbox_recv_begin(struct apple_mbox *mb)
{
	kpi_mtx_lock(&mb->mb_mtx);
	while (!mb->mb_running && !mb->mb_gone)
		(void)kpi_msleep(&mb->mb_running, &mb->mb_mtx, "ambrxi", 0);
	mb->mb_in_client = mb->mb_running;
	if (mb->mb_gone)
		apple_mbox_go_slowly(mb);
	kpi_mtx_unlock(&mb->mb_mtx);
}

static void
apple_mbox_recv_end(struct apple_mbox *mb, bool throttle)
{
	kpi_mtx_lock(&mb->mb_mtx);
	mb->mb_in_client = false;
	if (!mb->mb_running)
		kpi_wakeup(&mb->mb_waiters);
	else if (throttle)
		(void)kpi_msleep(&mb->mb_todo, &mb->mb_mtx, "ambrx",
		    tick_sbt);
	kpi_mtx_unlock(&mb->mb_mtx);
}

/* The line is masked until this returns. */
static void
apple_mbox_recv_thread(void *arg)
{
	struct apple_mbox *mb = arg;
	u_int todo;

	apple_mbox_recv_begin(mb);
	kpi_mtx_lock_spin(&mb->mb_recv_mtx);
	todo = mb->mb_todo;
	mb->mb_todo = 0;
	kpi_mtx_unlock_spin(&mb->mb_recv_mtx);
	if ((todo & AMBOX_DO_CLIENT) != 0)
		mb->mb_client.amc_thread(mb->mb_client.amc_arg);
	apple_mbox_recv_end(mb, (todo & AMBOX_DO_THROTTLE) != 0);
}

/* Receive what there is, as the filter would.  Called with (r). */
static void
apple_mbox_receive_polling(struct apple_mbox *mb)
{
	if (mb->mb_receiving)
		(void)apple_mbox_drain(mb, apple_mbox_look(mb), AMBOX_QUOTA);
}

bool
apple_mbox_poll(struct apple_mbox *mb)
{
	bool thread;

	kpi_mtx_lock_spin(&mb->mb_recv_mtx);
	apple_mbox_receive_polling(mb);
	thread = (mb->mb_todo & AMBOX_DO_CLIENT) != 0;
	mb->mb_todo &= ~AMBOX_DO_CLIENT;
	kpi_mtx_unlock_spin(&mb->mb_recv_mtx);
	return (thread);
}

int
apple_mbox_discard(struct apple_mbox *mb)
{
	struct apple_mbox_msg msg;
	uint32_t control;
	u_int done, n;

	KASSERT(!mb->mb_started, ("%s is started", apple_mbox_name(mb)));
	for (done = 0; done < AMBOX_STALE; done += n) {
		control = apple_mbox_look(mb);
		if ((control & AMBOX_CTL_EMPTY) != 0)
			break;
		n = MIN(MAX(apple_mbox_count(mb, control), 1),
		    AMBOX_STALE - done);
		for (u_int i = 0; i < n; i++)
			apple_mbox_take(mb, &msg);
	}
	mb->mb_stats.stale += done;
	if (done < AMBOX_STALE)
		return (0);
	device_printf(mb->mb_dev, "the receive FIFO does not drain\n");
	return (EIO);
}

/*
 * Sending
 */

/* Read how many messages fit.  Called with (s). */
static void
apple_mbox_look_room(struct apple_mbox *mb)
{
	uint32_t control;
	u_int count;

	control = kpi_read_4(apple_mbox_reg(mb, AMBOX_A2I_CONTROL), 0);
	mb->mb_room = (control & AMBOX_CTL_FULL) == 0;
	if (mb->mb_room == 0 || mb->mb_count_mask == 0)
		return;
	count = AMBOX_CTL_COUNT(control);
	if (count == 0 && (control & AMBOX_CTL_EMPTY) == 0)
		return;
	if (mb->mb_depth <= count)
		mb->mb_depth = count + 1;
	mb->mb_room = mb->mb_depth - count;
}

/* Write a message, for which there is room.  Called with (s). */
static __always_inline void
apple_mbox_write(struct apple_mbox *mb, const struct apple_mbox_msg *msg)
{
	kpi_write_8(apple_mbox_reg(mb, AMBOX_SEND0), 0, msg->amm_msg0);
	kpi_write_8(apple_mbox_reg(mb, AMBOX_SEND1), 0, msg->amm_msg1);
	mb->mb_room--;
	mb->mb_stats.sent++;
	SDT_PROBE3(apple_mbox, , , send, kpi_dev_unit(mb->mb_dev),
	    msg->amm_msg0, msg->amm_msg1);
}

/*
 * There is no room that the mailbox knows of: look, and write the message if
 * there is some.  Called with (s), which it releases.
 */
static __noinline int
apple_mbox_try_rarely(struct apple_mbox *mb, const struct apple_mbox_msg *msg)
{
	int error = 0;

	if (mb->mb_sending)
		apple_mbox_look_room(mb);
	if (!mb->mb_sending)
		error = ESHUTDOWN;
	else if (mb->mb_room == 0) {
		mb->mb_stats.full++;
		error = EAGAIN;
	} else
		apple_mbox_write(mb, msg);
	kpi_mtx_unlock_spin(&mb->mb_send_mtx);
	return (error);
}

/*
 * Write it if the mailbox knows of room, after all earlier stores to memory.
 * False: it does not, and the caller has (s), for apple_mbox_try_rarely().
 */
static __always_inline bool
apple_mbox_try_known(struct apple_mbox *mb, const struct apple_mbox_msg *msg)
{
	kpi_io_publish();
	kpi_mtx_lock_spin(&mb->mb_send_mtx);
	if (__predict_false(mb->mb_room == 0))
		return (false);
	apple_mbox_write(mb, msg);
	kpi_mtx_unlock_spin(&mb->mb_send_mtx);
	return (true);
}

/* Send it.  EAGAIN: full.  ESHUTDOWN. */
static __noinline int
apple_mbox_try(struct apple_mbox *mb, const struct apple_mbox_msg *msg)
{
	return (apple_mbox_try_known(mb, msg) ? 0 :
	    apple_mbox_try_rarely(mb, msg));
}

int
apple_mbox_trysend(struct apple_mbox *mb, const struct apple_mbox_msg *msg,
    int usec)
{
	int error;

	while ((error = apple_mbox_try(mb, msg)) == EAGAIN && usec-- > 0)
		kpi_delay(1);
	return (error);
}

/*
 * No thread can sleep yet, or any more.  No interrupt comes either, and the
 * coprocessor may make no room before it has sent what it has to.
 */
static int
apple_mbox_send_polling(struct apple_mbox *mb, const struct apple_mbox_msg *msg,
    sbintime_t timeout)
{
	int error;

	for (; (error = apple_mbox_try(mb, msg)) == EAGAIN && timeout > 0;
	    timeout -= AMBOX_POLL_US * SBT_1US) {
		kpi_mtx_lock_spin(&mb->mb_recv_mtx);
		apple_mbox_receive_polling(mb);
		kpi_mtx_unlock_spin(&mb->mb_recv_mtx);
		kpi_delay(AMBOX_POLL_US);
	}
	return (error == EAGAIN ? ETIMEDOUT : error);
}

/* Sleep until the FIFO was empty.  EWOULDBLOCK: not before the deadline. */
static int
apple_mbox_wait_empty(struct apple_mbox *mb, sbintime_t deadline)
{
	sbintime_t left;
	u_int seen;
	int error = 0;

	kpi_mtx_lock(&mb->mb_mtx);
	mb->mb_waiters++;
	seen = mb->mb_empties;
	while (error == 0 && mb->mb_empties == seen && mb->mb_running) {
		mb->mb_want = true;
		kpi_wakeup(&mb->mb_want);
		left = deadline - kpi_uptime();
		error = left <= 0 ? EWOULDBLOCK : kpi_msleep(&mb->mb_empties,
		    &mb->mb_mtx, "ambtx", left);
	}
	if (--mb->mb_waiters == 0 && !mb->mb_running)
		kpi_wakeup(&mb->mb_waiters);
	kpi_mtx_unlock(&mb->mb_mtx);
	return (error);
}

/* The FIFO was full: wait for room. */
static int
apple_mbox_send_later(struct apple_mbox *mb, const struct apple_mbox_msg *msg,
    sbintime_t timeout)
{
	sbintime_t deadline;
	int error;

	if (kpi_must_poll())
		return (apple_mbox_send_polling(mb, msg, timeout));
	deadline = kpi_uptime() + timeout;
	do {
		error = apple_mbox_wait_empty(mb, deadline);
		if (error != 0)
			break;
		error = apple_mbox_try(mb, msg);
	} while (error == EAGAIN);
	if (error != EWOULDBLOCK)
		return (error);
	/* One more look: empty is not the only way to have room. */
	error = apple_mbox_try(mb, msg);
	if (error != EAGAIN)
		return (error);
	kpi_mtx_lock(&mb->mb_mtx);
	mb->mb_stats.timeouts++;
	kpi_mtx_unlock(&mb->mb_mtx);
	return (ETIMEDOUT);
}

/* What apple_mbox_send() seldom does.  Called with (s), which it releases. */
static __noinline int
apple_mbox_send_rarely(struct apple_mbox *mb, const struct apple_mbox_msg *msg,
    sbintime_t timeout)
{
	int error;

	error = apple_mbox_try_rarely(mb, msg);
	return (error == EAGAIN ? apple_mbox_send_later(mb, msg, timeout) :
	    error);
}

int
apple_mbox_send(struct apple_mbox *mb, const struct apple_mbox_msg *msg,
    sbintime_t timeout)
{
	if (__predict_true(apple_mbox_try_known(mb, msg)))
		return (0);
	return (apple_mbox_send_rarely(mb, msg, timeout));
}

/*
 * The FIFO to the coprocessor is empty.  The line is masked until this returns,
 * which it does when a sender waits for the FIFO to be empty again.
 */
static void
apple_mbox_send_thread(void *arg)
{
	struct apple_mbox *mb = arg;

	kpi_mtx_lock(&mb->mb_mtx);
	if (mb->mb_want) {
		mb->mb_want = false;
		mb->mb_empties++;
		kpi_wakeup(&mb->mb_empties);
	}
	while (!mb->mb_want && !mb->mb_gone)
		(void)kpi_msleep(&mb->mb_want, &mb->mb_mtx, "ambtxi", 0);
	if (mb->mb_gone)
		apple_mbox_go_slowly(mb);
	kpi_mtx_unlock(&mb->mb_mtx);
	apple_mbox_ack(mb, AMBOX_M3_SEND_EMPTY);
}

/*
 * Start and stop
 */

/* Hand messages to the client, or no more. */
static void
apple_mbox_set_receiving(struct apple_mbox *mb, bool receiving)
{
	kpi_mtx_lock_spin(&mb->mb_recv_mtx);
	mb->mb_receiving = receiving;
	mb->mb_todo = 0;
	mb->mb_told = false;
	mb->mb_tick = ticks;
	mb->mb_quota = AMBOX_QUOTA;
	kpi_mtx_unlock_spin(&mb->mb_recv_mtx);
}

/* Let messages out, or no more. */
static void
apple_mbox_set_sending(struct apple_mbox *mb, bool sending)
{
	kpi_mtx_lock_spin(&mb->mb_send_mtx);
	mb->mb_sending = sending;
	/* The first sender looks; while stopped, each does, and gives up. */
	mb->mb_room = 0;
	kpi_mtx_unlock_spin(&mb->mb_send_mtx);
}

/* Let the threads do their work. */
static void
apple_mbox_run(struct apple_mbox *mb)
{
	kpi_mtx_lock(&mb->mb_mtx);
	mb->mb_running = true;
	kpi_wakeup(&mb->mb_running);
	kpi_mtx_unlock(&mb->mb_mtx);
}

/* No more; senders give up. */
static void
apple_mbox_rest(struct apple_mbox *mb)
{
	kpi_mtx_lock(&mb->mb_mtx);
	mb->mb_running = mb->mb_want = false;
	kpi_wakeup(&mb->mb_empties);
	kpi_mtx_unlock(&mb->mb_mtx);
}

/* Wait until nobody is in the client's functions, nor in apple_mbox_send(). */
static void
apple_mbox_settle(struct apple_mbox *mb)
{
	kpi_mtx_lock(&mb->mb_mtx);
	while (mb->mb_waiters != 0 || mb->mb_in_client)
		(void)kpi_msleep(&mb->mb_waiters, &mb->mb_mtx, "ambstop", 0);
	kpi_mtx_unlock(&mb->mb_mtx);
}

/* M3 has a mask of its own; to the others both lines are always enabled. */
static void
apple_mbox_enable(struct apple_mbox *mb, uint32_t bits)
{
	struct kpi_res *enable = apple_mbox_reg(mb, AMBOX_IRQ_ENABLE);

	if (enable->kr_size != 0)
		kpi_write_4(enable, 0, bits);
}

/* Set up what is not yet.  One that fails leaves the other as it is. */
static int
apple_mbox_set_up(struct apple_mbox *mb)
{
	int error = 0;

	if (mb->mb_recv_intr.ki_res == NULL)
		error = kpi_intr_setup_sleepable(mb->mb_dev, mb->mb_recv_rid,
		    apple_mbox_recv_filter, apple_mbox_recv_thread, mb,
		    &mb->mb_recv_intr);
	if (error == 0 && mb->mb_send_intr.ki_res == NULL)
		error = kpi_intr_setup_sleepable(mb->mb_dev, mb->mb_send_rid,
		    NULL, apple_mbox_send_thread, mb, &mb->mb_send_intr);
	if (error != 0)
		device_printf(mb->mb_dev, "cannot set up interrupts: "
		    "error %d\n", error);
	return (error);
}

int
apple_mbox_start(struct apple_mbox *mb)
{
	int error;

	KASSERT(!mb->mb_started, ("%s is started", apple_mbox_name(mb)));
	/* Done first: while the kernel is cold no thread would do it. */
	apple_mbox_set_receiving(mb, true);
	apple_mbox_set_sending(mb, true);
	apple_mbox_run(mb);
	mb->mb_started = true;
	error = apple_mbox_set_up(mb);
	if (error == 0)
		apple_mbox_enable(mb, AMBOX_M3_SEND_EMPTY |
		    AMBOX_M3_RECV_NOT_EMPTY);
	else
		apple_mbox_stop(mb);
	return (error);
}

void
apple_mbox_stop(struct apple_mbox *mb)
{
	if (!mb->mb_started)
		return;
	apple_mbox_enable(mb, 0);
	apple_mbox_set_sending(mb, false);
	apple_mbox_rest(mb);
	apple_mbox_set_receiving(mb, false);
	apple_mbox_settle(mb);
	mb->mb_started = false;
}

/*
 * Clients
 */

/* Take the mailbox for a client.  ENXIO: it is going away.  EBUSY. */
static int
apple_mbox_claim(struct apple_mbox *mb, const struct apple_mbox_client *client)
{
	int error = 0;

	kpi_mtx_lock(&mb->mb_mtx);
	if (mb->mb_gone)
		error = ENXIO;
	else if (mb->mb_claimed)
		error = EBUSY;
	else {
		mb->mb_claimed = true;
		mb->mb_client = *client;
	}
	kpi_mtx_unlock(&mb->mb_mtx);
	return (error);
}

/* Is the node one of ours, attached or not? */
static bool
apple_mbox_is_ours(kpi_fdt_node node)
{
	const struct kpi_fdt_compat *row;

	for (row = apple_mbox_compat; row->kfc_compatible != NULL; row++)
		if (kpi_fdt_is_compatible(node, row->kfc_compatible))
			return (true);
	return (false);
}

/* Find and claim; *why says in words what an error means. */
static int
apple_mbox_find(device_t dev, int idx, const struct apple_mbox_client *client,
    struct apple_mbox **mboxp, const char **why)
{
	struct apple_mbox *mb;
	struct kpi_fdt_ref ref;
	device_t mdev;
	int error;

	error = kpi_fdt_ref(kpi_fdt_node_of(dev), "mboxes", "#mbox-cells", idx,
	    &ref);
	*why = error == ENOENT ? "there is no such entry" :
	    "the entry is malformed";
	if (error != 0)
		return (error);
	if (ref.kfr_ncells != 0 || !apple_mbox_is_ours(ref.kfr_node)) {
		*why = "the entry is not an Apple mailbox";
		return (EINVAL);
	}
	mdev = kpi_fdt_device(ref.kfr_xref);
	*why = "the mailbox is not attached";
	if (mdev == NULL || device_get_driver(mdev) != &apple_mbox_driver)
		return (ENXIO);
	mb = kpi_dev_softc(mdev);
	error = apple_mbox_claim(mb, client);
	if (error == 0)
		*mboxp = mb;
	else if (error == EBUSY)
		*why = "the mailbox has a client";
	return (error);
}

int
apple_mbox_get_by_index(device_t dev, int idx,
    const struct apple_mbox_client *client, struct apple_mbox **mboxp)
{
	const char *why;
	int error;

	error = apple_mbox_find(dev, idx, client, mboxp, &why);
	if (error != 0)
		device_printf(dev, "mboxes[%d]: %s\n", idx, why);
	return (error);
}

int
apple_mbox_get_by_name(device_t dev, const char *name,
    const struct apple_mbox_client *client, struct apple_mbox **mboxp)
{
	const char *why;
	int error, idx;

	error = kpi_fdt_string_index(kpi_fdt_node_of(dev), "mbox-names", name,
	    &idx);
	why = error == ENOENT ? "there is no such name" :
	    "mbox-names is malformed";
	if (error == 0)
		error = apple_mbox_find(dev, idx, client, mboxp, &why);
	if (error != 0)
		device_printf(dev, "mailbox \"%s\": %s\n", name, why);
	return (error);
}

void
apple_mbox_put(struct apple_mbox *mb)
{
	if (mb == NULL)
		return;
	apple_mbox_stop(mb);
	kpi_mtx_lock(&mb->mb_mtx);
	mb->mb_claimed = false;
	kpi_mtx_unlock(&mb->mb_mtx);
}

const char *
apple_mbox_name(const struct apple_mbox *mb)
{
	return (kpi_dev_nameunit(mb->mb_dev));
}

/*
 * The device
 */

static int
apple_mbox_probe(device_t dev)
{
	const struct apple_mbox_layout *layout;

	layout = (const void *)kpi_fdt_match(dev, apple_mbox_compat);
	if (layout == NULL)
		return (ENXIO);
	device_set_desc(dev, layout->aml_descr);
	return (BUS_PROBE_DEFAULT);
}

static void
apple_mbox_add_sysctls(struct apple_mbox *mb)
{
	const struct apple_mbox_stats *st = &mb->mb_stats;
	const struct {
		const char	*name, *descr;
		const uint64_t	*val;
	} counters[] = {
		{ "received", "Messages received", &st->received },
		{ "sent", "Messages sent", &st->sent },
		{ "full", "Attempts to send that found the FIFO full",
		    &st->full },
		{ "timeouts", "Messages not sent in time", &st->timeouts },
		{ "stale", "Messages thrown away before a start", &st->stale },
		{ "throttled", "Times that receiving was slowed down",
		    &st->throttled },
	};

	kpi_sysctl_init(&mb->mb_sysctl, mb->mb_dev);
	/* Without memory for one, the mailbox does without. */
	for (size_t i = 0; i < nitems(counters); i++)
		(void)kpi_sysctl_u64(&mb->mb_sysctl, NULL, counters[i].name,
		    counters[i].descr, counters[i].val);
}

/* Make the registers of the layout resources of their own. */
static int
apple_mbox_map(struct apple_mbox *mb)
{
	const struct apple_mbox_layout *l = mb->mb_layout;
	const struct {
		bus_size_t	off, size;
	} regs[AMBOX_NREGS] = {
		[AMBOX_A2I_CONTROL] = { l->aml_a2i_control, 4 },
		[AMBOX_I2A_CONTROL] = { l->aml_i2a_control, 4 },
		[AMBOX_SEND0] = { l->aml_send[0], 8 },
		[AMBOX_SEND1] = { l->aml_send[1], 8 },
		[AMBOX_RECV0] = { l->aml_recv[0], 8 },
		[AMBOX_RECV1] = { l->aml_recv[1], 8 },
		[AMBOX_IRQ_ENABLE] = { l->aml_irq_enable,
		    l->aml_irq_enable != 0 ? 4 : 0 },
		[AMBOX_IRQ_ACK] = { l->aml_irq_ack,
		    l->aml_irq_ack != 0 ? 4 : 0 },
	};
	int error = 0;

	for (size_t i = 0; i < AMBOX_NREGS && error == 0; i++) {
		if (regs[i].size != 0)
			error = kpi_res_part(&mb->mb_res, regs[i].off,
			    regs[i].size, &mb->mb_regs[i]);
	}
	return (error);
}

/* What attach needs of the tree and of newbus.  One line says what is wrong. */
static int
apple_mbox_acquire(struct apple_mbox *mb)
{
	int error;

	error = kpi_fdt_intr_rid(mb->mb_dev, "recv-not-empty",
	    &mb->mb_recv_rid);
	if (error == 0)
		error = kpi_fdt_intr_rid(mb->mb_dev, "send-empty",
		    &mb->mb_send_rid);
	if (error != 0) {
		device_printf(mb->mb_dev, "interrupt-names lacks "
		    "\"recv-not-empty\" or \"send-empty\"\n");
		return (error);
	}
	error = kpi_res_alloc(mb->mb_dev, 0, &mb->mb_res);
	if (error != 0) {
		device_printf(mb->mb_dev, "cannot map the registers\n");
		return (error);
	}
	if (mb->mb_res.kr_size < AMBOX_SIZE) {
		device_printf(mb->mb_dev, "only %#jx bytes of registers\n",
		    (uintmax_t)mb->mb_res.kr_size);
		kpi_res_free(&mb->mb_res);
		return (EINVAL);
	}
	error = apple_mbox_map(mb);
	if (error != 0) {
		device_printf(mb->mb_dev, "cannot map a register: error %d\n",
		    error);
		kpi_res_free(&mb->mb_res);
	}
	return (error);
}

static void
apple_mbox_release(struct apple_mbox *mb)
{
	kpi_sysctl_fini(&mb->mb_sysctl);
	kpi_mtx_destroy(&mb->mb_send_mtx);
	kpi_mtx_destroy(&mb->mb_recv_mtx);
	kpi_mtx_destroy(&mb->mb_mtx);
	kpi_res_free(&mb->mb_res);
}

static int
apple_mbox_attach(device_t dev)
{
	struct apple_mbox *mb = kpi_dev_softc(dev);
	int error, use_count = 1;

	mb->mb_dev = dev;
	mb->mb_layout = (const void *)kpi_fdt_match(dev, apple_mbox_compat);
	(void)kpi_tunable_int("hw.apple_mbox.use_count", &use_count);
	mb->mb_count_mask = mb->mb_layout->aml_has_count && use_count != 0 ?
	    AMBOX_CTL_COUNT(~0u) : 0;
	error = apple_mbox_acquire(mb);
	if (error != 0)
		return (error);
	kpi_mtx_init(&mb->mb_mtx, "apple_mbox", KPI_MTX_DEF);
	kpi_mtx_init(&mb->mb_recv_mtx, "apple_mbox receive", KPI_MTX_SPIN);
	kpi_mtx_init(&mb->mb_send_mtx, "apple_mbox send", KPI_MTX_SPIN);
	apple_mbox_add_sysctls(mb);
	error = kpi_fdt_register(dev);
	if (error != 0) {
		device_printf(dev, "cannot be made known to clients: "
		    "error %d\n", error);
		apple_mbox_release(mb);
	}
	return (error);
}

/* EBUSY if the device must stay; a line then says why. */
static int
apple_mbox_check_stay(struct apple_mbox *mb)
{
	if ((mb->mb_recv_intr.ki_res == NULL ||
	    kpi_fdt_can_teardown(mb->mb_dev, mb->mb_recv_rid)) &&
	    (mb->mb_send_intr.ki_res == NULL ||
	    kpi_fdt_can_teardown(mb->mb_dev, mb->mb_send_rid)))
		return (0);
	device_printf(mb->mb_dev, "stays attached: the interrupt "
	    "controller does not remove handlers\n");
	return (EBUSY);
}

/* Checked before a client in the same module is detached in vain. */
static int
apple_mbox_quiesce(device_t dev)
{
	return (apple_mbox_check_stay(kpi_dev_softc(dev)));
}

/*
 * From now on no client gets the mailbox, and its threads return.  EBUSY: it
 * has a client.
 */
static int
apple_mbox_leave(struct apple_mbox *mb)
{
	int error;

	kpi_mtx_lock(&mb->mb_mtx);
	error = mb->mb_claimed ? EBUSY : 0;
	mb->mb_gone = !mb->mb_claimed;
	if (mb->mb_gone) {
		kpi_wakeup(&mb->mb_running);
		kpi_wakeup(&mb->mb_want);
	}
	kpi_mtx_unlock(&mb->mb_mtx);
	if (error != 0)
		device_printf(mb->mb_dev, "has a client\n");
	return (error);
}

static int
apple_mbox_detach(device_t dev)
{
	struct apple_mbox *mb = kpi_dev_softc(dev);
	int error;

	error = apple_mbox_check_stay(mb);
	if (error == 0)
		error = apple_mbox_leave(mb);
	if (error != 0)
		return (error);
	kpi_fdt_unregister(dev);
	kpi_intr_teardown(&mb->mb_send_intr);
	kpi_intr_teardown(&mb->mb_recv_intr);
	apple_mbox_release(mb);
	return (0);
}
