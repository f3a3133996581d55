// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::intr`].

use core::sync::atomic::{AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::errno::ENXIO;
use kpi::intr::{Filter, Filtered, Handler, Irq};
use kpi::mtx::{Mtx, Spin};
use kpi::time::delay;

use crate::bindings;
use crate::check::{eq, err, ok, pause_ms};
use crate::dev_test::on_device;

/// Counts interrupts in both places.
struct Counts {
    what: Filtered,
    filtered: Spin<u32>,
    handled: Mtx<u32>,
    /// How long the handler takes, in microseconds.
    takes: u32,
    ended: AtomicU32,
}

impl Counts {
    fn new(what: Filtered, takes: u32) -> Arc<Self> {
        ok(Arc::new(Self {
            what,
            filtered: ok(Spin::new(c"kt filtered", 0)),
            handled: ok(Mtx::new(c"kt handled", 0)),
            takes,
            ended: AtomicU32::new(0),
        }))
    }

    #[track_caller]
    fn expect(&self, filtered: u32, handled: u32) {
        eq(*self.filtered.lock(), filtered);
        eq(*self.handled.lock(), handled);
    }
}

impl Filter for Counts {
    fn filter(&self) -> Filtered {
        *self.filtered.lock() += 1;
        self.what
    }
}

impl Handler for Counts {
    fn handle(&self) {
        *self.handled.lock() += 1;
        delay(self.takes);
        self.ended.fetch_add(1, Ordering::Relaxed);
    }
}

fn raise() {
    // SAFETY: the device is attached.
    unsafe { bindings::kt_dev_raise() }
}

cases! {
    fn handler_runs_in_a_thread() {
        on_device(|dev| {
            let counts = Counts::new(Filtered::Stray, 0);
            let irq = ok(Irq::with_handler(dev, 0, counts.clone()));
            raise();
            pause_ms(5);
            raise();
            pause_ms(5);
            drop(irq);
            counts.expect(0, 2);
        });
    }

    fn filter_runs_where_the_interrupt_arrives() {
        on_device(|dev| {
            let counts = Counts::new(Filtered::Handled, 0);
            let _irq = ok(Irq::with_filter(dev, 0, counts.clone()));
            raise();
            eq(*counts.filtered.lock(), 1);
        });
    }

    fn filter_alone_keeps_its_interrupt_though_it_asks_for_a_thread() {
        on_device(|dev| {
            let counts = Counts::new(Filtered::ScheduleThread, 0);
            let _irq = ok(Irq::with_filter(dev, 0, counts.clone()));
            raise();
            raise();
            counts.expect(2, 0);
        });
    }

    fn filter_may_leave_an_interrupt_to_others() {
        on_device(|dev| {
            let counts = Counts::new(Filtered::Stray, 0);
            let _irq = ok(Irq::with_both(dev, 0, counts.clone()));
            raise();
            pause_ms(5);
            counts.expect(1, 0);
        });
    }

    fn suspended_irq_comes_once_it_is_resumed() {
        on_device(|dev| {
            let counts = Counts::new(Filtered::Handled, 0);
            let irq = ok(Irq::with_filter(dev, 0, counts.clone()));
            ok(irq.suspend());
            raise();
            counts.expect(0, 0);
            ok(irq.resume());
            counts.expect(1, 0);
        });
    }

    fn filter_decides_whether_the_handler_runs() {
        on_device(|dev| {
            let counts = Counts::new(Filtered::ScheduleThread, 0);
            let irq = ok(Irq::with_both(dev, 0, counts.clone()));
            raise();
            pause_ms(5);
            drop(irq);
            counts.expect(1, 1);
            let counts = Counts::new(Filtered::Handled, 0);
            let irq = ok(Irq::with_both(dev, 0, counts.clone()));
            raise();
            pause_ms(5);
            drop(irq);
            counts.expect(1, 0);
        });
    }

    fn dropping_an_irq_waits_for_its_handler() {
        on_device(|dev| {
            let counts = Counts::new(Filtered::Stray, 5000);
            let irq = ok(Irq::with_handler(dev, 0, counts.clone()));
            raise();
            while *counts.handled.lock() == 0 {
                pause_ms(1);
            }
            drop(irq);
            eq(counts.ended.load(Ordering::Relaxed), 1);
            raise();
            pause_ms(5);
            eq(counts.ended.load(Ordering::Relaxed), 1);
        });
    }

    fn dropped_irq_lets_go_of_its_handler() {
        on_device(|dev| {
            let mut counts = Counts::new(Filtered::Handled, 0);
            let irq = ok(Irq::with_filter(dev, 0, counts.clone()));
            check!(Arc::get_mut(&mut counts).is_none());
            drop(irq);
            check!(Arc::get_mut(&mut counts).is_some());
        });
    }

    fn missing_irq_is_refused() {
        on_device(|dev| {
            let counts = Counts::new(Filtered::Stray, 0);
            eq(err(Irq::with_handler(dev, 7, counts)), ENXIO);
        });
    }
}
