/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Variable arguments: the compiler's own. */

#ifndef _SYS_STDARG_H_
#define	_SYS_STDARG_H_

#include <sys/_types.h>
#include <stdarg.h>

#endif /* !_SYS_STDARG_H_ */
