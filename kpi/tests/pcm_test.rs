// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::pcm`]: a sound card that is all in Rust.

use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::dev::Device;
use kpi::errno::{EBUSY, EINVAL, EIO, ENODEV, ENXIO, Result, status};
use kpi::mem::Flags;
use kpi::mtx::Mtx;
use kpi::pcm::{
    self, AFMT_S16_LE, AFMT_S24_LE, AFMT_U8, Caps, Card as PcmCard, Channel, Direction, Map, Mixer,
    MixerCaps, MixerPort, PcmChannel, Trigger,
};
use kpi::taskq::{Task, TaskHandler, TaskQueue};
use kpi::time::Sbt;
use kpi::vec::Vec;

use crate::bindings::{self, kt_driver};
use crate::check::{Fault, attached, detached, eq, ok, some, was_printed};

/// Bytes of the channel's buffer.
const BUFFER: usize = 8192;

/// Where a player is.
#[derive(Clone, Copy)]
struct State {
    format: u32,
    hz: u32,
    block: u32,
    blocks: u32,
    running: bool,
    last: Option<Trigger>,
    ptr: u32,
    freed: bool,
}

/// A channel that plays to memory, one block each time its task runs.
struct Player {
    state: Mtx<State>,
    played: Mtx<Vec<u8>>,
}

impl Player {
    fn new() -> Result<Self> {
        let state = State {
            format: 0,
            hz: 0,
            block: 0,
            blocks: 0,
            running: false,
            last: None,
            ptr: 0,
            freed: false,
        };
        Ok(Self {
            state: Mtx::new(c"kt player", state)?,
            played: Mtx::new(
                c"kt played",
                Vec::with_capacity_in(1 << 18, kpi::mem::MallocType::devbuf(), Flags::WaitOk)?,
            )?,
        })
    }

    fn block_time(&self) -> Sbt {
        let state = self.state.lock();
        let frame = pcm::channels(state.format) * pcm::bps(state.format);
        Sbt::from_ratio((state.block / frame).into(), state.hz)
    }
}

impl Channel for Player {
    fn setformat(&self, format: u32) -> Result<()> {
        if pcm::encoding(format) != AFMT_S16_LE {
            return Err(EINVAL);
        }
        self.state.lock().format = format;
        Ok(())
    }

    fn setspeed(&self, _hz: u32) -> u32 {
        self.state.lock().hz = 48_000;
        48_000
    }

    fn setfragments(&self, size: u32, _count: u32) -> (u32, u32) {
        let size = size.clamp(256, 2048);
        let count = BUFFER as u32 / size;
        let mut state = self.state.lock();
        (state.block, state.blocks) = (size, count);
        (size, count)
    }

    fn trigger(&self, go: Trigger) -> Result<()> {
        let mut state = self.state.lock();
        state.running = go == Trigger::Start;
        state.last = Some(go);
        if state.running {
            state.ptr = 0;
        }
        Ok(())
    }

    fn getptr(&self) -> u32 {
        self.state.lock().ptr
    }

    fn free(&self) {
        self.state.lock().freed = true;
    }
}

/// The device's clock: moves its channel on by a block.
struct Clock(PcmChannel<Player>);

impl Clock {
    /// Plays a block; false if the channel is stopped.
    fn tick(&self) -> bool {
        let player = self.0.channel();
        let mut state = player.state.lock();
        if !state.running {
            return false;
        }
        let mut block = [0; 2048];
        let block = &mut block[..state.block as usize];
        ok(self.0.read(state.ptr as usize, block));
        state.ptr = (state.ptr + state.block) % (state.block * state.blocks);
        drop(state);
        ok(player.played.lock().extend_from_slice(block, Flags::NoWait));
        self.0.intr();
        true
    }
}

impl TaskHandler for Clock {
    fn run(&self) {
        // Until the card is freed, for which the task's drop waits.
        while !self.0.channel().state.lock().freed {
            if self.tick() {
                crate::check::pause_ms(self.0.channel().block_time().as_millis() as i32);
            } else {
                crate::check::pause_ms(1);
            }
        }
    }
}

/// The driver's state. Its fields are dropped in this order.
struct Card {
    _pcm: PcmCard,
    _clock: Task<Clock>,
    channel: PcmChannel<Player>,
    player: Arc<Player>,
}

