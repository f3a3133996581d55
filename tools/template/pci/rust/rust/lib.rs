// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! foo(4): a PCI device, with registers and an interrupt.
//!
//! The fields of [`Foo`] are what attach has made, in the order in which they are
//! dropped. Detach drops it, and an attach that fails half-way drops what was made.
//! foo.c is the glue to newbus.

#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

use core::sync::atomic::{AtomicU64, Ordering};

use kpi::intr::Handler;
use kpi::pci::{self, BusMaster, Interrupts, Irq, Kind};
use kpi::prelude::*;

use crate::bindings::*;

/// What bindgen makes of foo_var.h.
#[allow(missing_docs, unused)]
mod bindings {
    include!(env!("FOO_BINDINGS"));
}

// The registers, with the numbers of foo_reg.h.
kpi::reg! {
    window Window = FOO_SIZE;
    ID: u32 = FOO_ID; STATUS: u32 = FOO_STATUS; ENABLE: u32 = FOO_ENABLE;
}

// What foo.c calls.
kpi::export_driver! { Foo: foo_attach_device foo_detach_device
foo_suspend_device foo_resume_device }

/// What the interrupt and programs share.
struct Shared {
    regs: Registers<Window>,
    interrupts: AtomicU64,
}

impl Shared {
    /// Maps the registers. `ENXIO`: they are not those of the device.
    fn new(dev: Device) -> Result<Self> {
        let regs = Registers::new(pci::bar(dev, FOO_BAR as u8)?)?;
        let id = regs.read(ID);
        if id != FOO_ID_VALUE {
            device_println!(dev, "unknown device: ID {:#x}", id);
            return Err(ENXIO);
        }
        Ok(Shared {
            regs,
            interrupts: AtomicU64::new(0),
        })
    }
}

impl Handler for Shared {
    /// Another device may have raised a line that the two share.
    fn handle(&self) {
        let status = self.regs.read(STATUS);
        if status != 0 {
            self.regs.write(STATUS, status);
            self.interrupts.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// An attached device.
struct Foo {
    /// After its drop no program reads the counter any more.
    _sysctl: Sysctl,
    /// After its drop the handler does not run any more.
    _irq: Irq<Shared>,
    /// After its drop the device sends no messages any more.
    _master: BusMaster,
    shared: Arc<Shared>,
}

impl Foo {
    /// Takes what the driver needs, in this order.
    fn set_up(dev: Device) -> Result<Self> {
        let shared = Arc::new(Shared::new(dev)?)?;
        let master = BusMaster::enable(dev)?;
        let interrupts = Interrupts::new(dev, &[Kind::Msi, Kind::Intx], 1)?;
        let irq = interrupts.with_handler(0, shared.clone())?;
        let sysctl = Sysctl::new(dev)?;
        let descr = c"Interrupts of the device";
        sysctl.counter_of(None, c"interrupts", descr, &shared, |s| &s.interrupts)?;
        shared.regs.write(ENABLE, 1);
        Ok(Foo {
            _sysctl: sysctl,
            _irq: irq,
            _master: master,
            shared,
        })
    }
}

impl Driver for Foo {
    fn attach(dev: Device) -> Result<Self> {
        Foo::set_up(dev).inspect_err(|error| {
            device_println!(dev, "cannot attach: error {}", error.as_raw());
        })
    }

    fn suspend(&self) -> Result<()> {
        self.shared.regs.write(ENABLE, 0);
        Ok(())
    }

    fn resume(&self) -> Result<()> {
        self.shared.regs.write(ENABLE, 1);
        Ok(())
    }
}

impl Drop for Foo {
    fn drop(&mut self) {
        self.shared.regs.write(ENABLE, 0);
        // Now the fields go.
    }
}
