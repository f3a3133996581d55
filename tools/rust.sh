#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Compile the project's Rust into one relocatable object per program.
#
#	rust.sh [-t] [-d depfile -n name] target directory
#
# target: host, or one of kernel_targets (targets.sh).  Writes to directory:
#	drivers.o		the drivers, the KPI crate and what they use of
#				core; the rest is dropped, so C or our Rust
#				needs each symbol that is here
#	tests.o (-t)		the same, and the crates' tests; in place of drivers.o
#	doc.o (-t)		the KPI crate, and the examples in its pages
#	NAME_bindings.rs	bindgen's output for a crate's C header
#	NAME.take		what of the header is in it
#	rustc.flags		the flags that core and the crates have in common
#	core			where core's object is
#
# depfile, in the form of make(1), lists the files from which the file called
# name was made.
#
# core is built once per target and compiler, from the compiler's own sources,
# into CORE_DIR.  The test kernel's crates are kept there, too, each by what it was
# made of.  DRIVERS in the environment: the folders of the drivers, if not
# all of conf/drivers.  KEEP_FRESH=yes compiles only files older than their
# sources; the caller makes sure that the flags have not changed.
# C_INCLUDES in the environment: the -I and -D flags of the C headers.
# RUST_TOOL=clippy checks the crates instead of compiling them; RUST_TOOL=doc
# writes their pages to directory/doc.

. "$(dirname "$0")/env.sh"
. "$root/tools/targets.sh"

takes="[-t] [-d depfile -n name] target directory"
depfile=
depname=
tests=
while getopts :d:n:t opt; do
	case $opt in
	n)	depname=$OPTARG ;;
	d)	depfile=$OPTARG ;;
	t)	tests=yes ;;
	*)	usage "$takes" ;;
	esac
