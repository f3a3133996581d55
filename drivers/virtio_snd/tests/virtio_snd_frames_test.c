/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: numbered frames, from a program's
 * buffer of every size to the listener.
 *
 * A program sets fragments by SNDCTL_DSP_SETFRAGMENT.  The sizes are all powers
 * of two from 16 bytes to 64 kB, and the number is at most 64 and at most what
 * 128 kB hold.  sound(4) rounds the number up to a power of two (round_pow2()
 * of pcm/channel.c), so other numbers are no cases of their own: 3 and 5 stand
 * for them.  The program writes through a channel of its own (direct:
 * bitperfect, no virtual channels) or through a virtual one (vchan).
 *
 * The device is QEMU's, which takes 1,024 frames at the first tick, then keeps
 * 512 or, when it gets as many, 1,024 ahead, in ticks of 10 ms.  On a busy host
 * these may be late by the playing time of one and a half of the program's
 * buffers.  Or the device returns a given number of periods at once: all that
 * were played between two of its ticks.  The ticks are at most 45 ms apart,
 * because sound(4) waits for the end no longer than a few of a program's
 * buffers take.
 *
 * One CPU: threads take turns only where one of them waits.  Two: at any call
 * of the kernel, in an order that the seed decides.
 *
 * Each case prints a table, one line for each of its combinations, and then
 * fails if a line is wrong: all frames arrive once and in order, with silence
 * only between them, and the last is heard before the device stops.
 *
 * At 124f434, when all periods were with the device whether sound(4) had filled
 * them or not, these were wrong, as they are there on FreeBSD 15:
 * - directly, two fragments of 512 or 1,024 bytes on one CPU: lost, swapped;
 * - directly, two fragments of 16 to 1,024 bytes on two CPUs: swapped and, from
 *   512 on, lost and repeated;
 * - directly, two fragments of 1,024 to 16,384 bytes where ticks are late:
 *   lost, swapped and repeated;
 * - directly, 8 kB in fragments of 256, 128, 64 and 32 bytes: 2, 4, 8 and 16
 *   times too long;
 * - directly, two fragments in bursts of two periods or more, of nearly every
 *   length;
 * - programs that are late: through virtual channels up to 882 frames at the
 *   end, directly up to 441 there, or some repeated;
 * - through virtual channels, where a device keeps 1,024 frames ahead: 256
 *   frames at the end.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "snd_frames.h"
#include "snd_rig.h"
#include "tk_dsp.h"
#include "tk_test.h"

#define	RATE		48000
#define	MS		1000000LL
#define	SECOND		(1000 * MS)
#define	MAXBUF		131072	/* CHN_2NDBUFMAXSIZE */
#define	MAXFRAG		65536
#define	MAXBURST	(45 * RATE * SND_FRAME / 1000)

/* A combination. */
struct combination {
	uint32_t	size;		/* of a fragment, bytes */
	uint32_t	count;		/* of fragments */
	bool		vchan;
	int		cpus;
	uint32_t	burst;		/* periods at once; 0: as QEMU does */
	uint32_t	ahead;		/* frames that QEMU keeps ahead */
	bool		busy;		/* QEMU's ticks may be late */
	uint64_t	seed;		/* 0: KERN_SEED */
	/* The program sleeps this long after so many frames; 0: never. */
	uint32_t	chunk;
	uint32_t	late_ms;
};

struct outcome {
	struct snd_frames frames;
	int64_t		 ns;		/* from the first write to the end */
};

/* The counts of one table. */
static struct {
	int	lines;
	int	wrong;
} table;

/* One and a half of the program's buffers, but no more than 150 ms. */
static int64_t
late_ns(const struct combination *c)
{
	return (MIN(150 * MS, (int64_t)c->size * MAX(c->count, 2) * 3 / 2 *
	    SECOND / (RATE * SND_FRAME)));
}

static void
device(const struct combination *c, struct model_snd_config *config)
{
	model_snd_config_qemu(config);
	config->nstreams = 1;
	config->backend_frames = c->ahead;
	if (c->busy)
		config->tick_late_ns = late_ns(c);
	if (c->burst == 0)
		return;
	/* The clock has passed so many periods, at each tick. */
	config->tick_ns = (int64_t)c->burst * c->size * SECOND /
	    (RATE * SND_FRAME);
	config->burst_frames = c->burst * c->size / SND_FRAME;
}

