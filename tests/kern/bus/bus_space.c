/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * bus_space(9) over registered models.
 *
 * A model (struct tk_mmio) owns a range of bus addresses; a mapping (struct
 * space_map) is a part of that range.  A driver gets one by activating a
 * resource, by bus_map_resource(), bus_space_map() or bus_space_subregion().  A
 * handle is a mapping's number shifted left.  Numbers are never used again, so
 * a handle that outlives its mapping is recognised.
 *
 * Models are called on the accessing thread with no lock of this file held.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <machine/bus.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"
#include "tk_host.h"

#define	SPACE_SHIFT	40		/* offset bits of a handle */
#define	SPACE_OFFSET	(((u_long)1 << SPACE_SHIFT) - 1)
#define	SPACE_CHUNK	1024		/* mappings per table chunk */
#define	SPACE_CHUNKS	4096

struct bus_space {
	const char	*name;
};

struct bus_space memmap_bus = { .name = "memory" };

struct tk_mmio {
	struct tk_mmio	*next;
	char		*name;
	uint64_t	 base;		/* bus address */
	uint64_t	 size;		/* bytes */
	const struct tk_mmio_ops *ops;
	void		*arg;
	int		 mapped;	/* windows on it */
	struct tk_mmio_stats stats;
};

struct space_map {
	struct tk_mmio	*mmio;
	struct space_map *whole;	/* of a subregion; NULL */
	uint64_t	 start;		/* offset in the model */
	uint64_t	 size;		/* bytes */
	bool		 dead;
};

static struct tk_mmio *space_models;
static struct space_map *space_table[SPACE_CHUNKS];
static u_long space_count;		/* mappings ever made */

static void
space_start(void)
{
	space_models = NULL;
	memset(space_table, 0, sizeof(space_table));
	space_count = 0;
}
TK_INIT_PRIO(space_start, 110);

/*
 * Mappings
 */

/* A new mapping's handle; 0 when the table is full. */
static bus_space_handle_t
space_new(const struct space_map *template)
{
	struct space_map *chunk;
	u_long id;

	tk_lock();
	id = space_count + 1;
	if (id / SPACE_CHUNK >= SPACE_CHUNKS) {
		tk_unlock();
		return (0);
	}
	chunk = space_table[id / SPACE_CHUNK];
	if (chunk == NULL) {
		chunk = tk_tomb_alloc(SPACE_CHUNK * sizeof(*chunk));
		space_table[id / SPACE_CHUNK] = chunk;
	}
	chunk[id % SPACE_CHUNK] = *template;
	space_count = id;
	if (template->whole == NULL)	/* only whole mappings count */
		template->mmio->mapped++;
	tk_unlock();
	return (id << SPACE_SHIFT);
}

/* The mapping of a handle.  Stops the run if the mapping is gone. */
static struct space_map *
space_find(bus_space_tag_t t, bus_space_handle_t h, const char *call)
{
	struct space_map *m;
	u_long id;

	id = h >> SPACE_SHIFT;
	if (t != &memmap_bus)
		tk_stop("bus-space", "%s: no bus space tag", call);
	if (id == 0 || id > space_count || (h & SPACE_OFFSET) != 0)
		tk_stop("bus-space", "%s: %#lx is no handle", call, h);
	m = &space_table[id / SPACE_CHUNK][id % SPACE_CHUNK];
	if (m->dead || (m->whole != NULL && m->whole->dead))
		tk_stop("bus-space", "%s: the mapping of %s was released",
		    call, m->mmio->name);
	return (m);
}

static struct tk_mmio *
space_model_at(uint64_t addr, uint64_t size)
{
	struct tk_mmio *mmio;

	for (mmio = space_models; mmio != NULL; mmio = mmio->next)
		if (addr >= mmio->base && addr - mmio->base < mmio->size &&
		    size <= mmio->size - (addr - mmio->base))
			return (mmio);
	return (NULL);
}

