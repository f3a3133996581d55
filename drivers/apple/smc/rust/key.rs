// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Keys of the SMC, and what it says about them.

use core::fmt::{self, Write};

use kpi::wire;

use crate::bindings::{
    APPLE_SMC_FLAG_FUNCTION, APPLE_SMC_FLAG_READABLE, APPLE_SMC_FLAG_WRITABLE,
    apple_smc_wire_key_info,
};

kpi::wire! { apple_smc_wire_key_info { size, type_, flags } }

/// Bytes of what the SMC says about a key.
pub const INFO_BYTES: usize = size_of::<apple_smc_wire_key_info>();

/// A key: four characters, the first in the highest byte, which is also the order
/// in which the SMC sorts them. Types have names of the same kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(u32);

impl Key {
    /// The key of this name.
    pub const fn new(name: &[u8; 4]) -> Self {
        Key(u32::from_be_bytes(*name))
    }

    /// The key of a name that a user wrote: four printable characters.
    pub fn parse(name: &[u8]) -> Option<Self> {
        let name: &[u8; 4] = name.try_into().ok()?;
        let printable = name.iter().all(|c| c.is_ascii_graphic() || *c == b' ');
        printable.then(|| Key::new(name))
    }

    /// The key of this number.
    pub const fn from_raw(raw: u32) -> Self {
        Key(raw)
    }

    /// Its number, as commands have it.
    pub const fn as_raw(self) -> u32 {
        self.0
    }

    /// Its characters.
    pub const fn name(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// Whether it consists of letters and digits: a name for sysctl(9).
    pub fn is_word(self) -> bool {
        self.name().iter().all(u8::is_ascii_alphanumeric)
    }

    /// The same with other characters at its end.
    pub const fn with_end(self, end: &[u8; 2]) -> Self {
        Key(self.0 & 0xffff_0000 | u16::from_be_bytes(*end) as u32)
    }
}

/// Shows the characters, '?' for those that cannot be shown.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.name() {
            let shown = c.is_ascii_graphic() || c == b' ';
            f.write_char(if shown { char::from(c) } else { '?' })?;
        }
        Ok(())
    }
}

/// How the bytes of a value are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `ui8 `, `ui16`, `ui32`, `ui64`, and `flag`: little-endian.
    Unsigned,
    /// `si8 `, `si16`, `si32`, `si64`: little-endian.
    Signed,
    /// `flt `: IEEE 754, single, little-endian.
    Float,
    /// `ioft`: 48 bits, then 16 of fraction, little-endian.
    Fixed,
    /// `ch8*`: characters.
    Text,
    /// `hex_`, a struct, or a value that does not have its type's size.
    Bytes,
}

/// What KEY INFO says about a key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyInfo {
    /// Bytes of its value.
    pub size: u8,
    /// The type's name.
    pub name: Key,
    /// Flags: `APPLE_SMC_FLAG_*`.
    pub flags: u8,
}

impl KeyInfo {
    /// Parses what the SMC has written to the shared memory. `None`: it is cut
    /// off.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let info: apple_smc_wire_key_info = wire::read(bytes)?;
        Some(KeyInfo {
            size: info.size,
            name: Key::new(&info.type_),
            flags: info.flags,
        })
    }

    /// How to read a value. A value that does not have its type's size is
    /// bytes.
    pub fn kind(&self) -> Kind {
        let (kind, size) = match &self.name.name() {
            b"flag" | b"ui8 " => (Kind::Unsigned, 1),
            b"ui16" => (Kind::Unsigned, 2),
            b"ui32" => (Kind::Unsigned, 4),
            b"ui64" => (Kind::Unsigned, 8),
            b"si8 " => (Kind::Signed, 1),
            b"si16" => (Kind::Signed, 2),
            b"si32" => (Kind::Signed, 4),
            b"si64" => (Kind::Signed, 8),
            b"flt " => (Kind::Float, 4),
            b"ioft" => (Kind::Fixed, 8),
            b"ch8*" => return Kind::Text,
            _ => return Kind::Bytes,
        };
        if self.size == size { kind } else { Kind::Bytes }
    }

    /// Whether there is something to read.
    pub fn is_readable(&self) -> bool {
        self.size != 0 && u32::from(self.flags) & APPLE_SMC_FLAG_READABLE != 0
    }

    /// Whether it can be written.
    pub fn is_writable(&self) -> bool {
        u32::from(self.flags) & APPLE_SMC_FLAG_WRITABLE != 0
    }

    /// Whether reading it calls a function of the firmware.
    pub fn is_function(&self) -> bool {
        u32::from(self.flags) & APPLE_SMC_FLAG_FUNCTION != 0
    }
}

/// Shows the type and what may be done: "ui16 rw".
impl fmt::Display for KeyInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.name)?;
        for (flag, letter) in [
            (APPLE_SMC_FLAG_READABLE, 'r'),
            (APPLE_SMC_FLAG_WRITABLE, 'w'),
            (APPLE_SMC_FLAG_FUNCTION, 'f'),
        ] {
            if u32::from(self.flags) & flag != 0 {
                f.write_char(letter)?;
            }
        }
        Ok(())
    }
}
