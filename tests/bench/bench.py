#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""What a period of audio, or a coprocessor's message, costs the driver: tables,
and rows of JSON.

    bench.py FOLDER OUTPUT.json

Runs the programs kpi-bench and kpi-bench-crate of a folder (host_bench.c), by
themselves and under callgrind, with two numbers of periods or bursts per case:
the difference is the steady state.  Every count is of what the source line says,
inlined code included.

A period's instructions are those of the driver, all layers of it, and of the
virtqueues: for virtio_snd(4) drivers/, common/, kpi/ and virtqueue.c; for the
virtio-drivers crate its sources, virtqueues among them, and Rust's library.
What these copy or fill with zeros is theirs as well, instructions and bytes.
Nobody pays for what happens below or above: the device's model, sound(4) or the
program that plays, the allocator, the way of an interrupt to the driver's
handler, and the test kernel's search for misuse.  Ours is compiled with
INVARIANTS and Rust's checks of arithmetic, the crate as cargo does for a
release.

The crate plays by pcm_xfer_nb(), with as many periods in flight as the buffer
has, at most 32; its pcm_xfer() would wait by polling and leave a gap after each
buffer.  It does not record.

Suite "plain" is what apple_mbox is compared with: a driver that reads the
status before every message and allocates memory for each (plain_mbox.c).  Both
exchange bursts of messages with a coprocessor, as many each way.  Reads and
allocations count per message received, writes per message sent, the other
metrics per message of either direction.  Instructions are those of drivers/,
common/ and kpi/, or of the plain driver.  Time is that of the register accesses
alone.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

OURS = re.compile(r"(^|/)(drivers|common|kpi)/(?!tests/)")
LIBRARY = re.compile(r"/library/(core|alloc)/")
QUEUE = re.compile(r"(^|/)tests/kern/virtio/virtqueue\.c$")
CRATE = re.compile(r"/virtio-drivers-\d[^/]*/")
CRATE_LIBRARY = re.compile(LIBRARY.pattern +
                           r"|/(bitflags|safe-mmio|zerocopy)-\d[^/]*/")
PLAIN = re.compile(r"(^|/)tests/bench/plain_")
# Calls that move memory.
WRAPPER = re.compile(r"__wrap_mem(cpy|move)$")
MEMSET = re.compile(r"(^|_)memset(_|$)")
# valgrind counts each round of a string instruction (rep movsb): use none.
NO_STRINGS = ":".join(f"glibc.cpu.x86_rep_{name}_threshold={1 << 30}"
                      for name in ("movsb", "stosb"))
# The way of an interrupt to the handler.
DISPATCH = {"virtqueue_intr", "virtqueue_intr_filter"}

SHORT, LONG = 192, 1152

# name, frames of a period at 48 kHz, periods of the buffer
CASES = [("1ms", 48, 64), ("5ms", 240, 16), ("10ms", 480, 4), ("40ms", 1920, 4)]

# What a register access is taken to cost.
ACCESS_NS = 500
BURSTS = [1, 4, 16]

METRICS = [
    ("instructions_per_period", "all"),
    ("kicks_per_period", "kicks"),
    ("interrupts_per_period", "interrupts"),
    ("allocations_per_period", "allocations"),
    ("bytes_copied_per_period", "bytes"),
]

MBOX_METRICS = [
    ("mmio_reads_per_message", "accesses"),
    ("mmio_reads_per_sent_message", "accesses"),
    ("mmio_writes_per_message", "accesses"),
    ("allocations_per_message", "allocations"),
    ("instructions_per_message", "instructions"),
    ("messages_per_second", "1/s"),
]


def any_of(*patterns):
    """A pattern for what one of them matches."""
    return re.compile("|".join(p.pattern for p in patterns))


class Profile:
    """What a callgrind profile says of the code in files that match."""

    def __init__(self, path, ours):
        self.ours = ours
        self.names = {"f": {}, "fn": {}}
        self.file = self.function = self.callee = ""
        self.own = 0        # instructions of those files
        self.moves = 0      # calls that copy or fill memory, in all ...
        self.wrapping = 0   # ... instructions of the wrapper (host_bench.c)
        self.our_moves = 0  # ... calls from those files
        self.moving = 0     # ... what these cost, the wrapper's part too
        calls = 0
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if line[0] in "0123456789+-*":
                    self.cost(int(line.split()[1]), calls)
                    calls = 0
                elif line.startswith("calls="):
                    calls = int(line[6:].split()[0])
                else:
                    self.name(line)

    def name(self, line):
        """A line may say which file and function come now, or are called."""
        name = re.match(r"(c?)(fn|f)[lie]?=\((\d+)\)(?: (.*))?$", line)
        if not name:
            return
        of_callee, kind, number, text = name.groups()
        if text:
            self.names[kind][number] = text
        if kind == "fn" and of_callee:
            self.callee = self.names[kind][number]
        elif kind == "fn":
            self.function = self.names[kind][number]
        elif not of_callee:
            self.file = self.names[kind][number]

    def cost(self, count, calls):
        """A line's own cost, or that of so many calls it makes."""
        mine = self.ours.search(self.file) and self.function not in DISPATCH
        if calls == 0:
            self.own += count if mine else 0
            self.wrapping += count if WRAPPER.match(self.function) else 0
        elif WRAPPER.match(self.callee):
            self.moves += calls
            if mine:
                self.our_moves += calls
                self.moving += count
        elif mine and MEMSET.search(self.callee):
            self.moving += count

    def instructions(self):
        """All of them, the moves without the wrapper."""
        wrapper = self.wrapping / self.moves if self.moves else 0
        return self.own + self.moving - self.our_moves * wrapper


