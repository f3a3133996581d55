// SPDX-License-Identifier: BSD-2-Clause

//! Requests on the control queue; VIRTIO 1.2, 5.14.6.

use crate::bindings::{
    VTSND_R_CHMAP_INFO, VTSND_R_JACK_INFO, VTSND_R_JACK_REMAP, VTSND_R_PCM_INFO,
    VTSND_R_PCM_PREPARE, VTSND_R_PCM_RELEASE, VTSND_R_PCM_SET_PARAMS, VTSND_R_PCM_START,
    VTSND_R_PCM_STOP, VTSND_S_BAD_MSG, VTSND_S_NOT_SUPP, VTSND_S_OK,
};
use crate::chmap::CHMAP_INFO_BYTES;
use crate::info::PCM_INFO_BYTES;
use crate::jack::JACK_INFO_BYTES;
use crate::sdt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use kpi::arc::Arc;
use kpi::dev::{Device, Sysctl};
use kpi::device_println;
use kpi::errno::{EINVAL, EIO, ENXIO, EOPNOTSUPP, ETIMEDOUT, Result};
use kpi::time::Sbt;
use kpi::virtio_ctl::ControlQueue;

/// How long the device may take to answer.
const TIMEOUT: Sbt = Sbt::from_millis(1000);

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
/// A request that is not answered in time fails with `ETIMEDOUT`, and all later
/// ones with `ENXIO`, at once: until the answer comes after all, or the device is
/// reset.  While it is suspended they fail with `ENXIO`, too.
pub struct Control {
    dev: Device,
    queue: Arc<ControlQueue>,
    /// It was told that the device does not answer.
    mute: AtomicBool,
    requests: AtomicU64,
    failures: AtomicU64,
    timeouts: AtomicU64,
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

    /// Shows the counters as `dev.pcm.N.control`.  Sleeps.
    pub fn show(this: &Arc<Self>, sysctl: &Sysctl) -> Result<()> {
        let node = sysctl.node(None, c"control", c"requests to the device")?;
        let node = Some(&node);
        sysctl.counter_of(node, c"requests", c"made", this, |c| &c.requests)?;
        sysctl.counter_of(node, c"failures", c"refused or not answered", this, |c| {
            &c.failures
        })?;
        sysctl.counter_of(node, c"timeouts", c"not answered in time", this, |c| {
            &c.timeouts
        })
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

    /// Counts an answer that did not come, and says so of the first.
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
    pub fn pcm_info(&self, stream: u32) -> Result<[u8; PCM_INFO_BYTES]> {
        self.info(VTSND_R_PCM_INFO, stream)
    }

    /// Whether the device answers at all.  Sleeps.
    pub fn answers(&self) -> bool {
        let size = u32::try_from(PCM_INFO_BYTES).unwrap_or(0);
        let request = words([VTSND_R_PCM_INFO, 0, 1, size]);
        let mut response = [0; 4 + PCM_INFO_BYTES];
        let outcome = self.ask(&[request.as_flattened()], &mut response);
        !matches!(outcome, Err(ETIMEDOUT | ENXIO))
    }

    /// Asks about a jack.  Sleeps.
    pub fn jack_info(&self, jack: u32) -> Result<[u8; JACK_INFO_BYTES]> {
        self.info(VTSND_R_JACK_INFO, jack)
    }

    /// Gives a jack another place among the jacks.  Sleeps.
    pub fn jack_remap(&self, jack: u32, association: u32, sequence: u32) -> Result<()> {
        let request = words([VTSND_R_JACK_REMAP, jack, association, sequence]);
        self.plain(&[request.as_flattened()])
    }

    /// Asks about a channel map.  Sleeps.
    pub fn chmap_info(&self, chmap: u32) -> Result<[u8; CHMAP_INFO_BYTES]> {
        self.info(VTSND_R_CHMAP_INFO, chmap)
    }

    /// Asks for one record of information.
    fn info<const N: usize>(&self, code: u32, id: u32) -> Result<[u8; N]> {
        let size = u32::try_from(N).map_err(|_| EINVAL)?;
        let request = words([code, id, 1, size]);
        // What the device does not write reads as zero: no valid record.
        let mut response = [0; 4 + PCM_INFO_BYTES];
        let response = response.get_mut(..4 + N).ok_or(EINVAL)?;
        self.ask(&[request.as_flattened()], response)?;
        let (_, record) = response.split_at(4);
        record.try_into().map_err(|_| EIO)
    }

    /// Sets the parameters of a stream.  Sleeps.
    pub fn set_params(&self, stream: u32, p: &Params) -> Result<()> {
        let head = words([
            VTSND_R_PCM_SET_PARAMS,
            stream,
            p.buffer_bytes,
            p.period_bytes,
            p.features,
        ]);
        let tail = [p.channels, p.format, p.rate, 0];
        self.plain(&[head.as_flattened(), &tail])
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
        self.plain(&[words([code, stream]).as_flattened()])
    }

    /// A request that is answered by a status alone.
    fn plain(&self, request: &[&[u8]]) -> Result<()> {
        let mut status = [0; 4];
        self.ask(request, &mut status).map(|_| ())
    }
}

/// Little-endian words on the wire.
fn words<const N: usize>(values: [u32; N]) -> [[u8; 4]; N] {
    values.map(u32::to_le_bytes)
}

/// Code of a request, and what it is about: its first two words, all in one part.
fn subject(request: &[&[u8]]) -> (u32, u32) {
    let mut words = request
        .iter()
        .take(1)
        .flat_map(|part| part.as_chunks::<4>().0)
        .map(|word| u32::from_le_bytes(*word));
    (words.next().unwrap_or(0), words.next().unwrap_or(0))
}

/// What the status says that a response begins with.
fn result(response: &[u8]) -> Result<()> {
    match u32::from_le_bytes(*response.first_chunk().ok_or(EIO)?) {
        VTSND_S_OK => Ok(()),
        VTSND_S_BAD_MSG => Err(EINVAL),
        VTSND_S_NOT_SUPP => Err(EOPNOTSUPP),
        _ => Err(EIO),
    }
}
