/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on the model of the device: calls of sound(4) and virtqueue(9)
 * that affect a running ring.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/malloc.h>
#include <dev/sound/pcm/sound.h>

#include "channel_if.h"
#include "snd_frames.h"
#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_dsp.h"
#include "tk_test.h"
#include "tk_test_thread.h"

#define	RATE	8000
#define	PERIOD	(1000 * SND_FRAME)	/* 125 ms */

/* A program that writes numbered frames. */
struct program {
	struct tk_dsp	*dsp;
	uint32_t	 frames;
	int64_t		 written;
};

static void
program_open(struct program *p, uint32_t size, uint32_t count)
{
	TK_EQ(tk_dsp_open(-1, false, false, &p->dsp), 0);
	TK_EQ(tk_dsp_setup(p->dsp, TK_AFMT_S16_LE, 2, RATE, 0, 0), 0);
	TK_EQ(tk_dsp_setfragments(p->dsp, size, count), 0);
}

static void
program_main(void *arg)
{
	struct program *p = arg;
	uint8_t *sound;

	sound = malloc(p->frames * SND_FRAME, M_TEMP, M_WAITOK);
	snd_frames_make(sound, 0, p->frames);
	p->written = tk_dsp_write(p->dsp, sound, p->frames * SND_FRAME);
	free(sound, M_TEMP);
}

/* sound(4)'s playing channel of that number. */
static struct pcm_channel *
channel(int n)
{
	return (snd_channel(PCMDIR_PLAY, n));
}

static uint32_t
position(struct pcm_channel *c)
{
	return (CHANNEL_GETPTR(c->methods, c->devinfo));
}

static void
heard_whole(uint32_t stream, uint64_t from, uint32_t frames)
{
	struct snd_frames f = snd_frames_heard(stream, from, frames);

	printf("stream %u: %u of %u frames heard, %u again, %u swapped, "
	    "%u foreign, %u silent between\n", stream, f.heard, f.sent,
	    f.again, f.swapped, f.foreign, f.silence);
	TK_CHECK(snd_frames_whole(&f));
}

/*
 * chn_resizebuf() checks that the channel is stopped, releases its mutex, and
 * then calls CHANNEL_SETBLOCKSIZE() or CHANNEL_SETFRAGMENTS().  Another thread
 * may start the channel in between.
 */
static void
resize_while_running(uint32_t count, uint32_t new_size, uint32_t new_count)
{
	struct program p = { .frames = 20000 };
	struct model_snd_config config;
	struct test_thread t;
	struct pcm_channel *c;
	uint32_t before;

	model_snd_config_exact(&config);
	snd_up(&config);
	program_open(&p, PERIOD, count);
	test_thread_start(&t, program_main, &p);
	snd_sleep_ms(450);
	c = channel(0);
	before = position(c);
	TK_CHECK(before != 0);
	(void)CHANNEL_SETFRAGMENTS(c->methods, c->devinfo, new_size,
	    new_count);
	TK_EQ(position(c), before);
	TK_EQ(c->bufhard->blksz, PERIOD);
	TK_EQ(c->bufhard->blkcnt, count);
	(void)CHANNEL_SETBLOCKSIZE(c->methods, c->devinfo, new_size);
	TK_EQ(position(c), before);
	TK_EQ(c->bufhard->blksz, PERIOD);
	TK_EQ(c->bufhard->blkcnt, count);
	test_thread_join(&t);
	TK_EQ(p.written, p.frames * SND_FRAME);
	TK_EQ(tk_dsp_close(p.dsp), 0);
	snd_sleep_ms(3000);
	heard_whole(0, 0, p.frames);
	snd_down();
}

TK_CASE(vtsnd_ring_is_asked_for_its_size_again_while_it_runs)
{
	resize_while_running(4, PERIOD, 4);
}

TK_CASE(vtsnd_ring_is_asked_for_another_count_while_it_runs)
{
	resize_while_running(8, PERIOD, 4);
}

TK_CASE(vtsnd_ring_is_asked_for_another_size_while_it_runs)
{
	resize_while_running(4, PERIOD / 4, 16);
}

/*
 * A thread may be in sndbuf_resize() since before the channel was started.  It
 * may wait there for the channel's mutex, or for memory without it.
 */
