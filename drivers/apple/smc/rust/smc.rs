// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! The SMC and its keys: starting it, and commands, one at a time.
//!
//! # The shared memory
//!
//! The bytes of a command lie there until the SMC has answered, and those of an
//! answer until the next command. Only the thread that sends the command accesses
//! the memory, and only after the phase allows the command. A thread that changes
//! the phase is serialised with commands, or has stopped the SMC.
//!
//! A command that is overdue may still use the memory, and read what a later
//! command has put there. So before the driver writes there, a command that
//! does not use the memory must have been answered. The SMC works on one
//! command at a time, in order, so the overdue one is over then. This holds
//! while the machine goes down, too.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use apple_rtkit::{Client, Mailbox, Rtkit, Sram};
use kpi::arc::Arc;
use kpi::bus::Resource;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EAGAIN, EBADMSG, EINVAL, EIO, ENXIO, EPROTO, ETIMEDOUT, Result};
use kpi::fdt::Node;
use kpi::mtx::Spin;
use kpi::time::{Sbt, delay, must_poll, uptime};

use crate::bindings::APPLE_SMC_EP;
use crate::gpio::Wanted;
use crate::key::{INFO_BYTES, Key, KeyInfo};
use crate::link::{Link, Phase, count};
use crate::message::{Answer, Command, INITIALIZE, value_size};
use crate::sdt;
use crate::sensor::watch_battery;
use crate::turn::{Asker, Turn, Turns};
use crate::value::big_endian;

/// An SMC that has not answered within this time is taken not to answer.
const TIMEOUT: Sbt = Sbt::from_millis(500);

/// A caller that may not sleep polls for this long, and leaves the rest to a
/// thread.
const SPIN: Sbt = Sbt::from_millis(2);

/// Microseconds between looks when polling.
const POLL_US: u32 = 10;

/// The most keys that an SMC is believed to have.
const MAX_KEYS: u32 = 65536;

/// A started SMC, or one that sleeps or has crashed.
pub struct Smc {
    /// The device, for lines on the console.
    pub dev: Device,
    /// The receiving side.
    pub link: Arc<Link>,
    /// The coprocessor that it runs on.
    pub rtkit: Rtkit,
    /// Pins that a thread is to drive.
    pub wanted: Spin<Wanted>,
    /// Serialises commands.
    turns: Turns,
    /// Where the shared memory lies in the SRAM.
    shared: AtomicUsize,
    /// Whether the key of the remaining charge has its lowest byte first.
    little_charge: AtomicBool,
    /// Whether a line about a timeout was printed.
    complained: AtomicBool,
}

/// How a thread waits for the answer to a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// By sleeping, or by polling where the kernel cannot sleep.
    Sleep,
    /// By polling, while the machine goes down.
    Poll,
    /// By polling for a short time.
    Spin,
}

impl Wait {
    fn polls(self) -> bool {
        self != Wait::Sleep || must_poll()
    }

    fn timeout(self) -> Sbt {
        match self {
            Wait::Sleep | Wait::Poll => TIMEOUT,
            Wait::Spin => SPIN,
        }
    }

    /// Whether the command may be sent while the machine goes down.
    fn quietly(self) -> bool {
        self == Wait::Poll
    }
}

impl Smc {
    /// Maps the SMC's memory and gets its coprocessor. Sends nothing. `cpu`: the range
    /// of its CPU control, if the driver may start and stop the CPU. Prints errors.
    /// Sleepable, in attach.
    #[inline(never)] // a frame of its own
    pub fn new(dev: Device, cpu: Option<&core::ffi::CStr>) -> Result<Self> {
        let sram = Sram::new(find_sram(dev)?);
        let link = Arc::new(Link::new(dev, sram)?)?;
        let rtkit = Rtkit::new(dev, Mailbox::Index(0), cpu, &link)?;
        Ok(Smc {
            dev,
            link,
            rtkit,
            wanted: Spin::new(c"apple_smc pins", Wanted::new())?,
            turns: Turns::new()?,
            shared: AtomicUsize::new(0),
            little_charge: AtomicBool::new(false),
            complained: AtomicBool::new(false),
        })
    }

