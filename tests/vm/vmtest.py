#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Boot a FreeBSD kernel in QEMU with a sound device, and run the cases on it.

There are several boots, because a boot has one WAV file of one format, and one
kind of interrupts.  A case passes if it passed on the machine and the WAV file
holds what it played.  Prints a line per case and ends with "N passed, N
failed"; status 0 only if none failed.  A case that fails by the known fault of
FreeBSD's in early.py is counted apart: it failed as expected.  The console's
text and the WAV file of each boot stay in --out.

With --device vhost the sound device is vhost-device-sound, with boots of its
own.

With --loop, boots that have cases for it run these cases in turn, again and
again, until a time is over or a case fails.
"""

import argparse
import array
import collections
import glob
import os
import shutil
import signal
import sys
import tempfile
import time

import early
import frames
import tones
import wav
from console import Console
from machine import Machine, Problem, kernel_arch
from vhost import Vhost

S16_48000 = wav.Format("s16", 16, 2, 48000, wav.unchanged)
S16_44100 = wav.Format("s16", 16, 2, 44100, wav.unchanged)
S32_48000 = wav.Format("s16", 16, 2, 48000, wav.upper_halves)
U8_8000 = wav.Format("u8", 8, 2, 8000, wav.both_sides)
# The file holds exactly what vhost-device-sound plays.  But vhost-device-sound
# counts a message's header twice, and so drops the last four bytes of the
# sound, which is a frame.
VHOST_S16_48000 = S16_48000._replace(drops=4)
VHOST_S16_44100 = S16_44100._replace(drops=4)
VHOST_S32_48000 = wav.Format("s32", 32, 2, 48000, wav.unchanged, 8)
VHOST_U8_8000 = wav.Format("u8", 8, 1, 8000, wav.unchanged, 4)

# The values of DEVICE, and QEMU's name for each.
KINDS = {"qemu": "virtio-sound-pci", "vhost": "vhost-user-snd-pci"}

# With a root port on its bus, FreeBSD trusts the machine's MSI.
PORT = ["-device", "pcie-root-port,id=port0,chassis=1"]
# On arm64 no firmware has made the port a bus master, so its own first message
# is lost; FreeBSD's pcib(4) makes it one after that.  (With lines, pcib(4) does
# not let go of a port.)
LINES = [("hw.pci.enable_msi", "0"), ("hw.pci.enable_msix", "0")]
# A slot with the card, and one for its successor.  Both have the same line.
# - The first slot has no power controller.  With one, QEMU cuts the slot off
#   before the drivers are detached, and FreeBSD's virtio_pci(4) waits for ever
#   for its device's reset.  Without one, QEMU does not remove the card
#   completely, so the next card has another slot.
# - FreeBSD learns that a link goes up by an event that QEMU does not send.  The
#   link is up if the slot had a device from the beginning, for which there is
#   no driver, or if the port is attached again.
# Not every place on the bus works: on arm64 some ports get no interrupts.
PLACES = {"arm64": ("2", "6"), "amd64": ("6", "10")}
SLOTS = [
    "-device", "pcie-root-port,id=slot0,chassis=1,slot=0,addr=PLACE0,"
    "power_controller_present=off",
    "-device", "pcie-root-port,id=slot1,chassis=2,slot=1,addr=PLACE1",
    "-device", "pci-testdev,bus=slot1,id=nobody",
]
FIRST_CARD = "bus=slot0,id=card0"
DEVICES = {"pci": "virtio-sound-pci", "mmio": "virtio-sound-device"}
# What init may ask for, and the QMP commands for it.
WISHES = {
    "unplug": ("device_del", {"id": "card0"}),
    "release": ("device_del", {"id": "nobody"}),
    "plug": ("device_add", {"driver": "virtio-sound-pci", "audiodev": "snd0",
                            "bus": "slot1", "id": "card1"}),
}

# The fields of a boot.
# cases: names, each perhaps with words for the case.
# format: of the WAV file; None: no file is written.
# module: the cases are about the module, which is not loaded from the start.
# numbers: the device records numbers that count up, instead of silence.
# model: the device tree of models inside the kernel, which replace QEMU's sound
#   device; arm64 only.
# loop: the cases of a round.
# parts: of the machine, besides the usual.
# bus: the sound device's, "pci" or "mmio"; "mmio" on arm64 only.
# cards: how many, each with a WAV file.
# says: lines of the console that are no complaints.
# tools: the cases run FreeBSD's TOOLS on the modules, which are not loaded.
# seconds: a limit that is longer than usual.
# ends: the line of the console with which the last case ends the machine.
Boot = collections.namedtuple("Boot", "name what format device before module "
                              "cases model tunables numbers loop parts bus "
                              "cards says seconds ends tools",
                              defaults=[None, (), False, (), (), "pci", 1, (),
                                        0, None, False])
# The name of init's verdict on all rounds.
MEMORY = "memory_does_not_grow"

# FreeBSD's programs.
TOOLS = ["kldxref", "devmatch"]

# A text in every kernel or module that has the models.
MODEL = b"Models of Apple's coprocessors"
TREES = os.path.join(os.path.dirname(__file__), "apple_model")

# What the examples drive.  This edu reaches the memory of both machines.
EXAMPLE_DEVICES = ["-device", "edu,dma_mask=0xffffffff",
                   "-device", "virtio-rng-pci"]

# Bytes of a fragment, and numbers of fragments: all that SETFRAGMENT accepts,
# and some that it replaces by others.
SIZES = [1 << shift for shift in range(4, 17)]
COUNTS = [1, 2, 3, 4, 8, 16, 32, 64]
BUFFER = 131072         # bytes, at most
TINY = 1024             # bytes: less than QEMU takes at once


def fragments(way, runs):
    """The cases of fragments of all sizes.  Tiny buffers play only a little,
    because they are empty most of the time."""
    return [f"numbered_frames_are_heard_in_order {way} {size} {count} "
            f"{24000 if size * count >= TINY else 2400} {runs}"
            for size in SIZES for count in COUNTS if size * count <= BUFFER]


def ways(*cases):
    """Each case directly and through virtual channels."""
    return [case.replace("WAY", way) for way in ("direct", "mixed")
            for case in cases]


RUNS = int(os.environ.get("RUNS", "1"))

PLAYS = ways("numbered_frames_are_heard_in_order WAY 2048 8 24000 1")

SHOWN = ["is_unit_0", "attaches_as_a_pcm_card", "sndstat_names_the_card"]

# On models of Apple's coprocessors.
EXCHANGE = [
    "apple_mailboxes_exchange_messages",
    "apple_mailboxes_take_bursts_in",
    "apple_mailboxes_wait_for_room",
    "apple_mailboxes_start_and_stop",
    "apple_mailboxes_survive_floods",
]
RTKIT = [
    "apple_rtkit_boots_again_and_again",
    "apple_rtkit_survives_crashes",
    "apple_rtkit_survives_bad_boots",
    "apple_smc_shows_its_sensors",
    "apple_smc_tells_of_the_lid",
    "apple_smc_sets_nothing_unless_allowed",
    "apple_smc_keeps_the_time",
    "apple_smc_suspends_and_resumes",
    "apple_smc_detaches_and_attaches_again",
    "apple_smc_crashes_and_says_so",
]
APPLE_LOOP = [
    "apple_mailboxes_start_and_stop",
    "apple_rtkit_boots_again_and_again",
    "apple_rtkit_survives_crashes",
    "apple_smc_suspends_and_resumes",
    "apple_smc_detaches_and_attaches_again",
]

# A Mac whose administrator may set fans and the charge, and which only its SMC
# switches off and restarts.
SET = [("hw.apple_smc.fan_control", "1"), ("hw.apple_smc.charge_control", "1"),
       ("debug.apple_model.mac", "1")]
# What the models say of such a machine's end: all is the firmware's again.
GIVEN_BACK = "apple_model: it has F0Md 3 F1Md 3 Ftst 0 CHWA 0 CH0C 0 CH0I 0"
GOES_OFF = [
    "apple_model: the SMC was told offw off1",
    GIVEN_BACK,
    "apple_model: the boot loader finds stage 0, flag 0x8",
    "apple_model: the SMC switches the machine off",
]
RESTARTS = [
    "apple_model: the SMC was told rest phra",
    GIVEN_BACK,
    "apple_model: the boot loader finds stage 0x30, flag 0",
    "apple_model: the SMC restarts the machine",
]

# The cases of a card with one stream to play and one to record, on any bus.
EVERYWHERE = [
    "plays_s16_stereo_48000",
    "plays_small_fragments",
    "plays_on_a_tiny_buffer",
    "plays_in_odd_pieces",
    "close_plays_what_was_written",
    "unknown_format_is_refused",
    "halt_stops_and_the_next_write_starts",
    "halt_before_the_first_fragment",
    "halts_and_starts_quickly",
    "opens_and_closes_without_sound",
    "opens_plays_and_closes_again_and_again",
    "second_open_is_refused_or_has_its_own_channel",
    "two_programs_are_mixed",
    "detaches_and_attaches_again",
    "detaches_while_it_plays",
]

# The examples' cases, and their modules.
EXAMPLES = {name + "_loads_and_unloads_ten_times": name + ".ko"
            for name in ["hello", "echo", "echo_rust", "edu", "edu_rust",
                         "timer", "timer_rust", "virtio_rng"]}

BOOTS = [
    Boot("line", "interrupt line", S16_48000, "vectors=0", [], False, SHOWN + [
        "interrupts_on_a_line",
        "mixer_opens",
        "counters_move",
    ] + EVERYWHERE),
    Boot("shared", "MSI-X, all queues on one vector", S16_44100, "vectors=2",
         PORT, False, SHOWN + [
             "interrupts_on_a_vector_of_all_queues",
             "plays_s16_stereo_44100",
         ]),
    Boot("perqueue", "MSI-X, a vector per queue", U8_8000, "vectors=6", PORT,
         False, SHOWN + [
             "interrupts_on_a_vector_per_queue",
             "plays_u8_mono_8000",
         ]),
    Boot("s32", "MSI-X, a vector per queue", S32_48000, "vectors=6", PORT,
         False, SHOWN + ["plays_s32_stereo_48000"]),
    Boot("formats", "samples that are converted", S16_48000, "vectors=6", PORT,
         False, [
             "floats_of_full_scale_do_not_wrap",
             "bytes_of_full_scale_do_not_wrap",
             "mute_silences_what_plays",
             "volume_has_a_balance",
         ]),
    Boot("power", "suspend and resume", S16_48000, "vectors=6", PORT, False, [
        "suspends_and_resumes_when_idle",
        "suspends_and_resumes_while_it_plays",
        "plays_on_after_a_suspend_at_rest",
    ]),
    Boot("plug", "a card in a slot", S16_48000, FIRST_CARD, SLOTS, False,
         ["is_unplugged_while_it_plays_and_replaced"], tunables=LINES),
    Boot("swap", "cards that come and go", S16_48000, FIRST_CARD, SLOTS, False,
         ["cards_come_and_go"], loop=[
             "detaches_and_attaches_again",
             "detaches_while_it_plays",
             "cards_come_and_go",
         ]),
    Boot("direct", "fragments of all sizes, directly", S16_48000, "vectors=6",
         PORT, False, fragments("direct", RUNS), seconds=300 * RUNS),
    Boot("mixed", "fragments of all sizes, through virtual channels", S16_48000,
         "vectors=6", PORT, False, fragments("mixed", RUNS),
         seconds=300 * RUNS),
    Boot("late", "programs that are late, wait, map, and are killed", S16_48000,
         "vectors=6", PORT, False, ways(
             f"the_end_of_a_late_program_is_heard WAY {max(RUNS, 5)}",
             "small_fragments_keep_their_speed WAY 256 32",
             "small_fragments_keep_their_speed WAY 128 64",
             "small_fragments_keep_their_speed WAY 64 128",
             "small_fragments_keep_their_speed WAY 32 256",
             "a_mapped_buffer_is_heard WAY",
             "a_program_that_waits_is_woken WAY poll",
             "a_program_that_waits_is_woken WAY select",
             "a_program_that_waits_is_woken WAY kqueue",
             "positions_follow_the_clock WAY",
             "a_killed_program_leaves_the_card_free WAY 20",
         ), seconds=300 + 60 * RUNS),
    Boot("tones", "mixing and volume", S16_48000, "vectors=6", PORT, False,
         ["four_rates_at_once_are_all_heard", "volume_makes_it_softer"]),
    Boot("cards", "two cards", S16_48000, "vectors=6", PORT, False,
         ["two_cards_play_at_once"], cards=2),
    Boot("options", "streams=4,jacks=3,chmaps=4", S16_48000,
         "streams=4,jacks=3,chmaps=4", PORT, False, SHOWN + PLAYS,
         # QEMU announces them, but does not know the requests for them.
         says=["JACK_INFO failed: EOPNOTSUPP",
               "CHMAP_INFO failed: EOPNOTSUPP"]),
    Boot("mmio", "on virtio-mmio", S16_48000, "", [], False, SHOWN + PLAYS,
         bus="mmio"),
    Boot("four", "four processors", S16_48000, "vectors=6", PORT, False,
         SHOWN + PLAYS + ["a_killed_program_leaves_the_card_free direct 20"],
         parts=["-smp", "4"]),
    Boot("little", "256 MB of memory", S16_48000, "vectors=6", PORT, False,
         SHOWN + PLAYS, parts=["-m", "256M"]),
    Boot("much", "6 GB of memory", S16_48000, "vectors=6", PORT, False,
         SHOWN + PLAYS, parts=["-m", "6G"]),
    Boot("iommu", "a device that insists on VIRTIO_F_ACCESS_PLATFORM", None,
         "iommu_platform=on", PORT, False, ["no_card_is_there"],
         says=["VIRTIO_F_ACCESS_PLATFORM"]),
    Boot("streams", "ten streams", S16_48000, "streams=10", [], False, [
        "five_streams_are_added_up",
    ]),
    Boot("record", "ten streams, and silence to record", None, "streams=10", [],
         False, [
             "records_silence_in_time",
             "ten_streams_run_at_once",
         ]),
    Boot("hear", "numbers to record", None, "vectors=6", PORT, False, [
        "records_what_is_heard",
        "plays_and_records_at_once",
    ], numbers=True),
    Boot("modules", "modules", S16_48000, "vectors=6", PORT, True, [
        *EXAMPLES,
        "module_loads_and_unloads_ten_times",
        "module_unloads_while_it_plays",
    ], loop=[
        *EXAMPLES,
        "module_loads_and_unloads_ten_times",
        "module_unloads_while_it_plays",
    ], parts=EXAMPLE_DEVICES, tunables=[("hw.edu.dma_bits", "32")]),
    Boot("apple", "models of Apple's coprocessors", None, "", [], False,
         EXCHANGE + ["apple_mailboxes_stay_with_their_clients"] + RTKIT,
         "apple_model.dtso",
         loop=["apple_mailboxes_stay_with_their_clients"] + APPLE_LOOP),
    Boot("aic", "the same, whose interrupt controller removes no handlers",
         None, "", [], False,
         EXCHANGE + ["apple_mailboxes_stay_with_their_handlers"] + RTKIT,
         "apple_model_aic.dtso",
         loop=["apple_mailboxes_stay_with_their_handlers"] + APPLE_LOOP),
    Boot("set", "a Mac whose fans and charge are set", None, "", [], False, [
        "apple_smc_gives_back_what_was_set_at_detach",
        "apple_smc_gives_back_what_was_set_at_suspend",
        "apple_smc_ignores_false_alarms",
        "apple_smc_believes_a_true_alarm",
        "apple_smc_is_left_with_all_set",
    ], "apple_model.dtso", tunables=SET + [("hw.apple_smc.poweroff", "0")],
         loop=["apple_smc_gives_back_what_was_set_at_detach",
               "apple_smc_gives_back_what_was_set_at_suspend"],
         says=GOES_OFF),
    Boot("empty", "a Mac whose battery is empty", None, "", [], False,
         ["apple_smc_switches_off_when_the_battery_is_empty"],
         "apple_model.dtso", tunables=SET, says=GOES_OFF,
         ends="apple_smc0: the battery is empty: the machine goes off now"),
    Boot("panic", "a Mac whose kernel panics", None, "", [], False,
         ["apple_smc_gives_back_what_was_set_in_a_panic"],
         "apple_model.dtso", tunables=SET, says=RESTARTS,
         ends="panic: apple_model: a program asked for it"),
    Boot("match", "devmatch(8) and the card", S16_48000, "vectors=6", PORT,
         False, ["devmatch_finds_the_card"], tools=True),
    Boot("matchfdt", "devmatch(8) and the device tree", None, "", [], False,
         ["devmatch_finds_apples_nodes"], "apple_nodes.dtso", tools=True),
]

# On vhost-device-sound, which has one vector: FreeBSD takes the interrupt line.
# device: its backend.
VHOST_BOOTS = [
    Boot("line", "interrupt line", VHOST_S16_48000, "alsa", [], False,
         SHOWN + ["interrupts_on_a_line", "mixer_opens", "counters_move"] +
         EVERYWHERE),
    Boot("s44", "44100 Hz", VHOST_S16_44100, "alsa", [], False,
         SHOWN + ["plays_s16_stereo_44100"]),
    Boot("u8", "one channel of 8 bits", VHOST_U8_8000, "alsa", [], False,
         SHOWN + ["plays_u8_mono_8000"]),
    Boot("s32", "32 bits", VHOST_S32_48000, "alsa", [], False,
         SHOWN + ["plays_s32_stereo_48000"]),
    Boot("power", "suspend and resume", VHOST_S16_48000, "alsa", [], False, [
        "suspends_and_resumes_when_idle",
        "suspends_and_resumes_while_it_plays",
        "plays_on_after_a_suspend_at_rest",
    ]),
    Boot("hear", "numbers to record", VHOST_S16_48000, "alsa", [], False, [
        "records_what_is_heard",
        "plays_and_records_at_once",
    ], numbers=True),
    Boot("null", "no clock, and nothing to record", None, "null", [], False,
         SHOWN + EVERYWHERE),
    Boot("modules", "modules", VHOST_S16_48000, "alsa", [], True, [
        "module_loads_and_unloads_ten_times",
        "module_unloads_while_it_plays",
    ], loop=[
        "module_loads_and_unloads_ten_times",
        "module_unloads_while_it_plays",
    ]),
]


# The status of a case that failed by the fault of early.py alone.
EXPECTED = "EXPECTED_FAILURE"


class Score:
    """Counts the cases, and prints a line per case."""

    def __init__(self):
        self.passed = self.failed = self.skipped = self.expected = 0

    def tell(self, status, name, why=""):
        if status == "PASS":
            self.passed += 1
        elif status == "SKIP":
            self.skipped += 1
        elif status == EXPECTED:
            self.expected += 1
        else:
            status = "FAIL"
            self.failed += 1
        print(f"  {status} {name}" + (f": {why}" if why else ""), flush=True)

    def summary(self):
        text = f"{self.passed} passed, {self.failed} failed"
        if self.expected:
            text += f", {self.expected} failed as expected"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def plan_of(boot, modules, seconds):
    """The lines of /etc/vmtest; seconds: of a loop, or 0."""
    names = {os.path.basename(m) for m in modules}
    load = []
    if boot.model and not boot.tools:
        load = ["apple.ko", "apple_model.ko"]
    elif not boot.module and not boot.tools:
        load = ["virtio_snd.ko"]
    lines = ["load /boot/modules/" + name for name in load if name in names]
    cases = cases_of(boot, names, seconds)
    if seconds:
        return lines + [f"loop {seconds} " + " ".join(cases)]
    return lines + ["case " + name for name in cases]


def cases_of(boot, modules, seconds):
    """The cases of the boot or of its loop, without those whose module is not
    there."""
    cases = boot.loop if seconds else boot.cases
    if not boot.module:
        return cases
    return [c for c in cases if EXAMPLES.get(c, "virtio_snd.ko") in modules]


def wav_paths(folder, boot, name="played"):
    """The WAV files of a boot's cards."""
    return [os.path.join(folder, name + (str(n) if n else "") + ".wav")
            for n in range(boot.cards)]


