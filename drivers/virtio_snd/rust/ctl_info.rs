// SPDX-License-Identifier: BSD-2-Clause

//! What a control element says of itself, checked; VIRTIO 1.3, 5.14.6.10.1.

use crate::bindings::{
    VTSND_CTL_ACCESS_READ, VTSND_CTL_ACCESS_TLV_COMMAND, VTSND_CTL_ACCESS_TLV_READ,
    VTSND_CTL_ACCESS_TLV_WRITE, VTSND_CTL_ACCESS_WRITE, VTSND_CTL_BOOLEAN, VTSND_CTL_BYTES,
    VTSND_CTL_ENUMERATED, VTSND_CTL_IEC958, VTSND_CTL_IEC958_STATUS, VTSND_CTL_INTEGER,
    VTSND_CTL_INTEGER64, VTSND_CTL_MAX_BYTES, VTSND_CTL_MAX_IEC958, VTSND_CTL_MAX_INTEGER,
    VTSND_CTL_MAX_INTEGER64, VTSND_CTL_NAME, VTSND_CTL_ROLE_GAIN, VTSND_CTL_ROLE_MUTE,
    VTSND_CTL_ROLE_VOLUME, VTSND_CTL_VALUE,
};
use crate::info::Direction;
use kpi::errno::{EINVAL, EIO, Result};
use kpi::mem::Flags;
use kpi::vec::Vec;

/// Bytes of one ctl_info record, and its 32-bit words.
pub const CTL_INFO_BYTES: usize = 96;
const WORDS: usize = CTL_INFO_BYTES / 4;

/// Bytes of a name, with its NUL.
const NAME_BYTES: usize = VTSND_CTL_NAME as usize;

/// Items of an element that are used.
const MAX_ITEMS: u32 = 64;

/// What an element's values are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 0 and 1.
    Boolean,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    Integer64,
    /// A number of an item, which has a name.
    Enumerated,
    /// 8 bits.
    Bytes,
    /// Channel status of a digital interface, of which the bytes of status count.
    Iec958,
}

/// What an element is for, if the driver knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A level.
    Volume,
    /// An amplification.
    Gain,
    /// A switch.
    Mute,
    /// Something else.
    Other,
}

/// Where in a record the range begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Behind four bytes of padding, as in Linux.
    Padded,
    /// Right behind the name, as in the specification.
    Packed,
}

/// What a control element is.
///
/// # Invariants
///
/// There is at least one value, and all fit into [`VTSND_CTL_VALUE`] bytes; `min` is not above
/// `max`; the name is printable ASCII, and not empty.
pub struct CtlInfo {
    /// What it is for.
    pub purpose: Purpose,
    /// Whose: playback's or capture's.
    pub direction: Direction,
    /// What its values are.
    pub kind: Kind,
    access: u32,
    /// Number of values.
    pub count: usize,
    /// Among elements of the same name.
    pub index: u32,
    name: [u8; NAME_BYTES],
    name_len: usize,
    /// Least value.
    pub min: i64,
    /// Greatest value.
    pub max: i64,
    /// Values are so far from each other; 0: any.
    pub step: u64,
}

/// A record as words of the CPU's.
fn words(record: &[u8; CTL_INFO_BYTES]) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    for (to, from) in words.iter_mut().zip(record.as_chunks::<4>().0) {
        *to = u32::from_le_bytes(*from);
    }
    words
}

impl Layout {
    /// The layout of a device's records: that in which more of them make sense.
    pub fn of(records: &[[u8; CTL_INFO_BYTES]]) -> Self {
        let padding = |record| words(record).get(17).copied();
        let (mut padded, mut packed) = (0, 0);
        for record in records {
            let sensible = CtlInfo::parse(record, Layout::Padded).is_ok();
            padded += u32::from(sensible && padding(record) == Some(0));
            packed += u32::from(CtlInfo::parse(record, Layout::Packed).is_ok());
        }
        if packed > padded {
            Layout::Packed
        } else {
            Layout::Padded
        }
    }

    /// The word that the range begins with.
    const fn word(self) -> usize {
        match self {
            Layout::Padded => 18,
            Layout::Packed => 17,
        }
    }
}

