# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Measure how loud tones are in a WAV file (tests/vm/tone.h).

Each tone is a multiple of 50 Hz, so that in windows of 20 ms no tone adds to
the level of another.  The level counts only if it lasts for several windows in
a row, so that windows which a busy host has cut do not count.
"""

import array
import cmath
import collections
import math
import sys

import wav

# A tone that was played, and its purpose.
Tone = collections.namedtuple("Tone", "what hz")

LEVEL = 6000            # played
IN_A_ROW = 3


def left_samples(path, wanted):
    """The first channel, as numbers."""
    data = array.array("h")
    data.frombytes(wav.samples(path, wanted))
    if sys.byteorder == "big":
        data.byteswap()
    return data[::wanted.channels]


def level_in(window, turn, alone):
    """The level of a tone in a window.  alone: 0 if it is not a tenth of the
    energy there."""
    level = abs(sum(s * t for s, t in zip(window, turn))) * 2 / len(window)
    energy = sum(s * s for s in window)
    if alone and level ** 2 * len(window) / 2 < energy / 10:
        return 0
    return level


def loudness(samples, hz, rate, alone):
    """The level of a tone in the part where it is loudest."""
    window = rate // 50
    turn = [cmath.exp(-2j * math.pi * hz * n / rate) for n in range(window)]
    levels = [level_in(samples[at:at + window], turn, alone)
              for at in range(0, len(samples) - window, window)]
    return max((min(levels[i:i + IN_A_ROW])
                for i in range(len(levels) - IN_A_ROW + 1)), default=0)


def measure(path, wanted, tones):
    """A list with the level of each tone relative to the played one; None if
    the WAV file cannot be used."""
    try:
        samples = left_samples(path, wanted)
    except (OSError, wav.Damaged):
        return None
    return [loudness(samples, t.hz, wanted.hz, t.what in ALONE) / LEVEL
            for t in tones]


def as_played(levels):
    """Check that each tone is as loud as it was played, to 1 dB."""
    return all(0.89 < level < 1.12 for level in levels)


def falling(levels):
    """Check that each tone is softer than the one before, by at least 1 dB, and
    that the last is not heard."""
    return (all(b < a * 0.89 for a, b in zip(levels, levels[1:])) and
            levels[0] > 0.2 and levels[-1] < 0.02)


WANTED = {"same": as_played, "softer": falling}

# Tones that play one after the other.  One that a busy host has cut has parts of
# all frequencies, which are not its successors.
ALONE = ["softer"]


def check(path, wanted, tones):
    """Return None or what is wrong, and a note."""
    levels = measure(path, wanted, tones)
    if levels is None:
        return "the WAV file cannot be used", ""
    text = ", ".join(f"{t.hz} Hz at {100 * level:.1f} %"
                     for t, level in zip(tones, levels))
    wrong = None if WANTED[tones[0].what](levels) else text
    return wrong, text
