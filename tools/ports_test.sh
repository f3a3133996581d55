#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The ports, with a stand-in for the parts of FreeBSD's framework that they use
# (tests/ports).
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"
. "$KPI_ROOT/tests/copy.sh"

# Commits the project as it is, and makes the ports of that commit in folder
# overlay.
overlay()
{
	own=$(git -C "$KPI_ROOT" rev-parse --absolute-git-dir) ||
	    atf_fail "the project is no clone"
	borrow_objects project
	cd project || atf_fail "no project"
	# Only what differs from that repository is read and written.
	cp "$own/index" .git
	for command in "add -A" "-c user.name=n -c user.email=e commit -q -m one"
	do
		# shellcheck disable=SC2086 # words
		git --work-tree="$KPI_ROOT" $command || atf_fail "git $command"
	done
	# The script reads these; the distfile is made of the commit.
	git checkout -q HEAD -- meson.build ports tools ||
	    atf_fail "no files of the commit"
	atf_check -o ignore sh tools/ports.sh ../overlay
	cd ..
}

atf_test_case a_port_stages_what_its_list_says
a_port_stages_what_its_list_says_head()
{
	atf_set descr "distfile, sum, module, pages and examples are the list's"
}
a_port_stages_what_its_list_says_body()
{
	overlay
	for port in audio/virtio_snd-kmod sysutils/apple-kmod; do
		atf_check -o ignore env -u MAKEFLAGS -u MAKELEVEL bmake -r \
		    -m "$KPI_ROOT/tests/ports" -C "overlay/$port" \
		    DISTDIR="$PWD/overlay/distfiles"
	done
}

atf_test_case the_distfile_is_the_same_for_the_same_commit
the_distfile_is_the_same_for_the_same_commit_head()
{
	atf_set descr "distinfo of a commit does not change, and has no ports"
}
the_distfile_is_the_same_for_the_same_commit_body()
{
	overlay
	cp overlay/audio/virtio_snd-kmod/distinfo first
	(cd project && atf_check -o ignore sh tools/ports.sh ../overlay)
	atf_check cmp first overlay/audio/virtio_snd-kmod/distinfo
	tar -tzf overlay/distfiles/*.tar.gz >list
	atf_check -s exit:1 grep '^[^/]*/ports/' list
	atf_check -o ignore grep '^[^/]*/drivers/virtio_snd/Makefile$' list
}

# FreeBSD's portlint(1) checks more.  This case checks what the files alone can
# show.
atf_test_case ports_are_as_portlint_wants_them
ports_are_as_portlint_wants_them_head()
{
	atf_set descr "order of variables, tabs, length of lines and comment"
}
ports_are_as_portlint_wants_them_body()
{
	for port in "$KPI_ROOT"/ports/*/*; do
		sed -n 's/^\([A-Z_]*\)=.*/\1/p' "$port/Makefile" |
		    grep -xE 'PORTNAME|DISTVERSION|CATEGORIES|PKGNAMESUFFIX|DISTNAME|MAINTAINER|COMMENT|LICENSE|ONLY_FOR_ARCHS|BUILD_DEPENDS|USES' \
		    >order
		atf_check -o inline:'PORTNAME
DISTVERSION
CATEGORIES
PKGNAMESUFFIX
DISTNAME
MAINTAINER
COMMENT
LICENSE
ONLY_FOR_ARCHS
BUILD_DEPENDS
USES
' cat order
		atf_check -s exit:1 grep -nE '^[A-Z_]+=[^	]' "$port/Makefile"
		atf_check -s exit:1 grep -nE '[ 	]$' -r "$port"
		# No article first, no full stop, no more than 70 characters.
		atf_check -o match:'^COMMENT=	[A-Z][^.]{1,69}$' \
		    grep -E '^COMMENT=' "$port/Makefile"
		atf_check -s exit:1 grep -E '^COMMENT=	(A|An|The) ' \
		    "$port/Makefile"
		atf_check -s exit:1 grep -nE '^.{81,}' "$port/pkg-descr"
		atf_check -o inline:'.include <bsd.port.mk>\n' \
		    tail -n 1 "$port/Makefile"
		atf_check sort -c "$port/pkg-plist"
	done
}

atf_init_test_cases()
{
	atf_add_test_case a_port_stages_what_its_list_says
	atf_add_test_case the_distfile_is_the_same_for_the_same_commit
	atf_add_test_case ports_are_as_portlint_wants_them
}