def backend_of(boot, number, path):
    """The host's side of a card."""
    f = boot.format
    backend = f"none,id=snd{number}"
    if boot.numbers:
        backend = ("alsa,id=snd0,in.dev=numbers,out.dev=nothing,"
                   "in.fixed-settings=on,in.frequency=48000,in.channels=2,"
                   "in.format=s16,in.try-poll=off,out.try-poll=off")
    elif f:
        backend = (f"wav,id=snd{number},path={path},out.frequency={f.hz},"
                   f"out.format={f.qemu},out.channels={f.channels}")
    return backend


def sound_arguments(arch, boot, paths):
    first, second = PLACES[arch]
    args = [word.replace("PLACE0", first).replace("PLACE1", second)
            for word in boot.before]
    device = DEVICES[boot.bus]
    for number, path in enumerate(paths):
        words = [f"{device},audiodev=snd{number}", boot.device]
        args += ["-audiodev", backend_of(boot, number, path),
                 "-device", ",".join(word for word in words if word)]
    return args


def write_numbers(raw):
    """Write what the device records: 32-bit numbers, from 65536 on."""
    with open(raw, "wb") as f:
        f.write(array.array("I", range(65536, 65536 + 60 * 48000)).tobytes())


def numbers(machine):
    """Write files for ALSA's library: a device that records numbers.
    Returns the path of its configuration."""
    raw, conf = machine.path("numbers.raw"), machine.path("asound.conf")
    write_numbers(raw)
    with open(conf, "w", encoding="ascii") as f:
        f.write("pcm.nothing { type null }\n"
                "pcm.numbers { type file slave.pcm nothing file /dev/null "
                f"infile {raw} format raw }}\n")
    return conf


