// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0423
//! Only a reset makes the proof that there was one.
#![no_std]

use kpi::virtio::{Stopped, VirtQueue};

pub fn f(queue: &mut VirtQueue) {
    queue.drain(&Stopped(&[])).for_each(drop);
}
