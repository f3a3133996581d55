// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A virtio device: features, config space, virtqueues. Twin of `kpi_virtio.h`.
//!
//! A driver goes through three types in attach: [`Virtio`] negotiates and
//! becomes [`Queues`], of which each [`VirtQueue`] is taken by its user.
//! Dropping `Queues` in detach resets the device, waits for the handlers, and
//! only then lets go of them. While the device is attached, [`Queues::stop`]
//! and [`Queues::restart`] serve suspend and resume, and a device that needs a
//! reset.
//!
//! # Example
//! ```
//! use core::sync::atomic::{AtomicU32, Ordering};
//! use kpi::Result;
//! use kpi::arc::Arc;
//! use kpi::dev::Device;
//! use kpi::mtx::Mtx;
//! use kpi::virtio::{
//!     Buffers, F_VERSION_1, QueueHandler, QueueSpec, QueueUser, Queues, Stopped, Virtio,
//! };
//! # use kpi::time::{Sbt, poll_sleep};
//! # use kpi::virtio_driver::VirtioDriver;
//!
//! /// A queue of questions of 8 bytes, with answers as long.
//! struct Questions {
//!     buffers: Mtx<Buffers>,
//!     bytes: AtomicU32,
//! }
//!
//! impl QueueHandler for Questions {
//!     fn intr(&self) {
//!         let mut buffers = self.buffers.lock();
//!         // A device that returns more is at fault.
//!         for _ in 0..8 {
//!             if let Some(used) = buffers.take() {
//!                 self.bytes.fetch_add(used.len, Ordering::Relaxed);
//!             }
//!             if !buffers.enable_intr() {
//!                 return;
//!             }
//!         }
//!     }
//! }
//!
//! impl QueueUser for Questions {
//!     fn ready(&self) {
//!         let mut buffers = self.buffers.lock();
//!         if buffers.write(0, 0, 0, b"question").is_ok() && buffers.send(0, &[8, 8]).is_ok() {
//!             buffers.notify();
//!         }
//!     }
//!
//!     fn stopped(&self, proof: &Stopped) {
//!         self.buffers.lock().reclaim(proof);
//!     }
//! }
//!
//! # struct Foo;
//! # impl VirtioDriver for Foo {
//! # const CONFIG: u32 = 0;
//! # type Parts = Arc<Questions>;
//! fn attach(dev: Device, mut virtio: Virtio) -> Result<(Arc<Questions>, Queues)> {
//!     virtio.negotiate(F_VERSION_1)?;
//!     let questions = Arc::new(Questions {
//!         buffers: Mtx::new(c"foo", Buffers::new(dev, 1, &[8, 8], 1)?)?,
//!         bytes: AtomicU32::new(0),
//!     })?;
//!     let mut queues = virtio.setup_queues([QueueSpec::new(c"questions", 2).handler(&questions)])?;
//!     questions.buffers.lock().bind(queues.take(0)?)?;
//!     queues.driver_ok();
//!     Ok((questions, queues))
//! }
//! # }
//! # crate::fixture::on_virtio::<Foo>(|questions| {
//! #     let came = || questions.bytes.load(Ordering::Relaxed) == 8;
//! #     assert_eq!(poll_sleep(c"foo", Sbt::from_secs(1), came), Ok(()));
//! # })?;
//! ```

use core::any::TypeId;
use core::ffi::{CStr, c_int, c_void};
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::arc::{AnyArc, Arc};
use crate::bindings::{self, kpi_virtio, kpi_vq_spec, sglist, virtqueue};
use crate::ctx;
use crate::dev::{Device, Hold};
use crate::errno::{EBUSY, EINVAL, ENOMEM, ENXIO, Result, check};
use crate::ffi::Ref;
use crate::mem::{Flags, MallocType};
use crate::taskq::{Task, TaskHandler};
use crate::time;
use crate::vec::Vec;

pub use crate::virtio_buf::{Buffers, Used};

/// Most queues of one device.
pub const MAX_QUEUES: usize = bindings::KPI_VIRTIO_MAXQUEUES as usize;

/// Chains may lie in a table of their own, one entry of the ring each.
pub const F_INDIRECT_DESC: u64 = bindings::KPI_VIRTIO_F_INDIRECT_DESC as u64;

/// Each side says from which entry on it wants to be told.
pub const F_EVENT_IDX: u64 = bindings::KPI_VIRTIO_F_EVENT_IDX as u64;

