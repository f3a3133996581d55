// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Endpoint 2, syslog: lines of text in a buffer.

use crate::bindings::apple_rtkit_syslog_hdr;
use crate::buffer::{self, Kind};
use crate::coproc::{Coproc, Outcome};
use crate::mgmt;
use core::fmt::{self, Write};
use core::sync::atomic::Ordering;
use kpi::device_log;
use kpi::wire;

/// The endpoint.
pub const EP: u8 = 2;

/// A line is in entry 7:0. The firmware waits until this message is sent back.
const LOG: u8 = 5;
/// 15:0: number of entries. 39:24: bytes of an entry's text.
const INIT: u8 = 8;

/// Bytes before the text of an entry.
const ENTRY_HEADER: usize = size_of::<apple_rtkit_syslog_hdr>();

/// The most bytes of a text that are shown.
const SHOWN: usize = 192;

/// Where entries lie in the buffer.
///
/// # Invariants
/// All entries lie within the buffer that there was when this was made.
#[derive(Clone, Copy)]
pub struct Layout {
    entries: usize,
    text: usize,
}

impl Layout {
    /// The layout that INIT has. `None`: it is empty, or does not fit into
    /// `size` bytes.
    fn parse(msg: u64, size: usize) -> Option<Self> {
        let layout = Layout {
            entries: usize::from(msg as u16),
            text: usize::from((msg >> 24) as u16),
        };
        let bytes = layout.entries.checked_mul(layout.stride())?;
        (bytes != 0 && layout.text != 0 && bytes <= size).then_some(layout)
    }

    fn stride(&self) -> usize {
        ENTRY_HEADER + self.text
    }

    /// Where entry `index` is; `None`: there is none such.
    fn entry(&self, index: usize) -> Option<usize> {
        (index < self.entries).then(|| index * self.stride())
    }
}

/// Handles a message of syslog.
pub fn handle(coproc: &Coproc, msg: u64) -> Outcome {
    match mgmt::kind(msg) {
        buffer::REQUEST => coproc.buffer_request(EP, Kind::Syslog, msg),
        INIT => init(coproc, msg),
        LOG => {
            log(coproc, usize::from(msg as u8));
            coproc.reply(EP, msg);
        }
        _ => return Outcome::Unknown,
    }
    Outcome::Handled
}

fn init(coproc: &Coproc, msg: u64) {
    let mut state = coproc.state.lock();
    let size = state.buffer_size(Kind::Syslog);
    let layout = Layout::parse(msg, size);
    state.session.syslog = layout;
    drop(state);
    if layout.is_none() {
        coproc.complain(format_args!(
            "syslog: {} entries of {} bytes in a buffer of {}: not shown",
            msg as u16,
            (msg >> 24) as u16,
            size
        ));
    }
}

/// Shows a line.
fn log(coproc: &Coproc, index: usize) {
    let layout = coproc.state.lock().session.syslog;
    let Some((layout, off)) = layout.and_then(|l| Some((l, l.entry(index)?))) else {
        coproc.complain(format_args!("syslog: no entry {}", index));
        return;
    };
    let mut entry = [0; ENTRY_HEADER + SHOWN];
    let len = ENTRY_HEADER + layout.text.min(SHOWN);
    let Some(entry) = entry.get_mut(..len) else {
        return;
    };
    if coproc.read_buffer(Kind::Syslog, off, entry).is_err() {
        coproc.complain(format_args!("syslog: entry {} cannot be read", index));
        return;
    }
    coproc.stats.syslog.fetch_add(1, Ordering::Relaxed);
    show(coproc, entry);
}

fn show(coproc: &Coproc, entry: &[u8]) {
    let Some((header, text)) = wire::split::<apple_rtkit_syslog_hdr>(entry) else {
        return;
    };
    let Some(held) = coproc.state.lock().syslog_limit.pass() else {
        return;
    };
    if held != 0 {
        device_log!(coproc.dev, "rtkit: syslog: {} lines were held back", held);
    }
    device_log!(
        coproc.dev,
        "rtkit: syslog: [{}] {}",
        Text(&header.context),
        Text(text)
    );
}

/// Text of the firmware up to the first NUL, without the newline, and without
/// control characters for a terminal.
pub struct Text<'a>(pub &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.split(|&byte| byte == 0).next().unwrap_or(&[]);
        for &byte in text.trim_ascii_end() {
            let shown = byte.is_ascii_graphic() || byte == b' ';
            f.write_char(if shown { char::from(byte) } else { '.' })?;
        }
        Ok(())
    }
}
