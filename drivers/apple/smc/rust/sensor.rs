// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Sensors: keys whose values are shown as sysctl(9) nodes, if the SMC has them.
//!
//! The well-known ones have names. Fans are counted. The device tree may describe both,
//! and name further ones. Any other key that begins with a T and is a number is a
//! temperature, and its node has the key's name.

use core::ffi::{CStr, c_int};

use kpi::arc::Arc;
use kpi::cstring::CString;
use kpi::device_println;
use kpi::errno::{EINVAL, ENOENT, EPROTO, ETIMEDOUT, Result};
use kpi::sysctl::{Access, Node, Sysctl, SysctlInt};
use kpi::vec::Vec;

use crate::alarm::FLAG;
use crate::hwmon::{self, Hwmon, Named, Role};
use crate::key::{Key, KeyInfo, Kind};
use crate::message::VALUE_MAX;
use crate::smc::{CHARGE, Smc};
use crate::turn::Asker;
use crate::value::{big_endian, integer, real};

/// Temperatures without a name that are shown. Real machines have 375.
const MAX_TEMPERATURES: u32 = 2048;

/// Degrees Celsius below which a value is no temperature. Sensors of parts
/// that are off read -16 to 8, and no others read less than 21.
const PARKED: u32 = 15;

/// Fans that are looked for.
pub const FANS: u8 = 10;

/// The unit of a value, and the unit that sysctl(8) shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// Degrees Celsius, a real number: tenths of a kelvin.
    Celsius,
    /// Tenths of a kelvin, an integer.
    Decikelvin,
    /// Volts, amperes or watts, a real number: thousandths.
    Milli,
    /// Revolutions per minute, of whatever type.
    Whole,
    /// An integer.
    Integer,
    /// An integer, the highest byte first.
    BigEndian,
    /// Minutes; -1: not known.
    Minutes,
    /// Whether it is not 0.
    Truth,
    /// Whether any byte is not 0: for a key whose type and size change with the
    /// firmware.
    AnyByte,
}

impl Unit {
    /// How sysctl(8) shows it.
    fn format(self) -> &'static CStr {
        match self {
            Unit::Celsius | Unit::Decikelvin => c"IK",
            _ => c"I",
        }
    }

    /// Whether a key of that type can hold such a value.
    fn accepts(self, kind: Kind) -> bool {
        let real = matches!(kind, Kind::Float | Kind::Fixed);
        let integer = matches!(kind, Kind::Unsigned | Kind::Signed);
        match self {
            Unit::Celsius | Unit::Milli => real,
            Unit::Whole => real || integer,
            Unit::BigEndian => kind == Kind::Unsigned,
            Unit::AnyByte => true,
            _ => integer,
        }
    }

    /// The value that sysctl(8) shows. `None`: it is not a number.
    fn convert(self, info: &KeyInfo, bytes: &[u8]) -> Option<i32> {
        Some(match self {
            Unit::Celsius => decikelvin(real(info, bytes, 1000)?),
            Unit::Milli => real(info, bytes, 1000)?,
            Unit::Whole => real(info, bytes, 1).or_else(|| integer(info, bytes))?,
            Unit::BigEndian => i32::try_from(big_endian(bytes)).unwrap_or(i32::MAX),
            Unit::Minutes => match integer(info, bytes)? {
                0xffff => -1,
                minutes => minutes,
            },
            Unit::Truth => (integer(info, bytes)? != 0).into(),
            Unit::AnyByte => bytes.iter().any(|byte| *byte != 0).into(),
            Unit::Decikelvin | Unit::Integer => integer(info, bytes)?,
        })
    }
}

/// Tenths of a kelvin of thousandths of a degree Celsius, rounded to the nearest.
fn decikelvin(milli: i32) -> i32 {
    // The limit leaves room for the offset; no temperature comes near it.
    let millikelvin = milli.min(i32::MAX - 300_000) + 273_150;
    millikelvin.saturating_add(if millikelvin < 0 { -50 } else { 50 }) / 100
}

/// A row of the table: a sensor that has a name.
struct Known {
    key: Key,
    /// Node below the device's own; empty: that one.
    group: &'static CStr,
    name: &'static CStr,
    descr: &'static CStr,
    unit: Unit,
}

