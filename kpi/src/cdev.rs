// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Character devices: a node in `/dev`, and the memory of programs. Twin of
//! `kpi_cdev.h`.
//!
//! A [`CharDevice`] says what the device does. Its [`Port`] has the state, in a
//! mutex, and wakes programs. [`CharDev`] owns the node.
//!
//! # Example
//! ```
//! use kpi::Result;
//! use kpi::arc::Arc;
//! use kpi::cdev::{CharDev, CharDevice, FromUser, How, Port, ToUser};
//!
//! /// Gives back the last byte that was written.
//! struct Last;
//!
//! impl CharDevice for Last {
//!     type State = u8;
//!
//!     fn read(&self, port: &Port<u8>, to: &mut ToUser<'_>, _how: How) -> Result<()> {
//!         // The copy may sleep, so the mutex is not held.
//!         let last = *port.lock();
//!         to.put(&[last])?;
//!         Ok(())
//!     }
//!
//!     fn write(&self, port: &Port<u8>, from: &mut FromUser<'_>, _how: How) -> Result<()> {
//!         let mut byte = [0];
//!         while from.get(&mut byte)? != 0 {
//!             *port.lock() = byte[0];
//!         }
//!         Ok(())
//!     }
//! }
//!
//! let node = CharDev::new(Some(dev), c"last", 0o600, Arc::new(Last)?, 0)?;
//! # crate::fixture::program_writes(c"last", b"abc");
//! // A program has written "abc" to /dev/last.
//! assert_eq!(*node.port().lock(), b'c');
//! # assert_eq!(crate::fixture::program_reads(c"last"), b'c');
//! // No program is inside after the drop.
//! drop(node);
//! ```

use core::ffi::{CStr, c_int, c_ulong, c_void};
use core::marker::PhantomData;

use crate::arc::Arc;
use crate::bindings::{self, kpi_cdev, kpi_cdev_ops, uio};
use crate::boxed::Box;
use crate::ctx;
use crate::dev::{Device, Hold};
use crate::errno::{EINVAL, ENODEV, ENOTTY, Result, check, status};
use crate::ffi::{Opaque, as_arg};
use crate::mtx::{Guard, Mtx};

/// What a device does with programs. Each function runs in the program's thread;
/// several may run at once. Sleepable, unless it says otherwise.
pub trait CharDevice: Send + Sync + 'static {
    /// What the port's mutex protects.
    type State: Send + 'static;

    /// A file is opened; not called for a further descriptor of it.
    fn open(&self, _port: &Port<Self::State>, _how: How) -> Result<()> {
        Ok(())
    }

    /// A file is closed: once for each `open` that succeeded, at the latest when the
    /// node goes.
    fn close(&self, _port: &Port<Self::State>) {}

    /// A program reads: as many bytes as [`ToUser::put`] gave it.
    fn read(&self, _port: &Port<Self::State>, _to: &mut ToUser<'_>, _how: How) -> Result<()> {
        Err(ENODEV)
    }

    /// A program writes: as many bytes as [`FromUser::get`] took.
    fn write(&self, _port: &Port<Self::State>, _from: &mut FromUser<'_>, _how: How) -> Result<()> {
        Err(ENODEV)
    }

    /// A command of ioctl(2). `data` is its argument, which the kernel copies from
    /// and to the program, in the size that the command has.
    fn ioctl(
        &self,
        _port: &Port<Self::State>,
        _command: Command,
        _data: &mut [u8],
        _how: How,
    ) -> Result<()> {
        Err(ENOTTY)
    }

    /// How many bytes can be read without waiting. It does not sleep, and is called
    /// with the port's mutex held.
    fn readable(_state: &Self::State) -> usize {
        1
    }

    /// The same for bytes to be written.
    fn writable(_state: &Self::State) -> usize {
        1
    }
}

/// How a file is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How(c_int);

impl How {
    /// For reading. Known in `open` and `ioctl`.
    pub const fn reads(self) -> bool {
        self.0 as u32 & bindings::KPI_CDEV_READ != 0
    }

