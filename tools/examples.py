#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Make test cases of the examples in the documentation of a crate.

    examples.py FOLDER

FOLDER has the crate's lib.rs and its modules.  Prints Rust: a case for each
example, which kpi/tests/doc.rs includes.  The cases of module mtx are
mtx_example, mtx_example_2, ...

An example is a fenced block of a "///" or "//!" comment.  As in rustdoc(1) it
is the body of a function that may use "?", and a line that begins with "# " is
not shown.  The function has an argument, dev: the device of the module's cases.
A block in another language says so, as text.

Each public module has an example, and each example runs: no other words than
"text" and "rust" may stand at a fence.
"""

import pathlib
import re
import sys

DOC = re.compile(r"\s*//[/!](?: |$)(.*)")
PUBLIC = re.compile(r"^pub mod (\w+);", re.M)
HIDDEN = re.compile(r"#( |$)")


def blocks(path):
    """Yields the word at the fence, the line and the lines of each block."""
    word, start, body = None, 0, []
    for number, line in enumerate(
            path.read_text(encoding="utf-8").splitlines(), 1):
        found = DOC.match(line)
        text = found[1] if found else ""
        if word is None and found and text.startswith("```"):
            word, start, body = text[3:], number, []
        elif word is not None and text == "```":
            yield word, start, body
            word = None
        elif word is not None and found:
            body.append(text)
        elif word is not None:
            sys.exit(f"{path}:{start}: the block has no end")


def examples(path):
    """Yields the line and the code of each example in a file."""
    for word, line, body in blocks(path):
        if word == "text":
            continue
        if word not in ("", "rust"):
            sys.exit(f"{path}:{line}: an example that does not run: {word}")
        yield line, [HIDDEN.sub("", text, count=1) for text in body]


def case(path, number, line, code):
    """Prints the case of an example."""
    count = "" if number == 1 else f"_{number}"
    print(f"    // {path}:{line}")
    print(f"    fn {path.stem}_example{count}() {{")
    print("        fn example(dev: kpi::dev::Device) -> kpi::Result<()> {")
    print("\n".join(code))
    print("            ; Ok(())")
    print("        }")
    print(f'        crate::fixture::run("{path.stem}", example);')
    print("    }")


def main():
    """See above."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print("usage: examples.py FOLDER", file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1])
    library = folder / "lib.rs"
    missing = set(PUBLIC.findall(library.read_text(encoding="utf-8")))
    print("cases! {")
    for path in sorted(folder.glob("*.rs")):
        for number, (line, code) in enumerate(examples(path), 1):
            case(path, number, line, code)
            missing.discard(path.stem)
    print("}")
    if missing:
        sys.exit(f"{library}: no example of: {' '.join(sorted(missing))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
