// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::pci`], on a function with all kinds of interrupt, and of what a
//! driver waits with, [`kpi::turn`].

use core::sync::atomic::{AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::dev::Device;
use kpi::errno::{EBUSY, EINVAL, ENOENT, ENXIO, ETIMEDOUT};
use kpi::intr::Handler;
use kpi::pci::{self, BusMaster, Interrupts, Kind};
use kpi::time::Sbt;
use kpi::turn::{Events, Turn};

use crate::bindings;
use crate::check::{eq, err, ok, panicked, pause_ms};

/// The command register, and its bit for bus mastering.
const COMMAND: u16 = 4;
const MASTER: u16 = 4;

/// Runs a test on the function.
fn on_pci(test: impl FnOnce(Device)) {
    // SAFETY: no preconditions.
    let raw = unsafe { bindings::kt_pci_up() };
    // SAFETY: the device exists until kt_pci_down().
    let dev = unsafe { Device::from_raw(raw.cast()) };
    test(dev);
    ok(dev.end());
    // SAFETY: nothing of the device is left.
    unsafe { bindings::kt_pci_down() }
}

struct Count(AtomicU32);

impl Handler for Count {
    fn handle(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the function is there.
        unsafe { bindings::kt_pci_pin(false) }
    }
}

/// Has the function interrupt; how often the handler ran.
fn interrupt(kind: Kind, count: &Count) -> u32 {
    if kind == Kind::Msi {
        // SAFETY: the function is there.
        unsafe { bindings::kt_pci_message() }
    } else {
        // SAFETY: the function is there.
        unsafe { bindings::kt_pci_pin(true) }
    }
    pause_ms(5);
    count.0.load(Ordering::Relaxed)
}

cases! {
    fn pci_bar_is_given_by_its_number() {
        on_pci(|dev| {
            eq(ok(pci::bar(dev, 0)).size(), 0x1000);
            eq(ok(pci::bar(dev, 2)).size(), 0x10000);
            eq(err(pci::bar(dev, 1)), ENXIO);
            eq(err(pci::bar(dev, 6)), EINVAL);
        });
    }

    fn pci_configuration_is_read_and_written() {
        on_pci(|dev| {
            eq(pci::read_config_4(dev, 0), Ok(0x5678_1234));
            eq(pci::read_config_2(dev, 2), Ok(0x5678));
            ok(pci::write_config_1(dev, 0x3c, 77));
            eq(pci::read_config_1(dev, 0x3c), Ok(77));
            eq(pci::read_config_4(dev, 2), Ok(u32::MAX));
            let msi = ok(pci::find_cap(dev, 5));
            eq(pci::read_config_1(dev, msi), Ok(5));
            eq(pci::find_cap(dev, 9), Err(ENOENT));
        });
    }

    fn pci_bus_master_ends_with_its_owner() {
        on_pci(|dev| {
            let master = || ok(pci::read_config_2(dev, COMMAND)) & MASTER != 0;
            eq(master(), false);
            let owner = ok(BusMaster::enable(dev));
            eq(master(), true);
            drop(owner);
            eq(master(), false);
        });
    }

    fn pci_interrupts_reach_their_handler_until_it_is_dropped() {
        on_pci(|dev| {
            let _master = ok(BusMaster::enable(dev));
            for (kinds, kind) in [
                (&[Kind::Intx, Kind::Msi][..], Kind::Msi),
                (&[Kind::Intx], Kind::Intx),
            ] {
                let interrupts = ok(Interrupts::new(dev, kinds, 1));
                eq(interrupts.kind(), kind);
                eq(interrupts.count(), 1);
                let count = ok(Arc::new(Count(AtomicU32::new(0))));
                eq(err(interrupts.with_handler(1, count.clone())), EINVAL);
                let irq = ok(interrupts.with_handler(0, count.clone()));
                eq(interrupt(kind, &count), 1);
                drop(irq);
                eq(interrupt(kind, &count), 1);
                // SAFETY: the function is there.
                unsafe { bindings::kt_pci_pin(false) };
            }
        });
    }

    fn pci_interrupts_are_released_with_the_last_of_them() {
        on_pci(|dev| {
            let interrupts = ok(Interrupts::new(dev, &[Kind::Msi], 2));
            eq(interrupts.count(), 2);
            let count = ok(Arc::new(Count(AtomicU32::new(0))));
            let irq = ok(interrupts.with_handler(1, count));
            drop(interrupts);
            eq(err(Interrupts::new(dev, &[Kind::Msi], 1)), ENXIO);
            drop(irq);
            ok(Interrupts::new(dev, &[Kind::Msi], 1));
            eq(err(Interrupts::new(dev, &[], 1)), EINVAL);
            eq(err(Interrupts::new(dev, &[Kind::Msi], 3)), EINVAL);
        });
    }

    fn turn_that_is_closed_is_refused_until_it_opens() {
        let turn = ok(Turn::new(c"kt turn", 7));
        *ok(turn.take()) += 1;
        turn.close(EBUSY);
        eq(turn.take().err(), Some(EBUSY));
        turn.open();
        eq(*ok(turn.take()), 8);
    }

    fn turn_does_not_wait_in_a_kernel_that_has_panicked() {
        let turn = ok(Turn::new(c"kt turn", 7));
        let taken = ok(turn.take());
        panicked(true);
        eq(turn.take().err(), Some(EBUSY));
        turn.close(ENXIO);
        eq(turn.take().err(), Some(ENXIO));
        panicked(false);
        drop(taken);
    }

    fn events_do_not_come_in_a_kernel_that_has_panicked() {
        let events = ok(Events::new(c"kt events"));
        let limit = Sbt::from_secs(1);
        panicked(true);
        eq(events.wait(1, limit, || false, || ()), Err(ETIMEDOUT));
        panicked(false);
    }

    fn events_wait_for_their_bit_and_for_the_device() {
        let events = ok(Events::new(c"kt events"));
        let limit = Sbt::from_millis(10);
        eq(events.wait(1, limit, || true, || ()), Err(EBUSY));
        eq(events.wait(1, limit, || false, || ()), Err(ETIMEDOUT));
        // What came before the start does not count.
        events.post(1);
        eq(events.wait(1, limit, || false, || ()), Err(ETIMEDOUT));
        events.post(0);
        eq(events.posted().load(Ordering::Relaxed), 1);
        eq(events.stray().load(Ordering::Relaxed), 1);
    }
}
