// SPDX-License-Identifier: BSD-2-Clause

//! The SMC as a thing that has keys: starting it, and commands, one at a time.
//!
//! # The shared memory
//! What is written lies there until the SMC has answered, and what was read from the
//! answer until the next command. A command that is overdue may still use it: before
//! something is written there, a command that needs none of it must have been
//! answered, since the SMC works on one at a time, in order.

use core::sync::atomic::{AtomicBool, Ordering};

use apple_rtkit::{Mailbox, Rtkit, Sram};
use kpi::arc::Arc;
use kpi::bus::Resource;
use kpi::dev::Device;
use kpi::device_println;
use kpi::errno::{EAGAIN, EBADMSG, EIO, ENXIO, ETIMEDOUT, Result};
use kpi::fdt::Node;
use kpi::mtx::Mtx;
use kpi::time::{Sbt, cold, delay, uptime};

use crate::bindings::{APPLE_SMC_EP, APPLE_SMC_INFO_LENGTH};
use crate::key::{Key, KeyInfo};
use crate::link::{Link, Phase, count};
use crate::message::{Answer, Command, INITIALIZE, value_size};
use crate::value::big_endian;

/// An SMC answers within this, or is taken not to.
const TIMEOUT: Sbt = Sbt::from_millis(500);

/// Microseconds between looks when polling.
const POLL_US: u32 = 10;

/// Keys that are believed in.
const MAX_KEYS: u32 = 65536;

/// A started SMC, or one that sleeps or has crashed.
pub struct Smc {
    /// For messages.
    pub dev: Device,
    /// The receiving side.
    pub link: Arc<Link>,
    /// Under it.
    pub rtkit: Rtkit,
    /// Whether a command is under way, and where the shared memory lies in the SRAM.
    turn: Mtx<Turn>,
    /// Whether a timeout has been complained of.
    complained: AtomicBool,
}

struct Turn {
    taken: bool,
    shared: usize,
}

/// Being the one whose command is under way; ends with this.
struct MyTurn<'s>(&'s Smc);

impl Drop for MyTurn<'_> {
    fn drop(&mut self) {
        self.0.turn.lock().taken = false;
        self.0.turn.wakeup_one();
    }
}

/// How a command is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// By sleeping, or by polling while the kernel is cold.
    Sleep,
    /// By polling.
    Poll,
}

impl Smc {
    /// Finds what belongs to the SMC; nothing is sent to it. `cpu`: the range of its
    /// CPU control, if that is ours. Errors with a line. Sleepable, in attach.
    #[inline(never)] // as `find_shared`
    pub fn new(dev: Device, cpu: Option<&core::ffi::CStr>) -> Result<Self> {
        let sram = Sram::new(find_sram(dev)?);
        let link = Arc::new(Link::new(dev, sram)?)?;
        let rtkit = Rtkit::new(dev, Mailbox::Index(0), cpu, &link)?;
        let turn = Turn {
            taken: false,
            shared: 0,
        };
        Ok(Smc {
            dev,
            link,
            rtkit,
            turn: Mtx::new(c"apple_smc turn", turn)?,
            complained: AtomicBool::new(false),
        })
    }

    /// Boots it, and gets its shared memory. Errors with a line. Sleepable.
    pub fn start(&self) -> Result<()> {
        self.rtkit.boot()?;
        self.initialize()
    }

    /// Wakes it, likewise.
    pub fn wake(&self) -> Result<()> {
        self.rtkit.wake()?;
        self.initialize()
    }

    /// Gets the shared memory of an SMC that is on; without it, it is as good as down.
    fn initialize(&self) -> Result<()> {
        self.link.start();
        let found = self.find_shared();
        self.link.set_phase(match found {
            Ok(()) => Phase::Ready,
            Err(_) => Phase::Down,
        });
        found
    }

