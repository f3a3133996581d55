#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Print how the facts of a FreeBSD differ from those recorded of another one.

Takes the record of the other one (the base), facts of facts_probe.py, and the
origins of the headers of which the tree was made up.  A line of origins is

    PATH SOURCE     a header below sys/, or a kobj(9) interface NAME_if.m

Only names that come from one of these files may differ.  They are printed in
groups, below the file and its source, which is a commit:

    base freebsd-15.0
    # dev/sound/pcm/mixer.h: freebsd/freebsd-src 9548bfa342a7
    gone mixer_get_lock
    function NAME TYPE          and other facts: what it is now
"""

import argparse
import os
import re
import sys

from facts_compare import differences, read

METHOD = re.compile(r"METHOD\b[^{;]*?(\w+)\s*\{")


def words_of(path):
    """The names that a file may declare."""
    try:
        with open(path, encoding="utf-8") as f:
            text = f.read()
    except FileNotFoundError:
        return set()
    if not path.endswith("_if.m"):
        return set(re.findall(r"\w+", text))
    interface = os.path.basename(path)[:-len("_if.m")]
    return {word for method in METHOD.findall(text)
            for word in (f"{interface}_{method}".upper(),
                         f"{interface}_{method}_t")}


def read_origins(path, folders):
    """(PATH, SOURCE, names that it has in one of the folders)."""
    origins = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.split(None, 1)
            if len(words) != 2:
                sys.exit(f"{path}: not PATH SOURCE: {line.strip()}")
            names = set()
            for folder in folders:
                names |= words_of(os.path.join(folder, words[0]))
            origins.append((words[0], words[1].strip(), names))
    return origins


def changed(base, new):
    """Name to its lines, for each name that differs."""
    names = {name for _, name, _, _ in differences(base, new)}
    lines = {}
    for name in names | (new.keys() - base.keys()):
        lines[name] = [f"{kind} {name} {value}"
                       for kind, value in sorted(new.get(name, {}).items())
                       if kind != "used"] or [f"gone {name}"]
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("new")
    parser.add_argument("origins")
    parser.add_argument("folders", nargs="+",
                        help="where PATH may be: sys/, and the test kernel's "
                             "headers for what is gone")
    args = parser.parse_args()
    version = os.path.basename(args.base).rsplit("-", 1)[0]
    lines = changed(read(args.base), read(args.new))
    print(f"base {version}")
    for path, source, names in read_origins(args.origins, args.folders):
        mine = sorted(name for name in lines
                      if set(name.split(".")) <= names)
        if mine:
            print(f"# {path}: {source}")
        for name in mine:
            print("\n".join(lines.pop(name)))
    if lines:
        sys.exit("of no file in the origins: " + " ".join(sorted(lines)))


if __name__ == "__main__":
    main()
