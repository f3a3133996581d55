// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The contents of a crash log: a header, then sections, each with a tag of
//! four characters and a length.
//!
//! It was written by firmware that has crashed, so each length in it is
//! checked. A section that is malformed gets a line that says so, and the rest
//! is shown.

use crate::bindings::{
    APPLE_RTKIT_CRASH_FPU, apple_rtkit_crash_errors, apple_rtkit_crash_fault,
    apple_rtkit_crash_hdr, apple_rtkit_crash_mailbox, apple_rtkit_crash_message,
    apple_rtkit_crash_regs, apple_rtkit_crash_section, apple_rtkit_crash_stack,
    apple_rtkit_crash_text, apple_rtkit_crash_time, apple_rtkit_crash_version,
};
use crate::syslog::Text;
use core::fmt;
use kpi::dev::Device;
use kpi::device_println;
use kpi::wire::{read, split};

/// Bytes of the log's header.
pub const HEADER: usize = size_of::<apple_rtkit_crash_hdr>();

/// Bytes of the FPU's registers.
const FPU: usize = APPLE_RTKIT_CRASH_FPU as usize;

/// Lines that are printed, at most.
const LINES: u32 = 512;

/// Bytes of a text in one line.
const LINE: usize = 160;

/// Addresses of a call stack in one line.
const CALLS: usize = 6;

/// Four characters, as a number of which the first is the highest byte.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Tag(u32);

impl Tag {
    const fn new(text: &[u8; 4]) -> Self {
        Tag(u32::from_be_bytes(*text))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text(&self.0.to_be_bytes()).fmt(f)
    }
}

const CLHE: Tag = Tag::new(b"CLHE");
const CVER: Tag = Tag::new(b"Cver");
const CSTR: Tag = Tag::new(b"Cstr");
const CTIM: Tag = Tag::new(b"Ctim");
const CMBX: Tag = Tag::new(b"Cmbx");
const CRG8: Tag = Tag::new(b"Crg8");
const CCST: Tag = Tag::new(b"Ccst");
const CASC: Tag = Tag::new(b"CasC");

/// The tag that a section, or the log, begins with.
fn tag(bytes: &[u8]) -> Option<Tag> {
    let bytes = bytes.first_chunk()?;
    Some(Tag(u32::from_le_bytes(*bytes)))
}

/// Reads the log's header. Returns it and the size of the log, header included.
/// `None`: it is no crash log.
pub fn header(bytes: &[u8]) -> Option<(apple_rtkit_crash_hdr, usize)> {
    let header: apple_rtkit_crash_hdr = read(bytes)?;
    let size = usize::try_from(u32::from_le(header.size)).ok()?;
    (tag(bytes)? == CLHE && size >= HEADER).then_some((header, size))
}

/// A part of the log.
struct Section<'a> {
    tag: Tag,
    /// Without its header.
    payload: &'a [u8],
}

/// The sections of a log, up to its end or to the first that makes no sense.
struct Sections<'a> {
    rest: &'a [u8],
    /// No section was malformed so far.
    sound: bool,
}

impl<'a> Sections<'a> {
    /// The section that `rest` starts with. `None`: there is no whole one.
    fn take(&mut self) -> Option<Section<'a>> {
        let header: apple_rtkit_crash_section = read(self.rest)?;
        let size = usize::try_from(u32::from_le(header.size)).ok()?;
        let (section, rest) = self.rest.split_at_checked(size)?;
        let payload = section.get(size_of::<apple_rtkit_crash_section>()..)?;
        self.rest = rest;
        Some(Section {
            tag: Tag(u32::from_le(header.tag)),
            payload,
        })
    }
}

impl<'a> Iterator for Sections<'a> {
    type Item = Section<'a>;

    fn next(&mut self) -> Option<Section<'a>> {
        // The end has the tag of the beginning, and perhaps no more.
        if tag(self.rest) == Some(CLHE) {
            return None;
        }
        let section = self.take();
        self.sound = section.is_some();
        section
    }
}

/// A log, as it was copied.
pub struct Log<'a> {
    bytes: &'a [u8],
}

/// Where its lines go.
struct Printer {
    dev: Device,
    left: u32,
}

impl Printer {
    fn line(&mut self, args: fmt::Arguments<'_>) {
        match self.left {
            0 => return,
            1 => device_println!(self.dev, "rtkit: the crash log goes on"),
            _ => device_println!(self.dev, "rtkit: {}", args),
        }
        self.left -= 1;
    }
}

impl<'a> Log<'a> {
    /// The log in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Log { bytes }
    }

    /// Prints it, a line for each thing.
    pub fn print(&self, dev: Device) {
        let mut to = Printer { dev, left: LINES };
        let Some((header, size)) = header(self.bytes) else {
            to.line(format_args!("the crash log is malformed"));
            return;
        };
        to.line(format_args!(
            "crash log: version {}, {} bytes, flags {:#x}",
            u32::from_le(header.version),
            size,
            u32::from_le(header.flags)
        ));
        let mut sections = Sections {
            rest: self.bytes.get(HEADER..).unwrap_or(&[]),
            sound: true,
        };
        for section in &mut sections {
            if section.print(&mut to).is_none() {
                to.line(format_args!(
                    "section {}: {} bytes are too few",
                    section.tag,
                    section.payload.len()
                ));
            }
        }
        if !sections.sound {
            to.line(format_args!(
                "the crash log is malformed at byte {}",
                self.bytes.len() - sections.rest.len()
            ));
        }
    }
}

