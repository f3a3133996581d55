// SPDX-License-Identifier: BSD-2-Clause

//! What the device tells by itself; VIRTIO 1.2, 5.14.6.4 and following.
//!
//! Once the device has answered what it was asked about, the event queue is filled
//! (5.14.5), without a notification: a device looks for a buffer when it has an
//! event.  From then on it holds [`BUFFERS`] buffers.  One that comes back is read,
//! cleared and put on the queue again, of which the device is notified; so there is
//! room for the next event as long as the driver keeps up.  A device that sends
//! faster than that, without end, is not listened to any more.
//!
//! vhost-device-sound 0.3.0 sends no events, and hangs when it sees a notification of
//! this queue with buffers on it: it takes none, and looks again as long as there are
//! some.  One such notification is QEMU's own, of every queue at its start.  It is
//! over when the device has answered two requests.

use crate::bindings::{
    VTSND_CTL_EVT_VALUE, VTSND_EVT_CTL_NOTIFY, VTSND_EVT_JACK_CONNECTED,
    VTSND_EVT_JACK_DISCONNECTED, VTSND_EVT_PCM_PERIOD_ELAPSED, VTSND_EVT_PCM_XRUN,
};
use crate::jack::Jack;
use crate::mixer::Mixer;
use crate::sdt;
use core::ffi::c_void;
use core::mem;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU64, Ordering};
use kpi::arc::Arc;
use kpi::dev::{Device, Sysctl};
use kpi::device_println;
use kpi::dma::{Direction, DmaBuf, DmaParams, DmaTag, SharedBuf};
use kpi::errno::{EINVAL, Result};
use kpi::mem::Flags;
use kpi::mtx::{Guard, Mtx};
use kpi::vec::Vec;
use kpi::virtio::{QueueHandler, QueueUser, SgList, Stopped, VirtQueue};

/// Buffers on the queue, if it has room for as many.
const BUFFERS: usize = 16;

/// Bytes of an event, and of its buffer.
const EVENT_BYTES: usize = 8;

/// Events, and looks at the queue, in one interrupt.
const MOST: usize = 256;

/// A buffer, and whose it is.
enum Slot {
    Cpu(DmaBuf),
    Device(SharedBuf),
    /// On the way from one to the other, within one function.
    Moving,
}

/// Events of one stream.
pub struct StreamEvents {
    /// Overruns or underruns that the device told of.
    pub xruns: AtomicU64,
    /// Periods that it told of.
    pub periods: AtomicU64,
}

/// Kinds of events.
enum Kind {
    Jack,
    Xrun,
    Period,
    Control,
}

struct State {
    /// `None` before it was bound.
    queue: Option<VirtQueue>,
    /// The device may send events.
    ready: bool,
    /// There was no end of events.
    deaf: bool,
    sg: SgList,
    slots: Vec<Slot>,
    streams: Vec<Arc<StreamEvents>>,
    jacks: Vec<Arc<Jack>>,
    /// Of the control elements, if the device has such.
    mixer: Option<Arc<Mixer>>,
}

/// The event queue: it handles its virtqueue's interrupt.
pub struct Events {
    dev: Device,
    state: Mtx<State>,
    total: AtomicU64,
    jack: AtomicU64,
    xrun: AtomicU64,
    period: AtomicU64,
    control: AtomicU64,
    unknown: AtomicU64,
}

impl Events {
    /// An event queue without its virtqueue.  Sleeps.
    pub fn new(dev: Device) -> Result<Self> {
        let tag = DmaTag::new(dev, &DmaParams::one_segment(EVENT_BYTES))?;
        let mut slots = Vec::new();
        for _ in 0..BUFFERS {
            slots.push(Slot::Cpu(DmaBuf::new(&tag, Flags::WaitOk)?))?;
        }
        let state = State {
            queue: None,
            ready: false,
            deaf: false,
            sg: SgList::new(1, Flags::WaitOk)?,
            slots,
            streams: Vec::new(),
            jacks: Vec::new(),
            mixer: None,
        };
        Ok(Events {
            dev,
            state: Mtx::new(c"vtsnd events", state)?,
            total: AtomicU64::new(0),
            jack: AtomicU64::new(0),
            xrun: AtomicU64::new(0),
            period: AtomicU64::new(0),
            control: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
        })
    }

    /// Gives it its virtqueue.  `EINVAL`: it is not the handler of that queue.
    pub fn bind(&self, mut queue: VirtQueue) -> Result<()> {
        if !queue.is_handled_by(self) {
            return Err(EINVAL);
        }
        let mut state = self.state.lock();
        // Nothing was put on it yet.
        let _ = queue.enable_intr();
        state.queue = Some(queue);
        Ok(())
    }