static void
program_write(struct tk_dsp *dsp, const struct combination *c,
    const uint8_t *sound, uint32_t frames)
{
	uint32_t chunk = c->chunk == 0 ? frames : c->chunk, n, off;

	for (off = 0; off < frames; off += n) {
		n = MIN(chunk, frames - off);
		TK_EQ(tk_dsp_write(dsp, sound + off * SND_FRAME,
		    n * SND_FRAME), n * SND_FRAME);
		if (c->late_ms != 0)
			pause_sbt("late", nstosbt(c->late_ms * MS), 0, 0);
	}
}

static void
program(const struct combination *c, uint32_t frames)
{
	struct tk_dsp *dsp;
	uint8_t *sound;

	sound = malloc(frames * SND_FRAME, M_TEMP, M_WAITOK);
	snd_frames_make(sound, 0, frames);
	TK_EQ(tk_dsp_open(-1, false, false, &dsp), 0);
	TK_EQ(tk_dsp_setup(dsp, TK_AFMT_S16_LE, 2, RATE, c->size, c->count),
	    0);
	program_write(dsp, c, sound, frames);
	TK_EQ(tk_dsp_sync(dsp), 0);
	TK_EQ(tk_dsp_close(dsp), 0);
	free(sound, M_TEMP);
}

/* Let the stream come to its end. */
static void
wait_released(void)
{
	int64_t end = tk_now_ns() + 10 * SECOND;

	while (model_snd_stream_stats(snd_model, 0).state !=
	    MODEL_SND_RELEASED) {
		TK_CHECK(tk_now_ns() < end);
		pause_sbt("frames", SBT_1MS, 0, 0);
	}
}

static struct outcome
play(const struct combination *c, uint32_t frames)
{
	struct tk_boot_args boot = {
		.mode = TK_DETERMINISTIC, .ram_fd = -1, .seed = c->seed,
		.preempt = c->cpus == 1 ? INT_MAX : 1, .hz = 100,
	};
	struct model_snd_config config;
	struct outcome o;

	tk_boot(&boot);
	device(c, &config);
	snd_up(&config);
	if (c->vchan)
		snd_vchans(true);
	o.ns = tk_now_ns();
	program(c, frames);
	o.ns = tk_now_ns() - o.ns;
	wait_released();
	o.frames = snd_frames_heard(0, 0, frames);
	TK_EQ(model_snd_stats(snd_model).illegal, 0);
	snd_down_anyhow();
	TK_EQ(tk_shutdown(), 0);
	return (o);
}

/* Enough to go through the program's buffer a few times. */
static uint32_t
frames_for(const struct combination *c)
{
	return (MAX(2400, 3 * c->size * c->count / SND_FRAME));
}

static void
table_begin(void)
{
	table.lines = table.wrong = 0;
	printf("  size count mode   cpus burst ahead late   sent  heard   lost "
	    "again swapped foreign silence    ms in order\n");
}

static void
table_line(const struct combination *c, const struct outcome *o, bool right)
{
	const struct snd_frames *f = &o->frames;

	table.lines++;
	table.wrong += !right;
	printf("%6u %5u %-6s %4d %5u %5u %4jd %6u %6u ", c->size, c->count,
	    c->vchan ? "vchan" : "direct", c->cpus, c->burst, c->ahead,
	    c->busy ? (intmax_t)(late_ns(c) / MS) : 0, f->sent, f->heard);
	if (f->heard < f->sent)
		printf("%5u+ ", f->lost);
	else
		printf("     - ");
	printf("%5u %7u %7u %7u %5jd %s\n", f->again, f->swapped, f->foreign,
	    f->silence, (intmax_t)(o->ns / MS), right ? "yes" :
	    snd_frames_whole(f) ? "LATE" : "NO");
}

static void
table_end(void)
{
	printf("%d combinations, %d wrong\n", table.lines, table.wrong);
	TK_EQ(table.wrong, 0);
}

static void
once_and_in_order(const struct combination *c)
{
	struct outcome o;

	o = play(c, frames_for(c));
	table_line(c, &o, snd_frames_whole(&o.frames));
}

/* All numbers of fragments that one size can have, but see above. */
static const uint32_t counts[] = { 1, 2, 3, 4, 5, 8, 16, 32, 64 };

static void
every_count(struct combination c)
{
	size_t i;

	for (i = 0; i < nitems(counts); i++) {
		c.count = counts[i];
		if (c.size * c.count <= MAXBUF)
			once_and_in_order(&c);
	}
}

