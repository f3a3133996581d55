// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A sound card: sound(4)'s pcm device and its hardware channels. Twin of
//! `kpi_pcm.h`.
//!
//! A [`Card`] owns its channels: dropping it takes the card away from programs,
//! stops and frees each channel, and only then lets go of them. A driver either
//! implements [`Channel`] in Rust, for a device whose samples the CPU moves, or
//! has channels in C, which it adds between [`Card::new`] and
//! [`Card::register`].
//!
//! A device that has levels of its own implements [`Mixer`].
//!
//! It leaves out buffers that the device reads by itself: a ring in C handles
//! these.
//!
//! # Example
//! ```
//! use core::sync::atomic::{AtomicBool, Ordering};
//! use kpi::Result;
//! use kpi::arc::Arc;
//! use kpi::pcm::{self, AFMT_S16_LE, Caps, Card, Channel, Direction, Trigger};
//!
//! struct Player {
//!     running: AtomicBool,
//! }
//!
//! impl Channel for Player {
//!     fn setformat(&self, _format: u32) -> Result<()> {
//!         Ok(())
//!     }
//!
//!     fn setspeed(&self, _hz: u32) -> u32 {
//!         48_000
//!     }
//!
//!     fn setfragments(&self, size: u32, count: u32) -> (u32, u32) {
//!         (size, count)
//!     }
//!
//!     fn trigger(&self, go: Trigger) -> Result<()> {
//!         self.running.store(go == Trigger::Start, Ordering::Relaxed);
//!         Ok(())
//!     }
//!
//!     fn getptr(&self) -> u32 {
//!         0
//!     }
//! }
//!
//! // SAFETY: in attach of a device of class "pcm", whose softc is sound(4)'s alone.
//! let mut card = unsafe { Card::new(dev) }?;
//! let caps = Caps {
//!     formats: &[pcm::format(AFMT_S16_LE, 2)],
//!     rates: &[48_000],
//!     maps: &[],
//! };
//! let player = Arc::new(Player { running: AtomicBool::new(false) })?;
//! let channel = card.add_channel(Direction::Play, player, &caps, 8192)?;
//! assert_eq!(channel.buffer_len(), 8192);
//! // Programs see the card until it is dropped.
//! card.register(true)?;
//! ```

use core::ffi::{c_int, c_void};
use core::mem::ManuallyDrop;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::arc::{Arc, Keep};
use crate::bindings::{
    self, kpi_pcm_caps, kpi_pcm_chan, kpi_pcm_map, kpi_pcm_mixer, kpi_pcm_mixer_ops, kpi_pcm_ops,
    kpi_pcm_trigger,
};
use crate::ctx;
use crate::dev::{Device, Hold};
use crate::device_println;
use crate::errno::{self, EBUSY, EINVAL, Result, check};
use crate::ffi::{Opaque, as_arg};
use crate::mem::Flags;
use crate::mtx::Mtx;
use crate::vec::Vec;

pub use crate::bindings::{
    AFMT_A_LAW, AFMT_F32_LE, AFMT_MU_LAW, AFMT_S8, AFMT_S16_LE, AFMT_S24_LE, AFMT_S32_LE, AFMT_U8,
    AFMT_U16_LE, AFMT_U24_LE, AFMT_U32_LE,
};

pub use crate::bindings::{
    SND_CHN_T_BC, SND_CHN_T_BL, SND_CHN_T_BR, SND_CHN_T_FC, SND_CHN_T_FL, SND_CHN_T_FLC,
    SND_CHN_T_FR, SND_CHN_T_FRC, SND_CHN_T_LF, SND_CHN_T_SL, SND_CHN_T_SR, SND_CHN_T_TBC,
    SND_CHN_T_TBL, SND_CHN_T_TBR, SND_CHN_T_TC, SND_CHN_T_TFC, SND_CHN_T_TFL, SND_CHN_T_TFR,
};
pub use crate::bindings::{
    SOUND_MIXER_CD, SOUND_MIXER_DIGITAL1, SOUND_MIXER_IGAIN, SOUND_MIXER_IMIX, SOUND_MIXER_LINE,
    SOUND_MIXER_LINE1, SOUND_MIXER_MIC, SOUND_MIXER_MONITOR, SOUND_MIXER_OGAIN, SOUND_MIXER_PCM,
    SOUND_MIXER_PHONEIN, SOUND_MIXER_PHONEOUT, SOUND_MIXER_RADIO, SOUND_MIXER_RECLEV,
    SOUND_MIXER_SPEAKER, SOUND_MIXER_VIDEO, SOUND_MIXER_VOLUME,
};

