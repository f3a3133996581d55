#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# What deps.sh installs on other kinds of machine, and what is printed about
# tools that are too old.  Scripts stand in for dpkg and apt.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# $1: program; standard input: the script that stands in for it.
fake()
{
	mkdir -p bin
	{
		echo '#!/bin/sh'
		cat
	} >"bin/$1"
	chmod +x "bin/$1"
}

# apt of Debian 12 with backports.  Package $1 of QEMU was installed from
# backports.
debian_12()
{
	fake dpkg-query <<-END
	echo "installed $1 1:10.0.2~bpo12+1"
	END
	fake apt-cache <<-END
	case \$2 in
	$1)	echo "  Candidate: 1:10.0.2~bpo12+1" ;;
	qemu-*)	echo "  Candidate: 1:7.2" ;;
	*)	echo "  Candidate: 9" ;;
	esac
	END
	fake apt-get <<-'END'
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	[ "$1" != indextargets ] || echo "$suite-backports"
	END
	echo 'echo 0' | fake id
	fake dpkg <<-'END'
	case $2 in
	1:7*)	exit 1 ;;
	esac
	END
}

# apt as debootstrap leaves it.  Its one suite has no Rust that is new enough.
# File $1 names that suite, as standard input says.
debian_without_security()
{
	cat >"$1"
	echo 'echo 0' | fake id
	echo : | fake dpkg-query
	fake apt-cache <<-'END'
	case $2 in
	rustc-web)	echo "  Candidate: 1.85" ;;
	*)		echo "  Candidate: 9" ;;
	esac
	END
	fake apt-get <<-END
	case "\$*" in
	*SOURCESENTRY*)
		echo "$suite main $PWD/$1:1 file:/mirror/debian/" ;;
	indextargets*)	echo "$suite" ;;
	esac
	END
	fake dpkg <<-'END'
	[ "$2" != 1.85 ]
	END
}

# The suite of the machine that the tests run on.
suite=$(. /etc/os-release && echo "${VERSION_CODENAME-}")

# $@: options of deps.sh.  Prints the commands that it would run.
dry_run()
{
	PATH=$PWD/bin:$PATH sh "$KPI_ROOT/tools/deps.sh" "$@" --dry-run \
	    >said 2>said.err || atf_fail "deps.sh failed"
}

atf_test_case one_suite_for_all_of_qemu
one_suite_for_all_of_qemu_head()
{
	atf_set descr "machines of QEMU come from the suite that the others did"
}
one_suite_for_all_of_qemu_body()
{
	debian_12 qemu-system-x86
	dry_run --vm
	atf_check -o match:"install -t [a-z]*-backports qemu-system-arm" \
	    grep "install.* qemu-system-arm" said
}

atf_test_case all_of_qemu_from_backports
all_of_qemu_from_backports_head()
{
	atf_set descr "a QEMU that is too old is not installed"
}
all_of_qemu_from_backports_body()
{
	debian_12 qemu-system-none
	dry_run
	atf_check -o match:"install -t [a-z]*-backports .*qemu-system-x86" \
	    grep "install.* qemu-system-x86" said
}

atf_test_case security_for_rust
security_for_rust_head()
{
	atf_set descr "a Rust that is too old has the security suite added"
}
security_for_rust_body()
{
	debian_without_security sources.list <<-END
	deb [trusted=yes] file:/mirror/debian $suite main contrib
	END
	dry_run
	atf_check -o ignore grep -Fx "deb [trusted=yes] \
file:/mirror/debian-security $suite-security main" said.err
	atf_check -o ignore grep "install.* rustc-web" said

	debian_without_security debian.sources <<-END
	Types: deb
	URIs: file:/mirror/debian
	Suites: $suite $suite-updates
	Components: main contrib
	Signed-By: /a.gpg
	END
	dry_run
	sed -n '/^Types/,/^Signed/p' said.err >entry
	cat >expected <<-END
	Types: deb
	URIs: file:/mirror/debian-security
	Suites: $suite-security
	Components: main
	Signed-By: /a.gpg
	END
	atf_check cmp expected entry
}

# Debian 13 with its QEMU, and a Rust of version $1 that is not the one of its
# security suite.  To install that, apt would remove this one.
debian_13_with_rust()
{
	fake dpkg-query <<-END
	echo "installed rustc $1+dfsg1-1"
	END
	fake apt-cache <<-'END'
	case $2 in
	rust-src|cargo|rust-clippy|rustfmt)
		echo "  Candidate: 1.85.1+dfsg1-1" ;;
	*)	echo "  Candidate: 1:99" ;;
	esac
	END
	fake apt-get <<-'END'
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	[ "$1" != indextargets ] || echo "$suite-backports"
	case "$*" in
	"-s "*rustc-web*)
		echo "Remv rustc [1.85.1+dfsg1-1]" ;;
	esac
	END
	echo 'echo 0' | fake id
}

atf_test_case rust_that_is_new_enough_stays
rust_that_is_new_enough_stays_head()
{
	atf_set descr "what goes with the Rust that is installed is added to it"
}
rust_that_is_new_enough_stays_body()
{
	debian_13_with_rust 1.97.1
	dry_run
	atf_check -o ignore grep \
	    -- "install -t [a-z]*-backports cargo rust-clippy rust-src rustfmt$" \
	    said
	atf_check -s exit:1 grep -e rustc-web -e ' rustc ' said
}

