/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The card under test, and how a program reaches it: /dev/dspN and dev.pcm.N.
 *
 * If a call fails that should not, the case ends.
 */
#ifndef _CARD_H_
#define	_CARD_H_

#include "case.h"

#define	CARD_DESC	"VirtIO Sound Adapter"
#define	CARD_NONE	(-1)

/* What a program asks of /dev/dsp. */
struct card_sound {
	int		format;		/* AFMT_* */
	int		channels;
	int		hz;
	unsigned	frame;		/* bytes */
};

extern const struct card_sound card_s16_48000;

/* The unit of the first card of this driver, or CARD_NONE. */
int	card_find(void);
/* As card_find(); skips the case if there is none. */
int	card_unit(void);
/* Use this unit from now on. */
void	card_choose(int unit);

/* The number dev.pcm.N.name, of 4 or 8 bytes. */
uint64_t card_number(const char *name);
void	card_set(const char *name, int value);
/* The string dev.pcm.N.name; cut to size. */
void	card_string(const char *name, char *buf, size_t size);

/*
 * How samples reach the driver: as the program wrote them, or as sound(4) mixes
 * them, at full volume.
 */
void	card_direct(void);
void	card_mixed(void);

/* The mixer's vol or pcm, SOUND_MIXER_WRITE_*: 0 or the negative errno. */
int	card_volume(unsigned long which, unsigned percent);

/* Open /dev/dspN to play: descriptor or negative errno. */
int	card_try_open(void);
int	card_open(void);
void	card_close(int fd);

/* SETFMT, CHANNELS and SPEED; the card must agree to each. */
void	card_setup(int fd, const struct card_sound *sound);
/* Open to play card_s16_48000, directly. */
int	card_open_direct(void);
/* SETFRAGMENT: count fragments of 2^shift bytes; 0: as many as there may be. */
void	card_fragments(int fd, unsigned count, unsigned shift);

/* Write len bytes of noise from seed; all are taken. */
void	card_write(int fd, uint32_t seed, size_t len);
/* SYNC: returns when all that was written has been played. */
void	card_sync(int fd);
/* HALT: samples that were not played yet are dropped. */
void	card_halt(int fd);

/*
 * Open, play 1,000 frames of noise from seed, close, and say so.  Silence
 * follows the noise.  A device on a busy host may drop the last frames that it
 * took when it is stopped.  Once the device has taken the silence, it has
 * played the noise, so only silence can be dropped.
 */
void	card_play_short(uint32_t seed);

#endif /* !_CARD_H_ */
