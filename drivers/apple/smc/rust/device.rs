// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The device: attach and detach, suspend and resume, shutdown; and the functions
//! that C calls.
//!
//! The fields of [`DeviceState`] are what attach has made, in the order in
//! which they are dropped. Detach drops the state, and so does an attach that
//! fails half-way.

use core::ffi::{c_int, c_void};

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::dev::{Device, tunable_int};
use kpi::device_println;
use kpi::errno::{ENXIO, Result, status};
use kpi::fdt::Node;
use kpi::sysctl::{Access, Sysctl};
use kpi::taskq::{Task, TaskQueue};
use kpi::time::{Sbt, panicked};

use crate::acpi::Acpi;
use crate::alarm::Alarm;
use crate::battery::Battery;
use crate::bindings::{
    APPLE_SMC_POWER_OFF, APPLE_SMC_RESTART, apple_smc_power, apple_smc_state, device_t,
};
use crate::charge::Charge;
use crate::event::{Chores, Events};
use crate::fan::Fans;
use crate::gpio::{Bank, Pins};
use crate::hwmon::Hwmon;
use crate::input::Inputs;
use crate::key::Key;
use crate::key_sysctl::KeySysctl;
use crate::link::{Link, Phase, Tasks};
use crate::sensor::Finder;
use crate::smc::Smc;

/// The key that restarts the machine and turns it off.
const POWER: Key = Key::new(b"MBSE");

/// An attached device.
struct DeviceState {
    /// Names of acpi(4). After their drop no program reads them any more.
    _acpi: Option<Sysctl>,
    /// The same for the driver's own nodes.
    sysctl: Sysctl,
    /// The usual bank, and the low one.
    pins: Option<Pins>,
    low_pins: Option<Pins>,
    /// Fans that may be set.
    fans: Option<Arc<Fans>>,
    /// How the battery is charged, if that may be set.
    charge: Option<Arc<Charge>>,
    /// Dropped last: this gives up the coprocessor.
    smc: Arc<Smc>,
}

impl DeviceState {
    /// Attaches the device. Sleepable.
    #[inline(never)] // a frame of its own
    fn attach(dev: Device) -> Result<Box<Self>> {
        let restart = tunable_int(c"hw.apple_smc.restart").unwrap_or(0) != 0;
        let smc = start(dev, restart)?;
        let count = smc.key_count().inspect_err(|error| {
            device_println!(dev, "the SMC does not tell how many keys it has: {}", error);
        })?;
        let battery = find_battery(dev, &smc)?;
        let hwmon = Hwmon::read(dev, child(dev, c"apple,smc-hwmon"))?;
        let state = DeviceState {
            pins: find_pins(dev, &smc, Bank::Usual, count)?,
            low_pins: find_pins(dev, &smc, Bank::Low, count)?,
            sysctl: show(dev, &smc, count, &hwmon, &battery)?,
            _acpi: show_acpi(dev, &battery)?,
            fans: find_fans(dev, &smc, &hwmon)?,
            charge: find_charge(dev, &smc)?,
            smc,
        };
        let state = Box::new(state)?;
        state.show_settings(dev)?;
        state.listen(restart)?;
        device_println!(dev, "{} keys", count);
        Ok(state)
    }

    /// Adds the sysctl nodes of what may be set.
    #[inline(never)] // a frame of its own
    fn show_settings(&self, dev: Device) -> Result<()> {
        if let Some(fans) = &self.fans {
            Fans::show(fans, &self.sysctl).inspect_err(|error| {
                device_println!(dev, "cannot show fans: {}", error);
            })?;
        }
        if let Some(charge) = &self.charge {
            Charge::show(charge, &self.sysctl).inspect_err(|error| {
                device_println!(dev, "cannot show how the battery is charged: {}", error);
            })?;
        }
        Ok(())
    }

