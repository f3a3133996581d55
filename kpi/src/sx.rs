// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Shared/exclusive locks that own what they protect. Twin of `kpi_sx.h`.
//!
//! A thread may sleep while it holds an [`Sx`], and may sleep to get one. So it is
//! taken where no mutex is held, and not in a filter, an interrupt handler or a
//! callout. It is not recursive: the crate panics, in every kernel, when a thread
//! takes a lock that it has exclusively. WITNESS orders locks by name and prints the
//! Rust line that took one.
//!
//! # Example
//! ```
//! use kpi::sx::Sx;
//!
//! let table = Sx::new(c"foo table", [0_u32; 8])?;
//! table.xlock()[3] = 7;
//! // Any number of threads at once.
//! let (one, other) = (table.slock(), table.slock());
//! assert_eq!(one[3], other[3]);
//! ```

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int};
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::panic::Location;

use crate::bindings::{self, kpi_sx};
use crate::boxed::Box;
use crate::errno::Result;
use crate::ffi::Opaque;
use crate::mem::{Flags, MallocType};

/// The part of a lock that C knows by address.
///
/// # Invariants
/// `sx` is initialised from the end of [`Sx::new`] until the drop.
struct Inner<T> {
    sx: Opaque<kpi_sx>,
    data: UnsafeCell<T>,
}

impl<T> Drop for Inner<T> {
    fn drop(&mut self) {
        // SAFETY: initialised by the invariant; a guard borrowed the lock.
        unsafe { bindings::kpi_sx_destroy(self.sx.get()) }
    }
}

/// A shared/exclusive lock and the `T` that it protects. It may be moved: both lie in
/// memory of their own.
pub struct Sx<T> {
    inner: Box<Inner<T>>,
}

// SAFETY: the lock owns its value; a lock is not bound to a thread while free.
unsafe impl<T: Send> Send for Sx<T> {}
// SAFETY: the lock lets one thread at a time change the value, or any number read it.
unsafe impl<T: Send + Sync> Sync for Sx<T> {}

impl<T> Sx<T> {
    /// Makes a lock named `name` around `value`. `ENOMEM`. Sleepable.
    pub fn new(name: &'static CStr, value: T) -> Result<Self> {
        let mtype = MallocType::devbuf();
        // Inner's drop wants a lock: make one before there is an Inner.
        let inner = Box::new_in(
            core::mem::ManuallyDrop::new(Inner {
                sx: Opaque::zeroed(),
                data: UnsafeCell::new(value),
            }),
            mtype,
            Flags::WaitOk,
        )?;
        // SAFETY: the memory stays in place, and the name is static.
        unsafe { bindings::kpi_sx_init(inner.sx.get(), name.as_ptr()) };
        let inner = Box::into_raw(inner).cast::<Inner<T>>();
        Ok(Self {
            // SAFETY: it came from into_raw(); ManuallyDrop has its value's layout.
            inner: unsafe { Box::from_raw_in(inner, mtype) },
        })
    }

    /// Takes the lock for this thread alone, until the guard is dropped. Panics if the
    /// thread has it so already, in a filter, with a spin mutex held, and in a kernel
    /// that has panicked. Sleepable.
    #[track_caller]
    pub fn xlock(&self) -> Exclusive<'_, T> {
        let place = Location::caller();
        let file = place.file_as_c_str().as_ptr();
        // SAFETY: initialised by the invariant; the file's name is static.
        if !unsafe { bindings::kpi_sx_take_x_at(self.raw(), file, line(place)) } {
            self.refused();
        }
        Exclusive {
            lock: self,
            place,
            not_send: PhantomData,
        }
    }

    /// Takes the lock together with other threads that only read, until the guard is
    /// dropped. Panics as [`Sx::xlock`] does. Sleepable.
    #[track_caller]
    pub fn slock(&self) -> Shared<'_, T> {
        let place = Location::caller();
        let file = place.file_as_c_str().as_ptr();
        // SAFETY: initialised by the invariant; the file's name is static.
        if !unsafe { bindings::kpi_sx_take_s_at(self.raw(), file, line(place)) } {
            self.refused();
        }
        Shared {
            lock: self,
            place,
            not_send: PhantomData,
        }
    }

    /// True if the calling thread has it exclusively. Any context.
    pub fn xowned(&self) -> bool {
        // SAFETY: initialised by the invariant.
        unsafe { bindings::kpi_sx_xowned(self.raw()) }
    }

    #[cold]
    #[track_caller]
    fn refused(&self) -> ! {
        if self.xowned() {
            panic!("a lock is taken twice by one thread");
        }
        panic!("a lock is taken where no thread may sleep");
    }

    fn raw(&self) -> *mut kpi_sx {
        self.inner.sx.get()
    }
}

fn line(place: &Location<'_>) -> c_int {
    place.line() as c_int
}

/// A lock that this thread alone holds; dropping this releases it.
///
/// # Invariants
/// The thread that made this guard holds the lock exclusively, once; the guard stays
/// there.
#[must_use = "the lock is released at once"]
pub struct Exclusive<'a, T> {
    lock: &'a Sx<T>,
    place: &'static Location<'static>,
    not_send: PhantomData<*mut ()>,
}

// SAFETY: a shared guard gives out shared references to the value only.
unsafe impl<T: Sync> Sync for Exclusive<'_, T> {}

impl<T> Deref for Exclusive<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant no other thread has the lock, and the value is
        // borrowed with the guard.
        unsafe { &*self.lock.inner.data.get() }
    }
}

impl<T> DerefMut for Exclusive<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; the guard is borrowed exclusively.
        unsafe { &mut *self.lock.inner.data.get() }
    }
}

impl<T> Drop for Exclusive<'_, T> {
    fn drop(&mut self) {
        let file = self.place.file_as_c_str().as_ptr();
        // SAFETY: by the invariant this thread holds the lock; the name is static.
        unsafe { bindings::kpi_sx_xunlock_at(self.lock.raw(), file, line(self.place)) }
    }
}

/// A lock that this thread shares; dropping this releases it.
///
/// # Invariants
/// The thread that made this guard has a share of the lock for it; the guard stays
/// there.
#[must_use = "the lock is released at once"]
pub struct Shared<'a, T> {
    lock: &'a Sx<T>,
    place: &'static Location<'static>,
    not_send: PhantomData<*mut ()>,
}

// SAFETY: as for `Exclusive`.
unsafe impl<T: Sync> Sync for Shared<'_, T> {}

impl<T> Deref for Shared<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant no thread has the lock exclusively, and the value is
        // borrowed with the guard.
        unsafe { &*self.lock.inner.data.get() }
    }
}

impl<T> Drop for Shared<'_, T> {
    fn drop(&mut self) {
        let file = self.place.file_as_c_str().as_ptr();
        // SAFETY: by the invariant this thread has a share; the name is static.
        unsafe { bindings::kpi_sx_sunlock_at(self.lock.raw(), file, line(self.place)) }
    }
}
