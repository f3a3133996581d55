// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Boot, sleep, and the end of a coprocessor.
//!
//! These calls are serialised. Each requests a state of the coprocessor, and
//! waits until messages have brought it there. None waits for ever. A signal
//! does not end a wait: after half a transition neither side would know the
//! other's state.

use crate::bindings::apple_rtkit_port;
use crate::coproc::{Coproc, Phase, Rest, Session, State, Step};
use crate::handle::EP_APP;
use crate::mgmt::{self, Power, Side};
use kpi::arc::Link;
use kpi::boxed::Box;
use kpi::device_println;
use kpi::errno::{EBUSY, EINVAL, EIO, ENOENT, ENXIO, EOPNOTSUPP, EPROTO, ETIMEDOUT, Errno, Result};
use kpi::time::Sbt;

/// How long each step may take: HELLO, the whole map, each state of power.
const STEP: Sbt = Sbt::from_millis(1000);

impl Rest {
    /// The state in which it rests.
    fn power(self) -> Power {
        match self {
            Rest::Asleep => Power::SLEEP,
            Rest::Quiesced | Rest::Unknown => Power::QUIESCED,
            Rest::Off => Power::OFF,
        }
    }

    /// Whether it can be woken.
    fn wakes(self) -> bool {
        matches!(self, Rest::Asleep | Rest::Quiesced)
    }
}

impl Coproc {
    /// Boots it, or, if `waking`, wakes it. See [`Rtkit::boot`](crate::Rtkit::boot).
    pub fn boot(&self, waking: bool) -> Result<()> {
        let _turn = self.turn()?;
        {
            let mut state = self.state.lock();
            match state.phase {
                Phase::Crashed => return Err(EIO),
                Phase::Down(rest) if waking && !rest.wakes() => return Err(EINVAL),
                Phase::Down(_) => (),
                Phase::Idle if waking => {
                    drop(state);
                    return self.resume();
                }
                _ => return Err(EBUSY),
            }
            state.session = Session::new();
            Self::forget_requests(&mut state);
            state.at_work = true;
            self.enter(&mut state, Phase::Booting);
        }
        // The mailbox prints why it does not start.
        self.clear()
            .and_then(|()| self.open())
            .and_then(|()| self.boot_steps())
            .inspect_err(|_| self.give_up_boot())
    }

    fn boot_steps(&self) -> Result<()> {
        self.start_up()
            .inspect_err(|error| self.cannot_boot("start", *error))?;
        self.wait(|session| session.step >= Step::Greeted, STEP)
            .inspect_err(|error| self.cannot_boot("HELLO", *error))?;
        self.wait(|session| session.step >= Step::Mapped, STEP)
            .inspect_err(|error| self.cannot_boot("endpoint map", *error))?;
        self.reach(Side::Iop, Power::ON)
            .inspect_err(|error| self.cannot_boot("coprocessor on", *error))?;
        // Sent together with the last START: some firmware acknowledges that
        // START only then.
        self.reach(Side::Ap, Power::ON)
            .inspect_err(|error| self.cannot_boot("processors on", *error))?;
        self.arrive(Phase::Booting, Phase::On)
    }

    /// Discards the messages that our own CPU, if it does not run, has left in
    /// the mailbox. A CPU that runs may have sent its HELLO, which needs an
    /// answer.
    fn clear(&self) -> Result<()> {
        match &self.cpu {
            Some(cpu) if !cpu.is_running() => self.link.discard(),
            _ => Ok(()),
        }
    }

    /// Starts its CPU, which then sends HELLO by itself. If it runs already,
    /// wakes it.
    fn start_up(&self) -> Result<()> {
        match &self.cpu {
            Some(cpu) if !cpu.is_running() => {
                cpu.run(true);
                Ok(())
            }
            _ => self.send_mgmt(mgmt::set_power(Side::Iop, Power::INIT)),
        }
    }

