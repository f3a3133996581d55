# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""The table that make vmtest BENCH=1 prints."""

import collections

# what: the setting and the play; theirs, ours: instructions by layer.
Row = collections.namedtuple("Row", "what theirs ours")

HEAD = "instructions per period, with those of the helpers that are called"
PARTS = [("driver", ["driver"]), ("ring and virtio_pci", ["ring"]),
         ("both", ["driver", "ring"])]
WIDTH = 56


def line(what, theirs, ours):
    ratio = f"{ours / theirs:.2f}" if theirs else "-"
    return f"{what:{WIDTH}}{theirs:>8.0f}{ours:>8.0f}{ratio:>7}\n"


def show(rows):
    """The table's text."""
    text = f"{HEAD}\n{'':{WIDTH}}{'Linux':>8}{'ours':>8}{'ratio':>7}\n"
    for row in rows:
        text += row.what + "\n"
        for name, layers in PARTS:
            text += line("  " + name, *(sum(side.get(layer, 0)
                                            for layer in layers)
                                        for side in (row.theirs, row.ours)))
    return text
