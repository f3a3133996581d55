#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Run every checker over every source.  Continues after a finding, and fails at
# the end.

. "$(dirname "$0")/env.sh"
no_arguments "$@"
. "$root/tools/targets.sh"

failed=

# $1: what is checked; the rest: the command.
check()
{
	echo "lint: $1"
	shift
	"$@" || failed=yes
}

# Names of the project's files that match the patterns $@, one a line.
files()
{
	git ls-files -co --exclude-standard -- "$@" | while read -r f; do
		[ ! -f "$f" ] || echo "$f"
	done
}

# The C files of the host build, one a line.
built()
{
	sed -n 's|^ *"file": "\.\./\.\./\(.*\)",*$|\1|p' \
	    out/build/compile_commands.json | sort -u
}

# Also looks for features that the oldest sufficient compiler does not have.
clippy()
{
	echo "msrv = \"$rustc_least.0\"" >out/clippy.toml
	CLIPPY_CONF_DIR=out RUST_TOOL=clippy sh tools/rust.sh -t host out/lint
}

licences()
{
	reuse lint >out/lint-reuse.txt 2>&1 || {
		cat out/lint-reuse.txt
		return 1
	}
}

rustfmt()
{
	files '*.rs' | xargs "$RUSTFMT" --edition 2024 --check
}

# stdin: names of files; $@: more flags of clang-tidy.
tidy_files()
{
	xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 8 nice \
	    "$llvm/clang-tidy" -p out/build --quiet \
	    --config-file=conf/clang-tidy.yaml "$@" 2>out/lint-tidy.err || {
		grep 'error:' out/lint-tidy.err
		return 1
	}
}

tidy()
{
	status=0
	built | grep -v '_test\.c$' | tidy_files || status=1
	# Tests leak memory on purpose.
	built | grep '_test\.c$' |
	    tidy_files --checks=-clang-analyzer-unix.Malloc || status=1
	return $status
}

# The programs for FreeBSD's user land, except those that need its libc, or a
# kernel's own headers.
tidy_vm()
{
	# shellcheck disable=SC2046
	"$llvm/clang-tidy" --quiet --config-file=conf/clang-tidy.yaml \
	    $(files 'tests/vm/*.c' 'tests/hw/*.c' |
	    grep -v -e /hw_ -e /apple_model/ -e /bench/) -- \
	    --target=aarch64-unknown-freebsd15.0 -std=gnu17 -ffreestanding \
	    -nostdlibinc -isystem tests/kern/include -Itests/hw -Itests/vm \
	    -Iexamples \
	    2>out/lint-tidy-vm.err || {
		grep 'error:' out/lint-tidy-vm.err
		return 1
	}
}

# The programs for the host and for Linux, and both forms of the plugin's
# interface.
tidy_vmbench()
{
	for api in 4 7; do
		# shellcheck disable=SC2046
		"$llvm/clang-tidy" --quiet \
		    --config-file=conf/clang-tidy.yaml \
		    $(files 'tests/vm/bench/*.c') -- -std=gnu17 \
		    -DPLUGIN_API=$api 2>out/lint-tidy-vmbench.err || {
			grep 'error:' out/lint-tidy-vmbench.err
			return 1
		}
	done
}

cppcheck_c()
{
	# Tests break rules on purpose.
	built | grep -v '_test\.c$' >out/lint-files
	nice cppcheck --quiet --error-exitcode=1 --inline-suppr \
	    --suppressions-list=conf/cppcheck.txt \
	    --enable=warning,performance,portability --std=c11 \
	    -j "$(getconf _NPROCESSORS_ONLN)" -D_KERNEL -DINVARIANTS -D__LP64__=1 \
	    -Itests/kern/include -Iout/build/tests/kern/include -Itests/kern \
	    -Itests/models -Itests/rigs -Icommon -Idrivers \
	    --file-list=out/lint-files
}

manuals()
{
	# new_driver_test checks what becomes of the templates.
	pages=$(files '*.4' '*.9' | grep -v '^tools/template/')
	# shellcheck disable=SC2086
	[ -z "$pages" ] || mandoc -T lint -W warning $pages
}

kernel_files()
{
	sh tools/sources.sh kernel | diff conf/files.kpi - && return
	echo "conf/files.kpi is old: type make files"
	return 1
}

scripts()
{
	# shellcheck disable=SC2046
	shellcheck -x -s sh -e SC1091,SC2034,SC2154 \
	    $(files 'tools/*.sh' '*/*.sh' tools/new-driver) &&
	    shellcheck .ci/run
}

mkdir -p out
sh tools/build.sh
check "clippy" clippy
check "rustfmt" rustfmt
check "house rules" /usr/bin/python3 tools/house_rules.py
check "licences" licences
check "safety ledger" /usr/bin/python3 -B tools/ledger.py
check "config(8)'s list of files" kernel_files
check "shellcheck" scripts
check "manual pages" manuals
check "cppcheck" cppcheck_c
check "clang-tidy" tidy
check "clang-tidy, FreeBSD's user land" tidy_vm
check "clang-tidy, make vmtest BENCH=1" tidy_vmbench

[ -z "$failed" ] || die "there are complaints above"
echo "lint: no complaints"