/// The device follows VIRTIO 1.0 or later.
pub const F_VERSION_1: u64 = bindings::KPI_VIRTIO_F_VERSION_1;

/// A virtio device in attach, before it has queues.
///
/// # Invariants
/// The C struct is initialised, lies in the softc of the device that is held, and
/// nobody else uses it. The config space has the first `config` bytes.
pub struct Virtio {
    kv: Ref<'static, kpi_virtio>,
    config: u32,
    dev: Device,
    _hold: Hold,
}

impl Virtio {
    /// Takes over the device that C initialised.
    ///
    /// `ENXIO`: the device is gone.
    ///
    /// # Safety
    /// `kv` was initialised by `kpi_virtio_init()` in attach of `dev`, lies in its
    /// softc, and is used through this alone. The config space of such a device
    /// has at least `config` bytes.
    pub unsafe fn from_raw(dev: Device, kv: *mut kpi_virtio, config: u32) -> Result<Self> {
        let hold = dev.hold()?;
        // SAFETY: the caller's promise; the softc stays while the device is held.
        match unsafe { Ref::new(kv) } {
            Some(kv) => Ok(Self {
                kv,
                config,
                dev,
                _hold: hold,
            }),
            None => panic!("a virtio device that is null"),
        }
    }

    /// `off` for C. Panics, as an index does, unless a field of `len` bytes is
    /// there: FreeBSD's buses look at no offset.
    #[track_caller]
    fn field(&self, off: u32, len: u32) -> u64 {
        ctx::can_block();
        match off.checked_add(len) {
            Some(end) if end <= self.config && off.is_multiple_of(len) => off.into(),
            _ => panic!("no field of {len} bytes at {off} of {}", self.config),
        }
    }

    /// Agrees with the device on those of its features that are in `wanted`,
    /// and returns them. `EOPNOTSUPP`: the device refuses to work with these,
    /// for example because it insists on `VIRTIO_F_ACCESS_PLATFORM`; otherwise
    /// the bus's error. Sleepable.
    pub fn negotiate(&mut self, wanted: u64) -> Result<u64> {
        ctx::can_block();
        let mut agreed = 0;
        // SAFETY: the invariant; `agreed` is good for the call.
        check(unsafe { bindings::kpi_virtio_negotiate(self.kv.as_ptr(), wanted, &mut agreed) })?;
        Ok(agreed)
    }

    /// The byte at `off` of the config space: one of its fields. Panics if it has
    /// none there. Sleepable.
    #[track_caller]
    pub fn config_1(&self, off: u32) -> u8 {
        let off = self.field(off, 1);
        // SAFETY: the invariant, and the field is there.
        unsafe { bindings::kpi_virtio_config_1(self.kv.as_ptr(), off) }
    }

    /// The 16-bit field at `off` of the config space, in CPU order. Sleepable.
    #[track_caller]
    pub fn config_2(&self, off: u32) -> u16 {
        let off = self.field(off, 2);
        // SAFETY: as in `config_1`.
        unsafe { bindings::kpi_virtio_config_2(self.kv.as_ptr(), off) }
    }

    /// The 32-bit field at `off` of the config space, in CPU order. Sleepable.
    #[track_caller]
    pub fn config_4(&self, off: u32) -> u32 {
        let off = self.field(off, 4);
        // SAFETY: as in `config_1`.
        unsafe { bindings::kpi_virtio_config_4(self.kv.as_ptr(), off) }
    }

    /// Allocates the device's first queues as `specs` say and connects their
    /// interrupts, which may come from now on. `EINVAL`: more than
    /// [`MAX_QUEUES`], or none; others from the bus. Sleepable.
    #[inline(never)] // a frame of its own
    pub fn setup_queues<const N: usize>(self, specs: [QueueSpec; N]) -> Result<Queues> {
        let mut queues = Queues {
            virtio: self,
            slots: Vec::with_capacity_in(N, MallocType::devbuf(), Flags::WaitOk)?,
        };
        let mut raw = Vec::with_capacity_in(N, MallocType::devbuf(), Flags::WaitOk)?;
        for spec in specs {
            raw.push(spec.to_c()?)?;
            queues.slots.push(Slot {
                handler: spec.handler,
                queue: None,
                gate: Arc::new(Gate::new())?,
            })?;
        }
        queues.connect(&mut raw)?;
        Ok(queues)
    }
}

