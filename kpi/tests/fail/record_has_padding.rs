// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0080
//! A record has no padding: its bytes are sent, and padding is arbitrary.
#![no_std]

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Record {
    code: u8,
    id: u32,
}

kpi::wire! { Record { code, id } }
