// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors
// error: E0594
//! A value with several owners can only be read.
#![no_std]

use kpi::arc::Arc;

pub struct Value {
    pub number: u32,
}

pub fn f(value: Arc<Value>) {
    value.number = 1;
}