/// What is called for a queue around a reset of its device.
pub trait QueueUser: Send + Sync + 'static {
    /// The device is about to be reset: give it no more chains, and no notice of
    /// any. More than once before each reset. Sleepable.
    fn stopping(&self) {}

    /// The device was reset: it has no chain and no memory any more. The
    /// handler drains the queue, which may be restarted later. Sleepable.
    fn stopped(&self, _: &Stopped) {}

    /// The queue is empty and its interrupts are off, as after it was made. The
    /// handler puts on it the chains that the device is to find, and does not
    /// notify the device yet. Sleepable.
    fn restarted(&self) {}

    /// The device knows that the driver is ready, and may be notified. Sleepable.
    fn ready(&self) {}
}

/// What is called for a queue, its interrupt included.
pub trait QueueHandler: QueueUser {
    /// The queue's interrupt: the device may have used chains. In an interrupt
    /// thread.
    fn intr(&self);
}

/// What hears of changes of the configuration.
pub trait ConfigHandler: Send + Sync + 'static {
    /// The device says that it changed, or that it needs a reset. In an interrupt
    /// thread.
    fn changed(&self);
}

impl<T: TaskHandler> ConfigHandler for Task<T> {
    fn changed(&self) {
        self.enqueue();
    }
}

/// Proof that a device was reset, and uses no memory any more.
///
/// # Invariants
/// kpi_virtio_stop() has returned for the device that has these queues, with all
/// of their gates closed, and they stay so while this exists, in this thread.
pub struct Stopped<'a>(&'a [Slot]);

/// The functions of a handler whose type was forgotten.
struct Vtable {
    stopping: unsafe fn(*const ()),
    stopped: unsafe fn(*const (), &Stopped<'_>),
    restarted: unsafe fn(*const ()),
    ready: unsafe fn(*const ()),
}

/// Where the functions of a `T` are. Each takes the address of a `T` that lives.
struct Of<T>(PhantomData<T>);

impl<T: QueueUser> Of<T> {
    const VTABLE: &'static Vtable = &Vtable {
        stopping: Self::stopping,
        stopped: Self::stopped,
        restarted: Self::restarted,
        ready: Self::ready,
    };

    unsafe fn stopping(handler: *const ()) {
        // SAFETY: the caller's promise.
        unsafe { &*handler.cast::<T>() }.stopping();
    }

    unsafe fn stopped(handler: *const (), proof: &Stopped) {
        // SAFETY: the caller's promise.
        unsafe { &*handler.cast::<T>() }.stopped(proof);
    }

    unsafe fn restarted(handler: *const ()) {
        // SAFETY: the caller's promise.
        unsafe { &*handler.cast::<T>() }.restarted();
    }

    unsafe fn ready(handler: *const ()) {
        // SAFETY: the caller's promise.
        unsafe { &*handler.cast::<T>() }.ready();
    }
}

/// What the bus calls for a queue that a `T` handles.
///
/// # Safety
/// `arg` is the address of a `T` that lives.
unsafe extern "C" fn intr<T: QueueHandler>(arg: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<T>() }.intr();
}

/// A function of C and its argument, for an interrupt.
type Intr = (unsafe extern "C" fn(*mut c_void), *mut c_void);

/// A share in a handler.
///
/// # Invariants
/// `vtable` is that of the type of `value`, which `kind` is of.
struct AnyHandler {
    value: AnyArc,
    kind: TypeId,
    vtable: &'static Vtable,
}

/// A queue to be.
pub struct QueueSpec {
    name: &'static CStr,
    max_segments: u32,
    handler: Option<AnyHandler>,
    intr: Option<Intr>,
}

impl QueueSpec {
    /// A queue whose chains have at most `max_segments` segments, and which
    /// nobody handles: it has no interrupt.
    pub const fn new(name: &'static CStr, max_segments: u32) -> Self {
        Self {
            name,
            max_segments,
            handler: None,
            intr: None,
        }
    }

    /// The same, handled by `handler`, which lives until the device was reset.
    pub fn handler<T: QueueHandler>(self, handler: &Arc<T>) -> Self {
        let arg = Arc::as_ptr(handler).cast_mut().cast();
        // SAFETY: `intr` takes the address of a `T`.
        unsafe { self.handler_in_c(handler, intr::<T>, arg) }
    }

