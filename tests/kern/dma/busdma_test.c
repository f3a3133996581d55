/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* bus_dma(9): tags, maps, segments, syncs, and what breaks their rules. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <machine/bus.h>
#include <vm/vm.h>
#include <vm/pmap.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_host.h"
#include "tk_test.h"
#include "tk_test_thread.h"

#define	MAXSEGS	64

/* What the last callback was told. */
static struct {
	int		  calls;
	int		  error;
	int		  nsegs;
	bus_dma_segment_t segs[MAXSEGS];
} told;

static void
callback(void *arg, bus_dma_segment_t *segs, int nsegs, int error)
{
	told.calls++;
	told.error = error;
	told.nsegs = nsegs;
	TK_CHECK(nsegs <= MAXSEGS);
	memcpy(told.segs, segs, nsegs * sizeof(*segs));
}

static bus_dma_tag_t
make_tag(bus_size_t align, bus_addr_t boundary, bus_size_t maxsize,
    int nsegs, bus_size_t maxsegsz)
{
	bus_dma_tag_t tag;

	memset(&told, 0, sizeof(told));
	TK_EQ(bus_dma_tag_create(NULL, align, boundary, BUS_SPACE_MAXADDR,
	    BUS_SPACE_MAXADDR, NULL, NULL, maxsize, nsegs, maxsegsz, 0, NULL,
	    NULL, &tag), 0);
	return (tag);
}

/* DMA memory of a size in one segment, loaded. */
struct mem {
	bus_dma_tag_t	 tag;
	bus_dmamap_t	 map;
	char		*cpu;
	char		*dev;
	bus_addr_t	 paddr;
};

static struct mem
make_mem(size_t size, int flags)
{
	struct mem m;

	m.tag = make_tag(1, 0, size, 1, size);
	TK_EQ(bus_dmamem_alloc(m.tag, (void **)&m.cpu, flags, &m.map), 0);
	TK_EQ(bus_dmamap_load(m.tag, m.map, m.cpu, size, callback, NULL,
	    BUS_DMA_NOWAIT), 0);
	TK_EQ(told.calls, 1);
	TK_EQ(told.error, 0);
	TK_EQ(told.nsegs, 1);
	TK_EQ(told.segs[0].ds_len, size);
	m.paddr = told.segs[0].ds_addr;
	m.dev = tk_ram_ptr(m.paddr, size);
	TK_CHECK(m.dev != NULL && m.dev != m.cpu);
	return (m);
}

static void
free_mem(struct mem *m)
{
	bus_dmamap_unload(m->tag, m->map);
	bus_dmamem_free(m->tag, m->cpu, m->map);
	TK_EQ(bus_dma_tag_destroy(m->tag), 0);
}

/* The device writes, and says so. */
static void
device_write(struct mem *m, size_t off, const char *data, size_t len)
{
	memcpy(m->dev + off, data, len);
	tk_dma_device_wrote(m->paddr + off, len);
}

/*
 * Syncs
 */

TK_CASE(what_the_cpu_wrote_reaches_the_device_at_prewrite)
{
	struct mem m = make_mem(100, 0);

	memcpy(m.cpu, "hello", 5);
	TK_CHECK(memcmp(m.dev, "hello", 5) != 0);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREWRITE);
	TK_CHECK(memcmp(m.dev, "hello", 5) == 0);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTWRITE);
	free_mem(&m);
}

TK_CASE(what_the_device_wrote_reaches_the_cpu_at_postread)
{
	struct mem m = make_mem(100, BUS_DMA_ZERO);

	TK_EQ(m.cpu[99], 0);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREREAD);
	device_write(&m, 10, "world", 5);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTREAD);
	TK_CHECK(memcmp(m.cpu + 10, "world", 5) == 0);
	TK_EQ(m.cpu[9], 0);
	TK_EQ(m.cpu[15], 0);
	free_mem(&m);
}

TK_CASE(both_directions_may_be_one_sync)
{
	struct mem m = make_mem(64, BUS_DMA_ZERO | BUS_DMA_COHERENT);

	for (int i = 0; i < 5; i++) {
		m.cpu[0] = 'a' + i;
		bus_dmamap_sync(m.tag, m.map,
		    BUS_DMASYNC_PREREAD | BUS_DMASYNC_PREWRITE);
		TK_EQ(m.dev[0], 'a' + i);
		device_write(&m, 32, "x", 1);
		bus_dmamap_sync(m.tag, m.map,
		    BUS_DMASYNC_POSTREAD | BUS_DMASYNC_POSTWRITE);
		TK_EQ(m.cpu[32], 'x');
		TK_EQ(m.cpu[0], 'a' + i);
	}
	free_mem(&m);
}