const fn known(
    key: &[u8; 4],
    group: &'static CStr,
    name: &'static CStr,
    unit: Unit,
    descr: &'static CStr,
) -> Known {
    Known {
        key: Key::new(key),
        group,
        name,
        descr,
        unit,
    }
}

/// The well-known keys. If two keys have one name, the first that exists is
/// used.
#[rustfmt::skip] // a table
const KNOWN: &[Known] = &[
    known(b"TB0T", c"temp", c"battery", Unit::Celsius, c"battery"),
    known(b"TCHP", c"temp", c"charger", Unit::Celsius, c"charger"),
    known(b"TW0P", c"temp", c"wifi", Unit::Celsius, c"WiFi module"),
    known(b"TH0x", c"temp", c"nand", Unit::Celsius, c"NAND"),
    known(b"Ts0P", c"temp", c"palm_rest", Unit::Celsius, c"palm rest"),
    known(b"Ts1P", c"temp", c"palm_rest2", Unit::Celsius, c"palm rest, second sensor"),
    known(b"VD0R", c"voltage", c"dc_in", Unit::Milli, c"DC input, mV"),
    known(b"SBAV", c"voltage", c"battery", Unit::Milli, c"battery, mV"),
    known(b"ID0R", c"current", c"dc_in", Unit::Milli, c"DC input, mA"),
    known(b"PSTR", c"power", c"system", Unit::Milli, c"whole system, mW"),
    known(b"PDTR", c"power", c"dc_in", Unit::Milli, c"DC input, mW"),
    known(b"PMVR", c"power", c"rail_3v8", Unit::Milli, c"3.8 V rail, mW"),
    known(b"PHPC", c"power", c"heatpipe", Unit::Milli, c"heat pipe, mW"),
    known(b"BUIC", c"battery", c"charge", Unit::Integer, c"charge as displayed, percent"),
    known(b"B0RM", c"battery", c"remaining", Unit::BigEndian, c"charge, mAh"),
    known(b"B0FC", c"battery", c"full", Unit::Integer, c"charge when full, mAh"),
    known(b"B0DC", c"battery", c"design", Unit::Integer, c"charge when full and new, mAh"),
    known(b"B0AV", c"battery", c"voltage", Unit::Integer, c"voltage, mV"),
    known(b"BITV", c"battery", c"min_voltage", Unit::Integer, c"least voltage by design, mV"),
    known(b"B0AC", c"battery", c"current", Unit::Integer, c"current, mA; negative: out of it"),
    known(b"B0AP", c"battery", c"power", Unit::Integer, c"power, mW; negative: out of it"),
    known(b"B0AT", c"battery", c"temp", Unit::Decikelvin, c"temperature"),
    known(b"B0CT", c"battery", c"cycles", Unit::Integer, c"times it was charged"),
    known(b"B0TE", c"battery", c"to_empty", Unit::Minutes, c"minutes left; -1: not known"),
    known(b"B0TF", c"battery", c"to_full", Unit::Minutes, c"minutes to full; -1: not known"),
    known(b"BSFC", c"battery", c"charged", Unit::Truth, c"1: full"),
    known(b"BBAD", c"battery", c"bad", Unit::Truth, c"1: out of order"),
    known(b"BCF0", c"battery", c"critical", Unit::AnyByte, c"1: nearly empty"),
    known(b"AC-n", c"adapter", c"voltage", Unit::Integer, c"power adapter, mV"),
    known(b"AC-i", c"adapter", c"current_limit", Unit::Integer, c"power adapter, most mA"),
    known(b"ACPW", c"adapter", c"power_limit", Unit::Integer, c"power adapter, most mW"),
    known(b"CHIS", c"", c"acline", Unit::Truth, c"1: external power"),
    known(b"ACDI", c"", c"acline", Unit::Truth, c"1: external power"),
    known(b"MSLD", c"", c"lid", Unit::Truth, c"1: the lid is closed"),
];

/// The keys of a fan: what for, name of the node, description.
const FAN: &[(Role, &CStr, &CStr)] = &[
    (Role::Speed, c"speed", c"revolutions per minute"),
    (Role::Minimum, c"minimum", c"least revolutions per minute"),
    (Role::Maximum, c"maximum", c"most revolutions per minute"),
    (Role::Target, c"target", c"revolutions per minute wanted"),
    (
        Role::Mode,
        c"manual",
        c"1: at the speed that was set; 0: automatic",
    ),
];