    /// The same, with the interrupt in C: `intr(arg)` is called for it, as
    /// `kvs_intr` of kpi_virtio.h is.
    ///
    /// # Safety
    /// `intr` may be called with `arg` while `user` lives.
    pub unsafe fn handler_in_c<T: QueueUser>(
        self,
        user: &Arc<T>,
        intr: unsafe extern "C" fn(*mut c_void),
        arg: *mut c_void,
    ) -> Self {
        Self {
            handler: Some(AnyHandler {
                value: Arc::into_any(user.clone()),
                kind: TypeId::of::<T>(),
                vtable: Of::<T>::VTABLE,
            }),
            intr: Some((intr, arg)),
            ..self
        }
    }

    /// The same for C, which gets the address of the handler, not a share.
    fn to_c(&self) -> Result<kpi_vq_spec> {
        Ok(kpi_vq_spec {
            kvs_name: self.name.as_ptr(),
            kvs_maxsegs: c_int::try_from(self.max_segments).map_err(|_| EINVAL)?,
            kvs_intr: self.intr.map(|(intr, _)| intr),
            kvs_arg: self.intr.map_or(ptr::null_mut(), |(_, arg)| arg),
            kvs_vq: ptr::null_mut(),
        })
    }
}

/// One of the queues of a device.
struct Slot {
    handler: Option<AnyHandler>,
    /// `None`: not allocated yet, or taken.
    queue: Option<VirtQueue>,
    gate: Arc<Gate>,
}

/// Decides who may use the C queue: its [`VirtQueue`], one call at a time,
/// while the device is not stopped. A restart makes the C queue anew, so no
/// call may be in it then.
struct Gate {
    /// One of the constants below.
    state: AtomicU32,
    /// The device was told that the driver is ready: it may be notified.
    ready: AtomicBool,
}

impl Gate {
    /// Nobody is in the queue.
    const OPEN: u32 = 0;
    /// A call is under way.
    const BUSY: u32 = 1;
    /// The device is stopped: nobody may call.
    const CLOSED: u32 = 2;

    const fn new() -> Self {
        Self {
            state: AtomicU32::new(Self::CLOSED),
            ready: AtomicBool::new(false),
        }
    }

    /// Changes the state from `from` to `to`. The error is the state that was
    /// there instead of `from`.
    fn go(&self, from: u32, to: u32) -> Result<u32, u32> {
        self.state
            .compare_exchange(from, to, Ordering::Acquire, Ordering::Relaxed)
    }

    fn open(&self) {
        self.state.store(Self::OPEN, Ordering::Release);
    }

    /// Refuses further calls, and waits for the call under way. After a panic that
    /// call never ends, and the caller is the only thread. Sleepable.
    fn close(&self) {
        self.ready.store(false, Ordering::Relaxed);
        while self.go(Self::OPEN, Self::CLOSED) == Err(Self::BUSY) {
            if time::panicked() {
                return self.state.store(Self::CLOSED, Ordering::Relaxed);
            }
            // SAFETY: the name is static.
            unsafe { bindings::kpi_pause(c"vqgate".as_ptr()) }
        }
    }
}

/// The queues of a virtio device, and the device itself while it has them.
///
/// Dropping this resets the device: sleepable, while holding nothing that the
/// handlers take. Each handler is called before and after.
pub struct Queues {
    virtio: Virtio,
    slots: Vec<Slot>,
}

impl Queues {
    /// Takes queue number `index`. `EINVAL`: there is none; `EBUSY`: it was taken.
    pub fn take(&mut self, index: u32) -> Result<VirtQueue> {
        let index = usize::try_from(index).map_err(|_| EINVAL)?;
        let slot = self.slots.get_mut(index).ok_or(EINVAL)?;
        slot.queue.take().ok_or(EBUSY)
    }

    /// Tells the device that the driver is ready, so that it may be used before
    /// attach returns, and then the handlers. Sleepable; in attach only.
    pub fn driver_ok(&self) {
        ctx::can_block();
        // SAFETY: the invariant of `Virtio`; the queues are set up.
        unsafe { bindings::kpi_virtio_driver_ok(self.virtio.kv.as_ptr()) }
        for slot in &self.slots {
            slot.gate.ready.store(true, Ordering::Relaxed);
        }
        for handler in self.handlers() {
            // SAFETY: the invariant of `AnyHandler`.
            unsafe { (handler.vtable.ready)(handler.value.as_ptr()) }
        }
    }

