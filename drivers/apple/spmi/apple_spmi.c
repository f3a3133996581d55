/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * apple_spmi(4): the controller of an SPMI bus, and the cells of the PMU on it.
 * apple_spmi.h describes the interface for clients.
 *
 * A command and its reply take some microseconds.  So the thread polls, with
 * the controller's mutex held, and no interrupt is used.
 *
 * A thread that a panic(9) has stopped may have left a command half written.
 * The controller would take the next words for the data of that command.  It
 * says so by a TX FIFO that is not empty, and then no command is sent.
 *
 * Late replies
 *
 * A reply says no more of its command than the kind, the number of bytes and
 * the device, but not the address.  So the late reply to a command that was
 * given up may look like that to the command now waiting.  The controller does
 * its commands in order, and replies to each once at most.  Therefore, while n
 * replies are owed, a command is sent n + 1 times, and the last reply is
 * believed: n replies at most can be those to other commands.  A command only
 * reads or writes bytes that nobody else changes, so it may be repeated.
 */
#include "apple_spmi.h"
#include "apple_spmi_reg.h"

#include "kpi_bus.h"
#include "kpi_dev.h"
#include "kpi_mtx.h"
#include "kpi_time.h"

#include <sys/kernel.h>
#include <sys/module.h>

#include <dev/ofw/ofw_bus_subr.h>

#define	APPLE_SPMI_POLL_US	1	/* between looks at a FIFO */
#define	APPLE_SPMI_LIMIT_US	50000	/* to wait for a FIFO */

/* No reply is later than this.  Other drivers wait for 1 to 50 ms. */
#define	APPLE_SPMI_LOST		SBT_1S

#define	WORDS(bytes)	howmany((bytes), sizeof(uint32_t))

/* (c) constant after attach; (m) as_mtx. */
struct apple_spmi {
	device_t		 as_dev;	/* (c) */
	struct kpi_res		 as_res;	/* (c) */
	struct kpi_mtx		 as_mtx;	/* also of the registers */
	u_int			 as_owed;	/* (m) replies that may come */
	sbintime_t		 as_since;	/* (m) when the last was due */
	u_int			 as_cells;	/* (m) that clients have */
	bool			 as_gone;	/* (m) detaching */
};

/*
 * t6020 has "apple,t8103-spmi" as its second string, others "apple,spmi".
 * devmatch(8) reads no string but the first.
 */
static const struct kpi_fdt_compat apple_spmi_compat[] = {
	{ "apple,spmi",		1 },
	{ "apple,t6000-spmi",	1 },
	{ "apple,t6020-spmi",	1 },
	{ "apple,t8103-spmi",	1 },
	{ "apple,t8112-spmi",	1 },
	{ NULL,			0 },
};

static device_probe_t	apple_spmi_probe;
static device_attach_t	apple_spmi_attach;
static device_detach_t	apple_spmi_detach;

static device_method_t apple_spmi_methods[] = {
	DEVMETHOD(device_probe,		apple_spmi_probe),
	DEVMETHOD(device_attach,	apple_spmi_attach),
	DEVMETHOD(device_detach,	apple_spmi_detach),
	DEVMETHOD_END
};

static driver_t apple_spmi_driver = {
	"apple_spmi",
	apple_spmi_methods,
	sizeof(struct apple_spmi),
};

/*
 * Before its clients, wherever in the tree they stand.  kldload(8) knows no
 * passes, and adds drivers of one order in any order: the order is set, too.
 */
EARLY_DRIVER_MODULE_ORDERED(apple_spmi, simplebus, apple_spmi_driver, NULL,
    NULL, SI_ORDER_SECOND, BUS_PASS_SUPPORTDEV + BUS_PASS_ORDER_EARLY);
MODULE_VERSION(apple_spmi, 1);
SIMPLEBUS_PNP_INFO(apple_spmi_compat);

/*
 * Commands.  Called with (m).
 */

static bool
apple_spmi_status(const struct apple_spmi *as, uint32_t bit)
{
	return ((kpi_read_4(&as->as_res, ASPMI_STATUS) & bit) != 0);
}

