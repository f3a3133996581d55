// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The endpoints that a coprocessor has.

/// Endpoints of a page of the map.
const PAGE: usize = 32;

/// A set of endpoints.
#[derive(Clone, Copy)]
pub struct Endpoints([u32; 256 / PAGE]);

/// One page of the map, as management sends it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Endpoints `32 * base` to `32 * base + 31`, by bit.
    pub bitmap: u32,
    /// Which page, 0 to 7.
    pub base: u8,
    /// There is no further page.
    pub last: bool,
}

impl Endpoints {
    /// None.
    pub const fn new() -> Self {
        Endpoints([0; 256 / PAGE])
    }

    /// Adds those of a page.
    pub fn add(&mut self, page: &Page) {
        if let Some(bitmap) = self.0.get_mut(usize::from(page.base)) {
            *bitmap |= page.bitmap;
        }
    }

    /// Whether `ep` is one of them.
    pub fn has(&self, ep: u8) -> bool {
        let ep = usize::from(ep);
        self.0
            .get(ep / PAGE)
            .is_some_and(|bitmap| bitmap >> (ep % PAGE) & 1 != 0)
    }
}
