#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# make install and make uninstall, into a folder.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# A project with modules as a build for FreeBSD leaves them.
built_project()
{
	mkdir -p common drivers/virtio_snd drivers/apple tests/hw/apple
	cp -R "$KPI_ROOT/tools" "$KPI_ROOT/examples" "$KPI_ROOT/Makefile" .
	cp -R "$KPI_ROOT/common/man" common
	cp "$KPI_ROOT/drivers/virtio_snd/virtio_snd.4" drivers/virtio_snd
	cp -R "$KPI_ROOT/drivers/apple" drivers
	cp "$KPI_ROOT/tests/hw/Kyuafile" tests/hw
	cp "$KPI_ROOT/tests/hw/apple/Kyuafile" tests/hw/apple
	echo module >drivers/virtio_snd/virtio_snd.ko
	# Variables of the make that runs this test must not reach the make of
	# the cases.
	unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR PREFIX KMODDIR
}

atf_test_case install_puts_each_file_in_its_place
install_puts_each_file_in_its_place_head()
{
	atf_set descr "modules, pages and examples are where FreeBSD looks"
}
install_puts_each_file_in_its_place_body()
{
	built_project
	for page in common/man/*.9 drivers/apple/*/*.9; do
		basename "$page"
	done | sort >pages
	atf_check -o ignore make -s install DESTDIR="$PWD/to"
	atf_check -o inline:'module\n' cat to/boot/modules/virtio_snd.ko
	cd to/usr/local/share || atf_fail "no share"
	atf_check -o inline:'apple_mbox.4\napple_rtkit.4\napple_rtkit_helper.4\napple_sart.4\napple_smc.4
apple_spmi.4
virtio_snd.4\n' ls man/man4
	atf_check -o file:../../../../pages ls man/man9
	atf_check -o inline:'apple_rtkit.conf\napple_smc.conf\nvirtio_snd.conf\n' \
	    ls examples/kpi-drivers/devd
	atf_check -o inline:'apple_mbox.d\napple_rtkit.d\napple_smc.d
virtio_snd.d\n' \
	    ls examples/kpi-drivers/dtrace
	atf_check mandoc -T lint -W warning man/man4/*.4 man/man9/*.9
}

atf_test_case install_says_what_is_not_built
install_says_what_is_not_built_head()
{
	atf_set descr "a module that was not built is named, and not installed"
}
install_says_what_is_not_built_body()
{
	built_project
	atf_check -o match:'not built, so not installed: drivers/apple/apple.ko' \
	    make -s install DESTDIR="$PWD/to"
	atf_check test ! -e to/boot/modules/apple.ko
}

atf_test_case uninstall_leaves_an_empty_tree
uninstall_leaves_an_empty_tree_head()
{
	atf_set descr "uninstall removes every file and folder of install's"
}
uninstall_leaves_an_empty_tree_body()
{
	built_project
	atf_check -o ignore make -s install DESTDIR="$PWD/to"
	atf_check make -s uninstall DESTDIR="$PWD/to"
	atf_check -o inline:'to\n' find to
}

atf_test_case uninstall_leaves_the_files_of_others
uninstall_leaves_the_files_of_others_head()
{
	atf_set descr "uninstall removes no file that install did not install"
}
uninstall_leaves_the_files_of_others_body()
{
	built_project
	atf_check -o ignore make -s install DESTDIR="$PWD/to"
	touch to/boot/modules/other.ko to/usr/local/share/man/man4/other.4
	atf_check make -s uninstall DESTDIR="$PWD/to"
	atf_check -o inline:'to/boot/modules/other.ko
to/usr/local/share/man/man4/other.4\n' sh -c 'find to -type f | sort'
}

atf_test_case uninstall_removes_the_projects_folders_alone
uninstall_removes_the_projects_folders_alone_head()
{
	atf_set descr "in the running system uninstall removes the project's folders"
}
uninstall_removes_the_projects_folders_alone_body()
{
	built_project
	for what in install uninstall; do
		atf_check -o ignore -e ignore make -s $what \
		    PREFIX="$PWD/prefix" KMODDIR="$PWD/modules"
	done
	atf_check -o inline:'modules
prefix/share/examples
prefix/share/man/man4
prefix/share/man/man9
prefix/tests\n' sh -c 'find modules prefix -empty | sort'
}

atf_test_case prefix_and_kmoddir_are_obeyed
prefix_and_kmoddir_are_obeyed_head()
{
	atf_set descr "PREFIX and KMODDIR say where things go"
}
prefix_and_kmoddir_are_obeyed_body()
{
	built_project
	atf_check -o ignore make -s install DESTDIR="$PWD/to" PREFIX=/opt \
	    KMODDIR=/boot/kernel
	atf_check test -f to/boot/kernel/virtio_snd.ko
	atf_check test -f to/opt/share/man/man4/virtio_snd.4
	atf_check make -s uninstall DESTDIR="$PWD/to" PREFIX=/opt \
	    KMODDIR=/boot/kernel
	atf_check -o inline:'to\n' find to
}

atf_test_case a_relative_destdir_is_refused
a_relative_destdir_is_refused_head()
{
	atf_set descr "DESTDIR must begin with /"
}
a_relative_destdir_is_refused_body()
{
	built_project
	atf_check -s exit:1 -e inline:'install.sh: DESTDIR is to: it must begin'\
' with /\n' env DESTDIR=to sh tools/install.sh install
	atf_check -s exit:2 -e match:usage sh tools/install.sh
}

atf_init_test_cases()
{
	atf_add_test_case install_puts_each_file_in_its_place
	atf_add_test_case install_says_what_is_not_built
	atf_add_test_case uninstall_leaves_an_empty_tree
	atf_add_test_case uninstall_leaves_the_files_of_others
	atf_add_test_case uninstall_removes_the_projects_folders_alone
	atf_add_test_case prefix_and_kmoddir_are_obeyed
	atf_add_test_case a_relative_destdir_is_refused
}