/// Channels that sound(4) can handle.
pub const CHANNELS_MAX: usize = bindings::SND_CHN_MAX as usize;

/// The largest buffer of a channel, in bytes: sound(4) calculates in 32 bits.
pub const BUFFER_MAX: usize = 1 << 24;

/// The format word for an encoding (`AFMT_*`) and a number of channels; 0 if
/// sound(4) has no channels of that number.
pub fn format(encoding: u32, channels: u32) -> u32 {
    // SAFETY: no preconditions.
    unsafe { bindings::kpi_pcm_format(encoding, channels) }
}

/// The encoding (`AFMT_*`) of a format word.
pub fn encoding(format: u32) -> u32 {
    // SAFETY: no preconditions.
    unsafe { bindings::kpi_pcm_encoding(format) }
}

/// The number of channels of a format word.
pub fn channels(format: u32) -> u32 {
    // SAFETY: no preconditions.
    unsafe { bindings::kpi_pcm_channels(format) }
}

/// Bytes of one sample of one channel of a format word.
pub fn bps(format: u32) -> u32 {
    // SAFETY: no preconditions.
    unsafe { bindings::kpi_pcm_bps(format) }
}

/// The order of the channels in a frame of the device's. sound(4) brings programs'
/// channels into it, but not in bit-perfect mode, which converts nothing.
///
/// # Invariants
/// Made by kpi_pcm_map_init(), and not changed since.
#[repr(transparent)]
pub struct Map(kpi_pcm_map);

// SAFETY: it is data, and sound(4) only reads it.
unsafe impl Send for Map {}
// SAFETY: as for `Send`.
unsafe impl Sync for Map {}

impl Clone for Map {
    fn clone(&self) -> Self {
        // SAFETY: it is numbers, which own nothing.
        Self(unsafe { core::ptr::read(&self.0) })
    }
}

impl Map {
    /// A map of the positions (`SND_CHN_T_*`) of a frame's channels; `None`: the
    /// channel is silent, or not recorded, since sound(4) has no such position.
    /// `EINVAL`: one twice, none at all, too many, or a number that sound(4) does
    /// not have with, or without, a low frequency channel. Any context.
    pub fn new(positions: &[Option<u32>]) -> Result<Self> {
        let mut raw = [0; CHANNELS_MAX];
        let raw = raw.get_mut(..positions.len()).ok_or(EINVAL)?;
        for (to, position) in raw.iter_mut().zip(positions) {
            let nowhere = bindings::KPI_PCM_NOWHERE;
            *to = u8::try_from(position.unwrap_or(nowhere)).map_err(|_| EINVAL)?;
        }
        let channels = u32::try_from(raw.len()).map_err(|_| EINVAL)?;
        let mut map = core::mem::MaybeUninit::zeroed();
        // SAFETY: there are so many positions.
        check(unsafe { bindings::kpi_pcm_map_init(map.as_mut_ptr(), raw.as_ptr(), channels) })?;
        // SAFETY: it was filled in.
        Ok(Self(unsafe { map.assume_init() }))
    }

    /// [`format`] for frames in this order.
    pub fn format(&self, encoding: u32) -> u32 {
        // SAFETY: by the invariant.
        unsafe { bindings::kpi_pcm_map_format(&self.0, encoding) }
    }

    /// The number of channels of a frame.
    pub fn channels(&self) -> u32 {
        channels(self.format(0))
    }

    /// The maps, for C, which does not change them.
    pub fn as_raw(maps: &[Self]) -> *mut kpi_pcm_map {
        maps.as_ptr().cast_mut().cast()
    }
}

/// Buffer size in bytes: the administrator's `hint.pcm.N.buffersize`, else
/// `usual`, between `min` and `max`; `usual` if the device is gone. Sleepable.
pub fn buffer_size(dev: Device, min: u32, usual: u32, max: u32) -> u32 {
    ctx::can_block();
    dev.with(|dev| {
        // SAFETY: the device exists.
        unsafe { bindings::kpi_pcm_buffersize(dev.as_raw(), min, usual, max) }
    })
    .unwrap_or(usual)
}

