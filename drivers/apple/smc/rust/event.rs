// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Notifications of the SMC, passed on to devd(8) under the names that ACPI
//! uses.
//!
//! Notifications come in RTKit's thread, which cannot wait for answers. Work
//! that sends commands to the SMC is a chore, done by a thread of the driver.

use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use kpi::arc::Arc;
use kpi::dev::{self, Device};
use kpi::device_println;
use kpi::errno::Result;
use kpi::shutdown::poweroff;
use kpi::sysctl::{CounterRow, Sysctl};
use kpi::taskq::TaskHandler;

use crate::alarm::Watched;
use crate::bindings::{
    APPLE_SMC_BUTTON_HELD, APPLE_SMC_BUTTON_POWER, APPLE_SMC_BUTTON_TOUCH, APPLE_SMC_EV_BATTERY,
    APPLE_SMC_EV_BUTTON, APPLE_SMC_EV_CHARGE, APPLE_SMC_EV_CONNECTOR, APPLE_SMC_EV_LID,
    APPLE_SMC_EV_POWER_STATE, apple_smc_tell,
};
use crate::gpio;
use crate::link::{Link, count};
use crate::message::Event;
use crate::sensor::on_line;
use crate::smc::Smc;

/// How often the SMC is started again after a crash, if that is allowed, before the
/// driver detaches.
const RESTARTS: u32 = 3;

/// What is known of external power.
const UNKNOWN: u8 = 0;
const OFF_LINE: u8 = 1;
const ON_LINE: u8 = 2;

fn line(on: bool) -> u8 {
    if on { ON_LINE } else { OFF_LINE }
}

/// Counters of notifications, and the chores that these have caused.
pub struct Events {
    dev: Device,
    seen: AtomicU64,
    unknown: AtomicU64,
    /// The charger was plugged in or pulled out.
    power_changed: AtomicBool,
    /// It may have been while the SMC sent no notifications.
    power_unsure: AtomicBool,
    /// The external power that programs know of.
    line: AtomicU8,
    /// The power button is held: the machine will go off.
    held: AtomicBool,
    /// The SMC has crashed.
    crashed: AtomicBool,
    /// The watch of a nearly empty battery.
    pub watched: Watched,
    /// Alarms of a battery that was not empty.
    pub false_alarms: AtomicU64,
}

impl Events {
    /// Without a notification yet.
    pub fn new(dev: Device) -> Self {
        Events {
            dev,
            seen: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            power_changed: AtomicBool::new(false),
            power_unsure: AtomicBool::new(false),
            line: AtomicU8::new(UNKNOWN),
            held: AtomicBool::new(false),
            crashed: AtomicBool::new(false),
            watched: Watched::new(),
            false_alarms: AtomicU64::new(0),
        }
    }

    /// Shows the counters.
    pub fn show(link: &Arc<Link>, sysctl: &Sysctl) -> Result<()> {
        let stats = sysctl.node(None, c"stats", c"commands and their answers")?;
        const COUNTERS: &[CounterRow<Link>] = &[
            (c"events", c"notifications that came", |l| &l.events.seen),
            (c"unknown", c"notifications of unknown kinds", |l| {
                &l.events.unknown
            }),
            (
                c"false_alarms",
                c"alarms of a battery that was not empty",
                |l| &l.events.false_alarms,
            ),
        ];
        sysctl.counters_of(Some(&stats), link, COUNTERS)
    }

    /// Handles a notification. In RTKit's thread.
    pub fn handle(&self, link: &Link, event: Event) {
        count(&self.seen);
        self.tell(event);
        match u32::from(event.kind) {
            APPLE_SMC_EV_BUTTON => self.button(link, event),
            APPLE_SMC_EV_LID => link.look_at_lid(),
            APPLE_SMC_EV_POWER_STATE => {
                self.power_changed.store(true, Ordering::Release);
                link.run_chores();
            }
            APPLE_SMC_EV_BATTERY => self.watched.begin(link),
            // Plugs in USB ports: not this driver's.
            APPLE_SMC_EV_CHARGE | APPLE_SMC_EV_CONNECTOR => (),
            _ => count(&self.unknown),
        }
    }

    /// Notes the external power at attach, when programs can read it. Sleepable; after
    /// notifications were turned on.
    pub fn note_power(smc: &Smc) {
        // Without an answer it is not known.
        let Ok(on) = on_line(smc) else {
            return;
        };
        // A chore that has run since knows better.
        let order = Ordering::Relaxed;
        let known = &smc.link.events.line;
        let _ = known.compare_exchange(UNKNOWN, line(on), order, order);
    }

