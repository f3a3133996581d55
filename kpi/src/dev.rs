// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A device: its name in messages, its tunables. Twin of `kpi_dev.h`.
//!
//! # Example
//! ```
//! use kpi::Result;
//! use kpi::dev::{Device, Driver};
//! use kpi::sysctl::Sysctl;
//!
//! struct Foo {
//!     sysctl: Sysctl,
//! }
//!
//! impl Driver for Foo {
//!     fn attach(dev: Device) -> Result<Self> {
//!         kpi::device_println!(dev, "this is unit {}", dev.unit());
//!         Ok(Self { sysctl: Sysctl::new(dev)? })
//!     }
//! }
//!
//! // What the driver's C calls in its methods of newbus.
//! kpi::export_driver! {
//!     Foo: foo_attach_rust foo_detach_rust foo_suspend_rust foo_resume_rust
//! }
//! # let foo = Foo::attach(dev)?;
//! # assert!(crate::check::was_printed("kt0: this is unit 0"));
//! ```

use core::ffi::{CStr, c_int, c_void};
use core::sync::atomic::{AtomicU64, Ordering};

use crate::bindings::{self, device_t, kpi_dev_record};
use crate::boxed::Box;
use crate::ctx;
use crate::device_println;
use crate::errno::{EBUSY, ENXIO, Result, status};
use crate::ffi::Ref;

/// A device, borrowed for `'d`: what a C entry point has until it returns.
///
/// # Invariants
/// The device exists for all of `'d`.
#[derive(Clone, Copy)]
pub struct DeviceRef<'d>(Ref<'d, Raw>);

/// What `device_t` points to.
type Raw = bindings::_device;

impl<'d> DeviceRef<'d> {
    /// Borrows the device that C means.
    ///
    /// # Safety
    /// `dev` is a device that exists for `'d`.
    pub unsafe fn from_raw(dev: device_t) -> Self {
        // SAFETY: the caller's promise.
        match unsafe { Ref::new(dev) } {
            Some(dev) => Self(dev),
            None => panic!("a device that is null"),
        }
    }

    /// The device, for C.
    pub fn as_raw(self) -> device_t {
        self.0.as_ptr()
    }

    /// Name with unit, such as "pcm0". Any context.
    pub fn nameunit(self) -> &'d CStr {
        // SAFETY: the device exists; its name lives as long as it does.
        unsafe { CStr::from_ptr(bindings::kpi_dev_nameunit(self.as_raw())) }
    }

    /// Unit number. Any context.
    pub fn unit(self) -> i32 {
        // SAFETY: the device exists.
        unsafe { bindings::kpi_dev_unit(self.as_raw()) }
    }

    /// The driver's memory of the device, for C. Any context.
    pub fn softc(self) -> *mut c_void {
        // SAFETY: the device exists.
        unsafe { bindings::kpi_dev_softc(self.as_raw()) }
    }
}

/// A device from attach to the end of detach. Every owner of a part of the
/// device, and every handler, is made from it. A copy that is kept for longer
/// only names a device that is gone: nothing can be made from it.
///
/// Every handle made from it holds the device. [`Device::end`] fails while a
/// handle does, and then the driver does not detach. So a handle that safe code
/// has forgotten, or still has, keeps the device.
///
/// # Invariants
/// The upper half of the record's word is the number of the device's life, and the
/// lower half counts its holds. While this number is equal to that in the `Device`,
/// the record's device exists. Records are never freed while this code is loaded.
#[derive(Clone, Copy)]
pub struct Device {
    record: Ref<'static, kpi_dev_record>,
    life: u32,
}

/// How often [`Device::end`] looks again for a use that is just under way, a tick
/// apart.
const END_TRIES: u32 = 10;

impl Device {
    /// The device that C attaches. Sleepable.
    ///
    /// # Safety
    /// `dev` exists until [`Device::end`] of this has succeeded: the driver's detach
    /// calls that last, and fails if it does; an attach that fails calls
    /// [`Device::abandon`].
    pub unsafe fn from_raw(dev: device_t) -> Self {
        if dev.is_null() {
            panic!("a device that is null");
        }
        // SAFETY: no preconditions.
        let record = unsafe { bindings::kpi_dev_record_get(dev) };
        // SAFETY: records stay.
        match unsafe { Ref::new(record) } {
            Some(record) => {
                let mut this = Self { record, life: 0 };
                // It was left with no holds.
                this.life = (this.word().load(Ordering::Acquire) >> 32) as u32;
                this
            }
            None => panic!("a record that is null"),
        }
    }

