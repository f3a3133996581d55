// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Interrupts of a device. Twin of `kpi_intr.h`.
//!
//! # Example
//! ```
//! use core::sync::atomic::{AtomicU32, Ordering};
//! use kpi::arc::Arc;
//! use kpi::bus::Resource;
//! use kpi::intr::{Filter, Filtered, Handler, Irq};
//! use kpi::time::{Sbt, poll_sleep};
//!
//! struct Foo {
//!     registers: Resource,
//!     interrupts: AtomicU32,
//! }
//!
//! impl Filter for Foo {
//!     fn filter(&self) -> Filtered {
//!         match self.registers.read_4(0) {
//!             Ok(0) | Err(_) => Filtered::Stray,
//!             Ok(_) => Filtered::ScheduleThread,
//!         }
//!     }
//! }
//!
//! impl Handler for Foo {
//!     fn handle(&self) {
//!         self.interrupts.fetch_add(1, Ordering::Relaxed);
//!     }
//! }
//!
//! let registers = Resource::new(dev, 0)?;
//! let foo = Arc::new(Foo { registers, interrupts: AtomicU32::new(0) })?;
//! let irq = Irq::with_both(dev, 0, foo.clone())?;
//! # foo.registers.write_4(0, 1)?;
//! # crate::fixture::interrupt();
//! let came = || foo.interrupts.load(Ordering::Relaxed) == 1;
//! poll_sleep(c"foo", Sbt::from_secs(1), came)?;
//! // Neither function runs after the drop.
//! drop(irq);
//! ```

use core::ffi::{c_int, c_void};

use crate::arc::Arc;
use crate::bindings::{self, kpi_filter_fn, kpi_handler_fn, kpi_intr};
use crate::ctx;
use crate::dev::{Device, Hold};
use crate::errno::{Result, check};
use crate::ffi::{Opaque, as_arg};

/// The result of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filtered {
    /// It was not from this device.
    Stray,
    /// It was handled.
    Handled,
    /// The handler has to run.
    ScheduleThread,
}

impl Filtered {
    const fn as_raw(self) -> c_int {
        let value = match self {
            Self::Stray => bindings::KPI_FILTER_STRAY,
            Self::Handled => bindings::KPI_FILTER_HANDLED,
            Self::ScheduleThread => bindings::KPI_FILTER_SCHEDULE_THREAD,
        };
        value as c_int
    }
}

/// Handles an interrupt in interrupt context.
pub trait Filter: Send + Sync + 'static {
    /// Runs in interrupt context: spin mutexes only, no memory, no sleep. The
    /// crate panics at a call that would wait or allocate, and when a value
    /// that owns memory is dropped.
    fn filter(&self) -> Filtered;
}

/// Handles an interrupt in a thread.
pub trait Handler: Send + Sync + 'static {
    /// Runs in an interrupt thread: default mutexes, no other sleep.
    fn handle(&self);
}

/// A connected interrupt.
///
/// Dropping it disconnects it and waits until neither function runs any more:
/// sleepable, while holding nothing that they take, and not in them. FreeBSD
/// panics if the driver of the interrupt controller cannot remove handlers, as
/// Apple's cannot (`kpi_fdt_can_teardown()`).
///
/// # Invariants
/// `raw` is connected, with the `T` as argument.
pub struct Irq<T> {
    raw: kpi_intr,
    // What C may use until the drop has disconnected.
    _handler: Arc<T>,
    _hold: Hold,
}

// SAFETY: an interrupt may be disconnected by any thread; the handler is shared
// with the interrupt's threads anyway.
unsafe impl<T: Send + Sync> Send for Irq<T> {}
// SAFETY: a shared `Irq` can be masked only, which does its own locking.
unsafe impl<T: Send + Sync> Sync for Irq<T> {}

