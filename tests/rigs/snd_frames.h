/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Numbered frames: what a program sends, and what of it a stream's listener
 * heard.
 *
 * A frame has two channels of 16 bits.  The left sample is the lower half of
 * the frame's number, the right one the upper half with a mark that silence
 * does not have.  The first number is 0.  So frames that were lost, repeated,
 * exchanged or made up are told from each other, each by its number.
 */
#ifndef _SND_FRAMES_H_
#define	_SND_FRAMES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define	SND_FRAME	4	/* bytes of one */

/* What was heard; in frames. */
struct snd_frames {
	uint32_t	sent;
	uint32_t	heard;		/* of those, each counted once */
	uint32_t	lost;		/* the first that was not; or sent */
	uint32_t	again;		/* heard once more */
	uint32_t	swapped;	/* after one with a later number */
	uint32_t	foreign;	/* neither sent nor silence */
	uint32_t	silence;	/* between the first and the last */
};

/* Fill buf with count frames from number first on. */
void	snd_frames_make(void *buf, uint32_t first, uint32_t count);

/*
 * What a stream of snd_model played, from its byte `from' on, of `sent' frames
 * from number 0 on.
 */
struct snd_frames snd_frames_heard(uint32_t stream, uint64_t from,
	    uint32_t sent);

/* Every frame once and in order; there may be silence between them. */
bool	snd_frames_whole(const struct snd_frames *);

#endif /* !_SND_FRAMES_H_ */
