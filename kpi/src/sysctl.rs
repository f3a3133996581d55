// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! sysctl(9) nodes below a device's own, or below one of a module. Twin of
//! `kpi_sysctl.h`.
//!
//! The value of a node belongs to an owner. The tree keeps a share of the owner
//! until the node is gone.
//!
//! # Example
//! ```
//! use core::sync::atomic::{AtomicU64, Ordering};
//! use kpi::arc::Arc;
//! use kpi::sysctl::Sysctl;
//!
//! struct Stats {
//!     frames: AtomicU64,
//! }
//!
//! let stats = Arc::new(Stats { frames: AtomicU64::new(0) })?;
//! let sysctl = Sysctl::new(dev)?;
//! let node = sysctl.node(None, c"stats", c"Counters")?;
//! // sysctl dev.foo.0.stats.frames
//! sysctl.counter_of(Some(&node), c"frames", c"Frames sent", &stats, |stats| &stats.frames)?;
//! stats.frames.fetch_add(2, Ordering::Relaxed);
//! # assert_eq!(crate::fixture::sysctl(c"dev.kt.0.stats.frames"), 2);
//! ```

use core::ffi::{CStr, c_int, c_void};
use core::fmt;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::arc::{AnyArc, Arc, Keep};
use crate::bindings::{self, kpi_sysctl, kpi_sysctl_ops, kpi_sysctl_type, sysctl_oid};
use crate::boxed::Box;
use crate::ctx;
use crate::dev::{Device, Hold};
use crate::errno::{EINVAL, ENOMEM, EPERM, Result, check, status};
use crate::ffi::Opaque;
use crate::mtx::Mtx;

/// Bytes of the longest text.
const TEXT: usize = 255;

/// Bytes of an integer.
const INT: usize = size_of::<c_int>();

/// Integers that are computed when a program reads their nodes. `which` is the
/// value that was passed to [`Sysctl::int_of`]. Several programs may read at
/// once. Sleepable.
pub trait SysctlInt: Send + Sync + 'static {
    /// The value.
    fn get(&self, which: u32) -> Result<c_int>;

    /// A program sets it.
    fn set(&self, _which: u32, _value: c_int) -> Result<()> {
        Err(EPERM)
    }
}

/// Texts, likewise; see [`Sysctl::text_of`].
pub trait SysctlText: Send + Sync + 'static {
    /// Writes the text. What is longer than 255 bytes is cut off.
    fn get(&self, which: u32, text: &mut dyn fmt::Write) -> Result<()>;

    /// A program sets it.
    fn set(&self, _which: u32, _text: &[u8]) -> Result<()> {
        Err(EPERM)
    }
}

/// Arrays of numbers, or texts of any length, likewise; see [`Sysctl::array_of`].
pub trait SysctlArray: Send + Sync + 'static {
    /// Writes the array's bytes, in the CPU's order, to the start of `room`, and
    /// returns how many there are.
    fn get(&self, which: u32, room: &mut [u8]) -> Result<usize>;

    /// A program sets it to these bytes.
    fn set(&self, _which: u32, _bytes: &[u8]) -> Result<()> {
        Err(EPERM)
    }
}

/// What an array is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrayKind {
    /// `c_int`.
    Int,
    /// `i64`.
    S64,
    /// `u8`.
    U8,
    /// `u32`.
    U32,
    /// Characters: a text, without its NUL.
    Char,
}

/// Whether a program may set a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It may read it.
    Read,
    /// It may set it as well.
    ReadWrite,
    /// The same. If the kernel environment (loader.conf(5)) has a variable of the
    /// node's full name, that is set while the node is added.
    ReadWriteTunable,
}

/// A 64-bit counter that C changes, in memory that `'a` lasts for.
pub struct CCounter<'a>(*const u64, PhantomData<&'a u64>);

impl CCounter<'_> {
    /// The counter at `value`.
    ///
    /// # Safety
    /// It can be read while `'a` lasts.
    pub const unsafe fn new(value: *const u64) -> Self {
        Self(value, PhantomData)
    }
}

