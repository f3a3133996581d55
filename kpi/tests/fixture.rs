// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What the examples of the documentation run on, and what they do not show: the
//! device's side, and programs.

use core::ffi::{CStr, c_int, c_void};

use kpi::boxed::Box;
use kpi::dev::Device;
use kpi::errno::{self, Result};
use kpi::virtio::{Queues, Virtio};
use kpi::virtio_driver::VirtioDriver;

use crate::bindings::{self, KT_ECHO, kt_driver, kt_virtio_driver};
use crate::check::{eq, ok};

/// An example. It has dropped all that it made when it returns.
type Example = fn(Device) -> Result<()>;

/// Runs an example of a module, on a device of the kind that the module is for.
pub fn run(module: &str, example: Example) {
    match module {
        "fdt" => on_tree(example),
        "pci" => on_pci(example),
        "pcm" => on_card(example),
        _ => on_device(example),
    }
}

/// Runs it on a device that is there until this returns.
fn on(raw: *mut c_void, example: Example) {
    // SAFETY: the callers' devices exist until `end` below has succeeded.
    let dev = unsafe { Device::from_raw(raw.cast()) };
    ok(example(dev));
    ok(dev.end());
}

/// Uses the device itself as the driver's state.
unsafe extern "C" fn attach(dev: *mut c_void, state: *mut *mut c_void) -> c_int {
    // SAFETY: `state` is there to be written.
    unsafe { state.write(dev) };
    0
}

unsafe extern "C" fn detach(_state: *mut c_void) -> c_int {
    0
}

const DRIVER: &kt_driver = &kt_driver {
    attach: Some(attach),
    detach: Some(detach),
};

/// "kt0", with registers, which are memory, and an interrupt.
fn on_device(example: Example) {
    let mut dev = core::ptr::null_mut();
    // SAFETY: the driver is static.
    eq(unsafe { bindings::kt_dev_attach(DRIVER, &mut dev) }, 0);
    on(dev, example);
    // SAFETY: the device is attached, and nothing of it is held.
    unsafe { bindings::kt_dev_detach() }
}

/// "pcm0".
fn on_card(example: Example) {
    let mut dev = core::ptr::null_mut();
    // SAFETY: the driver is static.
    eq(unsafe { bindings::kt_pcm_attach(DRIVER, &mut dev) }, 0);
    on(dev, example);
    // SAFETY: the device is attached, and nothing of it is held.
    unsafe { bindings::kt_pcm_detach() }
}

/// A PCI function.
fn on_pci(example: Example) {
    // SAFETY: no preconditions.
    on(unsafe { bindings::kt_pci_up() }, example);
    // SAFETY: nothing of the device is held.
    unsafe { bindings::kt_pci_down() }
}

/// A mailbox of a device tree.
fn on_tree(example: Example) {
    let (tree, path) = (c"t8103", c"/soc/mbox@277408000");
    // SAFETY: the strings are static.
    on(
        unsafe { bindings::kt_tree(tree.as_ptr(), path.as_ptr()) },
        example,
    );
    // SAFETY: nothing of the tree is held.
    unsafe { bindings::kt_tree_end() }
}

/// What a virtio driver has attached, dropped as `kpi::virtio_driver` drops it.
struct Attached<T: VirtioDriver> {
    made: (T::Parts, Queues),
    dev: Device,
}

unsafe extern "C" fn attach_virtio<T: VirtioDriver>(
    dev: *mut c_void,
    virtio: *mut c_void,
    state: *mut *mut c_void,
) -> c_int {
    // SAFETY: the glue gives a device that exists until its driver's detach.
    let dev = unsafe { Device::from_raw(dev.cast()) };
    // SAFETY: the glue gives the device's struct, which lives as long; its config
    // space has four bytes.
    let virtio = unsafe { Virtio::from_raw(dev, virtio.cast(), 4) };
    let made = ok(virtio.and_then(|virtio| T::attach(dev, virtio)));
    let attached = ok(Box::new(Attached::<T> { made, dev }));
    // SAFETY: `state` is there to be written.
    unsafe { state.write(Box::into_raw(attached).cast()) };
    0
}

unsafe extern "C" fn detach_virtio<T: VirtioDriver>(state: *mut c_void) -> c_int {
    // SAFETY: `attach_virtio` made it, and it is detached once.
    let attached = Box::into_inner(unsafe { Box::from_raw(state.cast::<Attached<T>>()) });
    drop(attached.made);
    errno::status(attached.dev.end())
}

/// Attaches a virtio device, which answers with what it is asked, to a driver, and
/// detaches it after the test.
pub fn on_virtio<T: VirtioDriver>(test: impl FnOnce(&T::Parts)) -> Result<()> {
    let driver = kt_virtio_driver {
        attach: Some(attach_virtio::<T>),
        detach: Some(detach_virtio::<T>),
    };
    let mut state = core::ptr::null_mut();
    // SAFETY: the driver lives until the detach below.
    errno::check(unsafe {
        bindings::kt_virtio_attach(&driver, c"virtio_pci".as_ptr(), KT_ECHO, &mut state)
    })?;
    // SAFETY: `attach_virtio` made it, and it stays until the detach.
    test(&unsafe { &*state.cast::<Attached<T>>() }.made.0);
    // SAFETY: the device is attached.
    unsafe { bindings::kt_virtio_detach() };
    Ok(())
}

/// The device of `on_device` interrupts.
pub fn interrupt() {
    // SAFETY: the device is there.
    unsafe { bindings::kt_dev_raise() }
}

/// A device writes to memory.
pub fn device_writes(paddr: u64, bytes: &[u8]) {
    // SAFETY: these bytes are there.
    check!(unsafe { bindings::kt_ram_write(paddr, bytes.as_ptr().cast(), bytes.len()) });
}

/// The newest byte that random(4) has got.
pub fn newest_random() -> u8 {
    let mut byte = 0_u8;
    // SAFETY: there is room for one.
    eq(
        unsafe { bindings::kt_random_newest((&raw mut byte).cast(), 1) },
        1,
    );
    byte
}

/// A 64-bit number, as sysctl(8) shows it.
pub fn sysctl(name: &CStr) -> u64 {
    let mut value = 0_u64;
    let size = size_of_val(&value);
    // SAFETY: there is room for so many bytes.
    eq(
        unsafe { bindings::kt_sysctl_get(name.as_ptr(), (&raw mut value).cast(), size) },
        0,
    );
    value
}

/// Calls `with` with a program that has opened a node.
fn on_program<R>(name: &CStr, with: impl FnOnce(*mut c_void) -> R) -> R {
    // SAFETY: the name is read during the call.
    let program = unsafe { bindings::kt_open(name.as_ptr()) };
    check!(!program.is_null());
    let result = with(program);
    // SAFETY: it is open, and not used again.
    unsafe { bindings::kt_close(program) };
    result
}

/// A program writes to a node.
pub fn program_writes(name: &CStr, bytes: &[u8]) {
    on_program(name, |program| {
        // SAFETY: it is open, and these bytes are there.
        let n = unsafe { bindings::kt_write(program, bytes.as_ptr().cast(), bytes.len()) };
        eq(n, bytes.len() as i64);
    });
}

/// The byte that a program reads from a node.
pub fn program_reads(name: &CStr) -> u8 {
    let mut byte = 0_u8;
    on_program(name, |program| {
        // SAFETY: it is open, and there is room for one.
        eq(
            unsafe { bindings::kt_read(program, (&raw mut byte).cast(), 1) },
            1,
        );
    });
    byte
}