/// The description of a sensor in this group that the device tree calls `label`: with
/// the unit that its node shows.
fn describe(label: &CStr, group: &CStr) -> Result<CString> {
    let unit = match group.to_bytes() {
        b"voltage" => ", mV",
        b"current" => ", mA",
        b"power" => ", mW",
        _ => "",
    };
    CString::format(format_args!("{}{unit}", label.to_str().or(Err(EINVAL))?))
}

/// Whether a key is a well-known one.
pub fn is_known(key: Key) -> bool {
    KNOWN.iter().any(|row| row.key == key)
}

/// A sensor that the SMC has.
struct Sensor {
    key: Key,
    info: KeyInfo,
    unit: Unit,
}

/// All sensors that the SMC has. `which` of a node is an index.
pub struct Sensors {
    smc: Arc<Smc>,
    sensors: Vec<Sensor>,
}

/// A node that will be added: the index of its sensor, and its place.
struct Shown {
    index: u32,
    group: CString,
    sub: Option<Sub>,
    name: CString,
    descr: CString,
    unit: Unit,
}

/// A node in a group, that has more nodes: a fan.
struct Sub {
    name: CString,
    descr: CString,
}

impl SysctlInt for Sensors {
    fn get(&self, which: u32) -> Result<c_int> {
        let sensor = self.sensors.get(which as usize).ok_or(EINVAL)?;
        let mut room = [0; VALUE_MAX];
        let (key, info) = (sensor.key, &sensor.info);
        let bytes = read_exactly(&self.smc, Asker::User, key, info, &mut room)?;
        sensor.unit.convert(&sensor.info, bytes).ok_or(EPROTO)
    }
}

/// The whole value of a key. `EPROTO`: less came.
pub fn read_exactly<'r>(
    smc: &Smc,
    asker: Asker,
    key: Key,
    info: &KeyInfo,
    room: &'r mut [u8; VALUE_MAX],
) -> Result<&'r [u8]> {
    let size = usize::from(info.size);
    let bytes = smc.read(asker, key, room.get_mut(..size).ok_or(EINVAL)?)?;
    if bytes.len() == size {
        Ok(bytes)
    } else {
        Err(EPROTO)
    }
}

/// The SMC's information about `key`. `None`: there is no such key, or it
/// cannot be read. An error means that the SMC as a whole does not work.
pub fn look_up(smc: &Smc, key: Key) -> Result<Option<KeyInfo>> {
    match smc.info(Asker::Kernel, key) {
        Ok(info) if info.is_readable() => Ok(Some(info)),
        Err(error) if error == ETIMEDOUT || !smc.rtkit.is_running() => Err(error),
        _ => Ok(None),
    }
}

/// Whether the machine has external power. `ENOENT`: there is no key that tells.
pub fn on_line(smc: &Smc) -> Result<bool> {
    for row in KNOWN.iter().filter(|row| row.name == c"acline") {
        if let Some(info) = look_up(smc, row.key)?
            && row.unit.accepts(info.kind())
        {
            let mut room = [0; VALUE_MAX];
            let bytes = read_exactly(smc, Asker::Kernel, row.key, &info, &mut room)?;
            return Ok(integer(&info, bytes) != Some(0));
        }
    }
    Err(ENOENT)
}

/// Whether the remaining charge has its lowest byte first: that is so in newer
/// firmware. Another key has the charge as a real number, whose order is known; the
/// order is the one in which both agree. Without that key, the size of a third key
/// decides, which shrank in the same firmware.
fn is_charge_little(smc: &Smc) -> Result<bool> {
    let charge = read_found(smc, CHARGE, integer)?;
    let real = read_found(smc, Key::new(b"SBAR"), |info, bytes| real(info, bytes, 1))?;
    if let (Some(charge), Some(real)) = (charge, real) {
        let away = |charge: u16| real.abs_diff(i32::from(charge));
        let (little, big) = (away(charge as u16), away((charge as u16).swap_bytes()));
        if little != big {
            return Ok(little < big);
        }
    }
    let critical = look_up(smc, FLAG)?;
    Ok(critical.is_some_and(|info| info.size == 1))
}