static void
resize_late(struct pcm_channel *c, uint32_t size, uint32_t count)
{
	TK_EQ(sndbuf_resize(c->bufhard, count, size), 0);
	CHN_LOCK(c);
	chn_resetbuf(c);
	CHN_UNLOCK(c);
}

static void
resize_before_the_last_period(uint32_t count, uint32_t new_count)
{
	struct program p = { .frames = 40000 };
	struct model_snd_config config;
	struct snd_frames f;
	struct test_thread t;
	struct pcm_channel *c;

	model_snd_config_exact(&config);
	snd_up(&config);
	program_open(&p, PERIOD, count);
	test_thread_start(&t, program_main, &p);
	c = channel(0);
	while (position(c) != (count - 1) * PERIOD)
		snd_sleep_ms(1);
	resize_late(c, PERIOD, new_count);
	test_thread_join(&t);
	TK_EQ(p.written, p.frames * SND_FRAME);
	TK_EQ(tk_dsp_close(p.dsp), 0);
	snd_sleep_ms(3000);
	/* What sound(4) had in its buffers is lost, and no more. */
	f = snd_frames_heard(0, 0, p.frames);
	printf("%u of %u frames heard, %u again, %u swapped, %u foreign\n",
	    f.heard, f.sent, f.again, f.swapped, f.foreign);
	TK_CHECK(f.heard + 2 * count * PERIOD / SND_FRAME >= f.sent);
	TK_EQ(f.again + f.swapped + f.foreign, 0);
	TK_EQ(snd_counter("tx.bogus"), 0);
	snd_down();
}

TK_CASE(vtsnd_ring_starts_anew_when_its_buffer_became_smaller)
{
	resize_before_the_last_period(8, 4);
}

TK_CASE(vtsnd_ring_starts_anew_when_its_buffer_became_larger)
{
	resize_before_the_last_period(4, 8);
}

/*
 * chn_resizebuf() stores what CHANNEL_SETBLOCKSIZE() returned, with no mutex
 * held.  Of two threads, as two programs that start their virtual channels at
 * once, one may store the size of before the other's blocks.
 */
TK_CASE(vtsnd_ring_starts_with_a_block_size_of_before)
{
	struct program p = { .frames = 20000 };
	struct model_snd_config config;

	model_snd_config_exact(&config);
	snd_up(&config);
	program_open(&p, PERIOD, 8);
	channel(0)->bufhard->blksz = 8 * SND_FRAME;
	program_main(&p);
	TK_EQ(p.written, p.frames * SND_FRAME);
	TK_EQ(tk_dsp_close(p.dsp), 0);
	snd_sleep_ms(3000);
	heard_whole(0, 0, p.frames);
	snd_down();
}

/*
 * The ring notes what a program asked for after sndbuf_resize() has made the
 * blocks, and another thread may start the channel in between.  The blocks are
 * then no power of two times as large as those that the ring knows of.
 */
TK_CASE(vtsnd_ring_starts_with_blocks_of_another_size_than_it_noted)
{
	struct program p = { .frames = 40000 };
	struct model_snd_config config;

	model_snd_config_exact(&config);
	snd_up(&config);
	program_open(&p, 256, 64);
	TK_EQ(sndbuf_resize(channel(0)->bufhard, 64, 3 * 256), 0);
	program_main(&p);
	TK_EQ(p.written, p.frames * SND_FRAME);
	TK_EQ(tk_dsp_close(p.dsp), 0);
	snd_sleep_ms(6000);
	heard_whole(0, 0, p.frames);
	snd_down();
}

static void
reset_main(void *arg)
{
	struct program *p = arg;

	snd_sleep_ms(850);
	(void)tk_dsp_reset(p->dsp);
}

/*
 * A thread of the kernel holds a channel's mutex.  So the interrupt's thread,
 * which reports that channel to sound(4), waits while the device returns the
 * whole buffer of the first stream.  With stop, a second thread looks at the
 * queue then: the task of the second stream, which is stopped.
 */
