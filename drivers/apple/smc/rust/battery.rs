// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What the battery does and what it is, of several keys each, and in words.
//!
//! Which keys there are depends on the firmware, and their types do, too. So their
//! values are taken by their size: little-endian numbers.

use core::ffi::c_int;
use core::fmt::{self, Write};

use kpi::arc::Arc;
use kpi::errno::{EINVAL, EIO, ENOENT, ENXIO, ESHUTDOWN, ETIMEDOUT, Result};
use kpi::sysctl::{Access, Sysctl, SysctlInt, SysctlText};
use kpi::vec::Vec;

use crate::key::{Key, KeyInfo};
use crate::message::VALUE_MAX;
use crate::sensor::{look_up, read_exactly};
use crate::smc::{CHARGE, Smc};
use crate::turn::Asker;
use crate::value::{Shown, little_endian};

/// Keys without which the state cannot be told.
const REQUIRED: [&[u8; 4]; 4] = [b"CHCE", b"CHCC", b"BSFC", b"CHSC"];

/// Keys that only some machines have.
const OPTIONAL: [&[u8; 4]; 17] = [
    b"CH0R", b"AC-i", b"CHLS", b"CHWA", b"BUIC", b"CHNC", b"BBAD", b"BMDN", b"BMSN", b"BMDT",
    b"B0RM", b"B0FC", b"B0TE", b"B0AP", b"BCF0", b"CHIS", b"ACDI",
];

/// The keys that tell of external power, the first that is there.
const LINE: [&[u8; 4]; 2] = [b"CHIS", b"ACDI"];

/// Bits of `CH0R` that say why the battery is used, but for bit 8: it is busy.
const NO_POWER: u64 = 0xffff & !(1 << 8);

/// Milliamperes below which the adapter gives nothing.
const ADAPTER_LEAST: u64 = 100;

/// Bits of `CHNC`, which says why the battery is not charged: it is full; it is busy.
const FULL: u64 = 1 << 0;
const BUSY: u64 = 1 << 23;

/// The limit of a machine that only has it on or off, in percent.
pub const LIMIT: Limit = Limit { start: 75, end: 80 };

/// The least limit that counts, and how far below it charging begins again.
pub const LEAST_END: u64 = 10;
const HYSTERESIS: u64 = 5;

/// What the battery does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is charged.
    Charging,
    /// It is full.
    Full,
    /// It is used.
    Discharging,
    /// There is power, but something keeps it from being charged.
    HeldBack,
}

/// Percent at which charging begins and ends.
#[derive(Clone, Copy)]
pub struct Limit {
    /// Below this it is charged.
    pub start: u64,
    /// It is charged up to this.
    pub end: u64,
}

/// What a node shows.
const STATE: u32 = 0;
const HEALTH: u32 = 1;
const MODEL: u32 = 2;
const SERIAL: u32 = 3;
const MADE: u32 = 4;
const LIMIT_START: u32 = 5;
const LIMIT_END: u32 = 6;

/// The keys that the SMC has, of those above.
pub struct Battery {
    smc: Arc<Smc>,
    keys: Vec<(Key, KeyInfo)>,
}

impl Battery {
    /// Finds the keys. Sleepable.
    pub fn new(smc: &Arc<Smc>) -> Result<Self> {
        let mut keys = Vec::new();
        for name in REQUIRED.iter().chain(&OPTIONAL) {
            let key = Key::new(name);
            if let Some(info) = look_up(smc, key)? {
                keys.push((key, info))?;
            }
        }
        let smc = smc.clone();
        Ok(Battery { smc, keys })
    }

    /// Adds a node for each thing that the keys tell. Sleepable.
    pub fn show(this: &Arc<Self>, sysctl: &Sysctl) -> Result<()> {
        let has = |name| this.find(name).is_some();
        let group = || sysctl.node(None, c"battery", c"sensors of the SMC");
        let texts = [
            (this.has_state(), c"state", c"what it does", STATE),
            (has(b"BBAD"), c"health", c"good or dead", HEALTH),
            (has(b"BMDN"), c"model", c"model", MODEL),
            (has(b"BMSN"), c"serial", c"serial number", SERIAL),
            (has(b"BMDT"), c"made", c"date of its making", MADE),
        ];
        for (_, name, descr, which) in texts.into_iter().filter(|text| text.0) {
            sysctl.text_of(Some(&group()?), name, descr, Access::Read, this, which)?;
        }
        if has(b"CHLS") || has(b"CHWA") {
            let node = Some(&group()?);
            let descr = c"percent below which it is charged";
            let name = c"limit_start";
            sysctl.int_of(node, name, descr, c"I", Access::Read, this, LIMIT_START)?;
            let descr = c"percent up to which it is charged";
            let name = c"limit_end";
            sysctl.int_of(node, name, descr, c"I", Access::Read, this, LIMIT_END)?;
        }
        Ok(())
    }

    /// Whether the keys tell what it does.
    pub fn has_state(&self) -> bool {
        REQUIRED.iter().all(|name| self.find(name).is_some())
    }

    /// Whether a key tells of external power.
    pub fn tells_line(&self) -> bool {
        LINE.iter().any(|name| self.find(name).is_some())
    }

    /// Whether there is external power. `None`: it cannot be told any more.
    pub fn on_line(&self) -> Result<Option<bool>> {
        let key = LINE.iter().find(|name| self.find(name).is_some());
        let value = key.map_or(Ok(None), |name| self.value(name))?;
        Ok(value.map(|value| value != 0))
    }

