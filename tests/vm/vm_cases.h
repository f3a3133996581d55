/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The cases that need a machine of their own. */

#ifndef _VM_CASES_H_
#define	_VM_CASES_H_

/* vm_cases_intr.c */
void	is_unit_0(void);
void	interrupts_on_a_line(void);
void	interrupts_on_a_vector_of_all_queues(void);
void	interrupts_on_a_vector_per_queue(void);

/* vm_cases_detach.c */
void	detaches_and_attaches_again(void);
void	detaches_while_it_plays(void);

/* vm_cases_power.c */
void	suspends_and_resumes_when_idle(void);
void	suspends_and_resumes_while_it_plays(void);
void	plays_on_after_a_suspend_at_rest(void);

/* vm_cases_plug.c */
void	is_unplugged_while_it_plays_and_replaced(void);
void	cards_come_and_go(void);

/* vm_cases_streams.c */
void	five_streams_are_added_up(void);
void	ten_streams_run_at_once(void);
void	records_silence_in_time(void);
void	records_what_is_heard(void);
void	plays_and_records_at_once(void);

/* vm_cases_numbers.c */
void	numbered_frames_are_heard_in_order(void);
void	small_fragments_keep_their_speed(void);
void	the_end_of_a_late_program_is_heard(void);
void	a_mapped_buffer_is_heard(void);
void	a_program_that_waits_is_woken(void);
void	positions_follow_the_clock(void);
void	a_killed_program_leaves_the_card_free(void);

/* vm_cases_bench.c */
void	periods_are_played_between_two_marks(void);

/* vm_cases_tones.c */
void	four_rates_at_once_are_all_heard(void);
void	volume_makes_it_softer(void);
void	two_cards_play_at_once(void);
void	no_card_is_there(void);

/* vm_cases_module.c */
void	module_loads_and_unloads_ten_times(void);
void	module_unloads_while_it_plays(void);
/*
 * Load the file.  Returns its id; skips the case if the kernel has it already.
 */
int	case_kldload(const char *file);

/* vm_cases_match.c */
void	devmatch_finds_the_card(void);
void	devmatch_finds_apples_nodes(void);

/*
 * vm_cases_examples.c: NAME_loads_and_unloads_ten_times for each example.
 * vmtest.py has the same names.
 */
#define	VM_EXAMPLES(X)							\
	X(hello)							\
	X(echo)								\
	X(echo_rust)							\
	X(edu)								\
	X(edu_rust)							\
	X(timer)							\
	X(timer_rust)							\
	X(virtio_rng)
#define	VM_EXAMPLE_DECLARED(name)					\
	void	name##_loads_and_unloads_ten_times(void);
VM_EXAMPLES(VM_EXAMPLE_DECLARED)

/* vm_cases_apple.c */
void	apple_mailboxes_exchange_messages(void);
void	apple_mailboxes_take_bursts_in(void);
void	apple_mailboxes_wait_for_room(void);
void	apple_mailboxes_start_and_stop(void);
void	apple_mailboxes_survive_floods(void);
void	apple_mailboxes_stay_with_their_clients(void);
void	apple_mailboxes_stay_with_their_handlers(void);
void	apple_rtkit_boots_again_and_again(void);
void	apple_rtkit_survives_crashes(void);
void	apple_rtkit_survives_bad_boots(void);
void	apple_smc_shows_its_sensors(void);
void	apple_smc_tells_of_the_lid(void);
void	apple_smc_suspends_and_resumes(void);
void	apple_smc_detaches_and_attaches_again(void);
void	apple_smc_sets_nothing_unless_allowed(void);
void	apple_smc_gives_back_what_was_set_at_detach(void);
void	apple_smc_gives_back_what_was_set_at_suspend(void);
void	apple_smc_ignores_false_alarms(void);
void	apple_smc_believes_a_true_alarm(void);
void	apple_smc_keeps_the_time(void);
void	apple_smc_is_left_with_all_set(void);
void	apple_smc_switches_off_when_the_battery_is_empty(void);
void	apple_smc_gives_back_what_was_set_in_a_panic(void);
void	apple_smc_crashes_and_says_so(void);

/* vm_cases_format.c */
void	floats_of_full_scale_do_not_wrap(void);
void	bytes_of_full_scale_do_not_wrap(void);
void	mute_silences_what_plays(void);
void	volume_has_a_balance(void);

#endif /* !_VM_CASES_H_ */