int
tk_space_map(bus_addr_t addr, bus_size_t size, bus_space_handle_t *hp)
{
	struct space_map m = { .size = size };

	tk_preempt();
	if (size == 0)
		return (EINVAL);
	tk_lock();
	m.mmio = space_model_at(addr, size);
	tk_unlock();
	if (m.mmio == NULL)
		return (ENXIO);
	m.start = addr - m.mmio->base;
	if (tk_fault("bus_space_map"))
		return (ENOMEM);
	*hp = space_new(&m);
	return (*hp != 0 ? 0 : ENOMEM);
}

void
tk_space_unmap(bus_space_handle_t h)
{
	struct space_map *m;

	tk_preempt();
	m = space_find(&memmap_bus, h, "bus_space_unmap");
	if (m->whole != NULL)
		tk_stop("bus-space", "bus_space_unmap: a subregion of %s",
		    m->mmio->name);
	tk_lock();
	m->dead = true;
	m->mmio->mapped--;
	tk_unlock();
}

int
bus_space_map(bus_space_tag_t t, bus_addr_t addr, bus_size_t size, int flags,
    bus_space_handle_t *hp)
{
	KASSERT(t == &memmap_bus, ("%s: no bus space tag", __func__));
	return (tk_space_map(addr, size, hp));
}

void
bus_space_unmap(bus_space_tag_t t, bus_space_handle_t h, bus_size_t size)
{
	struct space_map *m;

	m = space_find(t, h, __func__);
	if (m->size != size)
		tk_stop("bus-space", "%s: %#lx bytes of a mapping of %#jx",
		    __func__, size, (uintmax_t)m->size);
	tk_space_unmap(h);
}

int
bus_space_subregion(bus_space_tag_t t, bus_space_handle_t h,
    bus_size_t offset, bus_size_t size, bus_space_handle_t *hp)
{
	struct space_map *m, part;

	m = space_find(t, h, __func__);
	if (size == 0 || offset > m->size || size > m->size - offset)
		return (EINVAL);
	if (tk_fault("bus_space_subregion"))
		return (ENOMEM);
	part = *m;
	part.whole = m->whole != NULL ? m->whole : m;
	part.start = m->start + offset;
	part.size = size;
	*hp = space_new(&part);
	return (*hp != 0 ? 0 : ENOMEM);
}

/*
 * Accesses
 */

static bool
space_allows(const struct space_map *m, bus_size_t off, u_int width,
    bus_size_t count)
{
	unsigned int widths;

	widths = m->mmio->ops->widths;
	return (off <= m->size && count <= (m->size - off) / width &&
	    (m->start + off) % width == 0 &&
	    (widths == 0 || (widths & width) != 0));
}

/* The mapping, if count values of this width may be accessed at off. */
static struct space_map *
space_check(bus_space_tag_t t, bus_space_handle_t h, bus_size_t off,
    u_int width, bus_size_t count, const char *call)
{
	struct space_map *m;
	bus_size_t bytes;

	m = space_find(t, h, call);
	if (space_allows(m, off, width, count))
		return (m);
	bytes = width * count;
	if ((m->start + off) % width != 0)
		tk_stop("bus-space", "%s: %u bytes at %#lx of %s, misaligned",
		    call, width, off, m->mmio->name);
	if (off > m->size || bytes > m->size - off)
		tk_stop("bus-space", "%s: %lu bytes at %#lx of %s, which has "
		    "%#jx", call, bytes, off, m->mmio->name,
		    (uintmax_t)m->size);
	tk_stop("bus-space", "%s: %s has no registers of %u bytes", call,
	    m->mmio->name, width);
}

static uint64_t
space_read(const struct space_map *m, bus_size_t off, u_int width)
{
	uint64_t value;

	tk_preempt();
	__atomic_fetch_add(&m->mmio->stats.reads, 1, __ATOMIC_RELAXED);
	value = m->mmio->ops->read(m->mmio->arg, m->start + off, width);
	tk_preempt();
	return (value);
}

