// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::dma`].

use kpi::dev::Device;
use kpi::dma::{Direction, DmaBuf, DmaMap, DmaParams, DmaTag, MAX_SEGMENTS};
use kpi::errno::{EBUSY, EFBIG, EINVAL, ENOMEM};
use kpi::mem::Flags;
use kpi::vec::Vec;

use crate::bindings;
use crate::check::{Fault, eq, err, ok, some};
use crate::dev_test::on_device;

fn buffer(dev: Device, size: usize) -> DmaBuf {
    let tag = ok(DmaTag::new(dev, &DmaParams::one_segment(size)));
    ok(DmaBuf::new(&tag, Flags::WaitOk))
}

/// The bytes that a device finds at `paddr`.
fn device_reads<const N: usize>(paddr: u64) -> [u8; N] {
    let mut bytes = [0; N];
    // SAFETY: there is room for so many bytes.
    check!(unsafe { bindings::kt_ram_read(paddr, bytes.as_mut_ptr().cast(), N) });
    bytes
}

fn device_writes(paddr: u64, bytes: &[u8]) {
    // SAFETY: these bytes are there.
    check!(unsafe { bindings::kt_ram_write(paddr, bytes.as_ptr().cast(), bytes.len()) });
}

/// Memory of the driver, filled with a pattern.
fn memory(len: usize) -> Vec<u8> {
    let mut memory = Vec::new();
    ok(memory.resize(len, 0x5a, Flags::WaitOk));
    memory
}

