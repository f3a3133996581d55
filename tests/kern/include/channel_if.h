/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Methods of a PCM channel, as FreeBSD generates them from channel_if.m.
 * "Locked" speaks of the channel's own mutex; no other lock of sound(4) is
 * held unless said.  No method may return with another lock held.
 * Only dev/sound/pcm/sound.h may include this file first.
 */

#ifndef _channel_if_h_
#define	_channel_if_h_

#include <sys/kobj.h>

/*
 * Unlocked; may sleep.  Set b up (sndbuf_setup() or sndbuf_alloc()) and return
 * the channel's private data; NULL fails.
 */
extern struct kobjop_desc channel_init_desc;
typedef void *channel_init_t(kobj_t obj, void *devinfo, struct snd_dbuf *b,
    struct pcm_channel *c, int dir);

static __inline TK_KOBJ_CALL void *
CHANNEL_INIT(kobj_t obj, void *devinfo, struct snd_dbuf *b,
    struct pcm_channel *c, int dir)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_init);
	return (((channel_init_t *)_m)(obj, devinfo, b, c, dir));
}

/*
 * Unlocked; may sleep.  The channel is stopped and will not be used again.
 * Default: returns 1.
 */
extern struct kobjop_desc channel_free_desc;
typedef int channel_free_t(kobj_t obj, void *data);

static __inline TK_KOBJ_CALL int
CHANNEL_FREE(kobj_t obj, void *data)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_free);
	return (((channel_free_t *)_m)(obj, data));
}

/*
 * Locked.  Default: returns 0.
 */
extern struct kobjop_desc channel_reset_desc;
typedef int channel_reset_t(kobj_t obj, void *data);

static __inline TK_KOBJ_CALL int
CHANNEL_RESET(kobj_t obj, void *data)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_reset);
	return (((channel_reset_t *)_m)(obj, data));
}

/*
 * Locked.  Default: returns 0.
 */
extern struct kobjop_desc channel_resetdone_desc;
typedef int channel_resetdone_t(kobj_t obj, void *data);

static __inline TK_KOBJ_CALL int
CHANNEL_RESETDONE(kobj_t obj, void *data)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_resetdone);
	return (((channel_resetdone_t *)_m)(obj, data));
}

/*
 * Locked; the channel is stopped.  0 or errno.
 */
extern struct kobjop_desc channel_setformat_desc;
typedef int channel_setformat_t(kobj_t obj, void *data, u_int32_t format);

static __inline TK_KOBJ_CALL int
CHANNEL_SETFORMAT(kobj_t obj, void *data, u_int32_t format)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_setformat);
	return (((channel_setformat_t *)_m)(obj, data, format));
}

/*
 * Locked; the channel is stopped.  Returns the rate in use, one of those that
 * getcaps and getrates offer.
 */
extern struct kobjop_desc channel_setspeed_desc;
typedef u_int32_t channel_setspeed_t(kobj_t obj, void *data, u_int32_t speed);

static __inline TK_KOBJ_CALL u_int32_t
CHANNEL_SETSPEED(kobj_t obj, void *data, u_int32_t speed)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_setspeed);
	return (((channel_setspeed_t *)_m)(obj, data, speed));
}

/*
 * Unlocked; may sleep; the channel is stopped.  Returns the block size in use,
 * bytes, after sndbuf_resize() when it changed.
 */
extern struct kobjop_desc channel_setblocksize_desc;
typedef u_int32_t channel_setblocksize_t(kobj_t obj, void *data,
    u_int32_t blocksize);

static __inline TK_KOBJ_CALL u_int32_t
CHANNEL_SETBLOCKSIZE(kobj_t obj, void *data, u_int32_t blocksize)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_setblocksize);
	return (((channel_setblocksize_t *)_m)(obj, data, blocksize));
}

/*
 * Unlocked; may sleep.  Asked first when hw.snd.usefrags is set.  0 with the
 * hard buffer resized, or errno.  Default: ENOTSUP.
 */
extern struct kobjop_desc channel_setfragments_desc;
typedef int channel_setfragments_t(kobj_t obj, void *data,
    u_int32_t blocksize, u_int32_t blockcount);

