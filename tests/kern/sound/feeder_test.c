/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * How sound(4) converts the samples of a cooked channel: encodings, volume, and
 * which hardware format it chooses.
 */

#include <sys/endian.h>

#include "test_pcm.h"

static uint32_t s16_stereo[] = { SND_FORMAT(AFMT_S16_LE, 2, 0), 0 };
static uint32_t s32_stereo[] = { SND_FORMAT(AFMT_S32_LE, 2, 0), 0 };
static uint32_t u8_stereo[] = { SND_FORMAT(AFMT_U8, 2, 0), 0 };
static uint32_t f32_stereo[] = { SND_FORMAT(AFMT_F32_LE, 2, 0), 0 };
static uint32_t s24_stereo[] = { SND_FORMAT(AFMT_S24_LE, 2, 0), 0 };

static struct test_pcm *card;

/* Play frames of one left and one right sample through a card's only format. */
static void
play_cooked(struct tk_dsp **t, uint32_t afmt, const void *frames, size_t len)
{
	TK_EQ(tk_dsp_open(0, false, false, t), 0);
	TK_EQ(tk_dsp_cooked(*t), 0);
	TK_EQ(tk_dsp_setup(*t, afmt, 2, 48000, 512, 4), 0);
	TK_EQ(tk_dsp_write(*t, frames, len), len);
}

/* From the first frame that equals the wanted one, all must. */
static void
hears(const struct test_pcm_chan *ch, const void *want, size_t len)
{
	size_t align = ch->buf->align, off = 0;

	while (off + len <= ch->nplayed &&
	    memcmp(ch->played + off, want, align) != 0)
		off += align;
	TK_CHECK(off + len <= ch->nplayed);
	TK_EQ(memcmp(ch->played + off, want, len), 0);
}

/* The same, on a card of its own, which must play the wanted frames. */
static void
converts(uint32_t *formats, uint32_t afmt, const void *frames, size_t len,
    const void *want, size_t wantlen)
{
	struct test_pcm_config config = { .formats = formats };
	struct tk_dsp *t;

	card = test_pcm_attach(&config);
	play_cooked(&t, afmt, frames, len);
	TK_EQ(tk_dsp_close(t), 0);
	hears(&card->chans[0], want, wantlen);
	test_pcm_delete(card);
}

static const float floats[] = {
	1.0f, -1.0f, 0.5f, -0.5f, 2.0f, -1000.0f, 0.25f, 1.0f / 32768,
	__builtin_inff(), -1.5f / 32768, 1.0f, 1.0f
};
#define	FLOATS	nitems(floats)

TK_CASE(floats_of_full_scale_are_the_largest_integers)
{
	static const int16_t want[FLOATS] = {
		0x7fff, -0x8000, 0x4000, -0x4000, 0x7fff, -0x8000, 0x2000, 1,
		0, -2, 0x7fff, 0x7fff
	};

	converts(s16_stereo, TK_AFMT_F32_LE, floats, sizeof(floats), want,
	    sizeof(want));
}

TK_CASE(floats_keep_their_24_bits_in_32)
{
	static const int32_t want[FLOATS] = {
		INT32_MAX, INT32_MIN, 0x40000000, -0x40000000, INT32_MAX,
		INT32_MIN, 0x20000000, 0x10000, 0, -0x18000, INT32_MAX,
		INT32_MAX
	};

	converts(s32_stereo, TK_AFMT_F32_LE, floats, sizeof(floats), want,
	    sizeof(want));
}

TK_CASE(integers_become_floats)
{
	static const int16_t from[] = { 0x7fff, -0x8000, 0x4000, -1 };
	static const float want[] = {
		32767.0f / 32768, -1.0f, 0.5f, -1.0f / 32768
	};

	converts(f32_stereo, TK_AFMT_S16_LE, from, sizeof(from), want,
	    sizeof(want));
}

TK_CASE(bytes_become_words_and_words_bytes)
{
	static const uint8_t bytes[] = { 0xff, 0x00, 0x81, 0x7f };
	static const uint8_t words[] = {
		0xff, 0x7f, 0x00, 0x80, 0x00, 0x01, 0x01, 0xff
	};
	static const uint8_t cut[] = { 0xff, 0x00, 0x81, 0x7f };
	static const uint8_t exact[] = {
		0x00, 0x7f, 0x00, 0x80, 0x00, 0x01, 0x00, 0xff
	};

	converts(s16_stereo, TK_AFMT_U8, bytes, sizeof(bytes), exact,
	    sizeof(exact));
	converts(u8_stereo, TK_AFMT_S16_LE, words, sizeof(words), cut,
	    sizeof(cut));
}

