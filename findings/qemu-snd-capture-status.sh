#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# QEMU writes the status of a capture buffer where samples were expected.
#
# Expected: the status of a capture buffer is in its last 8 bytes, behind the
# room for the period, where the driver has put it.  A buffer that RELEASE
# returns without samples has its status (0x8000, OK) there, too.
# Seen: the status follows the samples that there are.  Without any it is in the
# first 8 bytes, and the place of the status keeps what the driver left there.
# The used length, 8, tells where it ends.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >capture.py <<'E'
import struct
from qtest import Device, PREPARE, RELEASE, RINGS, RX, S16
device = Device("-audiodev", "none,id=a", "-device",
                "virtio-sound-device,audiodev=a,streams=2")
device.set_params(1, 2, S16)
device.control(PREPARE, 1)
at = device.post(RX, struct.pack("<I", 1), 4096 + 8)
device.control(RELEASE, 1)
device.wait(RX, 1)
length, = struct.unpack("<I", device.read(RINGS + RX * 0x3000 + 0x2008, 4))
for place in 0, 4096:
    status, = struct.unpack("<I", device.read(at + place, 4))
    print(f"at {place} {status:#x}", end=", ")
print("length", length)
E
compare "at 0 0x0, at 4096 0x8000, length 4104" \
    "at 0 0x8000, at 4096 0x0, length 8" "$(python3 capture.py)"
