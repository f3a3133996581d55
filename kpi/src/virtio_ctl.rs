// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Requests and responses on a control virtqueue.
//!
//! Many virtio devices have a queue on which the driver asks and the device
//! answers, one message each. [`ControlQueue`] does that for threads that can
//! wait, one request at a time, and is safe however late, long or wrong the
//! answer is.
//!
//! # Who owns the memory
//!
//! There is one chain, of a buffer for the request and one for the response
//! ([`Buffers`]). It stays the device's even after the waiting thread has given
//! up. Such a request is lost, and every later one fails until the late answer
//! comes or the device is reset. [`ControlQueue::watch_late`] runs a task then.
//!
//! # Example
//! ```
//! use kpi::Result;
//! use kpi::arc::Arc;
//! use kpi::dev::Device;
//! use kpi::time::Sbt;
//! use kpi::virtio::{F_VERSION_1, QueueSpec, Queues, Virtio};
//! use kpi::virtio_ctl::{ControlQueue, SEGMENTS};
//! # use kpi::virtio_driver::VirtioDriver;
//!
//! # struct Foo;
//! # impl VirtioDriver for Foo {
//! # const CONFIG: u32 = 0;
//! # type Parts = Arc<ControlQueue>;
//! fn attach(dev: Device, mut virtio: Virtio) -> Result<(Arc<ControlQueue>, Queues)> {
//!     virtio.negotiate(F_VERSION_1)?;
//!     let control = Arc::new(ControlQueue::new(dev, 16, 16)?)?;
//!     let spec = QueueSpec::new(c"control", SEGMENTS).handler(&control);
//!     let mut queues = virtio.setup_queues([spec])?;
//!     control.bind(queues.take(0)?)?;
//!     queues.driver_ok();
//!     // This device answers with what it was asked.
//!     let mut answer = [0; 4];
//!     let len = control.request(&[b"ab", b"cd"], &mut answer, Sbt::from_secs(1))?;
//!     assert_eq!((len, &answer), (4, b"abcd"));
//!     Ok((control, queues))
//! }
//! # }
//! # crate::fixture::on_virtio::<Foo>(|_| ())?;
//! ```

use crate::arc::{AnyArc, Arc};
use crate::ctx;
use crate::dev::Device;
use crate::errno::{E2BIG, EBUSY, EINVAL, ENXIO, EPROTO, ETIMEDOUT, EWOULDBLOCK, Result};
use crate::mtx::{Guard, Mtx};
use crate::taskq::{Task, TaskHandler};
use crate::time::{self, Sbt};
use crate::virtio::{Buffers, QueueHandler, QueueUser, Stopped, VirtQueue};

/// Segments of a chain: request and response.
pub const SEGMENTS: u32 = 2;

/// How long one step of a polling wait takes, in microseconds.
const POLL_USEC: u32 = 10;

/// Chains taken back at once, at most.
const REAP_MAX: usize = 16;

/// The chain, and its buffers.
const CHAIN: usize = 0;
const REQUEST: usize = 0;
const RESPONSE: usize = 1;

/// Whose the chain is.
#[derive(Clone, Copy)]
enum Slot {
    /// Nobody's: a request can be made.
    Free,
    /// The device's. `waited`: a thread waits for the answer, else it is lost.
    Sent { waited: bool },
    /// The waiting thread's: the device claims to have written `len` bytes.
    Answered { len: u32 },
}

struct State {
    buffers: Buffers,
    slot: Slot,
    closed: bool,
    /// The device was reset. Until the restart the queue belongs to the bus.
    stopped: bool,
    /// Resets of the device: what was sent before one is not waited for after it.
    resets: u64,
    /// The task that a late answer enqueues.
    late: Option<LateTask>,
}

/// A share in a task whose type was forgotten.
///
/// # Invariants
/// `enqueue` takes the address of a task of the type that `task` is of.
struct LateTask {
    task: AnyArc,
    enqueue: unsafe fn(*const ()),
}

impl LateTask {
    fn new<T: TaskHandler>(task: &Arc<Task<T>>) -> Self {
        /// # Safety
        /// `task` is the address of a `Task<T>` that lives.
        unsafe fn enqueue<T: TaskHandler>(task: *const ()) {
            // SAFETY: the caller's promise.
            unsafe { &*task.cast::<Task<T>>() }.enqueue();
        }
        Self {
            task: Arc::into_any(task.clone()),
            enqueue: enqueue::<T>,
        }
    }