TK_CASE(prewrite_spares_what_the_device_has_written)
{
	struct mem m = make_mem(8192, BUS_DMA_ZERO);

	/* A period is in flight when the CPU hands over the next one. */
	bus_dmamap_sync(m.tag, m.map,
	    BUS_DMASYNC_PREREAD | BUS_DMASYNC_PREWRITE);
	device_write(&m, 100, "status", 6);
	memcpy(m.cpu + 4096, "period", 6);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREWRITE);
	TK_CHECK(memcmp(m.dev + 4096, "period", 6) == 0);
	TK_CHECK(memcmp(m.dev + 100, "status", 6) == 0);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTREAD);
	TK_CHECK(memcmp(m.cpu + 100, "status", 6) == 0);
	TK_CHECK(memcmp(m.cpu + 4096, "period", 6) == 0);
	free_mem(&m);
}

TK_CASE(prewrite_spares_what_the_device_is_still_writing)
{
	struct mem m = make_mem(8192, BUS_DMA_ZERO);

	bus_dmamap_sync(m.tag, m.map,
	    BUS_DMASYNC_PREREAD | BUS_DMASYNC_PREWRITE);
	/* The device writes, but has not reported it yet. */
	memcpy(m.dev + 100, "status", 6);
	memcpy(m.cpu + 4096, "period", 6);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREWRITE);
	TK_CHECK(memcmp(m.dev + 100, "status", 6) == 0);
	tk_dma_device_wrote(m.paddr + 100, 6);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTREAD);
	TK_CHECK(memcmp(m.cpu + 100, "status", 6) == 0);
	free_mem(&m);
}

TK_CASE(a_forgotten_sync_shows_as_poison)
{
	struct mem m = make_mem(64, 0);

	TK_EQ((unsigned char)m.cpu[0], 0xa5);
	TK_EQ((unsigned char)m.dev[0], 0xdb);
	m.cpu[0] = 1;
	TK_EQ((unsigned char)m.dev[0], 0xdb);
	free_mem(&m);
}

TK_CASE(neighbours_of_what_the_device_wrote_may_be_accessed)
{
	struct mem m = make_mem(4096, BUS_DMA_ZERO);

	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREREAD);
	device_write(&m, 64, "data", 4);
	TK_EQ(m.cpu[0], 0);
	TK_EQ(m.cpu[63], 0);
	TK_EQ(m.cpu[68], 0);
	device_write(&m, 128, "more", 4);
	m.cpu[200] = 7;
	/* The CPU's byte is handed over before POSTREAD. */
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREWRITE);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTREAD);
	TK_CHECK(memcmp(m.cpu + 64, "data", 4) == 0);
	TK_CHECK(memcmp(m.cpu + 128, "more", 4) == 0);
	TK_EQ(m.cpu[200], 7);
	free_mem(&m);
}

static struct mem shared;
static bool agent_done;		/* atomic */

static void
agent_writes(void *arg)
{
	char data[8];

	for (int i = 1; i <= 200; i++) {
		memset(data, i, sizeof(data));
		device_write(&shared, 4096, data, sizeof(data));
		tk_agent_wait(tk_now_ns() + 10000);
	}
	__atomic_store_n(&agent_done, true, __ATOMIC_RELEASE);
}

TK_CASE_THREADED(syncs_of_one_transfer_do_not_disturb_another)
{
	struct tk_agent *agent;

	shared = make_mem(8192, BUS_DMA_ZERO);
	__atomic_store_n(&agent_done, false, __ATOMIC_RELEASE);
	bus_dmamap_sync(shared.tag, shared.map,
	    BUS_DMASYNC_PREREAD | BUS_DMASYNC_PREWRITE);
	tk_agent_create(&agent, "writer", agent_writes, NULL);
	for (int i = 0; !__atomic_load_n(&agent_done, __ATOMIC_ACQUIRE);
	    i++) {
		shared.cpu[i % 4096] = i;
		bus_dmamap_sync(shared.tag, shared.map, BUS_DMASYNC_PREWRITE);
		TK_EQ(shared.dev[i % 4096], (char)i);
	}
	bus_dmamap_sync(shared.tag, shared.map, BUS_DMASYNC_POSTREAD);
	TK_EQ((unsigned char)shared.cpu[4096], 200);
	TK_EQ((unsigned char)shared.cpu[4103], 200);
	tk_agent_stop(agent);
	free_mem(&shared);
}

TK_CASE(what_syncs_move_is_counted)
{
	struct tk_dma_stats stats;
	struct mem m = make_mem(1000, BUS_DMA_ZERO);

	tk_dma_stats_clear();
	memset(m.cpu, 1, 10);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREWRITE);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREWRITE);
	tk_dma_stats(&stats);
	TK_EQ(stats.syncs, 2);
	TK_EQ(stats.moved, 10);
	free_mem(&m);
}

/*
 * Segments
 */

