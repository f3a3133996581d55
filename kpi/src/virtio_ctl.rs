// SPDX-License-Identifier: BSD-2-Clause

//! Requests and responses on a control virtqueue.
//!
//! Many virtio devices have a queue on which the driver asks and the device
//! answers, one message each. [`ControlQueue`] does that for threads that can
//! wait, one request at a time, and is safe however late, long or wrong the
//! answer is.
//!
//! # Who owns the memory
//! There is one buffer for the request and one for the response. While a chain is
//! with the device both are the device's (`Slot::Sent`), even after the thread
//! that waited has given up: such a request is lost, and every later one fails
//! until the late answer comes or the device is reset.

use core::ffi::c_void;
use core::mem;
use core::ptr::NonNull;

use crate::dev::Device;
use crate::dma::{Direction, DmaBuf, DmaParams, DmaTag, SharedBuf};
use crate::errno::{E2BIG, EINVAL, ENXIO, EPROTO, ETIMEDOUT, EWOULDBLOCK, Result};
use crate::mem::Flags;
use crate::mtx::{Guard, Mtx};
use crate::time::{self, Sbt};
use crate::virtio::{QueueHandler, QueueUser, SgList, Stopped, VirtQueue};

/// Segments of a chain: request and response.
pub const SEGMENTS: u32 = 2;

/// How long one step of a polling wait takes, in microseconds.
const POLL_USEC: u32 = 10;

/// Chains taken back at once, at most.
const REAP_MAX: usize = 16;

/// Bytes after the request that are never used. Without them the response could
/// lie right behind it, and sglist(9) would make one segment of the two.
const GAP: usize = 1;

/// Both buffers, and whose they are.
enum Slot {
    /// Nobody's: a request can be made.
    Free { request: DmaBuf, response: DmaBuf },
    /// The device's. `waited`: a thread waits for the answer, else it is lost.
    Sent {
        request: SharedBuf,
        response: SharedBuf,
        waited: bool,
    },
    /// The waiting thread's: the device claims to have written `len` bytes.
    Answered {
        request: DmaBuf,
        response: DmaBuf,
        len: u32,
    },
    /// On the way from one to another of these, within one function.
    Moving,
}

struct State {
    /// `None` before it was bound.
    queue: Option<VirtQueue>,
    sg: SgList,
    slot: Slot,
    closed: bool,
    /// The device was reset: until it is restarted the queue is the bus's.
    stopped: bool,
    /// Resets of the device: what was sent before one is not waited for after it.
    resets: u64,
}

/// A control queue: it handles its virtqueue's interrupt.
///
/// To set up: make an `Arc` of it, name it as handler in a
/// [`QueueSpec`](crate::virtio::QueueSpec) of [`SEGMENTS`] segments, and
/// [`bind`](ControlQueue::bind) the queue that comes of it. While the device is
/// stopped there are no requests: those who wait, and whoever comes, get `ENXIO`.
pub struct ControlQueue {
    state: Mtx<State>,
    max_request: usize,
    max_response: usize,
}

impl ControlQueue {
    /// A control queue without its virtqueue, for messages of at most so many
    /// bytes. `EINVAL`: one of them is 0; `ENOMEM`. Sleepable.
    pub fn new(dev: Device, max_request: usize, max_response: usize) -> Result<Self> {
        if max_request == 0 || max_response == 0 {
            return Err(EINVAL);
        }
        let padded = max_request.checked_add(GAP).ok_or(E2BIG)?;
        let state = State {
            queue: None,
            sg: SgList::new(SEGMENTS, Flags::WaitOk)?,
            slot: Slot::Free {
                request: buffer(dev, padded)?,
                response: buffer(dev, max_response)?,
            },
            closed: false,
            stopped: false,
            resets: 0,
        };
        Ok(Self {
            state: Mtx::new(c"virtio control", state)?,
            max_request,
            max_response,
        })
    }

    /// Gives it its virtqueue. `EINVAL`: it is not the handler of that queue.
    /// Sleepable; before the first request.
    pub fn bind(&self, mut queue: VirtQueue) -> Result<()> {
        if !queue.is_handled_by(self) {
            return Err(EINVAL);
        }
        let mut state = self.state.lock();
        // Nothing was put on it yet, so that there is nothing to go on with.
        let _ = queue.enable_intr();
        state.queue = Some(queue);
        Ok(())
    }