    fn enqueue(&self) {
        // SAFETY: the invariant; the share keeps the task.
        unsafe { (self.enqueue)(self.task.as_ptr()) }
    }
}

/// A control queue: it handles its virtqueue's interrupt.
///
/// To set up: make an `Arc` of it, name it as handler in a
/// [`QueueSpec`](crate::virtio::QueueSpec) of [`SEGMENTS`] segments, and
/// [`bind`](ControlQueue::bind) the queue that comes of it. While the device is
/// stopped there are no requests: threads that wait, and later ones, get `ENXIO`.
pub struct ControlQueue {
    state: Mtx<State>,
    max_request: usize,
    max_response: usize,
}

impl ControlQueue {
    /// A control queue without its virtqueue, for messages of at most so many
    /// bytes. `EINVAL`: one of them is 0; `ENOMEM`. Sleepable.
    pub fn new(dev: Device, max_request: usize, max_response: usize) -> Result<Self> {
        let state = State {
            buffers: Buffers::new(dev, 1, &[max_request, max_response], 1)?,
            slot: Slot::Free,
            closed: false,
            stopped: false,
            resets: 0,
            late: None,
        };
        Ok(Self {
            state: Mtx::new(c"virtio control", state)?,
            max_request,
            max_response,
        })
    }

    /// Gives it its virtqueue. `EINVAL`: it is not the handler of that queue;
    /// `EBUSY`: it has a queue.
    /// Sleepable; before the first request.
    pub fn bind(&self, queue: VirtQueue) -> Result<()> {
        if !queue.is_handled_by(self) {
            return Err(EINVAL);
        }
        self.state.lock().buffers.bind(queue)
    }

    /// Sends `parts`, one after the other, as one request, and waits for the
    /// answer: its bytes go to the start of `response`, and their number is
    /// returned. The device has room for as many as `response` holds. Bytes of
    /// `response` after them are left as they were.
    ///
    /// `timeout` is for the answer, from when the request is sent. Before that the
    /// thread waits until the requests of other threads are over; these have
    /// timeouts of their own. Sleepable; while the kernel is cold, or has panicked, it
    /// polls.
    ///
    /// Errors: `EINVAL`: an empty request or `response`; `E2BIG`: either is longer
    /// than the buffers; `ETIMEDOUT`: no answer, and the request is lost; `EPROTO`:
    /// the device claims to have answered more than there was room for; `ENXIO`: an
    /// earlier request is lost, or the queue is not bound, cancelled or stopped; or the
    /// kernel has panicked, and a request of another thread will never be over.
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
        let mut state = self.state.lock();
        state.claim()?;
        state.send(parts, bytes, response.len())?;
        let answer = state.answer(timeout, response);
        // The slot belongs to another thread now, or is known to be lost.
        self.state.wakeup();
        answer
    }

    /// Enqueues `task` once now, and then each time that a request which was lost is
    /// answered after all, until the watch is dropped. Requests can be made again
    /// when the task runs. `EBUSY`: another watch was not dropped. Sleepable.
    pub fn watch_late<T: TaskHandler>(this: &Arc<Self>, task: &Arc<Task<T>>) -> Result<LateWatch> {
        let late = LateTask::new(task);
        let mut state = this.state.lock();
        if state.late.is_some() {
            // The share goes after the mutex.
            drop(state);
            return Err(EBUSY);
        }
        late.enqueue();
        state.late = Some(late);
        Ok(LateWatch(this.clone()))
    }

    /// Fails threads that wait, and later ones, with `ENXIO`, until the device
    /// is restarted. Not in a filter.
    pub fn cancel(&self) {
        self.state.lock().closed = true;
        self.state.wakeup();
    }
}

/// Late answers enqueue a task while this exists. A task that was enqueued before
/// the drop may still run. Dropping it is sleepable, while holding nothing that the
/// task takes.
pub struct LateWatch(Arc<ControlQueue>);

impl Drop for LateWatch {
    fn drop(&mut self) {
        ctx::can_block();
        let late = self.0.state.lock().late.take();
        // If the share is the last one, the task is drained here.
        drop(late);
    }
}

