// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Devices on a PCI bus. Twin of `kpi_pci.h`.
//!
//! A driver's struct has its handles in the order of teardown: connected
//! interrupts ([`Irq`]), then [`BusMaster`], then the memory that the device may
//! access, then the registers.
//!
//! It leaves out MSI-X, whose interrupts need a BAR for as long as they live.
//!
//! # Example
//! ```
//! use kpi::arc::Arc;
//! use kpi::intr::Handler;
//! use kpi::pci::{self, BusMaster, Interrupts, Kind};
//!
//! struct Foo;
//!
//! impl Handler for Foo {
//!     fn handle(&self) {}
//! }
//!
//! let registers = pci::bar(dev, 0)?;
//! let master = BusMaster::enable(dev)?;
//! // Messages, if device and machine have them. Otherwise the line.
//! let interrupts = Interrupts::new(dev, &[Kind::Msi, Kind::Intx], 1)?;
//! let irq = interrupts.with_handler(0, Arc::new(Foo)?)?;
//! kpi::device_println!(dev, "{} bytes of registers, {}", registers.size(), interrupts.kind());
//! # assert!(crate::check::was_printed("4096 bytes of registers, MSI"));
//! ```

use core::ffi::{CStr, c_int};
use core::fmt;

use crate::arc::Arc;
use crate::bindings::{self, kpi_pci_id, kpi_pci_intr};
use crate::bus::Resource;
use crate::ctx;
use crate::dev::{Device, Hold};
use crate::errno::{EINVAL, ENXIO, Result, check};
use crate::ffi::Opaque;
use crate::intr::{self, Handler};

/// A line of a table of devices, as the kernel and devmatch(8) read it:
///
/// ```
/// use kpi::pci::Id;
///
/// #[unsafe(no_mangle)]
/// static foo_ids: [Id; 1] = [Id::new(0x1234, 0x0001, c"Foo adapter")];
/// ```
#[repr(transparent)]
pub struct Id(kpi_pci_id);

// SAFETY: it is constant; its description is static.
unsafe impl Sync for Id {}

impl Id {
    /// A device of this vendor, with the description that it gets. The numbers, which
    /// have 16 bits, are as bindgen makes them.
    pub const fn new(vendor: u32, device: u32, descr: &'static CStr) -> Self {
        assert!(vendor <= u16::MAX as u32 && device <= u16::MAX as u32);
        Self(kpi_pci_id {
            kpi_vendor: vendor as u16,
            kpi_device: device as u16,
            kpi_descr: descr.as_ptr(),
        })
    }
}

/// Maps a BAR, 0 to 5, and enables the decoding of memory. `EINVAL`: there is no
/// BAR of this number; `ENXIO`: the device does not have it, it is no memory, or
/// it is taken. Sleepable.
pub fn bar(dev: Device, bar: u8) -> Result<Resource> {
    ctx::can_block();
    Resource::with(dev, |dev, res| {
        // SAFETY: the device exists, and the struct is good for the call.
        check(unsafe { bindings::kpi_pci_bar_alloc(dev, c_int::from(bar), res) })
    })
}

macro_rules! config {
    ($($type:ident $read:ident $c_read:ident $write:ident $c_write:ident;)*) => {$(
        #[doc = concat!("The `", stringify!($type), "` at `reg` of configuration \
            space; all ones if there is none. `ENXIO`: the device is gone. Any \
            context.")]
        pub fn $read(dev: Device, reg: u16) -> Result<$type> {
            let hold = dev.hold()?;
            // SAFETY: the device exists.
            Ok(unsafe { bindings::$c_read(hold.as_raw(), c_int::from(reg)) })
        }

        #[doc = concat!("Sets the `", stringify!($type), "` at `reg` of \
            configuration space, if there is one. `ENXIO`: the device is gone. Any \
            context.")]
        pub fn $write(dev: Device, reg: u16, value: $type) -> Result<()> {
            let hold = dev.hold()?;
            // SAFETY: the device exists.
            unsafe { bindings::$c_write(hold.as_raw(), c_int::from(reg), value) };
            Ok(())
        }
    )*};
}

config! {
    u8 read_config_1 kpi_pci_read_1 write_config_1 kpi_pci_write_1;
    u16 read_config_2 kpi_pci_read_2 write_config_2 kpi_pci_write_2;
    u32 read_config_4 kpi_pci_read_4 write_config_4 kpi_pci_write_4;
}

/// Where a capability is in configuration space. `ENOENT`: there is no such
/// capability; `ENXIO`: there is none at all. Any context.
pub fn find_cap(dev: Device, cap: u8) -> Result<u16> {
    let hold = dev.hold()?;
    let mut reg = 0;
    // SAFETY: the device exists, and the integer is good for the call.
    check(unsafe { bindings::kpi_pci_find_cap(hold.as_raw(), c_int::from(cap), &mut reg) })?;
    u16::try_from(reg).map_err(|_| ENXIO)
}

