// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0277
//! A filter runs on any CPU, so it changes only atomics and spin mutexes.
#![no_std]

use core::cell::Cell;

use kpi::intr::{Filter, Filtered};

pub struct Count(Cell<u32>);

impl Filter for Count {
    fn filter(&self) -> Filtered {
        self.0.set(self.0.get() + 1);
        Filtered::Handled
    }
}
