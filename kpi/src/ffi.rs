// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Pointers to C objects, and room for C structs.
//!
//! # Example
//! ```
//! use kpi::ffi::Ref;
//!
//! /// A struct of the driver's C.
//! #[repr(C)]
//! struct Stats {
//!     frames: u32,
//! }
//!
//! /// # Safety
//! /// `stats` is null, or a struct that lives, and does not change, until this returns.
//! unsafe extern "C" fn foo_frames(stats: *mut Stats) -> u32 {
//!     // SAFETY: the caller's promise.
//!     let stats = unsafe { Ref::new(stats) };
//!     // SAFETY: the caller's promise.
//!     stats.map_or(0, |stats| unsafe { (*stats.as_ptr()).frames })
//! }
//! # let mut stats = Stats { frames: 7 };
//! # // SAFETY: it lives here.
//! # assert_eq!(unsafe { foo_frames(&mut stats) }, 7);
//! # // SAFETY: it is null.
//! # assert_eq!(unsafe { foo_frames(core::ptr::null_mut()) }, 0);
//! ```

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// A C object that exists for `'a`, and about which nothing else is known.
///
/// # Invariants
/// The pointer is that of a live object for all of `'a`.
pub struct Ref<'a, T> {
    ptr: NonNull<T>,
    borrow: PhantomData<&'a T>,
}

impl<T> Ref<'_, T> {
    /// Borrows the object at `ptr`; `None` if that is null.
    ///
    /// # Safety
    /// Unless null, `ptr` points to an object that exists for the lifetime that
    /// the caller chooses.
    pub unsafe fn new(ptr: *mut T) -> Option<Self> {
        NonNull::new(ptr).map(|ptr| Self {
            ptr,
            borrow: PhantomData,
        })
    }

    /// The pointer, for C.
    pub fn as_ptr(self) -> *mut T {
        self.ptr.as_ptr()
    }
}

impl<T> Clone for Ref<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Ref<'_, T> {}

// SAFETY: a `Ref` gives no access to the object, only its address; the calls
// that use it say themselves in which thread they may be made.
unsafe impl<T> Send for Ref<'_, T> {}
// SAFETY: as for `Send`.
unsafe impl<T> Sync for Ref<'_, T> {}

/// Room for a struct that C alone looks into.
///
/// What C knows by address goes into a box with it and stays there.
pub(crate) struct Opaque<T>(UnsafeCell<MaybeUninit<T>>);

impl<T> Opaque<T> {
    /// Zeroed room, which is what every C layer struct starts as.
    pub(crate) const fn zeroed() -> Self {
        Self(UnsafeCell::new(MaybeUninit::zeroed()))
    }

    /// The pointer, for C.
    pub(crate) const fn get(&self) -> *mut T {
        self.0.get().cast()
    }
}

/// A pointer to C's `void *`, as callbacks take it.
pub(crate) fn as_arg<T>(value: &T) -> *mut c_void {
    core::ptr::from_ref(value).cast_mut().cast()
}
