// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The flattened device tree, as a driver sees it. Twin of `kpi_fdt.h`.
//!
//! All calls are sleepable. Errors common to all: `ENOENT`, the node lacks the
//! property or the entry; `EINVAL`, the property is malformed.
//!
//! # Example
//! ```
//! use kpi::errno::ENXIO;
//! use kpi::fdt::Node;
//!
//! let node = Node::of(dev).ok_or(ENXIO)?;
//! assert!(node.is_compatible(c"apple,asc-mailbox-v4"));
//! // The interrupt that "interrupt-names" calls so, for Irq::with_handler().
//! assert_eq!(node.intr_rid(c"recv-not-empty"), Ok(3));
//! let mut room = [0; 16];
//! assert_eq!(node.string(c"interrupt-names", 2, &mut room), Ok(c"recv-empty"));
//! ```

use core::ffi::{CStr, c_int};
use core::mem::MaybeUninit;
use core::num::NonZeroU32;

use crate::bindings::{self, kpi_fdt_ref};
use crate::ctx;
use crate::dev::Device;
use crate::errno::{EINVAL, Result, check};

/// A node of the tree, which is constant while the kernel runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node(NonZeroU32);

/// An entry of a list of references, such as "mboxes".
pub struct Reference {
    raw: kpi_fdt_ref,
}

/// The children of a node; see [`Node::children`].
pub struct Children(Option<Node>);

impl Node {
    /// The device's node, if it has one and is there.
    pub fn of(dev: Device) -> Option<Self> {
        ctx::can_block();
        dev.with(|dev| {
            // SAFETY: the device exists.
            Self::from_raw(unsafe { bindings::kpi_fdt_node_of(dev.as_raw()) })
        })?
    }

    /// The node that C means by `raw`; `None` for `KPI_FDT_NONE`.
    fn from_raw(raw: u32) -> Option<Self> {
        NonZeroU32::new(raw).map(Self)
    }

    /// The node, for C.
    pub fn as_raw(self) -> u32 {
        self.0.get()
    }

    /// Whether the node is compatible with the string.
    pub fn is_compatible(self, compatible: &CStr) -> bool {
        ctx::can_block();
        // SAFETY: the string is good for the call.
        unsafe { bindings::kpi_fdt_is_compatible(self.as_raw(), compatible.as_ptr()) }
    }

    /// The node's children, in the tree's order, without those that it disables.
    pub fn children(self) -> Children {
        ctx::can_block();
        // SAFETY: any number may be asked about.
        Children(Self::from_raw(unsafe {
            bindings::kpi_fdt_child(self.as_raw())
        }))
    }

    /// The first of the children with this name, unit address left out.
    pub fn child(self, name: &CStr) -> Option<Self> {
        ctx::can_block();
        // SAFETY: the string is good for the call.
        Self::from_raw(unsafe { bindings::kpi_fdt_child_named(self.as_raw(), name.as_ptr()) })
    }

    /// Whether the node has the property, whatever is in it.
    pub fn has(self, prop: &CStr) -> bool {
        ctx::can_block();
        // SAFETY: the string is good for the call.
        unsafe { bindings::kpi_fdt_has(self.as_raw(), prop.as_ptr()) }
    }

    /// A single number. `EINVAL`: it is not exactly one.
    pub fn u32(self, prop: &CStr) -> Result<u32> {
        ctx::can_block();
        let mut value = 0;
        // SAFETY: the string and the number are good for the call.
        check(unsafe { bindings::kpi_fdt_u32(self.as_raw(), prop.as_ptr(), &mut value) })?;
        Ok(value)
    }

