// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The coprocessor's CPU control, in the registers before its mailbox.

use core::ffi::CStr;
use kpi::bus::Resource;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EINVAL, ENOENT, Result};
use kpi::fdt::Node;

/// CPU control, 32 bits.
const CONTROL: usize = 0x44;
const CONTROL_RUN: u32 = 1 << 4;

/// A coprocessor's CPU that is ours to start and stop.
pub struct Cpu {
    registers: Resource,
}

impl Cpu {
    /// Maps the range that "reg-names" calls `name`. An error is printed.
    /// Sleepable.
    pub fn new(dev: Device, name: &CStr) -> Result<Self> {
        Self::map(dev, name).inspect_err(|error| {
            device_println!(dev, "rtkit: registers {:?}: {}", name, error);
        })
    }

    fn map(dev: Device, name: &CStr) -> Result<Self> {
        let rid = Node::of(dev).ok_or(ENOENT)?.reg_rid(name)?;
        let registers = Resource::new(dev, rid)?;
        if registers.size() < CONTROL + size_of::<u32>() {
            return Err(EINVAL);
        }
        Ok(Cpu { registers })
    }

    /// The CPU control register. The read does not fail, because `map` has checked that
    /// the register exists.
    fn control(&self) -> u32 {
        self.registers.read_4(CONTROL).unwrap_or(0)
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.control() & CONTROL_RUN != 0
    }

    /// Starts it, or stops it.
    pub fn run(&self, run: bool) {
        let control = match run {
            true => self.control() | CONTROL_RUN,
            false => self.control() & !CONTROL_RUN,
        };
        // As in `control`: it does not fail.
        let _ = self.registers.write_4(CONTROL, control);
    }
}
