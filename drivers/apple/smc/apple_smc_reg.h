/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the processors and the SMC say to each other on RTKit endpoint 0x20.
 * Reverse engineered: there is no document of the vendor's.
 *
 * A command and its answer are a 64-bit message each.  What is longer than
 * four bytes goes through memory in the SMC's SRAM, which both share.
 */
#ifndef _APPLE_SMC_REG_H_
#define	_APPLE_SMC_REG_H_

#define	APPLE_SMC_EP		0x20

/* Bits 7:0 of a command. */
#define	APPLE_SMC_READ_KEY	0x10
#define	APPLE_SMC_WRITE_KEY	0x11
#define	APPLE_SMC_KEY_BY_INDEX	0x12
#define	APPLE_SMC_KEY_INFO	0x13
#define	APPLE_SMC_INITIALIZE	0x17	/* answered by a bare address */
#define	APPLE_SMC_NOTIFICATION	0x18	/* from the SMC, in place of a result */
#define	APPLE_SMC_RW_KEY	0x20	/* write, then read */

/* Further fields: of a command; of an answer, where that differs. */
#define	APPLE_SMC_ID_SHIFT	12	/* 4 bits, the same in both */
#define	APPLE_SMC_SIZE_SHIFT	16	/* 8 bits: bytes to read or write */
#define	APPLE_SMC_WSIZE_SHIFT	24	/* 8 bits: to write, of RW_KEY */
#define	APPLE_SMC_DATA_SHIFT	32	/* 32 bits: key or index; value */

/* Bits 7:0 of an answer: the result. */
#define	APPLE_SMC_OK		0x00
#define	APPLE_SMC_BAD_COMMAND	0x82
#define	APPLE_SMC_BAD_PARAMETER	0x83
#define	APPLE_SMC_NOT_FOUND	0x84
#define	APPLE_SMC_NOT_READABLE	0x85
#define	APPLE_SMC_NOT_WRITABLE	0x86
#define	APPLE_SMC_SIZE_MISMATCH	0x87
#define	APPLE_SMC_BAD_ARGUMENT	0x89
#define	APPLE_SMC_TIMEOUT	0xb7
#define	APPLE_SMC_BAD_INDEX	0xb8
#define	APPLE_SMC_UNSUPPORTED	0xcb

/* The shared memory: as much of it as is known to be there. */
#define	APPLE_SMC_SHARED_SIZE	0x1000
#define	APPLE_SMC_VALUE_MAX	255	/* bytes of a value */

/* What KEY_INFO leaves in the shared memory. */
struct apple_smc_wire_key_info {
	uint8_t		size;		/* bytes of the key's value */
	uint8_t		type[4];	/* characters, in order */
	uint8_t		flags;		/* APPLE_SMC_FLAG_* */
};
_Static_assert(sizeof(struct apple_smc_wire_key_info) == 6, "key_info");

#define	APPLE_SMC_FLAG_READABLE	0x80
#define	APPLE_SMC_FLAG_WRITABLE	0x40
#define	APPLE_SMC_FLAG_FUNCTION	0x10

/* The event of a notification: bits 63:48, then 47:40 and 39:32. */
#define	APPLE_SMC_EV_POWER_STATE 0x7101	/* charger */
#define	APPLE_SMC_EV_BATTERY	0x7102	/* critically low */
#define	APPLE_SMC_EV_CHARGE	0x7106	/* of a port */
#define	APPLE_SMC_EV_CONNECTOR	0x7113
#define	APPLE_SMC_EV_BUTTON	0x7201
#define	  APPLE_SMC_BUTTON_HELD	0x00	/* for about 4 s: it goes off */
#define	  APPLE_SMC_BUTTON_POWER 0x01
#define	  APPLE_SMC_BUTTON_TOUCH 0x06	/* the one with Touch ID */
#define	APPLE_SMC_EV_LID	0x7203
#define	  APPLE_SMC_LID_OPEN	0x00
#define	  APPLE_SMC_LID_CLOSED	0x01

/*
 * Bits 31:24 of the values of PMU pins (gPxx), as commands: of writes the
 * first, with the level in bit 0, of reads all of them.
 */
#define	APPLE_SMC_PIN_OUTPUT	0x01	/* level that is driven */
#define	APPLE_SMC_PIN_INPUT	0x02	/* level that is seen */
#define	APPLE_SMC_PIN_MODE	0x03	/* bit 0: output */
#define	APPLE_SMC_PIN_IRQ_MODE	0x06	/* of inputs only */

/* Values of "boot_stage", a byte in the PMU, that a kernel writes. */
#define	APPLE_SMC_STAGE_NONE	0x00	/* the boot loader begins there */
#define	APPLE_SMC_STAGE_KERNEL	0x30	/* a kernel runs */

#endif /* !_APPLE_SMC_REG_H_ */
