/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* NULL. */

#ifndef NULL
#define	NULL	((void *)0)
#endif
