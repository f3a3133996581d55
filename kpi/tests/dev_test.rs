// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::dev`], and the device that other tests use.

use core::ffi::{CStr, c_int, c_void};
use core::ops::Range;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use kpi::arc::Arc;
use kpi::dev::{Device, tunable_int};
use kpi::device_println;
use kpi::errno::{EINVAL, EIO, ENOENT, ENOMEM, EPERM, Errno};
use kpi::mtx::Mtx;
use kpi::sysctl::{Access, ArrayKind, Sysctl, SysctlArray, SysctlInt, SysctlText};

use crate::bindings::{self, kt_driver};
use crate::check::{attached, detached, eq, ok, some, was_printed};

/// The size of its registers in bytes.
pub const REGS: usize = bindings::KT_REGS as usize;

/// Uses the device itself as its state.
unsafe extern "C" fn attach(dev: *mut c_void, state: *mut *mut c_void) -> c_int {
    // SAFETY: `state` is there to be written.
    unsafe { state.write(dev) };
    0
}

unsafe extern "C" fn detach(_state: *mut c_void) -> c_int {
    detached()
}

/// Runs `test` with an attached device that has registers and an interrupt.
pub fn on_device(test: impl FnOnce(Device)) {
    let driver = kt_driver {
        attach: Some(attach),
        detach: Some(detach),
    };
    let mut state = core::ptr::null_mut();
    // SAFETY: `driver` lives until the detach below.
    eq(unsafe { bindings::kt_dev_attach(&driver, &mut state) }, 0);
    test(attached(state));
    // SAFETY: the device is attached.
    unsafe { bindings::kt_dev_detach() }
}

/// The contents of the model's registers.
pub fn regs<const N: usize>(range: Range<usize>) -> [u8; N] {
    // SAFETY: there are so many; nothing changes them meanwhile.
    let all = unsafe { core::slice::from_raw_parts(bindings::kt_dev_regs(), REGS) };
    ok(<[u8; N]>::try_from(some(all.get(range))))
}

/// Sets a variable of the kernel environment.
fn setenv(name: &CStr, value: &CStr) {
    // SAFETY: the strings are copied.
    unsafe { bindings::kt_setenv(name.as_ptr(), value.as_ptr()) };
}

/// A counter and a setting, of one owner.
#[derive(Default)]
struct Stats {
    periods: AtomicU64,
    timeout: AtomicU32,
}

/// A sensor that is asked for a value. Number 1 is an error.
struct Sensor(AtomicU32);

impl SysctlInt for Sensor {
    fn get(&self, which: u32) -> Result<c_int, Errno> {
        match which {
            1 => Err(EIO),
            _ => Ok(self.0.load(Ordering::Relaxed) as c_int),
        }
    }

    fn set(&self, which: u32, value: c_int) -> Result<(), Errno> {
        check!(which != 1);
        self.0.store(value as u32, Ordering::Relaxed);
        Ok(())
    }
}

/// A name that can only be set to one that begins with an 'a', and a text
/// without end.
struct Name(Mtx<u8>);

impl SysctlText for Name {
    fn get(&self, which: u32, text: &mut dyn core::fmt::Write) -> Result<(), Errno> {
        for _ in 0..=which {
            let last = char::from(*self.0.lock());
            text.write_fmt(format_args!("a{last}")).map_err(|_| EIO)?;
        }
        Ok(())
    }

    fn set(&self, _: u32, text: &[u8]) -> Result<(), Errno> {
        match text {
            [b'a', last] => *self.0.lock() = *last,
            _ => return Err(EINVAL),
        }
        Ok(())
    }
}

/// Two numbers, and a text made of three of their bytes.
struct Numbers(Mtx<[u8; 8]>);

impl SysctlArray for Numbers {
    fn get(&self, which: u32, room: &mut [u8]) -> Result<usize, Errno> {
        let len = if which == 0 { 8 } else { 3 };
        let numbers = self.0.lock();
        some(room.get_mut(..len)).copy_from_slice(some(numbers.get(..len)));
        Ok(len)
    }

    fn set(&self, which: u32, bytes: &[u8]) -> Result<(), Errno> {
        eq(which, 0);
        some(self.0.lock().get_mut(..bytes.len())).copy_from_slice(bytes);
        Ok(())
    }
}

/// A node that can only be read.
struct Fixed;

