#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Print a file of measurements as a table.

The file is a JSON list of rows {suite, case, metric, value, unit}; the table
has a line per suite and case, a column per metric.
"""

import json
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        rows = json.load(f)
    metrics = {}
    lines = {}
    for row in rows:
        metrics.setdefault(row["metric"], row["unit"])
        key = (row["suite"], row["case"])
        lines.setdefault(key, {})[row["metric"]] = row["value"]

    head = ["suite", "case"] + list(metrics)
    units = ["", ""] + [f"[{u}]" for u in metrics.values()]
    table = [head, units]
    for (suite, case), values in lines.items():
        cells = [values.get(metric, "") for metric in metrics]
        table.append([suite, case] + [f"{cell:,}" if cell != "" else ""
                                      for cell in cells])
    widths = [max(len(line[i]) for line in table) for i in range(len(head))]
    for line in table:
        text = [line[i].ljust(widths[i]) if i < 2 else line[i].rjust(widths[i])
                for i in range(len(head))]
        print("  ".join(text).rstrip())


if __name__ == "__main__":
    main()
