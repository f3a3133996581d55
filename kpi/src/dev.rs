// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A device: its name in messages, its tunables. Twin of `kpi_dev.h`.

use core::ffi::{CStr, c_void};
use core::sync::atomic::{AtomicU64, Ordering};

use crate::bindings::{self, device_t, kpi_dev_record};
use crate::ctx;
use crate::device_println;
use crate::errno::{EBUSY, ENXIO, Result};
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

/// Tells devd(8) of an event: strings as devd.conf(5) matches them, `data` being
/// "name=value" pairs. Lost if there is no memory now. Not in a filter.
pub fn notify(system: &CStr, subsystem: &CStr, kind: &CStr, data: &CStr) {
    ctx::can_block();
    let (system, subsystem) = (system.as_ptr(), subsystem.as_ptr());
    // SAFETY: the strings are good for the call, which copies them.
    unsafe { bindings::kpi_dev_notify(system, subsystem, kind.as_ptr(), data.as_ptr()) }
}

/// The value of a tunable of the kernel environment ("hw.virtio_snd.timeout");
/// `None` if it is not set or not a number. Sleepable.
pub fn tunable_int(name: &CStr) -> Option<i32> {
    ctx::can_block();
    let mut value = 0;
    // SAFETY: both pointers are good for the call.
    unsafe { bindings::kpi_tunable_int(name.as_ptr(), &mut value) }.then_some(value)
}
