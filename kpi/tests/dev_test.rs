// SPDX-License-Identifier: BSD-2-Clause

//! Tests of [`kpi::dev`], and the device that other tests use.

use core::ffi::{CStr, c_int, c_void};
use core::ops::Range;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use kpi::arc::Arc;
use kpi::bindings::device_t;
use kpi::dev::{Device, Sysctl, tunable_int};
use kpi::device_println;
use kpi::errno::{EINVAL, ENOENT, ENOMEM, Errno};

use crate::bindings::{self, kt_driver};
use crate::check::{eq, ok, some, was_printed};

/// Bytes of its registers.
pub const REGS: usize = bindings::KT_REGS as usize;

/// Takes the device as its own state.
unsafe extern "C" fn attach(dev: *mut c_void, state: *mut *mut c_void) -> c_int {
    // SAFETY: `state` is there to be written.
    unsafe { state.write(dev) };
    0
}

unsafe extern "C" fn detach(_state: *mut c_void) {}

/// Runs `test` with an attached device that has registers and an interrupt.
pub fn on_device(test: impl FnOnce(Device)) {
    let driver = kt_driver {
        attach: Some(attach),
        detach: Some(detach),
    };
    let mut state = core::ptr::null_mut();
    // SAFETY: `driver` lives until the detach below.
    eq(unsafe { bindings::kt_dev_attach(&driver, &mut state) }, 0);
    // SAFETY: the state is the device, which is there until then as well.
    test(unsafe { Device::from_raw(state.cast::<_>() as device_t) });
    // SAFETY: the device is attached.
    unsafe { bindings::kt_dev_detach() }
}

/// What the model's registers hold.
pub fn regs<const N: usize>(range: Range<usize>) -> [u8; N] {
    // SAFETY: there are so many; nothing changes them meanwhile.
    let all = unsafe { core::slice::from_raw_parts(bindings::kt_dev_regs(), REGS) };
    ok(<[u8; N]>::try_from(some(all.get(range))))
}

/// A counter and a setting, of one owner.
#[derive(Default)]
struct Stats {
    periods: AtomicU64,
    timeout: AtomicU32,
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
            eq(dev.nameunit(), c"kt0");
            eq(dev.unit(), 0);
            check!(!dev.softc().is_null());
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
            // SAFETY: these bytes are there.
            let error = unsafe {
                bindings::kt_sysctl_set(name.as_ptr(), value.as_ptr().cast(), value.len())
            };
            eq(error, 0);
            eq(stats.timeout.load(Ordering::Relaxed), 500);
            eq(sysctl(name), Ok(value));
        });
    }

    fn sysctl_refuses_a_name_that_is_taken() {
        on_device(|dev| {
            let stats = ok(Arc::new(Stats::default()));
            let tree = ok(Sysctl::new(dev));
            ok(tree.counter_of(None, c"periods", c"periods", &stats, |s| &s.periods));
            let again = tree.counter_of(None, c"periods", c"again", &stats, |s| &s.periods);
            eq(again, Err(ENOMEM));
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
        // SAFETY: the strings are copied.
        unsafe { bindings::kt_setenv(c"hw.kt.timeout".as_ptr(), c"-250".as_ptr()) };
        eq(tunable_int(c"hw.kt.timeout"), Some(-250));
        // SAFETY: as above.
        unsafe { bindings::kt_setenv(c"hw.kt.timeout".as_ptr(), c"soon".as_ptr()) };
        eq(tunable_int(c"hw.kt.timeout"), None);
    }
}