    /// Tells the handlers that a [`Queues::stop`] is near, so that a thread that waits for
    /// the device can give up. Sleepable, as the stop.
    pub fn stopping(&self) {
        for handler in self.handlers() {
            // SAFETY: the invariant of `AnyHandler`.
            unsafe { (handler.vtable.stopping)(handler.value.as_ptr()) }
        }
    }

    /// Resets the device: it uses no memory any more, and no handler runs. Each
    /// handler is called before and after. Sleepable, while holding nothing
    /// that they take.
    pub fn stop(&mut self) {
        ctx::can_block();
        self.stopping();
        for slot in &self.slots {
            slot.gate.close();
        }
        // SAFETY: the invariant of `Virtio`.
        unsafe { bindings::kpi_virtio_stop(self.virtio.kv.as_ptr()) };
        let proof = Stopped(&self.slots);
        for handler in self.handlers() {
            // SAFETY: the invariant of `AnyHandler`.
            unsafe { (handler.vtable.stopped)(handler.value.as_ptr(), &proof) }
        }
    }

    /// Sets the device up again after a [`Queues::stop`], with the same features
    /// and queues. `EBUSY`: it is not stopped; `EOPNOTSUPP`: it has not all of the
    /// features any more; or the bus's error. Then it is stopped. Sleepable.
    pub fn restart(&mut self) -> Result<()> {
        if self
            .slots
            .iter()
            .any(|slot| slot.gate.state.load(Ordering::Relaxed) != Gate::CLOSED)
        {
            return Err(EBUSY);
        }
        // SAFETY: the invariant of `Virtio`; the handlers, which the interrupts
        // find again, are kept here; all gates are closed, so that nobody is in a
        // queue.
        check(unsafe { bindings::kpi_virtio_restart(self.virtio.kv.as_ptr()) })?;
        for slot in &self.slots {
            slot.gate.open();
        }
        for handler in self.handlers() {
            // SAFETY: the invariant of `AnyHandler`.
            unsafe { (handler.vtable.restarted)(handler.value.as_ptr()) }
        }
        self.driver_ok();
        Ok(())
    }

    /// Calls `handler` for changes of the configuration, until the watch is
    /// dropped. If one came before, the call comes at once. `EBUSY`: another
    /// watch was not dropped. Sleepable.
    pub fn watch_config<T: ConfigHandler>(&self, handler: &Arc<T>) -> Result<ConfigWatch> {
        ctx::can_block();
        let handler = Arc::into_any(handler.clone());
        let hold = self.virtio.dev.hold()?;
        let (kv, arg) = (self.virtio.kv, handler.as_ptr().cast_mut().cast());
        // SAFETY: the invariant of `Virtio`; the watch keeps the handler, and the
        // device, until it is not called any more.
        check(unsafe { bindings::kpi_virtio_config_on(kv.as_ptr(), Some(changed::<T>), arg) })?;
        Ok(ConfigWatch {
            kv,
            _handler: handler,
            _hold: hold,
        })
    }

    /// The device, for its config space.
    pub fn virtio(&self) -> &Virtio {
        &self.virtio
    }

    /// Allocates and connects the queues, whose handlers are in the slots. On
    /// failure the drop undoes what was done.
    fn connect(&mut self, raw: &mut [kpi_vq_spec]) -> Result<()> {
        let kv = self.virtio.kv.as_ptr();
        let count = c_int::try_from(raw.len()).map_err(|_| EINVAL)?;
        // SAFETY: the invariant of `Virtio`; names are static, and each handler is
        // kept until kpi_virtio_stop() has returned.
        check(unsafe { bindings::kpi_virtio_setup_queues(kv, raw.as_mut_ptr(), count) })?;
        for (slot, spec) in self.slots.iter_mut().zip(raw) {
            let handler = slot.handler.as_ref();
            slot.gate.open();
            slot.queue = NonNull::new(spec.kvs_vq).map(|vq| VirtQueue {
                vq,
                gate: slot.gate.clone(),
                // SAFETY: the queue was just made.
                size: unsafe { bindings::kpi_vq_size(vq.as_ptr()) }.unsigned_abs() as usize,
                handler: handler.map(|handler| (handler.value.as_ptr(), handler.kind)),
            });
        }
        Ok(())
    }