impl Card {
    fn attach(dev: Device) -> Result<Box<Self>> {
        let player = Arc::new(Player::new()?)?;
        // SAFETY: the device is a pcm, and nothing else has its softc.
        let mut card = unsafe { PcmCard::new(dev) }?;
        let caps = Caps {
            formats: &[pcm::format(AFMT_S16_LE, 2)],
            rates: &[48_000],
            maps: &[],
        };
        let channel = card.add_channel(Direction::Play, player.clone(), &caps, BUFFER)?;
        eq(channel.buffer_len(), BUFFER);
        eq(channel.read(BUFFER - 1, &mut [0; 2]), Err(EINVAL));
        let queue = TaskQueue::new(c"kt clock", 1)?;
        let clock = Task::new(&queue, Arc::new(Clock(channel.clone()))?)?;
        card.register(true)?;
        clock.enqueue();
        Box::new(Self {
            _pcm: card,
            _clock: clock,
            channel,
            player,
        })
    }
}

unsafe extern "C" fn attach(dev: *mut c_void, state: *mut *mut c_void) -> c_int {
    let dev = attached(dev);
    ok(Card::attach(dev).map(|card| {
        // SAFETY: `state` is there to be written.
        unsafe { state.write(Box::into_raw(card).cast()) }
    }));
    0
}

unsafe extern "C" fn detach(state: *mut c_void) -> c_int {
    // SAFETY: attach made it, and it is detached once.
    drop(unsafe { Box::<Card>::from_raw(state.cast()) });
    detached()
}

const DRIVER: &kt_driver = &kt_driver {
    attach: Some(attach),
    detach: Some(detach),
};

/// Runs `test` with a card, then detaches it.
fn on_card(test: impl FnOnce(&Arc<Player>)) {
    let mut state = core::ptr::null_mut();
    // SAFETY: the driver is static.
    eq(unsafe { bindings::kt_pcm_attach(DRIVER, &mut state) }, 0);
    // SAFETY: the state is what attach() left, until detach.
    let player = unsafe { &*state.cast::<Card>() }.player.clone();
    test(&player);
    // SAFETY: the device is attached.
    unsafe { bindings::kt_pcm_detach() }
    check!(player.state.lock().freed);
}

/// Samples, none of which is silence.
fn sound(len: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in 0..len {
        ok(bytes.push((n % 251) as u8 + 1));
    }
    bytes
}

/// A card whose driver keeps nothing but the card.
unsafe extern "C" fn attach_card_alone(dev: *mut c_void, state: *mut *mut c_void) -> c_int {
    let dev = attached(dev);
    // SAFETY: as in `Card::attach`.
    let mut card = ok(unsafe { PcmCard::new(dev) });
    let caps = Caps {
        formats: &[pcm::format(AFMT_S16_LE, 2)],
        rates: &[48_000],
        maps: &[],
    };
    let player = ok(Arc::new(ok(Player::new())));
    ok(card.add_channel(Direction::Play, player, &caps, BUFFER));
    ok(card.register(false));
    // SAFETY: `state` is there to be written.
    unsafe { state.write(Box::into_raw(ok(Box::new(card))).cast()) }
    0
}

unsafe extern "C" fn detach_card_alone(state: *mut c_void) -> c_int {
    // SAFETY: attach made it, and it is detached once.
    drop(unsafe { Box::<PcmCard>::from_raw(state.cast()) });
    detached()
}

/// A card that detach takes out of the driver's state and drops.
struct Removable {
    card: Option<PcmCard>,
    player: Arc<Player>,
}

unsafe extern "C" fn attach_removable(dev: *mut c_void, state: *mut *mut c_void) -> c_int {
    let dev = attached(dev);
    // SAFETY: as in `Card::attach`.
    let mut card = ok(unsafe { PcmCard::new(dev) });
    let player = ok(Arc::new(ok(Player::new())));
    let caps = Caps {
        formats: &[pcm::format(AFMT_S16_LE, 2)],
        rates: &[48_000],
        maps: &[],
    };
    ok(card.add_channel(Direction::Play, player.clone(), &caps, BUFFER));
    ok(card.register(false));
    let removable = Removable {
        card: Some(card),
        player,
    };
    // SAFETY: `state` is there to be written.
    unsafe { state.write(Box::into_raw(ok(Box::new(removable))).cast()) }
    0
}

unsafe extern "C" fn detach_removable(state: *mut c_void) -> c_int {
    // SAFETY: attach made it, and nobody else has it now.
    unsafe { &mut *state.cast::<Removable>() }.card = None;
    detached()
}

