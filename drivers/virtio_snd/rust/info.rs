// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What a stream says it can do, checked.

use crate::bindings::{
    VTSND_D_INPUT, VTSND_D_OUTPUT, VTSND_PCM_F_EVT_XRUNS, VTSND_PCM_F_MSG_POLLING,
    vtsnd_wire_pcm_info,
};
use crate::format;

/// Channels that sound(4) can handle: SND_CHN_MAX.
const CHANNELS_MAX: u8 = 8;

/// Features of a stream that are used; VIRTIO 1.2, 5.14.6.6.2.
///
/// - MSG_POLLING saves the notification of each period, which is an exit to the
///   hypervisor.  Periods are sent a buffer ahead of time, so the device need
///   not find them at once.
/// - EVT_XRUNS: the device reports underruns and overruns, which the driver can
///   only guess.
///
/// Not used: SHMEM_HOST and SHMEM_GUEST, which the specification reserves and
/// forbids to choose, and EVT_SHMEM_PERIODS, which is for them.  Each returned
/// message already reports its period, and an event as well would cost a second
/// interrupt.
const FEATURES: u32 = VTSND_PCM_F_MSG_POLLING | VTSND_PCM_F_EVT_XRUNS;

/// Whether a stream plays or records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Playback.
    Output,
    /// Capture.
    Input,
}

/// What a stream can do.
///
/// # Invariants
///
/// `1 <= channels_min <= channels_max`; at least one format and one rate of
/// the bitmaps is known to [`format`].
#[derive(Clone, Copy)]
pub struct PcmInfo {
    /// Function group, which its channel maps share.
    pub nid: u32,
    /// Playback or capture.
    pub direction: Direction,
    /// What else it may do, for the driver's use.
    pub features: u32,
    /// Bitmap of format codes.
    pub formats: u64,
    /// Bitmap of rate codes.
    pub rates: u64,
    /// Fewest channels.
    pub channels_min: u8,
    /// Most channels, of those that sound(4) can handle.
    pub channels_max: u8,
}

impl Direction {
    /// The direction in a record.  `None`: the record names neither.
    pub fn of(code: u8) -> Option<Self> {
        match code.into() {
            VTSND_D_OUTPUT => Some(Direction::Output),
            VTSND_D_INPUT => Some(Direction::Input),
            _ => None,
        }
    }
}

impl PcmInfo {
    /// Reads a pcm_info record; the error says what is wrong with it.
    pub fn parse(record: &vtsnd_wire_pcm_info) -> Result<Self, &'static str> {
        let (min, max) = (record.channels_min, record.channels_max);
        let info = PcmInfo {
            nid: u32::from_le(record.hda_fn_nid),
            direction: Direction::of(record.direction).ok_or("unknown direction")?,
            features: u32::from_le(record.features) & FEATURES,
            formats: u64::from_le(record.formats),
            rates: u64::from_le(record.rates),
            channels_min: min,
            channels_max: max.min(CHANNELS_MAX),
        };
        if min == 0 || min > max {
            return Err("impossible range of channels");
        }
        if min > CHANNELS_MAX {
            return Err("more channels than sound(4) has");
        }
        if format::formats(info.formats).next().is_none() {
            return Err("no known sample format");
        }
        if format::rates(info.rates).next().is_none() {
            return Err("no known rate");
        }
        Ok(info)
    }
}
