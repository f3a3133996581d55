/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The OSS interface of sound(4): sample formats, /dev/dsp and /dev/mixer
 * commands, mixer controls.  Values are FreeBSD 15's.  Leaves out MIDI,
 * sequencer and synthesiser commands, the older AIO* commands, and the
 * OSSv4 information queries, which the test kernel does not answer.
 */

#ifndef _SYS_SOUNDCARD_H_
#define	_SYS_SOUNDCARD_H_

#include <sys/types.h>
#include <sys/ioccom.h>
#include <machine/endian.h>

#define	SOUND_VERSION	0x040000

/*
 * Sample formats: one bit each.  sound(4) packs the number of channels into
 * unused bits, see SND_FORMAT() in dev/sound/pcm/sound.h.
 */
#define	AFMT_QUERY	0x00000000	/* ask for the current format */
#define	AFMT_MU_LAW	0x00000001
#define	AFMT_A_LAW	0x00000002
#define	AFMT_IMA_ADPCM	0x00000004
#define	AFMT_U8		0x00000008
#define	AFMT_S16_LE	0x00000010
#define	AFMT_S16_BE	0x00000020
#define	AFMT_S8		0x00000040
#define	AFMT_U16_LE	0x00000080
#define	AFMT_U16_BE	0x00000100
#define	AFMT_MPEG	0x00000200
#define	AFMT_AC3	0x00000400
#define	AFMT_S32_LE	0x00001000
#define	AFMT_S32_BE	0x00002000
#define	AFMT_U32_LE	0x00004000
#define	AFMT_U32_BE	0x00008000
#define	AFMT_S24_LE	0x00010000	/* three bytes a sample */
#define	AFMT_S24_BE	0x00020000
#define	AFMT_U24_LE	0x00040000
#define	AFMT_U24_BE	0x00080000
#define	AFMT_F32_LE	0x10000000
#define	AFMT_F32_BE	0x20000000

/* _NE: the machine's byte order; _OE: the other one. */
#if BYTE_ORDER == LITTLE_ENDIAN
#define	AFMT_S16_NE	AFMT_S16_LE
#define	AFMT_S24_NE	AFMT_S24_LE
#define	AFMT_S32_NE	AFMT_S32_LE
#define	AFMT_U16_NE	AFMT_U16_LE
#define	AFMT_U24_NE	AFMT_U24_LE
#define	AFMT_U32_NE	AFMT_U32_LE
#define	AFMT_F32_NE	AFMT_F32_LE
#define	AFMT_S16_OE	AFMT_S16_BE
#define	AFMT_S24_OE	AFMT_S24_BE
#define	AFMT_S32_OE	AFMT_S32_BE
#define	AFMT_U16_OE	AFMT_U16_BE
#define	AFMT_U24_OE	AFMT_U24_BE
#define	AFMT_U32_OE	AFMT_U32_BE
#define	AFMT_F32_OE	AFMT_F32_BE
#else
#define	AFMT_S16_NE	AFMT_S16_BE
#define	AFMT_S24_NE	AFMT_S24_BE
#define	AFMT_S32_NE	AFMT_S32_BE
#define	AFMT_U16_NE	AFMT_U16_BE
#define	AFMT_U24_NE	AFMT_U24_BE
#define	AFMT_U32_NE	AFMT_U32_BE
#define	AFMT_F32_NE	AFMT_F32_BE
#define	AFMT_S16_OE	AFMT_S16_LE
#define	AFMT_S24_OE	AFMT_S24_LE
#define	AFMT_S32_OE	AFMT_S32_LE
#define	AFMT_U16_OE	AFMT_U16_LE
#define	AFMT_U24_OE	AFMT_U24_LE
#define	AFMT_U32_OE	AFMT_U32_LE
#define	AFMT_F32_OE	AFMT_F32_LE
#endif

#define	AFMT_FLOAT	AFMT_F32_NE

/* Capabilities that share the format word. */
#define	AFMT_STEREO	0x10000000
#define	AFMT_WEIRD	0x20000000
#define	AFMT_FULLDUPLEX	0x80000000

/*
 * /dev/dsp.
 */
