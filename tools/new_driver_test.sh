#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# new-driver: what it makes builds, runs, and obeys the rules of the project.
#
# KPI_ROOT is the project's folder, KPI_BUILD that of its build.

. "$KPI_ROOT/tests/atf.sh"
. "$KPI_ROOT/tests/copy.sh"

# "name bus language", a line each.  The names are as long as names may be.
drivers()
{
	cat <<-END
	none_c_drive none c
	none_rust_dr none rust
	vio_c_driver virtio c
	vio_rust_drv virtio rust
	fdt_c_driver fdt c
	fdt_rust_drv fdt rust
	pci_c_driver pci c
	pci_rust_drv pci rust
	END
}

# Makes a project whose only drivers are these, and makes them.
make_drivers()
{
	copy_sources project
	# The crate's tests use a driver that this project does not have.
	rm project/kpi/tests/lib.rs
	echo '# None.' >project/conf/drivers
	drivers >list
	while read -r name bus lang; do
		atf_check -o match:"drivers/$name is a driver" \
		    project/tools/new-driver "$name" --bus "$bus" \
		    --lang "$lang"
	done <list
}

# $1: driver.  Runs each case of its test program.
run_cases()
{
	program=out/build/tests/$1_test
	"$program" -l | sed -n 's/^ident: //p' >cases
	[ -s cases ] || atf_fail "$1_test has no case"
	while read -r case; do
		"$program" -r result "$case" >output 2>&1
		grep -q '^passed' result || atf_fail \
		    "$1_test:$case: $(cat result) $(tail -n 5 output)"
	done <cases
}

atf_test_case every_kind_builds_and_passes_its_test
every_kind_builds_and_passes_its_test_head()
{
	atf_set descr "drivers for each bus, in each language"
	atf_set timeout 1800
}
every_kind_builds_and_passes_its_test_body()
{
	make_drivers
	copy_build project
	cd project || exit 1
	CORE_DIR=$KPI_ROOT/out/rust
	export CORE_DIR
	unset MODE SAN
	# shellcheck disable=SC2046 # a list of programs
	atf_check -o ignore -e ignore env -u MAKEFLAGS -u MAKELEVEL \
	    sh tools/build.sh $(sed 's|^\([^ ]*\).*|tests/\1_test|' ../list)
	while read -r name bus lang; do
		run_cases "$name"
	done <../list
}

atf_test_case every_kind_obeys_the_rules
every_kind_obeys_the_rules_head()
{
	atf_set descr "house rules, formatting, manual pages, the ledger, facts"
	atf_set timeout 900
}
every_kind_obeys_the_rules_body()
{
	copy_sources plain
	make_repository plain
	(cd plain && /usr/bin/python3 -B tools/ledger.py | sort >../before)
	copy_sources project
	drivers >list
	while read -r name bus lang; do
		atf_check -o ignore project/tools/new-driver "$name" \
		    --bus "$bus" --lang "$lang"
	done <list
	cd project || exit 1
	make_repository .
	# The copy lacks files that documents name; a driver's must not.
	/usr/bin/python3 tools/house_rules.py >rules.out
	atf_check -s exit:1 grep '^drivers/' rules.out
	atf_check -o save:after.out -s ignore /usr/bin/python3 -B tools/ledger.py
	atf_check sh -c 'sort after.out | comm -13 ../before -'
	atf_check "${RUSTFMT:-/usr/bin/rustfmt}" --check --edition 2024 \
	    drivers/*/rust/lib.rs
	atf_check mandoc -T lint -W warning drivers/*/*.4
	atf_check -o file:conf/files.kpi sh tools/sources.sh kernel
	atf_check -o match:'0 wrong' env FACTS_KEPT="$KPI_ROOT/out/facts" \
	    sh tools/facts.sh
}

# $1: what is said; the rest: arguments.  Nothing is written.
refuses()
{
	said=$1
	shift
	atf_check -s not-exit:0 -e match:"$said" project/tools/new-driver "$@"
	[ -z "$(cd project && git status --porcelain)" ] ||
	    atf_fail "new-driver $*: something was written"
}

atf_test_case what_is_wrong_is_said
what_is_wrong_is_said_head()
{
	atf_set descr "a bad name, bus or language: one line, and nothing else"
}
what_is_wrong_is_said_body()
{
	copy_sources project
	make_repository project
	(cd project && git -c user.name=t -c user.email=t@example.org \
	    commit -qm t) || atf_fail "no commit"
	refuses '^usage: new-driver NAME'
	refuses '^usage: new-driver NAME' one two
	refuses '^usage: new-driver NAME' one --bus
	refuses '^usage: new-driver NAME' one --bas pci
	refuses '^new-driver: drivers/virtio_snd exists$' virtio_snd
	refuses '^new-driver: apple_smc: drivers/apple/smc has this name' \
	    apple_smc
	refuses '^new-driver: 2demo: a name has small letters' 2demo
	refuses '^new-driver: de-mo: a name has small letters' de-mo
	refuses '^new-driver: Demo: a name has small letters' Demo
	refuses '^new-driver: int: a word of C' int
	refuses '^new-driver: a234567890123: longer than 12' a234567890123
	refuses '^new-driver: ofw: there is a test ofw_test' ofw
	refuses '^new-driver: unknown bus usb: pci, virtio' demo --bus usb
	refuses '^new-driver: unknown language go: c or rust$' demo --lang=go
}

atf_init_test_cases()
{
	atf_add_test_case every_kind_builds_and_passes_its_test
	atf_add_test_case every_kind_obeys_the_rules
	atf_add_test_case what_is_wrong_is_said
}
