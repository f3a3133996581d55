# Sourced by every script here: where things are, and which tools are used.
#
# The compilers are those of the distribution, by full path where another
# installation may come first in PATH.  Each can be named in the environment.

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

llvm=${LLVM:-/usr/lib/llvm-19/bin}
CLANG=${CLANG:-$llvm/clang}
RUSTC=${RUSTC:-/usr/bin/rustc}
RUSTDOC=${RUSTDOC:-/usr/bin/rustdoc}
RUSTFMT=${RUSTFMT:-/usr/bin/rustfmt}
CLIPPY=${CLIPPY:-/usr/bin/clippy-driver}
CARGO=${CARGO:-/usr/bin/cargo}
# The seat of bindgen, when it is not in PATH.
cargo_bin=${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
BINDGEN=${BINDGEN:-$(command -v bindgen || echo "$cargo_bin/bindgen")}
export LIBCLANG_PATH="${LIBCLANG_PATH:-/usr/lib/llvm-19/lib}"

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
