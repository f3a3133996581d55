// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Pins of the power management unit, which are keys of the SMC: gP00 to gPff, and
//! the low bank, gp00 to gpff.
//!
//! They can be read and driven. The command that changes a pin's direction is
//! not known.
//!
//! Drivers drive pins with a mutex held, and in callouts: gpioled(4) does. So
//! driving a pin does not sleep. If no other command is under way, the pin is
//! driven at once, by polling for the answer. Otherwise, or if the answer
//! takes long, a thread drives it, and the pin gets the level that was
//! requested last.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::device_println;
use kpi::errno::{EAGAIN, EINVAL, ENXIO, EPROTO, ETIMEDOUT, Result};

use crate::bindings::{
    APPLE_SMC_PIN_INPUT, APPLE_SMC_PIN_IRQ_MODE, APPLE_SMC_PIN_MODE, APPLE_SMC_PIN_OUTPUT,
};
use crate::key::Key;
use crate::message::Command;
use crate::smc::{Smc, Wait};
use crate::turn::{Asker, Turn};

/// Numbers that a pin can have in its bank.
const PINS: u32 = 256;

/// Words with a bit for each.
const WORDS: usize = PINS as usize / 32;

/// A bank of pins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Bank {
    /// gP00 to gPff.
    Usual,
    /// gp00 to gpff.
    Low,
}

impl Bank {
    /// All banks.
    const ALL: [Bank; 2] = [Bank::Usual, Bank::Low];

    /// The letter in the keys of its pins.
    fn letter(self) -> u8 {
        match self {
            Bank::Usual => b'P',
            Bank::Low => b'p',
        }
    }

    /// What the node of its controller is compatible with.
    pub fn compatible(self) -> &'static CStr {
        match self {
            Bank::Usual => c"apple,smc-gpio",
            Bank::Low => c"apple,smc-low-gpio",
        }
    }
}

/// The pins of a bank that the SMC has.
pub struct Pins {
    smc: Arc<Smc>,
    bank: Bank,
    /// Pins that exist, a bit each.
    there: [u32; WORDS],
    /// Pins that were outputs when their direction was last read.
    outputs: [AtomicU32; WORDS],
}

/// Pins that wait for a thread to drive them.
pub struct Wanted {
    usual: WantedOf,
    low: WantedOf,
}

/// Those of a bank: a bit each, and its level.
struct WantedOf {
    pins: [u32; WORDS],
    high: [u32; WORDS],
}

/// Sets a bit or clears it.
fn set_bit(words: &mut [u32; WORDS], pin: u8, on: bool) {
    if let Some(word) = words.get_mut(usize::from(pin / 32)) {
        *word = *word & !(1 << (pin % 32)) | u32::from(on) << (pin % 32);
    }
}

fn bit(words: &[u32; WORDS], pin: u8) -> bool {
    words
        .get(usize::from(pin / 32))
        .is_some_and(|word| word >> (pin % 32) & 1 != 0)
}

impl Wanted {
    /// None.
    pub const fn new() -> Self {
        Wanted {
            usual: WantedOf::new(),
            low: WantedOf::new(),
        }
    }

    /// Those of a bank.
    fn of(&mut self, bank: Bank) -> &mut WantedOf {
        match bank {
            Bank::Usual => &mut self.usual,
            Bank::Low => &mut self.low,
        }
    }

    /// The first pin that waits.
    fn first(&mut self) -> Option<(Bank, u8)> {
        let first = |bank| self.of(bank).first().map(|pin| (bank, pin));
        Bank::ALL.into_iter().find_map(first)
    }
}

impl WantedOf {
    const fn new() -> Self {
        WantedOf {
            pins: [0; WORDS],
            high: [0; WORDS],
        }
    }

    fn put(&mut self, pin: u8, high: bool) {
        set_bit(&mut self.pins, pin, true);
        set_bit(&mut self.high, pin, high);
    }

    /// The level requested for a pin, if it waits.
    fn level(&self, pin: u8) -> Option<bool> {
        bit(&self.pins, pin).then(|| bit(&self.high, pin))
    }

    /// As [`WantedOf::level`], and the pin does not wait any more.
    fn take(&mut self, pin: u8) -> Option<bool> {
        let level = self.level(pin);
        set_bit(&mut self.pins, pin, false);
        level
    }

    /// The first pin that waits.
    fn first(&self) -> Option<u8> {
        (0..=u8::MAX).find(|pin| bit(&self.pins, *pin))
    }
}

/// Drives a pin, if it still waits. The caller has the turn, so that no older level is
/// written after this one.
fn drive(smc: &Smc, turn: &Turn<'_>, bank: Bank, pin: u8, wait: Wait) -> Result<()> {
    let level = smc.wanted.lock().of(bank).take(pin);
    let Some(high) = level else {
        return Ok(());
    };
    let value = APPLE_SMC_PIN_OUTPUT << 24 | u32::from(high);
    let command = Command::Write(key_of(bank, pin), size_of_val(&value) as u8);
    smc.run(turn, command, &value.to_le_bytes(), &mut [], wait)
        .map(|_| ())
}

/// Drives all pins that wait. Sleepable.
pub fn drive_wanted(smc: &Smc) {
    loop {
        let turn = smc.turn(Asker::Kernel);
        let first = smc.wanted.lock().first();
        let Some((bank, pin)) = first else {
            return;
        };
        if let Err(error) = drive(smc, &turn, bank, pin, Wait::Sleep) {
            let key = key_of(bank, pin);
            device_println!(smc.dev, "cannot drive pin {}: {}", key, error);
        }
    }
}

