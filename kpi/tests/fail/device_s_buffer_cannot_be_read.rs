// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0599
//! The CPU must not use a buffer that the device has.
#![no_std]

use kpi::dma::SharedBuf;

pub fn f(buf: &SharedBuf, to: &mut [u8]) {
    let _ = buf.read(0, to);
}
