// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Memory that a device reads or writes by itself. Twin of `kpi_dma.h`.
//!
//! Such memory belongs either to the CPU or to the device, and its type says to
//! which. A [`DmaBuf`] is the CPU's, and can be read and written.
//! [`DmaBuf::to_device`] makes it a [`SharedBuf`], which is the device's and can
//! not. [`SharedBuf::to_cpu`] brings it back. Both do the sync that is due. A
//! [`DmaMap`] does the same for memory that the driver has already.
//!
//! This module tells no device an address. The caller that does so promises that
//! the memory stays until the device is done with it or reset.
//!
//! # Example
//! ```
//! use kpi::dma::{Direction, DmaBuf, DmaParams, DmaTag};
//! use kpi::mem::Flags;
//!
//! let tag = DmaTag::new(dev, &DmaParams::one_segment(4096).address_bits(32)?)?;
//! let mut buf = DmaBuf::new(&tag, Flags::WaitOk)?;
//! buf.set(0, 7_u32.to_le())?;
//! // The device gets it, and its address. Meanwhile it cannot be read or written here.
//! let shared = buf.to_device(Direction::Both);
//! assert!(shared.paddr() < 1 << 32);
//! # crate::fixture::device_writes(shared.paddr(), &[8]);
//! // The device has made 8 of the 7.
//! let buf = shared.to_cpu();
//! assert_eq!(buf.get::<u32>(0).map(u32::from_le), Ok(8));
//! ```

use core::ffi::c_int;
use core::ops::Range;

use crate::arc::Arc;
use crate::bindings::{self, kpi_dma_buf, kpi_dma_map, kpi_dma_params, kpi_dma_tag};
use crate::boxed::Box;
use crate::ctx;
use crate::dev::Device;
use crate::errno::{EBUSY, EINVAL, Errno, Result, check};
use crate::ffi::Opaque;
use crate::mem::Flags;
use crate::vec::Vec;

/// Most segments of one map.
pub const MAX_SEGMENTS: usize = bindings::KPI_DMA_MAXSEGS as usize;

/// What a device can reach.
#[derive(Clone, Copy, Debug)]
pub struct DmaParams {
    /// Alignment of each segment in bytes; a power of two.
    pub align: u64,
    /// What no segment crosses a multiple of, in bytes, a power of two; 0: nothing.
    pub boundary: u64,
    /// Highest address, inclusive.
    pub max_addr: u64,
    /// Bytes of a buffer, and most of a map.
    pub max_size: usize,
    /// Most bytes of one segment.
    pub max_segment_size: usize,
    /// Most segments, 1 to [`MAX_SEGMENTS`]; 1 for buffers.
    pub max_segments: usize,
}

impl DmaParams {
    /// A buffer of `size` bytes in one segment, anywhere.
    pub const fn one_segment(size: usize) -> Self {
        Self {
            align: 1,
            boundary: 0,
            max_addr: u64::MAX,
            max_size: size,
            max_segment_size: size,
            max_segments: 1,
        }
    }

    /// The same for a device whose addresses have so many bits, 1 to 64. `EINVAL`:
    /// other numbers.
    pub const fn address_bits(mut self, bits: i32) -> Result<Self> {
        if bits < 1 || bits > 64 {
            return Err(EINVAL);
        }
        self.max_addr = u64::MAX >> (64 - bits);
        Ok(self)
    }
}

/// The C side of a tag.
///
/// # Invariants
/// Created and not destroyed.
struct Tag(kpi_dma_tag);

// SAFETY: a tag is constant, and may be used and destroyed by any thread.
unsafe impl Send for Tag {}
// SAFETY: as for `Send`.
unsafe impl Sync for Tag {}

impl Drop for Tag {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: created by the invariant; each buffer and map owns a share of
        // the tag, so that none is left.
        unsafe { bindings::kpi_dma_tag_destroy(&mut self.0) }
    }
}

/// What a device can reach, known to the bus. Clones are the same tag; it is
/// destroyed with the last of them and of its buffers and maps. Dropping that one
/// is sleepable.
#[derive(Clone)]
pub struct DmaTag(Arc<Tag>);

