// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A value with several owners, counted.
//!
//! # Example
//! ```
//! use core::sync::atomic::{AtomicU32, Ordering};
//! use kpi::arc::Arc;
//!
//! let calls = Arc::new(AtomicU32::new(0))?;
//! let for_handler = calls.clone();
//! for_handler.fetch_add(1, Ordering::Relaxed);
//! drop(for_handler);
//! assert_eq!(calls.load(Ordering::Relaxed), 1);
//! // The last owner frees the memory.
//! drop(calls);
//! ```

use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, offset_of};
use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering, fence};

use crate::boxed::Box;
use crate::errno::Result;
use crate::mem::{self, Flags, MallocType};

/// A count of this value or more has overflowed. The value is never freed then:
/// that leaks it, but does not free it too early.
const SATURATED: u32 = 1 << 31;

/// An overflowed count is set to this: as far from 0 as from wrapping, so that
/// no number of concurrent threads moves it to either.
const PINNED: u32 = SATURATED + (SATURATED >> 1);

/// In C's order, so that a test finds the count and can make it run over.
#[repr(C)]
struct Inner<T> {
    refs: AtomicU32,
    mtype: MallocType,
    value: T,
}

/// Owns a `T` together with every clone of this; the last to go drops it.
///
/// The last drop frees memory: it may happen anywhere but in a filter, and where
/// the value itself may be dropped.
///
/// # Invariants
/// `inner` came from `mem::allocate` and holds an `Inner`, whose count is that
/// of the arcs on it, or at least `SATURATED`.
pub struct Arc<T> {
    inner: NonNull<Inner<T>>,
    owns: PhantomData<Inner<T>>,
}

impl<T> Arc<T> {
    /// Moves `value` into new memory of type devbuf. Sleepable.
    pub fn new(value: T) -> Result<Self> {
        Self::new_in(value, MallocType::devbuf(), Flags::WaitOk)
    }

    /// Moves `value` into new memory. `ENOMEM`: there is none now, and `value` is
    /// dropped. Sleepable with `WaitOk`.
    pub fn new_in(value: T, mtype: MallocType, flags: Flags) -> Result<Self> {
        let inner = mem::allocate(Layout::new::<Inner<T>>(), mtype, flags)?.cast::<Inner<T>>();
        // SAFETY: `inner` is aligned, is room for an `Inner`, and nobody else's.
        unsafe {
            inner.write(Inner {
                refs: AtomicU32::new(1),
                mtype,
                value,
            });
        }
        Ok(Self {
            inner,
            owns: PhantomData,
        })
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: by the invariant an `Inner` is there, and this arc is counted.
        unsafe { self.inner.as_ref() }
    }

    /// Address of the value, the same for all arcs on it.
    pub fn as_ptr(this: &Self) -> *const T {
        // SAFETY: by the invariant an `Inner` is there; only an address is made,
        // of which from_raw() finds the whole `Inner` again.
        unsafe { &raw const (*this.inner.as_ptr()).value }
    }

    /// True if both own the same value.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        this.inner == other.inner
    }

    /// The value, if this is its only owner.
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        // Acquire: what the others did before they let go is done.
        if this.inner().refs.load(Ordering::Acquire) != 1 {
            return None;
        }
        // SAFETY: by the invariant there is no other arc, and this one is
        // borrowed exclusively, so that none can be made of it.
        Some(unsafe { &mut this.inner.as_mut().value })
    }

    /// Gives this share to C: it counts until [`Arc::from_raw`].
    pub fn into_raw(this: Self) -> *const T {
        Self::as_ptr(&ManuallyDrop::new(this))
    }

    /// Takes a share back from C.
    ///
    /// # Safety
    /// `ptr` came from [`Arc::into_raw`], once for each call of this.
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // SAFETY: into_raw() gave the address of the value in an `Inner`, which
        // still exists, since the share counts.
        let inner = unsafe { ptr.byte_sub(offset_of!(Inner<T>, value)) };
        Self {
            // SAFETY: the address of an object is not null.
            inner: unsafe { NonNull::new_unchecked(inner.cast_mut().cast()) },
            owns: PhantomData,
        }
    }

    /// Keeps the value, of whatever type.
    pub(crate) fn into_any(this: Self) -> AnyArc
    where
        T: Send + Sync + 'static,
    {
        AnyArc {
            value: Self::into_raw(this).cast(),
            // SAFETY: an AnyArc calls this once, with the share made here.
            release: |value| drop(unsafe { Self::from_raw(value.cast()) }),
        }
    }

    /// Stops counting: the value leaks.
    #[cold]
    fn pin(&self) {
        self.inner().refs.store(PINNED, Ordering::Relaxed);
    }
}

