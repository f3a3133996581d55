// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! foo(4): a device of the device tree, with registers and an interrupt.
//!
//! The fields of [`Foo`] are what attach has made, in the order in which they are
//! dropped. Detach drops the state, and so does an attach that fails half-way.
//! foo.c is the glue to newbus.

#![no_std]
#![deny(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU64, Ordering};

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::bus::Resource;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{ENXIO, Result, status};
use kpi::intr::{Filter, Filtered, Irq};
use kpi::sysctl::Sysctl;

use crate::bindings::{FOO_ENABLE, FOO_ID, FOO_ID_VALUE, FOO_STATUS, device_t};

/// What bindgen makes of foo_var.h.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused)]
mod bindings {
    pub use kpi::bindings::*;
    include!(env!("FOO_BINDINGS"));
}

/// The registers, and the counter of the filter.
struct Registers {
    res: Resource,
    interrupts: AtomicU64,
}

impl Registers {
    /// Maps the registers. `ENXIO`: they are not those of the device.
    fn new(dev: Device) -> Result<Self> {
        let res = Resource::new(dev, 0)?;
        let id = res.read_4(FOO_ID as usize)?;
        if id != FOO_ID_VALUE {
            device_println!(dev, "unknown device: ID {:#x}", id);
            return Err(ENXIO);
        }
        Ok(Registers {
            res,
            interrupts: AtomicU64::new(0),
        })
    }

    /// Lets the device interrupt, or not.
    fn enable(&self, on: bool) -> Result<()> {
        self.res.write_4(FOO_ENABLE as usize, u32::from(on))
    }

    /// Takes the causes of the interrupt, and clears them.
    fn take_status(&self) -> Result<u32> {
        let status = self.res.read_4(FOO_STATUS as usize)?;
        self.res.write_4(FOO_STATUS as usize, status)?;
        Ok(status)
    }
}

impl Filter for Registers {
    fn filter(&self) -> Filtered {
        match self.take_status() {
            Ok(0) | Err(_) => Filtered::Stray,
            Ok(_) => {
                self.interrupts.fetch_add(1, Ordering::Relaxed);
                Filtered::Handled
            }
        }
    }
}

/// An attached device.
struct Foo {
    dev: Device,
    /// After its drop the filter does not run any more.
    _irq: Irq<Registers>,
    /// After its drop no program reads the counter any more.
    _sysctl: Sysctl,
    registers: Arc<Registers>,
}

impl Foo {
    /// Attaches the device. Sleepable.
    fn attach(dev: Device) -> Result<Box<Self>> {
        let registers = Arc::new(Registers::new(dev)?)?;
        let sysctl = Sysctl::new(dev)?;
        let descr = c"Interrupts of the device";
        sysctl.counter_of(None, c"interrupts", descr, &registers, |r| &r.interrupts)?;
        let irq = Irq::with_filter(dev, 0, registers.clone())?;
        let foo = Box::new(Foo {
            dev,
            _irq: irq,
            _sysctl: sysctl,
            registers,
        })?;
        foo.registers.enable(true)?;
        Ok(foo)
    }
}

impl Drop for Foo {
    fn drop(&mut self) {
        let _ = self.registers.enable(false);
        // Now the fields go.
    }
}

/// The C glue's attach; see foo_var.h.
///
/// # Safety
///
/// The device is being attached, `state` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn foo_attach_state(dev: device_t, state: *mut *mut c_void) -> c_int {
    // SAFETY: the caller's contract: the device lives until detach has succeeded.
    let dev = unsafe { Device::from_raw(dev) };
    let attached = Foo::attach(dev).map(|attached| {
        // SAFETY: the caller's contract.
        unsafe { *state = Box::into_raw(attached).cast() }
    });
    if let Err(error) = attached {
        device_println!(dev, "cannot attach: {}", error);
        dev.abandon();
    }
    status(attached)
}

/// The C glue's detach.
///
/// # Safety
///
/// `state` came from `foo_attach_state` and was not detached.
#[unsafe(no_mangle)]
unsafe extern "C" fn foo_detach_state(state: *mut c_void) -> c_int {
    // SAFETY: the caller's contract.
    let foo = unsafe { Box::from_raw(state.cast::<Foo>()) };
    let dev = foo.dev;
    drop(foo);
    status(dev.end())
}

/// The C glue's suspend.
///
/// # Safety
///
/// As for `foo_detach_state`.
#[unsafe(no_mangle)]
unsafe extern "C" fn foo_suspend_state(state: *mut c_void) {
    // SAFETY: the caller's contract.
    let _ = unsafe { &*state.cast::<Foo>() }.registers.enable(false);
}

/// The C glue's resume.
///
/// # Safety
///
/// As for `foo_detach_state`.
#[unsafe(no_mangle)]
unsafe extern "C" fn foo_resume_state(state: *mut c_void) {
    // SAFETY: the caller's contract.
    let _ = unsafe { &*state.cast::<Foo>() }.registers.enable(true);
}
