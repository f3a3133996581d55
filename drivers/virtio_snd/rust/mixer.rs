// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The control elements that mixer(8) knows: levels, mutes, and the source that
//! is recorded.
//!
//! sound(4) sets a level with its mixer's mutex held, so the caller must not
//! wait for a request to the device. The level is only noted, and a task sets
//! it on the device. If that fails, the task prints a message, and mixer(8)
//! shows the level that the device has. If the device does not answer, the level
//! stays noted until it does. An event of the device is noted too: the task asks
//! the device for the level and tells sound(4).
//!
//! sound(4) owns the levels. At attach the device gets those of the hints, or
//! sound(4)'s defaults. After a reset it gets those that mixer(8) shows.

use crate::control::is_mute;
use crate::ctl::{Controls, Element};
use crate::ctl_info::{CtlInfo, Kind, Purpose};
use crate::info::Direction;
use kpi::arc::Arc;
use kpi::errno::Result;
use kpi::mtx::Mtx;
use kpi::pcm::{
    self, MixerCaps, MixerPort, SOUND_MIXER_CD, SOUND_MIXER_DIGITAL1, SOUND_MIXER_IGAIN,
    SOUND_MIXER_IMIX, SOUND_MIXER_LINE, SOUND_MIXER_LINE1, SOUND_MIXER_MIC, SOUND_MIXER_MONITOR,
    SOUND_MIXER_OGAIN, SOUND_MIXER_PCM, SOUND_MIXER_PHONEIN, SOUND_MIXER_PHONEOUT,
    SOUND_MIXER_RADIO, SOUND_MIXER_RECLEV, SOUND_MIXER_SPEAKER, SOUND_MIXER_VIDEO,
    SOUND_MIXER_VOLUME,
};
use kpi::taskq::{Task, TaskHandler, TaskQueue};
use kpi::vec::Vec;

/// Words in the names of playback's elements, and sound(4)'s controls.
const PLAYBACK: [(&str, u32); 7] = [
    ("master", SOUND_MIXER_VOLUME),
    ("pcm", SOUND_MIXER_PCM),
    ("speaker", SOUND_MIXER_SPEAKER),
    ("headphone", SOUND_MIXER_PHONEOUT),
    ("line", SOUND_MIXER_LINE),
    ("mic", SOUND_MIXER_MIC),
    ("cd", SOUND_MIXER_CD),
];

/// Words in the names of what can be recorded, and sound(4)'s sources.
const SOURCES: [(&str, u32); 12] = [
    ("mic", SOUND_MIXER_MIC),
    ("line", SOUND_MIXER_LINE),
    ("cd", SOUND_MIXER_CD),
    ("mix", SOUND_MIXER_IMIX),
    ("aux", SOUND_MIXER_LINE1),
    ("video", SOUND_MIXER_VIDEO),
    ("phone", SOUND_MIXER_PHONEIN),
    ("digital", SOUND_MIXER_DIGITAL1),
    ("spdif", SOUND_MIXER_DIGITAL1),
    ("radio", SOUND_MIXER_RADIO),
    ("tuner", SOUND_MIXER_RADIO),
    ("monitor", SOUND_MIXER_MONITOR),
];

/// A control of sound(4)'s, and the elements behind it, by their place.
struct Line {
    control: u32,
    volume: Option<usize>,
    mute: Option<usize>,
}

/// The element that selects the source to record, and the item for each of
/// sound(4)'s sources that it has.
struct Source {
    element: usize,
    items: Vec<(u32, i64)>,
}

/// The levels that sound(4) requests for a line, and the values that the device
/// is known to have.
struct LineState {
    left: u32,
    right: u32,
    muted: bool,
    /// Values of the volume element; `None`: not known.
    known: Option<Vec<i64>>,
    /// `dirty`: sound(4) has requested levels. `stale`: the device has changed
    /// its values.
    dirty: bool,
    stale: bool,
}

