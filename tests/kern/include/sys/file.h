/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Open files: what keeps one open. */

#ifndef _SYS_FILE_H_
#define	_SYS_FILE_H_

#include <sys/types.h>

#ifdef _KERNEL
struct file;
struct thread;

/* One holder more of a file that has one; false: there are too many. */
bool	fhold(struct file *fp) __result_use_check;
/* One less.  The last closes the file, which may sleep: returns its error. */
int	fdrop(struct file *fp, struct thread *td);
#endif /* _KERNEL */

#endif /* !_SYS_FILE_H_ */