    /// Sends `parts`, one after the other, as one request, and waits for the
    /// answer: its bytes go to the start of `response`, and their number is
    /// returned. The device has room for as many as `response` holds. Bytes of
    /// `response` after them are left as they were.
    ///
    /// `timeout` is for all of it, the wait for other threads' requests included.
    /// Sleepable; while the kernel is cold it polls.
    ///
    /// Errors: `EINVAL`: an empty request or `response`; `E2BIG`: either is longer
    /// than the buffers; `ETIMEDOUT`: no answer, and the request is lost; `EPROTO`:
    /// the device claims to have answered more than there was room for; `ENXIO`: an
    /// earlier request is lost, or the queue is not bound, cancelled or stopped.
    pub fn request(&self, parts: &[&[u8]], response: &mut [u8], timeout: Sbt) -> Result<usize> {
        let bytes = parts.iter().try_fold(0, |sum: usize, part| {
            sum.checked_add(part.len()).ok_or(E2BIG)
        })?;
        if bytes == 0 || response.is_empty() {
            return Err(EINVAL);
        }
        if bytes > self.max_request || response.len() > self.max_response {
            return Err(E2BIG);
        }
        let mut wait = Wait::new(timeout);
        let mut state = self.state.lock();
        state.claim(&mut wait)?;
        state.send(parts, bytes, response.len())?;
        let answer = state.answer(&mut wait, response);
        // The slot is another's now, or known to be lost.
        self.state.wakeup();
        answer
    }

    /// Fails those who wait, and whoever comes later, with `ENXIO`, until the device
    /// is restarted. Not in a filter.
    pub fn cancel(&self) {
        self.state.lock().closed = true;
        self.state.wakeup();
    }
}

impl QueueHandler for ControlQueue {
    fn intr(&self) {
        let mut state = self.state.lock();
        state.reap();
        // The interrupt turned itself off.
        if state.queue.as_mut().is_some_and(VirtQueue::enable_intr) {
            state.reap();
        }
        drop(state);
        self.state.wakeup();
    }
}

impl QueueUser for ControlQueue {
    fn stopping(&self) {
        self.cancel();
    }

    fn stopped(&self, proof: &Stopped) {
        let mut state = self.state.lock();
        if let Some(queue) = &mut state.queue {
            queue.drain(proof).for_each(drop);
        }
        state.slot.forget();
        state.stopped = true;
        state.resets += 1;
        self.state.wakeup();
    }

    fn restarted(&self) {
        let mut state = self.state.lock();
        state.stopped = false;
        if let Some(queue) = &mut state.queue {
            // Nothing was put on it yet, as in `bind`.
            let _ = queue.enable_intr();
        }
    }

    fn ready(&self) {
        self.state.lock().closed = false;
    }
}

/// A buffer of `bytes` that the device can reach.
fn buffer(dev: Device, bytes: usize) -> Result<DmaBuf> {
    let tag = DmaTag::new(dev, &DmaParams::one_segment(bytes))?;
    DmaBuf::new(&tag, Flags::WaitOk)
}

impl Slot {
    /// Takes the buffers back from the device: for the thread that waits, if there
    /// is an answer and such a thread.
    fn take_back(&mut self, answer: Option<u32>) {
        *self = match mem::replace(self, Self::Moving) {
            Self::Sent {
                request,
                response,
                waited,
            } => {
                let (request, response) = (request.to_cpu(), response.to_cpu());
                match answer {
                    Some(len) if waited => Self::Answered {
                        request,
                        response,
                        len,
                    },
                    _ => Self::Free { request, response },
                }
            }
            // A used chain that was never sent, or twice: the device's mistake.
            other => other,
        };
    }

    /// Nobody's any more, after a reset: who waits will see that there was one.
    fn forget(&mut self) {
        self.take_back(None);
        *self = match mem::replace(self, Self::Moving) {
            Self::Answered {
                request, response, ..
            } => Self::Free { request, response },
            other => other,
        };
    }
}

impl State {
    /// Takes what the device has used off the queue. An answer that is taken has no
    /// interrupt any more, so that one is asked for at the next.
    fn reap(&mut self) {
        let Some(queue) = &mut self.queue else {
            return;
        };
        if self.stopped {
            return;
        }
        // One request at a time: a device that has more to return lies.
        for _ in 0..REAP_MAX {
            match queue.dequeue() {
                Some((_, len)) => self.slot.take_back(Some(len)),
                None => return,
            }
            if !queue.enable_intr() {
                return;
            }
        }
    }

