#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a period of audio, or a coprocessor's message, costs the driver: tables,
and rows of JSON.

    bench.py PROGRAM OUTPUT.json

Runs PROGRAM (host_bench.c) under callgrind, twice per case, with different
numbers of periods or bursts: the difference is the steady state.  Instructions
count where the source line lies in drivers/, common/ or kpi/, inlined code
included; what the kernel, the model and sound(4) do is theirs.

Suite "plain" is what apple_mbox is compared with: a driver that reads the
status before every message and allocates memory for each (plain_mbox.c).  Both
exchange bursts of messages with a coprocessor, as many each way.  Reads and
allocations count per message received, writes per message sent, the other
metrics per message of either direction.  Time is that of the register accesses
alone, and what the kernel's malloc(9) executes counts for nobody.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

OURS = re.compile(r"(^|/)(drivers|common|kpi)/(?!tests/)")
SHORT, LONG = 200, 1200

# name, frames of a period at 48 kHz, periods of the buffer
CASES = [("1ms", 48, 64), ("5ms", 240, 16), ("10ms", 480, 4), ("40ms", 1920, 4)]

# What a register access is taken to cost.
ACCESS_NS = 500
BURSTS = [1, 4, 16]
PLAIN = re.compile(r"(^|/)tests/bench/plain_")

METRICS = [
    ("instructions_per_period", "instructions"),
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


def instructions(profile, ours):
    """Instructions of the files that match, in a callgrind profile."""
    names, current, total, skip = {}, "", 0, False
    with open(profile, encoding="utf-8") as lines:
        for line in lines:
            file = re.match(r"(c?)f[lie]=\((\d+)\)(?: (.*))?$", line)
            if file:
                of_callee, number, name = file.groups()
                if name:
                    names[number] = name
                if not of_callee:
                    current = names[number]
            elif line.startswith("calls="):
                skip = True  # the next line is the callee's cost
            elif line[0] in "0123456789+-*":
                if not skip and ours.search(current):
                    total += int(line.split()[1])
                skip = False
    return total


def copied(program, sites):
    """Bytes that our own files had copied; sites: (address, bytes)."""
    if not sites:
        return 0
    answer = subprocess.run(
        ["llvm-symbolizer-19", "--obj=" + program, "--output-style=GNU",
         "--functions=none", "--no-inlines"],
        input="".join(f"{int(a, 16) - 1:#x}\n" for a, _ in sites),
        capture_output=True, text=True, check=True).stdout.split()
    return sum(int(n) for (_, n), at in zip(sites, answer) if OURS.search(at))


def run(program, ours, *args):
    """One run: what it counted, instructions included."""
    with tempfile.TemporaryDirectory() as tmp:
        profile = os.path.join(tmp, "callgrind.out")
        text = subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind",
             f"--callgrind-out-file={profile}",
             program, *map(str, args)],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        words = [line.split() for line in text.splitlines()]
        counts = {w[0]: int(w[1]) for w in words if len(w) == 2}
        counts["instructions"] = instructions(profile, ours)
        counts["bytes"] = copied(program,
                                 [w[1:] for w in words if w[0] == "copy"])
        return counts


def steady(program, ours, short, long, *args):
    """What the rounds cost that a long run has more than a short one."""
    few = run(program, ours, *args, short)
    many = run(program, ours, *args, long)
    return {key: many[key] - few[key] for key in many}


def measure_stream(program, frames, periods):
    """Cost per period in the steady state, by metric."""
    cost = steady(program, OURS, SHORT, LONG, "virtio_snd", frames, periods)
    return {metric: cost[key] / cost["periods"] for metric, key in METRICS}


def measure_bursts(program, suite, ours, burst):
    """Cost per message in the steady state, by metric."""
    cost = steady(program, ours, SHORT // burst, LONG // burst, suite, burst,
                  ACCESS_NS)
    each_way = cost["messages"]
    return {
        "mmio_reads_per_message": cost["receive_reads"] / each_way,
        "mmio_reads_per_sent_message": cost["send_reads"] / each_way,
        "mmio_writes_per_message": cost["send_writes"] / each_way,
        "allocations_per_message": cost["allocations"] / each_way,
        "instructions_per_message": cost["instructions"] / (2 * each_way),
        "messages_per_second": 2 * each_way * 1e9 / cost["clock_ns"],
    }


def table(title, metrics, suite, cases):
    """Print a table of (case, costs) as they come; returns the rows."""
    print(f"{title:24}" + "".join(
        f"{metric.split('_per_')[0]:>15}" for metric, _ in metrics))
    rows = []
    for case, cost in cases:
        print(f"{case:24}" + "".join(
            f"{cost[metric]:15.2f}" for metric, _ in metrics), flush=True)
        rows += [{"suite": suite, "case": case, "metric": metric,
                  "value": round(cost[metric], 3), "unit": unit}
                 for metric, unit in metrics]
    return rows


def main():
    """Measure every case, print the tables, write the rows."""
    program, output = sys.argv[1:]
    rows = table("per period", METRICS, "virtio_snd", (
        (case, measure_stream(program, frames, periods))
        for case, frames, periods in CASES))
    for suite, ours in ("apple_mbox", OURS), ("plain", PLAIN):
        rows += table(f"{suite}, per message", MBOX_METRICS, suite, (
            (f"burst{burst}", measure_bursts(program, suite, ours, burst))
            for burst in BURSTS))
    with open(output, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
