/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * SART for other drivers: the filter between an Apple coprocessor and memory.
 * See apple_sart(9).
 *
 * A client is a driver whose node refers to a SART by "apple,sart".  Its
 * coprocessor reaches the regions that the client adds, and those that the boot
 * loader has added.  Addresses are physical ones: nothing is translated.  For
 * memory of bus_dma(9) the bus address is the physical one, if no IOMMU stands
 * in between.
 */
#ifndef _APPLE_SART_H_
#define	_APPLE_SART_H_

#include "kpi.h"

#include <sys/bus.h>

struct apple_sart;

/* Addresses and sizes of regions are multiples of this. */
#define	APPLE_SART_PAGE		4096

/*
 * Get the SART of dev's node.  It does not detach before apple_sart_put().  On
 * an error *sartp is not written, and one line on the console says what is
 * wrong.  The first call of all accesses the registers, which share the power
 * of the coprocessor: it has to be on.
 *
 * Context: sleepable; in an attach method.
 * Locks: newbus's topology lock is held, as in attach methods.
 * Errors: ENOENT: the node has no "apple,sart".  EINVAL: it is malformed, or
 * refers to no SART.  ENXIO: the SART is not attached (yet).
 */
int	apple_sart_get(device_t dev, struct apple_sart **sartp);

/*
 * Give it back.  Regions that the client has not removed stay, until the SART
 * detaches or the machine goes down.  NULL: does nothing.
 *
 * Context: sleepable.
 */
void	apple_sart_put(struct apple_sart *sart);

/*
 * Let the coprocessor read and write a region.  The same region may be added
 * again, and is then removed once for each.
 *
 * Context: any but a filter.
 * Errors: EINVAL: address or size is no multiple of APPLE_SART_PAGE, the size
 * is 0, or the hardware has too few bits for either.  ENOSPC: all entries are
 * in use; a line on the console says so.
 */
int	apple_sart_add(struct apple_sart *sart, uint64_t paddr, uint64_t size);

/*
 * Remove a region.  When this returns, the coprocessor does not reach it any
 * more.
 *
 * Context: any but a filter.
 * Errors: ENOENT: no client has added exactly this region.
 */
int	apple_sart_remove(struct apple_sart *sart, uint64_t paddr,
	    uint64_t size);

#endif /* !_APPLE_SART_H_ */