    /// Puts a request on the queue. The slot is free.
    fn send(&mut self, parts: &[&[u8]], bytes: usize, room: usize) -> Result<()> {
        let queue = self.queue.as_mut().ok_or(ENXIO)?;
        let (mut request, mut response) = match mem::replace(&mut self.slot, Slot::Moving) {
            Slot::Free { request, response } => (request, response),
            other => {
                self.slot = other;
                return Err(ENXIO);
            }
        };
        let filled = fill(&mut request, &mut response, parts);
        // The zeroes of the response go over, too: through a bounce buffer all of
        // it comes back, written by the device or not.
        let (request, response) = (
            request.to_device(Direction::ToDevice),
            response.to_device(Direction::Both),
        );
        self.sg.reset();
        let sent = filled
            .and_then(|()| self.sg.append(request.paddr(), bytes))
            .and_then(|()| self.sg.append(response.paddr(), room))
            .and_then(|()| {
                // The cookie is the only one, and only has to be something.
                let cookie = NonNull::<c_void>::dangling();
                // SAFETY: both buffers stay in `Slot::Sent`, out of the CPU's
                // reach, until the chain is dequeued or `stopped` shows that the
                // device was reset. `bind` saw to it that this is the queue's
                // handler, which its `Queues` keeps until then. The list has the
                // two segments, since a gap keeps them from being merged.
                unsafe { queue.enqueue(cookie, &mut self.sg, 1, 1) }
            });
        match sent {
            Ok(()) => queue.notify(),
            Err(error) => {
                let (request, response) = (request.to_cpu(), response.to_cpu());
                self.slot = Slot::Free { request, response };
                return Err(error);
            }
        }
        self.slot = Slot::Sent {
            request,
            response,
            waited: true,
        };
        Ok(())
    }
}

/// Copies the request in, and clears the response: nothing of an earlier one must
/// be taken for an answer.
fn fill(request: &mut DmaBuf, response: &mut DmaBuf, parts: &[&[u8]]) -> Result<()> {
    let mut off = 0;
    for part in parts {
        request.write(off, part)?;
        off += part.len();
    }
    response.fill(0..response.len(), 0)
}

impl Guard<'_, State> {
    /// Waits until the slot is free.
    fn claim(&mut self, wait: &mut Wait) -> Result<()> {
        loop {
            self.reap();
            if matches!(self.slot, Slot::Answered { .. }) {
                // Another's, whom no interrupt will tell.
                Guard::lock_of(self).wakeup();
            }
            if self.closed || self.queue.is_none() {
                return Err(ENXIO);
            }
            match self.slot {
                Slot::Free { .. } => return Ok(()),
                Slot::Sent { waited: false, .. } | Slot::Moving => return Err(ENXIO),
                Slot::Sent { .. } | Slot::Answered { .. } => wait.step(self)?,
            }
        }
    }

    /// Waits for the answer to what was sent, and leaves the slot free or, if none
    /// comes, lost.
    fn answer(&mut self, wait: &mut Wait, to: &mut [u8]) -> Result<usize> {
        let resets = self.resets;
        loop {
            self.reap();
            if let Slot::Answered { len, .. } = self.slot {
                return self.fetch(len, to);
            }
            let outcome = match self.slot {
                Slot::Sent { .. } if !self.closed => wait.step(self),
                _ => Err(ENXIO),
            };
            if self.resets != resets {
                // The slot may be another's.
                return Err(ENXIO);
            }
            if let Err(error) = outcome {
                return self.give_up(error, to);
            }
        }
    }

    /// Ends a wait in which no answer came, unless it came just now.
    fn give_up(&mut self, error: crate::Errno, to: &mut [u8]) -> Result<usize> {
        self.reap();
        match &mut self.slot {
            Slot::Answered { len, .. } => {
                let len = *len;
                return self.fetch(len, to);
            }
            Slot::Sent { waited, .. } => *waited = false,
            _ => (),
        }
        Err(error)
    }

    /// Copies the answer out and frees the slot.
    fn fetch(&mut self, len: u32, to: &mut [u8]) -> Result<usize> {
        let slot = mem::replace(&mut self.slot, Slot::Moving);
        let Slot::Answered {
            request, response, ..
        } = slot
        else {
            self.slot = slot;
            return Err(ENXIO);
        };
        let copied = match usize::try_from(len) {
            Ok(len) if len <= to.len() => response.read(0, &mut to[..len]).map(|()| len),
            _ => Err(EPROTO),
        };
        self.slot = Slot::Free { request, response };
        copied
    }
}

/// A wait of limited length, in steps.
struct Wait {
    timeout: Sbt,
    deadline: Sbt,
    /// Time spent polling: while the kernel is cold its clock may stand.
    polled: Sbt,
}

impl Wait {
    fn new(timeout: Sbt) -> Self {
        Self {
            timeout,
            deadline: time::uptime() + timeout,
            polled: Sbt::ZERO,
        }
    }

    /// Waits for a wakeup, or a little if there can be none yet. `ETIMEDOUT`.
    fn step(&mut self, state: &mut Guard<'_, State>) -> Result<()> {
        if time::cold() {
            return self.poll();
        }
        let left = match self.deadline {
            Sbt::FOREVER => Sbt::FOREVER,
            deadline => deadline - time::uptime(),
        };
        state.sleep(c"vtctl", left).map_err(|error| match error {
            EWOULDBLOCK => ETIMEDOUT,
            other => other,
        })
    }

    fn poll(&mut self) -> Result<()> {
        if self.polled >= self.timeout {
            return Err(ETIMEDOUT);
        }
        time::delay(POLL_USEC);
        self.polled = self.polled + Sbt::from_micros(POLL_USEC.into());
        Ok(())
    }
}