/// A channel that does only what it must.
struct Silent;

impl Channel for Silent {
    fn setformat(&self, _format: u32) -> Result<()> {
        Ok(())
    }

    fn setspeed(&self, hz: u32) -> u32 {
        hz
    }

    fn setfragments(&self, size: u32, count: u32) -> (u32, u32) {
        (size, count)
    }

    fn trigger(&self, _go: Trigger) -> Result<()> {
        Ok(())
    }

    fn getptr(&self) -> u32 {
        0
    }
}

/// A channel that returns values with which sound(4) cannot calculate.
struct Wild {
    channel: Mtx<Option<PcmChannel<Wild>>>,
    speeds: AtomicU32,
    asked: AtomicU32,
}

impl Channel for Wild {
    fn setformat(&self, _format: u32) -> Result<()> {
        Ok(())
    }

    fn setspeed(&self, _hz: u32) -> u32 {
        match self.speeds.fetch_add(1, Ordering::Relaxed) % 2 {
            0 => 0,
            _ => u32::MAX,
        }
    }

    /// Two numbers whose product is 0 in 32 bits.
    fn setfragments(&self, _size: u32, _count: u32) -> (u32, u32) {
        (1 << 16, 1 << 16)
    }

    fn trigger(&self, _go: Trigger) -> Result<()> {
        Ok(())
    }

    fn getptr(&self) -> u32 {
        self.asked.fetch_add(1, Ordering::Relaxed);
        u32::MAX - 3
    }

    fn free(&self) {
        *self.channel.lock() = None;
    }
}

impl TaskHandler for Wild {
    /// Reports blocks until the card is freed, or at most this many.
    fn run(&self) {
        for _ in 0..2000 {
            let channel = self.channel.lock().clone();
            let Some(channel) = channel else { return };
            channel.intr();
        }
    }
}

/// A card with such a channel.
struct WildCard {
    _pcm: PcmCard,
    wild: Arc<Wild>,
}

unsafe extern "C" fn attach_wild(dev: *mut c_void, state: *mut *mut c_void) -> c_int {
    let dev = attached(dev);
    // SAFETY: as in `Card::attach`.
    let mut pcm = ok(unsafe { PcmCard::new(dev) });
    let caps = Caps {
        formats: &[pcm::format(AFMT_S16_LE, 2)],
        rates: &[48_000],
        maps: &[],
    };
    let wild = ok(Arc::new(Wild {
        channel: ok(Mtx::new(c"kt wild", None)),
        speeds: AtomicU32::new(0),
        asked: AtomicU32::new(0),
    }));
    let channel = ok(pcm.add_channel(Direction::Play, wild.clone(), &caps, BUFFER));
    *wild.channel.lock() = Some(channel);
    ok(pcm.register(true));
    eq(pcm.register(true), Err(EBUSY));
    let silent = ok(Arc::new(Silent));
    let more = pcm.add_channel(Direction::Play, silent, &caps, BUFFER);
    eq(more.err(), Some(EBUSY));
    let card = ok(Box::new(WildCard { _pcm: pcm, wild }));
    // SAFETY: `state` is there to be written.
    unsafe { state.write(Box::into_raw(card).cast()) }
    0
}

unsafe extern "C" fn detach_wild(state: *mut c_void) -> c_int {
    // SAFETY: attach made it, and it is detached once.
    drop(unsafe { Box::<WildCard>::from_raw(state.cast()) });
    detached()
}

/// A channel that reports a block while sound(4) calls one of its functions.
struct Rash(Mtx<Option<PcmChannel<Rash>>>);

impl Channel for Rash {
    fn setformat(&self, _format: u32) -> Result<()> {
        Ok(())
    }

    fn setspeed(&self, hz: u32) -> u32 {
        hz
    }

    fn setfragments(&self, size: u32, count: u32) -> (u32, u32) {
        (size, count)
    }

    fn trigger(&self, _go: Trigger) -> Result<()> {
        let channel = self.0.lock().clone();
        some(channel).intr();
        Ok(())
    }

    fn getptr(&self) -> u32 {
        0
    }
}