impl DmaTag {
    /// Creates a tag below that of the device's bus. `EINVAL`: `params` make no
    /// sense; `ENOMEM`. Sleepable.
    pub fn new(dev: Device, params: &DmaParams) -> Result<Self> {
        ctx::can_block();
        let params = kpi_dma_params {
            kdp_align: params.align,
            kdp_boundary: params.boundary,
            kdp_maxaddr: params.max_addr,
            kdp_maxsize: params.max_size as u64,
            kdp_maxsegsz: params.max_segment_size as u64,
            kdp_maxsegs: c_int::try_from(params.max_segments).map_err(|_| EINVAL)?,
        };
        // Beyond this call a tag knows nothing of the device: busdma(9) copies what
        // the bus's own tag says. Memory that is left to a device may outlive it.
        let hold = dev.hold()?;
        let tag = Opaque::<kpi_dma_tag>::zeroed();
        // SAFETY: the device exists, and both structs are good for the call.
        check(unsafe { bindings::kpi_dma_tag_create(hold.as_raw(), &params, tag.get()) })?;
        // SAFETY: the call succeeded, which filled it in.
        let tag = Tag(unsafe { tag.get().read() });
        Ok(Self(Arc::new(tag)?))
    }

    /// Bytes of a buffer, and most of a map.
    pub fn max_size(&self) -> usize {
        self.0.0.kdt_params.kdp_maxsize as usize
    }
}

/// Which way bytes go while the device has the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The device reads.
    ToDevice,
    /// The device writes. What it does not write may be anything afterwards: an
    /// earlier answer, say, that was left in a bounce buffer.
    FromDevice,
    /// Both. What the device does not write is afterwards what it was before.
    Both,
}

impl Direction {
    /// The sync that hands memory to the device, and the one that takes it back.
    const fn ops(self) -> (c_int, c_int) {
        let (pre, post) = match self {
            Self::ToDevice => (bindings::KPI_DMA_PREWRITE, bindings::KPI_DMA_POSTWRITE),
            Self::FromDevice => (bindings::KPI_DMA_PREREAD, bindings::KPI_DMA_POSTREAD),
            Self::Both => (
                bindings::KPI_DMA_PREREAD | bindings::KPI_DMA_PREWRITE,
                bindings::KPI_DMA_POSTREAD | bindings::KPI_DMA_POSTWRITE,
            ),
        };
        (pre as c_int, post as c_int)
    }
}

/// Integers and arrays of them, for which any bytes are a value.
pub trait Plain: Copy + sealed::Plain {}

mod sealed {
    /// # Safety
    /// Any bytes are a value, and all bytes of a value are set.
    pub unsafe trait Plain {}
}

macro_rules! plain {
    ($($type:ty)*) => {$(
        // SAFETY: an integer.
        unsafe impl sealed::Plain for $type {}
        impl Plain for $type {}
    )*};
}

plain!(u8 u16 u32 u64 i8 i16 i32 i64);

// SAFETY: an array has its values, and nothing between them.
unsafe impl<T: sealed::Plain, const N: usize> sealed::Plain for [T; N] {}
impl<T: Plain, const N: usize> Plain for [T; N] {}

/// Memory in one segment: the CPU has it, or the device.
///
/// # Invariants
/// `buf` is allocated of `tag`.
struct Segment {
    buf: kpi_dma_buf,
    _tag: DmaTag,
}

// SAFETY: the memory belongs to the segment and is bound to no thread.
unsafe impl Send for Segment {}
// SAFETY: a shared segment can be read only.
unsafe impl Sync for Segment {}

impl Segment {
    fn len(&self) -> usize {
        self.buf.kdb_size as usize
    }

    fn sync(&self, op: c_int) {
        // SAFETY: allocated by the invariant.
        unsafe { bindings::kpi_dma_sync(&self.buf, op) }
    }

    /// Address of `len` bytes at `off`. `EINVAL`: not all are in the segment.
    fn at(&self, off: usize, len: usize) -> Result<*mut u8> {
        match off.checked_add(len) {
            Some(end) if end <= self.len() => Ok(self.buf.kdb_vaddr.cast::<u8>().wrapping_add(off)),
            _ => Err(EINVAL),
        }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: allocated by the invariant. Who gave the address to a device
        // promised that it is done with it.
        unsafe { bindings::kpi_dma_free(&mut self.buf) }
    }
}

