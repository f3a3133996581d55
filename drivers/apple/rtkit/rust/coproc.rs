// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A coprocessor: its state, and the threads that wait for it.
//!
//! Messages change the state, in RTKit's thread, or in a thread that polls while the
//! kernel is cold. Each change wakes the threads that wait for another state: those
//! in the functions of [`power`](crate::power), which are serialised.

use crate::buffer::{Buffer, Kind};
use crate::cpu::Cpu;
use crate::epmap::Endpoints;
use crate::limit::Limit;
use crate::link::{Hooks, Link, Traffic};
use crate::mgmt::Power;
use crate::{crashlog, ioreport, mgmt, oslog, syslog};
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use kpi::arc::{Arc, Keep};
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EBUSY, EIO, ESHUTDOWN, ETIMEDOUT, Errno, Result};
use kpi::mtx::{Guard, Mtx};
use kpi::sysctl::{Access, ArrayKind, CounterRow, Sysctl};
use kpi::time::{Sbt, delay, must_poll, panicked, uptime};

/// Between polls while the kernel is cold.
const POLL_US: u32 = 10;

/// Lines of the firmware, and about it, per second.
const SYSLOG_LINES: u32 = 50;
const COMPLAINTS: u32 = 5;

/// What became of a message.
#[derive(PartialEq, Eq)]
pub enum Outcome {
    /// It was handled.
    Handled,
    /// It has no meaning for this driver, or none in the present state.
    Unknown,
}

/// How we know that a coprocessor has crashed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It reported the crash, and left a log.
    Said,
    /// It takes no messages.
    Full,
}

/// How a coprocessor rests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// It was never on, or was stopped at once.
    Unknown,
    /// It sleeps.
    Asleep,
    /// It runs, and is silent.
    Quiesced,
    /// It is off.
    Off,
}

/// The state of a coprocessor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is sent or received.
    Down(Rest),
    /// On its way to On.
    Booting,
    /// At work.
    On,
    /// On its way to Down or Idle.
    Leaving,
    /// Its firmware sleeps, and keeps its endpoints and buffers.
    Idle,
    /// It has crashed. Nothing is sent or received before a reinit.
    Crashed,
}

/// How far a boot has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The coprocessor has sent nothing that counts.
    Silent,
    /// Both sides have agreed on a version.
    Greeted,
    /// The endpoints are known, and RTKit's own are started.
    Mapped,
}

/// What is known of the coprocessor since its last boot began.
pub struct Session {
    /// How far the boot has come.
    pub step: Step,
    /// The endpoints that the coprocessor has.
    pub endpoints: Endpoints,
    /// The last power state of its own that the coprocessor has reported.
    pub iop: Option<Power>,
    /// The last power state of the processors that it has reported.
    pub ap: Option<Power>,
    /// Why the boot fails, if a message made it fail.
    pub failure: Option<Errno>,
    /// The firmware has asked for the buffer of its crash log.
    pub crash_buffer: bool,
    /// Where lines of syslog are.
    pub syslog: Option<syslog::Layout>,
}

impl Session {
    /// A boot that begins.
    pub const fn new() -> Self {
        Session {
            step: Step::Silent,
            endpoints: Endpoints::new(),
            iop: None,
            ap: None,
            failure: None,
            crash_buffer: false,
            syslog: None,
        }
    }

    /// Whether both sides are on, as the coprocessor sees them.
    pub fn is_on(&self) -> bool {
        let on = |power: Option<Power>| power.is_some_and(|power| power.is(Power::ON));
        on(self.iop) && on(self.ap)
    }
}

/// The mailbox, which one thread at a time may start or stop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Stopped.
    Closed,
    /// A thread starts or stops it.
    Moving,
    /// Started.
    Open,
}

/// All that changes.
pub struct State {
    /// Where it is.
    pub phase: Phase,
    /// A call is under way: others wait for it.
    busy: bool,
    /// The mailbox.
    pub gate: Gate,
    /// The firmware may use the memory that it was given.
    pub at_work: bool,
    /// What is known since the last boot began.
    pub session: Session,
    /// The firmware's buffers, by kind.
    pub buffers: [Option<Buffer>; Kind::COUNT],
    /// The limit on lines of the firmware.
    pub syslog_limit: Limit,
    complaint_limit: Limit,
}

impl State {
    /// The state of a coprocessor that is Down. Sleepable.
    #[inline(never)] // a frame of its own
    fn new() -> Result<Mtx<Self>> {
        let state = State {
            phase: Phase::Down(Rest::Unknown),
            busy: false,
            gate: Gate::Closed,
            at_work: false,
            session: Session::new(),
            buffers: [const { None }; Kind::COUNT],
            syslog_limit: Limit::new(SYSLOG_LINES),
            complaint_limit: Limit::new(COMPLAINTS),
        };
        Mtx::new(c"apple_rtkit state", state)
    }
}

/// What is counted in Rust.
pub struct Stats {
    unknown: AtomicU64,
    stale: AtomicU64,
    crashes: AtomicU64,
    /// Lines of syslog.
    pub syslog: AtomicU64,
}