def told_of(faults):
    """What is wrong with the sounds of a case, of which each has a fault or
    None."""
    bad = [fault for fault in faults if fault]
    if not bad:
        return None
    kind = early.Early if all(isinstance(f, early.Early) for f in bad) else str
    return kind(f"{len(bad)} of {len(faults)} sounds: {bad[0]}")


def judge_frames(console, paths, table, faulty):
    """Like judge_sound(), for numbered frames; with a note on each case, by
    index.  Writes a table of the frames that were heard."""
    cases = [(i, c) for i, c in enumerate(console.cases) if c.sounds]
    heard, faults, whole = frames.check(
        paths, S16_48000, [s for _, case in cases for s in case.sounds],
        faulty)
    wrong, notes, rows = {}, {}, []
    for index, case in cases:
        count = len(case.sounds)
        notes[index] = frames.note(case.sounds, heard[:count])
        if fault := told_of(faults[:count]):
            wrong[index] = fault
        if case.name.startswith("numbered_frames"):
            rows.append(frames.row(case.name.split()[1:], case.sounds,
                                   heard[:count], faults[:count]))
        heard, faults = heard[count:], faults[count:]
    if rows:
        with open(table, "w", encoding="ascii") as f:
            f.writelines(line + "\n" for line in [frames.HEAD] + rows)
    return wrong, whole, notes


