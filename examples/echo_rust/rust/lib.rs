// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A character device that gives back what was written to it: see echo(4). It does
//! what `examples/echo` does in C. echo_rust.c is its glue to the kernel.
//!
//! A copy from or to a program may sleep, so the mutex is not held meanwhile.
//! Instead one thread at a time reads and one writes, and bytes leave the buffer
//! once they have been copied. So a copy that fails loses nothing.

#![no_std]
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

use core::ffi::c_int;
use core::sync::atomic::{AtomicU64, Ordering};

use kpi::cdev::{CharDev, CharDevice, Command, FromUser, How, Port, ToUser};
use kpi::errno::{ENOTTY, EOPNOTSUPP, Result, status};
use kpi::{arc::Arc, boxed::Slot, mem::Flags, vec::Vec};

/// Bytes of the buffer.
const SIZE: usize = 1024;

/// Bytes that are copied at once.
const CHUNK: usize = 128;

// As in echo.h.
const GETSIZE: Command = Command::ior::<u32>(b'e', 1);
const CLEAR: Command = Command::io(b'e', 2);
const SETSIZE: Command = Command::iow::<u32>(b'e', 3);

/// Bytes that were written. sysctl(9) reads it.
#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
static echo_rust_bytes: AtomicU64 = AtomicU64::new(0);

/// The node, while the module is loaded.
static NODE: Slot<CharDev<Echo>> = Slot::new();

/// The device; all that it has is in its buffer.
struct Echo;

struct Buf {
    /// `SIZE` bytes; those to be read are the first `len`.
    bytes: Vec<u8>,
    len: usize,
    /// A thread copies out.
    reading: bool,
    /// A thread copies in.
    writing: bool,
}

/// Gives bytes to the program until it has enough, or there are no more; how many.
fn copy_out(port: &Port<Buf>, to: &mut ToUser<'_>) -> Result<usize> {
    let (mut chunk, mut done) = ([0; CHUNK], 0);
    loop {
        let buf = port.lock();
        let n = CHUNK.min(buf.len - done);
        chunk[..n].copy_from_slice(&buf.bytes[done..done + n]);
        drop(buf);
        if n == 0 || to.left() == 0 {
            return Ok(done);
        }
        done += to.put(&chunk[..n])?;
    }
}

impl CharDevice for Echo {
    type State = Buf;

    fn read(&self, port: &Port<Buf>, to: &mut ToUser<'_>, how: How) -> Result<()> {
        let mut buf = port.lock();
        while buf.reading || buf.len == 0 {
            port.wait(&mut buf, how, c"echo")?;
        }
        buf.reading = true;
        drop(buf);
        let copied = copy_out(port, to);
        let mut buf = port.lock();
        buf.reading = false;
        let (n, end) = (copied.unwrap_or(0), buf.len);
        buf.bytes.copy_within(n..end, 0);
        buf.len -= n;
        port.notify(&mut buf)?;
        copied.map(drop)
    }

    fn write(&self, port: &Port<Buf>, from: &mut FromUser<'_>, how: How) -> Result<()> {
        let mut chunk = [0; CHUNK];
        while from.left() != 0 {
            let mut buf = port.lock();
            while buf.writing || buf.len == SIZE {
                port.wait(&mut buf, how, c"echo")?;
            }
            buf.writing = true;
            let room = CHUNK.min(SIZE - buf.len);
            drop(buf);
            let copied = from.get(&mut chunk[..room]);
            let mut buf = port.lock();
            buf.writing = false;
            let (n, len) = (copied.unwrap_or(0), buf.len);
            buf.bytes[len..len + n].copy_from_slice(&chunk[..n]);
            buf.len += n;
            port.notify(&mut buf)?;
            echo_rust_bytes.fetch_add(copied? as u64, Ordering::Relaxed);
        }
        Ok(())
    }

    fn ioctl(&self, port: &Port<Buf>, command: Command, data: &mut [u8], how: How) -> Result<()> {
        match command {
            GETSIZE => data.copy_from_slice(&(SIZE as u32).to_ne_bytes()),
            CLEAR => {
                let mut buf = port.lock();
                while buf.reading || buf.writing {
                    port.wait(&mut buf, how, c"echoclr")?;
                }
                buf.len = 0;
                port.notify(&mut buf)?;
            }
            SETSIZE => return Err(EOPNOTSUPP),
            _ => return Err(ENOTTY),
        }
        Ok(())
    }

    fn readable(buf: &Buf) -> usize {
        buf.len
    }

    fn writable(buf: &Buf) -> usize {
        SIZE - buf.len
    }
}

fn load() -> Result<()> {
    let mut bytes = Vec::new();
    bytes.resize(SIZE, 0, Flags::WaitOk)?;
    let empty = Buf {
        bytes,
        len: 0,
        reading: false,
        writing: false,
    };
    let echo = Arc::new(Echo)?;
    NODE.put(CharDev::new(None, c"echo_rust", 0o666, echo, empty)?)
}

/// The module is loaded.
#[unsafe(no_mangle)]
extern "C" fn echo_rust_load() -> c_int {
    status(load())
}

/// The module goes, after a load that failed, too.
#[unsafe(no_mangle)]
extern "C" fn echo_rust_unload() {
    drop(NODE.take());
}