/// Which way samples go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the device.
    Play,
    /// From the device.
    Record,
}

/// What a channel is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Start, at the buffer's start. A channel that runs is told so when its blocks have
    /// changed.
    Start,
    /// Stop now, and drop the rest.
    Stop,
    /// All was consumed: stop once it was played.
    Drained,
}

/// What a channel can do.
#[derive(Clone, Copy)]
pub struct Caps<'a> {
    /// Format words.
    pub formats: &'a [u32],
    /// Rates in Hz, rising.
    pub rates: &'a [u32],
    /// Orders of channels, one at most for a number of them; sound(4)'s usual
    /// order for the others.
    pub maps: &'a [Map],
}

/// A hardware channel. What is "locked" runs with the channel's mutex held and
/// does not sleep. None of it may call [`PcmChannel::intr`].
pub trait Channel: Send + Sync + 'static {
    /// Takes a format word of the list. Locked.
    fn setformat(&self, format: u32) -> Result<()>;

    /// Takes a rate near `hz`, and returns it: one from the lowest to the highest of
    /// [`Caps`], or sound(4) is told the nearer of these. Locked.
    fn setspeed(&self, hz: u32) -> u32;

    /// Chooses block size (bytes) and count near these, and returns both: 16 bytes
    /// and 2 blocks or more, in all no more than the buffer. Otherwise the blocks
    /// stay as they are. The channel is stopped. Sleepable.
    fn setfragments(&self, size: u32, count: u32) -> (u32, u32);

    /// Starts or stops. Locked.
    fn trigger(&self, go: Trigger) -> Result<()>;

    /// Bytes into the buffer where the device is: less than its size, a whole
    /// number of frames. For more sound(4) is told where it was last. Locked.
    fn getptr(&self) -> u32;

    /// The channel is stopped and goes away. Sleepable.
    fn free(&self) {}
}

/// A channel as sound(4) knows it.
///
/// # Invariants
/// `raw` and `caps` are known to sound(4) from addchan until kpo_free, `caps`
/// points into `formats`, `rates` and `maps`, and none of them changes meanwhile.
struct Shared<T> {
    raw: Opaque<kpi_pcm_chan>,
    caps: Opaque<kpi_pcm_caps>,
    formats: Vec<u32>,
    rates: Vec<c_int>,
    maps: Vec<Map>,
    buffer: Vec<u8>,
    channel: Arc<T>,
    /// Between addchan and the end of the card: only then may kpi_pcm_intr() be
    /// called. Held during that call, and taken before the channel's mutex.
    present: Arc<Mtx<bool>>,
}

// SAFETY: sound(4) does its own locking; the channel can be shared, and the
// buffer is copied only.
unsafe impl<T: Channel> Send for Shared<T> {}
// SAFETY: as for `Send`.
unsafe impl<T: Channel> Sync for Shared<T> {}

/// A channel that was added to a card, for the part of the driver that plays or records. Clones
/// are the same channel; it may be kept after the card has gone.
pub struct PcmChannel<T: Channel>(Arc<Shared<T>>);

impl<T: Channel> Clone for PcmChannel<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Channel> PcmChannel<T> {
    /// What implements it.
    pub fn channel(&self) -> &T {
        &self.0.channel
    }

    /// A block was played or recorded: sound(4) asks for the device's position,
    /// moves samples and wakes programs. Call it once per block. Does nothing
    /// when the card goes or has gone. Not in a filter, nor while holding a lock that a
    /// [`Channel`] takes. Panics if called in a function of the channel,
    /// because sound(4) does not expect that while it calls the channel.
    pub fn intr(&self) {
        let present = self.0.present.lock();
        if *present {
            // SAFETY: as below.
            if unsafe { bindings::kpi_pcm_locked(self.0.raw.get()) } {
                panic!("a channel reports a block from within one of its functions");
            }
            // SAFETY: the card waits for the mutex before it goes.
            unsafe { bindings::kpi_pcm_intr(self.0.raw.get()) }
        }
    }

    /// Bytes of the buffer.
    pub fn buffer_len(&self) -> usize {
        self.0.buffer.len()
    }