static void
space_write(const struct space_map *m, bus_size_t off, u_int width,
    uint64_t value)
{
	tk_preempt();
	__atomic_fetch_add(&m->mmio->stats.writes, 1, __ATOMIC_RELAXED);
	m->mmio->ops->write(m->mmio->arg, m->start + off, width, value);
	tk_preempt();
}

void
bus_space_barrier(bus_space_tag_t t, bus_space_handle_t h, bus_size_t off,
    bus_size_t len, int flags)
{
	struct space_map *m;

	m = space_check(t, h, off, 1, len, __func__);
	if ((flags & ~(BUS_SPACE_BARRIER_READ | BUS_SPACE_BARRIER_WRITE)) != 0
	    || flags == 0)
		tk_stop("bus-space", "%s: flags %#x", __func__, flags);
	__atomic_fetch_add(&m->mmio->stats.barriers, 1, __ATOMIC_SEQ_CST);
	tk_preempt();
}

/* Copy forward or backward, so that overlapping regions come out right. */
static void
space_copy(const struct space_map *from, bus_size_t from_off,
    const struct space_map *to, bus_size_t to_off, u_int width,
    bus_size_t count)
{
	bus_size_t at, i;

	for (i = 0; i < count; i++) {
		at = width * (from_off < to_off ? count - 1 - i : i);
		space_write(to, to_off + at, width,
		    space_read(from, from_off + at, width));
	}
}

#define	BUS_SPACE_FUNCTIONS(width, type)				\
type									\
bus_space_read_##width(bus_space_tag_t t, bus_space_handle_t h,		\
    bus_size_t off)							\
{									\
	return (space_read(space_check(t, h, off, width, 1, __func__),	\
	    off, width));						\
}									\
									\
void									\
bus_space_write_##width(bus_space_tag_t t, bus_space_handle_t h,	\
    bus_size_t off, type value)						\
{									\
	space_write(space_check(t, h, off, width, 1, __func__), off,	\
	    width, value);						\
}									\
									\
void									\
bus_space_read_multi_##width(bus_space_tag_t t, bus_space_handle_t h,	\
    bus_size_t off, type *data, bus_size_t count)			\
{									\
	struct space_map *m;						\
									\
	m = space_check(t, h, off, width, 1, __func__);			\
	while (count-- > 0)						\
		*data++ = space_read(m, off, width);			\
}									\
									\
void									\
bus_space_write_multi_##width(bus_space_tag_t t, bus_space_handle_t h,	\
    bus_size_t off, const type *data, bus_size_t count)			\
{									\
	struct space_map *m;						\
									\
	m = space_check(t, h, off, width, 1, __func__);			\
	while (count-- > 0)						\
		space_write(m, off, width, *data++);			\
}									\
									\
void									\
bus_space_read_region_##width(bus_space_tag_t t, bus_space_handle_t h,	\
    bus_size_t off, type *data, bus_size_t count)			\
{									\
	struct space_map *m;						\
									\
	m = space_check(t, h, off, width, count, __func__);		\
	for (; count-- > 0; off += width)				\
		*data++ = space_read(m, off, width);			\
}									\
									\
void									\
bus_space_write_region_##width(bus_space_tag_t t,			\
    bus_space_handle_t h, bus_size_t off, const type *data,		\
    bus_size_t count)							\
{									\
	struct space_map *m;						\
									\
	m = space_check(t, h, off, width, count, __func__);		\
	for (; count-- > 0; off += width)				\
		space_write(m, off, width, *data++);			\
}									\
									\
void									\
bus_space_set_multi_##width(bus_space_tag_t t, bus_space_handle_t h,	\
    bus_size_t off, type value, bus_size_t count)			\
{									\
	struct space_map *m;						\
									\
	m = space_check(t, h, off, width, 1, __func__);			\
	while (count-- > 0)						\
		space_write(m, off, width, value);			\
}									\
									\