impl<'a> CCounter<'a> {
    /// The same for one that Rust changes.
    fn of(value: &'a AtomicU64) -> Self {
        Self(value.as_ptr(), PhantomData)
    }
}

/// The function that finds a counter in its owner.
pub type CounterOf<T> = for<'a> fn(&'a T) -> CCounter<'a>;

/// A counter of a table: its name, its description, and what finds it in its owner.
pub type CounterRow<T> = (&'static CStr, &'static CStr, fn(&T) -> &AtomicU64);

/// The same for a counter that C changes.
pub type CCounterRow<T> = (&'static CStr, &'static CStr, CounterOf<T>);

/// The sysctl(9) nodes that a driver adds below the device's own
/// (`dev.NAME.UNIT`).
///
/// Dropping this removes them and waits for those that are being read: sleepable,
/// while holding nothing.
///
/// # Invariants
/// `raw` is initialised and in place.
pub struct Sysctl {
    raw: Box<Opaque<kpi_sysctl>>,
    /// The memory that the nodes show, dropped after them.
    owners: Mtx<Keep>,
    /// `None`: of a module, which has no device.
    _hold: Option<Hold>,
}

// SAFETY: sysctl(9) does its own locking, and is bound to no thread.
unsafe impl Send for Sysctl {}
// SAFETY: as for `Send`; the owners are in a mutex.
unsafe impl Sync for Sysctl {}

/// A node, below which there are others.
///
/// # Invariants
/// `oid` is a node of `of`.
#[derive(Clone, Copy)]
pub struct Node<'s> {
    oid: *mut sysctl_oid,
    of: &'s Sysctl,
}

impl Sysctl {
    /// No nodes yet. `ENXIO`: the device is gone. Sleepable.
    pub fn new(dev: Device) -> Result<Self> {
        let hold = dev.hold()?;
        let owners = Mtx::new(c"kpi sysctl", Keep::new())?;
        let raw = Box::new(Opaque::zeroed())?;
        // SAFETY: the zeroed struct stays in place; the device exists until this
        // is dropped.
        unsafe { bindings::kpi_sysctl_init(raw.get(), hold.as_raw()) };
        Ok(Self {
            raw,
            owners,
            _hold: Some(hold),
        })
    }

    /// No nodes yet, of a module without a device: they go below `root`. Sleepable.
    ///
    /// # Safety
    /// `root` is a node that exists until this is dropped, such as one that the
    /// module's C declares.
    pub unsafe fn below(root: *mut sysctl_oid) -> Result<Self> {
        let owners = Mtx::new(c"kpi sysctl", Keep::new())?;
        let raw = Box::new(Opaque::zeroed())?;
        // SAFETY: the zeroed struct stays in place; the rest is the caller's promise.
        unsafe { bindings::kpi_sysctl_init_root(raw.get(), root) };
        Ok(Self {
            raw,
            owners,
            _hold: None,
        })
    }

    /// What C takes for `parent`, null for the device's own. `EINVAL`: it is not
    /// one of these nodes. Called by all that add a node.
    fn parent(&self, parent: Option<&Node<'_>>) -> Result<*mut sysctl_oid> {
        ctx::can_block();
        match parent {
            None => Ok(core::ptr::null_mut()),
            Some(node) if core::ptr::eq(node.of, self) => Ok(node.oid),
            Some(_) => Err(EINVAL),
        }
    }

