/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The border between the driver's C and its Rust.  bindgen reads this file.
 */
#ifndef _FOO_VAR_H_
#define	_FOO_VAR_H_

#include "kpi.h"

#include "foo_reg.h"

/*
 * Written in Rust: keep a number, and get it.
 *
 * Context: any.
 * Errors: EINVAL: the number is more than FOO_MAX.
 */
int	foo_set(u_int value);
u_int	foo_get(void);

#endif /* !_FOO_VAR_H_ */
