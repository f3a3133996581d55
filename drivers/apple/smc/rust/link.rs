// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What the SMC sends: answers and notifications; and what RTKit reports: a crash.
//!
//! If a thread waits for an answer, the interrupt filter stores it in the [`Slot`]
//! ([`Port::early`]). RTKit's thread then only wakes the waiting thread
//! ([`Port::receive`]). So an answer arrives even while the kernel runs no
//! threads: the waiting thread polls, and finds it in the slot.
//!
//! # Answers that come late
//!
//! A command that was not answered in time is *overdue*. Its number is not used
//! again until its answer comes, which is then dropped. The number is also free
//! again when the SMC answers another command and the overdue one is so old that
//! its answer must be lost.

use core::sync::atomic::{AtomicU64, Ordering};

use apple_rtkit::{Client, Endpoint, Port, Sram};
use kpi::arc::Arc;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EAGAIN, EBADMSG, EBUSY, ECANCELED, EIO, ENXIO, ESHUTDOWN, Result};
use kpi::mtx::{Mtx, Spin};
use kpi::sysctl::{CounterRow, Sysctl};
use kpi::taskq::Task;
use kpi::time::{Sbt, panicked, uptime};

use crate::alarm::Alarm;
use crate::bindings::APPLE_SMC_SHARED_SIZE;
use crate::event::{Chores, Events};
use crate::input::Inputs;
use crate::message::{Answer, Event, IDS, is_notification};
use crate::sdt;

/// When another command is answered, an overdue command that is older than this is
/// taken to be never answered.
const LOST_AFTER: Sbt = Sbt::from_secs(10);

/// Whether commands can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// No: the SMC sleeps, or is not there yet.
    Down,
    /// No: the first message will be the address of the shared memory.
    Starting,
    /// Yes.
    Ready,
    /// Only by polling, because the machine goes down.
    Quiet,
    /// No: it has crashed.
    Crashed,
}

/// All numbers of commands, a bit each. 0 is the number of INITIALIZE.
const ALL_IDS: u16 = !1;

/// The command under way, and the overdue ones.
struct Slot {
    phase: Phase,
    /// The first message of the endpoint: the address of the shared memory.
    address: Option<u64>,
    /// The number of the last command.
    id: u8,
    /// Whether a thread waits for its answer.
    waiting: bool,
    /// Whether it was sent by polling, while the machine goes down.
    quietly: bool,
    answer: Option<Answer>,
    /// Numbers of overdue commands, a bit each.
    overdue: u16,
    /// When each of them became overdue.
    overdue_since: [Sbt; IDS as usize],
    /// Whether one of them may still use the shared memory.
    shared_busy: bool,
}

/// Counters, 64 bits each, for sysctl(9).
#[derive(Default)]
pub struct Counters {
    /// Commands sent.
    pub commands: AtomicU64,
    /// Commands that were not answered in time.
    pub timeouts: AtomicU64,
    /// Answers to these, which came later.
    pub late: AtomicU64,
    /// Answers that belong to no command.
    pub stray: AtomicU64,
    /// Answers longer than what was asked for.
    pub malformed: AtomicU64,
}

/// Counts one more.
pub fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// The receiving side.
pub struct Link {
    dev: Device,
    /// The SMC's memory.
    pub sram: Sram,
    slot: Spin<Slot>,
    /// The thread that waits for the slot to change sleeps on this. It is taken to wake
    /// that thread.
    pub done: Mtx<()>,
    /// The counters of commands and answers.
    pub counters: Counters,
    /// The notifications.
    pub events: Events,
    /// The tasks, in a thread of the driver. Detach takes them out first.
    pub tasks: Mtx<Option<Tasks>>,
}

/// Work that can wait for the SMC.
pub struct Tasks {
    /// What notifications have caused.
    pub chores: Task<Chores>,
    /// The watch of a nearly empty battery.
    pub alarm: Task<Alarm>,
    /// Readings of the lid.
    pub lid: Task<Inputs>,
    /// What the button and the lid are reported to.
    pub inputs: Arc<Inputs>,
}

