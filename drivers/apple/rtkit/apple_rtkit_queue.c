/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The data path of RTKit's messages.  rust/lib.rs has the protocol.
 *
 * The mailbox's filter offers a message to its port's early function, and puts
 * what that leaves into the queue, a ring with one writer and one reader.  The
 * mailbox's interrupt thread must not wait: further messages stay in the FIFO
 * until it returns (apple_mbox.h).  So it only enqueues a task, for RTKit's own
 * thread.  That thread takes the messages out in order, and hands each to its
 * port or to the protocol.  Nothing is allocated for a message.
 *
 * While the kernel is cold there are no threads.  Then the waiting caller does
 * their work by apple_rtkit_poll().
 */
#include "apple_rtkit_var.h"

#include "kpi_mem.h"
#include "kpi_sdt.h"
#include "kpi_taskq.h"
#include "kpi_time.h"

#include <machine/atomic.h>

#define	RTKIT_SETTLE_US	10	/* between looks at a poll under way */

CTASSERT(powerof2(APPLE_RTKIT_QUEUE));

/* The name of the mailbox comes first. */
SDT_PROVIDER_DEFINE(apple_rtkit);
SDT_PROBE_DEFINE2(apple_rtkit, , , phase, "const char *", "uint32_t");
SDT_PROBE_DEFINE4(apple_rtkit, , , enqueue, "const char *", "uint32_t",
    "uint64_t", "uint32_t");	/* endpoint, message, place in the queue */
SDT_PROBE_DEFINE4(apple_rtkit, , , dequeue, "const char *", "uint32_t",
    "uint64_t", "uint32_t");
SDT_PROBE_DEFINE3(apple_rtkit, , , lost, "const char *", "uint32_t",
    "uint64_t");

/*
 * The port of an endpoint, constant while it is open.  A slot stays in the list
 * until the end: a coprocessor has a few, of 256 endpoints.
 */
struct apple_rtkit_slot {
	struct apple_rtkit_slot	*as_next;	/* (c) */
	uint32_t		 as_ep;		/* (c) */
	u_int			 as_open;	/* (a) */
	struct apple_rtkit_port	 as_port;
};

/*
 * (c) constant after create; (a) atomic; (r) written in the mailbox's receive
 * function, of which one runs at a time; (d) of the thread that has set
 * ar_draining.
 */
struct apple_rtkit {
	struct apple_mbox	*ar_mbox;	/* (c) */
	const struct apple_rtkit_ops *ar_ops;	/* (c) */
	void			*ar_arg;	/* (c) of ar_ops */
	void			*ar_owner;	/* (c) */
	struct kpi_taskq	 ar_taskq;	/* (c) */
	struct kpi_task		 ar_task;	/* (c) */
	struct apple_rtkit_stats ar_stats;	/* (a), but ars_received (r) */
	u_int			 ar_phase;	/* (a) */

	u_int			 ar_draining;	/* (a) 1: somebody is */
	u_int			 ar_in;		/* (a, r) messages put in */
	u_int			 ar_out;	/* (a, d) and taken out */
	uint64_t		 ar_told;	/* (d) of ars_lost */
	struct apple_rtkit_slot	*ar_slots;	/* (a) the list */
	struct apple_mbox_msg	 ar_queue[APPLE_RTKIT_QUEUE];
};

static struct apple_rtkit_slot *apple_rtkit_slots(struct apple_rtkit *rtk);
static apple_mbox_recv_fn	apple_rtkit_filter;
static apple_mbox_thread_fn	apple_rtkit_intr;
static kpi_task_fn		apple_rtkit_run;

/*
 * Create and destroy, start and stop
 */

int
apple_rtkit_create(device_t dev, const char *name, int idx,
    struct apple_rtkit **rtkp)
{
	struct apple_mbox_client client = {
		.amc_recv = apple_rtkit_filter,
		.amc_thread = apple_rtkit_intr,
	};
	struct apple_rtkit *rtk;
	int error;

	rtk = kpi_malloc(sizeof(*rtk), _Alignof(struct apple_rtkit),
	    kpi_m_devbuf(), KPI_WAITOK | KPI_ZERO);
	rtk->ar_phase = APPLE_RTKIT_DOWN;
	error = kpi_taskq_create(&rtk->ar_taskq, "apple_rtkit", 1);
	if (error != 0)
		device_printf(dev, "rtkit: cannot start its thread: "
		    "error %d\n", error);
	else {
		kpi_task_init(&rtk->ar_task, &rtk->ar_taskq, apple_rtkit_run,
		    rtk);
		client.amc_arg = rtk;
		error = name != NULL ?
		    apple_mbox_get_by_name(dev, name, &client, &rtk->ar_mbox) :
		    apple_mbox_get_by_index(dev, idx, &client, &rtk->ar_mbox);
	}
	if (error != 0) {
		apple_rtkit_destroy(rtk);
		return (error);
	}
	*rtkp = rtk;
	return (0);
}