TK_CASE(samples_of_three_bytes_keep_their_highest)
{
	static const uint8_t bytes[] = {
		0x11, 0x22, 0x33, 0x44, 0x55, 0xa6
	};
	static const uint8_t words[] = { 0x22, 0x33, 0x55, 0xa6 };
	static const uint8_t longs[] = {
		0x00, 0x11, 0x22, 0x33, 0x00, 0x44, 0x55, 0xa6
	};

	converts(s16_stereo, TK_AFMT_S24_LE, bytes, sizeof(bytes), words,
	    sizeof(words));
	converts(s32_stereo, TK_AFMT_S24_LE, bytes, sizeof(bytes), longs,
	    sizeof(longs));
	converts(s24_stereo, TK_AFMT_S32_LE, longs, sizeof(longs), bytes,
	    sizeof(bytes));
}

TK_CASE(unsigned_samples_have_their_middle_elsewhere)
{
	static const uint16_t from[] = { 0xffff, 0x0000, 0x8001, 0x7fff };
	static const int16_t want[] = { 0x7fff, -0x8000, 1, -1 };

	converts(s16_stereo, TK_AFMT_U16_LE, from, sizeof(from), want,
	    sizeof(want));
}

TK_CASE(recorded_samples_are_converted_too)
{
	struct test_pcm_config config = { .record = 1,
	    .formats = s16_stereo };
	uint8_t got[400];
	struct tk_dsp *t;
	size_t i;

	card = test_pcm_attach(&config);
	TK_EQ(tk_dsp_open(0, true, false, &t), 0);
	TK_EQ(tk_dsp_cooked(t), 0);
	TK_EQ(tk_dsp_setup(t, TK_AFMT_S32_LE, 2, 48000, 0, 0), 0);
	TK_EQ(tk_dsp_read(t, got, sizeof(got)), sizeof(got));
	/* The hardware's bytes count up. */
	for (i = 0; i < sizeof(got) / 4; i++)
		TK_EQ(le32dec(got + 4 * i) >> 16,
		    (uint16_t)((uint8_t)(2 * i) | (uint8_t)(2 * i + 1) << 8));
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_delete(card);
}

TK_CASE(bitperfect_samples_pass_as_they_are)
{
	struct test_pcm_config config = { .mixer = true, .softvol = true,
	    .formats = s16_stereo };
	uint8_t noise[4000];
	struct tk_dsp *t;

	card = test_pcm_attach(&config);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, 0, 0), 0);
	test_pcm_noise(noise, sizeof(noise), 3);
	TK_EQ(tk_dsp_open(0, false, false, &t), 0);
	TK_EQ(tk_dsp_setup(t, TK_AFMT_S16_LE, 2, 48000, 0, 0), 0);
	TK_EQ(tk_dsp_write(t, noise, sizeof(noise)), sizeof(noise));
	TK_EQ(tk_dsp_close(t), 0);
	test_pcm_check_played(&card->chans[0], noise, sizeof(noise));
	test_pcm_delete(card);
}

/*
 * Volume
 */

#define	FRAMES	2048

static int16_t frames[2 * FRAMES];

static void
soft_card(uint32_t *formats)
{
	struct test_pcm_config config = { .mixer = true, .softvol = true,
	    .formats = formats };
	size_t i;

	card = test_pcm_attach(&config);
	for (i = 0; i < nitems(frames); i++)
		frames[i] = i % 2 == 0 ? 16000 : -16000;
}

/* The last frame that was played. */
static void
last_heard(int left, int right)
{
	struct test_pcm_chan *ch = &card->chans[0];
	size_t len = ch->nplayed;

	while (len >= 4 && le32dec(ch->played + len - 4) == 0)
		len -= 4;
	TK_CHECK(len >= 4);
	TK_EQ((int16_t)le16dec(ch->played + len - 4), left);
	TK_EQ((int16_t)le16dec(ch->played + len - 2), right);
}

TK_CASE(soft_volume_scales_what_is_played)
{
	struct tk_dsp *t;

	soft_card(s16_stereo);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, 50, 25), 0);
	play_cooked(&t, TK_AFMT_S16_LE, frames, sizeof(frames));
	TK_EQ(tk_dsp_close(t), 0);
	last_heard(16000 * 128 >> 8, -16000 * 64 >> 8);
	test_pcm_delete(card);
}

TK_CASE(soft_volume_scales_what_is_playing)
{
	struct tk_dsp *t;

	soft_card(s16_stereo);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, 100, 100), 0);
	play_cooked(&t, TK_AFMT_S16_LE, frames, sizeof(frames));
	last_heard(16000, -16000);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, 10, 20), 0);
	TK_EQ(tk_dsp_write(t, frames, sizeof(frames)), sizeof(frames));
	TK_EQ(tk_dsp_close(t), 0);
	last_heard(16000 * 25 >> 8, -16000 * 51 >> 8);
	test_pcm_delete(card);
}