def judge_tones(console, path):
    """The same for tones."""
    wrong, notes = {}, {}
    for index, case in enumerate(console.cases):
        if not case.tones:
            continue
        fault, notes[index] = tones.check(path, S16_48000, case.tones)
        if fault:
            wrong[index] = fault
    return wrong, None, notes


def judge_noise(boot, console, path, patient, faulty):
    """The same for noise: there are no notes."""
    plays = []
    owner = []
    for index, case in enumerate(console.cases):
        plays += case.plays
        owner += [index] * len(case.plays)
    if not plays or not boot.format:
        return {}, None, {}
    results, whole = wav.check(path, boot.format, plays, patient, faulty)
    wrong = {}
    for index, result in zip(owner, results):
        if result and type(wrong.get(index)) is not str:
            wrong[index] = result
    return wrong, whole, {}


def judge_sound(boot, console, paths, patient, faulty):
    """Return what is wrong with the sound of each case, by index; what is wrong
    with the rest; and notes on cases, by index.  patient: silence inside a
    sound is allowed.  faulty: the kernel has the fault of early.py."""
    if any(case.sounds for case in console.cases):
        return judge_frames(console, paths, paths[0].replace(".wav", ".txt"),
                            faulty)
    if any(case.tones for case in console.cases):
        return judge_tones(console, paths[0])
    return judge_noise(boot, console, paths[0], patient, faulty)


