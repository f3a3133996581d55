// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Messages to the console and the log. Twin of the messages in `kpi_dev.h`.
//!
//! A message is formatted on the stack and printed in one piece, so that messages
//! of several threads do not mix. One that is longer than [`MESSAGE_MAX`] ends in
//! "...": nothing is cut silently.
//!
//! # Example
//! ```
//! kpi::println!("foo: {} devices", 2);
//! kpi::device_println!(dev, "version {}.{}", 1, 0);
//! # assert!(crate::check::was_printed("foo: 2 devices"));
//! # assert!(crate::check::was_printed("kt0: version 1.0"));
//! ```

use core::ffi::c_char;
use core::fmt::{self, Write};

use crate::bindings::{self, device_t};
use crate::dev::{Device, DeviceRef};

/// Room for a message, in bytes; a newline at its end takes one more.
pub const MESSAGE_MAX: usize = 255;

/// What the end of a longer message is replaced by.
const CUT: &[u8] = b"...";

/// A message in the making.
///
/// # Invariants
/// `len` is at most `MESSAGE_MAX`.
pub(crate) struct Message {
    text: [u8; MESSAGE_MAX + 1],
    len: usize,
    cut: bool,
}

impl Message {
    pub(crate) const fn new() -> Self {
        Self {
            text: [0; MESSAGE_MAX + 1],
            len: 0,
            cut: false,
        }
    }

    /// Formats `args`. A value that fails to show itself ends the message in
    /// "...", too.
    pub(crate) fn format(args: fmt::Arguments<'_>) -> Self {
        let mut message = Self::new();
        if message.write_fmt(args).is_err() {
            message.cut();
        }
        message
    }

    pub(crate) fn text(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or(&[])
    }

    /// Ends the message with "...", in place of its last characters if it is full.
    fn cut(&mut self) {
        if self.cut {
            return;
        }
        let mut keep = self.len.min(MESSAGE_MAX - CUT.len());
        // Not within a character: those bytes go on with 10xxxxxx.
        while keep > 0 && self.text.get(keep).is_some_and(|byte| byte & 0xc0 == 0x80) {
            keep -= 1;
        }
        self.len = keep;
        self.put(CUT);
        self.cut = true;
    }

    fn push_newline(&mut self) {
        self.put(b"\n");
    }

    /// Appends bytes, for which there is room.
    fn put(&mut self, bytes: &[u8]) {
        // Without indices, so that no message of a failure is linked.
        let room = self.text.get_mut(self.len..).unwrap_or(&mut []);
        for (to, from) in room.iter_mut().zip(bytes) {
            // C would end the text at a NUL.
            *to = if *from == 0 { b'?' } else { *from };
        }
        self.len += bytes.len().min(room.len());
    }
}

impl Write for Message {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.cut {
            return Ok(());
        }
        let fits = text.len().min(MESSAGE_MAX - self.len);
        self.put(text.as_bytes().get(..fits).unwrap_or(&[]));
        if fits < text.len() {
            self.cut();
        }
        Ok(())
    }
}

/// What [`println!`](crate::println) calls. Any context.
#[inline(never)]
pub fn print_line(args: fmt::Arguments<'_>) {
    let mut message = Message::format(args);
    message.push_newline();
    let text = message.text();
    // SAFETY: these bytes are there.
    unsafe { bindings::kpi_message(text.as_ptr().cast(), text.len()) }
}

/// Where a message of a device goes in C.
type Print = unsafe extern "C" fn(device_t, *const c_char, usize);

/// A device that a message is of: [`Device`] or [`DeviceRef`].
pub trait Printer: sealed::Printer {}

mod sealed {
    use super::{DeviceRef, fmt};

    pub trait Printer {
        /// Calls `print` with the device, unless that is gone.
        fn with(self, print: &mut dyn FnMut(DeviceRef<'_>)) -> fmt::Result;
    }
}

impl Printer for Device {}
impl Printer for DeviceRef<'_> {}

impl sealed::Printer for Device {
    fn with(self, print: &mut dyn FnMut(DeviceRef<'_>)) -> fmt::Result {
        Device::with(self, print).ok_or(fmt::Error)
    }
}

impl sealed::Printer for DeviceRef<'_> {
    fn with(self, print: &mut dyn FnMut(DeviceRef<'_>)) -> fmt::Result {
        print(self);
        Ok(())
    }
}

/// Prints a message of a device, or of one that is gone.
#[inline(never)]
fn print_with(print: Print, dev: impl sealed::Printer, args: fmt::Arguments<'_>) {
    let message = Message::format(args);
    let text = message.text();
    let printed = dev.with(&mut |dev| {
        // SAFETY: these bytes are there, and so is the device.
        unsafe { print(dev.as_raw(), text.as_ptr().cast(), text.len()) }
    });
    if printed.is_err() {
        print_line(format_args!("a device that is gone: {args}"));
    }
}

/// What [`device_println!`](crate::device_println) calls. Any context.
pub fn print_device_line(dev: impl Printer, args: fmt::Arguments<'_>) {
    print_with(bindings::kpi_dev_message, dev, args);
}

/// What [`device_log!`](crate::device_log) calls. Any context.
pub fn log_device_line(dev: impl Printer, args: fmt::Arguments<'_>) {
    print_with(bindings::kpi_dev_log, dev, args);
}

/// Prints a line to the console and the log: `println!("{n} frames")`.
#[macro_export]
macro_rules! println {
    ($($arg:tt)*) => {
        $crate::print::print_line(::core::format_args!($($arg)*))
    };
}

/// Prints a line of a device, after its name: `device_println!(dev, "{n} frames")`.
#[macro_export]
macro_rules! device_println {
    ($dev:expr, $($arg:tt)*) => {
        $crate::print::print_device_line($dev, ::core::format_args!($($arg)*))
    };
}

/// Puts a line of a device, after its name, into the kernel's log, and on the
/// console only while nobody reads the log: `device_log!(dev, "{n} frames")`.
#[macro_export]
macro_rules! device_log {
    ($dev:expr, $($arg:tt)*) => {
        $crate::print::log_device_line($dev, ::core::format_args!($($arg)*))
    };
}