def copied(program, ours, sites):
    """Bytes that files which match had copied; sites: (address, bytes)."""
    if not sites:
        return 0
    answer = subprocess.run(
        ["llvm-symbolizer-19", "--obj=" + program, "--output-style=LLVM",
         "--functions=none"],
        input="".join(f"{int(a, 16) - 1:#x}\n" for a, _ in sites),
        capture_output=True, text=True, check=True).stdout
    places = answer.strip().split("\n\n")
    return sum(int(n) for (_, n), at in zip(sites, places)
               if any(ours.search(frame) for frame in at.split("\n")))


def run(program, ours, *args):
    """One run: what it counted, and instructions by kind of file."""
    command = [program, *map(str, args)]
    text = subprocess.run([*command, "copies"], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    words = [line.split() for line in text.splitlines()]
    counts = {w[0]: int(w[1]) for w in words if len(w) == 2}
    counts["bytes"] = copied(program, ours["driver"],
                             [w[1:] for w in words if w[0] == "copy"])
    with tempfile.TemporaryDirectory() as tmp:
        profile = os.path.join(tmp, "callgrind.out")
        subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind",
             f"--callgrind-out-file={profile}", *command],
            env={**os.environ, "GLIBC_TUNABLES": NO_STRINGS},
            stdout=subprocess.DEVNULL, check=True)
        for kind, files in ours.items():
            counts[kind] = Profile(profile, files).instructions()
    return counts


def steady(program, ours, short, long, *args):
    """What the rounds cost that a long run has more than a short one."""
    few = run(program, ours, *args, short)
    many = run(program, ours, *args, long)
    return {key: many[key] - few[key] for key in many}


# By suite of audio streams: program, files by kind.
OUR_FILES = {"driver": OURS, "all": any_of(LIBRARY, OURS, QUEUE)}
STREAMS = {
    "virtio_snd": ("kpi-bench", OUR_FILES),
    "virtio_snd_shared": ("kpi-bench", OUR_FILES),
    "virtio_snd_capture": ("kpi-bench", OUR_FILES),
    "virtio-drivers": ("kpi-bench-crate", {
        "driver": CRATE, "all": any_of(CRATE, CRATE_LIBRARY)}),
}


def measure_stream(folder, suite, frames, periods):
    """Cost per period in the steady state, by metric."""
    program, files = STREAMS[suite]
    cost = steady(os.path.join(folder, program), files, SHORT, LONG, suite,
                  frames, periods)
    return {metric: cost[key] / cost["periods"] for metric, key in METRICS}


def measure_bursts(folder, suite, ours, burst):
    """Cost per message in the steady state, by metric."""
    cost = steady(os.path.join(folder, "kpi-bench"), {"driver": ours},
                  SHORT // burst, LONG // burst, suite, burst, ACCESS_NS)
    each_way = cost["messages"]
    return {
        "mmio_reads_per_message": cost["receive_reads"] / each_way,
        "mmio_reads_per_sent_message": cost["send_reads"] / each_way,
        "mmio_writes_per_message": cost["send_writes"] / each_way,
        "allocations_per_message": cost["allocations"] / each_way,
        "instructions_per_message": cost["driver"] / (2 * each_way),
        "messages_per_second": 2 * each_way * 1e9 / cost["clock_ns"],
    }


def table(title, metrics, suite, cases):
    """Print a table of (case, costs) as they come; returns the rows."""
    print(f"{title:30}" + "".join(
        f"{metric.split('_per_')[0]:>15}" for metric, _ in metrics))
    rows = []
    for case, cost in cases:
        print(f"{case:30}" + "".join(
            f"{cost[metric]:15.2f}" for metric, _ in metrics), flush=True)
        rows += [{"suite": suite, "case": case, "metric": metric,
                  "value": round(cost[metric], 3), "unit": unit}
                 for metric, unit in metrics]
    return rows


def print_ratio(ours, theirs):
    """How our instructions stand to the crate's."""
    print("virtio_snd executes of virtio-drivers' instructions: " + ", ".join(
        f"{cost[METRICS[0][0]] / other[METRICS[0][0]]:.2f} ({case})"
        for (case, cost), (_, other) in zip(ours, theirs)))


def main():
    """Measure every case, print the tables, write the rows."""
    folder, output = sys.argv[1:]
    rows, streams = [], {}
    for suite, (program, _) in STREAMS.items():
        if not os.path.exists(os.path.join(folder, program)):
            continue
        costs = []
        rows += table(f"{suite}, per period", METRICS, suite, (
            costs.append((case, measure_stream(folder, suite, *geometry))) or
            costs[-1] for case, *geometry in CASES))
        streams[suite] = costs
    for suite, ours in ("apple_mbox", OURS), ("plain", PLAIN):
        rows += table(f"{suite}, per message", MBOX_METRICS, suite, (
            (f"burst{burst}", measure_bursts(folder, suite, ours, burst))
            for burst in BURSTS))
    with open(output, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")
    if "virtio-drivers" in streams:
        print_ratio(streams["virtio_snd"], streams["virtio-drivers"])


if __name__ == "__main__":
    main()
