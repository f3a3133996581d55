// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A growing array in kernel memory.
//!
//! # Example
//! ```
//! use kpi::vec::Vec;
//!
//! let mut rates = Vec::new();
//! for rate in [44_100, 48_000] {
//!     rates.push(rate)?;
//! }
//! assert_eq!(rates.iter().max(), Some(&48_000));
//! assert_eq!(rates.pop(), Some(48_000));
//! ```

use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};
use core::slice;

use crate::errno::{ENOMEM, Result};
use crate::mem::{self, Flags, MallocType};

/// An array of `T` that grows when told to.
///
/// A call that would grow it and finds no memory fails and leaves it as it was.
///
/// # Invariants
/// `ptr` came from `mem::allocate` for `cap` values of type `T` under `mtype`
/// (which allocates nothing for 0 bytes); the first `len`, at most `cap`, are
/// there. Both belong to this vector alone.
pub struct Vec<T> {
    ptr: NonNull<T>,
    len: usize,
    cap: usize,
    mtype: MallocType,
    owns: PhantomData<T>,
}

impl<T> Vec<T> {
    /// An empty vector, which has no memory yet and will have it of type devbuf.
    pub fn new() -> Self {
        Self::new_in(MallocType::devbuf())
    }

    /// An empty vector, which has no memory yet.
    pub const fn new_in(mtype: MallocType) -> Self {
        Self {
            ptr: NonNull::dangling(),
            len: 0,
            cap: 0,
            mtype,
            owns: PhantomData,
        }
    }

    /// An empty vector with room for `cap` values. Sleepable with `WaitOk`.
    pub fn with_capacity_in(cap: usize, mtype: MallocType, flags: Flags) -> Result<Self> {
        let mut vec = Self::new_in(mtype);
        vec.reserve(cap, flags)?;
        Ok(vec)
    }

    /// Number of values.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// True if there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Address of the first value. Unlike that of the slice it may be used while C
    /// has the memory.
    pub const fn as_ptr(&self) -> *const T {
        self.ptr.as_ptr()
    }

    /// The same, to write there.
    pub const fn as_mut_ptr(&mut self) -> *mut T {
        self.ptr.as_ptr()
    }

    /// Values that fit without growing.
    pub const fn capacity(&self) -> usize {
        if size_of::<T>() == 0 {
            usize::MAX
        } else {
            self.cap
        }
    }

    /// Makes room for `more` values. `ENOMEM`: there is none now, or that many
    /// cannot be addressed. Sleepable with `WaitOk`.
    pub fn reserve(&mut self, more: usize, flags: Flags) -> Result<()> {
        let need = self.len.checked_add(more).ok_or(ENOMEM)?;
        if need <= self.capacity() {
            return Ok(());
        }
        let old = Memory {
            ptr: self.ptr.cast(),
            len: self.len,
            cap: self.cap,
            mtype: self.mtype,
        };
        // SAFETY: by the invariant this is the vector's memory, which `new` replaces.
        let new = unsafe { old.grow(Layout::new::<T>(), need, flags)? };
        (self.ptr, self.cap) = (new.0.cast(), new.1);
        Ok(())
    }

    /// Appends `value`. `ENOMEM`: that many cannot be addressed. Sleepable.
    pub fn push(&mut self, value: T) -> Result<()> {
        self.push_with(value, Flags::WaitOk)
    }

    /// Appends `value`; without memory it is dropped. Sleepable with `WaitOk`.
    pub fn push_with(&mut self, value: T, flags: Flags) -> Result<()> {
        self.reserve(1, flags)?;
        // SAFETY: there is room for a value after the first `len`.
        unsafe { self.ptr.add(self.len).write(value) };
        self.len += 1;
        Ok(())
    }

