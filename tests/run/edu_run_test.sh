#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The look at the edu device's registers from end to end.

. "$KPI_ROOT/tests/atf.sh"

# kpi-edu is built beside this program, unless KPI_EDU names it.
edu()
{
	echo "${KPI_EDU:-$(atf_get_srcdir)/kpi-edu}"
}

# $1: driver; $2: model.  The results are right, and the accesses are shown.
check_works()
{
	atf_check -o save:report "$(edu)" -d "$1" -m "$2"
	for line in "12 factorial: 479001600, right: yes" "bit-exact: yes" \
	    "interrupts: 3 .* one for each: yes" \
	    "read   identification         0x010000ed" \
	    "write  DMA command            0x00000007  run, to memory"; do
		grep -q -- "$line" report ||
		    atf_fail "no such line: $line; in: $(cat report)"
	done
}

# $1: name; $2: what it shows; $3, $4: as check_works.
add()
{
	eval "$1_head() { atf_set descr '$2'; }"
	eval "$1_body() { check_works $3 $4; }"
	atf_add_test_case "$1"
}

atf_test_case needs_qemu
needs_qemu_head()
{
	atf_set descr "both drivers work on QEMU's device"
	atf_set require.progs qemu-system-x86_64
}
needs_qemu_body()
{
	check_works edu qemu
	check_works edu_rust qemu
}

atf_test_case fails_if_the_driver_does
fails_if_the_driver_does_head()
{
	atf_set descr "the status is 1 if the driver does not attach"
}
fails_if_the_driver_does_body()
{
	KERN_FAULT=bus_setup_intr:1 atf_check -s exit:1 -o ignore -e ignore \
	    "$(edu)" -m sim
}

atf_test_case refuses_unknown_names
refuses_unknown_names_head()
{
	atf_set descr "a model or driver that is none is refused"
}
refuses_unknown_names_body()
{
	atf_check -s exit:2 -e match:usage "$(edu)" -m vhost
	atf_check -s exit:2 -e match:usage "$(edu)" -d edi
}

atf_init_test_cases()
{
	add c_works_on_the_model "the driver in C works on the model" edu sim
	add rust_works_on_the_model "the driver in Rust works on the model" \
	    edu_rust sim
	atf_add_test_case needs_qemu
	atf_add_test_case fails_if_the_driver_does
	atf_add_test_case refuses_unknown_names
}
