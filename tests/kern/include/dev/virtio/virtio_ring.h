/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The split ring as driver and device see it in memory (VIRTIO 1.2, section
 * 2.7).  All fields are little-endian on a modern device.
 */

#ifndef VIRTIO_RING_H
#define	VIRTIO_RING_H

/* vring_desc.flags */
#define	VRING_DESC_F_NEXT	1	/* the chain goes on at next */
#define	VRING_DESC_F_WRITE	2	/* the device writes it */
#define	VRING_DESC_F_INDIRECT	4	/* it holds a table of descriptors */

/* vring_used.flags and vring_avail.flags; both are hints. */
#define	VRING_USED_F_NO_NOTIFY		1
#define	VRING_AVAIL_F_NO_INTERRUPT	1

/* One buffer, 16 bytes. */
struct vring_desc {
	uint64_t	addr;		/* guest-physical */
	uint32_t	len;		/* bytes */
	uint16_t	flags;
	uint16_t	next;		/* valid with F_NEXT */
};

/* Driver to device: heads of chains; idx runs freely and wraps at 2^16. */
struct vring_avail {
	uint16_t	flags;
	uint16_t	idx;
	uint16_t	ring[0];
};

/* A chain that the device is done with. */
struct vring_used_elem {
	uint32_t	id;		/* head of the chain */
	uint32_t	len;		/* bytes written by the device */
};

/* Device to driver. */
struct vring_used {
	uint16_t	flags;
	uint16_t	idx;
	struct vring_used_elem ring[0];
};

_Static_assert(sizeof(struct vring_desc) == 16, "vring_desc");
_Static_assert(sizeof(struct vring_avail) == 4, "vring_avail");
_Static_assert(sizeof(struct vring_used_elem) == 8, "vring_used_elem");
_Static_assert(sizeof(struct vring_used) == 4, "vring_used");

struct vring {
	unsigned int	num;		/* entries, a power of 2 */

	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
};

#define	VRING_AVAIL_ALIGN_SIZE	2
#define	VRING_USED_ALIGN_SIZE	4
#define	VRING_DESC_ALIGN_SIZE	16

/*
 * With EVENT_IDX each side's requested index lies behind the last ring entry.
 */
#define	vring_used_event(vr)	((vr)->avail->ring[(vr)->num])
#define	vring_avail_event(vr)	(*(uint16_t *)&(vr)->used->ring[(vr)->num])

/* Bytes of a ring in one piece: descriptors, avail, padding to align, used. */
static inline int
vring_size(unsigned int num, unsigned long align)
{
	unsigned long driver, device;

	driver = num * sizeof(struct vring_desc) +
	    sizeof(struct vring_avail) + (num + 1) * sizeof(uint16_t);
	device = sizeof(struct vring_used) +
	    num * sizeof(struct vring_used_elem) + sizeof(uint16_t);
	return ((int)(((driver + align - 1) & ~(align - 1)) + device));
}

/* Lay a ring of num entries out at p, which is vring_size() bytes. */
static inline void
vring_init(struct vring *vr, unsigned int num, uint8_t *p,
    unsigned long align)
{
	unsigned long used;

	vr->num = num;
	vr->desc = (struct vring_desc *)(void *)p;
	vr->avail = (struct vring_avail *)(void *)&vr->desc[num];
	used = (unsigned long)&vr->avail->ring[num];
	vr->used = (struct vring_used *)((used + align - 1) & ~(align - 1));
}

/*
 * Non-zero if an index that moved to new_idx passed event_idx, the index after
 * which the other side wants a notification.
 */
static inline int
vring_need_event(uint16_t event_idx, uint16_t new_idx, uint16_t old)
{

	return ((uint16_t)(new_idx - event_idx - 1) <
	    (uint16_t)(new_idx - old));
}

#endif /* VIRTIO_RING_H */
