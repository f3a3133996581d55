/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Mixers: levels, parents, muting, recording sources, and their end.
 */

#include "test_pcm.h"

static const struct test_pcm_config mixer_card = { .mixer = true };

TK_CASE(mixer_starts_at_the_default_levels)
{
	struct test_pcm *card = test_pcm_attach(&mixer_card);
	unsigned int left, right;

	TK_EQ(tk_mixer_get(0, SOUND_MIXER_VOLUME, &left, &right), 0);
	TK_EQ(left, 75);
	TK_EQ(right, 75);
	TK_EQ(card->level[SOUND_MIXER_VOLUME], 75);
	TK_EQ(card->level[SOUND_MIXER_LINE], 75);
	test_pcm_delete(card);
}

TK_CASE(mixer_gives_levels_to_the_driver)
{
	struct test_pcm *card = test_pcm_attach(&mixer_card);
	unsigned int left, right;

	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 40, 60), 0);
	TK_EQ(card->level[SOUND_MIXER_VOLUME], 40);
	TK_EQ(tk_mixer_get(0, SOUND_MIXER_VOLUME, &left, &right), 0);
	TK_EQ(left, 40);
	TK_EQ(right, 60);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_VOLUME, 200, 200), 0);
	TK_EQ(card->level[SOUND_MIXER_VOLUME], 100);
	test_pcm_delete(card);
}

TK_CASE(mixer_knows_only_the_controls_of_its_driver)
{
	struct test_pcm *card = test_pcm_attach(&mixer_card);
	unsigned int left, right;

	TK_EQ(tk_mixer_set(0, SOUND_MIXER_SYNTH, 1, 1), ENXIO);
	TK_EQ(tk_mixer_get(0, SOUND_MIXER_SYNTH, &left, &right), ENXIO);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_BASS, 1, 1),
	    TK_MIXER_TONE == 0 ? ENXIO : 0);
	TK_EQ(tk_mixer_get(1, SOUND_MIXER_PCM, &left, &right), ENXIO);
	test_pcm_delete(card);
}

TK_CASE(soft_volume_is_recorded_and_never_reaches_the_driver)
{
	struct test_pcm_config config = mixer_card;
	struct test_pcm *card;
	unsigned int left, right;

	config.softvol = true;
	card = test_pcm_attach(&config);
	TK_EQ(tk_mixer_set(0, SOUND_MIXER_PCM, 10, 20), 0);
	TK_EQ(tk_mixer_get(0, SOUND_MIXER_PCM, &left, &right), 0);
	TK_EQ(left, 10);
	TK_EQ(right, 20);
	TK_EQ(card->level[SOUND_MIXER_PCM], 0);
	test_pcm_delete(card);
}

TK_CASE(a_parent_scales_its_child)
{
	struct test_pcm *card = test_pcm_attach(&mixer_card);
	struct snd_mixer *m = card->mixer;

	mix_setparentchild(m, SOUND_MIXER_VOLUME, SOUND_MASK_PCM);
	TK_EQ(mix_getparent(m, SOUND_MIXER_PCM), SOUND_MIXER_VOLUME);
#if TK_FREEBSD == 15
	TK_EQ(mix_getchild(m, SOUND_MIXER_VOLUME), SOUND_MASK_PCM);
#endif
	TK_EQ(mix_set(m, SOUND_MIXER_PCM, 80, 80), 0);
	TK_EQ(mix_set(m, SOUND_MIXER_VOLUME, 50, 50), 0);
	TK_EQ(card->level[SOUND_MIXER_PCM], 40);
	TK_EQ(mix_get(m, SOUND_MIXER_PCM), 80 | 80 << 8);
	test_pcm_delete(card);
}

TK_CASE(a_muted_control_remembers_its_level)
{
	struct test_pcm *card = test_pcm_attach(&mixer_card);
	struct snd_mixer *m = card->mixer;

	TK_EQ(mixer_hwvol_init(card->dev), 0);
	mixer_hwvol_mute(card->dev);
	TK_EQ(card->level[SOUND_MIXER_VOLUME], 0);
	TK_EQ(mix_get(m, SOUND_MIXER_VOLUME), 75 | 75 << 8);
	mixer_hwvol_mute(card->dev);
	TK_EQ(card->level[SOUND_MIXER_VOLUME], 75);
	mixer_hwvol_step(card->dev, 2, -2);
	TK_EQ(mix_get(m, SOUND_MIXER_VOLUME), 85 | 65 << 8);
	test_pcm_delete(card);
}

TK_CASE(recording_source_is_one_that_exists)
{
	struct test_pcm *card = test_pcm_attach(&mixer_card);
	struct snd_mixer *m = card->mixer;

	TK_EQ(mix_getrecsrc(m), SOUND_MASK_LINE);
	mix_setrecsrc(m, SOUND_MASK_CD);
	TK_EQ(mix_getrecsrc(m), SOUND_MASK_CD);
	mix_setrecsrc(m, SOUND_MASK_RADIO);
	TK_EQ(mix_getrecsrc(m), SOUND_MASK_LINE);
	test_pcm_delete(card);
}

TK_CASE(reinit_gives_the_hardware_its_levels_again)
{
	struct test_pcm *card = test_pcm_attach(&mixer_card);

	card->level[SOUND_MIXER_LINE] = 0;
	TK_EQ(mixer_reinit(card->dev), 0);
	TK_EQ(card->level[SOUND_MIXER_LINE], 75);
	test_pcm_delete(card);
}

TK_CASE(unregister_silences_and_frees_the_mixer)
{
	struct test_pcm *card = test_pcm_attach(&mixer_card);
	unsigned int left, right;

	test_pcm_detach(card);
	TK_EQ(card->level[SOUND_MIXER_VOLUME], 0);
	TK_CHECK(card->mixer_gone);
	TK_EQ(tk_mixer_get(0, SOUND_MIXER_VOLUME, &left, &right), ENXIO);
	test_pcm_free(card);
}

TK_CASE(a_mixer_that_fails_leaves_nothing)
{
	struct test_pcm *card;

	tk_fault_set("mixer_init", 1);
	TK_EQ(test_pcm_try_attach(&mixer_card, &card), ENXIO);
	tk_fault_clear();
}

TK_CASE_STOPS(a_mixer_method_that_keeps_a_lock_stops,
    "MIXER_SET of pcm0:mixer returned with 1 lock more")
{
	struct test_pcm_config config = mixer_card;

	config.fault = TEST_PCM_KEEPS_LOCK;
	test_pcm_attach(&config);
}
