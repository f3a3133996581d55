// SPDX-License-Identifier: BSD-2-Clause

//! A stream as a hardware channel of sound(4): what the C glue calls.

use crate::bindings::{
    KPI_PCM_DRAINED, KPI_PCM_START, KPI_PCM_STOP, kpi_pcm_caps, kpi_pcm_trigger,
};
use crate::format;
use crate::info::{Direction, PcmInfo};
use crate::stream::{Sound, Stream};
use core::ffi::{c_int, c_void};
use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::errno::{EINVAL, ENXIO, Result};
use kpi::pcm::{self, Map};
use kpi::taskq::{Task, TaskQueue};
use kpi::vec::Vec;

/// A stream's channel.
///
/// # Invariants
///
/// Lives in a box that sound(4) knows from [`Channel::add`] until it has let the
/// card go; `caps` points into `_formats`, `_cooked`, `_rates` and `_maps`.
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

impl Channel {
    /// A channel for `stream`, which can do what `info` says, with its channels in
    /// the order that `maps` say.  Sleeps.
    pub fn new(
        taskq: &TaskQueue,
        stream: &Arc<Stream>,
        info: &PcmInfo,
        maps: Vec<Map>,
    ) -> Result<Box<Self>> {
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
        Box::new(Channel {
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

    /// What leads the stream.
    pub fn task(&self) -> &Arc<Task<Stream>> {
        &self.task
    }

    /// True if it plays.
    pub fn plays(&self) -> bool {
        self.info.direction == Direction::Output
    }

    /// Adds the channel to the card.  Sleeps.
    ///
    /// # Safety
    ///
    /// The box is dropped after sound(4) has let the card go.
    pub unsafe fn add(&self) -> Result<()> {
        let chan = core::ptr::from_ref(self).cast_mut().cast::<c_void>();
        // SAFETY: `self` is what the functions below expect and stays in its
        // box, and so do the lists that `caps` points to.
        unsafe { self.stream.ring.add_channel(chan, &raw const self.caps) }
    }

    fn set_format(&self, word: u32) -> Result<()> {
        let encoding = pcm::encoding(word);
        let (code, _) = format::formats(self.info.formats)
            .find(|f| f.1 == encoding)
            .ok_or(EINVAL)?;
        let channels = u8::try_from(pcm::channels(word)).map_err(|_| EINVAL)?;
        if !(self.info.channels_min..=self.info.channels_max).contains(&channels) {
            return Err(EINVAL);
        }
        let bytes = u8::try_from(pcm::bps(word)).map_err(|_| EINVAL)?;
        self.stream.set_sound(|sound| {
            sound.format = code;
            sound.channels = channels;
            sound.bytes = bytes;
        });
        Ok(())
    }

    fn set_speed(&self, hz: u32) -> u32 {
        let Some((code, hz)) = format::nearest_rate(self.info.rates, hz) else {
            return 0; // PcmInfo: there is one
        };
        self.stream.set_sound(|sound| {
            sound.rate = code;
            sound.hz = hz;
        });
        hz
    }

    fn trigger(&self, go: kpi_pcm_trigger) -> Result<()> {
        match go {
            KPI_PCM_START => self.stream.want_run()?,
            KPI_PCM_STOP => self.stream.want_rest(true),
            // What was recorded and not read is not wanted.
            KPI_PCM_DRAINED => self
                .stream
                .want_rest(self.info.direction == Direction::Input),
            _ => return Err(EINVAL),
        }
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

/// What a stream sounds like before sound(4) has chosen: the first of each.
pub fn default_sound(info: &PcmInfo) -> Result<Sound> {
    let (format, encoding) = format::formats(info.formats).next().ok_or(ENXIO)?;
    let (rate, hz) = format::rates(info.rates).next().ok_or(ENXIO)?;
    let bytes = pcm::bps(pcm::format(encoding, info.channels_min.into()));
    Ok(Sound {
        format,
        bytes: u8::try_from(bytes).map_err(|_| EINVAL)?,
        channels: info.channels_min,
        rate,
        hz,
        features: info.features,
    })
}

/// The channel that sound(4) means.
///
/// # Safety
///
/// `chan` was given to sound(4) by [`Channel::add`] and not yet freed.
unsafe fn channel<'a>(chan: *mut c_void) -> &'a Channel {
    // SAFETY: the caller's contract, and the type's invariant.
    unsafe { &*chan.cast::<Channel>() }
}

/// kpo_setformat.
#[unsafe(no_mangle)]
extern "C" fn vtsnd_chan_setformat(chan: *mut c_void, format: u32) -> c_int {
    // SAFETY: called by sound(4) alone, for a channel that it has.
    kpi::errno::status(unsafe { channel(chan) }.set_format(format))
}

/// kpo_setspeed.
#[unsafe(no_mangle)]
extern "C" fn vtsnd_chan_setspeed(chan: *mut c_void, hz: u32) -> u32 {
    // SAFETY: called by sound(4) alone, for a channel that it has.
    unsafe { channel(chan) }.set_speed(hz)
}

/// kpo_trigger.
#[unsafe(no_mangle)]
extern "C" fn vtsnd_chan_trigger(chan: *mut c_void, go: kpi_pcm_trigger) -> c_int {
    // SAFETY: called by sound(4) alone, for a channel that it has.
    kpi::errno::status(unsafe { channel(chan) }.trigger(go))
}