/// A coprocessor.
pub struct Coproc {
    /// The client's device.
    pub dev: Device,
    /// Its data path.
    pub link: Arc<Link>,
    /// The client.
    pub hooks: Hooks,
    /// Its CPU, if that is ours to start and stop.
    pub cpu: Option<Cpu>,
    /// Its state.
    pub state: Mtx<State>,
    /// The last crash log.
    pub crash_log: Arc<crashlog::Last>,
    /// Keeps what the ports point to.
    pub ports: Mtx<Keep>,
    /// What is counted.
    pub stats: Arc<Stats>,
}

/// The right to boot, stop or restart a coprocessor, or to start an endpoint. One
/// thread has it at a time.
pub struct Turn<'a>(&'a Coproc);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state.lock().busy = false;
    }
}

impl Coproc {
    /// A coprocessor that is Down. Sleepable.
    pub fn new(dev: Device, link: Link, hooks: Hooks, cpu: Option<Cpu>) -> Result<Self> {
        Ok(Coproc {
            dev,
            link: Arc::new(link)?,
            hooks,
            cpu,
            state: State::new()?,
            crash_log: Arc::new(crashlog::Last::new()?)?,
            ports: Mtx::new(c"apple_rtkit ports", Keep::new())?,
            stats: Arc::new(Stats {
                unknown: AtomicU64::new(0),
                stale: AtomicU64::new(0),
                crashes: AtomicU64::new(0),
                syslog: AtomicU64::new(0),
            })?,
        })
    }

    /// Shows the counters. Sleepable.
    pub fn show(&self, sysctl: &Sysctl) -> Result<()> {
        let node = sysctl.node(None, c"rtkit", c"Messages of the coprocessor")?;
        Link::show(&self.link, sysctl, &node)?;
        const COUNTERS: &[CounterRow<Stats>] = &[
            (c"unknown", c"Messages that mean nothing here", |s| {
                &s.unknown
            }),
            (
                c"stale",
                c"Messages that came before HELLO, of an earlier boot",
                |s| &s.stale,
            ),
            (
                c"crashes",
                c"Times that it crashed, or stopped to answer",
                |s| &s.crashes,
            ),
            (c"syslog", c"Lines that the firmware logged", |s| &s.syslog),
        ];
        sysctl.counters_of(Some(&node), &self.stats, COUNTERS)?;
        sysctl.array_of(
            Some(&node),
            c"crashlog",
            c"Bytes of the last crash log",
            ArrayKind::U8,
            crashlog::KEPT,
            Access::Read,
            &self.crash_log,
            0,
        )
    }

    /// Goes to a phase.
    pub fn enter(&self, state: &mut State, phase: Phase) {
        state.phase = phase;
        self.link.set_traffic(match phase {
            Phase::Down(_) => Traffic::Down,
            Phase::Booting | Phase::Leaving | Phase::Idle => Traffic::Changing,
            Phase::On => Traffic::On,
            Phase::Crashed => Traffic::Crashed,
        });
        self.state.wakeup();
    }

    /// A coprocessor that is on has reported another power state. Applications may send
    /// to it only while both sides are on.
    pub fn follow_power(&self, state: &State) {
        self.link.set_traffic(match state.session.is_on() {
            true => Traffic::On,
            false => Traffic::Changing,
        });
    }