impl Section<'_> {
    /// Prints it; `None`: it ends too early.
    fn print(&self, to: &mut Printer) -> Option<()> {
        match self.tag {
            CVER => self.version(to),
            CSTR => self.text(to),
            CTIM => self.time(to),
            CMBX => self.mailbox(to),
            CRG8 => self.registers(to),
            CCST => self.calls(to),
            CASC => self.errors(to),
            _ => {
                to.line(format_args!(
                    "section {}: {} bytes",
                    self.tag,
                    self.payload.len()
                ));
                Some(())
            }
        }
    }

    fn version(&self, to: &mut Printer) -> Option<()> {
        let (version, text): (apple_rtkit_crash_version, _) = split(self.payload)?;
        to.line(format_args!("firmware: {}", Text(cut(text))));
        to.line(format_args!("uuid: {:x}", Hex(&version.uuid)));
        Some(())
    }

    fn text(&self, to: &mut Printer) -> Option<()> {
        let (head, text): (apple_rtkit_crash_text, _) = split(self.payload)?;
        let text = text.split(|&byte| byte == 0).next()?;
        for line in text.split(|&byte| byte == b'\n') {
            for piece in line.chunks(LINE) {
                to.line(format_args!(
                    "text {}: {}",
                    u32::from_le(head.id),
                    Text(piece)
                ));
            }
        }
        Some(())
    }

    fn time(&self, to: &mut Printer) -> Option<()> {
        let time: apple_rtkit_crash_time = read(self.payload)?;
        to.line(format_args!("time: {:#x}", u64::from_le(time.time)));
        Some(())
    }

    /// The last messages that went through the mailbox.
    fn mailbox(&self, to: &mut Printer) -> Option<()> {
        let (_, mut rest): (apple_rtkit_crash_mailbox, _) = split(self.payload)?;
        while let Some((message, more)) = split::<apple_rtkit_crash_message>(rest) {
            to.line(format_args!(
                "mailbox: endpoint {:#x}, message {:#018x}, at {:#x}",
                u64::from_le(message.endpoint),
                u64::from_le(message.message),
                u32::from_le(message.time)
            ));
            rest = more;
        }
        Some(())
    }

    /// The registers of an arm64 CPU.
    fn registers(&self, to: &mut Printer) -> Option<()> {
        // All of it is there, or none of it is shown.
        let (regs, rest): (apple_rtkit_crash_regs, _) = split(self.payload)?;
        let fault: apple_rtkit_crash_fault = read(rest.get(FPU..)?)?;
        to.line(format_args!(
            "pc {:#018x}, sp {:#018x}, psr {:#x}",
            u64::from_le(regs.pc),
            u64::from_le(regs.sp),
            u64::from_le(regs.psr)
        ));
        to.line(format_args!(
            "esr {:#x}, far {:#018x}",
            u64::from_le(fault.esr),
            u64::from_le(fault.far)
        ));
        to.line(format_args!(
            "cpacr {:#x}, fpsr {:#x}, fpcr {:#x}",
            u64::from_le(regs.cpacr),
            u64::from_le(regs.fpsr),
            u64::from_le(regs.fpcr)
        ));
        for (row, x) in regs.x.chunks(3).enumerate() {
            to.line(format_args!("x{:<2} {}", 3 * row, Registers(x)));
        }
        Some(())
    }

    /// Return addresses of a task, until one is 0.
    fn calls(&self, to: &mut Printer) -> Option<()> {
        let (stack, rest): (apple_rtkit_crash_stack, _) = split(self.payload)?;
        let calls = rest.as_chunks().0.iter();
        let mut calls = calls
            .map(|bytes| u64::from_le_bytes(*bytes))
            .take_while(|&call| call != 0)
            .peekable();
        while calls.peek().is_some() {
            let mut some = [0; CALLS];
            let mut count = 0;
            for (slot, call) in some.iter_mut().zip(&mut calls) {
                *slot = call;
                count += 1;
            }
            to.line(format_args!(
                "task {} called: {}",
                u32::from_le(stack.task),
                Addresses(some.get(..count)?)
            ));
        }
        Some(())
    }

    /// Error status of the CPU's caches and units.
    fn errors(&self, to: &mut Printer) -> Option<()> {
        let errors: apple_rtkit_crash_errors = read(self.payload)?;
        to.line(format_args!(
            "l2c status {:#x}, address {:#x}, info {:#x}",
            u64::from_le(errors.l2c_status),
            u64::from_le(errors.l2c_address),
            u64::from_le(errors.l2c_info)
        ));
        to.line(format_args!(
            "lsu {:#x}, fed {:#x}, mmu {:#x}",
            u64::from_le(errors.lsu),
            u64::from_le(errors.fed),
            u64::from_le(errors.mmu)
        ));
        Some(())
    }
}

/// The part of a text that fits in a line.
fn cut(text: &[u8]) -> &[u8] {
    text.get(..LINE).unwrap_or(text)
}

/// Bytes as one long number.
struct Hex<'a>(&'a [u8]);

impl fmt::LowerHex for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Registers as they lie in memory.
struct Registers<'a>(&'a [u64]);

impl fmt::Display for Registers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, register) in self.0.iter().enumerate() {
            let sep = if n == 0 { "" } else { ", " };
            write!(f, "{sep}{:#018x}", u64::from_le(*register))?;
        }
        Ok(())
    }
}

/// Addresses, in their order.
struct Addresses<'a>(&'a [u64]);

impl fmt::Display for Addresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, address) in self.0.iter().enumerate() {
            let sep = if n == 0 { "" } else { " " };
            write!(f, "{sep}{address:#x}")?;
        }
        Ok(())
    }
}
