// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The card: attach and detach.  [`crate::power`] does what comes between them.
//!
//! Attach negotiates, sets the queues up, asks the device about its streams,
//! makes a channel of each stream, and shows the card to programs.  The fields
//! of [`Card`] are what attach has made, in the order in which they are
//! dropped.  Detach drops the card, and so does an attach that fails half-way.

use crate::bindings::{
    VTSND_CONFIG_CHMAPS, VTSND_CONFIG_CONTROLS, VTSND_CONFIG_JACKS, VTSND_CONFIG_SIZE,
    VTSND_CONFIG_STREAMS, VTSND_F_CTLS, VTSND_MAXSTREAMS, VTSND_VQ_CONTROL, VTSND_VQ_EVENT,
    VTSND_VQ_RX, VTSND_VQ_TX, device_t, kpi_virtio, vtsnd_wire_chmap_info,
};
use crate::channel::Channel;
use crate::chmap::{self, ChannelMap};
use crate::control::Control;
use crate::ctl::{self, Controls};
use crate::ctl_sysctl::ControlSysctls;
use crate::event::Events;
use crate::info::{Direction, PcmInfo};
use crate::jack::Jack;
use crate::mixer::Mixer;
use crate::power::{CatchUp, PowerState};
use crate::ring::{DataQueue, Ring};
use crate::stream::Stream;
use core::ffi::{c_int, c_void};
use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EBUSY, EINVAL, ENXIO, EOPNOTSUPP, Errno, Result};
use kpi::pcm::{self, Card as PcmCard};
use kpi::sysctl::Sysctl;
use kpi::taskq::{Task, TaskQueue};
use kpi::vec::Vec;
use kpi::virtio::{
    ConfigWatch, F_EVENT_IDX, F_INDIRECT_DESC, F_VERSION_1, QueueSpec, Queues, Virtio,
};
use kpi::virtio_ctl::{ControlQueue, LateWatch};

/// Streams of one device that are used; QEMU has up to 10.
const MAX_STREAMS: u32 = VTSND_MAXSTREAMS;

/// Jacks of one device that are used.
const MAX_JACKS: u32 = 64;

/// Channel maps of one device that are used.
const MAX_CHMAPS: u32 = 256;

/// Control elements of one device that are used.
const MAX_CONTROLS: u32 = 256;

/// Threads that run the streams' tasks.
const THREADS: usize = 2;

/// Bytes of a stream's buffer: least, usual, most.
const BUFFER: (u32, u32, u32) = (4096, 65536, 262144);

/// Longest request and response on the control queue, in bytes.
const CONTROL_BYTES: usize = 64;

/// An attached device.  Once the device was taken down, the fields go in this order.
struct Card {
    /// A late answer enqueues no task any more.
    late: Option<LateWatch>,
    /// No handler is called for changes of the configuration any more.
    watch: Option<ConfigWatch>,
    /// No task resets the device any more.
    recovery: Option<Arc<Task<PowerState>>>,
    /// No program reads the counters any more.
    sysctl: Sysctl,
    /// sound(4) has freed all channels.
    pcm: Option<PcmCard>,
    /// The lists of formats are freed.  The streams' tasks are not: `power` has them,
    /// too.
    channels: Vec<Arc<Channel>>,
    /// Its threads end with the last task.
    taskq: TaskQueue,
    /// The tasks of the streams and the mixer are drained.  The rings and their
    /// memory are gone.
    power: Arc<PowerState>,
    /// The data queues are gone: each ring has held one of them.
    tx: Arc<DataQueue>,
    rx: Arc<DataQueue>,
}

