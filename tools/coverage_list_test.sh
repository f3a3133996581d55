#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# coverage_list.py must see each difference between the lines that never ran and
# their list.  Each case changes a small project that is in order, and expects
# the line that names the mistake.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# Make a project, its list, and the lines that never ran.
project()
{
	mkdir -p docs/evidence common kpi/src
	cat >common/a.c <<'END'
/* one(2) is not a function. */
static int
one(int x)
{
	if (x == 0)
		return (1);
	return (0);
}

int
two(void)
{
	return (one(2));
}
END
	cat >kpi/src/a.rs <<'END'
impl<'a, T> Iterator for &'a mut Walk<T> {
    fn next(&mut self) -> u32 {
        1
    }
}

fn next() -> u32 {
    2
}
END
	printf '%s\n' common/a.c:6-6 common/a.c:12-14 kpi/src/a.rs:2-4 \
	    kpi/src/a.rs:7-9 >missing
	cat >docs/evidence/coverage.md <<'END'
| file | function | lines | why |
| --- | --- | --- | --- |
| `common/a.c` | `one` | 1 | a reason |
| `common/a.c` | `two` | 0-3 | sometimes |
| `kpi/src/a.rs` | `Walk::next`, `next` | 3 | another |
END
}

# $@: what atf_check(1) expects.
judge()
{
	atf_check "$@" /usr/bin/python3 -B \
	    "$KPI_ROOT/tools/coverage_list.py" missing
}

# $1: expression of sed(1); $2: file; $3: the one line that must be printed.
sees()
{
	project
	judge
	sed "$1" "$2" >changed
	mv changed "$2"
	judge -s exit:1 -o inline:"$3\n"
}

# $1: case; $2: description; the rest as for sees(), in ' quotes.
define()
{
	eval "$1_head() { atf_set descr \"$2\"; }"
	eval "$1_body() { sees $3; }"
	cases="$cases $1"
}

define new_function "A function that is not listed is named with its lines" \
    "/two/d docs/evidence/coverage.md \
    'common/a.c: two: 12-14 never ran: it wants a test, or a row in docs/evidence/coverage.md'"
define new_method "A method is told from a function of its name" \
    "'s/.Walk::next., //' docs/evidence/coverage.md \
    'kpi/src/a.rs: Walk::next: 2-4 never ran: it wants a test, or a row in docs/evidence/coverage.md'"
define more_lines "A further line of a function that is listed is counted" \
    "s/a.c:6-6/a.c:5-6/ missing \
    'docs/evidence/coverage.md:3: common/a.c: one: 2 lines never ran, not 1'"
define fewer_lines "A line that a test reaches now is counted" \
    "s/a.rs:7-9/a.rs:7-8/ missing \
    'docs/evidence/coverage.md:5: kpi/src/a.rs: next: 2 lines never ran, not 3'"
define no_lines "A row that nothing needs is named" \
    "/a.c:6/d missing 'docs/evidence/coverage.md:3: common/a.c: one: all of it ran'"
define more_than_sometimes "More lines than ever are too many" \
    "s/a.c:12-14/a.c:11-14/ missing \
    'docs/evidence/coverage.md:4: common/a.c: two: 4 lines never ran, not 0-3'"
define no_reason "A row that does not say why is named" \
    "'s/a reason//' docs/evidence/coverage.md 'docs/evidence/coverage.md:3: no reason'"
define no_number "A row without a number of lines is named" \
    "'s/| 0-3 |/| some |/' docs/evidence/coverage.md \
    'docs/evidence/coverage.md:4: no number of lines'"
define no_function "A row of a function that is gone is named" \
    "'s/.two./&, \`three\`/' docs/evidence/coverage.md \
    'docs/evidence/coverage.md:4: common/a.c: there is no three'"

atf_test_case sometimes
sometimes_head()
{
	atf_set descr "Lines that run sometimes may do so"
}
sometimes_body()
{
	project
	sed /a.c:12/d missing >changed
	mv changed missing
	judge
}

atf_init_test_cases()
{
	for case in $cases sometimes; do
		atf_add_test_case "$case"
	done
}