    /// Takes the last value off.
    pub fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        // SAFETY: this was the last of the values; it is no longer counted.
        Some(unsafe { self.ptr.add(self.len).read() })
    }

    /// Drops all values after the first `len`; keeps the memory.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        let rest = self.len - len;
        // Count them out first: a drop that panics must not see them again.
        self.len = len;
        // SAFETY: these `rest` values were there and are no longer counted.
        unsafe {
            ptr::slice_from_raw_parts_mut(self.ptr.as_ptr().add(len), rest).drop_in_place();
        }
    }

    /// Drops all values; keeps the memory.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Appends copies of `values`, all or none. Sleepable with `WaitOk`.
    pub fn extend_from_slice(&mut self, values: &[T], flags: Flags) -> Result<()>
    where
        T: Copy,
    {
        self.reserve(values.len(), flags)?;
        // SAFETY: there is room for them after the first `len`; `values` is
        // borrowed, and therefore not this memory.
        unsafe {
            ptr::copy_nonoverlapping(
                values.as_ptr(),
                self.ptr.as_ptr().add(self.len),
                values.len(),
            );
        }
        self.len += values.len();
        Ok(())
    }

    /// Appends copies of `value` or drops values until there are `len`. Sleepable
    /// with `WaitOk`.
    pub fn resize(&mut self, len: usize, value: T, flags: Flags) -> Result<()>
    where
        T: Copy,
    {
        self.truncate(len);
        self.reserve(len - self.len, flags)?;
        while self.len < len {
            // SAFETY: the room was reserved.
            unsafe { self.ptr.add(self.len).write(value) };
            self.len += 1;
        }
        Ok(())
    }

    /// Frees the memory.
    ///
    /// # Safety
    /// Its values were dropped or moved away, and `ptr` and `cap` are replaced or
    /// never used again.
    unsafe fn release(&mut self) {
        // SAFETY: by the invariant an allocation of this size was made.
        unsafe { mem::release(self.ptr.cast(), size_of::<T>() * self.cap, self.mtype) }
    }
}

/// The memory of a vector, whatever its values are.
struct Memory {
    ptr: NonNull<u8>,
    len: usize,
    cap: usize,
    mtype: MallocType,
}

impl Memory {
    /// Capacity of the first allocation.
    const FIRST_CAP: usize = 4;

    /// Moves the values to new memory for at least `need` of them; returns that, and
    /// its capacity.
    ///
    /// # Safety
    /// It is a vector's, whose values have the layout `value`. After a success it is
    /// not used again.
    #[inline(never)] // once for all types
    unsafe fn grow(self, value: Layout, need: usize, flags: Flags) -> Result<(NonNull<u8>, usize)> {
        let cap = need.max(self.cap.saturating_mul(2)).max(Self::FIRST_CAP);
        // A type's size is a multiple of its alignment.
        let size = value.size().checked_mul(cap).ok_or(ENOMEM)?;
        let layout = Layout::from_size_align(size, value.align()).map_err(|_| ENOMEM)?;
        let new = mem::allocate(layout, self.mtype, flags)?;
        // SAFETY: `len` values are in the old memory and fit into the new, which
        // is another; the old memory is freed as values that have moved away.
        unsafe {
            ptr::copy_nonoverlapping(self.ptr.as_ptr(), new.as_ptr(), self.len * value.size());
            mem::release(self.ptr, value.size() * self.cap, self.mtype);
        }
        Ok((new, cap))
    }
}

impl<T> Default for Vec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for Vec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: by the invariant these values are there, borrowed with `self`.
        unsafe { slice::from_raw_parts(self.ptr.as_ptr(), self.len) }
    }
}

impl<T> DerefMut for Vec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`; `self` is borrowed exclusively.
        unsafe { slice::from_raw_parts_mut(self.ptr.as_ptr(), self.len) }
    }
}

impl<'a, T> IntoIterator for &'a Vec<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut Vec<T> {
    type Item = &'a mut T;
    type IntoIter = slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T> Drop for Vec<T> {
    #[inline(never)] // as Arc's
    fn drop(&mut self) {
        self.clear();
        // SAFETY: the values are gone, and nothing is used after this.
        unsafe { self.release() }
    }
}

// SAFETY: a vector is its values; moving it moves them to another thread.
unsafe impl<T: Send> Send for Vec<T> {}
// SAFETY: a shared vector gives out shared references to its values only.
unsafe impl<T: Sync> Sync for Vec<T> {}

impl<T: fmt::Debug> fmt::Debug for Vec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
