// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0502
//! A sleep releases the mutex, so no reference to the value may outlast it.
#![no_std]

use kpi::mtx::Mtx;
use kpi::time::Sbt;

pub fn f(mtx: &Mtx<u32>) -> u32 {
    let mut guard = mtx.lock();
    let value = &*guard;
    let _ = guard.sleep(c"fail", Sbt::FOREVER);
    *value
}
