/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A sound card for the tests: memory and a callout.
 *
 * Each playing channel keeps what it "played": every block, as it was in the
 * hard buffer when the block's time had passed.  A recording channel produces
 * bytes that count up.  A card can be told to misbehave.
 */

#ifndef _TEST_PCM_H_
#define	_TEST_PCM_H_

#include <dev/sound/pcm/sound.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"

#define	TEST_PCM_CHANNELS	4

enum test_pcm_fault {
	TEST_PCM_GOOD,
	TEST_PCM_SILENT,	/* never interrupts */
	TEST_PCM_JUMPS,		/* a whole buffer at every interrupt */
	TEST_PCM_START_FAILS,	/* PCMTRIG_START returns EIO */
	TEST_PCM_NO_BUFFER,	/* CHANNEL_INIT leaves no memory */
	TEST_PCM_INIT_FAILS,	/* CHANNEL_INIT returns NULL */
	TEST_PCM_PTR_OUTSIDE,	/* getptr returns the buffer's size */
	TEST_PCM_PTR_IN_FRAME,	/* getptr returns an odd number */
	TEST_PCM_SPEED_WRONG,	/* setspeed returns a rate not offered */
	TEST_PCM_BLOCK_WRONG,	/* setblocksize returns another size */
	TEST_PCM_BLOCK_RAGGED,	/* blocks are no whole frames */
	TEST_PCM_KEEPS_LOCK,	/* trigger, MIXER_SET: return with it */
	TEST_PCM_DROPS_LOCK,	/* trigger returns the channel unlocked */
	TEST_PCM_SLEEPS,	/* trigger sleeps */
	TEST_PCM_INTR_LOCKED,	/* trigger calls chn_intr() */
	TEST_PCM_NO_FORMATS,	/* getcaps offers none */
	TEST_PCM_EARLY_INTR,	/* chn_intr() in attach, not registered */
	TEST_PCM_NOT_MPSAFE,
	TEST_PCM_NOT_UNREGISTERED,	/* detach forgets it */
	TEST_PCM_NOT_REGISTERED	/* attach forgets it */
};

/* Zero fields mean: one playing channel, S16 and others in stereo, ... */
struct test_pcm_config {
	int		 play, record;		/* channels; 0, 0: 1, 0 */
	uint32_t	*formats;		/* ends with 0 */
	uint32_t	 minspeed, maxspeed;
	int		*rates;
	int		 nrates;
	unsigned int	 bufsize;		/* bytes; 0: 16384 */
	bool		 setfragments;		/* has that method */
	bool		 mixer, softvol;
	enum test_pcm_fault fault;
};

struct test_pcm_chan {
	struct test_pcm	*card;
	struct pcm_channel *chan;
	struct snd_dbuf	*buf;
	struct callout	 callout;
	void		*mem;
	int		 dir;
	bool		 running;
	unsigned int	 ptr;
	uint8_t		 next;			/* of the recorded bytes */
	uint8_t		*played;
	size_t		 nplayed, maxplayed;
	unsigned int	 starts, stops;
	uint32_t	 stop_flags;		/* channel's at the last stop */
	uint32_t	 asked_blksz, asked_blkcnt;
	unsigned int	 sized_running;		/* asked for blocks, running */
};

/* lock guards running, ptr, what was played, and calls. */
struct test_pcm {
	struct test_pcm_config config;
	device_t	 dev;
	struct mtx	 lock;
	struct test_pcm_chan chans[TEST_PCM_CHANNELS];
	int		 nchans;
	bool		 gone;
	char		 calls[1024];		/* methods, in order */
	unsigned int	 level[SOUND_MIXER_NRDEVICES];	/* left */
	struct snd_mixer *mixer;
	bool		 mixer_gone;
};

/* Attach a card; NULL config: all zero.  Fails the test unless it attaches. */
struct test_pcm *test_pcm_attach(const struct test_pcm_config *config);

/* As above, but returns attach's error and the card only on success. */
int	test_pcm_try_attach(const struct test_pcm_config *config,
	    struct test_pcm **cardp);

/* Detach; what was played stays until test_pcm_free(). */
void	test_pcm_detach(struct test_pcm *card);
void	test_pcm_free(struct test_pcm *card);

/* Detach and free. */
void	test_pcm_delete(struct test_pcm *card);

/* How long channel i needs to play this many bytes. */
sbintime_t test_pcm_duration(struct test_pcm_chan *ch, size_t bytes);

/*
 * The methods called since the last time, such as "reset setblocksize*": the
 * star means that the channel was not locked.
 */
const char *test_pcm_calls(struct test_pcm *card, char *buf, size_t size);

/*
 * Fails the test unless channel ch played silence, then exactly data, then
 * silence.  The first and last bytes of data may not be silence.
 */
void	test_pcm_check_played(struct test_pcm_chan *ch, const uint8_t *data,
	    size_t len);

/*
 * A kernel thread that runs fn(arg); test_thread_join() waits until it has
 * returned.
 */
struct test_thread {
	void	(*fn)(void *);
	void	*arg;
	struct mtx mtx;
	bool	 done;
};
void	test_thread_start(struct test_thread *t, void (*fn)(void *),
	    void *arg);
void	test_thread_join(struct test_thread *t);

/* Let kernel time pass. */
void	test_pass(sbintime_t sbt);

/* Bytes that are never silence in any of the formats used here. */
void	test_pcm_noise(uint8_t *buf, size_t len, uint32_t seed);

#endif /* !_TEST_PCM_H_ */