    /// Makes the tasks, and turns notifications on.
    #[inline(never)] // a frame of its own
    fn listen(&self, restart: bool) -> Result<()> {
        let poweroff = tunable_int(c"hw.apple_smc.poweroff").unwrap_or(1) != 0;
        let chores = Arc::new(Chores::new(&self.smc, restart, poweroff))?;
        let alarm = Arc::new(Alarm::new(&self.smc, poweroff, self.charge.as_ref())?)?;
        let poll = tunable_int(c"hw.apple_smc.lid_poll").unwrap_or(1000);
        let poll = Sbt::from_millis(poll.max(0).into());
        let inputs = Inputs::new(&self.smc, poll).inspect_err(|error| {
            device_println!(self.smc.dev, "cannot add its button and lid: {}", error);
        })?;
        let inputs = Arc::new(inputs)?;
        let queue = TaskQueue::new(c"apple_smc", 1).inspect_err(|error| {
            device_println!(self.smc.dev, "cannot start its thread: {}", error);
        })?;
        let tasks = Tasks {
            chores: Task::new(&queue, chores)?,
            alarm: Task::new(&queue, alarm)?,
            lid: Task::new(&queue, inputs.clone())?,
            inputs,
        };
        *self.smc.link.tasks.lock() = Some(tasks);
        self.smc.notify_on()?;
        Events::note_power(&self.smc);
        self.smc.link.watch_lid();
        Ok(())
    }

    /// Gives the firmware back what was set: nobody sets it until
    /// [`DeviceState::open`].
    fn close(&self) {
        if let Some(fans) = &self.fans {
            fans.close();
        }
        if let Some(charge) = &self.charge {
            charge.close();
        }
    }

    /// Fans and the charge may be set again.
    fn open(&self) {
        if let Some(fans) = &self.fans {
            fans.open();
        }
        if let Some(charge) = &self.charge {
            charge.open();
        }
    }

    /// In a kernel that has panicked nothing is put to sleep, because no thread
    /// could wait for that.
    fn suspend(&self) -> Result<()> {
        if panicked() {
            self.quiet();
            return Ok(());
        }
        // A key that is down now would stay down: its release is not told.
        self.smc.link.report_button(false);
        self.close();
        // After an error it stays awake.
        self.smc.rest().inspect_err(|_| self.open())
    }

    fn resume(&self) -> Result<()> {
        // Also if it does not wake: a chore may start it again after a crash.
        self.open();
        if self.smc.link.phase() != Phase::Down {
            return Ok(());
        }
        self.smc.wake()?;
        self.smc.notify_on()?;
        // Nothing was told of what happened meanwhile. A battery that is nearly empty
        // is told again each second.
        let link = &self.smc.link;
        link.look_at_lid();
        link.events.look_at_power(link);
        Ok(())
    }

    /// The pins of a bank. `ENXIO`: there are none.
    fn pins(&self, low: bool) -> Result<&Pins> {
        let pins = if low { &self.low_pins } else { &self.pins };
        pins.as_ref().ok_or(ENXIO)
    }

    /// Prepares for the machine to go down.
    fn quiet(&self) {
        self.smc.quiet();
        if let Some(fans) = &self.fans {
            fans.give_all_back();
        }
        if let Some(charge) = &self.charge {
            charge.give_all_back();
        }
    }

    /// Writes `what` to [`POWER`]: a restart or power off, announced or now. Prints if
    /// the SMC does not take it.
    fn tell(&self, what: &[u8; 4]) {
        let smc = &self.smc;
        // The SMC takes it as a number, with the lowest byte first.
        let value = Key::new(what).as_raw().to_le_bytes();
        if let Err(error) = smc.write_polling(POWER, &value) {
            let what = Key::new(what);
            device_println!(smc.dev, "the SMC does not take {}: {}", what, error);
        }
    }
}

impl Drop for DeviceState {
    fn drop(&mut self) {
        let smc = &self.smc;
        // The tasks hold the SMC, and the SMC holds the tasks. They take the
        // mutex, so they are dropped without the mutex held. After the drop
        // none runs, and turns anything on any more.
        let tasks = smc.link.tasks.lock().take();
        drop(tasks);
        self.close();
        if smc.link.phase() == Phase::Ready {
            let _ = smc.notify(false);
        }
        // Now the fields go.
    }
}

/// The child of the device in the device tree that is compatible with `compatible`.
fn child(dev: Device, compatible: &core::ffi::CStr) -> Option<Node> {
    let mut children = Node::of(dev)?.children();
    children.find(|node| node.is_compatible(compatible))
}

