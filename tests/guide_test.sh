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

# $1: page; the folder $2 has what the page starts with.
follow()
{
	mkdir blocks
	/usr/bin/python3 "$KPI_ROOT/tools/guide.py" "$1" blocks >script ||
	    atf_fail "$1: no script"
	# One kernel is enough here.
	(
		cd "$2" || exit 1
		MODE=debug FREEBSD=15 CORE_DIR=$KPI_ROOT/out/rust
		export MODE FREEBSD CORE_DIR
		unset MAKEFLAGS MAKELEVEL SAN TESTS
		sh ../script >../said 2>&1
	) || atf_fail "$1: $(tail -n 60 said)"
}

atf_test_case pages_do_what_they_say
pages_do_what_they_say_head()
{
	atf_set descr "each command of a page works, in a copy of the project"
	atf_set timeout 3600
}
pages_do_what_they_say_body()
{
	pages >list
	[ -s list ] || atf_fail "no page has commands"
	while read -r page; do
		name=$(basename "$page" .md)
		mkdir "$name"
		cd "$name" || exit 1
		copy_sources project
		# The crate's tests use a driver that this project does not have.
		rm project/kpi/tests/lib.rs
		# Without a crate there is nothing for the build to link.
		echo examples/hello >project/conf/drivers
		copy_build project
		(cd project && git init -q . && git add .) || atf_fail "no repository"
		follow "$page" project
		cd .. || exit 1
	done <list
}

# A page of one block each, and what guide.py makes of it.
small_page()
{
	cat >page.md <<-'END'
	    echo not run

	```sh
	echo one
	echo two and three
	```

	```text
	one
	two ... three
	```

	```c
	not run
	```
	END
	mkdir blocks
	/usr/bin/python3 "$KPI_ROOT/tools/guide.py" page.md blocks >script ||
	    atf_fail "no script"
}

atf_test_case what_is_not_printed_is_missed
what_is_not_printed_is_missed_head()
{
	atf_set descr "output that a page shows must be there, in its order"
}
what_is_not_printed_is_missed_body()
{
	small_page
	atf_check -o ignore sh script
	sed -i '/echo two/d' blocks/*.sh
	atf_check -s exit:1 -o match:'not printed: two ... three' sh script
	sed -i 's/echo one/false/' blocks/*.sh
	atf_check -s exit:1 -o ignore sh script
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
	atf_add_test_case pages_do_what_they_say
	atf_add_test_case what_is_not_printed_is_missed
	atf_add_test_case rules_look_as_the_page_says
}
