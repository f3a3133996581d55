// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The alarm of a nearly empty battery.
//!
//! The SMC's notification alone means nothing: some machines send more than a
//! hundred a day while they charge. So it starts a watch, which reads two things
//! each second: the SMC's flag, and whether the voltage is below the least one by
//! design. A key that cannot be read raises no alarm.
//!
//! The watch ends when neither holds. If the flag or the voltage holds for
//! [`SURE`] readings, devd(8) gets an event, and the charge is left to the firmware:
//! the administrator may have had it discharge the battery. After [`FLAGGED`]
//! readings of the flag, or at once if it is the voltage, init(8) is asked to switch
//! the machine off. If the voltage is still too low [`GRACE`] later, the driver
//! switches the machine off itself.

use core::sync::atomic::{AtomicBool, Ordering};

use kpi::arc::Arc;
use kpi::device_println;
use kpi::errno::Result;
use kpi::mtx::Mtx;
use kpi::shutdown::{poweroff, poweroff_nice};
use kpi::taskq::TaskHandler;
use kpi::time::{Sbt, uptime};

use crate::charge::Charge;
use crate::key::Key;
use crate::link::{Link, count};
use crate::sensor::read_found;
use crate::smc::Smc;
use crate::value::integer;

/// Time between two readings.
const PERIOD: Sbt = Sbt::from_secs(1);

/// Readings in a row that make an alarm.
const SURE: u32 = 3;

/// Readings of the flag in a row, after which the machine is to go off.
const FLAGGED: u32 = 10;

/// How long init(8) may take if the voltage is too low.
const GRACE: Sbt = Sbt::from_secs(10);

/// The shortest time between two events.
const PAUSE: Sbt = Sbt::from_secs(60);

/// The key of the SMC's flag. Its size changes with the firmware.
pub const FLAG: Key = Key::new(b"BCF0");

/// What was read so far.
#[derive(Default)]
struct State {
    /// Readings of the flag in a row.
    flagged: u32,
    /// Readings of too low a voltage in a row.
    low: u32,
    /// When devd(8) was told.
    told: Option<Sbt>,
    /// Whether there were enough readings since the watch began.
    sure: bool,
    /// When init(8) was asked to switch the machine off.
    asked: Option<Sbt>,
}

/// The watch.
pub struct Alarm {
    smc: Arc<Smc>,
    /// Whether the driver may switch the machine off.
    poweroff: bool,
    charge: Option<Arc<Charge>>,
    state: Mtx<State>,
}

/// Whether the watch is under way.
pub struct Watched(AtomicBool);

impl Watched {
    /// It is not.
    pub const fn new() -> Self {
        Watched(AtomicBool::new(false))
    }

    /// The SMC has sent an alarm. In RTKit's thread.
    pub fn begin(&self, link: &Link) {
        if !self.0.swap(true, Ordering::AcqRel) {
            link.run_alarm(Sbt::ZERO);
        }
    }

    fn end(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// What is to be done after a reading.
enum Outcome {
    /// The watch goes on.
    Watch(Deeds),
    /// The watch ends. True: the battery was not empty at all.
    End(bool),
}

#[derive(Default)]
struct Deeds {
    tell: bool,
    ask: bool,
    force: bool,
}

impl Alarm {
    /// `poweroff`: it may switch the machine off. `charge`: how the battery is charged,
    /// if that can be set.
    pub fn new(smc: &Arc<Smc>, poweroff: bool, charge: Option<&Arc<Charge>>) -> Result<Self> {
        Ok(Alarm {
            smc: smc.clone(),
            poweroff,
            charge: charge.cloned(),
            state: Mtx::new(c"apple_smc alarm", State::default())?,
        })
    }

    /// Whether the SMC's flag is set.
    fn is_flagged(&self) -> bool {
        let set = |_: &_, bytes: &[u8]| Some(bytes.iter().any(|byte| *byte != 0).into());
        matches!(read_found(&self.smc, FLAG, set), Ok(Some(1)))
    }

    /// Whether the voltage is below the least one by design.
    fn is_low(&self) -> bool {
        let read = |name| read_found(&self.smc, Key::new(name), integer);
        match (read(b"B0AV"), read(b"BITV")) {
            // 0 is no voltage of a battery that is there.
            (Ok(Some(now)), Ok(Some(least))) => (1..least).contains(&now),
            _ => false,
        }
    }

    /// Notes a reading.
    fn note(&self, flagged: bool, low: bool) -> Outcome {
        let mut state = self.state.lock();
        let now = uptime();
        let more = |have: u32, one: bool| if one { have.saturating_add(1) } else { 0 };
        state.flagged = more(state.flagged, flagged);
        state.low = more(state.low, low);
        if !flagged && !low {
            return Outcome::End(!core::mem::take(&mut state.sure));
        }
        let mut deeds = Deeds::default();
        let sure = state.flagged >= SURE || state.low >= SURE;
        state.sure |= sure;
        if sure && state.told.is_none_or(|told| now - told >= PAUSE) {
            state.told = Some(now);
            deeds.tell = true;
        }
        if !self.poweroff {
            return Outcome::Watch(deeds);
        }
        match state.asked {
            None if state.flagged >= FLAGGED || state.low >= SURE => {
                state.asked = Some(now);
                deeds.ask = true;
            }
            Some(asked) => deeds.force = state.low >= SURE && now - asked >= GRACE,
            None => (),
        }
        Outcome::Watch(deeds)
    }

    fn act(&self, deeds: &Deeds) {
        let dev = self.smc.dev;
        if deeds.tell {
            device_println!(dev, "the battery is nearly empty");
            // The notify value that ACPI has for a battery that has changed.
            self.smc.link.events.notify(c"CMBAT", c"notify=0x80");
            if let Some(charge) = &self.charge {
                charge.release();
            }
        }
        if deeds.ask {
            device_println!(dev, "the battery is nearly empty: the machine goes off");
            poweroff_nice();
        }
        if deeds.force {
            device_println!(dev, "the battery is empty: the machine goes off now");
            poweroff();
        }
    }
}

impl TaskHandler for Alarm {
    fn run(&self) {
        let link = &self.smc.link;
        match self.note(self.is_flagged(), self.is_low()) {
            Outcome::Watch(deeds) => {
                self.act(&deeds);
                link.run_alarm(PERIOD);
            }
            Outcome::End(in_vain) => {
                if in_vain {
                    count(&link.events.false_alarms);
                }
                link.events.watched.end();
            }
        }
    }
}