    fn word(&self) -> &AtomicU64 {
        // SAFETY: the record stays, and its word is accessed by this alone.
        unsafe { AtomicU64::from_ptr(&raw mut (*self.record.as_ptr()).kdr_word) }
    }

    /// Keeps the device. `ENXIO`: it is gone. Any context.
    pub fn hold(self) -> Result<Hold> {
        let word = self.word();
        let mut seen = word.load(Ordering::Relaxed);
        loop {
            if (seen >> 32) as u32 != self.life {
                return Err(ENXIO);
            }
            if seen as u32 == u32::MAX {
                return Err(EBUSY);
            }
            match word.compare_exchange_weak(seen, seen + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(Hold(self)),
                Err(other) => seen = other,
            }
        }
    }

    /// Ends the device's life, for this and its copies. `EBUSY`: something holds it,
    /// and it does not end, as a line says. Sleepable.
    pub fn end(self) -> Result<()> {
        ctx::can_block();
        let alive = u64::from(self.life) << 32;
        let next = u64::from(self.life.wrapping_add(1)) << 32;
        for _ in 0..END_TRIES {
            match self
                .word()
                .compare_exchange(alive, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => {
                    // SAFETY: only one who ends a life comes here for it.
                    unsafe { bindings::kpi_dev_record_put(self.record.as_ptr()) }
                    return Ok(());
                }
                Err(word) if (word >> 32) as u32 != self.life => return Ok(()),
                // SAFETY: the name is static.
                Err(_) => unsafe { bindings::kpi_pause(c"kpiend".as_ptr()) },
            }
        }
        device_println!(self, "something still holds the device: it stays");
        Err(EBUSY)
    }

    /// Ends the device's life after a failed attach. newbus ends it in any
    /// case, so this panics if something holds it. Sleepable.
    pub fn abandon(self) {
        if self.end().is_err() {
            panic!("attach failed, and the driver has kept a part of its device");
        }
    }

    /// Calls `use_it` with the device, which stays meanwhile; `None` if it is gone.
    /// Any context.
    pub fn with<R>(self, use_it: impl FnOnce(DeviceRef<'_>) -> R) -> Option<R> {
        let hold = self.hold().ok()?;
        Some(use_it(hold.device()))
    }

    /// Unit number; -1 if it is gone. Any context.
    pub fn unit(self) -> i32 {
        self.with(|dev| dev.unit()).unwrap_or(-1)
    }
}

/// Keeps a device from being detached, while this is there.
///
/// # Invariants
/// It is counted in the record.
pub struct Hold(Device);

impl Hold {
    /// The device.
    pub fn device(&self) -> DeviceRef<'_> {
        // SAFETY: by the invariant the device's life has not ended, so that it
        // exists while `self` is borrowed.
        unsafe { DeviceRef::from_raw(self.as_raw()) }
    }

    /// The device, for C.
    pub fn as_raw(&self) -> device_t {
        // SAFETY: by the invariant the record is this device's.
        unsafe { (*self.0.record.as_ptr()).kdr_dev }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.word().fetch_sub(1, Ordering::Release);
    }
}

/// A driver of a device: the value is what attach makes, and dropping it is the end
/// of detach. [`export_driver!`](crate::export_driver!) makes the functions that the
/// driver's C calls. All are sleepable.
pub trait Driver: Send + Sync + Sized + 'static {
    /// Attaches the device. What it has made is dropped if it fails.
    fn attach(dev: Device) -> Result<Self>;

    /// Stops the device, before the drop. If it fails, the device stays attached.
    fn detach(&self) -> Result<()> {
        Ok(())
    }

    /// Makes the device ready to lose its power. If it fails, the machine does not
    /// suspend.
    fn suspend(&self) -> Result<()> {
        Ok(())
    }

    /// Sets the device up again.
    fn resume(&self) -> Result<()> {
        Ok(())
    }
}

/// What the driver's C keeps of an attached device.
struct Attached<T> {
    driver: T,
    dev: Device,
}

/// The attach method of a driver.
///
/// # Safety
/// `dev` is a device that attaches. `state` can be written, and is kept for
/// [`detach`] and the others.
pub unsafe fn attach<T: Driver>(dev: device_t, state: *mut *mut c_void) -> c_int {
    // SAFETY: the caller's promise: the device exists until detach() has succeeded.
    let dev = unsafe { Device::from_raw(dev) };
    match T::attach(dev).and_then(|driver| Box::new(Attached { driver, dev })) {
        Ok(attached) => {
            // SAFETY: the caller's promise.
            unsafe { state.write(Box::into_raw(attached).cast()) };
            0
        }
        Err(error) => {
            dev.abandon();
            error.as_raw()
        }
    }
}