impl CtlInfo {
    /// Reads a ctl_info record; the error says what is wrong with it.
    pub fn parse(record: &[u8; CTL_INFO_BYTES], layout: Layout) -> Result<Self, &'static str> {
        let words = words(record);
        let [_, role, code, access, count, index, ..] = words;
        let (kind, most) = match code {
            VTSND_CTL_BOOLEAN => (Kind::Boolean, VTSND_CTL_MAX_INTEGER),
            VTSND_CTL_INTEGER => (Kind::Integer, VTSND_CTL_MAX_INTEGER),
            VTSND_CTL_INTEGER64 => (Kind::Integer64, VTSND_CTL_MAX_INTEGER64),
            VTSND_CTL_ENUMERATED => (Kind::Enumerated, VTSND_CTL_MAX_INTEGER),
            VTSND_CTL_BYTES => (Kind::Bytes, VTSND_CTL_MAX_BYTES),
            VTSND_CTL_IEC958 => (Kind::Iec958, VTSND_CTL_MAX_IEC958),
            _ => return Err("unknown type"),
        };
        if count == 0 || count > most {
            return Err("impossible number of values");
        }
        let count = match kind {
            Kind::Iec958 => VTSND_CTL_IEC958_STATUS,
            _ => count,
        };
        let (min, max, step) = range(kind, words.get(layout.word()..).unwrap_or(&[]))?;
        let mut info = CtlInfo {
            purpose: purpose(role, kind),
            direction: Direction::Output,
            kind,
            access,
            count: usize::try_from(count).map_err(|_| "impossible number of values")?,
            index,
            name: [0; NAME_BYTES],
            name_len: 0,
            min,
            max,
            step,
        };
        let name = record.get(24..24 + NAME_BYTES).unwrap_or(&[]);
        info.name.copy_from_slice(name);
        info.name_len = text_of(name).ok_or("impossible name")?.len();
        info.direction = direction(role, info.name());
        Ok(info)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        let name = self.name.get(..self.name_len).unwrap_or(&[]);
        core::str::from_utf8(name).unwrap_or("")
    }

    /// True if it can be read.
    pub fn can_read(&self) -> bool {
        self.access & VTSND_CTL_ACCESS_READ != 0
    }

    /// True if it can be written. The status of a digital interface is for the
    /// device to set.
    pub fn can_write(&self) -> bool {
        self.access & VTSND_CTL_ACCESS_WRITE != 0 && self.kind != Kind::Iec958
    }

    /// True if its metadata can be read.
    pub fn can_read_tlv(&self) -> bool {
        self.access & VTSND_CTL_ACCESS_TLV_READ != 0
    }

    /// True if its metadata can be written.
    pub fn can_write_tlv(&self) -> bool {
        self.access & VTSND_CTL_ACCESS_TLV_WRITE != 0
    }

    /// True if its metadata can be a command.
    pub fn can_command_tlv(&self) -> bool {
        self.access & VTSND_CTL_ACCESS_TLV_COMMAND != 0
    }

    /// Number of items of an enumerated element.
    pub fn items(&self) -> usize {
        match self.kind {
            // At most MAX_ITEMS.
            Kind::Enumerated => usize::try_from(self.max).unwrap_or(0) + 1,
            _ => 0,
        }
    }

    /// Bytes of one value.
    pub fn width(&self) -> usize {
        match self.kind {
            Kind::Boolean | Kind::Integer | Kind::Enumerated => 4,
            Kind::Integer64 => 8,
            Kind::Bytes | Kind::Iec958 => 1,
        }
    }

    /// Bytes of all values.
    pub fn bytes(&self) -> usize {
        self.count * self.width()
    }

    /// The values in what the device has answered. `EIO`: one is out of range.
    /// Sleeps.
    pub fn decode(&self, wire: &[u8]) -> Result<Vec<i64>> {
        let mut values = Vec::new();
        for bytes in wire.chunks_exact(self.width()).take(self.count) {
            let value = match (self.kind, bytes) {
                (Kind::Integer, &[a, b, c, d]) => i32::from_le_bytes([a, b, c, d]).into(),
                (_, &[a, b, c, d]) => u32::from_le_bytes([a, b, c, d]).into(),
                (_, &[a, b, c, d, e, f, g, h]) => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
                (_, &[a]) => a.into(),
                _ => return Err(EIO),
            };
            if !(self.min..=self.max).contains(&value) {
                return Err(EIO);
            }
            values.push(value)?;
        }
        if values.len() != self.count {
            return Err(EIO);
        }
        Ok(values)
    }

    /// What the device is to be sent for values. `EINVAL`: not as many as there
    /// are, or one is out of range, or between two steps. Sleeps.
    pub fn encode(&self, values: &[i64]) -> Result<Vec<u8>> {
        if values.len() != self.count {
            return Err(EINVAL);
        }
        let mut wire = Vec::new();
        for &value in values {
            let off = value.wrapping_sub(self.min).cast_unsigned();
            if !(self.min..=self.max).contains(&value) || self.step != 0 && off % self.step != 0 {
                return Err(EINVAL);
            }
            let bytes = value.to_le_bytes();
            wire.extend_from_slice(bytes.get(..self.width()).unwrap_or(&[]), Flags::WaitOk)?;
        }
        wire.resize(VTSND_CTL_VALUE as usize, 0, Flags::WaitOk)?;
        Ok(wire)
    }
}

