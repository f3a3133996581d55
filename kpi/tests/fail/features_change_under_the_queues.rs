// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0596
//! What was agreed on decides how the queues are used.
#![no_std]

use kpi::virtio::Queues;

pub fn f(queues: &Queues) {
    let _ = queues.virtio().negotiate(0);
}
