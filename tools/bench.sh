#!/bin/sh
# Measure the cost of one audio period; a table, and out/bench.json.

. "$(dirname "$0")/env.sh"

[ -f tests/bench/bench.sh ] || die "there is no benchmark yet"
sh tools/build.sh
exec sh tests/bench/bench.sh out/build out/bench.json