    /// For writing. Known in `open` and `ioctl`.
    pub const fn writes(self) -> bool {
        self.0 as u32 & bindings::KPI_CDEV_WRITE != 0
    }

    /// The program does not wait.
    pub const fn nonblock(self) -> bool {
        self.0 as u32 & bindings::KPI_CDEV_NONBLOCK != 0
    }
}

/// A command of ioctl(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command(c_ulong);

impl Command {
    const fn new(direction: u32, group: u8, num: u8, size: usize) -> Self {
        let size = size as u32;
        assert!(size <= bindings::KPI_IOCPARM_MASK);
        Self((direction | size << 16 | (group as u32) << 8 | num as u32) as c_ulong)
    }

    /// `_IO()`: no argument.
    pub const fn io(group: u8, num: u8) -> Self {
        Self::new(bindings::KPI_IOC_VOID, group, num, 0)
    }

    /// `_IOR()`: the program gets a `T`.
    pub const fn ior<T>(group: u8, num: u8) -> Self {
        Self::new(bindings::KPI_IOC_OUT, group, num, size_of::<T>())
    }

    /// `_IOW()`: the program gives a `T`.
    pub const fn iow<T>(group: u8, num: u8) -> Self {
        Self::new(bindings::KPI_IOC_IN, group, num, size_of::<T>())
    }

    /// `_IOWR()`: both.
    pub const fn iowr<T>(group: u8, num: u8) -> Self {
        let direction = bindings::KPI_IOC_IN | bindings::KPI_IOC_OUT;
        Self::new(direction, group, num, size_of::<T>())
    }
}

/// The program's memory in a read.
///
/// # Invariants
/// The uio is that of the call of which this is borrowed.
pub struct ToUser<'a>(*mut uio, PhantomData<&'a mut uio>);

impl ToUser<'_> {
    /// Bytes that the program still asks for.
    pub fn left(&self) -> usize {
        // SAFETY: by the invariant the uio exists.
        unsafe { bindings::kpi_uio_resid(self.0) }
    }

    /// Gives bytes to the program, and returns how many fitted. `EFAULT`: it has no
    /// such memory. Sleepable.
    pub fn put(&mut self, bytes: &[u8]) -> Result<usize> {
        ctx::can_block();
        let left = self.left();
        // SAFETY: by the invariant the uio exists, and its direction is to the
        // program, so that the bytes are read only.
        check(unsafe {
            bindings::kpi_uiomove(bytes.as_ptr().cast_mut().cast(), bytes.len(), self.0)
        })?;
        Ok(left - self.left())
    }
}

/// The program's memory in a write.
///
/// # Invariants
/// As those of [`ToUser`].
pub struct FromUser<'a>(*mut uio, PhantomData<&'a mut uio>);

impl FromUser<'_> {
    /// Bytes that the program still has.
    pub fn left(&self) -> usize {
        // SAFETY: by the invariant the uio exists.
        unsafe { bindings::kpi_uio_resid(self.0) }
    }

    /// Takes bytes of the program, and returns how many there were. `EFAULT`: it has
    /// no such memory; the room may have changed. Sleepable.
    pub fn get(&mut self, room: &mut [u8]) -> Result<usize> {
        ctx::can_block();
        let left = self.left();
        // SAFETY: by the invariant the uio exists; the room may be written.
        check(unsafe { bindings::kpi_uiomove(room.as_mut_ptr().cast(), room.len(), self.0) })?;
        Ok(left - self.left())
    }
}

/// The state of a device, and the programs that wait for it.
///
/// # Invariants
/// `raw` is created, with the mutex, for as long as safe code can reach this: in a
/// function of the device, and by its [`CharDev`].
pub struct Port<S> {
    raw: Opaque<kpi_cdev>,
    state: Mtx<S>,
}

// SAFETY: C uses its part with the mutex held, or in one thread at a time.
unsafe impl<S: Send> Send for Port<S> {}
// SAFETY: as for `Send`; the state is in a mutex.
unsafe impl<S: Send> Sync for Port<S> {}

