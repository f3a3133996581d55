/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A SART: 16 entries in registers, each a region of memory that a coprocessor
 * may reach.  It is written from the register facts and not from a driver.
 *
 * Both sides include this file.  The model is strict.  It counts what a driver
 * must not do, and says what was first.
 */
#ifndef _MODEL_SART_H_
#define	_MODEL_SART_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define	MODEL_SART_ENTRIES	16

struct model_sart_config {
	uint64_t	base;
	unsigned int	version;	/* 0, 2 or 3 */
	/* Entries of the boot loader, by bit: pages of 4 KiB at 0x1000 * i. */
	uint32_t	loader;
};

struct model_sart;

/* Returns NULL if the addresses are taken.  Sleeps. */
struct model_sart *model_sart_new(const struct model_sart_config *);
/* After the driver has released the registers.  Sleeps. */
void	model_sart_free(struct model_sart *);

/*
 * Switch the power of the registers off or on; it is on at first.  A machine
 * whose driver accesses them without power stops: that is a violation.
 */
void	model_sart_power(struct model_sart *, bool on);

/*
 * May the coprocessor reach all of these bytes?  They may lie in several
 * entries.  Any context.
 */
bool	model_sart_allows(void *sart, uint64_t addr, size_t len);
/* Entries that are in use, by bit. */
uint32_t model_sart_used(struct model_sart *);
/* Violations of the driver's, and the first of them; "" if there was none. */
const char *model_sart_first_violation(struct model_sart *);

#endif /* !_MODEL_SART_H_ */
