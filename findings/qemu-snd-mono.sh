#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A stream of QEMU's virtio-sound forgets that it can do stereo.
#
# Expected: PCM_INFO tells what a stream can do, which does not depend on what it
# was last used for.
# Seen: once a mono stream was prepared, channels_max is 1, and stays 1 after
# RELEASE and after a reset of the device: a driver that is loaded anew, and
# believes it, has lost stereo.  SET_PARAMS with two channels still succeeds.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >info.py <<'E'
from qtest import Device, PCM_INFO, PREPARE, RELEASE, S16

def channels():
    return device.control(PCM_INFO, 0, 1, 32, payload=36)[1][26]

device = Device("-audiodev", "none,id=a", "-device",
                "virtio-sound-device,audiodev=a")
before = channels()
device.set_params(0, 1, S16)
device.control(PREPARE, 0)
device.control(RELEASE, 0)
after = channels()
device.start()
print(before, after, channels(), hex(device.set_params(0, 2, S16)))
device.close()
E
compare "2 2 2 0x8000" "2 1 1 0x8000" "$(python3 info.py)"
