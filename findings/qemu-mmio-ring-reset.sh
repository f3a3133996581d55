#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# QEMU's virtio-mmio devices offer to reset a single queue, and do not do it.
#
# Expected: VIRTIO_F_RING_RESET is not offered, or it works: 1 written to
# QueueReset, 0x0c0, resets the queue.  QueueReady is 0 then, and the device no
# longer uses the queue.
# Seen: the feature is offered and accepted, and the write is ignored.
# QueueReady stays 1, and the device answers the next request in the old ring.
# QueueReset reads as 0, as after a reset that is done.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >reset.py <<'E'
import struct
from qtest import CONTROL, PCM_INFO, READY, STATUS, Device
SELECT, RESET = 0x30, 0xc0

def value(register):
    return device.read32(device.base + register)

device = Device("-audiodev", "none,id=a", "-device",
                "virtio-sound-device,audiodev=a")
device.register(0x14, 1)
offered = value(0x10) >> 8 & 1                  # Bit 40, of bits 32 to 63.
device.start(features=1 << 40)
device.register(SELECT, CONTROL)
accepted, before = value(STATUS), value(READY)
device.control(PCM_INFO, 0, 1, 32, payload=36)
used = device.used(CONTROL)
device.register(RESET, 1)
print("offered", offered, "status", accepted, "ready", before, "used", used,
      "reset", value(RESET), "ready", value(READY), end=" ")
device.post(CONTROL, struct.pack("<4I", PCM_INFO, 0, 1, 32), 36)
print("used", device.wait(CONTROL, 2, 1))
device.close()
E
same="offered 1 status 15 ready 1 used 1 reset 0 ready"
compare "$same 0 used 1" "$same 1 used 2" "$(python3 reset.py)"