struct State {
    lines: Vec<LineState>,
    /// `source`: the source that sound(4) requests, if it differs. `chosen`:
    /// the current one.
    source: Option<u32>,
    chosen: Option<u32>,
    source_stale: bool,
    /// Values that sysctl(8) has set, by the elements' places. `rewrite`: the
    /// first place whose values are still to be set again.
    written: Vec<Option<Vec<i64>>>,
    rewrite: usize,
    closed: bool,
}

/// What the task does next.
enum Job {
    /// Give the device the levels, left and right, of a line.
    SetLine(usize, u32, u32, bool, Option<Vec<i64>>),
    /// Ask the device for the levels of a line.
    AskLine(usize),
    SetSource(u32),
    AskSource,
    /// Set an element again to the values that sysctl(8) gave it.
    Rewrite(usize, Vec<i64>),
}

/// The task's part.
struct Work {
    controls: Arc<Controls>,
    port: MixerPort,
    lines: Vec<Line>,
    source: Option<Source>,
    state: Mtx<State>,
}

/// The mixer of a device that has control elements.
pub struct Mixer {
    work: Arc<Work>,
    task: Task<Work>,
}

impl Mixer {
    /// A mixer of those elements that sound(4) has controls for. Sleeps.
    #[inline(never)] // a frame of its own
    pub fn new(controls: &Arc<Controls>, taskq: &TaskQueue) -> Result<Self> {
        let lines = lines(&controls.elements)?;
        let source = source(&controls.elements)?;
        let mut state = State {
            lines: Vec::new(),
            source: None,
            chosen: None,
            source_stale: false,
            written: Vec::new(),
            rewrite: controls.elements.len(),
            closed: false,
        };
        for _ in lines.iter() {
            state.lines.push(LineState {
                left: 0,
                right: 0,
                muted: false,
                known: None,
                dirty: false,
                stale: false,
            })?;
        }
        for _ in controls.elements.iter() {
            state.written.push(None)?;
        }
        let work = Arc::new(Work {
            controls: controls.clone(),
            port: MixerPort::new()?,
            lines,
            source,
            state: Mtx::new(c"vtsnd mixer", state)?,
        })?;
        let task = Task::new(taskq, work.clone())?;
        Ok(Mixer { work, task })
    }

    /// Adds the mixer to the card, if it has any controls. `plays`: the card
    /// has a playing stream. Sleeps.
    pub fn add(this: &Arc<Self>, card: &mut pcm::Card, plays: bool) -> Result<()> {
        let lines = &this.work.lines;
        let mask = |mask, line: &Line| mask | 1 << line.control;
        let caps = MixerCaps {
            controls: lines.iter().fold(0, mask),
            sources: this.work.source.as_ref().map_or(0, Source::mask),
            // Else the device does it.
            softvol: plays && !lines.iter().any(Line::is_playback),
        };
        if caps.controls | caps.sources == 0 {
            return Ok(());
        }
        card.add_mixer(this.clone(), &caps, &this.work.port)
    }

    /// Element `id` has changed, perhaps its value; `None`: there is no such element.
    /// No filter.
    pub fn changed(&self, id: u32, value: bool) -> Option<()> {
        let (exists, place) = self.work.controls.find(id);
        if let Some(place) = place.filter(|_| value) {
            self.touched(place);
        }
        exists.then_some(())
    }

    /// sysctl(8) has set an element, by its place, to these values.
    pub fn written(&self, place: usize, values: Vec<i64>) {
        let mut state = self.work.state.lock();
        let of_line = |line: &Line| line.volume == Some(place) || line.mute == Some(place);
        if !self.work.lines.iter().any(of_line)
            && let Some(written) = state.written.get_mut(place)
        {
            *written = Some(values);
        }
        drop(state);
        self.touched(place);
    }

    /// The device was reset, and has lost its settings.
    pub fn restore(&self) {
        let mut state = self.work.state.lock();
        for line in state.lines.iter_mut() {
            (line.known, line.dirty) = (None, true);
        }
        state.source = state.chosen;
        state.rewrite = 0;
        drop(state);
        self.task.enqueue();
    }

