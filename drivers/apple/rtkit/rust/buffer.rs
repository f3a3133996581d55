// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Memory that the firmware writes its logs to. It is the firmware's own; or, if the
//! firmware asks for some, the client's, or ours for a client that has none.

use crate::coproc::{Coproc, Phase, State};
use core::ffi::CStr;
use kpi::device_println;
use kpi::dma::{Direction, DmaBuf, DmaParams, DmaTag, SharedBuf};
use kpi::errno::{EEXIST, EINVAL, ENXIO, EOPNOTSUPP, Result};
use kpi::fdt::Node;
use kpi::mem::Flags;

/// The type of a request, in bits 59:52, on all endpoints but oslog.
pub const REQUEST: u8 = 1;

/// Bits 51:44: the size, in pages of 4 KiB.
const SIZE_SHIFT: u32 = 44;
const PAGE_SHIFT: u32 = 12;
/// Bits 43:0: the device's address; 0: the driver is to allocate it.
const ADDR_MASK: u64 = (1 << SIZE_SHIFT) - 1;

/// The firmware's page size, to which buffers that it gets are aligned.
const ALIGN: usize = 16 << 10;

/// What stands between a coprocessor and memory. FreeBSD has no driver for the one,
/// and one that RTKit does not know of for the other. Either is the client's.
const GUARDS: [&CStr; 2] = [c"iommus", c"apple,sart"];

/// What a buffer is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A crash log.
    Crashlog,
    /// Lines of text.
    Syslog,
    /// Statistics.
    Ioreport,
    /// A log in another form.
    Oslog,
}

impl Kind {
    /// How many there are.
    pub const COUNT: usize = 4;

    fn name(self) -> &'static str {
        match self {
            Kind::Crashlog => "crash log",
            Kind::Syslog => "syslog",
            Kind::Ioreport => "ioreport",
            Kind::Oslog => "oslog",
        }
    }
}

/// What the firmware asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The address of the firmware's own memory; 0: the driver is to allocate some.
    pub addr: u64,
    /// Bytes.
    pub size: usize,
}

impl Request {
    /// The request of an endpoint other than oslog.
    pub fn parse(msg: u64) -> Self {
        Request {
            addr: msg & ADDR_MASK,
            size: usize::from((msg >> SIZE_SHIFT) as u8) << PAGE_SHIFT,
        }
    }

    /// Bytes that the firmware gets, if it wants memory: whole pages of its own.
    fn given_size(&self) -> usize {
        self.size.next_multiple_of(ALIGN)
    }
}

/// Whose memory a buffer is.
enum Memory {
    /// Ours, for a client that provides none.
    Ours(SharedBuf),
    /// The client's, by the address that the coprocessor has for it.
    Clients(u64),
    /// The firmware's own.
    Firmwares,
}

/// A buffer that the firmware has.
pub struct Buffer {
    /// What the firmware asked for.
    request: Request,
    memory: Memory,
    /// The firmware has asked for it since it booted.
    pub asked: bool,
}

impl Buffer {
    /// The address to answer with; `None`: there is no answer to give.
    fn answer(&self) -> Option<u64> {
        match &self.memory {
            Memory::Ours(buf) => Some(buf.paddr()),
            Memory::Clients(addr) => Some(*addr),
            Memory::Firmwares => None,
        }
    }

    /// Bytes that the firmware was given; 0: it has its own.
    pub fn given_bytes(&self) -> usize {
        match &self.memory {
            Memory::Firmwares => 0,
            _ => self.request.given_size(),
        }
    }

    /// Leaves the memory to the firmware for good.
    pub fn abandon(self) {
        if let Memory::Ours(buf) = self.memory {
            core::mem::forget(buf);
        }
    }

    /// Copies bytes of our memory out. `None`: it is not ours.
    fn read_ours(&mut self, off: usize, to: &mut [u8]) -> Option<Result<()>> {
        match core::mem::replace(&mut self.memory, Memory::Firmwares) {
            Memory::Ours(buf) => {
                let buf = buf.to_cpu();
                let result = buf.read(off, to);
                self.memory = Memory::Ours(buf.to_device(Direction::FromDevice));
                Some(result)
            }
            other => {
                self.memory = other;
                None
            }
        }
    }
}

impl State {
    fn buffer(&self, kind: Kind) -> Option<&Buffer> {
        self.buffers.get(kind as usize).and_then(Option::as_ref)
    }

    /// Bytes of a buffer that the firmware has asked for; 0: none yet.
    pub fn buffer_size(&self, kind: Kind) -> usize {
        match self.buffer(kind) {
            Some(buffer) if buffer.asked => buffer.request.size,
            _ => 0,
        }
    }
}

impl Coproc {
    /// Handles a request on an endpoint other than oslog. Some firmware asks
    /// for 0 pages and waits for an answer: such a request is sent back.
    pub fn buffer_request(&self, ep: u8, kind: Kind, msg: u64) {
        let request = Request::parse(msg);
        if request.size == 0 && request.addr == 0 {
            self.reply(ep, msg);
        } else if let Some(addr) = self.grant(kind, &request) {
            self.reply(ep, msg & !ADDR_MASK | addr & ADDR_MASK);
        }
    }

