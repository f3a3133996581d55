/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Volumes of a channel: the mixer's (SND_VOL_C_MASTER) times the program's own
 * (SND_VOL_C_PCM), for each position of a frame.
 */

#include "tk_sound.h"

/* What the volume feeder multiplies samples by. */
static void
chn_calcvolume(struct pcm_channel *c, int type)
{
	int master = c->volume[SND_VOL_C_MASTER][type];
	int pcm = c->volume[SND_VOL_C_PCM][type];

	pcm = (pcm << SND_VOL_RESOLUTION) /
	    c->volume[SND_VOL_C_PCM][SND_CHN_T_VOL_0DB];
	c->volume[SND_VOL_C_VAL(SND_VOL_C_PCM)][type] = (int16_t)(pcm *
	    master / c->volume[SND_VOL_C_MASTER][SND_CHN_T_VOL_0DB]);
}

/* Set one position's volume of a class, 0 to 100.  Channel locked. */
int
chn_setvolume_matrix(struct pcm_channel *c, int vc, int vt, int val)
{
	CHN_LOCKASSERT(c);
	KASSERT(vt >= SND_CHN_T_BEGIN && vt <= SND_CHN_T_END,
	    ("%s: volume of position %d", c->name, vt));
	RANGE(val, 0, 100);
	c->volume[vc][vt] = (int16_t)val;
	chn_calcvolume(c, vt);
	return (val);
}

/* Set the volumes of all positions of the left, the right, the others. */
int
chn_setvolume_multi(struct pcm_channel *c, int vc, int left, int right,
    int center)
{
	int ret = 0, type, val;

	for (type = SND_CHN_T_BEGIN; type <= SND_CHN_T_END; type++) {
		val = center;
		if ((1 << type) & SND_CHN_LEFT_MASK)
			val = left;
		else if ((1 << type) & SND_CHN_RIGHT_MASK)
			val = right;
		ret |= chn_setvolume_matrix(c, vc, type, val);
	}
	return (ret);
}

/* Reset the program's own volume to no gain. */
void
chn_vpc_reset(struct pcm_channel *c, int vc, int force __unused)
{
	int all = c->volume[vc][SND_CHN_T_VOL_0DB];

	chn_setvolume_multi(c, vc, all, all, all);
}

/*
 * Use the mixer's level.  Channel locked, mixer not.  As in FreeBSD, a muted
 * control counts with the level that unmuting will restore.
 */
void
chn_syncstate(struct pcm_channel *c)
{
	struct snddev_info *d = c->parentsnddev;
	struct snd_mixer *m;
	u_int32_t parent;
	int left, level, right, by = 100 | 100 << 8;

	CHN_LOCKASSERT(c);
	m = tk_sound_mixer(d);
	if (m == NULL || (c->feederflags & (1U << FEEDER_VOLUME)) == 0)
		return;
	level = by;
	if (c->direction == PCMDIR_PLAY && (d->flags & SD_F_SOFTPCMVOL)) {
		level = tk_mixer_level(m, SOUND_MIXER_PCM);
		parent = mix_getparent(m, SOUND_MIXER_PCM);
		if (parent != SOUND_MIXER_NONE)
			by = tk_mixer_level(m, parent);
	}
	left = (level & 0x7f) * (by & 0x7f) / 100;
	right = (level >> 8 & 0x7f) * (by >> 8 & 0x7f) / 100;
	chn_setvolume_multi(c, SND_VOL_C_MASTER, left, right,
	    (left + right) >> 1);
}
