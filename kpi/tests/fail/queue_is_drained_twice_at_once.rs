// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0499
//! A drain borrows the queue exclusively.
#![no_std]

use kpi::virtio::{Stopped, VirtQueue};

pub fn f(queue: &mut VirtQueue, proof: &Stopped) {
    let mut first = queue.drain(proof);
    let mut second = queue.drain(proof);
    let _ = (first.next(), second.next());
}