    fn handlers(&self) -> impl Iterator<Item = &AnyHandler> {
        self.slots.iter().filter_map(|slot| slot.handler.as_ref())
    }
}

impl Drop for Queues {
    fn drop(&mut self) {
        self.stop();
        // Now the handlers go, as fields do.
    }
}

/// The driver hears of changes of the configuration while it has this. Dropping it
/// waits until the handler runs no more: sleepable, while holding nothing that it
/// takes.
pub struct ConfigWatch {
    kv: Ref<'static, kpi_virtio>,
    _handler: AnyArc,
    _hold: Hold,
}

impl Drop for ConfigWatch {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: the device is held.
        unsafe { bindings::kpi_virtio_config_off(self.kv.as_ptr()) }
    }
}

/// What C calls for a change of the configuration.
///
/// # Safety
/// `arg` is the handler of a watch.
unsafe extern "C" fn changed<T: ConfigHandler>(arg: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<T>() }.changed();
}

/// A virtqueue, whose user serialises its calls. None of them in a filter.
///
/// It can be used while the device is not stopped: from [`Queues::stop`] to
/// [`Queues::restart`], and after the end of the `Queues`, the queue is empty, takes
/// nothing and tells the device nothing.
///
/// # Invariants
/// `vq` is a queue of a device, and exists until the driver has
/// detached, which is not before the queues of the device have gone. Only the
/// owner of this calls with it, and the thread that has closed `gate`. The gate is closed
/// when the queues of the device go.
pub struct VirtQueue {
    vq: NonNull<virtqueue>,
    gate: Arc<Gate>,
    size: usize,
    /// Address and type of its handler.
    handler: Option<(*const (), TypeId)>,
}

// SAFETY: a virtqueue is bound to no thread.
unsafe impl Send for VirtQueue {}

impl VirtQueue {
    /// True if `handler` is what this queue's interrupt calls, and what hears of
    /// the device's reset.
    pub fn is_handled_by<T: QueueUser>(&self, handler: &T) -> bool {
        self.handler == Some((ptr::from_ref(handler).cast(), TypeId::of::<T>()))
    }

    /// The queue, for one call of C; `None` while the device is stopped.
    fn with<R>(&mut self, call: impl FnOnce(*mut virtqueue) -> R) -> Option<R> {
        self.gate.go(Gate::OPEN, Gate::BUSY).ok()?;
        let result = call(self.vq.as_ptr());
        self.gate.open();
        Some(result)
    }

    /// Puts a chain on the queue: the device reads the first `readable` segments
    /// of `sg` and writes the last `writable`. `cookie` comes back from
    /// [`VirtQueue::dequeue`]. `ENOSPC`, `EMSGSIZE`: no room now; `EINVAL`: no
    /// segments; `ENXIO`: the device is stopped.
    ///
    /// # Safety
    /// `sg` has `readable + writable` segments. Their memory stays, and the CPU
    /// leaves it alone, until the chain was dequeued or the device reset.
    pub unsafe fn enqueue(
        &mut self,
        cookie: NonNull<c_void>,
        sg: &mut SgList,
        readable: usize,
        writable: usize,
    ) -> Result<()> {
        let readable = c_int::try_from(readable).map_err(|_| EINVAL)?;
        let writable = c_int::try_from(writable).map_err(|_| EINVAL)?;
        let sg = sg.0.as_ptr();
        let error = self.with(|vq| {
            // SAFETY: the invariants of both; the rest is the caller's promise.
            unsafe { bindings::kpi_vq_enqueue(vq, cookie.as_ptr(), sg, readable, writable) }
        });
        check(error.ok_or(ENXIO)?)
    }

    /// The cookie of a chain that the device has used, and how many bytes it
    /// claims to have written; `None`: there is none.
    pub fn dequeue(&mut self) -> Option<(NonNull<c_void>, u32)> {
        let mut len = 0;
        // SAFETY: the invariant; `len` is good for the call.
        let cookie = self.with(|vq| unsafe { bindings::kpi_vq_dequeue(vq, &mut len) })?;
        NonNull::new(cookie).map(|cookie| (cookie, len))
    }

    /// Notifies the device of new chains, if it asked for that. Does nothing
    /// before [`Queues::driver_ok`]: a handler that puts chains on the queue
    /// before that notifies the device in [`QueueUser::ready`].
    pub fn notify(&mut self) {
        if self.gate.ready.load(Ordering::Relaxed) {
            // SAFETY: the invariant.
            self.with(|vq| unsafe { bindings::kpi_vq_notify(vq) });
        }
    }

