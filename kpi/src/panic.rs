// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! A Rust panic becomes panic(9).

use core::panic::PanicInfo;

use crate::bindings;
use crate::print::Message;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    // The place first: a long message is cut at its end.
    let message = match info.location() {
        Some(place) => Message::format(format_args!(
            "{}:{}: {}",
            place.file(),
            place.line(),
            info.message()
        )),
        None => Message::format(format_args!("{}", info.message())),
    };
    let text = message.text();
    // SAFETY: these bytes are there.
    unsafe { bindings::kpi_panic(text.as_ptr().cast(), text.len()) }
}