    /// Boots it, and gets its shared memory. Prints errors. Sleepable.
    pub fn start(&self) -> Result<()> {
        let _turn = self.turn(Asker::Kernel);
        self.rtkit.boot()?;
        self.initialize()
    }

    /// Starts an SMC again after a crash. Prints errors, but not that of a reinit.
    /// Sleepable.
    pub fn restart(&self) -> Result<()> {
        let _turn = self.turn(Asker::Kernel);
        self.rtkit.reinit()?;
        self.rtkit.boot()?;
        self.initialize_or_quiesce()
    }

    /// Puts it to sleep, if it runs. Sleepable.
    pub fn rest(&self) -> Result<()> {
        let turn = self.turn(Asker::Kernel);
        if self.link.phase() != Phase::Ready {
            return Ok(());
        }
        // An error does not matter: the SMC is about to sleep.
        let off = Command::Write(NOTIFY, 1);
        let _ = self.run(&turn, off, &[0], &mut [], Wait::Sleep);
        self.link.set_phase(Phase::Down);
        self.quiesce()
    }

    /// Wakes it; as [`Smc::start`]. After an error it can be called again.
    pub fn wake(&self) -> Result<()> {
        let _turn = self.turn(Asker::Kernel);
        match self.rtkit.wake() {
            // It did not wake the last time.
            Err(EINVAL) => self.rtkit.boot(),
            outcome => outcome,
        }?;
        self.initialize_or_quiesce()
    }

    /// Gets the shared memory. If that fails, the coprocessor is quiesced, so that it
    /// can be woken later.
    fn initialize_or_quiesce(&self) -> Result<()> {
        self.initialize().inspect_err(|_| {
            let _ = self.quiesce();
        })
    }

    /// Quiesces the coprocessor. RTKit does not say that it has crashed if it does
    /// not follow. Sleepable; the caller has the turn, so that the chores do not
    /// start it again meanwhile.
    fn quiesce(&self) -> Result<()> {
        self.rtkit.quiesce().inspect_err(|error| match *error {
            ETIMEDOUT | EPROTO => self.link.crashed(),
            EIO => self.link.set_phase(Phase::Crashed),
            _ => (),
        })
    }

