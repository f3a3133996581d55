// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0277
//! Threads that share a lock all look at its value.
#![no_std]

use core::cell::Cell;

use kpi::sx::Sx;

fn share<T: Sync>(_value: T) {}

pub fn f(sx: Sx<Cell<u32>>) {
    share(sx);
}
