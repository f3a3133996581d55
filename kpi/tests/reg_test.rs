// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::reg`].

use kpi::bus::Resource;
use kpi::errno::ENXIO;
use kpi::reg::Registers;

use crate::check::{eq, err, ok};
use crate::dev_test::{REGS, on_device, regs};

kpi::reg! {
    window All = REGS;
    BYTE: u8 = 3;
    HALF: u16 = 6;
    WORD: u32 = 8, { LOW = 0x0000_000fu32; MIDDLE = 0x00ff_0000u32; TOP = 0x8000_0000u32; };
    LONG: u64 = REGS - 8, { WHOLE = u64::MAX; };
}

kpi::reg! {
    window TooMuch = REGS + 1;
}

cases! {
    fn registers_are_where_their_window_says() {
        on_device(|dev| {
            let all = ok(Registers::<All>::new(ok(Resource::new(dev, 0))));
            all.write(BYTE, 0x12);
            all.write(HALF, 0x3456);
            all.write(WORD, 0x789a_bcde);
            eq(regs(0..12), [0, 0, 0, 0x12, 0, 0, 0x56, 0x34, 0xde, 0xbc, 0x9a, 0x78]);
            all.write(LONG, 1);
            eq(regs(REGS - 8..REGS), [1, 0, 0, 0, 0, 0, 0, 0]);
            eq(all.read(HALF), 0x3456);
            eq(all.read(LONG), 1);
        });
    }

    fn fields_are_the_bits_of_their_masks() {
        on_device(|dev| {
            let all = ok(Registers::<All>::new(ok(Resource::new(dev, 0))));
            all.write(WORD, 0x8012_0005);
            eq(all.get(LOW), 5);
            eq(all.get(MIDDLE), 0x12);
            eq(all.get(TOP), 1);
            eq(MIDDLE.of(0x00ff_ffff), 0xff);
            all.write(LONG, u64::MAX);
            eq(all.get(WHOLE), u64::MAX);
        });
    }

    fn registers_need_their_whole_window() {
        on_device(|dev| {
            let res = ok(Resource::new(dev, 0));
            eq(err(Registers::<TooMuch>::new(res)), ENXIO);
            // It was given back.
            ok(Resource::new(dev, 0));
        });
    }
}
