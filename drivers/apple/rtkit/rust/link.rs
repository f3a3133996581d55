// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Owners of the objects of apple_rtkit_queue.c, and of a client's functions.

use crate::bindings::{self, apple_rtkit, apple_rtkit_client, apple_rtkit_ops, apple_rtkit_port};
use crate::coproc::Coproc;
use crate::handle::Mailbox;
use core::ffi::c_void;
use core::ptr::{NonNull, null};
use kpi::arc::Arc;
use kpi::dev::{Device, Hold};
use kpi::errno::{EINVAL, ENOMEM, ENXIO, Result, check};
use kpi::sysctl::{CCounter, CCounterRow, Node, Sysctl};
use kpi::time::Sbt;

/// How long the coprocessor may take to make room for a message of the protocol.
const SEND: Sbt = Sbt::from_millis(500);

/// Which messages are sent and received: `enum apple_rtkit_phase`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// None.
    Down,
    /// Those of RTKit's own endpoints.
    Changing,
    /// All.
    On,
    /// None, and senders get `EIO`.
    Crashed,
}

/// The data path of the messages.
///
/// # Invariants
/// `raw` came from apple_rtkit_create() and is destroyed by this alone.
pub struct Link {
    raw: NonNull<apple_rtkit>,
    _hold: Hold,
}

// SAFETY: its functions do their own locking and are bound to no thread.
unsafe impl Send for Link {}
// SAFETY: as above.
unsafe impl Sync for Link {}

impl Link {
    /// Gets the mailbox. Sleepable, in an attach method.
    pub fn new(dev: Device, mailbox: Mailbox<'_>) -> Result<Self> {
        let (name, idx) = match mailbox {
            Mailbox::Index(idx) => (null(), idx),
            Mailbox::Name(name) => (name.as_ptr(), 0),
        };
        let mut raw = core::ptr::null_mut();
        let hold = dev.hold()?;
        // SAFETY: the device exists, the name is good for the call.
        check(unsafe { bindings::apple_rtkit_create(hold.as_raw(), name, idx, &mut raw) })?;
        let raw = NonNull::new(raw).ok_or(ENOMEM)?;
        Ok(Link { raw, _hold: hold })
    }

    /// Makes `to` get the messages without a port, and the number of lost ones.
    ///
    /// # Safety
    /// It is not started yet, and `to` lives until it is dropped.
    pub unsafe fn bind(&self, to: &Coproc) {
        let arg = core::ptr::from_ref(to).cast_mut().cast();
        // SAFETY: `raw` is live; the rest is the caller's promise.
        unsafe { bindings::apple_rtkit_bind(self.raw.as_ptr(), &OPS, arg) }
    }

    /// The handle, for C.
    pub fn raw(&self) -> NonNull<apple_rtkit> {
        self.raw
    }

    fn as_raw(&self) -> *mut apple_rtkit {
        self.raw.as_ptr()
    }

    /// Sets which messages are sent and received from now on. Any context.
    pub fn set_traffic(&self, traffic: Traffic) {
        let phase = match traffic {
            Traffic::Down => bindings::APPLE_RTKIT_DOWN,
            Traffic::Changing => bindings::APPLE_RTKIT_CHANGING,
            Traffic::On => bindings::APPLE_RTKIT_ON,
            Traffic::Crashed => bindings::APPLE_RTKIT_CRASHED,
        };
        // SAFETY: `raw` is live.
        unsafe { bindings::apple_rtkit_set_phase(self.as_raw(), phase) }
    }

    /// While stopped: discards the messages of a CPU that does not run any
    /// more. `EIO`, with a line: there is no end of them. Sleepable.
    pub fn discard(&self) -> Result<()> {
        // SAFETY: `raw` is live.
        check(unsafe { bindings::apple_rtkit_discard(self.as_raw()) })
    }

    /// Begins to receive. After a stop, only once settled. Sleepable.
    pub fn start(&self) -> Result<()> {
        // SAFETY: `raw` is live.
        check(unsafe { bindings::apple_rtkit_start(self.as_raw()) })
    }

    /// Stops receiving and sending. Sleepable; RTKit's thread may call it.
    pub fn stop(&self) {
        // SAFETY: `raw` is live.
        unsafe { bindings::apple_rtkit_stop(self.as_raw()) }
    }

    /// Once stopped: waits for RTKit's thread. Sleepable; not in that thread.
    pub fn settle(&self) {
        // SAFETY: `raw` is live.
        unsafe { bindings::apple_rtkit_settle(self.as_raw()) }
    }

    /// Handles the messages that have arrived. Sleepable.
    pub fn poll(&self) {
        // SAFETY: `raw` is live.
        unsafe { bindings::apple_rtkit_poll(self.as_raw()) }
    }

    /// Gives a port the messages of an endpoint. `EEXIST`: the endpoint has a port.
    /// Sleepable.
    ///
    /// # Safety
    /// What the port points to lives until this was stopped and settled.
    pub unsafe fn open(&self, ep: u8, port: &apple_rtkit_port) -> Result<()> {
        // SAFETY: `raw` is live; the rest is the caller's promise.
        check(unsafe { bindings::apple_rtkit_open(self.as_raw(), ep, port) })
    }

    /// Sends a message of the protocol. Sleepable.
    pub fn send_own(&self, ep: u8, msg: u64) -> Result<()> {
        // SAFETY: `raw` is live.
        check(unsafe { bindings::apple_rtkit_send_own(self.as_raw(), ep, msg, SEND.as_raw()) })
    }

