// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The smallest module in Rust: a line when it comes, a line when it goes, and a
//! counter that `sysctl kern.hello` shows. hello.c is its glue to the kernel.

#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

use core::ffi::c_int;
use core::sync::atomic::{AtomicU32, Ordering};

use kpi::println;

/// How often the module said hello. sysctl(9) reads it.
#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
static hello_greetings: AtomicU32 = AtomicU32::new(0);

/// The module is loaded: always a success.
#[unsafe(no_mangle)]
extern "C" fn hello_load() -> c_int {
    let times = hello_greetings.fetch_add(1, Ordering::Relaxed) + 1;
    println!("hello: Rust in the kernel, greeting {times}");
    0
}

/// The module goes.
#[unsafe(no_mangle)]
extern "C" fn hello_unload() {
    println!("hello: goodbye");
}
