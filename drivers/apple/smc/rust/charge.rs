// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The charge of the battery as the administrator sets it, if a tunable allows that.
//!
//! Which keys there are depends on the firmware. A key that has another size than
//! the one known, or whose value cannot be read, is not written: what was found in it
//! could not be given back. Everything is given back to the firmware before anything
//! ends.
//!
//! # What is given back
//!
//! The firmware keeps these keys when the machine loses power, and then nothing was
//! given back. So what is found at attach may be what this driver set the last time.
//!
//! - A switch is given back as off. If it stayed on, nobody would watch a battery that
//!   is not charged, or is emptied.
//! - A limit is given back as it was found: macOS may have set it, and the firmware
//!   keeps to it alone. If the administrator sets that there is no limit, none is
//!   given back from then on.
//!
//! A line says what was found to be set. What nobody sets is not written.

use core::ffi::{CStr, c_int};
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kpi::arc::Arc;
use kpi::device_println;
use kpi::errno::{
    EACCES, EINVAL, EIO, EMSGSIZE, ENOENT, ENXIO, EOPNOTSUPP, EPROTO, ETIMEDOUT, Errno, Result,
};
use kpi::sx::Sx;
use kpi::sysctl::{Access, Sysctl, SysctlInt};
use kpi::vec::Vec;

use crate::battery::{LEAST_END, LIMIT};
use crate::key::{Key, KeyInfo};
use crate::message::VALUE_MAX;
use crate::sensor::{look_up, read_exactly};
use crate::smc::Smc;
use crate::turn::Asker;
use crate::value::little_endian;

/// The highest percentage that firmware, which has the limit only on or off, is told
/// as a limit.
const MOST_END: u64 = 95;

/// The bit of `CHLS` that has the firmware discharge the battery down to the limit.
/// The limit is known to work with this bit only.
const DOWN_TO_IT: u64 = 1 << 8;

/// What each key stores if the firmware charges the battery as it likes.
const NEUTRAL: u64 = 0;

/// How a key says what is set.
#[derive(Clone, Copy)]
enum Form {
    /// This number, or 0. Any number but 0 counts as on.
    Switch(u64),
    /// Whether there is a limit, which is [`LIMIT`].
    LimitOn,
    /// The low byte is the limit in percent, or 0.
    Percent,
}

impl Form {
    /// What is stored in the key for `value`, or for the nearest that it can say.
    fn encode(self, value: u64) -> u64 {
        match self {
            Form::Switch(on) if value != 0 => on,
            Form::LimitOn if value <= MOST_END => 1,
            Form::Percent if value < 100 => value.max(LEAST_END) | DOWN_TO_IT,
            _ => NEUTRAL,
        }
    }

    /// What is given back if `found` was stored at attach.
    fn given_back(self, found: u64) -> u64 {
        match self {
            Form::Switch(_) => NEUTRAL,
            Form::LimitOn | Form::Percent => found,
        }
    }

    /// The value that a key says.
    fn decode(self, raw: u64) -> u64 {
        match self {
            Form::Switch(_) => (raw != 0).into(),
            Form::LimitOn if raw != 0 => LIMIT.end,
            Form::Percent if (LEAST_END..100).contains(&(raw & 0xff)) => raw & 0xff,
            Form::LimitOn | Form::Percent => 100,
        }
    }
}

/// Something that can be set: its node, and the keys of which one sets it, those of
/// later firmware last.
struct Known {
    name: &'static CStr,
    descr: &'static CStr,
    keys: &'static [(Key, u8, Form)],
}

const KNOWN: &[Known] = &[
    Known {
        name: c"end",
        descr: c"percent up to which it is charged; 100: no limit",
        keys: &[
            (Key::new(b"CHWA"), 1, Form::LimitOn),
            (Key::new(b"CHLS"), 2, Form::Percent),
        ],
    },
    Known {
        name: c"inhibit",
        descr: c"1: it is not charged",
        keys: &[
            (Key::new(b"CHTE"), 4, Form::Switch(1)),
            (Key::new(b"CH0C"), 1, Form::Switch(1)),
        ],
    },
    Known {
        name: c"discharge",
        descr: c"1: it is discharged, though there is external power",
        keys: &[
            (Key::new(b"CH0I"), 1, Form::Switch(1)),
            (Key::new(b"CH0J"), 1, Form::Switch(1)),
            (Key::new(b"CHIE"), 1, Form::Switch(8)),
            (Key::new(b"CHIB"), 1, Form::Switch(1)),
        ],
    },
];

