// SPDX-License-Identifier: BSD-2-Clause

//! A device: its name in messages, its sysctl(9) nodes, its tunables. Twin of
//! `kpi_dev.h`.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::fmt;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::arc::{Arc, Keep};
use crate::bindings::{
    self, device_t, kpi_dev_record, kpi_sysctl, kpi_sysctl_array_ops, kpi_sysctl_int_ops,
    kpi_sysctl_text_ops, sysctl_oid,
};
use crate::boxed::Box;
use crate::ctx;
use crate::device_println;
use crate::errno::{EBUSY, EINVAL, ENOMEM, ENXIO, EPERM, Result, check, status};
use crate::ffi::{Opaque, Ref, as_arg};
use crate::mtx::Mtx;

/// A device, borrowed for `'d`: what a C entry point has until it returns.
///
/// # Invariants
/// The device exists for all of `'d`.
#[derive(Clone, Copy)]
pub struct DeviceRef<'d>(Ref<'d, Raw>);

/// What `device_t` points to.
type Raw = bindings::_device;

impl<'d> DeviceRef<'d> {
    /// Borrows the device that C means.
    ///
    /// # Safety
    /// `dev` is a device that exists for `'d`.
    pub unsafe fn from_raw(dev: device_t) -> Self {
        // SAFETY: the caller's promise.
        match unsafe { Ref::new(dev) } {
            Some(dev) => Self(dev),
            None => panic!("a device that is null"),
        }
    }

    /// The device, for C.
    pub fn as_raw(self) -> device_t {
        self.0.as_ptr()
    }

    /// Name with unit, such as "pcm0". Any context.
    pub fn nameunit(self) -> &'d CStr {
        // SAFETY: the device exists; its name lives as long as it does.
        unsafe { CStr::from_ptr(bindings::kpi_dev_nameunit(self.as_raw())) }
    }

    /// Unit number. Any context.
    pub fn unit(self) -> i32 {
        // SAFETY: the device exists.
        unsafe { bindings::kpi_dev_unit(self.as_raw()) }
    }

    /// The driver's memory of the device, for C. Any context.
    pub fn softc(self) -> *mut c_void {
        // SAFETY: the device exists.
        unsafe { bindings::kpi_dev_softc(self.as_raw()) }
    }
}

/// A device from attach to the end of detach: what everything that owns a part of
/// the device, or is called back by it, is made from. Kept for longer, it is the name
/// of a device that is gone: nothing can be made from it.
///
/// What is made from it holds the device. [`Device::end`] fails while something
/// does, and the driver does not detach: a handle that safe code has forgotten, or
/// still has, keeps the device.
///
/// # Invariants
/// The upper half of the record's word is the number of the device's life, and the
/// lower half counts what holds it. While both lives are the same, the record's
/// device exists. Records are never freed while this code is there.
#[derive(Clone, Copy)]
pub struct Device {
    record: Ref<'static, kpi_dev_record>,
    life: u32,
}

/// How often [`Device::end`] looks again for a use that is just under way, a tick
/// apart.
const END_TRIES: u32 = 10;

impl Device {
    /// The device that C attaches. Sleepable.
    ///
    /// # Safety
    /// `dev` exists until [`Device::end`] of this has succeeded: the driver's detach
    /// calls that last, and fails if it does; an attach that fails calls
    /// [`Device::abandon`].
    pub unsafe fn from_raw(dev: device_t) -> Self {
        if dev.is_null() {
            panic!("a device that is null");
        }
        // SAFETY: no preconditions.
        let record = unsafe { bindings::kpi_dev_record_get(dev) };
        // SAFETY: records stay.
        match unsafe { Ref::new(record) } {
            Some(record) => {
                let mut this = Self { record, life: 0 };
                // It was left with no holds.
                this.life = (this.word().load(Ordering::Acquire) >> 32) as u32;
                this
            }
            None => panic!("a record that is null"),
        }
    }

    fn word(&self) -> &AtomicU64 {
        // SAFETY: the record stays, and its word is accessed by this alone.
        unsafe { AtomicU64::from_ptr(&raw mut (*self.record.as_ptr()).kdr_word) }
    }

    /// Keeps the device. `ENXIO`: it is gone. Any context.
    pub fn hold(self) -> Result<Hold> {
        let word = self.word();
        let mut seen = word.load(Ordering::Relaxed);
        loop {
            if (seen >> 32) as u32 != self.life {
                return Err(ENXIO);
            }
            if seen as u32 == u32::MAX {
                return Err(EBUSY);
            }
            match word.compare_exchange_weak(seen, seen + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(Hold(self)),
                Err(other) => seen = other,
            }
        }
    }

