// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0277
//! A mutex is released by the thread that took it.
#![no_std]

use kpi::mtx::Mtx;

fn send<T: Send>(_value: T) {}

pub fn f(mtx: &Mtx<u32>) {
    send(mtx.lock());
}