    /// Adds a node `name` below `parent`, or else the device's own. `ENOMEM`: no
    /// memory, or the name is taken. Sleepable.
    pub fn node(&self, parent: Option<&Node<'_>>, name: &CStr, descr: &CStr) -> Result<Node<'_>> {
        let parent = self.parent(parent)?;
        // SAFETY: initialised by the invariant; `parent` is null or a node of
        // this; the strings are copied.
        let oid = unsafe {
            bindings::kpi_sysctl_node(self.raw.get(), parent, name.as_ptr(), descr.as_ptr())
        };
        if oid.is_null() {
            return Err(ENOMEM);
        }
        Ok(Node { oid, of: self })
    }

    /// Adds a 64-bit counter that can be read: the part of `owner` that `field`
    /// points out. Errors as [`Sysctl::node`]. Sleepable.
    pub fn counter_of<T: Send + Sync + 'static>(
        &self,
        parent: Option<&Node<'_>>,
        name: &CStr,
        descr: &CStr,
        owner: &Arc<T>,
        field: fn(&T) -> &AtomicU64,
    ) -> Result<()> {
        let value = field(owner).as_ptr();
        self.keep(Arc::into_any(owner.clone()))?;
        // SAFETY: the owner is kept.
        unsafe { self.counter(parent, name, descr, value) }
    }

