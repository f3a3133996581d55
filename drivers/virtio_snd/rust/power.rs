// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Suspend and resume, and a device that needs a reset.
//!
//! All of them take the device down and bring it up again; detach takes it down
//! for good.
//!
//! Down: requests that wait for an answer fail, and the streams' tasks end.
//! Then the device is reset, and uses no memory of the driver any more.  Each
//! stream keeps the start that sound(4) requested, and each ring its position.
//! virtio_snd_ring.c says what happens to the samples that the device had.
//!
//! Up: the device gets the features and queues of before.  Streams that
//! sound(4) has started start again at their positions.  Jacks are asked anew,
//! and settings of jacks and control elements are made again.  A program on
//! /dev/dsp waits meanwhile, as long as sound(4) lets it (hw.snd.timeout).
//!
//! A device that has not answered a request in time may answer it later.  Then what
//! needed an answer is done: see [`CatchUp`].
//!
//! A device says that it needs a reset by a configuration change.  FreeBSD's
//! virtio buses report the change to the driver, but not the device's status.
//! A sound device's configuration has no reason to change.  So the driver sends
//! the device a request, and takes a missing answer for DEVICE_NEEDS_RESET.

use crate::control::{Control, is_mute};
use crate::event::Events;
use crate::jack::Jack;
use crate::mixer::Mixer;
use crate::stream::Stream;
use kpi::arc::Arc;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{ENXIO, Result};
use kpi::mtx::{Guard, Mtx};
use kpi::taskq::{Task, TaskHandler};
use kpi::time::{Sbt, uptime};
use kpi::vec::Vec;
use kpi::virtio::{ConfigHandler, ConfigWatch, Queues};

/// Resets that a device may need within [`WHILE`].  After more, the driver
/// gives it up.
const RESETS: usize = 3;

/// See [`RESETS`].
const WHILE: Sbt = Sbt::from_secs(60);

/// How long all streams together may take to play to their ends before a reset.
const PATIENCE: Sbt = Sbt::from_millis(200);

/// How long the device may take after that to stop and release the others.
const ANSWERS: Sbt = Sbt::from_millis(2000);

/// How the device is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// In use.
    Up,
    /// Suspended, or shut down.
    Down,
    /// It needed too many resets, or did not come back from one.
    GivenUp,
}

struct State {
    /// `None` while a thread takes the device down or up, and after the end.
    queues: Option<Queues>,
    phase: Phase,
    /// Detached: no thread may wait for the queues.
    ended: bool,
    /// Times that the device was taken down.
    downs: u64,
    /// Jacks are to be asked about.
    unasked: bool,
    /// When it needed its last resets, the oldest first.
    resets: [Option<Sbt>; RESETS],
}

/// The device, and the parts of it that are brought up again.
pub struct PowerState {
    /// The device in newbus.
    pub dev: Device,
    control: Arc<Control>,
    state: Mtx<State>,
    /// The streams' tasks, by the streams' numbers.  They do nothing while the
    /// device is down.  Dropping them drains them.
    pub tasks: Vec<Arc<Task<Stream>>>,
    /// The device's streams, by their numbers.
    pub streams: Vec<Arc<Stream>>,
    /// What the device tells by itself.
    pub events: Arc<Events>,
    /// Its jacks, by their numbers.
    pub jacks: Vec<Arc<Jack>>,
    /// The mixer.  Control elements lose their settings in a reset.
    pub mixer: Option<Arc<Mixer>>,
}

impl PowerState {
    /// The power state of a device that is up, as yet without streams and jacks.
    /// Sleeps.
    pub fn new(
        dev: Device,
        control: Arc<Control>,
        queues: Queues,
        events: Arc<Events>,
    ) -> Result<Self> {
        let state = State {
            queues: Some(queues),
            phase: Phase::Up,
            ended: false,
            downs: 0,
            unasked: true,
            resets: [None; RESETS],
        };
        Ok(PowerState {
            dev,
            control,
            state: Mtx::new(c"vtsnd power", state)?,
            tasks: Vec::new(),
            streams: Vec::new(),
            events,
            jacks: Vec::new(),
            mixer: None,
        })
    }

    /// The control queue, for requests to the device.
    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// Calls `handler` when the configuration changes.  `ENXIO`: the device was
    /// taken down for good.  Sleeps.
    pub fn watch_config<T: ConfigHandler>(&self, handler: &Arc<T>) -> Result<ConfigWatch> {
        let queues = self.take().ok_or(ENXIO)?;
        let watch = queues.watch_config(handler);
        self.give_back(queues, Phase::Up);
        watch
    }

    /// Takes the queues, once no other thread has them; `None` after the end.
    fn take(&self) -> Option<Queues> {
        let mut state = self.state.lock();
        loop {
            if let Some(queues) = state.queues.take() {
                return Some(queues);
            }
            if state.ended {
                return None;
            }
            // Woken or not: the loop looks again.
            let _ = state.sleep(c"vtsndl", Sbt::FOREVER);
        }
    }

    fn give_back(&self, queues: Queues, phase: Phase) {
        let mut state = self.state.lock();
        state.queues = Some(queues);
        state.phase = phase;
        self.state.wakeup();
    }

    fn phase(&self) -> Phase {
        self.state.lock().phase
    }

    /// Takes the streams to Rest before the device is taken down.  QEMU's
    /// device keeps the periods of a playing stream over a reset.  It returns
    /// them afterwards, which breaks its queue.  So a stream with periods gets
    /// as much time as its requests may take.
    fn quiesce(&self) {
        for (stream, task) in self.streams.iter().zip(self.tasks.iter()) {
            stream.quiesce();
            task.enqueue();
        }
        let end = uptime() + PATIENCE;
        for stream in self.streams.iter() {
            stream.wait_quiet(end - uptime());
        }
        for stream in self.streams.iter() {
            stream.hurry();
        }
        let end = uptime() + ANSWERS;
        for stream in self.streams.iter() {
            stream.wait_stopped(end - uptime());
        }
    }

