/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * bus_space(9): access to registers of the models that tk_mmio_add() made
 * known (tk_bus.h).
 *
 * A handle names one mapping and is never used for another.  Each access must
 * be inside the mapping and aligned to its width, and the mapping must still
 * exist.  The peek and poke family reports a refusal as EFAULT instead.  All of
 * them may be called in any context.
 */

#ifndef _MACHINE_BUS_H_
#define	_MACHINE_BUS_H_

#include <machine/_bus.h>

#define	BUS_SPACE_ALIGNED_POINTER(p, t)	ALIGNED_POINTER(p, t)

#define	BUS_SPACE_MAXADDR_24BIT	0xFFFFFFUL
#define	BUS_SPACE_MAXADDR_32BIT	0xFFFFFFFFUL
#define	BUS_SPACE_MAXADDR_36BIT	0xFFFFFFFFFUL
#define	BUS_SPACE_MAXADDR_40BIT	0xFFFFFFFFFFUL
#define	BUS_SPACE_MAXSIZE_24BIT	0xFFFFFFUL
#define	BUS_SPACE_MAXSIZE_32BIT	0xFFFFFFFFUL
#define	BUS_SPACE_MAXSIZE_40BIT	0xFFFFFFFFFFUL

#define	BUS_SPACE_MAXADDR	0xFFFFFFFFFFFFFFFFUL
#define	BUS_SPACE_MAXSIZE	0xFFFFFFFFFFFFFFFFUL

#define	BUS_SPACE_MAP_CACHEABLE		0x01
#define	BUS_SPACE_MAP_LINEAR		0x02
#define	BUS_SPACE_MAP_PREFETCHABLE	0x04
#define	BUS_SPACE_MAP_NONPOSTED		0x08

#define	BUS_SPACE_UNRESTRICTED	(~0)

#define	BUS_SPACE_BARRIER_READ	0x01
#define	BUS_SPACE_BARRIER_WRITE	0x02

/* The one address space, of memory-mapped registers. */
extern struct bus_space memmap_bus;

/* Maps size bytes at a bus address that a model owns; ENXIO when none does. */
int	bus_space_map(bus_space_tag_t, bus_addr_t addr, bus_size_t size,
	    int flags, bus_space_handle_t *);
void	bus_space_unmap(bus_space_tag_t, bus_space_handle_t, bus_size_t);

/*
 * A handle for a part of a mapping.  It is invalid once the whole mapping has
 * ended.  EINVAL.
 */
int	bus_space_subregion(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t offset, bus_size_t size, bus_space_handle_t *);

/*
 * Orders accesses to the region.  Calls are counted; there is no other effect.
 */
void	bus_space_barrier(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t offset, bus_size_t length, int flags);

/* One value at an offset, in host byte order. */
uint8_t bus_space_read_1(bus_space_tag_t, bus_space_handle_t, bus_size_t);
uint16_t bus_space_read_2(bus_space_tag_t, bus_space_handle_t, bus_size_t);
uint32_t bus_space_read_4(bus_space_tag_t, bus_space_handle_t, bus_size_t);
uint64_t bus_space_read_8(bus_space_tag_t, bus_space_handle_t, bus_size_t);

void	bus_space_write_1(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint8_t);
void	bus_space_write_2(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint16_t);
void	bus_space_write_4(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint32_t);
void	bus_space_write_8(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint64_t);

/* count values through one register. */
void	bus_space_read_multi_1(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint8_t *, bus_size_t);
void	bus_space_read_multi_2(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint16_t *, bus_size_t);
void	bus_space_read_multi_4(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint32_t *, bus_size_t);
void	bus_space_read_multi_8(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint64_t *, bus_size_t);

void	bus_space_write_multi_1(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, const uint8_t *, bus_size_t);
void	bus_space_write_multi_2(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, const uint16_t *, bus_size_t);
void	bus_space_write_multi_4(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, const uint32_t *, bus_size_t);
void	bus_space_write_multi_8(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, const uint64_t *, bus_size_t);

/* count values at consecutive offsets. */
void	bus_space_read_region_1(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint8_t *, bus_size_t);
void	bus_space_read_region_2(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint16_t *, bus_size_t);
void	bus_space_read_region_4(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint32_t *, bus_size_t);
void	bus_space_read_region_8(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint64_t *, bus_size_t);

