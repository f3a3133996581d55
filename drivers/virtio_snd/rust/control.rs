// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Requests on the control queue; VIRTIO 1.2, 5.14.6.

use crate::bindings::{
    VTSND_R_CHMAP_INFO, VTSND_R_JACK_INFO, VTSND_R_JACK_REMAP, VTSND_R_PCM_INFO,
    VTSND_R_PCM_PREPARE, VTSND_R_PCM_RELEASE, VTSND_R_PCM_SET_PARAMS, VTSND_R_PCM_START,
    VTSND_R_PCM_STOP, VTSND_S_BAD_MSG, VTSND_S_NOT_SUPP, VTSND_S_OK, vtsnd_wire_chmap_info,
    vtsnd_wire_hdr, vtsnd_wire_jack_info, vtsnd_wire_jack_remap, vtsnd_wire_pcm_hdr,
    vtsnd_wire_pcm_info, vtsnd_wire_pcm_set_params, vtsnd_wire_query_info,
};
use crate::sdt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use kpi::arc::Arc;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EINVAL, EIO, ENXIO, EOPNOTSUPP, ETIMEDOUT, Errno, Result};
use kpi::sysctl::{CounterRow, Sysctl};
use kpi::taskq::{Task, TaskHandler};
use kpi::time::Sbt;
use kpi::virtio_ctl::{ControlQueue, LateWatch};
use kpi::wire::{self, Wire};

/// How long the device may take to answer.
const TIMEOUT: Sbt = Sbt::from_millis(1000);

/// Bytes of the status that a response begins with.
pub const STATUS_BYTES: usize = size_of::<vtsnd_wire_hdr>();

/// Bytes of the largest record that [`Control::info`] asks for.
const RECORD_BYTES: usize = size_of::<vtsnd_wire_pcm_info>();

/// Parameters of a stream, in the device's codes.
#[derive(Clone, Copy)]
pub struct Params {
    /// Bytes of the whole buffer, a multiple of `period_bytes`.
    pub buffer_bytes: u32,
    /// Bytes of one period.
    pub period_bytes: u32,
    /// Features of the stream to use.
    pub features: u32,
    /// Channels.
    pub channels: u8,
    /// Format code.
    pub format: u8,
    /// Rate code.
    pub rate: u8,
}

/// The control queue, speaking the sound device's language.
///
/// A request that is not answered in time fails with `ETIMEDOUT`.  All later
/// ones fail with `ENXIO` at once, until the late answer comes or the device is
/// reset.  While the device is suspended, requests fail with `ENXIO` too.
pub struct Control {
    dev: Device,
    queue: Arc<ControlQueue>,
    /// The line that the device does not answer was printed.
    mute: AtomicBool,
    requests: AtomicU64,
    failures: AtomicU64,
    timeouts: AtomicU64,
}

/// True if the device did not answer, or is not asked: it may answer later, or after
/// a reset.
pub fn is_mute(error: Errno) -> bool {
    matches!(error, ETIMEDOUT | ENXIO)
}

impl Control {
    /// Speaks over `queue`.
    pub fn new(dev: Device, queue: Arc<ControlQueue>) -> Self {
        Control {
            dev,
            queue,
            mute: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            timeouts: AtomicU64::new(0),
        }
    }

    /// Enqueues `task` now, and whenever a late answer has come.  Sleeps.
    pub fn watch_late<T: TaskHandler>(&self, task: &Arc<Task<T>>) -> Result<LateWatch> {
        ControlQueue::watch_late(&self.queue, task)
    }

    /// Shows the counters as `dev.pcm.N.control`.  Sleeps.
    pub fn show(this: &Arc<Self>, sysctl: &Sysctl) -> Result<()> {
        let node = sysctl.node(None, c"control", c"requests to the device")?;
        const COUNTERS: &[CounterRow<Control>] = &[
            (c"requests", c"made", |c| &c.requests),
            (c"failures", c"refused or not answered", |c| &c.failures),
            (c"timeouts", c"not answered in time", |c| &c.timeouts),
        ];
        sysctl.counters_of(Some(&node), this, COUNTERS)
    }

