// SPDX-License-Identifier: BSD-2-Clause

//! RTKit, the protocol that Apple's coprocessors speak over their mailbox, for the
//! drivers of what is behind them. See apple_rtkit(9).
//!
//! A driver makes an [`Rtkit`], boots it, and starts the endpoints that it is
//! there for, each with a [`Port`] that gets its messages. Drivers in C do the same
//! by `apple_rtkit.h`.

#![no_std]
#![deny(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

#[path = "rtkit/handle.rs"]
mod handle;
#[path = "rtkit/sram.rs"]
mod sram;

pub use handle::{Client, EP_APP, Endpoint, Mailbox, Port, Rtkit};
pub use sram::Sram;

/// What bindgen makes of apple_rtkit_var.h.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused)]
mod bindings {
    pub use kpi::bindings::*;
    include!(env!("APPLE_RTKIT_BINDINGS"));
}
