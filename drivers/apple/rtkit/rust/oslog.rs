// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Endpoint 8, oslog: a log in a form of the firmware's own, which we do not read.

use crate::buffer::{Kind, Request};
use crate::coproc::{Coproc, Outcome};

/// The endpoint.
pub const EP: u8 = 8;

/// Bits 63:56: what a message is.
const TYPE_SHIFT: u32 = 56;

/// In the older version of the protocol it has no fields. In the newer one it
/// is a buffer request.
const INIT: u8 = 1;
const COUNTER: u8 = 2;
const INIT_REPLY: u8 = 3;

/// Bits 55:36: bytes of the buffer.
const SIZE_SHIFT: u32 = 36;
const SIZE_MASK: u64 = 0xf_ffff;
/// Bits 35:0: its address, in pages of 4 KiB.
const ADDR_MASK: u64 = (1 << 36) - 1;
const PAGE_SHIFT: u32 = 12;

/// Handles a message of oslog.
pub fn handle(coproc: &Coproc, msg: u64) -> Outcome {
    let fields = msg & ((1 << TYPE_SHIFT) - 1);
    match (msg >> TYPE_SHIFT) as u8 {
        INIT if fields == 0 => coproc.reply(EP, u64::from(INIT_REPLY) << TYPE_SHIFT),
        INIT => init(coproc, msg),
        // The coprocessor does not go to sleep before this is sent back.
        COUNTER => coproc.reply(EP, msg),
        _ => return Outcome::Unknown,
    }
    Outcome::Handled
}

fn init(coproc: &Coproc, msg: u64) {
    let request = Request {
        addr: (msg & ADDR_MASK) << PAGE_SHIFT,
        size: (msg >> SIZE_SHIFT & SIZE_MASK) as usize,
    };
    if let Some(addr) = coproc.grant(Kind::Oslog, &request) {
        coproc.reply(EP, msg & !ADDR_MASK | addr >> PAGE_SHIFT & ADDR_MASK);
    }
}
