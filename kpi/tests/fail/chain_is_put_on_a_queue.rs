// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0133
//! The caller promises that a chain's memory stays until the chain comes back.
#![no_std]

use core::ptr::NonNull;

use kpi::virtio::{SgList, VirtQueue};

pub fn f(queue: &mut VirtQueue, sg: &mut SgList) {
    let _ = queue.enqueue(NonNull::dangling(), sg, 1, 0);
}
