/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Methods of a mixer, as FreeBSD generates them from mixer_if.m.
 * Only dev/sound/pcm/sound.h may be included before this file.
 */

#ifndef _mixer_if_h_
#define	_mixer_if_h_

#include <sys/kobj.h>

/*
 * No lock held; may sleep.  Says what there is: mix_setdevs() and others.  0,
 * or non-zero to fail.
 */
extern struct kobjop_desc mixer_init_desc;
typedef int mixer_init_t(struct snd_mixer *m);

static __inline TK_KOBJ_CALL int
MIXER_INIT(struct snd_mixer *m)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)m)->ops, mixer_init);
	return (((mixer_init_t *)_m)(m));
}

/*
 * Mixer locked.  Default: returns 0.
 */
extern struct kobjop_desc mixer_reinit_desc;
typedef int mixer_reinit_t(struct snd_mixer *m);

static __inline TK_KOBJ_CALL int
MIXER_REINIT(struct snd_mixer *m)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)m)->ops, mixer_reinit);
	return (((mixer_reinit_t *)_m)(m));
}

/*
 * No lock held; may sleep.
 */
extern struct kobjop_desc mixer_uninit_desc;
typedef int mixer_uninit_t(struct snd_mixer *m);

static __inline TK_KOBJ_CALL int
MIXER_UNINIT(struct snd_mixer *m)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)m)->ops, mixer_uninit);
	return (((mixer_uninit_t *)_m)(m));
}

/*
 * Mixer locked, except for the defaults that mixer_init() sets.  Levels 0 to
 * 100.  Negative on failure.
 */
extern struct kobjop_desc mixer_set_desc;
typedef int mixer_set_t(struct snd_mixer *m, unsigned dev, unsigned left,
    unsigned right);

static __inline TK_KOBJ_CALL int
MIXER_SET(struct snd_mixer *m, unsigned dev, unsigned left, unsigned right)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)m)->ops, mixer_set);
	return (((mixer_set_t *)_m)(m, dev, left, right));
}

/*
 * Mixer locked, except in mixer_init().  Returns the mask now in use.
 */
extern struct kobjop_desc mixer_setrecsrc_desc;
typedef u_int32_t mixer_setrecsrc_t(struct snd_mixer *m, u_int32_t src);

static __inline TK_KOBJ_CALL u_int32_t
MIXER_SETRECSRC(struct snd_mixer *m, u_int32_t src)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)m)->ops, mixer_setrecsrc);
	return (((mixer_setrecsrc_t *)_m)(m, src));
}

#endif /* !_mixer_if_h_ */
