// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Control elements: what there are, and the requests about them; VIRTIO 1.3,
//! 5.14.6.10.
//!
//! Values are not cached: each read of a value is a request.  All of these
//! sleep for as long as the device may take to answer.

use crate::bindings::{
    VTSND_CTL_ITEM, VTSND_CTL_VALUE, VTSND_R_CTL_ENUM_ITEMS, VTSND_R_CTL_INFO, VTSND_R_CTL_READ,
    VTSND_R_CTL_TLV_COMMAND, VTSND_R_CTL_TLV_READ, VTSND_R_CTL_TLV_WRITE, VTSND_R_CTL_WRITE,
    VTSND_TLV_DB_LINEAR, VTSND_TLV_DB_MINMAX, VTSND_TLV_DB_MINMAX_MUTE, VTSND_TLV_DB_SCALE,
    vtsnd_wire_ctl_hdr, vtsnd_wire_ctl_info, vtsnd_wire_ctl_tlv,
};
use crate::control::{self, Control, STATUS_BYTES, is_mute};
use crate::ctl_info::{CtlInfo, Kind, Layout, text_of};
use core::sync::atomic::{AtomicBool, Ordering};
use kpi::arc::Arc;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EINVAL, EIO, Errno, Result};
use kpi::mem::Flags;
use kpi::vec::Vec;
use kpi::wire;

/// Bytes of an item's name, with its NUL.
const ITEM_BYTES: usize = VTSND_CTL_ITEM as usize;

/// Bytes of metadata that are used, with type and length.
pub const TLV_BYTES: usize = 4096;

/// Longest request and response about controls, in bytes: metadata, and the items
/// of an element.
pub const REQUEST_BYTES: usize = size_of::<vtsnd_wire_ctl_hdr>() + TLV_BYTES;
/// See [`REQUEST_BYTES`].
pub const RESPONSE_BYTES: usize = STATUS_BYTES + TLV_BYTES;

/// A control element.
pub struct Element {
    id: u32,
    /// What it is.
    pub info: CtlInfo,
    /// Names of its items, [`ITEM_BYTES`] each.
    items: Vec<u8>,
    /// The line that the device's answer makes no sense was printed.
    told: AtomicBool,
}

impl Element {
    /// Names of its items.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        let names = self.items.as_chunks::<ITEM_BYTES>().0;
        names.iter().filter_map(|name| text_of(name))
    }
}

/// The control elements of a device.
pub struct Controls {
    dev: Device,
    control: Arc<Control>,
    /// How many the device has, used or not.
    count: u32,
    /// Those that are used.
    pub elements: Vec<Element>,
}

impl Controls {
    /// Asks about `count` elements.  A device may count elements and not
    /// describe them, or describe one that makes no sense: the card then works
    /// without it.
    #[inline(never)] // a frame of its own
    pub fn ask(dev: Device, control: &Arc<Control>, count: u32) -> Result<Self> {
        let mut this = Controls {
            dev,
            control: control.clone(),
            count,
            elements: Vec::new(),
        };
        let mut records = Vec::new();
        for id in 0..count {
            match this.info(id) {
                Ok(record) => records.push(record)?,
                Err(error) => {
                    device_println!(
                        dev,
                        "control {}: CTL_INFO failed: {}: no controls",
                        id,
                        error
                    );
                    return Ok(this);
                }
            }
        }
        let layout = Layout::of(&records);
        for (id, record) in (0..count).zip(records.iter()) {
            this.add(id, record, layout)?;
        }
        Ok(this)
    }

    /// Adds an element, if it makes sense.
    fn add(&mut self, id: u32, record: &vtsnd_wire_ctl_info, layout: Layout) -> Result<()> {
        let element = CtlInfo::parse(record, layout).map(|info| Element {
            id,
            info,
            items: Vec::new(),
            told: AtomicBool::new(false),
        });
        let outcome = element.and_then(|mut element| match self.ask_items(&element) {
            Ok(items) => {
                element.items = items;
                let (found, wanted) = (element.items().count(), element.info.items());
                if found == wanted {
                    Ok(element)
                } else {
                    Err("impossible name of an item")
                }
            }
            Err(_) => Err("no names of its items"),
        });
        match outcome {
            Ok(element) => self.elements.push(element),
            Err(what) => {
                device_println!(self.dev, "control {}: {}: not used", id, what);
                Ok(())
            }
        }
    }

    /// Whether the device has an element of this number, and its place among
    /// the elements in use.
    pub fn find(&self, id: u32) -> (bool, Option<usize>) {
        let place = self.elements.iter().position(|element| element.id == id);
        (id < self.count, place)
    }

    fn info(&self, id: u32) -> Result<vtsnd_wire_ctl_info> {
        let request = control::query::<vtsnd_wire_ctl_info>(VTSND_R_CTL_INFO, id)?;
        let size = size_of::<vtsnd_wire_ctl_info>();
        let answer = self.request(wire::bytes(&request), &[], size, size)?;
        wire::read(&answer).ok_or(EIO)
    }

    /// The names of an element's items, if it has such.
    fn ask_items(&self, element: &Element) -> Result<Vec<u8>> {
        match element.info.items() * ITEM_BYTES {
            0 => Ok(Vec::new()),
            bytes => self.about(VTSND_R_CTL_ENUM_ITEMS, element, &[], bytes, bytes),
        }
    }

