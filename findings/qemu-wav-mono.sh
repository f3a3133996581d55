#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# QEMU adds left and right when it makes one channel of two.
#
# Expected: with -audiodev wav,out.channels=1 a stereo stream is the average of
# its channels, which always fits, or one of them.  What is equal in both is
# unchanged.
# Seen: it is the sum.  What is equal in both has double its amplitude, and what
# is louder than half of full scale is clipped.

. "$(dirname "$0")/lib.sh"
needs qemu-system-x86 1:10.0.2

cat >play.py <<'E'
import struct
from qtest import S16, play
print(*play(S16, struct.pack("<4h", 4096, 4096, 20000, 20000),
            "s16,out.channels=1"))
E
compare "4096 20000 4096 20000" "8192 32767 8192 32767" "$(python3 play.py)"