    /// Ends the device's life, for this and its copies. `EBUSY`: something holds it,
    /// and it does not end, as a line says. Sleepable.
    pub fn end(self) -> Result<()> {
        let alive = u64::from(self.life) << 32;
        let next = u64::from(self.life.wrapping_add(1)) << 32;
        for _ in 0..END_TRIES {
            match self
                .word()
                .compare_exchange(alive, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => {
                    // SAFETY: only one who ends a life comes here for it.
                    unsafe { bindings::kpi_dev_record_put(self.record.as_ptr()) }
                    return Ok(());
                }
                Err(word) if (word >> 32) as u32 != self.life => return Ok(()),
                // SAFETY: the name is static.
                Err(_) => unsafe { bindings::kpi_pause(c"kpiend".as_ptr()) },
            }
        }
        device_println!(self, "something still holds the device: it stays");
        Err(EBUSY)
    }

    /// Ends the device's life after a failed attach, which newbus takes for the end
    /// in any case. Panics if something holds it. Sleepable.
    pub fn abandon(self) {
        if self.end().is_err() {
            panic!("attach failed, and the driver has kept a part of its device");
        }
    }

    /// Calls `use_it` with the device, which stays meanwhile; `None` if it is gone.
    /// Any context.
    pub fn with<R>(self, use_it: impl FnOnce(DeviceRef<'_>) -> R) -> Option<R> {
        let hold = self.hold().ok()?;
        Some(use_it(hold.device()))
    }

    /// Unit number; -1 if it is gone. Any context.
    pub fn unit(self) -> i32 {
        self.with(|dev| dev.unit()).unwrap_or(-1)
    }
}

/// Keeps a device from being detached, while this is there.
///
/// # Invariants
/// It is counted in the record.
pub struct Hold(Device);

impl Hold {
    /// The device.
    pub fn device(&self) -> DeviceRef<'_> {
        // SAFETY: by the invariant the device's life has not ended, so that it
        // exists while `self` is borrowed.
        unsafe { DeviceRef::from_raw(self.as_raw()) }
    }

    /// The device, for C.
    pub fn as_raw(&self) -> device_t {
        // SAFETY: by the invariant the record is this device's.
        unsafe { (*self.0.record.as_ptr()).kdr_dev }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.word().fetch_sub(1, Ordering::Release);
    }
}

/// Tells devd(8) of an event: strings as devd.conf(5) matches them, `data` being
/// "name=value" pairs. Lost if there is no memory now. Not in a filter.
pub fn notify(system: &CStr, subsystem: &CStr, kind: &CStr, data: &CStr) {
    ctx::can_block();
    let (system, subsystem) = (system.as_ptr(), subsystem.as_ptr());
    // SAFETY: the strings are good for the call, which copies them.
    unsafe { bindings::kpi_dev_notify(system, subsystem, kind.as_ptr(), data.as_ptr()) }
}

/// The value of a tunable of the kernel environment ("hw.virtio_snd.timeout");
/// `None` if it is not set or not a number. Sleepable.
pub fn tunable_int(name: &CStr) -> Option<i32> {
    ctx::can_block();
    let mut value = 0;
    // SAFETY: both pointers are good for the call.
    unsafe { bindings::kpi_tunable_int(name.as_ptr(), &mut value) }.then_some(value)
}

/// Integers that are asked for when a program reads their nodes. `which` is what
/// [`Sysctl::int_of`] was given. Several programs may do so at once. Sleepable.
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
    /// Writes the text, of which what is longer than `KPI_SYSCTL_TEXT` is cut off.
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
}

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
    _hold: Hold,
}

