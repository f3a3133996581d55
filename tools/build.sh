#!/bin/sh
# Bring the host build up to date; says nothing but what went wrong.
#
#	build.sh [program ...]
#
# The programs are named as in the build's folder; all of it if none is given.
# SAN in the environment chooses the sanitizers and, with them, the directory:
#	(none)	out/build
#	1	out/build-san, address and undefined
#	thread	out/build-thread
#	profile	out/build-profile, none: for coverage.sh, which sets it up
#	fuzz	out/build-fuzz, address and undefined: for fuzz.sh

. "$(dirname "$0")/env.sh"

more=
case ${SAN:-0} in
0)	dir=out/build sanitize=none ;;
1)	dir=out/build-san sanitize=address,undefined ;;
thread)	dir=out/build-thread sanitize=thread ;;
profile)	dir=out/build-profile sanitize=none ;;
fuzz)	dir=out/build-fuzz sanitize=address,undefined more=-Dfuzz=true ;;
*)	die "SAN is 1 or thread, not $SAN" ;;
esac

mkdir -p "$dir"
# Two at once would write the same files.
exec 9>"$dir/lock"
flock 9
log=$dir/setup.log
if [ ! -f "$dir/build.ninja" ]; then
	echo "setting up $dir"
	meson setup --native-file conf/clang.ini -Db_sanitize="$sanitize" \
	    $more "$dir" >"$log" 2>&1 || {
		rm -f "$dir/build.ninja"
		cat "$log" >&2
		die "setup failed"
	}
fi

# A changed meson.build is read again: of interest only when that fails.
nice ninja -C "$dir" build.ninja >"$log" 2>&1 || {
	cat "$log" >&2
	die "setup failed"
}

! nice ninja -C "$dir" -n "$@" | grep -q 'no work to do' || exit 0

# Ninja draws its own progress on a terminal.
quiet=
watched || quiet=--quiet
echo "building $dir"
# shellcheck disable=SC2086
nice ninja -C "$dir" $quiet ${JOBS:+-j "$JOBS"} "$@"
