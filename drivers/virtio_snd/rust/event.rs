// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What the device tells by itself; VIRTIO 1.2, 5.14.6.4 and following.
//!
//! The event queue is filled (5.14.5) once the device has answered two
//! requests.  The device is not notified of that: it looks for a buffer when it
//! has an event.  From then on the queue holds [`BUFFERS`] buffers.  A buffer
//! that comes back is read, cleared and put on the queue again, and the device
//! is notified.  So there is room for the next event as long as the driver
//! keeps up.  If a device sends events faster than that, without end, its
//! events are disabled.
//!
//! vhost-device-sound 0.3.0 sends no events.  It hangs if this queue has
//! buffers when a notification comes: it takes none, and looks again as long as
//! there are some.  QEMU sends one such notification for every queue at the
//! device's start.  That notification is over when the device has answered two
//! requests.

use crate::bindings::{
    VTSND_CTL_EVT_VALUE, VTSND_EVT_CTL_NOTIFY, VTSND_EVT_JACK_CONNECTED,
    VTSND_EVT_JACK_DISCONNECTED, VTSND_EVT_PCM_PERIOD_ELAPSED, VTSND_EVT_PCM_XRUN,
    vtsnd_wire_ctl_event, vtsnd_wire_event,
};
use crate::jack::Jack;
use crate::mixer::Mixer;
use crate::sdt;
use core::mem;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use kpi::arc::Arc;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EINVAL, Result};
use kpi::mem::Flags;
use kpi::mtx::{Guard, Mtx};
use kpi::sysctl::{CounterRow, Sysctl};
use kpi::vec::Vec;
use kpi::virtio::{Buffers, QueueHandler, QueueUser, Stopped, VirtQueue};
use kpi::wire;

/// Buffers on the queue, if it has room for as many.
const BUFFERS: usize = 16;

/// Bytes of an event, and of its buffer.
const EVENT_BYTES: usize = size_of::<vtsnd_wire_event>();

/// Events, and looks at the queue, in one interrupt.
const MOST: usize = 256;

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
    buffers: Buffers,
    /// The device may send events.
    ready: bool,
    /// The queue was filled.
    filled: bool,
    /// The device sent events without end: no more are taken before a reset.
    disabled: bool,
    streams: Vec<Arc<StreamEvents>>,
    jacks: Vec<Arc<Jack>>,
    /// The mixer, if the device has control elements.
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
        let state = State {
            buffers: Buffers::new(dev, BUFFERS, &[EVENT_BYTES], 0)?,
            ready: false,
            filled: false,
            disabled: false,
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
    pub fn bind(&self, queue: VirtQueue) -> Result<()> {
        if !queue.is_handled_by(self) {
            return Err(EINVAL);
        }
        self.state.lock().buffers.bind(queue)
    }

    /// Fills the queue of a device that is up and has answered.
    pub fn listen(&self) {
        let mut state = self.state.lock();
        if state.ready {
            state.fill();
            state.filled = true;
        }
    }

    /// True if the queue was filled since the device is up.
    pub fn listens(&self) -> bool {
        self.state.lock().filled
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
        const COUNTERS: &[CounterRow<Events>] = &[
            (c"total", c"all events", |e| &e.total),
            (c"jack", c"plugged in or out", |e| &e.jack),
            (c"xrun", c"overruns, underruns", |e| &e.xrun),
            (c"period", c"periods", |e| &e.period),
            (c"control", c"controls changed", |e| &e.control),
            (
                c"unknown",
                c"of unknown kind, or of what does not exist",
                |e| &e.unknown,
            ),
        ];
        sysctl.counters_of(Some(&node), this, COUNTERS)
    }

    /// Handles an event; `None`: the buffer held none.
    fn handle(&self, state: &State, event: Option<vtsnd_wire_event>) {
        let (code, id) = event.map_or((0, 0), |event| {
            (u32::from_le(event.code), u32::from_le(event.data))
        });
        sdt::event(self.dev, code, id);
        self.total.fetch_add(1, Ordering::Relaxed);
        let count = match event.and_then(|event| state.dispatch(&event)) {
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

    /// Handles all events; false if there is no end of them.
    fn work(&self, state: &mut Guard<'_, State>) -> bool {
        let mut refilled = false;
        for _ in 0..MOST {
            match state.buffers.take() {
                Some(used) => {
                    let event = used.chain.and_then(|chain| state.read(chain, used.len));
                    self.handle(state, event);
                    // A buffer that did not fit into a short queue has no room
                    // now, either.
                    let sent = used
                        .chain
                        .map(|chain| state.buffers.send(chain, &[EVENT_BYTES]));
                    refilled |= sent.is_some();
                }
                None => {
                    // An interrupt may be another queue's.
                    if mem::take(&mut refilled) {
                        state.buffers.notify();
                    }
                    if !state.buffers.enable_intr() {
                        return true;
                    }
                }
            }
        }
        false
    }
}

impl State {
    /// Reads the event in a buffer that came back, if there is one.
    fn read(&mut self, chain: usize, len: u32) -> Option<vtsnd_wire_event> {
        let mut event = [0; EVENT_BYTES];
        self.buffers.read(chain, 0, 0, &mut event).ok()?;
        wire::read(&event).filter(|_| len as usize == EVENT_BYTES)
    }

    /// Gives the device all buffers that it has not.  A queue that is shorter than
    /// these has no room for the rest.
    fn fill(&mut self) {
        for chain in 0..BUFFERS {
            let _ = self.buffers.send(chain, &[EVENT_BYTES]);
        }
    }

    /// Handles an event.  `None`: it is unknown, or its item does not exist.
    fn dispatch(&self, event: &vtsnd_wire_event) -> Option<Kind> {
        let code = u32::from_le(event.code);
        if code == VTSND_EVT_CTL_NOTIFY {
            // The properties of an element stay as they were at attach.  Values
            // out of their range are refused.
            let event: vtsnd_wire_ctl_event = wire::read(wire::bytes(event))?;
            let value = u32::from(u16::from_le(event.mask)) & VTSND_CTL_EVT_VALUE != 0;
            let id = u16::from_le(event.control_id).into();
            self.mixer.as_ref()?.changed(id, value)?;
            return Some(Kind::Control);
        }
        let id = usize::try_from(u32::from_le(event.data)).ok()?;
        match code {
            VTSND_EVT_JACK_CONNECTED | VTSND_EVT_JACK_DISCONNECTED => {
                let jack = self.jacks.get(id)?;
                jack.event(code == VTSND_EVT_JACK_CONNECTED);
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
        if state.ready && !state.disabled && !self.work(&mut state) {
            device_println!(self.dev, "too many events: no more are taken");
            state.disabled = true;
            // The buffers stay the device's until it is reset; the interrupts end
            // when it has none.
            state.buffers.disable_intr();
        }
    }
}

impl QueueUser for Events {
    fn stopping(&self) {
        let mut state = self.state.lock();
        (state.ready, state.filled) = (false, false);
    }

    fn stopped(&self, proof: &Stopped) {
        self.state.lock().buffers.reclaim(proof);
    }

    fn restarted(&self) {
        // Nothing was put on the queue yet.
        let _ = self.state.lock().buffers.enable_intr();
    }

    fn ready(&self) {
        let mut state = self.state.lock();
        state.ready = true;
        state.disabled = false;
    }
}
