// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Jacks: whether something is plugged in, and which belong together; VIRTIO 1.2,
//! 5.14.6.4.

use crate::bindings::{
    VTSND_JACK_ASSOCIATION_SHIFT, VTSND_JACK_F_REMAP, VTSND_JACK_MASK, VTSND_JACK_SEQUENCE_SHIFT,
    vtsnd_wire_jack_info,
};
use crate::control::Control;
use core::ffi::c_int;
use core::sync::atomic::{AtomicU64, Ordering};
use kpi::arc::Arc;
use kpi::cstring::CString;
use kpi::dev::{self, Device};
use kpi::device_println;
use kpi::errno::{EINVAL, Result};
use kpi::mtx::Mtx;
use kpi::sysctl::{Access, Sysctl, SysctlInt};
use kpi::time::Sbt;

/// What a node of a jack shows: [`SysctlInt`]'s `which`.
const ASSOCIATION: u32 = 0;
const SEQUENCE: u32 = 1;

/// Where a jack belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Jacks of one association belong together ...
    association: u32,
    /// ... in this order.
    sequence: u32,
}

impl Place {
    /// As HDA's pin configuration says.
    fn of(config: u32) -> Self {
        Place {
            association: config >> VTSND_JACK_ASSOCIATION_SHIFT & VTSND_JACK_MASK,
            sequence: config >> VTSND_JACK_SEQUENCE_SHIFT & VTSND_JACK_MASK,
        }
    }
}

struct State {
    place: Place,
    /// A request is under way.
    busy: bool,
    /// Events of this jack so far.
    events: u64,
}

/// A jack of the device.
pub struct Jack {
    device: Device,
    id: u32,
    control: Arc<Control>,
    /// 1: something is plugged in.
    connected: AtomicU64,
    input: bool,
    /// It may be given another place.
    remap: bool,
    state: Mtx<State>,
    /// What devd(8) is told.
    data: CString,
}

impl Jack {
    /// Jack `id` as its jack_info record says.  Sleeps.
    pub fn new(
        device: Device,
        id: u32,
        control: &Arc<Control>,
        record: &vtsnd_wire_jack_info,
    ) -> Result<Self> {
        let config = u32::from_le(record.hda_reg_defconf);
        let state = State {
            place: Place::of(config),
            busy: false,
            events: 0,
        };
        let unit = device.unit();
        Ok(Jack {
            device,
            id,
            control: control.clone(),
            connected: AtomicU64::new((record.connected != 0).into()),
            // Bits 23:20 of HDA's pin configuration: CD, line in, aux, microphone
            // and the two digital inputs.
            input: matches!(config >> 20 & 0xf, 3 | 8..=10 | 12 | 13),
            remap: u32::from_le(record.features) & VTSND_JACK_F_REMAP != 0,
            state: Mtx::new(c"vtsnd jack", state)?,
            data: CString::format(format_args!("cdev=dsp{unit} jack={id}"))?,
        })
    }

    /// Asks the device about the jack again, and remaps the jack as it was before a
    /// reset.  The answer may be older than an event that comes meanwhile: then the
    /// event counts.  Sleeps.
    pub fn ask(&self) -> Result<()> {
        let events = self.state.lock().events;
        let record = self.control.jack_info(self.id)?;
        let state = self.state.lock();
        if state.events == events {
            self.set(record.connected != 0);
        }
        let place = state.place;
        drop(state);
        if self.remap && place != Place::of(u32::from_le(record.hda_reg_defconf)) {
            // It printed a line if it failed.
            let _ = self.remap(|_| ());
        }
        Ok(())
    }

    /// The device says that something was plugged in or out.
    pub fn event(&self, connected: bool) {
        let mut state = self.state.lock();
        state.events += 1;
        self.set(connected);
    }

    /// Something was plugged in or out: notifies devd(8), with the strings that
    /// hda(4) uses and devd's snd.conf expects.  Called with the state locked.
    fn set(&self, connected: bool) {
        if self.connected.swap(connected.into(), Ordering::Relaxed) == connected.into() {
            return;
        }
        let event = if connected { c"CONN" } else { c"DISCONN" };
        let kind = if self.input { c"IN" } else { c"OUT" };
        dev::notify(c"SND", event, kind, &self.data);
    }

    /// Shows the jack as `dev.pcm.N.jackM`.  Sleeps.
    pub fn show(this: &Arc<Self>, id: usize, sysctl: &Sysctl) -> Result<()> {
        let name = CString::format(format_args!("jack{id}"))?;
        let node = sysctl.node(None, &name, c"jack of the device")?;
        sysctl.counter_of(
            Some(&node),
            c"connected",
            c"1 if something is plugged in",
            this,
            |jack| &jack.connected,
        )?;
        let access = if this.remap {
            Access::ReadWrite
        } else {
            Access::Read
        };
        for (name, descr, which) in [
            (
                c"association",
                c"jacks of one number belong together",
                ASSOCIATION,
            ),
            (
                c"sequence",
                c"order of the jacks of an association",
                SEQUENCE,
            ),
        ] {
            sysctl.int_of(Some(&node), name, descr, c"I", access, this, which)?;
        }
        Ok(())
    }

    /// Changes the place of the jack by `change`, and sends it to the device.
    /// Requests are serialised, so that no two changes mix.  Sleeps.
    fn remap(&self, change: impl FnOnce(&mut Place)) -> Result<()> {
        let mut state = self.state.lock();
        while state.busy {
            state.sleep(c"vtsndj", Sbt::FOREVER)?;
        }
        let mut place = state.place;
        change(&mut place);
        state.busy = true;
        drop(state);
        let outcome = self
            .control
            .jack_remap(self.id, place.association, place.sequence)
            .inspect_err(|error| {
                device_println!(
                    self.device,
                    "jack {}: JACK_REMAP failed: {}",
                    self.id,
                    error
                );
            });
        let mut state = self.state.lock();
        state.busy = false;
        if outcome.is_ok() {
            state.place = place;
        }
        self.state.wakeup();
        outcome
    }
}

impl SysctlInt for Jack {
    fn get(&self, which: u32) -> Result<c_int> {
        let place = self.state.lock().place;
        let value = match which {
            ASSOCIATION => place.association,
            _ => place.sequence,
        };
        c_int::try_from(value).map_err(|_| EINVAL)
    }

    fn set(&self, which: u32, value: c_int) -> Result<()> {
        let value = u32::try_from(value).map_err(|_| EINVAL)?;
        if value > VTSND_JACK_MASK {
            return Err(EINVAL);
        }
        self.remap(|place| match which {
            ASSOCIATION => place.association = value,
            _ => place.sequence = value,
        })
    }
}
