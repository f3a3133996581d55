#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# rust-vmm's virtio-queue interrupts a driver that asked for no interrupts.
#
# Expected: needs_notification() is false while the driver has
# VIRTQ_AVAIL_F_NO_INTERRUPT set, as VIRTIO asks of a device that has not
# negotiated event indices.  It is so with event indices, in the same function.
# Seen: it is true: the flag is not read.  A driver that polls, and turned
# interrupts off for it, gets one for each buffer.

. "$(dirname "$0")/lib.sh"

mkdir src
cat >Cargo.toml <<'E'
[package]
name = "interrupt"
version = "0.0.0"
edition = "2021"
[dependencies]
virtio-queue = "=0.18.0"
vm-memory = { version = "=0.18.0", features = ["backend-mmap"] }
E
cat >src/main.rs <<'E'
use virtio_queue::{Queue, QueueT};
use vm_memory::{Bytes, GuestAddress, GuestMemoryMmap};

const AVAIL: u64 = 0x2000;

fn interrupts(flags: u16, used_event: Option<u16>) -> bool {
    let all = [(GuestAddress(0), 0x10000)];
    let memory: GuestMemoryMmap = GuestMemoryMmap::from_ranges(&all).unwrap();
    let mut queue = Queue::new(16).unwrap();
    queue.set_desc_table_address(Some(0x1000), Some(0));
    queue.set_avail_ring_address(Some(AVAIL as u32), Some(0));
    queue.set_used_ring_address(Some(0x3000), Some(0));
    queue.set_event_idx(used_event.is_some());
    queue.set_ready(true);
    let write = |value: u16, at| memory.write_obj(value, GuestAddress(at));
    write(flags, AVAIL).unwrap();
    write(1, AVAIL + 2).unwrap();
    write(used_event.unwrap_or(0), AVAIL + 4 + 2 * 16).unwrap();
    let chain = queue.pop_descriptor_chain(&memory).unwrap();
    queue.add_used(&memory, chain.head_index(), 0).unwrap();
    queue.needs_notification(&memory).unwrap()
}

fn main() {
    println!(
        "wanted {} flag {}; wanted {} event {}",
        interrupts(0, None),
        interrupts(1, None),
        interrupts(0, Some(0)),
        interrupts(0, Some(7))
    );
}
E
cargo build --quiet || die "cargo cannot build with these crates"
echo "version:  virtio-queue 0.18.0"
compare "wanted true flag false; wanted true event false" \
    "wanted true flag true; wanted true event false" "$(target/debug/interrupt)"
