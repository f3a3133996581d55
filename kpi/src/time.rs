// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Times and durations, the uptime clock, and short delays. Twin of `kpi_time.h`.
//!
//! # Example
//! ```
//! use kpi::errno::ETIMEDOUT;
//! use kpi::time::{Sbt, poll, poll_sleep, uptime};
//!
//! // Looks every 10 microseconds: the device needs a few of them.
//! let mut looks = 0;
//! poll(10, 1000, || {
//!     looks += 1;
//!     looks == 3
//! })?;
//! // Looks every tick, and sleeps in between.
//! let (start, limit) = (uptime(), Sbt::from_millis(20));
//! assert_eq!(poll_sleep(c"foo", limit, || false), Err(ETIMEDOUT));
//! assert!(uptime() - start >= limit);
//! ```

use core::ffi::{CStr, c_int};
use core::ops::{Add, Sub};

use crate::bindings;
use crate::ctx;
use crate::errno::{ETIMEDOUT, Result};

/// A time since boot or a duration: FreeBSD's `sbintime_t`, seconds in the upper
/// 32 bits and fractions of 2^-32 s in the lower. Sums and differences saturate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sbt(i64);

impl Sbt {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than anything; as a timeout: none.
    pub const FOREVER: Self = Self(i64::MAX);

    const fn from_parts(count: i64, per_second: i64) -> Self {
        let seconds = count / per_second;
        // The remainder is below 10^9, so that it fits when shifted by 32.
        let fraction = ((count % per_second) << 32) / per_second;
        if seconds > i32::MAX as i64 {
            return Self::FOREVER;
        }
        if seconds < i32::MIN as i64 {
            return Self(i64::MIN);
        }
        Self((seconds << 32) + fraction)
    }

    /// `n` seconds.
    pub const fn from_secs(n: i64) -> Self {
        Self::from_parts(n, 1)
    }

    /// `n` milliseconds.
    pub const fn from_millis(n: i64) -> Self {
        Self::from_parts(n, 1_000)
    }

    /// `n` microseconds.
    pub const fn from_micros(n: i64) -> Self {
        Self::from_parts(n, 1_000_000)
    }

    /// `n` nanoseconds.
    pub const fn from_nanos(n: i64) -> Self {
        Self::from_parts(n, 1_000_000_000)
    }

    /// The time that `count` takes at `per_second`: frames at a rate, say. Without
    /// end if nothing happens per second.
    pub const fn from_ratio(count: u64, per_second: u32) -> Self {
        let per_second = per_second as u64;
        if per_second == 0 || count / per_second > i32::MAX as u64 {
            return Self::FOREVER;
        }
        // The quotient was just bounded; the remainder is below 2^32.
        let fraction = ((count % per_second) << 32) / per_second;
        Self((((count / per_second) << 32) + fraction) as i64)
    }

    /// Of a C `sbintime_t`.
    pub const fn from_raw(raw: i64) -> Self {
        Self(raw)
    }

    /// As a C `sbintime_t`.
    pub const fn as_raw(self) -> i64 {
        self.0
    }

    /// Whole microseconds, rounded down.
    pub const fn as_micros(self) -> i64 {
        (self.0 >> 32) * 1_000_000 + (((self.0 & 0xffff_ffff) * 1_000_000) >> 32)
    }

    /// Whole milliseconds, rounded down.
    pub const fn as_millis(self) -> i64 {
        (self.0 >> 32) * 1_000 + (((self.0 & 0xffff_ffff) * 1_000) >> 32)
    }
}

impl Add for Sbt {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Sbt {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Time since boot. Any context.
pub fn uptime() -> Sbt {
    // SAFETY: no preconditions.
    Sbt(unsafe { bindings::kpi_uptime() })
}

/// Spins for at least `usec` microseconds. Any context; keep it short.
pub fn delay(usec: u32) {
    // SAFETY: no preconditions.
    unsafe { bindings::kpi_delay(c_int::try_from(usec).unwrap_or(c_int::MAX)) }
}

/// True while the kernel still configures devices at boot: timeouts and
/// interrupts may not run yet, so that a wait must poll with [`delay`].
pub fn cold() -> bool {
    // SAFETY: no preconditions.
    unsafe { bindings::kpi_cold() }
}

/// True once the kernel has panicked, while it shuts down. One thread is left,
/// no interrupt comes, a sleep returns at once, and the clock may stand still.
/// A caller that waits counts its polls, and does not wait for another thread.
/// Any context.
pub fn panicked() -> bool {
    // SAFETY: no preconditions.
    unsafe { bindings::kpi_panicked() }
}

/// True if a wait must poll, with [`delay`]: the kernel is [`cold`], or has
/// [`panicked`].
pub fn must_poll() -> bool {
    // SAFETY: no preconditions.
    unsafe { bindings::kpi_must_poll() }
}

/// Looks until `done`: at once, then every `usec` microseconds, for `limit`
/// microseconds; the last look comes after the last delay. `ETIMEDOUT`. Counts its
/// looks, so that it ends after a panic, too. Any context; other threads do not run
/// meanwhile.
pub fn poll(usec: u32, limit: u32, mut done: impl FnMut() -> bool) -> Result<()> {
    for _ in 0..limit.div_ceil(usec.max(1)) {
        if done() {
            return Ok(());
        }
        delay(usec.max(1));
    }
    if done() { Ok(()) } else { Err(ETIMEDOUT) }
}

/// The same every tick, for `limit`; the thread sleeps in between. `wmesg`, at most 8
/// characters, is what ps(1) shows. `ETIMEDOUT`. Sleepable.
pub fn poll_sleep(wmesg: &'static CStr, limit: Sbt, mut done: impl FnMut() -> bool) -> Result<()> {
    ctx::can_block();
    let end = uptime() + limit;
    // After a panic the clock may stand still, so the looks are counted, too.  The
    // milliseconds are rounded down, and the first tick has begun already.
    for _ in 0..limit.as_millis().max(0) + 2 {
        if done() {
            return Ok(());
        }
        if uptime() > end {
            break;
        }
        // SAFETY: the name is static.
        unsafe { bindings::kpi_pause(wmesg.as_ptr()) };
    }
    if done() { Ok(()) } else { Err(ETIMEDOUT) }
}