unsafe extern "C" fn attach_rash(dev: *mut c_void, _: *mut *mut c_void) -> c_int {
    // SAFETY: the glue gives the device, which lives until the kernel stops.
    let mut pcm = ok(unsafe { PcmCard::new(attached(dev)) });
    let caps = Caps {
        formats: &[pcm::format(AFMT_S16_LE, 2)],
        rates: &[48_000],
        maps: &[],
    };
    let rash = ok(Arc::new(Rash(ok(Mtx::new(c"kt rash", None)))));
    let channel = ok(pcm.add_channel(Direction::Play, rash.clone(), &caps, BUFFER));
    *rash.0.lock() = Some(channel);
    ok(pcm.register(true));
    core::mem::forget(pcm);
    0
}

/// A card that records. Each of its parts is refused once.
unsafe extern "C" fn attach_recorder_in_vain(dev: *mut c_void, _: *mut *mut c_void) -> c_int {
    // SAFETY: the glue gives the device, and the card goes before this returns.
    let mut card = ok(unsafe { PcmCard::new(attached(dev)) });
    let silent = ok(Arc::new(Silent));
    let mut add = |rates: &[u32]| {
        let caps = Caps {
            formats: &[pcm::format(AFMT_S16_LE, 2)],
            rates,
            maps: &[ok(Map::new(&[
                Some(pcm::SND_CHN_T_FR),
                Some(pcm::SND_CHN_T_FL),
            ]))],
        };
        card.add_channel(Direction::Record, silent.clone(), &caps, BUFFER)
            .map(|_| ())
    };
    for rates in [
        &[][..],
        &[0],
        &[0, 48_000],
        &[48_000, 8_000],
        &[2_016_001],
        &[u32::MAX],
    ] {
        eq(add(rates), Err(EINVAL));
    }
    let fault = Fault::new(c"pcm_addchan", 1);
    eq(add(&[48_000]), Err(ENODEV));
    drop(fault);
    ok(add(&[48_000]));
    for (formats, buffer) in [
        // No channels, no encoding, two encodings, more channels than there are.
        (&[AFMT_S16_LE][..], BUFFER),
        (&[pcm::format(0, 2)], BUFFER),
        (&[pcm::format(AFMT_S16_LE | AFMT_U8, 2)], BUFFER),
        (&[AFMT_S16_LE | 0x7f << 20], BUFFER),
        (&[], BUFFER),
        (&[pcm::format(AFMT_S16_LE, 2)], pcm::BUFFER_MAX + 1),
    ] {
        let caps = Caps {
            formats,
            rates: &[48_000],
            maps: &[],
        };
        let added = card.add_channel(Direction::Record, silent.clone(), &caps, buffer);
        eq(added.err(), Some(EINVAL));
    }
    eq(pcm::format(AFMT_S16_LE, 0x82), 0);
    let _fault = Fault::new(c"mixer_init", 1);
    let error = status(card.register(true));
    drop(card);
    eq(detached(), 0);
    error
}

/// Reports blocks all the time, whether the channel runs or not.
struct Late {
    channel: PcmChannel<Player>,
    over: AtomicBool,
}

impl TaskHandler for Late {
    fn run(&self) {
        while !self.over.load(Ordering::Relaxed) {
            self.channel.intr();
            kpi::time::delay(20);
        }
    }
}

/// Counts its starts.
struct Starts(AtomicU32);

impl Channel for Starts {
    fn setformat(&self, _format: u32) -> Result<()> {
        Ok(())
    }

    fn setspeed(&self, hz: u32) -> u32 {
        hz
    }

    fn setfragments(&self, _size: u32, _count: u32) -> (u32, u32) {
        (1024, 8)
    }

    fn trigger(&self, go: Trigger) -> Result<()> {
        if go == Trigger::Start {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    fn getptr(&self) -> u32 {
        0
    }
}

/// A card that plays and records.
struct Duplex {
    _pcm: PcmCard,
    channels: [PcmChannel<Starts>; 2],
}

unsafe extern "C" fn attach_duplex(dev: *mut c_void, state: *mut *mut c_void) -> c_int {
    // SAFETY: as in `Card::attach`.
    let mut pcm = ok(unsafe { PcmCard::new(attached(dev)) });
    let caps = Caps {
        formats: &[pcm::format(AFMT_S16_LE, 2)],
        rates: &[48_000],
        maps: &[],
    };
    let channels = [Direction::Play, Direction::Record].map(|direction| {
        let starts = ok(Arc::new(Starts(AtomicU32::new(0))));
        ok(pcm.add_channel(direction, starts, &caps, BUFFER))
    });
    ok(pcm.register(true));
    let duplex = Duplex {
        _pcm: pcm,
        channels,
    };
    // SAFETY: `state` is there to be written.
    unsafe { state.write(Box::into_raw(ok(Box::new(duplex))).cast()) }
    0
}

unsafe extern "C" fn detach_duplex(state: *mut c_void) -> c_int {
    // SAFETY: attach made it, and it is detached once.
    drop(unsafe { Box::<Duplex>::from_raw(state.cast()) });
    detached()
}

/// The last calls of a mixer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Told {
    control: u32,
    left: u32,
    right: u32,
    muted: bool,
    sources: u32,
    calls: u32,
}

/// A mixer that remembers its calls. It refuses levels of 13.
struct Memory(Mtx<Told>);

impl Mixer for Memory {
    fn set(&self, control: u32, left: u32, right: u32, muted: bool) -> Result<()> {
        if left == 13 {
            return Err(EINVAL);
        }
        let mut told = self.0.lock();
        (told.control, told.left, told.right) = (control, left, right);
        (told.muted, told.calls) = (muted, told.calls + 1);
        Ok(())
    }