impl Link {
    /// The receiving side of an SMC that is not started. Sleepable.
    pub fn new(dev: Device, sram: Sram) -> Result<Self> {
        let slot = Slot {
            phase: Phase::Down,
            address: None,
            id: 0,
            waiting: false,
            quietly: false,
            answer: None,
            overdue: 0,
            overdue_since: [Sbt::ZERO; IDS as usize],
            shared_busy: false,
        };
        Ok(Link {
            dev,
            sram,
            slot: Spin::new(c"apple_smc slot", slot)?,
            done: Mtx::new(c"apple_smc answer", ())?,
            counters: Counters::default(),
            events: Events::new(dev),
            tasks: Mtx::new(c"apple_smc tasks", None)?,
        })
    }

    /// Shows the counters.
    pub fn show(link: &Arc<Self>, sysctl: &Sysctl) -> Result<()> {
        let stats = sysctl.node(None, c"stats", c"commands and their answers")?;
        const COUNTERS: &[CounterRow<Link>] = &[
            (c"commands", c"commands sent", |l| &l.counters.commands),
            (c"timeouts", c"commands not answered in time", |l| {
                &l.counters.timeouts
            }),
            (c"late", c"answers that came too late", |l| &l.counters.late),
            (c"stray", c"answers nobody asked for", |l| &l.counters.stray),
            (
                c"malformed",
                c"answers longer than the room for them",
                |l| &l.counters.malformed,
            ),
        ];
        sysctl.counters_of(Some(&stats), link, COUNTERS)
    }

    /// Whether commands can be sent.
    pub fn phase(&self) -> Phase {
        self.slot.lock().phase
    }

    /// Changes the phase. Only [`Link::start`] leads out of `Crashed`.
    pub fn set_phase(&self, phase: Phase) {
        let mut slot = self.slot.lock();
        if slot.phase != Phase::Crashed {
            slot.phase = phase;
        }
        drop(slot);
        self.wake();
    }

    /// Starts anew: the next message is the address of the shared memory.
    pub fn start(&self) {
        let mut slot = self.slot.lock();
        slot.phase = Phase::Starting;
        slot.address = None;
        slot.id = 0;
        slot.waiting = false;
        slot.overdue = 0;
        slot.shared_busy = false;
    }

    /// The address of the shared memory. `EAGAIN`: it has not come yet; `EIO`: the SMC
    /// has crashed.
    pub fn address(&self) -> Result<u64> {
        let slot = self.slot.lock();
        match slot.phase {
            Phase::Crashed => Err(EIO),
            _ => slot.address.ok_or(EAGAIN),
        }
    }

    /// Whether a command can be sent. `quietly`: it is sent by polling, which is
    /// allowed while the machine goes down.
    pub fn check(&self, quietly: bool) -> Result<()> {
        self.slot.lock().check(quietly)
    }

    /// Gives the next command its number, and accepts its answer from now on.
    /// The caller has the turn. `EBUSY`: fifteen commands are overdue.
    pub fn begin(&self, quietly: bool) -> Result<u8> {
        let mut slot = self.slot.lock();
        slot.check(quietly)?;
        slot.give_up();
        if slot.overdue == ALL_IDS {
            // No command can be answered, so only time tells that all are lost.
            slot.forget_lost(uptime());
        }
        // From 1 on: 0 is the number of INITIALIZE.
        let last = slot.id;
        let mut ids = (0..IDS - 1).map(|n| last.wrapping_add(n) % (IDS - 1) + 1);
        let id = ids.find(|id| slot.overdue & 1 << id == 0);
        let id = id.ok_or(EBUSY)?;
        slot.id = id;
        slot.waiting = true;
        slot.quietly = quietly;
        slot.answer = None;
        count(&self.counters.commands);
        Ok(id)
    }

