// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! foo(4): a driver without a device. It keeps a number. foo.c is its glue to the
//! kernel.

#![no_std]
#![deny(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

use core::ffi::c_int;
use core::sync::atomic::{AtomicU32, Ordering};

use kpi::errno::{EINVAL, Result, status};

use crate::bindings::FOO_MAX;

/// What bindgen makes of foo_var.h.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused)]
mod bindings {
    pub use kpi::bindings::*;
    include!(env!("FOO_BINDINGS"));
}

/// The number.
static VALUE: AtomicU32 = AtomicU32::new(0);

/// Keeps a number. `EINVAL`: it is more than [`FOO_MAX`].
fn set(value: u32) -> Result<()> {
    if value > FOO_MAX {
        return Err(EINVAL);
    }
    VALUE.store(value, Ordering::Release);
    Ok(())
}

/// See foo_var.h.
#[unsafe(no_mangle)]
extern "C" fn foo_set(value: u32) -> c_int {
    status(set(value))
}

/// See foo_var.h.
#[unsafe(no_mangle)]
extern "C" fn foo_get() -> u32 {
    VALUE.load(Ordering::Acquire)
}
