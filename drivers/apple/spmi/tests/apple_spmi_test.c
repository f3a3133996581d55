/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SPMI controller, and cells of the PMU as a client's device sees them.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/module.h>

#include "apple/spmi/apple_spmi.h"
#include "kpi_mtx.h"
#include "model_spmi.h"
#include "observe.h"
#include "tk_bus.h"
#include "tk_ofw.h"
#include "tk_test.h"
#include "tk_test_thread.h"

#define	NODE		"/soc/spmi@23d0d9300"
#define	MAX_CELLS	16

/*
 * A client: it gets all cells that its node names
 */

struct spmi_client {
	int		 count;
	char		 names[MAX_CELLS][16];
	int		 errors[MAX_CELLS];
	struct apple_spmi_cell cells[MAX_CELLS];
};

static int
client_probe(device_t dev)
{
	static const struct kpi_fdt_compat compat[] = {
		{ "test,spmi-client", 1 },
		{ "test,spmi-wrong", 1 },
		{ NULL, 0 },
	};

	return (kpi_fdt_match(dev, compat) != 0 ? BUS_PROBE_DEFAULT : ENXIO);
}

static int
client_attach(device_t dev)
{
	struct spmi_client *c = device_get_softc(dev);
	kpi_fdt_node node = kpi_fdt_node_of(dev);

	TK_EQ(kpi_fdt_string_count(node, "nvmem-cell-names", &c->count), 0);
	for (int i = 0; i < c->count; i++) {
		TK_EQ(kpi_fdt_string(node, "nvmem-cell-names", i, c->names[i],
		    sizeof(c->names[i])), 0);
		c->errors[i] = apple_spmi_cell_get(dev, node, c->names[i],
		    &c->cells[i]);
	}
	return (0);
}

static int
client_detach(device_t dev)
{
	struct spmi_client *c = device_get_softc(dev);

	for (int i = 0; i < c->count; i++)
		apple_spmi_cell_put(&c->cells[i]);
	return (0);
}

