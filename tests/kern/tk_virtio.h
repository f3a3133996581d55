/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The test kernel's virtio bus, seen from below: a device (a model, or QEMU
 * behind qtest) is a table of operations, and attaching it makes a bus device
 * with one child that the drivers of VIRTIO_DRIVER_MODULE() probe.
 *
 * Two kinds of bus, as FreeBSD has them:
 *   virtio_mmio	one interrupt line, no filter: the handler runs in an
 *			interrupt thread, asks every queue and does not disable
 *			interrupts; a queue is enabled as it is allocated.
 *   virtio_pci		a vector for the configuration and one per queue with
 *			a handler, or one for all queues when the device says
 *			so; virtqueue_intr_filter() on the device's own thread
 *			decides whether the interrupt thread runs; queues are
 *			enabled when the interrupts are set up.
 *
 * Rules that stop a program ("tk: RULE: ..."):
 *   virtio-order	queues allocated before virtio_finalize_features()
 *   virtio-notify	a queue notified before DRIVER_OK or after a reset
 *   virtio-config	configuration access of a bad width or alignment
 *   virtio-vector	a device raises a vector that its bus kind lacks
 *   virtqueue-race	two threads inside one queue
 *   virtqueue-free	a call on a queue that was freed
 *   virtqueue-args	an enqueue with no cookie, with no segments or more
 *			than the queue has entries, with counts that do not
 *			match the list, or with a segment that is empty or not
 *			guest RAM
 *   virtqueue-lost	a queue freed or restarted with chains in it
 *   virtqueue-drain	a queue drained while the device may still use it
 *   virtqueue-poll	a poll that the device did not answer for ten seconds
 *
 * Both sides of the gate may include this header; struct _device is FreeBSD's
 * device_t.
 */

#ifndef _TK_VIRTIO_H_
#define	_TK_VIRTIO_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _device;

/*
 * A device.  Every operation gets the pointer that was given to
 * tk_virtio_attach().  They are called from kernel threads that may hold
 * mutexes.  On the calling thread they may therefore not sleep on kernel
 * primitives, nor raise interrupts (tk_virtio_intr_*()), which would call the
 * driver.  Only teardown_intr may sleep.
 */
struct tk_virtio_ops {
	const char *name;		/* for the device's description */
	/*
	 * Called before any other operation.  bus is the bus to raise
	 * interrupts on; NULL when that bus is gone.  May be NULL.
	 */
	void	(*bind)(void *, struct _device *bus);
	uint64_t (*features)(void *);	/* offered */
	int	(*set_features)(void *, uint64_t);	/* 0 or errno */
	uint8_t	(*status)(void *);
	/*
	 * 0 resets the device.  On return it no longer accesses any ring, and
	 * every queue is disabled.
	 */
	void	(*set_status)(void *, uint8_t);
	uint8_t	(*generation)(void *);	/* of the configuration space */
	/* Configuration space, little-endian; 1, 2 or 4 bytes, aligned. */
	void	(*read_config)(void *, size_t off, void *, size_t);
	void	(*write_config)(void *, size_t, const void *, size_t);
	uint16_t (*queue_count)(void *);
	uint16_t (*queue_size)(void *, uint16_t);	/* 0: no such queue */
	/* Ring addresses are guest-physical.  Returns 0 or an errno. */
	int	(*queue_enable)(void *, uint16_t q, uint16_t size,
		    uint64_t desc, uint64_t avail, uint64_t used);
	void	(*queue_disable)(void *, uint16_t);
	/* The device may raise interrupts from the call of setup_intr ... */
	int	(*setup_intr)(void *);
	/* ... until teardown_intr returns. */
	void	(*teardown_intr)(void *);
	void	(*notify)(void *, uint16_t q);
	/* virtio_pci: one vector for all queues?  May be NULL: one each. */
	bool	(*intr_shared)(void *);
};

#define	TK_VIRTIO_MAXQ	16		/* queues that are counted */

struct tk_virtio_stats {
	uint64_t kicks[TK_VIRTIO_MAXQ];	/* notifications that reached notify */
	uint64_t interrupts[TK_VIRTIO_MAXQ]; /* raised by the device */
	uint64_t shared_interrupts;	/* raised for all queues at once */
	uint64_t config_interrupts;
	uint64_t config_reads;		/* calls of read_config */
	uint64_t missed_interrupts;	/* raised with no handler set up */
};

/*
 * Create a bus ("virtio_mmio" or "virtio_pci") for a device, probe and attach
 * the driver of its child.  Returns the bus; or NULL, and *error (if error is
 * not NULL) ENXIO when no driver took the child, ENOMEM, or what the driver's
 * attach returned.  For a kernel thread that may sleep and holds no lock.
 */
struct _device *tk_virtio_attach(const char *busname,
	    const struct tk_virtio_ops *, void *dev, uint32_t device_type,
	    int *error);

/* Detach and delete bus and child.  Returns 0, or the driver's refusal. */
int	tk_virtio_detach(struct _device *bus);

/* The device below a bus, and the counts since it was attached. */
struct _device *tk_virtio_child(struct _device *bus);
struct tk_virtio_stats tk_virtio_stats(struct _device *bus);

/*
 * Raise the device's interrupts.  For any agent, host thread or kernel thread
 * that holds no lock.  The filter runs on the calling thread before the call
 * returns.  tk_virtio_intr_queue() finds the queue's vector on a bus of either
 * kind.  tk_virtio_intr_shared() needs a device with intr_shared, or
 * virtio_mmio.
 */
void	tk_virtio_intr_queue(struct _device *bus, uint16_t q);
void	tk_virtio_intr_shared(struct _device *bus);
void	tk_virtio_intr_config(struct _device *bus);

/*
 * How many wrong entries devices wrote to used rings since the test kernel
 * booted.
 */
uint64_t tk_virtqueue_bad_used(void);

/*
 * Call fn(arg) once: in the next virtqueue_intr_filter() that finds used
 * chains, before it turns the queue's interrupts off.  FreeBSD's filter takes
 * no lock, so other threads may do anything with the queue at that moment.  For
 * a test that calls the filter itself, in a thread.
 */
void	tk_virtqueue_late_filter(void (*fn)(void *), void *arg);

#endif /* _TK_VIRTIO_H_ */
