#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The fdt crate finds no console when stdout-path tells its speed.
#
# Expected: chosen().stdout() is the node of the console.  What follows the colon
# of "serial0:115200n8" are its parameters, by the Devicetree Specification, and
# most boards have them.
# Seen: None, as if there were no stdout-path, with an alias and with a path.
# Without the colon both are found.

. "$(dirname "$0")/lib.sh"
needs device-tree-compiler 1.6.1

mkdir src
cat >Cargo.toml <<'E'
[package]
name = "console"
version = "0.0.0"
edition = "2021"
[dependencies]
fdt = "=0.1.5"
E
cat >src/main.rs <<'E'
fn main() {
    let tree = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    let fdt = fdt::Fdt::new(&tree).unwrap();
    println!("{:?}", fdt.chosen().stdout().map(|node| node.name));
}
E
cargo build --quiet || die "cargo cannot build with this crate"
echo "version:  fdt 0.1.5"

console()
{
	dtc -q -O dtb -o tree.dtb - <<E
/dts-v1/; / {
	aliases { serial0 = "/uart@1000"; };
	chosen { stdout-path = "$1"; };
	uart@1000 { reg = <0x1000 0x100>; };
};
E
	target/debug/console tree.dtb
}

uart='Some("uart@1000")'
compare "$uart" "$uart" "$(console serial0)"
compare "$uart" "None" "$(console serial0:115200n8)"
compare "$uart" "$uart" "$(console /uart@1000)"
compare "$uart" "None" "$(console /uart@1000:115200)"
