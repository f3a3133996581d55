# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Find numbered frames (tests/vm/numbers.h) in WAV files.

A frame has 4 bytes: its number in its sound, and the number of the sound.
Frames of 0 are silence.  No case plays silence, and silence between frames
loses nothing.
"""

import array
import collections
import sys

import early
import wav

# A sound that was played: frames from 1 on, in so many milliseconds.  how:
# "whole" if each frame was heard once, in order; "cut" if only the first ones
# were.
Sound = collections.namedtuple("Sound", "id frames ms how")

# What was heard of a sound: the number of different frames; frames heard again;
# places where a frame does not follow the one before; the first such place, as
# (frame, next); silences inside the sound, and how many frames these are; how
# many frames before their place frames were heard, without 0.
Heard = collections.namedtuple("Heard", "frames again breaks first "
                               "silences silent before")
NOTHING = Heard(0, 0, 0, None, 0, 0, frozenset())


def words(path, wanted):
    """The frames of a WAV file, as numbers."""
    data = array.array("I")
    samples = wav.samples(path, wanted)
    data.frombytes(samples[:len(samples) // 4 * 4])
    if sys.byteorder == "big":
        data.byteswap()
    return data


def runs(frames):
    """Yield runs of frames with consecutive numbers as (id, first, length), and
    silence as (0, 0, length)."""
    start = 0
    count = len(frames)
    while start < count:
        word = frames[start]
        step = 1 if word else 0
        end = start + 1
        while end < count and frames[end] == word + step * (end - start):
            end += 1
        yield word >> 16, word & 0xffff, end - start
        start = end


class Listener:
    """The part of one sound that was heard so far."""

    def __init__(self):
        self.seen = set()
        self.before = set()
        self.total = self.breaks = self.silences = self.silent = 0
        self.first = None
        self.last = 0
        self.quiet = 0          # frames of silence since the last one

    def hear(self, first, length):
        if first != self.last + 1:
            self.breaks += 1
            self.first = self.first or (self.last, first)
        if self.quiet and self.total:
            self.silences += 1
            self.silent += self.quiet
        self.quiet = 0
        self.before.add(self.total + 1 - first)
        self.total += length
        self.last = first + length - 1
        self.seen.update(range(first, first + length))

    def heard(self):
        return Heard(len(self.seen), self.total - len(self.seen), self.breaks,
                     self.first, self.silences, self.silent,
                     frozenset(self.before - {0}))


def listen(paths, wanted):
    """The Heard of each sound, by the sound's id."""
    sounds = collections.defaultdict(Listener)
    for path in paths:
        now = None
        for number, first, length in runs(words(path, wanted)):
            if number or first:
                now = sounds[number]
                now.hear(first, length)
            elif now:
                now.quiet += length
    return {number: sound.heard() for number, sound in sounds.items()}


def is_early(sound, heard):
    """True if in the places of some frames, and of no others, are those of one
    buffer before."""
    return (sound.how == "whole" and
            heard.frames + heard.again == sound.frames and
            len(heard.before) == 1 and heard.before <= set(early.SIZES))


def wrong(sound, heard, faulty):
    """Say what is wrong with the sound; None if it was heard as it must be.
    faulty: the kernel has the fault of early.py."""
    if not heard.breaks and (sound.how == "cut" or
                             heard.frames == sound.frames):
        return None
    text = (f"of its {sound.frames} frames {heard.frames} are heard, "
            f"{heard.again} again")
    if heard.first:
        last, following = heard.first
        text += f", {heard.breaks} breaks; {following} comes after {last}"
    else:
        text += f"; it ends after {heard.frames}"
    return early.Early(text) if faulty and is_early(sound, heard) else text


def check(paths, wanted, sounds, faulty):
    """Return a list with the Heard of each sound; a list of what is wrong with
    each, or None; and what is wrong with the whole, or None."""
    try:
        by_id = listen(paths, wanted)
    except (OSError, wav.Damaged) as error:
        none = [None] * len(sounds)
        return ([NOTHING] * len(sounds), none,
                f"the WAV file cannot be used: {error}")
    heard = [by_id.pop(sound.id, NOTHING) for sound in sounds]
    whole = None
    if by_id:
        whole = (f"{sum(h.frames for h in by_id.values())} frames of sounds "
                 "that nobody played")
    faults = [wrong(s, h, faulty) for s, h in zip(sounds, heard)]
    return heard, faults, whole


def note(sounds, heard):
    """A few words on the sounds of a case."""
    frames = sum(h.frames for h in heard)
    text = (f"{frames} of {sum(s.frames for s in sounds)} frames in "
            f"{len(sounds)} sounds")
    silences = sum(h.silences for h in heard)
    if silences:
        text += f", {silences} silences"
    slowest = max(s.ms for s in sounds)
    if slowest:
        text += f", {min(s.ms for s in sounds)} to {slowest} ms"
    return text


# Columns of the table: way, bytes of a fragment, fragments, frames sent and
# heard, heard again, breaks of the order, silences, milliseconds at best and
# worst, runs, runs that were right.
ROW = "{:7}{:>7}{:>6}{:>9}{:>9}{:>7}{:>8}{:>9}{:>7}{:>7}{:>6}{:>7}"
HEAD = ROW.format("way", "size", "count", "sent", "heard", "again", "breaks",
                  "silences", "least", "most", "runs", "right")


def row(case_words, sounds, heard, faults):
    """A line of the table.  The case's words are way, size and count."""
    way, size, count = case_words[:3]
    right = sum(not fault for fault in faults)
    return ROW.format(
        way, size, count, sum(s.frames for s in sounds),
        sum(h.frames for h in heard), sum(h.again for h in heard),
        sum(h.breaks for h in heard), sum(h.silences for h in heard),
        min(s.ms for s in sounds), max(s.ms for s in sounds), len(sounds),
        right)