TK_CASE(pages_of_a_buffer_are_not_contiguous_for_the_device)
{
	bus_dma_tag_t tag = make_tag(1, 0, 65536, 17, 65536);
	bus_dmamap_t map;
	char *buf;

	buf = malloc(3 * PAGE_SIZE, M_DEVBUF, M_WAITOK | M_ZERO);
	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	TK_EQ(bus_dmamap_load(tag, map, buf, 3 * PAGE_SIZE, callback, NULL,
	    0), 0);
	TK_CHECK(told.nsegs >= 3);
	/* The copy keeps the buffer's offset in the page. */
	TK_EQ(told.segs[0].ds_addr & PAGE_MASK, (uintptr_t)buf & PAGE_MASK);
	buf[2 * PAGE_SIZE] = 'z';
	bus_dmamap_sync(tag, map, BUS_DMASYNC_PREWRITE);
	bus_dmamap_unload(tag, map);
	TK_EQ(bus_dmamap_destroy(tag, map), 0);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
	free(buf, M_DEVBUF);
}

TK_CASE(too_many_segments_are_reported_to_the_callback)
{
	bus_dma_tag_t tag = make_tag(1, 0, 65536, 2, 65536);
	bus_dmamap_t map;
	char *buf;

	buf = malloc_aligned(4 * PAGE_SIZE, PAGE_SIZE, M_DEVBUF, M_WAITOK);
	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	TK_EQ(bus_dmamap_load(tag, map, buf, 4 * PAGE_SIZE, callback, NULL,
	    BUS_DMA_NOWAIT), 0);
	TK_EQ(told.error, EFBIG);
	TK_EQ(told.nsegs, 0);
	/* FreeBSD's amd64 keeps the bounce pages that it had taken. */
	TK_EQ(bus_dmamap_destroy(tag, map), EBUSY);
	bus_dmamap_unload(tag, map);
	/* And one that it had reserved, of which this makes use. */
	TK_EQ(bus_dmamap_load(tag, map, buf, 1, callback, NULL,
	    BUS_DMA_NOWAIT), 0);
	TK_EQ(told.error, 0);
	bus_dmamap_unload(tag, map);
	TK_EQ(bus_dmamap_destroy(tag, map), 0);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
	free(buf, M_DEVBUF);
}

