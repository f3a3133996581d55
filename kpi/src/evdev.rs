// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Buttons and switches for programs: evdev(4). Twin of `kpi_evdev.h`.
//!
//! # Example
//! ```
//! use kpi::evdev::{Evdev, Input};
//!
//! let lid = Evdev::new(dev, c"Foo lid", Input::Lid)?;
//! // It was closed. Programs hear of it once.
//! lid.report(true);
//! lid.report(true);
//! ```

use core::ffi::CStr;

use crate::bindings::{self, kpi_evdev, kpi_evdev_input};
use crate::boxed::Box;
use crate::ctx;
use crate::dev::{Device, Hold};
use crate::errno::{Result, check};
use crate::ffi::Opaque;

/// What an input device reports.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// The power button: whether it is pressed.
    Power,
    /// The lid: whether it is closed.
    Lid,
}

impl Input {
    fn as_raw(self) -> kpi_evdev_input {
        match self {
            Input::Power => bindings::KPI_EVDEV_POWER,
            Input::Lid => bindings::KPI_EVDEV_LID,
        }
    }
}

/// An input device with one button or switch, until it is dropped: sleepable.
///
/// # Invariants
/// `raw` is registered, with `input`.
pub struct Evdev {
    raw: Box<Opaque<kpi_evdev>>,
    input: Input,
    _hold: Hold,
}

// SAFETY: any thread may report and unregister; evdev(4) does its own locking.
unsafe impl Send for Evdev {}
// SAFETY: as for `Send`.
unsafe impl Sync for Evdev {}

impl Evdev {
    /// Registers an input device, off at first, which programs see as `name`.
    /// Sleepable.
    pub fn new(dev: Device, name: &CStr, input: Input) -> Result<Self> {
        ctx::can_block();
        let hold = dev.hold()?;
        let raw: Box<Opaque<kpi_evdev>> = Box::new(Opaque::zeroed())?;
        // SAFETY: the zeroed struct stays in its box; the device is held; `name` is
        // copied.
        check(unsafe {
            let dev = hold.as_raw();
            bindings::kpi_evdev_register(raw.get(), dev, name.as_ptr(), input.as_raw())
        })?;
        Ok(Self {
            raw,
            input,
            _hold: hold,
        })
    }

    /// Reports whether it is on. Reported once, however often this is called. Any
    /// context but a filter.
    pub fn report(&self, on: bool) {
        ctx::can_block();
        // SAFETY: registered by the invariant.
        unsafe { bindings::kpi_evdev_report(self.raw.get(), self.input.as_raw(), on) }
    }
}

impl Drop for Evdev {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: registered by the invariant, and not used again.
        unsafe { bindings::kpi_evdev_unregister(self.raw.get()) }
    }
}