impl<S> Port<S> {
    /// Takes the mutex.
    #[track_caller]
    pub fn lock(&self) -> Guard<'_, S> {
        self.state.lock()
    }

    /// Waits, in `read` and `write`, for a [`Port::notify`], with the mutex released.
    /// Test the condition again in a loop. `EWOULDBLOCK`: the program does not wait;
    /// `ENXIO`: the node goes; `EINTR` and ERESTART: a signal; `EINVAL`: `guard` is
    /// not of this port. Sleepable but for the mutex.
    pub fn wait(&self, guard: &mut Guard<'_, S>, how: How, wmesg: &'static CStr) -> Result<()> {
        self.check(guard)?;
        ctx::can_block();
        // SAFETY: created by the invariant; by `Guard`'s this thread has the mutex,
        // and the guard is borrowed exclusively, so that no reference to the state
        // outlasts the sleep.
        check(unsafe { bindings::kpi_cdev_wait(self.raw.get(), how.0, wmesg.as_ptr()) })
    }

    /// Tells programs that wait, in `wait`, poll(2) or kevent(2), that
    /// [`CharDevice::readable`] or [`CharDevice::writable`] has another value. Nobody
    /// is told in a kernel that has panicked. `EINVAL`: `guard` is not of this port. Not
    /// in a filter.
    pub fn notify(&self, guard: &mut Guard<'_, S>) -> Result<()> {
        self.check(guard)?;
        ctx::can_block();
        // SAFETY: as in `wait`; this may call `readable` and `writable`, for which the
        // guard's exclusive borrow leaves the state free.
        unsafe { bindings::kpi_cdev_notify(self.raw.get()) };
        Ok(())
    }

    fn check(&self, guard: &Guard<'_, S>) -> Result<()> {
        if core::ptr::eq(Guard::lock_of(guard), &self.state) {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}

/// The part that C knows by address.
struct Inner<T: CharDevice> {
    port: Port<T::State>,
    device: Arc<T>,
}

/// A node, `/dev/NAME`.
///
/// Dropping it removes the node: threads that wait for the device return `ENXIO`,
/// every open file is closed, and no function of the device runs afterwards.
/// Sleepable, while holding nothing that these functions take, and not in them.
///
/// # Invariants
/// The port's `raw` is created, with the `Inner` for its argument.
pub struct CharDev<T: CharDevice> {
    inner: Box<Inner<T>>,
    _hold: Option<Hold>,
}

// SAFETY: any thread may destroy a node; its functions run in any thread anyway.
unsafe impl<T: CharDevice> Send for CharDev<T> {}
// SAFETY: a shared `CharDev` gives its port only.
unsafe impl<T: CharDevice> Sync for CharDev<T> {}

impl<T: CharDevice> CharDev<T> {
    /// Makes the node `name`, owned by root:wheel, with a `mode` as of chmod(2).
    /// Programs may come before this returns. `dev`: the device that it belongs to,
    /// which it holds. `EEXIST`: the name is taken; `EINVAL`, `ENAMETOOLONG`: it is
    /// impossible; `ENXIO`: the device is gone. Sleepable.
    pub fn new(
        dev: Option<Device>,
        name: &CStr,
        mode: u16,
        device: Arc<T>,
        state: T::State,
    ) -> Result<Self> {
        let hold = dev.map(Device::hold).transpose()?;
        let inner = Box::new(Inner {
            port: Port {
                raw: Opaque::zeroed(),
                state: Mtx::new(c"kpi cdev", state)?,
            },
            device,
        })?;
        // SAFETY: the zeroed struct and the mutex stay in their box until the node
        // is destroyed; `name` is copied, and the functions take an `Inner<T>`.
        check(unsafe {
            bindings::kpi_cdev_create(
                inner.port.raw.get(),
                name.as_ptr(),
                c_int::from(mode),
                inner.port.state.raw(),
                &Ops::<T>::OPS,
                as_arg(&*inner),
            )
        })?;
        Ok(Self { inner, _hold: hold })
    }

    /// The state, and the programs that wait for it.
    pub fn port(&self) -> &Port<T::State> {
        &self.inner.port
    }
}

impl<T: CharDevice> Drop for CharDev<T> {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: created by the invariant, and not used again.
        unsafe { bindings::kpi_cdev_destroy(self.inner.port.raw.get()) }
    }
}

