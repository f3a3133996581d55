// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! timer_rust(4): ticks without hardware. `examples/timer` is the same in C, and says
//! which lock is for which context.
//!
//! There is no function that tears down: [`Timer`] owns all parts, and they go in the
//! order of their fields. Each waits for what may still call it.

#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]
#![deny(clippy::undocumented_unsafe_blocks)]

use core::ffi::{c_int, c_void};
use core::fmt;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use kpi::Result;
use kpi::arc::Arc;
use kpi::bindings::sysctl_oid;
use kpi::boxed::Box;
use kpi::callout::Callout;
use kpi::errno::{EINVAL, status};
use kpi::intrhook::{IntrHook, IntrHookHandler};
use kpi::mem::Flags;
use kpi::mtx::{Guard, Mtx};
use kpi::sx::Sx;
use kpi::sysctl::{Access, ArrayKind, Sysctl, SysctlArray, SysctlInt};
use kpi::taskq::{Task, TaskHandler, TaskQueue};
use kpi::time::{Sbt, uptime};
use kpi::vec::Vec;

/// The longest interval in milliseconds.
const LONGEST: c_int = 60_000;

/// Ticks that the history keeps, unless the administrator says otherwise, and at most.
const HISTORY: u32 = 16;
const MOST: u32 = 256;

/// Bytes of a line of the history.
const LINE: usize = 48;

/// A tick.
#[derive(Clone, Copy)]
struct Tick {
    number: u64,
    time: Sbt,
    /// After it was due.
    late: Sbt,
}

const NO_TICK: Tick = Tick {
    number: 0,
    time: Sbt::ZERO,
    late: Sbt::ZERO,
};

/// Where ticks are recorded.
struct Record {
    count: AtomicU64,
    last: Mtx<Tick>,
    history: Sx<Ring>,
}

/// The last ticks.
struct Ring {
    ticks: Vec<Tick>,
    recorded: usize,
}

/// What the callout has: its mutex is held.
struct Ticker {
    /// Interrupts are enabled.
    enabled: bool,
    /// Milliseconds; 0: no ticks.
    interval: c_int,
    due: Sbt,
    record: Arc<Record>,
    task: Task<Record>,
}

/// What starts and stops the callout.
struct Control {
    callout: Callout<Ticker>,
    ticker: Arc<Mtx<Ticker>>,
}

/// All of the module, in the order in which it goes.
struct Timer {
    _sysctl: Sysctl,
    _hook: IntrHook<Control>,
    _control: Arc<Control>,
}

/// A tick. In a callout: it must not sleep.
fn tick(ticker: &mut Ticker) -> Option<Sbt> {
    let now = uptime();
    let number = ticker.record.count.fetch_add(1, Ordering::Relaxed) + 1;
    let late = now - ticker.due;
    *ticker.record.last.lock() = Tick {
        number,
        time: now,
        late,
    };
    ticker.task.enqueue();
    // From when it was due, so that lateness does not add up.
    ticker.due = (ticker.due + ticker.interval()).max(now);
    Some(ticker.due - now)
}

impl Ticker {
    fn interval(&self) -> Sbt {
        Sbt::from_millis(self.interval.into())
    }
}

impl TaskHandler for Record {
    /// Records the last tick: a task that was late finds only one of several.
    fn run(&self) {
        let last = *self.last.lock();
        let mut history = self.history.xlock();
        let at = history.recorded % history.ticks.len();
        if let Some(tick) = history.ticks.get_mut(at) {
            *tick = last;
        }
        history.recorded += 1;
    }
}

impl SysctlArray for Record {
    /// The history, oldest first.
    fn get(&self, _which: u32, room: &mut [u8]) -> Result<usize> {
        let mut text = Text { room, len: 0 };
        let history = self.history.slock();
        let size = history.ticks.len();
        for n in history.recorded.saturating_sub(size)..history.recorded {
            if let Some(tick) = history.ticks.get(n % size) {
                // What does not fit is left out.
                let _ = fmt::write(
                    &mut text,
                    format_args!(
                        "{} at {} ms, {} us late\n",
                        tick.number,
                        tick.time.as_millis(),
                        tick.late.as_micros()
                    ),
                );
            }
        }
        Ok(text.len)
    }
}

