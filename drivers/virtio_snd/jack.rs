// SPDX-License-Identifier: BSD-2-Clause

//! Jacks: whether something is plugged in; VIRTIO 1.2, 5.14.6.4.

use core::sync::atomic::{AtomicU64, Ordering};
use kpi::arc::Arc;
use kpi::cstring::CString;
use kpi::dev::{self, Device, Sysctl};
use kpi::errno::Result;

/// Bytes of one jack_info record.
pub const JACK_INFO_BYTES: usize = 24;

/// A jack of the device.
pub struct Jack {
    /// 1: something is plugged in.
    connected: AtomicU64,
    input: bool,
    /// What devd(8) is told.
    data: CString,
}

impl Jack {
    /// Jack `id` as its jack_info record says.  Sleeps.
    pub fn new(device: Device, id: u32, record: &[u8; JACK_INFO_BYTES]) -> Result<Self> {
        let config = [record[8], record[9], record[10], record[11]];
        // Bits 23:20 of HDA's pin configuration: CD, line in, aux, microphone and
        // the two digital inputs.
        let input = matches!(u32::from_le_bytes(config) >> 20 & 0xf, 3 | 8..=10 | 12 | 13);
        let unit = device.unit();
        Ok(Jack {
            connected: AtomicU64::new((record[16] != 0).into()),
            input,
            data: CString::format(format_args!("cdev=dsp{unit} jack={id}"))?,
        })
    }

    /// Something was plugged in or out: tells devd(8), in the words that hda(4)
    /// uses and its snd.conf expects.
    pub fn set(&self, connected: bool) {
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
        )
    }
}
