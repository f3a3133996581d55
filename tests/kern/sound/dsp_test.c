/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What programs see: opening, settings, blocking, signals, and a device that
 * goes away under them.
 */

#include <sys/time.h>

#include "test_pcm.h"

#define	NOISE	100000
static uint8_t noise[NOISE];

static struct tk_dsp *
play_open(bool nonblock)
{
	struct tk_dsp *t;

	test_pcm_noise(noise, sizeof(noise), 7);
	TK_EQ(tk_dsp_open(0, false, nonblock, &t), 0);
	TK_EQ(tk_dsp_setup(t, TK_AFMT_S16_LE, 2, 48000, 512, 4), 0);
	return (t);
}

TK_CASE(open_finds_units_directions_and_free_channels)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *a, *b;

	TK_EQ(tk_dsp_open(1, false, false, &a), ENXIO);
	TK_EQ(tk_dsp_open(0, true, false, &a), ENOTSUP);
	TK_EQ(tk_dsp_open(-1, false, false, &a), 0);
	TK_EQ(tk_dsp_open(0, false, false, &b), EBUSY);
	TK_EQ(tk_dsp_close(a), 0);
	TK_EQ(tk_dsp_open(0, false, false, &b), 0);
	TK_EQ(tk_dsp_close(b), 0);
	test_pcm_delete(card);
	TK_EQ(tk_dsp_open(0, false, false, &a), ENXIO);
}

TK_CASE(a_duplex_card_plays_and_records_at_once)
{
	struct test_pcm_config config = { .play = 1, .record = 1 };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp *in, *out = play_open(false);
	uint8_t got[4000];

	TK_EQ(tk_dsp_open(0, true, false, &in), 0);
	TK_EQ(tk_dsp_write(out, noise, 4000), 4000);
	TK_EQ(tk_dsp_read(in, got, sizeof(got)), sizeof(got));
	TK_EQ(tk_dsp_read(out, got, sizeof(got)), -TK_DSP_NOT_OPEN);
	TK_EQ(tk_dsp_close(in), 0);
	TK_EQ(tk_dsp_close(out), 0);
	test_pcm_check_played(&card->chans[0], noise, 4000);
	test_pcm_delete(card);
}

TK_CASE(setup_refuses_what_the_hardware_does_not_offer)
{
	static int rates[] = { 44100, 48000 };
	struct test_pcm_config config = { .rates = rates, .nrates = 2 };
	struct test_pcm *card = test_pcm_attach(&config);
	struct tk_dsp_info info;
	struct tk_dsp *t;

	TK_EQ(tk_dsp_open(0, false, false, &t), 0);
	TK_EQ(tk_dsp_setup(t, TK_AFMT_U32_LE, 2, 48000, 0, 0), EINVAL);
	TK_EQ(tk_dsp_setup(t, TK_AFMT_S16_LE, 3, 48000, 0, 0), EINVAL);
	TK_EQ(tk_dsp_setup(t, TK_AFMT_S16_LE, 2, 22050, 0, 0), EINVAL);
	TK_EQ(tk_dsp_setup(t, TK_AFMT_S24_LE, 2, 44100, 0, 0), 0);
	TK_EQ(tk_dsp_getinfo(t, &info), 0);
	TK_STREQ(info.name, "dsp0.play.0");
	TK_EQ(info.afmt, TK_AFMT_S24_LE);
	TK_EQ(info.channels, 2);
	TK_EQ(info.speed, 44100);
	TK_EQ(info.formats, TK_AFMT_S16_LE | TK_AFMT_S24_LE | TK_AFMT_S32_LE |
	    TK_AFMT_U8);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(setup_is_refused_while_playing)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(false);

	TK_EQ(tk_dsp_write(t, noise, 4000), 4000);
	TK_EQ(tk_dsp_setup(t, TK_AFMT_S24_LE, 2, 48000, 0, 0), EINVAL);
	TK_EQ(tk_dsp_setfragments(t, 384, 4), EINVAL);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(&card->chans[0], noise, 4000);
	test_pcm_delete(card);
}

