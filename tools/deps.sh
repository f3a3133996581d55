#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Install what the project needs and the machine does not have.
#
# On FreeBSD it prints what to type, and that the test kernel needs Debian.  If
# everything is installed it does nothing, in well under a second.  Packages
# come from Debian 12 or later, from its security suite (Rust) and, where its
# QEMU has no virtio-sound, from its backports.  Both suites are added to apt's
# sources.  cargo builds bindgen.  A Rust that is new enough stays, and is completed
# from its own suite; no package is removed.  If the user may not install packages,
# the one command to type is printed.
#
#	deps.sh [--vm] [--coverage] [--docs] [--kernel] [--vhost] [--dry-run]
#
# --vm, --coverage, --docs: also what `make vmtest`, `make coverage`, `make docs`
# need.  --kernel: what FreeBSD's build needs on the host
# (docs/guide/freebsd.md).  --vhost: vhost-device-sound, built by cargo, for
# `make run MODEL=vhost`, `make vmtest DEVICE=vhost` and tests.  --dry-run: print
# the commands instead of running them.

. "$(dirname "$0")/env.sh"

# Compilers and linkers; what the build and tests run; QEMU; the checkers.
packages="
clang-19 lld-19 llvm-19 libclang-rt-19-dev libclang1-19 libclang-common-19-dev
meson ninja-build pkg-config bmake git ca-certificates
device-tree-compiler libfdt-dev
kyua libatf-dev atf-sh libsndfile1-dev libsamplerate0-dev
python3-numpy python3-matplotlib python3-clang-19
qemu-system-x86 qemu-system-data
valgrind clang-tidy-19 clang-format-19 cppcheck shellcheck reuse mandoc
"
# Rust: what stable releases of Debian have beside their own, and the names that
# newer suites have.  A machine has one or the other, and keeps what it has.
rust_web="rustc-web rust-web-src cargo-web rust-web-clippy rustfmt-web"
rust_plain="rustc rust-src cargo rust-clippy rustfmt"
# Other machines in QEMU, and their disks.
vm_packages="qemu-system-arm ovmf makefs mtools"
# The compiler and tools of the LLVM that rustc-web uses.
coverage_packages="clang-22 lld-22 llvm-22 libclang-rt-22-dev"
# The pictures of the documents.
docs_packages="graphviz"
# FreeBSD's kernel, tools and loader are built with these, besides clang.  bc
# and kill(1) are for the tests of bmake that precede the build.
kernel_packages="
g++ libc6-dev flex bison m4 libarchive-dev libbz2-dev bzip2 xz-utils patch
libssl-dev bc procps time
"
# To build vhost-device-sound and the card behind it.
vhost_packages="libasound2-dev"
# The oldest sufficient version: "package version".
qemu_least=1:8.2
oldest="
qemu-system-x86 $qemu_least
qemu-system-arm $qemu_least
rustc-web 1.96
rust-web-src 1.96
clang-19 1:19.1.7
"
bindgen_version=0.72.1
vhost_version=0.3.0

by_hand="make -C $root deps"
[ $# = 0 ] || by_hand="sh $root/tools/deps.sh $*"
vhost=
dry=
while [ $# -gt 0 ]; do
	case $1 in
	--vm)		packages="$packages $vm_packages" ;;
	--coverage)	packages="$packages $coverage_packages" ;;
	--docs)		packages="$packages $docs_packages" ;;
	--kernel)	packages="$packages $kernel_packages" ;;
	--vhost)	packages="$packages $vhost_packages"
			vhost=yes ;;
	--dry-run)	dry=yes ;;
	# Only for root, below: the packages follow.
	--packages)	break ;;
	*)		usage "[--vm] [--coverage] [--docs] [--kernel]" \
			    "[--vhost] [--dry-run]" ;;
	esac
	shift
done

# Runs $@, or only prints it.  Without a terminal the output is kept and shown
# only if the command fails.
do_it()
{
	if [ -n "$dry" ]; then
		echo "$*"
	elif watched; then
		"$@"
	else
		log=$(mktemp)
		"$@" >"$log" 2>&1 || {
			cat "$log" >&2
			rm -f "$log"
			die "failed: $*"
		}
		rm -f "$log"
	fi
}

# Prints those of the packages $@ that are installed, each with its version.
installed()
{
	dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' "$@" \
	    2>/dev/null | sed -n 's/^installed //p'
}

# Adds Rust's packages to the list.  All have the version of the compiler.
choose_rust()
{
	have=$(installed rustc | sed -n 's/^rustc //p')
	if [ -n "$have" ] &&
	    dpkg --compare-versions "$have" ge "$rustc_least"; then
		packages="$packages $rust_plain"
		for p in $rust_plain; do
			oldest="$oldest
$p ${have%%+*}"
		done
	else
		packages="$packages $rust_web"
	fi
}

