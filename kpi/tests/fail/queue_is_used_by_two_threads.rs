// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0596
//! A queue does no locking, so its user needs exclusive access.
#![no_std]

use kpi::virtio::VirtQueue;

pub fn f(queue: &VirtQueue) {
    queue.notify();
}