/// Starts the SMC's firmware. Sleepable.
#[inline(never)] // a frame of its own
fn start(dev: Device, restart: bool) -> Result<Arc<Smc>> {
    let smc = Arc::new(Smc::new(dev, restart.then_some(c"smc"))?)?;
    smc.start()?;
    Ok(smc)
}

/// The pins of a bank, if the device tree has any.
#[inline(never)] // a frame of its own
fn find_pins(dev: Device, smc: &Arc<Smc>, bank: Bank, count: u32) -> Result<Option<Pins>> {
    if child(dev, bank.compatible()).is_none() {
        return Ok(None);
    }
    let pins = Pins::find(smc, bank, count).inspect_err(|error| {
        device_println!(dev, "cannot look for pins: {}", error);
    })?;
    Ok(Some(pins))
}

/// The fans, if they may be set.
#[inline(never)] // a frame of its own
fn find_fans(dev: Device, smc: &Arc<Smc>, hwmon: &Hwmon) -> Result<Option<Arc<Fans>>> {
    if tunable_int(c"hw.apple_smc.fan_control").unwrap_or(0) == 0 {
        return Ok(None);
    }
    let fans = Fans::new(smc, hwmon).inspect_err(|error| {
        device_println!(dev, "cannot look for fans: {}", error);
    })?;
    Ok(Some(Arc::new(fans)?))
}

/// How the battery is charged, if that may be set.
#[inline(never)] // a frame of its own
fn find_charge(dev: Device, smc: &Arc<Smc>) -> Result<Option<Arc<Charge>>> {
    if tunable_int(c"hw.apple_smc.charge_control").unwrap_or(0) == 0 {
        return Ok(None);
    }
    let charge = Charge::new(smc).inspect_err(|error| {
        device_println!(dev, "cannot look for control of the charge: {}", error);
    })?;
    Ok(Some(Arc::new(charge)?))
}

/// Adds the sysctl nodes.
#[inline(never)] // a frame of its own
fn show(
    dev: Device,
    smc: &Arc<Smc>,
    count: u32,
    hwmon: &Hwmon,
    battery: &Arc<Battery>,
) -> Result<Sysctl> {
    let sysctl = Sysctl::new(dev)?;
    show_counters(smc, &sysctl).inspect_err(|error| {
        device_println!(dev, "cannot show counters and keys: {}", error);
    })?;
    show_sensors(smc, count, hwmon, &sysctl)
        .and_then(|()| Battery::show(battery, &sysctl))
        .inspect_err(|error| {
            device_println!(dev, "cannot show sensors: {}", error);
        })?;
    Ok(sysctl)
}

/// Shows the counters, and any key.
#[inline(never)] // a frame of its own
fn show_counters(smc: &Arc<Smc>, sysctl: &Sysctl) -> Result<()> {
    Link::show(&smc.link, sysctl)?;
    Events::show(&smc.link, sysctl)?;
    let key_sysctl = Arc::new(KeySysctl::new(smc)?)?;
    let descr = c"a key's value; set to a key's name first";
    sysctl.text_of(None, c"key", descr, Access::ReadWrite, &key_sysctl, 0)
}

/// Looks for sensors, and shows them.
#[inline(never)] // a frame of its own
fn show_sensors(smc: &Arc<Smc>, count: u32, hwmon: &Hwmon, sysctl: &Sysctl) -> Result<()> {
    let mut finder = Finder::new(smc, hwmon)?;
    if tunable_int(c"hw.apple_smc.discover").unwrap_or(1) != 0 {
        finder.find_temperatures(count)?;
    }
    finder.show(sysctl)
}

/// The keys of the battery.
#[inline(never)] // a frame of its own
fn find_battery(dev: Device, smc: &Arc<Smc>) -> Result<Arc<Battery>> {
    let battery = Battery::new(smc).inspect_err(|error| {
        device_println!(dev, "cannot look for a battery: {}", error);
    })?;
    Arc::new(battery)
}

/// Shows the battery as acpi(4) does.
#[inline(never)] // a frame of its own
fn show_acpi(dev: Device, battery: &Arc<Battery>) -> Result<Option<Sysctl>> {
    Acpi::show(battery).inspect_err(|error| {
        device_println!(dev, "cannot show its battery as acpi(4) does: {}", error);
    })
}

