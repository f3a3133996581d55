// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! QEMU's educational PCI device: the driver of examples/edu in Rust. edu(4) says
//! what it does, and edu_rust.c is its glue to newbus.

#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

use bindings::*;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use kpi::dma::{Direction, DmaBuf, DmaParams, DmaTag};
use kpi::pci::{self, BusMaster, Id, Interrupts, Irq, Kind};
use kpi::{intr::Handler, prelude::*};

#[allow(missing_docs, unused)]
mod bindings {
    include!(env!("EDU_RUST_BINDINGS"));
}

// Registers and fields in BAR 0, with the numbers of edu_reg.h.
kpi::reg! {
    window Bar0 = EDU_SIZE;
    ID: u32 = EDU_ID, { MAGIC = EDU_ID_MAGIC; MINOR = EDU_ID_MINOR; MAJOR = EDU_ID_MAJOR; };
    LIVENESS: u32 = EDU_LIVENESS; FACTORIAL: u32 = EDU_FACTORIAL;
    STATUS: u32 = EDU_STATUS, { COMPUTING = EDU_STATUS_COMPUTING; };
    ISR: u32 = EDU_ISR; ACK: u32 = EDU_ACK;
    DMA_SRC: u32 = EDU_DMA_SRC; DMA_DST: u32 = EDU_DMA_DST; DMA_COUNT: u32 = EDU_DMA_COUNT;
    DMA_CMD: u32 = EDU_DMA_CMD, { DMA_RUN = EDU_DMA_CMD_RUN; };
}

#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static edu_rust_ids: [Id; 1] = [Id::new(EDU_VENDOR, EDU_DEVICE, c"QEMU edu (Rust)")];
kpi::export_driver! { Edu: edu_rust_attach_device edu_rust_detach_device
edu_rust_suspend_device edu_rust_resume_device }

/// An attached device. The fields go in this order: no program, no interrupt, no
/// access to memory; then the memory.
#[allow(dead_code)] // they are there to be dropped
struct Edu(Sysctl, Irq<Shared>, BusMaster, Arc<Shared>);

/// What the interrupt and programs share. One program at a time has the buffer, and
/// so the device.
struct Shared {
    dev: Device,
    buf: Turn<DmaBuf>,
    regs: Registers<Bar0>,
    events: Events,
    factorial: AtomicU32,
    usec: AtomicU32,
}

/// No interrupt from now on, and none that is left over.
fn quiet(regs: &Registers<Bar0>) {
    regs.write(STATUS, 0);
    regs.write(ACK, regs.read(ISR));
}

/// Is this the device, does it answer, does it compute? At boot no interrupt comes
/// yet, so this polls.
fn check(dev: Device, regs: &Registers<Bar0>) -> Result<()> {
    quiet(regs);
    let id = regs.read(ID);
    regs.write(LIVENESS, id);
    let why = if MAGIC.of(id) != u64::from(EDU_MAGIC) {
        "identification is not edu's"
    } else if regs.read(LIVENESS) != !id {
        "liveness check failed"
    } else {
        regs.write(FACTORIAL, 12);
        let polled = time::poll(10, 100_000, || regs.get(COMPUTING) == 0);
        if polled.is_ok() && regs.read(FACTORIAL) == 479_001_600 {
            return Ok(());
        }
        "self-test failed"
    };
    device_println!(dev, "{why}");
    Err(ENXIO)
}

/// The buffer, where the device can reach it, and the driver can write its address.
fn buffer(dev: Device) -> Result<DmaBuf> {
    let bits = dev::tunable_int(c"hw.edu.dma_bits").unwrap_or(EDU_DMA_BITS as i32);
    let params = DmaParams::one_segment(EDU_BUFFER_SIZE as usize).address_bits(bits.min(32))?;
    DmaTag::new(dev, &params)
        .and_then(|tag| DmaBuf::new(&tag, Flags::WaitOk))
        .inspect_err(|_| device_println!(dev, "no memory with {bits} address bits"))
}

/// A value for a register.
type Write = (Reg<Bar0, u32>, u32);

impl Shared {
    /// Writes registers, and sleeps until the bit has come and the device is done.
    fn run(&self, bit: u32, busy: Field<Bar0, u32>, writes: &[Write]) -> Result<()> {
        let busy = || self.regs.get(busy) != 0;
        self.events.wait(bit, Sbt::from_secs(5), busy, || {
            writes.iter().for_each(|w| self.regs.write(w.0, w.1));
        })
    }

