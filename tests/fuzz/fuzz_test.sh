#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Run the inputs that are kept for each fuzz target: those that a search begins
# with, and those that once found a fault.

. "$KPI_ROOT/tests/atf.sh"

# $1: target; $2: description of its inputs.
corpus_case()
{
	atf_test_case "$1"
	eval "$1_head() { atf_set descr '$2'; }"
	eval "$1_body() { replay $1; }"
	cases="${cases-} $1"
}

# The same, with Apple's interrupt controller and with a GIC.
apple_case()
{
	corpus_case "$1" "$2"
	atf_test_case "$1_on_gic"
	eval "$1_on_gic_head() { atf_set descr '$2, on a GIC'; }"
	eval "$1_on_gic_body() { KERN_PIC=gic; export KERN_PIC; replay $1; }"
	cases="$cases $1_on_gic"
}

# $1: target.
replay()
{
	corpus=${KPI_ROOT:?}/tests/fuzz/corpus/$1
	[ -n "$(ls "$corpus")" ] || atf_fail "no inputs in $corpus"
	atf_check -s exit:0 -o match:'^[1-9][0-9]* inputs$' -e ignore \
	    "${KPI_BUILD:?}/tests/fuzz/$1" "$corpus"
}

apple_case fuzz_apple "what a coprocessor says"
corpus_case fuzz_audio "audio files for make run"
corpus_case fuzz_crashlog "crash logs"
apple_case fuzz_fdt "device trees"
apple_case fuzz_smc "what the SMC says"
corpus_case fuzz_virtio_snd "what a sound device says"

atf_init_test_cases()
{
	for c in $cases; do
		atf_add_test_case "$c"
	done
}
