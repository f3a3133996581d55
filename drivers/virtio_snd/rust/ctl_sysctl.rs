// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Control elements as sysctls, `dev.pcm.N.ctl`.  The elements of mixer(8) are
//! here too, since a level is coarser than a value.
//!
//! When a program reads a node, its own thread makes the request to the device.

use crate::ctl::{Controls, Element, TLV_BYTES};
use crate::ctl_info::Kind;
use crate::mixer::Mixer;
use core::ffi::CStr;
use kpi::arc::Arc;
use kpi::cstring::CString;
use kpi::errno::{EINVAL, ENXIO, Result};
use kpi::mem::Flags;
use kpi::sysctl::{Access, ArrayKind, Node, Sysctl, SysctlArray};
use kpi::vec::Vec;

/// What a node of an element shows: the low bits of [`SysctlArray`]'s `which`, above
/// which is the place of the element.
const VALUE: u32 = 0;
const ITEMS: u32 = 1;
const RANGE: u32 = 2;
const DECIBELS: u32 = 3;
const TLV: u32 = 4;
const BITS: u32 = 3;

/// The elements, as the owner that sysctl(9) calls.
pub struct ControlSysctls {
    controls: Arc<Controls>,
    mixer: Arc<Mixer>,
}

impl ControlSysctls {
    /// Shows the elements.  Sleeps.
    #[inline(never)] // a frame of its own
    pub fn show(controls: &Arc<Controls>, mixer: &Arc<Mixer>, sysctl: &Sysctl) -> Result<()> {
        if controls.elements.is_empty() {
            return Ok(());
        }
        let sysctls = Arc::new(ControlSysctls {
            controls: controls.clone(),
            mixer: mixer.clone(),
        })?;
        let root = sysctl.node(None, c"ctl", c"control elements of the device")?;
        let mut names = Vec::<CString>::new();
        for (place, element) in (0..).zip(controls.elements.iter()) {
            let name = node_name(element, place, &names)?;
            let descr = CString::format(format_args!("{}", element.info.name()))?;
            let node = sysctl.node(Some(&root), &name, &descr)?;
            sysctls.show_element(&sysctls, sysctl, &node, place, element)?;
            names.push(name)?;
        }
        Ok(())
    }

    /// Adds the nodes of an element.
    fn show_element(
        &self,
        this: &Arc<Self>,
        sysctl: &Sysctl,
        node: &Node<'_>,
        place: u32,
        element: &Element,
    ) -> Result<()> {
        let info = &element.info;
        let add = |name: &CStr, descr: &CStr, kind, size, writable, leaf| {
            let access = if writable {
                Access::ReadWrite
            } else {
                Access::Read
            };
            let which = place << BITS | leaf;
            sysctl.array_of(Some(node), name, descr, kind, size, access, this, which)
        };
        let names: usize = element.items().map(|name| name.len() + 1).sum();
        if info.can_read() || info.can_write() {
            let (kind, size) = match info.kind {
                Kind::Boolean | Kind::Integer => (ArrayKind::Int, info.bytes()),
                Kind::Integer64 => (ArrayKind::S64, info.bytes()),
                Kind::Enumerated => (ArrayKind::Char, names * info.count),
                Kind::Bytes | Kind::Iec958 => (ArrayKind::U8, info.bytes()),
            };
            add(c"value", c"its value", kind, size, info.can_write(), VALUE)?;
        }
        match info.kind {
            Kind::Enumerated => add(
                c"items",
                c"what its value can be",
                ArrayKind::Char,
                names,
                false,
                ITEMS,
            )?,
            Kind::Integer | Kind::Integer64 => add(
                c"range",
                c"least value, greatest value, step",
                ArrayKind::S64,
                24,
                false,
                RANGE,
            )?,
            _ => (),
        }
        if info.kind == Kind::Integer && info.can_read_tlv() {
            add(
                c"decibels",
                c"least and greatest value in 0.01 dB",
                ArrayKind::Int,
                8,
                false,
                DECIBELS,
            )?;
        }
        let set = info.can_write_tlv() || info.can_command_tlv();
        if set || info.can_read_tlv() {
            let descr = c"metadata: type, bytes, words";
            add(c"tlv", descr, ArrayKind::U32, TLV_BYTES, set, TLV)?;
        }
        Ok(())
    }

    /// The element and the node of it that `which` means.
    fn find(&self, which: u32) -> Result<(usize, &Element, u32)> {
        let place = usize::try_from(which >> BITS).map_err(|_| ENXIO)?;
        let element = self.controls.elements.get(place).ok_or(ENXIO)?;
        Ok((place, element, which & ((1 << BITS) - 1)))
    }

