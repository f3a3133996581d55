// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Endpoint 4, ioreport: statistics, which we do not read.

use crate::buffer::{self, Kind};
use crate::coproc::{Coproc, Outcome};
use crate::mgmt;

/// The endpoint.
pub const EP: u8 = 4;

/// Messages of unknown meaning. The firmware waits until they are sent back.
const ECHOED: [u8; 2] = [8, 0xc];

/// Handles a message of ioreport.
pub fn handle(coproc: &Coproc, msg: u64) -> Outcome {
    match mgmt::kind(msg) {
        buffer::REQUEST => coproc.buffer_request(EP, Kind::Ioreport, msg),
        kind if ECHOED.contains(&kind) => coproc.reply(EP, msg),
        _ => return Outcome::Unknown,
    }
    Outcome::Handled
}
