// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0277
//! A record holds only integers, because not every byte is a bool.
#![no_std]

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Record {
    code: u32,
    flags: [bool; 4],
}

kpi::wire! { Record { code, flags } }
