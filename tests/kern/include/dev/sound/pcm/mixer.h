/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Mixers of sound(4): one primary mixer for each pcm device, secondary ones
 * for drivers that want a private one.  FreeBSD 15's names and prototypes.
 */

#ifndef _PCM_MIXER_H_
#define	_PCM_MIXER_H_

struct snd_mixer *mixer_create(device_t dev, kobj_class_t cls, void *devinfo,
	    const char *desc);
int	mixer_delete(struct snd_mixer *m);
int	mixer_init(device_t dev, kobj_class_t cls, void *devinfo);
int	mixer_uninit(device_t dev);
int	mixer_reinit(device_t dev);

int	mixer_hwvol_init(device_t dev);
void	mixer_hwvol_mute_locked(struct snd_mixer *m);
void	mixer_hwvol_mute(device_t dev);
void	mixer_hwvol_step_locked(struct snd_mixer *m, int l_step, int r_step);
void	mixer_hwvol_step(device_t dev, int left_step, int right_step);

/* Levels are 0 to 100; the _locked forms want the mixer's lock held. */
int	mix_get_locked(struct snd_mixer *m, u_int dev, int *pleft,
	    int *pright);
int	mix_set_locked(struct snd_mixer *m, u_int dev, int left, int right);
int	mix_set(struct snd_mixer *m, u_int dev, u_int left, u_int right);
int	mix_get(struct snd_mixer *m, u_int dev);
int	mix_setrecsrc(struct snd_mixer *m, u_int32_t src);
u_int32_t mix_getrecsrc(struct snd_mixer *m);
int	mix_get_type(struct snd_mixer *m);
device_t mix_get_dev(struct snd_mixer *m);

void	mix_setdevs(struct snd_mixer *m, u_int32_t v);
void	mix_setrecdevs(struct snd_mixer *m, u_int32_t v);
void	mix_setmutedevs(struct snd_mixer *m, u_int32_t v);
u_int32_t mix_getdevs(struct snd_mixer *m);
u_int32_t mix_getrecdevs(struct snd_mixer *m);
u_int32_t mix_getmutedevs(struct snd_mixer *m);
void	mix_setparentchild(struct snd_mixer *m, u_int32_t parent,
	    u_int32_t childs);
void	mix_setrealdev(struct snd_mixer *m, u_int32_t dev, u_int32_t realdev);
u_int32_t mix_getparent(struct snd_mixer *m, u_int32_t dev);
u_int32_t mix_getchild(struct snd_mixer *m, u_int32_t dev);
void	*mix_getdevinfo(struct snd_mixer *m);
struct mtx *mixer_get_lock(struct snd_mixer *m);

#define	MIXER_TYPE_PRIMARY	0	/* mixer_init() */
#define	MIXER_TYPE_SECONDARY	1	/* mixer_create() */

/* Room for struct snd_mixer, which only mixer.c knows. */
#define	MIXER_SIZE							\
	(512 + sizeof(struct kobj) + sizeof(oss_mixer_enuminfo))

#define	MIXER_DECLARE(name)						\
	static DEFINE_CLASS(name, name ## _methods, MIXER_SIZE)

#endif /* !_PCM_MIXER_H_ */