/// Why attach failed.
enum Failure {
    /// A line was printed.
    Told(Errno),
    /// What went wrong, and how.
    At(&'static str, Errno),
}

/// Prints which step failed.
fn at(what: &'static str) -> impl Fn(Errno) -> Failure {
    move |error| Failure::At(what, error)
}

impl Failure {
    /// Prints one line, unless one was printed before.
    fn tell(self, dev: Device) -> Errno {
        match self {
            Failure::Told(error) => error,
            Failure::At(what, error) => {
                device_println!(dev, "cannot attach: {}: {}", what, error);
                error
            }
        }
    }
}

impl Card {
    /// Attaches the device.  Sleeps.
    fn attach(dev: Device, mut virtio: Virtio) -> Result<Box<Self>, Failure> {
        let wanted = F_VERSION_1 | F_INDIRECT_DESC | F_EVENT_IDX | u64::from(VTSND_F_CTLS);
        let agreed = virtio
            .negotiate(wanted)
            .map_err(|error| not_negotiated(dev, error))?;
        if agreed & F_VERSION_1 == 0 {
            device_println!(dev, "not a virtio 1.0 device");
            return Err(Failure::Told(ENXIO));
        }
        let count = stream_count(dev, &virtio).map_err(Failure::Told)?;
        let jacks = count_up_to(dev, &virtio, VTSND_CONFIG_JACKS, MAX_JACKS, "jacks");
        let chmaps = count_up_to(
            dev,
            &virtio,
            VTSND_CONFIG_CHMAPS,
            MAX_CHMAPS,
            "channel maps",
        );
        let controls = match agreed & u64::from(VTSND_F_CTLS) {
            0 => 0,
            _ => count_up_to(
                dev,
                &virtio,
                VTSND_CONFIG_CONTROLS,
                MAX_CONTROLS,
                "controls",
            ),
        };
        let mut card = Self::set_up(dev, virtio, controls)?;
        let chmaps = ask_chmaps(dev, card.power.control(), chmaps).map_err(at("channel maps"))?;
        for id in 0..count {
            card.add_stream(dev, id, &chmaps)?;
        }
        card.add_jacks(dev, jacks).map_err(at("jacks"))?;
        let controls = Controls::ask(dev, card.power.control(), controls)
            .and_then(Arc::new)
            .map_err(at("controls"))?;
        let mixer = card.add_mixer(&controls).map_err(at("mixer"))?;
        card.show(dev, &controls, &mixer)?;
        card.power.ask();
        Ok(card)
    }

    /// A card without streams, whose device was told to go.
    #[inline(never)] // a frame of its own
    fn set_up(dev: Device, virtio: Virtio, controls: u32) -> Result<Box<Self>, Failure> {
        let tx = DataQueue::new().and_then(Arc::new).map_err(at("queues"))?;
        let rx = DataQueue::new().and_then(Arc::new).map_err(at("queues"))?;
        let events = Events::new(dev).and_then(Arc::new).map_err(at("events"))?;
        let control = control_queue(dev, controls)
            .and_then(Arc::new)
            .map_err(at("control queue"))?;
        let queues = set_up_queues(virtio, &control, &events, &tx, &rx).map_err(at("queues"))?;
        let control = Arc::new(Control::new(dev, control)).map_err(at("control queue"))?;
        let power = PowerState::new(dev, control, queues, events)
            .and_then(Arc::new)
            .map_err(at("queues"))?;
        Box::new(Card {
            late: None,
            watch: None,
            recovery: None,
            sysctl: Sysctl::new(dev).map_err(at("sysctl variables"))?,
            pcm: None,
            channels: Vec::new(),
            taskq: TaskQueue::new(c"virtio_snd", THREADS).map_err(at("threads"))?,
            power,
            tx,
            rx,
        })
        .map_err(at("memory"))
    }

    /// The parts of the power state that attach may still add to.
    fn parts(&mut self) -> Result<&mut PowerState> {
        Arc::get_mut(&mut self.power).ok_or(EBUSY)
    }

    /// Asks what stream `id` can do, and makes a channel of it.
    #[inline(never)] // a frame of its own
    fn add_stream(&mut self, dev: Device, id: u32, chmaps: &[ChannelMap]) -> Result<(), Failure> {
        let told = |what: &str, error: Errno| {
            device_println!(dev, "stream {}: {}: {}", id, what, error);
            Failure::Told(error)
        };
        let record = self
            .power
            .control()
            .pcm_info(id)
            .map_err(|error| told("PCM_INFO failed", error))?;
        let info = PcmInfo::parse(&record).map_err(|what| {
            device_println!(dev, "stream {}: {}", id, what);
            Failure::Told(EINVAL)
        })?;
        self.make_stream(dev, id, &info, chmaps)
            .map_err(|error| told("cannot attach", error))
    }