TK_CASE(segments_respect_their_greatest_size)
{
	bus_dma_tag_t tag = make_tag(1, 0, 4096, 8, 1000);
	bus_dmamap_t map;
	char *mem;

	TK_EQ(bus_dmamem_alloc(tag, (void **)&mem, 0, &map), 0);
	TK_EQ(bus_dmamap_load(tag, map, mem, 4096, callback, NULL, 0), 0);
	TK_EQ(told.nsegs, 5);
	for (int i = 0; i < 4; i++)
		TK_EQ(told.segs[i].ds_len, 1000);
	TK_EQ(told.segs[4].ds_len, 96);
	bus_dmamap_unload(tag, map);
	bus_dmamem_free(tag, mem, map);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

TK_CASE(segments_do_not_cross_a_boundary)
{
	bus_dma_tag_t tag = make_tag(1, 1024, 4096, 5, 4096);
	bus_dmamap_t map;
	char *mem;

	TK_EQ(bus_dmamem_alloc(tag, (void **)&mem, 0, &map), 0);
	TK_EQ(bus_dmamap_load(tag, map, mem, 4096, callback, NULL, 0), 0);
	TK_EQ(told.nsegs, 4);
	for (int i = 0; i < told.nsegs; i++)
		TK_EQ(told.segs[i].ds_addr / 1024,
		    (told.segs[i].ds_addr + told.segs[i].ds_len - 1) / 1024);
	bus_dmamap_unload(tag, map);
	bus_dmamem_free(tag, mem, map);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

TK_CASE(memory_has_the_alignment_of_its_tag)
{
	struct mem m;

	for (bus_size_t align = 1; align <= 65536; align *= 4) {
		m.tag = make_tag(align, 0, 5000, 1, 5000);
		TK_EQ(bus_dmamem_alloc(m.tag, (void **)&m.cpu, 0, &m.map), 0);
		TK_EQ(bus_dmamap_load(m.tag, m.map, m.cpu, 5000, callback,
		    NULL, 0), 0);
		TK_EQ(told.segs[0].ds_addr % align, 0);
		free_mem(&m);
	}
}

TK_CASE(part_of_the_memory_may_be_loaded)
{
	bus_dma_tag_t tag = make_tag(1, 0, 8192, 1, 8192);
	bus_dmamap_t map;
	char *dev, *mem;

	TK_EQ(bus_dmamem_alloc(tag, (void **)&mem, BUS_DMA_ZERO, &map), 0);
	TK_EQ(bus_dmamap_load(tag, map, mem + 100, 50, callback, NULL, 0), 0);
	TK_EQ(told.segs[0].ds_len, 50);
	dev = tk_ram_ptr(told.segs[0].ds_addr, 50);
	memset(mem, 'q', 200);
	bus_dmamap_sync(tag, map, BUS_DMASYNC_PREWRITE);
	TK_EQ(dev[0], 'q');
	TK_EQ(dev[49], 'q');
	TK_EQ(dev[50], 0);
	TK_EQ(dev[-1], 0);
	bus_dmamap_unload(tag, map);
	bus_dmamem_free(tag, mem, map);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

TK_CASE(addresses_that_the_device_lacks_are_avoided)
{
	bus_addr_t limit = tk_ram_base() + 0xfffff;
	bus_dma_tag_t tag;
	bus_dmamap_t map[300];
	void *mem[300];
	int n;

	TK_EQ(bus_dma_tag_create(NULL, 1, 0, limit, BUS_SPACE_MAXADDR, NULL,
	    NULL, 8192, 1, 8192, 0, NULL, NULL, &tag), 0);
	for (n = 0; n < 300; n++) {
		if (bus_dmamem_alloc(tag, &mem[n], 0, &map[n]) != 0)
			break;
		TK_EQ(bus_dmamap_load(tag, map[n], mem[n], 8192, callback,
		    NULL, 0), 0);
		TK_CHECK(told.segs[0].ds_addr + 8191 <= limit);
	}
	/* One megabyte holds fewer than 128 of them. */
	TK_CHECK(n > 64 && n <= 128);
	while (n-- > 0) {
		bus_dmamap_unload(tag, map[n]);
		bus_dmamem_free(tag, mem[n], map[n]);
	}
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

TK_CASE(memory_above_the_excluded_range_is_used)
{
	bus_addr_t above = tk_ram_base() + 0x800000;
	bus_dma_tag_t tag;
	bus_dmamap_t map;
	void *mem;

	TK_EQ(bus_dma_tag_create(NULL, 1, 0, 0xfff, above - 1, NULL, NULL,
	    4096, 1, 4096, 0, NULL, NULL, &tag), 0);
	TK_EQ(bus_dmamem_alloc(tag, &mem, 0, &map), 0);
	TK_EQ(bus_dmamap_load(tag, map, mem, 4096, callback, NULL, 0), 0);
	TK_CHECK(told.segs[0].ds_addr >= above);
	bus_dmamap_unload(tag, map);
	bus_dmamem_free(tag, mem, map);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

TK_CASE(a_wish_that_cannot_be_met_fails)
{
	bus_dma_tag_t tag;
	bus_dmamap_t map;
	void *mem;

	TK_EQ(bus_dma_tag_create(NULL, 1, 0, BUS_SPACE_MAXADDR_24BIT,
	    BUS_SPACE_MAXADDR, NULL, NULL, 4096, 1, 4096, 0, NULL, NULL,
	    &tag), 0);
	TK_EQ(bus_dmamem_alloc(tag, &mem, 0, &map), ENOMEM);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

TK_CASE(guest_ram_that_fits_is_not_copied)
{
	bus_dma_tag_t tag = make_tag(4096, 0, 16384, 1, 16384);
	bus_dmamap_t map;
	void *buf;

	buf = contigmalloc(16384, M_DEVBUF, M_WAITOK, 0, BUS_SPACE_MAXADDR,
	    4096, 0);
	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	TK_EQ(bus_dmamap_load(tag, map, buf, 16384, callback, NULL, 0), 0);
	TK_EQ(told.nsegs, 1);
	TK_EQ(told.segs[0].ds_addr, vtophys(buf));
	bus_dmamap_sync(tag, map, BUS_DMASYNC_PREREAD);
	tk_dma_device_wrote(told.segs[0].ds_addr, 100);
	bus_dmamap_sync(tag, map, BUS_DMASYNC_POSTREAD);
	bus_dmamap_unload(tag, map);
	TK_EQ(bus_dmamap_destroy(tag, map), 0);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
	contigfree(buf, 16384, M_DEVBUF);
}

/*
 * Tags
 */

TK_CASE(a_tag_is_as_strict_as_its_parent)
{
	bus_dma_tag_t child, parent = make_tag(256, 4096, 65536, 16, 65536);
	bus_dma_template_t t;

	TK_EQ(bus_dma_tag_create(parent, 1, 0, BUS_SPACE_MAXADDR_32BIT,
	    BUS_SPACE_MAXADDR, NULL, NULL, 1024, 1, 1024, 0, NULL, NULL,
	    &child), 0);
	bus_dma_template_clone(&t, child);
	TK_EQ(t.alignment, 256);
	TK_EQ(t.boundary, 4096);
	TK_EQ(t.lowaddr, BUS_SPACE_MAXADDR_32BIT);
	TK_EQ(t.maxsize, 1024);
	TK_CHECK(t.parent == parent);
	TK_EQ(bus_dma_tag_destroy(child), 0);
	TK_EQ(bus_dma_tag_destroy(parent), 0);
}

TK_CASE(a_template_makes_a_tag)
{
	bus_dma_template_t clone, t;
	bus_dma_tag_t tag;

	bus_dma_template_init(&t, NULL);
	TK_EQ(t.nsegments, BUS_SPACE_UNRESTRICTED);
	BUS_DMA_TEMPLATE_FILL(&t, BD_ALIGNMENT(64), BD_MAXSIZE(512),
	    BD_MAXSEGSIZE(512), BD_NSEGMENTS(1),
	    BD_LOWADDR(BUS_SPACE_MAXADDR_32BIT), BD_FLAGS(BUS_DMA_COHERENT),
	    BD_NAME("test"));
	TK_EQ(bus_dma_template_tag(&t, &tag), 0);
	bus_dma_template_clone(&clone, tag);
	TK_EQ(clone.alignment, 64);
	TK_EQ(clone.maxsize, 512);
	TK_EQ(clone.flags, BUS_DMA_COHERENT);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

static int
no_filter(void *arg, bus_addr_t addr)
{
	return (0);
}

TK_CASE(arguments_that_freebsd_refuses_are_refused)
{
	bus_dma_tag_t tag;

	TK_EQ(bus_dma_tag_create(NULL, 1, 0, BUS_SPACE_MAXADDR,
	    BUS_SPACE_MAXADDR, no_filter, NULL, 1, 1, 1, 0, NULL, NULL,
	    &tag), EINVAL);
	TK_EQ(bus_dma_tag_create(NULL, 1, 0, BUS_SPACE_MAXADDR,
	    BUS_SPACE_MAXADDR, NULL, NULL, 1, 1, 0, 0, NULL, NULL, &tag),
	    EINVAL);
}

TK_CASE(a_tag_with_maps_and_a_loaded_map_stay)
{
	bus_dma_tag_t tag = make_tag(1, 0, 100, 1, 100);
	bus_dmamap_t map;
	char buf[100];

	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	TK_EQ(bus_dma_tag_destroy(tag), EBUSY);
	memset(buf, 0, sizeof(buf));
	told.calls = 0;
	/* A buffer on the stack may lie across a page. */
	TK_EQ(bus_dmamap_load(tag, map, buf, 1, callback, NULL, 0), 0);
	TK_EQ(bus_dmamap_destroy(tag, map), EBUSY);
	bus_dmamap_unload(tag, map);
	bus_dmamap_unload(tag, map);	/* harmless */
	TK_EQ(bus_dmamap_destroy(tag, map), 0);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

TK_CASE(any_failing_call_leaves_nothing)
{
	bus_dma_tag_t tag;
	bus_dmamap_t map;
	void *mem;

	tk_fault_set("bus_dma_tag_create", 1);
	TK_EQ(bus_dma_tag_create(NULL, 1, 0, BUS_SPACE_MAXADDR,
	    BUS_SPACE_MAXADDR, NULL, NULL, 10, 1, 10, 0, NULL, NULL, &tag),
	    ENOMEM);
	TK_CHECK(tag == NULL);
	tk_fault_clear();
	tag = make_tag(1, 0, 100, 1, 100);
	tk_fault_set("bus_dmamap_create", 1);
	TK_EQ(bus_dmamap_create(tag, 0, &map), ENOMEM);
	TK_CHECK(map == NULL);
	tk_fault_clear();
	tk_fault_set("bus_dmamem_alloc", 1);
	TK_EQ(bus_dmamem_alloc(tag, &mem, 0, &map), ENOMEM);
	TK_CHECK(mem == NULL && map == NULL);
	tk_fault_clear();
	TK_EQ(bus_dmamem_alloc(tag, &mem, 0, &map), 0);
	tk_fault_set("bus_dmamap_load", 1);
	TK_EQ(bus_dmamap_load(tag, map, mem, 100, callback, NULL, 0), ENOMEM);
	TK_EQ(told.error, ENOMEM);
	tk_fault_clear();
	bus_dmamem_free(tag, mem, map);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

/*
 * Deferred loads
 */

static struct mtx load_mtx;

static void
locked_callback(void *arg, bus_dma_segment_t *segs, int nsegs, int error)
{
	mtx_assert(&load_mtx, MA_OWNED);
	callback(arg, segs, nsegs, error);
}

TK_CASE(a_load_without_memory_is_done_later_with_the_lock_held)
{
	static char buf[64];
	struct tk_dma_stats stats;
	bus_dma_tag_t tag;
	bus_dmamap_t map;

	memset(&told, 0, sizeof(told));
	tk_dma_stats_clear();
	mtx_init(&load_mtx, "load", NULL, MTX_DEF);
	TK_EQ(bus_dma_tag_create(NULL, 1, 0, BUS_SPACE_MAXADDR,
	    BUS_SPACE_MAXADDR, NULL, NULL, 64, 2, 64, 0, busdma_lock_mutex,
	    &load_mtx, &tag), 0);
	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	tk_fault_set("bus_dmamap_load", 1);
	mtx_lock(&load_mtx);
	TK_EQ(bus_dmamap_load(tag, map, buf, 64, locked_callback, NULL, 0),
	    EINPROGRESS);
	TK_EQ(told.calls, 0);
	mtx_unlock(&load_mtx);
	tk_fault_clear();
	pause("load", hz);
	TK_EQ(told.calls, 1);
	TK_EQ(told.error, 0);
	TK_CHECK(told.nsegs >= 1);
	tk_dma_stats(&stats);
	TK_EQ(stats.deferred, 1);
	bus_dmamap_unload(tag, map);
	TK_EQ(bus_dmamap_destroy(tag, map), 0);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
	mtx_destroy(&load_mtx);
}

TK_CASE(a_load_that_may_not_wait_fails)
{
	static char buf[64];
	bus_dma_tag_t tag = make_tag(1, 0, 64, 2, 64);
	bus_dmamap_t map;

	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	tk_fault_set("bus_dmamap_load", 1);
	TK_EQ(bus_dmamap_load(tag, map, buf, 64, callback, NULL,
	    BUS_DMA_NOWAIT), ENOMEM);
	TK_EQ(told.error, ENOMEM);
	tk_fault_clear();
	TK_EQ(bus_dmamap_destroy(tag, map), 0);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
}

TK_CASE(a_load_waits_until_memory_is_freed)
{
	static char buf[64];
	struct mem hog;
	bus_dma_tag_t tag;
	bus_dmamap_t map;

	mtx_init(&load_mtx, "load", NULL, MTX_DEF);
	hog = make_mem(tk_ram_size(), 0);
	memset(&told, 0, sizeof(told));
	TK_EQ(bus_dma_tag_create(NULL, 1, 0, BUS_SPACE_MAXADDR,
	    BUS_SPACE_MAXADDR, NULL, NULL, 64, 2, 64, 0, busdma_lock_mutex,
	    &load_mtx, &tag), 0);
	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	TK_EQ(bus_dmamap_load(tag, map, buf, 64, locked_callback, NULL, 0),
	    EINPROGRESS);
	pause("load", hz);
	TK_EQ(told.calls, 0);
	free_mem(&hog);
	pause("load", hz);
	TK_EQ(told.calls, 1);
	bus_dmamap_unload(tag, map);
	TK_EQ(bus_dmamap_destroy(tag, map), 0);
	TK_EQ(bus_dma_tag_destroy(tag), 0);
	mtx_destroy(&load_mtx);
}

TK_CASE_STOPS(a_deferred_load_without_a_lockfunc_panics,
    "busdma dflt_lock called")
{
	static char buf[64];
	bus_dma_tag_t tag = make_tag(1, 0, 64, 2, 64);
	bus_dmamap_t map;

	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	tk_fault_set("bus_dmamap_load", 1);
	TK_EQ(bus_dmamap_load(tag, map, buf, 64, callback, NULL, 0),
	    EINPROGRESS);
	pause("load", hz);
}

/*
 * Rules
 */

static char *four_pages;

static bus_dmamap_t
too_many_segments(bus_dma_tag_t tag)
{
	bus_dmamap_t map;

	four_pages = malloc_aligned(4 * PAGE_SIZE, PAGE_SIZE, M_DEVBUF,
	    M_WAITOK);
	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	TK_EQ(bus_dmamap_load(tag, map, four_pages, 4 * PAGE_SIZE, callback,
	    NULL, BUS_DMA_NOWAIT), 0);
	TK_EQ(told.error, EFBIG);
	bus_dmamap_unload(tag, map);
	return (map);
}

TK_CASE_STOPS(a_larger_load_after_too_many_segments_is_caught,
    "tk: dma-load: 2 pages bounced by a map that has 1 reserved")
{
	bus_dma_tag_t tag = make_tag(1, 0, 65536, 2, 65536);
	bus_dmamap_t map = too_many_segments(tag);

	(void)bus_dmamap_load(tag, map, four_pages, 2 * PAGE_SIZE, callback,
	    NULL, BUS_DMA_NOWAIT);
}

TK_CASE_STOPS(pages_lost_after_too_many_segments_are_caught,
    "tk: dma-map: bus_dmamap_destroy: 1 pages are lost")
{
	bus_dma_tag_t tag = make_tag(1, 0, 65536, 2, 65536);

	(void)bus_dmamap_destroy(tag, too_many_segments(tag));
}

TK_CASE_STOPS(a_read_before_postread_is_caught,
    "tk: dma-read: read of byte 64, which the device wrote, before POSTREAD")
{
	struct mem m = make_mem(4096, BUS_DMA_ZERO);

	if (!tk_dma_traps())
		tk_stop("dma-read", "read of byte 64, which the device wrote, "
		    "before POSTREAD: not watched here");
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREREAD);
	device_write(&m, 64, "data", 4);
	TK_EQ(*(volatile char *)&m.cpu[64], 'd');
}

TK_CASE_STOPS(a_write_that_postread_would_undo_is_caught,
    "tk: dma-lost: POSTREAD over byte 0, which the CPU wrote")
{
	struct mem m = make_mem(4096, BUS_DMA_ZERO);

	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREREAD);
	device_write(&m, 0, "data", 4);
	*(volatile char *)m.cpu = 1;
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTREAD);
}

TK_CASE(the_cpu_wins_when_it_hands_all_over_anew)
{
	struct mem m = make_mem(4096, BUS_DMA_ZERO);

	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREREAD);
	device_write(&m, 0, "data", 4);
	*(volatile char *)m.cpu = 1;
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREREAD |
	    BUS_DMASYNC_PREWRITE);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTREAD);
	TK_EQ(m.cpu[0], 1);
	TK_EQ(m.cpu[1], 0);
	free_mem(&m);
}

TK_CASE_STOPS(memory_used_after_its_free_is_caught,
    "after bus_dmamem_free()")
{
	struct mem m = make_mem(4096, 0);

	if (!tk_dma_traps())
		tk_stop("dma-map", "after bus_dmamem_free(): not watched");
	free_mem(&m);
	*(volatile char *)m.cpu = 1;
}

TK_CASE_STOPS(what_postread_would_lose_is_caught,
    "tk: dma-lost: POSTREAD over byte 7, which the CPU wrote")
{
	struct mem m = make_mem(64, BUS_DMA_ZERO);

	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREREAD);
	m.cpu[7] = 1;
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTREAD);
}

TK_CASE_STOPS(postread_without_preread_is_caught,
    "tk: dma-sync: POSTREAD without PREREAD")
{
	struct mem m = make_mem(64, 0);

	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_PREWRITE);
	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTREAD);
}

