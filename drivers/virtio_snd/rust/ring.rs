// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Owners of what virtio_snd_ring.c makes: data queues and rings of periods.

use crate::bindings::{
    VTSND_CAPTURE, VTSND_PLAYBACK, VTSND_SEGS, kpi_pcm_caps, vtsnd_end, vtsnd_queue,
    vtsnd_queue_bind, vtsnd_queue_create, vtsnd_queue_destroy, vtsnd_queue_drain, vtsnd_queue_intr,
    vtsnd_queue_pause, vtsnd_queue_resume, vtsnd_queue_service, vtsnd_queue_stats, vtsnd_request,
    vtsnd_ring, vtsnd_ring_addchan, vtsnd_ring_consumed, vtsnd_ring_create, vtsnd_ring_destroy,
    vtsnd_ring_end, vtsnd_ring_refuse, vtsnd_ring_request, vtsnd_ring_run, vtsnd_ring_settle,
    vtsnd_ring_stats, vtsnd_ring_stop, vtsnd_ring_wait,
};
use crate::info::Direction;
use core::ffi::{CStr, c_void};
use core::ptr::NonNull;
use kpi::arc::Arc;
use kpi::dev::{Device, Hold};
use kpi::errno::{ENOMEM, Result, check};
use kpi::sysctl::{CCounter, CCounterRow, Node, Sysctl};
use kpi::time::Sbt;
use kpi::virtio::{QueueSpec, QueueUser, Stopped, VirtQueue};

/// Functions that give the counters of an owner.
macro_rules! counters {
    ($($owner:ident, $stats:ident: $($name:ident $field:ident),*;)*) => {$(
        impl $owner {$(
            fn $name(&self) -> CCounter<'_> {
                // SAFETY: `raw` is live as long as this, and so are its counters, whose
                // address is constant.  No reference to them is made.
                unsafe { CCounter::new(&raw const (*$stats(self.raw.as_ptr())).$field) }
            }
        )*}
    )*};
}

/// The tx or rx queue, which the rings of all streams of a direction share.
///
/// # Invariants
///
/// `raw` came from vtsnd_queue_create() and is destroyed by this alone.
pub struct DataQueue {
    raw: NonNull<vtsnd_queue>,
}

// SAFETY: the queue has a mutex of its own (virtio_snd_ring.c).
unsafe impl Send for DataQueue {}
// SAFETY: as above.
unsafe impl Sync for DataQueue {}

impl DataQueue {
    /// Makes a queue without a virtqueue.  Sleeps.
    pub fn new() -> Result<Self> {
        // SAFETY: no contract but the context.
        let raw = unsafe { vtsnd_queue_create() };
        let raw = NonNull::new(raw).ok_or(ENOMEM)?;
        Ok(DataQueue { raw })
    }

    /// The virtqueue to be, whose interrupt goes straight into C.
    pub fn spec(this: &Arc<Self>, name: &'static CStr) -> QueueSpec {
        let spec = QueueSpec::new(name, VTSND_SEGS);
        // SAFETY: the argument is the queue's `raw`, live while `this` is.
        unsafe { spec.handler_in_c(this, vtsnd_queue_intr, this.raw.as_ptr().cast()) }
    }

    /// Gives the queue its virtqueue.  From now on the queue's mutex serialises
    /// the calls.
    pub fn bind(&self, vq: VirtQueue) {
        // SAFETY: `raw` is live; the virtqueue lives until the driver has
        // detached, and nobody else has it any more.
        unsafe { vtsnd_queue_bind(self.raw.as_ptr(), vq.into_raw()) }
    }

    /// Handles completions now, without waiting for an interrupt.
    pub fn service(&self) {
        // SAFETY: `raw` is live.
        unsafe { vtsnd_queue_service(self.raw.as_ptr()) }
    }

    /// Shows the queue's counters as `dev.pcm.N.name`.  Sleeps.
    pub fn show(this: &Arc<Self>, sysctl: &Sysctl, name: &CStr) -> Result<()> {
        let node = sysctl.node(None, name, c"data queue of the device")?;
        const COUNTERS: &[CCounterRow<DataQueue>] = &[
            (
                c"interrupts",
                c"interrupts of the queue",
                DataQueue::interrupts,
            ),
            (c"kicks", c"notifications of new periods", DataQueue::kicks),
            (
                c"bogus",
                c"uses of what the device did not have",
                DataQueue::bogus,
            ),
        ];
        sysctl.counters_in_c(Some(&node), this, COUNTERS)
    }
}

counters! {
    DataQueue, vtsnd_queue_stats: interrupts vqs_interrupts, kicks vqs_kicks, bogus vqs_bogus;
    Ring, vtsnd_ring_stats: periods vrs_periods, errors vrs_errors, short vrs_short,
        xruns vrs_xruns, latency vrs_latency;
}

impl QueueUser for DataQueue {
    fn stopping(&self) {
        // SAFETY: `raw` is live.
        unsafe { vtsnd_queue_pause(self.raw.as_ptr()) }
    }

    fn stopped(&self, _: &Stopped) {
        // SAFETY: `raw` is live, and the device was reset.
        unsafe { vtsnd_queue_drain(self.raw.as_ptr()) }
    }

    fn ready(&self) {
        // SAFETY: `raw` is live and bound before the device is told to go.
        unsafe { vtsnd_queue_resume(self.raw.as_ptr()) }
    }
}

