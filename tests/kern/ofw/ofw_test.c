/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The device tree: openfirm(9), ofw_bus(9), the buses, and the C layer's
 * kpi_fdt over them.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/endian.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/module.h>
#include <sys/rman.h>
#include <machine/resource.h>

#include <dev/ofw/ofw_bus.h>
#include <dev/ofw/ofw_bus_subr.h>

#include "kpi_fdt.h"
#include "kpi_intr.h"
#include "tk_bus.h"
#include "tk_ofw.h"
#include "tk_test.h"

#define	MBOX	"/soc/mbox@277408000"
#define	CLIENT	"/soc/client@277400000"
#define	SMC	"/soc/smc@23e400000"

TK_CASES_ON_EACH_PIC("pic_");

/* A driver for the interrupt controllers, of an early pass. */

static int attached;			/* devices that attached so far */

static int
early_probe(device_t dev)
{
	return (ofw_bus_is_compatible(dev, "apple,aic") ? BUS_PROBE_DEFAULT :
	    ENXIO);
}

static int
late_probe(device_t dev)
{
	return (ofw_bus_is_compatible(dev, "apple,smc") ? BUS_PROBE_DEFAULT :
	    ENXIO);
}

static int
numbered_attach(device_t dev)
{
	*(int *)device_get_softc(dev) = ++attached;
	return (0);
}

static int
numbered_detach(device_t dev)
{
	TK_EQ(*(int *)device_get_softc(dev), attached);
	attached--;
	return (0);
}

static device_method_t early_methods[] = {
	DEVMETHOD(device_probe,		early_probe),
	DEVMETHOD(device_attach,	numbered_attach),
	DEVMETHOD(device_detach,	numbered_detach),
	DEVMETHOD_END
};

