/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The list of the shared cases. */

#include "case.h"
#include "cases.h"

#define	CASE(name, descr)	{ #name, descr, name }

const struct hw_case hw_cases[] = {
	CASE(attaches_as_a_pcm_card,
	    "The device has a pcm unit and says what it is"),
	CASE(sndstat_names_the_card,
	    "/dev/sndstat lists the card, and that it plays"),
	CASE(mixer_opens,
	    "The card has a mixer, whose volume can be read"),
	CASE(counters_move,
	    "Periods are counted as the device plays them, errors are not"),
	CASE(plays_s16_stereo_48000, "16 bits, stereo, 48 kHz, unchanged"),
	CASE(plays_s16_stereo_44100, "16 bits, stereo, 44.1 kHz, unchanged"),
	CASE(plays_u8_mono_8000, "8 bits unsigned, mono, 8 kHz, unchanged"),
	CASE(plays_s32_stereo_48000, "32 bits, stereo, 48 kHz, unchanged"),
	CASE(plays_small_fragments,
	    "64 fragments of 512 bytes: no gap, nothing lost"),
	CASE(plays_on_a_tiny_buffer,
	    "4 fragments of 1 KB: gaps at most, nothing lost"),
	CASE(plays_in_odd_pieces,
	    "Writes that end anywhere in a fragment are put together"),
	CASE(close_plays_what_was_written,
	    "A close without SYNC loses nothing"),
	CASE(halt_stops_and_the_next_write_starts,
	    "HALT in mid-stream, then a sound from its beginning"),
	CASE(halt_before_the_first_fragment,
	    "HALT with less than a fragment written"),
	CASE(halts_and_starts_quickly,
	    "Ten starts, each halted at once"),
	CASE(opens_and_closes_without_sound,
	    "Twenty opens and closes, nothing written"),
	CASE(opens_plays_and_closes_again_and_again,
	    "Ten short sounds, an open and a close for each"),
	CASE(second_open_is_refused_or_has_its_own_channel,
	    "Without virtual channels: EBUSY, or a channel that plays"),
	CASE(two_programs_are_mixed,
	    "With virtual channels: two opens, both play"),
	CASE(unknown_format_is_refused,
	    "A format that the device lacks: an error, or another format"),
	{ NULL, NULL, NULL }
};
