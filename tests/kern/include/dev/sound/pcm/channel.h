/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * PCM channels of sound(4): one direction of one stream of a device.
 * FreeBSD's names, constants and prototypes; the fields that drivers or
 * the code here touch.  Leaves out sync groups, poll(2) and mmap(2).  Only
 * dev/sound/pcm/sound.h may include this file.
 */

/* What a channel's hardware can do; fmtlist ends with 0. */
struct pcmchan_caps {
	u_int32_t	 minspeed, maxspeed;	/* frames per second */
	u_int32_t	*fmtlist;
	u_int32_t	 caps;
};

struct pcmchan_matrix {
	int		 id;
	uint8_t		 channels, ext;
	struct {
		int	 type;		/* SND_CHN_T_*, _MAX ends the map */
		uint32_t members;
	} map[SND_CHN_T_MAX + 1];
	uint32_t	 mask;
	int8_t		 offset[SND_CHN_T_MAX];	/* in a frame, -1: none */
};

#define	CHN_NAMELEN		32
#define	CHN_COMM_UNUSED		"<UNUSED>"
#define	CHN_COMM_UNKNOWN	"<UNKNOWN>"

/*
 * Locks: (c) constant after chn_init(); (d) the device's; (k) set only by
 * the test kernel, see the function named; all else is the channel's own.
 */
struct pcm_channel {
	kobj_t		 methods;		/* (c) */
	pid_t		 pid;
	struct pcm_feeder *feeder;
	u_int32_t	 align;
	int		 latency;
	u_int32_t	 speed;
	u_int32_t	 format;
	u_int32_t	 flags;			/* CHN_F_* */
	u_int32_t	 feederflags;
	u_int64_t	 blocks;
	int		 direction;		/* (c) PCMDIR_PLAY or _REC */
	unsigned int	 interrupts, xruns, feedcount;
	unsigned int	 timeout;		/* ticks */
	struct snd_dbuf	*bufhard, *bufsoft;	/* (c) */
	struct snddev_info *parentsnddev;	/* (c) */
	struct pcm_channel *parentchannel;	/* (c) NULL: is not virtual */
	void		*devinfo;		/* (c) CHANNEL_INIT's result */
	device_t	 dev;			/* (c) */
	int		 unit;			/* (c) */
	int		 type;			/* (c) */
	char		 name[CHN_NAMELEN];	/* (c) */
	char		 comm[MAXCOMLEN + 1];
#if TK_FREEBSD == 15
	struct mtx	*lock;			/* (c) */
#else
	struct mtx	 lock;
#endif
	int		 trigger;		/* the last PCMTRIG_* given */
	struct cv	 intr_cv;		/* readers and writers sleep */
	unsigned int	 inprog;		/* calls that yield the lock */
	unsigned int	 sleeping;		/* sleepers on intr_cv */
	struct cv	 cv;
	unsigned int	 lw;			/* poll(2)'s low water mark */

	struct {
		SLIST_HEAD(, pcm_channel) head;
		SLIST_ENTRY(pcm_channel) link;
		struct {
			SLIST_HEAD(, pcm_channel) head;
			SLIST_ENTRY(pcm_channel) link;
		} busy;
	} children;

	struct {
		struct {
			SLIST_ENTRY(pcm_channel) link;		/* (d) */
			struct {
				SLIST_ENTRY(pcm_channel) link;	/* (d) */
			} busy;
			struct {
				SLIST_ENTRY(pcm_channel) link;	/* (d) */
			} opened;
			struct {
				SLIST_ENTRY(pcm_channel) link;	/* (d) */
			} primary;
		} pcm;
	} channels;

	struct pcmchan_matrix matrix;
	struct pcmchan_matrix matrix_scratch;

	int16_t		 volume[SND_VOL_C_MAX][SND_CHN_T_VOL_MAX];
	int8_t		 muted[SND_VOL_C_MAX][SND_CHN_T_VOL_MAX];

