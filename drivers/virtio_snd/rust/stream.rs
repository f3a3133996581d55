// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The states of a stream; VIRTIO 1.2, 5.14.6.6.1.
//!
//! sound(4) starts and stops a channel with its mutex held, where no thread may
//! sleep until a control request is answered.  So the ring, in C, keeps what
//! sound(4) requests, and stops at once if it has to.  The stream's task then
//! brings the device to that state, one control request after the other:
//!
//! ```text
//!   Rest --SET_PARAMS, PREPARE, periods, START--> Running
//!   Running --STOP, RELEASE, all periods back---> Rest
//!   any of these without an answer -------------> Lost
//!   Lost --late answer, STOP, RELEASE-----------> Rest
//!   all of them --reset of the device-----------> Rest
//! ```
//!
//! For a reset ([`crate::power`]) the stream is held: its task leaves the device
//! alone, and the ring keeps the requested start.  The stream then starts again
//! after the reset, at the period where the ring stands.
//!
//! Completed is not played: the device returns a period when it has taken the
//! samples, and STOP drops those that it has not yet played.  So a stream that
//! came to its end is stopped only when the clock says that all was played.

use crate::bindings::{VTSND_PCM_F_MSG_POLLING, vtsnd_geometry, vtsnd_request};
use crate::control::{Control, Params, is_mute};
use crate::event::StreamEvents;
use crate::format;
use crate::info::PcmInfo;
use crate::ring::{DataQueue, Ring};
use kpi::arc::Arc;
use kpi::cstring::CString;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{ECANCELED, EINVAL, ENXIO, Errno, Result};
use kpi::mtx::{Guard, Mtx};
use kpi::pcm;
use kpi::sysctl::{CounterRow, Sysctl};
use kpi::taskq::TaskHandler;
use kpi::time::{Sbt, uptime};

/// How much later than computed the last sample may be played.  A device mixes
/// in ticks (QEMU: 10 ms), takes one tick ahead, and the host buffers as well.
const PLAY_OUT: Sbt = Sbt::from_millis(50);

/// Frames that a device may have returned and not played yet.  Source: QEMU,
/// whose audio backends buffer 1024 frames unless told otherwise.
const DEVICE_FRAMES: u64 = 1024;

/// The shortest time between two checks for the end of a stream.
const LOOK: Sbt = Sbt::from_millis(1);

/// How long the device may take to return the periods of a released stream.
const RETURN: Sbt = Sbt::from_millis(1000);

/// Where the stream is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The device has none of its periods.
    Rest,
    /// The task gives it the first periods, and sends START.
    Starting,
    /// Started.
    Running(Run),
    /// The device may still have periods, until it is reset.  `late`: it did not
    /// answer START, STOP or RELEASE in time, and the stream may come back once it
    /// answers.
    Lost { late: bool },
}

/// Whether the device is about to be reset, and what the task does then.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// It is not.
    No,
    /// It stops the stream when all of it was played, and starts nothing.
    Quietly,
    /// The same, but at once.
    Stop,
    /// It asks the device for nothing.
    AtOnce,
}

/// A stream that was started.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Run {
    /// The number of the start that it serves.
    start: u64,
    /// When the device answered START, ...
    since: Sbt,
    /// ... and the bytes that the ring had consumed by then.
    from: u64,
    frame_bytes: u32,
    hz: u32,
    /// How long the whole buffer sounds.
    buffer: Sbt,
}

/// The parameters of the samples for the device.
struct Sound {
    /// The device's code of the format, and of the rate.
    format: u8,
    rate: u8,
    channels: u8,
    frame_bytes: u32,
    hz: u32,
}

impl Sound {
    /// `EINVAL`: not among what `info` says.
    fn requested(info: &PcmInfo, request: &vtsnd_request) -> Result<Self> {
        let encoding = pcm::encoding(request.vrq_format);
        let mut formats = format::formats(info.formats);
        let (format, _) = formats.find(|f| f.1 == encoding).ok_or(EINVAL)?;
        let mut rates = format::rates(info.rates);
        let (rate, hz) = rates.find(|r| r.1 == request.vrq_speed).ok_or(EINVAL)?;
        let channels = pcm::channels(request.vrq_format);
        Ok(Sound {
            format,
            rate,
            channels: u8::try_from(channels).map_err(|_| EINVAL)?,
            frame_bytes: channels * pcm::bps(request.vrq_format),
            hz,
        })
    }
}

struct State {
    phase: Phase,
    /// The stream's task is at work.
    task_runs: bool,
    held: Held,
    /// STOP or RELEASE failed: the device may have done neither.
    unsure: bool,
}

