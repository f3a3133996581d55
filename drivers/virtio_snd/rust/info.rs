// SPDX-License-Identifier: BSD-2-Clause

//! What a stream says it can do, checked.

use crate::bindings::{VTSND_PCM_F_EVT_XRUNS, VTSND_PCM_F_MSG_POLLING};
use crate::format;

/// Bytes of one pcm_info record; VIRTIO 1.2, 5.14.6.6.2.
pub const PCM_INFO_BYTES: usize = 32;

/// Channels that sound(4) can handle: SND_CHN_MAX.
const CHANNELS_MAX: u8 = 8;

/// Features of a stream that are used; VIRTIO 1.2, 5.14.6.6.2.
///
/// - MSG_POLLING saves the notification of each period, which is an exit to the
///   hypervisor.  Periods go out a buffer ahead of time, so that the device may
///   find them when it likes.
/// - EVT_XRUNS lets the device tell what the driver can only guess.
///
/// Not used: SHMEM_HOST and SHMEM_GUEST, which the specification reserves and
/// forbids to choose, and EVT_SHMEM_PERIODS, which is for them: each message tells
/// of its period, and an event besides would cost a second interrupt.
const FEATURES: u32 = VTSND_PCM_F_MSG_POLLING | VTSND_PCM_F_EVT_XRUNS;

/// Which way a stream goes.
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

impl PcmInfo {
    /// Reads a pcm_info record; the error says what is wrong with it.
    pub fn parse(record: &[u8; PCM_INFO_BYTES]) -> Result<Self, &'static str> {
        let (direction, min, max) = (record[24], record[25], record[26]);
        let info = PcmInfo {
            nid: u32::from_le_bytes([record[0], record[1], record[2], record[3]]),
            direction: match direction {
                0 => Direction::Output,
                1 => Direction::Input,
                _ => return Err("unknown direction"),
            },
            features: u32::from_le_bytes([record[4], record[5], record[6], record[7]]) & FEATURES,
            formats: bitmap(record, 8),
            rates: bitmap(record, 16),
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

/// The little-endian 64-bit field at `at`.
fn bitmap(record: &[u8; PCM_INFO_BYTES], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&record[at..at + 8]);
    u64::from_le_bytes(bytes)
}