cases! {
    fn dma_buffer_is_zeroed() {
        on_device(|dev| {
            let buf = buffer(dev, 100);
            eq(buf.len(), 100);
            let mut bytes = [1; 100];
            ok(buf.read(0, &mut bytes));
            eq(bytes, [0; 100]);
        });
    }

    fn dma_device_reads_what_was_handed_over() {
        on_device(|dev| {
            let mut buf = buffer(dev, 64);
            ok(buf.write(8, &[1, 2, 3, 4]));
            let shared = buf.to_device(Direction::ToDevice);
            eq(device_reads(shared.paddr() + 8), [1, 2, 3, 4]);
            drop(shared.to_cpu());
        });
    }

    fn dma_cpu_reads_what_the_device_wrote() {
        on_device(|dev| {
            let shared = buffer(dev, 64).to_device(Direction::FromDevice);
            device_writes(shared.paddr() + 4, &[5, 6, 7, 8]);
            let buf = shared.to_cpu();
            eq(buf.get::<u8>(7), Ok(8));
            eq(buf.get::<u32>(4).map(u32::to_le), Ok(0x0807_0605));
        });
    }

    fn dma_device_reads_an_integer_that_was_set() {
        on_device(|dev| {
            let mut buf = buffer(dev, 64);
            ok(buf.set(3, 0x0403_0201_u32.to_le()));
            let shared = buf.to_device(Direction::ToDevice);
            eq(device_reads(shared.paddr() + 2), [0, 1, 2, 3, 4, 0]);
        });
    }

    fn dma_buffer_goes_both_ways() {
        on_device(|dev| {
            let mut buf = buffer(dev, 64);
            for round in 0..3_u8 {
                ok(buf.fill(0..64, round));
                let shared = buf.to_device(Direction::Both);
                eq(shared.len(), 64);
                eq(device_reads(shared.paddr()), [round; 8]);
                device_writes(shared.paddr(), &[round + 100; 4]);
                buf = shared.to_cpu();
                eq(buf.get::<u16>(2), Ok(u16::from_ne_bytes([round + 100; 2])));
                eq(buf.get::<u8>(4), Ok(round));
            }
        });
    }

    fn dma_buffer_refuses_what_is_not_all_inside() {
        on_device(|dev| {
            let mut buf = buffer(dev, 16);
            let mut bytes = [0; 8];
            ok(buf.read(8, &mut bytes));
            eq(buf.read(9, &mut bytes), Err(EINVAL));
            eq(buf.read(usize::MAX, &mut bytes), Err(EINVAL));
            eq(buf.write(16, &[1]), Err(EINVAL));
            ok(buf.write(16, &[]));
            eq(buf.get::<u64>(9), Err(EINVAL));
            eq(buf.set::<u32>(13, 1), Err(EINVAL));
            eq(buf.fill(10..17, 0), Err(EINVAL));
            #[expect(clippy::reversed_empty_ranges)]
            let reversed = 4..2;
            eq(buf.fill(reversed, 0), Err(EINVAL));
        });
    }

    fn dma_buffer_is_where_the_device_reaches() {
        on_device(|dev| {
            let params = DmaParams {
                align: 4096,
                ..DmaParams::one_segment(300)
            };
            let tag = ok(DmaTag::new(dev, &params));
            eq(tag.max_size(), 300);
            let buf = ok(DmaBuf::new(&tag, Flags::NoWait));
            eq(buf.paddr() % 4096, 0);
            // The tag is freed with its last buffer.
            drop(tag);
            eq(buf.len(), 300);
        });
    }

    fn dma_buffer_of_several_segments_is_refused() {
        on_device(|dev| {
            let params = DmaParams {
                max_segments: 2,
                ..DmaParams::one_segment(300)
            };
            let tag = ok(DmaTag::new(dev, &params));
            eq(err(DmaBuf::new(&tag, Flags::WaitOk)), EINVAL);
        });
    }

    fn dma_tag_that_makes_no_sense_is_refused() {
        on_device(|dev| {
            for max_segments in [0, MAX_SEGMENTS + 1, usize::MAX] {
                let params = DmaParams {
                    max_segments,
                    ..DmaParams::one_segment(300)
                };
                eq(err(DmaTag::new(dev, &params)), EINVAL);
            }
        });
    }

    fn dma_map_of_more_alignment_than_a_page_is_refused() {
        on_device(|dev| {
            let params = DmaParams {
                align: 65536,
                ..DmaParams::one_segment(65536)
            };
            let tag = ok(DmaTag::new(dev, &params));
            eq(err(DmaMap::new(&tag)), EINVAL);
            // Memory of the tag's own can have it.
            drop(ok(DmaBuf::new(&tag, Flags::WaitOk)));
        });
    }

    fn dma_without_memory_fails_and_leaves_nothing() {
        on_device(|dev| {
            let fault = Fault::new(c"bus_dma_tag_create", 1);
            eq(err(DmaTag::new(dev, &DmaParams::one_segment(64))), ENOMEM);
            drop(fault);
            let tag = ok(DmaTag::new(dev, &DmaParams::one_segment(64)));
            for call in [c"bus_dmamem_alloc", c"bus_dmamap_load"] {
                let _fault = Fault::new(call, 1);
                eq(err(DmaBuf::new(&tag, Flags::NoWait)), ENOMEM);
            }
            let _fault = Fault::new(c"bus_dmamap_create", 1);
            eq(err(DmaMap::new(&tag)), ENOMEM);
        });
    }

    fn dma_map_shows_memory_to_the_device() {
        on_device(|dev| {
            let params = DmaParams {
                max_segments: MAX_SEGMENTS,
                ..DmaParams::one_segment(8192)
            };
            let mut map = ok(DmaMap::new(&ok(DmaTag::new(dev, &params))));
            eq(map.segments().count(), 0);
            ok(map.load(memory(5000), Direction::Both));
            eq(map.segments().map(|segment| segment.len).sum::<u64>(), 5000);
            let first = some(map.segments().next());
            eq(device_reads(first.paddr), [0x5a; 4]);
            device_writes(first.paddr, &[1, 2]);
            let memory = some(map.unload());
            eq(&memory[..4], &[1, 2, 0x5a, 0x5a][..]);
            eq(map.segments().count(), 0);
            check!(map.unload().is_none());
        });
    }

    fn dma_map_gives_memory_back_that_it_cannot_load() {
        on_device(|dev| {
            let params = DmaParams {
                max_segment_size: 512,
                max_segments: 2,
                ..DmaParams::one_segment(2048)
            };
            let mut map = ok(DmaMap::new(&ok(DmaTag::new(dev, &params))));
            for (len, error) in [(2048, EFBIG), (2049, EINVAL), (0, EINVAL)] {
                let (got, memory) = err(map.load(memory(len), Direction::ToDevice));
                eq((got, memory.len()), (error, len));
            }
            // Two segments, wherever a page ends in the memory.
            ok(map.load(memory(500), Direction::ToDevice));
            let (error, _) = err(map.load(memory(500), Direction::ToDevice));
            eq(error, EBUSY);
        });
    }
}
