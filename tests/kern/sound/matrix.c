/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The standard maps of channels to speakers.  Channels are not mixed here, so a
 * map's `members' hold only the channel itself.
 */

#include "tk_sound.h"

#define	T(x)	SND_CHN_T_##x

/* Channels in the order of a frame; total and low frequency counts. */
static const struct {
	uint8_t	channels, ext;
	uint8_t	types[SND_CHN_MAX];
} matrix_orders[SND_CHN_MATRIX_MAX] = {
	[SND_CHN_MATRIX_1_0] = { 1, 0, { T(FL) } },
	[SND_CHN_MATRIX_2_0] = { 2, 0, { T(FL), T(FR) } },
	[SND_CHN_MATRIX_2_1] = { 3, 1, { T(FL), T(FR), T(LF) } },
	[SND_CHN_MATRIX_3_0] = { 3, 0, { T(FL), T(FR), T(BC) } },
	[SND_CHN_MATRIX_3_1] = { 4, 1, { T(FL), T(FR), T(LF), T(BC) } },
	[SND_CHN_MATRIX_4_0] = { 4, 0, { T(FL), T(FR), T(BL), T(BR) } },
	[SND_CHN_MATRIX_4_1] = { 5, 1,
	    { T(FL), T(FR), T(BL), T(BR), T(LF) } },
	[SND_CHN_MATRIX_5_0] = { 5, 0,
	    { T(FL), T(FR), T(BL), T(BR), T(FC) } },
	[SND_CHN_MATRIX_5_1] = { 6, 1,
	    { T(FL), T(FR), T(BL), T(BR), T(FC), T(LF) } },
	[SND_CHN_MATRIX_6_0] = { 6, 0,
	    { T(FL), T(FR), T(BL), T(BR), T(FC), T(BC) } },
	[SND_CHN_MATRIX_6_1] = { 7, 1,
	    { T(FL), T(FR), T(BL), T(BR), T(FC), T(LF), T(BC) } },
	[SND_CHN_MATRIX_7_0] = { 7, 0,
	    { T(FL), T(FR), T(BL), T(BR), T(FC), T(SL), T(SR) } },
	[SND_CHN_MATRIX_7_1] = { 8, 1,
	    { T(FL), T(FR), T(BL), T(BR), T(FC), T(LF), T(SL), T(SR) } },
};

/* The preferred map for a number of channels. */
static const int matrix_defaults[SND_CHN_MAX + 1] = {
	SND_CHN_MATRIX_UNKNOWN,
	SND_CHN_MATRIX_1, SND_CHN_MATRIX_2, SND_CHN_MATRIX_3,
	SND_CHN_MATRIX_4, SND_CHN_MATRIX_5, SND_CHN_MATRIX_6,
	SND_CHN_MATRIX_7, SND_CHN_MATRIX_8,
};

static struct pcmchan_matrix matrix_maps[SND_CHN_MATRIX_MAX];

static void
matrix_fill(int id)
{
	struct pcmchan_matrix *m = &matrix_maps[id];
	int i, type;

	memset(m, 0, sizeof(*m));
	m->id = id;
	m->channels = matrix_orders[id].channels;
	m->ext = matrix_orders[id].ext;
	for (i = 0; i < SND_CHN_T_MAX; i++)
		m->offset[i] = -1;
	for (i = 0; i < m->channels; i++) {
		type = matrix_orders[id].types[i];
		m->map[i].type = type;
		m->map[i].members = 1U << type;
		m->mask |= 1U << type;
		m->offset[type] = (int8_t)i;
	}
	m->map[i].type = SND_CHN_T_MAX;
}

static void
matrix_init(void)
{
	int id;

	for (id = SND_CHN_MATRIX_BEGIN; id <= SND_CHN_MATRIX_END; id++)
		matrix_fill(id);
	/* A single channel serves all three front positions. */
	matrix_maps[SND_CHN_MATRIX_1_0].mask |=
	    SND_CHN_T_MASK_FR | SND_CHN_T_MASK_FC;
}
TK_INIT(matrix_init);

struct pcmchan_matrix *
feeder_matrix_id_map(int id)
{
	if (id < SND_CHN_MATRIX_BEGIN || id > SND_CHN_MATRIX_END)
		return (NULL);
	return (&matrix_maps[id]);
}

int
feeder_matrix_default_id(uint32_t channels)
{
	if (channels > SND_CHN_MAX)
		return (SND_CHN_MATRIX_UNKNOWN);
	return (matrix_defaults[channels]);
}

struct pcmchan_matrix *
feeder_matrix_default_channel_map(uint32_t channels)
{
	return (feeder_matrix_id_map(feeder_matrix_default_id(channels)));
}

int
feeder_matrix_format_id(uint32_t format)
{
	int id;

	for (id = SND_CHN_MATRIX_BEGIN; id <= SND_CHN_MATRIX_END; id++) {
		if (matrix_maps[id].channels == AFMT_CHANNEL(format) &&
		    matrix_maps[id].ext == AFMT_EXTCHANNEL(format))
			return (id);
	}
	return (SND_CHN_MATRIX_UNKNOWN);
}

struct pcmchan_matrix *
feeder_matrix_format_map(uint32_t format)
{
	return (feeder_matrix_id_map(feeder_matrix_format_id(format)));
}

int
feeder_matrix_compare(struct pcmchan_matrix *m_in,
    struct pcmchan_matrix *m_out)
{
	int i;

	if (m_in->channels != m_out->channels || m_in->ext != m_out->ext ||
	    m_in->mask != m_out->mask)
		return (1);
	for (i = 0; i < m_in->channels; i++) {
		if (m_in->map[i].type != m_out->map[i].type ||
		    m_in->map[i].members != m_out->map[i].members)
			return (1);
	}
	return (0);
}

/* The format with the low frequency count of its preferred map; 0: none. */
uint32_t
feeder_matrix_default_format(uint32_t format)
{
	struct pcmchan_matrix *m;

	if (AFMT_EXTCHANNEL(format) != 0 &&
	    feeder_matrix_format_id(format) != SND_CHN_MATRIX_UNKNOWN)
		return (format);
	m = feeder_matrix_default_channel_map(AFMT_CHANNEL(format));
	if (m == NULL)
		return (0);
	return (SND_FORMAT(format, m->channels, m->ext));
}
