// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of [`kpi::print`] and of what a panic says.

use core::fmt;

use kpi::cstring::CString;
use kpi::print::MESSAGE_MAX;
use kpi::println;

use crate::check::{eq, ok, printed, was_printed};

/// Is shown as an `x` and so many letters of two bytes each.
struct Umlauts(usize);

impl fmt::Display for Umlauts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("x")?;
        for _ in 0..self.0 {
            f.write_str("ä")?;
        }
        Ok(())
    }
}

/// Formatting this fails before its end.
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

/// The last line that was printed, without its newline.
fn last_line() -> &'static [u8] {
    let text = printed().to_bytes();
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.rsplit(|&byte| byte == b'\n').next().unwrap_or(text)
}

cases! {
    fn println_prints_a_line() {
        println!("{} of {:#x}", 7, 255);
        check!(was_printed("7 of 0xff\n"));
    }

    fn println_that_just_fits_is_whole() {
        println!("{:1$}", 'x', MESSAGE_MAX);
        eq(last_line().len(), MESSAGE_MAX);
        check!(!last_line().ends_with(b"..."));
    }

    fn println_that_is_too_long_ends_in_dots() {
        println!("{:a>1$}{2}", 'x', MESSAGE_MAX, "y");
        eq(last_line().len(), MESSAGE_MAX);
        check!(last_line().ends_with(b"aa..."));
        println!("next");
        check!(was_printed("...\nnext\n"));
    }

    fn println_is_not_cut_within_a_character() {
        println!("{}", Umlauts(MESSAGE_MAX));
        let line = ok(core::str::from_utf8(last_line()));
        check!(line.ends_with("ä..."));
        println!("a{}", Umlauts(MESSAGE_MAX));
        let line = ok(core::str::from_utf8(last_line()));
        check!(line.ends_with("ä..."));
    }

    fn println_shows_a_nul_as_a_question_mark() {
        println!("a{}b", "\0");
        check!(was_printed("a?b\n"));
    }

    fn println_of_what_cannot_be_shown_ends_in_dots() {
        println!("{} and more", Broken);
        check!(was_printed("half...\n"));
    }

    fn println_that_is_cut_twice_ends_in_dots_once() {
        println!("{:a>1$}{2}", 'x', MESSAGE_MAX + 1, Broken);
        eq(last_line().len(), MESSAGE_MAX);
        check!(last_line().ends_with(b"aa..."));
    }

    stops "panic: kpi/tests/print_test.rs:"
    fn panic_says_where() {
        panic!("here");
    }

    stops ": 7 is too much"
    fn panic_says_what() {
        panic!("{} is too much", 7);
    }

    stops "..."
    fn panic_that_says_too_much_ends_in_dots() {
        let text = ok(CString::format(format_args!("{:1$}", 'x', 1000)));
        panic!("{:?}", text);
    }

    stops "index out of bounds: the len is 3 but the index is 7"
    fn panic_comes_of_an_index_out_of_bounds() {
        let array = [1, 2, 3];
        let index = core::hint::black_box(7);
        println!("{}", array[index]);
    }
}