    /// The charge that is left, in mAh. `None`: it cannot be told.
    pub fn remaining(&self) -> Result<Option<u64>> {
        let value = self.value(&CHARGE.name())?;
        Ok(match self.smc.is_big_endian(CHARGE) {
            true => value.map(|value| (value as u16).swap_bytes().into()),
            false => value,
        })
    }

    /// The power that is taken out of it, in mW; 0 if power goes into it. `None`: it
    /// cannot be told.
    pub fn rate(&self) -> Result<Option<c_int>> {
        let value = self.value(b"B0AP")?;
        // Out of it is negative.
        Ok(value.map(|value| (value as i32).saturating_neg().max(0)))
    }

    fn find(&self, name: &[u8; 4]) -> Option<&(Key, KeyInfo)> {
        let key = Key::new(name);
        self.keys.iter().find(|found| found.0 == key)
    }

    fn read<'r>(&self, name: &[u8; 4], room: &'r mut [u8; VALUE_MAX]) -> Result<&'r [u8]> {
        let (key, info) = self.find(name).ok_or(ENOENT)?;
        read_exactly(&self.smc, Asker::User, *key, info, room)
    }

    /// The value of a key. `None`: there is no such key, or it cannot be read. An
    /// error means that the SMC as a whole does not work.
    #[inline(never)] // a frame of its own
    pub fn value(&self, name: &[u8; 4]) -> Result<Option<u64>> {
        let mut room = [0; VALUE_MAX];
        match self.read(name, &mut room) {
            Ok(bytes) => Ok(Some(little_endian(bytes))),
            Err(error) if [ETIMEDOUT, EIO, ENXIO, ESHUTDOWN].contains(&error) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// The limit up to which the battery is charged. `None`: there is none.
    fn limit(&self) -> Result<Option<Limit>> {
        let end = self.value(b"CHLS")?.unwrap_or(0) & 0xff;
        if (LEAST_END..100).contains(&end) {
            let start = end - HYSTERESIS;
            return Ok(Some(Limit { start, end }));
        }
        let on = self.value(b"CHWA")?.unwrap_or(0) != 0;
        Ok(on.then_some(LIMIT))
    }

    /// What the battery does. The order of the questions matters.
    pub fn state(&self) -> Result<State> {
        let is_off = |name| Ok(self.value(name)?.ok_or(ENOENT)? == 0);
        if self.value(b"CH0R")?.unwrap_or(0) & NO_POWER != 0
            || is_off(b"CHCE")?
            || is_off(b"CHCC")?
            || self
                .value(b"AC-i")?
                .is_some_and(|most| most < ADAPTER_LEAST)
        {
            return Ok(State::Discharging);
        }
        if !is_off(b"BSFC")? {
            return Ok(State::Full);
        }
        let Some(reasons) = self.value(b"CHNC")? else {
            let charging = !is_off(b"CHSC")?;
            return Ok(if charging {
                State::Charging
            } else {
                State::HeldBack
            });
        };
        Ok(match reasons {
            0 => State::Charging,
            _ if reasons & FULL != 0 => State::Full,
            BUSY if !self.is_limited()? => State::Charging,
            _ => State::HeldBack,
        })
    }

    /// Whether the charge is at the limit.
    fn is_limited(&self) -> Result<bool> {
        let limit = self.limit()?;
        let charge = self.value(b"BUIC")?;
        Ok(limit
            .zip(charge)
            .is_some_and(|(limit, charge)| charge >= limit.start))
    }

    /// The text of a key.
    fn text(&self, name: &[u8; 4], text: &mut dyn Write) -> Result<()> {
        let (_, info) = self.find(name).ok_or(ENOENT)?;
        let mut room = [0; VALUE_MAX];
        let bytes = self.read(name, &mut room)?;
        let shown = Shown {
            big_endian: false,
            info,
            bytes,
        };
        write!(text, "{shown}").map_err(|_| EIO)
    }

    /// The date: digits of the year since 1992, the month and the day.
    fn made(&self, text: &mut dyn Write) -> Result<()> {
        let mut room = [0; VALUE_MAX];
        let digits = self.read(b"BMDT", &mut room)?;
        let two = |at: usize| match digits.get(at..at + 2) {
            Some(&[tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => {
                Ok(u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
            }
            _ => Err(EIO),
        };
        let (year, month, day) = (1992 + two(0)?, two(2)?, two(4)?);
        write!(text, "{year}-{month:02}-{day:02}").map_err(|_| EIO)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Charging => "charging",
            State::Full => "full",
            State::Discharging => "discharging",
            State::HeldBack => "held back",
        })
    }
}

impl SysctlText for Battery {
    fn get(&self, which: u32, text: &mut dyn Write) -> Result<()> {
        match which {
            STATE => write!(text, "{}", self.state()?).map_err(|_| EIO),
            HEALTH => {
                let dead = self.value(b"BBAD")?.ok_or(ENOENT)? != 0;
                let health = if dead { "dead" } else { "good" };
                text.write_str(health).map_err(|_| EIO)
            }
            MODEL => self.text(b"BMDN", text),
            SERIAL => self.text(b"BMSN", text),
            MADE => self.made(text),
            _ => Err(EINVAL),
        }
    }
}

impl SysctlInt for Battery {
    /// A battery without a limit is charged to 100 percent, whenever it is below.
    fn get(&self, which: u32) -> Result<c_int> {
        let limit = self.limit()?;
        let limit = limit.unwrap_or(Limit {
            start: 100,
            end: 100,
        });
        let percent = match which {
            LIMIT_START => limit.start,
            LIMIT_END => limit.end,
            _ => return Err(EINVAL),
        };
        c_int::try_from(percent).map_err(|_| EIO)
    }
}
