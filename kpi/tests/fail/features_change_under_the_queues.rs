// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0596
//! The features decide how queues are used, so they cannot change under them.
#![no_std]

use kpi::virtio::Queues;

pub fn f(queues: &Queues) {
    let _ = queues.virtio().negotiate(0);
}
