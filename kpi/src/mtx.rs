// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Mutexes that own what they protect, and sleeping. Twin of `kpi_mtx.h`.
//!
//! [`Mtx`] is a default mutex: not in a filter, and its holder does not sleep but
//! in [`Guard::sleep`]. [`Spin`] may be taken anywhere, for a few instructions.
//! Neither is recursive: the crate panics, in every kernel, when a thread takes a
//! mutex that it has. WITNESS orders mutexes by name and prints the Rust line
//! that took one.
//!
//! # Example
//! ```
//! use kpi::errno::EWOULDBLOCK;
//! use kpi::mtx::Mtx;
//! use kpi::time::Sbt;
//!
//! let answer = Mtx::new(c"foo answer", None::<u32>)?;
//! let wait = || {
//!     let mut answer = answer.lock();
//!     loop {
//!         if let Some(value) = answer.take() {
//!             return Ok(value);
//!         }
//!         // Releases the mutex until there is a wakeup, or for 10 ms at most.
//!         answer.sleep(c"fooansw", Sbt::from_millis(10))?;
//!     }
//! };
//! assert_eq!(wait(), Err(EWOULDBLOCK));
//! // The interrupt's handler, in another thread:
//! *answer.lock() = Some(7);
//! answer.wakeup();
//! assert_eq!(wait(), Ok(7));
//! ```

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int, c_void};
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::panic::Location;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::bindings::{self, kpi_mtx};
use crate::boxed::Box;
use crate::ctx;
use crate::errno::{EWOULDBLOCK, Result, check};
use crate::ffi::Opaque;
use crate::mem::{Flags, MallocType};
use crate::time::Sbt;

/// A kind of mutex: [`Def`] or [`SpinKind`].
pub trait Kind: sealed::Kind {}

mod sealed {
    use super::{Location, c_int, kpi_mtx};

    pub trait Kind {
        const C_KIND: u32;

        /// Takes it, unless it may not be taken here: `KPI_MTX_*`.
        ///
        /// # Safety
        /// `mtx` is initialised and of this kind.
        unsafe fn lock(mtx: *mut kpi_mtx, place: &'static Location<'static>) -> c_int;

        /// # Safety
        /// `mtx` is of this kind and held by the calling thread.
        unsafe fn unlock(mtx: *mut kpi_mtx, place: &'static Location<'static>);
    }
}

/// Default mutexes.
pub enum Def {}

/// Spin mutexes.
pub enum SpinKind {}

impl Kind for Def {}
impl Kind for SpinKind {}

fn line(place: &Location<'_>) -> c_int {
    place.line() as c_int
}

impl sealed::Kind for Def {
    const C_KIND: u32 = bindings::KPI_MTX_DEF;

    unsafe fn lock(mtx: *mut kpi_mtx, place: &'static Location<'static>) -> c_int {
        let file = place.file_as_c_str().as_ptr();
        // SAFETY: the caller's promise; the file's name is static.
        unsafe { bindings::kpi_mtx_take_at(mtx, file, line(place)) }
    }

    unsafe fn unlock(mtx: *mut kpi_mtx, place: &'static Location<'static>) {
        let file = place.file_as_c_str().as_ptr();
        // SAFETY: the caller's promise; the file's name is static.
        unsafe { bindings::kpi_mtx_unlock_at(mtx, file, line(place)) }
    }
}

impl sealed::Kind for SpinKind {
    const C_KIND: u32 = bindings::KPI_MTX_SPIN;

    unsafe fn lock(mtx: *mut kpi_mtx, place: &'static Location<'static>) -> c_int {
        let file = place.file_as_c_str().as_ptr();
        // SAFETY: the caller's promise; the file's name is static.
        unsafe { bindings::kpi_mtx_take_spin_at(mtx, file, line(place)) }
    }

    unsafe fn unlock(mtx: *mut kpi_mtx, place: &'static Location<'static>) {
        let file = place.file_as_c_str().as_ptr();
        // SAFETY: the caller's promise; the file's name is static.
        unsafe { bindings::kpi_mtx_unlock_spin_at(mtx, file, line(place)) }
    }
}

/// A mutex, whatever it protects.
struct Raw {
    mtx: Opaque<kpi_mtx>,
    /// There is a guard that was made after a panic(9), when the mutex excludes
    /// nobody. One thread runs then.
    stopped: AtomicBool,
}

