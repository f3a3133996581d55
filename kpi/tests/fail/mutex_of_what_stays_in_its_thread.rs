// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0277
//! A value that must not leave its thread does not leave it in a mutex either.
#![no_std]

use core::marker::PhantomData;

use kpi::arc::Arc;
use kpi::mtx::Mtx;
use kpi::taskq::{Task, TaskHandler, TaskQueue};

pub struct Bound(Mtx<PhantomData<*mut ()>>);

impl TaskHandler for Bound {
    fn run(&self) {}
}

pub fn f(queue: &TaskQueue, bound: Arc<Bound>) {
    let _ = Task::new(queue, bound);
}