/// Least and greatest value, and step.
fn range(kind: Kind, words: &[u32]) -> Result<(i64, i64, u64), &'static str> {
    let long = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
    let (min, max, step) = match (kind, words) {
        (Kind::Boolean, _) => (0, 1, 1),
        (Kind::Integer, &[min, max, step, ..]) => (
            min.cast_signed().into(),
            max.cast_signed().into(),
            step.into(),
        ),
        (Kind::Integer64, &[a, b, c, d, e, f, ..]) => (
            long(a, b).cast_signed(),
            long(c, d).cast_signed(),
            long(e, f),
        ),
        (Kind::Enumerated, &[0, ..]) => return Err("no items"),
        (Kind::Enumerated, &[items, ..]) if items > MAX_ITEMS => {
            return Err("too many items to be believed");
        }
        (Kind::Enumerated, &[items, ..]) => (0, i64::from(items) - 1, 1),
        (Kind::Bytes | Kind::Iec958, _) => (0, u8::MAX.into(), 1),
        _ => return Err("a range that is cut off"),
    };
    if min > max {
        return Err("impossible range");
    }
    Ok((min, max, step))
}

/// What a role means for elements of a kind. By the specification it is above the
/// bit of the direction; there are devices that leave this bit out.
fn purpose(role: u32, kind: Kind) -> Purpose {
    match (role, role >> 1, kind) {
        (VTSND_CTL_ROLE_MUTE, _, Kind::Boolean) => Purpose::Mute,
        (_, VTSND_CTL_ROLE_MUTE, Kind::Boolean) => Purpose::Mute,
        (VTSND_CTL_ROLE_VOLUME, _, Kind::Integer | Kind::Integer64) => Purpose::Volume,
        (_, VTSND_CTL_ROLE_VOLUME, Kind::Integer | Kind::Integer64) => Purpose::Volume,
        (_, VTSND_CTL_ROLE_GAIN, Kind::Integer | Kind::Integer64) => Purpose::Gain,
        _ => Purpose::Other,
    }
}

/// Whose an element is: its name says so in ALSA's words, or its role.
fn direction(role: u32, name: &str) -> Direction {
    let capture = match (name.contains("Capture"), name.contains("Playback")) {
        (true, false) => true,
        (false, true) => false,
        _ => role > 1 && role & 1 != 0,
    };
    if capture {
        Direction::Input
    } else {
        Direction::Output
    }
}

/// The text in a field that ends with a NUL; `None`: none that can be shown.
pub fn text_of(field: &[u8]) -> Option<&str> {
    let end = field.iter().position(|&byte| byte == 0)?;
    let text = field.get(..end)?;
    if text.is_empty() || !text.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return None;
    }
    core::str::from_utf8(text).ok()
}
