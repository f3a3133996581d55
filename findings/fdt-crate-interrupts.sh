#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The fdt crate finds no interrupts in the device trees of Arm machines.
#
# Expected: interrupts() of a node gives its numbers.  A node without
# interrupt-parent has that of its nearest ancestor with one, by the Devicetree
# Specification: in most trees only the root has the property.
# Seen: without a property of its own the node has no interrupt parent and no
# interrupts.  With one the parent is found, but Arm's interrupt controller has
# three numbers for an interrupt, and there are none again.  What is read is one
# number each, with a property in each node.

. "$(dirname "$0")/lib.sh"
needs device-tree-compiler 1.6.1

mkdir src
cat >Cargo.toml <<'E'
[package]
name = "interrupts"
version = "0.0.0"
edition = "2021"
[dependencies]
fdt = "=0.1.5"
E
cat >src/main.rs <<'E'
fn main() {
    let tree = std::fs::read("tree.dtb").unwrap();
    let fdt = fdt::Fdt::new(&tree).unwrap();
    for path in std::env::args().skip(1) {
        let node = fdt.find_node(&path).unwrap();
        println!(
            "{:?} {:?}",
            node.interrupt_parent().map(|parent| parent.name),
            node.interrupts().map(|all| all.collect::<Vec<_>>())
        );
    }
}
E
dtc -q -O dtb -o tree.dtb - <<'E'
/dts-v1/; / {
	interrupt-parent = <1>;
	one { phandle = <1>; interrupt-controller; #interrupt-cells = <1>; };
	gic { phandle = <2>; interrupt-controller; #interrupt-cells = <3>; };
	inherits { interrupts = <5 6>; };
	own { interrupt-parent = <1>; interrupts = <5 6>; };
	arm { interrupt-parent = <2>; interrupts = <0 5 4>; };
};
E
cargo build --quiet || die "cargo cannot build with this crate"
echo "version:  fdt 0.1.5"

target/debug/interrupts /own /inherits /arm >out
numbers='Some("one") Some([5, 6])'
compare "$numbers" "$numbers" "$(sed -n 1p out)"
compare "$numbers" "None None" "$(sed -n 2p out)"
compare 'Some("gic") Some([0, 5, 4])' 'Some("gic") Some([])' \
    "$(sed -n 3p out)"
