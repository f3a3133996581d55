// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0277
//! A lock is released by the thread that took it.
#![no_std]

use kpi::sx::Sx;

fn send<T: Send>(_value: T) {}

pub fn f(sx: &Sx<u32>) {
    send(sx.slock());
}
