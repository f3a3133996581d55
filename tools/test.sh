#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Build, run every test program under kyua(1), and count.
#
# The tests run three times: in the test kernel as FreeBSD 15 is with INVARIANTS
# and WITNESS, as it is in a release, and as FreeBSD 16 is with INVARIANTS and
# WITNESS.  MODE (debug or release) and FREEBSD (15 or 16) choose one kernel; if
# only one of the two is given, the other is debug or 15.  TESTS=program or
# program:case (any number) runs only those, and builds no more than they need;
# NAME stands for NAME_test.  SAN is as in build.sh, and stands for the debug
# kernel of 15 unless one is chosen.  Ends with "N passed, N failed".  Before
# that, each failed case is shown with its output; after that, each name in TESTS
# that no program or case has in any of these kernels.  Everything is kept:
# results.db for kyua(1), pages for a browser.  Status 0 only if nothing failed
# and each name has a case.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

# $1: passed; $2: failed; $3: skipped.  True if the tests passed.
tell()
{
	skips=
	[ "$3" = 0 ] || skips=", $3 skipped"
	echo "$1 passed, $2 failed$skips"
	[ "$2" = 0 ] && [ "$1" != 0 ]
}

# $1: program.  True if the build has it.
is_program()
{
	grep -q "{name=\"$1\"}" "$dir/tests/Kyuafile"
}

