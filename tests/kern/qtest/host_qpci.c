/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * PCI bus 0 of QEMU's PC, through the ports 0xcf8 and 0xcfc.  Does what a PC's
 * firmware would do for one function (PCI Local Bus 3.0, chapter 6): finds it,
 * sizes its memory BARs, gives them addresses below 4 GiB and reads its list of
 * capabilities.  Leaves out I/O BARs, bridges and interrupt lines.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "qtest_var.h"

#define	QPCI_CONFIG_ADDR	0xcf8	/* 4 bytes: bit 31, devfn, register */
#define	QPCI_CONFIG_DATA	0xcfc	/* 4 bytes */

/* Configuration space: offset, width in bytes. */
#define	QPCI_VENDOR		0x00	/* 2 */
#define	QPCI_DEVICE		0x02	/* 2 */
#define	QPCI_COMMAND		0x04	/* 2 */
#define	  QPCI_COMMAND_MEMORY	0x0002
#define	  QPCI_COMMAND_MASTER	0x0004
#define	QPCI_STATUS		0x06	/* 2 */
#define	  QPCI_STATUS_CAPS	0x0010
#define	QPCI_BAR0		0x10	/* 4 each */
#define	  QPCI_BAR_IO		0x00000001u
#define	  QPCI_BAR_TYPE		0x00000006u
#define	  QPCI_BAR_TYPE_64	0x00000004u
#define	  QPCI_BAR_FLAGS	0x0000000fu
#define	QPCI_CAP_PTR		0x34	/* 1 */
#define	QPCI_CAP_FIRST		0x40

#define	QPCI_DEVFNS		256

/* The addresses for memory BARs in a PC, below its interrupt controllers. */
#define	QPCI_WINDOW		UINT64_C(0xe0000000)
#define	QPCI_WINDOW_END		UINT64_C(0xfe000000)

static void
select_register(struct tk_qtest *q, const struct qpci_dev *d, int off)
{

	qtest_out(q, QPCI_CONFIG_ADDR, 4,
	    UINT32_C(1) << 31 | (uint32_t)d->devfn << 8 | (off & 0xfc));
}

uint32_t
qpci_config_read(struct tk_qtest *q, const struct qpci_dev *d, int off,
    int width)
{

	select_register(q, d, off);
	return (qtest_in(q, QPCI_CONFIG_DATA + (off & 3), width));
}

void
qpci_config_write(struct tk_qtest *q, const struct qpci_dev *d, int off,
    int width, uint32_t value)
{

	select_register(q, d, off);
	qtest_out(q, QPCI_CONFIG_DATA + (off & 3), width, value);
}

static void
read_caps(struct tk_qtest *q, struct qpci_dev *d)
{
	int off;

	d->ncaps = 0;
	if ((qpci_config_read(q, d, QPCI_STATUS, 2) & QPCI_STATUS_CAPS) == 0)
		return;
	off = qpci_config_read(q, d, QPCI_CAP_PTR, 1) & 0xfc;
	while (off >= QPCI_CAP_FIRST && d->ncaps < QPCI_CAPS) {
		d->cap_off[d->ncaps] = off;
		d->cap_id[d->ncaps++] = qpci_config_read(q, d, off, 1);
		off = qpci_config_read(q, d, off + 1, 1) & 0xfc;
	}
}

int
qpci_cap(const struct qpci_dev *d, uint8_t id, int start)
{
	int i;

	for (i = start; i < d->ncaps; i++) {
		if (d->cap_id[i] == id)
			return (i);
	}
	return (-1);
}

/* Look for a function on bus 0: 0, ENODEV, or the connection's error. */
int
qpci_find(struct tk_qtest *q, uint16_t vendor, uint16_t device,
    struct qpci_dev *d)
{
	int devfn;

	for (devfn = 0; devfn < QPCI_DEVFNS; devfn++) {
		memset(d, 0, sizeof(*d));
		d->devfn = devfn;
		if (qpci_config_read(q, d, QPCI_VENDOR, 2) != vendor ||
		    qpci_config_read(q, d, QPCI_DEVICE, 2) != device)
			continue;
		read_caps(q, d);
		return (tk_qtest_error(q));
	}
	if (tk_qtest_error(q) != 0)
		return (tk_qtest_error(q));
	return (qtest_fail(q, ENODEV, "QEMU's PCI bus has no device %04x:%04x",
	    vendor, device));
}

/*
 * Size of a memory BAR: the address bits that stay zero when all ones are
 * written.
 */
static uint64_t
bar_size(struct tk_qtest *q, const struct qpci_dev *d, int off, bool wide)
{
	uint64_t mask;

	qpci_config_write(q, d, off, 4, UINT32_MAX);
	mask = qpci_config_read(q, d, off, 4) & ~QPCI_BAR_FLAGS;
	if (wide) {
		qpci_config_write(q, d, off + 4, 4, UINT32_MAX);
		mask |= (uint64_t)qpci_config_read(q, d, off + 4, 4) << 32;
	} else if (mask != 0)
		mask |= UINT64_C(0xffffffff) << 32;
	return (~mask + 1);
}

/* Give one BAR the next address; returns how many registers it takes. */
static int
place_bar(struct tk_qtest *q, struct qpci_dev *d, int bar, uint64_t *next)
{
	struct qpci_bar *b;
	uint64_t addr;
	uint32_t value;
	bool wide;
	int off;

	b = &d->bar[bar];
	off = QPCI_BAR0 + 4 * bar;
	value = qpci_config_read(q, d, off, 4);
	if ((value & QPCI_BAR_IO) != 0)
		return (1);
	wide = (value & QPCI_BAR_TYPE) == QPCI_BAR_TYPE_64;
	b->size = bar_size(q, d, off, wide);
	addr = b->size != 0 ? (*next + b->size - 1) & ~(b->size - 1) : 0;
	if (b->size != 0 && b->size <= QPCI_WINDOW_END - addr) {
		b->addr = addr;
		*next = addr + b->size;
		qpci_config_write(q, d, off, 4, addr);
		if (wide)
			qpci_config_write(q, d, off + 4, 4, addr >> 32);
	}
	return (wide ? 2 : 1);
}

/*
 * Place the memory BARs and let the function decode and be bus master.  A BAR
 * that does not fit keeps address 0.  That is an error only if the caller needs
 * this BAR.
 */
int
qpci_enable(struct tk_qtest *q, struct qpci_dev *d)
{
	uint64_t next;
	uint32_t command;
	int bar;

	command = qpci_config_read(q, d, QPCI_COMMAND, 2);
	qpci_config_write(q, d, QPCI_COMMAND, 2,
	    command & ~QPCI_COMMAND_MEMORY);
	next = QPCI_WINDOW;
	for (bar = 0; bar < QPCI_BARS && tk_qtest_error(q) == 0;)
		bar += place_bar(q, d, bar, &next);
	qpci_config_write(q, d, QPCI_COMMAND, 2,
	    command | QPCI_COMMAND_MEMORY | QPCI_COMMAND_MASTER);
	return (tk_qtest_error(q));
}
