// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Cases, and the functions that check in them.

use core::ffi::{CStr, c_int, c_void};
use core::fmt::{self, Debug};
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use kpi::bindings::device_t;
use kpi::boxed::Box;
use kpi::cstring::CString;
use kpi::dev::Device;
use kpi::errno::status;
use kpi::mem::{Flags, MallocType};
use kpi::time::Sbt;

use crate::bindings;

/// A case. It passes when the body returns, or when the kernel stops it with a
/// line that contains `stops`. A case that is `threaded` runs all threads at
/// once.
pub struct Case {
    pub name: &'static CStr,
    pub body: extern "C" fn(),
    pub threaded: bool,
    /// Only in the debug kernel's program.
    pub debug: bool,
    pub stops: Option<&'static CStr>,
}

impl Case {
    pub fn register(&self) {
        if self.debug && !cfg!(debug_assertions) {
            return;
        }
        let stops = self.stops.map_or(ptr::null(), CStr::as_ptr);
        // SAFETY: the strings are static, and the body may be called at any time.
        unsafe { bindings::kt_case(self.name.as_ptr(), Some(self.body), self.threaded, stops) }
    }
}

/// Makes `CASES` of functions. `stops "text"` before a function says that the
/// kernel must stop it, `threaded true` that all its threads run at once, and
/// `debug true` that it shows a rule of the debug kernel: the release kernel's
/// program does not have that case.
macro_rules! cases {
    ($(
        $(debug $debug:literal)? $(stops $stops:literal)? $(threaded $threaded:literal)?
        fn $name:ident() $body:block
    )*) => {
        pub const CASES: &[$crate::check::Case] = &[$(
            $crate::check::Case {
                name: $crate::check::c_str(concat!(stringify!($name), "\0")),
                body: {
                    extern "C" fn body() {
                        $name()
                    }
                    body
                },
                threaded: cases!(@threaded $($threaded)?),
                debug: cases!(@debug $($debug)?),
                stops: cases!(@stops $($stops)?),
            }
        ),*];
        $(fn $name() $body)*
    };
    (@threaded) => { false };
    (@threaded $threaded:literal) => { $threaded };
    (@debug) => { false };
    (@debug $debug:literal) => { $debug };
    (@stops) => { None };
    (@stops $stops:literal) => {
        Some($crate::check::c_str(concat!($stops, "\0")))
    };
}

pub const fn c_str(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a NUL in a name"),
    }
}

/// Ends the case as failed.
#[track_caller]
pub fn fail(what: fmt::Arguments<'_>) -> ! {
    let place = Location::caller();
    // A lock may be held here.
    let text = CString::format_in(what, MallocType::devbuf(), Flags::NoWait);
    let text = text.as_deref().unwrap_or(c"no memory for what failed");
    // SAFETY: the strings live until the call, which does not return, is over.
    unsafe {
        bindings::kt_fail(
            place.file_as_c_str().as_ptr(),
            place.line() as i32,
            text.as_ptr(),
        )
    }
}

/// Fails the case unless the condition is true.
macro_rules! check {
    ($cond:expr) => {
        if !$cond {
            $crate::check::fail(format_args!("not true: {}", stringify!($cond)));
        }
    };
}

/// Fails the case unless both values are the same.
#[track_caller]
pub fn eq<A: Debug + PartialEq<B>, B: Debug>(a: A, b: B) {
    if a != b {
        fail(format_args!("{a:?} is not {b:?}"));
    }
}

/// Returns the value of a call that must succeed.
#[track_caller]
pub fn ok<T, E: Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(format_args!("failed: {error:?}")),
    }
}

/// Returns the value of an option that must have one.
#[track_caller]
pub fn some<T>(value: Option<T>) -> T {
    match value {
        Some(value) => value,
        None => fail(format_args!("nothing")),
    }
}

/// Returns the error of a call that must fail.
#[track_caller]
pub fn err<T, E>(result: Result<T, E>) -> E {
    match result {
        Ok(_) => fail(format_args!("did not fail")),
        Err(error) => error,
    }
}

/// While this value lives, the `nth` call of `name` fails, counted from its
/// creation.
pub struct Fault;

impl Fault {
    pub fn new(name: &CStr, nth: i32) -> Self {
        // SAFETY: the name is read during the call.
        unsafe { bindings::kt_fault(name.as_ptr(), nth) };
        Self
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        // SAFETY: 0 clears, whatever the name.
        unsafe { bindings::kt_fault(c"".as_ptr(), 0) }
    }
}

/// The device that a driver of the tests attaches to, one at a time.
static ATTACHED: AtomicPtr<Device> = AtomicPtr::new(ptr::null_mut());

/// Turns the pointer that a driver's attach gets into its device.
pub fn attached(raw: *mut c_void) -> Device {
    // SAFETY: the glue gives the device, which lives until its driver's detach, or
    // its failing attach, calls `detached`.
    let dev = unsafe { Device::from_raw(raw as device_t) };
    let kept = Box::into_raw(ok(Box::new(dev)));
    check!(ATTACHED.swap(kept, Ordering::Relaxed).is_null());
    dev
}

/// Ends a driver's detach, or an attach that fails, and returns the errno for
/// it. If anything still holds the device, it is not detached.
pub fn detached() -> c_int {
    let kept = ATTACHED.load(Ordering::Relaxed);
    check!(!kept.is_null());
    // SAFETY: `attached` left it there.
    let ended = unsafe { *kept }.end();
    if ended.is_ok() {
        ATTACHED.store(ptr::null_mut(), Ordering::Relaxed);
        // SAFETY: as above, and it is not there any more.
        drop(unsafe { Box::from_raw(kept) });
    }
    status(ended)
}

/// Sleeps for about so long, so that the other threads run.
pub fn pause_ms(ms: i32) {
    // SAFETY: cases run in a thread that may sleep.
    unsafe { bindings::kt_pause_ms(ms) }
}

/// Says whether the kernel has panicked.
pub fn panicked(on: bool) {
    // SAFETY: cases run in a thread, in deterministic mode.
    unsafe { bindings::kt_panicked(on) }
}

/// The text that was printed since boot.
pub fn printed() -> &'static CStr {
    // SAFETY: the text stays, and only grows while nothing is printed.
    unsafe { CStr::from_ptr(bindings::kt_msgbuf()) }
}

/// True if `text` was printed.
pub fn was_printed(text: &str) -> bool {
    printed()
        .to_bytes()
        .windows(text.len())
        .any(|at| at == text.as_bytes())
}

/// Milliseconds, for short.
pub const fn ms(n: i64) -> Sbt {
    Sbt::from_millis(n)
}
