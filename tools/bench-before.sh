#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Build the benchmark program with the drivers of an earlier commit, in a work
# tree of git's, out/before.  The program itself is today's, so it can measure
# what the earlier one could not.
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
for file in bench.h bench_suites.c bench_virtio_snd.c host_bench.c; do
	cmp -s "tests/bench/$file" "$before/tests/bench/$file" ||
	    cp "tests/bench/$file" "$before/tests/bench/$file"
done
(cd "$before" && sh tools/build.sh tests/kpi-bench) >&2
echo "$before/out/build/tests"
