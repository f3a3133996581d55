// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::sx`].

use core::sync::atomic::{AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::mtx::Mtx;
use kpi::sx::Sx;
use kpi::taskq::{Task, TaskHandler, TaskQueue};

use crate::check::{eq, ok, pause_ms};

/// Two numbers that are equal whenever a thread may look at them.
struct Pair {
    numbers: Sx<(u32, u32)>,
    looks: AtomicU32,
}

/// Changes the numbers, and sleeps in between.
struct Writer(Arc<Pair>);

impl TaskHandler for Writer {
    fn run(&self) {
        for _ in 0..50 {
            let mut numbers = self.0.numbers.xlock();
            numbers.0 += 1;
            pause_ms(1);
            numbers.1 += 1;
        }
    }
}

/// Looks at the numbers twice, and sleeps in between.
struct Reader(Arc<Pair>);

impl TaskHandler for Reader {
    fn run(&self) {
        for _ in 0..50 {
            let numbers = self.0.numbers.slock();
            let seen = *numbers;
            pause_ms(1);
            check!(seen == *numbers);
            eq(seen.0, seen.1);
            self.0.looks.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Has a share until the others have theirs.
struct Sharer {
    value: Sx<()>,
    inside: AtomicU32,
}

impl TaskHandler for Sharer {
    fn run(&self) {
        let _share = self.value.slock();
        self.inside.fetch_add(1, Ordering::Relaxed);
        while self.inside.load(Ordering::Relaxed) < 2 {
            pause_ms(1);
        }
    }
}

fn readers_and_writers() {
    let pair = ok(Arc::new(Pair {
        numbers: ok(Sx::new(c"kt sx", (0, 0))),
        looks: AtomicU32::new(0),
    }));
    let queue = ok(TaskQueue::new(c"kt", 4));
    let writers = [(); 2].map(|()| ok(Task::new(&queue, ok(Arc::new(Writer(pair.clone()))))));
    let readers = [(); 2].map(|()| ok(Task::new(&queue, ok(Arc::new(Reader(pair.clone()))))));
    for (writer, reader) in writers.iter().zip(&readers) {
        writer.enqueue();
        reader.enqueue();
    }
    while pair.looks.load(Ordering::Relaxed) < 100 || *pair.numbers.slock() != (100, 100) {
        pause_ms(1);
    }
}

cases! {
    fn sx_is_released_with_its_guard() {
        let sx = ok(Sx::new(c"kt sx", 1));
        check!(!sx.xowned());
        let mut guard = sx.xlock();
        check!(sx.xowned());
        *guard += 1;
        drop(guard);
        check!(!sx.xowned());
        let share = sx.slock();
        check!(!sx.xowned());
        eq(*share, 2);
        drop(share);
        eq(*sx.xlock(), 2);
    }

    fn sx_can_be_moved() {
        let sx = ok(Sx::new(c"kt sx", 1));
        *sx.xlock() += 1;
        let moved = ok(Box::new(sx));
        *moved.xlock() += 1;
        eq(*moved.slock(), 3);
    }

    fn sx_drops_what_it_protects() {
        let owner = ok(Arc::new(()));
        let sx = ok(Sx::new(c"kt sx", owner.clone()));
        drop(sx);
        let mut owner = owner;
        check!(Arc::get_mut(&mut owner).is_some());
    }

    fn sx_excludes_readers_from_writers() {
        readers_and_writers();
    }

    threaded true fn sx_excludes_real_readers_from_writers() {
        readers_and_writers();
    }

    fn sx_is_shared_by_two_threads_at_once() {
        let sharer = ok(Arc::new(Sharer {
            value: ok(Sx::new(c"kt sx", ())),
            inside: AtomicU32::new(0),
        }));
        let queue = ok(TaskQueue::new(c"kt", 2));
        let tasks = [(); 2].map(|()| ok(Task::new(&queue, sharer.clone())));
        tasks.iter().for_each(Task::enqueue);
        // A drain would cancel a task that has not started.
        while sharer.inside.load(Ordering::Relaxed) < 2 {
            pause_ms(1);
        }
    }

    stops "a lock is taken twice by one thread"
    fn sx_taken_twice_stops() {
        let sx = ok(Sx::new(c"kt sx", ()));
        let _first = sx.xlock();
        let _second = sx.xlock();
    }

    stops "a lock is taken twice by one thread"
    fn sx_shared_while_exclusive_stops() {
        let sx = ok(Sx::new(c"kt sx", ()));
        let _first = sx.xlock();
        let _second = sx.slock();
    }

    debug true stops "sleep-lock: sx_xlock() with mutex \"kt mtx\""
    fn sx_with_a_mutex_held_stops() {
        let (sx, mtx) = (ok(Sx::new(c"kt sx", ())), ok(Mtx::new(c"kt mtx", ())));
        let _guard = mtx.lock();
        let _ = sx.xlock();
    }

    debug true stops "kpi/tests/sx_test.rs:"
    fn sx_order_reversal_stops_at_the_rust_line() {
        let (a, b) = (ok(Sx::new(c"kt a", ())), ok(Sx::new(c"kt b", ())));
        {
            let _a = a.xlock();
            let _b = b.slock();
        }
        let _b = b.xlock();
        let _a = a.xlock();
    }
}
