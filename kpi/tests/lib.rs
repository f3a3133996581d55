// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The tests of the KPI crate, and of RTKit's interface for clients in Rust,
//! run in the test kernel.
//!
//! Each module of the crate has a module of tests. `cases!` turns functions
//! into cases, which register themselves before `main()` as cases in C do.
//! `kt.h` declares what they need from C.

#![no_std]

mod bindings {
    #![allow(non_camel_case_types, non_upper_case_globals, dead_code)]
    include!(env!("KT_BINDINGS"));
}

#[macro_use]
mod check;

mod bus_test;
mod callout_test;
mod cdev_test;
mod dev_test;
mod dma_test;
mod errno_test;
mod fdt_test;
mod helper_test;
mod intr_test;
mod intrhook_test;
mod mem_test;
mod mtx_test;
mod pci_test;
mod pcm_test;
mod print_test;
mod random_test;
mod reg_test;
mod rtkit_test;
mod soundness_test;
mod sx_test;
mod taskq_test;
mod time_test;
mod virtio_buf_test;
mod virtio_ctl_test;
mod wire_test;

/// Runs before `main()`.
#[used]
#[unsafe(link_section = ".init_array")]
static REGISTER: extern "C" fn() = register;

extern "C" fn register() {
    for cases in [
        bus_test::CASES,
        callout_test::CASES,
        cdev_test::CASES,
        dev_test::CASES,
        dma_test::CASES,
        errno_test::CASES,
        fdt_test::CASES,
        helper_test::CASES,
        intr_test::CASES,
        intrhook_test::CASES,
        mem_test::CASES,
        mtx_test::CASES,
        pci_test::CASES,
        pcm_test::CASES,
        print_test::CASES,
        reg_test::CASES,
        random_test::CASES,
        rtkit_test::CASES,
        soundness_test::CASES,
        sx_test::CASES,
        taskq_test::CASES,
        time_test::CASES,
        virtio_buf_test::CASES,
        virtio_ctl_test::CASES,
        wire_test::CASES,
    ] {
        for case in cases {
            case.register();
        }
    }
}
