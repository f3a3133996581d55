// SPDX-License-Identifier: BSD-2-Clause

//! Pins of the power management unit, which are keys of the SMC: gP00 to gPff.
//!
//! They can be read and driven. What changes a pin's direction is not known.

use kpi::arc::Arc;
use kpi::errno::{EINVAL, ENXIO, EPROTO, ETIMEDOUT, Result};

use crate::bindings::{
    APPLE_SMC_PIN_INPUT, APPLE_SMC_PIN_IRQ_MODE, APPLE_SMC_PIN_MODE, APPLE_SMC_PIN_OUTPUT,
};
use crate::key::Key;
use crate::smc::Smc;

/// Numbers that a pin can have.
const PINS: u32 = 256;

/// The pins that there are.
pub struct Pins {
    smc: Arc<Smc>,
    /// A bit each.
    there: [u32; PINS as usize / 32],
}

/// A hexadecimal digit, lower case.
fn digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        _ => b'a' + (value & 0xf) - 10,
    }
}

/// The key of a pin.
fn key_of(pin: u8) -> Key {
    Key::new(&[b'g', b'P', digit(pin >> 4), digit(pin & 0xf)])
}

/// The pin of a key.
fn pin_of(key: Key) -> Option<u8> {
    (0..=u8::MAX).find(|pin| key_of(*pin) == key)
}

impl Pins {
    /// Looks which there are, of `count` keys. Sleepable.
    pub fn find(smc: &Arc<Smc>, count: u32) -> Result<Self> {
        let mut there = [0; PINS as usize / 32];
        let first = smc.find(key_of(0), count)?;
        for index in (first..count).take(PINS as usize) {
            let key = smc.key_by_index(index)?;
            if key > key_of(u8::MAX) {
                break;
            }
            if let Some(pin) = pin_of(key)
                && let Some(word) = there.get_mut(usize::from(pin / 32))
            {
                *word |= 1 << (pin % 32);
            }
        }
        Ok(Pins {
            smc: smc.clone(),
            there,
        })
    }

    /// The highest pin. `ENXIO`: there are none.
    pub fn max(&self) -> Result<u32> {
        let there = |pin: &u32| self.is_there(*pin);
        (0..PINS).rev().find(there).ok_or(ENXIO)
    }

    fn is_there(&self, pin: u32) -> bool {
        let word = self.there.get((pin / 32) as usize);
        word.is_some_and(|word| word & 1 << (pin % 32) != 0)
    }

    fn key(&self, pin: u32) -> Result<Key> {
        if self.is_there(pin) {
            Ok(key_of(pin as u8))
        } else {
            Err(EINVAL)
        }
    }

    /// Asks a pin for something.
    fn ask(&self, key: Key, what: u32) -> Result<u32> {
        let mut room = [0; 4];
        let command = (what << 24).to_le_bytes();
        let bytes = self.smc.read_write(key, &command, &mut room)?;
        let bytes: [u8; 4] = bytes.try_into().map_err(|_| EPROTO)?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// Whether a pin is driven. Sleepable.
    pub fn is_output(&self, pin: u32) -> Result<bool> {
        let key = self.key(pin)?;
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
        Ok(self.ask(self.key(pin)?, what)? != 0)
    }

    /// Drives an output. Sleepable.
    pub fn set(&self, pin: u32, high: bool) -> Result<()> {
        let value = APPLE_SMC_PIN_OUTPUT << 24 | u32::from(high);
        self.smc.write(self.key(pin)?, &value.to_le_bytes())
    }
}