    /// The command was not sent.
    pub fn abandon(&self, id: u8) {
        let mut slot = self.slot.lock();
        if slot.id == id {
            slot.waiting = false;
        }
    }

    /// The answer to command `id`. `EAGAIN`: it has not come yet; `EIO`: the SMC has
    /// crashed; `ENXIO`: the SMC sleeps; `ESHUTDOWN`: the machine goes down;
    /// `ECANCELED`: another command has the slot.
    pub fn answer(&self, id: u8) -> Result<Answer> {
        let mut slot = self.slot.lock();
        if slot.id == id
            && let Some(answer) = slot.answer.take()
        {
            slot.waiting = false;
            slot.settle(uptime());
            return Ok(answer);
        }
        match slot.phase {
            Phase::Crashed => Err(EIO),
            Phase::Down | Phase::Starting => Err(ENXIO),
            Phase::Quiet if !slot.quietly => Err(ESHUTDOWN),
            Phase::Ready | Phase::Quiet if slot.id == id && slot.waiting => Err(EAGAIN),
            Phase::Quiet => Err(ESHUTDOWN),
            Phase::Ready => Err(ECANCELED),
        }
    }

    /// Notes that command `id` was not answered in time. False: the answer has come
    /// just now.
    pub fn expire(&self, id: u8) -> bool {
        let mut slot = self.slot.lock();
        if slot.id == id && slot.answer.is_some() {
            return false;
        }
        if slot.id == id && slot.waiting {
            slot.expire();
        }
        count(&self.counters.timeouts);
        true
    }

    /// Drops the answer to a command whose thread gave up, if there is such a command.
    /// The caller has the turn. `EAGAIN`: the answer has not come yet.
    pub fn drop_unread(&self) -> Result<()> {
        let mut slot = self.slot.lock();
        if slot.waiting && slot.phase != Phase::Crashed {
            slot.answer.take().ok_or(EAGAIN)?;
            slot.waiting = false;
            slot.settle(uptime());
        }
        Ok(())
    }

    /// Whether an overdue command, or one whose thread gave up, may still use the
    /// shared memory. The caller has the turn.
    pub fn shared_busy(&self) -> bool {
        let slot = self.slot.lock();
        slot.waiting || slot.shared_busy
    }

    /// Where the shared memory lies in the SRAM. `EBADMSG`: not in it.
    pub fn shared(&self, address: u64) -> Result<usize> {
        let size = APPLE_SMC_SHARED_SIZE as usize;
        self.sram.offset(address, size).map_err(|_| EBADMSG)
    }

    /// Wakes the thread that waits for the slot. Not in a filter.
    fn wake(&self) {
        if panicked() {
            return;
        }
        // The mutex is taken, so that no thread is between its look and its
        // sleep.
        drop(self.done.lock());
        self.done.wakeup();
    }

    /// Enqueues the chores, unless the driver is being detached. Not in a
    /// filter.
    pub fn run_chores(&self) {
        self.with_tasks(|tasks| tasks.chores.enqueue());
    }

    /// The same for the next reading of the battery, after `delay`.
    pub fn run_alarm(&self, delay: Sbt) {
        self.with_tasks(|tasks| tasks.alarm.enqueue_after(delay));
    }

    /// The same for the next reading of the lid, after `delay`.
    pub fn run_lid(&self, delay: Sbt) {
        self.with_tasks(|tasks| tasks.lid.enqueue_after(delay));
    }

    /// Reads the lid at once, and from then on. Not in a filter.
    pub fn look_at_lid(&self) {
        self.with_tasks(|tasks| {
            if tasks.inputs.has_lid() {
                tasks.lid.enqueue();
            }
        });
    }

    /// Begins to poll the lid. Not in a filter.
    pub fn watch_lid(&self) {
        self.with_tasks(|tasks| {
            if let Some(period) = tasks.inputs.period() {
                tasks.lid.enqueue_after(period);
            }
        });
    }

