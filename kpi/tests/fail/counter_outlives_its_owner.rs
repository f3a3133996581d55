// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0133
//! The caller promises that a counter in C lives as long as its owner.
#![no_std]

use kpi::sysctl::CCounter;

pub fn f(value: &u64) -> CCounter<'_> {
    CCounter::new(value)
}
