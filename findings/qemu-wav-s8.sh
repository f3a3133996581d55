#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# QEMU writes WAV files with signed bytes.
#
# Expected: -audiodev wav,out.format=s8 is refused, or the samples are written
# as unsigned bytes: WAV has no other samples of 8 bits.
# Seen: the header says 8 bits, and silence is 0 instead of 128.  Every program
# that reads the file hears another signal.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >play.py <<'E'
import struct
from qtest import S16, play
print(*play(S16, struct.pack("<4h", 0, 0x4000, -0x4000, 0), "s8"))
E
compare "128 192 64 128" "0 64 192 0" "$(python3 play.py)"