/// The value of a key. `None`: there is no such key, or it is of another kind. An
/// error means that the SMC as a whole does not work.
#[inline(never)] // a frame of its own
pub fn read_found(
    smc: &Smc,
    key: Key,
    convert: impl Fn(&KeyInfo, &[u8]) -> Option<i32>,
) -> Result<Option<i32>> {
    let Some(info) = look_up(smc, key)? else {
        return Ok(None);
    };
    let mut room = [0; VALUE_MAX];
    match read_exactly(smc, Asker::Kernel, key, &info, &mut room) {
        Ok(bytes) => Ok(convert(&info, bytes)),
        Err(error) if error == ETIMEDOUT || !smc.rtkit.is_running() => Err(error),
        Err(_) => Ok(None),
    }
}

/// Makes the SMC send a notification when the battery is nearly empty: it does so
/// once this key was read. The value does not matter, and it does not matter whether
/// there is such a key. An error means that the SMC as a whole does not work.
pub fn watch_battery(smc: &Smc) -> Result<()> {
    read_found(smc, FLAG, |_, _| None).map(|_| ())
}

/// Looks for sensors, and adds a node for each.
pub struct Finder<'h> {
    found: Sensors,
    shown: Vec<Shown>,
    /// What the device tree names.
    hwmon: &'h Hwmon,
}

impl<'h> Finder<'h> {
    /// Finds those with a name, also by the device tree, and the fans. Sleepable.
    pub fn new(smc: &Arc<Smc>, hwmon: &'h Hwmon) -> Result<Self> {
        let mut finder = Finder {
            found: Sensors {
                smc: smc.clone(),
                sensors: Vec::new(),
            },
            shown: Vec::new(),
            hwmon,
        };
        if is_charge_little(smc)? {
            smc.set_little_charge();
        }
        for row in KNOWN {
            finder.find_known(row)?;
        }
        for fan in 0..FANS {
            if !finder.find_fan(fan)? {
                break;
            }
        }
        let others = hwmon.sensors.iter().filter(|named| !is_known(named.key));
        for named in others {
            finder.find_named(named)?;
        }
        let sensors = &finder.found.sensors;
        hwmon.tell_missing(smc.dev, |key| {
            sensors.iter().any(|sensor| sensor.key == key)
        });
        Ok(finder)
    }

    /// Finds the temperatures that have no name, of `count` keys. Sleepable.
    pub fn find_temperatures(&mut self, count: u32) -> Result<()> {
        let mut last = Key::new(b"T\0\0\0");
        let first = self.found.smc.find(last, count)?;
        for index in first..count {
            let key = self.found.smc.key_by_index(index)?;
            // They are sorted; so none comes twice.
            if key <= last || key >= Key::new(b"U\0\0\0") {
                break;
            }
            if index - first == MAX_TEMPERATURES {
                device_println!(
                    self.found.smc.dev,
                    "more than {} temperatures: not all are shown",
                    MAX_TEMPERATURES
                );
                break;
            }
            last = key;
            if key.is_word() && !self.is_named(key) {
                let name = CString::format(format_args!("{key}"))?;
                let descr = CString::format(format_args!(
                    "temperature {key}; below {PARKED} C: its part is off"
                ))?;
                self.find(key, Unit::Celsius, c"temp", None, name, descr)?;
            }
        }
        Ok(())
    }

    /// Adds the nodes, which keep the sensors. Sleepable.
    pub fn show(self, sysctl: &Sysctl) -> Result<()> {
        let sensors = Arc::new(self.found)?;
        for shown in self.shown.iter() {
            shown.add(sysctl, &sensors)?;
        }
        Ok(())
    }

    fn find_known(&mut self, row: &Known) -> Result<()> {
        let twice = |shown: &Shown| {
            shown.name.as_c_str() == row.name && shown.group.as_c_str() == row.group
        };
        if self.shown.iter().any(twice) {
            return Ok(());
        }
        let name = CString::new(row.name.to_bytes())?;
        let descr = match self.hwmon.label(row.key) {
            Some(label) => describe(label, row.group)?,
            None => CString::new(row.descr.to_bytes())?,
        };
        let unit = match row.unit {
            Unit::BigEndian if !self.found.smc.is_big_endian(row.key) => Unit::Integer,
            unit => unit,
        };
        self.find(row.key, unit, row.group, None, name, descr)?;
        Ok(())
    }

