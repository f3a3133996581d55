// SPDX-License-Identifier: BSD-2-Clause

//! The life of a stream; VIRTIO 1.2, 5.14.6.6.1.
//!
//! sound(4) starts and stops a channel with its mutex held, where no control
//! request can be waited for.  So a trigger only says what is wanted, and
//! halts the ring; the stream's task takes the device there, one request after
//! the other:
//!
//! ```text
//!   Rest --SET_PARAMS, PREPARE, periods, START--> Running
//!   Running --STOP, RELEASE, all periods back---> Rest
//!   any of these without an answer -------------> Lost
//! ```
//!
//! Completed is not played: the device reports a period when it has taken it,
//! and STOP drops what it has not yet made heard.  A stream that came to its
//! end is therefore stopped only when the clock says that all was played.

use crate::bindings::vtsnd_geometry;
use crate::control::{Control, Params};
use crate::event::StreamEvents;
use crate::ring::{DataQueue, Ring};
use kpi::arc::Arc;
use kpi::cstring::CString;
use kpi::dev::{Device, Sysctl};
use kpi::device_println;
use kpi::errno::{ECANCELED, EINVAL, ENXIO, Errno, Result};
use kpi::mtx::{Guard, Mtx};
use kpi::taskq::TaskHandler;
use kpi::time::{Sbt, uptime};

/// How much later than computed the last sample may be heard: a device mixes in
/// ticks (QEMU: 10 ms), takes one tick ahead, and plays through a host that
/// buffers as well.
const PLAY_OUT: Sbt = Sbt::from_millis(50);

/// How long the device may take to return the periods of a released stream.
const RETURN: Sbt = Sbt::from_millis(1000);

/// What sound(4) wants of the stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    /// No sound.
    Rest,
    /// Play or record; the number tells one start from the next.
    Run(u64),
}

/// Where the stream is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The device has none of its periods.
    Rest,
    /// Started.
    Running(Run),
    /// The device does not answer: it may still have periods.
    Lost,
}

/// A stream that was started.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Run {
    /// The number of the wish.
    wish: u64,
    /// When the device said that it started.
    start: Sbt,
    period_frames: u32,
    hz: u32,
    /// When sound(4) saw the stream come to its end: let it be heard.
    ended: Option<Sbt>,
}

/// What a stream shall sound like.
#[derive(Clone, Copy)]
pub struct Sound {
    /// Format code of the device.
    pub format: u8,
    /// Bytes of one sample of one channel.
    pub bytes: u8,
    /// Channels.
    pub channels: u8,
    /// Rate code of the device.
    pub rate: u8,
    /// The same in Hz.
    pub hz: u32,
    /// Features of the stream to use.
    pub features: u32,
}

impl Sound {
    fn frame_bytes(&self) -> u32 {
        u32::from(self.bytes) * u32::from(self.channels)
    }
}

struct State {
    want: Want,
    phase: Phase,
    /// A run of the task is at work; another must leave it to that one.
    led: bool,
    starts: u64,
    /// For the next start.
    sound: Sound,
}

/// A stream of the device.
pub struct Stream {
    dev: Device,
    id: u32,
    control: Arc<Control>,
    queue: Arc<DataQueue>,
    /// The way of its samples.
    pub ring: Ring,
    events: Arc<StreamEvents>,
    state: Mtx<State>,
}

impl Stream {
    /// A stream at rest, that will sound like `sound`.  Sleeps.
    pub fn new(
        dev: Device,
        id: u32,
        control: &Arc<Control>,
        queue: &Arc<DataQueue>,
        ring: Ring,
        events: Arc<StreamEvents>,
        sound: Sound,
    ) -> Result<Self> {
        let state = State {
            want: Want::Rest,
            phase: Phase::Rest,
            led: false,
            starts: 0,
            sound,
        };
        Ok(Stream {
            dev,
            id,
            control: control.clone(),
            queue: queue.clone(),
            ring,
            events,
            state: Mtx::new(c"vtsnd stream", state)?,
        })
    }

    /// Changes what the next start sounds like.
    pub fn set_sound(&self, change: impl FnOnce(&mut Sound)) {
        change(&mut self.state.lock().sound);
    }

    /// Shows the counters of the stream's ring.  Sleeps.
    ///
    /// # Safety
    ///
    /// `sysctl` is dropped before the stream.
    pub unsafe fn show(&self, sysctl: &Sysctl) -> Result<()> {
        let name = CString::format(format_args!("stream{}", self.id))?;
        let node = sysctl.node(None, &name, c"PCM stream of the device")?;
        sysctl.counter_of(
            Some(&node),
            c"xrun_events",
            c"xruns that the device told of",
            &self.events,
            |events| &events.xruns,
        )?;
        sysctl.counter_of(
            Some(&node),
            c"period_events",
            c"periods that the device told of",
            &self.events,
            |events| &events.periods,
        )?;
        // SAFETY: the caller's promise.
        unsafe { self.ring.show(sysctl, &node) }
    }

    /// Wants the stream to run, from position 0; its task is to be enqueued.
    pub fn want_run(&self) -> Result<()> {
        let mut state = self.state.lock();
        if state.phase == Phase::Lost {
            return Err(ENXIO);
        }
        state.starts += 1;
        state.want = Want::Run(state.starts);
        self.ring.arm(state.starts);
        self.state.wakeup();
        Ok(())
    }

