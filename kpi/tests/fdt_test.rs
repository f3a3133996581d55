// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::fdt`].

use core::ffi::CStr;

use kpi::errno::{EINVAL, ENOENT, ENOSPC};
use kpi::fdt::Node;

use crate::bindings::{kt_tree, kt_tree_end};
use crate::check::{attached, detached, eq, ok};

/// Runs `body` with the node of the device at `path` in one of our trees.
fn on_node(tree: &CStr, path: &CStr, body: fn(Node)) {
    // SAFETY: the strings are good for the call.
    let dev = attached(unsafe { kt_tree(tree.as_ptr(), path.as_ptr()) });
    body(Node::of(dev).expect("a node"));
    eq(detached(), 0);
    check!(Node::of(dev).is_none());
    // SAFETY: nothing of the tree is held any more.
    unsafe { kt_tree_end() }
}

cases! {
    fn fdt_reads_numbers() {
        on_node(c"t8103", c"/soc/mbox@277408000", |node| {
            eq(node.u32(c"#mbox-cells"), Ok(0));
            eq(node.u32(c"reg"), Err(EINVAL));
            eq(node.u32(c"clocks"), Err(ENOENT));
            let mut room = [0; 12];
            eq(node.u32s(c"interrupts", &mut room).map(|v| (v.len(), v[4])), Ok((12, 584)));
            eq(node.u32s(c"interrupts", &mut room[..11]), Err(ENOSPC));
            eq((node.has(c"reg"), node.has(c"clocks")), (true, false));
        });
    }

    fn fdt_reads_strings() {
        on_node(c"t8103", c"/soc/mbox@277408000", |node| {
            let mut room = [0; 16];
            eq(node.string_count(c"interrupt-names"), Ok(4));
            eq(node.string(c"interrupt-names", 2, &mut room), Ok(c"recv-empty"));
            eq(node.string(c"interrupt-names", 4, &mut room), Err(ENOENT));
            eq(node.string(c"interrupt-names", usize::MAX, &mut room), Err(EINVAL));
            eq(node.string(c"interrupt-names", 2, &mut room[..10]), Err(ENOSPC));
            eq(node.intr_rid(c"recv-not-empty"), Ok(3));
            eq(node.intr_rid(c"recv"), Err(ENOENT));
            eq(node.reg_rid(c"sram"), Err(ENOENT));
            eq(node.is_compatible(c"apple,asc-mailbox-v4"), true);
            eq(node.is_compatible(c"apple,asc-mailbox"), false);
        });
    }

    fn fdt_refuses_what_is_not_of_the_type() {
        on_node(c"broken", c"/soc/client-of-half-a-cell", |node| {
            eq(node.u32s(c"mboxes", &mut [0; 4]).err(), Some(EINVAL));
            eq(node.u32(c"mboxes"), Err(EINVAL));
        });
        // A property without a value.
        on_node(c"broken", c"/soc", |node| {
            eq(node.has(c"ranges"), true);
            eq(node.string_count(c"ranges"), Err(EINVAL));
            eq(node.u32(c"ranges"), Err(EINVAL));
        });
    }

    fn fdt_walks_children() {
        on_node(c"t8103", c"/soc/smc@23e400000", |node| {
            eq(node.reg_rid(c"sram"), Ok(1));
            eq(node.children().count(), 4);
            eq(node.children().next(), node.child(c"gpio"));
            eq(node.children().nth(1), node.child(c"reboot"));
            eq(node.child(c"nvmem"), None);
        });
    }

    fn fdt_follows_references() {
        on_node(c"broken", c"/soc/client-of-cells", |node| {
            let entry = ok(node.reference(c"mboxes", c"#mbox-cells", 0));
            eq(entry.cells(), [1]);
            eq(entry.node().map(|n| n.u32(c"#mbox-cells")), Some(Ok(1)));
            eq(node.reference(c"mboxes", c"#mbox-cells", 1).err(), Some(ENOENT));
            eq(node.reference(c"clocks", c"#clock-cells", 0).err(), Some(ENOENT));
        });
        on_node(c"broken", c"/soc/client-of-nothing", |node| {
            eq(node.reference(c"mboxes", c"#mbox-cells", 0).err(), Some(EINVAL));
        });
    }
}
