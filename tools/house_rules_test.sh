#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# house_rules.py must see each broken rule.  Each case changes a small project
# that is in order, and expects the line that names the rule.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# The path is not one word here, since house_rules.py reads this file, too.
guide=docs/guide

project()
{
	git init -q .
	mkdir -p $guide common tests
	cat >README.md <<MD
# A project

[All of it]($guide/all.md), [its end]($guide/all.md#the-end-of-it-all),
[here](#a-project), [elsewhere](https://example.org/nowhere), [a folder](tests).
MD
	cat >$guide/all.md <<'MD'
## The end of it: *all*
[back](../../README.md)
MD
	cat >Makefile <<MK
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 A. Author
# See $guide/all.md.
MK
	cat >common/foo.h <<'H'
/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 A. Author */

/* What foo_each() calls. */
typedef void	foo_fn(void *arg);

/*
 * Start a foo, and stop it.
 *
 * Context: sleepable.
 */
int	foo_start(struct foo *foo);
void	foo_stop(struct foo *foo);

/* Call fn for each foo.  Context: any. */
const struct foo *foo_each(foo_fn *fn,
	    void (*done)(void *), void *arg);
H
	git add .
}

# $@: what atf_check(1) expects.
judge()
{
	atf_check "$@" /usr/bin/python3 -B "$KPI_ROOT/tools/house_rules.py"
}

# $1: name of the case; $2: expression of sed(1); $3: its file; $4: the line
# expected.
sees()
{
	atf_test_case "$1"
	eval "$1_head() { :; }
$1_body()
{
	project
	judge
	sed -i -e \"$2\" \"$3\"
	judge -s exit:1 -o inline:\"$4\\n\"
}"
	cases="$cases $1"
}

cases=
sees a_link_to_a_file_that_is_gone \
    's|/all.md)|/every)|' README.md \
    "README.md:3: the link leads nowhere: $guide/every"
sees a_link_from_the_wrong_folder 's|(../../|(../|' "$guide/all.md" \
    "$guide/all.md:2: the link leads nowhere: ../README.md"
sees a_link_to_a_heading_that_is_gone 's|^## .*|## Another|' "$guide/all.md" \
    "README.md:3: the link leads nowhere: $guide/all.md#the-end-of-it-all"
sees a_link_to_a_heading_of_its_own_that_is_gone 's|(#a-|(#the-|' README.md \
    'README.md:4: the link leads nowhere: #the-project'
sees a_document_that_a_comment_names_and_is_gone 's|all.md|one.md|' Makefile \
    "Makefile:3: there is no $guide/one.md"
sees a_file_without_a_licence 's|^# SPDX.*|#|' Makefile 'Makefile:1: no licence'
sees a_file_without_a_copyright 's|^# Copy.*|#|' Makefile \
    'Makefile:1: no copyright'
sees a_function_without_a_context 's|  Context: any||' common/foo.h \
    'common/foo.h:16: foo_each() does not say its Context:'
sees a_function_apart_from_its_group 's|^void.foo_stop|\n&|' common/foo.h \
    'common/foo.h:14: foo_stop() does not say its Context:'

atf_init_test_cases()
{
	for name in $cases; do
		atf_add_test_case "$name"
	done
}
