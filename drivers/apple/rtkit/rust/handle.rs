// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The interface of a coprocessor for drivers in Rust.

use crate::bindings::{self, apple_rtkit, apple_rtkit_client, apple_rtkit_port};
use crate::coproc::{Coproc, Rest, Step};
use crate::cpu::Cpu;
use crate::link::{Hooks, Link};
use core::ffi::{CStr, c_int, c_void};
use core::ptr::{NonNull, null};
use core::slice;
use kpi::arc::{Arc, Keep};
use kpi::dev::Device;
use kpi::errno::{ENXIO, Result, check, status};
use kpi::sysctl::Sysctl;
use kpi::time::Sbt;

/// The first endpoint that is an application's; those below are RTKit's own.
pub const EP_APP: u8 = bindings::APPLE_RTKIT_EP_APP as u8;

/// Which mailbox of a device leads to the coprocessor.
#[derive(Clone, Copy)]
pub enum Mailbox<'a> {
    /// An entry of "mboxes".
    Index(i32),
    /// The one that "mbox-names" calls so.
    Name(&'a CStr),
}

/// The functions that a driver provides for its coprocessor as a whole. All of
/// them but [`Client::free`] run in RTKit's thread; see [`Port::receive`].
pub trait Client: Send + Sync + 'static {
    /// The coprocessor has crashed, or takes no messages any more. Threads that
    /// waited for it have got an error, and nothing is sent or received any
    /// more. A restart ([`Rtkit::reinit`], [`Rtkit::boot`]) needs another
    /// thread than this one.
    fn crashed(&self) {}

    /// The crash log that the firmware has left, after [`Client::crashed`]: a copy. It
    /// is not called if there is none.
    fn crash_log(&self, log: &[u8]) {
        let _ = log;
    }

    /// The firmware uses `size` bytes at `addr`, of its own memory, for a log.
    /// An error refuses that, and the boot fails. Neither value is checked,
    /// except that `size` is not 0.
    fn map(&self, addr: u64, size: usize) -> Result<()> {
        let _ = (addr, size);
        Err(ENXIO)
    }

    /// Whether [`Client::allocate`] provides the memory that the firmware asks for.
    /// Otherwise it is allocated by bus_dma(9), and refused with `EOPNOTSUPP` if the
    /// device's node has "iommus" or "apple,sart".
    const ALLOCATES: bool = false;

    /// Allocates `size` bytes, a multiple of 16 KiB, to which the coprocessor can
    /// write. Returns the address by which it knows them: not 0, a multiple of
    /// 16 KiB, and all bytes below 2^44. Errors as [`Client::map`].
    fn allocate(&self, size: usize) -> Result<u64> {
        let _ = size;
        Err(ENXIO)
    }

    /// Frees what [`Client::allocate`] gave, to which the firmware does not write any
    /// more. While it may, this is not called, and a line says so; the memory must
    /// then stay. Sleepable, in the thread that calls a function of [`Rtkit`].
    fn free(&self, addr: u64, size: usize) {
        let _ = (addr, size);
    }

    /// Copies the bytes at `addr`, within what [`Client::map`] has agreed to or
    /// [`Client::allocate`] gave.
    fn read(&self, addr: u64, to: &mut [u8]) -> Result<()> {
        let _ = (addr, to);
        Err(ENXIO)
    }
}

/// Gets the messages of an endpoint. Each goes to `early` first. Messages that
/// `early` does not handle go to `receive`, in the order in which they were
/// sent.
pub trait Port: Send + Sync + 'static {
    /// A message has come, and the shared memory that it announces can be read.
    /// Returns true if the message was handled.
    ///
    /// In the interrupt filter, or in [`Rtkit::poll`], with a spin mutex held: spin
    /// mutexes only, no memory, no sleep, no wakeup.
    fn early(&self, endpoint: &Endpoint<'_>, msg: u64) -> bool {
        let _ = (endpoint, msg);
        false
    }

    /// In RTKit's thread, or in [`Rtkit::poll`] or a function that waits while
    /// the kernel is cold. It may sleep. But it must not call the functions
    /// that boot, stop or restart this coprocessor, nor wait for a later
    /// message, because there is only this one thread. Messages that come
    /// meanwhile are queued, up to a limit; beyond it they are lost, counted
    /// and complained of.
    fn receive(&self, endpoint: &Endpoint<'_>, msg: u64) {
        let _ = (endpoint, msg);
    }
}

/// An endpoint, as a port gets it to send answers to.
pub struct Endpoint<'a> {
    link: &'a Handle,
    number: u8,
}

