// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0133
//! A counter of C's that a node shows is there as long as its owner: a promise.
#![no_std]

use kpi::sysctl::CCounter;

pub fn f(value: &u64) -> CCounter<'_> {
    CCounter::new(value)
}