TK_CASE_STOPS(postwrite_without_prewrite_is_caught,
    "tk: dma-sync: POSTWRITE without PREWRITE")
{
	struct mem m = make_mem(64, 0);

	bus_dmamap_sync(m.tag, m.map, BUS_DMASYNC_POSTWRITE);
}

TK_CASE_STOPS(a_sync_of_no_operation_is_caught, "tk: dma-sync: 0")
{
	struct mem m = make_mem(64, 0);

	bus_dmamap_sync(m.tag, m.map, 0);
}

TK_CASE_STOPS(a_sync_before_the_load_is_caught,
    "tk: dma-load: bus_dmamap_sync: the map is not loaded")
{
	bus_dma_tag_t tag = make_tag(1, 0, 64, 1, 64);
	bus_dmamap_t map;

	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	bus_dmamap_sync(tag, map, BUS_DMASYNC_PREWRITE);
}

TK_CASE_STOPS(a_second_load_is_caught,
    "tk: dma-load: the map is loaded already")
{
	struct mem m = make_mem(64, 0);

	bus_dmamap_load(m.tag, m.map, m.cpu, 64, callback, NULL, 0);
}

TK_CASE_STOPS(a_load_of_too_much_is_caught,
    "tk: dma-load: 65 bytes by a tag of at most 64")
{
	static char buf[65];
	bus_dma_tag_t tag = make_tag(1, 0, 64, 1, 64);
	bus_dmamap_t map;

	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	bus_dmamap_load(tag, map, buf, 65, callback, NULL, 0);
}

