// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0080
//! A register has all bits of its fields.
#![no_std]

kpi::reg! {
    pub window Bar0 = 0x10;
    STATUS: u8 = 0x00, { BUSY = 0x100; };
}

pub fn f() -> kpi::reg::Field<Bar0, u8> {
    BUSY
}
