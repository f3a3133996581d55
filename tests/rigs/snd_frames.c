/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Numbered frames; see snd_frames.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "snd_frames.h"
#include "snd_rig.h"
#include "tk_test.h"

#define	MARK	0x4000u		/* in the right channel */

struct frame {
	uint16_t	left;
	uint16_t	right;
};
_Static_assert(sizeof(struct frame) == SND_FRAME, "two samples of 16 bits");

void
snd_frames_make(void *buf, uint32_t first, uint32_t count)
{
	struct frame *f = buf;
	uint32_t i;

	TK_CHECK(first + count <= MARK << 16);
	for (i = 0; i < count; i++) {
		f[i].left = (first + i) & 0xffff;
		f[i].right = MARK | (first + i) >> 16;
	}
}

/* A frame's number, or UINT32_MAX if it has none. */
static uint32_t
frame_number(const struct frame *f)
{
	if ((f->right & MARK) == 0)
		return (UINT32_MAX);
	return ((uint32_t)(f->right & ~MARK) << 16 | f->left);
}

/* The state of one pass over the frames. */
struct ear {
	struct snd_frames *seen;
	uint8_t		*once;		/* by number */
	uint32_t	 next;		/* after the highest so far */
	uint32_t	 quiet;		/* silence since the last one */
};

static void
ear_number(struct ear *e, uint32_t n)
{
	struct snd_frames *s = e->seen;

	s->silence += s->heard == 0 ? 0 : e->quiet;
	e->quiet = 0;
	if (n >= s->sent) {
		s->foreign++;
		return;
	}
	if (e->once[n] != 0)
		s->again++;
	else
		s->heard++;
	e->once[n] = 1;
	if (n + 1 < e->next)
		s->swapped++;
	e->next = MAX(e->next, n + 1);
}

static void
ear_frame(struct ear *e, const struct frame *f)
{
	if (f->left == 0 && f->right == 0)
		e->quiet++;
	else
		ear_number(e, frame_number(f));
}

struct snd_frames
snd_frames_heard(uint32_t stream, uint64_t from, uint32_t sent)
{
	struct snd_frames seen = { .sent = sent };
	struct ear ear = { .seen = &seen };
	struct frame *played;
	uint64_t bytes, i;

	bytes = model_snd_stream_stats(snd_model, stream).played - from;
	TK_EQ(bytes % SND_FRAME, 0);
	played = malloc(bytes + 1, M_TEMP, M_WAITOK);
	ear.once = malloc(sent + 1, M_TEMP, M_WAITOK);
	memset(ear.once, 0, sent + 1);
	TK_EQ(model_snd_played(snd_model, stream, from, played, bytes),
	    bytes);
	for (i = 0; i < bytes / SND_FRAME; i++)
		ear_frame(&ear, &played[i]);
	while (seen.lost < sent && ear.once[seen.lost] != 0)
		seen.lost++;
	free(ear.once, M_TEMP);
	free(played, M_TEMP);
	return (seen);
}

bool
snd_frames_whole(const struct snd_frames *s)
{
	return (s->heard == s->sent && s->again == 0 && s->swapped == 0 &&
	    s->foreign == 0);
}
