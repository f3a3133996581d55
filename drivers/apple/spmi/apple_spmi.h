/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cells of Apple's power management unit (PMU) for other drivers.  See
 * apple_spmi(9).
 *
 * The PMU keeps some bytes while the machine is off.  The device tree calls
 * parts of these bytes nvmem cells, and nodes refer to cells by name.  A client
 * is a driver that gets the cells of its node.  The bytes are read and written
 * over the SPMI bus to which the PMU is connected.
 *
 * All functions but apple_spmi_cell_get() also work while the machine goes down
 * and after a panic(9): they poll.
 */
#ifndef _APPLE_SPMI_H_
#define	_APPLE_SPMI_H_

#include "kpi.h"
#include "kpi_fdt.h"

#include <sys/bus.h>

struct apple_spmi;

/*
 * A cell.  The fields are for reading, after apple_spmi_cell_get() and until
 * apple_spmi_cell_put().  A cell that is all zero is not there.
 */
struct apple_spmi_cell {
	struct apple_spmi *asc_spmi;	/* NULL: the cell is not there */
	uint32_t	 asc_size;	/* bytes */
	uint16_t	 asc_addr;	/* of its first byte */
	uint8_t		 asc_sid;	/* of the PMU on its bus */
	uint8_t		 asc_bit;	/* its first bit */
	uint8_t		 asc_nbits;	/* 0: whole bytes */
};

/*
 * Get the cell that node, one of dev's, calls name in "nvmem-cell-names".  The
 * cell's controller does not detach before apple_spmi_cell_put().  On an error
 * *cell is all zero, and one line on the console, which begins with dev's name,
 * says what is wrong.
 *
 * Context: sleepable; in an attach method.
 * Locks: newbus's topology lock is held, as in attach methods.
 * Errors: ENOENT: the node has no such cell.  EINVAL: the device tree's
 * properties of the cell are malformed, or it is no cell of a PMU on an SPMI
 * bus.  ENXIO: the controller is not attached (yet).
 */
int	apple_spmi_cell_get(device_t dev, kpi_fdt_node node, const char *name,
	    struct apple_spmi_cell *cell);

/*
 * Give it back.  Does nothing with a cell that is not there.
 *
 * Context: any but a filter.
 */
void	apple_spmi_cell_put(struct apple_spmi_cell *cell);

/*
 * Read all bytes of a cell, or write them.  A cell of less than a byte is one
 * byte, with the value in the lowest bits; a write leaves the other bits of the
 * PMU's byte as they are.  No other access to the bus of the controller comes
 * in between.  When a read fails, buf may be written in part.  When a write of
 * more than 8 bytes fails, the first of them may be written.
 *
 * A caller spins for some ten microseconds, and for some 100 milliseconds if
 * the controller does not answer.
 *
 * Context: any but a filter.
 * Errors: ENXIO: the cell is not there.  EINVAL: size is not the cell's, or the
 * value has more bits than the cell.  ETIMEDOUT: the controller does not take
 * the command, or does not answer it.  EIO: the PMU did not acknowledge, the
 * parity was wrong, or the answer was another command's.
 */
int	apple_spmi_cell_read(const struct apple_spmi_cell *cell, void *buf,
	    size_t size);
int	apple_spmi_cell_write(const struct apple_spmi_cell *cell,
	    const void *buf, size_t size);

#endif /* !_APPLE_SPMI_H_ */
