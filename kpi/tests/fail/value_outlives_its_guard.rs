// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0505
//! The value in a mutex can be used only while the mutex is held.
#![no_std]

use kpi::mtx::Mtx;

pub fn f(mtx: &Mtx<u32>) -> u32 {
    let guard = mtx.lock();
    let value = &*guard;
    drop(guard);
    *value
}
