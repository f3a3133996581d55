#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Measure what a period of audio, or a message of a coprocessor, costs a
driver.  Prints tables and writes rows of JSON.

    bench.py FOLDER OUTPUT.json [BEFORE]

Runs the programs kpi-bench and kpi-bench-crate of a folder (host_bench.c), by
themselves and under callgrind.  Each case runs with two numbers of periods or
bursts; the difference is the steady state.  Instructions belong to the file
that their source line is in, also where the code is inlined elsewhere.

A period's instructions are those of all layers of the driver, and of the
virtqueues.  For virtio_snd(4) these are drivers/, common/, kpi/ and
virtqueue.c.  For the virtio-drivers crate they are its sources, virtqueues
among them, and Rust's library.  If this code copies memory or fills it with
zeros, the instructions and bytes count as well.  Code below and above does not
count: the device's model, sound(4) or the program that plays, the allocator,
the functions that pass an interrupt to the driver's handler, and the test
kernel's search for misuse.

Serialising instructions are those that make a processor wait for its stores:
with a lock prefix, an exchange with memory, a fence.  They are found by
disassembling what was executed, and count in all functions of the same files,
with all that is inlined there.  A mutex's functions are the test kernel's own:
each call that takes or releases a mutex counts as one, as FreeBSD's are one
compare-and-swap each.  (The release of a spin mutex is a store there.)

BEFORE is a folder with kpi-bench of an earlier commit (tools/bench-before.sh).
It is measured as the suites "before" and "before_shared".

Our driver is compiled with INVARIANTS and Rust's
checks of arithmetic, the crate as cargo compiles a release.

The crate plays by pcm_xfer_nb(), with as many periods in flight as the buffer
has, but at most 32.  Its pcm_xfer() would wait by polling and leave a gap after
each buffer.  It does not record.

Suite "plain" is the driver with which apple_mbox is compared: it reads the
status before every message and allocates memory for each (plain_mbox.c).  Both
drivers exchange bursts of messages with a coprocessor, as many in each
direction.  Reads and allocations count per received message, writes per sent
message, the other metrics per message of either direction.  Instructions are
those of drivers/, common/ and kpi/, or of the plain driver.  Time is that of
the register accesses alone.

Suite "memory" says what is in use for a card and for a coprocessor, at rest and
at work.  A card has a stream for each direction, and plays at work.  An
allocation belongs to a driver if the first function outside the test kernel that
called for it is in drivers/, common/ or kpi/: what sound(4) and the bus allocate
for a card is not counted, and the softc is the bus's.  DMA memory counts in pages
where FreeBSD hands out pages.  A stack is that of a thread that the driver has
made.  The row of a stream at rest is by how much a card has more that has one
stream more; at work, by how much it has more than at rest.
"""

import functools
import json
import os
import re
import subprocess
import sys
import tempfile

OURS = re.compile(r"(^|/)(drivers|common|kpi)/(?!tests/)")
LIBRARY = re.compile(r"/library/(core|alloc)/")
QUEUE = re.compile(r"(^|/)tests/kern/(virtio/)?virtqueue\.c$")
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
# Functions that pass an interrupt on to the handler.
DISPATCH = {"virtqueue_intr", "virtqueue_intr_filter"}

# Calls that are one compare-and-swap in FreeBSD.
MUTEX = re.compile(r"__mtx_(lock|unlock|lock_spin)_flags$")
# An instruction of the disassembler's that serialises.
SERIALISING = re.compile(r"\s*([0-9a-f]+):\s+"
                         r"(lock\b|xchg[bwlq]?\s.*\(|[mls]fence\b)")

SHORT, LONG = 192, 1152

# name, frames per period at 48 kHz, periods in the buffer
CASES = [("1ms", 48, 64), ("5ms", 240, 16), ("10ms", 480, 4), ("40ms", 1920, 4)]

# The assumed cost of a register access.
ACCESS_NS = 500
BURSTS = [1, 4, 16]

METRICS = [
    ("instructions_per_period", "all"),
    ("serialising_instructions_per_period", "serialising"),
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


MEMORY_METRICS = [
    ("malloc_bytes", "bytes"),
    ("dma_bytes", "bytes"),
    ("stack_bytes", "bytes"),
    ("memory_bytes", "bytes"),
    ("dma_tags_and_maps", "objects"),
]
HELD = {"malloc_bytes": "malloc", "dma_bytes": "dma", "stack_bytes": "stack",
        "dma_tags_and_maps": "object"}
# The test kernel without sound(4), which is not skipped but allocates.
KERNEL = re.compile(r"(^|/)tests/(kern/(?!sound/)|bench/bench_held\.c)")


def any_of(*patterns):
    """A pattern that matches what any of them matches."""
    return re.compile("|".join(p.pattern for p in patterns))


@functools.cache
def serialising(program):
    """The addresses of a program's serialising instructions."""
    with subprocess.Popen(
            ["llvm-objdump-19", "--disassemble", "--no-show-raw-insn",
             program], stdout=subprocess.PIPE, text=True) as tool:
        found = (SERIALISING.match(line) for line in tool.stdout)
        return {int(match.group(1), 16) for match in found if match}


