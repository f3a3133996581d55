/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The shared cases, file by file.  cases.c says what each case shows. */

#ifndef _CASES_H_
#define	_CASES_H_

/* cases_attach.c */
void	attaches_as_a_pcm_card(void);
void	sndstat_names_the_card(void);
void	mixer_opens(void);
void	counters_move(void);

/* cases_play.c */
void	plays_s16_stereo_48000(void);
void	plays_s16_stereo_44100(void);
void	plays_u8_mono_8000(void);
void	plays_s32_stereo_48000(void);
void	plays_small_fragments(void);
void	plays_on_a_tiny_buffer(void);
void	plays_in_odd_pieces(void);
void	close_plays_what_was_written(void);
void	unknown_format_is_refused(void);

/* cases_stop.c */
void	halt_stops_and_the_next_write_starts(void);
void	halt_before_the_first_fragment(void);
void	halts_and_starts_quickly(void);

/* cases_open.c */
void	opens_and_closes_without_sound(void);
void	opens_plays_and_closes_again_and_again(void);
void	second_open_is_refused_or_has_its_own_channel(void);
void	two_programs_are_mixed(void);

#endif /* !_CASES_H_ */
