// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A device that gives entropy to random(4). Twin of `kpi_random.h`.
//!
//! # Example
//! ```
//! use kpi::arc::Arc;
//! use kpi::random::{Entropy, Kind, Source};
//!
//! /// A device that has a few bytes whenever it is asked.
//! struct Fifo;
//!
//! impl Entropy for Fifo {
//!     fn read(&self, buf: &mut [u8]) -> usize {
//!         let few = buf.len().min(4);
//!         buf[..few].fill(7);
//!         few
//!     }
//! }
//!
//! let source = Source::register(Some(dev), c"foo", Kind::Virtio, Arc::new(Fifo)?)?;
//! # crate::check::pause_ms(150);
//! # assert_eq!(crate::fixture::newest_random(), 7);
//! // random(4) asks no more after the drop.
//! drop(source);
//! ```

use core::ffi::{CStr, c_uint, c_void};

use crate::arc::Arc;
use crate::bindings::{self, kpi_random};
use crate::ctx;
use crate::dev::{Device, Hold};
use crate::errno::{Result, check};
use crate::ffi::as_arg;

/// What has random bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Writes random bytes to the start of `buf`, which is zeroed, and returns how many;
    /// 0 if there are none now. A thread of the kernel calls this ten times a second,
    /// several times in a row: default mutexes, no other sleep.
    fn read(&self, buf: &mut [u8]) -> usize;
}

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A virtio entropy device.
    Virtio,
}

/// A registration with random(4).
///
/// Dropping it ends that, and waits until [`Entropy::read`] has returned: sleepable,
/// while holding nothing that it takes, and not in it.
///
/// # Invariants
/// `raw` is registered, with the `T` as argument.
pub struct Source<T: Entropy> {
    raw: kpi_random,
    // What C may use until the drop has deregistered.
    _entropy: Arc<T>,
    _hold: Option<Hold>,
}

impl<T: Entropy> Source<T> {
    /// Registers `entropy`, which may be asked before this returns. `dev` is the device
    /// that it belongs to, which cannot be detached meanwhile. `ident` is its name in
    /// `kern.random.random_sources`. `EBUSY`: the module has a source of that kind;
    /// `ENOSPC`: it has too many; `ENXIO`: the device is gone. Sleepable.
    pub fn register(
        dev: Option<Device>,
        ident: &'static CStr,
        kind: Kind,
        entropy: Arc<T>,
    ) -> Result<Self> {
        ctx::can_block();
        let hold = dev.map(Device::hold).transpose()?;
        let kind = match kind {
            Kind::Virtio => bindings::KPI_RANDOM_VIRTIO,
        };
        let mut raw = kpi_random { kr_source: 0 };
        let (ident, arg) = (ident.as_ptr(), as_arg(&*entropy));
        // SAFETY: the name is static; the function gets what it expects, which is kept
        // until the drop has deregistered.
        check(unsafe {
            bindings::kpi_random_register(&mut raw, ident, kind, Some(read::<T>), arg)
        })?;
        Ok(Self {
            raw,
            _entropy: entropy,
            _hold: hold,
        })
    }
}

impl<T: Entropy> Drop for Source<T> {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: registered by the invariant, and not used again.
        unsafe { bindings::kpi_random_deregister(&mut self.raw) }
    }
}

/// What the kernel calls.
///
/// # Safety
/// `arg` is a `T` that lives; `buf` has `len` bytes, which are set, and which nobody
/// else has.
unsafe extern "C" fn read<T: Entropy>(arg: *mut c_void, buf: *mut c_void, len: c_uint) -> c_uint {
    // SAFETY: the caller's promise.
    let entropy = unsafe { &*arg.cast::<T>() };
    // SAFETY: the caller's promise.
    let room = unsafe { core::slice::from_raw_parts_mut(buf.cast(), len as usize) };
    entropy.read(room).min(len as usize) as c_uint
}
