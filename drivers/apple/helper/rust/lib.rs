// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A coprocessor that only has to run, for the driver of what it serves. Twin of
//! `apple_rtkit_helper.h`; see apple_rtkit_helper(9).

#![no_std]
#![deny(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

use crate::bindings::{apple_rtkit_helper, apple_rtkit_helper_client};
use core::ffi::c_void;
use core::ptr::NonNull;
use kpi::arc::{Arc, Keep};
use kpi::dev::{Device, Hold};
use kpi::errno::{ENXIO, Result, check};

/// What bindgen makes of apple_rtkit_helper_var.h.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused)]
mod bindings {
    pub use kpi::bindings::*;
    include!(env!("APPLE_RTKIT_HELPER_BINDINGS"));
}

/// The functions that a driver provides for its helper.
pub trait Client: Send + Sync + 'static {
    /// The coprocessor has crashed. In RTKit's thread: it may sleep, but must not
    /// start or stop the helper. A new start needs a thread of the driver's own.
    fn crashed(&self) {}
}

/// The helper to which a device's node refers by "apple,helper-cpu". Dropping it stops
/// the helper and gives it back, when the client is not called any more: sleepable,
/// while holding nothing that the client takes.
///
/// # Invariants
/// `raw` came from apple_rtkit_helper_get(), and is put back by this alone.
pub struct Helper {
    raw: NonNull<apple_rtkit_helper>,
    _hold: Hold,
    // Dropped last, when the client is not called any more.
    _client: Keep,
}

// SAFETY: C does its own locking, and is bound to no thread.
unsafe impl Send for Helper {}
// SAFETY: as for `Send`.
unsafe impl Sync for Helper {}

impl Helper {
    /// Gets the helper, for `dev` alone. Nothing is started. `ENOENT`, `EINVAL`,
    /// `ENXIO`, `EBUSY`, with a line: see `apple_rtkit_helper.h`; `ENOMEM`. Sleepable,
    /// in an attach method.
    pub fn get<C: Client>(dev: Device, client: &Arc<C>) -> Result<Self> {
        let functions = apple_rtkit_helper_client {
            ahc_crashed: Some(crashed::<C>),
            ahc_arg: Arc::as_ptr(client).cast_mut().cast(),
        };
        let mut keep = Keep::new();
        keep.add(Keep::link(client)?);
        let hold = dev.hold()?;
        let mut raw = core::ptr::null_mut();
        // SAFETY: the device exists; the functions want a `C`, which is kept until
        // the helper was put back.
        check(unsafe { bindings::apple_rtkit_helper_get(hold.as_raw(), &functions, &mut raw) })?;
        Ok(Helper {
            raw: NonNull::new(raw).ok_or(ENXIO)?,
            _hold: hold,
            _client: keep,
        })
    }

    /// Starts the coprocessor, or wakes one that runs, and waits until it is on. After
    /// a crash it is started anew. One call of start and stop at a time. Errors as
    /// apple_rtkit_helper_start(). Sleepable, while holding nothing that the client
    /// takes.
    pub fn start(&self) -> Result<()> {
        // SAFETY: by the invariant.
        check(unsafe { bindings::apple_rtkit_helper_start(self.raw.as_ptr()) })
    }

    /// Stops it, if it is started. As [`Helper::start`].
    pub fn stop(&self) {
        // SAFETY: by the invariant.
        unsafe { bindings::apple_rtkit_helper_stop(self.raw.as_ptr()) }
    }

    /// Whether it is on. Any context.
    pub fn is_running(&self) -> bool {
        // SAFETY: by the invariant.
        unsafe { bindings::apple_rtkit_helper_running(self.raw.as_ptr()) }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // SAFETY: by the invariant; it is not used again.
        unsafe { bindings::apple_rtkit_helper_put(self.raw.as_ptr()) }
    }
}

/// What C calls for a crash.
///
/// # Safety
/// `arg` is a `C` that lives.
unsafe extern "C" fn crashed<C: Client>(arg: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<C>() }.crashed();
}
