/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Instructions that drivers name.  None has an effect in a test. */

#ifndef _MACHINE_CPUFUNC_H_
#define	_MACHINE_CPUFUNC_H_

#include <sys/types.h>

static __inline void
breakpoint(void)
{
	__builtin_debugtrap();
}

#endif /* !_MACHINE_CPUFUNC_H_ */
