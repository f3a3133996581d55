// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A limit on the lines that are printed for a coprocessor.

use kpi::time::{Sbt, uptime};

/// The time over which lines are counted.
const WINDOW: Sbt = Sbt::from_secs(1);

/// At most so many lines per second.
pub struct Limit {
    most: u32,
    since: Sbt,
    lines: u32,
    held: u64,
}

impl Limit {
    /// At most `most` lines per second.
    pub const fn new(most: u32) -> Self {
        Limit {
            most,
            since: Sbt::ZERO,
            lines: 0,
            held: 0,
        }
    }

    /// Whether a line may be printed now. If so, returns how many were held
    /// back since the last one. Any context.
    pub fn pass(&mut self) -> Option<u64> {
        let now = uptime();
        if self.lines == 0 || now - self.since >= WINDOW {
            self.since = now;
            self.lines = 0;
        }
        if self.lines >= self.most {
            self.held = self.held.saturating_add(1);
            return None;
        }
        self.lines += 1;
        Some(core::mem::take(&mut self.held))
    }
}
