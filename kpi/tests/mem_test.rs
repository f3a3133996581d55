// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The kpi-drivers authors

//! Tests of values in kernel memory: [`Box`], [`Vec`], [`CString`], [`Arc`].
//! After each test the test kernel checks that nothing is left.

use core::sync::atomic::{AtomicU32, Ordering};

use kpi::arc::Arc;
use kpi::boxed::Box;
use kpi::cstring::CString;
use kpi::errno::{EINVAL, ENOMEM};
use kpi::mem::{Flags, MallocType};
use kpi::vec::Vec;

use crate::check::{Fault, eq, err, ok, some};

/// Counts its drops.
struct Noisy<'a>(&'a AtomicU32);

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Aligned to more than malloc(9) does by itself.
#[repr(align(256))]
struct Wide(u8);

/// Aligned to more than a page.
#[repr(align(8192))]
struct TooWide(u8);

fn no_memory() -> Fault {
    Fault::new(c"malloc", 1)
}

fn devbuf() -> MallocType {
    MallocType::devbuf()
}

cases! {
    fn box_drops_its_value() {
        let drops = AtomicU32::new(0);
        let noisy = ok(Box::new(Noisy(&drops)));
        eq(drops.load(Ordering::Relaxed), 0);
        drop(noisy);
        eq(drops.load(Ordering::Relaxed), 1);
    }

    fn box_without_memory_fails_and_drops_its_value() {
        let drops = AtomicU32::new(0);
        let _fault = no_memory();
        let result = Box::new_in(Noisy(&drops), devbuf(), Flags::NoWait);
        eq(err(result), ENOMEM);
        eq(drops.load(Ordering::Relaxed), 1);
    }

    fn memory_is_shown_as_what_it_holds() {
        let mut vec = Vec::default();
        for n in [1, 2] {
            ok(vec.push(n));
        }
        for n in &mut vec {
            *n += 1;
        }
        kpi::println!("{:?} {:?} {:?}", ok(Box::new(7)), ok(Arc::new("x")), vec);
        check!(crate::check::was_printed("7 \"x\" [2, 3]\n"));
    }

    stops "a malloc type that is null"
    fn malloc_type_that_is_null_stops() {
        // SAFETY: none is used: this does not return.
        unsafe { MallocType::from_raw(core::ptr::null_mut()) };
    }

    fn box_keeps_its_value_while_c_has_it() {
        let raw = Box::into_raw(ok(Box::new(7_u64)));
        // SAFETY: it comes from a box of that type, once.
        let back = unsafe { Box::from_raw(raw) };
        eq(*back, 7);
    }

    fn box_gives_its_value_back() {
        let drops = AtomicU32::new(0);
        let noisy = Box::into_inner(ok(Box::new(Noisy(&drops))));
        eq(drops.load(Ordering::Relaxed), 0);
        drop(noisy);
        eq(drops.load(Ordering::Relaxed), 1);
    }

    fn box_of_nothing_needs_no_memory() {
        let _fault = no_memory();
        ok(Box::new_in((), devbuf(), Flags::NoWait));
    }

    fn box_is_aligned_as_its_value() {
        let wide = ok(Box::new(Wide(1)));
        eq(core::ptr::from_ref(&*wide).addr() % 256, 0);
        eq(wide.0, 1);
        let result = Box::new(TooWide(1));
        eq(result.as_ref().map(|wide| wide.0), Err(&EINVAL));
    }

    fn vec_grows_and_shrinks() {
        let mut vec = Vec::new();
        for n in 0..1000_u32 {
            ok(vec.push(n));
        }
        eq(vec.len(), 1000);
        eq(vec.iter().sum::<u32>(), 499_500);
        eq(vec.pop(), Some(999));
        vec.truncate(1);
        eq(&*vec, &[0][..]);
        eq(vec.pop(), Some(0));
        eq(vec.pop(), None);
    }

    fn vec_that_cannot_grow_stays_as_it_was() {
        let mut vec = Vec::new_in(devbuf());
        ok(vec.extend_from_slice(&[1, 2, 3, 4], Flags::NoWait));
        let fault = no_memory();
        eq(vec.push_with(5, Flags::NoWait), Err(ENOMEM));
        drop(fault);
        let fault = no_memory();
        eq(vec.extend_from_slice(&[5; 40], Flags::NoWait), Err(ENOMEM));
        drop(fault);
        eq(&*vec, &[1, 2, 3, 4][..]);
        ok(vec.push_with(5, Flags::NoWait));
        eq(vec.len(), 5);
    }

    fn vec_of_more_than_can_be_addressed_is_refused() {
        let mut vec = Vec::<u64>::new();
        eq(vec.reserve(usize::MAX, Flags::WaitOk), Err(ENOMEM));
        eq(vec.reserve(usize::MAX / 8, Flags::WaitOk), Err(ENOMEM));
        ok(vec.push(1));
        eq(vec.reserve(usize::MAX, Flags::WaitOk), Err(ENOMEM));
    }

    fn vec_drops_each_value_once() {
        let drops = AtomicU32::new(0);
        let mut vec = Vec::new();
        for _ in 0..10 {
            ok(vec.push(Noisy(&drops)));
        }
        eq(drops.load(Ordering::Relaxed), 0);
        vec.truncate(7);
        eq(drops.load(Ordering::Relaxed), 3);
        drop(vec.pop());
        eq(drops.load(Ordering::Relaxed), 4);
        drop(vec);
        eq(drops.load(Ordering::Relaxed), 10);
    }

    fn vec_of_nothing_needs_no_memory() {
        let _fault = no_memory();
        let mut vec = Vec::new_in(devbuf());
        for _ in 0..100 {
            ok(vec.push_with((), Flags::NoWait));
        }
        eq(vec.len(), 100);
    }

    fn vec_is_resized_with_copies() {
        let mut vec = Vec::new();
        ok(vec.resize(3, 7_u8, Flags::WaitOk));
        ok(vec.resize(2, 9, Flags::WaitOk));
        ok(vec.resize(4, 9, Flags::WaitOk));
        eq(&*vec, &[7, 7, 9, 9][..]);
    }

    fn cstring_ends_with_nul() {
        let text = ok(CString::new(b"pcm"));
        eq(text.as_c_str(), c"pcm");
        let empty = ok(CString::new(b""));
        eq(empty.as_c_str(), c"");
    }

    fn cstring_refuses_a_nul_within() {
        eq(err(CString::new(b"a\0b")), EINVAL);
        eq(err(CString::format(format_args!("{}", "\0"))), EINVAL);
    }

    fn cstring_formats_what_it_is_told() {
        let text = ok(CString::format(format_args!("on {} {}", "virtio_pci0", 7)));
        eq(text.as_c_str(), c"on virtio_pci0 7");
    }

    fn cstring_without_memory_fails() {
        let _fault = no_memory();
        let args = format_args!("{:40}", 7);
        eq(err(CString::format_in(args, devbuf(), Flags::NoWait)), ENOMEM);
    }

    fn arc_drops_its_value_with_the_last_owner() {
        static DROPS: AtomicU32 = AtomicU32::new(0);
        let first = ok(Arc::new(Noisy(&DROPS)));
        let second = first.clone();
        check!(Arc::ptr_eq(&first, &second));
        drop(first);
        eq(DROPS.load(Ordering::Relaxed), 0);
        drop(second);
        eq(DROPS.load(Ordering::Relaxed), 1);
    }

    fn arc_value_changes_only_while_it_has_one_owner() {
        let mut first = ok(Arc::new(1));
        *some(Arc::get_mut(&mut first)) = 2;
        let second = first.clone();
        check!(Arc::get_mut(&mut first).is_none());
        drop(second);
        eq(*some(Arc::get_mut(&mut first)), 2);
    }

    fn arc_share_is_kept_while_c_has_it() {
        let first = ok(Arc::new(Wide(3)));
        let raw = Arc::into_raw(first.clone());
        eq(raw, Arc::as_ptr(&first));
        drop(first);
        // SAFETY: it comes from an arc of that type, once.
        let back = unsafe { Arc::from_raw(raw) };
        eq(back.0, 3);
    }

    fn arc_whose_count_runs_over_is_never_freed() {
        static DROPS: AtomicU32 = AtomicU32::new(0);
        let mut arc = ok(Arc::new(Noisy(&DROPS)));
        // SAFETY: the count lies there before the value.
        let count = unsafe { &*Arc::as_ptr(&arc).byte_sub(COUNT_BEFORE).cast::<AtomicU32>() };
        eq(count.load(Ordering::Relaxed), 1);
        count.store((1 << 31) - 1, Ordering::Relaxed);
        let last = arc.clone();
        let over = last.clone();
        // Far from both ends of the range.
        check!(count.load(Ordering::Relaxed) > 5 << 29);
        drop(over);
        drop(last);
        check!(count.load(Ordering::Relaxed) > 5 << 29);
        check!(Arc::get_mut(&mut arc).is_none());
        eq(DROPS.load(Ordering::Relaxed), 0);
        // Free the memory, so that the test kernel's ledger is empty.
        count.store(1, Ordering::Relaxed);
        drop(arc);
        eq(DROPS.load(Ordering::Relaxed), 1);
    }
}

/// How many bytes an [`Arc`]'s count is before its value, if that is aligned to
/// 8.
const COUNT_BEFORE: usize = 16;