    /// Address of `len` bytes at `off` of the buffer. `EINVAL`: not all are in it.
    fn at(&self, off: usize, len: usize) -> Result<*mut u8> {
        match off.checked_add(len) {
            Some(end) if end <= self.buffer_len() => {
                Ok(self.0.buffer.as_ptr().wrapping_add(off).cast_mut())
            }
            _ => Err(EINVAL),
        }
    }

    /// Copies samples at `off` of the buffer out. `EINVAL`: not all are in it. What
    /// sound(4) writes meanwhile may be old or new. Any context.
    pub fn read(&self, off: usize, to: &mut [u8]) -> Result<()> {
        let from = self.at(off, to.len())?;
        // SAFETY: `at` showed that these bytes are in the buffer, which lives with
        // this; any bytes are samples.
        unsafe { core::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), to.len()) };
        Ok(())
    }
}

impl<T: Channel> Shared<T> {
    const OPS: &'static kpi_pcm_ops = &kpi_pcm_ops {
        kpo_init: Some(Self::init),
        kpo_free: Some(Self::free),
        kpo_setformat: Some(Self::setformat),
        kpo_setspeed: Some(Self::setspeed),
        kpo_setfragments: Some(Self::setfragments),
        kpo_trigger: Some(Self::trigger),
        kpo_getptr: Some(Self::getptr),
        // The CPU moves the samples: what it reads was filled.
        kpo_filled: None,
    };

    fn new(channel: Arc<T>, caps: &Caps<'_>, buffer: usize) -> Result<Self> {
        let (min, max) = match (caps.rates.first(), caps.rates.last()) {
            (Some(&min), Some(&max)) => (min, max),
            _ => return Err(EINVAL),
        };
        let mut this = Self {
            raw: Opaque::zeroed(),
            caps: Opaque::zeroed(),
            formats: Vec::new(),
            rates: Vec::new(),
            maps: Vec::new(),
            buffer: Vec::new(),
            channel,
            present: Arc::new(Mtx::new(c"kpi pcm channel", false)?)?,
        };
        this.formats
            .extend_from_slice(caps.formats, Flags::WaitOk)?;
        // What the list ends with.
        this.formats.push(0)?;
        for &rate in caps.rates {
            this.rates
                .push(c_int::try_from(rate).map_err(|_| EINVAL)?)?;
        }
        for map in caps.maps {
            this.maps.push(map.clone())?;
        }
        this.buffer.resize(buffer, 0, Flags::WaitOk)?;
        let raw = kpi_pcm_caps {
            kpa_minspeed: min,
            kpa_maxspeed: max,
            kpa_formats: this.formats.as_mut_ptr(),
            kpa_cooked: core::ptr::null_mut(),
            kpa_rates: this.rates.as_mut_ptr(),
            kpa_nrates: c_int::try_from(this.rates.len()).map_err(|_| EINVAL)?,
            kpa_maps: Map::as_raw(&this.maps),
            kpa_nmaps: c_int::try_from(this.maps.len()).map_err(|_| EINVAL)?,
        };
        // SAFETY: nobody else knows it yet. The lists keep their memory when
        // `this` moves.
        unsafe { this.caps.get().write(raw) };
        Ok(this)
    }

    /// The channel that sound(4) means.
    ///
    /// # Safety
    /// `arg` is a `Shared` of this type, and sound(4) knows it.
    unsafe fn of<'a>(arg: *mut c_void) -> &'a Self {
        // SAFETY: the caller's promise; the card keeps it until kpo_free.
        unsafe { &*arg.cast::<Self>() }
    }

    unsafe extern "C" fn init(arg: *mut c_void) -> c_int {
        // SAFETY: sound(4) calls this with what it was given.
        let this = unsafe { Self::of(arg) };
        let Ok(size) = u32::try_from(this.buffer.len()) else {
            return EINVAL.as_raw();
        };
        let memory = this.buffer.as_ptr().cast_mut().cast();
        // SAFETY: the buffer stays until kpo_free, and as memory that the crate
        // only copies from.
        unsafe { bindings::kpi_pcm_setbuf(this.raw.get(), memory, size) }
    }

    unsafe extern "C" fn free(arg: *mut c_void) {
        // SAFETY: as in `init`.
        unsafe { Self::of(arg) }.channel.free();
    }

    unsafe extern "C" fn setformat(arg: *mut c_void, format: u32) -> c_int {
        // SAFETY: as in `init`.
        errno::status(unsafe { Self::of(arg) }.channel.setformat(format))
    }

    unsafe extern "C" fn setspeed(arg: *mut c_void, hz: u32) -> u32 {
        // SAFETY: as in `init`.
        unsafe { Self::of(arg) }.channel.setspeed(hz)
    }

    unsafe extern "C" fn setfragments(arg: *mut c_void, size: u32, count: u32) -> c_int {
        // SAFETY: as in `init`.
        let this = unsafe { Self::of(arg) };
        let (size, count) = this.channel.setfragments(size, count);
        // SAFETY: called in kpo_setfragments.
        unsafe { bindings::kpi_pcm_resize(this.raw.get(), size, count) }
    }

    unsafe extern "C" fn trigger(arg: *mut c_void, go: kpi_pcm_trigger) -> c_int {
        let go = match go {
            bindings::KPI_PCM_START => Trigger::Start,
            bindings::KPI_PCM_STOP => Trigger::Stop,
            bindings::KPI_PCM_DRAINED => Trigger::Drained,
            _ => return EINVAL.as_raw(),
        };
        // SAFETY: as in `init`.
        errno::status(unsafe { Self::of(arg) }.channel.trigger(go))
    }

    unsafe extern "C" fn getptr(arg: *mut c_void) -> u32 {
        // SAFETY: as in `init`.
        unsafe { Self::of(arg) }.channel.getptr()
    }
}

