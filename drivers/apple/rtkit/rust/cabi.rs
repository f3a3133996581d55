// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The functions of `apple_rtkit.h` that Rust has.

use crate::bindings::{apple_rtkit, apple_rtkit_client, apple_rtkit_owner, apple_rtkit_port};
use crate::bindings::{apple_rtkit_set_owner, device_t};
use crate::coproc::Rest;
use crate::crash::Log;
use crate::handle::{Mailbox, Rtkit};
use crate::link::Hooks;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::slice;
use kpi::boxed::Box;
use kpi::dev::Device;
use kpi::errno::{Result, status};

/// The coprocessor behind a handle.
///
/// # Safety
/// `rtk` came from `apple_rtkit_get_by_index()` or `_by_name()` and was not freed;
/// the reference is not used after that.
unsafe fn of<'a>(rtk: *const apple_rtkit) -> &'a Rtkit {
    // SAFETY: the caller's promise; `get` has put it there.
    unsafe { &*apple_rtkit_owner(rtk).cast::<Rtkit>() }
}

/// Gets a coprocessor for C.
///
/// # Safety
/// `dev` is being attached; `client` is as apple_rtkit.h wants it; `rtkp` can be
/// written.
unsafe fn get(
    dev: device_t,
    mailbox: Mailbox<'_>,
    client: *const apple_rtkit_client,
    rtkp: *mut *mut apple_rtkit,
) -> Result<()> {
    // SAFETY: the caller's promise: the device lives until it was detached, and
    // what the client points to until the coprocessor was freed.
    let (dev, client) = unsafe { (Device::from_raw(dev), &*client) };
    let cpu = match client.arc_cpu_reg.is_null() {
        true => None,
        // SAFETY: the caller's promise.
        false => Some(unsafe { CStr::from_ptr(client.arc_cpu_reg) }),
    };
    // SAFETY: as above.
    let hooks = unsafe { Hooks::new(client) };
    let rtkit = Rtkit::with_hooks(dev, mailbox, cpu, hooks).and_then(Box::new);
    let rtkit = rtkit.inspect_err(|_| dev.abandon())?;
    let raw = rtkit.as_raw();
    // SAFETY: the handle is that of this coprocessor, whose memory stays in place;
    // the caller's promise for `rtkp`.
    unsafe {
        apple_rtkit_set_owner(raw, Box::into_raw(rtkit).cast());
        *rtkp = raw;
    }
    Ok(())
}

/// See apple_rtkit.h.
///
/// # Safety
/// As `get`.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_rtkit_get_by_index(
    dev: device_t,
    idx: c_int,
    client: *const apple_rtkit_client,
    rtkp: *mut *mut apple_rtkit,
) -> c_int {
    // SAFETY: the caller's promise.
    status(unsafe { get(dev, Mailbox::Index(idx), client, rtkp) })
}

/// See apple_rtkit.h.
///
/// # Safety
/// As `get`; `name` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_rtkit_get_by_name(
    dev: device_t,
    name: *const c_char,
    client: *const apple_rtkit_client,
    rtkp: *mut *mut apple_rtkit,
) -> c_int {
    // SAFETY: the caller's promise.
    status(unsafe { get(dev, Mailbox::Name(CStr::from_ptr(name)), client, rtkp) })
}

/// See apple_rtkit.h.
///
/// # Safety
/// As `of`, or null; it is not used again.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_rtkit_free(rtk: *mut apple_rtkit) {
    if !rtk.is_null() {
        // SAFETY: the caller's promise; `get` has put it there.
        let rtkit = unsafe { Box::from_raw(apple_rtkit_owner(rtk).cast::<Rtkit>()) };
        let dev = rtkit.coproc().dev;
        drop(rtkit);
        // The client's own detach goes on, whatever this returns.
        dev.abandon();
    }
}

macro_rules! life {
    ($($name:ident => $call:expr;)*) => {$(
        /// See apple_rtkit.h.
        ///
        /// # Safety
        /// As `of`.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(rtk: *mut apple_rtkit) -> c_int {
            let call: fn(&Rtkit) -> Result<()> = $call;
            // SAFETY: the caller's promise.
            status(call(unsafe { of(rtk) }))
        }
    )*};
}

life! {
    apple_rtkit_boot => |rtkit| rtkit.coproc().boot(false);
    apple_rtkit_wake => |rtkit| rtkit.coproc().boot(true);
    apple_rtkit_idle => |rtkit| rtkit.coproc().idle();
    apple_rtkit_sleep => |rtkit| rtkit.coproc().rest(Rest::Asleep);
    apple_rtkit_quiesce => |rtkit| rtkit.coproc().rest(Rest::Quiesced);
    apple_rtkit_shutdown => |rtkit| rtkit.coproc().rest(Rest::Off);
    apple_rtkit_reinit => |rtkit| rtkit.coproc().reinit();
}

/// See apple_rtkit.h.
///
/// # Safety
/// As `of`; what the port points to lives as apple_rtkit.h wants it.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_rtkit_start_ep(
    rtk: *mut apple_rtkit,
    ep: u8,
    port: *const apple_rtkit_port,
) -> c_int {
    // SAFETY: the caller's promise: until it is freed or Down, which is when nobody
    // calls the port any more.
    status(unsafe { of(rtk).coproc().start_endpoint(ep, &*port, None) })
}

/// See apple_rtkit.h.
///
/// # Safety
/// As `of`.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_rtkit_has_ep(rtk: *mut apple_rtkit, ep: u8) -> bool {
    // SAFETY: the caller's promise.
    unsafe { of(rtk) }.has_endpoint(ep)
}

/// See apple_rtkit.h.
///
/// # Safety
/// `dev` is a device; `len` bytes at `log` can be read, and do not change.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_rtkit_print_crashlog(dev: device_t, log: *const c_void, len: usize) {
    // SAFETY: the caller's promise.
    let (dev, bytes) = unsafe {
        (
            Device::from_raw(dev),
            slice::from_raw_parts(log.cast(), len),
        )
    };
    Log::new(bytes).print(dev);
    dev.abandon();
}
