// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A driver of a virtio device, as newbus calls it.
//!
//! A driver whose softc is a `struct kpi_virtio_softc` implements [`VirtioDriver`], and
//! [`virtio_driver!`](crate::virtio_driver!) makes its methods of newbus. Its C has the
//! table of methods, and probe.
//!
//! # Example
//! ```
//! use kpi::Result;
//! use kpi::dev::Device;
//! use kpi::sysctl::Sysctl;
//! use kpi::virtio::{F_VERSION_1, QueueSpec, Queues, Virtio};
//! use kpi::virtio_driver::VirtioDriver;
//!
//! struct Foo;
//!
//! impl VirtioDriver for Foo {
//!     const CONFIG: u32 = 4;
//!     type Parts = Sysctl;
//!
//!     fn attach(dev: Device, mut virtio: Virtio) -> Result<(Sysctl, Queues)> {
//!         virtio.negotiate(F_VERSION_1)?;
//!         kpi::device_println!(dev, "revision {}", virtio.config_1(0));
//!         let queues = virtio.setup_queues([QueueSpec::new(c"requests", 1)])?;
//!         queues.driver_ok();
//!         Ok((Sysctl::new(dev)?, queues))
//!     }
//! }
//!
//! // Named in the method table of the driver's C.
//! kpi::virtio_driver!(Foo, foo_attach, foo_detach, foo_suspend, foo_resume);
//! # crate::fixture::on_virtio::<Foo>(|_| ())?;
//! # assert!(crate::check::was_printed("revision 1"));
//! ```

use core::ffi::c_int;

use crate::bindings::{device_t, kpi_virtio_softc};
use crate::boxed::Box;
use crate::dev::{Device, DeviceRef};
use crate::errno::{Result, status};
use crate::time;
use crate::virtio::{Queues, Virtio};

/// A driver of a kind of virtio device.
pub trait VirtioDriver: 'static {
    /// Bytes of the config space that each such device has.
    const CONFIG: u32;

    /// What the driver has of an attached device, besides its queues. Detach drops the
    /// parts, and then the queues, which resets the device.
    type Parts: Send;

    /// Makes all that. Sleepable.
    fn attach(dev: Device, virtio: Virtio) -> Result<(Self::Parts, Queues)>;
}

/// What the softc points to from an attach that succeeds until a detach that does.
struct Attached<T: VirtioDriver> {
    dev: Device,
    /// Dropped in this order. `None`: they are gone, but something still holds the device.
    made: Option<(T::Parts, Queues)>,
}

/// The softc.
///
/// # Safety
/// The device exists, and its softc is a `kpi_virtio_softc`.
unsafe fn softc(dev: device_t) -> *mut kpi_virtio_softc {
    // SAFETY: the caller's promise.
    unsafe { DeviceRef::from_raw(dev) }.softc().cast()
}

/// The device, if it is attached.
///
/// # Safety
/// As for `detach`, and the result is not used after the call of newbus.
unsafe fn attached<'a, T: VirtioDriver>(dev: device_t) -> Option<&'a mut Attached<T>> {
    // SAFETY: the caller's promise: `attach` has stored null or this, and newbus lets one
    // thread at a time call a device's methods.
    unsafe { (*softc(dev)).kvs_driver.cast::<Attached<T>>().as_mut() }
}

/// Attaches the device: newbus's device_attach().
///
/// # Safety
/// newbus calls this for a device whose softc is a zeroed `kpi_virtio_softc`, and
/// [`detach`] of the same `T` as its device_detach().
pub unsafe fn attach<T: VirtioDriver>(raw: device_t) -> c_int {
    // SAFETY: the device lives until detach has succeeded, or this has called `abandon`.
    let dev = unsafe { Device::from_raw(raw) };
    // SAFETY: the caller's promise.
    let softc = unsafe { softc(raw) };
    // SAFETY: the softc lives as long; nothing else uses its `kpi_virtio`.
    let virtio = unsafe {
        let kv = &raw mut (*softc).kvs_virtio;
        crate::bindings::kpi_virtio_init(kv, raw);
        Virtio::from_raw(dev, kv, T::CONFIG)
    };
    let attached = virtio
        .and_then(|virtio| T::attach(dev, virtio))
        .and_then(|made| {
            let made = Some(made);
            Box::new(Attached::<T> { dev, made })
        });
    match attached {
        // SAFETY: as above; newbus makes no other call before this returns.
        Ok(attached) => unsafe { (*softc).kvs_driver = Box::into_raw(attached).cast() },
        Err(error) => {
            dev.abandon();
            return error.as_raw();
        }
    }
    0
}

/// Detaches it: newbus's device_detach(). `EBUSY`: something still holds the device. The
/// driver is gone then, and another detach tries again.
///
/// # Safety
/// newbus calls this for a device that it has attached by [`attach`] of the same `T`.
pub unsafe fn detach<T: VirtioDriver>(raw: device_t) -> c_int {
    // SAFETY: the caller's promise.
    let Some(attached) = (unsafe { attached::<T>(raw) }) else {
        return 0;
    };
    attached.made = None;
    let ended = attached.dev.end();
    if ended.is_ok() {
        // SAFETY: `attach` made it a box, and nothing uses it after this.
        unsafe {
            drop(Box::from_raw(attached));
            (*softc(raw)).kvs_driver = core::ptr::null_mut();
        }
    }
    status(ended)
}

/// Stops the queues: newbus's device_suspend() and device_shutdown(). In a kernel that has
/// panicked, where no thread could be waited for, it does nothing.
///
/// # Safety
/// As for [`detach`].
pub unsafe fn suspend<T: VirtioDriver>(raw: device_t) -> c_int {
    // SAFETY: the caller's promise.
    let attached = unsafe { attached::<T>(raw) };
    if let Some((_, queues)) = attached.and_then(|attached| attached.made.as_mut())
        && !time::panicked()
    {
        queues.stop();
    }
    0
}

/// Restarts the queues: newbus's device_resume().
///
/// # Safety
/// As for [`detach`].
pub unsafe fn resume<T: VirtioDriver>(raw: device_t) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { attached::<T>(raw) }.and_then(|attached| attached.made.as_mut()) {
        Some((_, queues)) => status(queues.restart()),
        None => 0,
    }
}

/// Exports the methods of newbus of a [`VirtioDriver`] to C: attach, detach, suspend
/// (also for shutdown) and resume.
#[macro_export]
macro_rules! virtio_driver {
    ($driver:ty, $attach:ident, $detach:ident, $suspend:ident, $resume:ident) => {
        $crate::virtio_driver!(@export $driver, attach $attach);
        $crate::virtio_driver!(@export $driver, detach $detach);
        $crate::virtio_driver!(@export $driver, suspend $suspend);
        $crate::virtio_driver!(@export $driver, resume $resume);
    };
    (@export $driver:ty, $method:ident $name:ident) => {
        /// # Safety
        /// A method of newbus, for a device whose softc is a `kpi_virtio_softc`.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(dev: $crate::bindings::device_t) -> core::ffi::c_int {
            // SAFETY: the caller's promise; all of these are of one driver.
            unsafe { $crate::virtio_driver::$method::<$driver>(dev) }
        }
    };
}
