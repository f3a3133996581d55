#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# cross_check.py must find everything that it says it looks for.  Each case
# compiles a few lines that break one rule, as a compiler would if one flag were
# forgotten, and expects the line that names the rule.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

llvm=${LLVM:-/usr/lib/llvm-19/bin}
amd64="--target=x86_64-unknown-freebsd15.0 -mcmodel=kernel -mno-red-zone
    -mno-mmx -mno-sse -msoft-float"
arm64="--target=aarch64-unknown-freebsd15.0 -mgeneral-regs-only -ffixed-x18
    -mbranch-protection=standard"

# $1: C; $2: flags.
compile()
{
	echo "$1" >case.c
	# shellcheck disable=SC2086
	"$llvm/clang" -O2 -ffreestanding -fstack-size-section $2 -c case.c ||
	    atf_fail "does not compile"
}

# $1: target; the rest: what atf_check(1) expects.
judge()
{
	target=$1
	shift
	atf_check "$@" /usr/bin/python3 "$KPI_ROOT/tools/cross_check.py" \
	    --llvm "$llvm" --symbols "$KPI_ROOT/conf/kernel-symbols" \
	    --rows rows "$target" case.o
}

# $1: target; $2: C; $3: flags.
accepted()
{
	compile "$2" "$3"
	judge "$1"
}

# $1: the line that must be printed; the rest as for accepted().
refused()
{
	compile "$3" "$4"
	judge "$2" -s exit:1 -e match:"$1"
}

x86=x86_64-unknown-none
arm=aarch64-unknown-none-softfloat

good="int square(int); int square(int x) { return (x * x); }"

accepts_plain_code_head()
{
	atf_set descr "Code that keeps the rules is accepted, and measured"
}
accepts_plain_code_body()
{
	accepted $x86 "$good" "$amd64"
	accepted $arm "$good" "$arm64"
	atf_check -o match:'"fp_instructions", "value": 0' cat rows
}

sees_floating_point_head()
{
	atf_set descr "An instruction on a floating-point register is refused"
}
sees_floating_point_body()
{
	code="double mul(double a, double b) { return (a * b); }"
	refused "floating point in mul" $x86 "$code" \
	    "--target=x86_64-unknown-freebsd15.0 -mno-red-zone"
	refused "floating point in mul" $arm "$code" \
	    "--target=aarch64-unknown-freebsd15.0 -mbranch-protection=standard"
}

sees_red_zone_head()
{
	atf_set descr "What is kept below amd64's stack pointer is refused"
}
sees_red_zone_body()
{
	code="long leaf(long a) { volatile long x[4]; x[0] = a; return (x[0]); }"
	red_zone=$(echo "$amd64" | sed 's/-mno-red-zone//')
	refused "red zone used in leaf" $x86 "$code" \
	    "$red_zone -fno-omit-frame-pointer"
	refused "red zone used in leaf" $x86 "$code" \
	    "$red_zone -fomit-frame-pointer"
	accepted $x86 "$code" "$amd64 -fno-omit-frame-pointer"
}

sees_large_frame_head()
{
	atf_set descr "A stack frame above the limit is refused"
}
sees_large_frame_body()
{
	code="void memset(void *, int, long);
	    char big(int n) { volatile char b[2000]; b[n] = 1; return (b[1]); }"
	refused "frame of 20.. bytes in big" $x86 "$code" "$amd64"
	refused "frame of 20.. bytes in big" $arm "$code" "$arm64"
}

sees_missing_bti_head()
{
	atf_set descr "An arm64 object that is not marked for BTI is refused"
}
sees_missing_bti_body()
{
	refused "not marked for BTI" $arm "$good" \
	    "--target=aarch64-unknown-freebsd15.0 -mgeneral-regs-only"
}

sees_x18_head()
{
	atf_set descr "A write to arm64's per-CPU register is refused"
}
sees_x18_body()
{
	refused "x18 written in clobber" $arm \
	    'void clobber(void) { __asm__ volatile ("mov x18, #0"); }' "$arm64"
}

sees_got_head()
{
	atf_set descr "An address that amd64's kernel would not resolve is refused"
}
sees_got_body()
{
	code="void wakeup(void *); void wake(void *p) { wakeup(p); }"
	refused "global offset table used: R_X86_64_GOTPCREL.* wakeup" $x86 \
	    "$code" "--target=x86_64-unknown-freebsd15.0 -mno-red-zone \
	    -fpic -fno-plt"
	accepted $x86 "$code" "$amd64"
}

sees_unknown_symbol_head()
{
	atf_set descr "A call that the kernel does not have is refused"
}
sees_unknown_symbol_body()
{
	code="typedef unsigned __int128 u128;
	    u128 div(u128 a, u128 b) { return (a / b); }"
	refused "the kernel has no __udivti3" $x86 "$code" "$amd64"
	refused "the kernel has no __udivti3" $arm "$code" "$arm64"
}

sees_return_to_unloaded_module_head()
{
	atf_set descr "A function that returns after others may go on is refused"
}
sees_return_to_unloaded_module_body()
{
	hook="void wakeup(void *); void kpi_intrhook_run(void *);
	    void kpi_intrhook_run(void *p)"
	for machine in "$x86 $amd64" "$arm $arm64"; do
		target=${machine%% *}
		flags=${machine#* }
		accepted "$target" "$hook { wakeup(p); }" "$flags"
		refused "kpi_intrhook_run returns after its last call" "$target" \
		    "$hook { wakeup(p); __asm__ volatile (\"\"); }" "$flags"
		refused "kpi_intrhook_run goes on in more" "$target" \
		    "void more(void *p);
		    $hook { wakeup(p); more(p); }
		    void more(void *p) { __asm__ volatile (\"\"); }" \
		    "$flags -fno-inline -ffunction-sections"
	done
}

atf_init_test_cases()
{
	atf_add_test_case accepts_plain_code
	atf_add_test_case sees_floating_point
	atf_add_test_case sees_red_zone
	atf_add_test_case sees_large_frame
	atf_add_test_case sees_missing_bti
	atf_add_test_case sees_x18
	atf_add_test_case sees_got
	atf_add_test_case sees_unknown_symbol
	atf_add_test_case sees_return_to_unloaded_module
}
