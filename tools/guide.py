#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Make a script of what a page of the guide tells its reader to do.

    guide.py PAGE.md FOLDER

Writes the page's blocks to files in FOLDER, and the script to stdout.  Blocks
that are fenced and say one of these languages are part of it, in their order:

- sh: commands.  The script stops at the first one that fails.
- diff: a change to the sources, for git-apply(1).
- text: all that the sh block before it prints.  A line "..." stands for lines
  that are left out, and "..." in a line for any words.

A block that is indented, or of another language, is for the reader alone.

Whichever line of a block is deleted, the script fails.  So a page is refused
that has an empty block, several commands without what they print, "..." beside
more than one line, or a change with lines that git-apply(1) would pass over.
"""

import pathlib
import re
import sys

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
RUN = ("sh", "diff", "text")
ANY = "..."
# What sh(1) prints before each command that it shows.
TRACE = "$ "


def blocks(page):
    """Yields the language, the line and the text of each block to run."""
    text = pathlib.Path(page).read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        if found[1] in RUN:
            yield found[1], text.count("\n", 0, found.start()) + 2, found[2]


def hunk_end(lines, start):
    """Where the hunk ends whose first line is there, or None: it is not as
    long as it says."""
    found = HUNK.match(lines[start])
    old, new = (int(count or 1) for count in found.groups())
    for at, line in enumerate(lines[start + 1:], start + 1):
        if old == new == 0:
            return at
        old -= line[:1] in ("", " ", "-")
        new -= line[:1] in ("", " ", "+")
        if line[:1] not in ("", " ", "-", "+") or min(old, new) < 0:
            return None
    return len(lines) if old == new == 0 else None


def is_diff(text):
    """True if each line is a file's name or part of a hunk, and complete."""
    lines = text.splitlines()
    at, named = 0, False
    while at is not None and at < len(lines):
        if HUNK.match(lines[at]) and named:
            at = hunk_end(lines, at)
        elif (lines[at].startswith("--- ") and
              HUNK.match("".join(lines[at + 2:at + 3])) and
              lines[at + 1].startswith("+++ ")):
            at, named = at + 2, True
        else:
            return False
    return at is not None


def in_turn(lines):
    """True if lines and "..." take turns, from a line to a line, or if there
    is no "...".  Otherwise "..." could stand for a line that is deleted."""
    return ANY not in lines or len(lines) % 2 == 1 and all(
        (line == ANY) == (number % 2 == 1) for number, line in enumerate(lines))


def complaints(found):
    """Yields what is wrong with the blocks of a page."""
    following = found[1:] + [("", 0, "")]
    for (language, line, text), (after, _, _) in zip(found, following):
        lines = text.splitlines()
        if not text.strip():
            yield line, "an empty block"
        elif language == "diff" and not is_diff(text):
            yield line, "lines that are no part of the change"
        elif language == "sh" and len(lines) > 1 and after != "text":
            yield line, "several commands, and not what they print"
        elif language == "text" and not in_turn(lines):
            yield line, f"beside {ANY}, one line each"


def pattern(line):
    """A regular expression for a line of output."""
    return ".*".join(map(re.escape, line.rstrip().split(ANY)))


def find(wanted, said, start, fixed):
    """Where in the output the lines end that are wanted in succession, at the
    start alone if they are fixed; or None."""
    last = start if fixed else len(said) - len(wanted)
    for at in range(start, last + 1):
        part = said[at:at + len(wanted)]
        if len(part) == len(wanted) and all(
                re.fullmatch(pattern(w), s.rstrip())
                for w, s in zip(wanted, part)):
            return at + len(wanted)
    return None


def compare(expected, output):
    """The first expected lines that are not in the output where they should
    be, or None."""
    said = [line for line in output.splitlines() if not line.startswith(TRACE)]
    parts = re.split(rf"^{re.escape(ANY)}\n", expected, flags=re.M)
    at = 0
    for number, part in enumerate(parts):
        wanted = part.splitlines()
        if number == len(parts) - 1 and number > 0:
            at = max(at, len(said) - len(wanted))
        found = find(wanted, said, at, number == 0)
        if found is None:
            return part
        at = found
    return None if at == len(said) else ""


def script(page, folder):
    """Writes the blocks, and prints the script."""
    page = pathlib.Path(page).resolve()
    folder = pathlib.Path(folder).resolve()
    found = list(blocks(page))
    for line, wrong in complaints(found):
        sys.exit(f"{page.name}:{line}: {wrong}")
    print("set -eu")
    output = None
    for language, line, text in found:
        file = folder / f"{page.stem}-{line}.{language}"
        print(f"echo '{page.name}:{line}: {language}'")
        if language == "sh":
            text = f"PS4='{TRACE}'\nset -eux\n{text}"
            output = file.with_suffix(".output")
            print(f"sh '{file}' >'{output}' 2>&1 || "
                  f"{{ tail -n 40 '{output}'; exit 1; }}")
        elif language == "diff":
            print(f"git apply --whitespace=nowarn '{file}'")
        else:
            print(f"/usr/bin/python3 '{pathlib.Path(__file__).resolve()}' "
                  f"--compare '{file}' '{output}'")
        file.write_text(text, encoding="utf-8")


def main():
    """See above."""
    if sys.argv[1] == "--compare":
        expected, output = (pathlib.Path(name).read_text(
            encoding="utf-8", errors="replace") for name in sys.argv[2:4])
        missing = compare(expected, output)
        if missing is not None:
            print(f"not printed: {missing}\n{output}")
        return missing is not None
    script(*sys.argv[1:3])
    return 0


if __name__ == "__main__":
    sys.exit(main())