/// Something that can be set on this machine.
struct Setting {
    known: &'static Known,
    key: Key,
    info: KeyInfo,
    form: Form,
    /// The value at attach.
    found: u64,
    /// What the firmware gets back.
    back: AtomicU64,
    /// Whether the key may have another value now, because of this driver.
    touched: AtomicBool,
}

/// Shows the node and its key: "charge.end, by CHWA".
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.known.name.to_str().unwrap_or("");
        write!(f, "charge.{name}, by {}", self.key)
    }
}

/// What can be set about the charge.
pub struct Charge {
    smc: Arc<Smc>,
    settings: Vec<Setting>,
    /// Serialises settings. True: there is none, because the device sleeps or is being
    /// detached.
    closed: Sx<bool>,
}

/// The value of a key.
#[inline(never)] // a frame of its own
fn read(smc: &Smc, asker: Asker, key: Key, info: &KeyInfo) -> Result<u64> {
    let mut room = [0; VALUE_MAX];
    read_exactly(smc, asker, key, info, &mut room).map(little_endian)
}

/// Whether the SMC has answered that it does not write the key.
fn is_refusal(error: Errno) -> bool {
    [EACCES, EINVAL, EMSGSIZE, ENOENT, EOPNOTSUPP].contains(&error)
}

impl Setting {
    /// `None`: there is no such key, it has another size, or it cannot be written or
    /// read. An error means that the SMC as a whole does not work.
    fn find(smc: &Smc, known: &'static Known, row: &(Key, u8, Form)) -> Result<Option<Self>> {
        let &(key, size, form) = row;
        let fits = |info: &KeyInfo| info.is_writable() && info.size == size;
        let Some(info) = look_up(smc, key)?.filter(fits) else {
            return Ok(None);
        };
        match read(smc, Asker::Kernel, key, &info) {
            Ok(found) => {
                let setting = Setting {
                    known,
                    key,
                    info,
                    form,
                    found,
                    back: AtomicU64::new(form.given_back(found)),
                    touched: AtomicBool::new(false),
                };
                setting.tell_found(smc);
                Ok(Some(setting))
            }
            Err(error) if error == ETIMEDOUT || !smc.rtkit.is_running() => Err(error),
            Err(error) => {
                device_println!(
                    smc.dev,
                    "{} cannot be read: {}: it is left alone",
                    key,
                    error
                );
                Ok(None)
            }
        }
    }

    /// Whether a switch was found to be on.
    fn was_left_on(&self) -> bool {
        self.form.given_back(self.found) != self.found
    }

    /// Prints if something is set already.
    fn tell_found(&self, smc: &Smc) {
        let (value, neutral) = (self.form.decode(self.found), self.form.decode(NEUTRAL));
        if value != neutral {
            device_println!(
                smc.dev,
                "{}, was left at {}: set it to {} to undo that",
                self,
                value,
                neutral
            );
        }
    }
}

impl Charge {
    /// Finds what can be set. Writes nothing. Sleepable.
    pub fn new(smc: &Arc<Smc>) -> Result<Self> {
        let mut settings = Vec::new();
        for known in KNOWN {
            for row in known.keys {
                if let Some(setting) = Setting::find(smc, known, row)? {
                    settings.push(setting)?;
                    break;
                }
            }
        }
        Ok(Charge {
            smc: smc.clone(),
            settings,
            closed: Sx::new(c"apple_smc charge", false)?,
        })
    }

    /// Adds a node for each. Sleepable.
    pub fn show(charge: &Arc<Self>, sysctl: &Sysctl) -> Result<()> {
        for (which, setting) in (0..).zip(charge.settings.iter()) {
            let group = sysctl.node(None, c"charge", c"how the battery is charged")?;
            let (name, descr) = (setting.known.name, setting.known.descr);
            let access = Access::ReadWrite;
            sysctl.int_of(Some(&group), name, descr, c"I", access, charge, which)?;
        }
        Ok(())
    }

