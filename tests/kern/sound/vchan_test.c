/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Virtual channels: the sound of programs that share a card, and the calls that
 * the card's driver gets.
 */

#include <sys/sysctl.h>
#include <sys/time.h>

#include "test_pcm.h"
#include "tk_sound.h"

#define	NOISE	60000
static uint8_t noise[NOISE];

static void
set(char *name, int value)
{
	TK_EQ(kernel_sysctlbyname(curthread, name, NULL, NULL, &value,
	    sizeof(value), NULL, 0), 0);
}

/* FreeBSD's default settings of a card. */
static struct test_pcm *
attach(const struct test_pcm_config *config)
{
	char bitperfect[] = "dev.pcm.0.bitperfect";
	char play[] = "dev.pcm.0.play.vchans";
	char rec[] = "dev.pcm.0.rec.vchans";
	struct test_pcm *card = test_pcm_attach(config);

	test_pcm_noise(noise, sizeof(noise), 1);
	set(bitperfect, 0);
	if (config == NULL || config->play != 0)
		set(play, 1);
	if (config != NULL && config->record != 0)
		set(rec, 1);
	return (card);
}

static struct tk_dsp *
open_with(bool record, uint32_t fragsize, uint32_t fragcount)
{
	struct tk_dsp *t;

	TK_EQ(tk_dsp_open(0, record, false, &t), 0);
	TK_EQ(tk_dsp_setup(t, AFMT_S16_LE, 2, 48000, fragsize, fragcount), 0);
	return (t);
}

static struct tk_dsp *
open_play(void)
{
	return (open_with(false, 512, 4));
}

TK_CASE(a_program_is_heard_exactly_through_its_virtual_channel)
{
	static const size_t lens[] = { 4, 516, 4092, 20020, 60000 };
	struct test_pcm *card = attach(NULL);
	struct tk_dsp *t;
	size_t i;

	for (i = 0; i < nitems(lens); i++) {
		t = open_play();
		card->chans[0].nplayed = 0;
		TK_EQ(tk_dsp_write(t, noise, lens[i]), (int64_t)lens[i]);
		TK_EQ(tk_dsp_close(t), 0);
		test_pcm_check_played(&card->chans[0], noise, lens[i]);
	}
	test_pcm_delete(card);
}

static void
write_samples(struct tk_dsp *t, int16_t sample, size_t len)
{
	static int16_t samples[2048];
	size_t i;

	for (i = 0; i < nitems(samples); i++)
		samples[i] = sample;
	TK_CHECK(len <= sizeof(samples));
	TK_EQ(tk_dsp_write(t, samples, len), (int64_t)len);
}

/* How often the card played that sample. */
static size_t
played(struct test_pcm_chan *ch, int16_t sample)
{
	const int16_t *p = (const int16_t *)(const void *)ch->played;
	size_t i, n = 0;

	for (i = 0; i < ch->nplayed / sizeof(*p); i++)
		n += p[i] == sample;
	return (n);
}

static void
mix(int16_t a, int16_t b, int16_t sum)
{
	struct test_pcm *card = attach(NULL);
	struct test_pcm_chan *ch = &card->chans[0];
	struct tk_dsp *s = open_play(), *t = open_play();

	/* No time passes between the two. */
	write_samples(s, a, 2000);
	write_samples(t, b, 1200);
	TK_EQ(tk_dsp_close(s), 0);
	TK_EQ(tk_dsp_close(t), 0);
	TK_EQ(played(ch, sum), 600);
	TK_EQ(played(ch, a), 400);
	TK_EQ(played(ch, 0) + 1000, ch->nplayed / 2);
	test_pcm_delete(card);
}

TK_CASE(programs_are_mixed)
{
	mix(1000, -300, 700);
}

TK_CASE(programs_that_are_too_loud_together_are_clipped)
{
	mix(-30000, -20000, -32768);
}

TK_CASE(programs_that_record_get_the_same)
{
	struct test_pcm_config config = { .record = 1 };
	struct test_pcm *card = attach(&config);
	struct tk_dsp *s = open_with(true, 0, 0), *t = open_with(true, 0, 0);
	static uint8_t a[4000], b[4000];
	size_t i;

	TK_EQ(tk_dsp_trigger(s, true), 0);
	TK_EQ(tk_dsp_trigger(t, true), 0);
	TK_EQ(tk_dsp_read(s, a, sizeof(a)), (int64_t)sizeof(a));
	TK_EQ(tk_dsp_read(t, b, sizeof(b)), (int64_t)sizeof(b));
	TK_EQ(memcmp(a, b, sizeof(a)), 0);
	for (i = 1; i < sizeof(a); i++)
		TK_EQ(a[i], (uint8_t)(a[0] + i));
	TK_EQ(tk_dsp_close(s), 0);
	TK_EQ(tk_dsp_close(t), 0);
	TK_EQ(card->chans[0].starts, 1);
	TK_EQ(card->chans[0].stops, 1);
	test_pcm_delete(card);
}

/*
 * hw.snd.latency 2 is eight blocks of 1,024 bytes.  The card takes sixteen, and
 * the parent's mixing buffer has as many as the profile says.  A program's
 * buffer is at least as large.
 */
