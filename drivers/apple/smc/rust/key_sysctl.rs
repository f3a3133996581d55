// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Any key by its name: a sysctl(9) node that shows the one that was chosen last.

use core::fmt::Write;

use kpi::arc::Arc;
use kpi::errno::{EINVAL, EIO, Result};
use kpi::mtx::Mtx;
use kpi::sysctl::SysctlText;

use crate::key::{Key, Kind};
use crate::message::VALUE_MAX;
use crate::smc::Smc;
use crate::turn::Asker;
use crate::value::Shown;

/// The key that is shown.
pub struct KeySysctl {
    smc: Arc<Smc>,
    key: Mtx<Key>,
}

impl KeySysctl {
    /// Shows the number of keys until a key is chosen.
    pub fn new(smc: &Arc<Smc>) -> Result<Self> {
        Ok(KeySysctl {
            smc: smc.clone(),
            key: Mtx::new(c"apple_smc key", Key::new(b"#KEY"))?,
        })
    }
}

impl SysctlText for KeySysctl {
    /// As in "TB0T: 31.250 (flt  r)".
    fn get(&self, _: u32, text: &mut dyn Write) -> Result<()> {
        let key = *self.key.lock();
        let info = self.smc.info(Asker::User, key)?;
        if info.size == 0 {
            // Newer firmware keeps some keys so. There is nothing to read.
            return write!(text, "{key}: no value ({info})").map_err(|_| EIO);
        }
        let mut room = [0; VALUE_MAX];
        let room = room.get_mut(..info.size.into()).ok_or(EIO)?;
        let mut bytes = self.smc.read(Asker::User, key, room)?;
        if info.kind() == Kind::Bytes {
            // The text holds no more.
            bytes = bytes.get(..64).unwrap_or(bytes);
        }
        let shown = Shown {
            big_endian: self.smc.is_big_endian(key),
            info: &info,
            bytes,
        };
        write!(text, "{key}: {shown} ({info})").map_err(|_| EIO)
    }

    fn set(&self, _: u32, text: &[u8]) -> Result<()> {
        let key = Key::parse(text).ok_or(EINVAL)?;
        self.smc.info(Asker::User, key)?;
        *self.key.lock() = key;
        Ok(())
    }
}
