/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* NULL. */

#ifndef NULL
#define	NULL	((void *)0)
#endif
