# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""A fault of FreeBSD's sound(4) that no driver can avoid.

In main, since 2026, write(2) counts samples before it copies them.  If the
driver reports a period in between, sound(4) plays what its buffer has in their
place: the samples of one buffer before.  docs/guide/freebsd.md has more.
"""

# Texts in every kernel that has sound(4), and in each whose write(2) counts
# samples when they are copied.  Main lost the second when write(2) changed.
SOUND = b"chn_write"
COUNTS_LATE = b"play interrupt timeout, channel dead"

# Frames of sound(4)'s buffers, which are powers of two.
SIZES = [1 << shift for shift in range(2, 17)]


class Early(str):
    """What is wrong with a sound by this fault alone."""


def has_fault(path):
    """True if the kernel in that file has the fault."""
    with open(path, "rb") as f:
        kernel = f.read()
    return SOUND in kernel and COUNTS_LATE not in kernel
