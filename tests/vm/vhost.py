# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""vhost-device-sound, the device behind QEMU's vhost-user-snd-pci.

It runs beside QEMU and shares the machine's memory.  With its ALSA backend it
plays to a card that has a clock (tests/vhost/alsa_card.c) and that stores what
it played and records a file.  With its null backend it drops all samples at
once.
"""

import os
import struct
import subprocess
import time

from machine import Problem, die_with_parent, end

START = 20              # seconds until it listens
LISTENING = 0x10000     # a flag in /proc/net/unix


def listens(path):
    """True once a program listens on the socket."""
    with open("/proc/net/unix", encoding="ascii", errors="replace") as f:
        for line in f:
            words = line.split()
            if words[-1] == path and int(words[3], 16) & LISTENING:
                return True
    return False


class Vhost:
    """One run of the program."""

    def __init__(self, program, card, folder, backend):
        """card: the library with the card; folder: for the run, new."""
        self.program = program
        self.card = card
        self.folder = folder
        self.backend = backend
        self.process = None
        os.mkdir(folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        with open(self.path("alsa.conf"), "w", encoding="ascii") as f:
            f.write(f'pcm_type.card {{ lib "{self.card}" }}\n'
                    f'pcm.!default {{ type card folder "{self.folder}" }}\n'
                    "ctl.!default { type null }\n")
        log = open(self.path("log"), "wb")
        self.process = subprocess.Popen(
            [self.program, "--socket=" + self.path("socket"),
             "--backend", self.backend],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env={**os.environ, "ALSA_CONFIG_PATH": self.path("alsa.conf")},
            preexec_fn=die_with_parent)
        log.close()
        deadline = time.monotonic() + START
        while not listens(self.path("socket")):
            if self.process.poll() is not None:
                raise Problem(f"{self.program} ended: {self.said()}")
            if time.monotonic() > deadline:
                raise Problem(f"{self.program} does not listen")
            time.sleep(0.01)

    def said(self):
        """The last line that it wrote."""
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            lines = f.read().split("\n")
        return next((line for line in reversed(lines) if line), "(nothing)")

    def complaint(self):
        """The program's line if it failed or one of its threads panicked."""
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            for line in f:
                if "panicked at" in line:
                    return (line + next(f, "")).replace("\n", " ").strip()
        return None

    def arguments(self):
        """QEMU's arguments for the device."""
        return ["-object", "memory-backend-memfd,id=ram0,size=1G,share=on",
                "-machine", "memory-backend=ram0",
                "-chardev", "socket,id=vhost0,path=" + self.path("socket"),
                "-device", "vhost-user-snd-pci,chardev=vhost0"]

    def end(self):
        if self.process is not None:
            end(self.process)
            self.process = None

    def write_wav(self, path, wanted):
        """Write a WAV file of what it played, if it played."""
        try:
            with open(self.path("played"), "rb") as f:
                data = f.read()
        except FileNotFoundError:
            data = b""
        frame = wanted.bits // 8 * wanted.channels
        with open(path, "wb") as f:
            f.write(struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + len(data),
                                b"WAVEfmt ", 16, 1, wanted.channels,
                                wanted.hz, wanted.hz * frame, frame,
                                wanted.bits, b"data", len(data)) + data)
