/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Mixers of sound(4): one primary mixer for each pcm device, secondary ones
 * for drivers that want a private one.  FreeBSD's names and prototypes.
 *
 * In FreeBSD 16 a driver can see struct snd_mixer, the mutex of a card's mixer
 * is the card's own, and pcm_register() makes the mixer's device node.
 */

#ifndef _PCM_MIXER_H_
#define	_PCM_MIXER_H_

#if TK_FREEBSD >= 16
#define	MIXER_REGISTERED(x)	((x) != NULL && (x)->cdev != NULL)

#define	MIXER_NAMELEN		16
#endif

/* In FreeBSD 15 only mixer.c, which defines TK_SND_MIXER, knows the struct. */
#if TK_FREEBSD >= 16 || defined(TK_SND_MIXER)
/* Locks: (c) constant once made; (i) set while it is made; all others: lock. */
struct snd_mixer {
	KOBJ_FIELDS;
	void		*devinfo;		/* (c) */
	int		 hwvol_mixer;
	int		 hwvol_step;
	int		 type;			/* (c) */
	device_t	 dev;			/* (c) */
	uint32_t	 devs;			/* (i) */
	uint32_t	 mutedevs;
	uint32_t	 recdevs;		/* (i) */
	uint32_t	 recsrc;
	uint16_t	 level[32];		/* left | right << 8 */
	uint16_t	 level_muted[32];
	uint8_t		 parent[32];		/* (i) */
	uint32_t	 child[32];		/* (i) */
	uint8_t		 realdev[32];		/* (i) */
#if TK_FREEBSD == 15
	char		 name[32];		/* (c) */
	struct mtx	*lock;			/* (c) */
#else
	char		 name[MIXER_NAMELEN];	/* (c) */
	struct mtx	*lock;			/* (c) */
	struct mtx	 priv_lock;		/* of a secondary mixer */
	int		 modify_counter;
	struct cdev	*cdev;
#endif
};
#endif

struct snd_mixer *mixer_create(device_t dev, kobj_class_t cls, void *devinfo,
	    const char *desc);
int	mixer_delete(struct snd_mixer *m);
int	mixer_init(device_t dev, kobj_class_t cls, void *devinfo);
int	mixer_uninit(device_t dev);
int	mixer_reinit(device_t dev);

#if TK_FREEBSD >= 16
int	mixer_make_dev(device_t dev);
#endif
int	mixer_hwvol_init(device_t dev);
void	mixer_hwvol_mute(device_t dev);
void	mixer_hwvol_step(device_t dev, int left_step, int right_step);

/* Levels are 0 to 100.  The mixer is not locked. */
int	mix_set(struct snd_mixer *m, u_int dev, u_int left, u_int right);
int	mix_get(struct snd_mixer *m, u_int dev);
int	mix_setrecsrc(struct snd_mixer *m, u_int32_t src);
u_int32_t mix_getrecsrc(struct snd_mixer *m);
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
void	*mix_getdevinfo(struct snd_mixer *m);

#if TK_FREEBSD == 15
u_int32_t mix_getchild(struct snd_mixer *m, u_int32_t dev);
struct mtx *mixer_get_lock(struct snd_mixer *m);
#endif

#define	MIXER_TYPE_PRIMARY	0	/* mixer_init() */
#define	MIXER_TYPE_SECONDARY	1	/* mixer_create() */

#if TK_FREEBSD == 15
/* Room for struct snd_mixer, which only mixer.c knows. */
#define	MIXER_SIZE							\
	(512 + sizeof(struct kobj) + sizeof(oss_mixer_enuminfo))

#define	MIXER_DECLARE(name)						\
	static DEFINE_CLASS(name, name ## _methods, MIXER_SIZE)
#else
#define	MIXER_DECLARE(name)						\
	static DEFINE_CLASS(name, name ## _methods, sizeof(struct snd_mixer))
#endif

#endif /* !_PCM_MIXER_H_ */
