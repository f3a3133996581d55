// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! What most drivers use: `use kpi::prelude::*;`.
//!
//! # Example
//! ```
//! use kpi::prelude::*;
//!
//! struct Foo {
//!     commands: Turn<u32>,
//! }
//!
//! impl Driver for Foo {
//!     fn attach(dev: Device) -> Result<Self> {
//!         device_println!(dev, "{} ms after the boot", time::uptime().as_millis());
//!         Ok(Self { commands: Turn::new(c"foo", 0)? })
//!     }
//!
//!     fn detach(&self) -> Result<()> {
//!         self.commands.close(ENXIO);
//!         Ok(())
//!     }
//! }
//! # let foo = Foo::attach(dev)?;
//! # *foo.commands.take()? += 1;
//! # foo.detach()?;
//! # assert_eq!(foo.commands.take().err(), Some(ENXIO));
//! ```

pub use crate::arc::Arc;
pub use crate::dev::{self, Device, Driver};
pub use crate::device_println;
pub use crate::errno::*;
pub use crate::mem::Flags;
pub use crate::reg::{Field, Reg, Registers};
pub use crate::sysctl::Sysctl;
pub use crate::time::{self, Sbt};
pub use crate::turn::{Events, Turn};