    fn give_up_boot(&self) {
        let mut state = self.state.lock();
        if state.phase != Phase::Crashed {
            drop(state);
            self.go_down(Rest::Unknown, false);
            return;
        }
        // The thread that saw it crash has closed the mailbox.
        state.session = Session::new();
    }

    /// Brings it to rest. See [`Rtkit::sleep`](crate::Rtkit::sleep).
    pub fn rest(&self, rest: Rest) -> Result<()> {
        let _turn = self.turn()?;
        {
            let mut state = self.state.lock();
            check_on(&state)?;
            state.session.iop = None;
            state.session.ap = None;
            self.enter(&mut state, Phase::Leaving);
        }
        let result = self.leave(rest);
        match result {
            Ok(()) => self.go_down(rest, true),
            Err(error) => {
                self.cannot("rest", "power", error);
                self.die();
            }
        }
        result
    }

    /// Has it sleep, and keep its state. See [`Rtkit::idle`](crate::Rtkit::idle).
    pub fn idle(&self) -> Result<()> {
        let _turn = self.turn()?;
        {
            let mut state = self.state.lock();
            check_on(&state)?;
            state.session.iop = None;
            state.session.ap = None;
            self.enter(&mut state, Phase::Leaving);
        }
        self.change(Side::Ap, Power::IDLE)
            .and_then(|()| self.change(Side::Iop, Power::IDLE))
            .and_then(|()| self.arrive(Phase::Leaving, Phase::Idle))
            .inspect_err(|error| {
                self.cannot("rest", "power", *error);
                self.die();
            })
    }

    /// Wakes it from Idle. Neither side has forgotten anything, so there is no HELLO.
    /// The caller has the turn.
    fn resume(&self) -> Result<()> {
        {
            let mut state = self.state.lock();
            state.session.iop = None;
            state.session.ap = None;
            state.session.failure = None;
            self.enter(&mut state, Phase::Booting);
        }
        self.send_mgmt(mgmt::set_power(Side::Iop, Power::INIT))
            .and_then(|()| self.reach(Side::Iop, Power::ON))
            .and_then(|()| self.change(Side::Ap, Power::ON))
            .and_then(|()| self.arrive(Phase::Booting, Phase::On))
            .inspect_err(|error| {
                self.cannot("wake", "power", *error);
                self.die();
            })
    }

    /// Goes from a phase to the next. `EIO`: it has crashed meanwhile.
    fn arrive(&self, from: Phase, to: Phase) -> Result<()> {
        let mut state = self.state.lock();
        if state.phase != from {
            return Err(EIO);
        }
        self.enter(&mut state, to);
        Ok(())
    }

    /// The processors' side goes first. Otherwise the firmware would not boot
    /// again.
    fn leave(&self, rest: Rest) -> Result<()> {
        self.change(Side::Ap, Power::QUIESCED)?;
        self.change(Side::Iop, rest.power())
    }

    /// Forgets everything. See [`Rtkit::reinit`](crate::Rtkit::reinit).
    pub fn reinit(&self) -> Result<()> {
        let _turn = self.turn()?;
        {
            let state = self.state.lock();
            let idle = matches!(state.phase, Phase::Down(_)) && !state.at_work;
            if !idle && self.cpu.is_none() {
                return Err(EOPNOTSUPP);
            }
        }
        self.go_down(Rest::Unknown, false);
        Ok(())
    }

    /// Gives it up for good. Sleepable; no other thread uses it any more.
    pub fn end(&self) {
        if self.state.lock().phase == Phase::Idle {
            // It fails with a line, as the next call does. Then the CPU is stopped
            // at once.
            let _ = self.boot(true);
        }
        let on = self.state.lock().phase == Phase::On;
        if on {
            let _ = self.rest(Rest::Quiesced);
        }
        self.go_down(Rest::Unknown, false);
        let at_work = self.state.lock().at_work;
        self.end_buffers(at_work);
    }

