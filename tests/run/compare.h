/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Did the device play what was sent?  Both sides of the gate may include this
 * header.
 */

#ifndef _COMPARE_H_
#define	_COMPARE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct compare {
	const uint8_t	*sent;
	size_t		 sent_len;	/* bytes */
	const uint8_t	*played;
	size_t		 played_len;
	size_t		 frame;		/* bytes */
	uint8_t		 silence;	/* each byte of a silent frame */
	const char	*done;		/* "played", "recorded" */
};

/*
 * True if played is sent, from first frame to last, with nothing but silence
 * before and after it.  Otherwise *why says where and how it begins to differ.
 */
bool	compare(const struct compare *, char *why, size_t why_len);

/*
 * Make one channel of two that must be equal, samples of width bytes, in place.
 * Returns the new length; *differs is the first frame where they differ, or the
 * number of frames if there is none.
 */
size_t	compare_fold(uint8_t *stereo, size_t len, size_t width,
	    size_t *differs);

/*
 * Remove this many last bytes of each period, in place.  Returns the new
 * length.
 */
size_t	compare_thin(uint8_t *data, size_t len, size_t period, size_t drop);

#endif /* !_COMPARE_H_ */
