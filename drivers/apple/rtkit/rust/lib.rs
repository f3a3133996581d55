// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! RTKit, the protocol that Apple's coprocessors speak over their mailbox, for the
//! drivers of what is behind them. See apple_rtkit(9).
//!
//! A driver makes an [`Rtkit`], boots it, and starts the endpoints that it is
//! there for, each with a [`Port`] that gets its messages. Drivers in C do the same
//! by `apple_rtkit.h`.
//!
//! Here is the protocol. The data path, of filter, queue and thread, is
//! `apple_rtkit_queue.c`. The vendor has published no documentation. The
//! messages are those on which public drivers agree.
//! `docs/reference/rtkit-messages.md` lists them.
//!
//! - [`handle`], [`cabi`]: what drivers in Rust and in C see;
//! - [`coproc`]: a coprocessor, its state, and the threads that wait for it;
//! - [`power`]: boot, sleep, and the end;
//! - [`mgmt`], [`epmap`], [`buffer`], [`crashlog`], [`syslog`], [`ioreport`],
//!   [`oslog`]: the messages, by endpoint;
//! - [`crash`]: what a crash log says;
//! - [`wire`]: the records of apple_rtkit_reg.h;
//! - [`link`], [`cpu`]: owners of what the C makes, and of the CPU's control;
//! - [`sram`]: memory of the firmware's own, for drivers that have mapped it;
//! - [`limit`]: how many lines are printed in a second.
//!
//! Left out: the messages of kdebug and of tracekit, whose meaning is unknown.

#![no_std]
#![deny(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

mod buffer;
mod cabi;
mod coproc;
mod cpu;
mod crash;
mod crashlog;
mod epmap;
mod handle;
mod ioreport;
mod limit;
mod link;
mod mgmt;
mod oslog;
mod power;
mod sram;
mod syslog;
mod wire;

pub use handle::{Client, EP_APP, Endpoint, Mailbox, Port, Rtkit};
pub use sram::Sram;

/// What bindgen makes of apple_rtkit_var.h.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused)]
mod bindings {
    pub use kpi::bindings::*;
    include!(env!("APPLE_RTKIT_BINDINGS"));
}
