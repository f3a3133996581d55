// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::taskq`].

use kpi::arc::Arc;
use kpi::errno::EINVAL;
use kpi::mtx::Mtx;
use kpi::taskq::{Task, TaskHandler, TaskQueue};
use kpi::time::{Sbt, uptime};

use crate::check::{Fault, eq, err, ms, ok, pause_ms};

/// Notes when it ran, and takes some time.
struct Runs {
    takes: i32,
    begun: Mtx<u32>,
    ended: Mtx<(u32, Sbt)>,
}

impl Runs {
    fn new(takes: i32) -> Arc<Self> {
        ok(Arc::new(Self {
            takes,
            begun: ok(Mtx::new(c"kt begun", 0)),
            ended: ok(Mtx::new(c"kt ended", (0, Sbt::ZERO))),
        }))
    }

    fn count(&self) -> u32 {
        self.ended.lock().0
    }

    /// Waits until it has begun to run.
    fn wait(&self) {
        let mut begun = self.begun.lock();
        while *begun == 0 {
            ok(begun.sleep(c"kt", Sbt::FOREVER));
        }
    }
}

impl TaskHandler for Runs {
    fn run(&self) {
        *self.begun.lock() += 1;
        self.begun.wakeup();
        if self.takes > 0 {
            pause_ms(self.takes);
        }
        let mut ended = self.ended.lock();
        *ended = (ended.0 + 1, uptime());
    }
}

/// Checks that no other thread is in its handler; and counts the runs.
struct Alone {
    state: Mtx<(u32, u32)>,
}

impl TaskHandler for Alone {
    fn run(&self) {
        let mut state = self.state.lock();
        state.0 += 1;
        eq(state.0, 1);
        drop(state);
        pause_ms(3);
        let mut state = self.state.lock();
        state.0 -= 1;
        state.1 += 1;
    }
}

fn queue() -> TaskQueue {
    ok(TaskQueue::new(c"kt", 1))
}

cases! {
    fn task_runs_its_handler() {
        let runs = Runs::new(0);
        let task = ok(Task::new(&queue(), runs.clone()));
        task.enqueue();
        runs.wait();
        drop(task);
        eq(runs.count(), 1);
        task_can_run_again(&runs);
    }

    fn task_enqueued_often_before_it_starts_runs_once() {
        let queue = queue();
        let (slow, runs) = (Runs::new(20), Runs::new(0));
        let first = ok(Task::new(&queue, slow.clone()));
        let task = ok(Task::new(&queue, runs.clone()));
        first.enqueue();
        slow.wait();
        for _ in 0..3 {
            task.enqueue();
        }
        runs.wait();
        pause_ms(20);
        eq(runs.count(), 1);
    }

    fn task_never_runs_on_two_threads_at_once() {
        let queue = ok(TaskQueue::new(c"kt", 3));
        let alone = ok(Arc::new(Alone {
            state: ok(Mtx::new(c"kt alone", (0, 0))),
        }));
        let task = ok(Task::new(&queue, alone.clone()));
        for _ in 0..20 {
            task.enqueue();
            pause_ms(1);
        }
        drop(task);
        check!(alone.state.lock().1 > 1);
    }

    fn task_enqueued_while_it_runs_runs_once_more() {
        let queue = ok(TaskQueue::new(c"kt", 3));
        let runs = Runs::new(20);
        let task = ok(Task::new(&queue, runs.clone()));
        task.enqueue();
        runs.wait();
        for _ in 0..3 {
            task.enqueue();
            pause_ms(2);
        }
        while runs.count() < 2 {
            pause_ms(5);
        }
        pause_ms(30);
        drop(task);
        eq(runs.count(), 2);
    }

    fn task_with_a_delay_runs_after_it() {
        let runs = Runs::new(0);
        let task = ok(Task::new(&queue(), runs.clone()));
        let before = uptime();
        task.enqueue_after(ms(30));
        runs.wait();
        drop(task);
        check!(runs.ended.lock().1 - before >= ms(30));
    }

    fn dropping_a_task_waits_for_the_clock_that_started_it() {
        for _ in 0..100 {
            let runs = Runs::new(0);
            let task = ok(Task::new(&queue(), runs.clone()));
            task.enqueue_after(ms(1));
            runs.wait();
            drop(task);
        }
    }

    fn task_without_a_delay_runs_now() {
        let runs = Runs::new(0);
        let task = ok(Task::new(&queue(), runs.clone()));
        task.enqueue_after(Sbt::ZERO);
        runs.wait();
        drop(task);
        eq(runs.count(), 1);
    }

    fn dropping_a_delayed_task_cancels_it() {
        let runs = Runs::new(0);
        let task = ok(Task::new(&queue(), runs.clone()));
        task.enqueue_after(ms(30));
        drop(task);
        pause_ms(60);
        eq(runs.count(), 0);
    }

    threaded true fn dropping_a_running_task_waits_for_it() {
        let runs = Runs::new(30);
        let task = ok(Task::new(&queue(), runs.clone()));
        task.enqueue();
        runs.wait();
        drop(task);
        eq(runs.count(), 1);
    }

    fn task_keeps_its_queue_and_its_handler() {
        let queue = queue();
        let runs = Runs::new(0);
        let task = ok(Task::new(&queue, runs.clone()));
        drop(queue);
        let mut runs = runs;
        check!(Arc::get_mut(&mut runs).is_none());
        task.enqueue();
        runs.wait();
        drop(task);
        check!(Arc::get_mut(&mut runs).is_some());
    }

    fn queue_without_threads_is_refused() {
        eq(err(TaskQueue::new(c"kt", 0)), EINVAL);
    }

    fn queue_that_cannot_be_made_leaves_nothing() {
        let _fault = Fault::new(c"taskqueue_start_threads", 1);
        check!(TaskQueue::new(c"kt", 2).is_err());
    }
}

fn task_can_run_again(runs: &Arc<Runs>) {
    let task = ok(Task::new(&queue(), runs.clone()));
    for count in 2..5 {
        task.enqueue();
        while runs.count() < count {
            pause_ms(1);
        }
    }
    drop(task);
    eq(runs.count(), 4);
}
