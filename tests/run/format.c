/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The sample formats that the player uses: names, sizes, sound(4)'s codes. */

#include <inttypes.h>
#include <stdio.h>

#include "run.h"
#include "tk_dsp.h"

const struct sample_type sample_types[SAMPLES] = {
	[SAMPLE_U8]  = { "U8",  TK_AFMT_U8,	1, 0x80 },
	[SAMPLE_S8]  = { "S8",  TK_AFMT_S8,	1, 0 },
	[SAMPLE_S16] = { "S16", TK_AFMT_S16_LE,	2, 0 },
	[SAMPLE_S24] = { "S24", TK_AFMT_S24_LE,	3, 0 },
	[SAMPLE_S32] = { "S32", TK_AFMT_S32_LE,	4, 0 },
	[SAMPLE_F32] = { "F32", TK_AFMT_F32_LE,	4, 0 },
};

size_t
format_frame(const struct format *f)
{

	return (sample_types[f->sample].bytes * f->channels);
}

const char *
format_text(const struct format *f, char *buf, size_t len)
{

	snprintf(buf, len, "%s, %" PRIu32 " channel%s, %" PRIu32 " Hz",
	    sample_types[f->sample].name, f->channels,
	    f->channels == 1 ? "" : "s", f->rate);
	return (buf);
}
