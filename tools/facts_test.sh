#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The test kernel's headers equal FreeBSD's in everything that facts.sh
# compares, and facts.sh must see each change in a copy of them.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# The rest: what atf_check(1) expects.
facts()
{
	atf_check "$@" sh "$KPI_ROOT/tools/facts.sh"
}

# $1: file; $2: expression of sed(1) for it, which must change it.
change()
{
	sed "$2" "$1" >changed
	if cmp -s changed "$1"; then
		atf_fail "nothing to change in $1"
	fi
	mv changed "$1"
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

# Makes sys, as much of a FreeBSD's tree as facts.sh reads, with the test
# kernel's facts.
fake_tree()
{
	tree=$PWD/sys
	cp -R "$KPI_ROOT/tests/kern/include" "$tree"
	sh "$KPI_ROOT/tools/kobj_if.sh" "$tree"
	clang=${CLANG:-${LLVM:-/usr/lib/llvm-19/bin}/clang}
	compiler=$("$clang" -print-resource-dir)/include
	cp "$compiler"/*std[adi]*.h "$compiler/limits.h" "$tree"
	interfaces=$(sed -n '/for m in/,/do$/p' "$KPI_ROOT/tools/headers.sh" |
	    grep -o '[a-z_/]*_if')
	for interface in $interfaces; do
		mkdir -p "$tree/$(dirname "$interface")"
		: >"$tree/$interface.m"
	done
	mkdir "$tree/conf" "$tree/tools"
	echo 'REVISION="16.0"' >"$tree/conf/newvers.sh"
	for machine in arm64 amd64; do
		mkdir -p "$tree/$machine/conf"
		cp -R "$tree/machine" "$tree/$machine/include"
		: >"$tree/$machine/conf/DEFAULTS"
		: >"$tree/conf/options.$machine"
	done
	: >"$tree/conf/options"
	: >"$tree/tools/makeobjops.awk"
	: >"$tree/kern/genoffset.c"
	: >"$tree/kern/genoffset.sh"
}

# $1, $2: facts of the test kernel, which are those of FreeBSD 15.0, and of
# FreeBSD 16.0; $3: a source; the rest: what atf_check(1) expects.
changes()
{
	printf '%b\n' "$1" >test.txt
	grep -v '^used ' test.txt >freebsd-15.0-arm64.txt
	printf '%b\n' "$2" >freebsd-16.0-arm64.txt
	echo "$3" >driver.c
	shift 3
	atf_check "$@" /usr/bin/python3 -B "$KPI_ROOT/tools/facts_changes.py" \
	    test.txt freebsd-15.0-arm64.txt freebsd-16.0-arm64.txt \
	    --sources driver.c
}

headers_agree_head()
{
	atf_set descr "The test kernel agrees with the facts of FreeBSD 15.0 and 16.0"
}
headers_agree_body()
{
	facts -o save:out
	atf_check -o inline:'2\n' grep -c ' facts compared, .* 0 wrong' out
}

records_what_differs_head()
{
	atf_set descr "The record of another version has each difference by its file"
}
records_what_differs_body()
{
	mkdir -p sys/dev headers/dev
	echo '#define C 2' >sys/dev/a.h
	echo 'int gone_a(void);' >headers/dev/a.h
	printf 'METHOD int m {\n\tint a;\n};\n' >sys/dev/b_if.m
	printf 'dev/a.h of 1\ndev/b_if.m of 2\n' >origins
	printf 'constant C 1\nconstant D 1\nfunction gone_a int (void)\n' \
	    >freebsd-15.0-arm64.txt
	printf 'constant C 2\nused C here\nconstant D 1\ntype b_m_t int ()\n' >new
	cat >delta.sh <<'EOF'
exec /usr/bin/python3 -B "$KPI_ROOT/tools/facts_delta.py" \
    freebsd-15.0-arm64.txt new origins sys headers
EOF
	atf_check -o save:freebsd-16.0-arm64.txt sh delta.sh
	cat >expected <<'EOF'
base freebsd-15.0
# dev/a.h: of 1
constant C 2
gone gone_a
# dev/b_if.m: of 2
type b_m_t int ()
EOF
	atf_check -o file:expected cat freebsd-16.0-arm64.txt
	atf_check -o match:'0 wrong' /usr/bin/python3 -B \
	    "$KPI_ROOT/tools/facts_compare.py" --allowed /dev/null new \
	    freebsd-16.0-arm64.txt
	echo 'dev/a.h of 1' >origins
	atf_check -s exit:1 -o ignore -e inline:'of no file in the origins: b_m_t\n' \
	    sh delta.sh
}

# All changes at once: each run reads the headers four times, which takes long.
names_each_change_head()
{
	atf_set descr "A changed constant, prototype, struct, macro or record is named"
	atf_set timeout 900
}
names_each_change_body()
{
	cp -R "$KPI_ROOT/tests/kern/include" include
	change include/sys/bus_dma.h \
	    's/\(BUS_DMA_COHERENT[[:space:]]*\)0x0*4/\10x08/'
	change include/dev/virtio/virtqueue.h \
	    's/^int\([[:space:]]*virtqueue_nfree\)/bool\1/'
	change include/sys/bus_dma.h 's/^.*ds_len;/&int new[2];/'
	change include/dev/sound/pcm/channel.h \
	    's/mtx_owned(TK_CHN_MTX(c))/(TK_CHN_MTX(c))/'
	cp -R "$KPI_ROOT/conf/facts" records
	for machine in arm64 amd64; do
		change "records/freebsd-15.0-$machine.txt" \
		    's/^\(constant CHN_N_TRIGGER\) .*/\1 7/'
		change "records/freebsd-16.0-$machine.txt" \
		    's/^\(constant CHN_N_TRIGGER\) .*/\1 8/'
	done
	export TEST_HEADERS="$PWD/include" FACTS="$PWD/records"
	facts -s exit:1 -o save:out -e match:"headers are not FreeBSD's"
	# There must be no other line.
	for version in 15.0 16.0; do
		trigger="16, THERE has value 7"
		[ $version = 15.0 ] || trigger="2, THERE has value 8"
		for machine in arm64 amd64; do
			cat <<-END | sed "s/THERE/FreeBSD $version $machine/"
			BUS_DMA_COHERENT: test kernel has value 8, THERE has value 4
			CHN_LOCKOWNED: test kernel has result struct mtx *, THERE has result int
			CHN_N_TRIGGER: test kernel has value $trigger
			bus_dma_segment: test kernel has size 24, THERE has size 16
			virtqueue_nfree: test kernel has type _Bool (struct virtqueue *), THERE has type int (struct virtqueue *)
			END
		done
	done | sort >expected
	atf_check -o file:expected sh -c "sed '/facts compared/d' out | sort"
}

says_what_does_not_compile_head()
{
	atf_set descr "Where a source does not compile, nothing is compared"
}
says_what_does_not_compile_body()
{
	cp -R "$KPI_ROOT/tests/kern/include" include
	rm include/sys/reboot.h
	export TEST_HEADERS="$PWD/include"
	facts -s exit:1 -o empty -e match:"'sys/reboot.h' file not found" \
	    -e match:'a source does not compile'
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

says_what_another_tree_changes_head()
{
	atf_set descr "What another FreeBSD's headers change is named"
	atf_set timeout 900
}
says_what_another_tree_changes_body()
{
	fake_tree
	sed -i 's/virtqueue_nfree/virtqueue_free/' sys/dev/virtio/virtqueue.h
	sed -i 's/\(BUS_DMA_COHERENT[[:space:]]*\)0x0*4/\10x08/' \
	    sys/sys/bus_dma.h
	atf_check -s exit:1 -o save:out \
	    sh "$KPI_ROOT/tools/facts.sh" --changes "$PWD/sys"
	for line in '^FreeBSD 15.0 .*recorded. and FreeBSD 16.0 ' \
	    '^does not compile: common/.*virtqueue_nfree.*[[]arm64 amd64[]]' \
	    '^gone: virtqueue_nfree: .*[[]arm64 amd64; common/' \
	    '^other value: BUS_DMA_COHERENT: value 4, now 8 [[]arm64 amd64; '; do
		atf_check -o match:"$line" cat out
	done
}

wants_a_tree_for_changes_head()
{
	atf_set descr "Called without a tree, facts.sh says how it is called"
}
wants_a_tree_for_changes_body()
{
	fake_tree
	for arguments in '' "$PWD" "$tree $tree"; do
		# shellcheck disable=SC2086
		atf_check -s exit:2 -e match:'^usage: ' \
		    sh "$KPI_ROOT/tools/facts.sh" --changes $arguments
	done
}

sorts_changes_head()
{
	atf_set descr "Changes that concern the sources come first, then by weight"
}
sorts_changes_body()
{
	old='constant B 1\nconstant C 1\nconstant __FreeBSD_version 15
field s.f int\nfunction f int (int, char *, long)\nfunction g int (int)
function h_1 int (int)\nfunction i int (int)\noffsetof s.f 8
type m_t int (int)\nused C here\nused f here\nused h_1 here\nused i here'
	changes "$old" "$old" 'f(C); h_##x();' \
	    -o inline:'FreeBSD 15.0 (15, recorded) and FreeBSD 16.0 (15):
0 names differ, 0 of them used by the sources; compile errors: 0
'
	changes "$old" 'constant C 2\nconstant __FreeBSD_version 16
constant N 1\nerror driver.c:1:1 no i\nfield s.f long
function f int (int, char, long)\nfunction h_1 int (void)\noffsetof s.f 16
type m_t int (long)' 'struct s s; i(f(C, s.f)); h_##x(); DEVMETHOD(m, my_m);' \
	    -s exit:1 -o inline:'FreeBSD 15.0 (15, recorded) and FreeBSD 16.0 (16):
does not compile: driver.c:1:1: no i [arm64]
gone: i: function int (int) [arm64; driver.c]
other signature: f: type ..., char *, ..., now ..., char, ... [arm64; driver.c]
other signature: h_1: type int (int), now int (void) [arm64; driver.c]
other signature: m_t: type int (int), now int (long) [arm64; driver.c]
other signature: s.f: type int, now long; offset 8, now 16 [arm64; driver.c]
other value: C: value 1, now 2 [arm64; driver.c]
gone: B: constant 1 [arm64; test kernel only]
gone: g: function int (int) [arm64; test kernel only]
8 names differ, 6 of them used by the sources; compile errors: 1
'
}

says_changes_in_one_screen_head()
{
	atf_set descr "Of many changes, the first are shown"
}
says_changes_in_one_screen_body()
{
	old=$(seq -f 'constant C_%g 1' 100)
	changes "$old" 'constant C 1' '' -s exit:1 -o save:out
	atf_check -o inline:'63\n' sh -c 'wc -l <out'
	atf_check -o match:'^[.]* and 40 more' -o match:'^100 names' tail -n 2 out
}

atf_init_test_cases()
{
	atf_add_test_case headers_agree
	atf_add_test_case records_what_differs
	atf_add_test_case names_each_change
	atf_add_test_case says_what_does_not_compile
	atf_add_test_case wants_a_record
	atf_add_test_case compares_macros_with_functions
	atf_add_test_case allows_what_is_listed
	atf_add_test_case says_what_another_tree_changes
	atf_add_test_case wants_a_tree_for_changes
	atf_add_test_case sorts_changes
	atf_add_test_case says_changes_in_one_screen
}
