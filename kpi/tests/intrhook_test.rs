// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::intrhook`].

use core::sync::atomic::{AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::intrhook::{IntrHook, IntrHookHandler};
use kpi::mtx::Mtx;
use kpi::taskq::{Task, TaskHandler, TaskQueue};

use crate::bindings;
use crate::check::{eq, ok, pause_ms};

/// Counts its runs, each of which takes a while.
struct Slow {
    begun: AtomicU32,
    done: AtomicU32,
}

impl Slow {
    fn new() -> Arc<Self> {
        ok(Arc::new(Self {
            begun: AtomicU32::new(0),
            done: AtomicU32::new(0),
        }))
    }
}

impl IntrHookHandler for Slow {
    fn enabled(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        pause_ms(20);
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Establishes a hook in another thread, and keeps it.
struct Establisher {
    slow: Arc<Slow>,
    hook: Mtx<Option<IntrHook<Slow>>>,
}

impl TaskHandler for Establisher {
    fn run(&self) {
        let hook = ok(IntrHook::establish(self.slow.clone()));
        *self.hook.lock() = Some(hook);
    }
}

cases! {
    fn intrhook_runs_at_once_after_the_boot() {
        let slow = Slow::new();
        let hook = ok(IntrHook::establish(slow.clone()));
        eq(slow.done.load(Ordering::Relaxed), 1);
        drop(hook);
        eq(slow.done.load(Ordering::Relaxed), 1);
    }

    fn intrhook_of_a_cold_kernel_is_cancelled_by_its_drop() {
        let slow = Slow::new();
        // SAFETY: only this flag changes.
        unsafe { bindings::kt_set_cold(true) };
        let hook = ok(IntrHook::establish(slow.clone()));
        eq(slow.begun.load(Ordering::Relaxed), 0);
        drop(hook);
        // SAFETY: as above.
        unsafe { bindings::kt_set_cold(false) };
        let mut slow = slow;
        check!(Arc::get_mut(&mut slow).is_some());
    }

    fn dropped_intrhook_waits_for_its_handler() {
        let (first, second) = (Slow::new(), Slow::new());
        let establisher = ok(Arc::new(Establisher {
            slow: first.clone(),
            hook: ok(Mtx::new(c"kt hook", None)),
        }));
        let queue = ok(TaskQueue::new(c"kt", 1));
        let task = ok(Task::new(&queue, establisher.clone()));
        task.enqueue();
        while first.begun.load(Ordering::Relaxed) == 0 {
            pause_ms(1);
        }
        // The thread that runs the first hook runs this one next.
        let hook = ok(IntrHook::establish(second.clone()));
        eq(second.begun.load(Ordering::Relaxed), 0);
        while second.begun.load(Ordering::Relaxed) == 0 {
            pause_ms(1);
        }
        eq(second.done.load(Ordering::Relaxed), 0);
        drop(hook);
        eq(second.done.load(Ordering::Relaxed), 1);
        task.drain();
        let hook = establisher.hook.lock().take();
        drop(hook);
    }
}