/// The SMC of an attached device. `ENXIO`: it is not attached.
///
/// # Safety
///
/// The device exists for `'c`, and stays as it is.
pub unsafe fn smc_of<'c>(dev: device_t) -> Result<&'c Smc> {
    // SAFETY: the caller's contract.
    let state: *const DeviceState = unsafe { apple_smc_state(dev) }.cast();
    // SAFETY: C has what apple_smc_attach_state() gave it, or null.
    let state = unsafe { state.as_ref() }.ok_or(ENXIO)?;
    Ok(&state.smc)
}

/// The C glue's attach; see apple_smc_var.h.
///
/// # Safety
///
/// The device is being attached, `state` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_attach_state(dev: device_t, state: *mut *mut c_void) -> c_int {
    // SAFETY: the caller's contract.
    let dev = unsafe { Device::from_raw(dev) };
    let attached = DeviceState::attach(dev).map(|attached| {
        // SAFETY: the caller's contract.
        unsafe { *state = Box::into_raw(attached).cast() }
    });
    if attached.is_err() {
        dev.abandon();
    }
    status(attached)
}

/// The C glue's detach.
///
/// # Safety
///
/// `state` came from `apple_smc_attach_state` and was not detached.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_detach_state(state: *mut c_void) -> c_int {
    // SAFETY: the caller's contract.
    let state = unsafe { Box::from_raw(state.cast::<DeviceState>()) };
    let dev = state.smc.dev;
    drop(state);
    status(dev.end())
}

/// Functions of a state that C calls, and that return an errno.
macro_rules! entries {
    ($($name:ident($state:ident $(, $arg:ident: $type:ty)*) $body:block)*) => {$(
        #[doc = concat!("See `", stringify!($name), "` in apple_smc_var.h.")]
        ///
        /// # Safety
        ///
        /// The first is an attached state; pointers are good for what C says.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($state: *mut c_void $(, $arg: $type)*) -> c_int {
            // SAFETY: the caller's contract.
            let $state = unsafe { &*$state.cast::<DeviceState>() };
            status($body)
        }
    )*};
}

entries! {
    apple_smc_suspend_state(state) { state.suspend() }

    apple_smc_resume_state(state) { state.resume() }

    apple_smc_pin_max(state, low: bool, max: *mut c_int) {
        state.pins(low).and_then(Pins::max).map(|highest| {
            // SAFETY: the caller's contract.
            unsafe { *max = highest as c_int }
        })
    }

    apple_smc_pin_is_output(state, low: bool, pin: u32, output: *mut bool) {
        let pins = state.pins(low);
        // SAFETY: the caller's contract.
        pins.and_then(|pins| pins.is_output(pin)).map(|is| unsafe { *output = is })
    }

    apple_smc_pin_get(state, low: bool, pin: u32, high: *mut bool) {
        let pins = state.pins(low);
        // SAFETY: the caller's contract.
        pins.and_then(|pins| pins.get(pin)).map(|is| unsafe { *high = is })
    }

    apple_smc_pin_set(state, low: bool, pin: u32, high: bool) {
        state.pins(low).and_then(|pins| pins.set(pin, high))
    }
}

/// See apple_smc_var.h.
///
/// # Safety
///
/// An attached state.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_quiet(state: *mut c_void) {
    // SAFETY: the caller's contract.
    unsafe { &*state.cast::<DeviceState>() }.quiet();
}

/// See apple_smc_var.h.
///
/// # Safety
///
/// An attached state.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_announce(state: *mut c_void, what: apple_smc_power) {
    // SAFETY: the caller's contract.
    let state = unsafe { &*state.cast::<DeviceState>() };
    state.quiet();
    match what {
        APPLE_SMC_RESTART => state.tell(b"rest"),
        APPLE_SMC_POWER_OFF => state.tell(b"offw"),
        _ => (),
    }
}

/// See apple_smc_var.h.
///
/// # Safety
///
/// An attached state.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_go(state: *mut c_void, what: apple_smc_power) {
    // SAFETY: the caller's contract.
    let state = unsafe { &*state.cast::<DeviceState>() };
    state.quiet();
    match what {
        APPLE_SMC_RESTART => state.tell(b"phra"),
        APPLE_SMC_POWER_OFF => state.tell(b"off1"),
        _ => return,
    }
    for _ in 0..100 {
        kpi::time::delay(1000);
    }
}