#define	SNDCTL_DSP_HALT			_IO('P', 0)
#define	SNDCTL_DSP_RESET		SNDCTL_DSP_HALT
#define	SNDCTL_DSP_SYNC			_IO('P', 1)
#define	SNDCTL_DSP_SPEED		_IOWR('P', 2, int)
#define	SOUND_PCM_READ_RATE		_IOR('P', 2, int)
#define	SNDCTL_DSP_STEREO		_IOWR('P', 3, int)
#define	SNDCTL_DSP_GETBLKSIZE		_IOR('P', 4, int)
#define	SNDCTL_DSP_SETBLKSIZE		_IOW('P', 4, int)
#define	SNDCTL_DSP_SETFMT		_IOWR('P', 5, int)
#define	SNDCTL_DSP_SAMPLESIZE		SNDCTL_DSP_SETFMT
#define	SOUND_PCM_READ_BITS		_IOR('P', 5, int)
#define	SOUND_PCM_WRITE_CHANNELS	_IOWR('P', 6, int)
#define	SOUND_PCM_READ_CHANNELS		_IOR('P', 6, int)
#define	SNDCTL_DSP_CHANNELS		SOUND_PCM_WRITE_CHANNELS
#define	SNDCTL_DSP_POST			_IO('P', 8)
#define	SNDCTL_DSP_SUBDIVIDE		_IOWR('P', 9, int)
#define	SNDCTL_DSP_SETFRAGMENT		_IOWR('P', 10, int)
#define	SNDCTL_DSP_GETFMTS		_IOR('P', 11, int)

typedef struct audio_buf_info {
	int	fragments;	/* whole fragments available */
	int	fragstotal;	/* fragments in the buffer */
	int	fragsize;	/* bytes */
	int	bytes;		/* bytes available, partial fragments too */
} audio_buf_info;

#define	SNDCTL_DSP_GETOSPACE		_IOR('P', 12, audio_buf_info)
#define	SNDCTL_DSP_GETISPACE		_IOR('P', 13, audio_buf_info)
#define	SNDCTL_DSP_NONBLOCK		_IO('P', 14)

#define	SNDCTL_DSP_GETCAPS		_IOR('P', 15, int)
#define	PCM_CAP_REVISION		0x000000ff
#define	PCM_CAP_DUPLEX			0x00000100
#define	PCM_CAP_REALTIME		0x00000200
#define	PCM_CAP_BATCH			0x00000400
#define	PCM_CAP_COPROC			0x00000800
#define	PCM_CAP_TRIGGER			0x00001000
#define	PCM_CAP_MMAP			0x00002000
#define	PCM_CAP_MULTI			0x00004000
#define	PCM_CAP_BIND			0x00008000
#define	PCM_CAP_INPUT			0x00010000
#define	PCM_CAP_OUTPUT			0x00020000
#define	PCM_CAP_VIRTUAL			0x00040000
#define	PCM_CAP_ANALOGOUT		0x00100000
#define	PCM_CAP_ANALOGIN		0x00200000
#define	PCM_CAP_DIGITALOUT		0x00400000
#define	PCM_CAP_DIGITALIN		0x00800000
#define	PCM_CAP_ADMASK			0x00f00000
#define	PCM_CAP_SPECIAL			0x01000000
#define	PCM_CAP_HIDDEN			0x08000000
#define	PCM_CAP_FREERATE		0x10000000
#define	PCM_CAP_MODEM			0x20000000
#define	PCM_CAP_DEFAULT			0x40000000

#define	SNDCTL_DSP_GETTRIGGER		_IOR('P', 16, int)
#define	SNDCTL_DSP_SETTRIGGER		_IOW('P', 16, int)
#define	PCM_ENABLE_INPUT		0x00000001
#define	PCM_ENABLE_OUTPUT		0x00000002

typedef struct count_info {
	int	bytes;		/* processed since the last reset */
	int	blocks;		/* fragments completed since the last query */
	int	ptr;		/* offset in the buffer */
} count_info;

#define	SNDCTL_DSP_GETIPTR		_IOR('P', 17, count_info)
#define	SNDCTL_DSP_GETOPTR		_IOR('P', 18, count_info)
#define	SNDCTL_DSP_SETSYNCRO		_IO('P', 21)
#define	SNDCTL_DSP_SETDUPLEX		_IO('P', 22)
#define	SNDCTL_DSP_GETODELAY		_IOR('P', 23, int)
#define	SNDCTL_DSP_GETPLAYVOL		_IOR('P', 24, int)
#define	SNDCTL_DSP_SETPLAYVOL		_IOWR('P', 24, int)

typedef struct audio_errinfo {
	int		play_underruns;
	int		rec_overruns;
	unsigned int	play_ptradjust;
	unsigned int	rec_ptradjust;
	int		play_errorcount;
	int		rec_errorcount;
	int		play_lasterror;
	int		rec_lasterror;
	long		play_errorparm;
	long		rec_errorparm;
	int		filler[16];
} audio_errinfo;

