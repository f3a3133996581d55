#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Compare the facts of the test kernel's headers with those of FreeBSD's.

Takes pairs of files of facts_probe.py, the test kernel's and FreeBSD's, the
latter named VERSION-MACHINE.txt, and prints a line for each fact that differs.

A name may be a function in one and a macro in the other.  Two functions are
compared by type, also if macros lead to them.  Otherwise the result and the
number of arguments are compared.  If a typedef may differ, its meaning may also
differ inside other types.

A name that the sources use must be the same on every machine.  A name that the
test kernel only offers must be the same on one.  With --recorded, such a name
may be missing in the recorded facts: it is new, and only FreeBSD's headers have
it.

The file of allowed differences has a line "KIND NAME reason" for each.  A line
that no longer differs for any pair is an error, too.
"""

import argparse
import os
import re
import sys

NOTHING = "nothing"
# The kinds of fact about a name that can be called.
CALLS = {"function", "expansion", "parameters"}
WORDS = {
    "function": "type", "variable": "type",
    "field": "type", "type": "type", "sizeof": "size", "offsetof": "offset",
    "constant": "value", "expansion": "result", "parameters": "arguments",
}


def read(path):
    """Name to its facts, kind to value.  A file that begins with "base VERSION"
    has only what differs from the record of that version (facts_delta.py)."""
    facts, new = {}, {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.rstrip("\n").split(" ", 2)
            if words[0] == "#":
                continue
            if words[0] == "base":
                machine = path.rsplit("-", 1)[1]
                facts = read(os.path.join(os.path.dirname(path),
                                          f"{words[1]}-{machine}"))
            elif words[0] == "gone":
                del facts[words[1]]
            else:
                new.setdefault(words[1], {})[words[0]] = words[2]
    return facts | new


def arguments(function):
    """The number of arguments in a function's type, followed by + if there may
    be more."""
    inside = function[function.index("(") + 1:]
    depth = commas = 0
    for c in inside:
        if c == ")" and depth == 0:
            break
        depth += (c == "(") - (c == ")")
        commas += c == "," and depth == 0
    if inside.startswith("void)"):
        return "0"
    return f"{commas}+" if "..." in inside else str(commas + 1)


def as_call(facts):
    """The facts of a function in the form of a macro's facts."""
    function = facts.get("function")
    if function is None:
        return facts
    return {"expansion": function[:function.index("(")].strip(),
            "parameters": arguments(function)} | facts


def fewest(count):
    """The smallest number of arguments, and whether there may be more."""
    return int(count.rstrip("+")), count.endswith("+")


def same(kind, mine, theirs):
    if kind == "expansion":
        # A use inside another macro is seen only if that macro is a function
        # here.
        a, b = set(mine.split(" | ")), set(theirs.split(" | "))
        return a <= b or b <= a
    if kind != "parameters":
        return mine == theirs
    (a, a_more), (b, b_more) = fewest(mine), fewest(theirs)
    return a == b or (a_more and a < b) or (b_more and b < a)


def facets(mine, theirs):
    """The (kind, ours, FreeBSD's) by which one name is compared."""
    if "function" not in mine.keys() & theirs.keys() and \
            mine.keys() & CALLS and theirs.keys() & CALLS:
        mine, theirs = as_call(mine), as_call(theirs)
    for kind in sorted(mine.keys() & theirs.keys()):
        yield kind, mine[kind], theirs[kind]


def describe(facts):
    return ", ".join(f"{kind} {value}" for kind, value in facts.items()
                     if kind != "used")


def adapt(mine, theirs, allowed):
    """Put FreeBSD's meaning of a typedef that may differ into our types."""
    for kind, name in allowed:
        a = mine.get(name, {}).get("type")
        b = theirs.get(name, {}).get("type")
        if kind != "type" or a is None or b is None or a == b:
            continue
        # A blank follows the result's type unless that is a pointer.
        text = re.compile(re.escape(a) + r"(\(?)")
        for other, facts in mine.items():
            for k in {"function", "type"} & facts.keys():
                if other != name:
                    facts[k] = text.sub(lambda m: b + (m[1] and " ("),
                                        facts[k])


def differences(mine, theirs):
    """Yield (kind, name, ours, FreeBSD's) for each difference."""
    for name, facts in sorted(mine.items()):
        facts = {k: v for k, v in facts.items() if k != "used"}
        real = theirs.get(name)
        if real is None:
            yield "presence", name, describe(facts), NOTHING
            continue
        compared = list(facets(facts, real))
        for kind, a, b in compared:
            if not same(kind, a, b):
                yield kind, name, f"{WORDS[kind]} {a}", f"{WORDS[kind]} {b}"
        if not compared and "macro" not in facts and "macro" not in real:
            yield "presence", name, describe(facts), describe(real)


def read_allowed(path):
    """(kind, name) to the reason."""
    allowed = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.split("#")[0].split(None, 2)
            if not words:
                continue
            if len(words) < 3:
                sys.exit(f"{path}: no reason: {line.strip()}")
            allowed[words[0], words[1]] = words[2]
    return allowed


def title(path):
    """The name of FreeBSD in messages, from the name of its file."""
    version, machine = os.path.basename(path)[:-len(".txt")].rsplit("-", 1)
    return f"{version.replace('freebsd-', 'FreeBSD ')} {machine}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--allowed", required=True)
    parser.add_argument("--recorded", action="store_true",
                        help="FreeBSD's facts were recorded some time ago")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    allowed = read_allowed(args.allowed)
    machines = len(args.files) // 2
    found = {}
    used = set()
    compared = new = 0
    for ours, real in zip(args.files[::2], args.files[1::2]):
        mine, theirs = read(ours), read(real)
        adapt(mine, theirs, allowed)
        # The layout of a struct is known only where the sources use it.
        used |= {name for name, facts in mine.items()
                 if facts.keys() & {"used", "sizeof", "offsetof"}}
        compared += sum(len(facts.keys() - {"used"})
                        for facts in mine.values())
        for kind, name, a, b in differences(mine, theirs):
            found.setdefault((kind, name), []).append(
                f"{name}: test kernel has {a}, {title(real)} has {b}")

    lines = []
    for (kind, name), differ in found.items():
        if (kind, name) in allowed:
            continue
        if name not in used:
            if len(differ) < machines:
                continue
            if args.recorded and all(d.endswith(NOTHING) for d in differ):
                new += 1
                continue
        lines += differ
    for kind, name in allowed.keys() - found.keys():
        lines.append(f"{name}: its {kind} no longer differs: "
                     f"drop it from {args.allowed}")
    print("".join(line + "\n" for line in lines), end="")
    if new:
        print(f"{new} names are not recorded, and not used")
    print(f"{compared} facts compared, {len(allowed)} may differ, "
          f"{len(lines)} wrong")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
