// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Channel maps: which channel of a frame is heard where; VIRTIO 1.2, 5.14.6.9.
//!
//! A map is for the streams of its direction and function group that run with
//! its number of channels. It becomes the order into which sound(4) sorts the
//! channels. sound(4) has 8 channels at most, and no name for some positions.
//! A channel at such a position is silent.

use crate::bindings::{
    VTSND_CHMAP_FC, VTSND_CHMAP_FL, VTSND_CHMAP_FLC, VTSND_CHMAP_FR, VTSND_CHMAP_FRC,
    VTSND_CHMAP_LFE, VTSND_CHMAP_MAX, VTSND_CHMAP_MONO, VTSND_CHMAP_NA, VTSND_CHMAP_NONE,
    VTSND_CHMAP_RC, VTSND_CHMAP_RL, VTSND_CHMAP_RR, VTSND_CHMAP_SL, VTSND_CHMAP_SR, VTSND_CHMAP_TC,
    VTSND_CHMAP_TFC, VTSND_CHMAP_TFL, VTSND_CHMAP_TFR, VTSND_CHMAP_TRC, VTSND_CHMAP_TRL,
    VTSND_CHMAP_TRR, vtsnd_wire_chmap_info,
};
use crate::info::{Direction, PcmInfo};
use kpi::errno::Result;
use kpi::pcm::{
    CHANNELS_MAX, Map, SND_CHN_T_BC, SND_CHN_T_BL, SND_CHN_T_BR, SND_CHN_T_FC, SND_CHN_T_FL,
    SND_CHN_T_FLC, SND_CHN_T_FR, SND_CHN_T_FRC, SND_CHN_T_LF, SND_CHN_T_SL, SND_CHN_T_SR,
    SND_CHN_T_TBC, SND_CHN_T_TBL, SND_CHN_T_TBR, SND_CHN_T_TC, SND_CHN_T_TFC, SND_CHN_T_TFL,
    SND_CHN_T_TFR,
};
use kpi::vec::Vec;

/// The device's positions, and sound(4)'s.
const POSITIONS: [(u32, u32); 19] = [
    (VTSND_CHMAP_MONO, SND_CHN_T_FC),
    (VTSND_CHMAP_FL, SND_CHN_T_FL),
    (VTSND_CHMAP_FR, SND_CHN_T_FR),
    (VTSND_CHMAP_RL, SND_CHN_T_BL),
    (VTSND_CHMAP_RR, SND_CHN_T_BR),
    (VTSND_CHMAP_FC, SND_CHN_T_FC),
    (VTSND_CHMAP_LFE, SND_CHN_T_LF),
    (VTSND_CHMAP_SL, SND_CHN_T_SL),
    (VTSND_CHMAP_SR, SND_CHN_T_SR),
    (VTSND_CHMAP_RC, SND_CHN_T_BC),
    (VTSND_CHMAP_FLC, SND_CHN_T_FLC),
    (VTSND_CHMAP_FRC, SND_CHN_T_FRC),
    (VTSND_CHMAP_TC, SND_CHN_T_TC),
    (VTSND_CHMAP_TFL, SND_CHN_T_TFL),
    (VTSND_CHMAP_TFR, SND_CHN_T_TFR),
    (VTSND_CHMAP_TFC, SND_CHN_T_TFC),
    (VTSND_CHMAP_TRL, SND_CHN_T_TBL),
    (VTSND_CHMAP_TRR, SND_CHN_T_TBR),
    (VTSND_CHMAP_TRC, SND_CHN_T_TBC),
];

/// A channel map of the device.
pub struct ChannelMap {
    nid: u32,
    direction: Direction,
    map: Map,
    /// Position of the first channel that is silent because sound(4) has no
    /// name for it.
    pub dropped: Option<u8>,
}

impl ChannelMap {
    /// Reads a chmap_info record; the error says what is wrong with it.
    pub fn parse(record: &vtsnd_wire_chmap_info) -> Result<Self, &'static str> {
        let direction = Direction::of(record.direction).ok_or("unknown direction")?;
        let count = record.channels;
        if count == 0 || u32::from(count) > VTSND_CHMAP_MAX {
            return Err("impossible number of channels");
        }
        if usize::from(count) > CHANNELS_MAX {
            return Err("more channels than sound(4) has");
        }
        let positions = record.positions.get(..count.into()).unwrap_or(&[]);
        let mut places = [None; CHANNELS_MAX];
        let mut dropped = None;
        for (index, &position) in positions.iter().enumerate() {
            let found = place(position).filter(|place| !places.contains(&Some(*place)));
            let meant = ![VTSND_CHMAP_NONE, VTSND_CHMAP_NA].contains(&position.into());
            match places.get_mut(index) {
                // A single channel is mono, whatever its position.
                Some(to) if count == 1 => *to = Some(SND_CHN_T_FC),
                Some(to) if found.is_some() => *to = found,
                _ if meant && dropped.is_none() => dropped = Some(position),
                _ => (),
            }
        }
        let places = places.get(..positions.len()).unwrap_or(&[]);
        let map = Map::new(places).map_err(|_| "an order that sound(4) has no map for")?;
        Ok(ChannelMap {
            nid: u32::from_le(record.hda_fn_nid),
            direction,
            map,
            dropped,
        })
    }

    /// True if it is for a stream that can do what `info` says.
    fn is_of(&self, info: &PcmInfo) -> bool {
        let channels = info.channels_min.into()..=info.channels_max.into();
        self.nid == info.nid
            && self.direction == info.direction
            && channels.contains(&self.map.channels())
    }
}

/// sound(4)'s name of a position.
fn place(position: u8) -> Option<u32> {
    POSITIONS
        .iter()
        .find(|p| p.0 == position.into())
        .map(|p| p.1)
}

/// The maps of a stream: the first for each number of channels.
pub fn of_stream(maps: &[ChannelMap], info: &PcmInfo) -> Result<Vec<Map>> {
    let mut mine = Vec::<Map>::new();
    for chmap in maps.iter().filter(|chmap| chmap.is_of(info)) {
        if !mine.iter().any(|m| m.channels() == chmap.map.channels()) {
            mine.push(chmap.map.clone())?;
        }
    }
    Ok(mine)
}
