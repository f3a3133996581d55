/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Is what was played the sum of several sounds?  Both sides of the gate may
 * include this header.
 */

#ifndef _MIX_H_
#define	_MIX_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define	MIX_PARTS	16
#define	MIX_CHANNELS	2

/* Samples of 16 bits, frame by frame. */
struct mix_part {
	const int16_t	*samples;
	size_t		 frames;
	size_t		 at;		/* frame of the whole where it begins */
};

struct mix {
	struct mix_part	 part[MIX_PARTS];
	int		 parts;
	const int16_t	*whole;
	size_t		 frames;
	size_t		 saturated;	/* samples that were cut to 16 bits */
};

/*
 * True when the whole is the sum of all parts, each from its first frame to its
 * last without a gap, every sample cut to what 16 bits hold, and silent where
 * no part is.  On return `at' holds where each part begins.  Otherwise *why
 * says where the sum begins to differ.
 */
bool	mix_find(struct mix *, char *why, size_t why_len);

#endif /* !_MIX_H_ */
