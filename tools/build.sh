#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Bring the host build up to date.  Prints only errors.
#
#	build.sh [program ...]
#
# The programs are named as in the build's folder; all of it if none is given.
# MODE in the environment chooses the test kernel: debug (the default), with
# INVARIANTS and WITNESS, or release, without, in a directory of that name.
# FREEBSD chooses the release as which it behaves: 15 (the default), or 16 in
# out/build-freebsd16.
# SAN chooses the sanitizers and, with them, the directory:
#	(none)	out/build, out/build-release
#	1	out/build-san, out/build-release-san, address and undefined
#	thread	out/build-thread
#	profile	out/build-profile, none: for coverage.sh, which sets it up
#	fuzz	out/build-fuzz, address and undefined: for fuzz.sh

. "$(dirname "$0")/env.sh"
case $* in
-*)	usage "[program ...]" ;;
esac

more=
case ${MODE:-debug} in
debug)	;;
release)	more=-Drelease=true ;;
*)	die "MODE is debug or release, not $MODE" ;;
esac
case ${FREEBSD:-15} in
15)	;;
16)	more="$more -Dfreebsd=16" ;;
*)	die "FREEBSD is 15 or 16, not $FREEBSD" ;;
esac
case ${SAN:-0} in
0|profile)	sanitize=none ;;
1)	sanitize=address,undefined ;;
thread)	sanitize=thread ;;
fuzz)	sanitize=address,undefined more="$more -Dfuzz=true" ;;
*)	die "SAN is 1 or thread, not $SAN" ;;
esac
dir=$(build_dir)

mkdir -p "$dir"
# Two builds at once would write the same files.
exec 9>"$dir/lock"
flock 9
log=$dir/setup.log
if [ ! -f "$dir/build.ninja" ]; then
	echo "setting up $dir"
	rm -f "$dir/compilers"
	# shellcheck disable=SC2086 # a list of options
	meson setup --native-file conf/clang.ini -Db_sanitize="$sanitize" \
	    $more "$dir" >"$log" 2>&1 || {
		rm -f "$dir/build.ninja"
		cat "$log" >&2
		die "setup failed"
	}
fi

# Ninja does not see that a compiler is another one now.  All that the old one has
# made is removed, as rustc does not read another version's crates.
compilers=$("$RUSTC" -Vv && "$BINDGEN" -V && "$CLANG" --version)
if [ "$(cat "$dir/compilers" 2>/dev/null)" != "$compilers" ]; then
	ninja -C "$dir" -t clean >"$log"
	printf '%s\n' "$compilers" >"$dir/compilers"
fi

# ALSA's headers may have been installed since: see deps.sh --vhost.
if pkg-config --exists alsa &&
    ! grep -q libkpi_alsa_card.so.p "$dir/build.ninja"; then
	meson setup --reconfigure "$dir" >"$log" 2>&1 || {
		cat "$log" >&2
		die "setup failed"
	}
fi

# If meson.build has changed, it is read again.  The output matters only if that
# fails.
nice ninja -C "$dir" build.ninja >"$log" 2>&1 || {
	cat "$log" >&2
	die "setup failed"
}

# Write what rust-analyzer opens the crates by, with the bindings of the plain
# build.
editors()
{
	[ "$dir" = out/build ] && [ -f "$dir/kpi/kpi_bindings.rs" ] || return 0
	sh tools/sources.sh crates |
	    /usr/bin/python3 tools/rust_project.py "$RUSTC" "$dir/kpi" \
	    >"$dir/rust-project.json"
	cmp -s "$dir/rust-project.json" rust-project.json ||
	    cp "$dir/rust-project.json" rust-project.json
}

! nice ninja -C "$dir" -n "$@" | grep -q 'no work to do' || exit 0

# Ninja draws its own progress on a terminal.
quiet=
watched || quiet=--quiet
echo "building $dir"
# shellcheck disable=SC2086
nice ninja -C "$dir" $quiet ${JOBS:+-j "$JOBS"} "$@"
editors
