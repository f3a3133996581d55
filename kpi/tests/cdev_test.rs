// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::cdev`]. `examples/echo/tests` tests it with a driver.

use core::ffi::{CStr, c_void};

use kpi::arc::Arc;
use kpi::cdev::{CharDev, CharDevice, FromUser, How, Port, ToUser};
use kpi::dev::Device;
use kpi::errno::{EEXIST, EINVAL, ENXIO, Result};
use kpi::mtx::Spin;

use crate::bindings;
use crate::check::{eq, err, ok};

/// A byte at which the device does what it must not.
const SPINS: u8 = 0xff;

/// Counts its files, and gives the last byte that it got.
pub struct Counts;

impl CharDevice for Counts {
    type State = (u8, u32);

    fn open(&self, port: &Port<(u8, u32)>, how: How) -> Result<()> {
        eq(how.reads(), true);
        port.lock().1 += 1;
        Ok(())
    }

    fn close(&self, port: &Port<(u8, u32)>) {
        port.lock().1 -= 1;
    }

    fn read(&self, port: &Port<(u8, u32)>, to: &mut ToUser<'_>, how: How) -> Result<()> {
        let mut state = port.lock();
        while state.0 == 0 {
            port.wait(&mut state, how, c"kt")?;
        }
        let byte = [state.0];
        drop(state);
        eq(to.put(&byte)?, 1);
        // More than the program asks for.
        eq(to.left(), 0);
        eq(to.put(&byte)?, 0);
        Ok(())
    }

    fn write(&self, port: &Port<(u8, u32)>, from: &mut FromUser<'_>, _how: How) -> Result<()> {
        let mut bytes = [0; 8];
        let n = from.get(&mut bytes)?;
        if bytes[0] == SPINS {
            let spin = ok(Spin::new(c"kt spin", ()));
            let _guard = spin.lock();
            from.get(&mut bytes)?;
        }
        let mut state = port.lock();
        state.0 = bytes[n - 1];
        port.notify(&mut state)
    }
}

fn new(name: &CStr) -> (CharDev<Counts>, Arc<Counts>) {
    let counts = ok(Arc::new(Counts));
    let node = ok(CharDev::new(None, name, 0o600, counts.clone(), (0, 0)));
    (node, counts)
}

/// A node that belongs to a device.
pub fn of_device(dev: Device) -> CharDev<Counts> {
    let counts = ok(Arc::new(Counts));
    ok(CharDev::new(Some(dev), c"kt", 0o600, counts, (0, 0)))
}

/// A program that has a node open.
struct Program(*mut c_void);

impl Program {
    fn open(name: &CStr) -> Self {
        // SAFETY: the name is read during the call.
        let program = unsafe { bindings::kt_open(name.as_ptr()) };
        eq(program.is_null(), false);
        Self(program)
    }

    /// The byte that it reads, or an error's negative number.
    fn read(&self) -> i64 {
        let mut byte = 0_u8;
        // SAFETY: it is open, and a byte has room for one.
        match unsafe { bindings::kt_read(self.0, (&raw mut byte).cast(), 1) } {
            1 => i64::from(byte),
            n => n,
        }
    }

    fn write(&self, bytes: &[u8]) -> i64 {
        // SAFETY: it is open, and these bytes are there.
        unsafe { bindings::kt_write(self.0, bytes.as_ptr().cast(), bytes.len()) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: it is open, and not used again.
        unsafe { bindings::kt_close(self.0) }
    }
}

cases! {
    fn dropped_node_lets_go_of_its_device() {
        let (node, mut counts) = new(c"kt");
        let program = Program::open(c"kt");
        eq(node.port().lock().1, 1);
        eq(Arc::get_mut(&mut counts).is_none(), true);
        drop(node);
        eq(Arc::get_mut(&mut counts).is_some(), true);
        eq(program.read(), -i64::from(ENXIO.as_raw()));
    }

    fn program_reads_what_it_wrote() {
        let (node, _counts) = new(c"kt");
        let program = Program::open(c"kt");
        eq(program.write(b"abc"), 3);
        eq(program.read(), i64::from(b'c'));
        drop(program);
        eq(node.port().lock().1, 0);
    }

    fn node_whose_name_is_taken_is_an_error() {
        let (_node, counts) = new(c"kt");
        eq(err(CharDev::new(None, c"kt", 0o600, counts, (0, 0))), EEXIST);
    }

    fn port_takes_its_own_guard_only() {
        let (a, _a) = new(c"kta");
        let (b, _b) = new(c"ktb");
        let mut guard = a.port().lock();
        eq(err(b.port().notify(&mut guard)), EINVAL);
        ok(a.port().notify(&mut guard));
    }

    stops "called in a filter, with a spin mutex held"
    fn program_s_memory_is_not_touched_with_a_spin_mutex_held() {
        let (_node, _counts) = new(c"kt");
        let program = Program::open(c"kt");
        program.write(&[SPINS]);
    }
}
