/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The start of every test of edu(4) and of its twin in Rust: a kernel whose
 * memory the device can reach, one of the two drivers, a device, and what a
 * program does with sysctl(8).
 */
#ifndef _EDU_RIG_H_
#define	_EDU_RIG_H_

#include <stdbool.h>
#include <stdint.h>

#include "model_edu.h"

#define	EDU_RIG_SLOT	1

/* "edu" or "edu_rust": the driver that is loaded. */
extern const char *edu_twin;

extern struct model_edu *edu_model;	/* NULL: QEMU's device */
extern struct _device *edu_pcib;
extern struct _device *edu_dev;		/* with a driver or without */

/*
 * For a case that was not booted: boot with memory from this bus address on,
 * in deterministic mode, and load edu_twin alone.
 */
void	edu_boot(uint64_t ram_base);
/* Unload the other driver, so that edu_twin gets the device. */
void	edu_choose(void);

/*
 * A machine with the model.
 *
 * Returns: true if the driver has attached.
 */
bool	edu_try(const struct model_edu_config *, unsigned int faults);
/* Boot where the device can reach it, and have the driver attached. */
void	edu_up(const struct model_edu_config *);
/* Take the machine away; the driver has done nothing that it must not. */
void	edu_machine_down(void);
/* The same, and shut the kernel down. */
void	edu_down(void);

/* dev.NAME.0.WHAT.  Returns: the value; an errno. */
uint32_t edu_get(const char *what);
uint64_t edu_count(const char *what);
int	edu_set(const char *what, uint32_t value);

#endif /* !_EDU_RIG_H_ */