impl QueueHandler for ControlQueue {
    fn intr(&self) {
        let mut state = self.state.lock();
        state.reap();
        // The interrupt turned itself off.
        if state.buffers.enable_intr() {
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
        state.buffers.reclaim(proof);
        // A thread that waits will see that there was a reset.
        state.slot = Slot::Free;
        state.stopped = true;
        state.resets += 1;
        self.state.wakeup();
    }

    fn restarted(&self) {
        let mut state = self.state.lock();
        state.stopped = false;
        // Nothing was put on the queue yet.
        let _ = state.buffers.enable_intr();
    }

    fn ready(&self) {
        self.state.lock().closed = false;
    }
}

impl Slot {
    /// The device has returned the chain. It belongs to the waiting thread, if
    /// there is one. If the device did not have the chain, the device is at
    /// fault. True: the answer is to a request that was lost.
    fn answer(&mut self, len: u32) -> bool {
        let late = matches!(*self, Slot::Sent { waited: false });
        *self = match *self {
            Slot::Sent { waited: true } => Slot::Answered { len },
            Slot::Sent { waited: false } => Slot::Free,
            other => other,
        };
        late
    }
}

impl State {
    /// Takes the chains that the device has used off the queue. An answer that
    /// is taken raises no interrupt any more, so the interrupt is enabled for
    /// the next one.
    fn reap(&mut self) {
        if self.stopped {
            return;
        }
        // There is one request at a time, so a device that returns more is at
        // fault.
        for _ in 0..REAP_MAX {
            let Some(used) = self.buffers.take() else {
                return;
            };
            if used.chain.is_some()
                && self.slot.answer(used.len)
                && let Some(late) = &self.late
            {
                late.enqueue();
            }
            if !self.buffers.enable_intr() {
                return;
            }
        }
    }

    /// Puts a request on the queue. The slot is free.
    fn send(&mut self, parts: &[&[u8]], bytes: usize, room: usize) -> Result<()> {
        let mut off = 0;
        for part in parts {
            self.buffers.write(CHAIN, REQUEST, off, part)?;
            off += part.len();
        }
        self.buffers.send(CHAIN, &[bytes, room])?;
        self.slot = Slot::Sent { waited: true };
        self.buffers.notify();
        Ok(())
    }
}

impl Guard<'_, State> {
    /// Waits until the slot is free, which is when the thread that has it gives up
    /// at the latest.
    fn claim(&mut self) -> Result<()> {
        let mut wait = Wait::new(Sbt::FOREVER);
        loop {
            self.reap();
            if matches!(self.slot, Slot::Answered { .. }) {
                // It is another thread's answer, which no interrupt will
                // announce.
                Guard::lock_of(self).wakeup();
            }
            if self.closed || !self.buffers.is_bound() {
                return Err(ENXIO);
            }
            match self.slot {
                Slot::Free => return Ok(()),
                Slot::Sent { waited: false } => return Err(ENXIO),
                _ if time::panicked() => return Err(ENXIO),
                Slot::Sent { waited: true } | Slot::Answered { .. } => wait.step(self)?,
            }
        }
    }

    /// Waits for the answer to what was sent, and leaves the slot free or, if none
    /// comes, lost.
    fn answer(&mut self, timeout: Sbt, to: &mut [u8]) -> Result<usize> {
        let mut wait = Wait::new(timeout);
        let resets = self.resets;
        loop {
            self.reap();
            if let Slot::Answered { len } = self.slot {
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
        match self.slot {
            Slot::Answered { len } => return self.fetch(len, to),
            Slot::Sent { .. } => self.slot = Slot::Sent { waited: false },
            Slot::Free => (),
        }
        Err(error)
    }

    /// Copies the answer out and frees the slot.
    fn fetch(&mut self, len: u32, to: &mut [u8]) -> Result<usize> {
        self.slot = Slot::Free;
        let len = usize::try_from(len).map_err(|_| EPROTO)?;
        let to = to.get_mut(..len).ok_or(EPROTO)?;
        self.buffers.read(CHAIN, RESPONSE, 0, to).map(|()| len)
    }
}

/// A wait of limited length, in steps.
struct Wait {
    timeout: Sbt,
    deadline: Sbt,
    /// Time spent polling, when the clock may stand.
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
        if time::must_poll() {
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