    /// The device answers again: does what is noted.
    pub fn retry(&self) {
        self.task.enqueue();
    }

    /// An element, by its place, may have another value than mixer(8) shows.
    fn touched(&self, place: usize) {
        let mut state = self.work.state.lock();
        let mut found = false;
        for (line, state) in self.work.lines.iter().zip(state.lines.iter_mut()) {
            if line.volume == Some(place) || line.mute == Some(place) {
                (state.stale, found) = (true, true);
            }
        }
        if self
            .work
            .source
            .as_ref()
            .is_some_and(|s| s.element == place)
        {
            (state.source_stale, found) = (true, true);
        }
        drop(state);
        if found {
            self.task.enqueue();
        }
    }

    /// The card goes: levels that sound(4) sets from now on do not go to the
    /// device.
    pub fn close(&self) {
        self.work.state.lock().closed = true;
    }
}

impl pcm::Mixer for Mixer {
    fn set(&self, control: u32, left: u32, right: u32, muted: bool) -> Result<()> {
        let mut state = self.work.state.lock();
        for (line, state) in self.work.lines.iter().zip(state.lines.iter_mut()) {
            if line.control == control {
                // A level that is muted by a switch stays as it was.
                if !(muted && line.mute.is_some()) {
                    (state.left, state.right) = (left, right);
                }
                (state.muted, state.dirty) = (muted, true);
            }
        }
        drop(state);
        self.task.enqueue();
        Ok(())
    }

    fn setrecsrc(&self, sources: u32) -> u32 {
        let Some(source) = &self.work.source else {
            return 0;
        };
        // One at a time.
        let Some(&(chosen, _)) = source.items.iter().find(|s| sources & 1 << s.0 != 0) else {
            return 0;
        };
        let mut state = self.work.state.lock();
        (state.source, state.chosen) = (Some(chosen), Some(chosen));
        // What sysctl(8) has set before is not to be set again after a reset.
        let written = state.written.get_mut(source.element);
        let old = written.and_then(Option::take);
        drop(state);
        drop(old);
        self.task.enqueue();
        1 << chosen
    }
}

impl State {
    /// The next job. Requests of sound(4) go before questions to the device.
    fn next(&mut self) -> Option<Job> {
        if self.closed {
            return None;
        }
        for (index, line) in self.lines.iter_mut().enumerate() {
            if core::mem::take(&mut line.dirty) {
                let known = line.known.take();
                return Some(Job::SetLine(
                    index, line.left, line.right, line.muted, known,
                ));
            }
        }
        if let Some(source) = self.source.take() {
            return Some(Job::SetSource(source));
        }
        for (index, line) in self.lines.iter_mut().enumerate() {
            if core::mem::take(&mut line.stale) {
                return Some(Job::AskLine(index));
            }
        }
        while let Some(written) = self.written.get_mut(self.rewrite) {
            if let Some(values) = written.take() {
                return Some(Job::Rewrite(self.rewrite, values));
            }
            self.rewrite += 1;
        }
        core::mem::take(&mut self.source_stale).then_some(Job::AskSource)
    }
}

impl Work {
    /// Does the next thing; false if there is none.  What the device does not answer
    /// is noted again, and the task ends until [`Mixer::retry`].
    fn step(&self) -> bool {
        let Some(job) = self.state.lock().next() else {
            return false;
        };
        // An error was printed already, and mixer(8) keeps showing the old values.
        let outcome = match job {
            Job::SetLine(index, left, right, muted, known) => {
                let outcome = self.set_line(index, [left, right], muted, known);
                self.note_line(index, outcome)
            }
            Job::AskLine(index) => self.ask_line(index).inspect_err(|&error| {
                if let Some(line) = self.state.lock().lines.get_mut(index) {
                    line.stale |= is_mute(error);
                }
            }),
            Job::SetSource(source) => self.set_source(source).inspect_err(|&error| {
                let mut state = self.state.lock();
                if is_mute(error) {
                    state.source.get_or_insert(source);
                } else {
                    state.source_stale = true;
                }
            }),
            Job::AskSource => self.ask_source().inspect_err(|&error| {
                self.state.lock().source_stale |= is_mute(error);
            }),
            Job::Rewrite(place, values) => self.rewrite(place, values),
        };
        !outcome.is_err_and(is_mute)
    }

