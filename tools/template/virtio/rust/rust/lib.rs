// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! foo(4): a virtio device that fills buffers.
//!
//! The fields of [`Foo`] are what attach has made, in the order in which they are
//! dropped. Detach drops the state, and so does an attach that fails half-way.
//! foo.c is the glue to newbus.

#![no_std]
#![deny(
    missing_docs,
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicU64, Ordering};

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EINVAL, ENXIO, Result, status};
use kpi::mtx::Mtx;
use kpi::sysctl::Sysctl;
use kpi::virtio::{
    Buffers, F_EVENT_IDX, F_VERSION_1, QueueHandler, QueueSpec, QueueUser, Queues, Stopped,
    VirtQueue, Virtio,
};

use crate::bindings::{FOO_BUFFER, FOO_VQ, device_t, kpi_virtio};

/// What bindgen makes of foo_var.h.
#[allow(missing_docs, non_camel_case_types, non_upper_case_globals, unused)]
mod bindings {
    pub use kpi::bindings::*;
    include!(env!("FOO_BINDINGS"));
}

/// Bytes of a buffer.
const BUFFER: usize = FOO_BUFFER as usize;

/// Buffers on the queue.
const BUFFERS: usize = 1;

/// The queue, whose interrupt it handles, and its buffers.
struct Queue {
    dev: Device,
    buffers: Mtx<Buffers>,
    bytes: AtomicU64,
}

impl Queue {
    /// A queue without its virtqueue. Sleepable.
    fn new(dev: Device) -> Result<Self> {
        let buffers = Buffers::new(dev, BUFFERS, &[BUFFER], 0)?;
        Ok(Queue {
            dev,
            buffers: Mtx::new(c"foo", buffers)?,
            bytes: AtomicU64::new(0),
        })
    }

    /// Gives it its virtqueue, and the virtqueue its buffers. `EINVAL`: it is not the
    /// handler of that virtqueue.
    fn bind(&self, queue: VirtQueue) -> Result<()> {
        if !queue.is_handled_by(self) {
            return Err(EINVAL);
        }
        let mut buffers = self.buffers.lock();
        buffers.bind(queue)?;
        (0..BUFFERS).try_for_each(|chain| buffers.send(chain, &[BUFFER]))
    }

    /// Gives a buffer to the device again.
    fn give(&self, buffers: &mut Buffers, chain: usize) {
        if let Err(error) = buffers.send(chain, &[BUFFER]) {
            device_println!(self.dev, "the queue takes no buffer: {}", error);
        }
    }
}

impl QueueHandler for Queue {
    fn intr(&self) {
        let mut buffers = self.buffers.lock();
        loop {
            while let Some(used) = buffers.take() {
                let Some(chain) = used.chain else { continue };
                let len = used.len.min(FOO_BUFFER);
                self.bytes.fetch_add(len.into(), Ordering::Relaxed);
                self.give(&mut buffers, chain);
            }
            buffers.notify();
            if !buffers.enable_intr() {
                break;
            }
        }
    }
}

impl QueueUser for Queue {
    fn stopped(&self, proof: &Stopped) {
        self.buffers.lock().reclaim(proof);
    }

    fn restarted(&self) {
        let mut buffers = self.buffers.lock();
        // Nothing was put on the queue yet.
        let _ = buffers.enable_intr();
        (0..BUFFERS).for_each(|chain| self.give(&mut buffers, chain));
    }

    fn ready(&self) {
        self.buffers.lock().notify();
    }
}

/// An attached device.
struct Foo {
    dev: Device,
    /// Its drop resets the device, and takes the buffers back.
    queues: Queues,
    /// After its drop no program reads the counter any more.
    _sysctl: Sysctl,
}

impl Foo {
    /// Attaches the device. Sleepable.
    fn attach(dev: Device, mut virtio: Virtio) -> Result<Box<Self>> {
        let agreed = virtio.negotiate(F_VERSION_1 | F_EVENT_IDX)?;
        if agreed & F_VERSION_1 == 0 {
            return Err(ENXIO);
        }
        let queue = Arc::new(Queue::new(dev)?)?;
        let sysctl = Sysctl::new(dev)?;
        let descr = c"Bytes that the device has sent";
        sysctl.counter_of(None, c"bytes", descr, &queue, |q| &q.bytes)?;
        let mut queues = virtio.setup_queues([QueueSpec::new(c"foo", 1).handler(&queue)])?;
        queue.bind(queues.take(FOO_VQ)?)?;
        let foo = Box::new(Foo {
            dev,
            queues,
            _sysctl: sysctl,
        })?;
        foo.queues.driver_ok();
        Ok(foo)
    }
}

/// The C glue's attach; see foo_var.h.
///
/// # Safety
///
/// The device is being attached, `kv` lies in its softc, `state` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn foo_attach_state(
    dev: device_t,
    kv: *mut kpi_virtio,
    state: *mut *mut c_void,
) -> c_int {
    // SAFETY: the caller's contract: the device lives until detach has succeeded.
    let dev = unsafe { Device::from_raw(dev) };
    // SAFETY: so does its softc; nothing of a config space is read.
    let virtio = unsafe { Virtio::from_raw(dev, kv, 0) };
    let attached = virtio
        .and_then(|virtio| Foo::attach(dev, virtio))
        .map(|attached| {
            // SAFETY: the caller's contract.
            unsafe { *state = Box::into_raw(attached).cast() }
        });
    if let Err(error) = attached {
        device_println!(dev, "cannot attach: error {}", error.as_raw());
        dev.abandon();
    }
    status(attached)
}

/// The C glue's detach.
///
/// # Safety
///
/// `state` came from `foo_attach_state` and was not detached.
#[unsafe(no_mangle)]
unsafe extern "C" fn foo_detach_state(state: *mut c_void) -> c_int {
    // SAFETY: the caller's contract.
    let foo = unsafe { Box::from_raw(state.cast::<Foo>()) };
    let dev = foo.dev;
    drop(foo);
    status(dev.end())
}

/// The C glue's suspend.
///
/// # Safety
///
/// As for `foo_detach_state`; no other function uses the state meanwhile.
#[unsafe(no_mangle)]
unsafe extern "C" fn foo_suspend_state(state: *mut c_void) {
    // SAFETY: the caller's contract.
    unsafe { &mut *state.cast::<Foo>() }.queues.stop();
}

/// The C glue's resume.
///
/// # Safety
///
/// As for `foo_suspend_state`.
#[unsafe(no_mangle)]
unsafe extern "C" fn foo_resume_state(state: *mut c_void) -> c_int {
    // SAFETY: the caller's contract.
    status(unsafe { &mut *state.cast::<Foo>() }.queues.restart())
}