static __inline TK_KOBJ_CALL int
CHANNEL_SETFRAGMENTS(kobj_t obj, void *data, u_int32_t blocksize,
    u_int32_t blockcount)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_setfragments);
	return (((channel_setfragments_t *)_m)(obj, data, blocksize,
	    blockcount));
}

/*
 * Locked.  PCMTRIG_*: start, stop, abort, or the hint that the hard buffer
 * moved.  Must not sleep.  0 or errno.
 */
extern struct kobjop_desc channel_trigger_desc;
typedef int channel_trigger_t(kobj_t obj, void *data, int go);

static __inline TK_KOBJ_CALL int
CHANNEL_TRIGGER(kobj_t obj, void *data, int go)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_trigger);
	return (((channel_trigger_t *)_m)(obj, data, go));
}

/*
 * Locked; the channel is started.  The device's position in the hard buffer,
 * bytes, a whole frame, less than its size.  Default: 0.
 */
extern struct kobjop_desc channel_getptr_desc;
typedef u_int32_t channel_getptr_t(kobj_t obj, void *data);

static __inline TK_KOBJ_CALL u_int32_t
CHANNEL_GETPTR(kobj_t obj, void *data)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_getptr);
	return (((channel_getptr_t *)_m)(obj, data));
}

/*
 * Locked.  Lives as long as the channel.
 */
extern struct kobjop_desc channel_getcaps_desc;
typedef struct pcmchan_caps *channel_getcaps_t(kobj_t obj, void *data);

static __inline TK_KOBJ_CALL struct pcmchan_caps *
CHANNEL_GETCAPS(kobj_t obj, void *data)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_getcaps);
	return (((channel_getcaps_t *)_m)(obj, data));
}

/*
 * Never called here.  Default: returns 0.
 */
extern struct kobjop_desc channel_notify_desc;
typedef int channel_notify_t(kobj_t obj, void *data, u_int32_t changed);

static __inline TK_KOBJ_CALL int
CHANNEL_NOTIFY(kobj_t obj, void *data, u_int32_t changed)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_notify);
	return (((channel_notify_t *)_m)(obj, data, changed));
}

/*
 * Never called here.  Default: returns -1.
 */
extern struct kobjop_desc channel_getpeaks_desc;
typedef int channel_getpeaks_t(kobj_t obj, void *data, int *lpeak,
    int *rpeak);

static __inline TK_KOBJ_CALL int
CHANNEL_GETPEAKS(kobj_t obj, void *data, int *lpeak, int *rpeak)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_getpeaks);
	return (((channel_getpeaks_t *)_m)(obj, data, lpeak, rpeak));
}

/*
 * Locked.  Number of rates in *rates; 0: every rate of getcaps.  Default: 0.
 */
extern struct kobjop_desc channel_getrates_desc;
typedef int channel_getrates_t(kobj_t obj, void *data, int **rates);

static __inline TK_KOBJ_CALL int
CHANNEL_GETRATES(kobj_t obj, void *data, int **rates)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_getrates);
	return (((channel_getrates_t *)_m)(obj, data, rates));
}

/*
 * Locked.  Default: the standard map of the format.
 */
extern struct kobjop_desc channel_getmatrix_desc;
typedef struct pcmchan_matrix *channel_getmatrix_t(kobj_t obj, void *data,
    u_int32_t format);

static __inline TK_KOBJ_CALL struct pcmchan_matrix *
CHANNEL_GETMATRIX(kobj_t obj, void *data, u_int32_t format)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_getmatrix);
	return (((channel_getmatrix_t *)_m)(obj, data, format));
}

/*
 * Never called here.  Default: ENOTSUP.
 */
extern struct kobjop_desc channel_setmatrix_desc;
typedef int channel_setmatrix_t(kobj_t obj, void *data,
    struct pcmchan_matrix *m);

static __inline TK_KOBJ_CALL int
CHANNEL_SETMATRIX(kobj_t obj, void *data, struct pcmchan_matrix *m)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)obj)->ops, channel_setmatrix);
	return (((channel_setmatrix_t *)_m)(obj, data, m));
}

#endif /* !_channel_if_h_ */