impl Drop for DataQueue {
    fn drop(&mut self) {
        // SAFETY: each ring holds a reference, so the rings are gone.
        unsafe { vtsnd_queue_destroy(self.raw.as_ptr()) }
    }
}

/// The ring of one stream.
///
/// # Invariants
///
/// `raw` came from vtsnd_ring_create() on `_queue`, which outlives it.
pub struct Ring {
    raw: NonNull<vtsnd_ring>,
    _queue: Arc<DataQueue>,
    _hold: Hold,
}

// SAFETY: the ring is guarded by its queue's mutex (virtio_snd_ring.c).
unsafe impl Send for Ring {}
// SAFETY: as above.
unsafe impl Sync for Ring {}

impl Ring {
    /// Makes the ring of stream `id` with a buffer of `size` bytes.  Sleeps.
    pub fn new(
        dev: Device,
        queue: &Arc<DataQueue>,
        direction: Direction,
        id: u32,
        size: u32,
    ) -> Result<Self> {
        let mut raw = core::ptr::null_mut();
        let hold = dev.hold()?;
        let (dev, vq) = (hold.as_raw(), queue.raw.as_ptr());
        let dir = match direction {
            Direction::Output => VTSND_PLAYBACK,
            Direction::Input => VTSND_CAPTURE,
        };
        // SAFETY: device and queue are live, `raw` is written on success.
        check(unsafe { vtsnd_ring_create(dev, vq, dir, id, size, &mut raw) })?;
        let raw = NonNull::new(raw).ok_or(ENOMEM)?;
        Ok(Ring {
            raw,
            _queue: queue.clone(),
            _hold: hold,
        })
    }

    /// Adds the ring's channel to the card.  Sleeps.
    ///
    /// # Safety
    ///
    /// `chan` is what vtsnd_chan_requested() expects, and lives, like `caps`, until
    /// sound(4) has freed the channel.
    pub unsafe fn add_channel(&self, chan: *mut c_void, caps: *const kpi_pcm_caps) -> Result<()> {
        // SAFETY: `raw` is live; the rest is the caller's contract.
        check(unsafe { vtsnd_ring_addchan(self.raw.as_ptr(), chan, caps) })
    }

    /// The start that sound(4) requests.
    pub fn request(&self) -> vtsnd_request {
        // SAFETY: `raw` is live.
        unsafe { vtsnd_ring_request(self.raw.as_ptr()) }
    }

    /// Cancels the request of `start`, which the device cannot do.
    pub fn refuse(&self, start: u64) {
        // SAFETY: `raw` is live.
        unsafe { vtsnd_ring_refuse(self.raw.as_ptr(), start) }
    }

    /// Sends the filled periods to the device, which must have none.  `period`
    /// is the playing time of one.  With `polled` the device is not notified.
    /// Sleeps.  `ECANCELED`: `start` is not requested any more, or the device
    /// is about to be reset.
    pub fn run(&self, start: u64, period: Sbt, polled: bool) -> Result<()> {
        // SAFETY: `raw` is live.
        check(unsafe { vtsnd_ring_run(self.raw.as_ptr(), start, period.as_raw(), polled) })
    }

    /// Stops sending and reporting periods; the requested start is kept.
    pub fn stop(&self) {
        // SAFETY: `raw` is live.
        unsafe { vtsnd_ring_stop(self.raw.as_ptr()) }
    }

    /// The progress of the end of the sound, if sound(4) has ended the run of
    /// `start`.
    pub fn end(&self, start: u64) -> Option<vtsnd_end> {
        let mut end = vtsnd_end {
            ve_left: 0,
            ve_requested: 0,
            ve_returned: 0,
        };
        // SAFETY: `raw` is live; `end` is written.
        let ended = unsafe { vtsnd_ring_end(self.raw.as_ptr(), start, &mut end) };
        ended.then_some(end)
    }

    /// Waits until the device has returned all periods.  Sleeps.
    pub fn wait(&self, timeout: Sbt) -> Result<()> {
        // SAFETY: `raw` is live.
        check(unsafe { vtsnd_ring_wait(self.raw.as_ptr(), timeout.as_raw()) })
    }

    /// Makes the device see all periods that were sent; after [`Ring::stop`].  Sleeps.
    pub fn settle(&self) {
        // SAFETY: `raw` is live, and its queue bound.
        unsafe { vtsnd_ring_settle(self.raw.as_ptr()) }
    }

    /// Bytes consumed so far.
    pub fn consumed(&self) -> u64 {
        // SAFETY: `raw` is live.
        unsafe { vtsnd_ring_consumed(self.raw.as_ptr()) }
    }

    /// Shows the ring's counters below `dev.pcm.N.stream`.  Sleeps.
    pub fn show(this: &Arc<Self>, sysctl: &Sysctl, node: &Node<'_>) -> Result<()> {
        const COUNTERS: &[CCounterRow<Ring>] = &[
            (c"periods", c"periods played or recorded", Ring::periods),
            (c"errors", c"periods failed", Ring::errors),
            (c"short", c"periods recorded in part", Ring::short),
            (
                c"xruns",
                c"times the device had no period to go on with",
                Ring::xruns,
            ),
            (c"latency", c"latency reported, bytes", Ring::latency),
        ];
        sysctl.counters_in_c(Some(node), this, COUNTERS)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the card drops its rings after the device's reset and
        // the drain of the queue, so that no period is outstanding.
        unsafe { vtsnd_ring_destroy(self.raw.as_ptr()) }
    }
}
