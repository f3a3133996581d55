// SPDX-License-Identifier: BSD-2-Clause

//! The card: attach and detach.
//!
//! Attach negotiates, sets the queues up, asks the device about its streams,
//! makes a channel of each stream, and shows the card to programs.
//! What it made are the fields of [`Card`], in the order in which they go: so
//! detach drops the card, and so does an attach that fails half-way.

use crate::bindings::{
    VTSND_CONFIG_CHMAPS, VTSND_CONFIG_JACKS, VTSND_CONFIG_STREAMS, VTSND_SEGS, VTSND_VQ_CONTROL,
    VTSND_VQ_EVENT, VTSND_VQ_RX, VTSND_VQ_TX, device_t, kpi_virtio,
};
use crate::channel::{Channel, default_sound};
use crate::chmap::{self, ChannelMap};
use crate::control::Control;
use crate::event::Events;
use crate::info::{Direction, PcmInfo};
use crate::jack::Jack;
use crate::ring::{DataQueue, Ring};
use crate::stream::Stream;
use core::ffi::{c_int, c_void};
use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::dev::{Device, Sysctl};
use kpi::device_println;
use kpi::errno::{EINVAL, ENXIO, Result};
use kpi::pcm::{self, Card as PcmCard};
use kpi::taskq::TaskQueue;
use kpi::vec::Vec;
use kpi::virtio::{F_EVENT_IDX, F_INDIRECT_DESC, F_VERSION_1, QueueSpec, Queues, Virtio};
use kpi::virtio_ctl::ControlQueue;

/// Streams of one device that are used; QEMU has up to 10.
const MAX_STREAMS: u32 = 64;

/// Jacks of one device that are used.
const MAX_JACKS: u32 = 64;

/// Channel maps of one device that are used.
const MAX_CHMAPS: u32 = 256;

/// Threads that bring streams where sound(4) wants them.
const THREADS: usize = 2;

/// Bytes of a stream's buffer: least, usual, most.
const BUFFER: (u32, u32, u32) = (4096, 65536, 262144);

/// Longest request and response on the control queue, in bytes.
const CONTROL_BYTES: usize = 64;

/// An attached device.  Once the rings are closed, the fields go in this order.
struct Card {
    /// Nobody reads the counters any more.
    sysctl: Sysctl,
    /// sound(4) has let all channels go.
    pcm: Option<PcmCard>,
    /// No task runs any more.
    channels: Vec<Box<Channel>>,
    taskq: TaskQueue,
    /// The device is reset, no handler runs any more, the queues are empty.
    _queues: Queues,
    /// The rings and their memory are gone.
    streams: Vec<Arc<Stream>>,
    tx: Arc<DataQueue>,
    rx: Arc<DataQueue>,
    events: Arc<Events>,
    jacks: Vec<Arc<Jack>>,
}

impl Card {
    /// Attaches the device.  Sleeps.
    fn attach(dev: Device, virtio: Virtio) -> Result<Box<Self>> {
        let agreed = virtio.negotiate(F_VERSION_1 | F_INDIRECT_DESC | F_EVENT_IDX)?;
        if agreed & F_VERSION_1 == 0 {
            device_println!(dev, "not a virtio 1.0 device");
            return Err(ENXIO);
        }
        let count = stream_count(dev, &virtio)?;
        let jacks = count_up_to(dev, &virtio, VTSND_CONFIG_JACKS, MAX_JACKS, "jacks");
        let chmaps = count_up_to(
            dev,
            &virtio,
            VTSND_CONFIG_CHMAPS,
            MAX_CHMAPS,
            "channel maps",
        );
        let tx = Arc::new(DataQueue::new()?)?;
        let rx = Arc::new(DataQueue::new()?)?;
        let events = Arc::new(Events::new(dev)?)?;
        let control = Arc::new(ControlQueue::new(dev, CONTROL_BYTES, CONTROL_BYTES)?)?;
        let queues = set_up(virtio, &control, &events, &tx, &rx)?;
        let mut card = Box::new(Card {
            sysctl: Sysctl::new(dev)?,
            pcm: None,
            channels: Vec::new(),
            taskq: TaskQueue::new(c"virtio_snd", THREADS)?,
            _queues: queues,
            streams: Vec::new(),
            tx,
            rx,
            events,
            jacks: Vec::new(),
        })?;
        let control = Arc::new(Control::new(control))?;
        let chmaps = ask_chmaps(dev, &control, chmaps)?;
        for id in 0..count {
            card.add_stream(dev, &control, id, &chmaps)?;
        }
        card.add_jacks(dev, &control, jacks)?;
        card.show(dev)?;
        Ok(card)
    }