# $1: a name in TESTS that no program or case has.  Says so, with names like it.
say_unknown()
{
	program=${1%%:*}
	if is_program "$program"; then
		names=$(KPI_ROOT="$root" "$dir/tests/$program" -l |
		    sed -n "s/^ident: //p")
		list="KPI_ROOT=\$PWD $dir/tests/$program -l lists its cases"
	else
		names=$(sed -n 's/.*{name="\(.*\)"}.*/\1/p' \
		    "$dir/tests/Kyuafile")
		list="the programs are in $dir/tests/Kyuafile"
	fi
	# shellcheck disable=SC2086 # names
	near=$(/usr/bin/python3 -c 'import difflib, sys
stems = [name.removesuffix("_test") for name in sys.argv[2:]]
print(*difflib.get_close_matches(sys.argv[1].removesuffix("_test"), stems))' \
	    "${1#*:}" $names)
	[ -z "$near" ] || list="near it: $near"
	echo "${0##*/}: no program or case is named $1; $list" >&2
}

# Reads names that no program or case has.  False if there are any.
none_unknown()
{
	known=0
	while read -r name; do
		say_unknown "$name"
		known=1
	done
	return $known
}

# Runs the tests in all three kernels.
all_kernels()
{
	passed=0 failed=0 skipped=0
	unknown=
	export PART_OF_ALL=yes
	for kernel in 15-debug 15-release 16-debug; do
		export FREEBSD="${kernel%-*}" MODE="${kernel#*-}"
		echo "the $MODE kernel of FreeBSD $FREEBSD:"
		counts=$(build_dir)/counts
		rm -f "$counts"
		# A kernel that has none of the cases in TESTS has no result of
		# its own.
		sh tools/test.sh || [ -f "$counts" ] ||
		    die "the tests of kernel $kernel could not be run"
		read -r p f s <"$counts"
		unknown="$unknown $(build_dir)/unknown"
		passed=$((passed + p))
		failed=$((failed + f))
		skipped=$((skipped + s))
	done
	echo "all kernels:"
	status=0
	tell "$passed" "$failed" "$skipped" || status=1
	# A case may exist in one of the kernels alone.  The debug kernel of 15
	# has the most programs.
	FREEBSD=15 MODE=debug
	dir=$(build_dir)
	# shellcheck disable=SC2086 # a list of files
	sort $unknown | uniq -c | awk '$1 == 3 { print $2 }' >"$dir/unknown.all"
	none_unknown <"$dir/unknown.all" || status=1
	return $status
}

if [ "${SAN:-0}" = 0 ] && [ -z "${MODE-}${FREEBSD-}" ]; then
	all_kernels
	exit
fi
dir=$(build_dir)

# Prints TESTS, with the names of programs in full.
full_names()
{
	for test in ${TESTS:-}; do
		program=${test%%:*}
		if ! is_program "$program" && is_program "${program}_test"; then
			test=${program}_test${test#"$program"}
		fi
		echo "$test"
	done
}

# Prints what TESTS needs of the build: programs; nothing if that is all of it.
# A script may run any program.
needed()
{
	for test in $TESTS; do
		ninja -C "$dir" -t query "tests/${test%%:*}" 2>/dev/null |
		    grep -q 'input: .*_LINKER' || return 0
	done
	for test in $TESTS; do
		echo "tests/${test%%:*}"
	done
}

sh tools/build.sh build.ninja
TESTS=$(full_names)
programs=$(needed)
# shellcheck disable=SC2086 # a list of programs
sh tools/build.sh $programs
kyuafile=$dir/tests/Kyuafile
if [ -n "$programs" ]; then
	# kyua(1) wants every program that the file names.
	for program in $programs; do
		grep "{name=\"${program#tests/}\"}" "$kyuafile"
	done | sort -u >"$kyuafile.names"
	grep -v '^atf_test_program' "$kyuafile" | cat - "$kyuafile.names" \
	    >"$kyuafile.some"
	kyuafile=$kyuafile.some
fi

# One run at a time, because it writes its results to the build's folder.
exec 8>"$dir/test.lock"
flock -n 8 || {
	echo "waiting for another run of the tests"
	flock 8
}

# A sanitizer's report ends the program, so the case fails.
options=halt_on_error=1:abort_on_error=0:exitcode=66:print_stacktrace=1
export ASAN_OPTIONS="$options:detect_leaks=1:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="$options"
# The test kernel stops a program from its signal handler, with threads running.
export TSAN_OPTIONS="$options:report_thread_leaks=0:report_signal_unsafe=0"
TSAN_OPTIONS="$TSAN_OPTIONS:suppressions=$root/tests/tsan.supp"
export LSAN_OPTIONS=exitcode=66
symbolizer=$llvm/llvm-symbolizer
export ASAN_SYMBOLIZER_PATH="$symbolizer" TSAN_SYMBOLIZER_PATH="$symbolizer"
# Tests find the project's files by these variables.
export KPI_ROOT="$root" KPI_BUILD="$root/$dir"

# kyua(1) gives each case a home of its own.  There matplotlib would list the
# fonts again, which takes seconds and prints a line.
export MPLCONFIGDIR="$root/$dir/matplotlib"
[ -d "$MPLCONFIGDIR" ] ||
    /usr/bin/python3 -c 'import matplotlib.font_manager' 2>/dev/null || true

results=$dir/results.db
rm -f "$results"
# Some cases wait for devices that keep real time, and leave a CPU idle.
jobs=${JOBS:-$(($(getconf _NPROCESSORS_ONLN) + 2))}

# If a person watches, one line that is overwritten; otherwise one line per
# program.
watched && live=1 || live=0
# shellcheck disable=SC2016
progress='
function tell()
{
	if (!live && program != "")
		printf "  %-28s %d\n", program, cases
}
/ ->  / {
	split($1, name, ":")
	total++
	if (live) {
		printf "\r\033[K%d  %s", total, $1
	} else if (!(name[1] in count)) {
		order[++programs] = name[1]
	}
	count[name[1]]++
	if ($0 !~ /->  (passed|skipped|expected_failure)/) {
		if (live)
			printf "\r\033[K"
		print "FAILED " $1
	}
	fflush()
}
END {
	if (live)
		printf "\r\033[K"
	for (i = 1; i <= programs; i++)
		printf "  %-32s %4d cases\n", order[i], count[order[i]]
}'

# A case that stops on purpose leaves no core behind.
# shellcheck disable=SC3045 # every shell here has it
ulimit -c 0
# shellcheck disable=SC2086
nice kyua --loglevel=error --logfile="$dir/kyua.log" \
    -v parallelism="$jobs" -v test_suites.kpi-drivers.root="$root" \
    test --kyuafile="$kyuafile" --results-file="$results" \
    ${TESTS:-} 2>"$dir/kyua.err" 8>&- | awk -v live="$live" "$progress" || true
[ -f "$results" ] || {
	cat "$dir/kyua.err" >&2
	die "kyua could not run the tests"
}

kyua report --results-file="$results" --verbose \
    --results-filter=broken,failed >"$dir/failures.txt" 2>>"$dir/kyua.err"
rm -rf "$dir/html"
kyua report-html --results-file="$results" --output="$dir/html" \
    >/dev/null 2>&1 || true

# "Test cases: T total, S skipped, X expected failures, B broken, F failed"
# shellcheck disable=SC2046
set -- $(sed -n 's/^Test cases: //p' "$dir/failures.txt" | tr -cd '0-9 ')
[ $# = 5 ] || {
	cat "$dir/kyua.err" >&2
	die "kyua gave no result"
}
total=$1 skipped=$2 failed=$(($4 + $5))
passed=$((total - skipped - failed))

# Each failed case with its output, without kyua's description of the case.
awk '
/^===> (Broken|Failed) tests/ { exit }
/^===> .*:/ { case_name = substr($0, 6); next }
case_name == "" { next }
/^Result: / {
	sub(/^Result: */, "")
	printf "\n%s: %s\n", case_name, $0
	quiet = 1
	next
}
/^Standard (output|error):/ { quiet = lines = 0; next }
!quiet && ++lines <= 200 { print "    " $0 }
' "$dir/failures.txt"

[ "$skipped" = 0 ] ||
	kyua report --results-file="$results" --results-filter=skipped |
	    sed -n 's/  *->  skipped/: skipped/p'
echo "results: $dir/html/index.html, kyua report --results-file=$results"
echo "$passed $failed $skipped" >"$dir/counts"
sed -n "s/.*No test cases matched by the filter '\(.*\)'.*/\1/p" \
    "$dir/kyua.err" | sort -u >"$dir/unknown"
status=0
tell "$passed" "$failed" "$skipped" || status=1
[ -n "${PART_OF_ALL-}" ] || none_unknown <"$dir/unknown" || status=1
exit $status
