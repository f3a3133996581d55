/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Registers of QEMU's educational device, in BAR 0.  C and Rust use this file.
 *
 * Source: QEMU, docs/specs/edu.rst and hw/misc/edu.c.
 */
#ifndef _EDU_REG_H_
#define	_EDU_REG_H_

#define	EDU_VENDOR		0x1234
#define	EDU_DEVICE		0x11e8

/* All registers are accessed with 4 bytes. */
#define	EDU_SIZE		0xa0	/* bytes with registers */

#define	EDU_ID			0x00
#define	EDU_ID_MAGIC		0x0000ffffu
#define	EDU_ID_MINOR		0x00ff0000u
#define	EDU_ID_MAJOR		0xff000000u
#define	EDU_MAGIC		0xed

#define	EDU_LIVENESS		0x04	/* reads the complement */

/*
 * A write computes the factorial, modulo 2^32.  Until that is done, the
 * register keeps the argument and ignores writes.
 */
#define	EDU_FACTORIAL		0x08

#define	EDU_STATUS		0x20
#define	EDU_STATUS_COMPUTING	0x01u	/* read only */
#define	EDU_STATUS_INTR		0x80u	/* interrupt when it is done */

/*
 * Interrupt status.  A write to RAISE sets bits and interrupts, one to ACK
 * clears them.  INTx stays asserted while a bit is set.  MSI sends a message
 * for each raise, and none for bits that are left set.
 */
#define	EDU_ISR			0x24
#define	EDU_ISR_FACTORIAL	0x00000001u
#define	EDU_ISR_DMA		0x00000100u
#define	EDU_RAISE		0x60
#define	EDU_ACK			0x64

/*
 * DMA between memory and the device's buffer, whose address for DMA is
 * EDU_BUFFER.  While RUN is set, writes to these registers are ignored.
 */
#define	EDU_DMA_SRC		0x80
#define	EDU_DMA_DST		0x88
#define	EDU_DMA_COUNT		0x90	/* bytes */
#define	EDU_DMA_CMD		0x98
#define	EDU_DMA_CMD_RUN		0x01u
#define	EDU_DMA_CMD_TO_MEMORY	0x02u
#define	EDU_DMA_CMD_INTR	0x04u	/* interrupt when it is done */

#define	EDU_BUFFER		0x40000
#define	EDU_BUFFER_SIZE		4096	/* bytes */
#define	EDU_DMA_BITS		28	/* of an address; QEMU: dma_mask= */

#endif /* !_EDU_REG_H_ */
