// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Strings for C in kernel memory.
//!
//! # Example
//! ```
//! use kpi::cstring::CString;
//!
//! let name = CString::format(format_args!("queue{}", 3))?;
//! assert_eq!(&*name, c"queue3");
//! ```

use core::ffi::CStr;
use core::fmt::{self, Write};
use core::ops::Deref;

use crate::errno::{EINVAL, Result};
use crate::mem::{Flags, MallocType};
use crate::vec::Vec;

/// Owns a string that ends with a NUL.
///
/// # Invariants
/// The last byte is NUL, and no other is.
pub struct CString(Vec<u8>);

impl CString {
    /// Copies `bytes` into new memory of type devbuf. `EINVAL`: there is a NUL in
    /// them. Sleepable.
    pub fn new(bytes: &[u8]) -> Result<Self> {
        Self::new_in(bytes, MallocType::devbuf(), Flags::WaitOk)
    }

    /// Copies `bytes`. `EINVAL`: there is a NUL in them. Sleepable with `WaitOk`.
    pub fn new_in(bytes: &[u8], mtype: MallocType, flags: Flags) -> Result<Self> {
        let mut text = Vec::with_capacity_in(bytes.len().saturating_add(1), mtype, flags)?;
        text.extend_from_slice(bytes, flags)?;
        Self::from_vec(text, flags)
    }

    /// [`CString::format_in`] new memory of type devbuf. Sleepable.
    pub fn format(args: fmt::Arguments<'_>) -> Result<Self> {
        Self::format_in(args, MallocType::devbuf(), Flags::WaitOk)
    }

    /// Formats into a string of just the size that it needs, as asprintf(3) does.
    /// `EINVAL`: a NUL in it, or a value that cannot be shown. Sleepable with
    /// `WaitOk`.
    pub fn format_in(args: fmt::Arguments<'_>, mtype: MallocType, flags: Flags) -> Result<Self> {
        let mut count = Count(0);
        count.write_fmt(args).map_err(|_| EINVAL)?;
        let mut text = Text {
            bytes: Vec::with_capacity_in(count.0.saturating_add(1), mtype, flags)?,
            flags,
        };
        text.write_fmt(args).map_err(|_| EINVAL)?;
        Self::from_vec(text.bytes, flags)
    }

    fn from_vec(mut text: Vec<u8>, flags: Flags) -> Result<Self> {
        if text.contains(&0) {
            return Err(EINVAL);
        }
        text.push_with(0, flags)?;
        Ok(Self(text))
    }

    /// The string, borrowed.
    pub fn as_c_str(&self) -> &CStr {
        // SAFETY: by the invariant the one NUL is at the end.
        unsafe { CStr::from_bytes_with_nul_unchecked(&self.0) }
    }
}

impl Deref for CString {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        self.as_c_str()
    }
}

impl fmt::Debug for CString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_c_str().fmt(f)
    }
}

/// Counts what is written to it.
struct Count(usize);

impl Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_add(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}

/// Keeps what is written to it.
struct Text {
    bytes: Vec<u8>,
    flags: Flags,
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes
            .extend_from_slice(text.as_bytes(), self.flags)
            .map_err(|_| fmt::Error)
    }
}
