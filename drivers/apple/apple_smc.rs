// SPDX-License-Identifier: BSD-2-Clause

//! apple_smc(4): the System Management Controller of Apple's machines, a
//! coprocessor that has a table of keys with a value each, on RTKit's endpoint 0x20.
//!
//! Here is everything but the glue to newbus and gpio(4), which is apple_smc.c and
//! apple_smc_gpio.c:
//!
//! - [`card`]: attach and detach, suspend, shutdown, and what C calls;
//! - [`api`]: what other drivers in C call;
//! - [`smc`]: starting the SMC; commands, one at a time;
//! - [`turn`]: whose command is the next;
//! - [`link`]: what comes from it;
//! - [`message`]: the messages;
//! - [`key`], [`value`]: keys, their types, their values;
//! - [`sensor`], [`pick`]: keys as sysctl(9) nodes;
//! - [`event`]: notifications, crashes;
//! - pins: [`gpio`].
//!
//! Left out: the clock (CLKM), setting fans, interrupts of pins, and the flags that
//! other systems leave for the boot loader in the PMU's memory.

#![no_std]
#![deny(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

#[path = "smc/api.rs"]
mod api;
#[path = "smc/card.rs"]
mod card;
#[path = "smc/event.rs"]
mod event;
#[path = "smc/gpio.rs"]
mod gpio;
#[path = "smc/key.rs"]
mod key;
#[path = "smc/link.rs"]
mod link;
#[path = "smc/message.rs"]
mod message;
#[path = "smc/pick.rs"]
mod pick;
#[path = "smc/sensor.rs"]
mod sensor;
#[path = "smc/smc.rs"]
mod smc;
#[path = "smc/turn.rs"]
mod turn;
#[path = "smc/value.rs"]
mod value;

/// What bindgen makes of apple_smc_var.h.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused)]
mod bindings {
    pub use kpi::bindings::*;
    include!(env!("APPLE_SMC_BINDINGS"));
}