    /// Asks for an interrupt at the next used chain. True: there is one already,
    /// for which none will come.
    #[must_use = "go on dequeueing if true"]
    pub fn enable_intr(&mut self) -> bool {
        // SAFETY: the invariant.
        self.with(|vq| unsafe { bindings::kpi_vq_enable_intr(vq) })
            .unwrap_or(false)
    }

    /// Asks for no interrupts; some may still come.
    pub fn disable_intr(&mut self) {
        // SAFETY: the invariant.
        self.with(|vq| unsafe { bindings::kpi_vq_disable_intr(vq) });
    }

    /// The chains that the device never used, each taken back as its cookie comes;
    /// none if the proof is of another device, or of a later attach.
    pub fn drain<'q>(&'q mut self, proof: &'q Stopped<'q>) -> Drain<'q> {
        let mine = self.is_of(proof);
        Drain {
            queue: mine.then_some(self),
            last: 0,
            _proof: proof,
        }
    }

    /// True if the proof is of this queue's device, and of the same attach. A
    /// later attach may have the device's struct at the same address, so the gate
    /// decides: this queue keeps its own, and no other has that address.
    pub(crate) fn is_of(&self, proof: &Stopped<'_>) -> bool {
        proof
            .0
            .iter()
            .any(|slot| Arc::ptr_eq(&slot.gate, &self.gate))
    }

    /// Descriptors in all.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Descriptors that are unused; 0 while the device is stopped.
    pub fn nfree(&mut self) -> usize {
        // SAFETY: the invariant.
        self.with(|vq| unsafe { bindings::kpi_vq_nfree(vq) })
            .map_or(0, |count| count.unsigned_abs() as usize)
    }

    /// Gives the queue to C, which serialises its calls from now on.
    pub fn into_raw(self) -> *mut virtqueue {
        self.vq.as_ptr()
    }
}

/// What [`VirtQueue::drain`] takes back.
pub struct Drain<'q> {
    /// `None`: of another device than the proof.
    queue: Option<&'q mut VirtQueue>,
    /// The position at which C continues its drain. C trusts this value.
    last: c_int,
    _proof: &'q Stopped<'q>,
}

impl Iterator for Drain<'_> {
    type Item = NonNull<c_void>;

    fn next(&mut self) -> Option<NonNull<c_void>> {
        let vq = self.queue.as_ref()?.vq;
        // SAFETY: the invariant of the queue: while there is a proof the device is
        // stopped and the gate closed, and the queue is borrowed exclusively.
        NonNull::new(unsafe { bindings::kpi_vq_drain(vq.as_ptr(), &mut self.last) })
    }
}

/// A list of segments to be put on a queue.
///
/// # Invariants
/// The C list is allocated and belongs to this alone.
pub struct SgList(NonNull<sglist>);

// SAFETY: a list is bound to no thread.
unsafe impl Send for SgList {}

impl SgList {
    /// An empty list with room for `max_segments`. `ENOMEM`. Sleepable with
    /// `WaitOk`, else not in a filter.
    pub fn new(max_segments: u32, flags: Flags) -> Result<Self> {
        // sglist(9) counts them in 16 bits.
        let max_segments = u16::try_from(max_segments).map_err(|_| EINVAL)?.into();
        ctx::can_block();
        // SAFETY: no preconditions.
        let sg = unsafe { bindings::kpi_sglist_alloc(max_segments, flags.to_c()) };
        NonNull::new(sg).map(Self).ok_or(ENOMEM)
    }

    /// Appends a segment; one that starts where the last ends becomes part of it.
    /// `EFBIG`: the list is full. Any context.
    pub fn append(&mut self, paddr: u64, len: usize) -> Result<()> {
        // SAFETY: the invariant.
        check(unsafe { bindings::kpi_sglist_append(self.0.as_ptr(), paddr, len) })
    }

    /// Empties the list. Any context.
    pub fn reset(&mut self) {
        // SAFETY: the invariant.
        unsafe { bindings::kpi_sglist_reset(self.0.as_ptr()) }
    }
}

impl Drop for SgList {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: the invariant; it is not used again.
        unsafe { bindings::kpi_sglist_free(self.0.as_ptr()) }
    }
}