    /// Shows the counters.  Sleepable.
    pub fn show(this: &Arc<Self>, sysctl: &Sysctl, node: &Node<'_>) -> Result<()> {
        const COUNTERS: &[CCounterRow<Link>] = &[
            (c"received", c"Messages received", Link::received),
            (c"sent", c"Messages sent", Link::sent),
            (
                c"lost",
                c"Messages lost, for the queue was full",
                Link::lost,
            ),
        ];
        sysctl.counters_in_c(Some(node), this, COUNTERS)
    }

    fn received(&self) -> CCounter<'_> {
        // SAFETY: as for all of them: the counters live as long as the link, at a
        // constant address, and no reference to them is made.
        unsafe { CCounter::new(&raw const (*self.stats()).ars_received) }
    }

    fn sent(&self) -> CCounter<'_> {
        // SAFETY: as above.
        unsafe { CCounter::new(&raw const (*self.stats()).ars_sent) }
    }

    fn lost(&self) -> CCounter<'_> {
        // SAFETY: as above.
        unsafe { CCounter::new(&raw const (*self.stats()).ars_lost) }
    }

    fn stats(&self) -> *const bindings::apple_rtkit_stats {
        // SAFETY: `raw` is live.
        unsafe { bindings::apple_rtkit_stats(self.as_raw()) }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // SAFETY: `raw` is live and not used again.
        unsafe { bindings::apple_rtkit_destroy(self.as_raw()) }
    }
}

/// What C calls.
static OPS: apple_rtkit_ops = apple_rtkit_ops {
    aro_message: Some(message),
    aro_lost: Some(lost),
};

/// A message without a port.
///
/// # Safety
/// `arg` is the coprocessor that was bound.
unsafe extern "C" fn message(arg: *mut c_void, ep: u32, msg: u64) {
    // SAFETY: the caller's promise; it lives until the link is gone.
    unsafe { &*arg.cast::<Coproc>() }.message(ep, msg);
}

/// Messages were lost.
///
/// # Safety
/// As for `message`.
unsafe extern "C" fn lost(arg: *mut c_void, count: u64) {
    // SAFETY: as for `message`.
    unsafe { &*arg.cast::<Coproc>() }.lost(count);
}

/// The functions that a client provides for its coprocessor.
pub struct Hooks(apple_rtkit_client);

// SAFETY: a client's functions may be called in any thread (apple_rtkit.h).
unsafe impl Send for Hooks {}
// SAFETY: as above.
unsafe impl Sync for Hooks {}

impl Hooks {
    /// Calls the functions of `client`.
    ///
    /// # Safety
    /// They and their argument are good as long as this lives.
    pub unsafe fn new(client: &apple_rtkit_client) -> Self {
        Hooks(*client)
    }

    /// `EINVAL`: the client lacks functions that come together.
    pub fn check(&self) -> Result<()> {
        let (alloc, free) = (self.0.arc_alloc.is_some(), self.0.arc_free.is_some());
        let read = self.0.arc_read.is_some();
        let maps = self.0.arc_map.is_some();
        match alloc == free && (read || !alloc && !maps) {
            true => Ok(()),
            false => Err(EINVAL),
        }
    }

    /// Tells the client that the coprocessor has crashed.
    pub fn crashed(&self) {
        if let Some(crashed) = self.0.arc_crashed {
            // SAFETY: the promise made to `new`.
            unsafe { crashed(self.0.arc_arg) }
        }
    }

    /// Tells the client that the firmware uses memory of its own.
    pub fn map(&self, addr: u64, size: usize) -> Result<()> {
        let map = self.0.arc_map.ok_or(ENXIO)?;
        // SAFETY: the promise made to `new`.
        check(unsafe { map(self.0.arc_arg, addr, size) })
    }

    /// Whether the client provides memory.
    pub fn allocates(&self) -> bool {
        self.0.arc_alloc.is_some()
    }

    /// Gives the client a crash log.
    pub fn crash_log(&self, log: &[u8]) {
        if let Some(crash_log) = self.0.arc_crashlog {
            // SAFETY: the promise made to `new`; `log` is good for the call.
            unsafe { crash_log(self.0.arc_arg, log.as_ptr().cast(), log.len()) }
        }
    }

    /// Has the client allocate memory that the firmware can write to. Returns the
    /// coprocessor's address of it, not checked.
    pub fn allocate(&self, size: usize) -> Result<u64> {
        let alloc = self.0.arc_alloc.ok_or(ENXIO)?;
        let mut addr = 0;
        // SAFETY: the promise made to `new`; `addr` is good for the call.
        check(unsafe { alloc(self.0.arc_arg, size, &mut addr) })?;
        Ok(addr)
    }

    /// Has the client free it.
    pub fn free(&self, addr: u64, size: usize) {
        if let Some(free) = self.0.arc_free {
            // SAFETY: the promise made to `new`.
            unsafe { free(self.0.arc_arg, addr, size) }
        }
    }

    /// Copies from memory of the client's, or that it has mapped.
    pub fn read(&self, addr: u64, to: &mut [u8]) -> Result<()> {
        let read = self.0.arc_read.ok_or(ENXIO)?;
        // SAFETY: the promise made to `new`; `to` is good for the call.
        check(unsafe { read(self.0.arc_arg, addr, to.as_mut_ptr().cast(), to.len()) })
    }
}
