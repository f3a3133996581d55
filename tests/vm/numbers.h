/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Numbered frames: of each frame that a case plays, its left sample says which
 * it is, counted from 1, and its right sample which sound it belongs to.  So
 * frames.py finds frames that were lost, repeated, swapped or stale.  Silence
 * between frames comes from a busy host and is no error.
 */
#ifndef _NUMBERS_H_
#define	_NUMBERS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define	NUMBERS_MOST	32767		/* frames of a sound */
#define	NUMBERS_RUNS	128		/* sounds of a case */

struct numbers {
	uint16_t	id;
	uint16_t	next;
};

/* Start the sound number run of this case at its first frame. */
void	numbers_start(struct numbers *numbers, unsigned run);
void	numbers_fill(struct numbers *numbers, uint32_t *frames, size_t n);
/* Write n frames, in writes of so many bytes; all are taken. */
void	numbers_write(struct numbers *numbers, int fd, size_t n, size_t piece);
/*
 * Say that the frames so far were played, in so many milliseconds.  With cut
 * only some of them, from the first on, may be heard.
 */
void	numbers_played(const struct numbers *numbers, uint64_t ms);
void	numbers_cut(uint16_t id, size_t n);

#endif /* !_NUMBERS_H_ */
