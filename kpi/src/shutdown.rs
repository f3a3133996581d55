// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Switching the machine off. Twin of `kpi_shutdown.h`.
//!
//! # Example
//! ```
//! use kpi::shutdown;
//!
//! /// A second warning of the battery.
//! fn battery_is_empty() {
//!     kpi::println!("foo: the battery is empty, switching off");
//!     shutdown::poweroff_nice();
//! }
//! # battery_is_empty();
//! ```

use crate::bindings;
use crate::ctx;

/// Has init(8) end all programs and then switch the machine off. Nothing tells
/// whether and when it does. Sleepable.
pub fn poweroff_nice() {
    ctx::can_block();
    // SAFETY: no preconditions but the context.
    unsafe { bindings::kpi_poweroff_nice() }
}

/// Switches the machine off now: the disks' buffers are written back, and no
/// program is ended. Returns only if another thread does so already. Sleepable,
/// with no lock held.
pub fn poweroff() {
    ctx::can_block();
    // SAFETY: no preconditions but the context.
    unsafe { bindings::kpi_poweroff() }
}