impl Endpoint<'_> {
    /// Its number.
    pub fn number(&self) -> u8 {
        self.number
    }

    /// Sends it a message; as [`Rtkit::send`], and not in [`Port::early`].
    pub fn send(&self, msg: u64, timeout: Sbt) -> Result<()> {
        self.link.send(self.number, msg, timeout)
    }

    /// Sends it a message; as [`Rtkit::try_send`].
    pub fn try_send(&self, msg: u64, usec: u32) -> Result<()> {
        self.link.try_send(self.number, msg, usec)
    }
}

/// A coprocessor. It is Down, On, Idle, or Crashed.
///
/// Its functions may be called by any thread. Those that say "One at a time"
/// fail with `EBUSY` while another of them runs. They wait uninterruptibly, for
/// a second at most per step of the protocol. A crash of the coprocessor ends
/// the wait. While the kernel is cold they poll.
///
/// Dropping it gives the coprocessor up: it is quiesced if it is on, and its
/// CPU is stopped if that is ours. No client or port is called when the drop
/// returns. If a coprocessor does not quiesce and its CPU is not ours, it keeps
/// the memory that it was given. Sleepable, while holding nothing that clients
/// and ports take, and not in them.
pub struct Rtkit {
    // Dropped in this order: no program reads the counters any more, then the
    // coprocessor is given up, and then the client.
    _sysctl: Option<Sysctl>,
    coproc: Arc<Coproc>,
    handle: Handle,
    _client: Keep,
}

/// The C side of a coprocessor that lives, for senders.
///
/// # Invariants
/// It lives as long as this.
struct Handle(NonNull<apple_rtkit>);