// SAFETY: sysctl(9) does its own locking, and is bound to no thread.
unsafe impl Send for Sysctl {}
// SAFETY: as for `Send`; the owners are in a mutex, and C adds to its list of
// values atomically.
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
            _hold: hold,
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

    /// Adds a 64-bit counter that can be read, in memory that C owns.
    /// Errors as [`Sysctl::node`]. Sleepable.
    ///
    /// # Safety
    /// `value` can be read until this `Sysctl` is dropped.
    pub unsafe fn counter(
        &self,
        parent: Option<&Node<'_>>,
        name: &CStr,
        descr: &CStr,
        value: *const u64,
    ) -> Result<()> {
        let parent = self.parent(parent)?;
        let (name, descr) = (name.as_ptr(), descr.as_ptr());
        // SAFETY: as in `node`; `value` is the caller's promise.
        check(unsafe { bindings::kpi_sysctl_u64(self.raw.get(), parent, name, descr, value) })
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
        let value = self.keep(owner, |owner| field(owner).as_ptr())?;
        // SAFETY: the value belongs to an owner that is kept until the nodes are
        // gone.
        unsafe { self.counter(parent, name, descr, value) }
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
        let value = self.keep(owner, |owner| field(owner).as_ptr())?;
        let parent = self.parent(parent)?;
        let (name, descr) = (name.as_ptr(), descr.as_ptr());
        // SAFETY: as in `node`; the value belongs to an owner that is kept until
        // the nodes are gone, and is an atomic, which others may write.
        check(unsafe { bindings::kpi_sysctl_u32_rw(self.raw.get(), parent, name, descr, value) })
    }

    /// Adds an integer that `owner` is asked for, `which` being one of its own, and
    /// that sysctl(8) shows as `format` says. Errors as [`Sysctl::node`]. Sleepable.
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
        let arg = self.keep(owner, |owner| as_arg(owner).cast::<T>())?;
        let parent = self.parent(parent)?;
        let ops: &'static kpi_sysctl_int_ops = match access {
            Access::Read => &IntOps::<T>::READ,
            Access::ReadWrite => &IntOps::<T>::READ_WRITE,
        };
        let (name, descr, format) = (name.as_ptr(), descr.as_ptr(), format.as_ptr());
        let raw = self.raw.get();
        // SAFETY: as in `node`; `ops` and `format` are static, and `arg` is an
        // owner, as `ops` wants it, that is kept until the nodes are gone.
        check(unsafe {
            bindings::kpi_sysctl_int(raw, parent, name, descr, format, ops, arg.cast(), which)
        })
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
        let arg = self.keep(owner, |owner| as_arg(owner).cast::<T>())?;
        let parent = self.parent(parent)?;
        let ops: &'static kpi_sysctl_text_ops = match access {
            Access::Read => &TextOps::<T>::READ,
            Access::ReadWrite => &TextOps::<T>::READ_WRITE,
        };
        let (name, descr) = (name.as_ptr(), descr.as_ptr());
        // SAFETY: as in `int_of`.
        check(unsafe {
            bindings::kpi_sysctl_text(self.raw.get(), parent, name, descr, ops, arg.cast(), which)
        })
    }

    /// Adds an array of at most `size` bytes that `owner` is asked for; otherwise as
    /// [`Sysctl::int_of`]. `EINVAL`: `size` is more than 64 kilobytes.
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
        let arg = self.keep(owner, |owner| as_arg(owner).cast::<T>())?;
        let parent = self.parent(parent)?;
        let ops: &'static kpi_sysctl_array_ops = match access {
            Access::Read => &ArrayOps::<T>::READ,
            Access::ReadWrite => &ArrayOps::<T>::READ_WRITE,
        };
        let kind = match kind {
            ArrayKind::Int => bindings::KPI_SYSCTL_INT,
            ArrayKind::S64 => bindings::KPI_SYSCTL_S64,
            ArrayKind::U8 => bindings::KPI_SYSCTL_U8,
            ArrayKind::U32 => bindings::KPI_SYSCTL_U32,
            ArrayKind::Char => bindings::KPI_SYSCTL_CHAR,
        };
        let (name, descr, arg) = (name.as_ptr(), descr.as_ptr(), arg.cast());
        let raw = self.raw.get();
        // SAFETY: as in `int_of`.
        check(unsafe {
            bindings::kpi_sysctl_array(raw, parent, name, descr, kind, size, ops, arg, which)
        })
    }

    /// Keeps `owner` until the nodes are gone; `field` of it.
    fn keep<T: Send + Sync + 'static, F>(
        &self,
        owner: &Arc<T>,
        field: impl FnOnce(&T) -> *mut F,
    ) -> Result<*mut F> {
        let value = field(owner);
        let link = Keep::link(owner)?;
        self.owners.lock().add(link);
        Ok(value)
    }
}

impl Drop for Sysctl {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: initialised by the invariant, and not used again.
        unsafe { bindings::kpi_sysctl_fini(self.raw.get()) }
    }
}

/// What C calls for the integers of a `T`.
struct IntOps<T>(core::marker::PhantomData<T>);