impl<T> Clone for Arc<T> {
    fn clone(&self) -> Self {
        // Relaxed: the caller has an arc, which keeps the value.
        if self.inner().refs.fetch_add(1, Ordering::Relaxed) >= SATURATED {
            self.pin();
        }
        Self {
            inner: self.inner,
            owns: PhantomData,
        }
    }
}

impl<T> Drop for Arc<T> {
    // A function that can fail drops its values at each of its exits. Attach and
    // detach are long chains of such functions, and no hot path drops anything.
    #[inline(never)]
    fn drop(&mut self) {
        // Release: what this owner did comes before the value's end, ...
        match self.inner().refs.fetch_sub(1, Ordering::Release) {
            1 => (),
            SATURATED.. => return self.pin(),
            _ => return,
        }
        // ... and acquire: what all of them did.
        fence(Ordering::Acquire);
        let mtype = self.inner().mtype;
        // SAFETY: by the invariant this was the last arc, so that nobody uses the
        // value or its memory, which was allocated for this layout and type.
        unsafe {
            self.inner.drop_in_place();
            mem::release(self.inner.cast(), size_of::<Inner<T>>(), mtype);
        }
    }
}

impl<T> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().value
    }
}

// SAFETY: an arc shares its value between threads and may drop it in any of them.
unsafe impl<T: Send + Sync> Send for Arc<T> {}
// SAFETY: as for `Send`: a shared arc can be cloned.
unsafe impl<T: Send + Sync> Sync for Arc<T> {}

/// A share in a value whose type was forgotten: it keeps the value, no more.
///
/// # Invariants
/// `value` came from [`Arc::into_raw`], and `release` takes that share back.
pub(crate) struct AnyArc {
    value: *const (),
    release: fn(*const ()),
}

impl AnyArc {
    /// Address of the value.
    pub(crate) fn as_ptr(&self) -> *const () {
        self.value
    }
}

impl Drop for AnyArc {
    fn drop(&mut self) {
        (self.release)(self.value);
    }
}

// SAFETY: made of arcs that may be sent, and shared, only.
unsafe impl Send for AnyArc {}
// SAFETY: as for `Send`.
unsafe impl Sync for AnyArc {}

/// Values, of any types, that are kept until this is dropped.
pub struct Keep(Option<Box<Link>>);

/// A value to be kept, and the room for it in a [`Keep`].
pub struct Link {
    _value: AnyArc,
    next: Option<Box<Link>>,
}

impl Keep {
    /// Keeps nothing yet.
    pub const fn new() -> Self {
        Self(None)
    }

    /// What [`Keep::add`] takes: allocated before, so that it can be added where
    /// nothing can be allocated. Sleepable.
    pub fn link<T: Send + Sync + 'static>(value: &Arc<T>) -> Result<Box<Link>> {
        Self::link_any(Arc::into_any(value.clone()))
    }

    /// The same, of a value whose type was forgotten.
    pub(crate) fn link_any(value: AnyArc) -> Result<Box<Link>> {
        Box::new(Link {
            _value: value,
            next: None,
        })
    }

    /// Keeps a value. Any context.
    pub fn add(&mut self, mut link: Box<Link>) {
        link.next = self.0.take();
        self.0 = Some(link);
    }
}

impl Default for Keep {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        // One by one: dropped as it is, the list would use the stack for each.
        let mut link = self.0.take();
        while let Some(mut this) = link {
            link = this.next.take();
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