def why_it_stopped(console, ended, limit):
    """One line about why a run ended before init did; None if init ended."""
    if console.panic:
        where = console.cases[-1].name if console.cases else "boot"
        return f"{console.panic} (during {where})"
    if console.ended:
        return None if ended else f"no power-off within {limit} s"
    if ended:
        when = "before init ran" if not console.began else "too early"
        return f"the machine stopped {when}; its last line: {console.last}"
    if not console.began:
        return (f"the kernel did not reach init within {limit} s; "
                f"its last line: {console.last}")
    return f"it hung, {limit} s were over; its last line: {console.last}"


def verdicts(boot, console, wrong, notes):
    """Yield name, status and reason of each case that began."""
    lost = False
    for index, case in enumerate(console.cases):
        status, why = case.status, case.why or notes.get(index, "")
        if status is None:
            why = "it did not end"
        elif status == "SKIP" and not boot.module:
            status = "FAIL"
        elif status == "PASS" and index in wrong:
            status = (EXPECTED if isinstance(wrong[index], early.Early) else
                      "FAIL")
            why = "in the WAV file: " + wrong[index]
            # Remains of an earlier failed case must not count against the next
            # one.
            if lost and "other sound before" in why:
                status, why = "PASS", ""
        lost = lost or status not in (EXPECTED, "PASS")
        yield case.name, status, why


