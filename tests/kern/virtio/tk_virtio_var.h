/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What virtqueue.c, virtio_bus.c and virtio_bus_intr.c share.
 */

#ifndef _TK_VIRTIO_VAR_H_
#define	_TK_VIRTIO_VAR_H_

#include "tk_virtio.h"

struct tk_irq;
struct resource;
struct virtqueue;
struct virtio_feature_desc;

/* An interrupt: the line, the handler on it. */
struct vtbus_vector {
	char		 name[32];
	u_int		 number;
	struct tk_irq	*irq;
	struct resource	*res;
	void		*cookie;
};

struct vtbus_vq {
	struct virtqueue *vq;
	bool		 no_intr;	/* its driver wants no interrupts */
	struct vtbus_vector *vector;	/* virtio_pci; NULL: none */
};

/*
 * Fields are constant after attach, or changed only by the thread that
 * attaches, detaches or restarts the child.  Fields that interrupts read are
 * atomic, or are set before the device may raise any interrupt.
 */
struct vtbus_softc {
	device_t	 dev;
	device_t	 child;
	int		 child_error;	/* of the child's last attach */
	const struct tk_virtio_ops *ops;
	void		*arg;
	uint32_t	 type;		/* VIRTIO_ID_* */
	bool		 pci;

	struct virtio_feature_desc *feature_desc;
	uint64_t	 features;	/* negotiated */
	int		 feature_error;	/* of set_features */
	bool		 finalized;
	bool		 running;	/* DRIVER_OK; atomic */

	int		 nvqs;
	struct vtbus_vq	*vqs;

	bool		 intr_ready;	/* handlers are set up; atomic */
	bool		 intr_shared;
	uint32_t	 int_status;	/* VTBUS_INT_*; atomic */
	int		 nvectors;
	struct vtbus_vector vector[1 + TK_VIRTIO_MAXQ];

	struct tk_virtio_stats stats;	/* atomic */
};

static inline void
vtbus_count(uint64_t *counter)
{

	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/*
 * Set up the handlers of all queues and of the configuration, then let the
 * device interrupt: 0, ENXIO, or an errno of bus_setup_intr() or the device.
 * After a failure the caller calls vtbus_free_interrupts().
 */
int	vtbus_setup_interrupts(struct vtbus_softc *, int type);
/* Let the device interrupt again after a reset. */
int	vtbus_start_interrupts(struct vtbus_softc *);
/* May be called at any stage.  Waits for handlers. */
void	vtbus_free_interrupts(struct vtbus_softc *);

/*
 * DRIVER_OK is set: the device may access rings and the memory that they name.
 */
bool	tk_virtio_running(device_t bus);

#endif /* _TK_VIRTIO_VAR_H_ */