/// A mixer of the device's own. Both functions run with the mixer's mutex held, or
/// while the mixer is made: they do not sleep, and call nothing of [`MixerPort`].
pub trait Mixer: Send + Sync + 'static {
    /// Sets a control (`SOUND_MIXER_*`) to levels of 0 to 100; muted, both are 0. At
    /// the card's end, sound(4) sets all to 0.
    fn set(&self, control: u32, left: u32, right: u32, muted: bool) -> Result<()>;

    /// Records from some of `sources`, and returns those in use.
    fn setrecsrc(&self, sources: u32) -> u32;
}

/// What a mixer has: masks of `1 << SOUND_MIXER_*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MixerCaps {
    /// Controls that have levels.
    pub controls: u32,
    /// Sources to record from.
    pub sources: u32,
    /// sound(4) applies the levels of `SOUND_MIXER_VOLUME` and `SOUND_MIXER_PCM`,
    /// multiplied, to what is played. `controls` may have the first, and is told of
    /// it as well, but not the second.
    pub softvol: bool,
}

/// A mixer as sound(4) knows it, while it does.
///
/// # Invariants
/// Unless null, sound(4) has the mixer, and kxo_uninit has not returned.
struct Port(*mut kpi_pcm_mixer);

// SAFETY: sound(4) does its own locking.
unsafe impl Send for Port {}

/// Tells sound(4), and so mixer(8), of a change that sound(4) did not make.
/// sound(4) calls the [`Mixer`]'s functions as if a program had made the
/// change. Nothing happens before the mixer was added, or when it has gone.
///
/// Not in a filter, nor while holding what a [`Mixer`] takes. Clones are the same.
#[derive(Clone)]
pub struct MixerPort(Arc<Mtx<Port>>);

impl MixerPort {
    /// A port for a mixer that is yet to be added. Sleepable.
    pub fn new() -> Result<Self> {
        let port = Port(core::ptr::null_mut());
        Ok(Self(Arc::new(Mtx::new(c"kpi pcm mixer", port)?)?))
    }

    /// Calls `tell` with the mixer, if sound(4) has it, and keeps it meanwhile.
    fn with(&self, tell: impl FnOnce(*mut kpi_pcm_mixer)) {
        let port = self.0.lock();
        if !port.0.is_null() {
            tell(port.0);
        }
    }

    /// The levels of a control are these, of 0 to 100. Nothing happens if the card
    /// does not have it.
    pub fn set_level(&self, control: u32, left: u32, right: u32) {
        // SAFETY: by the invariant, while the port is locked.
        self.with(|raw| unsafe { bindings::kpi_pcm_mixer_level(raw, control, left, right) });
    }

    /// A control is muted, or not. Nothing happens if the card does not have it.
    pub fn set_muted(&self, control: u32, muted: bool) {
        // SAFETY: as in `set_level`.
        self.with(|raw| unsafe { bindings::kpi_pcm_mixer_mute(raw, control, muted) });
    }

