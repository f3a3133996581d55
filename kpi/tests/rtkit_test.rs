// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`apple_rtkit`] as a client in Rust uses it. The tests of what it
//! does are in C, in `drivers/apple`.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU32, Ordering};

use apple_rtkit::{Client, EP_APP, Endpoint, Mailbox, Port, Rtkit};
use kpi::arc::Arc;
use kpi::dev::Device;
use kpi::dma::{Direction, DmaBuf, DmaParams, DmaTag, SharedBuf};
use kpi::errno::{EIO, ENOSPC, ENXIO, Result};
use kpi::mem::Flags;
use kpi::mtx::Mtx;
use kpi::vec::Vec;

use crate::bindings;
use crate::check::{attached, detached, eq, ms, ok, pause_ms, was_printed};

/// A client that has only what it must have.
struct Plain;

impl Client for Plain {}

/// A client that agrees to memory of the firmware, but cannot read it.
struct Blind;

impl Client for Blind {
    fn map(&self, _addr: u64, _size: usize) -> Result<()> {
        Ok(())
    }
}

/// A client that provides the memory for the firmware.
struct Gives {
    dev: Device,
    given: Mtx<[Option<SharedBuf>; 4]>,
    freed: AtomicU32,
}

impl Gives {
    fn new(dev: Device) -> Self {
        Gives {
            dev,
            given: ok(Mtx::new(c"kt given", [const { None }; 4])),
            freed: AtomicU32::new(0),
        }
    }

    /// Takes the buffer that has this address out of the table.
    fn take(&self, addr: u64) -> Option<SharedBuf> {
        let has = |buf: &SharedBuf| addr >= buf.paddr() && addr < buf.paddr() + buf.len() as u64;
        let mut given = self.given.lock();
        let slot = given.iter_mut().find(|slot| slot.as_ref().is_some_and(has));
        slot.and_then(Option::take)
    }

    fn put(&self, buf: SharedBuf) -> Result<()> {
        let mut given = self.given.lock();
        let slot = given.iter_mut().find(|slot| slot.is_none()).ok_or(ENOSPC)?;
        *slot = Some(buf);
        Ok(())
    }
}

impl Client for Gives {
    const ALLOCATES: bool = true;

    fn allocate(&self, size: usize) -> Result<u64> {
        let params = DmaParams {
            align: 16 << 10,
            ..DmaParams::one_segment(size)
        };
        let buf = DmaBuf::new(&DmaTag::new(self.dev, &params)?, Flags::WaitOk)?;
        let addr = buf.paddr();
        self.put(buf.to_device(Direction::FromDevice))?;
        Ok(addr)
    }

    fn free(&self, addr: u64, size: usize) {
        eq(self.take(addr).map(|buf| buf.len()), Some(size));
        self.freed.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self, addr: u64, to: &mut [u8]) -> Result<()> {
        let buf = self.take(addr).ok_or(ENXIO)?.to_cpu();
        buf.read((addr - buf.paddr()) as usize, to)?;
        self.put(buf.to_device(Direction::FromDevice))
    }
}

/// A port that has only what it must have.
struct Ignores;

impl Port for Ignores {}

/// A port that keeps its messages, and answers 1 by 2, and 2 by 3.
struct Answers(Mtx<Vec<(u8, u64)>>);

impl Port for Answers {
    fn receive(&self, endpoint: &Endpoint<'_>, msg: u64) {
        let got = (endpoint.number(), msg);
        ok(self.0.lock().push_with(got, Flags::NoWait));
        match msg {
            1 => ok(endpoint.send(2, ms(100))),
            2 => ok(endpoint.try_send(3, 1000)),
            _ => (),
        }
    }
}

/// Runs `test` on the device of a coprocessor that sends each message back.
/// With `own`, the coprocessor has memory of its own for its logs.
fn on_coprocessor(own: bool, test: impl FnOnce(Device)) {
    // SAFETY: no preconditions.
    let dev = attached(unsafe { bindings::kt_rtkit_up(own) });
    test(dev);
    eq(detached(), 0);
    // SAFETY: nothing of it is held any more.
    unsafe { bindings::kt_rtkit_down() }
}