    /// Fills the queue of a device that is up and has answered.
    pub fn listen(&self) {
        let mut state = self.state.lock();
        if state.ready {
            state.fill();
        }
    }

    /// The events of the next stream.  Sleeps.
    pub fn add_stream(&self) -> Result<Arc<StreamEvents>> {
        let stream = Arc::new(StreamEvents {
            xruns: AtomicU64::new(0),
            periods: AtomicU64::new(0),
        })?;
        let mut state = self.state.lock();
        state.streams.push_with(stream.clone(), Flags::NoWait)?;
        Ok(stream)
    }

    /// The next jack, whose events it gets.
    pub fn add_jack(&self, jack: &Arc<Jack>) -> Result<()> {
        let mut state = self.state.lock();
        state.jacks.push_with(jack.clone(), Flags::NoWait)
    }

    /// The mixer, which gets the events of control elements.
    pub fn set_mixer(&self, mixer: &Arc<Mixer>) {
        self.state.lock().mixer = Some(mixer.clone());
    }

    /// Shows the counters as `dev.pcm.N.events`.  Sleeps.
    pub fn show(this: &Arc<Self>, sysctl: &Sysctl) -> Result<()> {
        let node = sysctl.node(None, c"events", c"what the device told by itself")?;
        let node = Some(&node);
        sysctl.counter_of(node, c"total", c"all events", this, |e| &e.total)?;
        sysctl.counter_of(node, c"jack", c"plugged in or out", this, |e| &e.jack)?;
        sysctl.counter_of(node, c"xrun", c"overruns, underruns", this, |e| &e.xrun)?;
        sysctl.counter_of(node, c"period", c"periods", this, |e| &e.period)?;
        sysctl.counter_of(node, c"control", c"controls changed", this, |e| &e.control)?;
        sysctl.counter_of(
            node,
            c"unknown",
            c"of unknown kind, or of what does not exist",
            this,
            |e| &e.unknown,
        )
    }

    /// Sees to an event; `None`: what came was none.
    fn handle(&self, state: &State, event: Option<(u32, u32)>) {
        let (code, id) = event.unwrap_or((0, 0));
        sdt::event(self.dev, code, id);
        self.total.fetch_add(1, Ordering::Relaxed);
        let count = match event.and_then(|(code, id)| state.dispatch(code, id)) {
            Some(Kind::Jack) => &self.jack,
            Some(Kind::Xrun) => &self.xrun,
            Some(Kind::Period) => &self.period,
            Some(Kind::Control) => &self.control,
            None => &self.unknown,
        };
        if count.fetch_add(1, Ordering::Relaxed) == 0 && ptr::eq(count, &self.unknown) {
            device_println!(self.dev, "unknown event {:#x} of {}: ignored", code, id);
        }
    }

    /// Sees to all events; false if there is no end of them.
    fn work(&self, state: &mut Guard<'_, State>) -> bool {
        let mut refilled = false;
        for _ in 0..MOST {
            match state.dequeue() {
                Some((cookie, len)) => {
                    if let Some(index) = state.index(cookie) {
                        let event = state.read(index, len);
                        self.handle(state, event);
                        state.refill(index);
                        refilled = true;
                    }
                }
                None => {
                    // An interrupt may be another queue's.
                    if mem::take(&mut refilled) {
                        state.notify();
                    }
                    if !state.enable_intr() {
                        return true;
                    }
                }
            }
        }
        false
    }
}

impl State {
    fn dequeue(&mut self) -> Option<(NonNull<c_void>, u32)> {
        self.queue.as_mut().and_then(VirtQueue::dequeue)
    }

    fn enable_intr(&mut self) -> bool {
        self.queue.as_mut().is_some_and(VirtQueue::enable_intr)
    }

