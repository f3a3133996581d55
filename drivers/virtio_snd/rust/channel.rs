// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A stream as a hardware channel of sound(4): what the C glue calls.

use crate::bindings::kpi_pcm_caps;
use crate::format;
use crate::info::{Direction, PcmInfo};
use crate::stream::Stream;
use core::ffi::{c_int, c_void};
use kpi::arc::Arc;
use kpi::errno::{EINVAL, Result};
use kpi::pcm::{self, Card, Map};
use kpi::taskq::{Task, TaskQueue};
use kpi::vec::Vec;

/// A stream's channel.
///
/// # Invariants
///
/// `caps` points into `_formats`, `_cooked`, `_rates` and `_maps`, and none of them
/// changes.
pub struct Channel {
    task: Arc<Task<Stream>>,
    stream: Arc<Stream>,
    info: PcmInfo,
    _formats: Vec<u32>,
    _cooked: Vec<u32>,
    _rates: Vec<c_int>,
    _maps: Vec<Map>,
    caps: kpi_pcm_caps,
}

// SAFETY: by the invariant, what `caps` points to is the channel's own, and constant.
unsafe impl Send for Channel {}
// SAFETY: as above.
unsafe impl Sync for Channel {}

impl Channel {
    /// A channel for `stream`, which can do what `info` says, with its channels in
    /// the order that `maps` say.  Sleeps.
    pub fn new(
        taskq: &TaskQueue,
        stream: &Arc<Stream>,
        info: &PcmInfo,
        maps: Vec<Map>,
    ) -> Result<Arc<Self>> {
        let mut formats = words(info, info.formats, &maps)?;
        let mut cooked = words(info, format::cooked(info.formats), &maps)?;
        let mut rates = Vec::new();
        for (_, hz) in format::rates(info.rates) {
            rates.push(c_int::try_from(hz).map_err(|_| EINVAL)?)?;
        }
        let caps = kpi_pcm_caps {
            kpa_minspeed: rates.first().map_or(0, |hz| hz.unsigned_abs()),
            kpa_maxspeed: rates.last().map_or(0, |hz| hz.unsigned_abs()),
            kpa_formats: formats.as_mut_ptr(),
            kpa_cooked: cooked.as_mut_ptr(),
            kpa_rates: rates.as_mut_ptr(),
            kpa_nrates: c_int::try_from(rates.len()).map_err(|_| EINVAL)?,
            kpa_maps: Map::as_raw(&maps),
            kpa_nmaps: c_int::try_from(maps.len()).map_err(|_| EINVAL)?,
        };
        Arc::new(Channel {
            task: Arc::new(Task::new(taskq, stream.clone())?)?,
            stream: stream.clone(),
            info: *info,
            _formats: formats,
            _cooked: cooked,
            _rates: rates,
            _maps: maps,
            caps,
        })
    }

    /// The stream's task.
    pub fn task(&self) -> &Arc<Task<Stream>> {
        &self.task
    }

    /// True if it plays.
    pub fn plays(&self) -> bool {
        self.info.direction == Direction::Output
    }

    /// Adds the channel to the card, which keeps it.  Sleeps.
    ///
    /// # Safety
    ///
    /// `card` is of the ring's device.
    pub unsafe fn add(this: &Arc<Self>, card: &mut Card) -> Result<()> {
        card.keep(this)?;
        let chan = Arc::as_ptr(this).cast_mut().cast::<c_void>();
        // SAFETY: `this` is what vtsnd_chan_requested() expects.  It stays, with the
        // lists that `caps` points to, until sound(4) has let the card go.
        unsafe { this.stream.ring.add_channel(chan, &raw const this.caps) }
    }

    /// Enqueues the stream's task, which serves what sound(4) requests.
    fn requested(&self) -> Result<()> {
        self.stream.requested()?;
        self.task.enqueue();
        Ok(())
    }
}

/// The format words of a stream for the formats of a bitmap, ending with 0 as
/// sound(4) wants them.
fn words(info: &PcmInfo, bitmap: u64, maps: &[Map]) -> Result<Vec<u32>> {
    let mut words = Vec::new();
    for channels in info.channels_min..=info.channels_max {
        let map = maps.iter().find(|map| map.channels() == channels.into());
        for (_, encoding) in format::formats(bitmap) {
            words.push(match map {
                Some(map) => map.format(encoding),
                None => pcm::format(encoding, channels.into()),
            })?;
        }
    }
    words.push(0)?;
    Ok(words)
}

/// See virtio_snd_var.h.
#[unsafe(no_mangle)]
extern "C" fn vtsnd_chan_requested(chan: *mut c_void) -> c_int {
    // SAFETY: the ring calls for a channel that sound(4) has, so it was given by
    // `Channel::add` and is not freed.
    let channel = unsafe { &*chan.cast::<Channel>() };
    kpi::errno::status(channel.requested())
}
