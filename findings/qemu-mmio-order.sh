#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# QEMU's virtio-mmio devices are in the order opposite to the command line's.
#
# Expected: the first -device is at the lowest address, so a guest that probes
# upwards numbers the devices as they were given.
# Seen: the first is in the last window, the second in the one below.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >order.py <<'E'
from qtest import MMIO, Device
names = {4: "rng", 5: "balloon", 0: None}
device = Device("-device", "virtio-rng-device", "-device",
                "virtio-balloon-device", queues=1)
found = [names[device.read32(MMIO + i * 512 + 8)] for i in range(24)]
print("lowest:", *[name for name in found if name], "last:", found[-1])
device.close()
E
compare "lowest: rng balloon last: None" "lowest: balloon rng last: rng" \
    "$(python3 order.py)"
