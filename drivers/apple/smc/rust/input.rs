// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The power button and the lid: evdev(4) devices, and events for devd(8).
//!
//! The SMC's notifications of the lid cannot be relied on, so the key of its state
//! is read each second. A state counts when readings agree for a second, because the
//! key bounces when a display is unplugged. A notification only causes a reading at
//! once.

use core::ffi::CStr;

use kpi::arc::Arc;
use kpi::cstring::CString;
use kpi::dev::Device;
use kpi::errno::{ENXIO, Result};
use kpi::evdev::{Evdev, Input};
use kpi::mtx::Mtx;
use kpi::taskq::TaskHandler;
use kpi::time::{Sbt, uptime};

use crate::key::Key;
use crate::sensor::read_found;
use crate::smc::Smc;
use crate::value::integer;

/// How long readings have to agree.
const AGAIN: Sbt = Sbt::from_secs(1);

/// The key of the lid: not 0 if it is closed.
const LID: Key = Key::new(b"MSLD");

/// The key of the power button, held down or not.
const BUTTON: Key = Key::new(b"bHLD");

/// What was read of the lid.
#[derive(Clone, Copy)]
struct State {
    /// The state that programs were told.
    closed: bool,
    /// The reading before.
    last: bool,
    /// The first of the readings that agree with it.
    since: Sbt,
}

/// The input devices of an SMC.
pub struct Inputs {
    smc: Arc<Smc>,
    button: Option<Evdev>,
    lid: Option<Evdev>,
    state: Mtx<State>,
    /// Time between readings of the lid; zero: only after notifications.
    period: Sbt,
}

/// Whether the lid is closed. `None`: there is no lid, or its key cannot be read.
fn is_closed(smc: &Smc) -> Result<Option<bool>> {
    Ok(read_found(smc, LID, integer)?.map(|state| state != 0))
}

/// Registers an input device with the device's name in front of `what`.
fn register(dev: Device, what: &str, input: Input) -> Result<Evdev> {
    let name = dev.with(|dev| {
        let unit = dev.nameunit().to_str().unwrap_or("apple_smc");
        CString::format(format_args!("{unit} {what}"))
    });
    let name = name.ok_or(ENXIO)??;
    Evdev::new(dev, name.as_c_str(), input)
}

impl Inputs {
    /// Registers what the SMC has. Sleepable.
    pub fn new(smc: &Arc<Smc>, period: Sbt) -> Result<Self> {
        let dev = smc.dev;
        let held = read_found(smc, BUTTON, integer)?;
        let closed = is_closed(smc)?;
        let button = held
            .map(|_| register(dev, "power button", Input::Power))
            .transpose()?;
        let lid = closed
            .map(|_| register(dev, "lid", Input::Lid))
            .transpose()?;
        let closed = closed.unwrap_or(false);
        if let Some(lid) = &lid {
            lid.report(closed);
        }
        let (last, since) = (closed, uptime());
        Ok(Inputs {
            smc: smc.clone(),
            button,
            lid,
            state: Mtx::new(
                c"apple_smc lid",
                State {
                    closed,
                    last,
                    since,
                },
            )?,
            period,
        })
    }

    /// Reports the button. Any context but a filter.
    pub fn button(&self, pressed: bool) {
        if let Some(button) = &self.button {
            button.report(pressed);
        }
    }

    /// Whether there is a lid to be read.
    pub fn has_lid(&self) -> bool {
        self.lid.is_some()
    }

    /// Time between readings of the lid. `None`: it is not polled.
    pub fn period(&self) -> Option<Sbt> {
        (self.has_lid() && self.period > Sbt::ZERO).then_some(self.period)
    }

    /// Notes a reading of the lid. Returns whether the lid has moved, and whether the
    /// next reading has to agree with this one.
    fn note(&self, closed: bool) -> (bool, bool) {
        let mut state = self.state.lock();
        let now = uptime();
        if closed != state.last {
            state.last = closed;
            state.since = now;
        }
        let moved = closed != state.closed && now - state.since >= AGAIN;
        if moved {
            state.closed = closed;
        }
        (moved, closed != state.closed)
    }
}

impl TaskHandler for Inputs {
    fn run(&self) {
        let link = &self.smc.link;
        // It is looked at again when the SMC runs again.
        if link.check(false).is_err() {
            return;
        }
        let mut again = self.period;
        if let (Some(lid), Ok(Some(closed))) = (&self.lid, is_closed(&self.smc)) {
            let (moved, unsure) = self.note(closed);
            if moved {
                lid.report(closed);
                link.events.notify(c"Lid", notify_value(closed));
            }
            if unsure {
                again = AGAIN;
            }
        }
        if again > Sbt::ZERO {
            link.run_lid(again);
        }
    }
}

/// The data of the event, as ACPI has it.
fn notify_value(closed: bool) -> &'static CStr {
    if closed {
        c"notify=0x00"
    } else {
        c"notify=0x01"
    }
}
