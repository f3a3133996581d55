// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Turns: one command at a time, in the order in which threads came.
//!
//! Any user may read sensors, as often as wanted, and with any number of threads.
//! Only one of these threads at a time is in the queue of the kernel's own
//! threads. So a pin or the power waits for one sensor at most, and no reader
//! waits for one that came later.

use kpi::errno::Result;
use kpi::mtx::Mtx;
use kpi::time::{Sbt, panicked};

/// The side that a command is sent for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The kernel: pins, power, other drivers, and work that a notification has
    /// caused.
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
    /// The turn was handed to one of these threads, which has not woken up yet.
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
        // The thread sleeps before it looks, because only a woken thread is
        // given the turn. Each turn ends within two seconds.
        loop {
            let _ = state.sleep(c"smcturn", Sbt::FOREVER);
            if core::mem::take(&mut state.handed) {
                return;
            }
        }
    }

    /// Takes the turn, if no thread has it. Any context but a filter.
    fn try_take(&self) -> bool {
        !core::mem::replace(&mut self.0.lock().taken, true)
    }

    /// Hands the turn to the next thread. The turn is never free in between,
    /// so a thread that comes just now cannot overtake.
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
    /// Only users wait: the first of them joins the kernel's queue.
    users: Queue,
    all: Queue,
}

/// The turn, which ends when this is dropped.
pub struct Turn<'t> {
    turns: &'t Turns,
    asker: Asker,
    /// The kernel has panicked: the turn was taken without a wait, and no
    /// thread waits for it.
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
    /// A turn that no thread has. Sleepable.
    pub fn new() -> Result<Self> {
        Ok(Turns {
            users: Queue::new(c"apple_smc users")?,
            all: Queue::new(c"apple_smc turn")?,
        })
    }

    /// Waits for the turn. Sleepable. In a kernel that has panicked it does
    /// not wait: the thread that has the turn does not run any more.
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

    /// Takes the turn for the kernel, if no thread has it. Any context but a
    /// filter.
    pub fn try_take(&self) -> Option<Turn<'_>> {
        let alone = panicked();
        // Not then_some(): that would make a `Turn` even if none was taken, and
        // its drop would hand the turn on.
        (alone || self.all.try_take()).then(|| Turn {
            turns: self,
            asker: Asker::Kernel,
            alone,
        })
    }
}