impl State {
    fn has_periods(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Running(_))
    }
}

/// A stream of the device.
pub struct Stream {
    dev: Device,
    id: u32,
    info: PcmInfo,
    control: Arc<Control>,
    queue: Arc<DataQueue>,
    /// The data path of its samples.
    pub ring: Arc<Ring>,
    events: Arc<StreamEvents>,
    state: Mtx<State>,
}

impl Stream {
    /// A stream at rest.  Sleeps.
    pub fn new(
        dev: Device,
        id: u32,
        info: &PcmInfo,
        control: &Arc<Control>,
        queue: &Arc<DataQueue>,
        ring: Ring,
        events: Arc<StreamEvents>,
    ) -> Result<Self> {
        let state = State {
            phase: Phase::Rest,
            task_runs: false,
            held: Held::No,
            unsure: false,
        };
        Ok(Stream {
            dev,
            id,
            info: *info,
            control: control.clone(),
            queue: queue.clone(),
            ring: Arc::new(ring)?,
            events,
            state: Mtx::new(c"vtsnd stream", state)?,
        })
    }

    /// Shows the counters of the stream's ring.  Sleeps.
    pub fn show(&self, sysctl: &Sysctl) -> Result<()> {
        let name = CString::format(format_args!("stream{}", self.id))?;
        let node = sysctl.node(None, &name, c"PCM stream of the device")?;
        const COUNTERS: &[CounterRow<StreamEvents>] = &[
            (c"xrun_events", c"xruns that the device told of", |e| {
                &e.xruns
            }),
            (c"period_events", c"periods that the device told of", |e| {
                &e.periods
            }),
        ];
        sysctl.counters_of(Some(&node), &self.events, COUNTERS)?;
        Ring::show(&self.ring, sysctl, &node)
    }

    /// The request of sound(4) has changed: wakes the stream's task, if it
    /// sleeps.  The caller enqueues the task afterwards.  `ENXIO`: the stream is
    /// lost until the device is reset.
    pub fn requested(&self) -> Result<()> {
        let state = self.state.lock();
        if matches!(state.phase, Phase::Lost { late: false }) {
            return Err(ENXIO);
        }
        self.state.wakeup();
        Ok(())
    }

    /// The device is about to be reset, and still answers.  The task takes the
    /// stream to Rest, and ends.  The caller enqueues it afterwards.  The
    /// requested start and the ring's position are kept.
    pub fn quiesce(&self) {
        self.state.lock().held = Held::Quietly;
        self.state.wakeup();
    }

    /// There is no time to play the rest: a stream that has periods is stopped.
    /// vhost-device-sound 0.3.0 remembers over a reset that a stream runs, and
    /// then refuses to start it.
    pub fn hurry(&self) {
        let mut state = self.state.lock();
        if state.has_periods() {
            state.held = Held::Stop;
            self.state.wakeup();
        }
    }

    /// Waits until the task has ended and the device has no periods, at most
    /// for `patience`.  Sleeps.
    pub fn wait_quiet(&self, patience: Sbt) {
        self.wait_while(patience, |state| state.task_runs || state.has_periods());
    }

    /// The same, but does not wait for requests that were made while the device
    /// had no periods.
    pub fn wait_stopped(&self, patience: Sbt) {
        self.wait_while(patience, State::has_periods);
    }

    fn wait_while(&self, patience: Sbt, busy: impl Fn(&State) -> bool) {
        let end = uptime() + patience;
        let mut state = self.state.lock();
        while busy(&state) {
            let left = end - uptime();
            if left <= Sbt::ZERO {
                break;
            }
            // Woken or not: the loop looks again.
            let _ = state.sleep(c"vtsndq", left);
        }
    }

    /// The device is about to be reset: makes the task end.
    pub fn hold(&self) {
        self.state.lock().held = Held::AtOnce;
        self.state.wakeup();
    }

    /// Waits until the task has ended, once held.  Sleeps.
    pub fn wait_held(&self) {
        let mut state = self.state.lock();
        while state.task_runs {
            // Woken or not: the loop looks again.
            let _ = state.sleep(c"vtsndh", Sbt::FOREVER);
        }
    }

    /// The device was reset: it has no periods.
    pub fn reset(&self) {
        let mut state = self.state.lock();
        state.phase = Phase::Rest;
        state.unsure = false;
    }

    /// The device can be used again.  The caller enqueues the task afterwards.
    pub fn unhold(&self) {
        self.state.lock().held = Held::No;
    }