    /// These sources are recorded from.
    pub fn set_recsrc(&self, sources: u32) {
        // SAFETY: as in `set_level`.
        self.with(|raw| unsafe { bindings::kpi_pcm_mixer_recsrc(raw, sources) });
    }
}

/// A mixer that was added to a card.
struct SharedMixer<T> {
    raw: Opaque<kpi_pcm_mixer>,
    mixer: Arc<T>,
    port: MixerPort,
}

// SAFETY: sound(4) does its own locking; the mixer can be shared.
unsafe impl<T: Mixer> Send for SharedMixer<T> {}
// SAFETY: as for `Send`.
unsafe impl<T: Mixer> Sync for SharedMixer<T> {}

impl<T: Mixer> SharedMixer<T> {
    const OPS: &'static kpi_pcm_mixer_ops = &kpi_pcm_mixer_ops {
        kxo_set: Some(Self::set),
        kxo_setrecsrc: Some(Self::setrecsrc),
        kxo_uninit: Some(Self::uninit),
    };

    /// The mixer that sound(4) means.
    ///
    /// # Safety
    /// `arg` is a `SharedMixer` of this type, and sound(4) knows it.
    unsafe fn of<'a>(arg: *mut c_void) -> &'a Self {
        // SAFETY: the caller's promise; the card keeps it until kxo_uninit.
        unsafe { &*arg.cast::<Self>() }
    }

    unsafe extern "C" fn set(
        arg: *mut c_void,
        control: u32,
        left: u32,
        right: u32,
        muted: bool,
    ) -> c_int {
        // SAFETY: sound(4) calls this with what it was given.
        let this = unsafe { Self::of(arg) };
        errno::status(this.mixer.set(control, left, right, muted))
    }

    unsafe extern "C" fn setrecsrc(arg: *mut c_void, sources: u32) -> u32 {
        // SAFETY: as in `set`.
        unsafe { Self::of(arg) }.mixer.setrecsrc(sources)
    }

    unsafe extern "C" fn uninit(arg: *mut c_void) {
        // SAFETY: as in `set`. Waits for who is telling sound(4) something.
        unsafe { Self::of(arg) }.port.0.lock().0 = core::ptr::null_mut();
    }
}

/// The values that are kept as long as sound(4) has a card.
struct Kept {
    /// Channels, and the mixer.
    parts: Keep,
    /// Of each channel: see [`Shared`].
    present: Vec<Arc<Mtx<bool>>>,
    hold: Hold,
}

/// A sound card, and its channels that are in Rust.
///
/// Dropping it takes the card away, registered or not: sleepable, while holding
/// nothing that a channel takes; in detach or a failing attach. If sound(4) refuses,
/// a line says so, and the card and its device stay: the driver cannot be detached
/// any more.
///
/// # Invariants
/// The device that is held is a pcm, initialised and not taken away.
pub struct Card {
    /// Dropped once the card was taken away.
    kept: ManuallyDrop<Kept>,
    has_mixer: bool,
    registered: AtomicBool,
}

impl Card {
    /// Makes the device a card that is not yet visible. `ENXIO`: it is gone.
    /// Sleepable; in attach.
    ///
    /// # Safety
    /// The device's class is "pcm", and the first `KPI_PCM_SOFTC_SIZE` bytes of its
    /// softc are sound(4)'s alone. Once for each attach.
    pub unsafe fn new(dev: Device) -> Result<Self> {
        ctx::can_block();
        let hold = dev.hold()?;
        // SAFETY: the device exists; its softc is the caller's promise.
        unsafe { bindings::kpi_pcm_init(hold.as_raw()) };
        let kept = Kept {
            parts: Keep::new(),
            present: Vec::new(),
            hold,
        };
        Ok(Self {
            kept: ManuallyDrop::new(kept),
            has_mixer: false,
            registered: AtomicBool::new(false),
        })
    }

    /// `EBUSY`: programs see the card.
    fn unseen(&self) -> Result<()> {
        match self.registered.load(Ordering::Relaxed) {
            true => Err(EBUSY),
            false => Ok(()),
        }
    }