/// Lets the device access memory and send messages. Dropping this ends that: drop
/// it before memory that the device may still use.
pub struct BusMaster(Hold);

impl BusMaster {
    /// Enables it. `ENXIO`: the device is gone. Any context.
    pub fn enable(dev: Device) -> Result<Self> {
        let hold = dev.hold()?;
        // SAFETY: the device exists.
        unsafe { bindings::kpi_pci_busmaster_enable(hold.as_raw()) };
        Ok(Self(hold))
    }
}

impl Drop for BusMaster {
    fn drop(&mut self) {
        // SAFETY: the device exists.
        unsafe { bindings::kpi_pci_busmaster_disable(self.0.as_raw()) }
    }
}

/// A kind of interrupt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A line that other devices may share.
    Intx,
    /// Messages.
    Msi,
}

impl Kind {
    const fn raw(self) -> u32 {
        match self {
            Self::Intx => bindings::KPI_PCI_INTX,
            Self::Msi => bindings::KPI_PCI_MSI,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Intx => "INTx",
            Self::Msi => "MSI",
        })
    }
}

/// The interrupts of a device, allocated. The last connected [`Irq`] and this
/// release them: sleepable.
///
/// # Invariants
/// `raw` is allocated.
struct Allocated {
    raw: kpi_pci_intr,
    dev: Device,
    _hold: Hold,
}

// SAFETY: constant, and bound to no thread.
unsafe impl Send for Allocated {}
// SAFETY: as for `Send`.
unsafe impl Sync for Allocated {}

impl Drop for Allocated {
    fn drop(&mut self) {
        ctx::can_block();
        // SAFETY: allocated by the invariant. Each connected interrupt has a share
        // of this, so none is left.
        let error = unsafe { bindings::kpi_pci_intr_free(&mut self.raw) };
        assert!(error == 0, "PCI interrupts are in use");
    }
}

/// The interrupts of a device. Dropping this, and each [`Irq`] of it, releases
/// them.
pub struct Interrupts(Arc<Allocated>);

/// A connected interrupt of a PCI device; otherwise as [`intr::Irq`].
pub struct Irq<T> {
    // Disconnected first.
    _irq: intr::Irq<T>,
    _interrupts: Arc<Allocated>,
}

impl Interrupts {
    /// Allocates at most `count` interrupts, a power of two, of the best of these
    /// kinds that the device and the machine have: MSI, then INTx.
    /// `EINVAL`: `count` is no power of two, or there is no kind; `ENXIO`: there are
    /// none of these kinds, or it has messages already and `kinds` lacks INTx. Sleepable.
    pub fn new(dev: Device, kinds: &[Kind], count: u16) -> Result<Self> {
        ctx::can_block();
        let kinds = kinds.iter().fold(0, |all, kind| all | kind.raw());
        let hold = dev.hold()?;
        let raw = Opaque::<kpi_pci_intr>::zeroed();
        let (device, count) = (hold.as_raw(), c_int::from(count));
        // SAFETY: the device exists, and the struct is good for the call.
        check(unsafe { bindings::kpi_pci_intr_alloc(device, kinds as c_int, count, raw.get()) })?;
        Ok(Self(Arc::new(Allocated {
            // SAFETY: the call succeeded, which filled it in.
            raw: unsafe { raw.get().read() },
            dev,
            _hold: hold,
        })?))
    }

    /// How many there are.
    pub fn count(&self) -> u16 {
        u16::try_from(self.0.raw.kpi_count).unwrap_or(0)
    }

    /// Their kind.
    pub fn kind(&self) -> Kind {
        match self.0.raw.kpi_kind as u32 {
            bindings::KPI_PCI_MSI => Kind::Msi,
            _ => Kind::Intx,
        }
    }

    fn rid(&self, index: u16) -> Result<c_int> {
        // SAFETY: allocated by the invariant.
        let rid = unsafe { bindings::kpi_pci_intr_rid(&self.0.raw, c_int::from(index)) };
        if rid < 0 { Err(EINVAL) } else { Ok(rid) }
    }

    /// Connects interrupt `index`, as [`intr::Irq::with_handler`]. `EINVAL`: there is
    /// none.
    pub fn with_handler<T: Handler>(&self, index: u16, handler: Arc<T>) -> Result<Irq<T>> {
        Ok(Irq {
            _irq: intr::Irq::with_handler(self.0.dev, self.rid(index)?, handler)?,
            _interrupts: self.0.clone(),
        })
    }
}
