// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What a control element says of itself, checked; VIRTIO 1.3, 5.14.6.10.1.

use crate::bindings::{
    VTSND_CTL_ACCESS_READ, VTSND_CTL_ACCESS_TLV_COMMAND, VTSND_CTL_ACCESS_TLV_READ,
    VTSND_CTL_ACCESS_TLV_WRITE, VTSND_CTL_ACCESS_WRITE, VTSND_CTL_BOOLEAN, VTSND_CTL_BYTES,
    VTSND_CTL_ENUMERATED, VTSND_CTL_IEC958, VTSND_CTL_IEC958_STATUS, VTSND_CTL_INTEGER,
    VTSND_CTL_INTEGER64, VTSND_CTL_MAX_BYTES, VTSND_CTL_MAX_IEC958, VTSND_CTL_MAX_INTEGER,
    VTSND_CTL_MAX_INTEGER64, VTSND_CTL_NAME, VTSND_CTL_PADDING, VTSND_CTL_ROLE_GAIN,
    VTSND_CTL_ROLE_MUTE, VTSND_CTL_ROLE_VOLUME, VTSND_CTL_VALUE, vtsnd_wire_ctl_enumerated,
    vtsnd_wire_ctl_info, vtsnd_wire_ctl_integer, vtsnd_wire_ctl_integer64,
};
use crate::info::Direction;
use kpi::errno::{EINVAL, EIO, Result};
use kpi::mem::Flags;
use kpi::vec::Vec;
use kpi::wire;

/// Bytes of a name, with its NUL.
const NAME_BYTES: usize = VTSND_CTL_NAME as usize;

/// See [`Layout::Padded`].
const PADDING: usize = VTSND_CTL_PADDING as usize;

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
    /// Channel status of a digital interface: only its status bytes count.
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
    /// Distance between two values; 0: any.
    pub step: u64,
}

impl Layout {
    /// The layout of a device's records: the one in which more records make
    /// sense.
    pub fn of(records: &[vtsnd_wire_ctl_info]) -> Self {
        let (mut padded, mut packed) = (0, 0);
        for record in records {
            let zero = record.range.starts_with(&[0; PADDING]);
            padded += u32::from(zero && CtlInfo::parse(record, Layout::Padded).is_ok());
            packed += u32::from(CtlInfo::parse(record, Layout::Packed).is_ok());
        }
        if packed > padded {
            Layout::Packed
        } else {
            Layout::Padded
        }
    }

    /// The bytes of a record's range.
    fn range(self, record: &vtsnd_wire_ctl_info) -> &[u8] {
        let padding = match self {
            Layout::Padded => PADDING,
            Layout::Packed => 0,
        };
        record.range.get(padding..).unwrap_or(&[])
    }
}

impl CtlInfo {
    /// Reads a ctl_info record; the error says what is wrong with it.
    pub fn parse(record: &vtsnd_wire_ctl_info, layout: Layout) -> Result<Self, &'static str> {
        let role = u32::from_le(record.role);
        let count = u32::from_le(record.count);
        let (kind, most) = match u32::from_le(record.type_) {
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
        let (min, max, step) = range(kind, layout.range(record))?;
        let mut info = CtlInfo {
            purpose: purpose(role, kind),
            direction: Direction::Output,
            kind,
            access: u32::from_le(record.access),
            count: usize::try_from(count).map_err(|_| "impossible number of values")?,
            index: u32::from_le(record.index),
            name: record.name,
            name_len: 0,
            min,
            max,
            step,
        };
        info.name_len = text_of(&record.name).ok_or("impossible name")?.len();
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

    /// The bytes to send to the device for values. `EINVAL`: the number of
    /// values is wrong, or one is out of range, or between two steps. Sleeps.
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
fn range(kind: Kind, bytes: &[u8]) -> Result<(i64, i64, u64), &'static str> {
    const CUT_OFF: &str = "a range that is cut off";
    let (min, max, step) = match kind {
        Kind::Boolean => (0, 1, 1),
        Kind::Integer => {
            let range: vtsnd_wire_ctl_integer = wire::read(bytes).ok_or(CUT_OFF)?;
            (
                u32::from_le(range.min).cast_signed().into(),
                u32::from_le(range.max).cast_signed().into(),
                u32::from_le(range.step).into(),
            )
        }
        Kind::Integer64 => {
            let range: vtsnd_wire_ctl_integer64 = wire::read(bytes).ok_or(CUT_OFF)?;
            (
                u64::from_le(range.min).cast_signed(),
                u64::from_le(range.max).cast_signed(),
                u64::from_le(range.step),
            )
        }
        Kind::Enumerated => {
            let range: vtsnd_wire_ctl_enumerated = wire::read(bytes).ok_or(CUT_OFF)?;
            match u32::from_le(range.items) {
                0 => return Err("no items"),
                items if items > MAX_ITEMS => return Err("too many items to be believed"),
                items => (0, i64::from(items) - 1, 1),
            }
        }
        Kind::Bytes | Kind::Iec958 => (0, u8::MAX.into(), 1),
    };
    if min > max {
        return Err("impossible range");
    }
    Ok((min, max, step))
}

/// What a role means for elements of a kind. In the specification the role is
/// above the bit of the direction. Some devices leave this bit out.
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

/// What an element is for: its name, in ALSA's words, or its role says so.
fn direction(role: u32, name: &str) -> Direction {
    // A search over bytes, which is a small part of str's.
    let has = |word: &[u8]| name.as_bytes().windows(word.len()).any(|part| part == word);
    let capture = match (has(b"Capture"), has(b"Playback")) {
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

/// The text in a field, up to its NUL. `None`: there is none, or it cannot be
/// shown.
pub fn text_of(field: &[u8]) -> Option<&str> {
    let end = field.iter().position(|&byte| byte == 0)?;
    let text = field.get(..end)?;
    if text.is_empty() || !text.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return None;
    }
    core::str::from_utf8(text).ok()
}