/// The detach method. After it has failed at the end of the device's life, which a
/// line says, it fails each time.
///
/// # Safety
/// `state` is that of [`attach`], which has succeeded; no other method runs.
pub unsafe fn detach<T: Driver>(state: *mut *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    let Some(attached) = core::ptr::NonNull::new(unsafe { state.read() }) else {
        return EBUSY.as_raw();
    };
    // SAFETY: attach() has made it, of this type.
    if let Err(error) = unsafe { attached.cast::<Attached<T>>().as_ref() }
        .driver
        .detach()
    {
        return error.as_raw();
    }
    // SAFETY: as above; it is not used again.
    let attached = unsafe { Box::from_raw(attached.cast::<Attached<T>>().as_ptr()) };
    // SAFETY: the caller's promise.
    unsafe { state.write(core::ptr::null_mut()) };
    let dev = attached.dev;
    drop(attached);
    status(dev.end())
}

/// The suspend or resume method.
///
/// # Safety
/// As for [`detach`].
pub unsafe fn call<T: Driver>(
    state: *mut *mut c_void,
    method: impl FnOnce(&T) -> Result<()>,
) -> c_int {
    // SAFETY: the caller's promise.
    match core::ptr::NonNull::new(unsafe { state.read() }) {
        // SAFETY: attach() has made it, of this type, and it is not detached.
        Some(attached) => status(method(
            &unsafe { attached.cast::<Attached<T>>().as_ref() }.driver,
        )),
        // Detach has failed at its end: nothing is left to stop or to set up.
        None => 0,
    }
}

/// Makes the functions with which the driver's C attaches, detaches, suspends and
/// resumes a device: `export_driver! { Foo: foo_attach_rust foo_detach_rust
/// foo_suspend_rust foo_resume_rust }`. Each gets the address of a pointer in the
/// softc, and the first one the device before it. Each returns 0 or an errno.
#[macro_export]
macro_rules! export_driver {
    ($driver:ty: $attach:ident $detach:ident $suspend:ident $resume:ident) => {
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $attach(
            dev: $crate::bindings::device_t,
            state: *mut *mut ::core::ffi::c_void,
        ) -> ::core::ffi::c_int {
            // SAFETY: newbus calls it for a device that attaches, with its softc.
            unsafe { $crate::dev::attach::<$driver>(dev, state) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn $detach(state: *mut *mut ::core::ffi::c_void) -> ::core::ffi::c_int {
            // SAFETY: newbus calls one method of an attached device at a time.
            unsafe { $crate::dev::detach::<$driver>(state) }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn $suspend(state: *mut *mut ::core::ffi::c_void) -> ::core::ffi::c_int {
            // SAFETY: as for detach.
            unsafe {
                $crate::dev::call::<$driver>(state, <$driver as $crate::dev::Driver>::suspend)
            }
        }

        #[unsafe(no_mangle)]
        unsafe extern "C" fn $resume(state: *mut *mut ::core::ffi::c_void) -> ::core::ffi::c_int {
            // SAFETY: as for detach.
            unsafe { $crate::dev::call::<$driver>(state, <$driver as $crate::dev::Driver>::resume) }
        }
    };
}

/// Tells devd(8) of an event: strings as devd.conf(5) matches them, `data` being
/// "name=value" pairs. Lost if there is no memory now, or if the kernel has panicked.
/// Not in a filter.
pub fn notify(system: &CStr, subsystem: &CStr, kind: &CStr, data: &CStr) {
    ctx::can_block();
    let (system, subsystem) = (system.as_ptr(), subsystem.as_ptr());
    // SAFETY: the strings are good for the call, which copies them.
    unsafe { bindings::kpi_dev_notify(system, subsystem, kind.as_ptr(), data.as_ptr()) }
}

/// The value of a tunable of the kernel environment ("hw.virtio_snd.timeout");
/// `None` if it is not set, not a number, or a number that is no `i32`. Sleepable.
pub fn tunable_int(name: &CStr) -> Option<i32> {
    ctx::can_block();
    let mut value = 0;
    // SAFETY: both pointers are good for the call.
    unsafe { bindings::kpi_tunable_int(name.as_ptr(), &mut value) }.then_some(value)
}
