// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! apple_smc(4): the System Management Controller of Apple's machines, a
//! coprocessor that has a table of keys with a value each, on RTKit's endpoint 0x20.
//!
//! Here is everything but the glue to newbus and gpio(4), which is apple_smc.c and
//! apple_smc_gpio.c:
//!
//! - [`device`]: attach and detach, suspend, shutdown, and what C calls;
//! - [`api`]: what other drivers in C call;
//! - [`smc`]: starting the SMC; commands, one at a time;
//! - [`turn`]: the order in which threads send commands;
//! - [`link`]: answers, notifications and crashes;
//! - [`message`]: the messages;
//! - [`key`], [`value`]: keys, their types, their values;
//! - [`sensor`], [`key_sysctl`]: keys as sysctl(9) nodes;
//! - [`hwmon`]: sensors and fans as the device tree names them;
//! - [`event`]: notifications, crashes;
//! - [`battery`]: what the battery does, in words;
//! - [`acpi`]: the battery under the names of acpi(4);
//! - [`fan`]: setting fans;
//! - [`charge`]: setting how the battery is charged;
//! - [`alarm`]: the alarm of a nearly empty battery;
//! - [`input`]: the power button and the lid;
//! - pins: [`gpio`];
//! - [`sdt`]: probes of dtrace(1).
//!
//! The clock and what the boot loader is told are in C, apple_smc_rtc.c and
//! apple_smc_boot.c. Left out: interrupts of pins.

#![no_std]
#![deny(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

mod acpi;
mod alarm;
mod api;
mod battery;
mod charge;
mod device;
mod event;
mod fan;
mod gpio;
mod hwmon;
mod input;
mod key;
mod key_sysctl;
mod link;
mod message;
mod sdt;
mod sensor;
mod smc;
mod turn;
mod value;

/// What bindgen makes of apple_smc_var.h.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused)]
mod bindings {
    pub use kpi::bindings::*;
    include!(env!("APPLE_SMC_BINDINGS"));
}
