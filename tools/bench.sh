#!/bin/sh
# Measure the cost of an audio period and of a mailbox message; tables, and
# out/bench.json.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

sh tools/build.sh
rm -f out/build/tests/kpi-bench-crate
nice ninja -C out/build --quiet tests/kpi-bench-crate ||
    echo "bench: virtio-drivers is not measured: it cannot be built" >&2
exec /usr/bin/python3 tests/bench/bench.py out/build/tests out/bench.json