class Profile:
    """The cost in a callgrind profile of the code in files that match."""

    def __init__(self, path, ours, heavy):
        self.ours = ours
        self.heavy = heavy  # addresses of serialising instructions
        self.names = {"f": {}, "fn": {}}
        self.file = self.home = self.function = self.callee = ""
        self.own = 0        # instructions of those files
        self.serialising = 0
        self.moves = 0      # calls that copy or fill memory, in all ...
        self.wrapping = 0   # ... instructions of the wrapper (host_bench.c)
        self.our_moves = 0  # ... calls from those files
        self.moving = 0     # ... what these cost, the wrapper's part too
        calls = 0
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("0x"):
                    address, _, count = line.split()[:3]
                    self.cost(int(address, 16), int(count), calls)
                    calls = 0
                elif line.startswith("calls="):
                    calls = int(line[6:].split()[0])
                else:
                    self.name(line)

    def name(self, line):
        """Note the file or function that a line names: current, or called."""
        name = re.match(r"(c?)(fn|f)([lie]?)=\((\d+)\)(?: (.*))?$", line)
        if not name:
            return
        of_callee, kind, which, number, text = name.groups()
        if text:
            self.names[kind][number] = text
        if kind == "fn" and of_callee:
            self.callee = self.names[kind][number]
        elif kind == "fn":
            self.function = self.names[kind][number]
        elif not of_callee:
            self.file = self.names[kind][number]
            if which == "l":
                self.home = self.file

    def cost(self, address, count, calls):
        """Add the cost of an instruction, or that of the calls it makes."""
        if self.function in DISPATCH:
            return
        mine = self.ours.search(self.file)
        if calls != 0:
            self.call(count, calls, mine)
            return
        self.own += count if mine else 0
        self.wrapping += count if WRAPPER.match(self.function) else 0
        if address in self.heavy and self.ours.search(self.home):
            self.serialising += count

    def call(self, count, calls, mine):
        """Add calls, whose cost with all that they call is count."""
        if WRAPPER.match(self.callee):
            self.moves += calls
            if mine:
                self.our_moves += calls
                self.moving += count
        elif mine and MEMSET.search(self.callee):
            self.moving += count
        elif MUTEX.match(self.callee) and self.ours.search(self.home):
            self.serialising += calls

    def instructions(self):
        """All instructions; those of moves without their wrapper's."""
        wrapper = self.wrapping / self.moves if self.moves else 0
        return self.own + self.moving - self.our_moves * wrapper


def copied(program, ours, sites):
    """How many bytes the matching files copied; sites: (address, bytes)."""
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
    """Run once: the program's counters, and instructions by kind of file."""
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
             "--dump-instr=yes", "--compress-pos=no",
             f"--callgrind-out-file={profile}", *command],
            env={**os.environ, "GLIBC_TUNABLES": NO_STRINGS,
                 "KERN_FIBERS": "0"},
            stdout=subprocess.DEVNULL, check=True)
        for kind, files in ours.items():
            cost = Profile(profile, files, serialising(program))
            counts[kind] = cost.instructions()
        counts["serialising"] = cost.serialising
    return counts


def steady(program, ours, short, long, *args):
    """The cost of the rounds by which a long run exceeds a short one."""
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


# The suites of an earlier commit, and those that they are measured as.
BEFORE = {"before": "virtio_snd", "before_shared": "virtio_snd_shared"}


def measure_stream(folder, suite, frames, periods):
    """Cost per period in the steady state, by metric."""
    suite = BEFORE.get(suite, suite)
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


def symbolized(program, addresses):
    """The files of each address, and of what is inlined there, by address."""
    addresses = sorted(addresses)
    answer = subprocess.run(
        ["llvm-symbolizer-19", "--obj=" + program, "--output-style=LLVM",
         "--functions=none"],
        input="".join(f"{int(a, 16) - 1:#x}\n" for a in addresses),
        capture_output=True, text=True, check=True).stdout
    return dict(zip(addresses, (text.split("\n")
                                for text in answer.strip().split("\n\n"))))


