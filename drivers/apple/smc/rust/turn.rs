// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Turns: one command at a time, in the order in which threads came.
//!
//! Any user may read sensors, as often and with as many threads as he likes. Of all
//! these one at a time stands in line with the kernel's own threads. So a pin or the
//! power waits for one sensor at most, and no reader waits for another who came later.

use kpi::errno::Result;
use kpi::mtx::Mtx;
use kpi::time::{Sbt, panicked};

/// For whom a command is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The kernel: pins, power, other drivers, what a notification leaves to do.
    Kernel,
    /// A user, by sysctl(9).
    User,
}

/// Threads that wait to send a command, in the order in which they came.
struct Queue(Mtx<State>);

struct State {
    /// Some thread sends a command, or is about to wake up and send one.
    taken: bool,
    /// Threads that wait.
    waiting: u32,
    /// The turn was handed to one of these, which has not woken up yet.
    handed: bool,
}

impl Queue {
    fn new(name: &'static core::ffi::CStr) -> Result<Self> {
        let state = State {
            taken: false,
            waiting: 0,
            handed: false,
        };
        Ok(Queue(Mtx::new(name, state)?))
    }

    /// Waits for a turn. Sleepable.
    fn take(&self) {
        let mut state = self.0.lock();
        if !core::mem::replace(&mut state.taken, true) {
            return;
        }
        state.waiting += 1;
        // It sleeps before it looks: what is handed now is for one that is woken. Each
        // turn ends, in two seconds at most.
        loop {
            let _ = state.sleep(c"smcturn", Sbt::FOREVER);
            if core::mem::take(&mut state.handed) {
                return;
            }
        }
    }

    /// Takes a turn that nobody has. Any context but a filter.
    fn try_take(&self) -> bool {
        !core::mem::replace(&mut self.0.lock().taken, true)
    }

    /// Hands the turn to the next. The turn is never free in between, so that nobody
    /// who comes just now is faster.
    fn give(&self) {
        let mut state = self.0.lock();
        if state.waiting == 0 {
            state.taken = false;
            return;
        }
        state.waiting -= 1;
        state.handed = true;
        drop(state);
        self.0.wakeup_one();
    }
}

/// The turns at the SMC.
pub struct Turns {
    /// Of users alone: the first of them stands in line with the kernel.
    users: Queue,
    all: Queue,
}

/// A turn, which ends with this.
pub struct Turn<'t> {
    turns: &'t Turns,
    asker: Asker,
    /// The kernel has panicked: nobody was waited for, and nobody waits.
    alone: bool,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.alone {
            return;
        }
        self.turns.all.give();
        if self.asker == Asker::User {
            self.turns.users.give();
        }
    }
}

impl Turns {
    /// Nobody has one. Sleepable.
    pub fn new() -> Result<Self> {
        Ok(Turns {
            users: Queue::new(c"apple_smc users")?,
            all: Queue::new(c"apple_smc turn")?,
        })
    }

    /// Waits for a turn. Sleepable. In a kernel that has panicked it waits for nobody:
    /// the thread that has one does not run any more.
    pub fn take(&self, asker: Asker) -> Turn<'_> {
        let alone = panicked();
        if !alone {
            if asker == Asker::User {
                self.users.take();
            }
            self.all.take();
        }
        Turn {
            turns: self,
            asker,
            alone,
        }
    }

    /// A turn of the kernel's, if nobody has one. Any context but a filter.
    pub fn try_take(&self) -> Option<Turn<'_>> {
        let alone = panicked();
        // Not then_some(): a turn that was not taken would end, and so be given.
        (alone || self.all.try_take()).then(|| Turn {
            turns: self,
            asker: Asker::Kernel,
            alone,
        })
    }
}