    /// Makes a request and waits for its answer: a status, which is checked, and
    /// what follows it.  Returns the bytes of both.  Counts and traces it.  Sleeps.
    pub fn ask(&self, request: &[&[u8]], response: &mut [u8]) -> Result<usize> {
        let (code, id) = subject(request);
        sdt::request(self.dev, code, id);
        self.requests.fetch_add(1, Ordering::Relaxed);
        let answer = self.queue.request(request, response, TIMEOUT);
        match answer {
            Ok(_) => self.mute.store(false, Ordering::Relaxed),
            Err(ETIMEDOUT) => self.timed_out(code),
            Err(_) => (),
        }
        let outcome = answer.and_then(|len| result(response).map(|()| len));
        sdt::reply(self.dev, code, id, &outcome);
        if outcome.is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    /// Counts an answer that did not come, and prints a line for the first.
    fn timed_out(&self, code: u32) {
        self.timeouts.fetch_add(1, Ordering::Relaxed);
        if !self.mute.swap(true, Ordering::Relaxed) {
            device_println!(
                self.dev,
                "request {:#x} not answered: no more are made until it is",
                code
            );
        }
    }

    /// Asks what a stream can do.  Sleeps.
    pub fn pcm_info(&self, stream: u32) -> Result<vtsnd_wire_pcm_info> {
        self.info(VTSND_R_PCM_INFO, stream)
    }

    /// Whether the device answers at all.  Sleeps.
    pub fn answers(&self) -> bool {
        !self.pcm_info(0).is_err_and(is_mute)
    }

    /// Asks about a jack.  Sleeps.
    pub fn jack_info(&self, jack: u32) -> Result<vtsnd_wire_jack_info> {
        self.info(VTSND_R_JACK_INFO, jack)
    }

    /// Gives a jack another place among the jacks.  Sleeps.
    pub fn jack_remap(&self, jack: u32, association: u32, sequence: u32) -> Result<()> {
        self.plain(&vtsnd_wire_jack_remap {
            code: VTSND_R_JACK_REMAP.to_le(),
            jack_id: jack.to_le(),
            association: association.to_le(),
            sequence: sequence.to_le(),
        })
    }

    /// Asks about a channel map.  Sleeps.
    pub fn chmap_info(&self, chmap: u32) -> Result<vtsnd_wire_chmap_info> {
        self.info(VTSND_R_CHMAP_INFO, chmap)
    }

    /// Asks for one record of information.
    fn info<T: Wire>(&self, code: u32, id: u32) -> Result<T> {
        // What the device does not write reads as zero.  A record of zeroes is
        // refused for a stream and for a channel map.  For a jack it is valid:
        // nothing is plugged in, and the jack cannot be remapped.
        let mut response = [0; STATUS_BYTES + RECORD_BYTES];
        let response = response
            .get_mut(..STATUS_BYTES + size_of::<T>())
            .ok_or(EINVAL)?;
        self.ask(&[wire::bytes(&query::<T>(code, id)?)], response)?;
        let record = response.get(STATUS_BYTES..).ok_or(EIO)?;
        wire::read(record).ok_or(EIO)
    }

    /// Sets the parameters of a stream.  Sleeps.
    pub fn set_params(&self, stream: u32, p: &Params) -> Result<()> {
        self.plain(&vtsnd_wire_pcm_set_params {
            code: VTSND_R_PCM_SET_PARAMS.to_le(),
            stream_id: stream.to_le(),
            buffer_bytes: p.buffer_bytes.to_le(),
            period_bytes: p.period_bytes.to_le(),
            features: p.features.to_le(),
            channels: p.channels,
            format: p.format,
            rate: p.rate,
            padding: 0,
        })
    }

    /// Makes a stream ready to take buffers.  Sleeps.
    pub fn prepare(&self, stream: u32) -> Result<()> {
        self.pcm(VTSND_R_PCM_PREPARE, stream)
    }

    /// Starts a stream.  Sleeps.
    pub fn start(&self, stream: u32) -> Result<()> {
        self.pcm(VTSND_R_PCM_START, stream)
    }

    /// Stops a stream, which keeps its buffers.  Sleeps.
    pub fn stop(&self, stream: u32) -> Result<()> {
        self.pcm(VTSND_R_PCM_STOP, stream)
    }

    /// Has a stream return its buffers.  Sleeps.
    pub fn release(&self, stream: u32) -> Result<()> {
        self.pcm(VTSND_R_PCM_RELEASE, stream)
    }

    fn pcm(&self, code: u32, stream: u32) -> Result<()> {
        self.plain(&vtsnd_wire_pcm_hdr {
            code: code.to_le(),
            stream_id: stream.to_le(),
        })
    }

    /// A request that is answered by a status alone.
    fn plain<T: Wire>(&self, request: &T) -> Result<()> {
        let mut status = [0; STATUS_BYTES];
        self.ask(&[wire::bytes(request)], &mut status).map(|_| ())
    }
}

/// A request for the record `T` of item `id`.
pub fn query<T: Wire>(code: u32, id: u32) -> Result<vtsnd_wire_query_info> {
    let size = u32::try_from(size_of::<T>()).map_err(|_| EINVAL)?;
    Ok(vtsnd_wire_query_info {
        code: code.to_le(),
        start_id: id.to_le(),
        count: 1u32.to_le(),
        size: size.to_le(),
    })
}

/// Code of a request, and the number of its item.  All requests begin like
/// those about streams, with both in the first part.
fn subject(request: &[&[u8]]) -> (u32, u32) {
    let head = request.first().and_then(|part| wire::read(part));
    head.map_or((0, 0), |head: vtsnd_wire_pcm_hdr| {
        (u32::from_le(head.code), u32::from_le(head.stream_id))
    })
}

/// The result that the status at the start of a response means.
fn result(response: &[u8]) -> Result<()> {
    let status: vtsnd_wire_hdr = wire::read(response).ok_or(EIO)?;
    match u32::from_le(status.code) {
        VTSND_S_OK => Ok(()),
        VTSND_S_BAD_MSG => Err(EINVAL),
        VTSND_S_NOT_SUPP => Err(EOPNOTSUPP),
        _ => Err(EIO),
    }
}
