// SPDX-License-Identifier: BSD-2-Clause
// error: E0133
//! C's memory behind a node is a promise; the crate keeps Rust's.
#![no_std]

use kpi::dev::Sysctl;

pub fn f(tree: &Sysctl, value: &u64) {
    let _ = tree.counter(None, c"count", c"a count", value);
}
