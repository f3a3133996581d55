// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What drivers in C call: see `apple_smc.h`.

use core::ffi::{c_int, c_void};
use core::slice;

use kpi::errno::{EINVAL, status};

use crate::bindings::{apple_smc_key_info as KeyInfoC, device_t};
use crate::device::smc_of;
use crate::key::Key;
use crate::message::VALUE_MAX;
use crate::turn::Asker;

/// The bytes that C wants filled; `EINVAL` if there are none, or more than a value
/// has.
///
/// # Safety
///
/// Unless `size` is 0, `buf` has room for so many bytes, which nobody else uses.
unsafe fn room<'b>(buf: *mut c_void, size: usize) -> kpi::Result<&'b mut [u8]> {
    match size {
        // SAFETY: the caller's contract.
        1..=VALUE_MAX => Ok(unsafe { slice::from_raw_parts_mut(buf.cast(), size) }),
        _ => Err(EINVAL),
    }
}

/// The bytes that C has, likewise.
///
/// # Safety
///
/// Unless `len` is 0, so many bytes are at `buf`, which nobody changes.
unsafe fn data<'b>(buf: *const c_void, len: usize) -> kpi::Result<&'b [u8]> {
    match len {
        // SAFETY: the caller's contract.
        1..=VALUE_MAX => Ok(unsafe { slice::from_raw_parts(buf.cast(), len) }),
        _ => Err(EINVAL),
    }
}

/// Whether the two overlap: then they cannot be borrowed as input and as
/// output.
fn overlap(data: *const c_void, len: usize, room: *const c_void, size: usize) -> bool {
    let (data, room) = (data.addr(), room.addr());
    data < room.saturating_add(size) && room < data.saturating_add(len)
}

/// See apple_smc.h.
///
/// # Safety
///
/// The device stays attached; `info` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_key_info(smc: device_t, key: u32, info: *mut KeyInfoC) -> c_int {
    // SAFETY: the caller's contract.
    let smc = unsafe { smc_of(smc) };
    let found = smc.and_then(|smc| smc.info(Asker::Kernel, Key::from_raw(key)));
    status(found.map(|found| {
        let found = KeyInfoC {
            aki_size: found.size,
            aki_flags: found.flags,
            aki_type: found.name.as_raw(),
        };
        // SAFETY: the caller's contract.
        unsafe { info.write(found) }
    }))
}

/// See apple_smc.h.
///
/// # Safety
///
/// The device stays attached; `key` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_key_by_index(smc: device_t, idx: u32, key: *mut u32) -> c_int {
    // SAFETY: the caller's contract.
    let smc = unsafe { smc_of(smc) };
    let found = smc.and_then(|smc| smc.key_by_index(idx));
    // SAFETY: the caller's contract.
    status(found.map(|found| unsafe { key.write(found.as_raw()) }))
}

/// See apple_smc.h.
///
/// # Safety
///
/// The device stays attached; there is room as C says.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_read(
    smc: device_t,
    key: u32,
    buf: *mut c_void,
    size: usize,
    lenp: *mut usize,
) -> c_int {
    // SAFETY: the caller's contract.
    let (smc, room) = unsafe { (smc_of(smc), room(buf, size)) };
    let bytes = smc.and_then(|smc| smc.read(Asker::Kernel, Key::from_raw(key), room?));
    // SAFETY: the caller's contract.
    status(bytes.map(|bytes| unsafe { lenp.write(bytes.len()) }))
}

/// See apple_smc.h.
///
/// # Safety
///
/// The device stays attached; the bytes are there.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_write(
    smc: device_t,
    key: u32,
    buf: *const c_void,
    len: usize,
) -> c_int {
    // SAFETY: the caller's contract.
    let (smc, data) = unsafe { (smc_of(smc), data(buf, len)) };
    status(smc.and_then(|smc| smc.write(Key::from_raw(key), data?)))
}

/// See apple_smc.h.
///
/// # Safety
///
/// The device stays attached; bytes and room are as C says.
#[unsafe(no_mangle)]
unsafe extern "C" fn apple_smc_rw(
    smc: device_t,
    key: u32,
    wbuf: *const c_void,
    wlen: usize,
    buf: *mut c_void,
    size: usize,
    lenp: *mut usize,
) -> c_int {
    if overlap(wbuf, wlen, buf, size) {
        return EINVAL.as_raw();
    }
    // SAFETY: the caller's contract; what is written is not what is read.
    let (smc, data, room) = unsafe { (smc_of(smc), data(wbuf, wlen), room(buf, size)) };
    let bytes = smc.and_then(|smc| smc.read_write(Key::from_raw(key), data?, room?));
    // SAFETY: the caller's contract.
    status(bytes.map(|bytes| unsafe { lenp.write(bytes.len()) }))
}
