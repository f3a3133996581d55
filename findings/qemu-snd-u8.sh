#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Silence of a U8 stream is not silence in QEMU.
#
# Expected: 128, the middle of unsigned bytes, is played as 0; 0 as -32768 and
# 255 as 32512.
# Seen: QEMU takes 127 for the middle.  Silence is 256, and 255 wraps.  So a
# stream in U8 clicks where it starts, and full scale changes its sign.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >play.py <<'E'
from qtest import U8, play
print(*play(U8, bytes([128, 127, 0, 255])))
E
compare "0 -256 -32768 32512" "256 0 -32512 -32768" "$(python3 play.py)"
