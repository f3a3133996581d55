// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Endpoint 0, management: versions, the map of endpoints, power.

use crate::coproc::{Coproc, Outcome, Phase, Step};
use crate::epmap::Page;
use kpi::device_println;
use kpi::errno::EPROTONOSUPPORT;

/// The endpoint, which is always there.
pub const EP: u8 = 0;

/// Versions of the protocol that we speak.
const VERSIONS: (u16, u16) = (11, 12);

/// Endpoints of RTKit itself, which we start if the coprocessor has them. The
/// firmware does not finish booting before they are started.
const SYSTEM: [u8; 6] = [
    crate::crashlog::EP,
    crate::syslog::EP,
    EP_DEBUG,
    crate::ioreport::EP,
    crate::oslog::EP,
    EP_TRACEKIT,
];

/// kdebug. It is started, but the meaning of its messages is unknown.
pub const EP_DEBUG: u8 = 3;

/// tracekit, likewise.
pub const EP_TRACEKIT: u8 = 0xa;

/// Bits 59:52: what a message is.
const TYPE_SHIFT: u32 = 52;

const HELLO: u8 = 1;
const HELLO_REPLY: u8 = 2;
const PONG: u8 = 4;
const START: u8 = 5;
const SET_IOP_POWER: u8 = 6;
const IOP_POWER_ACK: u8 = 7;
const EPMAP: u8 = 8;
const SET_AP_POWER: u8 = 0xb;

const START_FLAG: u64 = 1 << 1;
const EPMAP_LAST: u64 = 1 << 51;
const EPMAP_MORE: u64 = 1;

/// A state of power, of either side: bits 15:0.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Power(pub u16);

impl Power {
    /// Off: the coprocessor does not wake.
    pub const OFF: Self = Power(0x00);
    /// Asleep.
    pub const SLEEP: Self = Power(0x01);
    /// Running, and sending nothing.
    pub const QUIESCED: Self = Power(0x10);
    /// At work.
    pub const ON: Self = Power(0x20);
    /// Asleep, with all state kept.
    pub const IDLE: Self = Power(0x201);
    /// What is requested of a coprocessor to wake it.
    pub const INIT: Self = Power(0x220);

    /// Whether a side that reports this state is in the state `wanted`. There
    /// are several states for "on".
    pub fn is(self, wanted: Self) -> bool {
        self == wanted || wanted == Self::ON && self.0 & 0xff == Self::ON.0
    }
}

/// The side that a power state belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The coprocessor.
    Iop,
    /// The processors, as the coprocessor knows them.
    Ap,
}

const fn message(kind: u8, fields: u64) -> u64 {
    (kind as u64) << TYPE_SHIFT | fields
}

/// The type of a message of most endpoints.
pub const fn kind(msg: u64) -> u8 {
    (msg >> TYPE_SHIFT) as u8
}

/// Whether a message of management is a HELLO.
pub const fn is_hello(msg: u64) -> bool {
    kind(msg) == HELLO
}

fn hello_reply(version: u16) -> u64 {
    message(HELLO_REPLY, u64::from(version) << 16 | u64::from(version))
}

/// Starts an endpoint.
pub fn start(ep: u8) -> u64 {
    message(START, u64::from(ep) << 32 | START_FLAG)
}

/// Requests a power state of a side.
pub fn set_power(side: Side, power: Power) -> u64 {
    let kind = match side {
        Side::Iop => SET_IOP_POWER,
        Side::Ap => SET_AP_POWER,
    };
    message(kind, u64::from(power.0))
}

fn page(msg: u64) -> Page {
    Page {
        bitmap: msg as u32,
        base: (msg >> 32) as u8 & 7,
        last: msg & EPMAP_LAST != 0,
    }
}

fn page_reply(page: &Page) -> u64 {
    let rest = if page.last { EPMAP_LAST } else { EPMAP_MORE };
    message(EPMAP, u64::from(page.base) << 32 | rest)
}

/// The version to use with a coprocessor that has versions `min` to `max`.
fn agree(min: u16, max: u16) -> Option<u16> {
    let ours = VERSIONS;
    (min <= max && min <= ours.1 && max >= ours.0).then(|| max.min(ours.1))
}

/// Handles a message of management.
pub fn handle(coproc: &Coproc, msg: u64) -> Outcome {
    match kind(msg) {
        HELLO => hello(coproc, msg as u16, (msg >> 16) as u16),
        EPMAP => epmap(coproc, &page(msg)),
        IOP_POWER_ACK => power(coproc, Side::Iop, Power(msg as u16)),
        SET_AP_POWER => power(coproc, Side::Ap, Power(msg as u16)),
        // This driver sends no PING.
        PONG => Outcome::Handled,
        _ => Outcome::Unknown,
    }
}

fn hello(coproc: &Coproc, min: u16, max: u16) -> Outcome {
    let version = agree(min, max);
    {
        let mut state = coproc.state.lock();
        if state.phase != Phase::Booting || state.session.step != Step::Silent {
            return Outcome::Unknown;
        }
        if version.is_some() {
            state.session.step = Step::Greeted;
            // Power states reported before HELLO belong to an earlier boot.
            state.session.iop = None;
            state.session.ap = None;
        }
    }
    match version {
        Some(version) => {
            coproc.reply(EP, hello_reply(version));
            coproc.state.wakeup();
        }
        None => {
            let (least, most) = VERSIONS;
            device_println!(
                coproc.dev,
                "rtkit: it speaks versions {} to {}, only {} to {} are known",
                min,
                max,
                least,
                most
            );
            coproc.fail(EPROTONOSUPPORT);
        }
    }
    Outcome::Handled
}

fn epmap(coproc: &Coproc, page: &Page) -> Outcome {
    let endpoints = {
        let mut state = coproc.state.lock();
        if state.phase != Phase::Booting || state.session.step != Step::Greeted {
            return Outcome::Unknown;
        }
        state.session.endpoints.add(page);
        state.session.endpoints
    };
    coproc.reply(EP, page_reply(page));
    if page.last {
        for ep in SYSTEM.into_iter().filter(|&ep| endpoints.has(ep)) {
            coproc.reply(EP, start(ep));
        }
        // Some firmware reports that it is on only after it has got this.
        coproc.reply(EP, set_power(Side::Ap, Power::ON));
        coproc.state.lock().session.step = Step::Mapped;
        coproc.state.wakeup();
    }
    Outcome::Handled
}

/// Handles a report that a side is in a power state, requested or not.
fn power(coproc: &Coproc, side: Side, power: Power) -> Outcome {
    let mut state = coproc.state.lock();
    let was_on = state.session.is_on();
    match side {
        Side::Iop => state.session.iop = Some(power),
        Side::Ap => state.session.ap = Some(power),
    }
    coproc.state.wakeup();
    let is_on = state.session.is_on();
    if state.phase == Phase::On && is_on != was_on {
        coproc.follow_power(&state);
        drop(state);
        coproc.complain(format_args!(
            "{} power state {:#x}, unasked: {}",
            match side {
                Side::Iop => "the coprocessor is in",
                Side::Ap => "the coprocessor has the processors in",
            },
            power.0,
            match is_on {
                true => "it is on again",
                false => "applications cannot use it",
            }
        ));
    }
    Outcome::Handled
}