    /// Adds a channel with a zeroed buffer of `buffer` bytes. `EINVAL`: a format or
    /// rate that sound(4) cannot calculate with, or none, or a buffer of more than
    /// [`BUFFER_MAX`]; `ENODEV`: sound(4) refused it; `EBUSY`: the card is registered.
    /// Sleepable.
    pub fn add_channel<T: Channel>(
        &mut self,
        direction: Direction,
        channel: Arc<T>,
        caps: &Caps<'_>,
        buffer: usize,
    ) -> Result<PcmChannel<T>> {
        self.unseen()?;
        if buffer > BUFFER_MAX {
            return Err(EINVAL);
        }
        let shared = Arc::new(Shared::new(channel, caps, buffer)?)?;
        let link = Keep::link(&shared)?;
        self.kept.present.push(shared.present.clone())?;
        let direction = match direction {
            Direction::Play => bindings::KPI_PCM_PLAY,
            Direction::Record => bindings::KPI_PCM_REC,
        };
        // SAFETY: the device is initialised; `shared` is what the functions
        // expect. On success it is kept until the card was taken away, on failure
        // kpo_free was called if sound(4) had taken it.
        check(unsafe {
            bindings::kpi_pcm_addchan(
                self.kept.hold.as_raw(),
                direction as c_int,
                Shared::<T>::OPS,
                as_arg(&*shared),
                shared.caps.get(),
                shared.raw.get(),
            )
        })?;
        *shared.present.lock() = true;
        self.kept.parts.add(link);
        Ok(PcmChannel(shared))
    }

    /// Keeps `part`, of a channel that is in C, until sound(4) has let the card go.
    /// Sleepable.
    pub fn keep<T: Send + Sync + 'static>(&mut self, part: &Arc<T>) -> Result<()> {
        self.kept.parts.add(Keep::link(part)?);
        Ok(())
    }

    /// Adds the card's mixer, which can be told of changes through `port`. Each of
    /// its controls is set to a level. `EINVAL`: what [`MixerCaps::softvol`] forbids;
    /// `ENXIO`: sound(4) failed; `EBUSY`: the card is registered, or has a mixer.
    /// Sleepable.
    pub fn add_mixer<T: Mixer>(
        &mut self,
        mixer: Arc<T>,
        caps: &MixerCaps,
        port: &MixerPort,
    ) -> Result<()> {
        self.unseen()?;
        if self.has_mixer {
            return Err(EBUSY);
        }
        let shared = Arc::new(SharedMixer {
            raw: Opaque::zeroed(),
            mixer,
            port: port.clone(),
        })?;
        let link = Keep::link(&shared)?;
        // SAFETY: the device is initialised; `shared` is what the functions
        // expect. On success it is kept until the card was taken away; on failure
        // sound(4) does not have it.
        check(unsafe {
            bindings::kpi_pcm_addmixer(
                self.kept.hold.as_raw(),
                SharedMixer::<T>::OPS,
                as_arg(&*shared),
                caps.controls,
                caps.sources,
                caps.softvol,
                shared.raw.get(),
            )
        })?;
        self.has_mixer = true;
        shared.port.0.lock().0 = shared.raw.get();
        self.kept.parts.add(link);
        Ok(())
    }

    /// Shows the card to programs. Without a mixer it gets one: with `softvol`, and
    /// if it plays, that of [`MixerCaps::softvol`]; else one that has no controls.
    /// Fails as sound(4) does; `EBUSY`: it is shown already. Sleepable.
    pub fn register(&self, softvol: bool) -> Result<()> {
        ctx::can_block();
        if self.registered.swap(true, Ordering::Relaxed) {
            return Err(EBUSY);
        }
        // SAFETY: the device is initialised.
        check(unsafe { bindings::kpi_pcm_register(self.kept.hold.as_raw(), softvol) })
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        ctx::can_block();
        let dev = self.kept.hold.device();
        // sound(4) frees what a report needs before it calls kpo_free: see chn_kill().
        for present in self.kept.present.iter() {
            // Waits for an intr() under way.
            *present.lock() = false;
        }
        // SAFETY: by the invariant; it is not used again.
        match check(unsafe { bindings::kpi_pcm_unregister(dev.as_raw()) }) {
            // SAFETY: as above.
            Ok(()) => unsafe { ManuallyDrop::drop(&mut self.kept) },
            // What sound(4) still knows stays.
            Err(error) => device_println!(dev, "cannot take the card away: {}", error),
        }
    }
}
