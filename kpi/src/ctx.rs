// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Contexts that the crate checks in every kernel.

use crate::bindings;

/// Panics where memory cannot be allocated or freed and a default mutex cannot be
/// taken: in a filter, with a spin mutex held, in a critical section.
///
/// FreeBSD asserts that with `INVARIANTS` alone. Without it, the kernel would
/// switch away from a thread that a filter has interrupted in a critical
/// section, such as that of uma(9)'s caches. Another thread would then find the
/// caches half changed.
#[track_caller]
pub(crate) fn can_block() {
    // SAFETY: no preconditions.
    if !unsafe { bindings::kpi_can_block() } {
        refuse();
    }
}

#[cold]
#[track_caller]
pub(crate) fn refuse() -> ! {
    panic!("called in a filter, with a spin mutex held or in a critical section")
}
