// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Functions run by threads of a queue, now or after a time. Twin of
//! `kpi_taskq.h`.
//!
//! # Example
//! ```
//! use core::sync::atomic::{AtomicU32, Ordering};
//! use kpi::arc::Arc;
//! use kpi::taskq::{Task, TaskHandler, TaskQueue};
//! use kpi::time::{Sbt, poll_sleep};
//!
//! struct Chores {
//!     done: AtomicU32,
//! }
//!
//! impl TaskHandler for Chores {
//!     fn run(&self) {
//!         self.done.fetch_add(1, Ordering::Relaxed);
//!     }
//! }
//!
//! let queue = TaskQueue::new(c"foo", 1)?;
//! let chores = Arc::new(Chores { done: AtomicU32::new(0) })?;
//! let task = Task::new(&queue, chores.clone())?;
//! // An interrupt's handler enqueues it, and does not wait.
//! task.enqueue();
//! let done = || chores.done.load(Ordering::Relaxed) == 1;
//! poll_sleep(c"foo", Sbt::from_secs(1), done)?;
//! // Cancels the task, or waits until it has run.
//! drop(task);
//! ```

use core::ffi::{CStr, c_int, c_void};
use core::marker::PhantomData;

use crate::arc::{AnyArc, Arc};
use crate::bindings::{self, kpi_task, kpi_taskq};
use crate::boxed::Box;
use crate::ctx;
use crate::errno::{EINVAL, Result, check};
use crate::ffi::{Opaque, as_arg};
use crate::mtx::Mtx;
use crate::time::{self, Sbt};

/// The C side of a queue.
///
/// # Invariants
/// Zeroed, or created and in place.
struct Queue {
    raw: Opaque<kpi_taskq>,
}

// SAFETY: a task queue may be used and destroyed by any thread.
unsafe impl Send for Queue {}
// SAFETY: as for `Send`; it does its own locking.
unsafe impl Sync for Queue {}

impl Drop for Queue {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: by the invariant; each task owns a share of the queue, so that
        // none is left. Nothing happens if it was not created.
        unsafe { bindings::kpi_taskq_destroy(self.raw.get()) }
    }
}

/// A queue with threads that run its tasks. Clones are the same queue; it ends
/// with the last of them and of its tasks, which must not happen in its own
/// threads. Dropping that last one is sleepable.
#[derive(Clone)]
pub struct TaskQueue(Arc<Queue>);

impl TaskQueue {
    /// Creates a queue with `threads` threads, which ps(1) shows as `name`.
    /// A mutex that is held while a task is enqueued has another name: witness(4) takes
    /// two mutexes of one name for one.
    /// `EINVAL`: no threads; `ENOMEM`. Sleepable.
    pub fn new(name: &CStr, threads: usize) -> Result<Self> {
        let threads = match c_int::try_from(threads) {
            Ok(threads) if threads > 0 => threads,
            _ => return Err(EINVAL),
        };
        let queue = Arc::new(Queue {
            raw: Opaque::zeroed(),
        })?;
        // SAFETY: the zeroed struct stays in place; `name` is copied.
        check(unsafe { bindings::kpi_taskq_create(queue.raw.get(), name.as_ptr(), threads) })?;
        Ok(Self(queue))
    }
}

/// What a task does.
pub trait TaskHandler: Send + Sync + 'static {
    /// Runs in a thread of the queue, and may sleep. A task never runs on two
    /// threads at once. A task that is enqueued while it runs, runs once more
    /// afterwards.
    fn run(&self);
}

/// A task of a queue, which runs a handler.
///
/// Dropping it cancels it or waits until it has run: sleepable, while holding
/// nothing that the handler takes, and not in the handler.
pub struct Task<T: TaskHandler> {
    any: AnyTask,
    of: PhantomData<Arc<T>>,
}

/// A task, whatever its handler is.
///
/// # Invariants
/// `raw` is initialised for the queue, and its argument is `work`.
struct AnyTask {
    raw: Box<Opaque<kpi_task>>,
    /// A thread drains it. taskqueue(9) allows only one thread at a time to do
    /// that.
    draining: Mtx<bool>,
    // What C may use until the drop has drained.
    _work: Box<Work>,
    _queue: TaskQueue,
}

/// The handler of a task, and whether a thread is in it.
///
/// # Invariants
/// `call` takes the address of the value of `handler`.
struct Work {
    handler: AnyArc,
    call: unsafe fn(*const ()),
    state: Mtx<Running>,
}

/// Whether a thread is in the handler.
///
/// taskqueue(9) gives a task that was enqueued while it runs to another thread of
/// the queue, at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Running {
    No,
    Yes,
    /// It is, and the task was enqueued since: that thread runs the handler
    /// once more.
    Again,
}

