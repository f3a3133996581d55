// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Probes of dtrace(1), all of provider `apple_smc`; apple_smc.c defines them.

use crate::bindings::{apple_smc_sdt_event, apple_smc_sdt_reply, apple_smc_sdt_request};
use kpi::dev::Device;
use kpi::errno::Result;

/// A command goes to the SMC, with this message.
pub fn request(dev: Device, msg: u64) {
    // SAFETY: a probe takes any numbers.
    unsafe { apple_smc_sdt_request(dev.unit(), msg) }
}

/// The command has ended, answered or not, with this result.
pub fn reply<T>(dev: Device, msg: u64, outcome: &Result<T>) {
    let error = outcome.as_ref().err().map_or(0, |error| error.as_raw());
    // SAFETY: a probe takes any numbers.
    unsafe { apple_smc_sdt_reply(dev.unit(), msg, error) }
}

/// The SMC sent a notification.
pub fn event(dev: Device, msg: u64) {
    // SAFETY: a probe takes any numbers.
    unsafe { apple_smc_sdt_event(dev.unit(), msg) }
}