    /// Takes the device down.
    fn down(&self, queues: &mut Queues) {
        self.state.lock().downs += 1;
        for stream in self.streams.iter() {
            stream.hold();
        }
        queues.stopping();
        for stream in self.streams.iter() {
            stream.wait_held();
        }
        queues.stop();
        for stream in self.streams.iter() {
            stream.reset();
        }
    }

    /// Brings the device up, without sending it any request.
    fn up(&self, queues: &mut Queues) -> Result<()> {
        queues.restart()?;
        for stream in self.streams.iter() {
            stream.reset();
            stream.unhold();
        }
        for task in self.tasks.iter() {
            task.enqueue();
        }
        Ok(())
    }

    /// Gives the device room for its events, when it has answered often enough for
    /// that: see [`crate::event`].  False: it does not answer.  Sleeps.
    fn greet(&self) -> bool {
        if !self.events.listens() {
            if !self.control.answers() || !self.control.answers() {
                return false;
            }
            self.events.listen();
        }
        true
    }

    /// Asks the device for what it has not told since it is up: its events, and the
    /// state of its jacks, which may have changed before it could send events.  If
    /// it does not answer, the rest is left to a later call.  Sleeps.
    pub fn ask(&self) {
        let (unasked, downs) = {
            let state = self.state.lock();
            (state.unasked, state.downs)
        };
        if !self.greet() || !unasked {
            return;
        }
        for (id, jack) in (0..).zip(self.jacks.iter()) {
            match jack.ask() {
                Ok(()) => {}
                Err(error) if is_mute(error) => return,
                Err(error) => {
                    device_println!(self.dev, "jack {}: JACK_INFO failed: {}", id, error);
                }
            }
        }
        let mut state = self.state.lock();
        if state.downs == downs {
            state.unasked = false;
        }
    }

    /// Asks the device again about state that may have changed, and makes the
    /// settings again that a reset has cleared.
    fn ask_anew(&self) {
        if let Some(mixer) = &self.mixer {
            mixer.restore();
        }
        self.state.lock().unasked = true;
        self.ask();
    }

    /// Takes the device down until [`PowerState::resume`].  Sleeps.
    pub fn suspend(&self) {
        let Some(mut queues) = self.take() else {
            return;
        };
        if self.phase() == Phase::Up {
            self.quiesce();
            self.down(&mut queues);
        }
        self.give_back(queues, Phase::Down);
    }

    /// Brings the device up after [`PowerState::suspend`]; fails as setting it up does.
    /// Sleeps.
    pub fn resume(&self) -> Result<()> {
        let mut queues = self.take().ok_or(ENXIO)?;
        if self.phase() != Phase::Down {
            let phase = self.phase();
            self.give_back(queues, phase);
            return Ok(());
        }
        if let Err(error) = self.up(&mut queues) {
            self.give_back(queues, Phase::Down);
            device_println!(self.dev, "cannot resume: {}", error);
            return Err(error);
        }
        self.state.lock().resets = [None; RESETS];
        self.give_back(queues, Phase::Up);
        self.ask_anew();
        Ok(())
    }

    /// Takes the device down for good.  Sleeps.
    pub fn end(&self) {
        let queues = self.take();
        self.state.lock().ended = true;
        self.state.wakeup();
        if let Some(mut queues) = queues {
            if self.phase() == Phase::Up {
                self.quiesce();
            }
            self.down(&mut queues);
            // Dropped here: no handler is left, either.
        }
    }

    /// Resets a device that needs it, and goes on.
    fn reset(&self, queues: &mut Queues) -> Phase {
        self.down(queues);
        if !note(&mut self.state.lock()) {
            device_println!(
                self.dev,
                "the device needed more than {} resets: given up",
                RESETS
            );
        } else if let Err(error) = self.up(queues) {
            device_println!(self.dev, "the device does not come back: {}", error);
        } else {
            return Phase::Up;
        }
        for stream in self.streams.iter() {
            stream.lose();
        }
        Phase::GivenUp
    }
}

/// Notes one more reset; false if there were too many lately.
fn note(state: &mut Guard<'_, State>) -> bool {
    let now = uptime();
    let few = state.resets[0].is_none_or(|oldest| now - oldest > WHILE);
    state.resets.rotate_left(1);
    state.resets[RESETS - 1] = Some(now);
    few
}

/// The configuration changed, or the device needs a reset.
impl TaskHandler for PowerState {
    fn run(&self) {
        let downs = self.state.lock().downs;
        if self.phase() != Phase::Up || self.control.answers() {
            return;
        }
        let Some(mut queues) = self.take() else {
            return;
        };
        // If it was taken down meanwhile, that is why there was no answer.
        if self.phase() != Phase::Up || self.state.lock().downs != downs {
            let phase = self.phase();
            return self.give_back(queues, phase);
        }
        device_println!(self.dev, "the device needs a reset");
        let phase = self.reset(&mut queues);
        self.give_back(queues, phase);
        if phase == Phase::Up {
            self.ask_anew();
        }
    }
}

/// The task for late answers: does what a missing answer has kept from being done.
pub struct CatchUp(pub Arc<PowerState>);

impl TaskHandler for CatchUp {
    fn run(&self) {
        let power = &self.0;
        for task in power.tasks.iter() {
            task.enqueue();
        }
        if let Some(mixer) = &power.mixer {
            mixer.retry();
        }
        power.ask();
    }
}
