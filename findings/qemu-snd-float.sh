#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# QEMU turns the loudest positive float sample into the most negative one.
#
# Expected: +1.0 of a FLOAT stream is played as 32767, clipped, and -1.0 as
# -32768; QEMU's mixer is there to do that.
# Seen: +1.0 is -32768.  The largest float below it is right.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >play.py <<'E'
import struct
from qtest import FLOAT, play
print(*play(FLOAT, struct.pack("<4f", 1.0, -1.0, 1 - 2 ** -24, 0.5)))
E
compare "32767 -32768 32767 16384" "-32768 -32768 32767 16384" \
    "$(python3 play.py)"
