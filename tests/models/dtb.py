#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Compile device trees into a C file.

    dtb.py OUTPUT.c TREE.dts...

Runs dtc(1) on each and writes the table behind tk_dtb_find() (tk_ofw.h), with
the files' names, without folder and suffix, as the trees' names.
"""

import pathlib
import subprocess
import sys

HEAD = """\
#include <sys/param.h>
#include <sys/systm.h>

#include "tk_ofw.h"
"""

TAIL = """\
const struct tk_dtb *
tk_dtb_find(const char *name)
{
	for (size_t i = 0; i < nitems(trees); i++)
		if (strcmp(trees[i].name, name) == 0)
			return (&trees[i]);
	return (NULL);
}
"""


def compiled(path):
    """The bytes of the tree in a file."""
    # The broken trees are wrong on purpose, so only a tree that cannot be
    # parsed is an error.
    return subprocess.run(
        ["dtc", "-q", "-q", "-I", "dts", "-O", "dtb", path],
        check=True, stdout=subprocess.PIPE).stdout


def main():
    """Write the C file."""
    output, *sources = sys.argv[1:]
    parts, rows = [HEAD], []
    for number, source in enumerate(sources):
        blob = compiled(source)
        parts.append(f"static const uint8_t tree_{number}[] = {{"
                     + ",".join(map(str, blob)) + "};\n")
        rows.append(f'\t{{ "{pathlib.Path(source).stem}", tree_{number},'
                    f" {len(blob)} }},\n")
    parts.append("static const struct tk_dtb trees[] = {\n" + "".join(rows)
                 + "};\n")
    pathlib.Path(output).write_text("\n".join(parts + [TAIL]),
                                    encoding="utf-8")


if __name__ == "__main__":
    main()