impl Raw {
    /// Takes the mutex; see [`Lock::lock`].
    ///
    /// # Safety
    /// `mtx` is initialised and of kind `K`.
    #[track_caller]
    #[inline(never)] // once for a kind
    unsafe fn lock<K: Kind>(&self) {
        // SAFETY: the caller's promise.
        let taken = unsafe { K::lock(self.mtx.get(), Location::caller()) } as u32;
        if taken != bindings::KPI_MTX_TAKEN {
            self.lock_failed(taken);
        }
    }

    /// The end of a `lock` that could not simply take the mutex. It panics,
    /// except in a kernel that has panicked already. There a guard from before
    /// the panic is never used again, so one more may be made.
    #[cold]
    #[track_caller]
    fn lock_failed(&self, taken: u32) {
        if taken == bindings::KPI_MTX_STOPPED {
            if self.stopped.swap(true, Ordering::Relaxed) {
                panic!("a mutex is taken twice after a panic");
            }
        // SAFETY: initialised: only `lock` comes here.
        } else if unsafe { bindings::kpi_mtx_owned(self.mtx.get()) } {
            panic!("a mutex is taken twice by one thread");
        } else {
            ctx::refuse();
        }
    }

    /// Releases the mutex that was taken at `place`.
    ///
    /// # Safety
    /// It is of kind `K`, and the calling thread holds it.
    #[inline(never)] // once for a kind
    unsafe fn unlock<K: Kind>(&self, place: &'static Location<'static>) {
        if self.stopped.load(Ordering::Relaxed) {
            self.stopped.store(false, Ordering::Relaxed);
        }
        // SAFETY: the caller's promise.
        unsafe { K::unlock(self.mtx.get(), place) }
    }
}

/// The part of a lock that stays in place.
///
/// # Invariants
/// `raw` is initialised from the end of [`Lock::new`] until the drop.
struct Inner<T> {
    raw: Raw,
    data: UnsafeCell<T>,
}

impl<T> Drop for Inner<T> {
    fn drop(&mut self) {
        // SAFETY: initialised by the invariant; a guard borrowed the lock.
        unsafe { bindings::kpi_mtx_destroy(self.raw.mtx.get()) }
    }
}

/// A mutex of kind `K` and the `T` that it protects. It may be moved: both lie in
/// memory of their own.
pub struct Lock<T, K: Kind> {
    inner: Box<Inner<T>>,
    kind: PhantomData<K>,
}

/// A default mutex and what it protects.
pub type Mtx<T> = Lock<T, Def>;

/// A spin mutex and what it protects.
pub type Spin<T> = Lock<T, SpinKind>;

// SAFETY: the lock owns its value; a mutex is not bound to a thread while free.
unsafe impl<T: Send, K: Kind> Send for Lock<T, K> {}
// SAFETY: the mutex lets one thread at a time to the value.
unsafe impl<T: Send, K: Kind> Sync for Lock<T, K> {}

impl<T, K: Kind> Lock<T, K> {
    /// Makes a mutex named `name` around `value`, in memory of type devbuf.
    /// Sleepable.
    pub fn new(name: &'static CStr, value: T) -> Result<Self> {
        Self::new_in(name, value, MallocType::devbuf(), Flags::WaitOk)
    }

    /// Makes a mutex named `name` around `value`. `ENOMEM`. Sleepable with
    /// `WaitOk`, else not in a filter.
    pub fn new_in(name: &'static CStr, value: T, mtype: MallocType, flags: Flags) -> Result<Self> {
        // Inner's drop wants a mutex: make one before there is an Inner.
        let inner = Box::new_in(
            core::mem::ManuallyDrop::new(Inner {
                raw: Raw {
                    mtx: Opaque::zeroed(),
                    stopped: AtomicBool::new(false),
                },
                data: UnsafeCell::new(value),
            }),
            mtype,
            flags,
        )?;
        // SAFETY: the memory stays in place, and the name is static.
        unsafe { bindings::kpi_mtx_init(inner.raw.mtx.get(), name.as_ptr(), K::C_KIND as c_int) };
        let inner = Box::into_raw(inner).cast::<Inner<T>>();
        Ok(Self {
            // SAFETY: it came from into_raw(); ManuallyDrop has its value's layout.
            inner: unsafe { Box::from_raw_in(inner, mtype) },
            kind: PhantomData,
        })
    }

