// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0133
//! The C entry point promises that the device exists.
#![no_std]

use kpi::bindings::device_t;
use kpi::dev::DeviceRef;

pub fn f(raw: device_t) -> i32 {
    DeviceRef::from_raw(raw).unit()
}