TK_CASE(latency_profile_gives_the_sizes_when_none_are_asked_for)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp_info info;
	struct tk_dsp *t;

	TK_EQ(tk_dsp_open(0, false, false, &t), 0);
	TK_EQ(tk_dsp_getinfo(t, &info), 0);
	/* hw.snd.latency 2, profile 1: 8 kB at 48 kHz stereo, 8 blocks. */
	TK_EQ(info.fragsize, 1024);
	TK_EQ(info.fragcount, 8);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(a_blocking_write_returns_when_all_is_buffered)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(false);
	sbintime_t begin = sbinuptime();
	struct tk_dsp_info info;

	TK_EQ(tk_dsp_getinfo(t, &info), 0);
	TK_EQ(info.fragsize * info.fragcount, 2048);
	TK_EQ(tk_dsp_write(t, noise, 2048), 2048);
	TK_CHECK(sbinuptime() - begin < SBT_1MS);
	TK_EQ(tk_dsp_write(t, noise + 2048, 19200), 19200);
	TK_CHECK(sbinuptime() - begin >= 90 * SBT_1MS);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(&card->chans[0], noise, 2048 + 19200);
	test_pcm_delete(card);
}

TK_CASE(a_nonblocking_write_takes_what_fits)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(true);
	struct tk_dsp_space space;
	size_t done = 0;
	int64_t n;

	TK_EQ(tk_dsp_getospace(t, &space), 0);
	TK_EQ(space.bytes, 2048);
	TK_EQ(space.fragments, 4);
	while (done < 20000) {
		n = tk_dsp_write(t, noise + done, 20000 - done);
		if (n == -EAGAIN)
			test_pass(SBT_1MS);
		else {
			TK_CHECK(n > 0 && n <= 2048);
			done += (size_t)n;
		}
	}
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(&card->chans[0], noise, 20000);
	test_pcm_delete(card);
}

TK_CASE(trigger_holds_a_channel_and_lets_it_go)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(false);

	TK_EQ(tk_dsp_trigger(t, false), 0);
	TK_EQ(tk_dsp_write(t, noise, 20000), 2048);
	TK_EQ(tk_dsp_write(t, noise, 4), -EAGAIN);
	TK_EQ(card->chans[0].starts, 0);
	TK_EQ(tk_dsp_trigger(t, true), 0);
	TK_EQ(card->chans[0].starts, 1);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(&card->chans[0], noise, 2048);
	test_pcm_delete(card);
}

/* A program that writes without end, and the error that ended it. */
struct writer {
	struct tk_dsp	*dsp;
	struct test_thread thread;
	int64_t		 result;
	bool		 sync;
};

static void
writer_main(void *arg)
{
	struct writer *w = arg;

	do {
		w->result = tk_dsp_write(w->dsp, noise, sizeof(noise));
	} while (w->result == (int64_t)sizeof(noise));
	if (w->sync)
		w->result = tk_dsp_sync(w->dsp);
}

TK_CASE(a_signal_ends_a_write_and_close_does_not_play_out)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct writer w = { .dsp = play_open(false) };
	sbintime_t begin;

	test_thread_start(&w.thread, writer_main, &w);
	test_pass(SBT_1S / 10);
	begin = sbinuptime();
	TK_EQ(tk_dsp_interrupt(w.dsp), 0);
	test_thread_join(&w.thread);
	/* Some bytes were written, so write(2) returns their number. */
	TK_CHECK(w.result > 0 && w.result < (int64_t)sizeof(noise));
	TK_EQ(tk_dsp_close(w.dsp), 0);
	TK_CHECK(sbinuptime() - begin < SBT_1S / 100);
	test_pcm_delete(card);
}

TK_CASE(a_signal_before_a_sleep_ends_it_at_once)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(false);

	TK_EQ(tk_dsp_write(t, noise, 2048), 2048);
	TK_EQ(tk_dsp_interrupt(t), 0);
	TK_EQ(tk_dsp_write(t, noise, 4000), -EINTR);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

static void
sync_main(void *arg)
{
	struct writer *w = arg;

	w->result = tk_dsp_sync(w->dsp);
}

TK_CASE(a_signal_ends_a_sync)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct writer w = { .dsp = play_open(false) };

	TK_EQ(tk_dsp_write(w.dsp, noise, 2048), 2048);
	test_thread_start(&w.thread, sync_main, &w);
	test_pass(SBT_1MS);
	TK_EQ(tk_dsp_interrupt(w.dsp), 0);
	test_thread_join(&w.thread);
	TK_EQ(w.result, EINTR);
	TK_EQ(tk_dsp_close(w.dsp), 0);
	test_pcm_delete(card);
}

