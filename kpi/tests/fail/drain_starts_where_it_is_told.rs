// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0061
//! C uses the position of a drain as an index, so no driver may set it.
#![no_std]

use kpi::virtio::{Stopped, VirtQueue};

pub fn f(queue: &mut VirtQueue, proof: &Stopped) {
    let mut last = -1;
    queue.drain(&mut last, proof).for_each(drop);
}