impl SysctlInt for Fixed {
    fn get(&self, _: u32) -> Result<c_int, Errno> {
        Ok(7)
    }
}

impl SysctlText for Fixed {
    fn get(&self, _: u32, text: &mut dyn core::fmt::Write) -> Result<(), Errno> {
        text.write_str("7").map_err(|_| EIO)
    }
}

impl SysctlArray for Fixed {
    fn get(&self, _: u32, room: &mut [u8]) -> Result<usize, Errno> {
        room[..4].copy_from_slice(&[7; 4]);
        Ok(4)
    }
}

/// Sets a sysctl.
fn sysctl_set(name: &CStr, value: &[u8]) -> c_int {
    // SAFETY: these bytes are there.
    unsafe { bindings::kt_sysctl_set(name.as_ptr(), value.as_ptr().cast(), value.len()) }
}

/// The size of a sysctl's value.
fn sysctl_size(name: &CStr) -> Result<usize, Errno> {
    let mut size = 0;
    // SAFETY: `size` is good for the call.
    kpi::errno::check(unsafe { bindings::kt_sysctl_size(name.as_ptr(), &mut size) })?;
    Ok(size)
}

/// The value of a sysctl.
fn sysctl<const N: usize>(name: &CStr) -> Result<[u8; N], Errno> {
    let mut value = [0; N];
    // SAFETY: there is room for so many bytes.
    kpi::errno::check(unsafe {
        bindings::kt_sysctl_get(name.as_ptr(), value.as_mut_ptr().cast(), N)
    })?;
    Ok(value)
}

