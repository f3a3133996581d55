// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0133
//! The start of the softc is sound(4)'s: a promise.
#![no_std]

use kpi::dev::Device;
use kpi::pcm::Card;

pub fn f(dev: Device) {
    drop(Card::new(dev));
}