/// Coherent memory in one segment that the CPU may touch.
///
/// Bytes are copied in and out: no reference to them is made, so that even a
/// device that writes when it should not cannot break what Rust relies on.
/// Dropping it is sleepable.
pub struct DmaBuf(Segment);

/// Coherent memory in one segment that the device has.
pub struct SharedBuf {
    segment: Segment,
    direction: Direction,
}

impl DmaBuf {
    /// Allocates the tag's maximum size, zeroed. `ENOMEM`; `EINVAL`: the tag
    /// allows more than one segment; `EFBIG`: one segment cannot be so large. Sleepable
    /// with `WaitOk`, else not in a filter.
    pub fn new(tag: &DmaTag, flags: Flags) -> Result<Self> {
        ctx::can_block();
        let buf = Opaque::<kpi_dma_buf>::zeroed();
        // SAFETY: the tag is created by its invariant, the struct good for the
        // call.
        check(unsafe { bindings::kpi_dma_alloc(&tag.0.0, flags.to_c(), buf.get()) })?;
        Ok(Self(Segment {
            // SAFETY: the call succeeded, which filled it in.
            buf: unsafe { buf.get().read() },
            _tag: tag.clone(),
        }))
    }

    /// Copies bytes at `off` out. `EINVAL`: not all are in the buffer.
    pub fn read(&self, off: usize, to: &mut [u8]) -> Result<()> {
        let from = self.0.at(off, to.len())?;
        // SAFETY: `at` showed that these bytes are in the buffer, which lives by
        // the segment's invariant; `to` is other memory.
        unsafe { core::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) };
        Ok(())
    }

    /// Copies bytes in at `off`. `EINVAL`: not all fit.
    pub fn write(&mut self, off: usize, from: &[u8]) -> Result<()> {
        let to = self.0.at(off, from.len())?;
        // SAFETY: as in `read`; the buffer is borrowed exclusively.
        unsafe { core::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
        Ok(())
    }

    /// Sets the bytes of `range` to `byte`. `EINVAL`: not all are in the buffer.
    pub fn fill(&mut self, range: Range<usize>, byte: u8) -> Result<()> {
        let len = range.end.checked_sub(range.start).ok_or(EINVAL)?;
        let to = self.0.at(range.start, len)?;
        // SAFETY: as in `write`.
        unsafe { core::ptr::write_bytes(to, byte, len) };
        Ok(())
    }

    /// The integer at `off`, in the CPU's byte order. `EINVAL`: not all of it is
    /// in the buffer.
    pub fn get<T: Plain>(&self, off: usize) -> Result<T> {
        let from = self.0.at(off, size_of::<T>())?;
        // SAFETY: as in `read`; any bytes are a value of a `Plain` type.
        Ok(unsafe { from.cast::<T>().read_unaligned() })
    }

    /// Sets the integer at `off`, in the CPU's byte order. `EINVAL`: not all of it
    /// fits.
    pub fn set<T: Plain>(&mut self, off: usize, value: T) -> Result<()> {
        let to = self.0.at(off, size_of::<T>())?;
        // SAFETY: as in `write`.
        unsafe { to.cast::<T>().write_unaligned(value) };
        Ok(())
    }

    /// Hands the buffer to the device. Any context.
    pub fn to_device(self, direction: Direction) -> SharedBuf {
        self.0.sync(direction.ops().0);
        SharedBuf {
            segment: self.0,
            direction,
        }
    }

    /// Hands the buffer to the device for as long as `use_it` runs, which gets its
    /// address. Any context.
    pub fn lend<R>(&mut self, direction: Direction, use_it: impl FnOnce(u64) -> R) -> R {
        self.0.sync(direction.ops().0);
        let result = use_it(self.paddr());
        self.0.sync(direction.ops().1);
        result
    }

    /// Bytes of the buffer.
    #[allow(clippy::len_without_is_empty, reason = "a buffer is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Address of the buffer, for the device.
    pub fn paddr(&self) -> u64 {
        self.0.buf.kdb_paddr
    }
}

impl SharedBuf {
    /// Takes the buffer back, with what the device wrote until now. Any context.
    pub fn to_cpu(self) -> DmaBuf {
        self.segment.sync(self.direction.ops().1);
        DmaBuf(self.segment)
    }

    /// Bytes of the buffer.
    #[allow(clippy::len_without_is_empty, reason = "a buffer is never empty")]
    pub fn len(&self) -> usize {
        self.segment.len()
    }