    fn setrecsrc(&self, sources: u32) -> u32 {
        self.0.lock().sources = sources;
        sources
    }
}

/// A card with a mixer.
struct Mixed {
    _pcm: PcmCard,
    memory: Arc<Memory>,
    port: MixerPort,
}

unsafe extern "C" fn attach_mixed(dev: *mut c_void, state: *mut *mut c_void) -> c_int {
    let dev = attached(dev);
    let memory = ok(Arc::new(Memory(ok(Mtx::new(c"kt mixer", Told::default())))));
    let port = ok(MixerPort::new());
    port.set_level(pcm::SOUND_MIXER_VOLUME, 1, 1);
    // SAFETY: as in `Card::attach`.
    let mut pcm = ok(unsafe { PcmCard::new(dev) });
    let caps = MixerCaps {
        controls: 1 << pcm::SOUND_MIXER_VOLUME,
        sources: 1 << pcm::SOUND_MIXER_MIC | 1 << pcm::SOUND_MIXER_LINE,
        softvol: true,
    };
    // A mixer cannot have a control that sound(4) applies itself.
    let pcm_too = MixerCaps {
        controls: 1 << pcm::SOUND_MIXER_PCM,
        ..caps
    };
    eq(
        pcm.add_mixer(memory.clone(), &pcm_too, &port).err(),
        Some(EINVAL),
    );
    ok(pcm.add_mixer(memory.clone(), &caps, &port));
    ok(pcm.register(true));
    let mixed = ok(Box::new(Mixed {
        _pcm: pcm,
        memory,
        port,
    }));
    // SAFETY: `state` is there to be written.
    unsafe { state.write(Box::into_raw(mixed).cast()) }
    0
}

unsafe extern "C" fn detach_mixed(state: *mut c_void) -> c_int {
    // SAFETY: attach made it, and it is detached once.
    drop(unsafe { Box::<Mixed>::from_raw(state.cast()) });
    detached()
}

/// Runs `test` with a card that has a mixer, then detaches it.
fn on_mixed(test: impl FnOnce(&Memory, &MixerPort)) {
    const DRIVER: &kt_driver = &kt_driver {
        attach: Some(attach_mixed),
        detach: Some(detach_mixed),
    };
    let mut state = core::ptr::null_mut();
    // SAFETY: the driver is static.
    eq(unsafe { bindings::kt_pcm_attach(DRIVER, &mut state) }, 0);
    // SAFETY: the state is what the attach left, until detach.
    let mixed = unsafe { &*state.cast::<Mixed>() };
    let port = mixed.port.clone();
    test(&mixed.memory, &port);
    // SAFETY: the device is attached.
    unsafe { bindings::kt_pcm_detach() }
    // The card is gone, so nobody is called.
    port.set_level(pcm::SOUND_MIXER_VOLUME, 1, 1);
    port.set_muted(pcm::SOUND_MIXER_VOLUME, true);
    port.set_recsrc(1);
}

/// The values of a control that mixer(8) shows.
fn level(control: u32) -> (u32, u32, bool) {
    let (mut left, mut right, mut muted) = (0, 0, false);
    // SAFETY: there is a card, and room for what they write.
    unsafe {
        eq(
            bindings::kt_pcm_get_level(control, &mut left, &mut right),
            0,
        );
        eq(bindings::kt_pcm_muted(control, &mut muted), 0);
    }
    (left, right, muted)
}

cases! {
    fn mixer_gets_the_levels_of_programs() {
        on_mixed(|memory, _| {
            // The level that sound(4) sets at first.
            eq(level(pcm::SOUND_MIXER_VOLUME), (75, 75, false));
            // SAFETY: there is a card.
            unsafe {
                eq(bindings::kt_pcm_set_level(pcm::SOUND_MIXER_VOLUME, 20, 30), 0);
                let told = *memory.0.lock();
                eq((told.left, told.right, told.muted), (20, 30, false));
                eq(bindings::kt_pcm_mute(pcm::SOUND_MIXER_VOLUME, true), 0);
                let told = *memory.0.lock();
                eq((told.left, told.right, told.muted), (0, 0, true));
                eq(bindings::kt_pcm_mute(pcm::SOUND_MIXER_VOLUME, false), 0);
                let told = *memory.0.lock();
                eq((told.left, told.right, told.muted), (20, 30, false));
                check!(bindings::kt_pcm_set_level(pcm::SOUND_MIXER_VOLUME, 13, 13) != 0);
            }
            eq(level(pcm::SOUND_MIXER_VOLUME), (20, 30, false));
        });
    }

    fn mixer_is_asked_for_its_own_controls_alone() {
        on_mixed(|memory, _| {
            let calls = memory.0.lock().calls;
            // SAFETY: there is a card.
            unsafe {
                // Soft volume, and the level of a source.
                eq(bindings::kt_pcm_set_level(pcm::SOUND_MIXER_PCM, 20, 30), 0);
                eq(bindings::kt_pcm_set_level(pcm::SOUND_MIXER_MIC, 20, 30), 0);
                check!(bindings::kt_pcm_set_level(pcm::SOUND_MIXER_CD, 20, 30) != 0);
            }
            eq(memory.0.lock().calls, calls);
        });
    }

    fn mixer_chooses_sources_to_record_from() {
        on_mixed(|memory, _| {
            let (mic, line) = (1 << pcm::SOUND_MIXER_MIC, 1 << pcm::SOUND_MIXER_LINE);
            eq(memory.0.lock().sources, mic);
            // SAFETY: there is a card.
            unsafe {
                eq(bindings::kt_pcm_set_recsrc(line), 0);
                eq(bindings::kt_pcm_recsrc(), line);
            }
            eq(memory.0.lock().sources, line);
        });
    }

    fn mixer_port_tells_sound_of_changes() {
        on_mixed(|memory, port| {
            let (volume, line) = (pcm::SOUND_MIXER_VOLUME, 1 << pcm::SOUND_MIXER_LINE);
            port.set_level(volume, 40, 50);
            eq(level(volume), (40, 50, false));
            port.set_muted(volume, true);
            eq(level(volume), (40, 50, true));
            check!(memory.0.lock().muted);
            port.set_level(volume, 60, 70);
            port.set_muted(volume, false);
            eq(level(volume), (60, 70, false));
            eq(memory.0.lock().right, 70);
            port.set_recsrc(line);
            // SAFETY: there is a card.
            eq(unsafe { bindings::kt_pcm_recsrc() }, line);
        });
    }

    fn format_word_has_its_parts() {
        let format = pcm::format(AFMT_S24_LE, 2);
        eq(pcm::encoding(format), AFMT_S24_LE);
        eq(pcm::channels(format), 2);
        eq(pcm::bps(format), 3);
    }

    fn map_has_the_channels_and_the_format_word_of_its_positions() {
        let (left, right, low) = (Some(pcm::SND_CHN_T_FL), Some(pcm::SND_CHN_T_FR),
            Some(pcm::SND_CHN_T_LF));
        let map = ok(Map::new(&[right, left]));
        eq(map.channels(), 2);
        eq(map.format(AFMT_S24_LE), pcm::format(AFMT_S24_LE, 2));
        // sound(4) has another meaning for three channels than 2.1.
        let map = ok(Map::new(&[left, low, right]));
        eq(map.channels(), 3);
        check!(map.format(AFMT_S16_LE) != pcm::format(AFMT_S16_LE, 3));
    }

    fn map_refuses_what_sound_has_no_map_for() {
        let (left, right, low) = (Some(pcm::SND_CHN_T_FL), Some(pcm::SND_CHN_T_FR),
            Some(pcm::SND_CHN_T_LF));
        eq(Map::new(&[]).err(), Some(EINVAL));
        eq(Map::new(&[None, None]).err(), Some(EINVAL));
        eq(Map::new(&[left, right, left]).err(), Some(EINVAL));
        eq(Map::new(&[left, low]).err(), Some(EINVAL));
        eq(Map::new(&[left; 9]).err(), Some(EINVAL));
        eq(Map::new(&[Some(18), left]).err(), Some(EINVAL));
        eq(Map::new(&[Some(1 << 20), left]).err(), Some(EINVAL));
    }

    fn card_in_rust_attaches_and_detaches() {
        for _ in 0..3 {
            on_card(|player| eq(player.played.lock().len(), 0));
        }
    }

    fn card_keeps_its_channels() {
        let driver = kt_driver {
            attach: Some(attach_card_alone),
            detach: Some(detach_card_alone),
        };
        let mut state = core::ptr::null_mut();
        // SAFETY: the driver lives until the detach below.
        unsafe {
            eq(bindings::kt_pcm_attach(&driver, &mut state), 0);
            bindings::kt_pcm_detach();
        }
    }

    stops "that was all of this test"
    fn card_that_sound_does_not_let_go_stays_with_its_device() {
        let driver = kt_driver {
            attach: Some(attach_removable),
            detach: Some(detach_removable),
        };
        let mut state = core::ptr::null_mut();
        // SAFETY: the kernel stops with the driver here.
        unsafe {
            eq(bindings::kt_pcm_attach(&driver, &mut state), 0);
            bindings::kt_fault(c"pcm_unregister".as_ptr(), 1);
            eq(bindings::kt_pcm_try_detach(), EBUSY.as_raw());
        }
        check!(was_printed("pcm0: cannot take the card away: "));
        check!(was_printed("pcm0: something still holds the device: it stays\n"));
        // sound(4) still has the channel, which nothing else owns.
        let sound = sound(BUFFER);
        // SAFETY: these bytes are there; the state is what the attach left.
        unsafe {
            eq(bindings::kt_pcm_play(sound.as_ptr().cast(), sound.len(), true), 0);
            let player = &(*state.cast::<Removable>()).player;
            eq(player.state.lock().last, Some(Trigger::Stop));
            check!(!player.state.lock().freed);
            // The device can never be detached.
            eq(bindings::kt_pcm_try_detach(), EBUSY.as_raw());
        }
        panic!("that was all of this test");
    }

    fn card_in_rust_plays_every_sample() {
        on_card(|player| {
            let sound = sound(40_000);
            // SAFETY: these bytes are there.
            eq(unsafe { bindings::kt_pcm_play(sound.as_ptr().cast(), sound.len(), false) }, 0);
            eq(player.state.lock().last, Some(Trigger::Drained));
            let played = player.played.lock();
            // sound(4) begins and ends with silence.
            let start = some(played.iter().position(|&byte| byte != 0));
            let (heard, rest) = played[start..].split_at(sound.len());
            for (n, (heard, sent)) in heard.iter().zip(&sound).enumerate() {
                eq((n, heard), (n, sent));
            }
            check!(rest.iter().all(|&byte| byte == 0));
        });
    }

    fn channel_is_stopped_at_once_when_a_program_gives_up() {
        on_card(|player| {
            let sound = sound(40_000);
            // SAFETY: these bytes are there.
            eq(unsafe { bindings::kt_pcm_play(sound.as_ptr().cast(), sound.len(), true) }, 0);
            eq(player.state.lock().last, Some(Trigger::Stop));
            check!(player.played.lock().len() < sound.len());
        });
    }

    fn card_that_cannot_be_made_goes_again() {
        let driver = kt_driver {
            attach: Some(attach_recorder_in_vain),
            detach: None,
        };
        let mut state = core::ptr::null_mut();
        // SAFETY: nothing of the driver is used when its attach has failed.
        let error = unsafe { bindings::kt_pcm_attach(&driver, &mut state) };
        eq(error, ENXIO.as_raw());
    }

    fn channel_that_answers_wildly_breaks_nothing() {
        let driver = kt_driver {
            attach: Some(attach_wild),
            detach: Some(detach_wild),
        };
        let mut state = core::ptr::null_mut();
        // SAFETY: the driver lives until the detach below.
        eq(unsafe { bindings::kt_pcm_attach(&driver, &mut state) }, 0);
        // SAFETY: the state is what the attach left, until detach.
        let wild = unsafe { &*state.cast::<WildCard>() }.wild.clone();
        let queue = ok(TaskQueue::new(c"kt wild", 1));
        let task = ok(Task::new(&queue, wild.clone()));
        task.enqueue();
        let sound = sound(12288);
        // Its position stands, so that sound(4) gives up.
        // SAFETY: these bytes are there.
        let error = unsafe { bindings::kt_pcm_play(sound.as_ptr().cast(), sound.len(), true) };
        eq(error, EIO.as_raw());
        check!(wild.asked.load(Ordering::Relaxed) > 0);
        // SAFETY: the device is attached.
        unsafe { bindings::kt_pcm_detach() }
        drop(task);
    }

    stops "from within one of its functions"
    fn channel_that_reports_within_its_function_stops() {
        let driver = kt_driver {
            attach: Some(attach_rash),
            detach: None,
        };
        let mut state = core::ptr::null_mut();
        let sound = sound(1024);
        // SAFETY: the kernel stops with the driver here; these bytes are there.
        unsafe {
            eq(bindings::kt_pcm_attach(&driver, &mut state), 0);
            bindings::kt_pcm_play(sound.as_ptr().cast(), sound.len(), true);
        }
    }

    fn mixer_control_that_is_none_changes_nothing() {
        on_mixed(|memory, port| {
            let before = *memory.0.lock();
            // 32 bits further is the bit of the volume again.
            for control in [pcm::SOUND_MIXER_VOLUME + 32, 25, 31, 40, u32::MAX] {
                port.set_muted(control, true);
                port.set_level(control, 1, 1);
            }
            let after = *memory.0.lock();
            eq((after.left, after.right, after.muted), (before.left, before.right, false));
            eq(level(pcm::SOUND_MIXER_VOLUME), (75, 75, false));
            port.set_level(pcm::SOUND_MIXER_VOLUME, 1000, 0x1_0005);
            eq(level(pcm::SOUND_MIXER_VOLUME), (100, 100, false));
        });
    }

    fn channel_that_is_gone_reports_nothing() {
        let mut state = core::ptr::null_mut();
        // SAFETY: the driver is static.
        eq(unsafe { bindings::kt_pcm_attach(DRIVER, &mut state) }, 0);
        // SAFETY: the state is what attach() left, until detach.
        let channel = unsafe { &*state.cast::<Card>() }.channel.clone();
        channel.intr();
        // SAFETY: the device is attached.
        unsafe { bindings::kt_pcm_detach() }
        channel.intr();
        check!(channel.channel().state.lock().freed);
    }

    fn channel_may_report_while_its_card_goes() {
        let queue = ok(TaskQueue::new(c"kt late", 1));
        for _ in 0..100 {
            let mut state = core::ptr::null_mut();
            // SAFETY: the driver is static.
            eq(unsafe { bindings::kt_pcm_attach(DRIVER, &mut state) }, 0);
            // SAFETY: the state is what attach() left, until detach.
            let channel = unsafe { &*state.cast::<Card>() }.channel.clone();
            let late = ok(Arc::new(Late {
                channel,
                over: AtomicBool::new(false),
            }));
            let task = ok(Task::new(&queue, late.clone()));
            task.enqueue();
            crate::check::pause_ms(2);
            // SAFETY: the device is attached.
            unsafe { bindings::kt_pcm_detach() }
            late.over.store(true, Ordering::Relaxed);
        }
    }

    fn channel_is_started_anew_when_its_blocks_change_while_it_runs() {
        const DRIVER: &kt_driver = &kt_driver {
            attach: Some(attach_duplex),
            detach: Some(detach_duplex),
        };
        let mut state = core::ptr::null_mut();
        // SAFETY: the driver is static.
        eq(unsafe { bindings::kt_pcm_attach(DRIVER, &mut state) }, 0);
        // SAFETY: the state is what the attach left, until detach.
        let duplex = unsafe { &*state.cast::<Duplex>() };
        for (channel, record) in duplex.channels.iter().zip([false, true]) {
            let starts = || {
                channel.intr();
                channel.channel().0.load(Ordering::Relaxed)
            };
            eq(starts(), 0);
            // SAFETY: there is a card.
            eq(unsafe { bindings::kt_pcm_start(record) }, 0);
            eq(starts(), 1);
            // SAFETY: as above.
            eq(unsafe { bindings::kt_pcm_resize(record, 512, 4) }, 0);
            eq(starts(), 2);
            eq(starts(), 2);
        }
        // SAFETY: the device is attached.
        unsafe { bindings::kt_pcm_detach() }
    }
}