static device_method_t late_methods[] = {
	DEVMETHOD(device_probe,		late_probe),
	DEVMETHOD(device_attach,	numbered_attach),
	DEVMETHOD(device_detach,	numbered_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(ofwlate, late_driver, late_methods, sizeof(int));
static DEFINE_CLASS_0(ofwearly, early_driver, early_methods, sizeof(int));
DRIVER_MODULE(ofwlate, simplebus, late_driver, NULL, NULL);
EARLY_DRIVER_MODULE(ofwearly, simplebus, early_driver, NULL, NULL,
    BUS_PASS_INTERRUPT);

static void
boot(const char *tree)
{
	attached = 0;
	tk_ofw_boot(tree);
}

static void
down(void)
{
	TK_EQ(tk_ofw_detach(), 0);
}

TK_CASE(ofw_without_a_tree_there_is_nothing)
{
	TK_EQ(OF_peer(0), 0);
	TK_EQ(OF_finddevice("/"), (phandle_t)-1);
	TK_CHECK(tk_ofw_device("/") == NULL);
	TK_EQ(OF_getproplen(1, "reg"), -1);
}

TK_CASE(ofw_walks_the_tree)
{
	phandle_t node, root, soc;
	char path[64], prop[32];

	boot("t8103");
	root = OF_peer(0);
	TK_CHECK(root != 0);
	TK_EQ(OF_parent(root), 0);
	TK_EQ(OF_peer(root), 0);
	soc = OF_child(root);
	TK_EQ(soc, OF_finddevice("/soc"));
	TK_EQ(OF_parent(soc), root);
	TK_EQ(OF_peer(soc), 0);
	node = OF_finddevice(MBOX);
	TK_EQ(OF_parent(node), soc);
	TK_EQ(OF_package_to_path(node, path, sizeof(path)), strlen(MBOX));
	TK_STREQ(path, MBOX);
	TK_EQ(OF_finddevice("/soc/nothing"), (phandle_t)-1);
	TK_EQ(OF_nextprop(node, NULL, prop, sizeof(prop)), 1);
	TK_STREQ(prop, "compatible");
	TK_EQ(OF_nextprop(node, "compatible", prop, sizeof(prop)), 1);
	TK_STREQ(prop, "reg");
	down();
}

TK_CASE(ofw_reads_properties)
{
	pcell_t cells[12], *all;
	phandle_t node;
	char name[32];
	char *text;

	boot("t8103");
	node = OF_finddevice(MBOX);
	TK_EQ(OF_getproplen(node, "reg"), 16);
	TK_EQ(OF_getencprop(node, "reg", cells, 8), 16);
	TK_EQ(cells[0], 2);
	TK_EQ(cells[1], 0x77408000);
	TK_EQ(OF_getprop(node, "nothing", cells, 4), -1);
	TK_EQ(OF_hasprop(node, "#mbox-cells"), 1);
	TK_EQ(OF_getprop(node, "name", name, sizeof(name)), 15);
	TK_STREQ(name, "mbox@277408000");
	TK_EQ(OF_searchencprop(node, "interrupt-parent", cells, 4), 4);
	TK_EQ(OF_getencprop_alloc_multi(node, "interrupts", 4, (void **)&all),
	    12);
	TK_EQ(all[1], 583);
	TK_EQ(all[11], 4);
	OF_prop_free(all);
	TK_EQ(OF_getencprop_alloc_multi(node, "compatible", 4,
	    (void **)&all), -1);
	TK_CHECK(all == NULL);
	TK_EQ(OF_getprop_alloc(node, "compatible", (void **)&text), 45);
	TK_STREQ(text, "apple,t8103-asc-mailbox");
	OF_prop_free(text);
	down();
}

TK_CASE(ofw_references_lead_to_nodes_and_devices)
{
	phandle_t node, xref;
	device_t dev;

	boot("t8103");
	node = OF_finddevice(MBOX);
	TK_EQ(OF_getencprop(OF_finddevice(CLIENT), "mboxes", &xref, 4), 4);
	TK_EQ(OF_node_from_xref(xref), node);
	TK_EQ(OF_xref_from_node(node), xref);
	TK_EQ(OF_node_from_xref(0x1234), 0x1234);
	TK_CHECK(OF_device_from_xref(xref) == NULL);
	dev = tk_ofw_device(MBOX);
	tk_fault_set("OF_device_register_xref", 1);
	TK_EQ(OF_device_register_xref(xref, dev), ENXIO);
	TK_CHECK(OF_device_from_xref(xref) == NULL);
	TK_EQ(OF_device_register_xref(xref, dev), 0);
	TK_CHECK(OF_device_from_xref(xref) == dev);
	TK_EQ(OF_xref_from_device(dev), xref);
	/* As in FreeBSD, the reference is forgotten with the device. */
	OF_device_unregister_xref(xref, dev);
	TK_EQ(OF_node_from_xref(xref), xref);
	TK_EQ(OF_xref_from_node(node), node);
	down();
}

TK_CASE(ofw_devices_have_the_resources_of_their_nodes)
{
	device_t dev;
	rman_res_t count, start;

	boot("t8103");
	dev = tk_ofw_device(MBOX);
	TK_STREQ(ofw_bus_get_name(dev), "mbox@277408000");
	TK_STREQ(ofw_bus_get_compat(dev), "apple,t8103-asc-mailbox");
	TK_EQ(ofw_bus_get_node(dev), OF_finddevice(MBOX));
	TK_EQ(bus_get_resource(dev, SYS_RES_MEMORY, 0, &start, &count), 0);
	TK_EQ(start, 0x277408000);
	TK_EQ(count, 0x4000);
	TK_EQ(bus_get_resource(dev, SYS_RES_IRQ, 3, &start, &count), 0);
	TK_EQ(start, 586);
	TK_CHECK(bus_get_resource(dev, SYS_RES_IRQ, 4, &start, &count) != 0);
	dev = tk_ofw_device(SMC);
	TK_EQ(bus_get_resource(dev, SYS_RES_MEMORY, 1, &start, &count), 0);
	TK_EQ(start, 0x23fe00000);
	TK_EQ(count, 0x100000);
	down();
}

TK_CASE(ofw_ranges_and_dies_are_translated)
{
	device_t dev;
	rman_res_t count, start;

	boot("t6000");
	dev = tk_ofw_device("/soc@200000000/mbox@84400000");
	TK_EQ(bus_get_resource(dev, SYS_RES_MEMORY, 0, &start, &count), 0);
	TK_EQ(start, 0x284400000);
	TK_EQ(count, 0x4000);
	TK_EQ(bus_get_resource(dev, SYS_RES_IRQ, 0, &start, &count), 0);
	TK_EQ(start, 683);
	down();
}

TK_CASE(ofw_attaches_early_passes_first_and_detaches_them_last)
{
	boot("t8103");
	TK_EQ(attached, 2);
	TK_EQ(*(int *)device_get_softc(tk_ofw_device(
	    "/soc/interrupt-controller@23b100000")), 1);
	TK_EQ(*(int *)device_get_softc(tk_ofw_device(SMC)), 2);
	down();
	TK_EQ(attached, 0);
}

TK_CASE(ofw_compatible_and_status)
{
	static const struct ofw_compat_data table[] = {
		{ "apple,other", 1 }, { "apple,smc", 2 }, { NULL, 3 },
	};
	phandle_t node;

	boot("t8112");
	TK_EQ(ofw_bus_search_compatible(tk_ofw_device(SMC), table)->ocd_data,
	    2);
	TK_EQ(ofw_bus_search_compatible(tk_ofw_device("/soc/client-a"),
	    table)->ocd_data, 3);
	node = OF_finddevice("/soc/mbox@24e408000");
	TK_CHECK(!ofw_bus_node_status_okay(node));
	TK_CHECK(!ofw_bus_status_okay(tk_ofw_device("/soc/mbox@24e408000")));
	TK_CHECK(ofw_bus_status_okay(tk_ofw_device("/soc/client-a")));
	TK_CHECK(ofw_bus_node_is_compatible(node, "apple,asc-mailbox-v4"));
	TK_CHECK(!ofw_bus_node_is_compatible(node, "apple,asc-mailbox"));
	TK_EQ(ofw_bus_find_compatible(OF_peer(0), "apple,smc"),
	    OF_finddevice(SMC));
	TK_EQ(ofw_bus_find_child(OF_finddevice("/soc"), "client-b"),
	    OF_finddevice("/soc/client-b"));
	TK_CHECK(ofw_bus_find_child_device_by_phandle(tk_ofw_device("/soc"),
	    node) == tk_ofw_device("/soc/mbox@24e408000"));
	down();
}

TK_CASE(ofw_lists)
{
	const char **names;
	phandle_t client, producer;
	pcell_t *cells;
	int count, idx;

	boot("t6000");
	client = OF_finddevice("/soc@200000000/client");
	TK_EQ(ofw_bus_parse_xref_list_get_length(client, "mboxes",
	    "#mbox-cells", &count), 0);
	TK_EQ(count, 2);
	TK_EQ(ofw_bus_parse_xref_list_alloc(client, "mboxes", "#mbox-cells", 1,
	    &producer, &count, &cells), 0);
	TK_EQ(OF_node_from_xref(producer),
	    OF_finddevice("/soc@200000000/mbox@84400000"));
	TK_EQ(count, 0);
	OF_prop_free(cells);
	TK_EQ(ofw_bus_parse_xref_list_alloc(client, "mboxes", "#mbox-cells", 2,
	    &producer, &count, &cells), ENOENT);
	TK_EQ(ofw_bus_find_string_index(client, "mbox-names", "main", &idx),
	    0);
	TK_EQ(idx, 1);
	TK_EQ(ofw_bus_find_string_index(client, "mbox-names", "mai", &idx),
	    ENOENT);
	TK_EQ(ofw_bus_string_list_to_array(client, "mbox-names", &names), 2);
	TK_STREQ(names[0], "first");
	TK_STREQ(names[1], "main");
	TK_CHECK(names[2] == NULL);
	OF_prop_free(names);
	down();
}

TK_CASE(ofw_refuses_blobs_that_are_no_trees)
{
	const struct tk_dtb *dtb = tk_dtb_find("t8103");
	uint8_t *copy;
	size_t i;

	TK_CHECK(tk_dtb_find("t9999") == NULL);
	TK_STREQ(tk_ofw_load("", 0), "FDT_ERR_TRUNCATED");
	TK_STREQ(tk_ofw_load(dtb->data, dtb->size / 2), "FDT_ERR_TRUNCATED");
	copy = malloc(dtb->size, M_TEMP, M_WAITOK);
	memcpy(copy, dtb->data, dtb->size);
	copy[0] ^= 1;
	TK_STREQ(tk_ofw_load(copy, dtb->size), "FDT_ERR_BADMAGIC");
	/*
	 * One wrong byte anywhere: the tree is refused, or read without an
	 * overread.
	 */
	for (i = 0; i < 64; i++) {
		memcpy(copy, dtb->data, dtb->size);
		copy[4 + i] ^= 0xff;
		if (tk_ofw_load(copy, dtb->size) == NULL)
			break;
	}
	free(copy, M_TEMP);
}

/*
 * kpi_fdt
 */

TK_CASE(fdt_numbers)
{
	kpi_fdt_node node;
	uint32_t vals[12], val;
	size_t count;

	boot("t8103");
	node = kpi_fdt_node_of(tk_ofw_device(MBOX));
	TK_EQ(kpi_fdt_u32(node, "#mbox-cells", &val), 0);
	TK_EQ(val, 0);
	TK_EQ(kpi_fdt_u32(node, "reg", &val), EINVAL);
	TK_EQ(kpi_fdt_u32(node, "nothing", &val), ENOENT);
	TK_EQ(kpi_fdt_u32_array(node, "interrupts", vals, 12, &count), 0);
	TK_EQ(count, 12);
	TK_EQ(vals[4], 584);
	TK_EQ(kpi_fdt_u32_array(node, "interrupts", vals, 11, &count),
	    ENOSPC);
	TK_EQ(count, 12);
	TK_CHECK(kpi_fdt_has(node, "reg") && !kpi_fdt_has(node, "clocks"));
	TK_EQ(kpi_fdt_u32(KPI_FDT_NONE, "reg", &val), ENOENT);
	down();
}

TK_CASE(fdt_strings)
{
	kpi_fdt_node node;
	char text[16];
	int count, idx;

	boot("t8103");
	node = kpi_fdt_node_of(tk_ofw_device(MBOX));
	TK_EQ(kpi_fdt_string_count(node, "interrupt-names", &count), 0);
	TK_EQ(count, 4);
	TK_EQ(kpi_fdt_string(node, "interrupt-names", 2, text, 16), 0);
	TK_STREQ(text, "recv-empty");
	TK_EQ(kpi_fdt_string(node, "interrupt-names", 2, text, 10), ENOSPC);
	TK_EQ(kpi_fdt_string(node, "interrupt-names", 4, text, 16), ENOENT);
	TK_EQ(kpi_fdt_string(node, "interrupt-names", -1, text, 16), ENOENT);
	TK_EQ(kpi_fdt_string_index(node, "interrupt-names", "recv-not-empty",
	    &idx), 0);
	TK_EQ(idx, 3);
	TK_EQ(kpi_fdt_string_index(node, "interrupt-names", "recv", &idx),
	    ENOENT);
	down();
}

TK_CASE(fdt_strings_without_an_end_are_refused)
{
	kpi_fdt_node node;
	char text[16];
	int count, idx;

	boot("broken");
	node = OF_finddevice("/soc/mbox-with-endless-names@300030000");
	TK_EQ(kpi_fdt_string_count(node, "interrupt-names", &count), EINVAL);
	TK_EQ(kpi_fdt_string(node, "interrupt-names", 0, text, 16), EINVAL);
	TK_EQ(kpi_fdt_string_index(node, "interrupt-names", "recv-not", &idx),
	    EINVAL);
	down();
}

TK_CASE(fdt_references)
{
	struct kpi_fdt_ref ref;
	device_t dev;

	boot("t8103");
	dev = tk_ofw_device(MBOX);
	TK_EQ(kpi_fdt_ref(OF_finddevice(CLIENT), "mboxes", "#mbox-cells", 0,
	    &ref), 0);
	TK_EQ(ref.kfr_node, kpi_fdt_node_of(dev));
	TK_EQ(ref.kfr_ncells, 0);
	TK_CHECK(kpi_fdt_device(ref.kfr_xref) == NULL);
	TK_EQ(kpi_fdt_register(dev), 0);
	TK_CHECK(kpi_fdt_device(ref.kfr_xref) == dev);
	kpi_fdt_unregister(dev);
	TK_CHECK(kpi_fdt_device(ref.kfr_xref) == NULL);
	/* Unlike openfirm(9)'s, the reference survives. */
	TK_EQ(kpi_fdt_register(dev), 0);
	TK_CHECK(kpi_fdt_device(ref.kfr_xref) == dev);
	kpi_fdt_unregister(dev);
	TK_EQ(kpi_fdt_ref(OF_finddevice(CLIENT), "mboxes", "#mbox-cells", 1,
	    &ref), ENOENT);
	TK_EQ(kpi_fdt_ref(OF_finddevice(CLIENT), "clocks", "#clock-cells", 0,
	    &ref), ENOENT);
	down();
}

TK_CASE(fdt_references_with_cells)
{
	struct kpi_fdt_ref ref;

	boot("broken");
	TK_EQ(kpi_fdt_ref(OF_finddevice("/soc/client-of-cells"), "mboxes",
	    "#mbox-cells", 0, &ref), 0);
	TK_EQ(ref.kfr_ncells, 1);
	TK_EQ(ref.kfr_cells[0], 1);
	TK_EQ(kpi_fdt_ref(OF_finddevice("/soc/client-of-many-cells"),
	    "mboxes", "#mbox-cells", 0, &ref), EINVAL);
	TK_EQ(kpi_fdt_ref(OF_finddevice("/soc/client-of-nothing"), "mboxes",
	    "#mbox-cells", 0, &ref), EINVAL);
	TK_EQ(kpi_fdt_ref(OF_finddevice("/soc/client-of-half-a-cell"),
	    "mboxes", "#mbox-cells", 0, &ref), EINVAL);
	down();
}

TK_CASE(fdt_nodes_and_names)
{
	static const struct kpi_fdt_compat table[] = {
		{ "apple,other", 1 }, { "apple,smc", 2 }, { NULL, 0 },
	};
	kpi_fdt_node node, smc;
	device_t dev;
	int rid;

	boot("t8103");
	dev = tk_ofw_device(SMC);
	smc = kpi_fdt_node_of(dev);
	TK_EQ(kpi_fdt_match(dev, table), 2);
	TK_EQ(kpi_fdt_match(tk_ofw_device(MBOX), table), 0);
	TK_EQ(kpi_fdt_match(tk_nexus(), table), 0);
	TK_EQ(kpi_fdt_node_of(tk_nexus()), KPI_FDT_NONE);
	node = kpi_fdt_child(smc);
	TK_EQ(node, kpi_fdt_child_named(smc, "gpio"));
	TK_EQ(kpi_fdt_next(node), kpi_fdt_child_named(smc, "reboot"));
	TK_EQ(kpi_fdt_next(kpi_fdt_child_named(smc, "rtc")), KPI_FDT_NONE);
	TK_EQ(kpi_fdt_child_named(smc, "gpi"), KPI_FDT_NONE);
	TK_EQ(kpi_fdt_child_named(OF_finddevice("/soc"), "smc"), smc);
	TK_EQ(kpi_fdt_intr_rid(tk_ofw_device(MBOX), "recv-empty", &rid), 0);
	TK_EQ(rid, 2);
	TK_EQ(kpi_fdt_intr_rid(dev, "recv-empty", &rid), ENOENT);
	down();
}

TK_CASE(fdt_leaves_out_nodes_that_are_disabled)
{
	kpi_fdt_node disabled, node, soc;
	int count = 0;

	boot("t8112");
	soc = OF_finddevice("/soc");
	disabled = OF_finddevice("/soc/mbox@24e408000");
	for (node = kpi_fdt_child(soc); node != KPI_FDT_NONE;
	    node = kpi_fdt_next(node)) {
		TK_CHECK(node != disabled);
		count++;
	}
	/* It lies between others. */
	TK_EQ(kpi_fdt_parent(disabled), soc);
	TK_CHECK(OF_peer(disabled) != KPI_FDT_NONE);
	TK_CHECK(count > 2);
	TK_CHECK(kpi_fdt_child_named(soc, "mbox") != disabled);
	down();
}

/*
 * References and the numbers of nodes
 */

#define	PLAIN	"/soc/plain"
#define	OTHER	"/soc/other"
#define	OWN	"/soc/own"

/* Replace a number of the tree wherever it is aligned. */
static void
renumber(uint8_t *tree, size_t len, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i + 4 <= len; i += 4)
		if (be32dec(tree + i) == from)
			be32enc(tree + i, to);
}

/* The number that openfirm(9) gives the node at this path. */
static phandle_t
number_of(const struct tk_dtb *dtb, const char *path)
{
	phandle_t node;

	TK_CHECK(tk_ofw_load(dtb->data, dtb->size) == NULL);
	node = OF_finddevice(path);
	tk_ofw_unload();
	return (node);
}

/* Boot "numbers" with the number of the node at path in place of marker. */
static void
boot_numbers(uint32_t marker, const char *path)
{
	const struct tk_dtb *dtb = tk_dtb_find("numbers");
	uint8_t *copy;

	attached = 0;
	copy = malloc(dtb->size, M_TEMP, M_WAITOK);
	memcpy(copy, dtb->data, dtb->size);
	renumber(copy, dtb->size, marker, number_of(dtb, path));
	TK_CHECK(tk_ofw_load(copy, dtb->size) == NULL);
	free(copy, M_TEMP);
	TK_EQ(tk_ofw_attach(), 0);
}

TK_CASE(ofw_numbers_of_nodes_are_their_places_in_the_tree)
{
	boot("t8103");
	/* The header, an empty list of reservations, the root. */
	TK_EQ(OF_peer(0), 0x38);
	down();
}

TK_CASE(fdt_node_whose_number_is_the_reference_of_another)
{
	device_t other, plain;
	phandle_t xref;

	boot_numbers(0xfeed0001, PLAIN);
	plain = tk_ofw_device(PLAIN);
	other = tk_ofw_device(OTHER);
	xref = OF_xref_from_node(kpi_fdt_node_of(other));
	TK_EQ(xref, kpi_fdt_node_of(plain));
	TK_EQ(kpi_fdt_target(xref), kpi_fdt_node_of(other));
	TK_EQ(kpi_fdt_register(plain), EEXIST);
	TK_CHECK(kpi_fdt_device(xref) == NULL);
	TK_EQ(kpi_fdt_register(other), 0);
	TK_CHECK(kpi_fdt_device(xref) == other);
	TK_CHECK(kpi_fdt_device_at(kpi_fdt_node_of(other)) == other);
	TK_CHECK(kpi_fdt_device_at(kpi_fdt_node_of(plain)) == NULL);
	kpi_fdt_unregister(plain);
	TK_CHECK(kpi_fdt_device(xref) == other);
	kpi_fdt_unregister(other);
	TK_CHECK(kpi_fdt_device(xref) == NULL);
	down();
}

TK_CASE(fdt_node_whose_reference_is_its_own_number)
{
	struct kpi_fdt_ref ref;
	kpi_fdt_node own;

	boot_numbers(0xfeed0002, OWN);
	own = OF_finddevice(OWN);
	TK_EQ(kpi_fdt_target(own), own);
	TK_EQ(kpi_fdt_ref(OF_finddevice("/soc/client-of-own"), "mboxes",
	    "#mbox-cells", 0, &ref), 0);
	TK_EQ(ref.kfr_node, own);
	TK_EQ(kpi_fdt_register(tk_ofw_device(OWN)), 0);
	TK_CHECK(kpi_fdt_device(ref.kfr_xref) == tk_ofw_device(OWN));
	kpi_fdt_unregister(tk_ofw_device(OWN));
	down();
}

TK_CASE(fdt_number_of_a_node_is_no_reference)
{
	struct kpi_fdt_ref ref;
	device_t plain;
	kpi_fdt_node node;

	boot_numbers(0xfeed0003, PLAIN);
	plain = tk_ofw_device(PLAIN);
	node = kpi_fdt_node_of(plain);
	TK_EQ(kpi_fdt_ref(OF_finddevice("/soc/client-of-plain"), "mboxes",
	    "#mbox-cells", 0, &ref), EINVAL);
	TK_EQ(kpi_fdt_register(plain), 0);
	TK_CHECK(kpi_fdt_device_at(node) == plain);
	TK_CHECK(kpi_fdt_device(node) == NULL);
	TK_EQ(kpi_fdt_target(node), KPI_FDT_NONE);
	kpi_fdt_unregister(plain);
	TK_CHECK(kpi_fdt_device_at(node) == NULL);
	down();
}

TK_CASE(fdt_status_without_an_end_is_not_okay)
{
	static const struct kpi_fdt_compat table[] = {
		{ "test,plain", 1 }, { NULL, 0 },
	};

	boot("numbers");
	TK_EQ(kpi_fdt_match(tk_ofw_device(PLAIN), table), 1);
	TK_EQ(kpi_fdt_match(tk_ofw_device("/soc/half-a-status"), table), 0);
	down();
}

TK_CASE(fdt_no_node_has_no_neighbours)
{
	boot("t8103");
	TK_EQ(kpi_fdt_next(KPI_FDT_NONE), KPI_FDT_NONE);
	TK_EQ(kpi_fdt_child(KPI_FDT_NONE), KPI_FDT_NONE);
	TK_EQ(kpi_fdt_parent(KPI_FDT_NONE), KPI_FDT_NONE);
	down();
}

TK_CASE(fdt_extended_interrupts_count_where_there_are_no_others)
{
	boot("numbers");
	TK_CHECK(!kpi_fdt_can_teardown(tk_ofw_device("/soc/no-interrupts"),
	    0));
	down();
}

static uint64_t
sram_read(void *arg, uint64_t off, unsigned int width)
{
	return (off);
}

static const struct tk_mmio_ops sram_ops = { .read = sram_read };

TK_CASE(fdt_registers_by_name)
{
	struct kpi_res res = { 0 };
	struct tk_mmio *mmio;

	boot("t8103");
	mmio = tk_mmio_add("sram", 0x23fe00000, 0x100000, &sram_ops, NULL);
	TK_EQ(kpi_fdt_res_alloc(tk_ofw_device(SMC), "dram", &res), ENOENT);
	TK_EQ(kpi_fdt_res_alloc(tk_ofw_device(SMC), "smc", &res), ENXIO);
	TK_EQ(kpi_fdt_res_alloc(tk_ofw_device(SMC), "sram", &res), 0);
	TK_EQ(kpi_read_4(&res, 0xffffc), 0xffffc);
	kpi_res_free(&res);
	tk_mmio_remove(mmio);
	down();
}

/*
 * Interrupt controllers
 */

static int
line_probe(device_t dev)
{
	return (ofw_bus_is_compatible(dev, "apple,asc-mailbox-v4") ?
	    BUS_PROBE_DEFAULT : ENXIO);
}

static int
line_attach(device_t dev)
{
	return (0);
}

static device_method_t line_methods[] = {
	DEVMETHOD(device_probe,		line_probe),
	DEVMETHOD(device_attach,	line_attach),
	DEVMETHOD(device_detach,	line_attach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(ofwline, line_driver, line_methods, 0);
DRIVER_MODULE(ofwline, simplebus, line_driver, NULL, NULL);

static void
line_handler(void *arg)
{
}

/* Set the last interrupt of the mailbox up, and remove the handler. */
static void
set_up_and_tear_down(void)
{
	struct kpi_intr intr = { 0 };
	struct tk_irq *line;

	boot("t8103");
	line = tk_irq_add("line", 586, TK_IRQ_LEVEL);
	TK_EQ(kpi_intr_setup(tk_ofw_device(MBOX), 3, NULL, line_handler, NULL,
	    &intr), 0);
	kpi_intr_teardown(&intr);
	down();
	tk_irq_remove(line);
}

/* As FreeBSD panics. */
TK_CASE_STOPS(apples_controller_removes_no_handler,
    "tk: intr-controller: ofwline1 removes a handler")
{
	set_up_and_tear_down();
}

TK_CASE(pic_says_whether_handlers_can_be_removed)
{
	device_t dev;
	bool gic;

	boot("t8103");
	gic = ofw_bus_node_is_compatible(OF_finddevice(
	    "/soc/interrupt-controller@23b100000"), "arm,gic");
	dev = tk_ofw_device(MBOX);
	TK_EQ(tk_pic_tears_down(dev), gic);
	TK_EQ(kpi_fdt_can_teardown(dev, 3), gic);
	TK_CHECK(kpi_fdt_can_teardown(tk_nexus(), 0));
	down();
	if (gic)
		set_up_and_tear_down();
}

TK_CASE(pic_of_each_machine_is_known)
{
	static const struct {
		const char	*tree, *node;
	} mboxes[] = {
		{ "t8112", "/soc/mbox@23e408000" },
		{ "t6000", "/soc@200000000/mbox@90408000" },
		{ "t6020", "/soc@200000000/mbox@a2408000" },
	};
	device_t dev;
	size_t i;

	for (i = 0; i < nitems(mboxes); i++) {
		boot(mboxes[i].tree);
		dev = tk_ofw_device(mboxes[i].node);
		TK_EQ(kpi_fdt_can_teardown(dev, 0), tk_pic_tears_down(dev));
		down();
	}
}

TK_CASE(fdt_each_extended_interrupt_has_its_controller)
{
	device_t dev;

	boot("broken");
	dev = tk_ofw_device("/soc/extended");
	TK_CHECK(!kpi_fdt_can_teardown(dev, 0));
	TK_CHECK(kpi_fdt_can_teardown(dev, 1));
	TK_CHECK(kpi_fdt_can_teardown(dev, 2));
	down();
}
