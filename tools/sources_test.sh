#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The lists of sources: what sources.sh reads in them, and that an existing
# build notices what is new in them.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"
. "$KPI_ROOT/tests/copy.sh"

# A layer and two drivers.  The second's crate uses the first's.
small_project()
{
	mkdir -p tools conf common drivers/one drivers/two
	cp "$KPI_ROOT/tools/env.sh" "$KPI_ROOT/tools/sources.sh" tools
	printf '%s\n' '# Comment' drivers/one drivers/two >conf/drivers
	printf '%s\n' 'device kpi' 'c kpi_a.c' 'c kpi_b.c virtio' >common/sources
	printf '%s\n' 'device one' 'c one.c' 'crate one' >drivers/one/sources
	printf '%s\n' '# Comment' 'device two virtio' 'c two.c' 'c three.c fdt' \
	    'crate two one' 'names two TOO' >drivers/two/sources
}

# $1: arguments of sources.sh; $2: its answer.
answers()
{
	# shellcheck disable=SC2086 # words
	atf_check -o inline:"$2" sh tools/sources.sh $1
}

atf_test_case lists_are_read
lists_are_read_head()
{
	atf_set descr "sources.sh prints what the lists say"
}
lists_are_read_body()
{
	small_project
	answers c 'drivers/one/one.c\ndrivers/two/two.c\ndrivers/two/three.c\n'
	answers 'c drivers/one' 'drivers/one/one.c\n'
	answers crates 'drivers/one one\ndrivers/two two one\n'
	answers 'names drivers/two' 'two TOO\n'
}

atf_test_case crates_come_after_those_they_use
crates_come_after_those_they_use_head()
{
	atf_set descr "crates are in the order of conf/drivers, others last"
}
crates_come_after_those_they_use_body()
{
	small_project
	mkdir other
	echo 'crate other' >other/sources
	answers 'crates other drivers/two drivers/one' \
	    'drivers/one one\ndrivers/two two one\nother other\n'
}

atf_test_case the_layer_is_what_drivers_ask_for
the_layer_is_what_drivers_ask_for_head()
{
	atf_set descr "a module has the files of the layer that its drivers need"
}
the_layer_is_what_drivers_ask_for_body()
{
	small_project
	answers 'layer drivers/one' 'common/kpi_a.c\n'
	answers 'layer drivers/one drivers/two' 'common/kpi_a.c\ncommon/kpi_b.c\n'
}

atf_test_case a_kernel_compiles_what_its_config_asks_for
a_kernel_compiles_what_its_config_asks_for_head()
{
	atf_set descr "each file has its options in config(8)'s list"
}
a_kernel_compiles_what_its_config_asks_for_body()
{
	small_project
	# shellcheck disable=SC2016 # make's variable
	printf '${KPI}/%s local \\\n' 'common/kpi_a.c optional kpi' \
	    'common/kpi_b.c optional kpi virtio' \
	    'drivers/one/one.c optional kpi one' \
	    'drivers/two/two.c optional kpi two virtio' \
	    'drivers/two/three.c optional kpi two virtio fdt' >expected
	sh tools/sources.sh kernel | grep '\.c optional' >said ||
	    atf_fail "no files for a kernel"
	atf_check diff expected said
}

atf_test_case what_is_wrong_is_said
what_is_wrong_is_said_head()
{
	atf_set descr "a word that it does not know, and a folder without a list"
}
what_is_wrong_is_said_body()
{
	small_project
	atf_check -s exit:2 -e match:'usage: sources.sh c' sh tools/sources.sh
	atf_check -s exit:2 -e match:'usage: sources.sh c' sh tools/sources.sh d
	rm drivers/two/sources
	atf_check -s exit:1 -e match:'drivers/two has no list of its sources' \
	    sh tools/sources.sh c
}

# Copies the project, with one small driver.
copy_project()
{
	copy_sources project
	cd project || exit 1
	echo examples/hello >conf/drivers
	# The crate's tests use a driver that this project does not have.
	rm kpi/tests/lib.rs
	CORE_DIR=$KPI_ROOT/out/rust
	export CORE_DIR
	unset MODE SAN
}

# Builds everything of the drivers, and nothing else of the test kernel.
build_drivers()
{
	atf_check -o ignore -e ignore \
	    sh tools/build.sh kpi/drivers.o tests/libdrivers.a
}

# $1: file of the build.  Prints its symbols.
symbols()
{
	"${LLVM:-/usr/lib/llvm-19/bin}/llvm-nm" "out/build/$1" ||
	    atf_fail "$1 cannot be read"
}

# $1: C file that was added.
compiled()
{
	symbols tests/libdrivers.a | grep -q "$1.c.o:" || atf_fail "no $1.c"
}

atf_test_case editors_get_every_crate_and_what_it_uses
editors_get_every_crate_and_what_it_uses_head()
{
	atf_set descr "rust-project.json has the lists' crates, for rust-analyzer"
}
editors_get_every_crate_and_what_it_uses_body()
{
	small_project
	sh tools/sources.sh crates >list
	printf '%s\n' '#!/bin/sh' 'echo /usr' >rustc
	chmod +x rustc
	/usr/bin/python3 "$KPI_ROOT/tools/rust_project.py" ./rustc build/kpi \
	    <list >project || atf_fail "no project"
	cat >show.py <<-'END'
	import json, os
	project = json.load(open("project"))
	for c in project["crates"]:
	    print(c["display_name"], *(d["name"] for d in c["deps"]))
	    assert all(project["crates"][d["crate"]]["display_name"] ==
	               d["name"] for d in c["deps"])
	    (name, path), = c["env"].items()
	    print(name, os.path.relpath(path))
	END
	atf_check -o inline:'kpi
KPI_BINDINGS build/kpi/kpi_bindings.rs
one kpi
ONE_BINDINGS build/kpi/one_bindings.rs
two kpi one
TWO_BINDINGS build/kpi/two_bindings.rs
' /usr/bin/python3 show.py
}

