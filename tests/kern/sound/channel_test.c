/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Channels between a program and a driver: what is played, in which order the
 * driver is called and with which locks, and every rule that a driver can
 * break.
 */

#include <sys/time.h>

#include "test_pcm.h"
#include "tk_sound.h"

/* Enough for several soft buffers. */
#define	NOISE	100000
static uint8_t noise[NOISE];

static struct tk_dsp *
play_open(uint32_t afmt, uint32_t channels, uint32_t fragsize,
    uint32_t fragcount)
{
	struct tk_dsp *t;

	test_pcm_noise(noise, sizeof(noise), 1);
	TK_EQ(tk_dsp_open(0, false, false, &t), 0);
	TK_EQ(tk_dsp_setup(t, afmt, channels, 48000, fragsize, fragcount), 0);
	return (t);
}

static void
play_exactly(struct test_pcm *card, uint32_t afmt, uint32_t channels,
    size_t len)
{
	struct tk_dsp *t = play_open(afmt, channels, 512, 4);

	card->chans[0].nplayed = 0;
	TK_EQ(tk_dsp_write(t, noise, len), (int64_t)len);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(&card->chans[0], noise, len);
}

TK_CASE(play_is_bit_exact_at_odd_lengths)
{
	static const size_t frames[] = { 1, 2, 3, 127, 128, 129, 511, 1000,
	    4095, 4097, 20011 };
	struct test_pcm *card = test_pcm_attach(NULL);
	size_t i;

	for (i = 0; i < nitems(frames); i++)
		play_exactly(card, AFMT_S16_LE, 2, frames[i] * 4);
	test_pcm_delete(card);
}

TK_CASE(play_is_bit_exact_in_every_format)
{
	struct test_pcm *card = test_pcm_attach(NULL);

	play_exactly(card, AFMT_U8, 1, 3001);
	play_exactly(card, AFMT_S16_LE, 1, 2 * 3001);
	play_exactly(card, AFMT_S24_LE, 2, 6 * 3001);
	play_exactly(card, AFMT_S32_LE, 2, 8 * 3001);
	play_exactly(card, AFMT_S16_LE, 6, 12 * 3001);
	test_pcm_delete(card);
}

TK_CASE_THREADED(play_is_bit_exact_in_real_time)
{
	struct test_pcm *card = test_pcm_attach(NULL);

	play_exactly(card, AFMT_S16_LE, 2, 4 * 4801);
	test_pcm_delete(card);
}

TK_CASE(play_begins_with_a_hard_buffer_of_silence)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 4);
	struct tk_dsp_info info;
	size_t i, hard;

	TK_EQ(tk_dsp_getinfo(t, &info), 0);
	hard = MIN(info.hw_fragsize * info.hw_fragcount,
	    info.fragsize * info.fragcount);
	TK_EQ(tk_dsp_write(t, noise, 4096), 4096);
	TK_EQ(tk_dsp_close(t), 0);
	TK_CHECK(card->chans[0].nplayed > hard);
	for (i = 0; i < hard; i++)
		TK_EQ(card->chans[0].played[i], 0);
	test_pcm_delete(card);
}

/*
 * chn_wrfeed()'s `want': if the hard buffer is larger than the soft one, it is
 * filled only as far as the soft one is large.  The blocks behind that are old
 * ones.
 */
TK_CASE(hard_buffer_is_kept_as_full_as_the_soft_one_is_large)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 2);
	struct pcm_channel *c = card->chans[0].chan;
	int i;

	TK_EQ(c->bufsoft->bufsize, 2 * 512);
	TK_EQ(c->bufhard->bufsize, 16 * 512);
	for (i = 0; i < 10; i++) {
		TK_EQ(tk_dsp_write(t, noise, 1024), 1024);
		TK_EQ(c->bufhard->rl, 2 * 512);
	}
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(sound4_calls_the_driver_in_this_order_with_these_locks)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t;
	char calls[512];

	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)),
	    "init* reset setspeed setformat setblocksize* setblocksize* "
	    "resetdone");
	TK_EQ(tk_dsp_open(0, false, false, &t), 0);
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)),
	    "reset setspeed setformat setblocksize* setblocksize* resetdone");
	TK_EQ(tk_dsp_setup(t, AFMT_S24_LE, 2, 44100, 1024, 4), 0);
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)),
	    "setspeed setformat setblocksize* setspeed setformat "
	    "setblocksize* setblocksize*");
	TK_EQ(tk_dsp_post(t), 0);
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)), "start");
	TK_EQ(tk_dsp_close(t), 0);
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)),
	    "stop reset setblocksize* resetdone");
	test_pcm_detach(card);
	TK_STREQ(test_pcm_calls(card, calls, sizeof(calls)), "free*");
	test_pcm_free(card);
}

