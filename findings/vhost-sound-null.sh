#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The null backend of vhost-device-sound keeps capture buffers for ever, and
# returns playback buffers of a stream that does not run.
#
# Expected: it is /dev/null with a clock: from START on, playback buffers come
# back at the rate of the stream, capture buffers with silence; RELEASE returns
# the rest before its own answer, as VIRTIO asks.
# Seen: playback buffers come back at once, before START, their whole payload
# as latency (but 4 bytes).  Capture buffers never do, not even at RELEASE.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2
server=$(needs_crate vhost-device-sound 0.3.0 vhost-device-sound \
    --no-default-features --features alsa-backend)
echo "version:  $("$server" --version)"

cat >null.py <<'E'
import struct, subprocess, sys, time, os
from qtest import (Device, PREPARE, RELEASE, RX, S16, START, STOP, TX)
server = subprocess.Popen([sys.argv[1], "--socket", "socket",
                           "--backend", "null"], stderr=subprocess.DEVNULL)
try:
    while not os.path.exists("socket") and server.poll() is None:
        time.sleep(0.05)
    device = Device(
        "-object", "memory-backend-memfd,id=ram,size=64M,share=on",
        "-chardev", "socket,id=c,path=socket", "-device",
        "vhost-user-snd,chardev=c", machine="microvm,memory-backend=ram")
    for stream, queue, out, room in ((0, TX, 4096, 8), (1, RX, 0, 4104)):
        device.set_params(stream, 2, S16)
        device.control(PREPARE, stream)
        for _ in range(3):
            at = device.post(queue, struct.pack("<I", stream) + bytes(out),
                             room)
        counts = [device.wait(queue, 3, 1)]
        for request in (START, STOP, RELEASE):
            device.control(request, stream)
            counts.append(device.wait(queue, 3, 1))
        latency = struct.unpack("<I", device.read(at + room - 4, 4))[0]
        print("TX" if queue == TX else "RX", *counts, "latency", latency,
              end="; ")
    device.close()
finally:
    server.terminate()
    server.wait()
E
compare "TX 0 3 3 3; RX 0 3 3 3" \
    "TX 3 3 3 3 latency 4092; RX 0 0 0 0 latency 0; " \
    "$(python3 null.py "$server")"
