#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Count the instructions that a period of sound costs a driver inside FreeBSD,
and inside Linux, on the same QEMU.

Both guests play the same periods on the same device, and a plugin of QEMU's
(trace.c) records what the guest executes meanwhile.  calls.py finds out whose
instructions those are.  Time in the guests is counted in instructions, so that
the host's load changes nothing.

Prints a table.  --out gets the table, the consoles, and lists of the functions
that were executed.
"""

import argparse
import collections
import os
import re
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import calls                                            # noqa: E402
import layers                                           # noqa: E402
import table                                            # noqa: E402
from console import Console                             # noqa: E402
from linux import Linux, fetch                          # noqa: E402
from machine import (Machine, Problem, command_output,  # noqa: E402
                     kernel_arch)

# A play: periods of so many frames, in a buffer of so many periods; how many
# are played before the trace, and in it.  sound(4) has only powers of 2.
Play = collections.namedtuple("Play", "frames count warm periods")
LONG = Play(512, 4, 48, 128)
SHORT = Play(64, 64, 256, 384)

# A setting of the device.  vectors: of MSI-X.  timer: microseconds between the
# times when QEMU takes samples.  With 1000 each period has its own interrupt.
# A guest has a card for each setting, so that it boots only once.
Setting = collections.namedtuple("Setting", "what vectors timer plays")
SETTINGS = [
    Setting("vectors=2, QEMU's default", 2, 1000, [LONG, SHORT]),
    Setting("vectors=6, one for each queue", 6, 1000, [LONG, SHORT]),
    Setting("vectors=2, QEMU's own timer: 10 ms", 2, 10000, [SHORT]),
]
# All plays, with the numbers of their cards.
PLAYS = [(card, play) for card, setting in enumerate(SETTINGS)
         for play in setting.plays]

CASE = "periods_are_played_between_two_marks"
# FreeBSD trusts the machine's MSI if there is a root port.
PORT = ["-device", "pcie-root-port,id=port0,chassis=1"]
# An instruction takes 8 ns of the guest's time, and waiting takes no time of
# the host's.
CLOCK = ["-smp", "1", "-icount", "shift=3,sleep=off"]
# QEMU 10.0 cannot tell the time when an instruction writes these registers.
CPU = "max,-x2apic,-tsc-deadline"
# FreeBSD then waits by the time-stamp counter, since a device is slow here; and
# it does not wait for a mouse.
TUNABLES = [("kern.timecounter.invariant_tsc", "1"),
            ("hint.psm.0.disabled", "1")]
# The least period and the largest buffer that Linux's driver allows are 10 ms
# and 16 periods, unless it is told otherwise.
LINUX_DRIVER = "virtio_snd", "pcm_period_ms_min=1 pcm_periods_max=64"

PLAYED = re.compile(r"^PLAYED (\d+)\s*$", re.M)
PERIODS = re.compile(r"^PERIODS (\d+) (\d+)\s*$", re.M)


def sound_arguments(machine, plugin):
    args = [*PORT, "-plugin", f"{plugin},out={machine.path('trace')}"]
    for card, setting in enumerate(SETTINGS):
        args += ["-audiodev", f"wav,id=snd{card},out.frequency=48000,"
                 f"path={machine.path('played')}{card}.wav,"
                 f"timer-period={setting.timer}",
                 "-device", f"virtio-sound-pci,audiodev=snd{card},streams=2,"
                 f"disable-legacy=on,vectors={setting.vectors}"]
    return args


def lines_of(word):
    """The lines of a plan for all plays."""
    return [" ".join(map(str, [word, card, *play])) for card, play in PLAYS]


def subfolder(folder, name):
    path = os.path.join(folder, name)
    os.mkdir(path)
    return path


def check_underruns(system, play, underruns):
    if underruns:
        raise Problem(f"{system}: {underruns} underruns with periods of "
                      f"{play.frames} frames: they count, so this run does not")


class FreeBSD:
    """Our driver, in a FreeBSD kernel."""

    name = "freebsd"
    layers = layers.FREEBSD

    def __init__(self, args, folder):
        self.machine = Machine("amd64", args.kernel, args.loader, args.init,
                               subfolder(folder, self.name))
        self.machine.tunables = TUNABLES
        self.symbols = calls.Symbols.of_nm(
            command_output([args.nm, args.kernel]))
        if not self.symbols.has("vtsnd_queue_intr"):
            raise Problem(f"KERNEL={args.kernel} has no virtio_snd inside; "
                          "build GENERIC_KPI")
        if self.symbols.has("witness_checkorder"):
            raise Problem(f"KERNEL={args.kernel} has WITNESS, which costs more "
                          "than the driver; build GENERIC_KPI")

    def run(self, more, limit):
        return self.machine.run(lines_of("case " + CASE), [], more, limit)

    def check(self, text):
        """Raise a Problem unless all was played."""
        console = Console(text)
        for case in console.cases:
            if case.status != "PASS":
                raise Problem(f"FreeBSD: {case.name}: "
                              f"{case.why or console.panic or 'no end'}")
        counted = PERIODS.findall(text)
        if len(counted) != len(PLAYS):
            raise Problem("FreeBSD: it stopped too early; its last line: " +
                          console.last)
        for (_, play), (periods, underruns) in zip(PLAYS, counted):
            check_underruns("FreeBSD", play, int(underruns))
            # Some are still to be played when the last is written.
            if abs(int(periods) - play.periods) > play.count:
                raise Problem(f"FreeBSD: {play.periods} writes were {periods} "
                              "periods of the device")

    def find_symbols(self):
        return self.symbols


class LinuxGuest:
    """Linux's driver, in Debian's kernel."""

    name = "linux"
    layers = layers.LINUX

    def __init__(self, args, folder):
        package = fetch(args.linux, os.path.join(args.out, "linux"))
        self.machine = Linux(package, args.linux_init,
                             subfolder(folder, self.name))
        self.files, self.lines = self.machine.driver(*LINUX_DRIVER)

    def run(self, more, limit):
        plan = self.lines + ["symbols"] + lines_of("play")
        debug = ["-chardev", f"file,id=debug,path={self.machine.path('syms')}",
                 "-device", "isa-debugcon,iobase=0xe9,chardev=debug"]
        return self.machine.run(plan, self.files, more + debug, limit)

    def check(self, text):
        played = PLAYED.findall(text)
        if len(played) != len(PLAYS):
            raise Problem("Linux: it stopped too early; its last line: " +
                          Console(text).last)
        for (_, play), underruns in zip(PLAYS, played):
            check_underruns("Linux", play, int(underruns))

    def find_symbols(self):
        with open(self.machine.path("syms"), encoding="utf-8") as f:
            return calls.Symbols.of_kallsyms(f.read())


def run_guest(guest, args):
    """Returns the instructions of each layer, of a period, for each play."""
    machine = guest.machine
    machine.parts = CLOCK
    machine.cpu = CPU
    machine.accel = "tcg,thread=single"
    print(f"{guest.name} runs", flush=True)
    text, ended = guest.run(sound_arguments(machine, args.plugin),
                            int(args.time))
    with open(os.path.join(args.out, guest.name + ".log"), "w",
              encoding="utf-8") as f:
        f.write(text)
    if not ended:
        raise Problem(f"{guest.name}: no end within {args.time} s (TIME); its "
                      "last line: " + Console(text).last)
    guest.check(text)
    if not os.path.exists(machine.path(f"trace.{len(PLAYS) - 1}")):
        raise Problem(f"{guest.name}: {args.plugin} saw no marks in it")
    symbols = guest.find_symbols()
    blocks = calls.read_blocks(machine.path("trace.blocks"))
    results = []
    for number, (card, play) in enumerate(PLAYS):
        count = calls.Count(symbols, guest.layers, blocks)
        count.follow(calls.read_trace(machine.path(f"trace.{number}")))
        name = f"{guest.name}-{card}-{play.frames}.txt"
        with open(os.path.join(args.out, name), "w", encoding="utf-8") as f:
            f.write(count.report(play.periods))
        results.append({layer: n / play.periods
                        for layer, n in count.layers.items()})
    return results


def check_plugins(qemu):
    if "-plugin" not in command_output([qemu, "-help"]):
        raise Problem(f"{qemu} has no plugins; BENCH=1 needs a QEMU that was "
                      "configured with --enable-plugins")


def measure(args, folder):
    """Returns rows for the table."""
    freebsd = FreeBSD(args, folder)
    check_plugins(freebsd.machine.qemu)
    guests = [LinuxGuest(args, folder), freebsd]
    print(f"Linux {guests[0].machine.version}, " + command_output(
        [guests[0].machine.qemu, "--version"]).splitlines()[0])
    return [table.Row(f"{SETTINGS[card].what}; "
                      f"{play.frames} frames x {play.count}", theirs, ours)
            for (card, play), theirs, ours in
            zip(PLAYS, *(run_guest(guest, args) for guest in guests))]


def check_arguments(args):
    if not args.kernel:
        raise Problem("KERNEL is not set; make vmtest BENCH=1 "
                      "KERNEL=/path/to/kernel LOADER=/path/to/loader.efi")
    if kernel_arch(args.kernel) != "amd64":
        raise Problem(f"KERNEL={args.kernel}: BENCH=1 wants a kernel for amd64")
    if not os.path.isfile(args.loader):
        raise Problem(f"LOADER={args.loader}: no such file; amd64 needs "
                      "FreeBSD's EFI loader")
    if not args.time.isdecimal() or int(args.time) == 0:
        raise Problem(f"TIME is a number of seconds, not {args.time}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    for name in "kernel", "loader", "linux":
        parser.add_argument("--" + name, default="")
    for name in "init", "linux-init", "plugin", "nm", "out":
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--time", default="900")
    return parser.parse_args()


def run(args):
    check_arguments(args)
    os.makedirs(args.out, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="vmbench.") as folder:
        text = table.show(measure(args, folder))
    with open(os.path.join(args.out, "table.txt"), "w", encoding="ascii") as f:
        f.write(text)
    print(text + f"consoles and functions: {args.out}")


def main():
    for number in signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, lambda n, frame: sys.exit(128 + n))
    try:
        run(arguments())
    except Problem as problem:
        print(f"vmtest: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
