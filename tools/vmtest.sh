#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Boot a FreeBSD kernel in QEMU with virtio-sound and run the cases on it.
#
#	KERNEL=kernel.bin ARCH=arm64	arm64, built with WITH_KERNEL_BIN=yes
#	KERNEL=kernel ARCH=amd64 LOADER=loader.efi	FreeBSD's EFI loader
#	MODULES=folder	of modules: load and unload virtio_snd and the examples
#	TOOLS=folder	of FreeBSD's static kldxref and devmatch: they find MODULES
#	TIME=seconds	limit of one boot (300)
#	LOOP=seconds	rounds of unplugging, detaching, unloading: so long each
#	DEVICE=qemu | vhost	QEMU's virtio-sound, or vhost-device-sound
#	BOOTS="line modules"	those alone; tests/vm/vmtest.py names them
#	RUNS=n	how often each size of fragments is played (1)
#	BENCH=1	count instructions instead, beside Linux: tools/vmbench.sh
#	TUNABLES="a=b c=d"	for the kernel;  SMP=n	processors (1)
#
# Ends with "N passed, N failed"; status 0 only if nothing failed.  Consoles and
# WAV files stay in out/vm/ARCH, or out/vm/ARCH-vhost.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

case ${BENCH:-0} in
0)	;;
1)	exec sh tools/vmbench.sh ;;
*)	die "BENCH is 0 or 1, not $BENCH" ;;
esac
arch=${ARCH:-}
kernel=${KERNEL:-}
# ARCH may be omitted.  It then follows from the kernel.
if [ -z "$arch" ] && [ -f "$kernel" ]; then
	case $(dd if="$kernel" bs=1 skip=56 count=3 2>/dev/null | tr -d '\0') in
	ARM)	arch=arm64 ;;
	*)	arch=amd64 ;;
	esac
fi
device=${DEVICE:-qemu}
card=
out=out/vm/${arch:-none}
if [ "$device" = vhost ]; then
	why=$(vhost_missing)
	[ -z "$why" ] || {
		echo "vmtest: skipped: $why"
		exit 0
	}
	sh tools/build.sh tests/libkpi_alsa_card.so
	card=$root/out/build/tests/libkpi_alsa_card.so
	out=$out-vhost
fi
init=out/vm/init.${arch:-none}
mkdir -p out/vm
case $arch in
arm64|amd64)
	[ ! -f "$kernel" ] || sh tools/vminit.sh "$arch" "$init" ;;
esac
exec nice /usr/bin/python3 -B tests/vm/vmtest.py --init "$init" \
    --out "$out" --arch "$arch" --kernel "$kernel" \
    --loader "${LOADER:-}" --modules "${MODULES:-}" \
    --tools "${TOOLS:-}" --time "${TIME:-300}" \
    --boots "${BOOTS:-}" --loop "${LOOP:-0}" --device "$device" \
    --vhost "$VHOST_DEVICE_SOUND" --card "$card"