    /// Asks what stream `id` can do, and makes a channel of it.
    #[inline(never)] // as `set_up`
    fn add_stream(
        &mut self,
        dev: Device,
        control: &Arc<Control>,
        id: u32,
        chmaps: &[ChannelMap],
    ) -> Result<()> {
        let record = control.pcm_info(id).inspect_err(|error| {
            device_println!(dev, "stream {}: PCM_INFO failed: {}", id, error);
        })?;
        let info = PcmInfo::parse(&record).map_err(|what| {
            device_println!(dev, "stream {}: {}", id, what);
            EINVAL
        })?;
        let queue = match info.direction {
            Direction::Output => &self.tx,
            Direction::Input => &self.rx,
        };
        let size = pcm::buffer_size(dev, BUFFER.0, BUFFER.1, BUFFER.2);
        let ring = Ring::new(dev, queue, info.direction, id, size)?;
        let sound = default_sound(&info)?;
        let events = self.events.add_stream()?;
        let stream = Stream::new(dev, id, control, queue, ring, events, sound)?;
        let stream = Arc::new(stream)?;
        let maps = chmap::of_stream(chmaps, &info)?;
        let channel = Channel::new(&self.taskq, &stream, &info, maps)?;
        self.streams.push(stream)?;
        self.channels.push(channel)
    }

    /// Asks about `count` jacks.  A device may have some and not tell of them, as
    /// QEMU does: it plays without.
    #[inline(never)] // as `set_up`
    fn add_jacks(&mut self, dev: Device, control: &Arc<Control>, count: u32) -> Result<()> {
        for id in 0..count {
            let record = match control.jack_info(id) {
                Ok(record) => record,
                Err(error) => {
                    device_println!(dev, "jack {}: JACK_INFO failed: {}: no jacks", id, error);
                    return Ok(());
                }
            };
            let jack = Arc::new(Jack::new(dev, id, control, &record)?)?;
            self.events.add_jack(&jack)?;
            self.jacks.push(jack)?;
        }
        Ok(())
    }

    /// Shows the card, its channels and their counters.
    fn show(&mut self, dev: Device) -> Result<()> {
        let pcm = self.pcm.insert(PcmCard::new(dev));
        for channel in self.channels.iter() {
            // SAFETY: `pcm` is dropped before `channels`.
            unsafe { channel.add()? };
        }
        pcm.register(true)?;
        for stream in self.streams.iter() {
            // SAFETY: `sysctl` is dropped before `streams`.
            unsafe { stream.show(&self.sysctl)? };
        }
        for (id, jack) in self.jacks.iter().enumerate() {
            Jack::show(jack, id, &self.sysctl)?;
        }
        Events::show(&self.events, &self.sysctl)?;
        Ok(())
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // sound(4) frees what a report of a period needs before it tells the
        // driver that a channel is gone.
        for stream in self.streams.iter() {
            stream.ring.close();
        }
        // Now the fields go.
    }
}

/// Sets the queues up and tells the device to go.  Never inlined: the frame of
/// attach would be large enough for all that attach calls.
#[inline(never)]
fn set_up(
    virtio: Virtio,
    control: &Arc<ControlQueue>,
    events: &Arc<Events>,
    tx: &Arc<DataQueue>,
    rx: &Arc<DataQueue>,
) -> Result<Queues> {
    let mut queues = virtio.setup_queues([
        QueueSpec::new(c"control", 2).handler(control),
        QueueSpec::new(c"event", 1).handler(events),
        QueueSpec::new(c"tx", VTSND_SEGS).handler(tx),
        QueueSpec::new(c"rx", VTSND_SEGS).handler(rx),
    ])?;
    control.bind(queues.take(VTSND_VQ_CONTROL)?)?;
    tx.bind(queues.take(VTSND_VQ_TX)?);
    rx.bind(queues.take(VTSND_VQ_RX)?);
    events.bind(queues.take(VTSND_VQ_EVENT)?)?;
    queues.driver_ok();
    events.begin();
    Ok(queues)
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

/// How many `what` the device has by the field at `off`, and the driver uses.
fn count_up_to(dev: Device, virtio: &Virtio, off: u32, most: u32, what: &str) -> u32 {
    let count = virtio.config_4(off);
    if count > most {
        device_println!(dev, "the device claims {} {}: not believed", count, what);
        return 0;
    }
    count
}

/// Asks about `count` channel maps.  A device may have some and not tell of them,
/// as QEMU does, or tell nonsense of one: it plays without.
#[inline(never)] // as `set_up`
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
        match ChannelMap::parse(&record) {
            Ok(chmap) => {
                if let Some(position) = chmap.dropped {
                    device_println!(
                        dev,
                        "channel map {}: sound(4) has no position {}: silent",
                        id,
                        position
                    );
                }
                chmaps.push(chmap)?;
            }
            Err(what) => device_println!(dev, "channel map {}: {}: not used", id, what),
        }
    }
    Ok(chmaps)
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
    // SAFETY: the caller's contract: both live until detach.
    let (dev, virtio) = unsafe { (Device::from_raw(dev), Virtio::from_raw(kv)) };
    match Card::attach(dev, virtio) {
        Ok(attached) => {
            // SAFETY: the caller's contract.
            unsafe { *card = Box::into_raw(attached).cast() };
            0
        }
        Err(error) => error.as_raw(),
    }
}

/// The C glue's detach; see virtio_snd_var.h.
///
/// # Safety
///
/// `card` came from `vtsnd_attach_card` and was not detached.
#[unsafe(no_mangle)]
unsafe extern "C" fn vtsnd_detach_card(card: *mut c_void) {
    // SAFETY: the caller's contract.
    drop(unsafe { Box::from_raw(card.cast::<Card>()) });
}