def is_drivers(chain, files):
    """Whether a driver has asked for what was allocated by these calls."""
    for address in chain:
        for frame in files[address]:
            if not KERNEL.search(frame):
                return bool(OURS.search(frame))
    return False


def measure_memory(folder, *args):
    """What the drivers have in use, by metric."""
    program = os.path.join(folder, "kpi-bench")
    text = subprocess.run([program, *map(str, args)], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    held = [line.split()[1:] for line in text.splitlines()
            if line.startswith("held ")]
    files = symbolized(program, {a for _, _, *chain in held for a in chain})
    sums = {kind: 0 for kind in HELD.values()}
    for kind, count, *chain in held:
        if is_drivers(chain, files):
            sums[kind] += int(count)
    cost = {metric: sums[kind] for metric, kind in HELD.items()}
    cost["memory_bytes"] = sum(
        cost[metric] for metric, unit in MEMORY_METRICS[:3])
    return cost


def memory_cases(folder):
    """Cases of memory, and their costs."""
    def card(playback, capture, working):
        return measure_memory(folder, "memory_card", playback, capture,
                              working)

    def more(cost, base):
        return {metric: cost[metric] - base[metric] for metric in cost}

    rest = card(1, 1, 0)
    yield "card_rest", rest
    yield "playback_rest", more(card(2, 1, 0), rest)
    yield "capture_rest", more(card(1, 2, 0), rest)
    yield "smc_rest", measure_memory(folder, "memory_smc", 0, 0, 0)
    # By how much a stream at work has more than at rest.
    work = card(1, 1, 1)
    yield "card_work", work
    yield "playback_work", more(work, rest)
    yield "capture_work", more(card(0, 1, 1), card(0, 1, 0))
    yield "smc_work", measure_memory(folder, "memory_smc", 0, 0, 1)


def table(title, metrics, suite, cases):
    """Print a table of (case, costs) while they are measured; returns rows."""
    print(f"{title:30}" + "".join(
        f"{metric.split('_per_')[0].removesuffix('_instructions'):>15}"
        for metric, _ in metrics))
    rows = []
    for case, cost in cases:
        print(f"{case:30}" + "".join(
            f"{cost[metric]:15.2f}" for metric, _ in metrics), flush=True)
        rows += [{"suite": suite, "case": case, "metric": metric,
                  "value": round(cost[metric], 3), "unit": unit}
                 for metric, unit in metrics]
    return rows


def print_ratio(ours, theirs):
    """Print our instructions as a fraction of the crate's."""
    print("virtio_snd executes of virtio-drivers' instructions: " + ", ".join(
        f"{cost[METRICS[0][0]] / other[METRICS[0][0]]:.2f} ({case})"
        for (case, cost), (_, other) in zip(ours, theirs)))


def print_memory_ratio(rows):
    """Print our memory as a fraction of that of before, if there is one."""
    ours, before = ({row["case"]: row["value"] for row in rows
                     if row["suite"] == suite and row["metric"] == "memory_bytes"}
                    for suite in ("memory", "memory_before"))
    if before:
        print("memory, of that of before: " + ", ".join(
            f"{ours[case] / before[case]:.2f} ({case})"
            for case in ours if case.endswith("_rest")))


def main():
    """Measure every case, print the tables, write the rows."""
    folder, output, *before = sys.argv[1:]
    suites = [(suite, folder) for suite in STREAMS]
    suites += [(suite, before[0]) for suite in BEFORE if before]
    rows, streams = [], {}
    for suite, place in suites:
        program = STREAMS[BEFORE.get(suite, suite)][0]
        if not os.path.exists(os.path.join(place, program)):
            continue
        costs = []
        rows += table(f"{suite}, per period", METRICS, suite, (
            costs.append((case, measure_stream(place, suite, *geometry))) or
            costs[-1] for case, *geometry in CASES))
        streams[suite] = costs
    for suite, ours in ("apple_mbox", OURS), ("plain", PLAIN):
        rows += table(f"{suite}, per message", MBOX_METRICS, suite, (
            (f"burst{burst}", measure_bursts(folder, suite, ours, burst))
            for burst in BURSTS))
    for suite, place in zip(("memory", "memory_before"), [folder, *before]):
        rows += table(suite, MEMORY_METRICS, suite, memory_cases(place))
    with open(output, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")
    if "virtio-drivers" in streams:
        print_ratio(streams["virtio_snd"], streams["virtio-drivers"])
    print_memory_ratio(rows)


if __name__ == "__main__":
    main()
