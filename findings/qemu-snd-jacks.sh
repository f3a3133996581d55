#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# QEMU announces jacks and cannot describe them.
#
# Expected: virtio-sound with jacks=2 says 2 in its config space and answers
# JACK_INFO for both.
# Seen: it says 2, and the answer is VIRTIO_SND_S_NOT_SUPP.  A driver that takes
# a request of the specification for granted fails to attach.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >jacks.py <<'E'
from qtest import Device, JACK_INFO
device = Device("-audiodev", "none,id=a", "-device",
                "virtio-sound-device,audiodev=a,jacks=2")
print(device.read32(device.base + 0x100), "jacks, JACK_INFO",
      hex(device.control(JACK_INFO, 0, 2, 24, payload=52)[0]))
device.close()
E
compare "2 jacks, JACK_INFO 0x8000" "2 jacks, JACK_INFO 0x8002" \
    "$(python3 jacks.py)"