static device_method_t client_methods[] = {
	DEVMETHOD(device_probe,		client_probe),
	DEVMETHOD(device_attach,	client_attach),
	DEVMETHOD(device_detach,	client_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(spmi_client, client_driver, client_methods,
    sizeof(struct spmi_client));
DRIVER_MODULE(spmi_client, simplebus, client_driver, NULL, NULL);

/* A device at the place of a controller that is another driver's. */
static int
other_probe(device_t dev)
{
	static const struct kpi_fdt_compat compat[] = {
		{ "test,spmi-other", 1 },
		{ NULL, 0 },
	};

	return (kpi_fdt_match(dev, compat) != 0 ? BUS_PROBE_DEFAULT : ENXIO);
}

static int
other_attach(device_t dev)
{
	return (kpi_fdt_register(dev));
}

static int
other_detach(device_t dev)
{
	kpi_fdt_unregister(dev);
	return (0);
}

static device_method_t other_methods[] = {
	DEVMETHOD(device_probe,		other_probe),
	DEVMETHOD(device_attach,	other_attach),
	DEVMETHOD(device_detach,	other_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(spmi_other, other_driver, other_methods, 1);
EARLY_DRIVER_MODULE(spmi_other, simplebus, other_driver, NULL, NULL,
    BUS_PASS_SUPPORTDEV);

/*
 * A machine
 */

struct rig {
	struct model_spmi *model;
	struct model_spmi *small;	/* too few registers in the tree */
	struct spmi_client *client;
};

static void
up(struct rig *r)
{
	static const struct model_spmi_range ranges[] = {
		{ 0x9f01, 2 }, { 0xd100, 6 }, { 0xffed, 0x13 },
	};
	struct model_spmi_config cfg = {
		.base = 0x23d0d9300, .sid = 0xf, .ranges = ranges,
		.nranges = nitems(ranges), .latency_ns = 20000,
	};

	r->model = model_spmi_new(&cfg);
	cfg.base = 0x25d0d9300;
	r->small = model_spmi_new(&cfg);
	TK_CHECK(r->model != NULL && r->small != NULL);
	tk_ofw_boot("spmi");
	r->client = device_get_softc(tk_ofw_device("/soc/client"));
}

static void
down(struct rig *r)
{
	TK_EQ(tk_ofw_detach(), 0);
	TK_STREQ(model_spmi_first_violation(r->model), "");
	TK_EQ(model_spmi_accesses(r->small), 0);
	model_spmi_free(r->small);
	model_spmi_free(r->model);
}

static struct apple_spmi_cell *
cell(const struct rig *r, const char *name)
{
	struct spmi_client *c = r->client;

	for (int i = 0; i < c->count; i++)
		if (strcmp(c->names[i], name) == 0)
			return (&c->cells[i]);
	panic("no cell %s", name);
}

/* The model got this command, as number n. */
static void
accessed(struct rig *r, unsigned int n, bool write, uint16_t addr, int size)
{
	struct model_spmi_access access;

	TK_CHECK(model_spmi_access(r->model, n, &access));
	TK_EQ(access.write, write);
	TK_EQ(access.addr, addr);
	TK_EQ(access.size, size);
}

static int
read_byte(const struct rig *r, const char *name)
{
	uint8_t value = 0xee;

	TK_EQ(apple_spmi_cell_read(cell(r, name), &value, 1), 0);
	return (value);
}

static int
write_byte(const struct rig *r, const char *name, uint8_t value)
{
	return (apple_spmi_cell_write(cell(r, name), &value, 1));
}

/*
 * Cells
 */

TK_CASE(spmi_reads_and_writes_a_byte)
{
	struct rig r;

	up(&r);
	TK_STREQ(device_get_desc(tk_ofw_device(NODE)),
	    "Apple SPMI controller");
	model_spmi_set(r.model, 0x9f01, 1, 0x2f);
	TK_EQ(read_byte(&r, "stage"), 0x2f);
	TK_EQ(write_byte(&r, "stage", 0x30), 0);
	TK_EQ(model_spmi_get(r.model, 0x9f01, 1), 0x30);
	accessed(&r, 0, false, 0x9f01, 1);
	accessed(&r, 1, true, 0x9f01, 1);
	TK_EQ(model_spmi_accesses(r.model), 2);
	down(&r);
}

TK_CASE(spmi_reads_and_writes_six_bytes_in_one_command)
{
	static const uint8_t wanted[] = { 1, 2, 3, 4, 0xf5, 0xf6 };
	uint8_t value[6];
	struct rig r;

	up(&r);
	model_spmi_set(r.model, 0xd100, 6, 0x3456789abcdeull);
	TK_EQ(apple_spmi_cell_read(cell(&r, "offset"), value, 6), 0);
	TK_CHECK(memcmp(value, "\xde\xbc\x9a\x78\x56\x34", 6) == 0);
	TK_EQ(apple_spmi_cell_write(cell(&r, "offset"), wanted, 6), 0);
	TK_EQ(model_spmi_get(r.model, 0xd100, 6), 0xf6f504030201ull);
	accessed(&r, 0, false, 0xd100, 6);
	accessed(&r, 1, true, 0xd100, 6);
	TK_EQ(model_spmi_accesses(r.model), 2);
	down(&r);
}

/* The last bytes of the PMU, 8 at a time. */
TK_CASE(spmi_long_cells_take_a_command_for_eight_bytes)
{
	uint8_t got[0x13], put[0x13];
	struct rig r;

	up(&r);
	for (u_int i = 0; i < sizeof(put); i++) {
		put[i] = 0xa0 + i;
		model_spmi_set(r.model, 0xffed + i, 1, i);
	}
	TK_EQ(apple_spmi_cell_read(cell(&r, "long"), got, sizeof(got)), 0);
	for (u_int i = 0; i < sizeof(got); i++)
		TK_EQ(got[i], i);
	TK_EQ(apple_spmi_cell_write(cell(&r, "long"), put, sizeof(put)), 0);
	for (u_int i = 0; i < sizeof(put); i++)
		TK_EQ(model_spmi_get(r.model, 0xffed + i, 1), put[i]);
	for (u_int write = 0; write <= 1; write++) {
		accessed(&r, 3 * write, write, 0xffed, 8);
		accessed(&r, 3 * write + 1, write, 0xfff5, 8);
		accessed(&r, 3 * write + 2, write, 0xfffd, 3);
	}
	down(&r);
}

TK_CASE(spmi_leaves_the_other_bits_of_a_byte_alone)
{
	struct rig r;

	up(&r);
	model_spmi_set(r.model, 0x9f01, 3, 0xc0a511);
	TK_EQ(read_byte(&r, "low"), 5);
	TK_EQ(read_byte(&r, "high"), 10);
	TK_EQ(write_byte(&r, "low", 0), 0);
	TK_EQ(model_spmi_get(r.model, 0x9f01, 3), 0xc0a011);
	TK_EQ(write_byte(&r, "high", 3), 0);
	TK_EQ(model_spmi_get(r.model, 0x9f01, 3), 0xc03011);
	accessed(&r, 2, false, 0x9f02, 1);
	accessed(&r, 3, true, 0x9f02, 1);
	TK_EQ(write_byte(&r, "low", 16), EINVAL);
	TK_EQ(model_spmi_accesses(r.model), 6);
	down(&r);
}

TK_CASE(spmi_refuses_another_size_than_the_cells)
{
	uint8_t value[8] = { 0 };
	struct rig r;

	up(&r);
	TK_EQ(apple_spmi_cell_read(cell(&r, "offset"), value, 5), EINVAL);
	TK_EQ(apple_spmi_cell_read(cell(&r, "offset"), value, 7), EINVAL);
	TK_EQ(apple_spmi_cell_write(cell(&r, "offset"), value, 8), EINVAL);
	TK_EQ(apple_spmi_cell_write(cell(&r, "low"), value, 2), EINVAL);
	TK_EQ(apple_spmi_cell_write(cell(&r, "low"), value, 0), EINVAL);
	TK_EQ(model_spmi_accesses(r.model), 0);
	down(&r);
}

TK_CASE(spmi_cells_that_are_wrong_are_said_to_be_so)
{
	static const struct {
		const char	*name;
		const char	*why;
		int		 error;
	} wrong[] = {
		{ "nowhere", "has no reference to a node", EINVAL },
		{ "no_reg", "has no sound \"reg\" and \"bits\"", EINVAL },
		{ "empty", "has no sound \"reg\" and \"bits\"", EINVAL },
		{ "beyond", "has no sound \"reg\" and \"bits\"", EINVAL },
		{ "odd_bits", "has no sound \"reg\" and \"bits\"", EINVAL },
		{ "no_bits", "has no sound \"reg\" and \"bits\"", EINVAL },
		{ "wide_bits", "has no sound \"reg\" and \"bits\"", EINVAL },
		{ "bad_sid", "is not in an Apple PMU on an SPMI bus", EINVAL },
		{ "no_pmu", "is not in an Apple PMU on an SPMI bus", EINVAL },
		{ "away", "belongs to a controller that is not attached",
		    ENXIO },
		{ "small", "belongs to a controller that is not attached",
		    ENXIO },
		{ "not_spmi", "belongs to no SPMI controller", EINVAL },
		{ "too_many", "has no reference to a node", EINVAL },
	};
	struct spmi_client *c;
	struct rig r;
	uint8_t value;
	char line[128];

	up(&r);
	c = device_get_softc(tk_ofw_device("/soc/wrong"));
	TK_EQ(c->count, nitems(wrong) + 1);
	TK_EQ(c->errors[0], 0);
	for (u_int i = 0; i < nitems(wrong); i++) {
		TK_STREQ(c->names[1 + i], wrong[i].name);
		TK_EQ(c->errors[1 + i], wrong[i].error);
		snprintf(line, sizeof(line),
		    "spmi_client1: nvmem cell %s %s\n", wrong[i].name,
		    wrong[i].why);
		TK_EQ(times_printed(line), 1);
		TK_EQ(apple_spmi_cell_read(&c->cells[1 + i], &value, 1),
		    ENXIO);
		TK_EQ(apple_spmi_cell_write(&c->cells[1 + i], &value, 1),
		    ENXIO);
	}
	TK_CHECK(printed("only 0x8 bytes of registers\n"));
	down(&r);
}

/* What apple_spmi_cell_get() relies on, at the ends of the tree. */
TK_CASE(kpi_fdt_walks_up_and_finds_no_parent_of_the_root)
{
	kpi_fdt_node node;
	struct rig r;
	int steps = 0;

	up(&r);
	for (node = kpi_fdt_node_of(tk_ofw_device(NODE));
	    kpi_fdt_parent(node) != KPI_FDT_NONE; node = kpi_fdt_parent(node))
		steps++;
	TK_EQ(steps, 2);
	TK_CHECK(kpi_fdt_has(node, "model"));
	TK_EQ(kpi_fdt_parent(KPI_FDT_NONE), KPI_FDT_NONE);
	TK_EQ(kpi_fdt_target(0xdead), KPI_FDT_NONE);
	TK_CHECK(kpi_fdt_device_at(node) == NULL);
	TK_CHECK(kpi_fdt_device_at(kpi_fdt_node_of(tk_ofw_device(NODE))) ==
	    tk_ofw_device(NODE));
	down(&r);
}

TK_CASE(spmi_cell_that_no_name_stands_for_is_not_there)
{
	struct apple_spmi_cell none;
	struct rig r;
	device_t dev;

	up(&r);
	dev = tk_ofw_device("/soc/client");
	bus_topo_lock();
	TK_EQ(apple_spmi_cell_get(dev, kpi_fdt_node_of(dev), "socd", &none),
	    ENOENT);
	TK_EQ(apple_spmi_cell_get(dev, kpi_fdt_node_of(tk_ofw_device(NODE)),
	    "socd", &none), ENOENT);
	bus_topo_unlock();
	TK_EQ(times_printed("spmi_client0: nvmem cell socd is not in the "
	    "device tree\n"), 2);
	TK_CHECK(none.asc_spmi == NULL);
	apple_spmi_cell_put(&none);
	down(&r);
}

/*
 * A controller that misbehaves
 */

static void
fails(enum model_spmi_fault fault, int read_error, int write_error)
{
	static const uint8_t put[6] = { 1, 2, 3, 4, 5, 6 };
	uint8_t value[6];
	struct rig r;
	int64_t start;

	up(&r);
	model_spmi_set(r.model, 0xd100, 6, 0x112233445566ull);
	model_spmi_fault(r.model, fault, true);
	start = tk_now_ns();
	TK_EQ(apple_spmi_cell_read(cell(&r, "offset"), value, 6), read_error);
	if (read_error == ETIMEDOUT)
		TK_CHECK(tk_now_ns() - start >= 50 * 1000000ll);
	TK_EQ(apple_spmi_cell_write(cell(&r, "offset"), put, 6), write_error);
	/* Each wait ends. */
	TK_CHECK(tk_now_ns() - start < 400 * 1000000ll);
	/* The controller behaves again. */
	model_spmi_fault(r.model, fault, false);
	TK_EQ(apple_spmi_cell_write(cell(&r, "offset"), put, 6), 0);
	TK_EQ(apple_spmi_cell_read(cell(&r, "offset"), value, 6), 0);
	TK_CHECK(memcmp(value, put, 6) == 0);
	down(&r);
}

TK_CASE(spmi_without_a_reply_gives_up)
{
	fails(MODEL_SPMI_NO_REPLY, ETIMEDOUT, ETIMEDOUT);
}

TK_CASE(spmi_reply_without_its_bytes_is_none)
{
	fails(MODEL_SPMI_NO_DATA, ETIMEDOUT, 0);
}

TK_CASE(spmi_reply_of_another_device_is_none)
{
	fails(MODEL_SPMI_WRONG_SID, EIO, EIO);
}

/* A command that was not answered in time may be answered later. */
TK_CASE(spmi_reply_to_another_command_is_none)
{
	fails(MODEL_SPMI_WRONG_OPCODE, EIO, EIO);
}

TK_CASE(spmi_bytes_of_bad_parity_are_not_believed)
{
	fails(MODEL_SPMI_BAD_PARITY, EIO, 0);
}

TK_CASE(spmi_write_without_an_acknowledgement_is_an_error)
{
	fails(MODEL_SPMI_NO_ACK, 0, EIO);
}

/* The model would note a command that is sent all the same. */
TK_CASE(spmi_sends_nothing_while_tx_is_not_empty)
{
	fails(MODEL_SPMI_TX_NOT_EMPTY, ETIMEDOUT, ETIMEDOUT);
}

TK_CASE(spmi_words_that_never_end_are_not_drained_for_ever)
{
	fails(MODEL_SPMI_RX_ENDLESS, EIO, EIO);
}

TK_CASE(spmi_old_words_are_dropped)
{
	struct rig r;

	up(&r);
	model_spmi_set(r.model, 0x9f01, 1, 0x2f);
	for (u_int words = 1; words <= 256; words += 85) {
		model_spmi_old_words(r.model, words);
		TK_EQ(read_byte(&r, "stage"), 0x2f);
		model_spmi_old_words(r.model, words);
		TK_EQ(write_byte(&r, "stage", 0x2f), 0);
	}
	down(&r);
}

/*
 * A reply does not have the address of its command.  Those of up to three
 * commands come late, just before that of a command that looks like theirs.
 */
TK_CASE(spmi_late_replies_are_not_taken_for_that_of_the_next_command)
{
	struct rig r;
	uint8_t value;

	up(&r);
	for (u_int late = 1; late <= 3; late++) {
		model_spmi_set(r.model, 0x9f01, 2, 0xa52f);
		model_spmi_hold(r.model, late);
		for (u_int i = 0; i < late; i++)
			TK_EQ(apple_spmi_cell_read(cell(&r, "stage"), &value,
			    1), ETIMEDOUT);
		TK_EQ(read_byte(&r, "low"), 5);
		TK_EQ(read_byte(&r, "stage"), 0x2f);
		model_spmi_hold(r.model, late);
		for (u_int i = 0; i < late; i++)
			TK_EQ(apple_spmi_cell_read(cell(&r, "stage"), &value,
			    1), ETIMEDOUT);
		/* Only the lower half of what is there is written. */
		TK_EQ(write_byte(&r, "low", 1), 0);
		TK_EQ(model_spmi_get(r.model, 0x9f01, 2), 0xa12f);
	}
	down(&r);
}

/* The late reply is another command's, of another kind or another length. */
TK_CASE(spmi_late_replies_of_another_kind_are_no_error)
{
	uint8_t value[6] = { 1, 2, 3, 4, 5, 6 };
	struct rig r;

	up(&r);
	model_spmi_set(r.model, 0x9f01, 2, 0xa52f);
	model_spmi_hold(r.model, 1);
	TK_EQ(write_byte(&r, "stage", 0x30), ETIMEDOUT);
	TK_EQ(read_byte(&r, "low"), 5);
	model_spmi_hold(r.model, 1);
	TK_EQ(apple_spmi_cell_read(cell(&r, "offset"), value, 6), ETIMEDOUT);
	TK_EQ(read_byte(&r, "stage"), 0x30);
	model_spmi_hold(r.model, 1);
	TK_EQ(apple_spmi_cell_read(cell(&r, "offset"), value, 6), ETIMEDOUT);
	TK_EQ(write_byte(&r, "stage", 0), 0);
	TK_EQ(model_spmi_get(r.model, 0x9f01, 2), 0xa500);
	down(&r);
}

/* What was not acknowledged is not taken for written. */
TK_CASE(spmi_late_acknowledgement_is_not_that_of_the_next_write)
{
	struct rig r;

	up(&r);
	model_spmi_hold(r.model, 1);
	TK_EQ(write_byte(&r, "stage", 0x30), ETIMEDOUT);
	model_spmi_fault(r.model, MODEL_SPMI_NO_ACK, true);
	TK_EQ(write_byte(&r, "stage", 0x31), EIO);
	TK_EQ(model_spmi_get(r.model, 0x9f01, 1), 0x30);
	down(&r);
}

/* A reply that is late by more than a second is lost. */
TK_CASE(spmi_sends_a_command_once_where_no_reply_can_be_late)
{
	struct rig r;

	up(&r);
	model_spmi_fault(r.model, MODEL_SPMI_NO_REPLY, true);
	TK_EQ(write_byte(&r, "stage", 1), ETIMEDOUT);
	model_spmi_fault(r.model, MODEL_SPMI_NO_REPLY, false);
	TK_EQ(write_byte(&r, "stage", 2), 0);
	TK_EQ(model_spmi_accesses(r.model), 3);
	pause("lost", 2 * hz);
	TK_EQ(write_byte(&r, "stage", 3), 0);
	TK_EQ(model_spmi_accesses(r.model), 4);
	down(&r);
}

static void
read_offset(void *arg)
{
	uint8_t value[6];

	(void)apple_spmi_cell_read(arg, value, sizeof(value));
}

/* The reply to a thread that does not run any more is nobody else's. */
TK_CASE(spmi_reply_to_a_thread_that_a_panic_stops_is_dropped)
{
	struct test_thread t;
	uint8_t value[6];
	struct rig r;

	up(&r);
	model_spmi_set(r.model, 0xd100, 6, 0x060504030201ull);
	model_spmi_hold(r.model, 1);
	test_thread_start(&t, read_offset, cell(&r, "offset"));
	pause("sent", 1);
	tk_panicked(true);
	TK_EQ(apple_spmi_cell_read(cell(&r, "offset"), value, 6), 0);
	TK_EQ(model_spmi_accesses(r.model), 3);
	TK_CHECK(memcmp(value, "\1\2\3\4\5\6", 6) == 0);
	tk_panicked(false);
	test_thread_join(&t);
	down(&r);
}

/* A byte that could not be read is not written. */
TK_CASE(spmi_bits_are_not_written_into_an_unknown_byte)
{
	static const enum model_spmi_fault faults[] = {
		MODEL_SPMI_NO_REPLY, MODEL_SPMI_NO_DATA, MODEL_SPMI_WRONG_SID,
		MODEL_SPMI_WRONG_OPCODE, MODEL_SPMI_BAD_PARITY,
	};
	struct rig r;

	up(&r);
	model_spmi_set(r.model, 0x9f02, 1, 0xa5);
	for (u_int i = 0; i < nitems(faults); i++) {
		model_spmi_fault(r.model, faults[i], true);
		TK_CHECK(write_byte(&r, "low", 0) != 0);
		model_spmi_fault(r.model, faults[i], false);
		accessed(&r, i, false, 0x9f02, 1);
		TK_EQ(model_spmi_get(r.model, 0x9f02, 1), 0xa5);
		/* Until no reply can come any more. */
		pause("lost", 2 * hz);
	}
	TK_EQ(model_spmi_accesses(r.model), nitems(faults));
	down(&r);
}

/*
 * Threads, and a kernel that has none any more
 */

static void
count_up(void *arg)
{
	const struct apple_spmi_cell *half = arg;
	uint8_t value;

	for (int i = 1; i <= 15; i++) {
		value = i;
		TK_EQ(apple_spmi_cell_write(half, &value, 1), 0);
		TK_EQ(apple_spmi_cell_read(half, &value, 1), 0);
		TK_EQ(value, i);
	}
}

/* Both halves of a byte are written: no write undoes the other's. */
TK_CASE(spmi_serves_one_thread_at_a_time)
{
	struct test_thread other;
	struct rig r;

	up(&r);
	test_thread_start(&other, count_up, cell(&r, "high"));
	count_up(cell(&r, "low"));
	test_thread_join(&other);
	TK_EQ(model_spmi_get(r.model, 0x9f02, 1), 0xff);
	down(&r);
}

TK_CASE(spmi_works_in_a_kernel_that_has_panicked)
{
	struct rig r;

	up(&r);
	model_spmi_set(r.model, 0x9f01, 2, 0xa530);
	model_spmi_old_words(r.model, 3);
	tk_panicked(true);
	TK_EQ(read_byte(&r, "stage"), 0x30);
	TK_EQ(write_byte(&r, "stage", 0), 0);
	TK_EQ(write_byte(&r, "high", 0), 0);
	model_spmi_fault(r.model, MODEL_SPMI_NO_REPLY, true);
	TK_EQ(write_byte(&r, "stage", 1), ETIMEDOUT);
	tk_panicked(false);
	TK_EQ(model_spmi_get(r.model, 0x9f01, 2), 0x0500);
	down(&r);
}

/*
 * The device
 */

TK_CASE(spmi_with_a_client_does_not_detach)
{
	struct rig r;
	device_t dev;

	up(&r);
	dev = tk_ofw_device(NODE);
	bus_topo_lock();
	TK_EQ(device_detach(dev), EBUSY);
	TK_CHECK(printed("apple_spmi0: has a client"));
	TK_EQ(write_byte(&r, "stage", 7), 0);
	TK_EQ(device_detach(tk_ofw_device("/soc/client")), 0);
	TK_EQ(device_detach(dev), EBUSY);
	TK_EQ(device_detach(tk_ofw_device("/soc/wrong")), 0);
	TK_EQ(device_detach(dev), 0);
	bus_topo_unlock();
	down(&r);
}

TK_CASE(spmi_that_attaches_again_is_found_again)
{
	struct rig r;
	device_t client, dev;

	up(&r);
	dev = tk_ofw_device(NODE);
	client = tk_ofw_device("/soc/client");
	TK_EQ(tk_device_detach(client), 0);
	TK_EQ(tk_device_detach(tk_ofw_device("/soc/wrong")), 0);
	TK_EQ(tk_device_detach(dev), 0);
	TK_EQ(tk_device_attach(client), 0);
	r.client = device_get_softc(client);
	TK_EQ(r.client->errors[0], ENXIO);
	TK_EQ(tk_device_detach(client), 0);
	TK_EQ(tk_device_attach(dev), 0);
	TK_EQ(tk_device_attach(client), 0);
	r.client = device_get_softc(client);
	TK_EQ(write_byte(&r, "stage", 9), 0);
	TK_EQ(model_spmi_get(r.model, 0x9f01, 1), 9);
	down(&r);
}

TK_CASE(spmi_gives_everything_back_whichever_call_fails)
{
	static const char *const calls[] = {
		"bus_alloc_resource", "OF_device_register_xref",
	};
	struct rig r;
	device_t dev;

	up(&r);
	dev = tk_ofw_device(NODE);
	TK_EQ(tk_device_detach(tk_ofw_device("/soc/client")), 0);
	TK_EQ(tk_device_detach(tk_ofw_device("/soc/wrong")), 0);
	TK_EQ(tk_device_detach(dev), 0);
	for (u_int i = 0; i < nitems(calls); i++) {
		tk_fault_set(calls[i], 1);
		TK_CHECK(tk_device_attach(dev) != 0);
		tk_fault_clear();
	}
	TK_CHECK(printed("apple_spmi0: cannot map the registers\n"));
	TK_CHECK(printed("apple_spmi0: cannot be made known to clients: "
	    "error 6\n"));
	TK_EQ(tk_device_attach(dev), 0);
	down(&r);
}
