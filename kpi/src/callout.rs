// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A function called once after a time, with a mutex held. Twin of
//! `kpi_callout.h`.
//!
//! # Example
//! ```
//! use kpi::arc::Arc;
//! use kpi::callout::Callout;
//! use kpi::mtx::Mtx;
//! use kpi::time::{Sbt, poll_sleep};
//!
//! struct Blink {
//!     times: u32,
//! }
//!
//! impl Blink {
//!     /// Runs with the mutex held. Three times in all, 10 ms apart.
//!     fn expired(&mut self) -> Option<Sbt> {
//!         self.times += 1;
//!         (self.times < 3).then_some(Sbt::from_millis(10))
//!     }
//! }
//!
//! let blink = Arc::new(Mtx::new(c"blink", Blink { times: 0 })?)?;
//! let callout = Callout::new(&blink, Sbt::ZERO, Blink::expired)?;
//! callout.reset(&mut blink.lock(), Sbt::from_millis(10))?;
//! poll_sleep(c"blink", Sbt::from_secs(1), || blink.lock().times == 3)?;
//! // Waits for a call that is under way.
//! drop(callout);
//! ```

use core::ffi::c_void;

use crate::arc::Arc;
use crate::bindings::{self, kpi_callout};
use crate::boxed::Box;
use crate::ctx;
use crate::errno::{EINVAL, Result};
use crate::ffi::{Opaque, as_arg};
use crate::module::Held;
use crate::mtx::{Guard, Mtx};
use crate::time::Sbt;

/// What a callout does with what its mutex protects. It does not sleep. After the
/// time that it returns, if any, it is called again.
pub type Expired<T> = fn(&mut T) -> Option<Sbt>;

/// The part that C knows by address.
///
/// # Invariants
/// `raw` is initialised for the mutex.
struct Inner<T> {
    raw: Opaque<kpi_callout>,
    mtx: Arc<Mtx<T>>,
    expired: Expired<T>,
    precision: Sbt,
    // Released after the callout was drained.
    _held: Held,
}

impl<T> Inner<T> {
    /// Sets it to `delay` from now. The caller holds the mutex.
    fn reset(&self, delay: Sbt) {
        let delay = if delay < Sbt::ZERO { Sbt::ZERO } else { delay };
        // SAFETY: initialised by the invariant; this is what `expired` expects,
        // and stays in its box until it was drained.
        unsafe {
            bindings::kpi_callout_reset(
                self.raw.get(),
                delay.as_raw(),
                self.precision.as_raw(),
                Some(expired::<T>),
                as_arg(self),
            );
        }
    }
}

/// A callout of what a mutex protects.
///
/// Dropping it cancels it and waits until the function has returned: sleepable,
/// while not holding the mutex, and not in the function.
pub struct Callout<T: Send + 'static>(Box<Inner<T>>);

// SAFETY: a callout may be set and drained by any thread; the mutex guards it and
// what the function gets.
unsafe impl<T: Send> Send for Callout<T> {}
// SAFETY: as for `Send`.
unsafe impl<T: Send> Sync for Callout<T> {}

impl<T: Send + 'static> Callout<T> {
    /// A callout that will call `expired` with `mtx` held, up to `precision` late
    /// so that it can be grouped with others. Sleepable.
    pub fn new(mtx: &Arc<Mtx<T>>, precision: Sbt, expired: Expired<T>) -> Result<Self> {
        let inner = Box::new(Inner {
            raw: Opaque::zeroed(),
            mtx: mtx.clone(),
            expired,
            precision,
            _held: Held::new(),
        })?;
        // SAFETY: the struct stays in its box, and the mutex is kept with it.
        unsafe { bindings::kpi_callout_init(inner.raw.get(), mtx.raw()) };
        Ok(Self(inner))
    }

    /// Sets it to `delay` from now; replaces an earlier setting. `EINVAL`: `guard`
    /// is not of its mutex. Not in a filter.
    pub fn reset(&self, guard: &mut Guard<'_, T>, delay: Sbt) -> Result<()> {
        self.check(guard)?;
        self.0.reset(delay);
        Ok(())
    }

    /// Cancels it: it is not called any more once this returns. `EINVAL`: `guard`
    /// is not of its mutex. Not in a filter.
    pub fn stop(&self, guard: &mut Guard<'_, T>) -> Result<()> {
        self.check(guard)?;
        // SAFETY: initialised by the invariant, and its mutex is held.
        unsafe { bindings::kpi_callout_stop(self.0.raw.get()) };
        Ok(())
    }

    fn check(&self, guard: &Guard<'_, T>) -> Result<()> {
        if core::ptr::eq(Guard::lock_of(guard), &*self.0.mtx) {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}

impl<T: Send + 'static> Drop for Callout<T> {
    fn drop(&mut self) {
        ctx::can_block();
        // callout(9) ignores it if the function sets the callout again meanwhile.
        // SAFETY: initialised by the invariant, and not used again.
        unsafe { bindings::kpi_callout_drain(self.0.raw.get()) }
    }
}

/// What the kernel calls.
///
/// # Safety
/// `arg` is an [`Inner`] that lives, and its mutex is held.
unsafe extern "C" fn expired<T>(arg: *mut c_void) {
    // SAFETY: the caller's promise.
    let inner = unsafe { &*arg.cast::<Inner<T>>() };
    // SAFETY: its mutex is held, so that nobody else has the value.
    let value = unsafe { &mut *inner.mtx.data() };
    if let Some(delay) = (inner.expired)(value) {
        inner.reset(delay);
    }
}
