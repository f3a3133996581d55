// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Fans at a speed that the administrator sets, if a tunable allows that.
//!
//! The SMC takes any speed, so the driver keeps to the limits of the fan. Firmware
//! of some machines holds the mode of its fans until a key is set, and then for some
//! time; there the fans are coupled, and all are taken at once. All that was taken is
//! given back to the firmware before anything ends.

use core::ffi::c_int;
use core::sync::atomic::{AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::cstring::CString;
use kpi::device_println;
use kpi::errno::{EBUSY, EINVAL, EIO, ENOENT, ENXIO, EPROTO, ETIMEDOUT, Result};
use kpi::sx::Sx;
use kpi::sysctl::{Access, Sysctl, SysctlInt};
use kpi::time::{Sbt, poll_sleep};
use kpi::vec::Vec;

use crate::hwmon::{Hwmon, Role};
use crate::key::{Key, KeyInfo};
use crate::message::VALUE_MAX;
use crate::sensor::{FANS, look_up, read_exactly};
use crate::smc::Smc;
use crate::turn::Asker;
use crate::value::{integer, natural, real};

/// How often the mode is written until the firmware gives the fans, and the time
/// between.
const TRIES: u32 = 50;
const PAUSE: Sbt = Sbt::from_millis(100);

/// Modes of a fan.
const AUTOMATIC: u32 = 0;
const MANUAL: u32 = 1;

/// The key that makes the firmware give its fans.
const UNLOCK: Key = Key::new(b"Ftst");

/// A key and what the SMC says about it.
type Found = (Key, KeyInfo);

/// A fan that can be set.
struct Fan {
    /// Its number in the names of its keys.
    number: u8,
    mode: Found,
    target: Found,
    least: Found,
    most: Found,
}

/// The fans of an SMC.
pub struct Fans {
    smc: Arc<Smc>,
    fans: Vec<Fan>,
    unlock: Option<Found>,
    /// Serialises settings. True: there is none, because the device sleeps or is being
    /// detached.
    closed: Sx<bool>,
    /// Fans that are taken from the firmware, a bit each.
    taken: AtomicU32,
    /// Fans that were ever taken.
    touched: AtomicU32,
}

/// Finds the first of the keys that can be read, and, if `writable`, written.
fn find(smc: &Smc, keys: impl Iterator<Item = Key>, writable: bool) -> Result<Option<Found>> {
    for key in keys {
        let fits = |info: &KeyInfo| !writable || info.is_writable();
        if let Some(info) = look_up(smc, key)?.filter(fits) {
            return Ok(Some((key, info)));
        }
    }
    Ok(None)
}

impl Fan {
    /// `None`: there is no such fan, or it cannot be set.
    fn find(smc: &Smc, hwmon: &Hwmon, number: u8) -> Result<Option<Self>> {
        let find = |role, writable| find(smc, hwmon.keys_of_fan(number, role), writable);
        let (mode, target) = (find(Role::Mode, true)?, find(Role::Target, true)?);
        let (least, most) = (find(Role::Minimum, false)?, find(Role::Maximum, false)?);
        let (Some(mode), Some(target), Some(least), Some(most)) = (mode, target, least, most)
        else {
            return Ok(None);
        };
        Ok(Some(Fan {
            number,
            mode,
            target,
            least,
            most,
        }))
    }
}

impl Fans {
    /// Finds the fans. Sleepable.
    pub fn new(smc: &Arc<Smc>, hwmon: &Hwmon) -> Result<Self> {
        let mut fans = Vec::new();
        for number in 0..FANS {
            if let Some(fan) = Fan::find(smc, hwmon, number)? {
                fans.push(fan)?;
            }
        }
        Ok(Fans {
            smc: smc.clone(),
            fans,
            unlock: find(smc, core::iter::once(UNLOCK), true)?,
            closed: Sx::new(c"apple_smc fans", false)?,
            taken: AtomicU32::new(0),
            touched: AtomicU32::new(0),
        })
    }

    /// Adds a node for each. Sleepable.
    pub fn show(fans: &Arc<Self>, sysctl: &Sysctl) -> Result<()> {
        for (which, fan) in (0..).zip(fans.fans.iter()) {
            let group = sysctl.node(None, c"fan", c"sensors of the SMC")?;
            let number = CString::format(format_args!("{}", fan.number))?;
            let node = sysctl.node(Some(&group), number.as_c_str(), c"one of them")?;
            let descr = c"revolutions per minute that are set; 0: automatic";
            let (name, access) = (c"set", Access::ReadWrite);
            sysctl.int_of(Some(&node), name, descr, c"I", access, fans, which)?;
        }
        Ok(())
    }

    fn read(&self, found: &Found) -> Result<u32> {
        let (key, info) = found;
        let mut room = [0; VALUE_MAX];
        let bytes = read_exactly(&self.smc, Asker::Kernel, *key, info, &mut room)?;
        let value = real(info, bytes, 1).or_else(|| integer(info, bytes));
        value
            .and_then(|value| u32::try_from(value).ok())
            .ok_or(EPROTO)
    }

    fn write(&self, found: &Found, value: u32, polling: bool) -> Result<()> {
        let (key, info) = found;
        let bytes = natural(info, value).ok_or(EPROTO)?;
        let bytes = bytes.get(..info.size.into()).ok_or(EPROTO)?;
        self.smc.write_by(polling, *key, bytes)
    }

    /// The fans that are set together with fan `which`.
    fn coupled(&self, which: usize) -> impl Iterator<Item = (usize, &Fan)> {
        let all = self.unlock.is_some();
        let fans = self.fans.iter().enumerate();
        fans.filter(move |(number, _)| all || *number == which)
    }

    fn is_taken(&self, number: usize) -> bool {
        self.taken.load(Ordering::Relaxed) & 1 << number != 0
    }

    /// Takes a fan from the firmware. `EBUSY`: the firmware does not give it.
    fn take(&self, number: usize, fan: &Fan) -> Result<()> {
        self.touched.fetch_or(1 << number, Ordering::Relaxed);
        self.taken.fetch_or(1 << number, Ordering::Relaxed);
        if let Some(unlock) = &self.unlock {
            self.write(unlock, 1, false)?;
        }
        for _ in 0..TRIES {
            // The firmware refuses this as long as it holds the fan.
            let written = self.write(&fan.mode, MANUAL, false);
            if written.is_ok() && self.read(&fan.mode)? == MANUAL {
                return Ok(());
            }
            // The pause ends early when no more commands can be sent.
            let _ = poll_sleep(c"smcfan", PAUSE, || self.smc.link.check(false).is_err());
            self.smc.link.check(false)?;
        }
        Err(EBUSY)
    }

    /// Sets a fan to a speed within its limits.
    fn run(&self, number: usize, fan: &Fan, speed: u32) -> Result<()> {
        let (least, most) = (self.read(&fan.least)?, self.read(&fan.most)?);
        if least > most || most == 0 {
            return Err(EPROTO);
        }
        if !self.is_taken(number) {
            self.take(number, fan)?;
        }
        let speed = speed.clamp(least.max(1), most);
        self.write(&fan.target, speed, false)?;
        if self.read(&fan.target)? == speed {
            Ok(())
        } else {
            Err(EIO)
        }
    }

    fn set_coupled(&self, which: usize, speed: u32) -> Result<()> {
        for (number, fan) in self.coupled(which) {
            self.run(number, fan, speed)?;
        }
        Ok(())
    }

    /// Gives those of `fans` back that are in `taken`, and with the last of all the
    /// firmware its hold on them. Prints errors. Returns those that are left for the
    /// next time: while the machine goes down, the ones after a command that the SMC
    /// has not answered, so that a dump of the kernel does not wait for each.
    fn give_back(&self, taken: u32, fans: impl Iterator<Item = usize>, polling: bool) -> u32 {
        let mut left = taken;
        for number in fans.filter(|number| taken & 1 << number != 0) {
            let Some(fan) = self.fans.get(number) else {
                continue;
            };
            self.taken.fetch_and(!(1 << number), Ordering::Relaxed);
            let outcome = self.write(&fan.mode, AUTOMATIC, polling);
            if let Err(error) = outcome {
                device_println!(
                    self.smc.dev,
                    "cannot give fan {} back to the firmware: {}",
                    fan.number,
                    error
                );
            }
            if polling && outcome == Err(ETIMEDOUT) {
                return left;
            }
            left &= !(1 << number);
        }
        let none_left = self.taken.load(Ordering::Relaxed) == 0;
        if let (true, true, Some(unlock)) = (taken != 0, none_left, &self.unlock) {
            let outcome = self.write(unlock, 0, polling);
            if polling && outcome == Err(ETIMEDOUT) {
                return taken;
            }
        }
        0
    }

    /// Gives all fans back to the firmware: nobody sets them until [`Fans::open`].
    /// Sleepable.
    pub fn close(&self) {
        let mut closed = self.closed.xlock();
        *closed = true;
        let taken = self.taken.load(Ordering::Relaxed);
        let _ = self.give_back(taken, 0..self.fans.len(), false);
    }

    /// Fans may be set again. Sleepable.
    pub fn open(&self) {
        *self.closed.xlock() = false;
    }

    /// The same as [`Fans::close`], by polling, while the machine goes down. A setting
    /// that is under way fails by itself, and may have taken any fan.
    pub fn give_all_back(&self) {
        let touched = self.touched.swap(0, Ordering::Relaxed);
        let left = self.give_back(touched, 0..self.fans.len(), true);
        self.touched.fetch_or(left, Ordering::Relaxed);
    }

    fn set_serialised(&self, which: usize, speed: u32) -> Result<()> {
        let fans = self.fans.len();
        let all = self.unlock.is_some();
        let these = (0..fans).filter(|number| all || *number == which);
        let set = match speed {
            0 => Ok(()),
            speed => self.set_coupled(which, speed),
        };
        if speed == 0 || set.is_err() {
            let taken = self.taken.load(Ordering::Relaxed);
            let _ = self.give_back(taken, these, false);
        }
        set
    }
}

impl SysctlInt for Fans {
    fn get(&self, which: u32) -> Result<c_int> {
        let number = which as usize;
        let fan = self.fans.get(number).ok_or(ENOENT)?;
        match self.is_taken(number) {
            true => Ok(self.read(&fan.target)? as c_int),
            false => Ok(0),
        }
    }

    fn set(&self, which: u32, value: c_int) -> Result<()> {
        let speed = u32::try_from(value).map_err(|_| EINVAL)?;
        let closed = self.closed.xlock();
        if *closed {
            return Err(ENXIO);
        }
        self.set_serialised(which as usize, speed)
    }
}
