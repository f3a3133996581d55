/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Numbered frames: a program sends them, and the rig checks which of them a
 * stream played.
 *
 * A frame has two channels of 16 bits.  The left sample is the lower half of
 * the frame's number, the right one the upper half with a mark that silence
 * does not have.  The first number is 0.  So the number of a frame shows
 * whether it was lost, repeated, moved or never sent.
 */
#ifndef _SND_FRAMES_H_
#define	_SND_FRAMES_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define	SND_FRAME	4	/* bytes of one */

/* Result, in frames. */
struct snd_frames {
	uint32_t	sent;
	uint32_t	heard;		/* of those, counted once each */
	uint32_t	lost;		/* first frame not heard, or sent */
	uint32_t	again;		/* heard again */
	uint32_t	swapped;	/* heard after a later number */
	uint32_t	foreign;	/* neither sent nor silence */
	uint32_t	silence;	/* between the first and the last */
};

/* Fill buf with count frames, from number first on. */
void	snd_frames_make(void *buf, uint32_t first, uint32_t count);

/*
 * Look for frames 0 to sent - 1 in the bytes that a stream of snd_model has
 * played, from byte `from' on.
 */
struct snd_frames snd_frames_heard(uint32_t stream, uint64_t from,
	    uint32_t sent);

/*
 * True if each frame was heard once and in order.  Silence between them is
 * allowed.
 */
bool	snd_frames_whole(const struct snd_frames *);

#endif /* !_SND_FRAMES_H_ */