impl<T: Handler> Irq<T> {
    /// Connects interrupt number `rid` of the device to a handler, which may run
    /// before this returns. `ENXIO`: there is none; others from bus_setup_intr(9).
    /// Sleepable.
    pub fn with_handler(dev: Device, rid: i32, handler: Arc<T>) -> Result<Self> {
        Self::connect(dev, rid, None, Some(call_handler::<T>), handler)
    }
}

impl<T: Filter> Irq<T> {
    /// The same for a filter without a handler. [`Filtered::ScheduleThread`] counts as
    /// [`Filtered::Handled`] then.
    pub fn with_filter(dev: Device, rid: i32, handler: Arc<T>) -> Result<Self> {
        Self::connect(dev, rid, Some(call_filter_alone::<T>), None, handler)
    }
}

impl<T: Filter + Handler> Irq<T> {
    /// The same for a filter that schedules a handler.
    pub fn with_both(dev: Device, rid: i32, handler: Arc<T>) -> Result<Self> {
        let (filter, thread) = (call_filter::<T>, call_handler::<T>);
        Self::connect(dev, rid, Some(filter), Some(thread), handler)
    }
}

/// The types of C's callbacks, as bindgen names them without the option.
type FilterFn = unsafe extern "C" fn(*mut c_void) -> c_int;
type HandlerFn = unsafe extern "C" fn(*mut c_void);

impl<T> Irq<T> {
    fn connect(
        dev: Device,
        rid: i32,
        filter: Option<FilterFn>,
        thread: Option<HandlerFn>,
        handler: Arc<T>,
    ) -> Result<Self> {
        ctx::can_block();
        let (filter, thread): (kpi_filter_fn, kpi_handler_fn) = (filter, thread);
        let hold = dev.hold()?;
        let raw = Opaque::<kpi_intr>::zeroed();
        // SAFETY: the device exists, the struct is good for the call, and the
        // handler, which is what both functions expect, is kept until the drop
        // has disconnected.
        check(unsafe {
            bindings::kpi_intr_setup(
                hold.as_raw(),
                rid,
                filter,
                thread,
                as_arg(&*handler),
                raw.get(),
            )
        })?;
        Ok(Self {
            // SAFETY: the call succeeded, which filled it in.
            raw: unsafe { raw.get().read() },
            _handler: handler,
            _hold: hold,
        })
    }

    /// Masks it at the interrupt controller. `EINVAL` where the machine does not do
    /// that, as on arm64. Sleepable.
    pub fn suspend(&self) -> Result<()> {
        ctx::can_block();
        // SAFETY: connected by the invariant; the call changes nothing in it.
        check(unsafe { bindings::kpi_intr_suspend((&raw const self.raw).cast_mut()) })
    }

    /// Unmasks it. Sleepable.
    pub fn resume(&self) -> Result<()> {
        ctx::can_block();
        // SAFETY: as in `suspend`.
        check(unsafe { bindings::kpi_intr_resume((&raw const self.raw).cast_mut()) })
    }
}

impl<T> Drop for Irq<T> {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: connected by the invariant, and not used again.
        unsafe { bindings::kpi_intr_teardown(&mut self.raw) }
    }
}

/// What the kernel calls as filter.
///
/// # Safety
/// `arg` is a `T` that lives.
unsafe extern "C" fn call_filter<T: Filter>(arg: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<T>() }.filter().as_raw()
}

/// What the kernel calls as filter where there is no handler.
///
/// FreeBSD masks an interrupt whose thread is to run, and does not unmask it again
/// where there is none (`intr_event_handle()`).
///
/// # Safety
/// As [`call_filter`].
unsafe extern "C" fn call_filter_alone<T: Filter>(arg: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { &*arg.cast::<T>() }.filter() {
        Filtered::ScheduleThread => Filtered::Handled,
        filtered => filtered,
    }
    .as_raw()
}

/// What the interrupt's thread calls.
///
/// # Safety
/// `arg` is a `T` that lives.
unsafe extern "C" fn call_handler<T: Handler>(arg: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<T>() }.handle();
}
