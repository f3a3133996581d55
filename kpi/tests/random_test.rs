// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::random`].

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::errno::EBUSY;
use kpi::random::{Entropy, Kind, Source};

use crate::bindings;
use crate::check::{eq, err, ok, pause_ms};

/// Gives each number once, and sees to what it gets.
struct Counter {
    last: AtomicU32,
    dirty: AtomicBool,
}

impl Entropy for Counter {
    fn read(&self, buf: &mut [u8]) -> usize {
        if buf.iter().any(|&byte| byte != 0) {
            self.dirty.store(true, Ordering::Relaxed);
        }
        let Some((first, _)) = buf.split_first_mut() else {
            return 0;
        };
        *first = self.last.fetch_add(1, Ordering::Relaxed) as u8;
        1
    }
}

/// Claims to have given more than there was room for.
struct Liar;

impl Entropy for Liar {
    fn read(&self, buf: &mut [u8]) -> usize {
        buf.fill(7);
        buf.len() + 1000
    }
}

fn counter() -> Arc<Counter> {
    ok(Arc::new(Counter {
        last: AtomicU32::new(0),
        dirty: AtomicBool::new(false),
    }))
}

fn newest<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // SAFETY: there is room for so many.
    eq(
        unsafe { bindings::kt_random_newest(bytes.as_mut_ptr().cast(), N) },
        N,
    );
    bytes
}

cases! {
    fn source_feeds_random_until_it_is_dropped() {
        let counter = counter();
        let source = ok(Source::register(None, c"kt", Kind::Virtio, counter.clone()));
        pause_ms(150);
        drop(source);
        let last = counter.last.load(Ordering::Relaxed);
        check!(last >= 256);
        check!(!counter.dirty.load(Ordering::Relaxed));
        eq(newest(), [(last - 3) as u8, (last - 2) as u8, (last - 1) as u8]);
        pause_ms(500);
        eq(counter.last.load(Ordering::Relaxed), last);
        let mut counter = counter;
        check!(Arc::get_mut(&mut counter).is_some());
    }

    fn source_of_a_kind_that_is_there_is_refused() {
        let first = ok(Source::register(None, c"kt", Kind::Virtio, counter()));
        let second = Source::register(None, c"kt2", Kind::Virtio, counter());
        eq(err(second), EBUSY);
        drop(first);
        drop(ok(Source::register(None, c"kt", Kind::Virtio, counter())));
    }

    fn source_that_claims_too_much_is_cut_off() {
        let source = ok(Source::register(None, c"kt", Kind::Virtio, ok(Arc::new(Liar))));
        pause_ms(150);
        eq(newest(), [7; 64]);
        drop(source);
    }
}
