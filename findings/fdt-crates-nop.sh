#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Two crates that read device trees do not read what was deleted in place.
#
# Expected: FDT_NOP, with which fdt_nop_property() overwrites a property, is
# skipped by every reader, as the Devicetree Specification has it.  The nodes are
# found as before.
# Seen: after a property of the root was overwritten, find_node() of fdt finds no
# node below the root any more, though all_nodes() still lists them.
# device_tree refuses the whole tree.

. "$(dirname "$0")/lib.sh"
needs libfdt-dev 1.6.1

mkdir src
cat >Cargo.toml <<'E'
[package]
name = "nop"
version = "0.0.0"
edition = "2021"
[dependencies]
device_tree = "=1.1.0"
fdt = "=0.1.5"
E
cat >src/main.rs <<'E'
fn main() {
    let tree = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    let fdt = fdt::Fdt::new(&tree).unwrap();
    let listed = fdt.all_nodes().any(|node| node.name == "uart@1000");
    let found = fdt.find_node("/uart@1000").is_some();
    let other = match device_tree::DeviceTree::load(&tree) {
        Ok(all) => all.find("/uart@1000").is_some().to_string(),
        Err(error) => format!("{error:?}"),
    };
    println!("listed {listed} found {found}, device_tree {other}");
}
E
cat >nop.c <<'E'
#include <libfdt.h>
#include <stdio.h>
static char tree[4096];
int
main(void)
{
	if (fread(tree, 1, sizeof(tree), stdin) == 0 ||
	    fdt_nop_property(tree, 0, "old") != 0)
		return (1);
	fwrite(tree, 1, fdt_totalsize(tree), stdout);
}
E
dtc -q -O dtb -o tree.dtb - <<'E'
/dts-v1/; / { model = "x"; old = <1>; uart@1000 { reg = <0x1000>; }; };
E
cc nop.c -o nop -lfdt
./nop <tree.dtb >nop.dtb
cargo build --quiet || die "cargo cannot build with these crates"
echo "version:  fdt 0.1.5, device_tree 1.1.0"

whole="listed true found true, device_tree true"
compare "$whole" "$whole" "$(target/debug/nop tree.dtb)"
compare "$whole" "listed true found false, device_tree ParseError(80)" \
    "$(target/debug/nop nop.dtb)"
