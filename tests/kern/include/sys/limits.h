/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Ranges of the integer types. */

#ifndef _SYS_LIMITS_H_
#define	_SYS_LIMITS_H_

#include <limits.h>
#include <machine/_limits.h>

#define	SSIZE_MAX	__SSIZE_MAX
#define	SIZE_T_MAX	__SIZE_T_MAX
#define	OFF_MAX		__OFF_MAX
#define	OFF_MIN		__OFF_MIN
#define	UQUAD_MAX	__UQUAD_MAX
#define	QUAD_MAX	__QUAD_MAX
#define	QUAD_MIN	__QUAD_MIN
#define	GID_MAX		UINT_MAX
#define	UID_MAX		UINT_MAX
#define	LONG_BIT	__LONG_BIT
#define	WORD_BIT	__WORD_BIT

#endif /* !_SYS_LIMITS_H_ */