    /// An element's values, as sysctl(8) shows them.
    fn value(&self, element: &Element, to: &mut Room<'_>) -> Result<()> {
        if !element.info.can_read() {
            return Ok(());
        }
        for &value in self.controls.read(element)?.iter() {
            match element.info.kind {
                Kind::Enumerated => {
                    let item = usize::try_from(value).map_err(|_| EINVAL)?;
                    to.name(element.items().nth(item).ok_or(EINVAL)?);
                }
                _ => match element.info.width() {
                    // In range: decode() saw to it.
                    4 => to.bytes(&(value as i32).to_ne_bytes()),
                    8 => to.bytes(&value.to_ne_bytes()),
                    _ => to.bytes(&[value as u8]),
                },
            }
        }
        Ok(())
    }

    /// Sets an element to what a program has written.
    fn set_value(&self, place: usize, element: &Element, bytes: &[u8]) -> Result<()> {
        let mut values = Vec::new();
        match element.info.kind {
            Kind::Enumerated => {
                for name in bytes.split(|&byte| byte == b',') {
                    let name = name.trim_ascii();
                    let item = element.items().position(|item| item.as_bytes() == name);
                    values.push(i64::try_from(item.ok_or(EINVAL)?).map_err(|_| EINVAL)?)?;
                }
            }
            _ if bytes.len() != element.info.bytes() => return Err(EINVAL),
            _ => {
                for number in bytes.chunks_exact(element.info.width()) {
                    values.push(match *number {
                        [a, b, c, d] => i32::from_ne_bytes([a, b, c, d]).into(),
                        [a] => a.into(),
                        _ => i64::from_ne_bytes(number.try_into().map_err(|_| EINVAL)?),
                    })?;
                }
            }
        }
        self.controls.write(element, &values)?;
        self.mixer.written(place, values);
        Ok(())
    }
}

impl SysctlArray for ControlSysctls {
    fn get(&self, which: u32, room: &mut [u8]) -> Result<usize> {
        let (_, element, leaf) = self.find(which)?;
        let info = &element.info;
        let mut to = Room { room, len: 0 };
        match leaf {
            VALUE => self.value(element, &mut to)?,
            ITEMS => element.items().for_each(|name| to.name(name)),
            RANGE => {
                to.bytes(&info.min.to_ne_bytes());
                to.bytes(&info.max.to_ne_bytes());
                to.bytes(&info.step.to_ne_bytes());
            }
            DECIBELS => {
                if let Some((min, max)) = self.controls.decibels(element) {
                    to.bytes(&min.to_ne_bytes());
                    to.bytes(&max.to_ne_bytes());
                }
            }
            _ if info.can_read_tlv() => {
                for word in self.controls.read_tlv(element)?.iter() {
                    to.bytes(&word.to_ne_bytes());
                }
            }
            _ => (),
        }
        Ok(to.len)
    }

    fn set(&self, which: u32, bytes: &[u8]) -> Result<()> {
        let (place, element, leaf) = self.find(which)?;
        if leaf == VALUE {
            return self.set_value(place, element, bytes);
        }
        let (words, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(EINVAL);
        }
        let mut tlv = Vec::new();
        for word in words {
            tlv.push(u32::from_ne_bytes(*word))?;
        }
        self.controls.write_tlv(element, &tlv)
    }
}

/// The text that a program reads, while it is written.
struct Room<'r> {
    room: &'r mut [u8],
    len: usize,
}

impl Room<'_> {
    fn bytes(&mut self, bytes: &[u8]) {
        let room = self.room.get_mut(self.len..).unwrap_or(&mut []);
        for (to, from) in room.iter_mut().zip(bytes) {
            *to = *from;
        }
        self.len = self.room.len().min(self.len + bytes.len());
    }

    /// A name of a list.
    fn name(&mut self, name: &str) {
        if self.len > 0 {
            self.bytes(b",");
        }
        self.bytes(name.as_bytes());
    }
}

/// The name of an element's node: the element's name in small letters.
/// Characters that sysctl(8) does not allow in a name become underscores.  No
/// two nodes get the same name.
fn node_name(element: &Element, place: u32, others: &[CString]) -> Result<CString> {
    let mut plain = Vec::<u8>::new();
    for byte in element.info.name().bytes() {
        let byte = match byte {
            byte if byte.is_ascii_alphanumeric() => byte.to_ascii_lowercase(),
            _ => b'_',
        };
        plain.push(byte)?;
    }
    if element.info.index > 0 {
        let index = CString::format(format_args!("{}", element.info.index))?;
        plain.extend_from_slice(index.to_bytes(), Flags::WaitOk)?;
    }
    let name = CString::new(&plain)?;
    if others.iter().all(|other| **other != *name) {
        return Ok(name);
    }
    let text = core::str::from_utf8(&plain).map_err(|_| EINVAL)?;
    CString::format(format_args!("{text}__{place}"))
}
