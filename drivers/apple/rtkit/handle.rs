// SPDX-License-Identifier: BSD-2-Clause

//! What drivers in Rust see of a coprocessor.

use core::ffi::CStr;
use kpi::arc::Arc;
use kpi::dev::Device;
use kpi::errno::{ENXIO, Result};
use kpi::time::Sbt;

/// The first endpoint that is an application's; those below are RTKit's own.
pub const EP_APP: u8 = 0x20;

/// Which mailbox of a device leads to the coprocessor.
#[derive(Clone, Copy)]
pub enum Mailbox<'a> {
    /// An entry of "mboxes".
    Index(i32),
    /// The one that "mbox-names" calls so.
    Name(&'a CStr),
}

/// What a driver does for its coprocessor as a whole. All of this runs in RTKit's
/// thread; see [`Port::receive`].
pub trait Client: Send + Sync + 'static {
    /// The coprocessor has crashed, or takes no messages any more. Whoever waited
    /// for it has been told; nothing is sent or received any more. What restarts it
    /// does so in a thread of its own: [`Rtkit::reinit`], [`Rtkit::boot`].
    fn crashed(&self) {}

    /// The firmware uses `size` bytes at `addr`, of its own memory, for a log. An
    /// error refuses that, which fails the boot. Both may be anything, but that
    /// `size` is not 0.
    fn map(&self, addr: u64, size: usize) -> Result<()> {
        let _ = (addr, size);
        Err(ENXIO)
    }

    /// Copies the bytes at `addr`, within what [`Client::map`] has agreed to.
    fn read(&self, addr: u64, to: &mut [u8]) -> Result<()> {
        let _ = (addr, to);
        Err(ENXIO)
    }
}

/// Gets the messages of an endpoint. Each goes to `early` first; what that leaves
/// goes to `receive`, in the order in which it was sent.
pub trait Port: Send + Sync + 'static {
    /// A message has come; what it announces in shared memory can be read. True:
    /// done with it.
    ///
    /// In the interrupt filter, or in [`Rtkit::poll`], with a spin mutex held: spin
    /// mutexes only, no memory, no sleep, no wakeup.
    fn early(&self, endpoint: &Endpoint<'_>, msg: u64) -> bool {
        let _ = (endpoint, msg);
        false
    }

    /// In RTKit's thread, or in [`Rtkit::poll`] or a function that waits while the
    /// kernel is cold. It may sleep, but may call none of the functions of this
    /// coprocessor's life, and not wait for a later message: there is one thread.
    /// Messages that come meanwhile are queued, up to a limit; beyond it they are
    /// lost, counted and complained of.
    fn receive(&self, endpoint: &Endpoint<'_>, msg: u64) {
        let _ = (endpoint, msg);
    }
}

/// An endpoint, to answer to.
pub struct Endpoint<'a> {
    rtkit: &'a Rtkit,
    number: u8,
}

impl Endpoint<'_> {
    /// Its number.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Sends it a message; as [`Rtkit::send`], and not in [`Port::early`].
    pub fn send(&self, msg: u64, timeout: Sbt) -> Result<()> {
        self.rtkit.send(self.number, msg, timeout)
    }

    /// Sends it a message; as [`Rtkit::try_send`].
    pub fn try_send(&self, msg: u64, usec: u32) -> Result<()> {
        self.rtkit.try_send(self.number, msg, usec)
    }
}

/// A coprocessor. It is Down, On, or Crashed.
///
/// Its functions may be called by any thread; of those that say so, one at a time
/// has its turn, the others get `EBUSY`. They wait uninterruptibly, each for a
/// second at most per step of the protocol, and not at all once the coprocessor has
/// crashed; and they work while the kernel is cold, by polling.
///
/// Dropping it gives it up: quiesces it if it is on, stops its CPU if that is ours.
/// No client or port is called when the drop returns, and whoever slept in
/// [`Rtkit::send`] has an error. A coprocessor that does not quiesce, whose CPU is
/// not ours, keeps the memory that it was given. Sleepable, while holding nothing
/// that clients and ports take, and not in them.
pub struct Rtkit {
    dev: Device,
}

impl Rtkit {
    /// Gets the coprocessor behind a mailbox of `dev`; nothing is sent. Counters
    /// appear below dev.NAME.UNIT.rtkit.
    ///
    /// `cpu`: the register range, in "reg-names", that has the coprocessor's CPU
    /// control, if that is ours: then booting starts the CPU, and sleep, reinit and
    /// the drop stop it. `None`: the CPU is started by others, and may be running.
    ///
    /// Errors, with a line: `ENOENT`, `EINVAL`, `ENXIO`, `EBUSY` of the mailbox, see
    /// `apple_mbox.h`; `ENOENT`, `ENXIO`: there is no such range. `ENOMEM`.
    /// Sleepable, in an attach method.
    pub fn new<C: Client>(
        dev: Device,
        mailbox: Mailbox<'_>,
        cpu: Option<&CStr>,
        client: &Arc<C>,
    ) -> Result<Self> {
        let _ = (mailbox, cpu, client);
        Ok(Rtkit { dev })
    }

