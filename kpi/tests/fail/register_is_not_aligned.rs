// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0080
//! A register is aligned to its width.
#![no_std]

kpi::reg! {
    pub window Bar0 = 0x10;
    STATUS: u32 = 0x02;
}

pub fn f() -> kpi::reg::Reg<Bar0, u32> {
    STATUS
}
