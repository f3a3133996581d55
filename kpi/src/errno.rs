// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Error numbers, FreeBSD's `errno(2)`.
//!
//! # Example
//! ```
//! use kpi::errno::{ENXIO, Result, status};
//!
//! fn queue(number: usize) -> Result<&'static str> {
//!     ["control", "event"].get(number).copied().ok_or(ENXIO)
//! }
//!
//! assert_eq!(queue(1), Ok("event"));
//! // A function that C calls returns 0 or the number.
//! assert_eq!(status(queue(0).map(drop)), 0);
//! assert_eq!(status(queue(2).map(drop)), ENXIO.as_raw());
//! ```

use core::ffi::c_int;
use core::fmt;
use core::num::NonZeroI32;

use crate::bindings;

/// An error number: never 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(NonZeroI32);

/// What a call that can fail returns.
pub type Result<T = (), E = Errno> = core::result::Result<T, E>;

impl Errno {
    const fn constant(value: u32) -> Self {
        match NonZeroI32::new(value as i32) {
            Some(value) => Self(value),
            None => panic!("an error number of 0"),
        }
    }

    /// The error that C reported with `value`; `None` for 0, which is success.
    pub const fn from_raw(value: c_int) -> Option<Self> {
        match NonZeroI32::new(value) {
            Some(value) => Some(Self(value)),
            None => None,
        }
    }

    /// The number, for C.
    pub const fn as_raw(self) -> c_int {
        self.0.get()
    }
}

/// The result of a C call that returns 0 or an error number.
pub const fn check(ret: c_int) -> Result<()> {
    match Errno::from_raw(ret) {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

/// What a C entry point returns for `result`: 0 or the error number.
pub const fn status(result: Result<()>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(error) => error.as_raw(),
    }
}

/// Shows the name where there is one, else the number.
impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "error {}", self.as_raw()),
        }
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Errno {}

macro_rules! errnos {
    ($($name:ident $text:literal)*) => {
        $(
            #[doc = $text]
            pub const $name: Errno = Errno::constant(bindings::$name);
        )*

        /// The numbers of all of them.
        const NUMBERS: &[u8] = &[$(bindings::$name as u8),*];

        /// Their names, in the same order, each with a space behind it.
        const NAMES: &str = concat!($(stringify!($name), " "),*);
    };
}

impl Errno {
    /// Its name in C, for those defined in this module.
    // Of one text: a table of strings would be four times as long.
    pub fn name(self) -> Option<&'static str> {
        let is_it = |&number: &u8| i32::from(number) == self.as_raw();
        let place = NUMBERS.iter().position(is_it)?;
        let name = NAMES.as_bytes().split(|&byte| byte == b' ').nth(place)?;
        core::str::from_utf8(name).ok()
    }
}

errnos! {
    EPERM "Operation not permitted."
    ENOENT "No such file, name or object."
    EINTR "Interrupted."
    EIO "Input or output error."
    ENXIO "Device not configured: it is absent, stopped or going away."
    E2BIG "Longer than what there is room for."
    EBADF "Not in a state in which this can be done."
    EDEADLK "Would wait for itself."
    ENOMEM "No memory now."
    EACCES "Access denied."
    EFAULT "Bad address."
    EBUSY "In use."
    EEXIST "Exists already."
    ENODEV "Operation not supported by the device."
    EINVAL "Invalid argument."
    ENOTTY "Not a request for this device."
    EFBIG "Too large: more segments than allowed."
    ENOSPC "No room left."
    EPIPE "The other end is gone."
    EDOM "Argument out of domain."
    ERANGE "Result too large."
    EAGAIN "Not now; also what a sleep that timed out returns, as `EWOULDBLOCK`."
    EINPROGRESS "Going on."
    EALREADY "Going on already."
    EMSGSIZE "Message too long."
    ENOPROTOOPT "Protocol not available."
    EPROTONOSUPPORT "Protocol not supported."
    EOPNOTSUPP "Operation not supported."
    ENOBUFS "No buffer space."
    ENOTCONN "Not connected."
    ESHUTDOWN "Already shut down."
    ETIMEDOUT "No answer in time."
    ECONNRESET "Reset by the other side."
    ENAMETOOLONG "Name too long."
    ESTALE "Stale handle."
    ENOSYS "Function not implemented."
    ENOMSG "No message of that type."
    EOVERFLOW "Value too large for its type."
    ECANCELED "Cancelled."
    EILSEQ "Illegal byte sequence."
    EDOOFUS "Programming error."
    EBADMSG "Malformed message."
    EPROTO "The other side broke the protocol."
}

/// What a sleep that timed out returns: another name of [`EAGAIN`].
pub const EWOULDBLOCK: Errno = EAGAIN;
