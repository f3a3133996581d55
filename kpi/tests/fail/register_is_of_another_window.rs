// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0308
//! A register is used with its own window only.
#![no_std]

use kpi::reg::Registers;

kpi::reg! {
    pub window Bar0 = 0x10;
    STATUS: u32 = 0x00;
}

kpi::reg! {
    pub window Bar1 = 0x08;
}

pub fn f(bar1: &Registers<Bar1>) -> u32 {
    bar1.read(STATUS)
}
