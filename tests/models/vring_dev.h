/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The device's side of a split virtqueue (VIRTIO 1.2, section 2.7): take
 * chains, reach the memory they describe, give them back, and decide whether
 * the driver wants an interrupt.  It does not trust what the driver wrote:
 * every address must be in guest RAM, and no chain may be longer than the
 * queue.
 *
 * No locks: a device model serialises its calls.  No call sleeps.
 */

#ifndef _VRING_DEV_H_
#define	_VRING_DEV_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define	VRING_DEV_MAXSEG	128	/* segments of a chain */

struct vring_dev_seg {
	uint64_t	paddr;
	uint32_t	len;
};

/* A chain: nread readable segments, then nwrite writable ones. */
struct vring_dev_chain {
	uint16_t	head;
	uint16_t	nread;
	uint16_t	nwrite;
	size_t		rlen;		/* bytes readable */
	size_t		wlen;		/* bytes writable */
	struct vring_dev_seg seg[VRING_DEV_MAXSEG];
};

/* The ring's state in the device.  All zero means not enabled. */
struct vring_dev {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t	size;
	bool		event_idx;	/* negotiated */
	bool		indirect;	/* negotiated */
	uint16_t	avail_next;	/* next entry to take */
	uint16_t	used_next;	/* next entry to fill */
	uint16_t	signalled;	/* used_next at the last want_intr */
};

/* The result of vring_dev_pop(). */
enum vring_dev_status {
	VRING_DEV_OK,		/* a chain was taken */
	VRING_DEV_EMPTY,
	/*
	 * The driver broke a rule.  The head is taken and chain->head is valid,
	 * except after BAD_INDEX and BAD_HEAD.  The rest of the chain is not
	 * valid.
	 */
	VRING_DEV_BAD_INDEX,	/* more available than the ring has entries */
	VRING_DEV_BAD_HEAD,	/* a head beyond the table */
	VRING_DEV_BAD_NEXT,	/* a next beyond the table */
	VRING_DEV_TOO_LONG,	/* a chain longer than the queue, or a loop */
	VRING_DEV_BAD_ADDR,	/* outside guest RAM */
	VRING_DEV_BAD_LEN,	/* an empty segment */
	VRING_DEV_BAD_ORDER,	/* readable after writable */
	VRING_DEV_BAD_INDIRECT,	/* not negotiated, nested, or of an odd size */
};

/*
 * Start at index 0.  Returns false if the ring is misaligned or not in guest
 * RAM.
 */
bool	vring_dev_enable(struct vring_dev *, uint16_t size, uint64_t desc,
	    uint64_t avail, uint64_t used, bool event_idx, bool indirect);

enum vring_dev_status vring_dev_pop(struct vring_dev *,
	    struct vring_dev_chain *);

/*
 * Ask for a notification of the next chain.  Returns true if a chain is there
 * already.  No notification comes for it, so take it first.
 */
bool	vring_dev_want_kick(struct vring_dev *);
/* Ask for no notification. */
void	vring_dev_no_kick(struct vring_dev *);

/*
 * Copy from the readable part at off, or into the writable part at off.
 * Returns the number of bytes copied, which is less than len at the end of the
 * part.
 */
size_t	vring_dev_read(const struct vring_dev_chain *, size_t off, void *buf,
	    size_t len);
size_t	vring_dev_write(const struct vring_dev_chain *, size_t off,
	    const void *buf, size_t len);

/* Give a chain back, with len bytes of its writable part written. */
void	vring_dev_push(struct vring_dev *, uint16_t head, uint32_t len);

/*
 * Does the driver want an interrupt for the chains pushed since the last call?
 */
bool	vring_dev_want_intr(struct vring_dev *);

#endif /* _VRING_DEV_H_ */