    /// Waits for the turn, for one command or more. Sleepable.
    pub fn turn(&self, asker: Asker) -> Turn<'_> {
        self.turns.take(asker)
    }

    /// Takes the turn, if no thread has it. Any context but a filter.
    pub fn try_turn(&self) -> Option<Turn<'_>> {
        self.turns.try_take()
    }

    /// Gets the shared memory of an SMC that is on. Without it, no command can be sent.
    fn initialize(&self) -> Result<()> {
        self.complained.store(false, Ordering::Relaxed);
        self.link.start();
        let found = self.find_shared();
        self.link.set_phase(match found {
            Ok(()) => Phase::Ready,
            Err(_) => Phase::Down,
        });
        found
    }

    #[inline(never)] // a frame of its own
    fn find_shared(&self) -> Result<()> {
        let address = self.ask_address().inspect_err(|error| {
            device_println!(self.dev, "the SMC does not start: {}", error);
        })?;
        let shared = self.link.shared(address).inspect_err(|_| {
            device_println!(
                self.dev,
                "the SMC's shared memory at {:#x} is not in its SRAM",
                address
            );
        })?;
        self.shared.store(shared, Ordering::Relaxed);
        Ok(())
    }

    fn ask_address(&self) -> Result<u64> {
        let endpoint = APPLE_SMC_EP as u8;
        self.rtkit.start_endpoint(endpoint, &self.link)?;
        self.rtkit.send(endpoint, INITIALIZE, TIMEOUT)?;
        self.wait_for(Wait::Sleep, |link| link.address())?
            .ok_or(ETIMEDOUT)
    }

    /// Waits until `look` returns something other than `EAGAIN`. `None`: it did not in
    /// time.
    fn wait_for<T>(&self, wait: Wait, look: impl Fn(&Link) -> Result<T>) -> Result<Option<T>> {
        let timeout = wait.timeout();
        let deadline = uptime() + timeout;
        // Counted where the kernel polls: its clock may stand.
        let mut looks = timeout.as_micros() / i64::from(POLL_US);
        loop {
            let polls = wait.polls();
            if polls {
                self.rtkit.poll();
            }
            // The mutex is held, so that no wakeup is lost between the look and
            // the sleep.
            let mut done = self.link.done.lock();
            match look(&self.link) {
                Err(EAGAIN) => (),
                found => return found.map(Some),
            }
            if polls {
                drop(done);
                if looks == 0 {
                    return Ok(None);
                }
                looks -= 1;
                delay(POLL_US);
                continue;
            }
            let left = deadline - uptime();
            if left <= Sbt::ZERO {
                return Ok(None);
            }
            // Woken or timed out: the loop looks again.
            let _ = done.sleep(c"smcwait", left);
        }
    }

    /// Sends `command` with the number `id`, and waits for its answer. An answer that
    /// reports a failure, or is too long, is an error.
    fn exchange(&self, command: Command, id: u8, wait: Wait) -> Result<Answer> {
        let msg = command.message(id);
        sdt::request(self.dev, msg);
        let outcome = self.send_and_wait(command, id, msg, wait);
        sdt::reply(self.dev, msg, &outcome);
        outcome
    }

    /// Sends a message without sleeping. `ETIMEDOUT`: there was no room in time. The SMC
    /// may make none before it has sent what it has to, so that is taken out meanwhile.
    fn send_polling(&self, msg: u64) -> Result<()> {
        let mut looks = TIMEOUT.as_micros() / i64::from(POLL_US);
        loop {
            match self.rtkit.try_send(APPLE_SMC_EP as u8, msg, 0) {
                Err(EAGAIN) if looks > 0 => looks -= 1,
                Err(EAGAIN) => return Err(ETIMEDOUT),
                outcome => return outcome,
            }
            self.rtkit.poll();
            delay(POLL_US);
        }
    }

    /// What [`Smc::exchange`] does; `msg` is the command with its number.
    fn send_and_wait(&self, command: Command, id: u8, msg: u64, wait: Wait) -> Result<Answer> {
        let endpoint = APPLE_SMC_EP as u8;
        match wait {
            Wait::Sleep => self.rtkit.send(endpoint, msg, TIMEOUT),
            Wait::Poll => self.send_polling(msg),
            Wait::Spin => self.rtkit.try_send(endpoint, msg, 0),
        }
        .inspect_err(|_| self.link.abandon(id))?;
        let answer = match self.wait_for(wait, |link| link.answer(id))? {
            Some(answer) => answer,
            None if self.link.expire(id) => {
                if wait != Wait::Spin {
                    self.complain(msg);
                }
                return Err(ETIMEDOUT);
            }
            // The answer has come just now.
            None => self.link.answer(id)?,
        };
        answer.status()?;
        if !command.allows(answer.length) {
            count(&self.link.counters.malformed);
            return Err(EBADMSG);
        }
        Ok(answer)
    }

    /// Gives `command`, which does not use the shared memory, a number, and sends it as
    /// [`Smc::exchange`] does.
    fn ask(&self, command: Command, wait: Wait) -> Result<Answer> {
        let id = self.link.begin(wait.quietly())?;
        self.exchange(command, id, wait)
    }

    /// Prints that the SMC did not answer; only the first time since its start.
    fn complain(&self, msg: u64) {
        if !self.complained.swap(true, Ordering::Relaxed) {
            device_println!(self.dev, "the SMC does not answer command {:#018x}", msg);
        }
    }

    /// Makes sure that no earlier command uses the shared memory any more.
    fn free_shared(&self, wait: Wait) -> Result<()> {
        if self.link.shared_busy() {
            // An error counts as an answer, too.
            let probe = self.ask(Command::ByIndex(0), wait);
            if self.link.shared_busy() {
                return Err(probe.err().unwrap_or(ETIMEDOUT));
            }
        }
        Ok(())
    }

    /// Waits for the answer to a command whose thread gave up because the machine goes
    /// down: the SMC still works on it. One that does not come in time is overdue.
    fn finish_unread(&self, wait: Wait) {
        if wait == Wait::Poll {
            let _ = self.wait_for(wait, Link::drop_unread);
        }
    }

    /// Sends a command. Copies bytes into the shared memory before, and the
    /// answer's bytes out of it into `room` after. Returns the part of `room`
    /// that was filled.
    pub fn run<'r>(
        &self,
        _turn: &Turn<'_>,
        command: Command,
        data: &[u8],
        room: &'r mut [u8],
        wait: Wait,
    ) -> Result<&'r [u8]> {
        let memory = self.link.sram.resource();
        let shared = self.shared.load(Ordering::Relaxed);
        self.finish_unread(wait);
        if command.writes() {
            self.link.check(wait.quietly())?;
            self.free_shared(wait)?;
        }
        let id = self.link.begin(wait.quietly())?;
        if command.writes() {
            memory
                .write_region_1(shared, data)
                .inspect_err(|_| self.link.abandon(id))?;
        }
        let answer = self.exchange(command, id, wait)?;
        let length = command.copied(answer.length);
        let room = room.get_mut(..length).ok_or(EBADMSG)?;
        match answer.value.get(..length) {
            // The answer to KEY INFO always lies in the memory: it is longer
            // than a message can hold.
            Some(value) => room.copy_from_slice(value),
            None => memory.read_region_1(shared, room)?,
        }
        Ok(room)
    }

    /// Waits for the turn, then runs `command`. Fails without a wait if no command can
    /// be sent.
    fn command<'r>(
        &self,
        asker: Asker,
        command: Command,
        data: &[u8],
        room: &'r mut [u8],
    ) -> Result<&'r [u8]> {
        self.link.check(false)?;
        let turn = self.turn(asker);
        self.run(&turn, command, data, room, Wait::Sleep)
    }

    /// Reads the value of `key` into `room`, and may fill less of it. Errors
    /// of this and the functions below are those of `apple_smc.h`. Sleepable.
    pub fn read<'r>(&self, asker: Asker, key: Key, room: &'r mut [u8]) -> Result<&'r [u8]> {
        let command = Command::Read(key, value_size(room.len())?);
        self.command(asker, command, &[], room)
    }

    /// Sets the value of `key`.
    pub fn write(&self, key: Key, data: &[u8]) -> Result<()> {
        let command = Command::Write(key, value_size(data.len())?);
        self.command(Asker::Kernel, command, data, &mut [])
            .map(|_| ())
    }

    /// [`Smc::write`], or [`Smc::write_polling`] while the machine goes down.
    pub fn write_by(&self, polling: bool, key: Key, data: &[u8]) -> Result<()> {
        match polling {
            true => self.write_polling(key, data),
            false => self.write(key, data),
        }
    }

    /// Writes to `key`, and reads the resulting value.
    pub fn read_write<'r>(&self, key: Key, data: &[u8], room: &'r mut [u8]) -> Result<&'r [u8]> {
        let command = Command::ReadWrite(key, value_size(data.len())?, value_size(room.len())?);
        self.command(Asker::Kernel, command, data, room)
    }

    /// Asks the SMC for size, type and attributes of `key`.
    pub fn info(&self, asker: Asker, key: Key) -> Result<KeyInfo> {
        let mut room = [0; INFO_BYTES];
        self.command(asker, Command::Info(key), &[], &mut room)?;
        KeyInfo::parse(&room).ok_or(EIO)
    }

    /// Asks the SMC for key number `index`.
    pub fn key_by_index(&self, index: u32) -> Result<Key> {
        self.link.check(false)?;
        let _turn = self.turn(Asker::Kernel);
        let answer = self.ask(Command::ByIndex(index), Wait::Sleep)?;
        // Here the first character is the first byte.
        Ok(Key::new(&answer.value))
    }

    /// Asks the SMC how many keys it has. `EBADMSG`: the number is not believed.
    pub fn key_count(&self) -> Result<u32> {
        let mut room = [0; 4];
        let bytes = self.read(Asker::Kernel, Key::new(b"#KEY"), &mut room)?;
        match u32::try_from(big_endian(bytes)) {
            Ok(count) if bytes.len() == 4 && count <= MAX_KEYS => Ok(count),
            _ => Err(EBADMSG),
        }
    }

    /// Finds, among `count` keys, the index of the first that is `key` or comes after
    /// it; `count` if there is none.
    pub fn find(&self, key: Key, count: u32) -> Result<u32> {
        let (mut first, mut end) = (0, count);
        while first < end {
            let middle = first + (end - first) / 2;
            if self.key_by_index(middle)? < key {
                first = middle + 1;
            } else {
                end = middle;
            }
        }
        Ok(first)
    }

    /// Turns notifications on or off.
    pub fn notify(&self, on: bool) -> Result<()> {
        self.write(NOTIFY, &[on.into()])
    }

    /// Turns notifications on. Prints why that failed. If the SMC has answered, but
    /// refused, this is no error: the SMC is used without notifications.
    pub fn notify_on(&self) -> Result<()> {
        match watch_battery(self).and_then(|()| self.notify(true)) {
            Ok(()) => Ok(()),
            Err(error) => {
                device_println!(self.dev, "cannot turn notifications on: {}", error);
                match error == ETIMEDOUT || !self.rtkit.is_running() {
                    true => Err(error),
                    false => Ok(()),
                }
            }
        }
    }

    /// Whether the integer of `key` has its highest byte first.
    pub fn is_big_endian(&self, key: Key) -> bool {
        key == Key::new(b"#KEY") || key == CHARGE && !self.little_charge.load(Ordering::Relaxed)
    }

    /// From now on the key of the remaining charge has its lowest byte first.
    pub fn set_little_charge(&self) {
        self.little_charge.store(true, Ordering::Relaxed);
    }

    /// Prepares for the machine to go down: from now on commands are sent by polling
    /// alone.
    pub fn quiet(&self) {
        if self.link.phase() == Phase::Ready {
            self.link.set_phase(Phase::Quiet);
            // An error does not matter: notifications are dropped from now on.
            let _ = self.write_polling(NOTIFY, &[0]);
        }
    }

    /// [`Smc::write`] by polling, after [`Smc::quiet`]. Context: a thread, also
    /// in a kernel that has panicked, whatever command was under way. A thread
    /// whose command is under way gets an error, so that its turn ends soon.
    pub fn write_polling(&self, key: Key, data: &[u8]) -> Result<()> {
        if self.link.phase() != Phase::Quiet {
            return Err(if self.rtkit.has_crashed() { EIO } else { ENXIO });
        }
        let command = Command::Write(key, value_size(data.len())?);
        let turn = self.turn(Asker::Kernel);
        self.run(&turn, command, data, &mut [], Wait::Poll)
            .map(|_| ())
    }
}

/// The remaining charge of the battery, whose byte order depends on the firmware.
pub const CHARGE: Key = Key::new(b"B0RM");

/// The key that turns notifications on and off.
const NOTIFY: Key = Key::new(b"NTAP");

/// The SMC's memory, which the device tree calls "sram".
fn find_sram(dev: Device) -> Result<Resource> {
    let node = Node::of(dev).ok_or(ENXIO)?;
    let rid = node.reg_rid(c"sram").inspect_err(|error| {
        device_println!(
            dev,
            "no \"sram\" in the device tree's \"reg-names\": {}",
            error
        );
    })?;
    Resource::new(dev, rid).inspect_err(|error| {
        device_println!(
            dev,
            "cannot map the SRAM, register range {}: {}",
            rid,
            error
        );
    })
}