void
apple_rtkit_destroy(struct apple_rtkit *rtk)
{
	struct apple_rtkit_slot *slot;

	apple_mbox_put(rtk->ar_mbox);
	kpi_taskq_destroy(&rtk->ar_taskq);
	while ((slot = rtk->ar_slots) != NULL) {
		rtk->ar_slots = slot->as_next;
		kpi_free(slot, kpi_m_devbuf());
	}
	kpi_free(rtk, kpi_m_devbuf());
}

void
apple_rtkit_bind(struct apple_rtkit *rtk, const struct apple_rtkit_ops *ops,
    void *arg)
{
	rtk->ar_ops = ops;
	rtk->ar_arg = arg;
}

void
apple_rtkit_set_owner(struct apple_rtkit *rtk, void *owner)
{
	rtk->ar_owner = owner;
}

void *
apple_rtkit_owner(const struct apple_rtkit *rtk)
{
	return (rtk->ar_owner);
}

void
apple_rtkit_set_phase(struct apple_rtkit *rtk, enum apple_rtkit_phase phase)
{
	atomic_store_rel_int(&rtk->ar_phase, phase);
	SDT_PROBE2(apple_rtkit, , , phase, apple_mbox_name(rtk->ar_mbox),
	    phase);
}

static u_int
apple_rtkit_phase(const struct apple_rtkit *rtk)
{
	return (atomic_load_acq_int(__DECONST(u_int *, &rtk->ar_phase)));
}

bool
apple_rtkit_running(const struct apple_rtkit *rtk)
{
	return (apple_rtkit_phase(rtk) == APPLE_RTKIT_ON);
}

bool
apple_rtkit_crashed(const struct apple_rtkit *rtk)
{
	return (apple_rtkit_phase(rtk) == APPLE_RTKIT_CRASHED);
}

int
apple_rtkit_start(struct apple_rtkit *rtk)
{
	struct apple_rtkit_slot *slot;

	/* No other thread uses the queue: it is stopped, and settled. */
	rtk->ar_in = rtk->ar_out = 0;
	for (slot = apple_rtkit_slots(rtk); slot != NULL; slot = slot->as_next)
		atomic_store_rel_int(&slot->as_open, 0);
	return (apple_mbox_start(rtk->ar_mbox));
}

int
apple_rtkit_discard(struct apple_rtkit *rtk)
{
	return (apple_mbox_discard(rtk->ar_mbox));
}

void
apple_rtkit_stop(struct apple_rtkit *rtk)
{
	apple_mbox_stop(rtk->ar_mbox);
}

void
apple_rtkit_settle(struct apple_rtkit *rtk)
{
	kpi_task_drain(&rtk->ar_task);
	/* A poll may have begun while the kernel was cold. */
	while (atomic_load_acq_int(&rtk->ar_draining) != 0)
		kpi_delay(RTKIT_SETTLE_US);
}

const struct apple_rtkit_stats *
apple_rtkit_stats(const struct apple_rtkit *rtk)
{
	return (&rtk->ar_stats);
}

/*
 * Receiving
 */

/* The list of slots; slots are added while others read it. */
static inline struct apple_rtkit_slot *
apple_rtkit_slots(struct apple_rtkit *rtk)
{
	return ((struct apple_rtkit_slot *)atomic_load_acq_ptr(
	    (uintptr_t *)&rtk->ar_slots));
}

/* The slot of the endpoint; NULL: there is none. */
static inline struct apple_rtkit_slot *
apple_rtkit_slot(struct apple_rtkit *rtk, uint32_t ep)
{
	struct apple_rtkit_slot *slot;

	for (slot = apple_rtkit_slots(rtk); slot != NULL; slot = slot->as_next)
		if (slot->as_ep == ep)
			break;
	return (slot);
}

/* NULL: the endpoint has no port. */
static inline const struct apple_rtkit_port *
apple_rtkit_port(struct apple_rtkit *rtk, uint32_t ep)
{
	struct apple_rtkit_slot *slot = apple_rtkit_slot(rtk, ep);

	return (slot != NULL && atomic_load_acq_int(&slot->as_open) != 0 ?
	    &slot->as_port : NULL);
}