    fn write(&self, setting: &Setting, raw: u64, polling: bool) -> Result<()> {
        let bytes = raw.to_le_bytes();
        let bytes = bytes.get(..setting.info.size.into()).ok_or(EPROTO)?;
        self.smc.write_by(polling, setting.key, bytes)
    }

    /// Writes a value, and looks whether the firmware keeps it. `EIO`: it does not.
    fn change(&self, setting: &Setting, value: u64) -> Result<()> {
        let raw = setting.form.encode(value);
        let before = setting.touched.swap(true, Ordering::Relaxed);
        self.write(setting, raw, false).inspect_err(|error| {
            // After other errors it may have been written.
            if !before && is_refusal(*error) {
                setting.touched.store(false, Ordering::Relaxed);
            }
        })?;
        let kept = read(&self.smc, Asker::User, setting.key, &setting.info)?;
        if setting.form.decode(kept) != setting.form.decode(raw) {
            return Err(EIO);
        }
        if raw == NEUTRAL {
            // What was found is not wanted any more.
            setting.back.store(NEUTRAL, Ordering::Relaxed);
        }
        Ok(())
    }

    /// What may have been written since it was given back last.
    fn written(&self) -> impl Iterator<Item = &Setting> {
        let written = |setting: &&Setting| setting.touched.load(Ordering::Relaxed);
        self.settings.iter().filter(written)
    }

    /// Gives everything back that was written. Prints errors.
    ///
    /// What the SMC does not take counts as written further on. While the machine goes
    /// down it counts so only if the SMC has not answered: then the rest is left for
    /// the next time, so that a dump of the kernel does not wait for each.
    fn give_back(&self, polling: bool) {
        for setting in self.written() {
            let outcome = self.write(setting, setting.back.load(Ordering::Relaxed), polling);
            let silent = outcome == Err(ETIMEDOUT);
            if outcome.is_ok() || polling && !silent {
                setting.touched.store(false, Ordering::Relaxed);
            }
            if let Err(error) = outcome {
                device_println!(
                    self.smc.dev,
                    "cannot give {} back to the firmware: {}",
                    setting,
                    error
                );
            }
            if polling && silent {
                return;
            }
        }
    }

    /// The battery is nearly empty: leaves the charge to the firmware until it is set
    /// again. A switch that was found to be on goes off, too. Sleepable.
    pub fn release(&self) {
        let _closed = self.closed.xlock();
        for setting in self.settings.iter().filter(|s| s.was_left_on()) {
            setting.touched.store(true, Ordering::Relaxed);
        }
        self.give_back(false);
    }

    /// Leaves the charge to the firmware: nobody sets it until [`Charge::open`].
    /// Sleepable.
    pub fn close(&self) {
        let mut closed = self.closed.xlock();
        *closed = true;
        self.give_back(false);
    }

    /// The charge may be set again. Sleepable.
    pub fn open(&self) {
        *self.closed.xlock() = false;
    }

    /// The same as [`Charge::close`], by polling, while the machine goes down. A
    /// setting that is under way fails by itself, and counts as written.
    pub fn give_all_back(&self) {
        self.give_back(true);
    }
}

impl SysctlInt for Charge {
    fn get(&self, which: u32) -> Result<c_int> {
        let setting = self.settings.get(which as usize).ok_or(ENOENT)?;
        let raw = read(&self.smc, Asker::User, setting.key, &setting.info)?;
        c_int::try_from(setting.form.decode(raw)).map_err(|_| EPROTO)
    }

    fn set(&self, which: u32, value: c_int) -> Result<()> {
        let setting = self.settings.get(which as usize).ok_or(ENOENT)?;
        let value = u64::try_from(value).map_err(|_| EINVAL)?;
        let closed = self.closed.xlock();
        if *closed {
            return Err(ENXIO);
        }
        self.change(setting, value).inspect_err(|error| {
            device_println!(self.smc.dev, "the SMC does not take {}: {}", setting, error);
        })
    }
}
