// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The virtio-drivers crate's sound driver on the test kernel's model of the
//! device: its Hal and Transport, over calls that bench_crate.c has.

#![no_std]

extern crate alloc;

use alloc::boxed::Box;
use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use virtio_drivers::device::sound::{PcmFeatures, PcmFormat, PcmRate, VirtIOSound};
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{BufferDirection, Hal, PhysAddr, Result};
use zerocopy::{FromBytes, Immutable, IntoBytes};

// See bench_crate.h.
unsafe extern "C" {
    safe fn bench_crate_alloc(size: usize) -> *mut u8;
    fn bench_crate_free(p: *mut u8, size: usize);
    safe fn bench_crate_dma_alloc(pages: usize, paddr: &mut u64) -> *mut u8;
    fn bench_crate_dma_free(p: *mut u8, pages: usize);
    fn bench_crate_share(p: *mut u8, size: usize) -> u64;
    fn bench_crate_unshare(paddr: u64, p: *mut u8, size: usize);
    safe fn bench_crate_features() -> u64;
    safe fn bench_crate_set_features(features: u64);
    safe fn bench_crate_status() -> u8;
    safe fn bench_crate_set_status(status: u8);
    fn bench_crate_read_config(offset: usize, to: *mut c_void, size: usize);
    safe fn bench_crate_queue_size(queue: u16) -> u16;
    safe fn bench_crate_queue_enable(queue: u16, size: u16, desc: u64, avail: u64, used: u64);
    safe fn bench_crate_queue_disable(queue: u16);
    safe fn bench_crate_notify(queue: u16);
    safe fn bench_crate_panic() -> !;
}

struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

// SAFETY: the C side returns distinct memory, aligned to the next power of 2 of
// its size.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        bench_crate_alloc(layout.size().max(layout.align()))
    }

    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise that `p` is from alloc() of the same layout.
        unsafe { bench_crate_free(p, layout.size().max(layout.align())) }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    bench_crate_panic()
}

struct Memory;

// SAFETY: the C side returns whole, zeroed pages of guest RAM, and shares a
// buffer by its address or by a copy.
unsafe impl Hal for Memory {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let mut paddr = 0;
        match NonNull::new(bench_crate_dma_alloc(pages, &mut paddr)) {
            Some(p) => (paddr, p),
            None => (0, NonNull::dangling()),
        }
    }

    unsafe fn dma_dealloc(_: PhysAddr, p: NonNull<u8>, pages: usize) -> i32 {
        // SAFETY: the caller's promise that `p` is from dma_alloc().
        unsafe { bench_crate_dma_free(p.as_ptr(), pages) };
        0
    }

    unsafe fn mmio_phys_to_virt(_: PhysAddr, _: usize) -> NonNull<u8> {
        bench_crate_panic()
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        // SAFETY: the caller's promise that the buffer is valid.
        unsafe { bench_crate_share(buffer.as_ptr().cast(), buffer.len()) }
    }

    unsafe fn unshare(paddr: PhysAddr, buffer: NonNull<[u8]>, _: BufferDirection) {
        // SAFETY: the caller's promise that share() gave `paddr` for this buffer.
        unsafe { bench_crate_unshare(paddr, buffer.as_ptr().cast(), buffer.len()) }
    }
}

struct Model;

impl Transport for Model {
    fn device_type(&self) -> DeviceType {
        DeviceType::Sound
    }

    fn read_device_features(&mut self) -> u64 {
        bench_crate_features()
    }

    fn write_driver_features(&mut self, features: u64) {
        bench_crate_set_features(features);
    }

    fn max_queue_size(&mut self, queue: u16) -> u32 {
        bench_crate_queue_size(queue).into()
    }

    fn notify(&mut self, queue: u16) {
        bench_crate_notify(queue);
    }

    fn get_status(&self) -> DeviceStatus {
        DeviceStatus::from_bits_truncate(bench_crate_status().into())
    }

    fn set_status(&mut self, status: DeviceStatus) {
        bench_crate_set_status(status.bits() as u8);
    }

    fn set_guest_page_size(&mut self, _: u32) {}

    fn requires_legacy_layout(&self) -> bool {
        false
    }

    fn queue_set(&mut self, queue: u16, size: u32, desc: u64, avail: u64, used: u64) {
        bench_crate_queue_enable(queue, size as u16, desc, avail, used);
    }

    fn queue_unset(&mut self, queue: u16) {
        bench_crate_queue_disable(queue);
    }

    fn queue_used(&mut self, _: u16) -> bool {
        false
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        InterruptStatus::QUEUE_INTERRUPT
    }

    fn read_config_generation(&self) -> u32 {
        0
    }

    fn read_config_space<T: FromBytes + IntoBytes>(&self, offset: usize) -> Result<T> {
        let mut value = MaybeUninit::<T>::zeroed();
        // SAFETY: `value` has room for a T, and any bytes make one.
        unsafe {
            bench_crate_read_config(offset, value.as_mut_ptr().cast(), size_of::<T>());
            Ok(value.assume_init())
        }
    }

    fn write_config_space<T: IntoBytes + Immutable>(&mut self, _: usize, _: T) -> Result<()> {
        Ok(())
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        bench_crate_set_status(0);
    }
}

type Card = VirtIOSound<Memory, Model>;

fn errno<T>(result: Result<T>) -> c_int {
    result.is_err().into()
}

/// Opens the driver on the device that bench_crate.c chose; null if the driver
/// refuses it.
#[unsafe(no_mangle)]
extern "C" fn crate_open() -> *mut c_void {
    match Card::new(Model) {
        Ok(card) => Box::into_raw(Box::new(card)).cast(),
        Err(_) => core::ptr::null_mut(),
    }
}

/// # Safety
///
/// `card` is from crate_open() and not used again.
#[unsafe(no_mangle)]
unsafe extern "C" fn crate_close(card: *mut c_void) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(card.cast::<Card>()) });
}

/// Sets stream 0 to 48 kHz, 16 bits, two channels, and prepares it.
#[unsafe(no_mangle)]
extern "C" fn crate_prepare(card: &mut Card, buffer_bytes: u32, period_bytes: u32) -> c_int {
    errno(
        card.pcm_set_params(
            0,
            buffer_bytes,
            period_bytes,
            PcmFeatures::empty(),
            2,
            PcmFormat::S16,
            PcmRate::Rate48000,
        )
        .and_then(|()| card.pcm_prepare(0)),
    )
}

#[unsafe(no_mangle)]
extern "C" fn crate_start(card: &mut Card) -> c_int {
    errno(card.pcm_start(0))
}

#[unsafe(no_mangle)]
extern "C" fn crate_stop(card: &mut Card) -> c_int {
    errno(card.pcm_stop(0))
}

#[unsafe(no_mangle)]
extern "C" fn crate_release(card: &mut Card) -> c_int {
    errno(card.pcm_release(0))
}

/// Gives a period to the device. Returns its token, or -1.
///
/// # Safety
///
/// `period` points to `len` bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn crate_send(card: &mut Card, period: *const u8, len: usize) -> c_int {
    // SAFETY: the caller's promise.
    let period = unsafe { core::slice::from_raw_parts(period, len) };
    card.pcm_xfer_nb(0, period).map_or(-1, c_int::from)
}

/// Takes back the period with this token. Returns 0 if the device still has it.
#[unsafe(no_mangle)]
extern "C" fn crate_done(card: &mut Card, token: u16) -> c_int {
    card.pcm_xfer_ok(token).is_ok().into()
}