done
shift $((OPTIND - 1))
[ $# = 2 ] || usage "$takes"
target=$1
dir=$2
tool=${RUST_TOOL:-rustc}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

export RUSTC_BOOTSTRAP=1
flags=$(rust_flags "$target")
own_flags="$(rust_crate_flags "$target") ${RUSTFLAGS:-}"
invariants=-DINVARIANTS
[ -z "${RUST_RELEASE-}" ] || invariants=
includes=${C_INCLUDES-}
if [ -z "${C_INCLUDES+given}" ]; then
	sh tools/kobj_if.sh "$dir/interfaces"
	includes="-nostdlibinc $invariants -Itests/kern/include -I$dir/interfaces"
fi

# Builds core unless it exists.  Sets sysroot and core_object.
build_core()
{
	version=$("$RUSTC" --version --verbose)
	source=$("$RUSTC" --print sysroot)/lib/rustlib/src/rust/library
	[ -f "$source/core/src/lib.rs" ] ||
	    die "no sources of core in $source: install" \
	        "Debian's rust-web-src, FreeBSD's rust, or rustup's rust-src"
	key=$(printf '%s' "$version$flags$(core_flags)" | cksum | cut -d ' ' -f 1)
	kept=${CORE_DIR:-$root/out/rust}/kept
	sysroot=${CORE_DIR:-$root/out/rust}/$target-$key
	lib=$sysroot/lib/rustlib/$(rust_target_of "$target")/lib
	core_object=$sysroot/core.o
	[ ! -f "$core_object" ] || return 0
	mkdir -p "$lib"
	[ "$tool" != rustc ] || echo "rust: core for $target (once)"
	(
		# A second build waits here, and then finds core built.
		if command -v flock >/dev/null; then flock 9; else lockf 9; fi
		[ ! -f "$core_object" ] || exit 0
		# shellcheck disable=SC2046,SC2086 # lists of words
		"$RUSTC" $flags $(core_flags) --crate-name core --crate-type rlib \
		    --cap-lints allow -C debuginfo=0 -C metadata=kpi-drivers \
		    --out-dir "$sysroot" \
		    --emit="link=$lib/libcore.rlib,obj=$core_object.new" \
		    "$source/core/src/lib.rs"
		# rustc expects this crate beside core.  It stays empty: the
		# kernel has memcpy(9) and similar functions, and tools/cross.sh
		# refuses code that needs more.
		stub=$sysroot/compiler_builtins.rs
		echo '#![feature(compiler_builtins)]
		    #![compiler_builtins] #![no_std]' >"$stub"
		# shellcheck disable=SC2086
		"$RUSTC" $flags --crate-name compiler_builtins \
		    --crate-type rlib --cap-lints allow --sysroot "$sysroot" \
		    --out-dir "$sysroot" \
		    --emit=link="$lib/libcompiler_builtins.rlib" "$stub"
		mv "$core_object.new" "$core_object"
	) 9>"$sysroot/lock"
}

# Prints the files that files of dependencies name, as absolute paths.  bindgen
# and rustc write "output: input input \", and rustc also writes other lines and
# comments.
inputs_of()
{
	awk -v root="$root" '
	/^#/ || /^[^ ]*:$/ { next }
	{
		sub(/^[^ ]*: /, "")
		for (i = 1; i <= NF; i++)
			if ($i != "\\")
				print $i ~ /^\// ? $i : root "/" $i
	}' "$@" | sort -u
}

# $1: output; $2: its file of dependencies; the rest: more inputs.  True if the
# output is up to date.
fresh()
{
	[ "${KEEP_FRESH-}" = yes ] && [ -f "$1" ] && [ -f "$2" ] || return 1
	output=$1
	depends=$2
	shift 2
	# shellcheck disable=SC2046 # a list of files
	newer=$(find $(inputs_of "$depends") "$@" -newer "$output" 2>&1) &&
	    [ -z "$newer" ]
}

# Prints the words in the Rust of the folders, but for comments and the names of
# functions that it defines for C.
words_of()
{
	find "$@" -name '*.rs' -exec cat {} + |
	    sed 's|//.*||; s/extern "C" fn [a-z_0-9]*//' |
	    grep -oE '[A-Za-z_][A-Za-z_0-9]*' | sort -u
}

# Reads words.  Prints the structs of the C layer that have no field of such a name,
# and all structs that are not the layer's.
opaque_structs()
{
	grep -oh 'struct [a-z_0-9]*' common/kpi*.h | sed -n 's/^struct //; /^kpi_/!p'
	awk '
	NR == FNR { words[$1]; next }
	/^struct kpi_[a-z_0-9]* [{]$/ { name = $2; used = 0 }
	name && match($0, /[a-z_0-9]+(\[[^]]*\])?;|\(\*[a-z_0-9]+\)\(/) {
		field = substr($0, RSTART, RLENGTH)
		gsub(/\[.*|[^a-z_0-9]/, "", field)
		used = used || field in words
	}
	/^};/ { if (name && !used) print name; name = "" }' - common/kpi*.h
}

# Reads lines.  Prints them as one pattern.
any_of()
{
	sort -u | paste -sd '|' -
}

# $1: name; $2: C header; $3: pattern of what to take; $4: folders with the Rust
# that uses it; $5...: flags of bindgen.  Takes what is used, and what that needs.
# A struct of which Rust uses no field is opaque: Rust gives it room and no meaning.
# NAME.take says what is taken, and how.
bindings()
{
	name=$1
	header=$2
	# shellcheck disable=SC2086 # a list of folders
	found=$(words_of $4)
	take=$(echo "$found" | grep -xE "$3" | any_of)
	opaque=$(echo "$found" | opaque_structs | any_of)
	shift 4
	echo "$take $opaque $*" >"$dir/$name.take.new"
	cmp -s "$dir/$name.take.new" "$dir/$name.take" ||
	    cp "$dir/$name.take.new" "$dir/$name.take"
	depends_on="$depends_on $dir/$name.d"
	! fresh "$dir/${name}_bindings.rs" "$dir/$name.d" "$dir/$name.take" ||
	    return 0
	# shellcheck disable=SC2046,SC2086
	"$BINDGEN" --use-core --ctypes-prefix c --rust-target 1.82 \
	    --raw-line 'use core::ffi as c;' \
	    --no-layout-tests --no-doc-comments --no-prepend-enum-name \
	    --no-derive-debug --merge-extern-blocks \
	    --disable-header-comment --formatter none \
	    --allowlist-item "$take" --opaque-type "$opaque|bus_space" \
	    --depfile "$dir/$name.d" --output "$dir/${name}_bindings.rs" \
	    "$@" "$header" -- $(c_flags "$target") $includes -Icommon \
	    -Idrivers -DKPI_BINDGEN
}

# $1: crate; $2: root source; the rest: what it is compiled with.  Prints a name
# for the result that changes with all that it is made of.
key_of()
{
	name=$1
	source=$2
	shift 2
	generated=$dir/${name}_bindings.rs
	case $name in
	kpi_*)	generated="$dir/kt_bindings.rs $dir/kpi_examples.rs" ;;
	esac
	{
		echo "$version $flags $own_flags ${sysroot##*/} $name $source"
		find "${source%/*}" -name '*.rs' -exec sha256sum {} + | sort
		# shellcheck disable=SC2086 # a list of files
		cat "$@" $generated 2>/dev/null
	} | sha256sum | cut -d ' ' -f 1
}

# $1: crate; $2: root source; $3: its libraries; the rest: a command that compiles
# it.  A build for another kernel, or of another copy of the sources, may have
# compiled the same before.
kept()
{
	name=$1
	# shellcheck disable=SC2086 # a list of libraries
	entry=$kept/$(key_of "$1" "$2" $3)
	shift 3
	if [ ! -d "$entry" ]; then
		"$@"
		mkdir -p "$entry.$$"
		cp "$dir/$name.o" "$dir/lib$name.rlib" "$entry.$$"
		sed "s|$dir/|DIR/|g" "$dir/$name-rs.d" >"$entry.$$/$name-rs.d"
		mv "$entry.$$" "$entry" 2>/dev/null || rm -rf "$entry.$$"
		find "$kept" -mindepth 1 -maxdepth 1 -mtime +30 \
		    -exec rm -rf {} +
		return
	fi
	touch "$entry"
	cp "$entry/$name.o" "$entry/lib$name.rlib" "$dir"
	sed "s|DIR/|$dir/|g" "$entry/$name-rs.d" >"$dir/$name-rs.d"
}

# $1: crate; $2: root source; $3...: crates it uses.
crate()
{
	name=$1
	source=$2
	shift 2
	externs=
	libs=
	for used; do
		libs="$libs $dir/lib$used.$lib_suffix"
		externs="$externs --extern $used=$dir/lib$used.$lib_suffix"
	done
	case $tool in
	rustc)
		# These objects come before those of the crates that they use.
		# If a crate never calls a function of its own, its record says
		# that the function never ran.  llvm-cov takes the first record,
		# which must be that of a crate that calls the function.
		objects="$dir/$name.o $objects"
		depends_on="$depends_on $dir/$name-rs.d"
		# shellcheck disable=SC2086
		! fresh "$dir/$name.o" "$dir/$name-rs.d" $libs || return 0
		keeper=
		[ "$target" != host ] || keeper=kept
		# shellcheck disable=SC2086 # lists of words
		${keeper:+"$keeper" "$name" "$source" "$libs"} \
		    "$RUSTC" $flags $own_flags --sysroot "$sysroot" $externs \
		    --crate-name "$name" --crate-type lib --out-dir "$dir" \
		    --emit="dep-info=$dir/$name-rs.d,link=$dir/lib$name.rlib" \
		    --emit="obj=$dir/$name.o" --remap-path-prefix "$root/=" \
		    "$source"
		;;
	clippy)
		# shellcheck disable=SC2086
		"$CLIPPY" $flags $own_flags --sysroot "$sysroot" $externs \
		    --crate-name "$name" --crate-type lib \
		    --emit="metadata=$dir/lib$name.rmeta" \
		    -W clippy::all -D clippy::undocumented_unsafe_blocks \
		    "$source"
		;;
	doc)
		# shellcheck disable=SC2086
		"$RUSTDOC" --edition 2024 --target "$(rust_target_of "$target")" \
		    --sysroot "$sysroot" $externs --crate-name "$name" \
		    --crate-type lib -D rustdoc::broken_intra_doc_links \
		    -A rustdoc::private_intra_doc_links \
		    --document-private-items -o "$dir/doc" "$source"
		# What depends on it wants its metadata.
		# shellcheck disable=SC2086
		"$RUSTC" $flags --sysroot "$sysroot" $externs \
		    --crate-name "$name" --crate-type lib \
		    --emit="metadata=$dir/lib$name.rmeta" "$source"
		;;
	esac
}