    /// Makes a channel of stream `id`, which can do what `info` says.
    #[inline(never)] // a frame of its own
    fn make_stream(
        &mut self,
        dev: Device,
        id: u32,
        info: &PcmInfo,
        chmaps: &[ChannelMap],
    ) -> Result<()> {
        let queue = match info.direction {
            Direction::Output => &self.tx,
            Direction::Input => &self.rx,
        };
        let size = pcm::buffer_size(dev, BUFFER.0, BUFFER.1, BUFFER.2);
        let ring = Ring::new(dev, queue, info.direction, id, size)?;
        let events = self.power.events.add_stream()?;
        let control = self.power.control();
        let stream = Stream::new(dev, id, info, control, queue, ring, events)?;
        let stream = Arc::new(stream)?;
        let maps = chmap::of_stream(chmaps, info)?;
        let channel = Channel::new(&self.taskq, &stream, info, maps)?;
        let task = channel.task().clone();
        self.channels.push(channel)?;
        let parts = self.parts()?;
        parts.streams.push(stream)?;
        parts.tasks.push(task)
    }

    /// Asks about `count` jacks.  A device may count jacks and not describe
    /// them, as QEMU's does: the card then works without them.
    #[inline(never)] // a frame of its own
    fn add_jacks(&mut self, dev: Device, count: u32) -> Result<()> {
        let mut records = Vec::new();
        for id in 0..count {
            match self.power.control().jack_info(id) {
                Ok(record) => records.push(record)?,
                Err(error) => {
                    device_println!(dev, "jack {}: JACK_INFO failed: {}: no jacks", id, error);
                    return Ok(());
                }
            }
        }
        for (id, record) in (0..).zip(records.iter()) {
            let jack = Jack::new(dev, id, self.power.control(), record)?;
            let jack = Arc::new(jack)?;
            self.power.events.add_jack(&jack)?;
            self.parts()?.jacks.push(jack)?;
        }
        Ok(())
    }

    /// Makes a mixer of the control elements.
    fn add_mixer(&mut self, controls: &Arc<Controls>) -> Result<Arc<Mixer>> {
        let mixer = Arc::new(Mixer::new(controls, &self.taskq)?)?;
        self.power.events.set_mixer(&mixer);
        self.parts()?.mixer = Some(mixer.clone());
        Ok(mixer)
    }

    /// Shows the card, its channels and their counters.
    fn show(
        &mut self,
        dev: Device,
        controls: &Arc<Controls>,
        mixer: &Arc<Mixer>,
    ) -> Result<(), Failure> {
        let plays = self.channels.iter().any(|channel| channel.plays());
        // SAFETY: the driver's class is "pcm", its softc begins with sound(4)'s part,
        // and attach comes here once.
        let pcm = unsafe { PcmCard::new(dev) }.map_err(at("card"))?;
        let pcm = self.pcm.insert(pcm);
        Mixer::add(mixer, pcm, plays).map_err(at("mixer"))?;
        for channel in self.channels.iter() {
            // SAFETY: both are of `dev`.
            unsafe { Channel::add(channel, pcm).map_err(at("channels"))? };
        }
        pcm.register(true).map_err(at("sound(4)"))?;
        self.show_counters()
            .and_then(|()| ControlSysctls::show(controls, mixer, &self.sysctl))
            .map_err(at("sysctl variables"))
    }

    fn show_counters(&self) -> Result<()> {
        for stream in self.power.streams.iter() {
            stream.show(&self.sysctl)?;
        }
        for (id, jack) in self.power.jacks.iter().enumerate() {
            Jack::show(jack, id, &self.sysctl)?;
        }
        Control::show(self.power.control(), &self.sysctl)?;
        for (queue, name) in [(&self.tx, c"tx"), (&self.rx, c"rx")] {
            DataQueue::show(queue, &self.sysctl, name)?;
        }
        Events::show(&self.power.events, &self.sysctl)
    }

