// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The records of apple_rtkit_reg.h.

use crate::bindings::{
    apple_rtkit_crash_errors, apple_rtkit_crash_fault, apple_rtkit_crash_hdr,
    apple_rtkit_crash_mailbox, apple_rtkit_crash_message, apple_rtkit_crash_regs,
    apple_rtkit_crash_section, apple_rtkit_crash_stack, apple_rtkit_crash_text,
    apple_rtkit_crash_time, apple_rtkit_crash_version, apple_rtkit_syslog_hdr,
};

kpi::wire! {
    apple_rtkit_crash_hdr { tag, version, size, flags, unknown }
    apple_rtkit_crash_section { tag, unknown, size }
    apple_rtkit_crash_version { uuid }
    apple_rtkit_crash_text { id }
    apple_rtkit_crash_time { time }
    apple_rtkit_crash_mailbox { unknown }
    apple_rtkit_crash_message { endpoint, message, time, unknown }
    apple_rtkit_crash_regs { unknown0, x, sp, pc, psr, cpacr, fpsr, fpcr }
    apple_rtkit_crash_fault { far, unknown, esr }
    apple_rtkit_crash_stack { task, unknown }
    apple_rtkit_crash_errors { l2c_status, l2c_address, l2c_info, lsu, fed, mmu }
    apple_rtkit_syslog_hdr { unknown, context }
}