    /// Takes the turn. `EBUSY`: another thread has it. `ESHUTDOWN`: the kernel
    /// has panicked, and the thread that handles messages does not run any
    /// more.
    pub fn turn(&self) -> Result<Turn<'_>> {
        if panicked() {
            return Err(ESHUTDOWN);
        }
        let mut state = self.state.lock();
        if core::mem::replace(&mut state.busy, true) {
            return Err(EBUSY);
        }
        Ok(Turn(self))
    }

    /// Waits until `is` holds. `EIO`: the coprocessor has crashed; `ETIMEDOUT`: `is`
    /// did not hold in time; other errors: a message made the boot fail. Sleepable;
    /// not in RTKit's thread.
    pub fn wait(&self, is: impl Fn(&Session) -> bool, timeout: Sbt) -> Result<()> {
        let deadline = uptime() + timeout;
        let mut polls = timeout.as_micros() / i64::from(POLL_US);
        let mut state = self.state.lock();
        loop {
            if state.phase == Phase::Crashed {
                return Err(EIO);
            }
            if let Some(error) = state.session.failure {
                return Err(error);
            }
            if is(&state.session) {
                return Ok(());
            }
            if !must_poll() {
                // Woken or not: the loop looks again, and then at the clock.
                let left = deadline - uptime();
                if left <= Sbt::ZERO {
                    return Err(ETIMEDOUT);
                }
                let _ = state.sleep(c"rtkit", left);
                continue;
            }
            drop(state);
            if polls == 0 {
                return Err(ETIMEDOUT);
            }
            polls -= 1;
            self.link.poll();
            delay(POLL_US);
            state = self.state.lock();
        }
    }

    /// Makes a boot that is under way fail. The caller has printed why. In RTKit's
    /// thread.
    pub fn fail(&self, error: Errno) {
        let mut state = self.state.lock();
        if state.phase == Phase::Booting && state.session.failure.is_none() {
            state.session.failure = Some(error);
            self.state.wakeup();
        }
    }

    /// Prints a line about the coprocessor, up to the limit.
    pub fn complain(&self, what: fmt::Arguments<'_>) {
        let Some(held) = self.state.lock().complaint_limit.pass() else {
            return;
        };
        if held != 0 {
            device_println!(self.dev, "rtkit: {} messages like these", held);
        }
        device_println!(self.dev, "rtkit: {}", what);
    }

    /// Sends an answer of the protocol, in RTKit's thread. If there is no room for it
    /// in time, the coprocessor counts as crashed.
    pub fn reply(&self, ep: u8, msg: u64) {
        if self.link.send_own(ep, msg) == Err(ETIMEDOUT) {
            self.crash(Cause::Full);
        }
    }

    /// Takes note of a crash: ends all traffic, tells the client, and reports the log.
    /// In RTKit's thread.
    pub fn crash(&self, cause: Cause) {
        let said = cause == Cause::Said;
        if !self.die() {
            return;
        }
        let what = match cause {
            Cause::Said => "has crashed",
            Cause::Full => "takes no messages",
        };
        device_println!(self.dev, "rtkit: the coprocessor {}", what);
        self.hooks.crashed();
        if said {
            crashlog::report(self);
        }
    }

    /// Goes to the phase Crashed: nothing is sent or received any more, and waiting
    /// threads get an error. Its firmware may still write to its buffers, also if it
    /// said that it crashed. Returns false if the coprocessor is Down or Crashed
    /// already. Sleepable.
    pub fn die(&self) -> bool {
        let mut state = self.state.lock();
        if matches!(state.phase, Phase::Down(_) | Phase::Crashed) {
            return false;
        }
        self.enter(&mut state, Phase::Crashed);
        drop(state);
        self.stats.crashes.fetch_add(1, Ordering::Relaxed);
        self.close();
        true
    }

    /// Starts the mailbox. Sleepable.
    pub fn open(&self) -> Result<()> {
        self.move_gate(Gate::Open);
        let result = self.link.start();
        self.set_gate(match result {
            Ok(()) => Gate::Open,
            Err(_) => Gate::Closed,
        });
        // The interrupt for messages that waited in the FIFO may have come long
        // ago. While the kernel is cold, they are handled here, and one of them
        // may close the gate again.
        result.inspect(|()| self.link.poll())
    }

    /// Stops the mailbox, if it is started. Sleepable.
    pub fn close(&self) {
        if self.move_gate(Gate::Closed) {
            self.link.stop();
            self.set_gate(Gate::Closed);
        }
    }

    /// Makes the calling thread the one that opens or closes the gate. False:
    /// the gate is in the wanted state already.
    fn move_gate(&self, to: Gate) -> bool {
        let mut state = self.state.lock();
        while state.gate == Gate::Moving {
            // The thread that moves it does not wait for long.
            let _ = state.sleep(c"rtkgate", Sbt::FOREVER);
        }
        let moves = state.gate != to;
        if moves {
            state.gate = Gate::Moving;
        }
        moves
    }

    fn set_gate(&self, gate: Gate) {
        self.state.lock().gate = gate;
        self.state.wakeup();
    }

    /// Handles a message that no port takes. In RTKit's thread, or in a poll.
    pub fn message(&self, ep: u32, msg: u64) {
        if self.is_stale(ep, msg) {
            self.stats.stale.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let outcome = match u8::try_from(ep) {
            Ok(mgmt::EP) => mgmt::handle(self, msg),
            Ok(ep) if self.has(&self.state.lock(), ep) => self.endpoint(ep, msg),
            _ => Outcome::Unknown,
        };
        if outcome == Outcome::Unknown {
            self.stats.unknown.fetch_add(1, Ordering::Relaxed);
            self.complain(format_args!(
                "unknown message {:#018x} of endpoint {:#x}",
                msg, ep
            ));
        }
    }

    /// Whether an earlier boot has left this message in the mailbox: all messages that
    /// come before HELLO are such.
    fn is_stale(&self, ep: u32, msg: u64) -> bool {
        let state = self.state.lock();
        let silent = state.phase == Phase::Booting && state.session.step == Step::Silent;
        silent && !(ep == u32::from(mgmt::EP) && mgmt::is_hello(msg))
    }

    fn endpoint(&self, ep: u8, msg: u64) -> Outcome {
        match ep {
            crashlog::EP => crashlog::handle(self, msg),
            syslog::EP => syslog::handle(self, msg),
            mgmt::EP_DEBUG | mgmt::EP_TRACEKIT => Outcome::Handled,
            ioreport::EP => ioreport::handle(self, msg),
            oslog::EP => oslog::handle(self, msg),
            _ => Outcome::Unknown,
        }
    }

    fn has(&self, state: &Guard<'_, State>, ep: u8) -> bool {
        state.session.step == Step::Mapped && state.session.endpoints.has(ep)
    }

    /// Prints that messages were lost. In RTKit's thread, or in a poll.
    pub fn lost(&self, count: u64) {
        self.complain(format_args!("too busy: {} messages were lost", count));
    }
}
