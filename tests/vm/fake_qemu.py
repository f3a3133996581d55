#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""A stand-in for QEMU in tests of the harness.

It prints the console in the file $FAKE_CONSOLE.  It writes the WAV file that
such a machine would have written, or that vhost-device-sound would have.
$FAKE_FAULT puts a fault into the sound: bit, gap, lost, cut, swapped, extra,
again, stale, older, torn or soft.  drop does what vhost-device-sound does, and pause does the same
with silence between two periods.  With $FAKE_HANG the program never ends.
"""

import array
import math
import os
import re
import struct
import sys
import time

sys.path.insert(0, os.environ["FAKE_LIBRARY"])
import wav                                              # noqa: E402

FRAME = 4               # S16, two channels


def spoil(sounds, fault):
    """Return the sounds, a list of bytes, with one fault in the first."""
    first, rest = sounds[0], sounds[1:]
    half = len(first) // 2 // FRAME * FRAME
    if fault == "bit":
        changed = first[half] ^ 1
        first = first[:half] + bytes([changed]) + first[half + 1:]
    elif fault == "gap":
        first = first[:half] + bytes(10 * FRAME) + first[half:]
    elif fault == "lost":
        first = first[:half] + first[half + FRAME:]
    elif fault in ("drop", "pause"):
        periods = [first[i:i + 1020] for i in range(0, len(first), 1024)]
        if fault == "pause":
            periods.insert(len(periods) // 2, bytes(10 * FRAME))
        first = b"".join(periods)
    elif fault == "cut":
        first, rest = first[:half], []
    elif fault == "swapped":
        return sounds[::-1]
    elif fault == "extra":
        rest = rest + [wav.noise(9999, 100 * FRAME)]
    elif fault == "again":
        first = first[:half] + first[half - 10 * FRAME:]
    elif fault in ("stale", "older"):
        # In the place of ten frames are those of 256 or 300 frames before.
        back = (256 if fault == "stale" else 300) * FRAME
        end = half + 10 * FRAME
        first = first[:half] + first[half - back:end - back] + first[end:]
    elif fault == "torn":
        # Of every 20 ms of the first sound only 4 are heard, and of the others
        # nothing.
        whole, heard = 960 * FRAME, 200 * FRAME
        first = b"".join(first[i:i + heard] + bytes(whole - heard)
                         for i in range(0, len(first), whole))
        rest = []
    elif fault == "soft":
        first = array.array("h", [s // 2 for s in
                                  array.array("h", first)]).tobytes()
    return [first] + rest


def numbers(sound, frames):
    return array.array("I", [sound << 16 | n
                             for n in range(1, frames + 1)]).tobytes()


def tone(hz):
    """A fifth of a second."""
    frames = [int(6000 * math.sin(2 * math.pi * hz * n / 48000))
              for n in range(9600)]
    return array.array("h", [s for s in frames for _ in range(2)]).tobytes()


def played(console, fault):
    """All the sound that is heard."""
    sounds = [wav.noise(int(m[1]), int(m[2])) for m in
              re.finditer(r"^PLAYED (\d+) (\d+)", console, re.M)]
    sounds += [numbers(int(m[1]), int(m[2])) for m in
               re.finditer(r"^NUMBERED (\d+) (\d+)", console, re.M)]
    sounds += [tone(int(m[1])) for m in
               re.finditer(r"^TONE \w+ (\d+)", console, re.M)]
    if fault and sounds:
        sounds = spoil(sounds, fault)
    # Before, between and after them, as sound(4) ends its last period.
    return bytes(64 * FRAME).join([b""] + sounds + [b""])


def write_wav(path, data):
    with open(path, "wb") as f:
        f.write(struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + len(data),
                            b"WAVEfmt ", 16, 1, 2, 48000, 192000, FRAME, 16,
                            b"data", len(data)) + data)


def main():
    if sys.argv[1:] == ["-device", "help"]:
        print('name "virtio-sound-pci", bus PCI')
        print('name "vhost-user-snd-pci", bus PCI')
        return
    with open(os.environ["FAKE_CONSOLE"], encoding="utf-8") as f:
        console = f.read()
    data = played(console, os.environ.get("FAKE_FAULT"))
    path = re.search(r"path=([^, ]*)", " ".join(sys.argv[1:]))[1]
    if "-audiodev" in sys.argv:
        write_wav(path, data)
    else:
        with open(os.path.join(os.path.dirname(path), "played"), "wb") as f:
            f.write(data)
    sys.stdout.write(console)
    sys.stdout.flush()
    if "FAKE_HANG" in os.environ:
        time.sleep(1000)


if __name__ == "__main__":
    main()
