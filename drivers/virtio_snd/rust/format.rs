// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The sample formats and rates that both sound(4) and the device can name.
//!
//! VIRTIO 1.2, 5.14.6.6.2.  sound(4) has no name for the formats of 18 and 20
//! bits, for 24 bits in a 32-bit word (its AFMT_S24_LE is packed in three
//! bytes), for 64-bit floats and for DSD; the device has none for big-endian
//! samples.  A device may set bits that a later specification defines: they
//! are ignored.

use kpi::bindings::{
    AFMT_A_LAW, AFMT_F32_LE, AFMT_MU_LAW, AFMT_S8, AFMT_S16_LE, AFMT_S24_LE, AFMT_S32_LE, AFMT_U8,
    AFMT_U16_LE, AFMT_U24_LE, AFMT_U32_LE,
};

/// The device's code of a format, and sound(4)'s encoding.
const FORMATS: [(u8, u32); 11] = [
    (1, AFMT_MU_LAW),
    (2, AFMT_A_LAW),
    (3, AFMT_S8),
    (4, AFMT_U8),
    (5, AFMT_S16_LE),
    (6, AFMT_U16_LE),
    (11, AFMT_S24_LE),
    (12, AFMT_U24_LE),
    (17, AFMT_S32_LE),
    (18, AFMT_U32_LE),
    (19, AFMT_F32_LE),
];

/// Signed integers: sound(4) computes in them, and all devices agree about
/// them.
const S16: u64 = 1 << 5;
const S24: u64 = 1 << 11;
const S32: u64 = 1 << 17;

/// The device's code of a rate, and Hz; by rising rate.  Codes 14 and 15 came
/// with VIRTIO 1.4.
const RATES: [(u8, u32); 16] = [
    (0, 5512),
    (1, 8000),
    (2, 11025),
    (14, 12000),
    (3, 16000),
    (4, 22050),
    (15, 24000),
    (5, 32000),
    (6, 44100),
    (7, 48000),
    (8, 64000),
    (9, 88200),
    (10, 96000),
    (11, 176400),
    (12, 192000),
    (13, 384000),
];

/// The formats of a device's bitmap: code and sound(4)'s encoding.
pub fn formats(bitmap: u64) -> impl Iterator<Item = (u8, u32)> {
    FORMATS.into_iter().filter(move |f| bitmap >> f.0 & 1 != 0)
}

/// The formats of a device's bitmap that sound(4) is to convert to.
///
/// If a channel has the program's format, sound(4) hands samples on in that
/// format, and the device has to convert them.  QEMU 10 then wraps samples of
/// full scale: 1.0 in FLOAT becomes -32768, and so does 0xff in U8.  QEMU 11.1
/// still does it in FLOAT.  Both are exact with S16 and S32.  So a channel has
/// only these formats.  sound(4) converts all others to them: to S32 without
/// loss, and full scale to the largest value.  S24 is used where there is no
/// S32.  If a device has none of them, all its formats are used.
pub fn cooked(bitmap: u64) -> u64 {
    let linear = match bitmap & S32 {
        0 => S16 | S24,
        _ => S16 | S32,
    };
    match bitmap & linear {
        0 => bitmap,
        formats => formats,
    }
}

/// The rates of a device's bitmap, rising: code and Hz.
pub fn rates(bitmap: u64) -> impl Iterator<Item = (u8, u32)> {
    RATES.into_iter().filter(move |r| bitmap >> r.0 & 1 != 0)
}
