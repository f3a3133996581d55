/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* What all locks have in common. */

#ifndef _SYS__LOCK_H_
#define	_SYS__LOCK_H_

struct lock_object {
	const char	*lo_name;
	unsigned int	 lo_flags;
	unsigned int	 lo_data;	/* depth of recursion */
	struct witness	*lo_witness;	/* the test kernel's record of it */
};

#ifdef _KERNEL
#define	LOCK_DEBUG	1
#define	LOCK_FILE_LINE_ARG_DEF	, const char *file, int line
#define	LOCK_FILE_LINE_ARG	, file, line
#define	LOCK_FILE	__FILE__
#define	LOCK_LINE	__LINE__
#endif

#endif /* !_SYS__LOCK_H_ */