	bool		 tk_signal;		/* (k) tk_dsp_interrupt() */
};

#define	CHN_HEAD(x, y)		&(x)->y.head
#define	CHN_INIT(x, y)		SLIST_INIT(CHN_HEAD(x, y))
#define	CHN_LINK(y)		y.link
#define	CHN_EMPTY(x, y)		SLIST_EMPTY(CHN_HEAD(x, y))
#define	CHN_FIRST(x, y)		SLIST_FIRST(CHN_HEAD(x, y))
#define	CHN_NEXT(elm, list)	SLIST_NEXT((elm), CHN_LINK(list))
#define	CHN_FOREACH(x, y, z)						\
	SLIST_FOREACH(x, CHN_HEAD(y, z), CHN_LINK(z))
#define	CHN_FOREACH_SAFE(w, x, y, z)					\
	SLIST_FOREACH_SAFE(w, CHN_HEAD(x, z), CHN_LINK(z), y)
#define	CHN_INSERT_HEAD(x, y, z)					\
	SLIST_INSERT_HEAD(CHN_HEAD(x, z), y, CHN_LINK(z))
#define	CHN_INSERT_AFTER(x, y, z)					\
	SLIST_INSERT_AFTER(x, y, CHN_LINK(z))

/* Do nothing if y is in the list already, or elm is not. */
#define	CHN_INSERT_HEAD_SAFE(x, y, z) do {				\
	struct pcm_channel *_c;						\
									\
	CHN_FOREACH(_c, x, z) {						\
		if (_c == (y))						\
			break;						\
	}								\
	if (_c == NULL)							\
		CHN_INSERT_HEAD(x, y, z);				\
} while (0)
#define	CHN_REMOVE(holder, elm, list) do {				\
	struct pcm_channel *_c;						\
									\
	CHN_FOREACH(_c, holder, list) {					\
		if (_c == (elm))					\
			break;						\
	}								\
	if (_c != NULL)							\
		SLIST_REMOVE(CHN_HEAD(holder, list), elm, pcm_channel,	\
		    CHN_LINK(list));					\
} while (0)

/*
 * Insert before the first channel that has a later type, or the same type and a
 * later unit.
 */
#define	CHN_INSERT_SORT_ASCEND(x, y, z) do {				\
	struct pcm_channel *_c, *_a = NULL;				\
									\
	CHN_FOREACH(_c, x, z) {						\
		if (_c->type > (y)->type || (_c->type == (y)->type &&	\
		    _c->unit > (y)->unit))				\
			break;						\
		_a = _c;						\
	}								\
	if (_a != NULL)							\
		CHN_INSERT_AFTER(_a, y, z);				\
	else								\
		CHN_INSERT_HEAD(x, y, z);				\
} while (0)

/*
 * The hard buffer behind a channel whose own is y: its parent's, or y without a
 * parent.
 */
#define	CHN_BUF_PARENT(x, y)						\
	(((x) != NULL && (x)->parentchannel != NULL &&			\
	(x)->parentchannel->bufhard != NULL) ?				\
	(x)->parentchannel->bufhard : (y))

#include "channel_if.h"

int	chn_write(struct pcm_channel *c, struct uio *buf);
int	chn_read(struct pcm_channel *c, struct uio *buf);
u_int32_t chn_start(struct pcm_channel *c, int force);
int	chn_sync(struct pcm_channel *c, int threshold);
int	chn_flush(struct pcm_channel *c);

char	*chn_mkname(char *buf, size_t len, struct pcm_channel *c);
struct pcm_channel *chn_init(struct snddev_info *d, struct pcm_channel *parent,
	    kobj_class_t cls, int dir, void *devinfo);
