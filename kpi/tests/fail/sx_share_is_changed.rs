// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0594
//! A thread that shares a lock only reads.
#![no_std]

use kpi::sx::Sx;

pub fn f(sx: &Sx<u32>) {
    let share = sx.slock();
    *share = 1;
}