# Prints the packages that are missing or too old.
missing_packages()
{
	# shellcheck disable=SC2086 # a list of words
	installed=$(installed $packages)
	for p in $packages; do
		case "
$installed" in
		*"
$p "*)	;;
		*)	echo "$p" ;;
		esac
	done
	echo "$oldest" | while read -r p least; do
		have=$(echo "$installed" | sed -n "s/^$p //p")
		if [ -n "$have" ] &&
		    ! dpkg --compare-versions "$have" ge "$least"; then
			echo "$p"
		fi
	done
}

bindgen_ok()
{
	case $("$BINDGEN" --version 2>/dev/null) in
	"bindgen ${bindgen_version%.*}."*)
		return 0 ;;
	esac
	return 1
}

# Prints the entry of $1 (a sources file) for suite $2 at $3 (its address),
# changed to name suite $4 at $5.  Options stay as they are, so that a mirror, a
# proxy and its keys still work.
other_entry()
{
	case $1 in
	*.sources)
		awk -v suite="$2" -v uri="${3%/}" -v other="$4" \
		    -v address="$5" '
		BEGIN { RS = ""; FS = "\n" }
		!done {
			text = ""
			match_suite = match_uri = skip = 0
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^#/)
					continue
				if ($i ~ /^[^ \t]/)
					skip = 0
				if ($i ~ /^Suites:/) {
					match_suite = $i " " ~ "[ \t]" suite "[ \t]"
					$i = "Suites: " other
				} else if ($i ~ /^Components:/) {
					$i = "Components: main"
				} else if ($i ~ /^URIs:/) {
					match_uri = index($i, uri)
					$i = "URIs: " address
				}
				text = text $i "\n"
			}
			if (match_suite && match_uri) {
				printf "%s", text
				done = 1
			}
		}' "$1"
		;;
	*)
		# deb [options] address suite components
		awk -v suite="$2" -v uri="${3%/}" -v other="$4" \
		    -v address="$5" '
		$1 == "deb" && (at = index($0, uri)) &&
		    match($0, " " suite " ") {
			print substr($0, 1, at - 1) address " " other " main"
			exit
		}' "$1"
		;;
	esac
}

# Prints "sourcesfile address" of the distribution's main suite, $1.
main_entry()
{
	# shellcheck disable=SC2016 # apt expands these
	apt-get indextargets \
	    --format '$(RELEASE) $(COMPONENT) $(SOURCESENTRY) $(REPO_URI)' \
	    'Created-By: Packages' 'Origin: Debian' |
	    awk -v suite="$1" '$1 == suite && $2 == "main" {
		sub(/:[0-9]+$/, "", $3)
		print $3, $4
		exit
	}'
}

# True if apt would install each of the packages $@ in a sufficient version.  A
# package installed from backports is a candidate only for itself.  The packages
# beside it would come from the default suite, and would not fit.
candidates_ok()
{
	for p; do
		candidate=$(apt-cache policy "$p" |
		    sed -n 's/^  Candidate: //p')
		case $p in
		qemu-*)	least=$qemu_least ;;
		*)	least=$(echo "$oldest" | sed -n "s/^$p //p") ;;
		esac
		[ -n "$candidate" ] &&
		    dpkg --compare-versions "$candidate" ge "${least:-0}" ||
		    return 1
	done
}

# Adds Debian's suite $1-$2 to apt's sources; $2 is backports or security.  A
# mirror has the latter in a folder next to its own.
add_suite()
{
	# shellcheck disable=SC2016
	! apt-get indextargets --format '$(RELEASE)' \
	    'Created-By: Packages' | grep -qx "$1-$2" || return 0
	entry=$(main_entry "$1")
	[ -n "$entry" ] || die "apt has no source for Debian's suite $1"
	file=${entry%% *}
	address=${entry#* }
	address=${address%/}
	new=/etc/apt/sources.list.d/$1-$2.${file##*.}
	other=$address
	[ "$2" != security ] || other=$address-security
	text=$(other_entry "$file" "$1" "$address" "$1-$2" "$other")
	[ -n "$text" ] || die "no entry for $1 in $file"
	if [ -n "$dry" ]; then
		echo "write $new:" >&2
		echo "$text" >&2
		echo "apt-get update" >&2
		return
	fi
	echo "$text" >"$new"
	apt-get update -qq >&2 || {
		rm -f "$new"
		die "apt must know Debian's suite $1-$2, which is not at \
$other; add the one that you use to /etc/apt/sources.list"
	}
}

# $@: what follows apt-get install.  What the user has stays.
apt_install()
{
	removed=$(apt-get -s -qq --no-install-recommends install "$@" \
	    2>/dev/null | sed -n 's/^Remv \([^ ]*\).*/\1/p' | tr '\n' ' ')
	[ -z "$removed" ] || die "apt would remove ${removed% }; if you want \
that, type: apt-get install $*"
	do_it apt-get -qq -y --no-install-recommends \
	    -o DPkg::Lock::Timeout=300 install "$@"
}

# $1: suite; the rest: packages, which come from its backports if the suite's own
# are too old.
install_newer()
{
	suite=$1
	shift
	[ $# != 0 ] || return 0
	from=
	candidates_ok "$@" || {
		add_suite "$suite" backports
		from=$suite-backports
	}
	apt_install ${from:+-t "$from"} "$@"
}

# As root: install packages $@.
install_packages()
{
	export DEBIAN_FRONTEND=noninteractive
	do_it apt-get update -qq
	# shellcheck disable=SC1091
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
	qemu=
	rust=
	rest=
	for p; do
		case " $rust_plain " in
		*" $p "*)
			rust="$rust $p"
			continue ;;
		esac
		case $p in
		qemu-*)	qemu="$qemu $p" ;;
		*)	rest="$rest $p" ;;
		esac
	done
	# shellcheck disable=SC2086 # lists of words
	if [ -n "$rest" ]; then
		candidates_ok $rest || add_suite "$suite" security
		apt_install $rest
	fi
	# shellcheck disable=SC2086
	install_newer "$suite" $rust
	# shellcheck disable=SC2086
	install_newer "$suite" $qemu
}

