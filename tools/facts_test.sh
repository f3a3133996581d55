#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The test kernel's headers are FreeBSD's in what facts.sh compares; and it must
# see what is changed in a copy of them.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# The rest: what atf_check(1) expects.
facts()
{
	atf_check "$@" sh "$KPI_ROOT/tools/facts.sh"
}

# $1: header; $2: what sed(1) does to it.  In a copy of all.
change()
{
	cp -R "$KPI_ROOT/tests/kern/include" include
	sed "$2" "include/$1" >changed
	if cmp -s changed "include/$1"; then
		atf_fail "nothing to change in $1"
	fi
	mv changed "include/$1"
	export TEST_HEADERS="$PWD/include"
}

# $1: the line that is wanted, for both machines; no other may be there.
refused()
{
	for machine in arm64 amd64; do
		echo "$1" | sed "s/MACHINE/FreeBSD 15.0 $machine/"
	done >expected
	facts -s exit:1 -o save:out -e match:"headers are not FreeBSD's"
	atf_check -o file:expected sed '/facts compared/d' out
}

# $1, $2: facts of the test kernel and of FreeBSD; $3: what is allowed; the
# rest: what atf_check(1) expects.
compare()
{
	printf '%b\n' "$1" >test.txt
	printf '%b\n' "$2" >freebsd-15.0-arm64.txt
	printf '%b\n' "$3" >allowed
	shift 3
	atf_check "$@" /usr/bin/python3 "$KPI_ROOT/tools/facts_compare.py" \
	    --allowed allowed --recorded test.txt freebsd-15.0-arm64.txt
}

headers_agree_head()
{
	atf_set descr "The test kernel agrees with the facts of FreeBSD 15.0"
}
headers_agree_body()
{
	facts -o match:' facts compared, .* 0 wrong'
}

sees_constant_head()
{
	atf_set descr "A changed constant is named"
}
sees_constant_body()
{
	change sys/bus_dma.h 's/\(BUS_DMA_COHERENT[[:space:]]*\)0x0*4/\10x08/'
	refused "BUS_DMA_COHERENT: test kernel has value 8, MACHINE has value 4"
}

sees_prototype_head()
{
	atf_set descr "A changed prototype is named"
}
sees_prototype_body()
{
	change dev/virtio/virtqueue.h \
	    's/^int\([[:space:]]*virtqueue_nfree\)/bool\1/'
	refused "virtqueue_nfree: test kernel has type \
_Bool (struct virtqueue *), MACHINE has type int (struct virtqueue *)"
}

sees_struct_head()
{
	atf_set descr "A changed struct is named"
}
sees_struct_body()
{
	change sys/_mutex.h 's/^struct mtx {/&int mtx_new[2];/'
	refused "mtx: test kernel has size 40, MACHINE has size 32"
}

sees_macro_head()
{
	atf_set descr "A macro that yields something else is named"
}
sees_macro_body()
{
	change dev/sound/pcm/channel.h \
	    's/mtx_owned((c)->lock)/((c)->lock)/'
	refused "CHN_LOCKOWNED: test kernel has result struct mtx *, \
MACHINE has result int"
}

wants_a_record_head()
{
	atf_set descr "What is used without a record is named"
}
wants_a_record_body()
{
	wanted="f: test kernel has function int .int., FreeBSD 15.0 arm64 has \
nothing"
	compare 'function f int (int)\nused f here' 'constant C 1' '' \
	    -s exit:1 -o match:"$wanted"
	compare 'function f int (int)' 'constant C 1' '' \
	    -o match:'1 names are not recorded, and not used'
}

compares_macros_with_functions_head()
{
	atf_set descr "A macro is held against a function by result and arguments"
}
compares_macros_with_functions_body()
{
	function='function f int (void (*)(int, int), char *)'
	compare "$function" 'expansion f int\nparameters f 2' '' -o match:'0 wrong'
	compare "$function" 'parameters f 0+' '' -o match:'0 wrong'
	compare "$function" 'parameters f 3' '' -s exit:1 \
	    -o match:'f: test kernel has arguments 2, .* has arguments 3'
	compare "$function" 'expansion f void' '' -s exit:1 \
	    -o match:'f: test kernel has result int, .* has result void'
}

allows_what_is_listed_head()
{
	atf_set descr "A listed difference is allowed, and must be one"
}
allows_what_is_listed_body()
{
	allowed='constant C for a reason'
	compare 'constant C 1' 'constant C 2' "$allowed" -o match:'0 wrong'
	compare 'constant C 1' 'constant C 1' "$allowed" -s exit:1 \
	    -o match:'C: its constant no longer differs'
	compare 'constant C 1' 'constant C 2' 'constant C' -s exit:1 \
	    -e match:'no reason'
}

atf_init_test_cases()
{
	atf_add_test_case headers_agree
	atf_add_test_case sees_constant
	atf_add_test_case sees_prototype
	atf_add_test_case sees_struct
	atf_add_test_case sees_macro
	atf_add_test_case wants_a_record
	atf_add_test_case compares_macros_with_functions
	atf_add_test_case allows_what_is_listed
}
