#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The documentation as a site: no link in it is dead.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

atf_test_case no_link_is_dead
no_link_is_dead_head()
{
	atf_set descr "documents and manual pages link to what is there"
	atf_set timeout 600
}
no_link_is_dead_body()
{
	atf_check -o inline:"$PWD/site/index.html\n" env RUST_PAGES=no \
	    sh "$KPI_ROOT/tools/docs.sh" "$PWD/site"
	atf_check -o ignore grep 'href="man/kpi_mtx.9.html"' site/index.html
	atf_check -o ignore grep 'href="docs/guide/first-driver.html"' \
	    site/index.html
	atf_check -o ignore grep 'href="https://man.freebsd.org/sleep/9"' \
	    site/man/kpi_mtx.9.html
}

atf_test_case a_dead_link_is_found
a_dead_link_is_found_head()
{
	atf_set descr "a file, and a place in a page, that are not there"
}
a_dead_link_is_found_body()
{
	mkdir site
	echo '<p id="here"><a href="b.html#there">b</a><a href="#here">x</a>' \
	    >site/a.html
	echo '<p id="there"><a href="a.html">a</a>' >site/b.html
	atf_check /usr/bin/python3 "$KPI_ROOT/tools/site.py" --check site
	echo '<a href="c.html">c</a><a href="a.html#there">a</a>' >>site/b.html
	atf_check -s exit:1 -o inline:'b.html: c.html: no such file
b.html: a.html#there: no such place
' /usr/bin/python3 "$KPI_ROOT/tools/site.py" --check site
}

atf_init_test_cases()
{
	atf_add_test_case no_link_is_dead
	atf_add_test_case a_dead_link_is_found
}