TK_CASE_STOPS(a_load_of_foreign_memory_is_caught,
    "are not the map's memory")
{
	static char buf[64];
	struct mem m = make_mem(64, 0);

	bus_dmamap_unload(m.tag, m.map);
	bus_dmamap_load(m.tag, m.map, buf, 64, callback, NULL, 0);
}

static void
load_in_filter(void *arg)
{
	static char buf[64];
	struct mem *m = arg;
	bus_dmamap_t map;

	TK_EQ(bus_dmamap_create(m->tag, 0, &map), 0);
	bus_dmamap_load(m->tag, map, buf, 64, callback, NULL, 0);
}

TK_CASE_STOPS(a_load_in_a_filter_is_caught, "bus_dmamap_load() in a filter")
{
	struct mem m = make_mem(64, 0);

	tk_intr_run(load_in_filter, &m);
}

TK_CASE_STOPS(memory_freed_while_loaded_is_caught,
    "tk: dma-unload: bus_dmamem_free: the map is loaded")
{
	struct mem m = make_mem(64, 0);

	bus_dmamem_free(m.tag, m.cpu, m.map);
}

TK_CASE_STOPS(a_map_destroyed_twice_is_caught,
    "tk: dma-map: bus_dmamap_destroy: the map was destroyed")
{
	bus_dma_tag_t tag = make_tag(1, 0, 64, 1, 64);
	bus_dmamap_t map;

	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	TK_EQ(bus_dmamap_destroy(tag, map), 0);
	bus_dmamap_destroy(tag, map);
}

