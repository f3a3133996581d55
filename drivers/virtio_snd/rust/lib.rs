// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! virtio_snd(4): the virtio sound device, VIRTIO 1.2, 5.14.
//!
//! Everything but the data path, which is virtio_snd_ring.c, and the glue to newbus,
//! which is virtio_snd.c:
//!
//! - [`card`]: attach and detach;
//! - [`info`], [`format`](mod@format), [`chmap`]: the records that describe
//!   streams, checked;
//! - [`control`]: requests to the device;
//! - [`wire`]: the records in them;
//! - [`stream`]: the states of a stream, and its task;
//! - [`channel`]: a stream as sound(4) sees it;
//! - [`power`]: suspend and resume, and a device that needs a reset;
//! - [`event`], [`jack`]: events that the device sends;
//! - [`ctl_info`], [`ctl`], [`ctl_sysctl`], [`mixer`]: control elements: the
//!   records that describe them, requests about them, and how sysctl(8) and
//!   mixer(8) show them;
//! - [`ring`]: owners of what the C makes;
//! - [`sdt`]: probes of dtrace(1).

#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]
#![deny(clippy::undocumented_unsafe_blocks)]

mod card;
mod channel;
mod chmap;
mod control;
mod ctl;
mod ctl_info;
mod ctl_sysctl;
mod event;
mod format;
mod info;
mod jack;
mod mixer;
mod power;
mod ring;
mod sdt;
mod stream;
mod wire;

/// What bindgen makes of virtio_snd_var.h.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused)]
mod bindings {
    pub use kpi::bindings::*;
    include!(env!("VIRTIO_SND_BINDINGS"));
}
