#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Build the virtio-drivers crate, of the version that Cargo.lock says, with our
# shim around it.
#
#	bench-crate.sh library

library=$(realpath -- "${1:-.}")
. "$(dirname "$0")/env.sh"
case $#${1-} in
1[!-]*)	;;
*)	usage library ;;
esac

dir=$root/out/cargo
# valgrind of Debian 12 reads no newer DWARF.
RUSTC=$RUSTC RUSTFLAGS="-C dwarf-version=4 -C force-frame-pointers=yes" \
    "$CARGO" build --quiet --release --locked --target-dir "$dir" \
    --manifest-path "$root/tests/bench/virtio-drivers/Cargo.toml" ||
    die "cannot build virtio-drivers; cargo fetches it once, from its registry"
cp "$dir/release/libbench_virtio_drivers.a" "$library"
