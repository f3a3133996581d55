// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0505
//! A node cannot be used after its tree.
#![no_std]

use kpi::sysctl::Sysctl;

pub fn f(tree: Sysctl, other: &Sysctl) {
    let Ok(node) = tree.node(None, c"node", c"a node") else {
        return;
    };
    drop(tree);
    let _ = other.node(Some(&node), c"child", c"a child");
}