TK_CASE(one_frame_is_enough_to_start)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 4);

	TK_EQ(tk_dsp_write(t, noise, 3), 3);
	TK_EQ(card->chans[0].starts, 0);
	TK_EQ(tk_dsp_write(t, noise, 1), 1);
	TK_EQ(card->chans[0].starts, 1);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(underrun_is_counted_and_padded_with_silence)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 4);
	struct test_pcm_chan *ch = &card->chans[0];
	struct tk_dsp_errors errors;
	size_t i, second;

	TK_EQ(tk_dsp_write(t, noise, 4000), 4000);
	test_pass(SBT_1S);
	TK_EQ(tk_dsp_geterror(t, &errors), 0);
	TK_CHECK(errors.play_underruns > 0);
	test_pcm_check_played(ch, noise, 4000);
	/* Reading the count cleared it, and no time has passed since. */
	TK_EQ(tk_dsp_write(t, noise, 400), 400);
	TK_EQ(tk_dsp_close(t), 0);
	for (i = ch->nplayed; ch->played[i - 1] == 0; i--)
		continue;
	second = i - 400;
	TK_EQ(memcmp(ch->played + second, noise, 400), 0);
	test_pcm_delete(card);
}

TK_CASE(no_underrun_is_counted_while_a_stream_plays_out)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 4);
	struct tk_dsp_errors errors;

	TK_EQ(tk_dsp_write(t, noise, 40000), 40000);
	TK_EQ(tk_dsp_sync(t), 0);
	TK_EQ(tk_dsp_geterror(t, &errors), 0);
	TK_EQ(errors.play_underruns, 0);
	test_pcm_check_played(&card->chans[0], noise, 40000);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(a_whole_buffer_at_once_shows_as_no_progress)
{
	struct test_pcm_config config = { .fault = TEST_PCM_JUMPS };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 4);
	uint32_t before, after;

	TK_EQ(tk_dsp_write(t, noise, 1024), 1024);
	TK_EQ(tk_dsp_getodelay(t, &before), 0);
	test_pass(SBT_1S / 2);
	TK_EQ(tk_dsp_getodelay(t, &after), 0);
	TK_EQ(after, before);
	TK_CHECK(card->chans[0].chan->interrupts > 10);
	TK_EQ(tk_dsp_reset(t), 0);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(close_waits_until_the_last_sample_is_played)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 4);
	sbintime_t begin = sbinuptime();

	TK_EQ(tk_dsp_write(t, noise, 48000), 48000);
	TK_EQ(tk_dsp_close(t), 0);
	/* A quarter of a second was written. */
	TK_CHECK(sbinuptime() - begin >= SBT_1S / 4);
	test_pcm_check_played(&card->chans[0], noise, 48000);
	TK_EQ(card->chans[0].stops, 1);
	TK_CHECK((card->chans[0].stop_flags & CHN_F_CLOSING) != 0);
	TK_EQ(card->chans[0].stop_flags & CHN_F_ABORTING, 0);
	test_pcm_delete(card);
}

TK_CASE(reset_stops_at_once_and_discards)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 2048, 16);
	struct test_pcm_chan *ch = &card->chans[0];
	sbintime_t begin;
	uint32_t delay;

	TK_EQ(tk_dsp_write(t, noise, 32768), 32768);
	begin = sbinuptime();
	TK_EQ(tk_dsp_reset(t), 0);
	TK_CHECK(sbinuptime() - begin < SBT_1S / 100);
	TK_CHECK((ch->stop_flags & CHN_F_ABORTING) != 0);
	TK_EQ(tk_dsp_getodelay(t, &delay), 0);
	TK_EQ(delay, 0);
	ch->nplayed = 0;
	/* The channel works as a new one does. */
	TK_EQ(tk_dsp_write(t, noise + 100, 4000), 4000);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(ch, noise + 100, 4000);
	test_pcm_delete(card);
}