    /// Adds the counters of a table, each of which is a part of `owner`. Errors as
    /// [`Sysctl::node`]. Sleepable.
    pub fn counters_of<T: Send + Sync + 'static>(
        &self,
        parent: Option<&Node<'_>>,
        owner: &Arc<T>,
        table: &[CounterRow<T>],
    ) -> Result<()> {
        self.counters(parent, owner, table, |field, owner| {
            CCounter::of(field(owner))
        })
    }

    /// The same for counters that C changes.
    pub fn counters_in_c<T: Send + Sync + 'static>(
        &self,
        parent: Option<&Node<'_>>,
        owner: &Arc<T>,
        table: &[CCounterRow<T>],
    ) -> Result<()> {
        self.counters(parent, owner, table, |field, owner| field(owner))
    }

    /// Adds the counters of a table. `counter_of` finds each in its owner, by what its
    /// row has.
    fn counters<T: Send + Sync + 'static, F>(
        &self,
        parent: Option<&Node<'_>>,
        owner: &Arc<T>,
        table: &[(&'static CStr, &'static CStr, F)],
        counter_of: impl for<'a> Fn(&F, &'a T) -> CCounter<'a>,
    ) -> Result<()> {
        self.keep(Arc::into_any(owner.clone()))?;
        for (name, descr, field) in table {
            // SAFETY: the owner is kept.
            unsafe { self.counter(parent, name, descr, counter_of(field, owner).0)? };
        }
        Ok(())
    }

    /// Adds a counter.
    ///
    /// # Safety
    /// `value` belongs to an owner that is kept.
    unsafe fn counter(
        &self,
        parent: Option<&Node<'_>>,
        name: &CStr,
        descr: &CStr,
        value: *const u64,
    ) -> Result<()> {
        let parent = self.parent(parent)?;
        let (name, descr) = (name.as_ptr(), descr.as_ptr());
        // SAFETY: as in `node`; the value belongs to an owner that is kept until the
        // nodes are gone, by the caller's promise.
        check(unsafe { bindings::kpi_sysctl_u64(self.raw.get(), parent, name, descr, value) })
    }

    /// Adds a 32-bit value that the administrator may set, or preset by a tunable:
    /// the part of `owner` that `field` points out. Errors as [`Sysctl::node`].
    /// Sleepable.
    pub fn setting_of<T: Send + Sync + 'static>(
        &self,
        parent: Option<&Node<'_>>,
        name: &CStr,
        descr: &CStr,
        owner: &Arc<T>,
        field: fn(&T) -> &AtomicU32,
    ) -> Result<()> {
        let value = field(owner).as_ptr();
        self.keep(Arc::into_any(owner.clone()))?;
        let parent = self.parent(parent)?;
        let (name, descr) = (name.as_ptr(), descr.as_ptr());
        // SAFETY: as in `node`; the value belongs to an owner that is kept until
        // the nodes are gone, and is an atomic, which others may write.
        check(unsafe { bindings::kpi_sysctl_u32_rw(self.raw.get(), parent, name, descr, value) })
    }

    /// The same for a value that only a tunable sets, while the node is added. Later it
    /// can be read alone.
    pub fn tunable_of<T: Send + Sync + 'static>(
        &self,
        parent: Option<&Node<'_>>,
        name: &CStr,
        descr: &CStr,
        owner: &Arc<T>,
        field: fn(&T) -> &AtomicU32,
    ) -> Result<()> {
        let value = field(owner).as_ptr();
        self.keep(Arc::into_any(owner.clone()))?;
        let parent = self.parent(parent)?;
        let (name, descr) = (name.as_ptr(), descr.as_ptr());
        // SAFETY: as in `setting_of`.
        check(unsafe { bindings::kpi_sysctl_u32_tun(self.raw.get(), parent, name, descr, value) })
    }

    /// Adds an integer that `owner` computes. `which` tells the owner which of
    /// its integers is meant, and `format` how sysctl(8) shows it. Errors as
    /// [`Sysctl::node`]. Sleepable.
    #[allow(clippy::too_many_arguments)] // as many as SYSCTL_ADD_PROC()
    pub fn int_of<T: SysctlInt>(
        &self,
        parent: Option<&Node<'_>>,
        name: &CStr,
        descr: &CStr,
        format: &'static CStr,
        access: Access,
        owner: &Arc<T>,
        which: u32,
    ) -> Result<()> {
        let kind = kpi_sysctl_type {
            kst_kind: bindings::KPI_SYSCTL_INT,
            kst_size: INT,
            kst_format: format.as_ptr(),
            kst_tun: access.is_tunable(),
        };
        let ops = access.of(&IntOps::<T>::READ, &IntOps::<T>::READ_WRITE);
        self.value(parent, name, descr, &kind, Value::new(ops, owner), which)
    }

    /// Adds a text that `owner` is asked for; otherwise as [`Sysctl::int_of`].
    pub fn text_of<T: SysctlText>(
        &self,
        parent: Option<&Node<'_>>,
        name: &CStr,
        descr: &CStr,
        access: Access,
        owner: &Arc<T>,
        which: u32,
    ) -> Result<()> {
        let kind = kpi_sysctl_type {
            kst_kind: bindings::KPI_SYSCTL_CHAR,
            kst_size: TEXT,
            kst_format: core::ptr::null(),
            kst_tun: access.is_tunable(),
        };
        let ops = access.of(&TextOps::<T>::READ, &TextOps::<T>::READ_WRITE);
        self.value(parent, name, descr, &kind, Value::new(ops, owner), which)
    }

    /// Adds an array of at most `size` bytes that `owner` is asked for; otherwise as
    /// [`Sysctl::int_of`]. `EINVAL`: `size` is 0 or more than 64 kilobytes.
    #[allow(clippy::too_many_arguments)] // as many as SYSCTL_ADD_PROC()
    pub fn array_of<T: SysctlArray>(
        &self,
        parent: Option<&Node<'_>>,
        name: &CStr,
        descr: &CStr,
        kind: ArrayKind,
        size: usize,
        access: Access,
        owner: &Arc<T>,
        which: u32,
    ) -> Result<()> {
        let kind = kpi_sysctl_type {
            kst_kind: match kind {
                ArrayKind::Int => bindings::KPI_SYSCTL_INT,
                ArrayKind::S64 => bindings::KPI_SYSCTL_S64,
                ArrayKind::U8 => bindings::KPI_SYSCTL_U8,
                ArrayKind::U32 => bindings::KPI_SYSCTL_U32,
                ArrayKind::Char => bindings::KPI_SYSCTL_CHAR,
            },
            kst_size: size,
            kst_format: core::ptr::null(),
            kst_tun: access.is_tunable(),
        };
        let ops = access.of(&ArrayOps::<T>::READ, &ArrayOps::<T>::READ_WRITE);
        self.value(parent, name, descr, &kind, Value::new(ops, owner), which)
    }

    /// Adds a 32-bit number: reading it gives the part of `owner` that `field` points
    /// out, and a program that sets it calls `set`. Errors as [`Sysctl::node`].
    /// Sleepable.
    pub fn command_of<T: Send + Sync + 'static>(
        &self,
        name: &CStr,
        descr: &CStr,
        owner: &Arc<T>,
        field: fn(&T) -> &AtomicU32,
        set: fn(&T, u32) -> Result<()>,
    ) -> Result<()> {
        let owner = owner.clone();
        let command = Arc::new(Command { owner, field, set })?;
        let (kind, access) = (ArrayKind::U32, Access::ReadWrite);
        self.array_of(None, name, descr, kind, 4, access, &command, 0)
    }

    /// Adds a node for a value.
    fn value(
        &self,
        parent: Option<&Node<'_>>,
        name: &CStr,
        descr: &CStr,
        kind: &kpi_sysctl_type,
        value: Value,
        which: u32,
    ) -> Result<()> {
        let Value { ops, owner } = value;
        let arg = owner.as_ptr().cast_mut().cast();
        self.keep(owner)?;
        let parent = self.parent(parent)?;
        let (name, descr) = (name.as_ptr(), descr.as_ptr());
        let raw = self.raw.get();
        // SAFETY: as in `node`; `ops` and the format are static, and `arg` is an owner,
        // as `ops` want it by the invariant of `Value`, that is kept until the nodes
        // are gone.
        check(unsafe {
            bindings::kpi_sysctl_value(raw, parent, name, descr, kind, ops, arg, which)
        })
    }

    /// Keeps `owner` until the nodes are gone.
    fn keep(&self, owner: AnyArc) -> Result<()> {
        let link = Keep::link_any(owner)?;
        self.owners.lock().add(link);
        Ok(())
    }
}