struct Ops<T>(PhantomData<T>);

impl<T: CharDevice> Ops<T> {
    const OPS: kpi_cdev_ops = kpi_cdev_ops {
        kco_open: Some(open::<T>),
        kco_close: Some(close::<T>),
        kco_read: Some(read::<T>),
        kco_write: Some(write::<T>),
        kco_ioctl: Some(ioctl::<T>),
        kco_readable: Some(readable::<T>),
        kco_writable: Some(writable::<T>),
    };
}

/// # Safety
/// `arg` is an [`Inner`] that lives for `'a`.
unsafe fn inner<'a, T: CharDevice>(arg: *mut c_void) -> &'a Inner<T> {
    // SAFETY: the caller's promise.
    unsafe { &*arg.cast::<Inner<T>>() }
}

/// What C calls for open(2).
///
/// # Safety
/// `arg` is an [`Inner`] that lives.
unsafe extern "C" fn open<T: CharDevice>(arg: *mut c_void, flags: c_int) -> c_int {
    // SAFETY: the caller's promise.
    let inner = unsafe { inner::<T>(arg) };
    status(inner.device.open(&inner.port, How(flags)))
}

/// What C calls when a file is closed.
///
/// # Safety
/// As [`open`].
unsafe extern "C" fn close<T: CharDevice>(arg: *mut c_void) {
    // SAFETY: the caller's promise.
    let inner = unsafe { inner::<T>(arg) };
    inner.device.close(&inner.port);
}

/// What C calls for read(2).
///
/// # Safety
/// As [`open`]; `uio` is one to the program, and is used by nobody else.
unsafe extern "C" fn read<T: CharDevice>(arg: *mut c_void, uio: *mut uio, flags: c_int) -> c_int {
    // SAFETY: the caller's promise.
    let inner = unsafe { inner::<T>(arg) };
    let mut to = ToUser(uio, PhantomData);
    status(inner.device.read(&inner.port, &mut to, How(flags)))
}

/// What C calls for write(2).
///
/// # Safety
/// As [`read`], but that `uio` is one from the program.
unsafe extern "C" fn write<T: CharDevice>(arg: *mut c_void, uio: *mut uio, flags: c_int) -> c_int {
    // SAFETY: the caller's promise.
    let inner = unsafe { inner::<T>(arg) };
    let mut from = FromUser(uio, PhantomData);
    status(inner.device.write(&inner.port, &mut from, How(flags)))
}

/// What C calls for ioctl(2).
///
/// # Safety
/// As [`open`]; `data` has `len` bytes, which nobody else uses.
unsafe extern "C" fn ioctl<T: CharDevice>(
    arg: *mut c_void,
    cmd: c_ulong,
    data: *mut c_void,
    len: usize,
    flags: c_int,
) -> c_int {
    // SAFETY: the caller's promise.
    let inner = unsafe { inner::<T>(arg) };
    let data = match len {
        0 => &mut [],
        // SAFETY: the caller's promise.
        _ => unsafe { core::slice::from_raw_parts_mut(data.cast::<u8>(), len) },
    };
    let (command, how) = (Command(cmd), How(flags));
    status(inner.device.ioctl(&inner.port, command, data, how))
}

/// What C asks for poll(2) and kevent(2).
///
/// # Safety
/// As [`open`], and its mutex is held.
unsafe extern "C" fn readable<T: CharDevice>(arg: *mut c_void) -> usize {
    // SAFETY: the caller's promise.
    let inner = unsafe { inner::<T>(arg) };
    // SAFETY: the mutex is held, by this thread; a guard of it, if there is one, is
    // borrowed by `notify`.
    T::readable(unsafe { &*inner.port.state.data() })
}

/// The same for write(2).
///
/// # Safety
/// As [`readable`].
unsafe extern "C" fn writable<T: CharDevice>(arg: *mut c_void) -> usize {
    // SAFETY: the caller's promise.
    let inner = unsafe { inner::<T>(arg) };
    // SAFETY: as in `readable`.
    T::writable(unsafe { &*inner.port.state.data() })
}
