// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Messages of the SMC's endpoint, packed and unpacked.

use kpi::errno::{EACCES, EINVAL, EIO, EMSGSIZE, ENOENT, EOPNOTSUPP, Result};

use crate::bindings::{
    APPLE_SMC_BAD_ARGUMENT, APPLE_SMC_BAD_COMMAND, APPLE_SMC_BAD_INDEX, APPLE_SMC_BAD_PARAMETER,
    APPLE_SMC_DATA_SHIFT, APPLE_SMC_ID_SHIFT, APPLE_SMC_INITIALIZE, APPLE_SMC_KEY_BY_INDEX,
    APPLE_SMC_KEY_INFO, APPLE_SMC_NOT_FOUND, APPLE_SMC_NOT_READABLE, APPLE_SMC_NOT_WRITABLE,
    APPLE_SMC_NOTIFICATION, APPLE_SMC_OK, APPLE_SMC_READ_KEY, APPLE_SMC_RW_KEY,
    APPLE_SMC_SIZE_MISMATCH, APPLE_SMC_SIZE_SHIFT, APPLE_SMC_UNSUPPORTED, APPLE_SMC_VALUE_MAX,
    APPLE_SMC_WRITE_KEY, APPLE_SMC_WSIZE_SHIFT,
};
use crate::key::{INFO_BYTES, Key};

/// Numbers that a command can have.
pub const IDS: u8 = 16;

/// Bytes that a value has at most.
pub const VALUE_MAX: usize = APPLE_SMC_VALUE_MAX as usize;

/// Asks for the address of the shared memory. Its number is 0, and its answer
/// differs from the others.
pub const INITIALIZE: u64 = APPLE_SMC_INITIALIZE as u64;

/// The number of bytes of a value, or of the room for it. `EINVAL`: there are none,
/// or more than a command can say.
pub fn value_size(bytes: usize) -> Result<u8> {
    match u8::try_from(bytes) {
        Ok(size) if size > 0 && bytes <= VALUE_MAX => Ok(size),
        _ => Err(EINVAL),
    }
}

/// A command without its number.
#[derive(Clone, Copy)]
pub enum Command {
    /// Read a value, of at most so many bytes.
    Read(Key, u8),
    /// Write the value that lies in the shared memory, of so many bytes.
    Write(Key, u8),
    /// The key of this index.
    ByIndex(u32),
    /// Get the size, type and attributes of a key.
    Info(Key),
    /// Write, then read, so many bytes each.
    ReadWrite(Key, u8, u8),
}

impl Command {
    /// The command with its number, of which four bits count.
    pub fn message(self, id: u8) -> u64 {
        let (command, size, wsize, data) = match self {
            Command::Read(key, size) => (APPLE_SMC_READ_KEY, size, 0, key.as_raw()),
            Command::Write(key, size) => (APPLE_SMC_WRITE_KEY, size, 0, key.as_raw()),
            Command::ByIndex(index) => (APPLE_SMC_KEY_BY_INDEX, 0, 0, index),
            Command::Info(key) => (APPLE_SMC_KEY_INFO, 0, 0, key.as_raw()),
            Command::ReadWrite(key, wsize, size) => (APPLE_SMC_RW_KEY, size, wsize, key.as_raw()),
        };
        u64::from(command)
            | u64::from(id % IDS) << APPLE_SMC_ID_SHIFT
            | u64::from(size) << APPLE_SMC_SIZE_SHIFT
            | u64::from(wsize) << APPLE_SMC_WSIZE_SHIFT
            | u64::from(data) << APPLE_SMC_DATA_SHIFT
    }

    /// Whether the SMC reads the shared memory for it.
    pub fn writes(self) -> bool {
        matches!(self, Command::Write(..) | Command::ReadWrite(..))
    }

    /// Whether an answer may have this length. The length is that of the key's
    /// value. In the answer to a WRITE newer firmware has it too, and older
    /// firmware has 0. Other answers have no value, and their length means
    /// nothing.
    pub fn allows(self, length: usize) -> bool {
        match self {
            Command::Read(_, size) | Command::Write(_, size) | Command::ReadWrite(_, _, size) => {
                length <= size.into()
            }
            Command::Info(_) | Command::ByIndex(_) => true,
        }
    }

    /// Bytes that are copied out of an answer of this length.
    pub fn copied(self, length: usize) -> usize {
        match self {
            Command::Read(..) | Command::ReadWrite(..) => length,
            Command::Info(_) => INFO_BYTES,
            Command::Write(..) | Command::ByIndex(_) => 0,
        }
    }
}

/// Whether a message is a notification, and no answer.
pub fn is_notification(msg: u64) -> bool {
    msg & 0xff == u64::from(APPLE_SMC_NOTIFICATION)
}

/// The event of a notification.
#[derive(Clone, Copy)]
pub struct Event {
    /// Bits 63:48: `APPLE_SMC_EV_*`.
    pub kind: u16,
    /// Bits 47:40: which button, or what the lid does.
    pub subtype: u8,
    /// Bits 39:32: of a button, 1: pressed.
    pub data: u8,
}

impl Event {
    /// The word that other drivers get.
    pub fn word(self) -> u32 {
        u32::from(self.kind) << 16 | u32::from(self.subtype) << 8 | u32::from(self.data)
    }

    /// The event of a message that is a notification.
    pub fn parse(msg: u64) -> Self {
        Event {
            kind: (msg >> 48) as u16,
            subtype: (msg >> 40) as u8,
            data: (msg >> 32) as u8,
        }
    }
}

/// An answer.
#[derive(Clone, Copy)]
pub struct Answer {
    /// The number of its command.
    pub id: u8,
    /// `APPLE_SMC_OK`, or what went wrong.
    pub result: u8,
    /// Bytes of the value.
    pub length: usize,
    /// The value, or as much of it as fits into the message.
    pub value: [u8; 4],
}

impl Answer {
    /// The answer in a message that is no notification.
    pub fn parse(msg: u64) -> Self {
        Answer {
            id: (msg >> APPLE_SMC_ID_SHIFT) as u8 % IDS,
            result: msg as u8,
            length: (msg >> APPLE_SMC_SIZE_SHIFT & 0xffff) as usize,
            value: ((msg >> APPLE_SMC_DATA_SHIFT) as u32).to_le_bytes(),
        }
    }

    /// The errno for the result.
    pub fn status(&self) -> Result<()> {
        Err(match u32::from(self.result) {
            APPLE_SMC_OK => return Ok(()),
            APPLE_SMC_NOT_FOUND | APPLE_SMC_BAD_INDEX => ENOENT,
            APPLE_SMC_NOT_READABLE | APPLE_SMC_NOT_WRITABLE => EACCES,
            APPLE_SMC_SIZE_MISMATCH => EMSGSIZE,
            APPLE_SMC_BAD_COMMAND | APPLE_SMC_UNSUPPORTED => EOPNOTSUPP,
            APPLE_SMC_BAD_PARAMETER | APPLE_SMC_BAD_ARGUMENT => EINVAL,
            // APPLE_SMC_TIMEOUT, too: what is behind the key has not answered the SMC.
            _ => EIO,
        })
    }
}