static void
unregister_under_a_writer(void)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct writer w = { .dsp = play_open(false) };
	struct tk_dsp_info info;

	test_thread_start(&w.thread, writer_main, &w);
	test_pass(SBT_1S / 10);
	test_pcm_detach(card);
	test_thread_join(&w.thread);
	TK_EQ(w.result, -EINVAL);
	TK_EQ(tk_dsp_write(w.dsp, noise, 4), -ENXIO);
	TK_EQ(tk_dsp_reset(w.dsp), ENXIO);
	TK_EQ(tk_dsp_getinfo(w.dsp, &info), ENXIO);
	TK_EQ(tk_dsp_interrupt(w.dsp), ENXIO);
	TK_EQ(tk_dsp_close(w.dsp), 0);
	test_pcm_free(card);
}

TK_CASE(unregister_wakes_a_writer_and_takes_the_device)
{
	unregister_under_a_writer();
}

TK_CASE_THREADED(unregister_wakes_a_writer_with_real_threads)
{
	unregister_under_a_writer();
}

static void
close_main(void *arg)
{
	tk_dsp_close(arg);
}

TK_CASE(unregister_waits_for_a_program_that_is_closing)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(false);
	struct test_thread thread;

	TK_EQ(tk_dsp_write(t, noise, 2048), 2048);
	test_thread_start(&thread, close_main, t);
	test_pass(SBT_1MS);
	test_pcm_detach(card);
	test_thread_join(&thread);
	test_pcm_free(card);
}

TK_CASE(unregister_with_an_idle_program_leaves_it_a_dead_handle)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(false);

	test_pcm_delete(card);
	card = test_pcm_attach(NULL);
	/*
	 * The new card has the unit number of the one that was opened, but is
	 * another.
	 */
	TK_EQ(tk_dsp_write(t, noise, 4), -ENXIO);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(a_fault_while_copying_fails_the_write)
{
	struct test_pcm *card = test_pcm_attach(NULL);
	struct tk_dsp *t = play_open(false);

	tk_fault_set("uiomove", 1);
	TK_EQ(tk_dsp_write(t, noise, 4000), -EFAULT);
	tk_fault_clear();
	TK_EQ(tk_dsp_write(t, noise, 4000), 4000);
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(&card->chans[0], noise, 4000);
	test_pcm_delete(card);
}

static int
sysctl_get_int(const char *name)
{
	size_t len = sizeof(int);
	char copy[64];
	int value = -1;

	strlcpy(copy, name, sizeof(copy));
	TK_EQ(kernel_sysctlbyname(curthread, copy, &value, &len, NULL, 0,
	    NULL, 0), 0);
	return (value);
}

TK_CASE(sysctls_tell_the_mode_of_a_card)
{
	struct test_pcm_config config = { .play = 1, .mixer = true };
	struct test_pcm *card = test_pcm_attach(&config);

	TK_EQ(sysctl_get_int("dev.pcm.0.bitperfect"), 1);
	TK_EQ(sysctl_get_int("dev.pcm.0.play.vchans"), 0);
#if TK_FREEBSD == 15
	TK_EQ(sysctl_get_int("dev.pcm.0.buffersize"), 16384);
#endif
	TK_EQ(sysctl_get_int("dev.pcm.0.mode"),
	    PCM_MODE_PLAY | PCM_MODE_MIXER);
	TK_EQ(sysctl_get_int("hw.snd.default_unit"), 0);
	test_pcm_delete(card);
}

TK_CASE(buffersize_hint_is_rounded_to_a_power_of_two)
{
	struct test_pcm *card;

	TK_EQ(kern_setenv("hint.pcm.0.buffersize", "10000"), 0);
	card = test_pcm_attach(NULL);
	TK_EQ(card->chans[0].buf->maxsize, 8192);
#if TK_FREEBSD == 15
	TK_EQ(sysctl_get_int("dev.pcm.0.buffersize"), 8192);
#endif
	TK_EQ(kern_unsetenv("hint.pcm.0.buffersize"), 0);
	test_pcm_delete(card);
}

TK_CASE(sndstat_lists_devices_and_their_channels)
{
	struct test_pcm *card;
	char text[1024];

	TK_EQ(tk_sndstat(text, sizeof(text)),
	    strlen("No devices installed.\n"));
	TK_STREQ(text, "No devices installed.\n");
	card = test_pcm_attach(NULL);
	TK_CHECK(tk_sndstat(text, sizeof(text)) < sizeof(text));
	TK_CHECK(strstr(text, "pcm0: <Sound card of the tests> at tests "
	    "(play) default\n") != NULL);
	TK_CHECK(strstr(text, "[dsp0.play.0]: spd 48000") != NULL);
	test_pcm_delete(card);
}