// SAFETY: a task may be enqueued and drained by any thread, and its handler is
// shared with the queue's threads anyway.
unsafe impl Send for AnyTask {}
// SAFETY: as for `Send`; enqueueing does its own locking.
unsafe impl Sync for AnyTask {}

impl<T: TaskHandler> Task<T> {
    /// Makes a task of `queue` that runs `handler`. Sleepable.
    pub fn new(queue: &TaskQueue, handler: Arc<T>) -> Result<Self> {
        // SAFETY: `call` takes the address of a `T`.
        let any = unsafe { AnyTask::new(queue, Arc::into_any(handler), Self::call)? };
        Ok(Self {
            any,
            of: PhantomData,
        })
    }

    /// Runs the handler.
    ///
    /// # Safety
    /// `handler` is the address of a `T` that lives.
    unsafe fn call(handler: *const ()) {
        // SAFETY: the caller's promise.
        unsafe { &*handler.cast::<T>() }.run();
    }

    /// Runs the task as soon as a thread is free; once, however often this is
    /// called before it starts. Any context but a filter.
    pub fn enqueue(&self) {
        self.any.enqueue();
    }

    /// Runs the task after `delay`, which replaces an earlier delay; at once if it
    /// is 0 or less. Any context but a filter.
    pub fn enqueue_after(&self, delay: Sbt) {
        self.any.enqueue_after(delay);
    }

    /// Cancels it or waits until it has run, as often as it takes. If another thread
    /// enqueues it meanwhile, taskqueue(9) may ignore that, or run it afterwards. Threads
    /// that do this at once do so one after the other. In a kernel that has panicked,
    /// where it does not run, nothing happens. Sleepable; as the drop.
    pub fn drain(&self) {
        self.any.drain();
    }
}

impl AnyTask {
    /// Makes a task of `queue`.
    ///
    /// # Safety
    /// `call` takes the address of the value of `handler`.
    unsafe fn new(queue: &TaskQueue, handler: AnyArc, call: unsafe fn(*const ())) -> Result<Self> {
        let draining = Mtx::new(c"kpi task", false)?;
        let raw = Box::new(Opaque::zeroed())?;
        let state = Mtx::new(c"kpi task run", Running::No)?;
        let work = Box::new(Work {
            handler,
            call,
            state,
        })?;
        // SAFETY: the struct stays in place; queue and work, owned by the task to
        // be, outlive its draining.
        unsafe {
            bindings::kpi_task_init(raw.get(), queue.0.raw.get(), Some(run), as_arg(&*work));
        }
        Ok(Self {
            raw,
            draining,
            _work: work,
            _queue: queue.clone(),
        })
    }

    fn enqueue(&self) {
        ctx::can_block();
        // SAFETY: initialised by the invariant.
        unsafe { bindings::kpi_task_enqueue(self.raw.get()) }
    }

    fn enqueue_after(&self, delay: Sbt) {
        if delay <= Sbt::ZERO {
            return self.enqueue();
        }
        ctx::can_block();
        // SAFETY: initialised by the invariant.
        unsafe { bindings::kpi_task_enqueue_after(self.raw.get(), delay.as_raw()) }
    }

    fn drain(&self) {
        if time::panicked() {
            return;
        }
        let mut draining = self.draining.lock();
        while *draining {
            // Without a timeout it ends with a wakeup, which may be spurious.
            let _ = draining.sleep(c"kpidrn", Sbt::FOREVER);
        }
        *draining = true;
        drop(draining);
        // SAFETY: initialised by the invariant; no other thread does this now.
        unsafe { bindings::kpi_task_drain(self.raw.get()) }
        *self.draining.lock() = false;
        self.draining.wakeup_one();
    }
}

impl Drop for AnyTask {
    fn drop(&mut self) {
        // Nobody else has the task, so that it is not enqueued again.
        self.drain();
    }
}

/// What the queue calls.
///
/// # Safety
/// `arg` is the work of a task that has not been drained.
unsafe extern "C" fn run(arg: *mut c_void, _pending: c_int) {
    // SAFETY: the task owns its work until it is drained.
    let work = unsafe { &*arg.cast::<Work>() };
    if !work.begin() {
        return;
    }
    work.call();
    while work.goes_on() {
        work.call();
    }
}

impl Work {
    fn call(&self) {
        // SAFETY: the invariant; the handler lives as long as this.
        unsafe { (self.call)(self.handler.as_ptr()) }
    }

    /// Enters the handler; false if another thread is in it, which then runs it once
    /// more.
    fn begin(&self) -> bool {
        let mut state = self.state.lock();
        let entered = *state == Running::No;
        *state = if entered {
            Running::Yes
        } else {
            Running::Again
        };
        entered
    }

    /// Leaves the handler; true if this thread is to run it once more.
    fn goes_on(&self) -> bool {
        let mut state = self.state.lock();
        let again = *state == Running::Again;
        *state = if again { Running::Yes } else { Running::No };
        again
    }
}
