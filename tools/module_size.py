#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Say how large a linked module is, and how large each family of its code.

It reads the map that ld.lld wrote beside the object.  Counted is what size(1)
calls text: allocated sections that cannot be written, code and read-only data.

Appends a row for the whole to a file of JSON rows, and a line of a table of
Markdown to another file.
"""

import argparse
import collections
import json
import re
import subprocess

FAMILIES = ("C, driver", "C layer", "Rust, driver", "Rust, kpi", "core",
            "read-only data")

OUTPUT = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+) +\d+ (\S+)$")
INPUT = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+) +\d+ {9}(\S+):\((.*)\)$")


def read_only(llvm, path):
    """The sections that size(1) counts as text, name to whether it is code."""
    sections = {}
    text = subprocess.run([f"{llvm}/llvm-readelf", "-S", "-W", path],
                          check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    for line in text.splitlines():
        match = re.match(r"\s*\[\s*\d+\]\s+(\S+)\s+(\S+)\s+\S+\s+\S+\s+"
                         r"[0-9a-f]+\s+\S+\s+([A-Za-z]*)", line)
        if (match and match[2] != "NOBITS" and "A" in match[3]
                and "W" not in match[3]):
            sections[match[1]] = "X" in match[3]
    return sections


def family(path, code):
    """The family of an input section, of the file at path."""
    name = path.rsplit("/", maxsplit=1)[-1]
    if not code:
        return "read-only data"
    if name == "core.o":
        return "core"
    if "/rust/" in path:
        return "Rust, kpi" if name == "kpi.o" else "Rust, driver"
    return "C layer" if name.startswith("kpi_") else "C, driver"


def measure(llvm, path):
    """Family to bytes."""
    sections = read_only(llvm, path)
    sizes = collections.Counter()
    output = None
    with open(path + ".map", encoding="utf-8") as f:
        for line in f:
            if match := INPUT.match(line):
                if output in sections:
                    sizes[family(match[2], sections[output])] += int(
                        match[1], 16)
            elif match := OUTPUT.match(line):
                output = match[2]
    return sizes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--llvm", required=True)
    parser.add_argument("--rows", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("target")
    parser.add_argument("module")
    parser.add_argument("object")
    args = parser.parse_args()
    sizes = measure(args.llvm, args.object)
    total = sum(sizes.values())
    with open(args.rows, "a", encoding="utf-8") as f:
        f.write(json.dumps({"suite": args.target, "case": args.module,
                            "metric": "text_bytes", "value": total,
                            "unit": "bytes"}) + "\n")
    machine = "arm64" if args.target.startswith("aarch64") else "amd64"
    cells = [args.module, machine, f"{total:,}"]
    cells += [f"{sizes[name]:,}" for name in FAMILIES]
    with open(args.table, "a", encoding="utf-8") as f:
        f.write("| " + " | ".join(cells) + " |\n")


if __name__ == "__main__":
    main()
