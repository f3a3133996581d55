/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Where the channels of a file are, and how a stream with fewer plays them.
 *
 * The front centre, the sides and the back are mixed into left and right, 3 dB
 * lower, as ITU-R BS.775 has it; then all is scaled so that nothing clips.  Low
 * frequency effects are left out, as in BS.775, and so are channels without a
 * known place.
 */

#ifndef _CHANNELS_H_
#define	_CHANNELS_H_

#include <stdbool.h>
#include <stddef.h>

/* Channels of a file whose places are known. */
#define	CHANNELS_MAX	32

enum position {
	POSITION_UNKNOWN,
	POSITION_FRONT_LEFT, POSITION_FRONT_RIGHT, POSITION_FRONT_CENTRE,
	POSITION_LOW, POSITION_BACK_LEFT, POSITION_BACK_RIGHT,
	POSITION_LEFT_OF_CENTRE, POSITION_RIGHT_OF_CENTRE, POSITION_BACK_CENTRE,
	POSITION_SIDE_LEFT, POSITION_SIDE_RIGHT, POSITION_TOP_CENTRE,
	POSITION_TOP_FRONT_LEFT, POSITION_TOP_FRONT_CENTRE,
	POSITION_TOP_FRONT_RIGHT, POSITION_TOP_BACK_LEFT,
	POSITION_TOP_BACK_CENTRE, POSITION_TOP_BACK_RIGHT,
	POSITIONS
};

/* The usual places of so many channels: the order of WAV and FLAC files. */
void	channels_usual(enum position *layout, int channels);
/* Would any be heard in a mix? */
bool	channels_known(const enum position *layout, int channels);

/* What each channel adds to left and right. */
struct channels_mix {
	double		 left[CHANNELS_MAX];
	double		 right[CHANNELS_MAX];
};

void	channels_mix(struct channels_mix *, const enum position *layout,
	    int channels);
/*
 * What such a mix does to the channels other than front left and right, for
 * the user: "front centre mixed in, low frequency effects dropped".
 */
const char *channels_text(const enum position *layout, int channels, char *buf,
	    size_t len);

#endif /* !_CHANNELS_H_ */