void	chn_kill(struct pcm_channel *c);
void	chn_shutdown(struct pcm_channel *c);
int	chn_release(struct pcm_channel *c);
int	chn_reset(struct pcm_channel *c, u_int32_t fmt, u_int32_t spd);
int	chn_setparam(struct pcm_channel *c, uint32_t format, uint32_t speed);
int	chn_setspeed(struct pcm_channel *c, uint32_t speed);
int	chn_setformat(struct pcm_channel *c, uint32_t format);
int	chn_setblocksize(struct pcm_channel *c, int blkcnt, int blksz);
int	chn_setlatency(struct pcm_channel *c, int latency);
int	chn_trigger(struct pcm_channel *c, int go);
int	chn_getptr(struct pcm_channel *c);
struct pcmchan_caps *chn_getcaps(struct pcm_channel *c);
u_int32_t chn_getformats(struct pcm_channel *c);
void	chn_resetbuf(struct pcm_channel *c);
int	chn_abort(struct pcm_channel *c);
int	chn_getrates(struct pcm_channel *c, int **rates);
int	chn_setvolume_multi(struct pcm_channel *c, int vc, int left, int right,
	    int center);
int	chn_setvolume_matrix(struct pcm_channel *c, int vc, int vt, int val);
void	chn_vpc_reset(struct pcm_channel *c, int vc, int force);
void	chn_syncstate(struct pcm_channel *c);
int	chn_notify(struct pcm_channel *c, u_int32_t flags);

/*
 * The driver's report that periods completed.  chn_intr() wants the channel
 * unlocked and locks it; chn_intr_locked() wants it locked.  Both may call the
 * driver's CHANNEL_GETPTR and CHANNEL_TRIGGER (PCMTRIG_EMLDMA*), and wake
 * programs.  Not from a filter.  The channel must belong to a registered
 * device.
 */
void	chn_intr(struct pcm_channel *c);
#if TK_FREEBSD == 15
void	chn_intr_locked(struct pcm_channel *c);
#endif

#if TK_FREEBSD == 15
#define	TK_CHN_MTX(c)		((c)->lock)
#else
#define	TK_CHN_MTX(c)		(&(c)->lock)
#endif
#define	CHN_LOCKOWNED(c)	mtx_owned(TK_CHN_MTX(c))
#define	CHN_LOCK(c)		mtx_lock(TK_CHN_MTX(c))
#define	CHN_UNLOCK(c)		mtx_unlock(TK_CHN_MTX(c))
#define	CHN_TRYLOCK(c)		mtx_trylock(TK_CHN_MTX(c))
#define	CHN_LOCKASSERT(c)	mtx_assert(TK_CHN_MTX(c), MA_OWNED)
#define	CHN_UNLOCKASSERT(c)	mtx_assert(TK_CHN_MTX(c), MA_NOTOWNED)

#define	CHN_BROADCAST(x)	cv_broadcastpri(x, PRIBIO)

int	snd_fmtvalid(uint32_t fmt, uint32_t *fmtlist);

extern int chn_latency;
extern int chn_latency_profile;

enum {
	PCMDIR_PLAY = 1,
	PCMDIR_PLAY_VIRTUAL,
	PCMDIR_REC,
	PCMDIR_REC_VIRTUAL,
};

#define	PCMTRIG_START		1
#define	PCMTRIG_EMLDMAWR	2	/* the hard buffer got more data */
#define	PCMTRIG_EMLDMARD	3	/* fill the hard buffer now */
#define	PCMTRIG_STOP		0
#define	PCMTRIG_ABORT		-1
#define	PCMTRIG_COMMON(x)						\
	((x) == PCMTRIG_START || (x) == PCMTRIG_STOP || (x) == PCMTRIG_ABORT)

