/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * For tests of virtqueues and of the virtio bus.  The device does nothing by
 * itself: the test acts on the device's side of the rings.  The driver takes
 * any virtio device and gives its queues to the test.
 */

#ifndef _VIRTIO_TESTDEV_H_
#define	_VIRTIO_TESTDEV_H_

#include "tk_virtio.h"
#include "vring_dev.h"

struct virtqueue;
struct sglist;

#define	VTEST_NVQ	4
#define	VTEST_TYPE	4		/* entropy: no driver here takes it */

/*
 * The device.  The fields above the blank line are set before attach, those
 * below are read.
 */
struct vtest_dev {
	uint64_t	features;	/* offered */
	uint16_t	queue_size[VTEST_NVQ];
	bool		intr_shared;
	int		intr_error;	/* of setup_intr */
	bool		refuse;		/* never keep FEATURES_OK */
	uint8_t		config[16];
	int		config_changes;	/* this many reads change it again */

	struct _device	*bus;
	uint64_t	accepted;
	uint8_t		status;
	uint8_t		generation;
	int		resets;
	int		teardowns;	/* of interrupts */
	bool		intr_on;
	uint32_t	kicks[VTEST_NVQ];
	struct vring_dev ring[VTEST_NVQ];
};

extern const struct tk_virtio_ops vtest_ops;

/* VERSION_1, INDIRECT_DESC, EVENT_IDX, queues of 8. */
void	vtest_dev_init(struct vtest_dev *);

/* The driver: what it must do, and what happened. */
struct vtest_driver {
	uint64_t	features;	/* wanted */
	int		nvqs;
	int		maxindirsz;
	uint32_t	no_intr;	/* bit n: queue n has no handler */
	bool		no_finalize;
	bool		no_setup_intr;
	int		attach_error;	/* returned after all else succeeded */
	int		detach_error;
	bool		keep;		/* detach does not drain */
	int		(*start)(struct _device *); /* instead of all this */
	void		(*stop)(void);	/* ... before the device is stopped */

	struct _device	*dev;		/* NULL: not attached */
	int		error;		/* of the first call that failed */
	uint64_t	negotiated;
	struct virtqueue *vq[VTEST_NVQ];
	int		intrs[VTEST_NVQ];
	int		config_changes;
	int		completed;	/* calls of ATTACH_COMPLETED ... */
	uint8_t		completed_status; /* ... and the status it saw */
	int		suspends;
	int		resumes;
	int		shutdowns;
};

/* What the driver uses; vtest_attach() resets it to defaults first. */
extern struct vtest_driver vtest_drv;

/* All features, one queue, indirect tables of 4. */
void	vtest_driver_init(void);

/* Attach a device by the driver as it is set up; fails the test on error. */
void	vtest_attach(struct vtest_dev *, const char *busname);
void	vtest_detach(struct vtest_dev *);

/*
 * Guest RAM for buffers, freed by vtest_detach(): page i, filled with byte i.
 */
#define	VTEST_NPAGES	8
void	*vtest_page(int i);

/* Queue one chain of pages 0.., with these numbers of segments of 16 bytes. */
int	vtest_enqueue(struct virtqueue *, void *cookie, int readable,
	    int writable);

#endif /* _VIRTIO_TESTDEV_H_ */
