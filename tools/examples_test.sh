#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# examples.py: each example becomes a case, and none is left out.  kpi_doc_test
# runs what it makes of the crate.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# Makes a crate of two modules; standard input: the second one, b.
small_crate()
{
	mkdir -p src
	printf '%s\n' 'pub mod a;' 'pub mod b;' 'mod hidden;' >src/lib.rs
	printf '%s\n' '//! ```' '//! use a::A;' '//! ```' >src/a.rs
	: >src/hidden.rs
	cat >src/b.rs
}

examples()
{
	/usr/bin/python3 -B "$KPI_ROOT/tools/examples.py" src
}

# $1: what is said, on one line.
refused()
{
	examples >/dev/null 2>said && atf_fail "not refused: $1"
	echo "$1" >wanted
	atf_check cmp wanted said
}

atf_test_case examples_become_cases
examples_become_cases_head()
{
	atf_set descr "each block is a case, with the lines that are not shown"
}
examples_become_cases_body()
{
	small_crate <<-'END'
	//! ```text
	//! no example
	//! ```
	//!
	//! ```
	//! # let hidden = 1;
	//! #[derive(Debug)]
	//! struct B;
	//! #
	//! ```

	    /// ```rust
	    /// second()?;
	    /// ```
	END
	examples >made || atf_fail "refused"
	sed -n 's/^    fn \(.*\)() {/\1/p' made >names
	printf '%s\n' a_example b_example b_example_2 >wanted
	atf_check cmp wanted names
	for line in 'use a::A;' 'let hidden = 1;' '#[derive(Debug)]' \
	    'second()?;' '    // src/b.rs:12'; do
		grep -qxF -e "$line" made || atf_fail "no line $line: $(cat made)"
	done
	if grep -q -e 'no example' -e '^#$' made; then
		atf_fail "more than the examples: $(cat made)"
	fi
}

atf_test_case no_example_is_left_out
no_example_is_left_out_head()
{
	atf_set descr "a module without an example, and one that would not run"
}
no_example_is_left_out_body()
{
	small_crate </dev/null
	refused 'src/lib.rs: no example of: b'
	for word in ignore no_run should_panic compile_fail; do
		printf '%s\n' "//! \`\`\`$word" '//! b();' '//! ```' | small_crate
		refused "src/b.rs:1: an example that does not run: $word"
	done
	printf '//! ```\n//! b();\nfn b() {}\n' | small_crate
	refused 'src/b.rs:1: the block has no end'
}

atf_init_test_cases()
{
	atf_add_test_case examples_become_cases
	atf_add_test_case no_example_is_left_out
}
