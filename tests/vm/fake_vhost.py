#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""A stand-in for vhost-device-sound in tests of the harness.

It only listens; fake_qemu.py writes what the program would have played.  With
$FAKE_PANIC it says that one of its threads panicked.
"""

import os
import signal
import socket
import sys


def main():
    path = next(a for a in sys.argv if a.startswith("--socket=")).split("=")[1]
    if "FAKE_PANIC" in os.environ:
        print("\nthread '<unnamed>' panicked at src/device.rs:1:2:\nno luck",
              file=sys.stderr, flush=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        signal.pause()


if __name__ == "__main__":
    main()