    /// Wants the stream at rest: at once, or once all that the device took was
    /// heard.  Its task is to be enqueued.
    pub fn want_rest(&self, at_once: bool) {
        let mut state = self.state.lock();
        self.ring.halt();
        let want = state.want;
        if let Phase::Running(run) = &mut state.phase
            && want == Want::Run(run.wish)
        {
            run.ended = if at_once { None } else { Some(uptime()) };
        }
        state.want = Want::Rest;
        self.state.wakeup();
    }

    /// Waits until the stream is at rest or lost, as wanted before.  Sleeps.
    pub fn wait_rest(&self) {
        let mut state = self.state.lock();
        while state.led || matches!(state.phase, Phase::Running(..)) {
            // Woken or not: the loop looks again.
            let _ = state.sleep(c"vtsndf", RETURN);
        }
    }

    /// Takes the device to Running, or says where it is instead and why.
    fn begin(&self, wish: u64, sound: &Sound) -> Result<Run, (Phase, Errno)> {
        let geometry = self.ring.geometry();
        self.prepare(sound, &geometry)
            .map_err(|error| (Phase::Rest, error))?;
        self.ring
            .run(wish, &geometry)
            .and_then(|()| self.control.start(self.id))
            .map_err(|error| {
                self.ring.halt();
                (self.release(), error)
            })?;
        Ok(Run {
            wish,
            start: uptime(),
            period_frames: geometry.vg_period_bytes / sound.frame_bytes(),
            hz: sound.hz,
            ended: None,
        })
    }

    /// Makes the device ready for periods.
    fn prepare(&self, sound: &Sound, geometry: &vtsnd_geometry) -> Result<()> {
        if geometry.vg_periods < 2 {
            return Err(EINVAL);
        }
        self.control.set_params(
            self.id,
            &Params {
                buffer_bytes: geometry.vg_period_bytes * geometry.vg_periods,
                period_bytes: geometry.vg_period_bytes,
                features: sound.features,
                channels: sound.channels,
                format: sound.format,
                rate: sound.rate,
            },
        )?;
        self.control.prepare(self.id)
    }

    /// Takes the device from Running to Rest.
    fn end(&self) -> Phase {
        if let Err(error) = self.control.stop(self.id) {
            device_println!(self.dev, "stream {}: STOP failed: {}", self.id, error);
        }
        self.release()
    }

    /// Has the device return all periods.
    fn release(&self) -> Phase {
        self.ring.settle();
        if let Err(error) = self.control.release(self.id) {
            device_println!(self.dev, "stream {}: RELEASE failed: {}", self.id, error);
        }
        // They came back before the answer, perhaps without an interrupt yet.
        self.queue.service();
        match self.ring.wait(RETURN) {
            Ok(()) => Phase::Rest,
            Err(_) => {
                device_println!(
                    self.dev,
                    "stream {}: lost: the device keeps its periods",
                    self.id
                );
                Phase::Lost
            }
        }
    }

    /// How long until all that the device took was heard.
    fn unheard(&self, run: &Run) -> Sbt {
        let Some(ended) = run.ended else {
            return Sbt::ZERO;
        };
        let frames = self.ring.consumed() * u64::from(run.period_frames);
        let played = run.start + Sbt::from_ratio(frames, run.hz);
        played.max(ended) + PLAY_OUT - uptime()
    }

    /// Does the next thing that brings the stream nearer to what is wanted;
    /// false if there is none, and the stream is led no more.
    fn step(&self) -> bool {
        let mut state = self.state.lock();
        match (state.want, state.phase) {
            (Want::Run(wish), Phase::Rest) => self.step_begin(state, wish),
            (Want::Run(wish), Phase::Running(run)) if wish == run.wish => {
                state.led = false;
                return false;
            }
            (_, Phase::Running(run)) => {
                let unheard = self.unheard(&run);
                if unheard > Sbt::ZERO {
                    // Woken early if something else is wanted: look again.
                    let _ = state.sleep(c"vtsndp", unheard);
                } else {
                    self.step_end(state);
                }
            }
            (_, Phase::Rest | Phase::Lost) => {
                state.want = Want::Rest;
                state.led = false;
                return false;
            }
        }
        true
    }

    fn step_begin<'a>(&'a self, mut state: Guard<'a, State>, wish: u64) {
        let sound = state.sound;
        drop(state);
        let outcome = self.begin(wish, &sound);
        state = self.state.lock();
        match outcome {
            Ok(run) => state.phase = Phase::Running(run),
            Err((phase, error)) => {
                state.phase = phase;
                if state.want == Want::Run(wish) {
                    state.want = Want::Rest;
                }
                // Then something else is wanted by now, or the card goes.
                if error != ECANCELED {
                    device_println!(self.dev, "stream {}: cannot start: {}", self.id, error);
                }
            }
        }
    }

    fn step_end(&self, state: Guard<'_, State>) {
        drop(state);
        let phase = self.end();
        self.state.lock().phase = phase;
    }
}

impl TaskHandler for Stream {
    fn run(&self) {
        if core::mem::replace(&mut self.state.lock().led, true) {
            return;
        }
        while self.step() {}
        self.state.wakeup();
    }
}