    /// From now on late answers are served, and the device is reset when it needs it.
    fn watch(&mut self) -> Result<()> {
        let catch_up = Arc::new(CatchUp(self.power.clone()))?;
        let catch_up = Arc::new(Task::new(&self.taskq, catch_up)?)?;
        self.late = Some(self.power.control().watch_late(&catch_up)?);
        let recovery = Arc::new(Task::new(&self.taskq, self.power.clone())?)?;
        self.watch = Some(self.power.watch_config(&recovery)?);
        self.recovery = Some(recovery);
        Ok(())
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // Levels that sound(4) sets at a mixer's end do not go to the device.
        if let Some(mixer) = &self.power.mixer {
            mixer.close();
        }
        // From here on no thread waits for a request, and no channel has
        // periods with the device when sound(4) frees it.
        self.power.end();
        // Now the fields go.
    }
}

/// Why the features could not be agreed on.  Only the bus sees which features
/// the device offers, so the driver can only infer which one it insists on.
/// QEMU's device, and others, refuse for one reason alone.
fn not_negotiated(dev: Device, error: Errno) -> Failure {
    if error != EOPNOTSUPP {
        return Failure::At("features", error);
    }
    device_println!(
        dev,
        "the device refuses to work without a feature that virtio(4) lacks, most likely \
         VIRTIO_F_ACCESS_PLATFORM: turn it off (QEMU: iommu_platform=off)"
    );
    Failure::Told(ENXIO)
}

/// Sets the queues up and tells the device to go.
#[inline(never)] // a frame of its own
fn set_up_queues(
    virtio: Virtio,
    control: &Arc<ControlQueue>,
    events: &Arc<Events>,
    tx: &Arc<DataQueue>,
    rx: &Arc<DataQueue>,
) -> Result<Queues> {
    let mut queues = virtio.setup_queues([
        QueueSpec::new(c"control", 2).handler(control),
        QueueSpec::new(c"event", 1).handler(events),
        DataQueue::spec(tx, c"tx"),
        DataQueue::spec(rx, c"rx"),
    ])?;
    control.bind(queues.take(VTSND_VQ_CONTROL)?)?;
    tx.bind(queues.take(VTSND_VQ_TX)?);
    rx.bind(queues.take(VTSND_VQ_RX)?);
    events.bind(queues.take(VTSND_VQ_EVENT)?)?;
    queues.driver_ok();
    Ok(queues)
}

/// The control queue, with room for requests about so many controls.
fn control_queue(dev: Device, controls: u32) -> Result<ControlQueue> {
    match controls {
        0 => ControlQueue::new(dev, CONTROL_BYTES, CONTROL_BYTES),
        _ => ControlQueue::new(dev, ctl::REQUEST_BYTES, ctl::RESPONSE_BYTES),
    }
}

/// Streams that the device has.
fn stream_count(dev: Device, virtio: &Virtio) -> Result<u32> {
    match virtio.config_4(VTSND_CONFIG_STREAMS) {
        0 => {
            device_println!(dev, "the device has no streams");
            Err(ENXIO)
        }
        count if count > MAX_STREAMS => {
            device_println!(dev, "the device claims {} streams: not believed", count);
            Err(EINVAL)
        }
        count => Ok(count),
    }
}

/// How many `what` the driver uses.  The field at `off` says how many the
/// device has.
fn count_up_to(dev: Device, virtio: &Virtio, off: u32, most: u32, what: &str) -> u32 {
    let count = virtio.config_4(off);
    if count > most {
        device_println!(dev, "the device claims {} {}: not believed", count, what);
        return 0;
    }
    count
}

/// Asks about `count` channel maps.  A device may count maps and not describe
/// them, as QEMU's does, or describe one that makes no sense: the card then
/// works without it.
#[inline(never)] // a frame of its own
fn ask_chmaps(dev: Device, control: &Control, count: u32) -> Result<Vec<ChannelMap>> {
    let mut chmaps = Vec::new();
    for id in 0..count {
        let record = match control.chmap_info(id) {
            Ok(record) => record,
            Err(error) => {
                device_println!(
                    dev,
                    "channel map {}: CHMAP_INFO failed: {}: no channel maps",
                    id,
                    error
                );
                return Ok(Vec::new());
            }
        };
        add_chmap(dev, id, &record, &mut chmaps)?;
    }
    Ok(chmaps)
}

/// Adds the channel map that `record` describes, if it makes sense.
#[inline(never)] // a frame of its own
fn add_chmap(
    dev: Device,
    id: u32,
    record: &vtsnd_wire_chmap_info,
    chmaps: &mut Vec<ChannelMap>,
) -> Result<()> {
    let chmap = match ChannelMap::parse(record) {
        Ok(chmap) => chmap,
        Err(what) => {
            device_println!(dev, "channel map {}: {}: not used", id, what);
            return Ok(());
        }
    };
    if let Some(position) = chmap.dropped {
        device_println!(
            dev,
            "channel map {}: sound(4) has no position {}: silent",
            id,
            position
        );
    }
    chmaps.push(chmap)
}

/// The C glue's attach; see virtio_snd_var.h.
///
/// # Safety
///
/// The device is being attached, `kv` lies in its softc, `card` is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn vtsnd_attach_card(
    dev: device_t,
    kv: *mut kpi_virtio,
    card: *mut *mut c_void,
) -> c_int {
    // SAFETY: the caller's contract: the device lives until detach has succeeded.
    let dev = unsafe { Device::from_raw(dev) };
    // SAFETY: so does its softc; sound devices have that much of a config space.
    let virtio = unsafe { Virtio::from_raw(dev, kv, VTSND_CONFIG_SIZE) };
    let attached = virtio
        .map_err(at("device"))
        .and_then(|virtio| Card::attach(dev, virtio));
    match attached {
        Ok(attached) => {
            // SAFETY: the caller's contract.
            unsafe { *card = Box::into_raw(attached).cast() };
            0
        }
        Err(failure) => {
            let error = failure.tell(dev);
            match dev.end() {
                Ok(()) => error.as_raw(),
                // sound(4) has kept the card, and says so.  The device does nothing.
                Err(_) => 0,
            }
        }
    }
}