TK_CASE(a_parent_scales_soft_volume)
{
	struct tk_dsp *t;

	soft_card(s16_stereo);
	mix_setparentchild(card->mixer, SOUND_MIXER_VOLUME, SOUND_MASK_PCM);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, 50, 50), 0);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 50, 100), 0);
	play_cooked(&t, TK_AFMT_S16_LE, frames, sizeof(frames));
	TK_EQ(tk_dsp_close(t), 0);
	last_heard(16000 * 64 >> 8, -16000 * 128 >> 8);
	test_pcm_delete(card);
}

TK_CASE(soft_volume_is_computed_in_the_hardware_s_width)
{
	struct tk_dsp *t;
	uint32_t last;

	soft_card(s32_stereo);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, 1, 1), 0);
	play_cooked(&t, TK_AFMT_S16_LE, frames, 1024);
	TK_EQ(tk_dsp_close(t), 0);
	last = 0;
	while (last < card->chans[0].nplayed &&
	    le32dec(card->chans[0].played + last) == 0)
		last += 4;
	TK_EQ(le32dec(card->chans[0].played + last), (16000 << 16) / 256 * 2);
	test_pcm_delete(card);
}

/* As FreeBSD's chn_syncstate(), uses the level that unmuting will restore. */
TK_CASE(mute_silences_what_plays_and_not_what_starts_later)
{
	struct tk_dsp *t;

	soft_card(s16_stereo);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, 50, 50), 0);
	play_cooked(&t, TK_AFMT_S16_LE, frames, sizeof(frames));
	last_heard(8000, -8000);
	TK_EQ(tk_mixer_mute(0, SOUND_MIXER_PCM, true), 0);
	TK_EQ(tk_dsp_sync(t), 0);
	card->chans[0].nplayed = 0;
	TK_EQ(tk_dsp_write(t, frames, sizeof(frames)), sizeof(frames));
	TK_EQ(tk_dsp_sync(t), 0);
	TK_EQ(card->chans[0].played[0], 0);
	TK_EQ(memcmp(card->chans[0].played, card->chans[0].played + 1,
	    card->chans[0].nplayed - 1), 0);
	TK_EQ(tk_dsp_close(t), 0);
	play_cooked(&t, TK_AFMT_S16_LE, frames, sizeof(frames));
	TK_EQ(tk_dsp_close(t), 0);
	last_heard(8000, -8000);
	test_pcm_delete(card);
}

/*
 * The choice of a format
 */

#define	F(encoding, channels)	SND_FORMAT(AFMT_##encoding, channels, 0)

TK_CASE(the_best_format_is_freebsd_s)
{
	static uint32_t qemu[] = {
		F(S8, 1), F(U8, 1), F(S16_LE, 1), F(U16_LE, 1), F(S32_LE, 1),
		F(U32_LE, 1), F(F32_LE, 1), F(S8, 2), F(U8, 2), F(S16_LE, 2),
		F(U16_LE, 2), F(S32_LE, 2), F(U32_LE, 2), F(F32_LE, 2), 0
	};
	static uint32_t linear[] = {
		F(S16_LE, 1), F(S32_LE, 1), F(S16_LE, 2), F(S32_LE, 2), 0
	};
	static uint32_t narrow[] = { F(S16_LE, 2), F(S24_LE, 2), 0 };
	static const struct {
		uint32_t	*offered, want, best;
	} cases[] = {
		{ qemu, F(F32_LE, 2), F(F32_LE, 2) },
		{ qemu, F(S24_LE, 2), F(F32_LE, 2) },
		{ qemu, F(MU_LAW, 1), F(U8, 1) },
		{ linear, F(F32_LE, 2), F(S32_LE, 2) },
		{ linear, F(F32_LE, 1), F(S32_LE, 1) },
		{ linear, F(U8, 1), F(S16_LE, 1) },
		{ linear, F(U8, 2), F(S16_LE, 2) },
		{ linear, F(U16_LE, 2), F(S16_LE, 2) },
		{ linear, F(S24_LE, 2), F(S32_LE, 2) },
		{ linear, F(S24_BE, 1), F(S32_LE, 1) },
		{ linear, F(S16_BE, 2), F(S16_LE, 2) },
		{ linear, F(S32_LE, 6), F(S32_LE, 1) },
		{ narrow, F(F32_LE, 2), F(S24_LE, 2) },
		{ narrow, F(U8, 2), F(S16_LE, 2) },
		{ narrow, F(S16_LE, 1), F(S16_LE, 2) },
	};
	size_t i;

	for (i = 0; i < nitems(cases); i++)
		TK_EQ(snd_fmtbest(cases[i].want, cases[i].offered),
		    cases[i].best);
}
