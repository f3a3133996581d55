// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Sensors and fans as the device tree names them: in the child of the SMC's node that
//! is compatible with "apple,smc-hwmon". What is wrong in the tree is ignored, and a
//! line says so.

use core::ffi::CStr;
use core::fmt;

use kpi::cstring::CString;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{ENOENT, Result};
use kpi::fdt::Node;
use kpi::vec::Vec;

use crate::key::Key;
use crate::sensor::{FANS, is_known};

/// Room for a name or a label, with its NUL.
const TEXT: usize = 64;

/// What the tree calls a sensor's key, and any sensor's or fan's label.
const KEY: &CStr = c"apple,key-id";
const LABEL: &CStr = c"label";

/// What a sensor is, by the beginning of its node's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Degrees Celsius.
    Temperature,
    /// Volts.
    Voltage,
    /// Amperes.
    Current,
    /// Watts.
    Power,
    /// Revolutions per minute.
    Fan,
}

/// The beginnings of names.
const KINDS: &[(&str, Kind)] = &[
    ("temperature-", Kind::Temperature),
    ("voltage-", Kind::Voltage),
    ("current-", Kind::Current),
    ("power-", Kind::Power),
    ("fan-", Kind::Fan),
];

/// What a key of a fan is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Its speed.
    Speed,
    /// The least speed.
    Minimum,
    /// The highest speed.
    Maximum,
    /// The speed that is wanted.
    Target,
    /// Whether it is at a speed that was set.
    Mode,
}

/// The keys of a fan but for its speed.
const ROLES: &[(&CStr, Role)] = &[
    (c"apple,fan-minimum", Role::Minimum),
    (c"apple,fan-maximum", Role::Maximum),
    (c"apple,fan-target", Role::Target),
    (c"apple,fan-mode", Role::Mode),
];

/// A sensor that the tree names, or the speed of a fan.
pub struct Named {
    /// Its key.
    pub key: Key,
    /// What it is.
    pub kind: Kind,
    /// What it is called.
    pub label: CString,
}

/// All that the tree names.
pub struct Hwmon {
    /// The sensors, and the speeds of fans.
    pub sensors: Vec<Named>,
    /// The other keys of fans, by the fan's number.
    fan_keys: Vec<(u8, Role, Key)>,
}

/// The number of the fan whose speed this key is.
pub fn fan_of(key: Key) -> Option<u8> {
    match key.name() {
        [b'F', digit @ b'0'..=b'9', ..] => Some(digit - b'0').filter(|fan| *fan < FANS),
        _ => None,
    }
}

/// Says what is ignored.
fn complain(dev: Device, name: &dyn fmt::Display, what: &dyn fmt::Display) {
    device_println!(dev, "the device tree's {}: {}: ignored", name, what);
}

/// A property that is a key. `None`: it is not four characters.
fn key_of(node: Node, prop: &CStr) -> Result<Option<Key>> {
    let mut room = [0; TEXT];
    Ok(Key::parse(node.string(prop, 0, &mut room)?.to_bytes()))
}

impl Hwmon {
    /// Reads the tree, if it has such a child. Sleepable.
    #[inline(never)] // a frame of its own
    pub fn read(dev: Device, node: Option<Node>) -> Result<Self> {
        let mut hwmon = Hwmon {
            sensors: Vec::new(),
            fan_keys: Vec::new(),
        };
        for child in node.into_iter().flat_map(Node::children) {
            let mut room = [0; TEXT];
            let name = child.string(c"name", 0, &mut room);
            let name = name.ok().and_then(|name| name.to_str().ok()).unwrap_or("?");
            hwmon.read_child(dev, child, name)?;
        }
        Ok(hwmon)
    }