    /// The device will not be used any more, or not soon.
    pub fn lose(&self) {
        self.state.lock().phase = Phase::Lost { late: false };
    }

    /// Prints that STOP or RELEASE failed, unless a reset made it fail.
    fn failed(&self, request: &str, error: Errno) {
        let mut state = self.state.lock();
        if state.held == Held::No {
            state.unsure = true;
            drop(state);
            device_println!(
                self.dev,
                "stream {}: {} failed: {}",
                self.id,
                request,
                error
            );
        }
    }

    /// Takes the device to Running.  On failure returns its actual state, and
    /// the error.
    fn begin(&self, request: &vtsnd_request) -> Result<Run, (Phase, Errno)> {
        let at_rest = |error| (Phase::Rest, error);
        let geometry = &request.vrq_geom;
        let sound = Sound::requested(&self.info, request).map_err(at_rest)?;
        self.make_sure();
        self.prepare(&sound, geometry).map_err(at_rest)?;
        let frames = geometry.vg_period_bytes / sound.frame_bytes;
        let period = Sbt::from_ratio(frames.into(), sound.hz);
        let polled = self.info.features & VTSND_PCM_F_MSG_POLLING != 0;
        let from = self.ring.consumed();
        self.state.lock().phase = Phase::Starting;
        self.ring
            .run(request.vrq_start, period, polled)
            .map_err(|error| (self.release(false), error))?;
        self.control.start(self.id).map_err(|error| {
            self.ring.stop();
            if is_mute(error) {
                return (Phase::Lost { late: true }, error);
            }
            (self.release(false), error)
        })?;
        Ok(Run {
            start: request.vrq_start,
            since: uptime(),
            from,
            frame_bytes: sound.frame_bytes,
            hz: sound.hz,
            buffer: Sbt::from_ratio(u64::from(frames) * u64::from(geometry.vg_periods), sound.hz),
        })
    }

    /// Makes the device ready for periods.
    fn prepare(&self, sound: &Sound, geometry: &vtsnd_geometry) -> Result<()> {
        if geometry.vg_periods < 2 {
            return Err(EINVAL);
        }
        let params = Params {
            buffer_bytes: geometry.vg_period_bytes * geometry.vg_periods,
            period_bytes: geometry.vg_period_bytes,
            features: self.info.features,
            channels: sound.channels,
            format: sound.format,
            rate: sound.rate,
        };
        if let Err(error) = self.control.set_params(self.id, &params) {
            if error != EINVAL {
                return Err(error);
            }
            // The device may remember that the stream ran before an unexpected
            // reset.
            self.rest_again();
            self.control.set_params(self.id, &params)?;
        }
        self.control.prepare(self.id)
    }

    /// Repeats a STOP and RELEASE that failed or were not answered in time.
    /// Otherwise the device would take the stream for running, and refuse every
    /// start from now on.
    fn make_sure(&self) {
        if core::mem::take(&mut self.state.lock().unsure) {
            self.rest_again();
        }
    }

    /// Stops and releases a stream that the device may take for running.
    fn rest_again(&self) {
        // The device refuses the one of the two that it had done before.
        let _ = self.control.stop(self.id);
        let _ = self.control.release(self.id);
    }

    /// Takes the device from Running to Rest.
    fn end(&self) -> Phase {
        self.ring.stop();
        let stopped = self.control.stop(self.id).inspect_err(|&error| {
            self.failed("STOP", error);
        });
        self.release(stopped.is_err_and(is_mute))
    }

    /// Has the device return all periods.  `late`: it did not answer STOP in time.
    fn release(&self, late: bool) -> Phase {
        self.ring.settle();
        let released = self.control.release(self.id).inspect_err(|&error| {
            self.failed("RELEASE", error);
        });
        self.await_periods(late || released.is_err_and(is_mute))
    }

    /// Waits until the device has returned all periods.  `late`: it may not have
    /// done STOP or RELEASE yet.
    fn await_periods(&self, late: bool) -> Phase {
        // The periods came back before the answer, but their interrupt may come
        // later.
        self.queue.service();
        match self.ring.wait(RETURN) {
            Ok(()) => Phase::Rest,
            Err(error) => {
                // Else a reset will return them.
                if error != ECANCELED && self.state.lock().held == Held::No {
                    device_println!(
                        self.dev,
                        "stream {}: lost: the device keeps its periods",
                        self.id
                    );
                }
                Phase::Lost { late }
            }
        }
    }

