#!/bin/sh
# Build the player and play FILE on MODEL, leaving played.* in OUT.

. "$(dirname "$0")/env.sh"

file=${FILE:-tests/run/default.flac}
case ${MODEL:-qemu} in
qemu|sim) ;;
*)	die "MODEL is qemu or sim, not $MODEL" ;;
esac
sh tools/build.sh
case ${SAN:-0} in
0)	dir=out/build ;;
1)	dir=out/build-san ;;
*)	dir=out/build-$SAN ;;
esac
exec "$dir/tests/kpi-play" -m "${MODEL:-qemu}" -o "${OUT:-out/run}" "$file"
