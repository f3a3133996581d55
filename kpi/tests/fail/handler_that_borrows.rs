// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0521
//! A handler owns what it uses, for it may run until its owner disconnects it.
#![no_std]

use kpi::arc::Arc;
use kpi::taskq::{Task, TaskHandler, TaskQueue};

pub struct Borrower<'a>(&'a u32);

impl TaskHandler for Borrower<'static> {
    fn run(&self) {
        let _ = self.0;
    }
}

pub fn f(queue: &TaskQueue, number: &u32) -> kpi::Result<()> {
    Task::new(queue, Arc::new(Borrower(number))?)?;
    Ok(())
}
