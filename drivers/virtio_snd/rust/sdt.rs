// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Probes of dtrace(1), all of provider `virtio_snd`; virtio_snd.c defines them.

use crate::bindings::{vtsnd_sdt_event, vtsnd_sdt_reply, vtsnd_sdt_request};
use kpi::dev::Device;
use kpi::errno::Result;

/// A request goes to the device: its code, and the number of its item.
pub fn request(dev: Device, code: u32, id: u32) {
    // SAFETY: a probe takes any numbers.
    unsafe { vtsnd_sdt_request(dev.unit(), code, id) }
}

/// A request has ended, answered or not, with this result.
pub fn reply<T>(dev: Device, code: u32, id: u32, outcome: &Result<T>) {
    let error = outcome.as_ref().err().map_or(0, |error| error.as_raw());
    // SAFETY: a probe takes any numbers.
    unsafe { vtsnd_sdt_reply(dev.unit(), code, id, error) }
}

/// The device sent an event.
pub fn event(dev: Device, code: u32, id: u32) {
    // SAFETY: a probe takes any numbers.
    unsafe { vtsnd_sdt_event(dev.unit(), code, id) }
}