static void
every_fragment(bool vchan, int cpus, uint64_t seed)
{
	struct combination c = { .vchan = vchan, .cpus = cpus, .seed = seed };

	for (c.ahead = 512; c.ahead <= 1024; c.ahead <<= 1) {
		for (c.size = 16; c.size <= MAXFRAG; c.size <<= 1) {
			every_count(c);
			c.busy = true;
			every_count(c);
			c.busy = false;
		}
	}
}

TK_CASE_UNBOOTED(frames_of_every_fragment_direct_on_one_cpu)
{
	table_begin();
	every_fragment(false, 1, 0);
	table_end();
}

TK_CASE_UNBOOTED(frames_of_every_fragment_direct_on_two_cpus)
{
	table_begin();
	every_fragment(false, 2, 0);
	every_fragment(false, 2, 2);
	table_end();
}

TK_CASE_UNBOOTED(frames_of_every_fragment_through_vchans_on_one_cpu)
{
	table_begin();
	every_fragment(true, 1, 0);
	table_end();
}

TK_CASE_UNBOOTED(frames_of_every_fragment_through_vchans_on_two_cpus)
{
	table_begin();
	every_fragment(true, 2, 0);
	table_end();
}

/* Lengths of bursts: up to more than the buffer has. */
static const uint32_t bursts[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31,
    32, 33, 63, 64, 65 };

static void
every_burst(bool vchan, int cpus)
{
	static const uint32_t sizes[] = { 32, 128, 256, 512, 1024, 2048 };
	static const uint32_t some[] = { 2, 4, 8, 64 };
	struct combination c = { .vchan = vchan, .cpus = cpus };
	size_t i, j, k;

	for (i = 0; i < nitems(sizes); i++) {
		c.size = sizes[i];
		for (j = 0; j < nitems(some); j++) {
			c.count = some[j];
			for (k = 0; k < nitems(bursts); k++) {
				c.burst = bursts[k];
				if (c.burst * c.size <= MAXBURST)
					once_and_in_order(&c);
			}
		}
	}
}

TK_CASE_UNBOOTED(frames_in_bursts_of_every_length_direct_on_one_cpu)
{
	table_begin();
	every_burst(false, 1);
	table_end();
}

TK_CASE_UNBOOTED(frames_in_bursts_of_every_length_direct_on_two_cpus)
{
	table_begin();
	every_burst(false, 2);
	table_end();
}

TK_CASE_UNBOOTED(frames_in_bursts_of_every_length_through_vchans)
{
	table_begin();
	every_burst(true, 1);
	every_burst(true, 2);
	table_end();
}

/*
 * A program's buffer of 8 kB holds 42 ms, and the device ticks every 10 ms.  So
 * with fragments of every size the sound takes just its playing time.
 */
static void
at_its_speed(bool vchan, int cpus)
{
	struct combination c = {
		.vchan = vchan, .cpus = cpus, .ahead = 512
	};
	struct outcome o;

	for (c.size = 4096; c.size >= 32; c.size >>= 1) {
		c.count = 8192 / c.size;
		o = play(&c, RATE);
		/* More time for the start and the end. */
		table_line(&c, &o, snd_frames_whole(&o.frames) &&
		    o.ns < SECOND + 300 * MS);
	}
}

TK_CASE_UNBOOTED(frames_of_8_kb_play_at_their_speed_direct)
{
	table_begin();
	at_its_speed(false, 1);
	at_its_speed(false, 2);
	table_end();
}

TK_CASE_UNBOOTED(frames_of_8_kb_play_at_their_speed_through_vchans)
{
	table_begin();
	at_its_speed(true, 1);
	at_its_speed(true, 2);
	table_end();
}

/* Short writes, each late by about its playing time or more. */
static void
late(struct combination c)
{
	struct outcome o;

	for (c.late_ms = 8; c.late_ms <= 15; c.late_ms++) {
		for (c.size = 128; c.size <= 4096; c.size <<= 1) {
			c.count = 8192 / c.size;
			o = play(&c, 60 * c.chunk);
			table_line(&c, &o, snd_frames_whole(&o.frames));
		}
	}
}

/* A game or a call: underruns, then the end, which is heard. */
static void
late_program(bool vchan)
{
	struct combination c = { .vchan = vchan, .chunk = 441 };

	table_begin();
	for (c.ahead = 512; c.ahead <= 1024; c.ahead <<= 1) {
		for (c.cpus = 1; c.cpus <= 2; c.cpus++)
			late(c);
	}
	table_end();
}

TK_CASE_UNBOOTED(frames_of_a_program_that_is_late_direct)
{
	late_program(false);
}

TK_CASE_UNBOOTED(frames_of_a_program_that_is_late_through_vchans)
{
	late_program(true);
}
