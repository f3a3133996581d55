#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A stream of vhost-device-sound runs on over a reset of the device.
#
# Expected: SET_PARAMS is the first request of a stream after a reset, as VIRTIO
# has it, and is done.
# Seen: its state is the one of before.  A stream that ran refuses parameters
# (0x8001, BAD_MSG) until it was stopped and released.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2
server=$(needs_crate vhost-device-sound 0.3.0 vhost-device-sound \
    --no-default-features --features alsa-backend)
echo "version:  $("$server" --version)"

cat >alsa.conf <<'E'
pcm.!default { type null }
ctl.!default { type null }
E
cat >reset.py <<'E'
import os, subprocess, sys, time
from qtest import Device, PREPARE, RELEASE, S16, START, STOP
os.environ["ALSA_CONFIG_PATH"] = "alsa.conf"
server = subprocess.Popen([sys.argv[1], "--socket", "socket",
                           "--backend", "alsa"], stderr=subprocess.DEVNULL)
try:
    while not os.path.exists("socket") and server.poll() is None:
        time.sleep(0.05)
    device = Device(
        "-object", "memory-backend-memfd,id=ram,size=64M,share=on",
        "-chardev", "socket,id=c,path=socket", "-device",
        "vhost-user-snd,chardev=c", machine="microvm,memory-backend=ram")
    done = [device.set_params(0, 2, S16)]
    done += [device.control(request, 0)[0] for request in (PREPARE, START)]
    device.start()
    again = [device.set_params(0, 2, S16)]
    for request in STOP, RELEASE:
        device.control(request, 0)
    again += [device.set_params(0, 2, S16)]
    print(*map(hex, done), "reset", *map(hex, again))
    device.close()
finally:
    server.terminate()
    server.wait()
E
compare "0x8000 0x8000 0x8000 reset 0x8000 0x8000" \
    "0x8000 0x8000 0x8000 reset 0x8001 0x8000" "$(python3 reset.py "$server")"