atf_test_case a_new_driver_is_built
a_new_driver_is_built_head()
{
	atf_set descr "in a build that is there, a new driver's C, Rust and test"
	atf_set timeout 600
}
a_new_driver_is_built_body()
{
	copy_project
	build_drivers
	symbols kpi/drivers.o >before
	atf_check -s exit:1 grep demo before

	atf_check -o ignore tools/new-driver demo --lang rust
	build_drivers
	compiled demo
	atf_check -o ignore grep '"demo_test"' out/build/tests/Kyuafile
	atf_check -o ignore ninja -C out/build \
	    tests/demo_test.p/.._drivers_demo_tests_demo_test.c.o
	# The symbols that C needs from Rust exist.
	symbols kpi/drivers.o >after
	symbols tests/libdrivers.a | sed -n 's/.* U \(demo_.*\)/\1/p' >wanted
	atf_check -o match:'^demo_get$' cat wanted
	while read -r name; do
		atf_check -o match:" [A-TV-Z] $name\$" cat after
	done <wanted

	echo 'c more.c' >>drivers/demo/sources
	echo 'int demo_more = 1;' >drivers/demo/more.c
	build_drivers
	compiled more
}

# $1: how often rustc has compiled timer_rust in all.
compiled_timer_rust()
{
	DRIVERS=examples/timer_rust sh tools/rust.sh host out ||
	    atf_fail "rust.sh failed"
	atf_check_equal "$1" "$(grep -c 'crate-name timer_rust ' calls)"
}

atf_test_case a_crate_is_compiled_once_for_each_content
a_crate_is_compiled_once_for_each_content_head()
{
	atf_set descr "what was compiled before is used, unless a source changes"
	atf_set timeout 600
}
a_crate_is_compiled_once_for_each_content_body()
{
	copy_project
	mkdir core
	cp -Rl "$CORE_DIR"/* core || cp -R "$CORE_DIR"/* core
	rustc=${RUSTC:-$(command -v /usr/bin/rustc || command -v rustc)}
	printf '%s\n' '#!/bin/sh' "echo \"\$*\" >>'$PWD/calls'" \
	    "exec $rustc \"\$@\"" >rustc
	chmod +x rustc
	: >calls
	export CORE_DIR="$PWD/core" RUSTC="$PWD/rustc"
	source=examples/timer_rust/rust/lib.rs
	sed -i 's/timer_rust history/timer_rust first/' $source
	compiled_timer_rust 1
	cp out/drivers.o first.o
	compiled_timer_rust 1
	atf_check cmp first.o out/drivers.o
	sed -i 's/timer_rust first/timer_rust other/' $source
	compiled_timer_rust 2
	atf_check -s not-exit:0 -o ignore cmp first.o out/drivers.o
	sed -i 's/timer_rust other/timer_rust first/' $source
	compiled_timer_rust 2
	atf_check cmp first.o out/drivers.o
	# A library that it uses counts, too.
	echo '/// Of no use.
	pub const UNUSED: u32 = 1;' >>kpi/src/errno.rs
	compiled_timer_rust 3
}

# $1: object.  Builds it, and prints which file it is.
build_object()
{
	atf_check -o ignore -e ignore sh tools/build.sh "$1"
	stat -c %i "out/build/$1" || atf_fail "$1 is not built"
}

atf_test_case another_compiler_builds_all_anew
another_compiler_builds_all_anew_head()
{
	atf_set descr "what another version of a compiler has made is not used"
	atf_set timeout 120
}
another_compiler_builds_all_anew_body()
{
	copy_project
	object=tests/kpi-play.p/run_check.c.o
	before=$(build_object "$object")
	atf_check_equal "$before" "$(build_object "$object")"
	{
		echo '#!/bin/sh'
		echo '[ "$*" != -Vv ] || { echo "rustc 1.99.0 (newer)"; exit; }'
		echo "exec '${RUSTC:-/usr/bin/rustc}' \"\$@\""
	} >newer
	chmod +x newer
	# The file's number would be used again.
	ln "out/build/$object" older
	after=$(RUSTC=$PWD/newer build_object "$object")
	[ "$before" != "$after" ] || atf_fail "the old object is still there"
	atf_check_equal "$after" "$(RUSTC=$PWD/newer build_object "$object")"
}

atf_init_test_cases()
{
	atf_add_test_case lists_are_read
	atf_add_test_case crates_come_after_those_they_use
	atf_add_test_case the_layer_is_what_drivers_ask_for
	atf_add_test_case a_kernel_compiles_what_its_config_asks_for
	atf_add_test_case what_is_wrong_is_said
	atf_add_test_case editors_get_every_crate_and_what_it_uses
	atf_add_test_case a_new_driver_is_built
	atf_add_test_case another_compiler_builds_all_anew
	atf_add_test_case a_crate_is_compiled_once_for_each_content
}