void	bus_space_write_region_1(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, const uint8_t *, bus_size_t);
void	bus_space_write_region_2(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, const uint16_t *, bus_size_t);
void	bus_space_write_region_4(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, const uint32_t *, bus_size_t);
void	bus_space_write_region_8(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, const uint64_t *, bus_size_t);

/* One value written count times, to one register or to a region. */
void	bus_space_set_multi_1(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint8_t, bus_size_t);
void	bus_space_set_multi_2(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint16_t, bus_size_t);
void	bus_space_set_multi_4(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint32_t, bus_size_t);
void	bus_space_set_multi_8(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint64_t, bus_size_t);

void	bus_space_set_region_1(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint8_t, bus_size_t);
void	bus_space_set_region_2(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint16_t, bus_size_t);
void	bus_space_set_region_4(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint32_t, bus_size_t);
void	bus_space_set_region_8(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, uint64_t, bus_size_t);

/* count values from one region to another; the regions may overlap. */
void	bus_space_copy_region_1(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, bus_space_handle_t, bus_size_t, bus_size_t);
void	bus_space_copy_region_2(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, bus_space_handle_t, bus_size_t, bus_size_t);
void	bus_space_copy_region_4(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, bus_space_handle_t, bus_size_t, bus_size_t);
void	bus_space_copy_region_8(bus_space_tag_t, bus_space_handle_t,
	    bus_size_t, bus_space_handle_t, bus_size_t, bus_size_t);

/* An access that may be refused: 0 or EFAULT. */
int	bus_space_peek_1(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint8_t *);
int	bus_space_peek_2(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint16_t *);
int	bus_space_peek_4(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint32_t *);
int	bus_space_peek_8(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint64_t *);

int	bus_space_poke_1(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint8_t);
int	bus_space_poke_2(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint16_t);
int	bus_space_poke_4(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint32_t);
int	bus_space_poke_8(bus_space_tag_t, bus_space_handle_t, bus_size_t,
	    uint64_t);

/*
 * The stream variants differ only in byte order.  The host and the models are
 * both little-endian.
 */
#define	bus_space_read_stream_1	bus_space_read_1
#define	bus_space_read_stream_2	bus_space_read_2
#define	bus_space_read_stream_4	bus_space_read_4
#define	bus_space_read_stream_8	bus_space_read_8
#define	bus_space_write_stream_1	bus_space_write_1
#define	bus_space_write_stream_2	bus_space_write_2
#define	bus_space_write_stream_4	bus_space_write_4
#define	bus_space_write_stream_8	bus_space_write_8
#define	bus_space_read_multi_stream_1	bus_space_read_multi_1
#define	bus_space_read_multi_stream_2	bus_space_read_multi_2
#define	bus_space_read_multi_stream_4	bus_space_read_multi_4
#define	bus_space_read_multi_stream_8	bus_space_read_multi_8
#define	bus_space_write_multi_stream_1	bus_space_write_multi_1
#define	bus_space_write_multi_stream_2	bus_space_write_multi_2
#define	bus_space_write_multi_stream_4	bus_space_write_multi_4
#define	bus_space_write_multi_stream_8	bus_space_write_multi_8
#define	bus_space_read_region_stream_1	bus_space_read_region_1
#define	bus_space_read_region_stream_2	bus_space_read_region_2
#define	bus_space_read_region_stream_4	bus_space_read_region_4
#define	bus_space_read_region_stream_8	bus_space_read_region_8
#define	bus_space_write_region_stream_1	bus_space_write_region_1
#define	bus_space_write_region_stream_2	bus_space_write_region_2
#define	bus_space_write_region_stream_4	bus_space_write_region_4
#define	bus_space_write_region_stream_8	bus_space_write_region_8
#define	bus_space_set_multi_stream_1	bus_space_set_multi_1
#define	bus_space_set_multi_stream_2	bus_space_set_multi_2
#define	bus_space_set_multi_stream_4	bus_space_set_multi_4
#define	bus_space_set_multi_stream_8	bus_space_set_multi_8
#define	bus_space_set_region_stream_1	bus_space_set_region_1
#define	bus_space_set_region_stream_2	bus_space_set_region_2
#define	bus_space_set_region_stream_4	bus_space_set_region_4
#define	bus_space_set_region_stream_8	bus_space_set_region_8

#include <machine/bus_dma.h>

#endif /* !_MACHINE_BUS_H_ */
