// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0277
//! Any bytes that a device writes must be a value of the type that is read.
#![no_std]

use kpi::dma::DmaBuf;

pub fn f(buf: &DmaBuf) -> kpi::Result<bool> {
    buf.get::<bool>(0)
}
