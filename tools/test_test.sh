#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# test.sh, with small programs in place of the build's.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# $1: folder of a build; the rest: cases that its program small_test has.
add_build()
{
	mkdir -p "$1/tests" "$1/matplotlib"
	printf '%s\n' 'syntax(2)' 'test_suite("small")' \
	    'atf_test_program{name="small_test"}' >"$1/tests/Kyuafile"
	program=$1/tests/small_test
	shift
	{
		echo '#!/usr/bin/env atf-sh'
		for case; do
			echo "atf_test_case $case"
			echo "${case}_body() { :; }"
		done
		echo 'atf_init_test_cases() {'
		printf 'atf_add_test_case %s\n' "$@"
		echo '}'
	} >"$program"
	chmod +x "$program"
}

# Makes a project that is built.
small_project()
{
	mkdir tools
	cp "$KPI_ROOT/tools/env.sh" "$KPI_ROOT/tools/test.sh" tools
	: >tools/build.sh
	unset MODE FREEBSD SAN TESTS PART_OF_ALL
}

# $1: TESTS; the rest: what atf_check(1) expects.
test_sh()
{
	names=$1
	shift
	atf_check "$@" env TESTS="$names" sh tools/test.sh
}

atf_test_case a_name_that_nothing_has_is_said
a_name_that_nothing_has_is_said_head()
{
	atf_set descr "an unknown program or case is named, and fails the run"
}
a_name_that_nothing_has_is_said_body()
{
	small_project
	add_build out/build first second
	export MODE=debug
	test_sh small -o match:'^2 passed, 0 failed$'
	test_sh nonsense -s exit:1 -o match:'^0 passed, 0 failed$' \
	    -e inline:"test.sh: no program or case is named nonsense; the \
programs are in out/build/tests/Kyuafile\n"
	# Beside one that is there, too.
	test_sh 'smal small:first small:secnd small:x' -s exit:1 \
	    -o match:'^1 passed, 0 failed$' \
	    -e match:'^test.sh: no .* is named smal; near it: small$' \
	    -e match:'is named small_test:secnd; near it: second$' \
	    -e match:'small_test:x; .* out/build/tests/small_test -l lists its'
}

atf_test_case a_case_of_one_kernel_is_enough
a_case_of_one_kernel_is_enough_head()
{
	atf_set descr "a name is unknown if none of the three kernels has it"
}
a_case_of_one_kernel_is_enough_body()
{
	small_project
	add_build out/build first
	add_build out/build-release first
	add_build out/build-freebsd16 first second
	test_sh small:second -o match:'^1 passed, 0 failed$'
	test_sh 'small:second small:third' -s exit:1 \
	    -o match:'^1 passed, 0 failed$' \
	    -e inline:"test.sh: no program or case is named small_test:third; \
KPI_ROOT=\$PWD out/build/tests/small_test -l lists its cases\n"
}

atf_init_test_cases()
{
	atf_add_test_case a_name_that_nothing_has_is_said
	atf_add_test_case a_case_of_one_kernel_is_enough
}
