// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::mtx`].

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::errno::{ENOMEM, EWOULDBLOCK};
use kpi::mem::{Flags, MallocType};
use kpi::mtx::{Mtx, Spin};
use kpi::taskq::{Task, TaskHandler, TaskQueue};
use kpi::time::{Sbt, uptime};

use crate::check::{Fault, eq, err, ms, ok, pause_ms};

/// Counts up to something, slowly.
struct Counter {
    count: Mtx<u32>,
    spins: Spin<u32>,
}

impl TaskHandler for Counter {
    fn run(&self) {
        for _ in 0..100 {
            let mut count = self.count.lock();
            let seen = *count;
            *self.spins.lock() += 1;
            *count = seen + 1;
        }
    }
}

/// Wakes threads that wait for a flag, once it is set.
struct Waker {
    flag: Mtx<bool>,
}

impl TaskHandler for Waker {
    fn run(&self) {
        *self.flag.lock() = true;
        self.flag.wakeup();
    }
}

cases! {
    fn mtx_is_released_with_its_guard() {
        let mtx = ok(Mtx::new(c"kt", 1));
        check!(!mtx.owned());
        let mut guard = mtx.lock();
        check!(mtx.owned());
        mtx.assert_owned();
        *guard += 1;
        drop(guard);
        check!(!mtx.owned());
        eq(*mtx.lock(), 2);
    }

    fn mtx_can_be_moved() {
        let mtx = ok(Mtx::new(c"kt", 1));
        *mtx.lock() += 1;
        let mut moved = ok(Box::new(mtx));
        *moved.lock() += 1;
        eq(*moved.get_mut(), 3);
    }

    fn mtx_without_memory_fails() {
        let _fault = Fault::new(c"malloc", 1);
        let mtx = Mtx::new_in(c"kt", 1, MallocType::devbuf(), Flags::NoWait);
        eq(err(mtx), ENOMEM);
    }

    fn mtx_drops_what_it_protects() {
        let owner = ok(Arc::new(()));
        let mtx = ok(Mtx::new(c"kt", owner.clone()));
        drop(mtx);
        let mut owner = owner;
        check!(Arc::get_mut(&mut owner).is_some());
    }

    fn mtx_lets_one_thread_in() {
        count_in_four_threads();
    }

    threaded true fn mtx_lets_one_of_real_threads_in() {
        count_in_four_threads();
    }

    fn sleep_ends_with_a_wakeup() {
        let waker = ok(Arc::new(Waker {
            flag: ok(Mtx::new(c"kt flag", false)),
        }));
        let queue = ok(TaskQueue::new(c"kt", 1));
        let task = ok(Task::new(&queue, waker.clone()));
        let mut flag = waker.flag.lock();
        task.enqueue_after(ms(20));
        while !*flag {
            ok(flag.sleep(c"kt", Sbt::FOREVER));
            check!(waker.flag.owned());
        }
    }

    fn sleep_ends_after_its_timeout() {
        let mtx = ok(Mtx::new(c"kt", ()));
        let mut guard = mtx.lock();
        let before = uptime();
        eq(guard.sleep(c"kt", ms(20)), Err(EWOULDBLOCK));
        check!(uptime() - before >= ms(20));
        check!(mtx.owned());
    }

    fn sleep_without_time_left_ends_at_once() {
        let mtx = ok(Mtx::new(c"kt", ()));
        let mut guard = mtx.lock();
        let before = uptime();
        eq(guard.sleep(c"kt", Sbt::ZERO), Err(EWOULDBLOCK));
        eq(guard.sleep(c"kt", Sbt::ZERO - ms(5)), Err(EWOULDBLOCK));
        eq(uptime(), before);
    }

    fn guard_is_shown_as_what_it_guards() {
        let mtx = ok(Mtx::new(c"kt", 7));
        kpi::println!("{:?}", mtx.lock());
        check!(crate::check::was_printed("7\n"));
    }

    stops "kpi/tests/mtx_test.rs:"
    fn mtx_taken_twice_stops_at_the_rust_line() {
        let mtx = ok(Mtx::new(c"kt", ()));
        let _first = mtx.lock();
        let _second = mtx.lock();
    }

    debug true stops "kpi/tests/mtx_test.rs:"
    fn lock_order_reversal_stops_at_the_rust_line() {
        let (a, b) = (ok(Mtx::new(c"kt a", ())), ok(Mtx::new(c"kt b", ())));
        {
            let _a = a.lock();
            let _b = b.lock();
        }
        let _b = b.lock();
        let _a = a.lock();
    }

    debug true stops "kt spin"
    fn sleeping_with_a_spin_mutex_stops() {
        let spin = ok(Spin::new(c"kt spin", ()));
        let _guard = spin.lock();
        pause_ms(1);
    }
}

fn count_in_four_threads() {
    let counter = ok(Arc::new(Counter {
        count: ok(Mtx::new(c"kt count", 0)),
        spins: ok(Spin::new(c"kt spins", 0)),
    }));
    let queue = ok(TaskQueue::new(c"kt", 4));
    let tasks = [(); 4].map(|()| ok(Task::new(&queue, counter.clone())));
    for task in &tasks {
        task.enqueue();
    }
    for task in &tasks {
        while *counter.count.lock() < 400 {
            pause_ms(1);
        }
        task.drain();
    }
    eq(*counter.count.lock(), 400);
    eq(*counter.spins.lock(), 400);
}
