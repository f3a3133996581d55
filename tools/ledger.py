#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Compare the sources' unchecked assumptions with docs/evidence/safety.md.

Its tables have one row each for

- functions or impls in Rust outside kpi/ that contain `unsafe`, each so often:
  | `file` | `item`, ... | how often | what must hold | ensured by |
- a file of kpi/src, and, with the first two cells empty, more of the same file:
  | `file` | how often | what must hold | ensured by |
- functions that a C header declares, `*` standing for anything:
  | `function`, ... | what it assumes | ensured by |

Nothing may be missing, left over, or counted differently.  The last cell names,
as code, what ensures the assumption, and each name must exist: a test case, a
rule of the test kernel, an assertion, a Rust type, or a C function, whose own
row continues.  If nothing ensures it, the cell begins with "unchecked:".
Assumptions of Rust must hold in a release kernel, so a row of Rust must not
name only assertions and rules of the debug kernel.

With --print, prints rows for the missing items, to be filled in.
"""

import argparse
import fnmatch
import re
import subprocess
import sys

from house_rules import without_comments

LEDGER = "docs/evidence/safety.md"
CODE = re.compile(r"`([^`]+)`")
# Not types of functions and attributes, which do nothing by themselves.
UNSAFE = re.compile(r"\bunsafe\s*(?:\{|\bimpl\b|\btrait\b|"
                    r"\b(?:extern\s+)?fn\s+[\w$])")
ITEM = re.compile(r"\bfn\s+(\w+)|"
                  r"^\s*(?:unsafe\s+)?impl\b(?:<[^>]*>)?\s+(.*?)\s*"
                  r"(?:\{|\bwhere\b|$)|"
                  r"macro_rules!\s+(\w+)")
PROTOTYPE = re.compile(r"^(?!typedef\b|static\b|extern\b)[a-z][\w\s*]*?"
                       r"[\s*](\w+)\(|^KPI_SDT_DECLARE\d\((\w+)", re.M)
CASE = re.compile(r"\b(?:TK_CASE\w*|TWIN_CASE\w*|EACH_KIND|TWINS)\((\w+)")
RUST_CASE = re.compile(r"^ {4}(?:threaded true )?fn (\w+)\(\) \{", re.M)
RULE = re.compile(r'\btk_stop(?:_at)?\([^";]*"([^"]+)"')
DEBUG_RULE = re.compile(r'\btk_debug_stop\([^";]*"([^"]+)"')
RUST_TYPE = re.compile(r"\b(?:struct|enum|trait|type|union)\s+(\w+)")
ASSERTIONS = {"KASSERT", "KPI_SLEEPABLE"}


def git_files(*patterns):
    out = subprocess.run(["git", "ls-files", "--", *patterns],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    return out.split()


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def code_of(path):
    return without_comments(read(path).splitlines())


def unsafe_items(path):
    """Map each item of a Rust file to how often it contains unsafe."""
    found = {}
    item = "(top)"
    for line in code_of(path):
        m = ITEM.search(line)
        if m:
            item = next(g for g in m.groups() if g)
        count = len(UNSAFE.findall(line))
        if count:
            found[item] = found.get(item, 0) + count
    return found


def wanted_rust():
    return {(path, item): count
            for path in git_files("drivers/*.rs", "examples/*.rs")
            for item, count in unsafe_items(path).items()}


def wanted_kpi():
    totals = {path: sum(unsafe_items(path).values())
              for path in git_files("kpi/src/*.rs")}
    return {path: count for path, count in totals.items() if count}


def wanted_c():
    """Functions that the headers declare."""
    found = set()
    for path in git_files("common/*.h", "drivers/*.h"):
        if path.endswith("_reg.h") or "/tests/" in path:
            continue
        contracts = "\n".join(code_of(path)).partition("#ifndef KPI_BINDGEN")[0]
        found.update(m[1] or m[2] for m in PROTOTYPE.finditer(contracts))
    return found


class Ledger:
    """The rows by their subject, each with its line number at the end."""

    def __init__(self):
        self.rust = {}          # (path, item): (count, line)
        self.kpi = {}           # path: (count, line)
        self.c = []             # (pattern, line)
        self.seen_to = []       # (cell, line, whether of Rust)
        for number, line in enumerate(read(LEDGER).splitlines(), 1):
            if line.startswith("| `") or line.startswith("| |"):
                self.add([c.strip() for c in line.strip("| ").split("|")],
                         number)

    def add(self, cells, number):
        # A row that continues a file has lost its empty first cells to strip().
        names = CODE.findall(cells[0])
        if len(cells) == 5:
            for item in CODE.findall(cells[1]):
                self.rust[names[0], item] = (int(cells[2]), number)
        elif len(cells) == 4:
            self.kpi["kpi/src/" + names[0]] = (int(cells[1]), number)
        elif len(cells) == 3:
            self.c += [(name, number) for name in names]
        self.seen_to.append((cells[-1], number, len(cells) != 3))


def rules(pattern):
    return {rule for path in git_files("tests/kern/*.c")
            for rule in pattern.findall(read(path))}


def debug_names():
    """Names of checks that a release kernel does not have."""
    return ASSERTIONS | (rules(DEBUG_RULE) - rules(RULE))


def known():
    """All names that may stand in the last cell of a row."""
    names = ASSERTIONS | wanted_c() | rules(RULE) | rules(DEBUG_RULE)
    for path in git_files("*_test.c"):
        names.update(CASE.findall(read(path)))
    for path in git_files("kpi/tests/*_test.rs"):
        names.update(RUST_CASE.findall(read(path)))
    for path in git_files("kpi/src/*.rs", "drivers/*.rs"):
        names.update(RUST_TYPE.findall(read(path)))
    return names


def compare_counts(rows, wanted, name):
    for key, count in wanted.items():
        said, number = rows.get(key, (None, 0))
        if said is None:
            yield f"{name(key)}: unsafe, and not in {LEDGER}"
        elif said != count:
            yield (f"{LEDGER}:{number}: {name(key)} says unsafe {count} times, "
                   f"not {said}")
    for key, (_, number) in rows.items():
        if key not in wanted:
            yield f"{LEDGER}:{number}: {name(key)}: there is no unsafe"


def compare_c(rows, wanted):
    for pattern, number in rows:
        if not fnmatch.filter(wanted, pattern):
            yield f"{LEDGER}:{number}: no header declares {pattern}"
    for function in sorted(wanted):
        if not any(fnmatch.fnmatch(function, p) for p, _ in rows):
            yield f"{function}: not in {LEDGER}"


def check_seen_to(cells):
    names = known()
    debug = debug_names()
    for cell, number, of_rust in cells:
        if cell.startswith("unchecked: "):
            continue
        if not CODE.search(cell):
            yield f"{LEDGER}:{number}: nobody sees to it"
        elif of_rust and debug.issuperset(CODE.findall(cell)):
            yield f"{LEDGER}:{number}: only a debug kernel sees to it"
        for name in CODE.findall(cell):
            if name not in names:
                yield (f"{LEDGER}:{number}: no test, rule, assertion or type "
                       f"{name}")


def complaints():
    ledger = Ledger()
    yield from compare_counts(ledger.rust, wanted_rust(), ": ".join)
    yield from compare_counts(ledger.kpi, wanted_kpi(), str)
    yield from compare_c(ledger.c, wanted_c())
    yield from check_seen_to(ledger.seen_to)


def print_missing():
    ledger = Ledger()
    for (path, item), count in wanted_rust().items():
        if (path, item) not in ledger.rust:
            print(f"| `{path}` | `{item}` | {count} | | |")
    for path, count in wanted_kpi().items():
        if path not in ledger.kpi:
            print(f"| `{path.removeprefix('kpi/src/')}` | {count} | | |")
    patterns = [pattern for pattern, _ in ledger.c]
    for function in sorted(wanted_c()):
        if not any(fnmatch.fnmatch(function, p) for p in patterns):
            print(f"| `{function}` | | |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--print", action="store_true",
                        help="print rows for what is missing")
    if parser.parse_args().print:
        print_missing()
        return 0
    found = list(complaints())
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
