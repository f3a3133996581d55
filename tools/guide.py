#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Make a script of what a page of the guide tells its reader to do.

    guide.py PAGE.md FOLDER

Writes the page's blocks to files in FOLDER, and the script to stdout.  Blocks
that are fenced and say one of these languages are part of it, in their order:

- sh: commands.  The script stops at the first one that fails.
- diff: a change to the sources, for git-apply(1).
- text: what the sh block before it prints: each line is somewhere in its
  output, in this order.  "..." stands for any lines, and any words.

A block that is indented, or of another language, is for the reader alone.
"""

import pathlib
import re
import sys

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
RUN = ("sh", "diff", "text")


def blocks(page):
    """Yields the language, the line and the text of each block to run."""
    text = pathlib.Path(page).read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        if found[1] in RUN:
            yield found[1], text.count("\n", 0, found.start()) + 2, found[2]


def pattern(line):
    """A regular expression for a line of output."""
    return ".*".join(map(re.escape, line.strip().split("...")))


def compare(expected, output):
    """The first expected line that is not in the output, in order; or None."""
    lines = iter(pathlib.Path(output).read_text(encoding="utf-8",
                                                errors="replace").split("\n"))
    for line in pathlib.Path(expected).read_text(encoding="utf-8").split("\n"):
        if not any(re.search(pattern(line), said) for said in lines):
            return line
    return None


def script(page, folder):
    """Writes the blocks, and prints the script."""
    page = pathlib.Path(page).resolve()
    folder = pathlib.Path(folder).resolve()
    print("set -eu")
    for language, line, text in blocks(page):
        file = folder / f"{page.stem}-{line}.{language}"
        file.write_text(text, encoding="utf-8")
        print(f"echo '{page.name}:{line}: {language}'")
        if language == "sh":
            print(f"sh -eux '{file}' >'{folder}/output' 2>&1 || "
                  f"{{ tail -n 40 '{folder}/output'; exit 1; }}")
        elif language == "diff":
            print(f"git apply --whitespace=nowarn '{file}'")
        else:
            print(f"/usr/bin/python3 '{pathlib.Path(__file__).resolve()}' "
                  f"--compare '{file}' '{folder}/output'")


def main():
    """See above."""
    if sys.argv[1] == "--compare":
        missing = compare(*sys.argv[2:4])
        if missing is not None:
            print(f"not printed: {missing}")
            print(pathlib.Path(sys.argv[3]).read_text(errors="replace"))
        return missing is not None
    script(*sys.argv[1:3])
    return 0


if __name__ == "__main__":
    sys.exit(main())
