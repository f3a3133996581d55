// SPDX-License-Identifier: BSD-2-Clause

//! What a crash log says: a header, then sections, each with a tag of four
//! characters and a length.
//!
//! It was written by firmware that has crashed. Whatever it says of its lengths is
//! checked; what is not as it should be is said to be so, and the rest is shown.

use crate::syslog::Text;
use core::fmt;
use kpi::dev::Device;
use kpi::device_println;

/// Bytes of the log's header.
pub const HEADER: usize = 0x20;

/// Bytes of a section's header, which its length includes.
const SECTION: usize = 16;

/// Lines that are printed, at most.
const LINES: u32 = 512;

/// Bytes of a text in one line.
const LINE: usize = 160;

/// Addresses of a call stack in one line.
const CALLS: usize = 6;

/// Little-endian words within bytes that may not be there.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn u32(&self, off: usize) -> Option<u32> {
        let bytes = self.0.get(off..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }

    fn u64(&self, off: usize) -> Option<u64> {
        let bytes = self.0.get(off..)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    /// The 64-bit words from `off` on.
    fn u64s(&self, off: usize) -> impl Iterator<Item = u64> {
        let bytes = self.0.get(off..).unwrap_or(&[]);
        bytes
            .as_chunks()
            .0
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes))
    }
}

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

/// The log's header.
pub struct Header {
    version: u32,
    flags: u32,
    /// Bytes of the log, with this header; at least that.
    pub size: usize,
}

impl Header {
    /// Reads the header; `None`: it is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let words = Words(bytes);
        let size = usize::try_from(words.u32(8)?).ok()?;
        if Tag(words.u32(0)?) != CLHE || size < HEADER {
            return None;
        }
        Some(Header {
            version: words.u32(4)?,
            flags: words.u32(12)?,
            size,
        })
    }
}

/// A part of the log.
struct Section<'a> {
    tag: Tag,
    /// Without its header.
    payload: &'a [u8],
}

/// The sections of a log, up to its end or to what makes no sense.
struct Sections<'a> {
    rest: &'a [u8],
    /// Nothing was wrong so far.
    sound: bool,
}

impl<'a> Sections<'a> {
    /// The section that `rest` starts with. `None`: there is no whole one.
    fn take(&mut self) -> Option<Section<'a>> {
        let words = Words(self.rest);
        let tag = Tag(words.u32(0)?);
        let len = usize::try_from(words.u32(12)?).ok()?;
        let (section, rest) = self.rest.split_at_checked(len)?;
        let payload = section.get(SECTION..)?;
        self.rest = rest;
        Some(Section { tag, payload })
    }
}

impl<'a> Iterator for Sections<'a> {
    type Item = Section<'a>;

    fn next(&mut self) -> Option<Section<'a>> {
        // The end has the tag of the beginning, and perhaps no more.
        if Words(self.rest).u32(0).map(Tag) == Some(CLHE) {
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
        let Some(header) = Header::parse(self.bytes) else {
            to.line(format_args!("the crash log is malformed"));
            return;
        };
        to.line(format_args!(
            "crash log: version {}, {} bytes, flags {:#x}",
            header.version, header.size, header.flags
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

    /// A UUID, then a text.
    fn version(&self, to: &mut Printer) -> Option<()> {
        let (uuid, text) = self.payload.split_first_chunk::<16>()?;
        to.line(format_args!("firmware: {}", Text(cut(text))));
        to.line(format_args!("uuid: {:x}", Hex(uuid)));
        Some(())
    }

    /// A number, then lines of text.
    fn text(&self, to: &mut Printer) -> Option<()> {
        let id = Words(self.payload).u32(0)?;
        let text = self.payload.get(4..)?;
        let text = text.split(|&byte| byte == 0).next()?;
        for line in text.split(|&byte| byte == b'\n') {
            for piece in line.chunks(LINE) {
                to.line(format_args!("text {}: {}", id, Text(piece)));
            }
        }
        Some(())
    }

    fn time(&self, to: &mut Printer) -> Option<()> {
        let time = Words(self.payload).u64(0)?;
        to.line(format_args!("time: {:#x}", time));
        Some(())
    }

    /// What went through the mailbox last.
    fn mailbox(&self, to: &mut Printer) -> Option<()> {
        let (first, record) = (28, 24);
        let records = self.payload.get(first..)?;
        for bytes in records.chunks_exact(record) {
            let words = Words(bytes);
            to.line(format_args!(
                "mailbox: endpoint {:#x}, message {:#018x}, at {:#x}",
                words.u64(0)?,
                words.u64(8)?,
                words.u32(16)?
            ));
        }
        Some(())
    }

    /// The registers of an arm64 CPU.
    fn registers(&self, to: &mut Printer) -> Option<()> {
        let words = Words(self.payload);
        // All of it is there, or none of it is shown.
        let (far, esr) = (words.u64(0x330)?, words.u64(0x340)?);
        to.line(format_args!(
            "pc {:#018x}, sp {:#018x}, psr {:#x}",
            words.u64(0x108)?,
            words.u64(0x100)?,
            words.u64(0x110)?
        ));
        to.line(format_args!("esr {:#x}, far {:#018x}", esr, far));
        to.line(format_args!(
            "cpacr {:#x}, fpsr {:#x}, fpcr {:#x}",
            words.u64(0x118)?,
            words.u64(0x120)?,
            words.u64(0x128)?
        ));
        for x in (0..30).step_by(3) {
            to.line(format_args!(
                "x{:<2} {:#018x}, {:#018x}, {:#018x}",
                x,
                words.u64(8 + 8 * x)?,
                words.u64(8 + 8 * (x + 1))?,
                words.u64(8 + 8 * (x + 2))?
            ));
        }
        to.line(format_args!("x30 {:#018x}", words.u64(8 + 8 * 30)?));
        Some(())
    }

    /// Return addresses of a task, until one is 0.
    fn calls(&self, to: &mut Printer) -> Option<()> {
        let words = Words(self.payload);
        let task = words.u32(0)?;
        // A second word, of unknown meaning, is there too.
        words.u32(4)?;
        let mut calls = words.u64s(8).take_while(|&call| call != 0).peekable();
        while calls.peek().is_some() {
            let mut some = [0; CALLS];
            let mut count = 0;
            for (slot, call) in some.iter_mut().zip(&mut calls) {
                *slot = call;
                count += 1;
            }
            to.line(format_args!(
                "task {} called: {}",
                task,
                Addresses(some.get(..count)?)
            ));
        }
        Some(())
    }

    /// Error status of the CPU's caches and units.
    fn errors(&self, to: &mut Printer) -> Option<()> {
        let words = Words(self.payload);
        let mmu = words.u64(40)?;
        to.line(format_args!(
            "l2c status {:#x}, address {:#x}, info {:#x}",
            words.u64(0)?,
            words.u64(8)?,
            words.u64(16)?
        ));
        to.line(format_args!(
            "lsu {:#x}, fed {:#x}, mmu {:#x}",
            words.u64(24)?,
            words.u64(32)?,
            mmu
        ));
        Some(())
    }
}

/// What of a text fits in a line.
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