    /// Reports the button. Not in a filter.
    pub fn report_button(&self, pressed: bool) {
        self.with_tasks(|tasks| tasks.inputs.button(pressed));
    }

    fn with_tasks(&self, enqueue: impl FnOnce(&Tasks)) {
        if panicked() {
            return;
        }
        // With the mutex held, so that no task is dropped here.
        if let Some(tasks) = &*self.tasks.lock() {
            enqueue(tasks);
        }
    }
}

impl Slot {
    fn check(&self, quietly: bool) -> Result<()> {
        match self.phase {
            Phase::Down | Phase::Starting => Err(ENXIO),
            Phase::Crashed => Err(EIO),
            Phase::Quiet if !quietly => Err(ESHUTDOWN),
            Phase::Ready | Phase::Quiet => Ok(()),
        }
    }

    /// If the slot still expects the answer to a command whose turn is over,
    /// that command is overdue. Its thread got an error because the machine
    /// goes down, or was stopped by a panic; and [`Link::drop_unread`] was of no use.
    fn give_up(&mut self) {
        if self.waiting {
            self.expire();
        }
    }

    /// Makes the command under way overdue.
    fn expire(&mut self) {
        self.waiting = false;
        let id = self.id % IDS;
        self.overdue |= 1 << id;
        if let Some(since) = self.overdue_since.get_mut(usize::from(id)) {
            *since = uptime();
        }
        self.shared_busy = true;
    }

    /// Notes that the last command was answered. The SMC works on one command at a
    /// time, so earlier ones do not use the shared memory any more.
    fn settle(&mut self, now: Sbt) {
        self.shared_busy = false;
        if self.overdue != 0 {
            self.forget_lost(now);
        }
    }

    /// Frees the numbers of commands that have been overdue for long.
    fn forget_lost(&mut self, now: Sbt) {
        for (id, since) in self.overdue_since.iter().enumerate() {
            if now - *since > LOST_AFTER {
                self.overdue &= !(1 << id);
            }
        }
    }
}

impl Port for Link {
    /// Stores an answer, or an address. Returns false for each message after which a
    /// thread has to do something: then [`Port::receive`] is called.
    fn early(&self, _: &Endpoint<'_>, msg: u64) -> bool {
        let mut slot = self.slot.lock();
        if slot.phase == Phase::Starting {
            // Notifications may still be on from before.
            if slot.address.is_none() && !(is_notification(msg) && self.shared(msg).is_err()) {
                slot.address = Some(msg);
            }
            return false;
        }
        if is_notification(msg) {
            return false;
        }
        let answer = Answer::parse(msg);
        let bit = 1 << answer.id;
        if slot.waiting && slot.answer.is_none() && answer.id == slot.id {
            slot.answer = Some(answer);
            return false;
        }
        if slot.overdue & bit != 0 {
            slot.overdue &= !bit;
            count(&self.counters.late);
        } else {
            count(&self.counters.stray);
        }
        true
    }

    fn receive(&self, _: &Endpoint<'_>, msg: u64) {
        match self.phase() {
            Phase::Ready if is_notification(msg) => {
                sdt::event(self.dev, msg);
                self.events.handle(self, Event::parse(msg));
            }
            _ => self.wake(),
        }
    }
}

impl Client for Link {
    fn crashed(&self) {
        self.slot.lock().phase = Phase::Crashed;
        self.wake();
        device_println!(
            self.dev,
            "the SMC has crashed: no sensors, buttons and pins any more, and the \
             machine may restart itself"
        );
        // A key that is down now would stay down: its release is not told.
        self.report_button(false);
        self.events.crashed();
        self.run_chores();
    }

    fn map(&self, addr: u64, size: usize) -> Result<()> {
        self.sram.offset(addr, size)?;
        Ok(())
    }

    fn read(&self, addr: u64, to: &mut [u8]) -> Result<()> {
        self.sram.read(addr, to)
    }
}
