#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Run each fuzz target of tests/fuzz for TIME seconds (default 60), with the
# address and undefined-behaviour sanitizers.
#
# TARGETS=name (any number) runs those alone.  A target starts from its corpus
# in tests/fuzz/corpus, and from what earlier runs left in out/fuzz/NAME/corpus,
# with the words of tests/fuzz/NAME.dict.  Prints a line per target, with
# executions, coverage (edges of the program's control flow) and crashes.  An
# input that found a fault is in out/fuzz/NAME, and the next line says how to
# run it again.  With KEEP=yes, a run that found no fault adds to
# tests/fuzz/corpus the inputs that reach edges which the corpus does not: the
# smallest of those that reach the same edges.  Rows go to out/fuzz.json.
# Status 0 only if no fault was found.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

TIME=${TIME:-60}
dir=out/build-fuzz
rows=out/fuzz.rows

mkdir -p out/fuzz
all=$(sed -n "s/^  '\(fuzz_[a-z_]*\)': .*/\1/p" tests/fuzz/meson.build |
    sort -u | paste -sd ' ' -)
targets=${TARGETS:-$all}
for t in $targets; do
	case " $all " in
	*" $t "*) ;;
	*) die "there is no fuzz target $t: one of $all" ;;
	esac
	programs="${programs-} tests/fuzz/$t"
done
# shellcheck disable=SC2086 # a list
SAN=fuzz sh tools/build.sh $programs

options=abort_on_error=0:exitcode=66:print_stacktrace=1
# Each execution starts and ends a dozen threads, and allocates and frees
# thousands of times.  The stacks of allocations are left out here: a program that
# runs a found input again shows them.  malloc(9) fills memory by itself.
options=$options:detect_stack_use_after_return=0:quarantine_size_mb=4
options=$options:malloc_context_size=1:max_malloc_fill_size=0
export ASAN_OPTIONS="$options:detect_leaks=1" UBSAN_OPTIONS="$options"
export ASAN_SYMBOLIZER_PATH="$llvm/llvm-symbolizer"
export LSAN_OPTIONS=exitcode=66

# $1: target.  Runs it; its output is left in out/fuzz/TARGET/log.
fuzz()
{
	work=out/fuzz/$1
	program=$dir/tests/fuzz/$1
	corpus=tests/fuzz/corpus/$1
	dict=tests/fuzz/$1.dict
	# A target that boots a kernel says in a few bytes what that kernel
	# does.
	case $1 in
	fuzz_apple|fuzz_smc|fuzz_virtio_snd)	max_len=512 ;;
	*)					max_len=4096 ;;
	esac
	mkdir -p "$work/corpus" "$corpus"
	set -- "$work/corpus" "$corpus"
	[ ! -f "$dict" ] || set -- -dict="$dict" "$@"
	nice "$program" -max_total_time="$TIME" -timeout=60 \
	    -rss_limit_mb=4096 -max_len="$max_len" -len_control=0 \
	    -print_final_stats=1 \
	    -artifact_prefix="$work/" "$@" >"$work/log" 2>&1
}

# $1: target.
keep()
{
	"$dir/tests/fuzz/$1" -merge=1 -use_counters=0 "tests/fuzz/corpus/$1" \
	    "out/fuzz/$1/corpus" >"out/fuzz/$1/merge.log" 2>&1 ||
	    die "cannot merge: see out/fuzz/$1/merge.log"
}

# $1: target; $2: crashes.  One line, one row.
report()
{
	awk -v target="$1" -v crashes="$2" -v rows="$rows" '
	/stat::number_of_executed_units/ { runs = $2 }
	/stat::average_exec_per_sec/ { rate = $2 }
	{ for (i = 1; i < NF; i++) if ($i == "cov:") edges = $(i + 1) }
	/^#[0-9]/ { if (!runs) { n = substr($1, 2); last = n } }
	END {
		if (!runs) runs = last + 0
		printf "%-18s %9d executions %7d a second %6d edges %d crashes\n",
		    target, runs, rate, edges, crashes
		printf "{\"suite\": \"fuzz\", \"case\": \"%s\", \"executions\": " \
		    "%d, \"edges\": %d, \"crashes\": %d}\n", target, runs,
		    edges, crashes >>rows
	}' "out/fuzz/$1/log"
}

found=0
: >"$rows"
for t in $targets; do
	echo "$t: $TIME s"
	crashes=0
	fuzz "$t" || crashes=1
	report "$t" "$crashes"
	[ "$crashes" = 0 ] || {
		found=$((found + 1))
		grep -E '^(fuzz: |panic: |tk: |ERROR|SUMMARY|.*runtime error)' \
		    "out/fuzz/$t/log" | head -5 || true
		input=$(sed -n 's/.*Test unit written to //p' \
		    "out/fuzz/$t/log" | tail -1)
		echo "again: $dir/tests/fuzz/$t ${input:-(see out/fuzz/$t/log)}"
		continue
	}
	[ -z "${KEEP-}" ] || keep "$t"
done
{
	echo '['
	sed '$!s/$/,/' "$rows"
	echo ']'
} >out/fuzz.json
rm -f "$rows"
[ "$found" = 0 ] || die "$found targets found something"
