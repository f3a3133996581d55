#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# vm-fdt cannot write a device tree that takes overlays.
#
# Expected: a node may be called __symbols__: overlays find the labels of the
# base in it, dtc -@ writes it, and libfdt reads it.
# Seen: "Invalid node name".  The crate takes the rule of the Devicetree
# Specification, that names start with a letter, at its word.  For the same
# reason it has no __overlay__ and no __fixups__, so it writes no overlays.

. "$(dirname "$0")/lib.sh"
needs device-tree-compiler 1.6.1

mkdir src
cat >Cargo.toml <<'E'
[package]
name = "symbols"
version = "0.0.0"
edition = "2021"
[dependencies]
vm-fdt = "=0.3.0"
E
cat >src/main.rs <<'E'
fn main() {
    for name in std::env::args().skip(1) {
        let mut fdt = vm_fdt::FdtWriter::new().unwrap();
        let root = fdt.begin_node("").unwrap();
        match fdt.begin_node(&name) {
            Ok(node) => {
                fdt.end_node(node).unwrap();
                fdt.end_node(root).unwrap();
                fdt.finish().unwrap();
                println!("written");
            }
            Err(error) => println!("{error}"),
        }
    }
}
E
cargo build --quiet || die "cargo cannot build with this crate"
echo "version:  vm-fdt 0.3.0"
echo '/dts-v1/; / { clock: clock { }; };' | dtc -@ -O dtb -o tree.dtb -
compare "clock __symbols__" "clock __symbols__" "$(fdtget -l tree.dtb / | xargs)"
target/debug/symbols symbols __symbols__ __overlay__ >out
compare "written" "written" "$(sed -n 1p out)"
compare "written" "Invalid node name" "$(sed -n 2p out)"
compare "written" "Invalid node name" "$(sed -n 3p out)"