/* Add a slot for the endpoint, which has none. */
static struct apple_rtkit_slot *
apple_rtkit_add_slot(struct apple_rtkit *rtk, uint8_t ep)
{
	struct apple_rtkit_slot *slot;

	slot = kpi_malloc(sizeof(*slot), _Alignof(struct apple_rtkit_slot),
	    kpi_m_devbuf(), KPI_WAITOK | KPI_ZERO);
	slot->as_ep = ep;
	slot->as_next = apple_rtkit_slots(rtk);
	atomic_store_rel_ptr((uintptr_t *)&rtk->ar_slots, (uintptr_t)slot);
	return (slot);
}

int
apple_rtkit_open(struct apple_rtkit *rtk, uint8_t ep,
    const struct apple_rtkit_port *port)
{
	struct apple_rtkit_slot *slot = apple_rtkit_slot(rtk, ep);

	if (slot == NULL)
		slot = apple_rtkit_add_slot(rtk, ep);
	if (atomic_load_acq_int(&slot->as_open) != 0)
		return (EEXIST);
	slot->as_port = *port;
	atomic_store_rel_int(&slot->as_open, 1);
	return (0);
}

/* Runs in the mailbox's filter, one at a time. */
static inline void
apple_rtkit_put(struct apple_rtkit *rtk, const struct apple_mbox_msg *msg)
{
	u_int in, limit;

	in = rtk->ar_in;
	limit = APPLE_RTKIT_QUEUE;
	if (msg->amm_msg1 >= APPLE_RTKIT_EP_APP)
		limit -= APPLE_RTKIT_RESERVE;
	if (in - atomic_load_acq_int(&rtk->ar_out) >= limit) {
		atomic_add_64(&rtk->ar_stats.ars_lost, 1);
		SDT_PROBE3(apple_rtkit, , , lost,
		    apple_mbox_name(rtk->ar_mbox), msg->amm_msg1,
		    msg->amm_msg0);
		return;
	}
	rtk->ar_queue[in % APPLE_RTKIT_QUEUE] = *msg;
	SDT_PROBE4(apple_rtkit, , , enqueue, apple_mbox_name(rtk->ar_mbox),
	    msg->amm_msg1, msg->amm_msg0, in % APPLE_RTKIT_QUEUE);
	atomic_store_rel_int(&rtk->ar_in, in + 1);
}

/* Are messages wanted? */
static inline bool
apple_rtkit_listens(const struct apple_rtkit *rtk)
{
	u_int phase;

	phase = apple_rtkit_phase(rtk);
	return (phase == APPLE_RTKIT_CHANGING || phase == APPLE_RTKIT_ON);
}

static bool
apple_rtkit_filter(void *arg, const struct apple_mbox_msg *msg)
{
	struct apple_rtkit *rtk = arg;
	const struct apple_rtkit_port *port;

	rtk->ar_stats.ars_received++;
	if (!apple_rtkit_listens(rtk))
		return (false);
	port = apple_rtkit_port(rtk, msg->amm_msg1);
	if (port != NULL && port->arp_early != NULL &&
	    port->arp_early(port->arp_arg, msg->amm_msg0))
		return (false);
	apple_rtkit_put(rtk, msg);
	return (true);
}

static void
apple_rtkit_intr(void *arg)
{
	struct apple_rtkit *rtk = arg;

	kpi_task_enqueue(&rtk->ar_task);
}

/* The next message; false: there is none.  Called with (d). */
static inline bool
apple_rtkit_take(struct apple_rtkit *rtk, struct apple_mbox_msg *msg)
{
	u_int out;

	out = rtk->ar_out;
	if (atomic_load_acq_int(&rtk->ar_in) == out)
		return (false);
	*msg = rtk->ar_queue[out % APPLE_RTKIT_QUEUE];
	SDT_PROBE4(apple_rtkit, , , dequeue, apple_mbox_name(rtk->ar_mbox),
	    msg->amm_msg1, msg->amm_msg0, out % APPLE_RTKIT_QUEUE);
	atomic_store_rel_int(&rtk->ar_out, out + 1);
	return (true);
}

/* Say how many messages were lost.  Called with (d). */
static void
apple_rtkit_tell_lost(struct apple_rtkit *rtk)
{
	uint64_t lost;

	lost = atomic_load_64(&rtk->ar_stats.ars_lost);
	if (lost == rtk->ar_told)
		return;
	rtk->ar_ops->aro_lost(rtk->ar_arg, lost - rtk->ar_told);
	rtk->ar_told = lost;
}

