#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Count the lines that ran in an lcov file, per file of common/, kpi/src/ and
drivers/, without tests.

    coverage.py --min percent --root dir --json rows --missing list lcov

Prints a table and writes it as rows.  The list has the lines that never ran, as
FILE:FIRST-LAST.  Status 1 if less than --min percent of all lines ran.
"""

import argparse
import json
import os
import sys

FOLDERS = ("common/", "kpi/src/", "drivers/")


def wanted(path):
    return path.startswith(FOLDERS) and "_test." not in path


def read(lcov, root):
    """File to {line: count}.  A line of several programs is counted once, with
    the sum of their counts."""
    files = {}
    lines = None
    for text in lcov:
        key, _, value = text.strip().partition(":")
        if key == "SF":
            path = os.path.relpath(os.path.join(root, value), root)
            lines = files.setdefault(path, {}) if wanted(path) else None
        elif key == "DA" and lines is not None:
            number, count = (int(n) for n in value.split(",")[:2])
            lines[number] = lines.get(number, 0) + count
    return files


def ranges(numbers):
    """Runs of consecutive numbers."""
    first = last = None
    for n in numbers:
        if last is not None and n == last + 1:
            last = n
            continue
        if first is not None:
            yield first, last
        first = last = n
    if first is not None:
        yield first, last


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--min", type=float, required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--json", required=True)
    parser.add_argument("--missing", required=True)
    parser.add_argument("lcov")
    args = parser.parse_args()

    with open(args.lcov, encoding="utf-8") as f:
        files = read(f, args.root)
    if not files:
        sys.exit("coverage.py: no file of the project in " + args.lcov)
    rows = []
    all_ran = all_lines = 0
    with open(args.missing, "w", encoding="utf-8") as missing:
        for path, lines in sorted(files.items()):
            ran = sum(1 for count in lines.values() if count)
            all_ran += ran
            all_lines += len(lines)
            rows.append({"suite": "coverage", "case": path, "lines": len(lines),
                         "ran": ran})
            print(f"{path:44} {ran:6} of {len(lines):6} lines "
                  f"{100 * ran / len(lines):6.1f} %")
            never = sorted(n for n, count in lines.items() if not count)
            for first, last in ranges(never):
                missing.write(f"{path}:{first}-{last}\n")
    percent = 100 * all_ran / all_lines
    print(f"{'all':44} {all_ran:6} of {all_lines:6} lines {percent:6.1f} %")
    rows.append({"suite": "coverage", "case": "all", "lines": all_lines,
                 "ran": all_ran})
    with open(args.json, "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    if percent < args.min:
        print(f"coverage: less than {args.min:g} % of the lines ran",
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