cases! {
    fn device_has_a_name_and_a_unit() {
        on_device(|dev| {
            eq(dev.unit(), 0);
            let seen = dev.with(|dev| {
                eq(dev.nameunit(), c"kt0");
                check!(!dev.softc().is_null());
            });
            check!(seen.is_some());
        });
    }

    fn sysctl_array_is_asked_for_and_set() {
        on_device(|dev| {
            let tree = ok(Sysctl::new(dev));
            let numbers = ok(Arc::new(Numbers(ok(Mtx::new(c"kt numbers", *b"abcdefgh")))));
            let (read, write) = (Access::Read, Access::ReadWrite);
            ok(tree.array_of(None, c"ints", c"", ArrayKind::Int, 8, write, &numbers, 0));
            ok(tree.array_of(None, c"text", c"", ArrayKind::Char, 3, read, &numbers, 1));
            eq(sysctl(c"dev.kt.0.ints"), Ok(*b"abcdefgh"));
            eq(sysctl(c"dev.kt.0.text"), Ok(*b"abc\0"));
            eq(sysctl_set(c"dev.kt.0.ints", b"12345678"), 0);
            eq(sysctl(c"dev.kt.0.ints"), Ok(*b"12345678"));
            eq(sysctl_set(c"dev.kt.0.ints", b"WXYZ"), 0);
            eq(sysctl(c"dev.kt.0.ints"), Ok(*b"WXYZ5678"));
            eq(sysctl_set(c"dev.kt.0.ints", b"123456789"), EINVAL.as_raw());
            check!(sysctl_set(c"dev.kt.0.text", b"x") != 0);
            eq(sysctl(c"dev.kt.0.ints"), Ok(*b"WXYZ5678"));
        });
    }

    fn device_println_begins_with_the_device() {
        on_device(|dev| {
            device_println!(dev, "{} streams", 2);
            check!(was_printed("kt0: 2 streams\n"));
        });
    }

    fn sysctl_shows_a_counter_until_it_is_dropped() {
        on_device(|dev| {
            let stats = ok(Arc::new(Stats::default()));
            let sysctl_tree = ok(Sysctl::new(dev));
            let node = ok(sysctl_tree.node(None, c"stream", c"a stream"));
            ok(sysctl_tree.counter_of(Some(&node), c"periods", c"periods", &stats, |s| &s.periods));
            let name = c"dev.kt.0.stream.periods";
            stats.periods.store(1 << 40, Ordering::Relaxed);
            eq(sysctl(name), Ok((1_u64 << 40).to_ne_bytes()));
            drop(sysctl_tree);
            eq(sysctl::<8>(name), Err(ENOENT));
        });
    }

    fn sysctl_keeps_what_it_shows() {
        on_device(|dev| {
            let mut stats = ok(Arc::new(Stats::default()));
            let sysctl_tree = ok(Sysctl::new(dev));
            ok(sysctl_tree.counter_of(None, c"periods", c"periods", &stats, |s| &s.periods));
            check!(Arc::get_mut(&mut stats).is_none());
            drop(sysctl_tree);
            check!(Arc::get_mut(&mut stats).is_some());
        });
    }

    fn sysctl_setting_can_be_set() {
        on_device(|dev| {
            let stats = ok(Arc::new(Stats::default()));
            let sysctl_tree = ok(Sysctl::new(dev));
            ok(sysctl_tree.setting_of(None, c"timeout", c"ms", &stats, |s| &s.timeout));
            let value = 500_u32.to_ne_bytes();
            let name = c"dev.kt.0.timeout";
            eq(sysctl_set(name, &value), 0);
            eq(stats.timeout.load(Ordering::Relaxed), 500);
            eq(sysctl(name), Ok(value));
        });
    }

    fn sysctl_asks_for_an_integer() {
        on_device(|dev| {
            let sensor = ok(Arc::new(Sensor(AtomicU32::new(2982))));
            let tree = ok(Sysctl::new(dev));
            let add = |name, access, which| {
                ok(tree.int_of(None, name, c"temperature", c"IK", access, &sensor, which));
            };
            add(c"good", Access::ReadWrite, 0);
            add(c"bad", Access::Read, 1);
            eq(sysctl(c"dev.kt.0.good"), Ok(2982_i32.to_ne_bytes()));
            eq(sysctl::<4>(c"dev.kt.0.bad"), Err(EIO));
            eq(sysctl_set(c"dev.kt.0.good", &(-1_i32).to_ne_bytes()), 0);
            eq(sysctl(c"dev.kt.0.good"), Ok((-1_i32).to_ne_bytes()));
            eq(sysctl_set(c"dev.kt.0.bad", &[0; 4]), EPERM.as_raw());
            drop(tree);
            eq(sysctl::<4>(c"dev.kt.0.good"), Err(ENOENT));
        });
    }

    fn sysctl_integer_begins_with_its_tunable() {
        on_device(|dev| {
            let sensor = ok(Arc::new(Sensor(AtomicU32::new(1))));
            let tree = ok(Sysctl::new(dev));
            setenv(c"dev.kt.0.good", c"42");
            let access = Access::ReadWriteTunable;
            ok(tree.int_of(None, c"good", c"", c"I", access, &sensor, 0));
            eq(sysctl(c"dev.kt.0.good"), Ok(42_i32.to_ne_bytes()));
            eq(sysctl_set(c"dev.kt.0.good", &43_i32.to_ne_bytes()), 0);
            eq(sensor.0.load(Ordering::Relaxed), 43);
            ok(tree.int_of(None, c"unset", c"", c"I", access, &sensor, 0));
            eq(sensor.0.load(Ordering::Relaxed), 43);
        });
    }

    fn sysctl_tunable_is_set_by_the_environment_alone() {
        on_device(|dev| {
            let stats = ok(Arc::new(Stats::default()));
            let tree = ok(Sysctl::new(dev));
            setenv(c"dev.kt.0.timeout", c"700");
            ok(tree.tunable_of(None, c"timeout", c"ms", &stats, |s| &s.timeout));
            eq(stats.timeout.load(Ordering::Relaxed), 700);
            eq(sysctl_set(c"dev.kt.0.timeout", &500_u32.to_ne_bytes()), EPERM.as_raw());
            eq(sysctl(c"dev.kt.0.timeout"), Ok(700_u32.to_ne_bytes()));
        });
    }

    fn sysctl_asks_for_a_text() {
        on_device(|dev| {
            let name = ok(Arc::new(Name(ok(Mtx::new(c"kt name", b'b')))));
            let tree = ok(Sysctl::new(dev));
            ok(tree.text_of(None, c"name", c"a name", Access::ReadWrite, &name, 0));
            ok(tree.text_of(None, c"long", c"too long", Access::Read, &name, 200));
            eq(sysctl(c"dev.kt.0.name"), Ok(*b"ab\0"));
            eq(sysctl_set(c"dev.kt.0.name", b"ac"), 0);
            eq(sysctl(c"dev.kt.0.name"), Ok(*b"ac\0"));
            eq(sysctl_set(c"dev.kt.0.name", b"bc"), EINVAL.as_raw());
            eq(sysctl_set(c"dev.kt.0.long", b"ac"), EPERM.as_raw());
            let long = ok(sysctl::<256>(c"dev.kt.0.long"));
            eq(&long[252..], b"aca\0");
        });
    }

    fn sysctl_that_only_shows_cannot_be_set() {
        on_device(|dev| {
            let fixed = ok(Arc::new(Fixed));
            let tree = ok(Sysctl::new(dev));
            let access = Access::ReadWrite;
            ok(tree.int_of(None, c"int", c"", c"I", access, &fixed, 0));
            ok(tree.text_of(None, c"text", c"", access, &fixed, 0));
            ok(tree.array_of(None, c"array", c"", ArrayKind::Int, 4, access, &fixed, 0));
            for name in [c"dev.kt.0.int", c"dev.kt.0.text", c"dev.kt.0.array"] {
                eq(sysctl_set(name, &[1; 4]), EPERM.as_raw());
            }
            eq(sysctl(c"dev.kt.0.int"), Ok(7_i32.to_ne_bytes()));
            eq(sysctl(c"dev.kt.0.text"), Ok(*b"7\0"));
            eq(sysctl(c"dev.kt.0.array"), Ok([7; 4]));
        });
    }

    fn sysctl_tells_its_size_without_its_value() {
        on_device(|dev| {
            let sensor = ok(Arc::new(Sensor(AtomicU32::new(0))));
            let tree = ok(Sysctl::new(dev));
            // A node whose value cannot be had.
            ok(tree.int_of(None, c"bad", c"", c"I", Access::Read, &sensor, 1));
            eq(sysctl_size(c"dev.kt.0.bad"), Ok(4));
        });
    }

    stops "a device that is null"
    fn device_that_is_null_stops() {
        // SAFETY: none is used: this does not return.
        unsafe { Device::from_raw(core::ptr::null_mut()) };
    }

    fn sysctl_refuses_a_name_that_is_taken() {
        on_device(|dev| {
            let stats = ok(Arc::new(Stats::default()));
            let tree = ok(Sysctl::new(dev));
            ok(tree.counter_of(None, c"periods", c"periods", &stats, |s| &s.periods));
            let again = tree.counter_of(None, c"periods", c"again", &stats, |s| &s.periods);
            eq(again, Err(ENOMEM));
            let sensor = ok(Arc::new(Sensor(AtomicU32::new(0))));
            let value = |name| tree.int_of(None, name, c"", c"I", Access::Read, &sensor, 0);
            eq(value(c"periods"), Err(ENOMEM));
            // sysctl(9) takes a node for what was to be added.
            ok(tree.node(None, c"node", c"node"));
            eq(value(c"node"), Err(ENOMEM));
            let counter = tree.counter_of(None, c"node", c"", &stats, |s| &s.periods);
            eq(counter, Err(ENOMEM));
        });
    }

    fn sysctl_refuses_a_node_of_another() {
        on_device(|dev| {
            let (one, other) = (ok(Sysctl::new(dev)), ok(Sysctl::new(dev)));
            let node = ok(one.node(None, c"one", c"one"));
            let result = other.node(Some(&node), c"sub", c"sub");
            eq(result.err(), Some(EINVAL));
        });
    }

    fn tunable_is_what_the_loader_set() {
        eq(tunable_int(c"hw.kt.timeout"), None);
        setenv(c"hw.kt.timeout", c"-250");
        eq(tunable_int(c"hw.kt.timeout"), Some(-250));
        setenv(c"hw.kt.timeout", c"soon");
        eq(tunable_int(c"hw.kt.timeout"), None);
        setenv(c"hw.kt.timeout", c"-2147483648");
        eq(tunable_int(c"hw.kt.timeout"), Some(i32::MIN));
        // These would be 1 and -2147483648 in the lower half.
        setenv(c"hw.kt.timeout", c"0x100000001");
        eq(tunable_int(c"hw.kt.timeout"), None);
        setenv(c"hw.kt.timeout", c"2g");
        eq(tunable_int(c"hw.kt.timeout"), None);
    }

    debug true stops "tk: sleep-lock: kpi_tunable_int with "
    fn sleepable_call_with_a_mutex_held_stops() {
        let mtx = ok(Mtx::new(c"kt", ()));
        let _held = mtx.lock();
        tunable_int(c"hw.kt.timeout");
    }
}
