// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Registers with a type: offset, width and fields, checked when the driver is
//! compiled.
//!
//! [`reg!`](crate::reg!) declares a window of registers. A register outside of its
//! window, or not aligned, does not compile, nor does a field that is not in its
//! register. [`Registers`] is a resource that has the window, so that reading and
//! writing cannot fail. Offsets and masks are those of the driver's C header.
//!
//! # Example
//! ```
//! use kpi::bus::Resource;
//! use kpi::reg::Registers;
//!
//! kpi::reg! {
//!     /// What resource 0 holds.
//!     window Foo = 0x40;
//!     /// Status.
//!     STATUS: u32 = 0x04, {
//!         /// It is busy.
//!         STATUS_BUSY = 0x01;
//!         /// Frames in its queue.
//!         STATUS_FRAMES = 0xf0;
//!     };
//! }
//!
//! let registers = Registers::<Foo>::new(Resource::new(dev, 0)?)?;
//! # registers.write(STATUS, 0x31);
//! assert_eq!(registers.get(STATUS_BUSY), 1);
//! assert_eq!(registers.get(STATUS_FRAMES), 3);
//! ```

use core::marker::PhantomData;

use crate::bindings;
use crate::bus::Resource;
use crate::errno::{ENXIO, Result};

/// A window of registers. [`reg!`](crate::reg!) implements it.
pub trait Window: Send + Sync + 'static {
    /// Its bytes.
    const SIZE: usize;
}

/// An integer that a register may have: `u8` to `u64`.
pub trait Width: Copy + sealed::Width {}

mod sealed {
    use crate::bus::Resource;

    pub trait Width {
        /// # Safety
        /// `off` is aligned to this width, and all of it is in the resource.
        unsafe fn read(res: &Resource, off: usize) -> Self;

        /// # Safety
        /// As for `read`.
        unsafe fn write(res: &Resource, off: usize, value: Self);

        fn to_u64(self) -> u64;
    }
}

macro_rules! widths {
    ($($width:ident $read:ident $write:ident;)*) => {$(
        impl Width for $width {}
        impl sealed::Width for $width {
            unsafe fn read(res: &Resource, off: usize) -> Self {
                // SAFETY: the caller's promise; the resource is mapped.
                unsafe { bindings::$read(res.raw(), off as u64) }
            }

            unsafe fn write(res: &Resource, off: usize, value: Self) {
                // SAFETY: as for reading.
                unsafe { bindings::$write(res.raw(), off as u64, value) }
            }

            fn to_u64(self) -> u64 {
                u64::from(self)
            }
        }
    )*};
}

widths! {
    u8 kpi_read_1 kpi_write_1;
    u16 kpi_read_2 kpi_write_2;
    u32 kpi_read_4 kpi_write_4;
    u64 kpi_read_8 kpi_write_8;
}

/// A register of type `T` in the window `W`.
///
/// # Invariants
/// It is aligned, and all of it is in the window.
pub struct Reg<W, T> {
    off: usize,
    of: PhantomData<fn() -> (W, T)>,
}

impl<W, T> Clone for Reg<W, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W, T> Copy for Reg<W, T> {}

impl<W: Window, T: Width> Reg<W, T> {
    /// The register at `off`. Panics, which in a constant is an error of the
    /// compiler, if it is not aligned or not in the window.
    pub const fn new(off: usize) -> Self {
        assert!(off.is_multiple_of(size_of::<T>()), "not aligned");
        assert!(
            off <= W::SIZE && size_of::<T>() <= W::SIZE - off,
            "out of the window"
        );
        Self {
            off,
            of: PhantomData,
        }
    }
}

/// Bits of a register.
///
/// # Invariants
/// `mask` is not 0.
pub struct Field<W, T> {
    register: Reg<W, T>,
    mask: u64,
}

impl<W, T> Clone for Field<W, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W, T> Copy for Field<W, T> {}

impl<W, T: Width> Field<W, T> {
    /// The bits of `mask`. Panics, which in a constant is an error of the compiler,
    /// if there are none, if they are not one beside the other, or if the register
    /// does not have them.
    pub const fn new(register: Reg<W, T>, mask: u64) -> Self {
        assert!(mask != 0, "a field without bits");
        let low = mask >> mask.trailing_zeros();
        assert!(low & low.wrapping_add(1) == 0, "bits with a gap");
        assert!(
            64 - mask.leading_zeros() as usize <= 8 * size_of::<T>(),
            "bits that the register does not have"
        );
        Self { register, mask }
    }

    /// The field of a value of the register.
    pub fn of(&self, value: T) -> u64 {
        (value.to_u64() & self.mask) >> self.mask.trailing_zeros()
    }
}

/// A mapped resource that has the window `W`.
///
/// # Invariants
/// The resource has at least `W::SIZE` bytes.
pub struct Registers<W> {
    res: Resource,
    of: PhantomData<fn() -> W>,
}

impl<W: Window> Registers<W> {
    /// The registers of a resource. `ENXIO`: it is smaller than the window.
    pub fn new(res: Resource) -> Result<Self> {
        if res.size() < W::SIZE {
            return Err(ENXIO);
        }
        Ok(Self {
            res,
            of: PhantomData,
        })
    }

    /// Reads a register. Any context.
    pub fn read<T: Width>(&self, register: Reg<W, T>) -> T {
        // SAFETY: the register is aligned and in the window, and the window in the
        // resource, by the invariants.
        unsafe { T::read(&self.res, register.off) }
    }

    /// Writes a register. Any context.
    pub fn write<T: Width>(&self, register: Reg<W, T>, value: T) {
        // SAFETY: as for reading.
        unsafe { T::write(&self.res, register.off, value) }
    }

    /// Reads a field of its register. Any context.
    pub fn get<T: Width>(&self, field: Field<W, T>) -> u64 {
        field.of(self.read(field.register))
    }
}

/// Declares a window, its registers, and their fields, by the names of C:
///
/// ```
/// # const FOO_SIZE: u32 = 8;
/// # const FOO_STATUS: u32 = 4;
/// # const FOO_STATUS_BUSY: u32 = 1;
/// kpi::reg! {
///     /// What BAR 0 holds.
///     window Bar0 = FOO_SIZE;
///     /// Status.
///     STATUS: u32 = FOO_STATUS, {
///         /// It is busy.
///         STATUS_BUSY = FOO_STATUS_BUSY;
///     };
/// }
/// ```
///
/// A register or field is a constant. It does not compile if it is not all in the
/// window, or in the register.
#[macro_export]
macro_rules! reg {
    (
        $(#[$doc:meta])* $vis:vis window $window:ident = $size:expr;
        $(
            $(#[$reg_doc:meta])* $reg:ident: $width:ty = $off:expr
            $(, { $($(#[$field_doc:meta])* $field:ident = $mask:expr;)* })?;
        )*
    ) => {
        $(#[$doc])*
        $vis enum $window {}
        impl $crate::reg::Window for $window {
            const SIZE: usize = $size as usize;
        }
        $(
            $(#[$reg_doc])*
            $vis const $reg: $crate::reg::Reg<$window, $width> =
                $crate::reg::Reg::new($off as usize);
            $($(
                $(#[$field_doc])*
                $vis const $field: $crate::reg::Field<$window, $width> =
                    $crate::reg::Field::new($reg, $mask as u64);
            )*)?
        )*
    };
}