    /// Takes the mutex until the guard is dropped. Panics if the calling thread has
    /// it already, since FreeBSD without `INVARIANTS` would let the thread in again;
    /// a default mutex panics also in a filter or with a spin mutex held.
    #[track_caller]
    pub fn lock(&self) -> Guard<'_, T, K> {
        let place = Location::caller();
        // SAFETY: initialised by the invariant.
        unsafe { self.inner.raw.lock::<K>() };
        Guard {
            lock: self,
            place,
            not_send: PhantomData,
        }
    }

    /// True if the calling thread holds it. Any context.
    pub fn owned(&self) -> bool {
        // SAFETY: initialised by the invariant.
        unsafe { bindings::kpi_mtx_owned(self.raw()) }
    }

    /// Stops an INVARIANTS kernel unless the calling thread holds it.
    pub fn assert_owned(&self) {
        // SAFETY: initialised by the invariant.
        unsafe { bindings::kpi_mtx_assert(self.raw(), bindings::KPI_MTX_OWNED as c_int) }
    }

    /// The value, which nobody else can reach.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.data.get_mut()
    }

    /// The mutex, for C. It stays where it is.
    pub fn raw(&self) -> *mut kpi_mtx {
        self.inner.raw.mtx.get()
    }

    /// The value, for code that knows that the mutex is held.
    pub(crate) fn data(&self) -> *mut T {
        self.inner.data.get()
    }
}

impl<T> Mtx<T> {
    /// Wakes all that sleep in [`Guard::sleep`] on this mutex. Any context but
    /// a filter.
    pub fn wakeup(&self) {
        ctx::can_block();
        // SAFETY: any address is a channel.
        unsafe { bindings::kpi_wakeup(self.channel()) }
    }

    /// Wakes one of them.
    pub fn wakeup_one(&self) {
        ctx::can_block();
        // SAFETY: any address is a channel.
        unsafe { bindings::kpi_wakeup_one(self.channel()) }
    }

    /// The address to sleep on. It lies within the mutex, but is not the
    /// mutex's own address, on which threads that wait for the mutex are
    /// queued.
    fn channel(&self) -> *const c_void {
        self.raw().cast::<u8>().wrapping_add(1).cast()
    }
}

/// A mutex, by default a default one, held; dropping this releases it.
///
/// # Invariants
/// The thread that made this guard holds the mutex, once; the guard stays there.
/// After a panic(9) no other thread runs, and this is the only guard in use.
#[must_use = "the mutex is released at once"]
pub struct Guard<'a, T, K: Kind = Def> {
    lock: &'a Lock<T, K>,
    place: &'static Location<'static>,
    not_send: PhantomData<*mut ()>,
}

// SAFETY: a shared guard gives out shared references to the value only.
unsafe impl<T: Sync, K: Kind> Sync for Guard<'_, T, K> {}

impl<'a, T, K: Kind> Guard<'a, T, K> {
    /// The lock that is held.
    pub fn lock_of(this: &Self) -> &'a Lock<T, K> {
        this.lock
    }
}

impl<T> Guard<'_, T, Def> {
    /// Releases the mutex, sleeps until a [`Mtx::wakeup`] or until `timeout` has
    /// passed, and takes the mutex again. `wmesg`, at most 8 characters, is what
    /// ps(1) shows. `EWOULDBLOCK`: timed out, at once if `timeout` is 0 or less.
    ///
    /// Wakeups may be spurious: test a condition in a loop. Sleepable but for
    /// this mutex. FreeBSD panics at a timeout of the thread that boots, while the
    /// kernel is [`cold`](crate::time::cold).
    pub fn sleep(&mut self, wmesg: &'static CStr, timeout: Sbt) -> Result<()> {
        // To C, 0 means no timeout.
        let sbt = match timeout {
            Sbt::FOREVER => 0,
            _ if timeout <= Sbt::ZERO => return Err(EWOULDBLOCK),
            _ => timeout.as_raw(),
        };
        let lock = self.lock;
        // Not with a spin mutex held.
        ctx::can_block();
        // SAFETY: by the invariant this thread holds the mutex, and does again
        // afterwards; `self` is borrowed exclusively, so that no reference to the
        // value outlasts the time between.
        check(unsafe { bindings::kpi_msleep(lock.channel(), lock.raw(), wmesg.as_ptr(), sbt) })
    }
}

impl<T, K: Kind> Deref for Guard<'_, T, K> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant this thread holds the mutex, and the value is
        // borrowed with the guard.
        unsafe { &*self.lock.data() }
    }
}

impl<T, K: Kind> DerefMut for Guard<'_, T, K> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; the guard is borrowed exclusively.
        unsafe { &mut *self.lock.data() }
    }
}

impl<T, K: Kind> Drop for Guard<'_, T, K> {
    fn drop(&mut self) {
        // SAFETY: by the invariant this thread holds the mutex.
        unsafe { self.lock.inner.raw.unlock::<K>(self.place) }
    }
}

impl<T: fmt::Debug, K: Kind> fmt::Debug for Guard<'_, T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