def in_rounds(results):
    """The same for cases that ran many times: how many rounds passed, or the
    first that did not."""
    passed = collections.Counter()
    failed = {}
    for name, status, why in results:
        if status == "PASS":
            passed[name] += 1
        elif name not in failed:
            failed[name] = status, f"round {passed[name] + 1}: {why}"
    for name in dict.fromkeys(name for name, _, _ in results):
        yield name, *failed.get(name, ("PASS", f"{passed[name]} rounds"))


def is_busy(load):
    """True if the host has more work than processors, so that the machine plays
    with gaps.  load: used instead of the host's load average, unless None."""
    return (os.getloadavg()[0] if load is None else load) > os.cpu_count()


def judge(score, boot, wanted, console, paths, stopped, seconds, busy, faulty):
    """Print the results of a boot's cases."""
    if busy:
        print("  note: the host is busy: gaps in a sound are not judged")
    wrong, whole, notes = judge_sound(boot, console, paths, busy, faulty)
    results = list(verdicts(boot, console, wrong, notes))
    lost = any(status not in (EXPECTED, "PASS") for _, status, _ in results)
    told = results
    if seconds:
        told = list(in_rounds([r for r in results if r[0] != MEMORY]))
        told += [r for r in results if r[0] == MEMORY]
    for name, status, why in told:
        score.tell(status, name, why)
    ran = {case.name for case in console.cases}
    missing = [name for name in wanted if name not in ran]
    if stopped:
        more = f"; {len(missing)} cases did not run" if missing else ""
        score.tell("FAIL", "boots_and_powers_off", stopped + more)
    else:
        for name in missing:
            score.tell("FAIL", name, "it did not run")
        score.tell("PASS", "boots_and_powers_off")
    if whole and not lost:
        score.tell("FAIL", "nothing_else_is_heard", whole)
    elif boot.format and not lost and not stopped:
        score.tell("PASS", "nothing_else_is_heard")
    unsaid = [text for text in boot.says if text not in console.text]
    if unsaid:
        score.tell("FAIL", "console_says_why", f"there is no \"{unsaid[0]}\"")
    elif boot.says:
        score.tell("PASS", "console_says_why")
    complaints = [line for line in console.complaints
                  if not any(text in line for text in boot.says)]
    if complaints:
        score.tell("FAIL", "console_is_clean", complaints[0] + (
            f" (and {len(complaints) - 1} more)"
            if len(complaints) > 1 else ""))
    elif not stopped:
        score.tell("PASS", "console_is_clean")


