#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Compare the lines that never ran with docs/evidence/coverage.md.

    coverage_list.py [--print] missing

missing: the lines that coverage.py lists, FILE:FIRST-LAST.  The list's tables
have a row for functions that do not run completely, each with so many lines
that never run:

  | `file` | `function`, ... | lines | why |

A method of Rust is called Type::method.  If the lines are reached only by
chance, the row says how many may be missing: "0-3".

Nothing may be missing, left over, or counted differently, and every row says
why.  With --print, prints rows for the missing functions, to be filled in.
"""

import argparse
import functools
import os
import re
import sys

from house_rules import without_comments

LIST = "docs/evidence/coverage.md"
CODE = re.compile(r"`([^`]+)`")
COUNT = re.compile(r"(?:(\d+)-)?(\d+)")
# In style(9) a function's name is at the start of a line.
C_FUNCTION = re.compile(r"^(\w+)\(")
RUST_FUNCTION = re.compile(r"\bfn\s+(\w+)|^macro_rules!\s+(\w+)")
RUST_OWNER = re.compile(r"^(?:pub\s+)?(?:unsafe\s+)?"
                        r"(?:impl\b(?:<.*?>)?\s+(?:.*\sfor\s+)?|trait\s+)"
                        r"(?:&(?:'\w+\s+)?(?:mut\s+)?)?(?:\w+::)*(\w+)")


@functools.cache
def functions(path):
    """The function that each line of a source file is in."""
    return list(function_by_line(path)) if os.path.exists(path) else []


def function_by_line(path):
    function = RUST_FUNCTION if path.endswith(".rs") else C_FUNCTION
    owner = item = ""
    with open(path, encoding="utf-8") as f:
        code = without_comments(f.read().splitlines())
    for line in code:
        if path.endswith(".rs") and (m := RUST_OWNER.match(line)):
            owner = m[1] + "::"
        if m := function.search(line):
            item = owner + next(g for g in m.groups() if g)
        yield item or "(top)"
        if line.startswith("}"):
            owner = item = ""


def never_ran(missing):
    """(file, function) to the ranges of its lines that never ran."""
    found = {}
    for line in missing:
        path, _, numbers = line.strip().rpartition(":")
        first, last = (int(n) for n in numbers.split("-"))
        found.setdefault((path, functions(path)[first - 1]), []).append(
            (first, last))
    return found


def read_list():
    """The rows: number of the line, and the cells."""
    with open(LIST, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("| `"):
                yield number, [c.strip() for c in line.strip()[1:-1].split("|")]


def count(ranges):
    return sum(last - first + 1 for first, last in ranges)


def shown(ranges):
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def lines(n):
    return "1 line" if n == 1 else f"{n} lines"


def check_row(cells, found, listed):
    """Yield what is wrong with a row.  Adds its functions to those listed."""
    if len(cells) != 4:
        yield "not a file, functions, lines, and why"
        return
    path = CODE.findall(cells[0])[0]
    items = CODE.findall(cells[1])
    listed.update((path, item) for item in items)
    if not cells[3]:
        yield "no reason"
    number = COUNT.fullmatch(cells[2])
    if not number:
        yield "no number of lines"
        return
    most = int(number[2])
    least = int(number[1] or most)
    for item in items:
        n = count(found.get((path, item), []))
        if item not in functions(path):
            yield f"{path}: there is no {item}"
        elif n == 0 and least != 0:
            yield f"{path}: {item}: all of it ran"
        elif not least <= n <= most:
            yield f"{path}: {item}: {lines(n)} never ran, not {cells[2]}"


def complaints(found, listed):
    for number, cells in read_list():
        for problem in check_row(cells, found, listed):
            yield f"{LIST}:{number}: {problem}"
    for key, ranges in found.items():
        if key not in listed:
            path, item = key
            yield (f"{path}: {item}: {shown(ranges)} never ran: it wants a "
                   f"test, or a row in {LIST}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--print", action="store_true")
    parser.add_argument("missing")
    args = parser.parse_args()
    with open(args.missing, encoding="utf-8") as f:
        found = never_ran(f)
    listed = set()
    problems = list(complaints(found, listed))
    if args.print:
        for (path, item), ranges in found.items():
            if (path, item) not in listed:
                print(f"| `{path}` | `{item}` | {count(ranges)} | |")
        return 0
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
