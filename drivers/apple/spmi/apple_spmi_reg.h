/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Registers of Apple's SPMI controller, 32 bits each, and the words that go
 * through its two FIFOs.  Reverse engineered: there is no document of the
 * vendor's.
 */
#ifndef _APPLE_SPMI_REG_H_
#define	_APPLE_SPMI_REG_H_

#define	ASPMI_STATUS		0x00
#define	  ASPMI_RX_EMPTY	(1u << 24)
#define	  ASPMI_TX_EMPTY	(1u << 8)
#define	ASPMI_COMMAND		0x04	/* to TX */
#define	ASPMI_REPLY		0x08	/* from RX */
#define	ASPMI_BYTES		0x0c	/* of registers that are used */

/* RX counts its words in eight bits. */
#define	ASPMI_FIFO		256

/*
 * A command.  EXT_WRITEL is followed by its data, four bytes in a word, the
 * first byte lowest.
 */
#define	ASPMI_EXT_WRITEL(n)	(0x30u | ((n) - 1))
#define	ASPMI_EXT_READL(n)	(0x38u | ((n) - 1))
#define	ASPMI_OPCODE		0xf8u
#define	ASPMI_COUNT		0x07u	/* bytes less 1 */
#define	ASPMI_SID_SHIFT		8	/* 7 bits */
#define	ASPMI_SID_MASK		0x7fu
#define	ASPMI_LAST		(1u << 15)	/* of a command */
#define	ASPMI_ADDR_SHIFT	16
#define	ASPMI_ADDR_MAX		0xffffu

/*
 * A reply.  Its lowest bits are the command's: opcode, bytes and SID.  It does
 * not have the address.  The reply to a read has a bit for each byte whose
 * parity was good, and is followed by the bytes, as above.
 */
#define	ASPMI_ECHO		0x7fffu
#define	ASPMI_ACK		(1u << 15)	/* of a write */
#define	ASPMI_PARITY_SHIFT	16
#define	ASPMI_PARITY(n)		((1u << (n)) - 1)

/* Bytes that a command reads or writes at most. */
#define	ASPMI_CHUNK		8

#endif /* !_APPLE_SPMI_REG_H_ */
