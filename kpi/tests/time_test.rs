// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::time`].

use kpi::errno::ETIMEDOUT;
use kpi::time::{Sbt, cold, delay, poll, poll_sleep, uptime};

use crate::check::eq;

cases! {
    fn sbt_of_seconds_has_them_in_its_upper_half() {
        eq(Sbt::from_secs(3).as_raw(), 3 << 32);
        eq(Sbt::from_millis(1500).as_raw(), 3 << 31);
        eq(Sbt::from_micros(250_000).as_raw(), 1 << 30);
        eq(Sbt::from_nanos(500_000_000).as_raw(), 1 << 31);
    }

    fn sbt_gives_back_what_it_was_made_of() {
        for n in [0, 1, 7, 999, 1000, 86_400_000] {
            let back = Sbt::from_millis(n).as_millis();
            // Fractions of 2^-32 s are cut off, never more than one unit.
            check!(back == n || back == n - 1);
            let back = Sbt::from_micros(n).as_micros();
            check!(back == n || back == n - 1);
        }
    }

    fn sbt_that_is_too_long_is_forever() {
        eq(Sbt::from_secs(1 << 40), Sbt::FOREVER);
        eq(Sbt::FOREVER + Sbt::from_secs(1), Sbt::FOREVER);
        eq(Sbt::from_secs(-(1 << 40)).as_raw(), i64::MIN);
    }

    fn sbt_of_a_ratio_is_a_quotient_in_seconds() {
        eq(Sbt::from_ratio(48_000, 48_000), Sbt::from_secs(1));
        eq(Sbt::from_ratio(24_000, 48_000), Sbt::from_millis(500));
        eq(Sbt::from_ratio(1, 0), Sbt::FOREVER);
        eq(Sbt::from_ratio(u64::MAX, 1), Sbt::FOREVER);
        // A day at 384 kHz, exactly.
        eq(Sbt::from_ratio(86_400 * 384_000, 384_000), Sbt::from_secs(86_400));
    }

    fn delay_takes_its_time() {
        let before = uptime();
        delay(500);
        check!(uptime() - before >= Sbt::from_micros(500));
    }

    fn poll_looks_once_more_after_its_last_delay() {
        let mut looks = 0;
        let mut nth = |n| {
            looks = 0;
            poll(10, 100, || {
                looks += 1;
                looks == n
            })
        };
        eq(nth(1), Ok(()));
        eq(nth(11), Ok(()));
        eq(nth(12), Err(ETIMEDOUT));
        eq(looks, 11);
    }

    fn poll_sleep_waits_as_long_as_it_says() {
        for ms in 1..=50 {
            // Begin within a tick.
            delay(100);
            let before = uptime();
            let limit = Sbt::from_millis(ms);
            eq(poll_sleep(c"false", limit, || false), Err(ETIMEDOUT));
            check!(uptime() - before >= limit);
            check!(uptime() - before < Sbt::from_millis(ms + 10));
            eq(poll_sleep(c"true", limit, || true), Ok(()));
        }
    }

    fn kernel_is_not_cold_after_boot() {
        check!(!cold());
    }
}
