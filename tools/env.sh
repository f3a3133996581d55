# Sourced by every script here: where things are, and which tools are used.
#
# The compilers are those of the distribution, by full path where another
# installation may come first in PATH.  Each can be named in the environment.

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

# $1: program.  Prints the distribution's, else the first in PATH, else $1.
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
# Where deps puts bindgen when there is one of another version; else the one in
# PATH, else cargo's.
own_tools=$root/out/tools
cargo_bin=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
if [ -x "$own_tools/bin/bindgen" ]; then
	BINDGEN=${BINDGEN:-$own_tools/bin/bindgen}
else
	BINDGEN=${BINDGEN:-$(command -v bindgen || echo "$cargo_bin/bindgen")}
fi
# bindgen finds libclang itself where it is not Debian's.
libclang=${LIBCLANG_PATH:-/usr/lib/llvm-19/lib}
[ ! -d "$libclang" ] || export LIBCLANG_PATH="$libclang"

# One clear line, and out.
die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# True when a person watches: progress is drawn, else only results are told.
watched()
{
	[ -t 1 ] && [ "${CI:-}" != true ]
}