// SAFETY: the functions called with it may be called in any thread.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    fn send(&self, ep: u8, msg: u64, timeout: Sbt) -> Result<()> {
        // SAFETY: alive by the invariant.
        check(unsafe { bindings::apple_rtkit_send(self.0.as_ptr(), ep, msg, timeout.as_raw()) })
    }

    fn try_send(&self, ep: u8, msg: u64, usec: u32) -> Result<()> {
        let usec = c_int::try_from(usec).unwrap_or(c_int::MAX);
        // SAFETY: alive by the invariant.
        check(unsafe { bindings::apple_rtkit_trysend(self.0.as_ptr(), ep, msg, usec) })
    }
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
        let hooks = apple_rtkit_client {
            arc_cpu_reg: null(),
            arc_crashed: Some(client_crashed::<C>),
            arc_crashlog: Some(client_crash_log::<C>),
            arc_map: Some(client_map::<C>),
            arc_alloc: C::ALLOCATES.then_some(client_alloc::<C> as _),
            arc_free: C::ALLOCATES.then_some(client_free::<C> as _),
            arc_read: Some(client_read::<C>),
            arc_arg: Arc::as_ptr(client).cast_mut().cast(),
        };
        let link = Keep::link(client)?;
        // SAFETY: the functions want a `C`, which is kept longer than the
        // coprocessor.
        let hooks = unsafe { Hooks::new(&hooks) };
        let mut rtkit = Self::with_hooks(dev, mailbox, cpu, hooks)?;
        rtkit._client.add(link);
        Ok(rtkit)
    }

    /// Starts the coprocessor, or wakes one that runs already. Agrees on a
    /// version, reads the map of its endpoints, and gives it the buffers that
    /// it asks for. Returns when both sides are on. One at a time.
    ///
    /// `EBUSY`: it is on. `EIO`: it has crashed, before or during this; reinit
    /// first. `ETIMEDOUT`: no answer. `EPROTONOSUPPORT`: it speaks no version of
    /// ours. `ENOMEM`, `EOPNOTSUPP`, and errors of [`Client::map`] and
    /// [`Client::allocate`]: it asked for a buffer that it does not get. `EPROTO`: it broke the protocol. A line says which, and the
    /// coprocessor is Down again, or Crashed.
    pub fn boot(&self) -> Result<()> {
        self.coproc.boot(false)
    }

    /// As [`Rtkit::boot`], for one that was put to sleep or quiesced. `EINVAL`: it
    /// was not. One at a time.
    ///
    /// For one that is Idle: it goes on where it was. If that fails, the coprocessor
    /// counts as crashed.
    pub fn wake(&self) -> Result<()> {
        self.coproc.boot(true)
    }

    /// Has it sleep and keep its state: endpoints stay started, and buffers stay with
    /// the firmware. It is Idle then, and nothing can be sent to it before
    /// [`Rtkit::wake`]. One at a time. Errors as [`Rtkit::sleep`].
    pub fn idle(&self) -> Result<()> {
        self.coproc.idle()
    }

    /// Puts it to sleep, and stops its CPU if that is ours. Nothing is received
    /// from it any more. Both sides lose their state: buffers and endpoints are
    /// gone. One at a time.
    ///
    /// `ENXIO`: it is not on. `EIO`: it has crashed. `ETIMEDOUT`, `EPROTO`: it did not
    /// go to sleep, and counts as crashed.
    pub fn sleep(&self) -> Result<()> {
        self.coproc.rest(Rest::Asleep)
    }

    /// As [`Rtkit::sleep`], but the CPU runs on, and the coprocessor sends nothing.
    pub fn quiesce(&self) -> Result<()> {
        self.coproc.rest(Rest::Quiesced)
    }

    /// As [`Rtkit::sleep`], but the coprocessor is off, and starts again only if its
    /// CPU is ours.
    pub fn shutdown(&self) -> Result<()> {
        self.coproc.rest(Rest::Off)
    }

    /// Clears all state, in any state, for a new start with [`Rtkit::boot`].
    /// `EOPNOTSUPP`: the firmware may still run, and its CPU is not ours. One
    /// at a time.
    pub fn reinit(&self) -> Result<()> {
        self.coproc.reinit()
    }

    /// Starts an application's endpoint, whose messages go to `port` until the
    /// coprocessor is Down. Messages may come before this returns. One at a time.
    ///
    /// `EINVAL`: below [`EP_APP`]. `ENOENT`: the coprocessor has none such.
    /// `EEXIST`: started before. `ENXIO`: it is not on. `EIO`: it has crashed.
    /// `ETIMEDOUT`.
    pub fn start_endpoint<P: Port>(&self, number: u8, port: &Arc<P>) -> Result<()> {
        let cell = Arc::new(Cell {
            handle: Handle(self.handle.0),
            number,
            port: port.clone(),
        })?;
        let raw = apple_rtkit_port {
            arp_early: Some(port_early::<P>),
            arp_recv: Some(port_receive::<P>),
            arp_arg: Arc::as_ptr(&cell).cast_mut().cast(),
        };
        let link = Keep::link(&cell)?;
        // SAFETY: the functions want a cell of a `P`, which is kept.
        unsafe { self.coproc.start_endpoint(number, &raw, Some(link)) }
    }

    /// Sends a message to an endpoint that was started, after all earlier stores to
    /// shared memory. If there is no room, sleeps until there is, at most `timeout`.
    /// Sleepable; polls while the kernel is cold or has panicked.
    ///
    /// `ENXIO`: the endpoint is not started, the coprocessor is not on any more, or it
    /// has reported that one of the two sides is not. `EIO`: it has crashed.
    /// `ETIMEDOUT`: there was no room in time, and the message was not sent.
    pub fn send(&self, endpoint: u8, msg: u64, timeout: Sbt) -> Result<()> {
        self.handle.send(endpoint, msg, timeout)
    }

    /// The same in any context, a filter included: if there is no room, spins for at
    /// most `usec` microseconds. `EAGAIN`: no room, not sent.
    pub fn try_send(&self, endpoint: u8, msg: u64, usec: u32) -> Result<()> {
        self.handle.try_send(endpoint, msg, usec)
    }

    /// Handles messages that have arrived, as the interrupt would. For a driver
    /// that waits for an answer while the kernel is cold or has panicked.
    /// Messages that [`Port::early`] leaves go to [`Port::receive`] in the
    /// caller's context while the kernel is cold, else in RTKit's thread, which
    /// a panicked kernel does not run. Any context but a filter; sleepable
    /// while the kernel is cold.
    pub fn poll(&self) {
        self.coproc.link.poll();
    }

    /// Whether the coprocessor is on, and has reported that both sides are. Any
    /// context.
    pub fn is_running(&self) -> bool {
        // SAFETY: alive by the invariant.
        unsafe { bindings::apple_rtkit_running(self.handle.0.as_ptr()) }
    }

    /// Whether it has crashed, and was not reinitialised since. Any context.
    pub fn has_crashed(&self) -> bool {
        // SAFETY: alive by the invariant.
        unsafe { bindings::apple_rtkit_crashed(self.handle.0.as_ptr()) }
    }

    /// Whether it has the endpoint, once booted. Sleepable.
    pub fn has_endpoint(&self, number: u8) -> bool {
        let state = self.coproc.state.lock();
        state.session.step == Step::Mapped && state.session.endpoints.has(number)
    }

    /// The same as [`Rtkit::new`] for a client that is kept by others.
    pub(crate) fn with_hooks(
        dev: Device,
        mailbox: Mailbox<'_>,
        cpu: Option<&CStr>,
        hooks: Hooks,
    ) -> Result<Self> {
        hooks.check()?;
        let cpu = cpu.map(|name| Cpu::new(dev, name)).transpose()?;
        let link = Link::new(dev, mailbox)?;
        let coproc = Arc::new(Coproc::new(dev, link, hooks, cpu)?)?;
        // SAFETY: the coprocessor stays in place and owns its link.
        unsafe { coproc.link.bind(&coproc) };
        let sysctl = Sysctl::new(dev)?;
        // If there is no memory, or the name is taken, there are no counters.
        let _ = coproc.show(&sysctl);
        Ok(Rtkit {
            handle: Handle(coproc.link.raw()),
            _sysctl: Some(sysctl),
            coproc,
            _client: Keep::new(),
        })
    }

    /// The coprocessor.
    pub(crate) fn coproc(&self) -> &Coproc {
        &self.coproc
    }

    /// The handle, for C.
    pub(crate) fn as_raw(&self) -> *mut apple_rtkit {
        self.handle.0.as_ptr()
    }
}