TK_CASE(fragments_are_rounded_to_powers_of_two)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 384, 4);
	struct tk_dsp_info info;

	TK_EQ(tk_dsp_getinfo(t, &info), 0);
	TK_EQ(card->chans[0].asked_blksz, 512);
	TK_EQ(info.hw_fragsize, 512);
	TK_EQ(info.fragsize, 512);
	TK_EQ(info.fragcount, 4);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(fragments_hold_whole_frames)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S24_LE, 2, 512, 4);
	struct tk_dsp_info info;

	TK_EQ(tk_dsp_getinfo(t, &info), 0);
	TK_EQ(info.frame, 6);
	TK_EQ(info.fragsize, 510);
	TK_EQ(info.hw_fragsize, 510);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(four_fragments_of_96_frames_can_be_forced_and_play)
{
	struct test_pcm_config config = { .setfragments = true };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 0, 0);
	struct tk_dsp_info info;

	TK_EQ(tk_dsp_setfragments(t, 386, 4), EINVAL);
	TK_EQ(tk_dsp_setfragments(t, 384, 1), EINVAL);
	TK_EQ(tk_dsp_setfragments(t, 384, 4), 0);
	TK_EQ(tk_dsp_getinfo(t, &info), 0);
	TK_EQ(info.hw_fragsize, 384);
	TK_EQ(info.hw_fragcount, 4);
	TK_EQ(info.fragsize, 384);
	TK_EQ(info.fragcount, 4);
	TK_EQ(tk_dsp_write(t, noise, 9001 * 4), 9001 * 4);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(&card->chans[0], noise, 9001 * 4);
	test_pcm_delete(card);
}

TK_CASE(a_program_can_have_a_reserve_behind_a_small_buffer)
{
	struct test_pcm_config config = { .setfragments = true };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 0, 0);
	struct tk_dsp_info info;

	TK_EQ(tk_dsp_setfragments(t, 384, 4), 0);
	TK_EQ(tk_dsp_setreserve(t, 1), EINVAL);
	TK_EQ(tk_dsp_setreserve(t, 131072 / 384 + 1), EINVAL);
	TK_EQ(tk_dsp_setreserve(t, 100), 0);
	TK_EQ(tk_dsp_getinfo(t, &info), 0);
	TK_EQ(info.fragcount, 100);
	TK_EQ(info.hw_fragcount, 4);
	TK_EQ(tk_dsp_write(t, noise, 9001 * 4), 9001 * 4);
	TK_EQ(tk_dsp_setreserve(t, 50), EINVAL);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(&card->chans[0], noise, 9001 * 4);
	test_pcm_delete(card);
}

TK_CASE(a_driver_without_setfragments_refuses_exact_ones)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 0, 0);

	TK_EQ(tk_dsp_setfragments(t, 384, 4), ENOTSUP);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

static void
sysctl_set_int(char *name, int value)
{
	TK_EQ(kernel_sysctlbyname(curthread, name, NULL, NULL, &value,
	    sizeof(value), NULL, 0), 0);
}

TK_CASE(setfragments_is_asked_only_with_hw_snd_usefrags)
{
	struct test_pcm_config config = { .setfragments = true };
	struct test_pcm *card = test_pcm_attach(&config);
	char name[] = "hw.snd.usefrags";
	struct tk_dsp *t;

	t = play_open(AFMT_S16_LE, 2, 1024, 8);
	TK_EQ(tk_dsp_close(t), 0);
	TK_EQ(card->chans[0].asked_blkcnt, 0);
	sysctl_set_int(name, 1);
	t = play_open(AFMT_S16_LE, 2, 1024, 8);
	TK_EQ(tk_dsp_close(t), 0);
	TK_CHECK(card->chans[0].asked_blkcnt != 0);
	sysctl_set_int(name, 0);
	test_pcm_delete(card);
}