    /// Has the chores look whether the charger was moved while the SMC sent no
    /// notifications. Not in a filter.
    pub fn look_at_power(&self, link: &Link) {
        self.power_unsure.store(true, Ordering::Release);
        link.run_chores();
    }

    /// Notes that the SMC has crashed: the chores may start it again. In RTKit's
    /// thread.
    pub fn crashed(&self) {
        self.crashed.store(true, Ordering::Release);
    }

    /// Reports the power button, and tells devd(8) when it is pressed, as ACPI does.
    /// Its release does not count there.
    fn button(&self, link: &Link, event: Event) {
        match (u32::from(event.subtype), event.data) {
            (APPLE_SMC_BUTTON_POWER | APPLE_SMC_BUTTON_TOUCH, pressed) => {
                link.report_button(pressed != 0);
                if pressed != 0 {
                    self.notify(c"Button", c"notify=0x00");
                }
            }
            (APPLE_SMC_BUTTON_HELD, held) if held != 0 => {
                self.held.store(true, Ordering::Release);
                link.run_chores();
            }
            _ => (),
        }
    }

    /// Tells other drivers.
    fn tell(&self, event: Event) {
        self.dev.with(|dev| {
            // SAFETY: the device exists.
            unsafe { apple_smc_tell(dev.as_raw(), event.word()) }
        });
    }

    /// Sends an event to devd(8), with the device's name in place of ACPI's
    /// path.
    pub fn notify(&self, subsystem: &core::ffi::CStr, data: &core::ffi::CStr) {
        self.dev
            .with(|dev| dev::notify(c"ACPI", subsystem, dev.nameunit(), data));
    }
}

/// The work of a thread that can wait for the SMC.
pub struct Chores {
    smc: Arc<Smc>,
    /// Whether a crashed SMC may be started again.
    restart: bool,
    /// Whether the driver may switch the machine off.
    poweroff: bool,
    /// How often that may still be done.
    restarts: AtomicU32,
}

impl Chores {
    /// `restart`: a crashed SMC may be started again. `poweroff`: the driver may
    /// switch the machine off.
    pub fn new(smc: &Arc<Smc>, restart: bool, poweroff: bool) -> Self {
        Chores {
            smc: smc.clone(),
            restart,
            poweroff,
            restarts: AtomicU32::new(RESTARTS),
        }
    }

    /// Tells devd(8) of external power if it has changed, as ACPI does: the SMC's
    /// notification also comes when charging begins or ends. `unsure`: a state that is
    /// found while none was known is no change.
    fn tell_power(&self, unsure: bool) {
        // If the state cannot be read, no event is sent to devd(8).
        let Ok(on) = on_line(&self.smc) else {
            return;
        };
        let events = &self.smc.link.events;
        let known = events.line.swap(line(on), Ordering::Relaxed);
        if known == line(on) || unsure && known == UNKNOWN {
            return;
        }
        let data = if on { c"notify=0x01" } else { c"notify=0x00" };
        events.notify(c"ACAD", data);
    }

    /// The hardware switches the machine off some seconds later.
    fn held(&self) {
        device_println!(
            self.smc.dev,
            "the power button is held: the machine goes off"
        );
        if self.poweroff {
            poweroff();
        }
    }

    fn restart(&self) {
        if !self.restart {
            return;
        }
        let smc = &self.smc;
        let one_less = |left: u32| left.checked_sub(1);
        let order = Ordering::Relaxed;
        if self.restarts.try_update(order, order, one_less).is_err() {
            device_println!(
                smc.dev,
                "the SMC was started again {} times: given up",
                RESTARTS
            );
            return;
        }
        match smc.restart().and_then(|()| smc.notify_on()) {
            Ok(()) => {
                device_println!(smc.dev, "the SMC runs again");
                smc.link.look_at_lid();
                smc.link.events.look_at_power(&smc.link);
            }
            Err(error) => device_println!(smc.dev, "the SMC does not run again: {}", error),
        }
    }
}

impl TaskHandler for Chores {
    fn run(&self) {
        let events = &self.smc.link.events;
        if events.crashed.swap(false, Ordering::Acquire) {
            self.restart();
        }
        if events.held.swap(false, Ordering::Acquire) {
            self.held();
        }
        let unsure = events.power_unsure.swap(false, Ordering::Acquire);
        let changed = events.power_changed.swap(false, Ordering::Acquire);
        if changed || unsure {
            self.tell_power(!changed);
        }
        gpio::drive_wanted(&self.smc);
    }
}