impl Drop for Rtkit {
    fn drop(&mut self) {
        self.coproc.end();
        // Now the fields go.
    }
}

/// A port, and the arguments of its functions.
struct Cell<P> {
    handle: Handle,
    number: u8,
    port: Arc<P>,
}

impl<P> Cell<P> {
    fn endpoint(&self) -> Endpoint<'_> {
        Endpoint {
            link: &self.handle,
            number: self.number,
        }
    }
}

/// What C calls for a message, early.
///
/// # Safety
/// `arg` is a cell that lives.
unsafe extern "C" fn port_early<P: Port>(arg: *mut c_void, msg: u64) -> bool {
    // SAFETY: the caller's promise.
    let cell = unsafe { &*arg.cast::<Cell<P>>() };
    cell.port.early(&cell.endpoint(), msg)
}

/// What C calls for a message, in RTKit's thread.
///
/// # Safety
/// As for `port_early`.
unsafe extern "C" fn port_receive<P: Port>(arg: *mut c_void, msg: u64) {
    // SAFETY: the caller's promise.
    let cell = unsafe { &*arg.cast::<Cell<P>>() };
    cell.port.receive(&cell.endpoint(), msg);
}

/// The client's functions, as C has them.
///
/// # Safety
/// `arg` is a `C` that lives.
unsafe extern "C" fn client_crashed<C: Client>(arg: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<C>() }.crashed();
}

/// # Safety
/// As for `client_crashed`; `len` bytes at `log` can be read, and do not change.
unsafe extern "C" fn client_crash_log<C: Client>(arg: *mut c_void, log: *const c_void, len: usize) {
    // SAFETY: the caller's promise.
    let log = unsafe { slice::from_raw_parts(log.cast(), len) };
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<C>() }.crash_log(log);
}

/// # Safety
/// As for `client_crashed`.
unsafe extern "C" fn client_map<C: Client>(arg: *mut c_void, addr: u64, size: usize) -> c_int {
    // SAFETY: the caller's promise.
    status(unsafe { &*arg.cast::<C>() }.map(addr, size))
}

/// # Safety
/// As for `client_crashed`; `addrp` can be written.
unsafe extern "C" fn client_alloc<C: Client>(
    arg: *mut c_void,
    size: usize,
    addrp: *mut u64,
) -> c_int {
    // SAFETY: the caller's promise.
    let allocated = unsafe { &*arg.cast::<C>() }.allocate(size);
    // SAFETY: the caller's promise.
    status(allocated.map(|addr| unsafe { addrp.write(addr) }))
}

/// # Safety
/// As for `client_crashed`.
unsafe extern "C" fn client_free<C: Client>(arg: *mut c_void, addr: u64, size: usize) {
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<C>() }.free(addr, size);
}

/// # Safety
/// As for `client_crashed`; `buf` has room for `len` bytes.
unsafe extern "C" fn client_read<C: Client>(
    arg: *mut c_void,
    addr: u64,
    buf: *mut c_void,
    len: usize,
) -> c_int {
    // SAFETY: the caller's promise; the bytes were set when it was made.
    let to = unsafe { slice::from_raw_parts_mut(buf.cast::<u8>(), len) };
    // SAFETY: the caller's promise.
    status(unsafe { &*arg.cast::<C>() }.read(addr, to))
}