# $1: output; the rest: objects.  Keeps what C can call: every global symbol
# without a mangled name, and constructors.
link_object()
{
	output=$1
	shift
	roots=$("${NM:-$llvm/llvm-nm}" -gP "$@" |
	    awk '$1 !~ /^_R/ && $2 ~ /^[A-TV-Z]$/ { print "-u", $1 }')
	[ -n "$roots" ] || die "nothing in $* is for C to call"
	# Nothing refers to the code that counts lines, so it must not be
	# removed.
	gc=--gc-sections
	[ "${RUST_WATCH-}" != profile ] || gc=
	# shellcheck disable=SC2086
	"${LD:-$llvm/ld.lld}" -r $gc $roots \
	    -o "$output" "$@" "$core_object"
	# No other object needs Rust's own names.
	"${OBJCOPY:-$llvm/llvm-objcopy}" --wildcard --localize-symbol='_R*' "$output"
}

build_core
echo "$flags --sysroot $sysroot" >"$dir/rustc.flags"
echo "$core_object" >"$dir/core"
objects=
depends_on=
lib_suffix=rlib
[ "$tool" = rustc ] || lib_suffix=rmeta

# Types within those that are opaque are not for Rust, and nothing is copied.
bindings kpi kpi/bindings.h \
    '(kpi|KPI|AFMT)_[A-Za-z_0-9]+|SND_CHN_(MAX|T_[A-Z]+)|SOUND_MIXER_[A-Z0-9]+|E[A-Z0-9]+' \
    "kpi drivers examples ${DRIVERS-}" --no-derive-copy \
    --blocklist-item '.*__bindgen_ty_.*'
