# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Sourced after env.sh: what each target is compiled with.
#
#	host				the test kernel, in user space
#	aarch64-unknown-none-softfloat	FreeBSD's kernel on arm64
#	x86_64-unknown-none		FreeBSD's kernel on amd64
#
# The kernel flags mean the same as in FreeBSD's sys/conf/kern.mk, in the form
# of each compiler.  Rust's target modifiers (-Z) must agree in every crate,
# core included.  They need RUSTC_BOOTSTRAP; the language does not.
#
# In the environment, when FreeBSD's makefiles build (kernel-rust.sh):
#	KERNEL_CFLAGS		the C flags of the kernel or module
#	KERNEL_INVARIANTS=yes	it has INVARIANTS
# and, when the test kernel is built:
#	RUST_RELEASE=yes	it has none

kernel_targets="aarch64-unknown-none-softfloat x86_64-unknown-none"

# The machine's name in FreeBSD's sys/.
machine_of()
{
	case $1 in
	aarch64-*)	echo arm64 ;;
	x86_64-*)	echo amd64 ;;
	*)		echo host ;;
	esac
}

rust_target_of()
{
	case $1 in
	host)	echo x86_64-unknown-linux-gnu ;;
	*)	echo "$1" ;;
	esac
}

# The inverse, for kernels.  Prints nothing for an unsupported machine.
target_of_machine()
{
	for t in $kernel_targets; do
		[ "$(machine_of "$t")" != "$1" ] || echo "$t"
	done
}

# Prints how code addresses its data: as the C does with which it is linked.
relocation_model()
{
	case " ${KERNEL_CFLAGS-} " in
	*" -fPIC "*)	echo pic ;;
	*)		echo static ;;
	esac
}

# $1: target.  Prints the flags of rustc for core and every crate.  Rust is compiled
# for size: hot paths are in C.
rust_flags()
{
	printf '%s ' --edition 2024 --target "$(rust_target_of "$1")" \
	    -C opt-level=s -C panic=abort -C codegen-units=1 \
	    -C embed-bitcode=no -C force-frame-pointers=yes \
	    -C symbol-mangling-version=v0
	case $1 in
	aarch64-*)
		printf '%s ' -C "relocation-model=$(relocation_model)" \
		    -Z fixed-x18 -Z branch-protection=bti,pac-ret
		;;
	x86_64-unknown-none)
		printf '%s ' -C "relocation-model=$(relocation_model)" \
		    -C code-model=kernel -C no-redzone=yes -Z plt=yes
		;;
	host)
		printf '%s ' -C relocation-model=pic \
		    ${RUST_SANITIZER:+-Z sanitizer="$RUST_SANITIZER"}
		;;
	esac
	# tools/cross.sh checks these flags' results, and a kernel does not need
	# them.
	[ -n "${KERNEL_CFLAGS-}" ] || [ "$1" = host ] ||
	    printf '%s ' -Z emit-stack-sizes
}

# Prints what else core is compiled with: without the text of floating point, and
# with the shorter of two algorithms where it has both.
core_flags()
{
	printf '%s ' --cfg no_fp_fmt_parse --cfg 'feature="optimize_for_size"'
}

# RUST_WATCH in the environment: fuzz compiles code so that libFuzzer sees its
# control flow, and profile so that each line counts its runs.
watch_flags()
{
	case ${RUST_WATCH-} in
	fuzz)
		printf '%s ' -C passes=sancov-module
		for option in level=4 inline-8bit-counters pc-table \
		    trace-compares; do
			printf '%s ' -C "llvm-args=-sanitizer-coverage-$option"
		done
		;;
	profile)
		printf '%s ' -C instrument-coverage -Z no-profiler-runtime
		;;
	esac
}

# $1: target.  Prints the flags for the project's own crates.  Where INVARIANTS
# checks C, in the test kernel and with KERNEL_INVARIANTS=yes, arithmetic and
# assertions are checked.
rust_crate_flags()
{
	tried=$("$RUSTC" --version | cut -d ' ' -f 2)
	at_least "$rustc_newest" "${tried%%-*}" && printf '%s ' -D warnings
	printf '%s ' -C debuginfo=2 -C dwarf-version=4
	watch_flags
	case $1,${KERNEL_INVARIANTS-},${RUST_RELEASE-} in
	host,*,|*,yes,*)
		printf '%s ' -C debug-assertions=yes -C overflow-checks=yes
		;;
	*)
		printf '%s ' -C overflow-checks=no
		;;
	esac
}

# $1: target.  Prints the flags of clang for kernel sources, without headers;
# with KERNEL_CFLAGS, that kernel's own, headers and all.
c_flags()
{
	if [ -n "${KERNEL_CFLAGS-}" ]; then
		echo "$KERNEL_CFLAGS"
		return
	fi
	printf '%s ' -std=gnu17 -O2 -g -gdwarf-4 -ffreestanding -fwrapv -fno-common \
	    -fno-strict-aliasing -fno-omit-frame-pointer -fstack-protector \
	    -fstack-size-section -D_KERNEL
	case $1 in
	aarch64-*)
		printf '%s ' --target=aarch64-unknown-freebsd15.0 \
		    -mgeneral-regs-only -ffixed-x18 \
		    -mbranch-protection=standard -mno-outline-atomics
		;;
	x86_64-unknown-none)
		printf '%s ' --target=x86_64-unknown-freebsd15.0 \
		    -mcmodel=kernel -mno-red-zone -mno-mmx -mno-sse -mno-aes \
		    -mno-avx -msoft-float -fno-asynchronous-unwind-tables
		;;
	esac
}

# Prints the warnings with which FreeBSD's kernel is compiled, and ours.
c_warnings()
{
	printf '%s ' -Wall -Wextra -Werror -Wstrict-prototypes \
	    -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wundef -Wswitch \
	    -Wvla -Wno-pointer-sign -Wno-unused-parameter \
	    -Wno-address-of-packed-member -Wno-format-zero-length \
	    -Wno-missing-field-initializers
}
