/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Registers of Apple's mailboxes.  There is no documentation by the vendor:
 * these are the offsets and bits on which public drivers agree.
 *
 * The coprocessor's ends of the FIFOs, which the processors leave alone, are
 * not here.  A2I: to the coprocessor; I2A: from it.
 */
#ifndef _APPLE_MBOX_REG_H_
#define	_APPLE_MBOX_REG_H_

/* Control word of a FIFO, 32 bits. */
#define	AMBOX_CTL_FULL		(1u << 16)
#define	AMBOX_CTL_EMPTY		(1u << 17)
/* Entries, of the ASC's kinds only; a FIFO of 16 entries, full, shows 0. */
#define	AMBOX_CTL_ENTRY		(1u << 20)
#define	AMBOX_CTL_COUNT(ctl)	(((ctl) / AMBOX_CTL_ENTRY) & 0xf)

/*
 * A message is two 64-bit words, 0 then 1, each accessed once.  Reading word 1
 * gives the FIFO's pointers and counts above bit 31; they are written as 0.
 */

/* M3's interrupt registers, bits in the order of the binding. */
#define	AMBOX_M3_SEND_EMPTY	(1u << 0)
#define	AMBOX_M3_RECV_NOT_EMPTY	(1u << 3)

/* Offsets from the mailbox's base. */
struct apple_mbox_layout {
	const char	*aml_descr;
	uint16_t	 aml_a2i_control;	/* 32 bits */
	uint16_t	 aml_i2a_control;	/* 32 bits */
	uint16_t	 aml_send[2];		/* 64 bits */
	uint16_t	 aml_recv[2];		/* 64 bits */
	uint16_t	 aml_irq_enable;	/* 32 bits; 0: none */
	uint16_t	 aml_irq_ack;		/* 32 bits; 0: none */
	bool		 aml_has_count;		/* AMBOX_CTL_COUNT() counts */
};

/* Bytes up to the end of the last register of any layout. */
#define	AMBOX_SIZE		0x840

static const struct apple_mbox_layout apple_mbox_v4 = {
	.aml_descr = "Apple ASC mailbox",
	.aml_a2i_control = 0x110,
	.aml_i2a_control = 0x114,
	.aml_send = { 0x800, 0x808 },
	.aml_recv = { 0x830, 0x838 },
	.aml_has_count = true,
};

static const struct apple_mbox_layout apple_mbox_t8015 = {
	.aml_descr = "Apple T8015 ASC mailbox",
	.aml_a2i_control = 0x108,
	.aml_i2a_control = 0x10c,
	.aml_send = { 0x800, 0x808 },
	.aml_recv = { 0x830, 0x838 },
	.aml_has_count = true,
};

static const struct apple_mbox_layout apple_mbox_m3 = {
	.aml_descr = "Apple M3 mailbox",
	.aml_a2i_control = 0x50,
	.aml_i2a_control = 0x80,
	.aml_send = { 0x60, 0x68 },
	.aml_recv = { 0xa0, 0xa8 },
	.aml_irq_enable = 0x48,
	.aml_irq_ack = 0x4c,
};

#endif /* !_APPLE_MBOX_REG_H_ */
