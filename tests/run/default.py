#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Make default.flac, what `make run` plays when no file is given, and the voices
that it plays with STREAMS.

Four seconds of plucked strings, a chord taken apart: 48 kHz, 16 bits, stereo.
Every number comes from here, so that the files can be made again bit for bit.
A voice is the same tune at another height, from another note on, and as loud:
several at once are more than 16 bits hold.

usage: default.py default.flac     (needs numpy, and Debian's flac or sox)
       default.py voice.wav 0..7
"""

import os
import subprocess
import sys
import tempfile
import wave

import numpy as np

RATE = 48000
SECONDS = 4.0
STEP = 0.2          # seconds from note to note
# Semitones from A (220 Hz): A minor 9 up, F major 7 down, and home.
NOTES = (0, 7, 10, 12, 14, 15, 19, 24, 20, 19, 15, 12, 8, 12, 15, 12)
# Semitones that voices are higher.
VOICES = (0, -12, 7, -5, 12, 19, -7, 24)


def pluck(semitone, seed, seconds):
    """A string after Karplus and Strong: noise in a delay line that softens."""
    period = round(RATE / (220 * 2 ** (semitone / 12)))
    line = np.random.Generator(np.random.PCG64(seed)).uniform(-1, 1, period)
    # A softer pick: the noise is smoothed before the string is let go.
    line = (line + np.roll(line, 1) + np.roll(line, 2)) / 3
    line -= line.mean()
    out = np.empty(int(seconds * RATE))
    for start in range(0, len(out), period):
        part = out[start:start + period]
        part[:] = line[:len(part)]
        line = 0.4985 * (line + np.roll(line, 1))
    return out


def arpeggio(voice):
    """All notes, wandering from left to right, as frames by two channels."""
    sound = np.zeros((int(SECONDS * RATE), 2))
    for i, note in enumerate(np.roll(NOTES, -2 * voice)):
        start = int(i * STEP * RATE)
        string = pluck(note + VOICES[voice], len(NOTES) * voice + i + 1,
                       SECONDS - i * STEP)
        angle = np.pi / 4 * (1 + 0.8 * np.sin(2 * np.pi * i / len(NOTES)))
        sound[start:start + len(string), 0] += np.cos(angle) * string
        sound[start:start + len(string), 1] += np.sin(angle) * string
    fade = np.minimum(1, np.linspace(8, 0, len(sound)))
    sound *= fade[:, None]
    return np.round(sound / np.abs(sound).max() * 0.8 * 32767).astype("<i2")


def write(path, voice):
    """Writes a voice to a WAV file."""
    with wave.open(path, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(arpeggio(voice).tobytes())


def main():
    """Writes a WAV file; has it packed if that is not what is wanted."""
    if len(sys.argv) == 3 and sys.argv[2] in "01234567":
        write(sys.argv[1], int(sys.argv[2]))
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "default.wav")
        write(path, 0)
        try:
            subprocess.run(["flac", "-s", "-f", "-8", "-o", sys.argv[1], path],
                           check=True)
        except FileNotFoundError:
            subprocess.run(["sox", path, "-C", "8", sys.argv[1]], check=True)


main()
