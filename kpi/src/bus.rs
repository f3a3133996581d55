// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Memory resources of a device, and the registers in them. Twin of `kpi_bus.h`.
//!
//! # Example
//! ```
//! use kpi::bus::{Barrier, Resource};
//! use kpi::errno::EINVAL;
//!
//! let res = Resource::new(dev, 0)?;
//! res.write_4(8, 0x1234)?;
//! res.barrier(0, res.size(), Barrier::Write)?;
//! assert_eq!(res.read_4(8), Ok(0x1234));
//! // Outside of the resource no access is made.
//! assert_eq!(res.read_4(res.size()), Err(EINVAL));
//! ```

use core::ffi::c_int;

use crate::bindings::{self, device_t, kpi_res};
use crate::ctx;
use crate::dev::{Device, Hold};
use crate::errno::{EINVAL, Result, check};
use crate::ffi::Opaque;

/// A mapped memory resource. Offsets are bytes from its start. Its registers may
/// be used in any context, without locks.
///
/// Dropping it unmaps and releases it: sleepable.
///
/// # Invariants
/// `raw` is allocated; its first `kr_size` bytes stay mapped while this lives.
pub struct Resource {
    raw: kpi_res,
    _hold: Hold,
}

// SAFETY: a resource is constant and bound to no thread; the device defines the
// effect of concurrent accesses to one register.
unsafe impl Send for Resource {}
// SAFETY: as for `Send`.
unsafe impl Sync for Resource {}

/// Which earlier accesses a barrier keeps before later ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barrier {
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Both.
    ReadWrite,
}

macro_rules! accessors {
    ($($type:ident: $read:ident $c_read:ident, $write:ident $c_write:ident;)*) => {$(
        #[doc = concat!("The `", stringify!($type), "` at `off`. `EINVAL`: it is not \
            aligned, or not all of it is in the resource.")]
        pub fn $read(&self, off: usize) -> Result<$type> {
            let off = self.at(off, size_of::<$type>(), size_of::<$type>())?;
            // SAFETY: `at` showed that the access is aligned and in the resource,
            // which is mapped by the invariant.
            Ok(unsafe { bindings::$c_read(&self.raw, off) })
        }

        #[doc = concat!("Sets the `", stringify!($type), "` at `off`. `EINVAL`: it is \
            not aligned, or not all of it is in the resource.")]
        pub fn $write(&self, off: usize, value: $type) -> Result<()> {
            let off = self.at(off, size_of::<$type>(), size_of::<$type>())?;
            // SAFETY: as for reading.
            unsafe { bindings::$c_write(&self.raw, off, value) };
            Ok(())
        }
    )*};
}

macro_rules! regions {
    ($($type:ident: $read:ident $c_read:ident, $write:ident $c_write:ident;)*) => {$(
        #[doc = concat!("Reads `", stringify!($type), "`s from `off` on. `EINVAL`: `off` \
            is not aligned, or not all are in the resource.")]
        pub fn $read(&self, off: usize, to: &mut [$type]) -> Result<()> {
            let off = self.at(off, size_of_val(to), size_of::<$type>())?;
            // SAFETY: `at` showed that all of them are in the resource, which is
            // mapped by the invariant.
            unsafe { bindings::$c_read(&self.raw, off, to.as_mut_ptr(), to.len()) };
            Ok(())
        }

        #[doc = concat!("Writes `", stringify!($type), "`s from `off` on. `EINVAL`: \
            `off` is not aligned, or not all fit into the resource.")]
        pub fn $write(&self, off: usize, from: &[$type]) -> Result<()> {
            let off = self.at(off, size_of_val(from), size_of::<$type>())?;
            // SAFETY: as for reading.
            unsafe { bindings::$c_write(&self.raw, off, from.as_ptr(), from.len()) };
            Ok(())
        }
    )*};
}

impl Resource {
    /// Allocates and maps memory resource number `rid` of the device. `ENXIO`: it
    /// has none, or it is taken. Sleepable.
    pub fn new(dev: Device, rid: i32) -> Result<Self> {
        ctx::can_block();
        Self::with(dev, |dev, res| {
            // SAFETY: the device exists, and the struct is good for the call.
            check(unsafe { bindings::kpi_res_alloc(dev, rid, res) })
        })
    }

    /// The resource that `alloc` fills in, of the device that it gets. If it fails,
    /// it has allocated nothing.
    pub(crate) fn with(
        dev: Device,
        alloc: impl FnOnce(device_t, *mut kpi_res) -> Result<()>,
    ) -> Result<Self> {
        let hold = dev.hold()?;
        let raw = Opaque::<kpi_res>::zeroed();
        alloc(hold.as_raw(), raw.get())?;
        Ok(Self {
            _hold: hold,
            // SAFETY: the call succeeded, which filled it in.
            raw: unsafe { raw.get().read() },
        })
    }

    /// The resource, for C.
    pub(crate) fn raw(&self) -> &kpi_res {
        &self.raw
    }

    /// Bytes of the resource.
    pub fn size(&self) -> usize {
        self.raw.kr_size as usize
    }

    /// Where it starts, as the bus counts addresses.
    pub fn start(&self) -> u64 {
        // SAFETY: allocated by the invariant.
        unsafe { bindings::kpi_res_start(&self.raw) }
    }

    /// `off` for C. `EINVAL`: it is not aligned to `width`, or not all of the `len`
    /// bytes there are in the resource.
    fn at(&self, off: usize, len: usize, width: usize) -> Result<u64> {
        match off.checked_add(len) {
            Some(end) if end <= self.size() && off.is_multiple_of(width) => Ok(off as u64),
            _ => Err(EINVAL),
        }
    }

    accessors! {
        u8: read_1 kpi_read_1, write_1 kpi_write_1;
        u16: read_2 kpi_read_2, write_2 kpi_write_2;
        u32: read_4 kpi_read_4, write_4 kpi_write_4;
        u64: read_8 kpi_read_8, write_8 kpi_write_8;
    }

    regions! {
        u8: read_region_1 kpi_read_region_1, write_region_1 kpi_write_region_1;
        u32: read_region_4 kpi_read_region_4, write_region_4 kpi_write_region_4;
    }

    /// Keeps earlier accesses to the `len` bytes at `off` before later ones.
    /// `EINVAL`: not all are in the resource.
    pub fn barrier(&self, off: usize, len: usize, which: Barrier) -> Result<()> {
        let flags = match which {
            Barrier::Read => bindings::KPI_BARRIER_READ,
            Barrier::Write => bindings::KPI_BARRIER_WRITE,
            Barrier::ReadWrite => bindings::KPI_BARRIER_READ | bindings::KPI_BARRIER_WRITE,
        };
        let off = self.at(off, len, 1)?;
        // SAFETY: as for reading.
        unsafe { bindings::kpi_barrier(&self.raw, off, len as u64, flags as c_int) };
        Ok(())
    }
}

impl Drop for Resource {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: allocated by the invariant, and not used again.
        unsafe { bindings::kpi_res_free(&mut self.raw) }
    }
}
