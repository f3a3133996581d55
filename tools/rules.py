#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Make docs/guide/rules.md: how each rule of the test kernel looks when it is
broken.

    rules.py BUILD

Tests break the rules.  This runs these cases, in the debug kernel
whose build is in the folder BUILD, and prints the page.  For each rule it has
what the kernel printed, and the shortest of the cases that break it.  Numbers
of lines are left out, as "N", so that an edit elsewhere in a test does not
change the page.
"""

import pathlib
import re
import subprocess
import sys
import textwrap

from ledger import DEBUG_RULE, RULE, rules

# Name, what it stops with, body.  A case that names no rule stops by panic(9).
CASE = re.compile(r'^TK_CASE_(?:DEBUG_)?STOPS\((\w+),\s*'
                  r'"(?:tk: )?([a-z][a-z -]*): .*?^\{\n(.*?)^\}', re.M | re.S)
LINE = re.compile(r"^tk: [\w -]+: .*$", re.M)
NUMBERS = re.compile(r"(?<=\.[chs]:)\d+|(?<=\.rs:)\d+")
ADDRESS = re.compile(r"0x[0-9a-f]{5,}")
MEANING = re.compile(r"^ \*   ([a-z][a-z-]*)\t+(.*(?:\n \*\t\t\t.*)*)", re.M)
# The bodies of cases are short; a longer one shows its end.
MOST_LINES = 14

HEAD = """\
# The rules

The test kernel stops a program that breaks a rule of FreeBSD's kernel, with one
line:

    tk: RULE: what is wrong at FILE:LINE (FUNCTION)

FILE and LINE are the driver's, or the test's, that made the call. Where the
driver is in Rust, or calls the C layer, the line also names the function of the
crate or the layer that made it. If the call is the last thing that a
function does, the compiler leaves no trace of that function, and the place is
unknown. The rules with a star are FreeBSD's only with INVARIANTS or WITNESS: in
the release kernel (`MODE=release`) they do not stop a program.

`make rules` makes this page, from tests that break the rules, and `make test`
compares the two. N stands for the number of a line.
"""


def cases(root):
    """For each rule the program, the name and the body of its shortest case."""
    known = rules(RULE) | rules(DEBUG_RULE)
    best = {}
    for path in sorted(root.glob("tests/kern/*/*_test.c")):
        for found in CASE.finditer(path.read_text(encoding="utf-8")):
            name, rule, body = found.groups()
            if rule in known and (rule not in best or
                                  len(body) < len(best[rule][2])):
                best[rule] = path.stem, name, body
    return best


def printed(build, program, case):
    """The line that says which rule a case breaks."""
    run = subprocess.run([build / "tests" / program, case],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         encoding="utf-8", errors="replace", check=False)
    line = LINE.search(run.stdout)
    if line is None:
        sys.exit(f"{program}:{case} breaks no rule: {run.stdout}")
    # Headers that the build makes are in its folder.
    text = line[0].replace("out/build/", "")
    return ADDRESS.sub("0x...", NUMBERS.sub("N", text))


def meanings(root):
    """What the headers say of rules."""
    found = {}
    for path in sorted(root.glob("tests/kern/*.h")):
        for row in MEANING.finditer(path.read_text(encoding="utf-8")):
            text = " ".join(re.sub(r"^ \*", "", row[2], flags=re.M).split())
            found[row[1]] = text
    return found


def shown(body):
    """The end of a case's body, without what all have in common."""
    lines = [line[1:] if line.startswith("\t") else line
             for line in body.rstrip("\n").split("\n")]
    if len(lines) > MOST_LINES:
        lines = ["..."] + lines[-MOST_LINES:]
    return "\n".join(lines)


def wrapped(text):
    """A line of output in pieces that fit a page."""
    pieces, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > 84:
            pieces.append(line)
            line = "   "
        line += (" " if line else "") + word
    return "\n".join(pieces + [line])


def main():
    """Print the page."""
    root = pathlib.Path(".")
    build = pathlib.Path(sys.argv[1]).resolve()
    best = cases(root)
    debug = rules(DEBUG_RULE) - rules(RULE)
    means = meanings(root)
    print(HEAD)
    for rule in sorted(best):
        star = "\\*" if rule in debug else ""
        meaning = f": {means[rule]}" if rule in means else ""
        print(textwrap.fill(f"- [{rule}](#{rule.replace(' ', '-')}){star}"
                            f"{meaning}", 80, subsequent_indent="  ",
                            break_long_words=False, break_on_hyphens=False))
    for rule, (program, case, body) in sorted(best.items()):
        line = printed(build, program, case)
        print(f"\n## {rule}\n\n```c\n{shown(body)}\n```\n\n"
              f"```\n{wrapped(line)}\n```")


if __name__ == "__main__":
    main()
