// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What keeps the code of a module in use. Twin of `kpi_module.h`.

use crate::bindings;

/// The kernel may call the module while this is there. If the module is unloaded
/// meanwhile, because safe code has forgotten it, the kernel panics.
pub(crate) struct Held(());

impl Held {
    pub(crate) fn new() -> Self {
        // SAFETY: no preconditions.
        unsafe { bindings::kpi_module_hold() };
        Self(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: once for the hold of `new`.
        unsafe { bindings::kpi_module_release() }
    }
}