/* Hand out the messages in the queue, at most as many as it can hold. */
static void
apple_rtkit_drain(struct apple_rtkit *rtk)
{
	const struct apple_rtkit_port *port;
	struct apple_mbox_msg msg;

	for (u_int n = 0; n < APPLE_RTKIT_QUEUE && apple_rtkit_take(rtk, &msg);
	    n++) {
		/* After a crash earlier messages do not count. */
		if (!apple_rtkit_listens(rtk))
			continue;
		port = apple_rtkit_port(rtk, msg.amm_msg1);
		if (port != NULL && port->arp_recv != NULL)
			port->arp_recv(port->arp_arg, msg.amm_msg0);
		else
			rtk->ar_ops->aro_message(rtk->ar_arg, msg.amm_msg1,
			    msg.amm_msg0);
	}
	apple_rtkit_tell_lost(rtk);
}

/* Drain, unless another thread does; true if there is more to do. */
static bool
apple_rtkit_try_drain(struct apple_rtkit *rtk)
{
	if (atomic_cmpset_acq_int(&rtk->ar_draining, 0, 1) == 0)
		return (false);
	apple_rtkit_drain(rtk);
	atomic_store_rel_int(&rtk->ar_draining, 0);
	/*
	 * A thread that came meanwhile and did not drain has added its message.
	 */
	atomic_thread_fence_seq_cst();
	return (atomic_load_acq_int(&rtk->ar_in) !=
	    atomic_load_acq_int(&rtk->ar_out));
}

static void
apple_rtkit_run(void *arg, int pending)
{
	struct apple_rtkit *rtk = arg;

	while (apple_rtkit_try_drain(rtk))
		continue;
}

void
apple_rtkit_poll(struct apple_rtkit *rtk)
{
	bool more;

	if (!apple_rtkit_listens(rtk))
		return;
	more = apple_mbox_poll(rtk->ar_mbox);
	/* The thread may have been woken for messages, and not run yet. */
	if (kpi_cold())
		more = apple_rtkit_try_drain(rtk);
	if (more)
		kpi_task_enqueue(&rtk->ar_task);
}

/*
 * Sending
 */

/* Why nothing is sent in this phase; 0: it is. */
static inline int
apple_rtkit_refusal(const struct apple_rtkit *rtk, u_int least)
{
	u_int phase;

	phase = apple_rtkit_phase(rtk);
	if (phase == APPLE_RTKIT_CRASHED)
		return (EIO);
	return (phase < least ? ENXIO : 0);
}

/* The error for a sender that an error of the mailbox means. */
static int
apple_rtkit_sent(struct apple_rtkit *rtk, int error)
{
	if (error == 0)
		atomic_add_64(&rtk->ar_stats.ars_sent, 1);
	else if (error == ESHUTDOWN)
		error = apple_rtkit_crashed(rtk) ? EIO : ENXIO;
	return (error);
}

int
apple_rtkit_send_own(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
    sbintime_t timeout)
{
	const struct apple_mbox_msg m = { .amm_msg0 = msg, .amm_msg1 = ep };
	int error;

	error = apple_rtkit_refusal(rtk, APPLE_RTKIT_CHANGING);
	if (error != 0)
		return (error);
	return (apple_rtkit_sent(rtk, apple_mbox_send(rtk->ar_mbox, &m,
	    timeout)));
}

/* May an application send to the endpoint?  0 or why not. */
static inline int
apple_rtkit_may_send(struct apple_rtkit *rtk, uint8_t ep)
{
	int error;

	error = apple_rtkit_refusal(rtk, APPLE_RTKIT_ON);
	if (error == 0 && apple_rtkit_port(rtk, ep) == NULL)
		error = ENXIO;
	return (error);
}

int
apple_rtkit_send(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
    sbintime_t timeout)
{
	const struct apple_mbox_msg m = { .amm_msg0 = msg, .amm_msg1 = ep };
	int error;

	error = apple_rtkit_may_send(rtk, ep);
	if (error != 0)
		return (error);
	return (apple_rtkit_sent(rtk, apple_mbox_send(rtk->ar_mbox, &m,
	    timeout)));
}

int
apple_rtkit_trysend(struct apple_rtkit *rtk, uint8_t ep, uint64_t msg,
    int usec)
{
	const struct apple_mbox_msg m = { .amm_msg0 = msg, .amm_msg1 = ep };
	int error;

	error = apple_rtkit_may_send(rtk, ep);
	if (error != 0)
		return (error);
	return (apple_rtkit_sent(rtk, apple_mbox_trysend(rtk->ar_mbox, &m,
	    usec)));
}
