// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0277
//! The proof of a reset ends with the restart, so no other thread may have it.
#![no_std]

use kpi::virtio::Stopped;

fn share<T: Sync>(_value: &T) {}

pub fn f(proof: &Stopped) {
    share(proof);
}