/* Wait for a word in RX, and read it. */
static int
apple_spmi_receive(const struct apple_spmi *as, uint32_t *word)
{
	int error;

	error = KPI_POLL(!apple_spmi_status(as, ASPMI_RX_EMPTY),
	    APPLE_SPMI_POLL_US, APPLE_SPMI_LIMIT_US);
	if (error == 0)
		*word = kpi_read_4(&as->as_res, ASPMI_REPLY);
	return (error);
}

/* Wait until TX is empty, and drop what replies of earlier commands left. */
static int
apple_spmi_ready(const struct apple_spmi *as)
{
	u_int words = 0;
	int error;

	error = KPI_POLL(apple_spmi_status(as, ASPMI_TX_EMPTY),
	    APPLE_SPMI_POLL_US, APPLE_SPMI_LIMIT_US);
	while (error == 0 && !apple_spmi_status(as, ASPMI_RX_EMPTY)) {
		if (words++ == ASPMI_FIFO)
			error = EIO;
		else
			(void)kpi_read_4(&as->as_res, ASPMI_REPLY);
	}
	return (error);
}

/* A command with its data, and the reply with its data. */
struct apple_spmi_exchange {
	uint32_t	command;
	const uint32_t	*data;		/* of a write */
	size_t		 words;
	uint32_t	 reply;
	uint32_t	*got;		/* of a read */
	size_t		 wanted;	/* words */
};

/* Drop the data of a reply to another command.  It may be no reply at all. */
static void
apple_spmi_drop_data(const struct apple_spmi *as, uint32_t reply)
{
	size_t words = (reply & ASPMI_OPCODE) == ASPMI_EXT_READL(1) ?
	    WORDS((reply & ASPMI_COUNT) + 1) : 0;

	while (words-- > 0 && apple_spmi_receive(as, &reply) == 0)
		continue;
}

/*
 * Get a reply with its data, so that the next word is the next reply.  ESTALE:
 * it is that to another command.
 */
static int
apple_spmi_get_reply(const struct apple_spmi *as,
    struct apple_spmi_exchange *ex)
{
	int error;

	error = apple_spmi_receive(as, &ex->reply);
	if (error == 0 && ((ex->reply ^ ex->command) & ASPMI_ECHO) != 0) {
		apple_spmi_drop_data(as, ex->reply);
		error = ESTALE;
	}
	for (size_t i = 0; i < ex->wanted && error == 0; i++)
		error = apple_spmi_receive(as, &ex->got[i]);
	return (error);
}

/*
 * Send a command once.  Its reply is owed from before it is sent: a thread that
 * a panic(9) stops in between does not get it.
 */
static int
apple_spmi_exchange_once(struct apple_spmi *as, struct apple_spmi_exchange *ex)
{
	u_int owed = as->as_owed;
	sbintime_t since = as->as_since;
	int error;

	error = apple_spmi_ready(as);
	if (error != 0)
		return (error);
	/* RX has no room for more. */
	as->as_owed = MIN(owed + 1, ASPMI_FIFO);
	as->as_since = kpi_uptime();
	kpi_write_4(&as->as_res, ASPMI_COMMAND, ex->command | ASPMI_LAST);
	for (size_t i = 0; i < ex->words; i++)
		kpi_write_4(&as->as_res, ASPMI_COMMAND, ex->data[i]);
	error = apple_spmi_get_reply(as, ex);
	if (error == 0) {
		as->as_owed = owed;
		as->as_since = since;
	}
	return (error);
}

/* Send a command until its own reply has come: see "Late replies". */
static int
apple_spmi_exchange(struct apple_spmi *as, struct apple_spmi_exchange *ex)
{
	u_int owed;
	int error;

	if (kpi_uptime() - as->as_since > APPLE_SPMI_LOST)
		as->as_owed = 0;
	owed = as->as_owed;
	do {
		error = apple_spmi_exchange_once(as, ex);
	} while ((error == 0 || error == ESTALE) && owed-- > 0);
	return (error == ESTALE ? EIO : error);
}

