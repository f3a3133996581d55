#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Say what another FreeBSD changes for the project, in one screen.

Takes three files of facts_probe.py for each machine: the facts of the test
kernel's headers today, those recorded of FreeBSD, and those of the other
FreeBSD's headers.  The last two are named VERSION-MACHINE.txt.

A recorded name counts while the sources use it or the test kernel offers it.
Prints a line for each name that differs, with the machines and the first source
that uses it.  Names that do not compile come first, then names that the sources
use, then the others; of each kind, those with the most weight come first.
Status 1 if anything differs.
"""

import argparse
import os
import re
import sys

from facts_compare import NOTHING, WORDS, differences, read, title
from house_rules import without_comments

# The largest number of lines.  The first lines matter most.
LINES = 60
COMPILE, GONE, SIGNATURE, LAYOUT, VALUE = range(5)
LABELS = ["does not compile", "gone", "other signature",
          "moved or other size", "other value"]
WEIGHTS = {"sizeof": LAYOUT, "offsetof": LAYOUT, "constant": VALUE}
METHOD = re.compile(r"METHOD\(\s*(\w+)")
# This name differs between any two versions.  The heading states it.
VERSION = "__FreeBSD_version"


def words_of(path):
    """The words of a source, name## of name##parameter, and the types of the
    methods that it implements."""
    with open(path, encoding="utf-8") as f:
        code = "\n".join(without_comments(f.read().splitlines()))
    return set(re.findall(r"\w+(?:##)?", code)) | {
        f"{method}_t" for method in METHOD.findall(code)}


def users(name, used, sources):
    """The sources that use a name.  A field is looked for in sources that name
    its struct, otherwise in all: a source may have the struct by another name.
    A used name that no source contains was made with ##."""
    words = name.split(".")
    starts = {f"{name[:end]}##" for end in range(len(name)) if name in used}
    return [path for path, said in sources if said.issuperset(words)] or \
        [path for path, said in sources if words[-1] in said] or \
        [path for path, said in sources if said & starts]


def without_common(a, b):
    """Two types, without the arguments that are the same at the start and at
    the end."""
    a, b = a.split(", "), b.split(", ")
    head = len(os.path.commonprefix([a, b]))
    tail = len(os.path.commonprefix([a[head:][::-1], b[head:][::-1]]))
    for words in a, b:
        words[len(words) - tail:] = ["..."] * (tail > 0)
        words[:head] = ["..."] * (head > 0)
    return ", ".join(a), ", ".join(b)


def changes(test, old, new):
    """Yield (weight, name, what changed), once for each name."""
    for place, facts in new.items():
        if "error" in facts:
            yield COMPILE, place, facts["error"]
    found = {}
    known = {name: facts for name, facts in old.items()
             if name in test and name != VERSION}
    for kind, name, a, b in differences(known, new):
        weight = GONE if b == NOTHING else WEIGHTS.get(kind, SIGNATURE)
        text = a if b == NOTHING else f"{a}, now {b}"
        if kind in WORDS:
            word = f"{WORDS[kind]} "
            text = word + ", now ".join(without_common(
                a.removeprefix(word), b.removeprefix(word)))
        found.setdefault(name, []).append((weight, text))
    for name, what in found.items():
        yield min(what)[0], name, "; ".join(text for _, text in sorted(what))


def number(facts):
    return facts.get(VERSION, {}).get("constant", "no version")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--sources", nargs="+", required=True)
    args = parser.parse_args()
    sources = [(path, words_of(path)) for path in args.sources]
    found, used = {}, set()
    for files in zip(args.files[::3], args.files[1::3], args.files[2::3]):
        test, old, new = map(read, files)
        (was, machine), (now, _) = (title(f).rsplit(" ", 1) for f in files[1:])
        used |= {name for name, facts in test.items() if "used" in facts}
        for change in changes(test, old, new):
            found.setdefault(change, []).append(machine)

    lines = []
    names, ours, errors = set(), set(), set()
    for (weight, name, what), machines in found.items():
        place = ""
        if weight == COMPILE:
            errors.add(name)
        else:
            names.add(name)
            where = users(name, used, sources)
            place = "; test kernel only"
            if where:
                ours.add(name)
                place = f"; {where[0]}"
            if len(where) > 1:
                place += f" and {len(where) - 1} more"
        lines.append((name in names - ours, weight, name,
                      f"{LABELS[weight]}: {name}: {what} "
                      f"[{' '.join(machines)}{place}]"))
    lines.sort()
    print(f"{was} ({number(old)}, recorded) and {now} ({number(new)}):")
    for line in lines[:LINES]:
        print(line[-1])
    if len(lines) > LINES:
        print(f"... and {len(lines) - LINES} more")
    print(f"{len(names)} names differ, {len(ours)} of them used by the "
          f"sources; compile errors: {len(errors)}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