TK_CASE_STOPS(a_map_of_another_tag_is_caught,
    "tk: dma-map: bus_dmamap_sync: the map is another tag's")
{
	struct mem a = make_mem(64, 0), b = make_mem(64, 0);

	bus_dmamap_sync(a.tag, b.map, BUS_DMASYNC_PREWRITE);
}

TK_CASE_STOPS(memory_given_to_the_wrong_call_is_caught,
    "the map is bus_dmamem_alloc()'s")
{
	struct mem m = make_mem(64, 0);

	bus_dmamap_unload(m.tag, m.map);
	bus_dmamap_destroy(m.tag, m.map);
}

TK_CASE_STOPS(a_destroyed_tag_is_caught,
    "tk: dma-tag: bus_dmamap_create: the tag was destroyed")
{
	bus_dma_tag_t tag = make_tag(1, 0, 64, 1, 64);
	bus_dmamap_t map;

	TK_EQ(bus_dma_tag_destroy(tag), 0);
	bus_dmamap_create(tag, 0, &map);
}

static void
load_until_it_stops(void *arg)
{
	static char bufs[2][64];
	bus_dma_tag_t tag = arg;
	char *buf = bufs[curthread->td_tid & 1];
	bus_dmamap_t map;

	mtx_lock(&load_mtx);
	TK_EQ(bus_dmamap_create(tag, 0, &map), 0);
	mtx_unlock(&load_mtx);
	for (;;) {
		(void)bus_dmamap_load(tag, map, buf, sizeof(bufs[0]), callback,
		    NULL, BUS_DMA_NOWAIT);
		bus_dmamap_unload(tag, map);
	}
}