/// A hexadecimal digit, lower case.
fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'a' + (value & 0xf) - 10,
    }
}

/// The key of a pin.
fn key_of(bank: Bank, pin: u8) -> Key {
    Key::new(&[b'g', bank.letter(), digit(pin >> 4), digit(pin & 0xf)])
}

/// The pin of a key.
fn pin_of(bank: Bank, key: Key) -> Option<u8> {
    (0..=u8::MAX).find(|pin| key_of(bank, *pin) == key)
}

impl Pins {
    /// Looks for pins of a bank among the `count` keys. Sleepable.
    pub fn find(smc: &Arc<Smc>, bank: Bank, count: u32) -> Result<Self> {
        let mut there = [0; WORDS];
        let first = smc.find(key_of(bank, 0), count)?;
        for index in (first..count).take(PINS as usize) {
            let key = smc.key_by_index(index)?;
            if key > key_of(bank, u8::MAX) {
                break;
            }
            if let Some(pin) = pin_of(bank, key) {
                set_bit(&mut there, pin, true);
            }
        }
        let pins = Pins {
            smc: smc.clone(),
            bank,
            there,
            outputs: [const { AtomicU32::new(0) }; WORDS],
        };
        for pin in (0..PINS).filter(|pin| pins.is_there(*pin)) {
            pins.is_output(pin)?;
        }
        Ok(pins)
    }

    /// The highest pin. `ENXIO`: there are none.
    pub fn max(&self) -> Result<u32> {
        let there = |pin: &u32| self.is_there(*pin);
        (0..PINS).rev().find(there).ok_or(ENXIO)
    }

    fn is_there(&self, pin: u32) -> bool {
        u8::try_from(pin).is_ok_and(|pin| bit(&self.there, pin))
    }

    /// The key of a pin.
    fn key(&self, pin: u8) -> Key {
        key_of(self.bank, pin)
    }

    /// The number of a pin. `EINVAL`: there is none such.
    fn number(&self, pin: u32) -> Result<u8> {
        match u8::try_from(pin) {
            Ok(number) if bit(&self.there, number) => Ok(number),
            _ => Err(EINVAL),
        }
    }

    /// The word that knows whether a pin is an output.
    fn output_word(&self, pin: u8) -> Result<&AtomicU32> {
        self.outputs.get(usize::from(pin / 32)).ok_or(EINVAL)
    }

    /// Asks the SMC about a pin; `what` is one of `APPLE_SMC_PIN_*`.
    fn ask(&self, key: Key, what: u32) -> Result<u32> {
        let mut room = [0; 4];
        let command = (what << 24).to_le_bytes();
        let bytes = self.smc.read_write(key, &command, &mut room)?;
        let bytes: [u8; 4] = bytes.try_into().map_err(|_| EPROTO)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// Whether a pin is driven. Sleepable.
    pub fn is_output(&self, pin: u32) -> Result<bool> {
        let pin = self.number(pin)?;
        let is = self.ask_output(self.key(pin))?;
        let (word, mask) = (self.output_word(pin)?, 1 << (pin % 32));
        match is {
            true => word.fetch_or(mask, Ordering::Relaxed),
            false => word.fetch_and(!mask, Ordering::Relaxed),
        };
        Ok(is)
    }

    fn ask_output(&self, key: Key) -> Result<bool> {
        match self.ask(key, APPLE_SMC_PIN_MODE) {
            Ok(mode) => Ok(mode & 1 != 0),
            Err(ETIMEDOUT) => Err(ETIMEDOUT),
            Err(error) if !self.smc.rtkit.is_running() => Err(error),
            // Open drain outputs and some inputs have no mode; inputs have an
            // interrupt mode.
            Err(_) => Ok(self.ask(key, APPLE_SMC_PIN_IRQ_MODE).is_err()),
        }
    }

    /// Whether a pin is high. Sleepable.
    pub fn get(&self, pin: u32) -> Result<bool> {
        let what = if self.is_output(pin)? {
            APPLE_SMC_PIN_OUTPUT
        } else {
            APPLE_SMC_PIN_INPUT
        };
        let number = self.number(pin)?;
        let wanted = self.smc.wanted.lock().of(self.bank).level(number);
        match wanted {
            Some(high) => Ok(high),
            None => Ok(self.ask(self.key(number), what)? != 0),
        }
    }

    /// Drives an output, or makes a thread drive it. Any context but a filter.
    /// `EINVAL`: it was no output when its direction was last read.
    pub fn set(&self, pin: u32, high: bool) -> Result<()> {
        let pin = self.number(pin)?;
        if self.output_word(pin)?.load(Ordering::Relaxed) & 1 << (pin % 32) == 0 {
            return Err(EINVAL);
        }
        let smc = &self.smc;
        smc.link.check(false)?;
        smc.wanted.lock().of(self.bank).put(pin, high);
        let done = match smc.try_turn() {
            Some(turn) if !smc.link.shared_busy() => drive(smc, &turn, self.bank, pin, Wait::Spin),
            _ => Err(EAGAIN),
        };
        match done {
            Err(EAGAIN | ETIMEDOUT) => {
                // Unless another level was requested meanwhile.
                let mut wanted = smc.wanted.lock();
                let of_bank = wanted.of(self.bank);
                if of_bank.level(pin).is_none() {
                    of_bank.put(pin, high);
                }
                drop(wanted);
                smc.link.run_chores();
                Ok(())
            }
            done => done,
        }
    }
}
