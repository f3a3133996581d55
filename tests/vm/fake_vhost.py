#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Stands in for vhost-device-sound where the harness itself is tested.

It listens, and no more; fake_qemu.py writes what it would have played.  With
$FAKE_PANIC one of its threads has come to a bad end.
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
