// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The examples in the documentation of the KPI crate, run in the test kernel.
//!
//! `tools/examples.py` makes `CASES` of them. An example uses few of the checks and
//! leaves much of what it declares unused.

#![no_std]
#![allow(
    unused,
    non_camel_case_types,
    non_upper_case_globals,
    clippy::disallowed_names
)]

mod bindings {
    #![allow(non_camel_case_types, non_upper_case_globals, dead_code)]
    include!(env!("KT_BINDINGS"));
}

#[macro_use]
mod check;
mod fixture;

mod examples {
    include!(env!("KPI_EXAMPLES"));
}

/// Runs before `main()`.
#[used]
#[unsafe(link_section = ".init_array")]
static REGISTER: extern "C" fn() = register;

extern "C" fn register() {
    for case in examples::CASES {
        case.register();
    }
}