static uint32_t
apple_spmi_target(const struct apple_spmi_cell *cell, size_t off)
{
	return ((uint32_t)cell->asc_sid << ASPMI_SID_SHIFT |
	    (uint32_t)(cell->asc_addr + off) << ASPMI_ADDR_SHIFT);
}

/* Read n bytes of the cell, ASPMI_CHUNK at most. */
static int
apple_spmi_read_chunk(const struct apple_spmi_cell *cell, size_t off,
    uint8_t *buf, size_t n)
{
	uint32_t data[WORDS(ASPMI_CHUNK)] = { 0 };
	struct apple_spmi_exchange ex = {
		.command = ASPMI_EXT_READL(n) | apple_spmi_target(cell, off),
		.got = data,
		.wanted = WORDS(n),
	};
	int error;

	error = apple_spmi_exchange(cell->asc_spmi, &ex);
	if (error == 0 && (ex.reply >> ASPMI_PARITY_SHIFT & ASPMI_PARITY(n)) !=
	    ASPMI_PARITY(n))
		error = EIO;
	for (size_t i = 0; i < n && error == 0; i++)
		buf[i] = data[i / 4] >> 8 * (i % 4);
	return (error);
}

static int
apple_spmi_write_chunk(const struct apple_spmi_cell *cell, size_t off,
    const uint8_t *buf, size_t n)
{
	uint32_t data[WORDS(ASPMI_CHUNK)] = { 0 };
	struct apple_spmi_exchange ex = {
		.command = ASPMI_EXT_WRITEL(n) | apple_spmi_target(cell, off),
		.data = data,
		.words = WORDS(n),
	};
	int error;

	for (size_t i = 0; i < n; i++)
		data[i / 4] |= (uint32_t)buf[i] << 8 * (i % 4);
	error = apple_spmi_exchange(cell->asc_spmi, &ex);
	if (error == 0 && (ex.reply & ASPMI_ACK) == 0)
		error = EIO;
	return (error);
}

static int
apple_spmi_read(const struct apple_spmi_cell *cell, uint8_t *buf)
{
	size_t n;
	int error = 0;

	for (size_t off = 0; off < cell->asc_size && error == 0; off += n) {
		n = MIN(cell->asc_size - off, ASPMI_CHUNK);
		error = apple_spmi_read_chunk(cell, off, buf + off, n);
	}
	return (error);
}

static int
apple_spmi_write(const struct apple_spmi_cell *cell, const uint8_t *buf)
{
	size_t n;
	int error = 0;

	for (size_t off = 0; off < cell->asc_size && error == 0; off += n) {
		n = MIN(cell->asc_size - off, ASPMI_CHUNK);
		error = apple_spmi_write_chunk(cell, off, buf + off, n);
	}
	return (error);
}

/* The bits of the byte that are the cell's. */
static uint8_t
apple_spmi_mask(const struct apple_spmi_cell *cell)
{
	return (((1u << cell->asc_nbits) - 1) << cell->asc_bit);
}

/* Write the cell's bits of a byte, and leave the others as they are. */
static int
apple_spmi_write_bits(const struct apple_spmi_cell *cell, uint8_t value)
{
	uint8_t byte = 0, mask = apple_spmi_mask(cell);
	int error;

	error = apple_spmi_read(cell, &byte);
	if (error != 0)
		return (error);
	byte = (byte & ~mask) | value << cell->asc_bit;
	return (apple_spmi_write(cell, &byte));
}

/*
 * For clients
 */

int
apple_spmi_cell_read(const struct apple_spmi_cell *cell, void *buf, size_t size)
{
	struct apple_spmi *as = cell->asc_spmi;
	uint8_t *bytes = buf;
	int error;

	if (as == NULL)
		return (ENXIO);
	if (size != cell->asc_size)
		return (EINVAL);
	kpi_mtx_lock(&as->as_mtx);
	error = apple_spmi_read(cell, bytes);
	kpi_mtx_unlock(&as->as_mtx);
	if (error == 0 && cell->asc_nbits != 0)
		bytes[0] = (bytes[0] & apple_spmi_mask(cell)) >> cell->asc_bit;
	return (error);
}