impl<T: SysctlInt> IntOps<T> {
    const READ: kpi_sysctl_int_ops = kpi_sysctl_int_ops {
        ksi_get: Some(get_int::<T>),
        ksi_set: None,
    };
    const READ_WRITE: kpi_sysctl_int_ops = kpi_sysctl_int_ops {
        ksi_get: Some(get_int::<T>),
        ksi_set: Some(set_int::<T>),
    };
}

/// What C calls for the texts of a `T`.
struct TextOps<T>(core::marker::PhantomData<T>);

impl<T: SysctlText> TextOps<T> {
    const READ: kpi_sysctl_text_ops = kpi_sysctl_text_ops {
        kst_get: Some(get_text::<T>),
        kst_set: None,
    };
    const READ_WRITE: kpi_sysctl_text_ops = kpi_sysctl_text_ops {
        kst_get: Some(get_text::<T>),
        kst_set: Some(set_text::<T>),
    };
}

/// What C calls for the arrays of a `T`.
struct ArrayOps<T>(core::marker::PhantomData<T>);

impl<T: SysctlArray> ArrayOps<T> {
    const READ: kpi_sysctl_array_ops = kpi_sysctl_array_ops {
        ksa_get: Some(get_array::<T>),
        ksa_set: None,
    };
    const READ_WRITE: kpi_sysctl_array_ops = kpi_sysctl_array_ops {
        ksa_get: Some(get_array::<T>),
        ksa_set: Some(set_array::<T>),
    };
}

/// # Safety
/// `arg` is a `T` that lives; `value` can be written.
unsafe extern "C" fn get_int<T: SysctlInt>(
    arg: *mut c_void,
    which: u32,
    value: *mut c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    let owner = unsafe { &*arg.cast::<T>() };
    status(owner.get(which).map(|got| {
        // SAFETY: the caller's promise.
        unsafe { value.write(got) }
    }))
}

/// # Safety
/// `arg` is a `T` that lives.
unsafe extern "C" fn set_int<T: SysctlInt>(arg: *mut c_void, which: u32, value: c_int) -> c_int {
    // SAFETY: the caller's promise.
    let owner = unsafe { &*arg.cast::<T>() };
    status(owner.set(which, value))
}

/// # Safety
/// `arg` is a `T` that lives; `text` has room for `size` bytes, which are 0.
unsafe extern "C" fn get_text<T: SysctlText>(
    arg: *mut c_void,
    which: u32,
    text: *mut c_char,
    size: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let owner = unsafe { &*arg.cast::<T>() };
    // SAFETY: the caller's promise; nobody else has the bytes.
    let room = unsafe { core::slice::from_raw_parts_mut(text.cast(), size) };
    status(owner.get(which, &mut Text { room, len: 0 }))
}

/// # Safety
/// `arg` is a `T` that lives; `text` is a string.
unsafe extern "C" fn set_text<T: SysctlText>(
    arg: *mut c_void,
    which: u32,
    text: *const c_char,
) -> c_int {
    // SAFETY: the caller's promise.
    let (owner, text) = unsafe { (&*arg.cast::<T>(), CStr::from_ptr(text)) };
    status(owner.set(which, text.to_bytes()))
}

/// # Safety
/// `arg` is a `T` that lives; `buf` has room for `*len` bytes, which are 0.
unsafe extern "C" fn get_array<T: SysctlArray>(
    arg: *mut c_void,
    which: u32,
    buf: *mut c_void,
    len: *mut usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let (owner, size) = unsafe { (&*arg.cast::<T>(), *len) };
    // SAFETY: the caller's promise; nobody else has the bytes.
    let room = unsafe { core::slice::from_raw_parts_mut(buf.cast(), size) };
    status(owner.get(which, room).map(|got| {
        // SAFETY: the caller's promise.
        unsafe { len.write(got.min(size)) }
    }))
}

/// # Safety
/// `arg` is a `T` that lives; `buf` has `len` bytes.
unsafe extern "C" fn set_array<T: SysctlArray>(
    arg: *mut c_void,
    which: u32,
    buf: *const c_void,
    len: usize,
) -> c_int {
    // SAFETY: the caller's promise.
    let owner = unsafe { &*arg.cast::<T>() };
    // SAFETY: the caller's promise.
    let bytes = unsafe { core::slice::from_raw_parts(buf.cast(), len) };
    status(owner.set(which, bytes))
}

/// A string in the making, which keeps a NUL at its end.
struct Text<'r> {
    room: &'r mut [u8],
    len: usize,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.room.len().saturating_sub(1);
        let room = self.room.get_mut(self.len..end).unwrap_or(&mut []);
        for (to, from) in room.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        self.len += text.len().min(room.len());
        Ok(())
    }
}