/// Gets the coprocessor as an attach method does.
fn get<C: Client>(dev: Device, client: C) -> Rtkit {
    get_with(dev, &ok(Arc::new(client)))
}

fn get_with<C: Client>(dev: Device, client: &Arc<C>) -> Rtkit {
    // SAFETY: it is unlocked below.
    unsafe { bindings::kt_topo(true) };
    let rtkit = Rtkit::new(dev, Mailbox::Name(c"main"), Some(c"asc"), client);
    // SAFETY: it was locked above.
    unsafe { bindings::kt_topo(false) };
    ok(rtkit)
}

fn log(text: &CStr) {
    // SAFETY: the text is good for the call.
    check!(unsafe { bindings::kt_rtkit_log(text.as_ptr()) });
    pause_ms(5);
}

cases! {
    fn rtkit_port_gets_messages_and_answers_them() {
        on_coprocessor(false, |dev| {
            let rtkit = get(dev, Plain);
            ok(rtkit.boot());
            let port = ok(Arc::new(Answers(ok(Mtx::new(c"kt answers", Vec::new())))));
            ok(rtkit.start_endpoint(EP_APP, &port));
            ok(rtkit.send(EP_APP, 1, ms(100)));
            pause_ms(5);
            eq(&**port.0.lock(), &[(EP_APP, 1), (EP_APP, 2), (EP_APP, 3)][..]);
        });
    }

    fn rtkit_sleeps_and_goes_off() {
        on_coprocessor(false, |dev| {
            let rtkit = get(dev, Plain);
            for rest in [Rtkit::sleep, Rtkit::shutdown] {
                ok(rtkit.boot());
                check!(rtkit.is_running());
                ok(rest(&rtkit));
                check!(!rtkit.is_running());
                eq(rtkit.send(EP_APP, 1, ms(1)), Err(ENXIO));
            }
        });
    }

    fn rtkit_port_may_ignore_what_it_gets() {
        on_coprocessor(false, |dev| {
            let rtkit = get(dev, Plain);
            ok(rtkit.boot());
            ok(rtkit.start_endpoint(EP_APP, &ok(Arc::new(Ignores))));
            ok(rtkit.send(EP_APP, 1, ms(100)));
            pause_ms(5);
            check!(!was_printed("unknown message"));
        });
    }

    fn rtkit_client_may_ignore_a_crash() {
        on_coprocessor(false, |dev| {
            let rtkit = get(dev, Plain);
            ok(rtkit.boot());
            // SAFETY: there is a coprocessor.
            unsafe { bindings::kt_rtkit_crash() };
            pause_ms(5);
            check!(rtkit.has_crashed());
            eq(rtkit.boot(), Err(EIO));
        });
    }

    fn rtkit_client_agrees_to_no_memory_of_the_firmware_by_itself() {
        on_coprocessor(true, |dev| {
            eq(get(dev, Plain).boot(), Err(ENXIO));
        });
    }

    fn rtkit_gives_memory_of_a_client_in_rust() {
        on_coprocessor(false, |dev| {
            let client = ok(Arc::new(Gives::new(dev)));
            let rtkit = get_with(dev, &client);
            ok(rtkit.boot());
            log(c"in the client's memory");
            check!(was_printed("in the client's memory"));
            eq(client.freed.load(Ordering::Relaxed), 0);
            ok(rtkit.sleep());
            eq(client.freed.load(Ordering::Relaxed), 4);
        });
    }

    fn rtkit_log_that_a_client_cannot_read_is_reported() {
        on_coprocessor(true, |dev| {
            let rtkit = get(dev, Blind);
            ok(rtkit.boot());
            log(c"unheard");
            check!(was_printed("rtkit: syslog: entry 0 cannot be read\n"));
            check!(!was_printed("unheard"));
        });
    }
}
