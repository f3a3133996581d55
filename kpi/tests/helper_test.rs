// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`apple_rtkit_helper`] as a client in Rust uses it. The tests of what it
//! does are in C, in `drivers/apple`.

use core::sync::atomic::{AtomicU32, Ordering};

use apple_rtkit_helper::{Client, Helper};
use kpi::arc::Arc;
use kpi::dev::Device;
use kpi::errno::EBUSY;

use crate::bindings;
use crate::check::{attached, detached, eq, ok, pause_ms};

/// A client that counts crashes.
struct Counts(AtomicU32);

impl Client for Counts {
    fn crashed(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A client that is not interested.
struct Plain;

impl Client for Plain {}

/// Runs `test` on the client's device of a helper.
fn on_helper(test: impl FnOnce(Device)) {
    // SAFETY: no preconditions.
    let dev = attached(unsafe { bindings::kt_helper_up() });
    test(dev);
    eq(detached(), 0);
    // SAFETY: nothing of it is held any more.
    unsafe { bindings::kt_helper_down() }
}

/// Gets the helper as an attach method does.
fn get<C: Client>(dev: Device, client: &Arc<C>) -> kpi::errno::Result<Helper> {
    // SAFETY: it is unlocked below.
    unsafe { bindings::kt_topo(true) };
    let helper = Helper::get(dev, client);
    // SAFETY: it was locked above.
    unsafe { bindings::kt_topo(false) };
    helper
}

cases! {
    fn rtkit_helper_starts_and_stops() {
        on_helper(|dev| {
            let plain = ok(Arc::new(Plain));
            let helper = ok(get(dev, &plain));
            eq(get(dev, &plain).map(drop), Err(EBUSY));
            check!(!helper.is_running());
            ok(helper.start());
            check!(helper.is_running());
            pause_ms(5);
            helper.stop();
            check!(!helper.is_running());
            ok(helper.start());
            pause_ms(5);
        });
    }

    fn rtkit_helper_tells_its_client_of_a_crash() {
        on_helper(|dev| {
            let client = ok(Arc::new(Counts(AtomicU32::new(0))));
            let helper = ok(get(dev, &client));
            ok(helper.start());
            pause_ms(5);
            // SAFETY: the helper is there.
            unsafe { bindings::kt_helper_crash() };
            pause_ms(50);
            eq(client.0.load(Ordering::Relaxed), 1);
            check!(!helper.is_running());
            ok(helper.start());
            pause_ms(5);
        });
    }
}