    #[inline(never)] // what attach calls needs its stack
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
        self.turn.lock().shared = shared;
        Ok(())
    }

    fn ask_address(&self) -> Result<u64> {
        let endpoint = APPLE_SMC_EP as u8;
        self.rtkit.start_endpoint(endpoint, &self.link)?;
        self.rtkit.send(endpoint, INITIALIZE, TIMEOUT)?;
        self.wait_for(Wait::Sleep, |link| link.address())?
            .ok_or(ETIMEDOUT)
    }

    /// Waits until `look` finds something other than `EAGAIN`. `None`: it did not in
    /// time.
    fn wait_for<T>(&self, wait: Wait, look: impl Fn(&Link) -> Result<T>) -> Result<Option<T>> {
        let deadline = uptime() + TIMEOUT;
        loop {
            if wait == Wait::Poll || cold() {
                self.rtkit.poll();
            }
            // Held, so that nothing comes between looking and sleeping.
            let mut done = self.link.done.lock();
            match look(&self.link) {
                Err(EAGAIN) => (),
                found => return found.map(Some),
            }
            let left = deadline - uptime();
            if left <= Sbt::ZERO {
                return Ok(None);
            }
            if wait == Wait::Poll || cold() {
                drop(done);
                delay(POLL_US);
            } else {
                // Timed out or woken, the loop finds out.
                let _ = done.sleep(c"smcwait", left);
            }
        }
    }

    /// Waits until no other command is under way. Sleepable.
    fn take_turn(&self) -> Result<MyTurn<'_>> {
        let mut turn = self.turn.lock();
        while turn.taken {
            // Each turn ends, in a second at most.
            turn.sleep(c"smcturn", Sbt::FOREVER)?;
        }
        turn.taken = true;
        Ok(MyTurn(self))
    }

    /// Sends `command` and waits for the answer, which is good.
    fn exchange(&self, command: Command, wait: Wait) -> Result<Answer> {
        let id = self.link.begin(wait == Wait::Poll)?;
        let msg = command.message(id);
        let endpoint = APPLE_SMC_EP as u8;
        match wait {
            Wait::Sleep => self.rtkit.send(endpoint, msg, TIMEOUT),
            Wait::Poll => self.rtkit.try_send(endpoint, msg, 1000),
        }
        .inspect_err(|_| self.link.abandon(id))?;
        let answer = match self.wait_for(wait, |link| link.answer(id))? {
            Some(answer) => answer,
            None if self.link.expire(id) => {
                self.complain(msg);
                return Err(ETIMEDOUT);
            }
            // Just now.
            None => self.link.answer(id)?,
        };
        answer.status()?;
        if answer.length > command.room() {
            count(&self.link.counters.malformed);
            return Err(EBADMSG);
        }
        Ok(answer)
    }

    /// Says, the first time, that the SMC did not answer.
    fn complain(&self, msg: u64) {
        if !self.complained.swap(true, Ordering::Relaxed) {
            device_println!(self.dev, "the SMC does not answer command {:#018x}", msg);
        }
    }

    /// Puts `data` into the shared memory, once nobody uses it any more; or at once if
    /// the machine goes down, which comes first.
    fn share(&self, shared: usize, data: &[u8], wait: Wait) -> Result<()> {
        if wait == Wait::Sleep && self.link.shared_busy() {
            // An answer is an answer, though it be an error.
            let probe = self.exchange(Command::ByIndex(0), wait);
            if self.link.shared_busy() {
                return Err(probe.err().unwrap_or(ETIMEDOUT));
            }
        }
        self.link.sram.resource().write_region_1(shared, data)
    }

    /// A command, with what goes into the shared memory before, and out of it after.
    /// The part of `room` that was filled.
    fn run<'r>(
        &self,
        command: Command,
        data: &[u8],
        room: &'r mut [u8],
        wait: Wait,
    ) -> Result<&'r [u8]> {
        let shared = self.turn.lock().shared;
        if command.writes() {
            self.share(shared, data, wait)?;
        }
        let answer = self.exchange(command, wait)?;
        let length = match command {
            Command::Info(_) => APPLE_SMC_INFO_LENGTH as usize,
            _ => answer.length,
        };
        let room = room.get_mut(..length).ok_or(EBADMSG)?;
        match answer.value.get(..length) {
            Some(value) => room.copy_from_slice(value),
            None => self.link.sram.resource().read_region_1(shared, room)?,
        }
        Ok(room)
    }

    /// A command in its turn.
    fn command<'r>(&self, command: Command, data: &[u8], room: &'r mut [u8]) -> Result<&'r [u8]> {
        let _turn = self.take_turn()?;
        self.run(command, data, room, Wait::Sleep)
    }

    /// The value of `key`, read into `room`, of which it may fill less; and so for all
    /// that follow: errors as in `apple_smc.h`. Sleepable.
    pub fn read<'r>(&self, key: Key, room: &'r mut [u8]) -> Result<&'r [u8]> {
        let command = Command::Read(key, value_size(room.len())?);
        self.command(command, &[], room)
    }

    /// Sets the value of `key`.
    pub fn write(&self, key: Key, data: &[u8]) -> Result<()> {
        let command = Command::Write(key, value_size(data.len())?);
        self.command(command, data, &mut []).map(|_| ())
    }

    /// Writes to `key`, and reads what that gives.
    pub fn read_write<'r>(&self, key: Key, data: &[u8], room: &'r mut [u8]) -> Result<&'r [u8]> {
        let command = Command::ReadWrite(key, value_size(data.len())?, value_size(room.len())?);
        self.command(command, data, room)
    }

    /// What the SMC says about `key`.
    pub fn info(&self, key: Key) -> Result<KeyInfo> {
        let mut room = [0; APPLE_SMC_INFO_LENGTH as usize];
        self.command(Command::Info(key), &[], &mut room)?;
        Ok(KeyInfo::parse(&room))
    }

    /// Key number `index`.
    pub fn key_by_index(&self, index: u32) -> Result<Key> {
        let _turn = self.take_turn()?;
        let answer = self.exchange(Command::ByIndex(index), Wait::Sleep)?;
        // Here the first character is the first byte.
        Ok(Key::new(&answer.value))
    }

    /// How many keys there are. `EBADMSG`: so many are not believed.
    pub fn key_count(&self) -> Result<u32> {
        let mut room = [0; 4];
        let bytes = self.read(Key::new(b"#KEY"), &mut room)?;
        match u32::try_from(big_endian(bytes)) {
            Ok(count) if bytes.len() == 4 && count <= MAX_KEYS => Ok(count),
            _ => Err(EBADMSG),
        }
    }

    /// The index of the first key that is `key` or comes after it, of `count` keys;
    /// `count` if there is none.
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

    /// From now on commands go by polling alone: the machine goes down.
    pub fn quiet(&self) {
        if self.link.phase() == Phase::Ready {
            self.link.set_phase(Phase::Quiet);
            // Whether that works or not: what comes is dropped.
            let _ = self.write_polling(NOTIFY, &[0]);
        }
    }

    /// [`Smc::write`] by polling, after [`Smc::quiet`]. In a thread, in a kernel that
    /// has panicked too, whatever command was under way.
    pub fn write_polling(&self, key: Key, data: &[u8]) -> Result<()> {
        if self.link.phase() != Phase::Quiet {
            return Err(if self.rtkit.has_crashed() { EIO } else { ENXIO });
        }
        let command = Command::Write(key, value_size(data.len())?);
        self.run(command, data, &mut [], Wait::Poll).map(|_| ())
    }
}

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
