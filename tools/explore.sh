#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Run the drivers' tests under many schedules.
#
# The test kernel's deterministic mode makes one schedule from each seed.  Here
# every call of the kernel's interface may switch threads (KERN_PREEMPT=1),
# between interrupts, tasks, callouts, programs and detach.  SEEDS (20) seeds
# from FIRST (1) on; TESTS as for make test, by default all of the drivers'.
# Prints each seed's result, and for a seed that fails the command that repeats
# it.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

seeds=${SEEDS:-20}
first=${FIRST:-1}
MODE=${MODE:-debug} sh tools/build.sh
if [ -z "${TESTS-}" ]; then
	# The schedule has no control over QEMU's device.
	TESTS=$(cd out/build/tests && echo virtio_snd*_test apple_*_test |
	    sed 's/virtio_snd_qemu_test//')
fi
export TESTS KERN_PREEMPT=1 MODE="${MODE:-debug}"

failed=0
seed=$first
while [ "$seed" -lt $((first + seeds)) ]; do
	export KERN_SEED="$seed"
	status=0
	sh tools/test.sh >out/explore.log 2>&1 || status=$?
	echo "seed $seed: $(tail -1 out/explore.log)"
	if [ "$status" != 0 ]; then
		failed=$((failed + 1))
		sed -n 's/^FAILED //p' out/explore.log | while read -r name; do
			echo "    again: KERN_SEED=$seed KERN_PREEMPT=1" \
			    "TESTS=$name make test"
		done
	fi
	seed=$((seed + 1))
done
[ "$failed" = 0 ] || die "$failed of $seeds seeds failed"
