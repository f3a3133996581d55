#!/bin/sh
# Measure the cost of an audio period and of a mailbox message; tables, and
# out/bench.json.

. "$(dirname "$0")/env.sh"

[ -f tests/bench/bench.py ] || die "there is no benchmark yet"
sh tools/build.sh
exec /usr/bin/python3 tests/bench/bench.py out/build/tests/kpi-bench \
    out/bench.json
