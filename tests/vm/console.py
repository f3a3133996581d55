# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Read the console of the machine under test.

The kernel and the test's init (tests/vm/init_case.c) write to it.  Init says
which case runs, what the case played, and how it ended.
"""

import re

from frames import Sound
from tones import Tone
from wav import Play

# A case's name, and the words it was given.
NAME = r"(\w+(?: \w+)*)"
RESULT = re.compile(rf"^(PASS|FAIL|SKIP) {NAME}(?:: (.*))?$")
RUN = re.compile(rf"^RUN {NAME}$")
NUMBERED = re.compile(r"^NUMBERED (\d+) (\d+) (\d+) (whole|cut)$")
TONE = re.compile(r"^TONE (\w+) (\d+)$")
PLAYED = re.compile(r"^PLAYED (\d+) (\d+) (whole|gaps|start|cut|jumps|voice\d|"
                    r"floats|bytes|at\d+,\d+)$")
ATTACHED = re.compile(r"^pcm\d+: <VirtIO Sound Adapter>|^vmtest: loaded .*snd|"
                      r"^simplebus\d+: <Models of Apple|^vmtest: loaded .*apple")

# The end of a kernel.
PANIC = re.compile(r"^panic: .*|^Fatal (?:trap|double fault).*|"
                   r"^fatal kernel trap.*|^KDB: enter: .*")
# What a kernel prints when one of its rules is broken and it goes on.
COMPLAINT = re.compile(
    r"lock order reversal|WITNESS|acquiring duplicate lock|"
    r"locks held|\bleak|spin lock held too long|can't re-use a leaf|"
    r"channel dead|[Ss]tray (?:irq|interrupt)|interrupt storm|"
    r"^vhost-device-sound failed|"
    r"^(?:pcm|virtio_snd|apple_\w+?)\d+: (?:.*\b(?:failed|cannot|lost|not believed)\b)")
HARMLESS = re.compile(r"WITNESS option enabled")
# QEMU's own message about a busy host, and the kernel's some time after its
# start.  Either may be in the middle of a line of init's.
LATE = re.compile(r"Resetting rate control \(\d+ frames\)\n|"
                  r"random: unblocking device\.\n")
# QEMU's own: the WAV file takes no recording.
NOISE = re.compile(r"^audio: Could not create a backend for voice .*\.in'")
ANSI = re.compile(r"\x1b\[[0-9;=?]*[A-Za-z]")


class Case:
    """A case that has begun."""

    def __init__(self, name):
        self.name = name
        self.status = None      # PASS, FAIL, SKIP; None: never ended
        self.why = ""
        self.plays = []
        self.sounds = []        # of numbered frames
        self.tones = []


class Console:
    """A log, parsed.

    text: the whole log; cases: in the order in which they ran; began and ended:
    whether init did; panic: the line or None; complaints: those after the
    driver had attached; notes: those before; last: the last line with text, or
    "(nothing)".
    """

    def __init__(self, text):
        self.text = text
        self.cases = []
        self.began = self.ended = False
        self.panic = None
        self.complaints = []
        self.notes = []
        self.last = "(nothing)"
        self.attached = False
        text = LATE.sub("", ANSI.sub("", text.replace("\r", "")))
        lines = text.split("\n")
        for number, line in enumerate(lines):
            line = line.strip()
            if not line or NOISE.search(line):
                continue
            self.last = line
            self.read(line, lines[number + 1:number + 3])

    def end_with(self, line):
        """The last case ends the machine with this line, of a panic or not.
        If it did, the case has passed, and init needed no end."""
        last = self.cases[-1] if self.cases else None
        if last is None or last.status is not None or \
                line not in self.text or self.panic not in (None, line):
            return
        last.status = "PASS"
        self.panic = None
        self.ended = True

    def read(self, line, following):
        """Handle one line.  following are the two lines after it."""
        if ATTACHED.search(line):
            self.attached = True
        if line == "vmtest: begin":
            self.began = True
        elif line == "vmtest: end":
            self.ended = True
        elif line.startswith("QMP "):
            pass                # machine.py has done it
        elif line.startswith("vmtest: "):
            self.notes.append(line[8:])
        elif not self.read_case(line):
            self.read_kernel(line, following)

    def read_case(self, line):
        """Handle the line if init wrote it.  Returns whether init did."""
        if match := RUN.match(line):
            self.cases.append(Case(match[1]))
        elif match := PLAYED.match(line):
            if self.cases:
                self.cases[-1].plays.append(
                    Play(int(match[1]), int(match[2]), match[3]))
        elif match := NUMBERED.match(line):
            if self.cases:
                self.cases[-1].sounds.append(
                    Sound(*(int(match[i]) for i in (1, 2, 3)), match[4]))
        elif match := TONE.match(line):
            if self.cases:
                self.cases[-1].tones.append(Tone(match[1], int(match[2])))
        elif match := RESULT.match(line):
            if not self.cases or self.cases[-1].name != match[2]:
                self.cases.append(Case(match[2]))
            self.cases[-1].status = match[1]
            self.cases[-1].why = match[3] or ""
        else:
            return False
        return True

    def read_kernel(self, line, following):
        if PANIC.search(line):
            self.panic = self.panic or line
        elif COMPLAINT.search(line) and not HARMLESS.search(line):
            # witness(4) names the two locks in the lines that follow.
            if "lock order reversal" in line:
                line = " ".join([line] + [f.strip() for f in following])
            (self.complaints if self.attached else self.notes).append(line)
