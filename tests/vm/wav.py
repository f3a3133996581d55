# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Compare a WAV file with what the cases played.

The cases play noise that is made again here from its seed (tests/hw/noise.c).
Between two sounds there may be silence, with which sound(4) fills the last
period.
"""

import collections
import functools
import struct

import early

# A sound that was played: bytes of noise from a seed, and how it must be heard.
# "whole": once and without a gap.
# "gaps": once, with silence between.
# "start": any number of bytes from the first on.
# "cut": the same, but perhaps with silence between.
# "jumps": from the first to the last, but a few times some bytes are missing
#   or repeated.
# "voiceN": together with others, in bits of its own
#   (tests/vm/vm_cases_streams.c).
# "atL,R": with gaps, left and right samples of 16 bits times L and R of 256.
# "floats" and "bytes": with gaps; no noise, but one frame over and over
#   (tests/vm/vm_cases_format.c).
Play = collections.namedtuple("Play", "seed length how")

# The format that QEMU was asked for, and what it makes of the played bytes.
# (QEMU writes no 32-bit WAV, and into one channel it writes the sum of two.)
# drops: how many bytes at the end of each period the device is known to drop.
Format = collections.namedtuple("Format", "qemu bits channels hz becomes drops",
                                defaults=[0])


def unchanged(played):
    """As played."""
    return played


def both_sides(played):
    """8 bits in one channel are written in two."""
    out = bytearray(2 * len(played))
    out[::2] = out[1::2] = played
    return bytes(out)


def upper_halves(played):
    """Of each 32 bits the upper 16 are written."""
    out = bytearray(len(played) // 2)
    out[::2], out[1::2] = played[2::4], played[3::4]
    return bytes(out)


# The samples that are heard for 1.0 and -1.0, and for 0xff and 0x80.
FULL_SCALE = {"floats": struct.pack("<2h", 0x7fff, -0x8000),
              "bytes": struct.pack("<2h", 0x7f00, 0)}

JUMPS = 12              # at most
PERIOD = 16384          # bytes, at most, where some are dropped
SURE = 8                # bytes that are not alike by chance
VOICE_BITS = 3


class Damaged(Exception):
    """The file is no WAV file, or has another format than was expected."""


def frame_bytes(wanted):
    return wanted.bits // 8 * wanted.channels


def silence_byte(wanted):
    return 0x80 if wanted.bits == 8 else 0


@functools.lru_cache(maxsize=64)
def noise(seed, length):
    """The bytes of noise_fill(); a loop plays the same again and again."""
    state = seed
    out = bytearray(length)
    for i in range(length):
        state = (state * 1664525 + 1013904223) & 0xffffffff
        byte = state >> 24
        out[i] = byte if byte & 0x7f else byte + 1
    return bytes(out)


def samples(path, wanted):
    """The samples of a PCM WAV file, as bytes."""
    with open(path, "rb") as f:
        data = f.read()
    if len(data) < 44 or data[:4] != b"RIFF" or data[8:16] != b"WAVEfmt ":
        raise Damaged("it has no WAV header")
    channels, hz, _, _, bits = struct.unpack_from("<HIIHH", data, 22)
    if (bits, channels, hz) != (wanted.bits, wanted.channels, wanted.hz):
        raise Damaged(f"it has {bits} bits, {channels} channels, {hz} Hz")
    # The length in the header is 0 until QEMU has ended normally.
    size = struct.unpack_from("<I", data, 40)[0]
    return data[44:44 + size] if size else data[44:]


def common(a, b):
    """How many bytes a and b have in common from their start."""
    if a == b:
        return len(a)
    low, high = 0, min(len(a), len(b))
    while low < high:
        half = (low + high + 1) // 2
        if a[:half] == b[:half]:
            low = half
        else:
            high = half - 1
    return low


def periodic(ends):
    """True if periods may end there.  All have one length, except the first,
    part of which may have belonged to another sound."""
    lengths = [b - a for a, b in zip([0] + ends, ends)]
    return lengths[0] <= PERIOD and lengths[-1] <= PERIOD and (
        len(lengths) < 2 or lengths[0] <= lengths[1] == lengths[-1])


class Tape:
    """The samples, and the position up to which they were compared.  faulty: the
    kernel has the fault of early.py, and stale counts the frames of it."""

    def __init__(self, data, wanted, faulty):
        self.data = data
        self.faulty = faulty
        self.stale = 0
        self.becomes = wanted.becomes
        self.drops = wanted.drops
        self.frame = frame_bytes(wanted)
        self.quiet = bytes([silence_byte(wanted)]) * self.frame
        self.at = 0

    def skip_silence(self):
        """Skip to the next sound.  Returns the number of silent frames."""
        start = self.at
        for quiet in self.quiet * 1024, self.quiet:
            while self.data[self.at:self.at + len(quiet)] == quiet:
                self.at += len(quiet)
        return (self.at - start) // self.frame

    def take(self, expected, done=0):
        """Advance by frames as long as the expected bytes after the first done
        are heard, apart from what the device drops and what sound(4) played too
        early.  Returns the number of bytes."""
        start = done
        done += self.take_played(expected[done:])
        while self.faulty and (stale := self.take_stale(expected, done)):
            done += stale
            done += self.take_played(expected[done:])
        return done - start

    def take_stale(self, expected, done):
        """Advance by frames that are those of one buffer before, if the sound
        goes on behind them.  Returns the number of bytes."""
        for size in early.SIZES:
            back = size * self.frame
            if back > done:
                break
            stale = self.common_frames(expected[done - back:done])
            behind = self.data[self.at + stale:self.at + stale + self.frame]
            if stale and behind in (b"", self.quiet, expected[
                    done + stale:done + stale + self.frame]):
                self.at += stale
                self.stale += stale // self.frame
                return stale
        return 0

    def take_played(self, expected):
        """The same, of all that sound(4) played in time."""
        heard = self.take_all(expected)
        drops = []              # where they end
        while self.drops and heard < len(expected):
            after = heard + self.drops
            if after >= len(expected):
                return len(expected)
            sure = expected[after:after + SURE]
            if self.data[self.at:self.at + len(sure)] != sure or \
                    not periodic(drops + [after]):
                break
            drops.append(after)
            heard = after + self.take_all(expected[after:])
        return heard

    def take_all(self, expected):
        """The same, for a device that drops nothing."""
        heard = self.common_frames(expected)
        self.at += heard
        return heard

    def common_frames(self, expected):
        """The bytes of whole frames that are next as expected."""
        same = common(self.data[self.at:self.at + len(expected)], expected)
        return same - same % self.frame

    def continues(self, expected):
        """True if the next frame is the first of expected."""
        return self.data[self.at:self.at + self.frame] == \
            expected[:self.frame]

    def seek(self, expected):
        """Advance to where expected begins.  Returns the number of frames
        skipped, or None if expected is not there."""
        head = expected[:SURE if self.drops else 64]
        found = self.data.find(head, self.at)
        while found >= 0 and (found - self.at) % self.frame:
            found = self.data.find(head, found + 1)
        if found < 0:
            return None
        passed = (found - self.at) // self.frame
        self.at = found
        return passed

    def ended(self):
        return self.at >= len(self.data)


def scaled(played, levels):
    """16-bit samples at the levels of left and right, as sound(4) scales them.
    """
    left, right = (int(level) for level in levels.split(","))
    return b"".join(struct.pack("<2h", l * left >> 8, r * right >> 8)
                    for l, r in struct.iter_unpack("<2h", played))


def expected_of(tape, play):
    """The bytes that must be heard."""
    if play.how in FULL_SCALE:
        frame = FULL_SCALE[play.how]
        return frame * (play.length // len(frame))
    expected = tape.becomes(noise(play.seed, play.length))
    if play.how.startswith("at"):
        return scaled(expected, play.how[len("at"):])
    return expected


def listen(tape, play, patient):
    """Say what is wrong with the sound; None if it is heard as it must be."""
    expected = expected_of(tape, play)
    total = len(expected) // tape.frame
    if play.how == "cut" or (play.how == "start" and patient):
        return listen_cut(tape, expected)
    if play.how == "start":
        tape.skip_silence()
        tape.take(expected)
        return None
    if play.how == "jumps":
        return listen_jumps(tape, expected)
    tape.skip_silence()
    passed = tape.seek(expected)
    if passed is None:
        return f"its {total} frames are not heard"
    if passed:
        return f"{passed} frames of other sound before it"
    done = gaps = 0
    while True:
        done += tape.take(expected, done)
        if done == len(expected):
            break
        silence = tape.skip_silence()
        if silence and not tape.continues(expected[done:]):
            # The period before the silence ended with bytes that the device
            # drops.
            done += tape.drops
        if not silence or tape.ended() or \
                not tape.continues(expected[done:]):
            after = "silence" if silence else "other samples"
            if tape.ended():
                after = "the end"
            return (f"of its {total} frames {done // tape.frame} are heard, "
                    f"then {after}")
        gaps += silence
        if play.how == "whole" and not patient:
            return (f"{silence} frames of silence after frame "
                    f"{done // tape.frame} of {total}")
    return None


def listen_cut(tape, expected):
    """The same for a sound that is cut off, with gaps before its end."""
    done = 0
    while done < len(expected):
        at = tape.at
        if tape.skip_silence() and not tape.continues(expected[done:]):
            # The period before the silence ended with bytes that the device
            # drops.
            done += tape.drops
        heard = tape.take(expected, done)
        if not heard:
            tape.at = at
            break
        done += heard


def listen_jumps(tape, expected):
    """The same for a sound with jumps."""
    tape.skip_silence()
    done = tape.take(expected)
    if not done:
        return "its start is not heard"
    jumps = 0
    while jumps < JUMPS:
        if done == len(expected):
            return None
        tape.skip_silence()
        size = SURE if tape.drops else 16 * tape.frame
        head = tape.data[tape.at:tape.at + size]
        found = expected.find(head)
        if found < 0 or len(head) < size:
            break
        # Silence after the end of a period is no jump.
        if not tape.drops or found != done + tape.drops:
            jumps += 1
        done = found + tape.take(expected[found:])
    return (f"after frame {done // tape.frame} of "
            f"{len(expected) // tape.frame} it is not heard any more")


def listen_voice(data, play):
    """The same for 16-bit samples of which some bits are this sound."""
    shift = int(play.how[len("voice"):]) * VOICE_BITS
    heard = bytes((sample >> shift) & 7 for (sample,) in
                  struct.iter_unpack("<H", data))
    expected = bytes(1 + b % 7 for b in noise(play.seed, play.length // 2))
    # No sample of the voice is 0, so a 0 is a gap of a busy host.
    heard = heard.replace(b"\0", b"")
    if heard == expected:
        return None
    return (f"of its {len(expected)} samples {common(heard, expected)} are "
            f"heard in order, and {len(heard)} in all")


def fault_of(tape, play, patient):
    """As listen(), and says what is wrong by the fault of early.py alone."""
    tape.stale = 0
    fault = listen(tape, play, patient)
    if fault or not tape.stale:
        return fault
    return early.Early(f"in the places of {tape.stale} of its frames are those "
                       "of one buffer before")


def check(path, wanted, plays, patient=False, faulty=False):
    """Return a list with what is wrong with each of plays, or None; and what is
    wrong with the file as a whole, or None.  patient: silence inside a sound is
    allowed, because the host had no time for the machine.  faulty: the kernel
    has the fault of early.py.
"""
    try:
        tape = Tape(samples(path, wanted), wanted, faulty)
    except (OSError, Damaged) as error:
        return [None] * len(plays), f"the WAV file cannot be used: {error}"
    if any(play.how.startswith("voice") for play in plays):
        return [listen_voice(tape.data, play) for play in plays], None
    results = [fault_of(tape, play, patient) for play in plays]
    tape.skip_silence()
    if tape.ended():
        return results, None
    left = (len(tape.data) - tape.at) // tape.frame
    return results, f"{left} frames of sound that nobody played"