    /// An array of numbers, read into `room`; returns those that there are.
    /// `ENOSPC`: more than there is room for.
    pub fn u32s<'r>(self, prop: &CStr, room: &'r mut [u32]) -> Result<&'r [u32]> {
        ctx::can_block();
        let mut count = 0;
        // SAFETY: the string is good for the call, which writes at most the
        // room's length.
        check(unsafe {
            bindings::kpi_fdt_u32_array(
                self.as_raw(),
                prop.as_ptr(),
                room.as_mut_ptr(),
                room.len(),
                &mut count,
            )
        })?;
        room.get(..count).ok_or(EINVAL)
    }

    /// How many strings there are in a list.
    pub fn string_count(self, prop: &CStr) -> Result<usize> {
        ctx::can_block();
        let mut count = 0;
        // SAFETY: the string and the number are good for the call.
        check(unsafe { bindings::kpi_fdt_string_count(self.as_raw(), prop.as_ptr(), &mut count) })?;
        usize::try_from(count).or(Err(EINVAL))
    }

    /// String number `idx` of a list, copied into `room`. `ENOSPC`: it does not
    /// fit, with its NUL.
    pub fn string<'r>(self, prop: &CStr, idx: usize, room: &'r mut [u8]) -> Result<&'r CStr> {
        ctx::can_block();
        let idx = c_int::try_from(idx).or(Err(EINVAL))?;
        // SAFETY: the string is good for the call, which writes at most the
        // room's length.
        check(unsafe {
            bindings::kpi_fdt_string(
                self.as_raw(),
                prop.as_ptr(),
                idx,
                room.as_mut_ptr().cast(),
                room.len(),
            )
        })?;
        CStr::from_bytes_until_nul(room).or(Err(EINVAL))
    }

    /// Where a string stands in a list. `ENOENT`: nowhere.
    pub fn string_index(self, prop: &CStr, string: &CStr) -> Result<i32> {
        ctx::can_block();
        let mut idx = 0;
        // SAFETY: the strings and the number are good for the call.
        check(unsafe {
            bindings::kpi_fdt_string_index(self.as_raw(), prop.as_ptr(), string.as_ptr(), &mut idx)
        })?;
        Ok(idx)
    }

    /// The number, for `Resource::new`, of the registers that "reg-names" calls
    /// so.
    pub fn reg_rid(self, name: &CStr) -> Result<i32> {
        self.string_index(c"reg-names", name)
    }

    /// The number, for `Irq`, of the interrupt that "interrupt-names" calls so.
    pub fn intr_rid(self, name: &CStr) -> Result<i32> {
        self.string_index(c"interrupt-names", name)
    }

    /// Entry `idx` of a list of references, each followed by as many cells as the
    /// node it points to says in its property `cells`. `EINVAL`: it points
    /// nowhere, or the number of cells is missing or too large.
    pub fn reference(self, list: &CStr, cells: &CStr, idx: usize) -> Result<Reference> {
        ctx::can_block();
        let idx = c_int::try_from(idx).or(Err(EINVAL))?;
        let mut raw = MaybeUninit::zeroed();
        // SAFETY: the strings and the room are good for the call.
        check(unsafe {
            bindings::kpi_fdt_ref(
                self.as_raw(),
                list.as_ptr(),
                cells.as_ptr(),
                idx,
                raw.as_mut_ptr(),
            )
        })?;
        Ok(Reference {
            // SAFETY: numbers, which began as zero.
            raw: unsafe { raw.assume_init() },
        })
    }
}

impl Reference {
    /// What it points to.
    pub fn node(&self) -> Option<Node> {
        Node::from_raw(self.raw.kfr_node)
    }

    /// The cells that follow it.
    pub fn cells(&self) -> &[u32] {
        let count = self.raw.kfr_ncells as usize;
        self.raw.kfr_cells.get(..count).unwrap_or(&[])
    }
}

impl Iterator for Children {
    type Item = Node;

    fn next(&mut self) -> Option<Node> {
        ctx::can_block();
        let node = self.0?;
        // SAFETY: any number may be asked about.
        self.0 = Node::from_raw(unsafe { bindings::kpi_fdt_next(node.as_raw()) });
        Some(node)
    }
}
