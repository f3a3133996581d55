// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What one thread at a time has, for as long as it likes; and bits that an
//! interrupt brings to the thread that waits for them.
//!
//! # Example
//! ```
//! use kpi::arc::Arc;
//! use kpi::bus::Resource;
//! use kpi::errno::ENXIO;
//! use kpi::intr::{Handler, Irq};
//! use kpi::time::Sbt;
//! use kpi::turn::{Events, Turn};
//!
//! const DONE: u32 = 1;
//!
//! struct Foo {
//!     events: Events,
//! }
//!
//! impl Handler for Foo {
//!     fn handle(&self) {
//!         self.events.post(DONE);
//!     }
//! }
//!
//! let foo = Arc::new(Foo { events: Events::new(c"foo events")? })?;
//! let irq = Irq::with_handler(dev, 0, foo.clone())?;
//! let turn = Turn::new(c"foo", Resource::new(dev, 0)?)?;
//! // One thread at a time gives the device a command, and sleeps until it is done.
//! let registers = turn.take()?;
//! foo.events.wait(DONE, Sbt::from_secs(1), || false, || {
//!     let _ = registers.write_4(0, 1);
//! #   crate::fixture::interrupt();
//! })?;
//! drop(registers);
//! // In detach: later threads get ENXIO.
//! turn.close(ENXIO);
//! assert_eq!(turn.take().err(), Some(ENXIO));
//! ```

use core::ffi::CStr;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU64, Ordering};

use crate::errno::{EBUSY, ETIMEDOUT, Errno, Result};
use crate::mtx::Mtx;
use crate::time::{self, Sbt};

/// A value that one thread at a time has. It may sleep meanwhile, and others wait.
pub struct Turn<T>(Mtx<State<T>>);

struct State<T> {
    /// `None`: a thread has it.
    value: Option<T>,
    /// Why no other thread gets it.
    closed: Option<Errno>,
}

/// The value, for the thread that has it. Dropping this lets the next one have it.
pub struct Taken<'t, T> {
    // Some until the drop.
    value: Option<T>,
    turn: &'t Turn<T>,
}

impl<T> Turn<T> {
    /// Makes one, with a mutex of this name. Sleepable.
    pub fn new(name: &'static CStr, value: T) -> Result<Self> {
        let state = State {
            value: Some(value),
            closed: None,
        };
        Ok(Self(Mtx::new(name, state)?))
    }

    /// Waits for the value. Fails with what [`Turn::close`] was given. `EBUSY`: the
    /// kernel has panicked, and the thread that has the value does not run any more.
    /// Sleepable.
    pub fn take(&self) -> Result<Taken<'_, T>> {
        let mut state = self.0.lock();
        loop {
            if let Some(error) = state.closed {
                return Err(error);
            }
            if let Some(value) = state.value.take() {
                let value = Some(value);
                return Ok(Taken { value, turn: self });
            }
            if time::panicked() {
                return Err(EBUSY);
            }
            // Without a timeout it does not fail.
            let _ = state.sleep(c"kpiturn", Sbt::FOREVER);
        }
    }

    /// Refuses new threads with this error, and waits for the one that has the value,
    /// unless the kernel has panicked. Sleepable.
    pub fn close(&self, error: Errno) {
        let mut state = self.0.lock();
        state.closed = Some(error);
        self.0.wakeup();
        while state.value.is_none() && !time::panicked() {
            let _ = state.sleep(c"kpiturn", Sbt::FOREVER);
        }
    }

    /// Lets threads have it again. Not in a filter.
    pub fn open(&self) {
        self.0.lock().closed = None;
    }
}

/// The value is there until the drop.
const GONE: &str = "a value that was given back";

impl<T> Deref for Taken<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect(GONE)
    }
}

impl<T> DerefMut for Taken<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect(GONE)
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        self.turn.0.lock().value = self.value.take();
        self.turn.0.wakeup();
    }
}

/// Bits that interrupts brought, and that have not been waited for.
pub struct Events {
    came: Mtx<u32>,
    posted: AtomicU64,
    stray: AtomicU64,
}

impl Events {
    /// None yet. Sleepable.
    pub fn new(name: &'static CStr) -> Result<Self> {
        Ok(Self {
            came: Mtx::new(name, 0)?,
            posted: AtomicU64::new(0),
            stray: AtomicU64::new(0),
        })
    }

    /// An interrupt has brought bits. Without bits it is a stray one, from another
    /// device on the line. Not in a filter.
    pub fn post(&self, bits: u32) {
        if bits == 0 {
            self.stray.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.posted.fetch_add(1, Ordering::Relaxed);
        *self.came.lock() |= bits;
        self.came.wakeup();
    }

    /// How many interrupts have brought bits.
    pub fn posted(&self) -> &AtomicU64 {
        &self.posted
    }

    /// How many have not.
    pub fn stray(&self) -> &AtomicU64 {
        &self.stray
    }

    /// Forgets `bits`, starts something, and sleeps until one of them has come and
    /// `busy` is false: bits that come earlier are forgotten. `start` and `busy` hold
    /// the mutex. `EBUSY`: it is busy before the start; `ETIMEDOUT`, which is also what
    /// a kernel gets that has panicked: no interrupt comes, and the clock may stand
    /// still. Sleepable, but not while the kernel is [`cold`](crate::time::cold).
    pub fn wait(
        &self,
        bits: u32,
        timeout: Sbt,
        busy: impl Fn() -> bool,
        start: impl FnOnce(),
    ) -> Result<()> {
        if busy() {
            return Err(EBUSY);
        }
        let end = time::uptime() + timeout;
        let mut came = self.came.lock();
        *came &= !bits;
        start();
        while *came & bits == 0 || busy() {
            *came &= !bits;
            let left = end - time::uptime();
            if left <= Sbt::ZERO || time::panicked() {
                return Err(ETIMEDOUT);
            }
            let _ = came.sleep(c"kpievent", left);
        }
        Ok(())
    }
}
