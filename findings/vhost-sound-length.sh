#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# vhost-device-sound counts the header of a message to be played twice.
#
# Expected: of a message with a header of 4 bytes and n bytes of sound, n bytes are
# to be played.  The null backend reports them as the message's latency.
# Seen: n - 4.  Each backend plays as many, so the last 4 bytes of each message are
# not heard.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2
server=$(needs_crate vhost-device-sound 0.3.0 vhost-device-sound \
    --no-default-features --features alsa-backend)
echo "version:  $("$server" --version)"

cat >length.py <<'E'
import os, struct, subprocess, sys, time
from qtest import Device, PREPARE, S16, TX
server = subprocess.Popen([sys.argv[1], "--socket", "socket",
                           "--backend", "null"], stderr=subprocess.DEVNULL)
try:
    while not os.path.exists("socket") and server.poll() is None:
        time.sleep(0.05)
    device = Device(
        "-object", "memory-backend-memfd,id=ram,size=64M,share=on",
        "-chardev", "socket,id=c,path=socket", "-device",
        "vhost-user-snd,chardev=c", machine="microvm,memory-backend=ram")
    device.set_params(0, 2, S16)
    device.control(PREPARE, 0)
    for count, length in enumerate((4096, 1000, 64), 1):
        at = device.post(TX, struct.pack("<I", 0) + bytes(length), 8)
        device.wait(TX, count)
        status, latency = struct.unpack("<2I", device.read(at, 8))
        print(f"{status:#x} {latency}", end="; ")
    device.close()
finally:
    server.terminate()
    server.wait()
E
compare "0x8000 4096; 0x8000 1000; 0x8000 64; " \
    "0x8000 4092; 0x8000 996; 0x8000 60; " "$(python3 length.py "$server")"
