// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0025
//! Each field of a record is named once, so that the type of each is checked.
#![no_std]

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Record {
    code: u32,
    id: u32,
}

kpi::wire! { Record { code, code } }