static void
report_waits(int held, bool stop)
{
	struct program p[2] = { { .frames = 16000 }, { .frames = 16000 } };
	struct test_thread t[3];
	struct model_snd_config config;
	struct pcm_channel *c;

	model_snd_config_exact(&config);
	config.nstreams = 2;
	config.intr_shared = false;
	config.stream[1] = config.stream[0];
	snd_up(&config);
	program_open(&p[0], 1600 * SND_FRAME, 4);	/* 200 ms each */
	program_open(&p[1], 400 * SND_FRAME, 8);
	test_thread_start(&t[0], program_main, &p[0]);
	test_thread_start(&t[1], program_main, &p[1]);
	snd_sleep_ms(1100);
	c = channel(held);
	/* 800 ms later all four periods are back. */
	if (stop)
		test_thread_start(&t[2], reset_main, &p[1]);
	CHN_LOCK(c);
	DELAY(1000 * 1000);
	CHN_UNLOCK(c);
	if (stop)
		test_thread_join(&t[2]);
	test_thread_join(&t[0]);
	test_thread_join(&t[1]);
	TK_EQ(tk_dsp_close(p[0].dsp), 0);
	TK_EQ(tk_dsp_close(p[1].dsp), 0);
	snd_sleep_ms(1000);
	heard_whole(0, 0, p[0].frames);
	snd_down();
}

/* One period of the buffer is reported, and the others wait. */
TK_CASE(vtsnd_ring_loses_nothing_when_two_threads_look_at_the_queue)
{
	report_waits(0, true);
}

/* The control: the same wait, and one thread. */
TK_CASE(vtsnd_ring_loses_nothing_when_a_report_waits)
{
	report_waits(0, false);
}

/*
 * The other stream's report waits, so afterwards the whole buffer is found at
 * once.
 */
TK_CASE(vtsnd_ring_loses_nothing_when_its_buffer_comes_back_at_once)
{
	report_waits(1, false);
}

/* Does a program play all that it writes? */
static bool
play_some(uint32_t periods)
{
	struct program p = { .frames = 4000 };

	program_open(&p, 10 * SND_FRAME, periods);
	program_main(&p);
	TK_EQ(tk_dsp_close(p.dsp), 0);
	snd_sleep_ms(3000);
	return (p.written == p.frames * SND_FRAME);
}

/* A program plays to a device that returns chains which it does not have. */
static void
play_to_a_faulty_device(const char *fault, uint32_t times)
{
	struct program p = { .frames = 20000 };
	struct test_thread t;

	program_open(&p, 10 * SND_FRAME, 16);
	test_thread_start(&t, program_main, &p);
	snd_sleep_ms(300);
	model_snd_fault(snd_model, fault, times);
	test_thread_join(&t);
	TK_CHECK(model_snd_faulted(snd_model, fault) != 0);
	model_snd_fault(snd_model, fault, 0);
	TK_EQ(tk_dsp_close(p.dsp), 0);
	snd_sleep_ms(3000);
}

/*
 * Such a device makes virtqueue(9) lose chains, see
 * tests/kern/virtio/virtqueue.c.  Neither an interrupt nor a drain returns
 * them, and the next program, with more periods, loses more of them.  After a
 * reset all periods are the driver's, whatever the queue says.
 */
static void
returned_wrongly(const char *fault, uint32_t times)
{
	struct model_snd_config config;
	uint64_t before;

	model_snd_config_qemu(&config);
	snd_up(&config);
	play_to_a_faulty_device(fault, times);
	(void)play_some(64);
	TK_EQ(tk_device_suspend(snd_bus), 0);
	TK_EQ(tk_device_resume(snd_bus), 0);
	before = model_snd_stream_stats(snd_model, 0).played;
	TK_CHECK(play_some(64));
	heard_whole(0, before, 4000);
	snd_down_anyhow();
}

TK_CASE(vtsnd_ring_is_whole_again_after_periods_returned_twice)
{
	returned_wrongly("used-twice", 1000);
}

TK_CASE(vtsnd_ring_is_whole_again_after_a_period_returned_twice)
{
	returned_wrongly("used-twice", 1);
}

TK_CASE(vtsnd_ring_is_whole_again_after_the_used_index_jumped)
{
	returned_wrongly("used-index-jump", 1);
}

TK_CASE(vtsnd_ring_is_whole_again_after_periods_returned_out_of_order)
{
	returned_wrongly("used-order", 1000);
}

/* FreeBSD's virtqueue(9) writes to other memory: no driver can prevent it. */
TK_CASE_STOPS(vtsnd_ring_cannot_bear_an_id_beyond_the_queue,
    "virtqueue-memory: queue pcm0 tx")
{
	returned_wrongly("used-id-range", 1);
}