TK_CASE(parent_is_sized_by_the_latency_profile)
{
	struct test_pcm *card = attach(NULL);
	struct pcm_channel *c = card->chans[0].chan;
	struct tk_dsp *t = open_with(false, 256, 2);
	struct tk_dsp_info info;

	TK_EQ(card->chans[0].asked_blksz, 1024);
	TK_EQ(c->bufhard->bufsize, 16 * 1024);
	TK_EQ(c->bufsoft->blksz, 1024);
	TK_EQ(c->bufsoft->blkcnt, 8);
	TK_EQ(tk_dsp_getinfo(t, &info), 0);
	TK_EQ(info.fragsize, 256);
	TK_EQ(info.fragcount, 32);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(driver_sees_one_channel_that_is_aborted_at_the_end)
{
	struct test_pcm *card = attach(NULL);
	struct test_pcm_chan *ch = &card->chans[0];
	struct tk_dsp *s, *t;
	char calls[512];

	(void)test_pcm_calls(card, calls, sizeof(calls));
	s = open_play();
	/* The parent for mixing, the child, its fragments. */
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)),
	    "reset setspeed setformat setblocksize* setblocksize* resetdone "
	    "setblocksize* setblocksize* setblocksize*");
	t = open_play();
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)),
	    "setblocksize* setblocksize* setblocksize*");
	TK_EQ(tk_dsp_write(s, noise, 1000), 1000);
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)), "start");
	TK_EQ(tk_dsp_write(t, noise, 1000), 1000);
	TK_EQ(tk_dsp_close(s), 0);
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)), "");
	TK_EQ(tk_dsp_close(t), 0);
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)),
	    "stop setblocksize* reset setspeed setformat setblocksize* "
	    "setblocksize* resetdone");
	TK_EQ(ch->starts, 1);
	TK_EQ(ch->stops, 1);
	/*
	 * The driver's stop is an abort although both programs played to their
	 * end.  chn_notify() does it so.
	 */
	TK_CHECK((ch->stop_flags & CHN_F_ABORTING) != 0);
	TK_CHECK((ch->stop_flags & CHN_F_CLOSING) == 0);
	test_pcm_delete(card);
}

TK_CASE(virtual_channels_come_and_go)
{
	struct test_pcm *card = attach(NULL);
	struct tk_dsp *t[3];
	struct tk_dsp_info info;
	size_t i;

	for (i = 0; i < nitems(t); i++)
		t[i] = open_play();
	TK_EQ(tk_dsp_getinfo(t[2], &info), 0);
	TK_STREQ(info.name, "dsp0.virtual_play.2");
	TK_EQ(tk_dsp_close(t[1]), 0);
	t[1] = open_play();
	TK_EQ(tk_dsp_getinfo(t[1], &info), 0);
	TK_STREQ(info.name, "dsp0.virtual_play.1");
	for (i = 0; i < nitems(t); i++)
		TK_EQ(tk_dsp_close(t[i]), 0);
	TK_EQ(tk_ledger_count("sound channels"), 1);
	test_pcm_delete(card);
}

TK_CASE(programs_lose_their_virtual_channels_with_the_card)
{
	struct test_pcm *card = attach(NULL);
	struct tk_dsp *s = open_play(), *t = open_play();

	TK_EQ(tk_dsp_write(s, noise, 2000), 2000);
	test_pcm_delete(card);
	TK_EQ(tk_dsp_write(s, noise, 4), -ENXIO);
	TK_EQ(tk_dsp_write(t, noise, 4), -ENXIO);
	TK_EQ(tk_dsp_close(s), 0);
	TK_EQ(tk_dsp_close(t), 0);
	TK_EQ(tk_ledger_count("sound channels"), 0);
}

TK_CASE(card_without_a_direction_has_no_such_virtual_channels)
{
	char rec[] = "dev.pcm.0.rec.vchans";
	struct test_pcm *card = attach(NULL);
	int one = 1;

	TK_EQ(kernel_sysctlbyname(curthread, rec, NULL, NULL, &one,
	    sizeof(one), NULL, 0), ENODEV);
	test_pcm_delete(card);
}

/*
 * chn_notify() checks whether the parent runs.  Then chn_resizebuf() releases
 * the lock to ask the driver for blocks.  Another program may start the parent
 * between the two.
 */
static void
start_it(void *arg)
{
	uint64_t steps;

	/* At a random step of the other thread, which makes about this many. */
	for (steps = tk_random() % 300; steps > 0; steps--)
		tk_preempt();
	TK_EQ(tk_dsp_write(arg, noise, 400), 400);
}

static unsigned int
sized_while_running(uint64_t seed)
{
	struct tk_boot_args boot = {
		.mode = TK_DETERMINISTIC, .ram_fd = -1, .seed = seed,
		.preempt = 1
	};
	struct test_thread thread;
	struct test_pcm *card;
	struct tk_dsp *s, *t;
	unsigned int n;

	tk_boot(&boot);
	card = attach(NULL);
	s = open_play();
	test_thread_start(&thread, start_it, s);
	t = open_play();
	test_thread_join(&thread);
	n = card->chans[0].sized_running;
	TK_EQ(tk_dsp_close(s), 0);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
	TK_EQ(tk_shutdown(), 0);
	return (n);
}

TK_CASE_UNBOOTED(driver_is_asked_for_blocks_of_a_channel_that_runs)
{
	unsigned int n = 0;
	uint64_t seed;

	for (seed = 1; seed <= 400; seed++)
		n += sized_while_running(seed) != 0;
	printf("in %u runs of 400\n", n);
	TK_CHECK(n > 0);
}