    /// Gives the firmware a buffer. Returns the address to answer with; `None`:
    /// no answer is due. Sleepable.
    ///
    /// The same request again gets the same answer, and a different one gets
    /// none. A request that cannot be met fails the boot at once, because the
    /// firmware would wait for the answer, and the boot for the firmware.
    pub fn grant(&self, kind: Kind, request: &Request) -> Option<u64> {
        match self.try_grant(kind, request) {
            Ok(answer) => answer,
            Err(EEXIST) => {
                self.complain(format_args!(
                    "{}: another buffer of {} bytes at {:#x}: refused",
                    kind.name(),
                    request.size,
                    request.addr
                ));
                None
            }
            Err(error) => {
                device_println!(
                    self.dev,
                    "rtkit: {}: no buffer of {} bytes at {:#x}: {}",
                    kind.name(),
                    request.size,
                    request.addr,
                    error
                );
                self.fail(error);
                None
            }
        }
    }

    /// As [`Coproc::grant`]. A boot that has failed gives nothing more, because the
    /// firmware might keep it. `EEXIST`: the firmware has another buffer of this kind.
    fn try_grant(&self, kind: Kind, request: &Request) -> Result<Option<u64>> {
        let mut state = self.state.lock();
        if state.session.failure.is_some() {
            return Ok(None);
        }
        if request.size == 0 {
            return Err(EINVAL);
        }
        let slot = state.buffers.get_mut(kind as usize);
        if let Some(buffer) = slot.and_then(Option::as_mut) {
            if buffer.request == *request {
                buffer.asked = true;
                return Ok(buffer.answer());
            }
            // Memory stays with firmware that never reported that it rests.
            if buffer.asked || buffer.given_bytes() != 0 {
                return Err(EEXIST);
            }
        }
        drop(state);
        let memory = match request.addr {
            0 => self.give(request.given_size())?,
            addr => {
                addr.checked_add(request.size as u64).ok_or(EINVAL)?;
                self.hooks.map(addr, request.size)?;
                Memory::Firmwares
            }
        };
        let buffer = Buffer {
            request: *request,
            memory,
            asked: true,
        };
        let answer = buffer.answer();
        if let Some(slot) = self.state.lock().buffers.get_mut(kind as usize) {
            *slot = Some(buffer);
        }
        Ok(answer)
    }

    /// Memory that the firmware can write to: the client's, if it provides some.
    /// Sleepable.
    fn give(&self, size: usize) -> Result<Memory> {
        if !self.hooks.allocates() {
            return self.allocate(size).map(Memory::Ours);
        }
        let addr = self.hooks.allocate(size)?;
        let end = addr.checked_add(size as u64);
        if addr != 0
            && addr.is_multiple_of(ALIGN as u64)
            && end.is_some_and(|end| end <= ADDR_MASK + 1)
        {
            return Ok(Memory::Clients(addr));
        }
        device_println!(self.dev, "rtkit: the client gave memory at {:#x}", addr);
        self.hooks.free(addr, size);
        Err(EINVAL)
    }

    /// Memory of ours. `EOPNOTSUPP`, with a line: the coprocessor would not reach it,
    /// or would write to other memory. Sleepable.
    fn allocate(&self, size: usize) -> Result<SharedBuf> {
        let node = Node::of(self.dev).ok_or(ENXIO)?;
        if let Some(guard) = GUARDS.into_iter().find(|guard| node.has(guard)) {
            device_println!(
                self.dev,
                "rtkit: the device tree has {:?} for it, and its driver provides no memory",
                guard
            );
            return Err(EOPNOTSUPP);
        }
        let params = DmaParams {
            align: ALIGN as u64,
            max_addr: ADDR_MASK,
            ..DmaParams::one_segment(size)
        };
        let tag = DmaTag::new(self.dev, &params)?;
        let buf = DmaBuf::new(&tag, Flags::WaitOk)?;
        Ok(buf.to_device(Direction::FromDevice))
    }

    /// Copies bytes of a buffer out. `EINVAL`: not all are in what the firmware asked
    /// for. Sleepable.
    pub fn read_buffer(&self, kind: Kind, off: usize, to: &mut [u8]) -> Result<()> {
        let end = off.checked_add(to.len()).ok_or(EINVAL)?;
        let addr = {
            let mut state = self.state.lock();
            let slot = state.buffers.get_mut(kind as usize);
            let buffer = slot.and_then(Option::as_mut).ok_or(ENXIO)?;
            if end > buffer.request.size {
                return Err(EINVAL);
            }
            if let Some(result) = buffer.read_ours(off, to) {
                return result;
            }
            buffer.answer().unwrap_or(buffer.request.addr)
        };
        self.hooks.read(addr.saturating_add(off as u64), to)
    }

    /// Takes all buffers back. Those that the firmware may still write to are
    /// left to it. Sleepable; no other thread uses the buffers.
    pub fn end_buffers(&self, abandon: bool) {
        for kind in [Kind::Crashlog, Kind::Syslog, Kind::Ioreport, Kind::Oslog] {
            let mut state = self.state.lock();
            let slot = state.buffers.get_mut(kind as usize);
            let Some(buffer) = slot.and_then(Option::take) else {
                continue;
            };
            drop(state);
            if abandon && buffer.given_bytes() != 0 {
                device_println!(
                    self.dev,
                    "rtkit: {}: the coprocessor keeps {} bytes of memory",
                    kind.name(),
                    buffer.given_bytes()
                );
                buffer.abandon();
            } else if let Memory::Clients(addr) = buffer.memory {
                self.hooks.free(addr, buffer.request.given_size());
            }
        }
    }

    /// The firmware boots anew: it has asked for nothing yet.
    pub fn forget_requests(state: &mut State) {
        for buffer in state.buffers.iter_mut().flatten() {
            buffer.asked = false;
        }
        debug_assert!(state.phase != Phase::On);
    }
}