int
apple_spmi_cell_write(const struct apple_spmi_cell *cell, const void *buf,
    size_t size)
{
	struct apple_spmi *as = cell->asc_spmi;
	const uint8_t *bytes = buf;
	int error;

	if (as == NULL)
		return (ENXIO);
	if (size != cell->asc_size ||
	    (cell->asc_nbits != 0 && bytes[0] >> cell->asc_nbits != 0))
		return (EINVAL);
	kpi_mtx_lock(&as->as_mtx);
	error = cell->asc_nbits != 0 ? apple_spmi_write_bits(cell, bytes[0]) :
	    apple_spmi_write(cell, bytes);
	kpi_mtx_unlock(&as->as_mtx);
	return (error);
}

/* 0: clients have one cell more.  ENXIO: the controller is about to go. */
static int
apple_spmi_claim(struct apple_spmi *as)
{
	int error;

	kpi_mtx_lock(&as->as_mtx);
	error = as->as_gone ? ENXIO : 0;
	if (error == 0)
		as->as_cells++;
	kpi_mtx_unlock(&as->as_mtx);
	return (error);
}

void
apple_spmi_cell_put(struct apple_spmi_cell *cell)
{
	struct apple_spmi *as = cell->asc_spmi;

	if (as == NULL)
		return;
	kpi_mtx_lock(&as->as_mtx);
	as->as_cells--;
	kpi_mtx_unlock(&as->as_mtx);
	memset(cell, 0, sizeof(*cell));
}

/*
 * What the device tree says of a cell
 */

/* Find the cell's node.  The references have no cells of their own. */
static int
apple_spmi_find(kpi_fdt_node node, const char *name, kpi_fdt_node *found)
{
	uint32_t xrefs[16];
	size_t count;
	int error, idx;

	error = kpi_fdt_string_index(node, "nvmem-cell-names", name, &idx);
	if (error == 0)
		error = kpi_fdt_u32_array(node, "nvmem-cells", xrefs,
		    nitems(xrefs), &count);
	if (error == ENOSPC || (error == 0 && (size_t)idx >= count))
		error = EINVAL;
	if (error == 0)
		*found = kpi_fdt_target(xrefs[idx]);
	if (error == 0 && *found == KPI_FDT_NONE)
		error = EINVAL;
	return (error);
}

/* Where in the PMU the cell is. */
static int
apple_spmi_parse_reg(kpi_fdt_node node, struct apple_spmi_cell *cell)
{
	uint32_t reg[2];
	size_t count;

	if (kpi_fdt_u32_array(node, "reg", reg, nitems(reg), &count) != 0 ||
	    count != nitems(reg) || reg[0] > ASPMI_ADDR_MAX || reg[1] == 0 ||
	    reg[1] > ASPMI_ADDR_MAX + 1 - reg[0])
		return (EINVAL);
	cell->asc_addr = reg[0];
	cell->asc_size = reg[1];
	return (0);
}

/* Which bits of its byte are the cell's, if these are not all. */
static int
apple_spmi_parse_bits(kpi_fdt_node node, struct apple_spmi_cell *cell)
{
	uint32_t bits[2];
	size_t count;
	int error;

	error = kpi_fdt_u32_array(node, "bits", bits, nitems(bits), &count);
	if (error == ENOENT)
		return (0);
	if (error != 0 || count != nitems(bits) || cell->asc_size != 1 ||
	    bits[0] > 7 || bits[1] == 0 || bits[1] > 8 - bits[0])
		return (EINVAL);
	cell->asc_bit = bits[0];
	cell->asc_nbits = bits[1];
	return (0);
}

/* The first cell of the PMU's "reg"; the second says what kind of ID it is. */
static int
apple_spmi_parse_pmu(kpi_fdt_node pmu, struct apple_spmi_cell *cell)
{
	uint32_t reg[2];
	size_t count;

	if (!kpi_fdt_is_compatible(pmu, "apple,spmi-nvmem") ||
	    kpi_fdt_u32_array(pmu, "reg", reg, nitems(reg), &count) != 0 ||
	    count != nitems(reg) || reg[0] > ASPMI_SID_MASK)
		return (EINVAL);
	cell->asc_sid = reg[0];
	return (0);
}