void									\
bus_space_set_region_##width(bus_space_tag_t t, bus_space_handle_t h,	\
    bus_size_t off, type value, bus_size_t count)			\
{									\
	struct space_map *m;						\
									\
	m = space_check(t, h, off, width, count, __func__);		\
	for (; count-- > 0; off += width)				\
		space_write(m, off, width, value);			\
}									\
									\
void									\
bus_space_copy_region_##width(bus_space_tag_t t, bus_space_handle_t h1,	\
    bus_size_t off1, bus_space_handle_t h2, bus_size_t off2,		\
    bus_size_t count)							\
{									\
	space_copy(space_check(t, h1, off1, width, count, __func__),	\
	    off1, space_check(t, h2, off2, width, count, __func__),	\
	    off2, width, count);					\
}									\
									\
int									\
bus_space_peek_##width(bus_space_tag_t t, bus_space_handle_t h,		\
    bus_size_t off, type *value)					\
{									\
	struct space_map *m;						\
									\
	m = space_find(t, h, __func__);					\
	if (!space_allows(m, off, width, 1))				\
		return (EFAULT);					\
	*value = space_read(m, off, width);				\
	return (0);							\
}									\
									\
int									\
bus_space_poke_##width(bus_space_tag_t t, bus_space_handle_t h,		\
    bus_size_t off, type value)						\
{									\
	struct space_map *m;						\
									\
	m = space_find(t, h, __func__);					\
	if (!space_allows(m, off, width, 1))				\
		return (EFAULT);					\
	space_write(m, off, width, value);				\
	return (0);							\
}									\
struct __hack

BUS_SPACE_FUNCTIONS(1, uint8_t);
BUS_SPACE_FUNCTIONS(2, uint16_t);
BUS_SPACE_FUNCTIONS(4, uint32_t);
BUS_SPACE_FUNCTIONS(8, uint64_t);

/*
 * Models
 */

struct tk_mmio *
tk_mmio_add(const char *name, uint64_t base, uint64_t size,
    const struct tk_mmio_ops *ops, void *arg)
{
	struct tk_mmio *mmio, *other;

	KASSERT(size != 0 && size <= SPACE_OFFSET && base + size > base,
	    ("%s: %#jx bytes", name, (uintmax_t)size));
	mmio = tk_tomb_alloc(sizeof(*mmio) + strlen(name) + 1);
	mmio->name = strcpy((char *)(mmio + 1), name);
	mmio->base = base;
	mmio->size = size;
	mmio->ops = ops;
	mmio->arg = arg;
	tk_lock();
	for (other = space_models; other != NULL; other = other->next)
		if (base < other->base + other->size &&
		    other->base < base + size)
			break;
	if (other == NULL) {
		mmio->next = space_models;
		space_models = mmio;
	}
	tk_unlock();
	return (other == NULL ? mmio : NULL);
}

void
tk_mmio_remove(struct tk_mmio *mmio)
{
	struct tk_mmio **prev;

	if (mmio->mapped != 0)
		tk_stop("bus-space", "model %s goes while a driver has it "
		    "mapped", mmio->name);
	tk_lock();
	for (prev = &space_models; *prev != mmio; prev = &(*prev)->next)
		KASSERT(*prev != NULL, ("model %s is not there", mmio->name));
	*prev = mmio->next;
	tk_unlock();
}

void
tk_mmio_stats(const struct tk_mmio *mmio, struct tk_mmio_stats *stats)
{
	stats->reads = __atomic_load_n(&mmio->stats.reads, __ATOMIC_RELAXED);
	stats->writes = __atomic_load_n(&mmio->stats.writes, __ATOMIC_RELAXED);
	stats->barriers = __atomic_load_n(&mmio->stats.barriers,
	    __ATOMIC_RELAXED);
}

void
tk_mmio_stats_clear(struct tk_mmio *mmio)
{
	mmio->stats = (struct tk_mmio_stats){ 0 };
}