atf_test_case what_apt_would_remove_stays
what_apt_would_remove_stays_head()
{
	atf_set descr "nothing is removed, and the command that would is named"
}
what_apt_would_remove_stays_body()
{
	debian_13_with_rust 1.85.1
	atf_check -s exit:1 -o ignore -e save:err env PATH="$PWD/bin:$PATH" \
	    sh "$KPI_ROOT/tools/deps.sh" --dry-run
	atf_check -o match:"^deps.sh: apt would remove rustc; if you want that, \
type: apt-get install .*rustc-web" cat err
	[ "$(wc -l <err)" -eq 1 ] || atf_fail "not one line: $(cat err)"
}

# check_line VARIABLE LINE COMMAND ...: if a program is too old, the command
# prints this line and fails.
check_line()
{
	variable=$1
	line=$2
	shift 2
	atf_check -s exit:1 -o ignore -e save:err \
	    env "$variable=$PWD/bin/old" "$@"
	atf_check -o match:"$line" cat err
	[ "$(wc -l <err)" -eq 1 ] || atf_fail "not one line: $(cat err)"
}

atf_test_case old_tools
old_tools_head()
{
	atf_set descr "a compiler that is too old is named with its version"
}
old_tools_body()
{
	line="^kernel-rust.sh: rustc 1.63.0 is too old: 1.[0-9]+ or later"
	echo 'echo "rustc 1.63.0 (4b91a6ea7 2022-08-08)"' | fake old
	check_line RUSTC "$line" sh "$KPI_ROOT/tools/kernel-rust.sh" \
	    arm64 object drivers/apple cc
	check_line RUSTC "^deps.sh: rustc 1.63.0 is too old" \
	    sh "$KPI_ROOT/tools/deps.sh"
	line="^kernel-rust.sh: bindgen 0.60.1 is too old: 0.[0-9]+ or later"
	echo 'echo "bindgen 0.60.1"' | fake old
	check_line BINDGEN "$line" sh "$KPI_ROOT/tools/kernel-rust.sh" \
	    arm64 object drivers/apple cc
}

# $1: version of rustc.  Prints the flags that the crates are compiled with.
flags_with()
{
	echo "echo 'rustc $1 (4b91a6ea7 2026-08-08)'" | fake some_rustc
	RUSTC=$PWD/bin/some_rustc sh -c '. "$0" && . tools/targets.sh &&
	    rust_crate_flags host' "$KPI_ROOT/tools/env.sh"
}

atf_test_case new_tools
new_tools_head()
{
	atf_set descr "what a compiler warns of that nobody has tried is no error"
}
new_tools_body()
{
	for version in 1.95.0 1.96.1 1.99.1-nightly; do
		atf_check -o match:'-D warnings' echo "$(flags_with $version)"
	done
	for version in 1.999.0 2.0.0; do
		atf_check -o not-match:'-D warnings' \
		    echo "$(flags_with $version)"
	done
}

atf_test_case only_pictures_need_graphviz
only_pictures_need_graphviz_head()
{
	atf_set descr "what make docs draws with is installed for make docs"
}
only_pictures_need_graphviz_body()
{
	debian_12 qemu-system-x86
	dry_run --docs
	atf_check -o ignore grep "install .*graphviz" said
	dry_run
	atf_check -s exit:1 grep graphviz said
}

atf_test_case packages_of_freebsd
packages_of_freebsd_head()
{
	atf_set descr "on FreeBSD the packages that modules need are named"
}
packages_of_freebsd_body()
{
	echo 'echo FreeBSD' | fake uname
	atf_check -s exit:1 -o empty -e inline:'deps.sh: modules and kernels '\
'need more packages; type: pkg install rust rust-bindgen-cli\n' \
	    env PATH="$PWD/bin:$PATH" RUSTC=none BINDGEN=none \
	    sh "$KPI_ROOT/tools/deps.sh"
	atf_check -s exit:1 -o empty -e match:'test kernel, for make run and '\
'make test, needs Debian' env PATH="$PWD/bin:$PATH" \
	    sh "$KPI_ROOT/tools/deps.sh"
}

# Root's programs are in /usr/local/bin.
atf_test_case tools_outside_of_path
tools_outside_of_path_body()
{
	atf_check env PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	    sh "$KPI_ROOT/tools/deps.sh" --dry-run
}

atf_test_case unknown_arguments
unknown_arguments_head()
{
	atf_set descr "a script says how it is called, and does nothing else"
}
unknown_arguments_body()
{
	# Scripts that others source are not called.
	for script in "$KPI_ROOT"/tools/*.sh; do
		name=${script##*/}
		case $name in
		*_test.sh|env.sh|headers.sh|targets.sh)
			continue ;;
		esac
		atf_check -s exit:2 -o empty -e save:err \
		    timeout 20 sh "$script" --no-such-option
		atf_check -o match:"^usage: $name " cat err
		[ "$(wc -l <err)" -eq 1 ] || atf_fail "not one line: $(cat err)"
	done
	for script in house_rules ledger; do
		atf_check -s exit:2 -o empty -e match:"^usage: $script.py " \
		    timeout 20 /usr/bin/python3 -B \
		    "$KPI_ROOT/tools/$script.py" --no-such-option
	done
	atf_check -s exit:2 -o empty -e match:"^usage: deps.sh " \
	    timeout 20 sh "$KPI_ROOT/tools/deps.sh" --vm --no-such-option
}

atf_init_test_cases()
{
	atf_add_test_case one_suite_for_all_of_qemu
	atf_add_test_case all_of_qemu_from_backports
	atf_add_test_case security_for_rust
	atf_add_test_case rust_that_is_new_enough_stays
	atf_add_test_case what_apt_would_remove_stays
	atf_add_test_case old_tools
	atf_add_test_case new_tools
	atf_add_test_case only_pictures_need_graphviz
	atf_add_test_case packages_of_freebsd
	atf_add_test_case tools_outside_of_path
	atf_add_test_case unknown_arguments
}
