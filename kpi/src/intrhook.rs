// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Work that waits until interrupts are enabled. Twin of `kpi_intrhook.h`.
//!
//! # Example
//! ```
//! use core::sync::atomic::{AtomicBool, Ordering};
//! use kpi::arc::Arc;
//! use kpi::intrhook::{IntrHook, IntrHookHandler};
//!
//! /// Asks the device for what it can do, by interrupt.
//! struct Ask {
//!     asked: AtomicBool,
//! }
//!
//! impl IntrHookHandler for Ask {
//!     fn enabled(&self) {
//!         self.asked.store(true, Ordering::Relaxed);
//!     }
//! }
//!
//! let ask = Arc::new(Ask { asked: AtomicBool::new(false) })?;
//! let hook = IntrHook::establish(ask.clone())?;
//! // After the boot, as here, it has run. At boot, attach returns first.
//! assert!(ask.asked.load(Ordering::Relaxed));
//! ```

use core::ffi::c_void;

use crate::arc::Arc;
use crate::bindings::{self, kpi_intrhook};
use crate::boxed::Box;
use crate::ctx;
use crate::errno::Result;
use crate::ffi::{Opaque, as_arg};

/// What a hook does.
pub trait IntrHookHandler: Send + Sync + 'static {
    /// Runs once, when interrupts are enabled, and may sleep. The machine does not go
    /// on booting before this has returned.
    fn enabled(&self);
}

/// A hook, which runs its handler once.
///
/// Dropping it cancels the call or waits until it has returned: sleepable, while
/// holding nothing that the handler takes, and not in the handler.
///
/// # Invariants
/// `raw` is established, with the handler as argument.
pub struct IntrHook<T: IntrHookHandler> {
    raw: Box<Opaque<kpi_intrhook>>,
    // What C may use until the drop has drained.
    _handler: Arc<T>,
}

// SAFETY: a hook may be drained by any thread, and its handler is shared with the
// thread that runs hooks anyway.
unsafe impl<T: IntrHookHandler> Send for IntrHook<T> {}
// SAFETY: as for `Send`; a shared hook does nothing.
unsafe impl<T: IntrHookHandler> Sync for IntrHook<T> {}

impl<T: IntrHookHandler> IntrHook<T> {
    /// Has `handler` run when interrupts are enabled. Where they are, as after the
    /// boot, it runs before this returns, or in another thread that runs hooks just
    /// then. `ENOMEM`. Sleepable, while holding nothing that the handler takes.
    pub fn establish(handler: Arc<T>) -> Result<Self> {
        ctx::can_block();
        let raw = Box::new(Opaque::<kpi_intrhook>::zeroed())?;
        // SAFETY: the zeroed struct stays in place; the handler, which is what the
        // function expects, is kept until the drop has drained.
        unsafe { bindings::kpi_intrhook_establish(raw.get(), Some(run::<T>), as_arg(&*handler)) };
        Ok(Self {
            raw,
            _handler: handler,
        })
    }
}

impl<T: IntrHookHandler> Drop for IntrHook<T> {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: established by the invariant, and not used again.
        unsafe { bindings::kpi_intrhook_drain(self.raw.get()) }
    }
}

/// What the kernel calls.
///
/// # Safety
/// `arg` is a `T` that lives.
unsafe extern "C" fn run<T: IntrHookHandler>(arg: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<T>() }.enabled();
}