    fn compute(&self, n: u32) -> Result<()> {
        let _turn = self.buf.take()?;
        let writes = [(STATUS, EDU_STATUS_INTR), (FACTORIAL, n)];
        let keep = |()| self.factorial.store(self.regs.read(FACTORIAL), Relaxed);
        self.run(EDU_ISR_FACTORIAL, COMPUTING, &writes).map(keep)
    }

    fn dma(&self, src: u32, dst: u32, len: u32, direction: u32) -> Result<()> {
        let command = EDU_DMA_CMD_RUN | EDU_DMA_CMD_INTR | direction;
        let (src, dst, len) = ((DMA_SRC, src), (DMA_DST, dst), (DMA_COUNT, len));
        self.run(EDU_ISR_DMA, DMA_RUN, &[src, dst, len, (DMA_CMD, command)])
    }

    /// Sends bytes to the device and back.
    fn dma_test(&self, len: u32) -> Result<()> {
        let (mut buf, start, n) = (self.buf.take()?, time::uptime(), len as usize);
        let pattern = |i: usize| (i * 7 + (i >> 8) + 1) as u8;
        (0..n).try_for_each(|i| buf.set(i, pattern(i)))?;
        let send = |addr| self.dma(addr as u32, EDU_BUFFER, len, 0);
        buf.lend(Direction::ToDevice, send)?;
        buf.fill(0..n, 0)?;
        let receive = |addr| self.dma(EDU_BUFFER, addr as u32, len, EDU_DMA_CMD_TO_MEMORY);
        buf.lend(Direction::Both, receive)?;
        let same = (0..n).all(|i| buf.get(i) == Ok(pattern(i)));
        self.usec
            .store((time::uptime() - start).as_micros() as u32, Relaxed);
        same.then_some(()).ok_or(EIO)
    }

    /// Refuses new users, waits for the one that is there, and for its DMA.
    fn close(&self, error: Errno) -> Result<()> {
        self.buf.close(error);
        let idle = || self.regs.get(DMA_RUN) == 0;
        time::poll_sleep(c"edustop", Sbt::from_millis(500), idle)
    }
}

impl Drop for Shared {
    /// A DMA may end when the handler is gone already, and would then keep a shared
    /// line active.
    fn drop(&mut self) {
        quiet(&self.regs);
    }
}

impl Handler for Shared {
    /// Acknowledges exactly what it handles: a bit that comes later stays.
    fn handle(&self) {
        let isr = self.regs.read(ISR);
        // Another device on the line; or all ones: the device is off.
        if isr == 0 || isr == u32::MAX {
            return self.events.post(0);
        }
        self.regs.write(ACK, isr);
        self.events.post(isr);
    }
}

impl Driver for Edu {
    fn attach(dev: Device) -> Result<Self> {
        let regs = Registers::new(pci::bar(dev, 0)?)?;
        check(dev, &regs)?;
        let shared = Arc::new(Shared {
            dev,
            buf: Turn::new(c"edu", buffer(dev)?)?,
            regs,
            events: Events::new(c"edu events")?,
            factorial: AtomicU32::new(0),
            usec: AtomicU32::new(0),
        })?;
        let master = BusMaster::enable(dev)?;
        let interrupts = Interrupts::new(dev, &[Kind::Msi, Kind::Intx], 1)?;
        let irq = interrupts.with_handler(0, shared.clone())?;
        let (ctl, edu) = (Sysctl::new(dev)?, &shared);
        ctl.command_of(c"factorial", c"n!", edu, |e| &e.factorial, Shared::compute)?;
        ctl.command_of(c"dma_test", c"Bytes", edu, |e| &e.usec, Shared::dma_test)?;
        ctl.counter_of(None, c"interrupts", c"Used", edu, |e| e.events.posted())?;
        ctl.counter_of(None, c"stray", c"Unused", edu, |e| e.events.stray())?;
        let (major, minor, kind) = (edu.regs.get(MAJOR), edu.regs.get(MINOR), interrupts.kind());
        device_println!(dev, "version {major}.{minor}, {kind}");
        Ok(Self(ctl, irq, master, shared))
    }

    /// A DMA that does not end is then kept from memory, without bus mastering.
    fn detach(&self) -> Result<()> {
        let late = |_: &_| device_println!(self.3.dev, "DMA does not end: cut off from memory");
        self.3.close(ENXIO).inspect_err(late).or(Ok(()))
    }

    fn suspend(&self) -> Result<()> {
        let edu = &self.3;
        edu.close(EBUSY).inspect_err(|_| edu.buf.open())?;
        quiet(&edu.regs);
        Ok(())
    }

    /// INTx comes only after this has returned, so nothing here waits for it.
    fn resume(&self) -> Result<()> {
        check(self.3.dev, &self.3.regs).map(|()| self.3.buf.open())
    }
}