    /// Notes the values that a line has now.
    fn note_line(&self, index: usize, outcome: Result<Option<Vec<i64>>>) -> Result<()> {
        let mut state = self.state.lock();
        let Some(line) = state.lines.get_mut(index) else {
            return Ok(());
        };
        match outcome {
            // There may have been a reset meanwhile.
            Ok(known) => line.known = known.filter(|_| !line.dirty),
            Err(error) => {
                line.known = None;
                if is_mute(error) {
                    line.dirty = true;
                } else {
                    // mixer(8) shows the device's values.
                    line.stale = true;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Sets an element again to values that sysctl(8) gave it.
    fn rewrite(&self, place: usize, values: Vec<i64>) -> Result<()> {
        let outcome = match self.element(Some(place)) {
            Some(element) => self.controls.write(element, &values),
            None => Ok(()),
        };
        let mut state = self.state.lock();
        if state.rewrite == place && !outcome.is_err_and(is_mute) {
            state.rewrite += 1;
        }
        if let Some(written) = state.written.get_mut(place) {
            written.get_or_insert(values);
        }
        outcome
    }

    fn element(&self, place: Option<usize>) -> Option<&Element> {
        place.and_then(|place| self.controls.elements.get(place))
    }

    /// Gives the device the levels of a line; returns its values then.
    fn set_line(
        &self,
        index: usize,
        levels: [u32; 2],
        muted: bool,
        known: Option<Vec<i64>>,
    ) -> Result<Option<Vec<i64>>> {
        let Some(line) = self.lines.get(index) else {
            return Ok(None);
        };
        let mut known = known;
        if let Some(element) = self.element(line.volume) {
            let levels = match line.mute {
                None if muted => [0, 0],
                _ => levels,
            };
            let values = values_of(&element.info, levels, known.as_deref())?;
            if known.as_deref() != Some(&*values) {
                self.controls.write(element, &values)?;
            }
            known = Some(values);
        }
        if let Some(element) = self.element(line.mute) {
            let silent = line.volume.is_none() && levels == [0, 0];
            let value = i64::from((muted || silent) != is_switch(&element.info));
            let mut values = Vec::new();
            values.resize(element.info.count, value, kpi::mem::Flags::WaitOk)?;
            self.controls.write(element, &values)?;
        }
        Ok(known)
    }

    /// Asks the device what a line has, and tells sound(4), unless sound(4) has
    /// requested something else meanwhile.
    fn ask_line(&self, index: usize) -> Result<()> {
        let Some(line) = self.lines.get(index) else {
            return Ok(());
        };
        let mute = self.ask(line.mute)?;
        let (volume, outcome) = match self.ask(line.volume) {
            Ok(volume) => (volume, Ok(())),
            Err(error) => (None, Err(error)),
        };
        let mut state = self.state.lock();
        let Some(line_state) = state.lines.get_mut(index).filter(|line| !line.dirty) else {
            return outcome;
        };
        let old = [line_state.left, line_state.right];
        let levels = volume.map(|(element, values)| {
            let levels = levels_of(&element.info, &values, old);
            line_state.known = Some(values);
            levels
        });
        drop(state);
        if let Some((element, values)) = mute {
            let sounds = i64::from(is_switch(&element.info));
            let muted = values.iter().all(|&value| value != sounds);
            self.port.set_muted(line.control, muted);
        }
        if let Some([left, right]) = levels {
            self.port.set_level(line.control, left, right);
        }
        outcome
    }

    /// Asks the device for the values of an element, if it can be read.
    fn ask(&self, place: Option<usize>) -> Result<Option<(&Element, Vec<i64>)>> {
        let element = self.element(place).filter(|e| e.info.can_read());
        element
            .map(|element| Ok((element, self.controls.read(element)?)))
            .transpose()
    }

    fn set_source(&self, wanted: u32) -> Result<()> {
        let Some(source) = &self.source else {
            return Ok(());
        };
        match (
            self.element(Some(source.element)),
            source.items.iter().find(|item| item.0 == wanted),
        ) {
            (Some(element), Some(&(_, item))) => self.controls.write(element, &[item]),
            _ => Ok(()),
        }
    }

    fn ask_source(&self) -> Result<()> {
        let Some(source) = &self.source else {
            return Ok(());
        };
        if let Some((_, values)) = self.ask(Some(source.element))? {
            let item = source.items.iter().find(|s| values.first() == Some(&s.1));
            let requested = self.state.lock().source.is_some();
            if let Some(&(control, _)) = item.filter(|_| !requested) {
                self.port.set_recsrc(1 << control);
            }
        }
        Ok(())
    }
}

impl TaskHandler for Work {
    fn run(&self) {
        while self.step() {}
    }
}

impl Line {
    /// True if the element sets a level of playback.
    fn is_playback(&self) -> bool {
        self.volume.is_some() && [SOUND_MIXER_VOLUME, SOUND_MIXER_PCM].contains(&self.control)
    }
}

impl Source {
    /// The sources, as a mask.
    fn mask(&self) -> u32 {
        self.items.iter().fold(0, |mask, item| mask | 1 << item.0)
    }
}

/// True if 1 means "on", as in ALSA's switches. Otherwise 1 means mute.
fn is_switch(info: &CtlInfo) -> bool {
    info.name().ends_with("Switch")
}

/// True if a name has a word, in capitals or not.
fn has_word(name: &str, word: &str) -> bool {
    let (name, word) = (name.as_bytes(), word.as_bytes());
    name.windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word))
}

/// The first of `table` whose word is in a name.
fn by_name(table: &[(&str, u32)], name: &str) -> Option<u32> {
    table.iter().find(|t| has_word(name, t.0)).map(|t| t.1)
}

/// sound(4)'s control for a level or switch; `None`: it is neither.
fn control_of(info: &CtlInfo) -> Option<u32> {
    let playback = info.direction == Direction::Output;
    match info.purpose {
        Purpose::Other => None,
        Purpose::Gain if playback => Some(SOUND_MIXER_OGAIN),
        Purpose::Gain => Some(SOUND_MIXER_IGAIN),
        Purpose::Volume | Purpose::Mute if playback => {
            Some(by_name(&PLAYBACK, info.name()).unwrap_or(SOUND_MIXER_VOLUME))
        }
        Purpose::Volume | Purpose::Mute => Some(SOUND_MIXER_RECLEV),
    }
}

/// The lines that the elements make. An element whose control is taken, or that
/// cannot be set, is none of the mixer's.
fn lines(elements: &[Element]) -> Result<Vec<Line>> {
    let mut lines = Vec::<Line>::new();
    for (place, Element { info, .. }) in elements.iter().enumerate() {
        let Some(control) = control_of(info).filter(|_| info.can_write()) else {
            continue;
        };
        let at = match lines.iter().position(|line| line.control == control) {
            Some(at) => at,
            None => {
                lines.push(Line {
                    control,
                    volume: None,
                    mute: None,
                })?;
                lines.len() - 1
            }
        };
        if let Some(line) = lines.get_mut(at) {
            let part = match info.purpose {
                Purpose::Mute => &mut line.mute,
                _ => &mut line.volume,
            };
            part.get_or_insert(place);
        }
    }
    // Programs expect a control for the volume of everything, `vol`.
    if !lines.iter().any(|line| line.control == SOUND_MIXER_VOLUME)
        && let Some(first) = lines.iter_mut().find(|line| {
            let capture = [SOUND_MIXER_RECLEV, SOUND_MIXER_IGAIN, SOUND_MIXER_OGAIN];
            line.volume.is_some() && !capture.contains(&line.control)
        })
    {
        first.control = SOUND_MIXER_VOLUME;
    }
    if !lines.iter().any(Line::is_playback) {
        leave_pcm(&mut lines);
    }
    Ok(lines)
}

/// Leaves the control pcm to sound(4), which scales samples by it and makes no
/// call. If there is no line for the volume, a switch named pcm becomes that
/// of the volume.
fn leave_pcm(lines: &mut Vec<Line>) {
    let Some(at) = lines.iter().position(|l| l.control == SOUND_MIXER_PCM) else {
        return;
    };
    if lines.iter().any(|line| line.control == SOUND_MIXER_VOLUME) {
        let last = lines.len() - 1;
        lines.swap(at, last);
        lines.pop();
    } else if let Some(line) = lines.get_mut(at) {
        line.control = SOUND_MIXER_VOLUME;
    }
}

/// The element that chooses what is recorded, if there is one.
fn source(elements: &[Element]) -> Result<Option<Source>> {
    let chooses = |element: &&Element| {
        let info = &element.info;
        info.kind == Kind::Enumerated
            && info.count == 1
            && info.can_write()
            && has_word(info.name(), "source")
            && (has_word(info.name(), "capture") || has_word(info.name(), "input"))
    };
    let Some(place) = elements.iter().position(|e| chooses(&e)) else {
        return Ok(None);
    };
    let mut items = Vec::<(u32, i64)>::new();
    let names = elements.get(place).into_iter().flat_map(Element::items);
    for (item, name) in (0..).zip(names) {
        if let Some(control) = by_name(&SOURCES, name)
            && !items.iter().any(|known| known.0 == control)
        {
            items.push((control, item))?;
        }
    }
    Ok((!items.is_empty()).then_some(Source {
        element: place,
        items,
    }))
}

/// The level, 0 to 100, of a value of an element.
fn level_of(info: &CtlInfo, value: i64) -> u32 {
    let mut span = info.max.wrapping_sub(info.min).cast_unsigned();
    let mut off = value.wrapping_sub(info.min).cast_unsigned();
    if span > u32::MAX.into() {
        (span, off) = (span >> 32, off >> 32);
    }
    let level = (off * 100 + span / 2).checked_div(span).unwrap_or(0);
    u32::try_from(level).unwrap_or(100).min(100)
}

/// The value of an element for a level of 0 to 100.
fn value_of(info: &CtlInfo, level: u32) -> i64 {
    let span = info.max.wrapping_sub(info.min).cast_unsigned();
    let level = u64::from(level.min(100));
    let mut off = span / 100 * level + (span % 100 * level + 50) / 100;
    if info.step > 1 {
        let whole = span - span % info.step;
        let below = off - off % info.step;
        let above = off - below > info.step / 2;
        off = below
            .saturating_add(if above { info.step } else { 0 })
            .min(whole);
    }
    info.min.wrapping_add(off.cast_signed())
}

/// The level, left or right, that applies to a value of an element.
fn side(info: &CtlInfo, index: usize, levels: [u32; 2]) -> u32 {
    match (info.count, index % 2) {
        (1, _) => u32::midpoint(levels[0], levels[1]),
        (_, 0) => levels[0],
        _ => levels[1],
    }
}

/// The values of an element for levels. Several values have the same level, so
/// a value that already has the requested level is kept.
fn values_of(info: &CtlInfo, levels: [u32; 2], known: Option<&[i64]>) -> Result<Vec<i64>> {
    let mut values = Vec::new();
    for index in 0..info.count {
        let level = side(info, index, levels);
        let known = known.and_then(|known| known.get(index));
        values.push(match known {
            Some(&value) if level_of(info, value) == level => value,
            _ => value_of(info, level),
        })?;
    }
    Ok(values)
}

/// The levels for the values of an element. A level in `old` that fits the
/// values as well is kept.
fn levels_of(info: &CtlInfo, values: &[i64], old: [u32; 2]) -> [u32; 2] {
    let level = |index: usize, old| match values.get(index).or(values.first()) {
        Some(&value) if value_of(info, old) == value => old,
        Some(&value) => level_of(info, value),
        None => old,
    };
    [level(0, old[0]), level(1, old[1])]
}
