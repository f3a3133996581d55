/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The program behind `make run APP=edu`: a driver of the edu device, on QEMU's
 * device or on the model, with each access to a register in words.
 *
 *	edu_kern.c	the machine, and what is done with it (kernel side)
 *	edu_main.c	options (host side)
 */
#ifndef _EDU_H_
#define	_EDU_H_

#include <stdbool.h>

/*
 * Attach the driver ("edu" or "edu_rust"), compute a factorial, move bytes both
 * ways, and detach.  True if the results are right, and each came with its
 * interrupt.
 */
bool	edu_run(bool qemu, const char *driver);

#endif /* !_EDU_H_ */