    /// Starts the coprocessor, or wakes one that runs already, agrees on a version,
    /// learns its endpoints, gives it the buffers that it asks for, until both sides
    /// are on. One at a time.
    ///
    /// `EBUSY`: it is on. `EIO`: it has crashed, before or during this; reinit
    /// first. `ETIMEDOUT`: no answer. `EPROTONOSUPPORT`: it speaks no version of
    /// ours. `ENOMEM` and errors of [`Client::map`]: it asked for a buffer that it
    /// does not get. `EPROTO`: it broke the protocol. A line says which, and the
    /// coprocessor is Down again, or Crashed.
    pub fn boot(&self) -> Result<()> {
        let _ = self.dev;
        Err(ENXIO)
    }

    /// As [`Rtkit::boot`], for one that was put to sleep or quiesced. `EINVAL`: it
    /// was not. One at a time.
    pub fn wake(&self) -> Result<()> {
        Err(ENXIO)
    }

    /// Puts it to sleep, and stops its CPU if that is ours: nothing is received from
    /// it any more, and it has forgotten everything, as has this side: buffers and
    /// endpoints are gone. One at a time.
    ///
    /// `ENXIO`: it is not on. `EIO`: it has crashed. `ETIMEDOUT`, `EPROTO`: it did
    /// not do so, and is taken for crashed.
    pub fn sleep(&self) -> Result<()> {
        Err(ENXIO)
    }

    /// As [`Rtkit::sleep`], but it runs on, and is silent.
    pub fn quiesce(&self) -> Result<()> {
        Err(ENXIO)
    }

    /// As [`Rtkit::sleep`], but it is off, and starts again only if its CPU is ours.
    pub fn shutdown(&self) -> Result<()> {
        Err(ENXIO)
    }

    /// Forgets everything, for a new start with [`Rtkit::boot`], whatever state it is
    /// in. `EOPNOTSUPP`: it may be at work, and its CPU is not ours. One at a time.
    pub fn reinit(&self) -> Result<()> {
        Err(ENXIO)
    }

    /// Starts an application's endpoint, whose messages go to `port` until the
    /// coprocessor is Down. Messages may come before this returns. One at a time.
    ///
    /// `EINVAL`: below [`EP_APP`]. `ENOENT`: the coprocessor has none such.
    /// `EEXIST`: started before. `ENXIO`: it is not on. `EIO`: it has crashed.
    /// `ETIMEDOUT`.
    pub fn start_endpoint<P: Port>(&self, number: u8, port: &Arc<P>) -> Result<()> {
        let _ = (number, port);
        Err(ENXIO)
    }

    /// Sends a message to an endpoint that was started, after all earlier stores to
    /// shared memory. If there is no room, sleeps until there is, at most `timeout`.
    /// Sleepable; polls while the kernel is cold.
    ///
    /// `ENXIO`: the endpoint is not started, or the coprocessor is not on any more.
    /// `EIO`: it has crashed. `ETIMEDOUT`: not sent.
    pub fn send(&self, endpoint: u8, msg: u64, timeout: Sbt) -> Result<()> {
        let _ = (endpoint, msg, timeout);
        Err(ENXIO)
    }

    /// The same in any context, a filter included: if there is no room, spins for at
    /// most `usec` microseconds. `EAGAIN`: no room, not sent.
    pub fn try_send(&self, endpoint: u8, msg: u64, usec: u32) -> Result<()> {
        let _ = (endpoint, msg, usec);
        Err(ENXIO)
    }

    /// Takes in what has arrived, and hands it out, in the caller's context: for a
    /// driver that waits for an answer while the kernel is cold or has panicked.
    /// Sleepable. In a kernel that has panicked only [`Port::early`] is sure to be
    /// called: RTKit's thread may have been at work.
    pub fn poll(&self) {}

    /// Whether it is on. Any context.
    pub fn is_running(&self) -> bool {
        false
    }

    /// Whether it has crashed, and was not reinitialised since. Any context.
    pub fn has_crashed(&self) -> bool {
        false
    }

    /// Whether it has the endpoint, once booted. Sleepable.
    pub fn has_endpoint(&self, number: u8) -> bool {
        let _ = number;
        false
    }
}