/// What is behind [`Sysctl::command_of`].
struct Command<T> {
    owner: Arc<T>,
    field: fn(&T) -> &AtomicU32,
    set: fn(&T, u32) -> Result<()>,
}

impl<T: Send + Sync + 'static> SysctlArray for Command<T> {
    fn get(&self, _which: u32, room: &mut [u8]) -> Result<usize> {
        let value = (self.field)(&self.owner).load(Ordering::Relaxed);
        *room.first_chunk_mut().ok_or(EINVAL)? = value.to_ne_bytes();
        Ok(size_of_val(&value))
    }

    fn set(&self, _which: u32, bytes: &[u8]) -> Result<()> {
        let value = bytes.try_into().map_err(|_| EINVAL)?;
        (self.set)(&self.owner, u32::from_ne_bytes(value))
    }
}

impl Drop for Sysctl {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: initialised by the invariant, and not used again.
        unsafe { bindings::kpi_sysctl_fini(self.raw.get()) }
    }
}

impl Access {
    /// The functions for it.
    fn of<T>(self, read: &'static Ops<T>, read_write: &'static Ops<T>) -> &'static Ops<T> {
        match self {
            Access::Read => read,
            Access::ReadWrite | Access::ReadWriteTunable => read_write,
        }
    }

    fn is_tunable(self) -> bool {
        self == Access::ReadWriteTunable
    }
}

/// Functions that C calls for a value of a `T`.
///
/// # Invariants
/// They take a `T` for their argument.
struct Ops<T> {
    raw: kpi_sysctl_ops,
    of: PhantomData<fn(&T)>,
}

/// What a node shows.
///
/// # Invariants
/// `ops` take the value of `owner` for their argument.
struct Value {
    ops: &'static kpi_sysctl_ops,
    owner: AnyArc,
}

impl Value {
    fn new<T: Send + Sync + 'static>(ops: &'static Ops<T>, owner: &Arc<T>) -> Self {
        Self {
            ops: &ops.raw,
            owner: Arc::into_any(owner.clone()),
        }
    }
}

macro_rules! ops {
    ($ops:ident, $owner:ident, $get:ident, $set:ident) => {
        struct $ops<T>(PhantomData<T>);

        impl<T: $owner> $ops<T> {
            const READ: Ops<T> = Ops {
                raw: kpi_sysctl_ops {
                    kso_get: Some($get::<T>),
                    kso_set: None,
                },
                of: PhantomData,
            };
            const READ_WRITE: Ops<T> = Ops {
                raw: kpi_sysctl_ops {
                    kso_get: Some($get::<T>),
                    kso_set: Some($set::<T>),
                },
                of: PhantomData,
            };
        }
    };
}