export KPI_BINDINGS="$dir/kpi_bindings.rs"
crate kpi kpi/src/lib.rs
kpi_objects=$objects

# $1: folder of a driver; $2: its crate; $3...: drivers' crates that it uses.
driver_crate()
{
	folder=$1
	driver=$2
	shift 2
	header=$folder/${driver}_var.h
	if [ -f "$header" ]; then
		DRIVER=$(echo "$driver" | tr '[:lower:]' '[:upper:]')
		names=$(sh tools/sources.sh names "$folder")
		take="($(echo "${names:-$driver $DRIVER}" | tr ' ' '|'))"
		take="$take(_[A-Za-z_0-9]+)?"
		# bindgen takes a constant of an enum only with the enum.  In a
		# module's folder there are also headers of kobj(9).
		enums=$(sed -n 's/^enum \([a-z_0-9]*\) {.*/\1/p' \
		    "$folder/$driver"*.h | any_of)
		bindings "$driver" "$header" "$take" "$folder/rust" \
		    --no-recursive-allowlist \
		    ${enums:+--allowlist-type "$enums"}
		export "${DRIVER}_BINDINGS=$dir/${driver}_bindings.rs"
	fi
	crate "$driver" "$folder/rust/lib.rs" kpi "$@"
}

crates=
# shellcheck disable=SC2086 # a list of folders
[ -z "${DRIVERS-all}" ] || crates=$(sh tools/sources.sh crates ${DRIVERS-})
while read -r folder words; do
	# shellcheck disable=SC2086 # a list of crates
	[ -z "$folder" ] || driver_crate "$folder" $words </dev/null
done <<LINES
$crates
LINES
driver_objects=$objects
test_objects=$objects
doc_objects=$objects

if [ -n "$tests" ] && [ -f kpi/tests/lib.rs ]; then
	bindings kt kpi/tests/kt.h '(kt|KT)_[A-Za-z_0-9]+' kpi/tests
	export KT_BINDINGS="$dir/kt_bindings.rs"
	crate kpi_tests kpi/tests/lib.rs kpi apple_rtkit \
	    apple_rtkit_helper
	test_objects=$objects
	export KPI_EXAMPLES="$dir/kpi_examples.rs"
	/usr/bin/python3 -B tools/examples.py kpi/src >"$KPI_EXAMPLES.new"
	cmp -s "$KPI_EXAMPLES.new" "$KPI_EXAMPLES" ||
	    cp "$KPI_EXAMPLES.new" "$KPI_EXAMPLES"
	objects=$kpi_objects
	crate kpi_doc kpi/tests/doc.rs kpi
	doc_objects=$objects
fi

[ "$tool" = rustc ] || exit 0

# shellcheck disable=SC2086 # lists of files
if [ -n "$tests" ]; then
	link_object "$dir/tests.o" $test_objects
	link_object "$dir/doc.o" $doc_objects
else
	link_object "$dir/drivers.o" $driver_objects
fi

if [ -n "$depfile" ]; then
	# shellcheck disable=SC2086
	inputs_of $depends_on | grep -v "^$dir/" | tr '\n' ' ' |
	    sed "s|^|$depname: |" >"$depfile"
fi
