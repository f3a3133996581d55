// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Buffers that go to a device over a virtqueue, and come back.

use core::mem;
use core::ptr::{self, NonNull};

use crate::dev::Device;
use crate::dma::{Direction, DmaBuf, DmaParams, DmaTag, SharedBuf};
use crate::errno::{E2BIG, EBUSY, EINVAL, ENXIO, Result};
use crate::mem::Flags;
use crate::vec::Vec;
use crate::virtio::{SgList, Stopped, VirtQueue};

/// Bytes after a buffer that are never used. Without them the next buffer of the
/// chain could lie right behind it, and sglist(9) would make one segment of the two.
const GAP: usize = 1;

/// A buffer, and who has it.
enum Buffer {
    Cpu(DmaBuf),
    Device(SharedBuf),
    /// Between the two owners, only within one function.
    Moving,
}

/// A chain of buffers.
struct Chain {
    buffers: Vec<Buffer>,
    /// The device has all of them; else the CPU has.
    sent: bool,
}

/// A chain that the device has returned.
pub struct Used {
    /// Its number; `None`: the device has no such chain.
    pub chain: Option<usize>,
    /// Bytes that the device claims to have written.
    pub len: u32,
}

/// The chains of a virtqueue, and the queue. Each chain has buffers of the same sizes.
///
/// A chain is the CPU's at first. [`Buffers::send`] gives it to the device, and
/// [`Buffers::take`] takes it back. In between its bytes cannot be read or written.
/// The device reads the first buffers of a chain and writes the others.
///
/// If this is dropped while the device has chains, their memory is left to the device
/// for good. A driver that drops it after [`Buffers::reclaim`] gets all of it back.
///
/// # Invariants
/// Each buffer has [`GAP`] bytes more than may be used. The memory of a chain that was
/// sent stays until the chain was dequeued or the device was reset.
pub struct Buffers {
    /// `None` before it was bound.
    queue: Option<VirtQueue>,
    sg: SgList,
    readable: usize,
    chains: Vec<Chain>,
}

impl Buffers {
    /// Makes `count` chains of buffers of `sizes` bytes, of which the device reads the
    /// first `readable`. `EINVAL`: a size is 0, or there are fewer than `readable`;
    /// `ENOMEM`. Sleepable.
    pub fn new(dev: Device, count: usize, sizes: &[usize], readable: usize) -> Result<Self> {
        if readable > sizes.len() || sizes.contains(&0) {
            return Err(EINVAL);
        }
        let segments = u32::try_from(sizes.len()).map_err(|_| EINVAL)?;
        let mut tags = Vec::new();
        for size in sizes {
            let padded = size.checked_add(GAP).ok_or(E2BIG)?;
            tags.push(DmaTag::new(dev, &DmaParams::one_segment(padded))?)?;
        }
        let mut chains = Vec::new();
        for _ in 0..count {
            let mut buffers = Vec::new();
            for tag in tags.iter() {
                buffers.push(Buffer::Cpu(DmaBuf::new(tag, Flags::WaitOk)?))?;
            }
            chains.push(Chain {
                buffers,
                sent: false,
            })?;
        }
        Ok(Buffers {
            queue: None,
            sg: SgList::new(segments, Flags::WaitOk)?,
            readable,
            chains,
        })
    }

    /// Gives it its virtqueue, and asks for interrupts. `EBUSY`: it has one, whose
    /// device may have chains.
    pub fn bind(&mut self, mut queue: VirtQueue) -> Result<()> {
        if self.queue.is_some() {
            return Err(EBUSY);
        }
        // Nothing was put on it yet.
        let _ = queue.enable_intr();
        self.queue = Some(queue);
        Ok(())
    }

    /// True if it has its virtqueue.
    pub fn is_bound(&self) -> bool {
        self.queue.is_some()
    }

    /// Copies bytes into buffer `index` of a chain of the CPU's. `EINVAL`: there is
    /// no such buffer, or not all fit; `EBUSY`: the device has the chain.
    pub fn write(&mut self, chain: usize, index: usize, off: usize, from: &[u8]) -> Result<()> {
        let buf = self.buffer(chain, index)?;
        inside(buf, off, from.len())?;
        buf.write(off, from)
    }

    /// Copies bytes out of buffer `index` of a chain of the CPU's. Errors as
    /// [`Buffers::write`].
    pub fn read(&mut self, chain: usize, index: usize, off: usize, to: &mut [u8]) -> Result<()> {
        let buf = self.buffer(chain, index)?;
        inside(buf, off, to.len())?;
        buf.read(off, to)
    }

