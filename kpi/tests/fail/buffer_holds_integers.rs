// SPDX-License-Identifier: BSD-2-Clause
// error: E0277
//! Whatever a device writes is a value of the type that is read.
#![no_std]

use kpi::dma::DmaBuf;

pub fn f(buf: &DmaBuf) -> kpi::Result<bool> {
    buf.get::<bool>(0)
}
