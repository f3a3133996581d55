// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Endpoint 1, crashlog: the buffer to which the firmware writes its crash log.

use crate::buffer::{self, Kind};
use crate::coproc::{Cause, Coproc, Outcome};
use crate::crash::{self, HEADER, Log};
use crate::mgmt;
use crate::syslog::Text;
use core::fmt;
use kpi::cstring::CString;
use kpi::dev::{self, Device, DeviceRef};
use kpi::device_println;
use kpi::errno::{EINVAL, ENXIO, Result};
use kpi::mem::Flags;
use kpi::mtx::Mtx;
use kpi::sysctl::SysctlArray;
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

/// The most bytes of a log that the system keeps: as many as a sysctl may have.
pub const KEPT: usize = 64 << 10;

/// The last crash log, for programs; nothing before the first crash.
pub struct Last(Mtx<Vec<u8>>);

impl Last {
    /// No log yet. Sleepable.
    pub fn new() -> Result<Self> {
        Ok(Last(Mtx::new(c"apple_rtkit log", Vec::new())?))
    }

    /// Keeps a log in place of the one before. Returns how many bytes are kept.
    fn keep(&self, mut bytes: Vec<u8>) -> usize {
        bytes.truncate(KEPT);
        let len = bytes.len();
        // The old one is dropped without the mutex held.
        let old = core::mem::replace(&mut *self.0.lock(), bytes);
        drop(old);
        len
    }
}

impl SysctlArray for Last {
    fn get(&self, _which: u32, room: &mut [u8]) -> Result<usize> {
        let bytes = self.0.lock();
        let to = room.get_mut(..bytes.len()).ok_or(EINVAL)?;
        to.copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

/// Gives the crash log to the client, prints it, and keeps it for programs, of which
/// devd(8) is told. Sleepable.
pub fn report(coproc: &Coproc) {
    let bytes = match copy(coproc) {
        Ok(bytes) => bytes,
        Err(error) => {
            device_println!(coproc.dev, "rtkit: no crash log: {}", error);
            return;
        }
    };
    coproc.hooks.crash_log(&bytes);
    Log::new(&bytes).print(coproc.dev);
    let all = bytes.len();
    let kept = coproc.crash_log.keep(bytes);
    if kept < all {
        device_println!(
            coproc.dev,
            "rtkit: of {} bytes of the crash log, {} are kept",
            all,
            kept
        );
    }
    // Without memory the event is lost, as devd(8)'s events may be.
    let _ = announce(coproc.dev, kept);
}

/// Tells devd(8) where the log can be read.
fn announce(dev: Device, bytes: usize) -> Result<()> {
    let (name, data) = dev
        .with(|dev| {
            let data = CString::format(format_args!(
                "crashlog=dev.{}.{}.rtkit.crashlog bytes={}",
                Driver(dev),
                dev.unit(),
                bytes
            ));
            (CString::new(dev.nameunit().to_bytes()), data)
        })
        .ok_or(ENXIO)?;
    dev::notify(c"APPLE_RTKIT", c"CRASH", &name?, &data?);
    Ok(())
}

/// The driver's name of a device: its name without the unit.
struct Driver<'d>(DeviceRef<'d>);

impl fmt::Display for Driver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.nameunit().to_bytes();
        let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit());
        let len = name.len() - digits.count();
        Text(name.get(..len).unwrap_or(name)).fmt(f)
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