def announce(arch, boot, seconds):
    f = boot.format
    heard = f"; WAV file of {f.qemu}, {f.hz} Hz" if f else ""
    rounds = f", rounds for {seconds} s" if seconds else ""
    print(f"{arch} {boot.name}: {boot.what}{rounds}{heard}", flush=True)


def machine_parts(boot):
    """QEMU's arguments for what the boot's machine has besides the usual."""
    if boot.bus == "mmio":
        return [*boot.parts, "-global", "virtio-mmio.force-legacy=off"]
    return list(boot.parts)


def run_on_qemu(machine, boot, modules, seconds, limit, paths):
    """Run the boot as Machine.run() does.  Played sound goes to the files."""
    if boot.numbers:
        machine.environment["ALSA_CONFIG_PATH"] = numbers(machine)
    if boot.model:
        more = ["-dtb", machine.device_tree(os.path.join(TREES, boot.model))]
    else:
        more = sound_arguments(machine.arch, boot, paths)
    return machine.run(plan_of(boot, modules, seconds), modules, more, limit,
                       WISHES)


def start_vhost(machine, boot, args):
    """vhost-device-sound, running."""
    vhost = Vhost(args.vhost, args.card, machine.path("vhost-" + boot.name),
                  boot.device)
    if boot.numbers:
        write_numbers(vhost.path("heard"))
    vhost.start()
    return vhost


def run_on_vhost(machine, boot, modules, args, limit, paths):
    """Run the boot as Machine.run() does, then make the WAV files."""
    vhost = start_vhost(machine, boot, args)
    try:
        text, ended = machine.run(
            plan_of(boot, modules, int(args.loop)), modules,
            boot.before + vhost.arguments(), limit)
    finally:
        vhost.end()
    for path in paths if boot.format else []:
        vhost.write_wav(path, boot.format)
    if complaint := vhost.complaint():
        text += f"\nvhost-device-sound failed: {complaint}\n"
    return text, ended