    fn notify(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.notify();
        }
    }

    /// Which slot a cookie means.
    fn index(&self, cookie: NonNull<c_void>) -> Option<usize> {
        cookie
            .addr()
            .get()
            .checked_sub(1)
            .filter(|&i| i < self.slots.len())
    }

    /// Takes a buffer back: code and subject of its event, if there is one.
    fn read(&mut self, index: usize, len: u32) -> Option<(u32, u32)> {
        let slot = self.slots.get_mut(index)?;
        let buf = match mem::replace(slot, Slot::Moving) {
            Slot::Device(buf) => buf.to_cpu(),
            // Returned twice: the device's mistake.
            other => {
                *slot = other;
                return None;
            }
        };
        let mut event = [0; EVENT_BYTES];
        let whole = len as usize == EVENT_BYTES && buf.read(0, &mut event).is_ok();
        *slot = Slot::Cpu(buf);
        let (words, _) = event.as_chunks::<4>();
        whole.then(|| (u32::from_le_bytes(words[0]), u32::from_le_bytes(words[1])))
    }

    /// Gives the device all buffers that it has not.
    fn fill(&mut self) {
        for index in 0..BUFFERS {
            self.refill(index);
        }
    }

    /// Gives the device a buffer, cleared, unless it has it.
    fn refill(&mut self, index: usize) {
        let (Some(queue), Some(slot)) = (&mut self.queue, self.slots.get_mut(index)) else {
            return;
        };
        let mut buf = match mem::replace(slot, Slot::Moving) {
            Slot::Cpu(buf) => buf,
            other => {
                *slot = other;
                return;
            }
        };
        // The zeroes go over, too: through a bounce buffer all of it comes back.
        let cleared = buf.fill(0..EVENT_BYTES, 0);
        let buf = buf.to_device(Direction::Both);
        self.sg.reset();
        let cookie = ptr::without_provenance_mut(index + 1);
        let sent = cleared
            .and_then(|()| self.sg.append(buf.paddr(), EVENT_BYTES))
            .and_then(|()| NonNull::new(cookie).ok_or(EINVAL))
            .and_then(|cookie| {
                // SAFETY: the buffer stays in `Slot::Device`, out of the CPU's
                // reach, until the chain is dequeued or `stopped` shows that the
                // device was reset.  The list has the one segment.
                unsafe { queue.enqueue(cookie, &mut self.sg, 0, 1) }
            });
        // A queue shorter than the buffers has no room for the rest.
        *slot = match sent {
            Ok(()) => Slot::Device(buf),
            Err(_) => Slot::Cpu(buf.to_cpu()),
        };
    }

    /// Sees to an event; `None`: it is unknown, or of what does not exist.
    fn dispatch(&self, code: u32, id: u32) -> Option<Kind> {
        if code == VTSND_EVT_CTL_NOTIFY {
            // Number of the element, and what of it has changed.  What an element is
            // stays as it was at attach: values beyond are refused.
            let (id, mask) = (id & 0xffff, id >> 16);
            let value = mask & VTSND_CTL_EVT_VALUE != 0;
            self.mixer.as_ref()?.changed(id, value)?;
            return Some(Kind::Control);
        }
        let id = usize::try_from(id).ok()?;
        match code {
            VTSND_EVT_JACK_CONNECTED | VTSND_EVT_JACK_DISCONNECTED => {
                let jack = self.jacks.get(id)?;
                jack.set(code == VTSND_EVT_JACK_CONNECTED);
                Some(Kind::Jack)
            }
            VTSND_EVT_PCM_XRUN => {
                let stream = self.streams.get(id)?;
                stream.xruns.fetch_add(1, Ordering::Relaxed);
                Some(Kind::Xrun)
            }
            VTSND_EVT_PCM_PERIOD_ELAPSED => {
                let stream = self.streams.get(id)?;
                stream.periods.fetch_add(1, Ordering::Relaxed);
                Some(Kind::Period)
            }
            _ => None,
        }
    }
}

impl QueueHandler for Events {
    fn intr(&self) {
        let mut state = self.state.lock();
        if state.ready && !state.deaf && !self.work(&mut state) {
            device_println!(self.dev, "too many events: no more are taken");
            state.deaf = true;
            // The buffers stay the device's until it is reset; the interrupts end
            // when it has none.
            if let Some(queue) = &mut state.queue {
                queue.disable_intr();
            }
        }
    }
}

impl QueueUser for Events {
    fn stopping(&self) {
        self.state.lock().ready = false;
    }

    fn stopped(&self, proof: &Stopped) {
        let mut state = self.state.lock();
        if let Some(queue) = &mut state.queue {
            queue.drain(proof).for_each(drop);
        }
        for slot in state.slots.iter_mut() {
            *slot = match mem::replace(slot, Slot::Moving) {
                Slot::Device(buf) => Slot::Cpu(buf.to_cpu()),
                other => other,
            };
        }
    }

    fn restarted(&self) {
        let mut state = self.state.lock();
        // Nothing was put on it yet.
        let _ = state.enable_intr();
    }

    fn ready(&self) {
        let mut state = self.state.lock();
        state.ready = true;
        state.deaf = false;
    }
}
