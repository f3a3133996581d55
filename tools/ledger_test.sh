#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# ledger.py must find everything that it says it looks for.  Each case changes a
# small project that is in order, and expects the line that names the mistake.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# Make a project and its ledger.
project()
{
	git init -q .
	mkdir -p docs/evidence drivers kpi/src common tests/kern
	cat >drivers/a.rs <<'END'
/// Says unsafe { in a comment.
fn one() {
    let _ = "unsafe {";
    unsafe { f() }
}
unsafe impl Send for S {}
type F = unsafe extern "C" fn(*mut u8);
END
	echo 'pub struct S; fn g() { unsafe { f() } }' >kpi/src/a.rs
	echo 'int	kpi_a(int x);' >common/kpi_a.h
	echo 'TK_CASE(a_case) {}' >tests/kern/a_test.c
	echo 'tk_stop("a-rule", "broken");' >tests/kern/a.c
	cat >docs/evidence/safety.md <<'END'
| file | item | each | what must hold | ensured by |
| --- | --- | --- | --- | --- |
| `drivers/a.rs` | `one`, `Send for S` | 1 | something | `a_case`, `kpi_a` |
| `a.rs` | 1 | something | `S` |
| | | something else | unchecked: nobody |
| `kpi_*` | something | `a-rule`, `KASSERT` |
END
	git add .
}

# $@: what atf_check(1) expects.
judge()
{
	atf_check "$@" /usr/bin/python3 -B "$KPI_ROOT/tools/ledger.py"
}

# $1: expression of sed(1); $2: file; $3: the line that must be printed.
sees()
{
	project
	judge
	sed "$1" "$2" >changed
	mv changed "$2"
	judge -s exit:1 -o match:"$3"
}

# $1: case; $2: description; the rest as for sees(), in ' quotes.
define()
{
	eval "$1_head() { atf_set descr \"$2\"; }"
	eval "$1_body() { sees $3; }"
	cases="$cases $1"
}

define new_unsafe "An unsafe function without a row is named" \
    "'\$s/\$/ fn two() { unsafe { f() } }/' drivers/a.rs \
    'drivers/a.rs: two: unsafe, and not in'"
define more_unsafe "One more unsafe in a function is counted" \
    "'s/{ f() }/& unsafe { f() }/' drivers/a.rs 'one says unsafe 2 times, not 1'"
define no_unsafe "A row that nothing needs is named" \
    "'s/unsafe { f() }/f()/' drivers/a.rs 'one: there is no unsafe'"
define new_kpi "One more unsafe in a file of the crate is counted" \
    "'s/{ f() }/& unsafe { f() }/' kpi/src/a.rs 'says unsafe 2 times, not 1'"
define new_function "A function without a row is named" \
    "'s/kpi_a/other/' common/kpi_a.h 'other: not in'"
define no_test "A test that is gone is named" \
    "'s/a_case/another/' tests/kern/a_test.c 'no test, .* a_case'"
define no_rule "A rule that is gone is named" \
    "'s/a-rule/another/' tests/kern/a.c 'no test, .* a-rule'"
define only_debug "A promise of Rust that only a debug kernel sees to is named" \
    "'s/\`a_case\`, \`kpi_a\`/\`KASSERT\`/' docs/evidence/safety.md \
    'only a debug kernel sees to it'"
define nobody "A promise that nobody sees to is named" \
    "'s/unchecked: //' docs/evidence/safety.md 'nobody sees to it'"

atf_init_test_cases()
{
	for case in $cases; do
		atf_add_test_case "$case"
	done
}
