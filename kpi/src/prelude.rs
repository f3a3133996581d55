// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What most drivers use: `use kpi::prelude::*;`.

pub use crate::arc::Arc;
pub use crate::dev::{self, Device, Driver};
pub use crate::device_println;
pub use crate::errno::*;
pub use crate::mem::Flags;
pub use crate::reg::{Field, Reg, Registers};
pub use crate::sysctl::Sysctl;
pub use crate::time::{self, Sbt};
pub use crate::turn::{Events, Turn};
