// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::callout`].

use kpi::arc::Arc;
use kpi::callout::Callout;
use kpi::errno::EINVAL;
use kpi::mtx::Mtx;
use kpi::time::{Sbt, uptime};

use crate::check::{eq, ms, ok, pause_ms};

/// The state that a callout of these tests changes.
struct State {
    calls: u32,
    last: Sbt,
    again: Option<Sbt>,
}

impl State {
    fn expired(&mut self) -> Option<Sbt> {
        self.calls += 1;
        self.last = uptime();
        self.again
    }
}

fn state(again: Option<Sbt>) -> Arc<Mtx<State>> {
    ok(Arc::new(ok(Mtx::new(
        c"kt callout",
        State {
            calls: 0,
            last: Sbt::ZERO,
            again,
        },
    ))))
}

fn callout(mtx: &Arc<Mtx<State>>) -> Callout<State> {
    ok(Callout::new(mtx, Sbt::ZERO, State::expired))
}

cases! {
    fn callout_calls_once_after_its_time() {
        let mtx = state(None);
        let callout = callout(&mtx);
        let before = uptime();
        ok(callout.reset(&mut mtx.lock(), ms(20)));
        pause_ms(100);
        let state = mtx.lock();
        eq(state.calls, 1);
        check!(state.last - before >= ms(20));
    }

    fn callout_does_not_call_while_the_mutex_is_held() {
        let mtx = state(None);
        let callout = callout(&mtx);
        let mut guard = mtx.lock();
        ok(callout.reset(&mut guard, ms(5)));
        kpi::time::delay(20_000);
        eq(guard.calls, 0);
        drop(guard);
        pause_ms(20);
        eq(mtx.lock().calls, 1);
    }

    fn callout_that_asks_for_it_is_called_again() {
        let mtx = state(Some(ms(10)));
        let callout = callout(&mtx);
        ok(callout.reset(&mut mtx.lock(), ms(10)));
        pause_ms(105);
        drop(callout);
        let calls = mtx.lock().calls;
        check!(calls > 5);
        pause_ms(50);
        eq(mtx.lock().calls, calls);
    }

    fn stopped_callout_does_not_call() {
        let mtx = state(None);
        let callout = callout(&mtx);
        let mut guard = mtx.lock();
        ok(callout.reset(&mut guard, ms(5)));
        kpi::time::delay(20_000);
        ok(callout.stop(&mut guard));
        drop(guard);
        pause_ms(50);
        eq(mtx.lock().calls, 0);
    }

    fn dropped_callout_does_not_call() {
        let mtx = state(None);
        let callout = callout(&mtx);
        ok(callout.reset(&mut mtx.lock(), ms(5)));
        drop(callout);
        pause_ms(50);
        eq(mtx.lock().calls, 0);
    }

    fn callout_set_again_forgets_its_first_time() {
        let mtx = state(None);
        let callout = callout(&mtx);
        let before = uptime();
        ok(callout.reset(&mut mtx.lock(), ms(10)));
        ok(callout.reset(&mut mtx.lock(), ms(60)));
        pause_ms(150);
        let state = mtx.lock();
        eq(state.calls, 1);
        check!(state.last - before >= ms(60));
    }

    fn callout_wants_its_own_mutex_held() {
        let (mtx, other) = (state(None), state(None));
        let callout = callout(&mtx);
        eq(callout.reset(&mut other.lock(), ms(5)), Err(EINVAL));
        eq(callout.stop(&mut other.lock()), Err(EINVAL));
    }
}
