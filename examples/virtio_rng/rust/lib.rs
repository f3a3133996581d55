// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! virtio_rng(4): the virtio entropy device, VIRTIO 1.2, 5.4.
//!
//! The device has one virtqueue. The driver puts one buffer on it, which the device
//! fills with random bytes. random(4) asks for a few of them ten times a second. When it
//! has all, the device gets the buffer again.

#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

use core::ops::Range;
use core::sync::atomic::{AtomicU64, Ordering};

use kpi::random::{Entropy, Kind, Source};
use kpi::sysctl::{CounterRow, Sysctl};
use kpi::virtio::{
    Buffers, F_EVENT_IDX, F_VERSION_1, QueueHandler, QueueSpec, QueueUser, Queues, Stopped, Virtio,
};
use kpi::virtio_driver::VirtioDriver;
use kpi::{Result, arc::Arc, dev::Device, mtx::Mtx};

/// Bytes of the buffer: as many as random(4) asks for in a row while it has no seed.
const ROOM: usize = 2048;

/// The one chain, of one buffer.
const CHAIN: usize = 0;

/// Chains taken in a row, at most.
const TRIES: usize = 8;

/// The buffer, and which of its bytes random(4) has not had.
struct Pool {
    buffers: Buffers,
    unread: Range<usize>,
}

/// What the queue's interrupt and random(4) share.
struct Rng {
    pool: Mtx<Pool>,
    requests: AtomicU64,
    bytes: AtomicU64,
    refused: AtomicU64,
}

impl Rng {
    /// Gives the buffer to the device, unless it is there, or the device is stopped, or
    /// bytes are left in the buffer.
    fn ask(&self, pool: &mut Pool) {
        if pool.unread.is_empty() && pool.buffers.send(CHAIN, &[ROOM]).is_ok() {
            pool.buffers.notify();
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes the buffer back, if the device has filled it. A wrong length is not believed:
    /// the next read asks again, so that a broken device is asked ten times a second.
    fn take(&self, pool: &mut Pool) {
        let Some(used) = pool.buffers.take() else {
            return;
        };
        let len = used.len as usize;
        if used.chain == Some(CHAIN) && (1..=ROOM).contains(&len) {
            pool.unread = 0..len;
        } else {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes what came, and asks for an interrupt of what comes next. A device that returns
    /// more than it was given is at fault; after [`TRIES`] the rest waits for the next read.
    fn serve(&self, pool: &mut Pool) {
        for _ in 0..TRIES {
            self.take(pool);
            if !pool.buffers.enable_intr() {
                return;
            }
        }
    }
}

impl QueueHandler for Rng {
    fn intr(&self) {
        self.serve(&mut self.pool.lock());
    }
}

impl QueueUser for Rng {
    fn stopped(&self, proof: &Stopped) {
        self.pool.lock().buffers.reclaim(proof);
    }

    fn ready(&self) {
        let mut pool = self.pool.lock();
        // After a reset interrupts are off.
        self.serve(&mut pool);
        self.ask(&mut pool);
    }
}

impl Entropy for Rng {
    fn read(&self, buf: &mut [u8]) -> usize {
        let mut pool = self.pool.lock();
        self.serve(&mut pool);
        let len = buf.len().min(pool.unread.len());
        let (from, to) = (pool.unread.start, buf.split_at_mut(len).0);
        // It fails while the device has the buffer.
        if pool.buffers.read(CHAIN, 0, from, to).is_err() {
            return 0;
        }
        pool.unread.start += len;
        self.ask(&mut pool);
        self.bytes.fetch_add(len as u64, Ordering::Relaxed);
        len
    }
}

impl VirtioDriver for Rng {
    const CONFIG: u32 = 0;

    /// In the order in which they go: no program reads the counters any more, and
    /// random(4) does not ask any more. Then the device is reset.
    type Parts = (Sysctl, Source<Rng>);

    fn attach(dev: Device, mut virtio: Virtio) -> Result<(Self::Parts, Queues)> {
        virtio.negotiate(F_VERSION_1 | F_EVENT_IDX)?;
        let (buffers, unread) = (Buffers::new(dev, 1, &[ROOM], 0)?, 0..0);
        let rng = Arc::new(Rng {
            pool: Mtx::new(c"virtio_rng", Pool { buffers, unread })?,
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        })?;
        let mut queues = virtio.setup_queues([QueueSpec::new(c"requests", 1).handler(&rng)])?;
        let queue = queues.take(0)?;
        rng.pool.lock().buffers.bind(queue)?;
        queues.driver_ok();
        let source = Source::register(Some(dev), c"virtio_rng", Kind::Virtio, rng.clone())?;
        let sysctl = Sysctl::new(dev)?;
        const COUNTERS: &[CounterRow<Rng>] = &[
            (c"requests", c"Buffers sent", |r| &r.requests),
            (c"bytes", c"Bytes given to random(4)", |r| &r.bytes),
            (c"refused", c"Answers of a wrong length", |r| &r.refused),
        ];
        sysctl.counters_of(None, &rng, COUNTERS)?;
        Ok(((sysctl, source), queues))
    }
}

kpi::virtio_driver! { Rng, vtrng_attach, vtrng_detach, vtrng_suspend, vtrng_resume }
