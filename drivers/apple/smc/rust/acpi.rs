// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The battery and the external power under the names that acpi(4) has for them on
//! other machines, because programs read those names. A name that is taken is left
//! alone. The values are as in FreeBSD's `sys/dev/acpica/acpi_battery.c` and
//! `acpi_acad.c`.

use core::ffi::{CStr, c_int};

use kpi::arc::Arc;
use kpi::errno::{EINVAL, ENOENT, Result};
use kpi::sysctl::{Access, Sysctl, SysctlInt};

use crate::battery::{Battery, State};
use crate::bindings::{apple_smc_has_sysctl, apple_smc_sysctl_hw};

/// Bits of the state, `ACPI_BATT_STAT_*` of `acpiio.h`.
const DISCHARGING: c_int = 1;
const CHARGING: c_int = 2;
const CRITICAL: c_int = 4;
const NOT_PRESENT: c_int = 7;

/// What acpi(4) says if it does not know a number.
const UNKNOWN: c_int = -1;

/// The most mAh that a battery is believed to hold.
const MOST_CHARGE: u64 = u32::MAX as u64;

/// What a node shows.
const LIFE: u32 = 0;
const TIME: u32 = 1;
const RATE: u32 = 2;
const STATE: u32 = 3;
const UNITS: u32 = 4;
const ACLINE: u32 = 5;

/// The nodes of a battery, described as acpi(4) does.
const BATTERY: &[(&CStr, &CStr, u32)] = &[
    (c"life", c"percent capacity remaining", LIFE),
    (c"time", c"remaining time in minutes", TIME),
    (c"rate", c"present rate in mW", RATE),
    (c"state", c"current status flags", STATE),
    (c"units", c"number of batteries", UNITS),
];

/// What acpi(4) says of a battery.
struct Info {
    life: c_int,
    time: c_int,
    rate: c_int,
    state: c_int,
}

/// What it says of one that it cannot ask.
const ABSENT: Info = Info {
    life: UNKNOWN,
    time: UNKNOWN,
    rate: UNKNOWN,
    state: NOT_PRESENT,
};

/// What the nodes show.
pub struct Acpi {
    battery: Arc<Battery>,
}

/// Whether sysctl(9) has this name.
fn is_taken(name: &CStr) -> bool {
    // SAFETY: the string is good for the call.
    unsafe { apple_smc_has_sysctl(name.as_ptr()) }
}

impl Acpi {
    /// Adds those names that are not taken, if the SMC has something to show there.
    /// The drop of what it returns removes them. Sleepable.
    #[inline(never)] // a frame of its own
    pub fn show(battery: &Arc<Battery>) -> Result<Option<Sysctl>> {
        let has_battery = battery.has_state() && !is_taken(c"hw.acpi.battery");
        let has_line = battery.tells_line() && !is_taken(c"hw.acpi.acline");
        if !has_battery && !has_line {
            return Ok(None);
        }
        let battery = battery.clone();
        let acpi = Arc::new(Acpi { battery })?;
        // SAFETY: the kernel's own node, which is always there.
        let sysctl = unsafe { Sysctl::below(apple_smc_sysctl_hw()) }?;
        let node = sysctl.node(None, c"acpi", c"names of acpi(4)")?;
        let access = Access::Read;
        if has_battery {
            let node = sysctl.node(Some(&node), c"battery", c"battery status and info")?;
            for &(name, descr, which) in BATTERY {
                sysctl.int_of(Some(&node), name, descr, c"I", access, &acpi, which)?;
            }
        }
        if has_line {
            let descr = c"1: external power";
            sysctl.int_of(Some(&node), c"acline", descr, c"I", access, &acpi, ACLINE)?;
        }
        Ok(Some(sysctl))
    }

    /// A battery that is not discharged has no rate, and its time is not known.
    fn info(&self) -> Result<Info> {
        let battery = &self.battery;
        let state = match battery.state() {
            // A key is gone.
            Err(ENOENT) => return Ok(ABSENT),
            state => state?,
        };
        let (left, full) = (battery.remaining()?, battery.value(b"B0FC")?);
        let (Some(left), Some(full @ 1..=MOST_CHARGE)) = (left, full) else {
            return Ok(ABSENT);
        };
        let rate = match state {
            State::Discharging => battery.rate()?.unwrap_or(0),
            _ => 0,
        };
        let minutes = battery.value(b"B0TE")?.filter(|minutes| *minutes != 0xffff);
        let time = match minutes.map(c_int::try_from) {
            Some(Ok(minutes)) if rate > 0 => minutes,
            _ => UNKNOWN,
        };
        let critical = battery.value(b"BCF0")?.unwrap_or(0) != 0;
        let flags = match state {
            State::Discharging => DISCHARGING,
            State::Charging => CHARGING,
            State::Full | State::HeldBack => 0,
        };
        Ok(Info {
            life: (left.min(full) * 100 / full) as c_int,
            time,
            rate,
            state: flags | if critical { CRITICAL } else { 0 },
        })
    }
}

impl SysctlInt for Acpi {
    fn get(&self, which: u32) -> Result<c_int> {
        Ok(match which {
            UNITS => 1,
            ACLINE => self.battery.on_line()?.map_or(UNKNOWN, c_int::from),
            LIFE => self.info()?.life,
            TIME => self.info()?.time,
            RATE => self.info()?.rate,
            STATE => self.info()?.state,
            _ => return Err(EINVAL),
        })
    }
}
