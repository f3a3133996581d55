// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0599
//! No thread sleeps with interrupts off.
#![no_std]

use kpi::mtx::Spin;
use kpi::time::Sbt;

pub fn f(spin: &Spin<u32>) {
    let _ = spin.lock().sleep(c"fail", Sbt::FOREVER);
}