#define	SNDCTL_DSP_GETERROR		_IOR('P', 25, audio_errinfo)
#define	SNDCTL_DSP_COOKEDMODE		_IOW('P', 30, int)
#define	SNDCTL_DSP_SILENCE		_IO('P', 31)
#define	SNDCTL_DSP_SKIP			_IO('P', 32)
#define	SNDCTL_DSP_HALT_INPUT		_IO('P', 33)
#define	SNDCTL_DSP_RESET_INPUT		SNDCTL_DSP_HALT_INPUT
#define	SNDCTL_DSP_HALT_OUTPUT		_IO('P', 34)
#define	SNDCTL_DSP_RESET_OUTPUT		SNDCTL_DSP_HALT_OUTPUT
#define	SNDCTL_DSP_LOW_WATER		_IOW('P', 34, int)

typedef struct {
	long long	samples;
	int		fifo_samples;
	int		filler[32];
} oss_count_t;

#define	SNDCTL_DSP_CURRENT_IPTR		_IOR('P', 35, oss_count_t)
#define	SNDCTL_DSP_CURRENT_OPTR		_IOR('P', 36, oss_count_t)
#define	SNDCTL_DSP_GETRECVOL		_IOR('P', 41, int)
#define	SNDCTL_DSP_SETRECVOL		_IOWR('P', 41, int)
#define	SNDCTL_DSP_POLICY		_IOW('P', 45, int)

/* Speaker groups, as chn_oss_getmask() reports them. */
#define	DSP_BIND_QUERY		0x00000000
#define	DSP_BIND_FRONT		0x00000001
#define	DSP_BIND_SURR		0x00000002
#define	DSP_BIND_CENTER_LFE	0x00000004
#define	DSP_BIND_HANDSET	0x00000008
#define	DSP_BIND_MIC		0x00000010
#define	DSP_BIND_MODEM1		0x00000020
#define	DSP_BIND_MODEM2		0x00000040
#define	DSP_BIND_I2S		0x00000080
#define	DSP_BIND_SPDIF		0x00000100
#define	DSP_BIND_REAR		0x00000200

/*
 * /dev/mixer: controls, each with a level of 0 to 100 left and right.
 */
#define	SOUND_MIXER_NRDEVICES	25
#define	SOUND_MIXER_VOLUME	0
#define	SOUND_MIXER_BASS	1
#define	SOUND_MIXER_TREBLE	2
#define	SOUND_MIXER_SYNTH	3
#define	SOUND_MIXER_PCM		4
#define	SOUND_MIXER_SPEAKER	5
#define	SOUND_MIXER_LINE	6
#define	SOUND_MIXER_MIC		7
#define	SOUND_MIXER_CD		8
#define	SOUND_MIXER_IMIX	9
#define	SOUND_MIXER_ALTPCM	10
#define	SOUND_MIXER_RECLEV	11
#define	SOUND_MIXER_IGAIN	12
#define	SOUND_MIXER_OGAIN	13
#define	SOUND_MIXER_LINE1	14
#define	SOUND_MIXER_LINE2	15
#define	SOUND_MIXER_LINE3	16
#define	SOUND_MIXER_DIGITAL1	17
#define	SOUND_MIXER_DIGITAL2	18
#define	SOUND_MIXER_DIGITAL3	19
#define	SOUND_MIXER_PHONEIN	20
#define	SOUND_MIXER_PHONEOUT	21
#define	SOUND_MIXER_VIDEO	22
#define	SOUND_MIXER_RADIO	23
#define	SOUND_MIXER_MONITOR	24

/* Switches, in the same number space. */
#define	SOUND_ONOFF_MIN		28
#define	SOUND_ONOFF_MAX		30
#define	SOUND_MIXER_MUTE	28
#define	SOUND_MIXER_ENHANCE	29
#define	SOUND_MIXER_LOUD	30
#define	SOUND_MIXER_NONE	31

#define	SOUND_DEVICE_NAMES	{					\
	"vol", "bass", "treble", "synth", "pcm", "speaker", "line",	\
	"mic", "cd", "mix", "pcm2", "rec", "igain", "ogain", "line1",	\
	"line2", "line3", "dig1", "dig2", "dig3", "phin", "phout",	\
	"video", "radio", "monitor"					\
}

#define	SOUND_MIXER_RECSRC	0xff
#define	SOUND_MIXER_DEVMASK	0xfe
#define	SOUND_MIXER_RECMASK	0xfd
#define	SOUND_MIXER_CAPS	0xfc
#define	SOUND_CAP_EXCL_INPUT	0x00000001
#define	SOUND_MIXER_STEREODEVS	0xfb