TK_CASE_STOPS(two_loads_by_one_tag_at_once_are_caught,
    "tk: dma-tag: bus_dmamap_load: another such call for the tag is under way")
{
	bus_dma_tag_t tag = make_tag(1, 0, 64, 2, 64);
	struct test_thread t;

	mtx_init(&load_mtx, "load", NULL, MTX_DEF);
	test_thread_start(&t, load_until_it_stops, tag);
	load_until_it_stops(tag);
}

static void
allocate_until_it_stops(void *arg)
{
	bus_dma_tag_t tag = arg;
	bus_dmamap_t map;
	void *cpu;

	for (;;) {
		TK_EQ(bus_dmamem_alloc(tag, &cpu, 0, &map), 0);
		bus_dmamem_free(tag, cpu, map);
	}
}

TK_CASE_STOPS(two_allocations_by_one_tag_at_once_are_caught,
    ": another such call for the tag is under way")
{
	bus_dma_tag_t tag = make_tag(1, 0, 64, 1, 64);
	struct test_thread t;

	test_thread_start(&t, allocate_until_it_stops, tag);
	allocate_until_it_stops(tag);
}

TK_CASE_STOPS(a_tag_of_a_crooked_alignment_is_caught,
    "tk: dma-tag: alignment 0x3")
{
	make_tag(3, 0, 64, 1, 64);
}

TK_CASE_STOPS(a_device_that_writes_past_its_memory_is_caught,
    "tk: dma-device: device wrote 2 bytes")
{
	struct mem m = make_mem(64, 0);

	tk_dma_device_wrote(m.paddr + 63, 2);
}

TK_CASE_STOPS(a_device_that_writes_after_the_unload_is_caught,
    "which are not loaded")
{
	struct mem m = make_mem(64, 0);

	bus_dmamap_unload(m.tag, m.map);
	tk_dma_device_wrote(m.paddr, 1);
}

TK_CASE_STOPS(a_device_that_writes_to_freed_memory_is_caught,
    "which is free")
{
	struct mem m = make_mem(64, 0);

	free_mem(&m);
	tk_dma_device_wrote(m.paddr, 1);
}

TK_CASE_STOPS(a_device_that_writes_outside_ram_is_caught,
    "which is no guest RAM")
{
	tk_dma_device_wrote(tk_ram_base() + tk_ram_size(), 1);
}

TK_CASE_UNBOOTED(tags_and_maps_left_at_shutdown_are_leaks)
{
	tk_boot(NULL);
	make_mem(64, 0);
	TK_EQ(tk_ledger_count("DMA tag"), 1);
	TK_EQ(tk_ledger_count("DMA map"), 1);
	TK_CHECK(tk_shutdown() >= 2);
}

/* Memory goes from one kind of boot to the other. */
TK_CASE_UNBOOTED(a_boot_without_protected_pages_poisons_freed_memory)
{
	static const struct tk_boot_args without = {
		.no_dma_traps = true, .ram_fd = -1
	};
	struct mem m;

	for (int i = 0; i < 4; i++) {
		tk_boot(i % 2 == 0 ? &without : NULL);
		TK_CHECK(i % 2 != 0 || !tk_dma_traps());
		m = make_mem(64, 0);
		TK_CHECK(!tkh_poisoned(m.cpu) && !tkh_poisoned(m.cpu + 63));
		m.cpu[0] = m.cpu[63] = 1;
		free_mem(&m);
		TK_EQ(tkh_poisoned(m.cpu), tkh_asan() && !tk_dma_traps());
		TK_EQ(tk_shutdown(), 0);
	}
}