ops!(IntOps, SysctlInt, get_int, set_int);
ops!(TextOps, SysctlText, get_text, set_text);
ops!(ArrayOps, SysctlArray, get_array, set_array);

/// Has `get` write a value, and says how long it is.
///
/// # Safety
/// `arg` is a `T` that lives; `buf` has room for `*len` bytes, which are set, and which
/// nobody else has.
unsafe fn get<T>(
    arg: *mut c_void,
    buf: *mut c_void,
    len: *mut usize,
    get: impl FnOnce(&T, &mut [u8]) -> Result<usize>,
) -> c_int {
    // SAFETY: the caller's promise.
    let (owner, size) = unsafe { (&*arg.cast::<T>(), *len) };
    // SAFETY: the caller's promise.
    let room = unsafe { core::slice::from_raw_parts_mut(buf.cast(), size) };
    status(get(owner, room).map(|got| {
        // SAFETY: the caller's promise.
        unsafe { len.write(got.min(size)) }
    }))
}

/// Has `set` take a value.
///
/// # Safety
/// `arg` is a `T` that lives; `buf` has `len` bytes, which nobody changes.
unsafe fn set<T>(
    arg: *mut c_void,
    buf: *const c_void,
    len: usize,
    set: impl FnOnce(&T, &[u8]) -> Result<()>,
) -> c_int {
    // SAFETY: the caller's promise.
    let owner = unsafe { &*arg.cast::<T>() };
    // SAFETY: the caller's promise.
    let bytes = unsafe { core::slice::from_raw_parts(buf.cast(), len) };
    status(set(owner, bytes))
}

macro_rules! getter {
    ($name:ident, $owner:ident, $get:expr) => {
        /// # Safety
        /// As kso_get's of C, with a `T` for `arg`.
        unsafe extern "C" fn $name<T: $owner>(
            arg: *mut c_void,
            which: u32,
            buf: *mut c_void,
            len: *mut usize,
        ) -> c_int {
            // SAFETY: the caller's promise.
            unsafe { get::<T>(arg, buf, len, |owner, room| $get(owner, which, room)) }
        }
    };
}

macro_rules! setter {
    ($name:ident, $owner:ident, $set:expr) => {
        /// # Safety
        /// As kso_set's of C, with a `T` for `arg`.
        unsafe extern "C" fn $name<T: $owner>(
            arg: *mut c_void,
            which: u32,
            buf: *const c_void,
            len: usize,
        ) -> c_int {
            // SAFETY: the caller's promise.
            unsafe { set::<T>(arg, buf, len, |owner, bytes| $set(owner, which, bytes)) }
        }
    };
}

getter!(get_int, SysctlInt, |owner: &T, which, room: &mut [u8]| {
    let value = owner.get(which)?;
    *room.first_chunk_mut().ok_or(EINVAL)? = value.to_ne_bytes();
    Ok(INT)
});
setter!(set_int, SysctlInt, |owner: &T, which, bytes: &[u8]| {
    let bytes = bytes.try_into().map_err(|_| EINVAL)?;
    owner.set(which, c_int::from_ne_bytes(bytes))
});
getter!(get_text, SysctlText, |owner: &T, which, room| {
    let mut text = Text { room, len: 0 };
    owner.get(which, &mut text)?;
    Ok(text.len)
});
setter!(set_text, SysctlText, |owner: &T, which, bytes: &[u8]| {
    // A program may send the NUL, too.
    let text = bytes.split(|&byte| byte == 0).next();
    owner.set(which, text.unwrap_or(&[]))
});
getter!(get_array, SysctlArray, |owner: &T, which, room| {
    owner.get(which, room)
});
setter!(set_array, SysctlArray, |owner: &T, which, bytes| {
    owner.set(which, bytes)
});

/// A text in the making.
struct Text<'r> {
    room: &'r mut [u8],
    len: usize,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.room.get_mut(self.len..).unwrap_or(&mut []);
        for (to, from) in room.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        self.len += text.len().min(room.len());
        Ok(())
    }
}