    /// Reads a sensor or a fan. Only a lack of memory is an error.
    fn read_child(&mut self, dev: Device, node: Node, name: &str) -> Result<()> {
        let kind = KINDS.iter().find(|(start, _)| name.starts_with(*start));
        let Some(&(_, kind)) = kind else {
            complain(dev, &name, &"of no known kind");
            return Ok(());
        };
        let key = match key_of(node, KEY) {
            Ok(Some(key)) => key,
            Ok(None) => {
                complain(dev, &name, &"apple,key-id is not four characters");
                return Ok(());
            }
            Err(error) => {
                complain(dev, &name, &format_args!("apple,key-id: {error}"));
                return Ok(());
            }
        };
        if !key.is_word() && !is_known(key) {
            complain(dev, &key, &"no name for a variable");
            return Ok(());
        }
        if self.label(key).is_some() {
            complain(dev, &name, &format_args!("{key} is named twice"));
            return Ok(());
        }
        let mut room = [0; TEXT];
        let label = match node.string(LABEL, 0, &mut room) {
            Ok(label) if label.to_str().is_ok() => CString::new(label.to_bytes())?,
            Ok(_) => {
                complain(dev, &name, &"label is no text");
                return Ok(());
            }
            Err(ENOENT) => CString::format(format_args!("{key}"))?,
            Err(error) => {
                complain(dev, &name, &format_args!("label: {error}"));
                return Ok(());
            }
        };
        if kind == Kind::Fan {
            let Some(fan) = fan_of(key) else {
                complain(dev, &name, &format_args!("{key} is no key of a fan"));
                return Ok(());
            };
            if self.fan_label(fan).is_some() {
                complain(dev, &name, &format_args!("fan {fan} is named twice"));
                return Ok(());
            }
            self.read_fan(dev, node, name, fan)?;
        }
        self.sensors.push(Named { key, kind, label })
    }

    /// Reads the other keys of a fan.
    fn read_fan(&mut self, dev: Device, node: Node, name: &str, fan: u8) -> Result<()> {
        for &(prop, role) in ROLES {
            let text = prop.to_str().unwrap_or("");
            match key_of(node, prop) {
                Ok(Some(key)) => self.fan_keys.push((fan, role, key))?,
                Ok(None) => complain(dev, &name, &format_args!("{text} is not four characters")),
                Err(ENOENT) => (),
                Err(error) => complain(dev, &name, &format_args!("{text}: {error}")),
            }
        }
        Ok(())
    }

    /// What the tree calls the sensor of this key.
    pub fn label(&self, key: Key) -> Option<&CStr> {
        let named = self.sensors.iter().find(|named| named.key == key);
        named.map(|named| named.label.as_c_str())
    }

    /// What the tree calls a fan.
    pub fn fan_label(&self, fan: u8) -> Option<&CStr> {
        let is_it = |named: &&Named| named.kind == Kind::Fan && fan_of(named.key) == Some(fan);
        let named = self.sensors.iter().find(is_it);
        named.map(|named| named.label.as_c_str())
    }

    /// Says which keys of the tree are not among `found`.
    pub fn tell_missing(&self, dev: Device, found: impl Fn(Key) -> bool) {
        let sensors = self.sensors.iter().map(|named| named.key);
        let all = sensors.chain(self.fan_keys.iter().map(|row| row.2));
        for key in all.filter(|key| !found(*key)) {
            complain(dev, &key, &"the SMC has no such sensor");
        }
    }

    /// The keys that a fan may have for `role`: the tree's, and then the usual ones.
    pub fn keys_of_fan(&self, fan: u8, role: Role) -> impl Iterator<Item = Key> {
        let speed = move |named: &&Named| {
            role == Role::Speed && named.kind == Kind::Fan && fan_of(named.key) == Some(fan)
        };
        let speed = self.sensors.iter().filter(speed).map(|named| named.key);
        let wanted = move |row: &&(u8, Role, Key)| row.0 == fan && row.1 == role;
        let named = speed.chain(self.fan_keys.iter().filter(wanted).map(|row| row.2));
        let ends: &[&[u8; 2]] = match role {
            Role::Speed => &[b"Ac"],
            Role::Minimum => &[b"Mn"],
            Role::Maximum => &[b"Mx"],
            Role::Target => &[b"Tg"],
            Role::Mode => &[b"Md", b"md"],
        };
        let usual = move |end: &&[u8; 2]| Key::new(&[b'F', b'0' + fan % 10, 0, 0]).with_end(end);
        named.chain(ends.iter().map(usual))
    }
}
