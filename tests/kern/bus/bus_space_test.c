/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* bus_space(9) on a model's registers: every access, every refusal. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/rman.h>
#include <machine/bus.h>
#include <machine/resource.h>

#include "bus_testdev.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_test.h"

TK_CASE(single_accesses_have_their_width_and_value)
{
	struct testdev_softc *sc = testdev_attached();
	struct resource *r = sc->mem;

	bus_write_8(r, 8, 0x1122334455667788);
	TK_EQ(testdev_model.width, 8);
	TK_EQ(bus_read_1(r, 8), 0x88);
	TK_EQ(testdev_model.width, 1);
	TK_EQ(bus_read_2(r, 10), 0x5566);
	TK_EQ(testdev_model.width, 2);
	TK_EQ(bus_read_4(r, 12), 0x11223344);
	TK_EQ(testdev_model.width, 4);
	TK_EQ(bus_read_8(r, 8), 0x1122334455667788);
	bus_write_1(r, 8, 0x01);
	bus_write_2(r, 10, 0x0203);
	bus_write_4(r, 12, 0x04050607);
	TK_EQ(bus_read_8(r, 8), 0x0405060702037701);
	TK_EQ(bus_read_stream_4(r, 12), 0x04050607);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(region_accesses_walk_and_multi_accesses_stay)
{
	static const uint32_t in[4] = { 1, 2, 3, 4 };
	struct testdev_softc *sc = testdev_attached();
	struct resource *r = sc->mem;
	uint32_t out[4];
	uint8_t bytes[4];

	bus_write_region_4(r, 0x10, in, 4);
	bus_read_region_4(r, 0x10, out, 4);
	for (int i = 0; i < 4; i++)
		TK_EQ(out[i], in[i]);
	bus_write_multi_4(r, 0x40, in, 4);
	TK_EQ(bus_read_4(r, 0x40), 4);
	TK_EQ(bus_read_4(r, 0x44), 0);
	bus_read_multi_4(r, 0x40, out, 2);
	TK_EQ(out[0], 4);
	TK_EQ(out[1], 4);
	bus_set_region_1(r, 0x50, 0xab, 4);
	bus_read_region_1(r, 0x50, bytes, 4);
	TK_EQ(bytes[3], 0xab);
	bus_set_multi_2(r, 0x60, 0x1234, 3);
	TK_EQ(bus_read_4(r, 0x60), 0x1234);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(regions_that_overlap_are_copied_as_a_whole)
{
	static const uint16_t in[4] = { 1, 2, 3, 4 };
	struct testdev_softc *sc = testdev_attached();
	struct resource *r = sc->mem;

	bus_write_region_2(r, 0x20, in, 4);
	bus_space_copy_region_2(r->r_bustag, r->r_bushandle, 0x20,
	    r->r_bushandle, 0x22, 4);
	TK_EQ(bus_read_2(r, 0x22), 1);
	TK_EQ(bus_read_2(r, 0x28), 4);
	bus_space_copy_region_2(r->r_bustag, r->r_bushandle, 0x22,
	    r->r_bushandle, 0x20, 4);
	TK_EQ(bus_read_2(r, 0x20), 1);
	TK_EQ(bus_read_2(r, 0x26), 4);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(accesses_and_barriers_are_counted)
{
	struct testdev_softc *sc = testdev_attached();
	struct tk_mmio_stats stats;
	uint8_t buf[3];

	tk_mmio_stats_clear(testdev_model.mmio);
	bus_write_4(sc->mem, 4, 1);
	bus_read_region_1(sc->mem, 0, buf, 3);
	bus_barrier(sc->mem, 0, TESTDEV_SIZE,
	    BUS_SPACE_BARRIER_READ | BUS_SPACE_BARRIER_WRITE);
	tk_mmio_stats(testdev_model.mmio, &stats);
	TK_EQ(stats.writes, 1);
	TK_EQ(stats.reads, 3);
	TK_EQ(stats.barriers, 1);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(peek_and_poke_report_what_cannot_be)
{
	struct testdev_softc *sc = testdev_attached();
	uint32_t value;

	TK_EQ(bus_poke_4(sc->mem, 4, 0x55), 0);
	TK_EQ(bus_peek_4(sc->mem, 4, &value), 0);
	TK_EQ(value, 0x55);
	TK_EQ(bus_peek_4(sc->mem, TESTDEV_SIZE, &value), EFAULT);
	TK_EQ(bus_poke_4(sc->mem, 2, 0), EFAULT);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(a_subregion_begins_at_its_offset)
{
	struct testdev_softc *sc = testdev_attached();
	bus_space_tag_t t = rman_get_bustag(sc->mem);
	bus_space_handle_t h = rman_get_bushandle(sc->mem), sub;

	TK_EQ(bus_space_subregion(t, h, 0x80, 0x10, &sub), 0);
	bus_space_write_4(t, sub, 4, 77);
	TK_EQ(bus_read_4(sc->mem, 0x84), 77);
	TK_EQ(bus_space_subregion(t, h, 0x80, 0x81, &sub), EINVAL);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(part_of_a_resource_can_be_mapped)
{
	struct testdev_softc *sc = testdev_attached();
	struct resource_map_request req;
	struct resource_map map;

	resource_init_map_request(&req);
	req.offset = 0x40;
	req.length = 0x20;
	TK_EQ(bus_map_resource(sc->dev, sc->mem, &req, &map), 0);
	TK_EQ(map.r_size, 0x20);
	bus_space_write_2(map.r_bustag, map.r_bushandle, 2, 9);
	TK_EQ(bus_read_2(sc->mem, 0x42), 9);
	/* FreeBSD 15's macro has no form without the type. */
	TK_EQ(bus_unmap_resource(sc->dev, SYS_RES_MEMORY, sc->mem, &map), 0);
	req.length = TESTDEV_SIZE;
	TK_EQ(bus_map_resource(sc->dev, sc->mem, &req, &map), EINVAL);
	TK_EQ(tk_device_delete(sc->dev), 0);
}

TK_CASE(a_bus_address_without_a_model_cannot_be_mapped)
{
	bus_space_handle_t h;

	testdev_setup(TK_IRQ_LEVEL);
	TK_EQ(bus_space_map(&memmap_bus, 0x20000000, 4, 0, &h), ENXIO);
	TK_EQ(bus_space_map(&memmap_bus, TESTDEV_BASE, TESTDEV_SIZE + 1, 0,
	    &h), ENXIO);
	TK_EQ(bus_space_map(&memmap_bus, TESTDEV_BASE + 16, 16, 0, &h), 0);
	bus_space_write_1(&memmap_bus, h, 0, 3);
	TK_EQ(testdev_model.bytes[16], 3);
	bus_space_unmap(&memmap_bus, h, 16);
}

TK_CASE(models_do_not_overlap_and_can_leave)
{
	static const struct tk_mmio_ops none = { 0 };

	testdev_setup(TK_IRQ_LEVEL);
	TK_CHECK(tk_mmio_add("other", TESTDEV_BASE + 0xff, 1, &none, NULL) ==
	    NULL);
	tk_mmio_remove(testdev_model.mmio);
	TK_CHECK(tk_mmio_add("other", TESTDEV_BASE + 0xff, 1, &none, NULL) !=
	    NULL);
}

TK_CASE(a_failed_mapping_leaves_nothing)
{
	device_t dev;

	testdev_setup(TK_IRQ_LEVEL);
	dev = testdev_add();
	tk_fault_set("bus_space_map", 1);
	TK_EQ(tk_device_attach(dev), ENXIO);
	tk_fault_clear();
	TK_EQ(tk_device_attach(dev), 0);
	TK_EQ(tk_device_delete(dev), 0);
}

TK_CASE_STOPS(an_access_past_the_end_is_caught,
    "tk: bus-space: bus_space_read_4: 4 bytes at 0x100 of testdev")
{
	struct testdev_softc *sc = testdev_attached();

	bus_read_4(sc->mem, TESTDEV_SIZE);
}

TK_CASE_STOPS(an_access_that_ends_past_the_end_is_caught,
    "tk: bus-space: bus_space_read_region_1")
{
	struct testdev_softc *sc = testdev_attached();
	uint8_t buf[8];

	bus_read_region_1(sc->mem, TESTDEV_SIZE - 4, buf, 8);
}

TK_CASE_STOPS(an_offset_that_wraps_around_is_caught, "tk: bus-space: ")
{
	struct testdev_softc *sc = testdev_attached();

	bus_write_4(sc->mem, (bus_size_t)-4, 0);
}

TK_CASE_STOPS(a_misaligned_access_is_caught, "misaligned")
{
	struct testdev_softc *sc = testdev_attached();

	bus_write_4(sc->mem, 2, 0);
}

TK_CASE_STOPS(an_access_of_a_width_the_device_lacks_is_caught,
    "has no registers of 1 bytes")
{
	static struct testdev_model m;
	static const struct tk_mmio_ops words = { .widths = 4 };
	bus_space_handle_t h;

	TK_CHECK(tk_mmio_add("words", 0x1000, 16, &words, &m) != NULL);
	TK_EQ(bus_space_map(&memmap_bus, 0x1000, 16, 0, &h), 0);
	bus_space_read_1(&memmap_bus, h, 0);
}

TK_CASE_STOPS(an_access_after_release_is_caught,
    "the mapping of testdev was released")
{
	struct testdev_softc *sc = testdev_attached();
	struct resource *r = sc->mem;

	sc->mem = NULL;
	bus_release_resource(sc->dev, r);
	bus_read_4(r, 0);
}

TK_CASE_STOPS(a_subregion_used_after_the_whole_is_caught,
    "the mapping of testdev was released")
{
	struct testdev_softc *sc = testdev_attached();
	bus_space_handle_t sub;

	TK_EQ(bus_space_subregion(sc->mem->r_bustag, sc->mem->r_bushandle,
	    0, 16, &sub), 0);
	TK_EQ(tk_device_detach(sc->dev), 0);
	bus_space_read_4(&memmap_bus, sub, 0);
}

TK_CASE_STOPS(an_access_before_activation_is_caught, "tk: bus-space: ")
{
	struct resource *r;
	device_t dev;
	int rid = 0;

	testdev_setup(TK_IRQ_LEVEL);
	dev = testdev_add();
	r = bus_alloc_resource_any(dev, SYS_RES_MEMORY, &rid, 0);
	TK_CHECK(r != NULL);
	bus_read_4(r, 0);
}

TK_CASE_STOPS(a_handle_made_by_arithmetic_is_caught, "is no handle")
{
	struct testdev_softc *sc = testdev_attached();

	bus_space_read_4(&memmap_bus, sc->mem->r_bushandle + 4, 0);
}

TK_CASE_STOPS(a_barrier_of_no_kind_is_caught, "bus_space_barrier: flags 0")
{
	struct testdev_softc *sc = testdev_attached();

	bus_barrier(sc->mem, 0, 4, 0);
}

TK_CASE_STOPS(a_mapping_undone_by_another_size_is_caught,
    "tk: bus-space: bus_space_unmap")
{
	bus_space_handle_t h;

	testdev_setup(TK_IRQ_LEVEL);
	TK_EQ(bus_space_map(&memmap_bus, TESTDEV_BASE, 16, 0, &h), 0);
	bus_space_unmap(&memmap_bus, h, 8);
}

TK_CASE_STOPS(a_model_that_leaves_while_mapped_is_caught,
    "model testdev goes while a driver has it mapped")
{
	testdev_attached();
	tk_mmio_remove(testdev_model.mmio);
}