    /// Stops the mailbox, and the CPU if it is ours and does not rest. Clears
    /// the state that cannot be used any more. `rests`: the firmware said that
    /// it rests.
    fn go_down(&self, rest: Rest, rests: bool) {
        {
            let mut state = self.state.lock();
            self.enter(&mut state, Phase::Down(rest));
            if rests {
                state.at_work = false;
            }
        }
        self.close();
        self.link.settle();
        if let Some(cpu) = &self.cpu
            && rest != Rest::Quiesced
        {
            cpu.run(false);
            self.state.lock().at_work = false;
        }
        let at_work = self.state.lock().at_work;
        if !at_work {
            self.end_buffers(false);
        }
        // No thread calls the ports any more. Dropping what they own may sleep,
        // so they are dropped without the mutex held.
        let ports = core::mem::take(&mut *self.ports.lock());
        drop(ports);
    }

    /// Starts an endpoint. See
    /// [`Rtkit::start_endpoint`](crate::Rtkit::start_endpoint).
    ///
    /// `keep`: what the port points to, if Rust is to keep it.
    ///
    /// # Safety
    /// What the port points to lives until this returns. If the port was opened, it
    /// lives until the coprocessor is Down; `keep`, if there is one, makes sure of
    /// that.
    pub unsafe fn start_endpoint(
        &self,
        ep: u8,
        port: &apple_rtkit_port,
        keep: Option<Box<Link>>,
    ) -> Result<()> {
        if ep < EP_APP {
            return Err(EINVAL);
        }
        let _turn = self.turn()?;
        {
            let state = self.state.lock();
            check_on(&state)?;
            if !state.session.endpoints.has(ep) {
                return Err(ENOENT);
            }
        }
        // SAFETY: the caller's promise.
        unsafe { self.link.open(ep, port)? };
        if let Some(keep) = keep {
            // Dropped once the link was settled.
            self.ports.lock().add(keep);
        }
        self.send_mgmt(mgmt::start(ep)).inspect_err(|error| {
            if *error == ETIMEDOUT {
                self.cannot("start an endpoint", "room", *error);
                self.die();
            }
        })
    }

    /// Sends a message of management. The caller has the turn.
    fn send_mgmt(&self, msg: u64) -> Result<()> {
        self.link.send_own(mgmt::EP, msg)
    }

    /// Requests a power state of a side, and waits for it.
    fn change(&self, side: Side, power: Power) -> Result<()> {
        self.send_mgmt(mgmt::set_power(side, power))?;
        self.reach(side, power)
    }

    /// Waits until a side is in a state. `EPROTO`: it reports another state.
    fn reach(&self, side: Side, wanted: Power) -> Result<()> {
        let at = |session: &Session| match side {
            Side::Iop => session.iop,
            Side::Ap => session.ap,
        };
        self.wait(
            |session| at(session).is_some_and(|power| power.is(wanted)),
            STEP,
        )
        .map_err(|error| {
            let said = at(&self.state.lock().session);
            if error == ETIMEDOUT && said.is_some() {
                EPROTO
            } else {
                error
            }
        })
    }

    /// Prints that a step of the boot failed, unless a message made it fail: then a
    /// line was printed at that time.
    fn cannot_boot(&self, step: &str, error: Errno) {
        if self.state.lock().session.failure.is_none() {
            self.cannot("boot", step, error);
        }
    }

    /// Prints which step failed, and why.
    fn cannot(&self, what: &str, when: &str, error: Errno) {
        device_println!(self.dev, "rtkit: cannot {}: {}: {}", what, when, error);
    }
}

/// Fails if the coprocessor is not on.
fn check_on(state: &State) -> Result<()> {
    match state.phase {
        Phase::On => Ok(()),
        Phase::Crashed => Err(EIO),
        Phase::Down(_) | Phase::Idle => Err(ENXIO),
        Phase::Booting | Phase::Leaving => Err(EBUSY),
    }
}