    /// Puts a chain on the queue, so many bytes of each buffer. What the device is to
    /// write is cleared before. `EINVAL`: no such chain, not one length for each
    /// buffer, or one that is 0 or more than the buffer has; `EBUSY`: the device has
    /// the chain; `ENXIO`: the queue is not bound, or the device is stopped; `ENOSPC`,
    /// `EMSGSIZE`: the queue has no room.
    pub fn send(&mut self, chain: usize, lens: &[usize]) -> Result<()> {
        let readable = self.readable;
        for (index, &len) in lens.iter().enumerate() {
            let buf = self.buffer(chain, index)?;
            inside(buf, 0, len)?;
            if len == 0 {
                return Err(EINVAL);
            }
            if index >= readable {
                // Clear all of it, so that an earlier answer is not taken for
                // this one.
                buf.fill(0..buf.len(), 0)?;
            }
        }
        let cookie = NonNull::new(ptr::without_provenance_mut(chain + 1)).ok_or(EINVAL)?;
        let queue = self.queue.as_mut().ok_or(ENXIO)?;
        let chain = self.chains.get_mut(chain).ok_or(EINVAL)?;
        let writable = chain.buffers.len() - readable;
        if lens.len() != chain.buffers.len() {
            return Err(EINVAL);
        }
        chain.give(readable);
        let sent = chain.list(&mut self.sg, lens).and_then(|()| {
            // SAFETY: the buffers stay the device's, out of the CPU's reach, until the
            // chain is dequeued or a proof shows that the device was reset; if this is
            // dropped before, the memory is never freed. The list has a segment for
            // each buffer, since the gap keeps them from being merged.
            unsafe { queue.enqueue(cookie, &mut self.sg, readable, writable) }
        });
        if sent.is_err() {
            chain.take();
        }
        sent
    }

    /// The next chain that the device has returned; `None`: there is none. It is the
    /// CPU's again.
    pub fn take(&mut self) -> Option<Used> {
        let (cookie, len) = self.queue.as_mut()?.dequeue()?;
        let chain = cookie.addr().get().checked_sub(1);
        let chain = chain.filter(|&chain| self.chains.get_mut(chain).is_some_and(Chain::take));
        Some(Used { chain, len })
    }

    /// Tells the device of chains that were sent; see [`VirtQueue::notify`].
    pub fn notify(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.notify();
        }
    }

    /// Asks for an interrupt at the next chain that the device returns. True: there
    /// is one already, for which none will come.
    #[must_use = "go on taking if true"]
    pub fn enable_intr(&mut self) -> bool {
        self.queue.as_mut().is_some_and(VirtQueue::enable_intr)
    }

    /// Asks for no interrupts; some may still come.
    pub fn disable_intr(&mut self) {
        if let Some(queue) = &mut self.queue {
            queue.disable_intr();
        }
    }

    /// Takes all chains back from a device that was reset; nothing if the proof is of
    /// another device.
    pub fn reclaim(&mut self, proof: &Stopped) {
        let Some(queue) = self.queue.as_mut().filter(|queue| queue.is_of(proof)) else {
            return;
        };
        queue.drain(proof).for_each(drop);
        for chain in self.chains.iter_mut() {
            chain.take();
        }
    }

    /// A buffer of the CPU's.
    fn buffer(&mut self, chain: usize, index: usize) -> Result<&mut DmaBuf> {
        let chain = self.chains.get_mut(chain).ok_or(EINVAL)?;
        match chain.buffers.get_mut(index).ok_or(EINVAL)? {
            Buffer::Cpu(buf) => Ok(buf),
            _ => Err(EBUSY),
        }
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        for chain in self.chains.iter_mut().filter(|chain| chain.sent) {
            for buffer in chain.buffers.iter_mut() {
                mem::forget(mem::replace(buffer, Buffer::Moving));
            }
        }
    }
}

impl Chain {
    /// Gives the buffers to the device, of which it reads the first `readable`.
    fn give(&mut self, readable: usize) {
        for (index, buffer) in self.buffers.iter_mut().enumerate() {
            // The zeroes are copied to the device, too. With a bounce buffer
            // all of it is copied back, whether the device wrote it or not.
            let direction = match index < readable {
                true => Direction::ToDevice,
                false => Direction::Both,
            };
            *buffer = match mem::replace(buffer, Buffer::Moving) {
                Buffer::Cpu(buf) => Buffer::Device(buf.to_device(direction)),
                other => other,
            };
        }
        self.sent = true;
    }

    /// Takes the buffers back; false if the device has not got them.
    fn take(&mut self) -> bool {
        for buffer in self.buffers.iter_mut() {
            *buffer = match mem::replace(buffer, Buffer::Moving) {
                Buffer::Device(buf) => Buffer::Cpu(buf.to_cpu()),
                other => other,
            };
        }
        mem::replace(&mut self.sent, false)
    }

    /// Lists so many bytes of each buffer that was given.
    fn list(&self, sg: &mut SgList, lens: &[usize]) -> Result<()> {
        sg.reset();
        for (buffer, &len) in self.buffers.iter().zip(lens) {
            match buffer {
                Buffer::Device(buf) => sg.append(buf.paddr(), len)?,
                _ => return Err(EINVAL),
            }
        }
        Ok(())
    }
}

/// `EINVAL`: the bytes are not all before the gap.
fn inside(buf: &DmaBuf, off: usize, len: usize) -> Result<()> {
    match off.checked_add(len) {
        Some(end) if end <= buf.len() - GAP => Ok(()),
        _ => Err(EINVAL),
    }
}
