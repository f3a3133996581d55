/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What both kinds of program around a fuzz target share.  Host side.
 */
#ifndef _HOST_FUZZ_H_
#define	_HOST_FUZZ_H_

/* How the program ends when the target found something; does not return. */
void	host_fuzz_begin(void (*end)(void));

#endif /* !_HOST_FUZZ_H_ */
