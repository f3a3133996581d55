// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::virtio::Buffers`].

use core::ffi::{c_int, c_void};

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::dev::Device;
use kpi::errno::{EBUSY, EINVAL, ENXIO, Result, status};
use kpi::mtx::Mtx;
use kpi::virtio::{
    Buffers, F_VERSION_1, QueueHandler, QueueSpec, QueueUser, Queues, Stopped, Virtio,
};

use crate::bindings::{self, KT_ECHO, KT_HOLD, kt_answer, kt_virtio_driver};
use crate::check::{attached, detached, eq, err, ok, pause_ms, some};
use crate::dev_test::on_device;

/// A queue whose chains have a request of 4 bytes and a response of 8.
struct Chains {
    buffers: Mtx<Buffers>,
}

impl QueueHandler for Chains {
    fn intr(&self) {}
}

impl QueueUser for Chains {
    fn stopped(&self, proof: &Stopped) {
        self.buffers.lock().reclaim(proof);
    }

    /// Notifies the device, which is too early.
    fn restarted(&self) {
        let mut buffers = self.buffers.lock();
        ok(buffers.send(0, &[4, 8]));
        buffers.notify();
    }
}

struct Card {
    queues: Queues,
    chains: Arc<Chains>,
}

fn buffers(dev: Device) -> Result<Buffers> {
    Buffers::new(dev, 2, &[4, 8], 1)
}

impl Card {
    fn attach(dev: Device, mut virtio: Virtio) -> Result<Box<Self>> {
        virtio.negotiate(F_VERSION_1)?;
        let chains = Arc::new(Chains {
            buffers: Mtx::new(c"kt buffers", buffers(dev)?)?,
        })?;
        let spec = QueueSpec::new(c"chains", 2).handler(&chains);
        let mut queues = virtio.setup_queues([spec])?;
        chains.buffers.lock().bind(queues.take(0)?)?;
        queues.driver_ok();
        Box::new(Self { queues, chains })
    }
}

unsafe extern "C" fn attach(
    dev: *mut c_void,
    virtio: *mut c_void,
    state: *mut *mut c_void,
) -> c_int {
    let dev = attached(dev);
    // SAFETY: the glue gives the device's struct, which lives as long; its config
    // space has four bytes.
    let virtio = unsafe { Virtio::from_raw(dev, virtio.cast(), 4) };
    let result = virtio
        .and_then(|virtio| Card::attach(dev, virtio))
        .map(|card| {
            // SAFETY: `state` is there to be written.
            unsafe { state.write(Box::into_raw(card).cast()) }
        });
    if result.is_err() {
        eq(detached(), 0);
    }
    status(result)
}

unsafe extern "C" fn detach(state: *mut c_void) -> c_int {
    // SAFETY: attach made it, and it is detached once.
    drop(unsafe { Box::<Card>::from_raw(state.cast()) });
    detached()
}

const DRIVER: &kt_virtio_driver = &kt_virtio_driver {
    attach: Some(attach),
    detach: Some(detach),
};

/// Runs `test` on a device that answers like `how`, then detaches it.
fn on_queue(how: kt_answer, test: impl FnOnce(&mut Card)) {
    let mut state = core::ptr::null_mut();
    let bus = c"virtio_pci";
    // SAFETY: the driver is static; the state is what attach() leaves.
    let error = unsafe { bindings::kt_virtio_attach(DRIVER, bus.as_ptr(), how, &mut state) };
    eq(error, 0);
    // SAFETY: the device is attached, and nobody else has its state.
    test(unsafe { &mut *state.cast::<Card>() });
    // SAFETY: the device is attached.
    unsafe { bindings::kt_virtio_detach() }
}

cases! {
    fn buffers_of_nothing_are_not_made() {
        on_device(|dev| {
            eq(Buffers::new(dev, 1, &[4, 0], 1).err(), Some(EINVAL));
            eq(Buffers::new(dev, 1, &[4], 2).err(), Some(EINVAL));
        });
    }

    fn buffers_refuse_what_is_not_all_inside() {
        on_device(|dev| {
            let mut buffers = ok(buffers(dev));
            ok(buffers.write(1, 0, 0, &[1, 2, 3, 4]));
            let mut bytes = [0; 4];
            ok(buffers.read(1, 0, 0, &mut bytes));
            eq(bytes, [1, 2, 3, 4]);
            for (chain, index, off) in [(2, 0, 0), (1, 2, 0), (1, 0, 1), (1, 0, usize::MAX)] {
                eq(err(buffers.write(chain, index, off, &bytes)), EINVAL);
                eq(err(buffers.read(chain, index, off, &mut bytes)), EINVAL);
            }
        });
    }

    fn buffers_without_a_queue_are_not_sent() {
        on_device(|dev| {
            let mut buffers = ok(buffers(dev));
            check!(!buffers.is_bound());
            eq(err(buffers.send(0, &[4, 8])), ENXIO);
            ok(buffers.write(0, 0, 0, &[1]));
            check!(buffers.take().is_none());
        });
    }

    fn buffers_come_back_with_what_the_device_wrote() {
        on_queue(KT_ECHO, |card| {
            let mut buffers = card.chains.buffers.lock();
            for wrong in [&[4][..], &[4, 0], &[4, 9], &[4, 8, 1]] {
                eq(err(buffers.send(0, wrong)), EINVAL);
            }
            ok(buffers.write(1, 0, 0, &[1, 2, 3, 4]));
            ok(buffers.send(1, &[4, 8]));
            buffers.notify();
            drop(buffers);
            pause_ms(5);
            let mut buffers = card.chains.buffers.lock();
            let used = some(buffers.take());
            eq((used.chain, used.len), (Some(1), 4));
            let mut bytes = [9; 8];
            ok(buffers.read(1, 1, 0, &mut bytes));
            eq(bytes, [1, 2, 3, 4, 0, 0, 0, 0]);
            check!(buffers.take().is_none());
        });
    }

    fn device_is_not_notified_before_it_knows_that_the_driver_is_ready() {
        // SAFETY: the device is attached.
        let requests = || unsafe { bindings::kt_virtio_requests() };
        on_queue(KT_ECHO, |card| {
            card.queues.stop();
            ok(card.queues.restart());
            pause_ms(5);
            eq(requests(), 0);
            card.chains.buffers.lock().notify();
            pause_ms(5);
            eq(requests(), 1);
        });
    }

    fn buffers_are_out_of_reach_while_the_device_has_them() {
        on_queue(KT_HOLD, |card| {
            let mut buffers = card.chains.buffers.lock();
            ok(buffers.send(0, &[4, 8]));
            buffers.notify();
            eq(err(buffers.write(0, 0, 0, &[1])), EBUSY);
            eq(err(buffers.read(0, 1, 0, &mut [0])), EBUSY);
            eq(err(buffers.send(0, &[4, 8])), EBUSY);
            ok(buffers.write(1, 0, 0, &[1]));
            drop(buffers);
            card.queues.stopping();
            card.queues.stop();
            ok(card.chains.buffers.lock().write(0, 0, 0, &[1]));
        });
    }
}