#define	CHN_F_CLOSING		0x00000001	/* playing out */
#define	CHN_F_ABORTING		0x00000002
#define	CHN_F_RUNNING		0x00000004	/* read or written once */
#define	CHN_F_TRIGGERED		0x00000008	/* started */
#define	CHN_F_NOTRIGGER		0x00000010	/* only SETTRIGGER starts */
#define	CHN_F_NBIO		0x00000040
#define	CHN_F_MMAP		0x00000080
#define	CHN_F_BUSY		0x00000100	/* open */
#define	CHN_F_DIRTY		0x00000200
#define	CHN_F_DEAD		0x00000400	/* timed out, or going away */
#define	CHN_F_HAS_SIZE		0x00001000	/* the program set fragments */
#define	CHN_F_HAS_VCHAN		0x00002000
#define	CHN_F_VCHAN_PASSTHROUGH	0x00004000
#define	CHN_F_VCHAN_ADAPTIVE	0x00008000
#define	CHN_F_VCHAN_DYNAMIC						\
	(CHN_F_VCHAN_PASSTHROUGH | CHN_F_VCHAN_ADAPTIVE)
#define	CHN_F_VIRTUAL		0x10000000
#define	CHN_F_BITPERFECT	0x20000000
#define	CHN_F_PASSTHROUGH	0x40000000
#define	CHN_F_EXCLUSIVE		0x80000000

/* What chn_reset() keeps. */
#define	CHN_F_RESET							\
	(CHN_F_BUSY | CHN_F_DEAD | CHN_F_VIRTUAL | CHN_F_HAS_VCHAN |	\
	CHN_F_VCHAN_DYNAMIC | CHN_F_NBIO | CHN_F_PASSTHROUGH |		\
	CHN_F_EXCLUSIVE)

/* What chn_notify() tells a parent. */
#if TK_FREEBSD == 15
#define	CHN_N_RATE		0x00000001
#define	CHN_N_FORMAT		0x00000002
#define	CHN_N_VOLUME		0x00000004
#define	CHN_N_BLOCKSIZE		0x00000008
#define	CHN_N_TRIGGER		0x00000010
#else
#define	CHN_N_BLOCKSIZE		0x00000001
#define	CHN_N_TRIGGER		0x00000002
#endif

#define	CHN_LATENCY_MIN			0
#define	CHN_LATENCY_MAX			10
#define	CHN_LATENCY_DEFAULT		2
#define	CHN_LATENCY_PROFILE_MIN		0
#define	CHN_LATENCY_PROFILE_MAX		1
#define	CHN_LATENCY_PROFILE_DEFAULT	CHN_LATENCY_PROFILE_MAX

#define	CHN_STARTED(c)		((c)->flags & CHN_F_TRIGGERED)
#define	CHN_STOPPED(c)		(!CHN_STARTED(c))
#define	CHN_DIRSTR(c)							\
	((c)->direction == PCMDIR_PLAY ? "PCMDIR_PLAY" : "PCMDIR_REC")
#define	CHN_BITPERFECT(c)	((c)->flags & CHN_F_BITPERFECT)

/*
 * Seconds without an interrupt after which a sleeping read or write declares
 * the channel dead.
 */
#define	CHN_TIMEOUT		5
#define	CHN_TIMEOUT_MIN		1
#define	CHN_TIMEOUT_MAX		10

/* Soft buffer: default block, default number of blocks, largest size. */
#define	CHN_2NDBUFBLKSIZE	(2 * 1024)
#define	CHN_2NDBUFBLKNUM	(32)
#if TK_FREEBSD == 15
#define	CHN_2NDBUFMAXSIZE	(131072)
#else
/* It depends on the byte rate: CHN_2NDBUFTIME_MS, within these limits. */
#define	CHN_2NDBUFSIZE_MIN	(131072)
#define	CHN_2NDBUFSIZE_MAX	(4 * 1024 * 1024)
#define	CHN_2NDBUFTIME_MS	200

uint32_t chn_2ndbufmaxsize(struct pcm_channel *c);
#endif

#define	CHANNEL_DECLARE(name)						\
	static DEFINE_CLASS(name, name ## _methods, sizeof(struct kobj))