    /// How long to wait until all that sound(4) filled was played, or until the
    /// next look at the ring.  Zero or less: all was played, or the device does
    /// not return it.
    fn unheard(&self, run: &Run) -> Sbt {
        let Some(end) = self.ring.end(run.start) else {
            return Sbt::ZERO;
        };
        let time = |frames| Sbt::from_ratio(frames, run.hz);
        if end.ve_left > 0 {
            let requested = Sbt::from_raw(end.ve_requested);
            let limit = requested + run.buffer + run.buffer + RETURN;
            let rest = time(u64::from(end.ve_left / run.frame_bytes)).max(LOOK);
            return rest.min(limit - uptime());
        }
        let bytes = self.ring.consumed().saturating_sub(run.from);
        let played = run.since + time(bytes / u64::from(run.frame_bytes));
        let returned = Sbt::from_raw(end.ve_returned);
        played.max(returned + time(DEVICE_FRAMES)) + PLAY_OUT - uptime()
    }

    /// Makes the next step towards the state that sound(4) requests.  False if
    /// there is none; then the task ends.
    fn step(&self) -> bool {
        let mut state = self.state.lock();
        match (state.held, state.phase) {
            (Held::No, _) => {}
            (Held::Quietly, Phase::Running(run)) => {
                let unheard = self.unheard(&run);
                if unheard > Sbt::ZERO {
                    // A reset may wake the thread early: look again.
                    let _ = state.sleep(c"vtsndp", unheard);
                } else {
                    self.step_end(state);
                }
                return true;
            }
            (Held::Stop, Phase::Running(_)) => {
                self.step_end(state);
                return true;
            }
            (Held::Quietly | Held::Stop | Held::AtOnce, _) => {
                state.task_runs = false;
                return false;
            }
        }
        let request = self.ring.request();
        match state.phase {
            Phase::Rest if request.vrq_start != 0 => {
                return self.step_begin(state, &request);
            }
            Phase::Running(run) if request.vrq_start != run.start => {
                let unheard = self.unheard(&run);
                if unheard > Sbt::ZERO {
                    // A new request of sound(4) may wake the thread early: look
                    // again.
                    let _ = state.sleep(c"vtsndp", unheard);
                } else {
                    self.step_end(state);
                }
                return true;
            }
            Phase::Lost { late: true } => return self.step_recover(state, &request),
            // A stream that is lost starts as requested if a reset brings the device
            // back.
            Phase::Rest | Phase::Starting | Phase::Running(_) | Phase::Lost { .. } => {}
        }
        state.task_runs = false;
        false
    }

    fn step_begin(&self, state: Guard<'_, State>, request: &vtsnd_request) -> bool {
        drop(state);
        let outcome = self.begin(request);
        let mut state = self.state.lock();
        let (phase, error) = match outcome {
            Ok(run) => {
                state.phase = Phase::Running(run);
                return true;
            }
            Err(failure) => failure,
        };
        state.phase = phase;
        // ECANCELED: sound(4) has changed its request meanwhile.
        if state.held != Held::No || error == ECANCELED {
            return true;
        }
        // A device that does not answer is not asked again.  If a late answer or
        // a reset brings it back, the stream starts as requested.
        state.task_runs = !is_mute(error);
        drop(state);
        device_println!(self.dev, "stream {}: cannot start: {}", self.id, error);
        if is_mute(error) {
            return false;
        }
        self.ring.refuse(request.vrq_start);
        true
    }

    /// Takes a stream that was lost for want of an answer to Rest.  Fails at once
    /// while the answer has not come.
    fn step_recover(&self, state: Guard<'_, State>, request: &vtsnd_request) -> bool {
        drop(state);
        // The device refuses the one of the two that it had done before.
        let stopped = self.control.stop(self.id);
        self.ring.settle();
        let released = self.control.release(self.id);
        let answers = !stopped.is_err_and(is_mute) && !released.is_err_and(is_mute);
        let phase = match answers {
            true => self.await_periods(false),
            false => Phase::Lost { late: true },
        };
        let mut state = self.state.lock();
        state.phase = phase;
        // A reset meanwhile is why there was no answer, or no period.
        state.unsure &= phase != Phase::Rest;
        if phase == Phase::Rest || state.held != Held::No {
            return true;
        }
        state.task_runs = false;
        drop(state);
        if answers {
            self.ring.refuse(request.vrq_start);
        }
        false
    }

    fn step_end(&self, state: Guard<'_, State>) {
        drop(state);
        let phase = self.end();
        self.state.lock().phase = phase;
    }
}

impl TaskHandler for Stream {
    fn run(&self) {
        self.state.lock().task_runs = true;
        while self.step() {}
        self.state.wakeup();
    }
}
