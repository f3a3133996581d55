// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! FreeBSD's kernel programming interface for drivers in Rust.
//!
//! The safe twin of the C layer in `common/`. Most modules wrap the calls of the
//! header of the same name: `mtx` wraps `kpi_mtx.h`. Each says which type owns what,
//! and gives it back in `Drop`. Others are Rust's own: collections (`boxed`, `vec`,
//! `arc`, `cstring`), what drivers share (`virtio_ctl`, `wire`), and plumbing. Where
//! C has a verb, the method here has it too: `kpi_task_enqueue()` is
//! `Task::enqueue()`.
//!
//! It leaves out floating point, 128-bit integers and threads of one's own. The
//! memory of programs is reached only in their own reads, writes and commands
//! (`cdev`).
//!
//! Each module begins with an example, which `make test TESTS=kpi_doc_test` runs in the
//! test kernel. In the examples `dev` is the [`Device`](dev::Device) that the driver
//! attaches to.
//!
//! # Rules of the house
//! - A call that can fail returns [`Result`]; a device never causes a panic.
//! - Nothing allocates unless it takes [`Flags`](mem::Flags) or says so.
//! - A function that may sleep says "Sleepable", as the C layer does: call it in
//!   a thread or task that holds no mutex. A kernel with `WITNESS` checks that.
//! - In a filter, or with a spin mutex held, nothing is allocated or freed, no
//!   default mutex is taken and nothing is dropped that waits: the crate panics
//!   there, in every kernel. So it does when a thread takes a mutex twice.
//! - Each registration with the kernel (interrupt, task, callout, queue,
//!   channel) holds an [`Arc`](arc::Arc) of its handler, and dropping it waits
//!   until the handler has returned. So it must not be dropped in that handler.

#![no_std]
#![deny(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

pub mod arc;
pub mod boxed;
pub mod bus;
pub mod callout;
pub mod cdev;
pub mod cstring;
mod ctx;
pub mod dev;
pub mod dma;
pub mod errno;
pub mod evdev;
pub mod fdt;
pub mod ffi;
pub mod intr;
pub mod intrhook;
pub mod mem;
mod module;
pub mod mtx;
mod panic;
pub mod pci;
pub mod pcm;
pub mod prelude;
pub mod print;
pub mod random;
pub mod reg;
pub mod shutdown;
pub mod sx;
pub mod sysctl;
pub mod taskq;
pub mod time;
pub mod turn;
pub mod vec;
pub mod virtio;
mod virtio_buf;
pub mod virtio_ctl;
pub mod virtio_driver;
pub mod wire;

/// The C layer as bindgen reads it.
///
/// Public for a driver's C entry points, which are typed by it.
#[allow(
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    dead_code,
    clippy::all
)]
pub mod bindings {
    include!(env!("KPI_BINDINGS"));
}

pub use errno::{Errno, Result};