# If program $1 is installed in another version than is wanted, it stays, and
# ours goes into a folder of our own.  Otherwise root installs ours for
# everyone.  Prints cargo's option.
crate_place()
{
	if [ -x "$1" ]; then
		echo "--root $own_tools"
	elif [ "$(id -u)" = 0 ]; then
		echo "--root /usr/local"
	fi
}

install_bindgen()
{
	echo "building bindgen $bindgen_version (once, about a minute)"
	# shellcheck disable=SC2046
	do_it env RUSTC="$RUSTC" "$CARGO" install --quiet --locked \
	    $(crate_place "$BINDGEN") --version "$bindgen_version" bindgen-cli
}

vhost_ok()
{
	case $("$VHOST_DEVICE_SOUND" --version 2>/dev/null) in
	"vhost-device-sound $vhost_version")
		[ -z "$(vhost_missing)" ] && return ;;
	esac
	return 1
}

# With two of its backends: null and alsa.  If cargo fails, only the line with
# the cause is printed.
install_vhost()
{
	command -v "$CARGO" >/dev/null ||
	    die "vhost-device-sound needs cargo: there is no $CARGO; install \
Debian's cargo-web, or name one by CARGO="
	echo "building vhost-device-sound $vhost_version (once, a few minutes)"
	place=$(crate_place "$VHOST_DEVICE_SOUND")
	# shellcheck disable=SC2086
	set -- env RUSTC="$RUSTC" "$CARGO" install --quiet --locked --force \
	    $place --version "$vhost_version" --no-default-features \
	    --features alsa-backend vhost-device-sound
	if [ -n "$dry" ]; then
		echo "$*"
		return
	fi
	log=$(mktemp)
	"$@" >"$log" 2>&1 || {
		why=$(grep -m 1 '^error' "$log" || tail -n 1 "$log")
		# The lines below it are nearer to the cause.
		cause=$(sed -n '/^Caused by:/{n;p;}' "$log" | tail -n 1)
		rm -f "$log"
		die "cannot build vhost-device-sound: ${why#error: }\
${cause:+: ${cause#"${cause%%[! ]*}"}}"
	}
	rm -f "$log"
}

# Prints how this user may become root: nothing, "sudo", or "no".
way_to_root()
{
	if [ "$(id -u)" = 0 ]; then
		return
	fi
	if command -v sudo >/dev/null &&
	    { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
		echo sudo
	else
		echo no
	fi
}

if [ "${1-}" = --packages ]; then
	shift
	choose_rust
	install_packages "$@"
	exit
fi

# FreeBSD's own tools build kernels and modules, and only Rust has to be added.
# The other packages have programs for the test kernel.
if [ "$(uname -s)" = FreeBSD ]; then
	want=
	command -v "$RUSTC" >/dev/null || want="$want rust"
	command -v "$BINDGEN" >/dev/null || want="$want rust-bindgen-cli"
	[ -z "$want" ] || die "modules and kernels need more packages; type: \
pkg install$want"
	check_rust
	die "all is there for modules and kernels (docs/guide/freebsd.md); the \
test kernel, for make run and make test, needs Debian 12 or later"
fi

choose_rust
want=$(missing_packages | sort -u | tr '\n' ' ')
if [ -n "$want" ]; then
	command -v apt-get >/dev/null ||
	    die "needs Debian 12 or later: there is no apt-get here"
	echo "installing: $want"
	case $(way_to_root) in
	'')	# shellcheck disable=SC2086
		install_packages $want ;;
	sudo)	# shellcheck disable=SC2086
		do_it sudo sh "$root/tools/deps.sh" --packages $want ;;
	*)	echo "deps: not allowed to install packages; type this:" >&2
		if command -v sudo >/dev/null; then
			echo "    sudo $by_hand" >&2
		else
			echo "    su -c '$by_hand'" >&2
		fi
		exit 1 ;;
	esac
	[ -n "$dry" ] || want=$(missing_packages | sort -u | tr '\n' ' ')
	[ -n "$dry" ] || [ -z "$want" ] || die "still missing or too old: $want"
fi

bindgen_ok || install_bindgen
[ -n "$dry" ] || check_rust
[ -z "$vhost" ] || vhost_ok || install_vhost
