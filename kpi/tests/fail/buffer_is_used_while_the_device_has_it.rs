// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0382
//! The CPU must not use a buffer that the device has.
#![no_std]

use kpi::dma::{Direction, DmaBuf};

pub fn f(buf: DmaBuf) -> u64 {
    let shared = buf.to_device(Direction::FromDevice);
    let _ = buf.get::<u32>(0);
    shared.paddr()
}
