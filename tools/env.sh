# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Sourced by every script here: where things are, and which tools are used.
#
# The compilers are those of the distribution, by full path where another
# installation may come first in PATH.  Each can be named in the environment.

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

# $1: program.  Prints the distribution's, otherwise the first in PATH,
# otherwise $1.
tool()
{
	if [ -x "/usr/bin/$1" ]; then
		echo "/usr/bin/$1"
	else
		command -v "$1" || echo "$1"
	fi
}

llvm=${LLVM:-/usr/lib/llvm-19/bin}
CLANG=${CLANG:-$llvm/clang}
RUSTC=${RUSTC:-$(tool rustc)}
RUSTDOC=${RUSTDOC:-/usr/bin/rustdoc}
RUSTFMT=${RUSTFMT:-/usr/bin/rustfmt}
CLIPPY=${CLIPPY:-/usr/bin/clippy-driver}
CARGO=${CARGO:-/usr/bin/cargo}
DOT=${DOT:-$(tool dot)}
own_tools=$root/out/tools
cargo_bin=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin

# $1: program that cargo has built.  Prints the one that deps put into our own
# folder, since another version is installed; otherwise the one in PATH; otherwise
# the one that root has installed for everyone, whose folder cron's PATH and others
# lack; otherwise cargo's.
crate_program()
{
	if [ -x "$own_tools/bin/$1" ]; then
		echo "$own_tools/bin/$1"
	elif command -v "$1"; then
		:
	elif [ -x "/usr/local/bin/$1" ]; then
		echo "/usr/local/bin/$1"
	else
		echo "$cargo_bin/$1"
	fi
}

BINDGEN=${BINDGEN:-$(crate_program bindgen)}
# The test programs find it by this variable, too.
VHOST_DEVICE_SOUND=${VHOST_DEVICE_SOUND:-$(crate_program vhost-device-sound)}
export VHOST_DEVICE_SOUND
# bindgen finds libclang by itself if it is not Debian's.
libclang=${LIBCLANG_PATH:-/usr/lib/llvm-19/lib}
[ ! -d "$libclang" ] || export LIBCLANG_PATH="$libclang"

# The oldest sufficient version.  `make lint` looks for features newer than
# rustc's.
rustc_least=1.95
# The newest that was tried.  One that is newer may warn of what was right before,
# and its warnings are no errors.
rustc_newest=1.100
bindgen_least=0.72

# Prints the folder of the build that MODE and SAN choose; see build.sh.
build_dir()
{
	name=out/build
	[ "${FREEBSD:-15}" = 15 ] || name=$name-freebsd$FREEBSD
	[ "${MODE:-debug}" = debug ] || name=$name-$MODE
	case ${SAN:-0} in
	0)	echo "$name" ;;
	1)	echo "$name-san" ;;
	*)	echo "$name-$SAN" ;;
	esac
}

# Print one line and exit.
die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# $@: the arguments that this script takes.  For a call with other arguments.
usage()
{
	echo "usage: ${0##*/}${*:+ $*}" >&2
	exit 2
}

# $@: the arguments of a script that takes only variables.
no_arguments()
{
	[ $# = 0 ] || usage "(no arguments; make help lists its variables)"
}

# Prints why vhost-device-sound cannot be used, or nothing if it can.
vhost_missing()
{
	if ! [ -x "$VHOST_DEVICE_SOUND" ]; then
		echo "vhost-device-sound is not installed; type: \
sh tools/deps.sh --vhost"
	elif ! "$VHOST_DEVICE_SOUND" --help 2>&1 | grep -q alsa; then
		echo "$VHOST_DEVICE_SOUND has no ALSA backend; type: \
sh tools/deps.sh --vhost"
	elif ! pkg-config --exists alsa; then
		echo "ALSA's headers are not installed; type: \
sh tools/deps.sh --vhost"
	fi
}

# True if a person watches: progress is drawn.  Otherwise only results are
# printed.
watched()
{
	[ -t 1 ] && [ "${CI:-}" != true ]
}

# True if version $1 is at least $2, of which the first two numbers count.
at_least()
{
	echo "${1%%[!0-9.]*} $2" | awk '
	{
		split($1, have, ".")
		split($2, want, ".")
		exit have[1] + 0 < want[1] + 0 || (have[1] + 0 == want[1] + 0 &&
		    have[2] + 0 < want[2] + 0)
	}'
}

# $1: the program's answer to --version, its name first; $2: the oldest
# sufficient version; $3: what to install; $4: the variable that names the
# program.
new_enough()
{
	# shellcheck disable=SC2086 # words
	set -- "$@" ${1:-nothing}
	version=${6-}
	at_least "$version" "$2" ||
	    die "$5 ${version:-without a version} is too old: $2 or later is \
needed; install $3, or set $4"
}

# Checks the compiler and bindgen before they are used.
check_rust()
{
	new_enough "$("$RUSTC" --version 2>/dev/null)" "$rustc_least" \
	    "Debian's rustc-web and rust-web-src, FreeBSD's rust" RUSTC
	new_enough "$("$BINDGEN" --version 2>/dev/null)" "$bindgen_least" \
	    "FreeBSD's rust-bindgen-cli, elsewhere: cargo install bindgen-cli" \
	    BINDGEN
}