/// The C glue's detach; see virtio_snd_var.h.
///
/// # Safety
///
/// `card` came from `vtsnd_attach_card` and was not detached.
#[unsafe(no_mangle)]
unsafe extern "C" fn vtsnd_detach_card(card: *mut c_void) -> c_int {
    // SAFETY: the caller's contract.
    let card = unsafe { Box::from_raw(card.cast::<Card>()) };
    let dev = card.power.dev;
    drop(card);
    kpi::errno::status(dev.end())
}

/// The C glue's suspend; see virtio_snd_var.h.
///
/// # Safety
///
/// `card` came from `vtsnd_attach_card` and was not detached.
#[unsafe(no_mangle)]
unsafe extern "C" fn vtsnd_suspend_card(card: *mut c_void) {
    // SAFETY: the caller's contract.
    unsafe { &*card.cast::<Card>() }.power.suspend();
}

/// The C glue's resume; see virtio_snd_var.h.
///
/// # Safety
///
/// `card` came from `vtsnd_attach_card` and was not detached.
#[unsafe(no_mangle)]
unsafe extern "C" fn vtsnd_resume_card(card: *mut c_void) -> c_int {
    // SAFETY: the caller's contract.
    kpi::errno::status(unsafe { &*card.cast::<Card>() }.power.resume())
}

/// The C glue's attach_completed; see virtio_snd_var.h.
///
/// # Safety
///
/// `card` came from `vtsnd_attach_card`, and newbus has not yet let others to it.
#[unsafe(no_mangle)]
unsafe extern "C" fn vtsnd_watch_card(card: *mut c_void) {
    // SAFETY: the caller's contract.
    let card = unsafe { &mut *card.cast::<Card>() };
    if let Err(error) = card.watch() {
        device_println!(
            card.power.dev,
            "will not be reset when it needs it: {}",
            error
        );
    }
}
