/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Fixed-width types; the compiler's definitions agree with FreeBSD's. */

#ifndef _SYS__STDINT_H_
#define	_SYS__STDINT_H_

#include <stdint.h>

#endif /* !_SYS__STDINT_H_ */
