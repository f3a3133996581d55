// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0133
//! The caller promises that the softc starts with sound(4)'s data.
#![no_std]

use kpi::dev::Device;
use kpi::pcm::Card;

pub fn f(dev: Device) {
    drop(Card::new(dev));
}