TK_CASE(two_channels_play_at_once)
{
	struct test_pcm_config config = { .play = 2 };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *a, *b;
	size_t i;

	a = play_open(AFMT_S16_LE, 2, 512, 4);
	b = play_open(AFMT_S24_LE, 2, 1024, 4);
	for (i = 0; i < 40; i++) {
		TK_EQ(tk_dsp_write(a, noise + i * 1000, 1000), 1000);
		TK_EQ(tk_dsp_write(b, noise + i * 1500, 1500), 1500);
	}
	TK_EQ(tk_dsp_close(a), 0);
	TK_EQ(tk_dsp_close(b), 0);
	test_pcm_check_played(&card->chans[0], noise, 40000);
	test_pcm_check_played(&card->chans[1], noise, 60000);
	test_pcm_delete(card);
}

static struct tk_dsp *
record_open(void)
{
	struct tk_dsp *t;

	TK_EQ(tk_dsp_open(0, true, false, &t), 0);
	TK_EQ(tk_dsp_setup(t, AFMT_S16_LE, 2, 48000, 512, 8), 0);
	return (t);
}

TK_CASE(recording_delivers_every_byte_in_order)
{
	struct test_pcm_config config = { .record = 1 };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *t = record_open();
	struct tk_dsp_errors errors;
	uint8_t got[997];
	size_t i, n;

	for (n = 0; n < 20; n++) {
		TK_EQ(tk_dsp_read(t, got, sizeof(got)), sizeof(got));
		for (i = 0; i < sizeof(got); i++)
			TK_EQ(got[i], (uint8_t)(n * sizeof(got) + i));
	}
	TK_EQ(tk_dsp_geterror(t, &errors), 0);
	TK_EQ(errors.rec_overruns, 0);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(recording_that_nobody_reads_overruns)
{
	struct test_pcm_config config = { .record = 1 };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *t = record_open();
	struct tk_dsp_errors errors;
	struct tk_dsp_space space;
	uint8_t got[16];

	TK_EQ(tk_dsp_read(t, got, sizeof(got)), sizeof(got));
	test_pass(SBT_1S);
	TK_EQ(tk_dsp_geterror(t, &errors), 0);
	TK_CHECK(errors.rec_overruns > 0);
	TK_EQ(tk_dsp_getispace(t, &space), 0);
	TK_EQ(space.bytes, space.fragstotal * space.fragsize);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

/*
 * Two blocks of 128 KB are 171 ms.  FreeBSD 16 has room for them in the soft
 * buffer, and proposes no larger blocks to the driver than 15.
 */
TK_CASE(fast_channels_have_larger_soft_buffers)
{
	struct test_pcm_config config = { .maxspeed = 192000,
	    .bufsize = 1048576 };
	struct test_pcm *card = test_pcm_attach(&config);
	struct test_pcm_chan *ch = &card->chans[0];
	struct pcm_channel *c = ch->chan;
	struct tk_dsp *t;

	TK_EQ(tk_dsp_open(0, false, false, &t), 0);
	TK_EQ(tk_dsp_setup(t, AFMT_S32_LE, 2, 192000, 0, 0), 0);
	CHN_LOCK(c);
	if (TK_FREEBSD == 15) {
		TK_EQ(chn_setblocksize(c, 2, 131072), EINVAL);
		TK_EQ(chn_setblocksize(c, 2, 65536), 0);
		TK_EQ(c->bufsoft->bufsize, 131072);
	} else {
		TK_EQ(chn_setblocksize(c, 2, 131072), 0);
		TK_EQ(c->bufsoft->bufsize, 262144);
		TK_EQ(chn_setblocksize(c, 4, 131072), EINVAL);
	}
	CHN_UNLOCK(c);
	TK_EQ(ch->asked_blksz, 65536);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(a_device_that_never_interrupts_ends_a_write)
{
	struct test_pcm_config config = { .fault = TEST_PCM_SILENT };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 4);
	char name[] = "hw.snd.timeout";
	sbintime_t begin = sbinuptime();

	sysctl_set_int(name, 2);
	TK_EQ(tk_dsp_write(t, noise, sizeof(noise)), TK_DSP_STALLED(2048));
	TK_EQ((sbinuptime() - begin) / SBT_1MS, 2000);
	TK_CHECK(sbinuptime() - begin < 3 * SBT_1S);
	TK_EQ(strstr(tk_msgbuf(),
	    "dsp0.play.0: play interrupt timeout, channel dead") != NULL,
	    TK_FREEBSD == 15);
	TK_EQ(tk_dsp_write(t, noise, 4), TK_DSP_STALLED(0));
	TK_EQ(tk_dsp_close(t), 0);
	sysctl_set_int(name, CHN_TIMEOUT);
	/* The next program can use the channel. */
	t = play_open(AFMT_S16_LE, 2, 512, 4);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(closing_gives_up_on_a_device_that_stalls)
{
	struct test_pcm_config config = { .fault = TEST_PCM_SILENT };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 4);
	sbintime_t begin;

	TK_EQ(tk_dsp_write(t, noise, 1024), 1024);
	begin = sbinuptime();
	TK_EQ(tk_dsp_close(t), 0);
	TK_CHECK(sbinuptime() - begin < 5 * SBT_1S);
	test_pcm_delete(card);
}

TK_CASE(a_device_that_does_not_start_kills_the_channel)
{
	struct test_pcm_config config = { .fault = TEST_PCM_START_FAILS };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *t = play_open(AFMT_S16_LE, 2, 512, 4);

	TK_EQ(tk_dsp_write(t, noise, 4000), -EIO);
	TK_EQ(tk_dsp_write(t, noise, 4000), -TK_DSP_DEAD);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(a_driver_without_buffer_does_not_attach)
{
	struct test_pcm_config config = { .fault = TEST_PCM_NO_BUFFER };
	struct test_pcm *card;

	TK_EQ(test_pcm_try_attach(&config, &card), ENXIO);
	TK_EQ(tk_ledger_count("sound channels"), 0);
	TK_EQ(tk_ledger_count("sound devices"), 0);
}

TK_CASE(a_driver_that_refuses_its_channel_does_not_attach)
{
	struct test_pcm_config config = { .fault = TEST_PCM_INIT_FAILS };
	struct test_pcm *card;

	TK_EQ(test_pcm_try_attach(&config, &card), ENXIO);
	TK_EQ(tk_ledger_count("sound channels"), 0);
}

TK_CASE(a_failed_attach_leaves_nothing)
{
	struct test_pcm *card;

	tk_fault_set("pcm_addchan", 1);
	TK_EQ(test_pcm_try_attach(NULL, &card), ENXIO);
	tk_fault_set("pcm_register", 1);
	TK_EQ(test_pcm_try_attach(NULL, &card), ENXIO);
	tk_fault_clear();
	TK_EQ(tk_ledger_count("sound channels"), 0);
	TK_EQ(tk_ledger_count("sound devices"), 0);
}

TK_CASE(channels_and_devices_are_in_the_ledgers)
{
	struct test_pcm_config config = { .play = 2, .record = 1 };
	struct test_pcm *card = test_pcm_attach(&config);

	TK_EQ(tk_ledger_count("sound channels"), 3);
	TK_EQ(tk_ledger_count("sound devices"), 1);
	test_pcm_delete(card);
	TK_EQ(tk_ledger_count("sound channels"), 0);
	TK_EQ(tk_ledger_count("sound devices"), 0);
}

TK_CASE_UNBOOTED(a_device_never_unregistered_is_a_leak)
{
	struct test_pcm_config config = { .fault = TEST_PCM_NOT_UNREGISTERED };

	tk_boot(NULL);
	tk_console_quiet(true);
	test_pcm_attach(&config);
	TK_EQ(tk_ledger_count("sound devices"), 1);
	TK_CHECK(tk_shutdown() > 0);
}

/* The rules: what a driver must not do. */

static void
break_a_rule(enum test_pcm_fault fault)
{
	struct test_pcm_config config = { .fault = fault };
	struct tk_dsp *t;

	test_pcm_attach(&config);
	t = play_open(AFMT_S16_LE, 2, 512, 4);
	tk_dsp_write(t, noise, sizeof(noise));
}

TK_CASE_STOPS(position_outside_the_buffer_stops,
    "CHANNEL_GETPTR of dsp0.play.0 returned 8192, outside its buffer")
{
	break_a_rule(TEST_PCM_PTR_OUTSIDE);
}

TK_CASE_STOPS(position_inside_a_frame_stops,
    "CHANNEL_GETPTR of dsp0.play.0 returned 1, inside a frame of 4 bytes")
{
	break_a_rule(TEST_PCM_PTR_IN_FRAME);
}

TK_CASE_STOPS(a_rate_that_is_not_offered_stops,
    "CHANNEL_SETSPEED of dsp0.play.0 returned 48001 Hz")
{
	static int rates[] = { 44100, 48000 };
	struct test_pcm_config config = {
		.fault = TEST_PCM_SPEED_WRONG, .rates = rates, .nrates = 2
	};

	test_pcm_attach(&config);
}

TK_CASE_STOPS(a_block_size_that_the_buffer_has_not_stops,
    "CHANNEL_SETBLOCKSIZE of dsp0.play.0 gave blocks of")
{
	break_a_rule(TEST_PCM_BLOCK_WRONG);
}

TK_CASE_STOPS(blocks_that_split_a_frame_stop,
    "which is no whole number of 4-byte frames")
{
	break_a_rule(TEST_PCM_BLOCK_RAGGED);
}

TK_CASE_STOPS(a_method_that_keeps_a_lock_stops,
    "CHANNEL_TRIGGER of dsp0.play.0 returned with 1 lock more")
{
	break_a_rule(TEST_PCM_KEEPS_LOCK);
}

TK_CASE_STOPS(a_method_that_drops_the_channel_lock_stops,
    "CHANNEL_TRIGGER of dsp0.play.0 returned without the lock")
{
	break_a_rule(TEST_PCM_DROPS_LOCK);
}

TK_CASE_DEBUG_STOPS(a_method_that_sleeps_with_the_channel_locked_stops,
    "tk: sleep")
{
	break_a_rule(TEST_PCM_SLEEPS);
}

TK_CASE_STOPS(chn_intr_with_the_channel_locked_stops,
    "chn_intr() of dsp0.play.0 with the channel locked")
{
	break_a_rule(TEST_PCM_INTR_LOCKED);
}

TK_CASE_STOPS(a_channel_without_formats_stops,
    "CHANNEL_GETCAPS of dsp0.play.0 offers no format")
{
	break_a_rule(TEST_PCM_NO_FORMATS);
}

TK_CASE_STOPS(chn_intr_before_pcm_register_stops,
    "chn_intr() of dsp0.play.0 before pcm_register()")
{
	break_a_rule(TEST_PCM_EARLY_INTR);
}

TK_CASE_STOPS(chn_intr_after_pcm_unregister_stops,
    "chn_intr() of a channel that was freed")
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct pcm_channel *c = card->chans[0].chan;

	test_pcm_detach(card);
	chn_intr(c);
}

TK_CASE_STOPS(a_channel_freed_under_a_drivers_interrupt_stops,
    "dsp0.play.0 is freed while its driver is inside chn_intr()")
{
	struct test_pcm *card = test_pcm_attach(NULL);

	/* As for an interrupt that waits for the channel's lock. */
	tk_sound_chn_enter(card->chans[0].chan, "chn_intr()");
	test_pcm_detach(card);
}

TK_CASE_STOPS(pcm_register_without_mpsafe_stops, "without SD_F_MPSAFE")
{
	break_a_rule(TEST_PCM_NOT_MPSAFE);
}

TK_CASE_STOPS(pcm_unregister_before_pcm_register_stops,
    "pcm_unregister() of pcm0 before pcm_register()")
{
	break_a_rule(TEST_PCM_NOT_REGISTERED);
}

TK_CASE_STOPS(pcm_unregister_twice_stops,
    "which is not between pcm_init() and pcm_unregister()")
{
	struct test_pcm *card = test_pcm_attach(NULL);

	pcm_unregister(card->dev);
	pcm_unregister(card->dev);
}

static kobj_method_t bare_chan_methods[] = {
	KOBJMETHOD_END
};
CHANNEL_DECLARE(bare_chan);

TK_CASE_STOPS(a_channel_class_without_a_needed_method_stops,
    "channel class bare_chan has no method channel_init")
{
	struct test_pcm *card = test_pcm_attach(NULL);

	pcm_addchan(card->dev, PCMDIR_PLAY, &bare_chan_class, card);
}
