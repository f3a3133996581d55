// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Kernel memory by type, malloc(9). Twin of `kpi_mem.h`.
//!
//! The containers ([`Box`](crate::boxed::Box), [`Vec`](crate::vec::Vec),
//! [`CString`](crate::cstring::CString), [`Arc`](crate::arc::Arc)) are built on
//! what is here. Allocating with [`Flags::WaitOk`] is sleepable; freeing, and
//! allocating with [`Flags::NoWait`], may be done anywhere but in a filter or with a
//! spin mutex held: there both panic.
//!
//! # Example
//! ```
//! use kpi::mem::{Flags, MallocType};
//! use kpi::vec::Vec;
//!
//! let mut table = Vec::with_capacity_in(16, MallocType::devbuf(), Flags::WaitOk)?;
//! // There is room for it, so this allocates nothing, and may be done under a mutex.
//! table.resize(16, 0_u32, Flags::NoWait)?;
//! assert_eq!(table.len(), 16);
//! ```

use core::alloc::Layout;
use core::ffi::c_int;
use core::ptr::NonNull;

use crate::bindings;
use crate::ctx;
use crate::errno::{EINVAL, ENOMEM, Result};
use crate::ffi::Ref;

/// What an allocation does when there is no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flags {
    /// Fails with `ENOMEM`.
    NoWait,
    /// Waits. Sleepable.
    WaitOk,
}

impl Flags {
    /// As malloc(9) takes it.
    pub(crate) const fn to_c(self) -> c_int {
        match self {
            Self::NoWait => bindings::KPI_NOWAIT as c_int,
            Self::WaitOk => bindings::KPI_WAITOK as c_int,
        }
    }
}

/// What vmstat(8) counts an allocation under.
#[derive(Clone, Copy)]
pub struct MallocType(Ref<'static, bindings::malloc_type>);

impl MallocType {
    /// The type of drivers that have none of their own.
    pub fn devbuf() -> Self {
        // SAFETY: the function has no preconditions and returns a global.
        unsafe { Self::from_raw(bindings::kpi_m_devbuf()) }
    }

    /// The type that C defined with `MALLOC_DEFINE`.
    ///
    /// # Safety
    /// `mtype` points to such a type, which exists until all memory allocated
    /// under it has been freed.
    pub unsafe fn from_raw(mtype: *mut bindings::malloc_type) -> Self {
        // SAFETY: the caller's promise covers every use made of the pointer.
        match unsafe { Ref::new(mtype) } {
            Some(mtype) => Self(mtype),
            None => panic!("a malloc type that is null"),
        }
    }

    fn as_ptr(self) -> *mut bindings::malloc_type {
        self.0.as_ptr()
    }
}

/// The largest alignment there is: the smallest page that FreeBSD knows.
const MAX_ALIGN: usize = 4096;

/// Allocates memory for `layout`; nothing is allocated for a size of 0. `ENOMEM`
/// with [`Flags::NoWait`] only; `EINVAL`: aligned to more than a page.
#[inline(never)] // as `release`
pub(crate) fn allocate(layout: Layout, mtype: MallocType, flags: Flags) -> Result<NonNull<u8>> {
    if layout.size() == 0 {
        return Ok(layout.dangling_ptr());
    }
    if layout.align() > MAX_ALIGN {
        return Err(EINVAL);
    }
    ctx::can_block();
    // SAFETY: the type exists by `MallocType`'s contract; a `Layout`'s alignment
    // is a power of two, at most a page as was just seen.
    let ptr = unsafe {
        bindings::kpi_malloc(layout.size(), layout.align(), mtype.as_ptr(), flags.to_c())
    };
    NonNull::new(ptr.cast()).ok_or(ENOMEM)
}

/// Frees memory.
///
/// # Safety
/// `ptr` came from [`allocate`] with a layout of `size` bytes and the same `mtype`,
/// was not freed before, and is not used again.
#[inline(never)] // else a copy of it would be in every container's drop
pub(crate) unsafe fn release(ptr: NonNull<u8>, size: usize, mtype: MallocType) {
    if size != 0 {
        ctx::can_block();
        // SAFETY: by the caller's promise this is what kpi_malloc() returned.
        unsafe { bindings::kpi_free(ptr.as_ptr().cast(), mtype.as_ptr()) }
    }
}
