/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Shared by both kinds of program around a fuzz target.  Host side. */
#ifndef _HOST_FUZZ_H_
#define	_HOST_FUZZ_H_

/*
 * Set the function that ends the program when the target found a fault.  It
 * does not return.
 */
void	host_fuzz_begin(void (*end)(void));

#endif /* !_HOST_FUZZ_H_ */