/// A text in the making.
struct Text<'r> {
    room: &'r mut [u8],
    len: usize,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.room.get_mut(self.len..).ok_or(fmt::Error)?;
        let room = room.get_mut(..text.len()).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

impl Control {
    /// Starts, stops, or goes on with another interval.
    fn arm(&self, ticker: &mut Guard<'_, Ticker>) -> Result<()> {
        if !ticker.enabled || ticker.interval == 0 {
            return self.callout.stop(ticker);
        }
        let delay = ticker.interval();
        ticker.due = uptime() + delay;
        self.callout.reset(ticker, delay)
    }
}

impl IntrHookHandler for Control {
    /// Interrupts are enabled, and with them callouts.
    fn enabled(&self) {
        let mut ticker = self.ticker.lock();
        ticker.enabled = true;
        // The guard is of the callout's mutex, so this does not fail.
        let _ = self.arm(&mut ticker);
    }
}

impl SysctlInt for Control {
    fn get(&self, _which: u32) -> Result<c_int> {
        Ok(self.ticker.lock().interval)
    }

    fn set(&self, _which: u32, interval: c_int) -> Result<()> {
        if !(0..=LONGEST).contains(&interval) {
            return Err(EINVAL);
        }
        let mut ticker = self.ticker.lock();
        ticker.interval = interval;
        self.arm(&mut ticker)
    }
}

/// Makes all parts. What was made before a failure goes as it came.
fn load(sysctl: Sysctl) -> Result<Timer> {
    let size = Arc::new(AtomicU32::new(HISTORY))?;
    // The size comes first: the history is allocated with it.
    let descr = c"Ticks that the history keeps";
    sysctl.tunable_of(None, c"history_size", descr, &size, |size| size)?;
    let kept = size.load(Ordering::Relaxed).clamp(1, MOST);
    size.store(kept, Ordering::Relaxed);
    let mut ticks = Vec::new();
    ticks.resize(kept as usize, NO_TICK, Flags::WaitOk)?;
    let bytes = ticks.len() * LINE;
    let record = Arc::new(Record {
        count: AtomicU64::new(0),
        last: Mtx::new(c"timer_rust tick", NO_TICK)?,
        history: Sx::new(c"timer_rust history", Ring { ticks, recorded: 0 })?,
    })?;
    let queue = TaskQueue::new(c"timer_rust", 1)?;
    let ticker = Arc::new(Mtx::new(
        c"timer_rust callout",
        Ticker {
            enabled: false,
            interval: 0,
            due: Sbt::ZERO,
            record: record.clone(),
            task: Task::new(&queue, record.clone())?,
        },
    )?)?;
    let control = Arc::new(Control {
        callout: Callout::new(&ticker, Sbt::ZERO, tick)?,
        ticker,
    })?;
    sysctl.counter_of(None, c"ticks", c"Ticks so far", &record, |record| {
        &record.count
    })?;
    let descr = c"Milliseconds between ticks, 0: none";
    let access = Access::ReadWriteTunable;
    sysctl.int_of(None, c"interval", descr, c"I", access, &control, 0)?;
    let (name, descr) = (c"history", c"The last ticks");
    sysctl.array_of(
        None,
        name,
        descr,
        ArrayKind::Char,
        bytes,
        Access::Read,
        &record,
        0,
    )?;
    Ok(Timer {
        _sysctl: sysctl,
        _hook: IntrHook::establish(control.clone())?,
        _control: control,
    })
}

/// The module is loaded.
///
/// # Safety
/// `root` is a node of the module; `timer` may be written.
#[unsafe(no_mangle)]
unsafe extern "C" fn timer_rust_load(root: *mut sysctl_oid, timer: *mut *mut c_void) -> c_int {
    // SAFETY: the module's node outlives what its unload drops.
    let loaded = unsafe { Sysctl::below(root) }
        .and_then(load)
        .and_then(Box::new);
    // SAFETY: the caller's promise.
    status(loaded.map(|loaded| unsafe { timer.write(Box::into_raw(loaded).cast()) }))
}

/// The module goes.
///
/// # Safety
/// `timer` is of a load that succeeded, and is not used again.
#[unsafe(no_mangle)]
unsafe extern "C" fn timer_rust_unload(timer: *mut c_void) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::from_raw(timer.cast::<Timer>()) });
}
