// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Endpoint 1, crashlog: the buffer to which the firmware writes its crash log.

use crate::buffer::{self, Kind};
use crate::coproc::{Cause, Coproc, Outcome};
use crate::crash::{self, HEADER, Log};
use crate::mgmt;
use kpi::device_println;
use kpi::errno::{EINVAL, Result};
use kpi::mem::Flags;
use kpi::vec::Vec;

/// The endpoint.
pub const EP: u8 = 1;

/// Handles a message of crashlog. The first request for some memory asks for a
/// buffer. Any later request means that the firmware has crashed.
pub fn handle(coproc: &Coproc, msg: u64) -> Outcome {
    if mgmt::kind(msg) != buffer::REQUEST {
        return Outcome::Unknown;
    }
    let for_some = buffer::Request::parse(msg).size != 0;
    let first = {
        let mut state = coproc.state.lock();
        let had = state.session.crash_buffer;
        state.session.crash_buffer = had || for_some;
        !had
    };
    if first {
        coproc.buffer_request(EP, Kind::Crashlog, msg);
    } else {
        coproc.crash(Cause::Said);
    }
    Outcome::Handled
}

/// Prints the crash log. Sleepable.
pub fn print(coproc: &Coproc) {
    match copy(coproc) {
        Ok(bytes) => Log::new(&bytes).print(coproc.dev),
        Err(error) => device_println!(coproc.dev, "rtkit: no crash log: {}", error),
    }
}

/// A copy of the crash log, since the firmware may go on writing to it.
/// `EINVAL`: it is no crash log, or longer than its buffer.
fn copy(coproc: &Coproc) -> Result<Vec<u8>> {
    let mut header = [0; HEADER];
    coproc.read_buffer(Kind::Crashlog, 0, &mut header)?;
    let (_, size) = crash::header(&header).ok_or(EINVAL)?;
    if size > coproc.state.lock().buffer_size(Kind::Crashlog) {
        return Err(EINVAL);
    }
    let mut bytes = Vec::new();
    bytes.resize(size, 0, Flags::WaitOk)?;
    coproc.read_buffer(Kind::Crashlog, 0, &mut bytes)?;
    Ok(bytes)
}
