#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Print rust-project.json, by which rust-analyzer opens the crates.

    rust_project.py RUSTC FOLDER

FOLDER is that of the build, with the bindings (tools/rust.sh).  Standard input
lists the drivers' crates, as tools/sources.sh prints them: folder, name, and
the crates that each one uses.
"""

import json
import os
import subprocess
import sys


def crate(folder, name, root, deps, numbers):
    """One entry.  deps are names, numbers gives their positions in the list."""
    bindings = os.path.join(folder, f"{name}_bindings.rs")
    return {
        "display_name": name,
        "root_module": os.path.abspath(root),
        "edition": "2024",
        "target": "x86_64-unknown-linux-gnu",
        "is_workspace_member": True,
        "deps": [{"crate": numbers[dep], "name": dep} for dep in deps],
        "env": {f"{name.upper()}_BINDINGS": bindings},
        "source": {
            "include_dirs": [os.path.dirname(os.path.abspath(root)), folder],
            "exclude_dirs": [],
        },
    }


def main():
    """Read the crates, print the project."""
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        sys.exit("usage: rust_project.py RUSTC FOLDER")
    rustc, folder = sys.argv[1], os.path.abspath(sys.argv[2])
    sysroot = subprocess.run([rustc, "--print", "sysroot"], check=True,
                             capture_output=True, text=True).stdout.strip()
    numbers = {"kpi": 0}
    crates = [crate(folder, "kpi", "kpi/src/lib.rs", [], numbers)]
    for line in sys.stdin:
        where, name, *used = line.split()
        crates.append(crate(folder, name, f"{where}/rust/lib.rs",
                            ["kpi", *used], numbers))
        numbers[name] = len(crates) - 1
    json.dump({
        "sysroot": sysroot,
        "sysroot_src": f"{sysroot}/lib/rustlib/src/rust/library",
        "crates": crates,
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
