/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* All cases by their names. */

#include "init.h"
#include "vm_cases.h"

#define	CASE(name, descr)	{ #name, descr, name }
#define	EXAMPLE(name)							\
	CASE(name##_loads_and_unloads_ten_times,			\
	    "Ten times: the example is loaded, used and unloaded"),

static const struct hw_case vm_cases[] = {
	CASE(is_unit_0, "The only card is pcm0"),
	CASE(interrupts_on_a_line, "Without MSI-X the device has one line"),
	CASE(interrupts_on_a_vector_of_all_queues,
	    "With two vectors all queues share one"),
	CASE(interrupts_on_a_vector_per_queue,
	    "With vectors enough each queue in use has its own"),
	CASE(detaches_and_attaches_again,
	    "Ten times: the card goes, comes back, and plays"),
	CASE(detaches_while_it_plays,
	    "A program that plays gets an error, not its last word"),
	CASE(suspends_and_resumes_when_idle,
	    "Ten times: the card sleeps, wakes, and plays"),
	CASE(suspends_and_resumes_while_it_plays,
	    "A program plays on, and does not notice"),
	CASE(plays_on_after_a_suspend_at_rest,
	    "A card that is open sleeps, wakes, and plays"),
	CASE(is_unplugged_while_it_plays_and_replaced,
	    "A program gets an error; another card plays"),
	CASE(cards_come_and_go,
	    "Unplugged and replaced, in one slot and in the other"),
	CASE(five_streams_are_added_up,
	    "Five programs play at once, and all are heard"),
	CASE(ten_streams_run_at_once, "Five play and five record"),
	CASE(records_silence_in_time,
	    "A second of silence takes a second, and is silent"),
	CASE(records_what_is_heard,
	    "Each frame that the device hears, once, in order"),
	CASE(numbered_frames_are_heard_in_order,
	    "Each frame once, whatever the fragments are"),
	CASE(small_fragments_keep_their_speed,
	    "Half a second of sound takes half a second"),
	CASE(the_end_of_a_late_program_is_heard,
	    "Sixty pieces, each a little late, to the last frame"),
	CASE(a_mapped_buffer_is_heard,
	    "A program that writes into sound(4)'s buffer"),
	CASE(a_program_that_waits_is_woken,
	    "poll, select, kqueue: there is room when they say so"),
	CASE(positions_follow_the_clock,
	    "GETOPTR and GETODELAY while it plays"),
	CASE(a_killed_program_leaves_the_card_free,
	    "Killed again and again; then another is heard"),
	CASE(periods_are_played_between_two_marks,
	    "Traced by a plugin of QEMU's (bench/)"),
	CASE(four_rates_at_once_are_all_heard,
	    "Four programs of four rates are mixed"),
	CASE(volume_makes_it_softer, "The mixer's vol, at five levels"),
	CASE(two_cards_play_at_once, "And neither disturbs the other"),
	CASE(no_card_is_there, "A device that cannot be used is left alone"),
	CASE(plays_and_records_at_once,
	    "A program plays and records, and nothing is lost either way"),
	CASE(module_loads_and_unloads_ten_times,
	    "Ten times: the module is loaded, attaches, and is unloaded"),
	CASE(module_unloads_while_it_plays,
	    "kldunload with a program that plays: all or nothing"),
	CASE(devmatch_finds_the_card,
	    "kldxref, devmatch, kldload: as FreeBSD does it by itself"),
	CASE(devmatch_finds_apples_nodes,
	    "The same for each node of Apple's in the device tree"),
	VM_EXAMPLES(EXAMPLE)
	CASE(apple_mailboxes_exchange_messages,
	    "A thousand messages go and come back, each once, in order"),
	CASE(apple_mailboxes_take_bursts_in,
	    "A full FIFO is taken in whole, a hundred times"),
	CASE(apple_mailboxes_wait_for_room,
	    "Who sends to a full mailbox sleeps until it is taken out"),
	CASE(apple_mailboxes_start_and_stop,
	    "A hundred times while the coprocessor talks"),
	CASE(apple_mailboxes_survive_floods,
	    "A coprocessor that never stops talking stops nothing else"),
	CASE(apple_mailboxes_stay_with_their_clients,
	    "A mailbox detaches when its client has, and comes back"),
	CASE(apple_mailboxes_stay_with_their_handlers,
	    "Without its client too, where no handler can be removed"),
	CASE(apple_rtkit_boots_again_and_again,
	    "Twenty times: boot, messages, shut down"),
	CASE(apple_rtkit_survives_crashes,
	    "Ten times: its client is told, and starts it anew"),
	CASE(apple_rtkit_survives_bad_boots,
	    "One that does not boot as it must can be started anew"),
	CASE(apple_smc_shows_its_sensors,
	    "What the SMC measures is what sysctl shows"),
	CASE(apple_smc_tells_of_the_lid,
	    "What the SMC tells by itself"),
	CASE(apple_smc_suspends_and_resumes,
	    "Ten times: it sleeps, wakes, and answers"),
	CASE(apple_smc_detaches_and_attaches_again,
	    "Ten times: the driver goes and comes back"),
	CASE(apple_smc_sets_nothing_unless_allowed,
	    "Fans and the charge are the firmware's without the tunables"),
	CASE(apple_smc_gives_back_what_was_set_at_detach,
	    "Three times: fans and charge are the firmware's again"),
	CASE(apple_smc_gives_back_what_was_set_at_suspend,
	    "Three times: also while the SMC sleeps"),
	CASE(apple_smc_ignores_false_alarms,
	    "Alarms of a battery that is not empty change nothing"),
	CASE(apple_smc_believes_a_true_alarm,
	    "The charge is the firmware's when the battery is empty"),
	CASE(apple_smc_keeps_the_time,
	    "The kernel's time is written to the clock"),
	CASE(apple_smc_is_left_with_all_set,
	    "Fans and charge are set when the machine goes off"),
	CASE(apple_smc_switches_off_when_the_battery_is_empty,
	    "Too low a voltage switches the machine off"),
	CASE(apple_smc_gives_back_what_was_set_in_a_panic,
	    "Fans and charge are set when the kernel panics"),
	CASE(apple_smc_crashes_and_says_so,
	    "Errors for who asks then, and a crash log"),
	CASE(floats_of_full_scale_do_not_wrap,
	    "1.0 is heard as the largest sample"),
	CASE(bytes_of_full_scale_do_not_wrap,
	    "0xff is heard as a large sample, and 0x80 as none"),
	CASE(mute_silences_what_plays, "And unmuted, it is heard again"),
	CASE(volume_has_a_balance, "vol times pcm, left and right"),
	{ NULL, NULL, NULL }
};

static const struct hw_case *
find(const struct hw_case *list, const char *name)
{
	for (; list->name != NULL; list++)
		if (init_same(list->name, name))
			return (list);
	return (NULL);
}

const struct hw_case *
vm_case(const char *name)
{
	const struct hw_case *c = find(vm_cases, name);

	return (c != NULL ? c : find(hw_cases, name));
}