#define	SOUND_MASK_VOLUME	(1 << SOUND_MIXER_VOLUME)
#define	SOUND_MASK_BASS		(1 << SOUND_MIXER_BASS)
#define	SOUND_MASK_TREBLE	(1 << SOUND_MIXER_TREBLE)
#define	SOUND_MASK_SYNTH	(1 << SOUND_MIXER_SYNTH)
#define	SOUND_MASK_PCM		(1 << SOUND_MIXER_PCM)
#define	SOUND_MASK_SPEAKER	(1 << SOUND_MIXER_SPEAKER)
#define	SOUND_MASK_LINE		(1 << SOUND_MIXER_LINE)
#define	SOUND_MASK_MIC		(1 << SOUND_MIXER_MIC)
#define	SOUND_MASK_CD		(1 << SOUND_MIXER_CD)
#define	SOUND_MASK_IMIX		(1 << SOUND_MIXER_IMIX)
#define	SOUND_MASK_ALTPCM	(1 << SOUND_MIXER_ALTPCM)
#define	SOUND_MASK_RECLEV	(1 << SOUND_MIXER_RECLEV)
#define	SOUND_MASK_IGAIN	(1 << SOUND_MIXER_IGAIN)
#define	SOUND_MASK_OGAIN	(1 << SOUND_MIXER_OGAIN)
#define	SOUND_MASK_LINE1	(1 << SOUND_MIXER_LINE1)
#define	SOUND_MASK_LINE2	(1 << SOUND_MIXER_LINE2)
#define	SOUND_MASK_LINE3	(1 << SOUND_MIXER_LINE3)
#define	SOUND_MASK_DIGITAL1	(1 << SOUND_MIXER_DIGITAL1)
#define	SOUND_MASK_DIGITAL2	(1 << SOUND_MIXER_DIGITAL2)
#define	SOUND_MASK_DIGITAL3	(1 << SOUND_MIXER_DIGITAL3)
#define	SOUND_MASK_PHONEIN	(1 << SOUND_MIXER_PHONEIN)
#define	SOUND_MASK_PHONEOUT	(1 << SOUND_MIXER_PHONEOUT)
#define	SOUND_MASK_VIDEO	(1 << SOUND_MIXER_VIDEO)
#define	SOUND_MASK_RADIO	(1 << SOUND_MIXER_RADIO)
#define	SOUND_MASK_MONITOR	(1 << SOUND_MIXER_MONITOR)
#define	SOUND_MASK_MUTE		(1 << SOUND_MIXER_MUTE)
#define	SOUND_MASK_ENHANCE	(1 << SOUND_MIXER_ENHANCE)
#define	SOUND_MASK_LOUD		(1 << SOUND_MIXER_LOUD)

#define	MIXER_READ(dev)		_IOR('M', dev, int)
#define	MIXER_WRITE(dev)	_IOWR('M', dev, int)
#define	SOUND_MIXER_READ_VOLUME		MIXER_READ(SOUND_MIXER_VOLUME)
#define	SOUND_MIXER_READ_PCM		MIXER_READ(SOUND_MIXER_PCM)
#define	SOUND_MIXER_READ_RECLEV		MIXER_READ(SOUND_MIXER_RECLEV)
#define	SOUND_MIXER_READ_MUTE		MIXER_READ(SOUND_MIXER_MUTE)
#define	SOUND_MIXER_READ_RECSRC		MIXER_READ(SOUND_MIXER_RECSRC)
#define	SOUND_MIXER_READ_DEVMASK	MIXER_READ(SOUND_MIXER_DEVMASK)
#define	SOUND_MIXER_READ_RECMASK	MIXER_READ(SOUND_MIXER_RECMASK)
#define	SOUND_MIXER_READ_STEREODEVS	MIXER_READ(SOUND_MIXER_STEREODEVS)
#define	SOUND_MIXER_READ_CAPS		MIXER_READ(SOUND_MIXER_CAPS)
#define	SOUND_MIXER_WRITE_VOLUME	MIXER_WRITE(SOUND_MIXER_VOLUME)
#define	SOUND_MIXER_WRITE_PCM		MIXER_WRITE(SOUND_MIXER_PCM)
#define	SOUND_MIXER_WRITE_RECLEV	MIXER_WRITE(SOUND_MIXER_RECLEV)
#define	SOUND_MIXER_WRITE_MUTE		MIXER_WRITE(SOUND_MIXER_MUTE)
#define	SOUND_MIXER_WRITE_RECSRC	MIXER_WRITE(SOUND_MIXER_RECSRC)

#define	OSS_ENUM_MAXVALUE	255
typedef struct oss_mixer_enuminfo {
	int	dev;
	int	ctrl;
	int	nvalues;
	int	version;
	short	strindex[OSS_ENUM_MAXVALUE];	/* offsets in strings */
	char	strings[3000];
} oss_mixer_enuminfo;

#endif /* !_SYS_SOUNDCARD_H_ */
