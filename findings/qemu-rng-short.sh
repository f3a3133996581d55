#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# QEMU's virtio-rng returns buffers that are not full, when its rate is limited.
#
# Expected: max-bytes=16,period=1000 lets 16 bytes through in each second.  A
# buffer of 64 bytes comes back after four, when it is full.
# Seen: it comes back at once with 16, and the next one after a second with 16.
# VIRTIO allows it: a driver has to look at the used length, and the rest of the
# buffer is not random.  Without the limit every buffer is full, so that a test
# without it does not show the fault.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >short.py <<'E'
import struct
import sys
from qtest import Device, RINGS
device = Device("-object", "rng-random,id=r,filename=/dev/urandom",
                "-device", "virtio-rng-device,rng=r" + sys.argv[1], queues=1)
for _ in range(2):
    device.post(0, b"", 64)
device.wait(0, 2)
used = device.read(RINGS + 0x2004, 16)
print(*struct.unpack("<4I", used)[1::2])
device.close()
E
compare "64 64" "64 64" "$(python3 short.py '')"
compare "64 64" "16 16" "$(python3 short.py ,max-bytes=16,period=1000)"