/* As apple_spmi_cell_get(), with the line for an error. */
static int
apple_spmi_lookup(kpi_fdt_node node, const char *name,
    struct apple_spmi_cell *cell, const char **why)
{
	kpi_fdt_node found, pmu;
	device_t spmi;
	int error;

	error = apple_spmi_find(node, name, &found);
	*why = error == ENOENT ? "is not in the device tree" :
	    "has no reference to a node";
	if (error != 0)
		return (error);
	*why = "has no sound \"reg\" and \"bits\"";
	if (apple_spmi_parse_reg(found, cell) != 0 ||
	    apple_spmi_parse_bits(found, cell) != 0)
		return (EINVAL);
	*why = "is not in an Apple PMU on an SPMI bus";
	/* The cell is in the PMU's "nvmem-layout". */
	pmu = kpi_fdt_parent(kpi_fdt_parent(found));
	if (apple_spmi_parse_pmu(pmu, cell) != 0)
		return (EINVAL);
	spmi = kpi_fdt_device_at(kpi_fdt_parent(pmu));
	*why = "belongs to a controller that is not attached";
	if (spmi == NULL)
		return (ENXIO);
	*why = "belongs to no SPMI controller";
	if (device_get_driver(spmi) != &apple_spmi_driver)
		return (EINVAL);
	*why = "belongs to a controller that is about to go";
	cell->asc_spmi = kpi_dev_softc(spmi);
	return (apple_spmi_claim(cell->asc_spmi));
}

int
apple_spmi_cell_get(device_t dev, kpi_fdt_node node, const char *name,
    struct apple_spmi_cell *cell)
{
	const char *why;
	int error;

	memset(cell, 0, sizeof(*cell));
	error = apple_spmi_lookup(node, name, cell, &why);
	if (error != 0) {
		memset(cell, 0, sizeof(*cell));
		device_printf(dev, "nvmem cell %s %s\n", name, why);
	}
	return (error);
}

/*
 * The device
 */

static int
apple_spmi_probe(device_t dev)
{
	if (kpi_fdt_match(dev, apple_spmi_compat) == 0)
		return (ENXIO);
	device_set_desc(dev, "Apple SPMI controller");
	return (BUS_PROBE_DEFAULT);
}

static int
apple_spmi_map(struct apple_spmi *as)
{
	int error;

	error = kpi_res_alloc(as->as_dev, 0, &as->as_res);
	if (error != 0)
		device_printf(as->as_dev, "cannot map the registers\n");
	else if (as->as_res.kr_size < ASPMI_BYTES) {
		device_printf(as->as_dev, "only %#jx bytes of registers\n",
		    (uintmax_t)as->as_res.kr_size);
		kpi_res_free(&as->as_res);
		error = EINVAL;
	}
	return (error);
}

static int
apple_spmi_attach(device_t dev)
{
	struct apple_spmi *as = kpi_dev_softc(dev);
	int error;

	as->as_dev = dev;
	error = apple_spmi_map(as);
	if (error != 0)
		return (error);
	kpi_mtx_init(&as->as_mtx, "apple_spmi", KPI_MTX_DEF);
	error = kpi_fdt_register(dev);
	if (error != 0) {
		device_printf(dev, "cannot be made known to clients: "
		    "error %d\n", error);
		kpi_mtx_destroy(&as->as_mtx);
		kpi_res_free(&as->as_res);
	}
	return (error);
}

static int
apple_spmi_detach(device_t dev)
{
	struct apple_spmi *as = kpi_dev_softc(dev);
	int error;

	kpi_mtx_lock(&as->as_mtx);
	error = as->as_cells != 0 ? EBUSY : 0;
	as->as_gone = error == 0;
	kpi_mtx_unlock(&as->as_mtx);
	if (error != 0) {
		device_printf(dev, "has a client\n");
		return (error);
	}
	kpi_fdt_unregister(dev);
	kpi_mtx_destroy(&as->as_mtx);
	kpi_res_free(&as->as_res);
	return (0);
}
