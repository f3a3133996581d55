// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Records on the wire: what a device or its firmware writes and reads.
//!
//! A record is a struct in a C header of the driver, with a size assertion; bindgen
//! makes the type in Rust of it. [`wire!`](crate::wire!) shows the compiler that such
//! a type is nothing but integers. Then it can be read from any bytes, and its bytes
//! can be sent. Fields are in the byte order of the wire: `u32::from_le(record.id)`.
//!
//! # Example
//! ```
//! use kpi::errno::EPROTO;
//! use kpi::wire;
//!
//! // Of the driver's header in C, by bindgen.
//! #[repr(C)]
//! #[derive(Clone, Copy)]
//! struct foo_event {
//!     code: u32,
//!     id: u16,
//!     flags: u16,
//! }
//!
//! wire! { foo_event { code, id, flags } }
//!
//! let bytes = [1, 0, 0, 0, 2, 1, 0, 0];
//! let event: foo_event = wire::read(&bytes).ok_or(EPROTO)?;
//! assert_eq!(u32::from_le(event.code), 1);
//! assert_eq!(u16::from_le(event.id), 0x102);
//! ```

use crate::dma::Plain;

/// A record that any bytes are a value of, and that has no padding.
///
/// # Safety
/// Only [`wire!`](crate::wire!) implements this, which checks both.
pub unsafe trait Wire: Copy + 'static {}

/// The record that `bytes` begin with; `None`: they are too few.
pub fn read<T: Wire>(bytes: &[u8]) -> Option<T> {
    let bytes = bytes.get(..size_of::<T>())?;
    // SAFETY: so many bytes are there, and any bytes are a value of a `Wire` type.
    Some(unsafe { bytes.as_ptr().cast::<T>().read_unaligned() })
}

/// The record that `bytes` begin with, and the bytes after it.
pub fn split<T: Wire>(bytes: &[u8]) -> Option<(T, &[u8])> {
    Some((read(bytes)?, bytes.get(size_of::<T>()..)?))
}

/// The bytes of a record.
pub fn bytes<T: Wire>(record: &T) -> &[u8] {
    // SAFETY: these are the record's own bytes. All of them are set, since a `Wire`
    // type has no padding.
    unsafe { core::slice::from_raw_parts(core::ptr::from_ref(record).cast(), size_of::<T>()) }
}

/// Size of a field: for [`wire!`](crate::wire!).
#[doc(hidden)]
pub const fn size<R, F: Plain>(_: fn(&R) -> &F) -> usize {
    size_of::<F>()
}

/// Implements [`Wire`] for structs: `wire! { name { field, ... } }`.
///
/// It does not compile if a field is left out, is not made of integers, or is
/// followed by padding.
#[macro_export]
macro_rules! wire {
    ($($record:ident { $($field:ident),* $(,)? })*) => {$(
        const _: () = {
            // No field is named twice or left out, ...
            #[allow(dead_code)]
            fn all($record { $($field: _),* }: &$record) {}
            // ... and nothing lies between or behind them.
            assert!(
                size_of::<$record>() == 0 $(+ $crate::wire::size(|r: &$record| &r.$field))*,
                "padding"
            );
        };
        // SAFETY: all fields are `Plain`, by the bound of `size`, and there is no
        // padding, as was just asserted.
        unsafe impl $crate::wire::Wire for $record {}
    )*};
}
