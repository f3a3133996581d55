#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a period of audio costs the driver: a table, and rows of JSON.

    bench.py PROGRAM OUTPUT.json

Runs PROGRAM (host_bench.c) under callgrind, twice per case, with different
numbers of periods: the difference is the steady state.  Instructions count
where the source line lies in drivers/, common/ or kpi/, inlined code included;
what the kernel, the model and sound(4) do is theirs.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

SUITE = "virtio_snd"
OURS = re.compile(r"(^|/)(drivers|common|kpi)/(?!tests/)")
SHORT, LONG = 200, 1200

# name, frames of a period at 48 kHz, periods of the buffer
CASES = [("1ms", 48, 64), ("5ms", 240, 16), ("10ms", 480, 4), ("40ms", 1920, 4)]

METRICS = [
    ("instructions_per_period", "instructions"),
    ("kicks_per_period", "kicks"),
    ("interrupts_per_period", "interrupts"),
    ("allocations_per_period", "allocations"),
    ("bytes_copied_per_period", "bytes"),
]


def ours(path):
    """Whether a source file is the driver's."""
    return OURS.search(path) is not None


def instructions(profile):
    """Instructions of our own files in a callgrind profile."""
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
                if not skip and ours(current):
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
    return sum(int(n) for (_, n), at in zip(sites, answer) if ours(at))


def run(program, frames, periods, count):
    """One run: what it counted, instructions included."""
    with tempfile.TemporaryDirectory() as tmp:
        profile = os.path.join(tmp, "callgrind.out")
        text = subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind",
             f"--callgrind-out-file={profile}",
             program, str(frames), str(periods), str(count)],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        words = [line.split() for line in text.splitlines()]
        counts = {w[0]: int(w[1]) for w in words if len(w) == 2}
        counts["instructions"] = instructions(profile)
        counts["bytes"] = copied(program,
                                 [w[1:] for w in words if w[0] == "copy"])
        return counts


def measure(program, frames, periods):
    """Cost per period in the steady state, by metric."""
    short = run(program, frames, periods, SHORT)
    long = run(program, frames, periods, LONG)
    played = long["periods"] - short["periods"]
    return {metric: (long[key] - short[key]) / played
            for metric, key in METRICS}


def main():
    """Measure every case, print the table, write the rows."""
    program, output = sys.argv[1:]
    rows = []
    print(f"{'per period':12}" + "".join(
        f"{metric.removesuffix('_per_period'):>15}" for metric, _ in METRICS))
    for case, frames, periods in CASES:
        cost = measure(program, frames, periods)
        print(f"{case:12}" + "".join(
            f"{cost[metric]:15.2f}" for metric, _ in METRICS), flush=True)
        rows += [{"suite": SUITE, "case": case, "metric": metric,
                  "value": round(cost[metric], 3), "unit": unit}
                 for metric, unit in METRICS]
    with open(output, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
