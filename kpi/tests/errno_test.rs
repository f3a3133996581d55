// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::errno`].

use kpi::errno::{EAGAIN, EINVAL, ENOMEM, EWOULDBLOCK, Errno, check, status};

use crate::check::{eq, some};

cases! {
    fn errno_zero_is_success() {
        eq(check(0), Ok(()));
        eq(Errno::from_raw(0), None);
        eq(status(Ok(())), 0);
    }

    fn errno_keeps_the_number() {
        eq(check(22), Err(EINVAL));
        eq(EINVAL.as_raw(), 22);
        eq(status(Err(ENOMEM)), 12);
        eq(some(Errno::from_raw(-1)).as_raw(), -1);
    }

    fn errno_has_freebsd_numbers() {
        eq(EAGAIN.as_raw(), 35);
        eq(EWOULDBLOCK, EAGAIN);
        eq(kpi::errno::ETIMEDOUT.as_raw(), 60);
        eq(kpi::errno::EPROTO.as_raw(), 92);
    }

    fn errno_shows_its_name_or_its_number() {
        eq(EINVAL.name(), Some("EINVAL"));
        let unknown = some(Errno::from_raw(9999));
        kpi::println!("{} {:?} {}", EINVAL, ENOMEM, unknown);
        check!(crate::check::was_printed("EINVAL ENOMEM error 9999\n"));
    }
}
