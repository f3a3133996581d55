/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A virtio device that needs no more than a function: it gets each chain that
 * the driver makes available, and says how many bytes the device wrote into it.
 * The features are VERSION_1, INDIRECT_DESC, EVENT_IDX and those of the
 * configuration.  A device that breaks rules is a table of operations of its
 * own (tk_virtio.h).
 */
#ifndef _MODEL_VIRTIO_H_
#define	_MODEL_VIRTIO_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vring_dev.h"

#define	MODEL_VIRTIO_QUEUES	8	/* at most */
#define	MODEL_VIRTIO_SIZE	8	/* entries of each */

struct model_virtio;

struct model_virtio_config {
	const char	*name;
	uint32_t	 type;		/* VIRTIO_ID_* */
	uint64_t	 features;	/* of the device's own */
	uint16_t	 queues;
	const void	*space;		/* configuration space; NULL: none */
	size_t		 space_size;
	/*
	 * The driver has written to the configuration space, little-endian.
	 * NULL: that has no effect.  Called with the model's lock held.
	 */
	void		(*write)(void *arg, size_t off, const void *from,
			    size_t len);
	/*
	 * Use a chain of queue q: vring_dev_read(), vring_dev_write().  True:
	 * it goes back to the driver, with *written bytes.  False: the device
	 * keeps it, and asks again after model_virtio_kick().  Called with the
	 * model's lock held.
	 */
	bool		(*serve)(void *arg, uint16_t q,
			    struct vring_dev_chain *chain, uint32_t *written);
};

/*
 * Plug a device in, on "virtio_mmio" or "virtio_pci", and attach its driver.
 * arg is for serve.  *config stays until model_virtio_detach().
 *
 * Returns: the device; NULL, and *error: as tk_virtio_attach().
 */
struct model_virtio *model_virtio_attach(const char *busname,
	    const struct model_virtio_config *config, void *arg, int *error);

/* Detach the driver and pull the device out.  Returns 0, or a refusal. */
int	model_virtio_detach(struct model_virtio *m);

/* The device may serve what it has kept. */
void	model_virtio_kick(struct model_virtio *m);

/*
 * The test has changed the configuration space, with the model's lock held, and
 * has released the lock: tell the driver.
 */
void	model_virtio_changed(struct model_virtio *m);

/* What the driver may not change meanwhile: the state behind arg. */
void	model_virtio_lock(struct model_virtio *m);
void	model_virtio_unlock(struct model_virtio *m);

/* Chains that the device has kept or not looked at yet, in all queues. */
int	model_virtio_waiting(struct model_virtio *m);

/* The driver's device. */
struct _device *model_virtio_child(struct model_virtio *m);

#endif /* !_MODEL_VIRTIO_H_ */
