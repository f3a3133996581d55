// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::wire`].

use kpi::wire;

use crate::check::{eq, some};

/// A record as C has it.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
struct record {
    code: u32,
    id: u16,
    flags: [u8; 2],
}

kpi::wire! { record { code, id, flags } }

const BYTES: [u8; 10] = [0x78, 0x56, 0x34, 0x12, 2, 1, 7, 8, 9, 10];

cases! {
    fn record_is_read_from_where_bytes_begin() {
        let read: record = some(wire::read(&BYTES));
        eq(u32::from_le(read.code), 0x1234_5678);
        eq(u16::from_le(read.id), 0x102);
        eq(read.flags, [7, 8]);
    }

    fn record_is_read_wherever_it_lies() {
        for start in 1..3 {
            let bytes = BYTES.get(start..).unwrap_or(&[]);
            let read: record = some(wire::read(bytes));
            eq(wire::bytes(&read), bytes.get(..8).unwrap_or(&[]));
        }
    }

    fn record_that_is_cut_off_is_refused() {
        for len in 0..8 {
            check!(wire::read::<record>(BYTES.get(..len).unwrap_or(&[])).is_none());
        }
    }

    fn record_is_split_from_what_follows() {
        let (read, rest): (record, _) = some(wire::split(&BYTES));
        eq(read.flags, [7, 8]);
        eq(rest, [9, 10]);
    }

    fn record_becomes_the_bytes_it_was() {
        let read: record = some(wire::read(&BYTES));
        eq(wire::bytes(&read), BYTES.get(..8).unwrap_or(&[]));
    }
}
