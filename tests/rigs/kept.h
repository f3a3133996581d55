/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What apple_rtkit(4) leaves to coprocessors that may still write to it, for
 * the tests and the fuzz target that compare it with the ledgers.
 */
#ifndef _KEPT_H_
#define	_KEPT_H_

#include <sys/param.h>
#include <sys/systm.h>

#include "tk.h"

/* For each such buffer memory, map and two tags: the DmaTag's and its own. */
#define	KEPT_PER_BUFFER	4

/* How much of it there is since the boot, as tk_shutdown() counts it. */
static inline int
kept_by_coprocessors(void)
{
	static const char line[] = ": the coprocessor keeps ";
	const char *text = tk_msgbuf();
	int n = 0;

	while ((text = strstr(text, line)) != NULL) {
		text += sizeof(line) - 1;
		n += KEPT_PER_BUFFER;
	}
	return (n);
}

#endif /* !_KEPT_H_ */
