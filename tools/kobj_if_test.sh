#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# kobj_if.sh makes the header of an interface, and names the line of a list that
# it cannot read.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# A project with one interface that is in order.
project()
{
	mkdir -p tools tests/kern/foo
	cp "$KPI_ROOT/tools/env.sh" "$KPI_ROOT"/tools/kobj_if.* tools
	cat >tests/kern/foo/foo_if.methods <<'LIST'
struct baz;

%%

/* Returns a baz. */
struct baz *bar(device_t dev, int x,
    const char **name) = foo_no_bar;
static void	qux(driver_t *driver);
LIST
}

atf_test_case has_what_freebsd_has
has_what_freebsd_has_head()
{
	atf_set descr "type, descriptor and function have FreeBSD's names"
}
has_what_freebsd_has_body()
{
	project
	atf_check sh tools/kobj_if.sh out
	sed '/^static/,/^}/s/^$/@/; /^$/d; s/^@$//' out/foo_if.h >said
	cat >expected <<'HEADER'
/* Made by tools/kobj_if.sh of foo_if.methods. */
#ifndef _foo_if_h_
#define	_foo_if_h_
#include <sys/kobj.h>
struct baz;
/* Returns a baz. */
extern struct kobjop_desc foo_bar_desc;
typedef struct baz *foo_bar_t(device_t dev, int x, const char **name);
static __inline TK_KOBJ_CALL struct baz *
FOO_BAR(device_t dev, int x, const char **name)
{
	kobjop_t _m;

	KOBJOPLOOKUP(((kobj_t)dev)->ops, foo_bar);
	return (((foo_bar_t *)_m)(dev, x, name));
}
extern struct kobjop_desc foo_qux_desc;
typedef void foo_qux_t(driver_t *driver);
static __inline TK_KOBJ_CALL void
FOO_QUX(driver_t *driver)
{
	kobjop_t _m;

	KOBJOPLOOKUP(driver->ops, foo_qux);
	((foo_qux_t *)_m)(driver);
}
#define	TK_FOO_IF \
	TK_KOBJ_DESC(foo_bar, foo_no_bar); \
	TK_KOBJ_DESC_NONE(foo_qux)
#endif /* !_foo_if_h_ */
HEADER
	atf_check diff expected said
}

atf_test_case leaves_what_would_not_change
leaves_what_would_not_change_head()
{
	atf_set descr "a header that would not change is not written"
}
leaves_what_would_not_change_body()
{
	project
	atf_check sh tools/kobj_if.sh out
	touch -t 200001010000 out/foo_if.h mark
	atf_check sh tools/kobj_if.sh out
	atf_check find out -name foo_if.h -newer mark
	echo 'int	quux(device_t dev);' >>tests/kern/foo/foo_if.methods
	atf_check sh tools/kobj_if.sh out
	atf_check -o inline:'out/foo_if.h\n' find out -name foo_if.h -newer mark
}

# $1: name of the case; $2: expression of sed(1) for the list; $3: the line
# expected.
sees()
{
	atf_test_case "$1"
	eval "$1_head() { :; }
$1_body()
{
	project
	sed -i -e '$2' tests/kern/foo/foo_if.methods
	atf_check -s exit:1 -e match:'foo_if.methods:[0-9]*: $3' \\
	    sh tools/kobj_if.sh out
	[ ! -e out/foo_if.h ] || atf_fail 'a header in spite of that'
}"
	cases="$cases $1"
}

cases='has_what_freebsd_has leaves_what_would_not_change'
sees a_parameter_without_a_name 's/int x/int/' \
    'a parameter without a name: int$'
sees a_method_without_parameters 's/(driver_t .driver)//' \
    'not a declaration: static void qux'
sees a_method_without_a_type 's/static void//' 'not a declaration: qux'
sees a_declaration_that_does_not_end 's/driver);/driver)/' \
    'no semicolon after: static void qux.driver_t .driver.$'
sees a_list_without_methods '/^%%/d' 'no line %%'

atf_init_test_cases()
{
	for name in $cases; do
		atf_add_test_case "$name"
	done
}
