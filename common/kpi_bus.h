/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Memory resources of a device, and the registers in them.
 *
 * See bus_space(9) and bus_alloc_resource(9).  Offsets and lengths are bytes
 * from the start of the resource.  Accesses are naturally aligned and lie
 * inside the resource.  INVARIANTS kernels check that; the Rust module checks
 * it in every kernel.
 */
#ifndef _KPI_BUS_H_
#define	_KPI_BUS_H_

#include "kpi.h"

#include <sys/bus.h>
#include <machine/atomic.h>
#include <machine/bus.h>
#include <sys/rman.h>
#include <machine/resource.h>

/* A mapped resource.  All fields are constant between alloc and free. */
struct kpi_res {
	bus_space_tag_t		 kr_tag;
	bus_space_handle_t	 kr_handle;
	bus_size_t		 kr_size;
	device_t		 kr_dev;
	struct resource		*kr_res;	/* NULL: not allocated */
};

/* Directions for kpi_barrier(), may be or-ed. */
enum {
	KPI_BARRIER_READ = BUS_SPACE_BARRIER_READ,
	KPI_BARRIER_WRITE = BUS_SPACE_BARRIER_WRITE,
};

/*
 * Allocate and map memory resource number rid of dev into *res.
 *
 * Context: sleepable.
 * Errors: ENXIO: the device has no such resource, or it is taken.
 */
int	kpi_res_alloc(device_t dev, int rid, struct kpi_res *res);

/*
 * Unmap and release the resource.  Does nothing if *res is not allocated: if it
 * is all zero, or was freed before.
 *
 * Context: sleepable.
 */
void	kpi_res_free(struct kpi_res *res);

/*
 * Make len bytes at off a resource of their own, *part: a register, say, whose
 * accesses are then at offset 0.  It is not freed, and may be used as long as
 * the whole.
 *
 * Context: any.
 * Errors: EINVAL: it does not lie inside the resource; those of the bus.
 */
int	kpi_res_part(const struct kpi_res *res, bus_size_t off,
	    bus_size_t len, struct kpi_res *part);

/*
 * The address at which the resource starts, as the bus counts addresses.
 *
 * Context: any.
 */
rman_res_t kpi_res_start(const struct kpi_res *res);

/*
 * Read or write a register of 1, 2, 4 or 8 bytes.
 *
 * Context: any.
 * Locks: takes none.
 */
uint8_t	kpi_read_1(const struct kpi_res *res, bus_size_t off);
uint16_t kpi_read_2(const struct kpi_res *res, bus_size_t off);
uint32_t kpi_read_4(const struct kpi_res *res, bus_size_t off);
uint64_t kpi_read_8(const struct kpi_res *res, bus_size_t off);
void	kpi_write_1(const struct kpi_res *res, bus_size_t off, uint8_t val);
void	kpi_write_2(const struct kpi_res *res, bus_size_t off, uint16_t val);
void	kpi_write_4(const struct kpi_res *res, bus_size_t off, uint32_t val);
void	kpi_write_8(const struct kpi_res *res, bus_size_t off, uint64_t val);

/*
 * Copy count elements of 1 or 4 bytes between buf and the device memory that
 * starts at off.  The offset advances with each element.
 *
 * Context: any.
 * Units: off counts bytes, count counts elements.
 */
void	kpi_read_region_1(const struct kpi_res *res, bus_size_t off,
	    uint8_t *buf, size_t count);
void	kpi_write_region_1(const struct kpi_res *res, bus_size_t off,
	    const uint8_t *buf, size_t count);
void	kpi_read_region_4(const struct kpi_res *res, bus_size_t off,
	    uint32_t *buf, size_t count);
void	kpi_write_region_4(const struct kpi_res *res, bus_size_t off,
	    const uint32_t *buf, size_t count);

/*
 * Order earlier accesses to [off, off + len) before later ones; flags:
 * KPI_BARRIER_*.  This orders registers among themselves, not against memory.
 * On FreeBSD's arm64 it costs nothing, since registers are in order there
 * anyway.
 *
 * Context: any.
 */
void	kpi_barrier(const struct kpi_res *res, bus_size_t off, bus_size_t len,
	    int flags);

/*
 * Order registers against memory that is shared with the device, where no
 * kpi_dma_sync() covers that memory.  kpi_io_publish() makes earlier stores
 * visible to the device before a later register is written.  kpi_io_acquire()
 * keeps memory from being read before an earlier register was read.
 *
 * Context: any.
 */
void	kpi_io_publish(void);
void	kpi_io_acquire(void);

#ifndef KPI_BINDGEN
KPI_INLINE rman_res_t
kpi_res_start(const struct kpi_res *res)
{
	return (rman_get_start(res->kr_res));
}

/*
 * True if len bytes at off lie inside the resource, aligned to width.
 *
 * Context: any.
 */
static inline bool
kpi_res_covers(const struct kpi_res *res, bus_size_t off, bus_size_t len,
    bus_size_t width)
{
	return (off % width == 0 && off <= res->kr_size &&
	    len <= res->kr_size - off);
}

#define	KPI_RES_CHECK(res, off, len, width)				\
	KASSERT(kpi_res_covers((res), (off), (len), (width)),		\
	    ("%s: %ju bytes at %#jx of a resource of %#jx", __func__,	\
	    (uintmax_t)(len), (uintmax_t)(off), (uintmax_t)(res)->kr_size))

#define	KPI_BUS_ACCESSORS(width, type)					\
KPI_INLINE type								\
kpi_read_##width(const struct kpi_res *res, bus_size_t off)		\
{									\
	KPI_RES_CHECK(res, off, width, width);				\
	return (bus_space_read_##width(res->kr_tag, res->kr_handle,	\
	    off));							\
}									\
KPI_INLINE void								\
kpi_write_##width(const struct kpi_res *res, bus_size_t off, type val)	\
{									\
	KPI_RES_CHECK(res, off, width, width);				\
	bus_space_write_##width(res->kr_tag, res->kr_handle, off, val);	\
}

KPI_BUS_ACCESSORS(1, uint8_t)
KPI_BUS_ACCESSORS(2, uint16_t)
KPI_BUS_ACCESSORS(4, uint32_t)
KPI_BUS_ACCESSORS(8, uint64_t)
#undef KPI_BUS_ACCESSORS

#define	KPI_BUS_REGIONS(width, type)					\
KPI_INLINE void								\
kpi_read_region_##width(const struct kpi_res *res, bus_size_t off,	\
    type *buf, size_t count)						\
{									\
	KPI_RES_CHECK(res, off, count * width, width);			\
	bus_space_read_region_##width(res->kr_tag, res->kr_handle, off,	\
	    buf, count);						\
}									\
KPI_INLINE void								\
kpi_write_region_##width(const struct kpi_res *res, bus_size_t off,	\
    const type *buf, size_t count)					\
{									\
	KPI_RES_CHECK(res, off, count * width, width);			\
	bus_space_write_region_##width(res->kr_tag, res->kr_handle, off, \
	    buf, count);						\
}

KPI_BUS_REGIONS(1, uint8_t)
KPI_BUS_REGIONS(4, uint32_t)
#undef KPI_BUS_REGIONS

KPI_INLINE void
kpi_barrier(const struct kpi_res *res, bus_size_t off, bus_size_t len,
    int flags)
{
	KPI_RES_CHECK(res, off, len, 1);
	bus_space_barrier(res->kr_tag, res->kr_handle, off, len, flags);
}

KPI_INLINE void
kpi_io_publish(void)
{
	wmb();
}

KPI_INLINE void
kpi_io_acquire(void)
{
	rmb();
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_BUS_H_ */
