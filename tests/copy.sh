# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Sourced by test programs for atf-sh(1) that need a project of their own.

# Copies the project's sources, without the fuzzers' inputs, to the folder $1.
copy_sources()
{
	mkdir "$1"
	(cd "$KPI_ROOT" && tar -cf - --exclude corpus --exclude '*.o' common conf \
	    docs drivers examples kpi Makefile meson.build meson_options.txt \
	    tests tools) |
	    (cd "$1" && tar -xf -) || atf_fail "the project cannot be copied"
}

# Makes the folder $1 an empty repository.  The objects that this project's
# repository has are not written again.
borrow_objects()
{
	git init -q "$1" || atf_fail "no repository"
	! objects=$(git -C "$KPI_ROOT" rev-parse --path-format=absolute \
	    --git-path objects 2>/dev/null) ||
	    echo "$objects" >"$1/.git/objects/info/alternates"
}

# Makes a repository of the folder $1.
make_repository()
{
	borrow_objects "$1"
	git -C "$1" add . || atf_fail "no repository"
}

# Gives the project in the folder $1 what was compiled of this one, except Rust,
# so that only what differs is compiled again.  Objects are replaced and never
# changed, so links to them will do.
copy_build()
{
	to=$PWD/$1/out/build
	mkdir -p "$to"
	(
		cd "$KPI_BUILD" || exit 1
		objects="-name *.o -o -name *.a"
		set -f
		# shellcheck disable=SC2086 # words
		{
			find . -type d -print0 | (cd "$to" && xargs -0 mkdir -p)
			find . -type f \( $objects \) ! -path './kpi/*' \
			    -print0 | xargs -0 cp -l --parents -t "$to" ||
			    find . -type f \( $objects \) ! -path './kpi/*' \
			    -print0 | xargs -0 cp -p --parents -t "$to"
			find . -type f ! \( $objects \) ! -perm -100 \
			    ! -path './kpi/*' -print0 |
			    xargs -0 cp -p --parents -t "$to"
		}
	) || atf_fail "the build cannot be copied"
	(cd "$1" && meson setup --reconfigure out/build . >setup.log 2>&1) ||
	    atf_fail "the build cannot be set up: $(cat "$1/setup.log")"
}
