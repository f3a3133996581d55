#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# kpi.kmod.mk, with a bsd.kmod.mk that builds one file and cleans it away.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# Make a module, and ./run-make for it.
set_up()
{
	mkdir mk module
	printf 'device\tmodule\n' >module/sources
	cat >mk/bsd.kmod.mk <<'END'
all: module.ko
module.ko:
	echo ${MACHINE_ARCH} >${.TARGET}
clean:
	rm -f module.ko ${CLEANFILES}
END
	: >mk/sys.mk
	echo ".include \"$KPI_ROOT/conf/kpi.kmod.mk\"" >module/Makefile
	cat >run-make <<-END
	#!/bin/sh
	exec env -u MAKEFLAGS bmake -r -m "$PWD/mk" -C "$PWD/module" "\$@"
	END
	chmod +x run-make
}

atf_test_case one_machine_a_folder
one_machine_a_folder_head()
{
	atf_set descr "objects of one machine are not taken for another's"
}
one_machine_a_folder_body()
{
	set_up
	atf_check -o ignore -e ignore ./run-make MACHINE_ARCH=amd64
	atf_check -o ignore -e ignore ./run-make MACHINE_ARCH=amd64
	atf_check -s not-exit:0 -o save:said -e save:said.err \
	    ./run-make MACHINE_ARCH=aarch64
	atf_check -o match:"has objects for amd64, not aarch64: *type make clean" \
	    cat said said.err
	atf_check -o inline:"amd64\n" cat module/module.ko
	atf_check -o ignore -e ignore ./run-make MACHINE_ARCH=aarch64 clean
	atf_check -o ignore -e ignore ./run-make MACHINE_ARCH=aarch64
	atf_check -o inline:"aarch64\n" cat module/module.ko
}

atf_test_case a_folder_for_each
a_folder_for_each_head()
{
	atf_set descr "with a folder for each, two machines do not meet"
}
a_folder_for_each_body()
{
	set_up
	for machine in amd64 aarch64 amd64; do
		mkdir -p "$machine"
		MAKEOBJDIR=$PWD/$machine
		export MAKEOBJDIR
		atf_check -o ignore -e ignore ./run-make MACHINE_ARCH=$machine
		atf_check -o inline:"$machine\n" cat "$machine/module.ko"
	done
	[ ! -e module/module.ko ] || atf_fail "built in the sources' folder"
}

atf_init_test_cases()
{
	atf_add_test_case one_machine_a_folder
	atf_add_test_case a_folder_for_each
}
