// SPDX-License-Identifier: BSD-2-Clause

//! The tests of the KPI crate, in Rust, run in the test kernel.
//!
//! A module per module. `cases!` turns functions into cases, which register
//! themselves before `main()` as C's do; `kt.h` is what they need of C.

#![no_std]

mod bindings {
    #![allow(non_camel_case_types, non_upper_case_globals, dead_code)]
    include!(env!("KT_BINDINGS"));
}

#[macro_use]
mod check;

mod bus;
mod callout;
mod dev;
mod dma;
mod errno;
mod intr;
mod mem;
mod mtx;
mod pcm;
mod print;
mod taskq;
mod time;
mod virtio_ctl;

/// What runs before `main()`.
#[used]
#[unsafe(link_section = ".init_array")]
static REGISTER: extern "C" fn() = register;

extern "C" fn register() {
    for cases in [
        bus::CASES,
        callout::CASES,
        dev::CASES,
        dma::CASES,
        errno::CASES,
        intr::CASES,
        mem::CASES,
        mtx::CASES,
        pcm::CASES,
        print::CASES,
        taskq::CASES,
        time::CASES,
        virtio_ctl::CASES,
    ] {
        for case in cases {
            case.register();
        }
    }
}
