// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The coprocessor's own memory, as a driver sees it.

use kpi::bus::Resource;
use kpi::errno::{EINVAL, Result};

/// Memory of the coprocessor that is mapped as a resource of the driver's
/// device, such as "sram". The firmware names it by its bus address.
pub struct Sram {
    resource: Resource,
}

impl Sram {
    /// The memory of `resource`.
    pub fn new(resource: Resource) -> Self {
        Sram { resource }
    }

    /// Where the `len` bytes at bus address `addr` lie in the resource. `EINVAL`:
    /// not all of them do. Any context.
    pub fn offset(&self, addr: u64, len: usize) -> Result<usize> {
        let off = addr.checked_sub(self.resource.start()).ok_or(EINVAL)?;
        let off = usize::try_from(off).map_err(|_| EINVAL)?;
        match off.checked_add(len) {
            Some(end) if end <= self.resource.size() => Ok(off),
            _ => Err(EINVAL),
        }
    }

    /// Copies the bytes at bus address `addr` out. `EINVAL`: not all of them lie in
    /// the resource. Any context.
    pub fn read(&self, addr: u64, to: &mut [u8]) -> Result<()> {
        let off = self.offset(addr, to.len())?;
        self.resource.read_region_1(off, to)
    }

    /// The resource.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }
}