    /// A request about an element.  Arguments as of [`Controls::request`].
    fn about(
        &self,
        code: u32,
        element: &Element,
        more: &[u8],
        least: usize,
        most: usize,
    ) -> Result<Vec<u8>> {
        let head = vtsnd_wire_ctl_hdr {
            code: code.to_le(),
            control_id: element.id.to_le(),
        };
        self.request(wire::bytes(&head), more, least, most)
    }

    /// A request of two parts, for an answer of `least` to `most` bytes behind the
    /// status.  `EIO`: it is shorter.
    fn request(&self, head: &[u8], more: &[u8], least: usize, most: usize) -> Result<Vec<u8>> {
        let mut response = Vec::new();
        response.resize(STATUS_BYTES + most, 0, Flags::WaitOk)?;
        let len = self.control.ask(&[head, more], &mut response)?;
        let record = response.get(STATUS_BYTES..len).unwrap_or(&[]);
        if record.len() < least {
            return Err(EIO);
        }
        let mut answer = Vec::new();
        answer.extend_from_slice(record, Flags::WaitOk)?;
        Ok(answer)
    }

    /// The values of an element.  `EIO`: they make no sense.
    pub fn read(&self, element: &Element) -> Result<Vec<i64>> {
        let most = VTSND_CTL_VALUE as usize;
        self.about(VTSND_R_CTL_READ, element, &[], element.info.bytes(), most)
            .and_then(|value| element.info.decode(&value))
            .inspect_err(|&error| self.complain(element, "read", error))
    }

    /// Sets the values of an element.  `EINVAL`: it cannot have these.
    pub fn write(&self, element: &Element, values: &[i64]) -> Result<()> {
        let value = element.info.encode(values)?;
        self.about(VTSND_R_CTL_WRITE, element, &value, 0, 0)
            .inspect_err(|&error| self.complain(element, "set", error))?;
        Ok(())
    }

    /// Prints once what is wrong with an element.  Prints nothing if the device
    /// does not answer, which was printed already, or if it is suspended.
    fn complain(&self, element: &Element, what: &str, error: Errno) {
        if !is_mute(error) && !element.told.swap(true, Ordering::Relaxed) {
            device_println!(
                self.dev,
                "control {}: cannot be {}: {}",
                element.id,
                what,
                error
            );
        }
    }

    /// The metadata of an element, as words: type, bytes that follow, and these.
    /// `EIO`: they are not all there.
    pub fn read_tlv(&self, element: &Element) -> Result<Vec<u32>> {
        let head = size_of::<vtsnd_wire_ctl_tlv>();
        let answer = self.about(VTSND_R_CTL_TLV_READ, element, &[], head, TLV_BYTES)?;
        let tlv: vtsnd_wire_ctl_tlv = wire::read(&answer).ok_or(EIO)?;
        let length = usize::try_from(u32::from_le(tlv.length)).map_err(|_| EIO)?;
        let bytes = head.checked_add(length).and_then(|end| answer.get(..end));
        let (chunks, rest) = bytes.ok_or(EIO)?.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(EIO);
        }
        let mut words = Vec::new();
        for word in chunks {
            words.push(u32::from_le_bytes(*word))?;
        }
        Ok(words)
    }

    /// Sets an element's metadata, or executes the command in them.  `EINVAL`:
    /// their length field is wrong.
    pub fn write_tlv(&self, element: &Element, words: &[u32]) -> Result<()> {
        let bytes = words.get(1).and_then(|&n| usize::try_from(n).ok());
        let inside = words.len().checked_sub(2).map(|n| n * 4);
        if inside.is_none() || bytes != inside || words.len() * 4 > TLV_BYTES {
            return Err(EINVAL);
        }
        let mut tlv = Vec::new();
        for word in words {
            tlv.extend_from_slice(&word.to_le_bytes(), Flags::WaitOk)?;
        }
        let code = match element.info.can_write_tlv() {
            true => VTSND_R_CTL_TLV_WRITE,
            false => VTSND_R_CTL_TLV_COMMAND,
        };
        self.about(code, element, &tlv, 0, 0)?;
        Ok(())
    }

    /// The least and the greatest value of an element in 0.01 dB, if its
    /// metadata have them.
    pub fn decibels(&self, element: &Element) -> Option<(i32, i32)> {
        let info = &element.info;
        if info.kind != Kind::Integer || !info.can_read_tlv() {
            return None;
        }
        let words = self.read_tlv(element).ok()?;
        match *words.as_ref() {
            [VTSND_TLV_DB_SCALE, _, min, step, ..] => {
                let min = min.cast_signed();
                let steps = i32::try_from(info.max.checked_sub(info.min)?).ok()?;
                let step = i32::try_from(step & 0xffff).ok()?;
                Some((min, min.checked_add(steps.checked_mul(step)?)?))
            }
            [
                VTSND_TLV_DB_LINEAR | VTSND_TLV_DB_MINMAX | VTSND_TLV_DB_MINMAX_MUTE,
                _,
                min,
                max,
                ..,
            ] => Some((min.cast_signed(), max.cast_signed())),
            _ => None,
        }
    }
}