def run_boot(score, machine, boot, modules, args):
    """Run a boot.  Returns False if further boots make no sense."""
    began = time.monotonic()
    seconds = int(args.loop)
    limit = int(args.time) + (seconds or boot.seconds)
    out = args.out
    announce(machine.arch, boot, seconds)
    paths = wav_paths(machine.path(""), boot)
    machine.parts = machine_parts(boot)
    machine.programs = tools_in(args.tools) if boot.tools else []
    machine.tunables = list(boot.tunables)
    if args.device == "vhost":
        text, ended = run_on_vhost(machine, boot, modules, args, limit, paths)
    else:
        text, ended = run_on_qemu(machine, boot, modules, seconds, limit,
                                  paths)
    with open(os.path.join(out, boot.name + ".log"), "w",
              encoding="utf-8") as log:
        log.write(text)
    kept = wav_paths(out, boot, boot.name)
    for path, target in zip(paths, kept):
        if os.path.exists(path):
            shutil.move(path, target)
    console = Console(text)
    if boot.ends:
        console.end_with(boot.ends)
    stopped = why_it_stopped(console, ended, limit)
    for note in console.notes:
        print(f"  note: {note}")
    wanted = cases_of(boot, {os.path.basename(m) for m in modules}, seconds)
    judge(score, boot, wanted + [MEMORY] if seconds else wanted, console,
          kept, stopped, seconds, is_busy(args.load),
          early.has_fault(args.kernel))
    print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    return ended and console.began


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--arch", default="")
    parser.add_argument("--kernel", default="")
    parser.add_argument("--loader", default="")
    parser.add_argument("--modules", default="")
    parser.add_argument("--tools", default="")
    parser.add_argument("--init", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--time", default="300")
    parser.add_argument("--boots", default="")
    parser.add_argument("--device", default="qemu")
    parser.add_argument("--vhost", default="vhost-device-sound")
    parser.add_argument("--card", default="")
    parser.add_argument("--loop", default="0")
    parser.add_argument("--load", type=float, help="load of the host")
    return parser.parse_args()


def check_arguments(args):
    """Complete the arguments; raise a Problem if they make no sense."""
    usage = "make vmtest KERNEL=/path/to/kernel[.bin] ARCH=arm64|amd64"
    if not args.kernel:
        raise Problem(f"KERNEL is not set; {usage}")
    arch = kernel_arch(args.kernel)
    if args.arch not in ("", "arm64", "amd64"):
        raise Problem(f"ARCH is arm64 or amd64, not {args.arch}")
    if args.arch not in ("", arch):
        raise Problem(f"KERNEL={args.kernel} is for {arch}, "
                      f"not for {args.arch}")
    args.arch = arch
    if arch == "amd64" and not args.loader:
        raise Problem("LOADER is not set; amd64 needs FreeBSD's EFI loader: "
                      "LOADER=/boot/loader.efi")
    if arch == "amd64" and not os.path.isfile(args.loader):
        raise Problem(f"LOADER={args.loader}: no such file")
    if args.device not in KINDS:
        raise Problem(f"DEVICE is {' or '.join(KINDS)}, not {args.device}")
    if not args.time.isdecimal() or int(args.time) == 0:
        raise Problem(f"TIME is a number of seconds, not {args.time}")
    if not args.loop.isdecimal():
        raise Problem(f"LOOP is a number of seconds, not {args.loop}")


def modules_in(folder):
    """The modules of a folder and the folders below it."""
    if not folder:
        return []
    found = glob.glob(os.path.join(glob.escape(folder), "**", "*.ko"),
                      recursive=True)
    if not found:
        raise Problem(f"MODULES={folder}: there is no *.ko")
    return sorted(found)


def tools_in(folder):
    """The paths of TOOLS in a folder; none if there is no folder."""
    if not folder:
        return []
    paths = [os.path.join(folder, name) for name in TOOLS]
    for path in paths:
        if not os.path.isfile(path):
            raise Problem(f"TOOLS={folder}: there is no "
                          f"{os.path.basename(path)}")
    return paths


def boots_of(args, modules):
    names = args.boots.split()
    boots = VHOST_BOOTS if args.device == "vhost" else BOOTS
    for name in names:
        if name not in [b.name for b in boots]:
            raise Problem(f"BOOTS: {name} is none of " +
                          " ".join(b.name for b in boots))
    return [b for b in boots if (modules or not b.module) and
            (not b.tools or tools_in(args.tools)) and
            (b.loop or not int(args.loop)) and
            (not names or b.name in names) and
            (b.bus == "pci" or args.arch == "arm64") and
            (not b.model or (has_apple(modules) if b.tools
                             else has_model(args, modules)))]


def has_numbers(machine, boot, args):
    """True if the device can give the boot something to record."""
    if not boot.numbers or args.device == "vhost" or machine.has_backend("alsa"):
        return True
    print(f"note: {machine.qemu} has no ALSA: only silence is recorded")
    return False


def has_apple(modules):
    """True if Apple's drivers are a module, which is built for arm64 alone."""
    return "apple.ko" in [os.path.basename(m) for m in modules]


def has_model(args, modules):
    """True if the kernel can run a boot on models; says what is missing."""
    if args.arch != "arm64":
        return False
    for path in [args.kernel] + modules:
        with open(path, "rb") as f:
            if MODEL in f.read():
                return True
    print("note: neither KERNEL nor MODULES have apple_model: Apple's drivers "
          "are not tested")
    return False


def run(args):
    check_arguments(args)
    modules = modules_in(args.modules)
    boots = boots_of(args, modules)
    score = Score()
    with tempfile.TemporaryDirectory(prefix="vmtest.") as folder:
        machine = Machine(args.arch, args.kernel, args.loader, args.init,
                          folder, KINDS[args.device])
        os.makedirs(args.out, exist_ok=True)
        for boot in boots:
            if not has_numbers(machine, boot, args):
                continue
            if not run_boot(score, machine, boot, modules, args):
                break
    print(f"consoles and sounds: {args.out}")
    print(score.summary())
    return 0 if score.failed == 0 and score.passed else 1


def main():
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, lambda n, frame: sys.exit(128 + n))
    try:
        return run(arguments())
    except Problem as problem:
        print(f"vmtest: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