    /// Address of the buffer, for the device.
    pub fn paddr(&self) -> u64 {
        self.segment.buf.kdb_paddr
    }
}

/// A piece of memory as the device sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DmaSegment {
    /// Address.
    pub paddr: u64,
    /// Bytes.
    pub len: u64,
}

/// Makes memory of the driver visible to the device. While it is loaded the map
/// owns the memory, so that nothing else can touch it. Dropping it is sleepable.
///
/// # Invariants
/// `raw` is created of `tag`; it is loaded, with the memory in `loaded`, exactly
/// if there is one.
pub struct DmaMap {
    raw: Box<Opaque<kpi_dma_map>>,
    loaded: Option<(Vec<u8>, Direction)>,
    tag: DmaTag,
}

// SAFETY: a map is bound to no thread.
unsafe impl Send for DmaMap {}
// SAFETY: a shared map can be looked at only.
unsafe impl Sync for DmaMap {}

impl DmaMap {
    /// Creates a map with nothing loaded. `ENOMEM`. Sleepable.
    pub fn new(tag: &DmaTag) -> Result<Self> {
        let raw = Box::new(Opaque::zeroed())?;
        // SAFETY: the tag is created by its invariant, the struct zeroed.
        check(unsafe { bindings::kpi_dma_map_create(&tag.0.0, raw.get()) })?;
        Ok(Self {
            raw,
            loaded: None,
            tag: tag.clone(),
        })
    }

    /// Loads `memory` and hands it to the device. Not in a filter; never waits.
    ///
    /// On failure `memory` comes back with the error. `EFBIG`: more segments than
    /// the tag allows; `ENOMEM`: no bounce pages now; `EBUSY`: loaded already;
    /// `EINVAL`: more bytes than the tag allows, or none, or they are not aligned as the
    /// tag says and end in another page.
    pub fn load(&mut self, memory: Vec<u8>, direction: Direction) -> Result<(), (Errno, Vec<u8>)> {
        ctx::can_block();
        if self.loaded.is_some() {
            return Err((EBUSY, memory));
        }
        if memory.is_empty() || memory.len() > self.tag.max_size() {
            return Err((EINVAL, memory));
        }
        let mut memory = memory;
        let (vaddr, len) = (memory.as_mut_ptr().cast(), memory.len() as u64);
        // SAFETY: created and unloaded by the invariant; the memory stays in place
        // in `loaded` until it is unloaded.
        match check(unsafe { bindings::kpi_dma_map_load(self.raw.get(), vaddr, len) }) {
            Ok(()) => {
                self.loaded = Some((memory, direction));
                self.sync(direction.ops().0);
                Ok(())
            }
            Err(error) => Err((error, memory)),
        }
    }

    /// Takes the memory back, with what the device wrote until now; `None` if none
    /// is loaded. Not in a filter.
    pub fn unload(&mut self) -> Option<Vec<u8>> {
        let (memory, direction) = self.loaded.take()?;
        ctx::can_block();
        self.sync(direction.ops().1);
        // SAFETY: loaded by the invariant.
        unsafe { bindings::kpi_dma_map_unload(self.raw.get()) };
        Some(memory)
    }

    /// Where the device finds the memory; nothing if none is loaded.
    pub fn segments(&self) -> impl Iterator<Item = DmaSegment> + '_ {
        let loaded = self.loaded.is_some();
        // SAFETY: created by the invariant, and written by load() alone.
        let map = unsafe { &*self.raw.get() };
        let count = if loaded { map.kdm_nsegs } else { 0 };
        let count = usize::try_from(count).unwrap_or(0);
        map.kdm_segs.iter().take(count).map(|segment| DmaSegment {
            paddr: segment.ds_addr,
            len: segment.ds_len,
        })
    }

    fn sync(&self, op: c_int) {
        // SAFETY: called while loaded.
        unsafe { bindings::kpi_dma_map_sync(self.raw.get(), op) }
    }
}

impl Drop for DmaMap {
    fn drop(&mut self) {
        ctx::can_block();
        drop(self.unload());
        // SAFETY: created by the invariant, and unloaded.
        unsafe { bindings::kpi_dma_map_destroy(self.raw.get()) }
    }
}