    /// Finds a sensor that the tree alone names.
    fn find_named(&mut self, named: &Named) -> Result<()> {
        let (unit, group) = match named.kind {
            hwmon::Kind::Temperature => (Unit::Celsius, c"temp"),
            hwmon::Kind::Voltage => (Unit::Milli, c"voltage"),
            hwmon::Kind::Current => (Unit::Milli, c"current"),
            hwmon::Kind::Power => (Unit::Milli, c"power"),
            // Its keys were looked for.
            hwmon::Kind::Fan => return Ok(()),
        };
        let name = CString::format(format_args!("{}", named.key))?;
        let descr = describe(&named.label, group)?;
        self.find(named.key, unit, group, None, name, descr)?;
        Ok(())
    }

    /// False: there is no such fan.
    fn find_fan(&mut self, fan: u8) -> Result<bool> {
        for &(role, name, descr) in FAN {
            let there = self.find_key_of_fan(fan, role, name, descr)?;
            if !there && role == Role::Speed {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Finds the first key that is there of those that the fan may have.
    fn find_key_of_fan(&mut self, fan: u8, role: Role, name: &CStr, descr: &CStr) -> Result<bool> {
        let hwmon = self.hwmon;
        let label = hwmon.fan_label(fan).unwrap_or(c"one of them");
        for key in hwmon.keys_of_fan(fan, role) {
            let sub = Some(Sub {
                name: CString::format(format_args!("{fan}"))?,
                descr: CString::new(label.to_bytes())?,
            });
            let name = CString::new(name.to_bytes())?;
            let descr = CString::new(descr.to_bytes())?;
            if self.find(key, Unit::Whole, c"fan", sub, name, descr)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether this driver or the tree says what a key is.
    fn is_named(&self, key: Key) -> bool {
        is_known(key) || self.hwmon.label(key).is_some()
    }

    /// Finds a sensor; false if it is not there, or is something else.
    fn find(
        &mut self,
        key: Key,
        unit: Unit,
        group: &CStr,
        sub: Option<Sub>,
        name: CString,
        descr: CString,
    ) -> Result<bool> {
        let info = match look_up(&self.found.smc, key)? {
            // Reading a function calls it, and what it does is not known of one that
            // only looks like a temperature.
            Some(info) if info.is_function() && unit == Unit::Celsius && !self.is_named(key) => {
                return Ok(false);
            }
            Some(info) if unit.accepts(info.kind()) => info,
            _ => return Ok(false),
        };
        let index = u32::try_from(self.found.sensors.len()).or(Err(EINVAL))?;
        self.found.sensors.push(Sensor { key, info, unit })?;
        let group = CString::new(group.to_bytes())?;
        self.shown.push(Shown {
            index,
            group,
            sub,
            name,
            descr,
            unit,
        })?;
        Ok(true)
    }
}

impl Shown {
    fn add(&self, sysctl: &Sysctl, sensors: &Arc<Sensors>) -> Result<()> {
        let group = self.group.as_c_str();
        if group.is_empty() {
            return self.add_below(sysctl, None, sensors);
        }
        let node = sysctl.node(None, group, c"sensors of the SMC")?;
        match &self.sub {
            None => self.add_below(sysctl, Some(&node), sensors),
            Some(sub) => {
                let node = sysctl.node(Some(&node), &sub.name, &sub.descr)?;
                self.add_below(sysctl, Some(&node), sensors)
            }
        }
    }

    fn add_below(
        &self,
        sysctl: &Sysctl,
        parent: Option<&Node<'_>>,
        sensors: &Arc<Sensors>,
    ) -> Result<()> {
        let (name, descr) = (self.name.as_c_str(), self.descr.as_c_str());
        let format = self.unit.format();
        sysctl.int_of(
            parent,
            name,
            descr,
            format,
            Access::Read,
            sensors,
            self.index,
        )
    }
}
