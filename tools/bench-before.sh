#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Build the benchmark program with the drivers of an earlier commit, in a work
# tree of git's, out/before.  The program itself is today's, so it can measure
# what the earlier one could not.  Its files and the linker's arguments are
# therefore put into the earlier build.
#
#	bench-before.sh commit
#
# Prints the program's folder.  Fails if git does not have the commit: a tarball
# or a shallow clone has no history.

. "$(dirname "$0")/env.sh"
case $#${1-} in
1[!-]*)	;;
*)	usage commit ;;
esac

before=$root/out/before
git rev-parse --quiet --verify "$1^{commit}" >/dev/null 2>&1 ||
    die "git has no commit $1 here"
if [ "$(git -C "$before" rev-parse HEAD 2>/dev/null)" != \
    "$(git rev-parse "$1")" ]; then
	rm -rf "$before"
	git worktree prune
	git worktree add --quiet --detach "$before" "$1" >&2
fi

# $1: file.  Replace it by the standard input if that differs, so that nothing is
# built anew for no change.
renew()
{
	cat >"$before/new"
	if cmp -s "$before/new" "$before/$1"; then
		rm "$before/new"
	else
		mv "$before/new" "$before/$1"
	fi
}

for file in bench.h bench_held.c bench_memory.c bench_suites.c \
    bench_virtio_snd.c held.args host_bench.c; do
	# shellcheck disable=SC2094 # it writes to the file of before
	renew "tests/bench/$file" <"tests/bench/$file"
done
git show "$1:tests/bench/meson.build" |
    sed "s/^bench_sources += files(/&'bench_held.c', 'bench_memory.c',/" |
    renew tests/bench/meson.build
git show "$1:tests/meson.build" | sed "s|'-Wl,--wrap=memcpy', \
'-Wl,--wrap=memmove'\]|'@' + meson.current_source_dir() / 'bench/held.args']|" |
    renew tests/meson.build
(cd "$before" && sh tools/build.sh tests/kpi-bench) >&2
echo "$before/out/build/tests"
