// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::bus`].

use kpi::bus::{Barrier, Resource};
use kpi::errno::{EINVAL, ENXIO};

use crate::check::{eq, err, ok};
use crate::dev_test::{REGS, on_device, regs};

cases! {
    fn resource_reads_and_writes_registers() {
        on_device(|dev| {
            let res = ok(Resource::new(dev, 0));
            eq(res.size(), REGS);
            // Where kt_dev.c puts it.
            eq(res.start(), 0x1000_0000);
            ok(res.write_8(0, 0x0807_0605_0403_0201));
            eq(regs(0..8), [1, 2, 3, 4, 5, 6, 7, 8]);
            eq(res.read_8(0), Ok(0x0807_0605_0403_0201));
            eq(res.read_4(4), Ok(0x0807_0605));
            eq(res.read_2(2), Ok(0x0403));
            eq(res.read_1(7), Ok(8));
            ok(res.write_4(0, 0xaabb_ccdd));
            ok(res.write_2(4, 0x1122));
            ok(res.write_1(6, 0x33));
            eq(regs(0..8), [0xdd, 0xcc, 0xbb, 0xaa, 0x22, 0x11, 0x33, 8]);
            for which in [Barrier::Read, Barrier::Write, Barrier::ReadWrite] {
                ok(res.barrier(0, REGS, which));
            }
        });
    }

    fn resource_refuses_what_is_not_all_inside() {
        on_device(|dev| {
            let res = ok(Resource::new(dev, 0));
            ok(res.read_1(REGS - 1));
            eq(res.read_1(REGS), Err(EINVAL));
            ok(res.read_4(REGS - 4));
            eq(res.read_4(REGS), Err(EINVAL));
            eq(res.read_8(REGS - 4), Err(EINVAL));
            eq(res.write_2(REGS, 1), Err(EINVAL));
            for off in [usize::MAX, usize::MAX - 3, usize::MAX - 7] {
                eq(res.read_1(off), Err(EINVAL));
                eq(res.read_4(off), Err(EINVAL));
                eq(res.write_8(off, 0), Err(EINVAL));
                eq(res.barrier(off, 8, Barrier::Read), Err(EINVAL));
            }
        });
    }

    fn resource_refuses_what_is_not_aligned() {
        on_device(|dev| {
            let res = ok(Resource::new(dev, 0));
            eq(res.read_2(1), Err(EINVAL));
            eq(res.read_4(2), Err(EINVAL));
            eq(res.write_8(4, 0), Err(EINVAL));
            eq(res.read_region_4(2, &mut [0]), Err(EINVAL));
        });
    }

    fn resource_copies_regions() {
        on_device(|dev| {
            let res = ok(Resource::new(dev, 0));
            ok(res.write_region_1(3, &[1, 2, 3]));
            eq(regs(2..7), [0, 1, 2, 3, 0]);
            let mut bytes = [0; 4];
            ok(res.read_region_1(2, &mut bytes));
            eq(bytes, [0, 1, 2, 3]);
            ok(res.write_region_4(8, &[0x0403_0201, 0x0807_0605]));
            eq(regs(8..16), [1, 2, 3, 4, 5, 6, 7, 8]);
            let mut words = [0; 2];
            ok(res.read_region_4(8, &mut words));
            eq(words, [0x0403_0201, 0x0807_0605]);
            eq(res.read_region_1(REGS - 3, &mut bytes), Err(EINVAL));
            eq(res.write_region_4(REGS - 4, &words), Err(EINVAL));
            ok(res.read_region_1(REGS, &mut []));
        });
    }

    fn resource_is_one_owner_s_until_it_is_dropped() {
        on_device(|dev| {
            let res = ok(Resource::new(dev, 0));
            eq(err(Resource::new(dev, 0)), ENXIO);
            drop(res);
            ok(Resource::new(dev, 0));
            eq(err(Resource::new(dev, 7)), ENXIO);
        });
    }
}
