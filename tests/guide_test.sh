#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The guide: what its pages tell the reader to do works, and what they show is
# printed; and its page of rules.
#
# KPI_ROOT is the project's folder, KPI_BUILD that of its build.

. "$KPI_ROOT/tests/atf.sh"
. "$KPI_ROOT/tests/copy.sh"

# Prints the pages that have commands to run.
pages()
{
	grep -l '^```sh' "$KPI_ROOT"/docs/guide/*.md
}

# $1: folder.  Makes a project there, with what was compiled of this one; with
# $2, those are its only drivers.
make_project()
{
	copy_sources "$1"
	# No page runs the crate's tests.
	rm "$1/kpi/tests/lib.rs"
	[ -z "${2-}" ] || echo "$2" >"$1/conf/drivers"
	make_repository "$1"
	copy_build "$1"
}

# $1: page; the folder $2 has what the page starts with.
follow()
{
	rm -rf blocks
	mkdir blocks
	atf_check -o save:script /usr/bin/python3 -B "$KPI_ROOT/tools/guide.py" \
	    "$1" blocks
	# One kernel is enough here.
	(
		cd "$2" || exit 1
		MODE=debug FREEBSD=15 CORE_DIR=$KPI_ROOT/out/rust
		export MODE FREEBSD CORE_DIR
		unset MAKEFLAGS MAKELEVEL SAN TESTS
		sh ../script >../said 2>&1
	) || atf_fail "$1: $(tail -n 60 said)"
}

atf_test_case first_driver_grows_as_its_page_says
first_driver_grows_as_its_page_says_head()
{
	atf_set descr "each command and change of the first page works"
	atf_set timeout 3600
}
first_driver_grows_as_its_page_says_body()
{
	# Without a crate there is nothing for the build to link.
	make_project project examples/hello
	follow "$KPI_ROOT/docs/guide/first-driver.md" project
}

atf_test_case other_pages_do_what_they_say
other_pages_do_what_they_say_head()
{
	atf_set descr "so do the commands of the other pages, with all drivers"
	atf_set timeout 3600
}
other_pages_do_what_they_say_body()
{
	pages | grep -v /first-driver.md >list
	[ -s list ] || atf_fail "no page has commands"
	make_project project
	while read -r page; do
		follow "$page" project </dev/null
	done <list
}

# Makes a page of standard input, which may have lines of "'" for fences, and
# runs guide.py on it.
small_page()
{
	sed "s/^'/\`\`\`/" >page.md
	rm -rf blocks
	mkdir blocks
	/usr/bin/python3 -B "$KPI_ROOT/tools/guide.py" page.md blocks >script
}

# $1: the first line of standard output that is wanted and missing.
misses()
{
	atf_check -s exit:1 -o match:"^not printed: $1" sh script
}

atf_test_case what_is_not_printed_is_missed
what_is_not_printed_is_missed_head()
{
	atf_set descr "output that a page shows is all there is, in its order"
}
what_is_not_printed_is_missed_body()
{
	small_page <<-'END' || atf_fail "no script"
	    echo not run

	'sh
	echo one
	echo two and three
	echo four
	'

	'text
	one
	...
	fo...r
	'

	'c
	not run
	'
	END
	cp -R blocks all
	atf_check -o ignore sh script
	for gone in one four; do
		sed -i "/echo $gone/d" blocks/*.sh
		misses "${gone%ur}"
		cp all/* blocks
	done
	sed -i 's/echo one/false/' blocks/*.sh
	atf_check -s exit:1 -o not-match:'not printed' sh script
	cp all/* blocks
	# Without the dots all must be shown.
	sed -i 's/^\.\.\.$/two and/' blocks/*.text
	misses one
	sed -i 's/^two and$/two ... three/' blocks/*.text
	atf_check -o ignore sh script
	echo 'echo five' >>"$(echo blocks/*.sh)"
	misses ''
}

# $1: what is said of the page on standard input.
refused()
{
	said=$1
	small_page 2>error && atf_fail "not refused: $said"
	atf_check -o match:"^page.md:[0-9]+: $said" cat error
}

atf_test_case a_line_in_vain_is_refused
a_line_in_vain_is_refused_head()
{
	atf_set descr "a page has no line that could be deleted unnoticed"
}
a_line_in_vain_is_refused_body()
{
	printf '%b' "'sh\n'\n" | refused 'an empty block'
	printf '%b' "'sh\na\nb\n'\n" | refused 'several commands, and not'
	for lines in '...' '...\na' 'a\n...' 'a\nb\n...\nc' 'a\n...\n...\nc'; do
		printf '%b' "'sh\na\n'\n'text\n$lines\n'\n" |
		    refused 'beside .*, one line each'
	done
	head='--- a/x\n+++ b/x\n'
	for lines in ' a\n+b\n' "$head" "$head@@ -1 +1,2 @@\n+b\n" \
	    "$head@@ -1 +1,2 @@\n a\n+b\n c\n" "$head a\n+b\n" \
	    '+++ b/x\n@@ -1 +1,2 @@\n a\n+b\n' \
	    '--- a/x\n@@ -1 +1,2 @@\n a\n+b\n'; do
		printf '%b' "'diff\n$lines'\n" |
		    refused 'lines that are no part of the change'
	done
	printf '%b' "'diff\n$head@@ -1 +1,2 @@\n a\n+b\n'\n" | small_page ||
	    atf_fail "a change that is right is refused"
}

atf_test_case rules_look_as_the_page_says
rules_look_as_the_page_says_head()
{
	atf_set descr "docs/guide/rules.md is what tools/rules.py makes"
	atf_set timeout 1800
}
rules_look_as_the_page_says_body()
{
	# Sanitizers change which functions are inlined, and so the places.
	case $KPI_BUILD in
	*/out/build)	;;
	*)	atf_skip "the page is of the plain build" ;;
	esac
	(cd "$KPI_ROOT" && /usr/bin/python3 -B tools/rules.py "$KPI_BUILD") \
	    >made || atf_fail "tools/rules.py failed"
	diff -u "$KPI_ROOT/docs/guide/rules.md" made >difference ||
	    atf_fail "type make rules: $(head -n 40 difference)"
}

atf_init_test_cases()
{
	atf_add_test_case first_driver_grows_as_its_page_says
	atf_add_test_case other_pages_do_what_they_say
	atf_add_test_case what_is_not_printed_is_missed
	atf_add_test_case a_line_in_vain_is_refused
	atf_add_test_case rules_look_as_the_page_says
}
