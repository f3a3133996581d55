/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The compiler's own header, under FreeBSD's kernel name. */

#ifndef _SYS_STDINT_H_
#define	_SYS_STDINT_H_

#include <stdint.h>

#endif /* !_SYS_STDINT_H_ */
