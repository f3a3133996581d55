// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A value of its own in kernel memory.
//!
//! # Example
//! ```
//! use kpi::boxed::{Box, Slot};
//!
//! struct Module {
//!     table: Box<[u32; 64]>,
//! }
//!
//! static MODULE: Slot<Module> = Slot::new();
//!
//! // When the module is loaded:
//! let mut table = Box::new([0; 64])?;
//! table[3] = 7;
//! MODULE.put(Module { table })?;
//! // When it is unloaded, the drop frees the memory:
//! let module = MODULE.take();
//! assert_eq!(module.map(|module| module.table[3]), Some(7));
//! ```

use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::errno::Result;
use crate::mem::{self, Flags, MallocType};

/// Owns a `T` that lies in malloc(9) memory and stays where it is.
///
/// # Invariants
/// `ptr` came from `mem::allocate` for a `T` under `mtype`, holds one, and
/// belongs to this box alone.
pub struct Box<T> {
    ptr: NonNull<T>,
    mtype: MallocType,
    owns: PhantomData<T>,
}

impl<T> Box<T> {
    /// Moves `value` into new memory of type devbuf. Sleepable.
    pub fn new(value: T) -> Result<Self> {
        Self::new_in(value, MallocType::devbuf(), Flags::WaitOk)
    }

    /// Moves `value` into new memory. `ENOMEM`: there is none now, and `value` is
    /// dropped. Sleepable with `WaitOk`.
    pub fn new_in(value: T, mtype: MallocType, flags: Flags) -> Result<Self> {
        let ptr = mem::allocate(Layout::new::<T>(), mtype, flags)?.cast::<T>();
        // SAFETY: `ptr` is aligned, is room for a `T`, and is nobody else's.
        unsafe { ptr.write(value) };
        Ok(Self {
            ptr,
            mtype,
            owns: PhantomData,
        })
    }

    /// Gives the value to C: the memory stays until [`Box::from_raw`].
    pub fn into_raw(this: Self) -> *mut T {
        ManuallyDrop::new(this).ptr.as_ptr()
    }

    /// Takes the value of a box of type devbuf back from C.
    ///
    /// # Safety
    /// As [`Box::from_raw_in`] with that type.
    pub unsafe fn from_raw(ptr: *mut T) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::from_raw_in(ptr, MallocType::devbuf()) }
    }

    /// Takes the value back from C.
    ///
    /// # Safety
    /// `ptr` came from [`Box::into_raw`] of a box of type `mtype`, once for each
    /// call of this, and no reference made from it is used any more.
    pub unsafe fn from_raw_in(ptr: *mut T, mtype: MallocType) -> Self {
        Self {
            // SAFETY: into_raw() gave a pointer that is not null.
            ptr: unsafe { NonNull::new_unchecked(ptr) },
            mtype,
            owns: PhantomData,
        }
    }

    /// Moves the value out and frees the memory.
    pub fn into_inner(this: Self) -> T {
        let this = ManuallyDrop::new(this);
        // SAFETY: by the invariant `ptr` holds a value; `this` is not used again,
        // so that it is moved once and the memory freed once.
        unsafe {
            let value = this.ptr.read();
            mem::release(this.ptr.cast(), size_of::<T>(), this.mtype);
            value
        }
    }
}

impl<T> Deref for Box<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant `ptr` holds a value, borrowed with `self`.
        unsafe { self.ptr.as_ref() }
    }
}

impl<T> DerefMut for Box<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; `self` is borrowed exclusively.
        unsafe { self.ptr.as_mut() }
    }
}

impl<T> Drop for Box<T> {
    #[inline(never)] // as Arc's
    fn drop(&mut self) {
        // SAFETY: by the invariant the value is here, the memory is that of a
        // `T` under `mtype`, and nobody uses either after this.
        unsafe {
            self.ptr.drop_in_place();
            mem::release(self.ptr.cast(), size_of::<T>(), self.mtype);
        }
    }
}

// SAFETY: a box is its value; moving it moves the value to another thread.
unsafe impl<T: Send> Send for Box<T> {}
// SAFETY: a shared box gives out shared references to its value only.
unsafe impl<T: Sync> Sync for Box<T> {}

impl<T: fmt::Debug> fmt::Debug for Box<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Room for a value that a module has from its load to its unload.
///
/// # Invariants
/// The pointer is null, or came from [`Box::into_raw`] of a box of type devbuf, and
/// who takes it out owns the value.
pub struct Slot<T>(AtomicPtr<T>);

impl<T> Slot<T> {
    /// Has no value.
    pub const fn new() -> Self {
        Self(AtomicPtr::new(core::ptr::null_mut()))
    }

    /// Puts a value in; drops one that was there. Sleepable.
    pub fn put(&self, value: T) -> Result<()> {
        let value = Box::into_raw(Box::new(value)?);
        drop(self.swap(value));
        Ok(())
    }

    /// Takes the value out.
    pub fn take(&self) -> Option<Box<T>> {
        self.swap(core::ptr::null_mut())
    }

    fn swap(&self, value: *mut T) -> Option<Box<T>> {
        let old = self.0.swap(value, Ordering::AcqRel);
        // SAFETY: by the invariant it came from a box, and the swap gave it to this
        // caller alone.
        (!old.is_null()).then(|| unsafe { Box::from_raw(old) })
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: the value goes to the thread that takes it, and is not shared.
unsafe impl<T: Send> Sync for Slot<T> {}
