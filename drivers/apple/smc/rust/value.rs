// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Values of keys as integers, without floating point.
//!
//! The caller gives the factor of a number (1000 for thousandths). A result
//! that is out of range becomes the nearest limit.

use core::fmt::{self, Write};

use crate::key::{KeyInfo, Kind};

/// The exponent of an IEEE 754 single at which the mantissa is a whole number.
const FLOAT_WHOLE: i32 = 127 + 23;

/// The nearest `i32`.
fn clamp(value: i64) -> i32 {
    value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// `bits`, an IEEE 754 single, times `times`, rounded to the nearest. `None`: it is
/// not a number.
pub fn float(bits: u32, times: u16) -> Option<i32> {
    let exponent = (bits >> 23 & 0xff) as i32;
    let fraction = i64::from(bits & 0x7f_ffff);
    let size = match exponent {
        0xff if fraction != 0 => return None,
        0xff => i64::MAX,
        // Zero, and what is as good as that.
        0 => 0,
        _ => {
            // Below 2^40: 24 bits, times 16.
            let product = (fraction | 1 << 23) * i64::from(times);
            match exponent - FLOAT_WHOLE {
                // More than 2^31 anyway, unless it is times 0.
                9.. => product.saturating_mul(1 << 9),
                up @ 0.. => product << up,
                down @ -62.. => (product + (1 << (-down - 1))) >> -down,
                _ => 0,
            }
        }
    };
    let negative = bits >> 31 != 0;
    Some(clamp(if negative { -size } else { size }))
}

/// `bits`, with 16 bits of fraction, times `times`, rounded to the nearest.
pub fn fixed(bits: u64, times: u16) -> i32 {
    match bits.checked_mul(u64::from(times)) {
        Some(product) => clamp((product.saturating_add(1 << 15) >> 16) as i64),
        None => i32::MAX,
    }
}

/// The bytes as a little-endian number; those after the eighth do not count.
pub fn little_endian(bytes: &[u8]) -> u64 {
    let mut all = [0; 8];
    for (to, from) in all.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(all)
}

/// `bytes` as a big-endian number, as a few keys have it.
pub fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte))
}

/// The bytes as a little-endian number with a sign.
fn signed(bytes: &[u8]) -> i64 {
    let spare = 64 - 8 * bytes.len().clamp(1, 8) as u32;
    (little_endian(bytes) << spare) as i64 >> spare
}

/// The value of an integer. `None`: the key is of another kind.
pub fn integer(info: &KeyInfo, bytes: &[u8]) -> Option<i32> {
    match info.kind() {
        Kind::Unsigned => Some(i32::try_from(little_endian(bytes)).unwrap_or(i32::MAX)),
        Kind::Signed => Some(clamp(signed(bytes))),
        _ => None,
    }
}

/// The value of a number with a fraction, times `times`. `None`: it is not a
/// number, or the key is of another kind.
pub fn real(info: &KeyInfo, bytes: &[u8], times: u16) -> Option<i32> {
    match info.kind() {
        Kind::Float => float(little_endian(bytes) as u32, times),
        Kind::Fixed => Some(fixed(little_endian(bytes), times)),
        _ => None,
    }
}

/// The bits of an IEEE 754 single; what it cannot hold is cut off.
fn float_bits(value: u32) -> u32 {
    let Some(exponent) = value.checked_ilog2() else {
        return 0;
    };
    let mantissa = u64::from(value) << 23 >> exponent;
    (127 + exponent) << 23 | (mantissa as u32 & 0x7f_ffff)
}

/// `value` as the bytes of a number. `None`: the key is of another kind, or too small.
pub fn natural(info: &KeyInfo, value: u32) -> Option<[u8; 8]> {
    let bits = match info.kind() {
        Kind::Float => u64::from(float_bits(value)),
        Kind::Fixed => u64::from(value) << 16,
        Kind::Unsigned | Kind::Signed => u64::from(value),
        _ => return None,
    };
    let fits = info.size >= 8 || bits >> (8 * u32::from(info.size)) == 0;
    fits.then_some(bits.to_le_bytes())
}

/// A value as a text: "31.250", "-3", "J293".
pub struct Shown<'v> {
    /// The highest byte of an integer comes first.
    pub big_endian: bool,
    /// What KEY INFO says.
    pub info: &'v KeyInfo,
    /// What the SMC gave.
    pub bytes: &'v [u8],
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info.kind() {
            Kind::Unsigned if self.big_endian => {
                write!(f, "{}", big_endian(self.bytes))
            }
            Kind::Unsigned => write!(f, "{}", little_endian(self.bytes)),
            Kind::Signed => write!(f, "{}", signed(self.bytes)),
            Kind::Float | Kind::Fixed => match real(self.info, self.bytes, 1000) {
                Some(thousandths) => show_thousandths(f, thousandths),
                None => f.write_str("not a number"),
            },
            Kind::Text => show_text(f, self.bytes),
            Kind::Bytes => show_bytes(f, self.bytes),
        }
    }
}

fn show_thousandths(f: &mut fmt::Formatter<'_>, value: i32) -> fmt::Result {
    let sign = if value < 0 { "-" } else { "" };
    let size = value.unsigned_abs();
    write!(f, "{}{}.{:03}", sign, size / 1000, size % 1000)
}

fn show_text(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for c in bytes.iter().take_while(|c| **c != 0) {
        let shown = c.is_ascii_graphic() || *c == b' ';
        f.write_char(if shown { char::from(*c) } else { '?' })?;
    }
    Ok(())
}

fn show_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let mut space = "";
    for byte in bytes {
        write!(f, "{space}{byte:02x}")?;
        space = " ";
    }
    Ok(())
}
