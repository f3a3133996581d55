#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The documentation as a site: no link in it is dead, the pictures are drawn, and
# nothing is wider than a page.
#
# KPI_ROOT is the project's folder, KPI_BUILD that of its build.

. "$KPI_ROOT/tests/atf.sh"

# Prints the name of a program that writes an empty picture, as dot(1) is not on
# every machine.
stand_in()
{
	cat >./dot <<-'END'
	#!/bin/sh
	[ "$1 $2" = "-Tsvg -o" ] && grep -q '^digraph ' "$4" && echo >"$3"
	END
	chmod +x ./dot
	echo "$PWD/dot"
}

# $1: program that draws.
make_site()
{
	atf_check -o inline:"$PWD/site/index.html\n" env RUST_PAGES=no DOT="$1" \
	    sh "$KPI_ROOT/tools/docs.sh" "$PWD/site"
}

atf_test_case no_link_is_dead
no_link_is_dead_head()
{
	atf_set descr "documents and manual pages link to what is there"
	atf_set timeout 600
}
no_link_is_dead_body()
{
	make_site "$(stand_in)"
	atf_check -o ignore grep 'href="man/kpi_mtx.9.html"' site/index.html
	atf_check -o ignore grep 'href="docs/guide/first-driver.html"' \
	    site/index.html
	atf_check -o ignore grep 'href="https://man.freebsd.org/sleep/9"' \
	    site/man/kpi_mtx.9.html
}

atf_test_case crates_have_their_pages
crates_have_their_pages_head()
{
	atf_set descr "the crates' documentation links to what is there"
	atf_set timeout 1800
}
crates_have_their_pages_body()
{
	# The build makes them, when the crates have changed.
	pages=$KPI_BUILD/kpi/pages/doc/kpi
	atf_check cat "$KPI_BUILD/kpi/pages.complaints"
	[ -s "$pages/mtx/index.html" ] || atf_fail "no page of kpi::mtx"
	for page in mtx virtio; do
		atf_check -o ignore grep 'id="example"' "$pages/$page/index.html"
	done
}

atf_test_case a_dead_link_is_found
a_dead_link_is_found_head()
{
	atf_set descr "a file, and a place in a page, that are not there"
}
a_dead_link_is_found_body()
{
	mkdir -p site/rust
	: >site/site.css
	echo '<a href="Ord.html#of-core">Ord</a>' >site/rust/c.html
	head='<meta name="viewport" content="width=device-width">'
	head="$head<link href=\"site.css\">"
	echo "$head"'<p id="here"><a href="b.html#there">b</a><a href="#here">x</a>' \
	    >site/a.html
	echo "$head"'<p id="there"><a href="a.html">a</a>' >site/b.html
	atf_check /usr/bin/python3 "$KPI_ROOT/tools/site.py" --check site
	echo '<a href="c.html">c</a><a href="a.html#there">a</a>' >>site/b.html
	atf_check -s exit:1 -o inline:'b.html: c.html: no such file
b.html: a.html#there: no such place
' /usr/bin/python3 "$KPI_ROOT/tools/site.py" --check site
}

atf_test_case pictures_are_drawn
pictures_are_drawn_head()
{
	atf_set descr "dot(1) draws each picture, which its page shows"
	atf_set require.progs dot
	atf_set timeout 600
}
pictures_are_drawn_body()
{
	make_site "$(command -v dot)"
	cd site/docs/guide || exit 1
	(cd "$KPI_ROOT/docs/guide" && ls ./*.dot) >sources
	while read -r source; do
		name=${source#./}
		name=${name%.dot}
		atf_check -o ignore grep '^<svg ' "$name.svg"
		atf_check -o ignore grep -l "<img src=\"$name.svg\"" ./*.html
	done <sources
	atf_check -o ignore grep vtsnd_queue_intr virtio-snd-period.svg
}

atf_test_case no_dot_is_said
no_dot_is_said_head()
{
	atf_set descr "without dot(1) one line says what to type"
}
no_dot_is_said_body()
{
	atf_check -s exit:1 -e inline:"docs.sh: there is no $PWD/dot for the \
pictures; type: sh tools/deps.sh --docs\n" env RUST_PAGES=no DOT="$PWD/dot" \
	    sh "$KPI_ROOT/tools/docs.sh" "$PWD/site"
	[ ! -e site ] || atf_fail "a site was begun"
}

# $1: a page without its head; the rest: lines of a style sheet.
small_site()
{
	mkdir -p small
	printf '%s%s\n' '<meta name="viewport" content="width=device-width">' \
	    "<link href=\"site.css\">$1" >small/a.html
	shift
	printf '%s\n' "$@" >small/site.css
}

# $1: what is said of the small site.
is_too_wide()
{
	atf_check -s exit:1 -o inline:"a.html: $1\n" \
	    /usr/bin/python3 -B "$KPI_ROOT/tools/site.py" --check small
}

atf_test_case what_may_be_too_wide_is_found
what_may_be_too_wide_is_found_head()
{
	atf_set descr "code and tables scroll in a box, and pages fit the window"
}
what_may_be_too_wide_is_found_body()
{
	box='display: block; max-width: 100%; overflow-x: auto;'
	small_site '<pre class="c">x</pre><table>' "pre, table { $box }"
	atf_check /usr/bin/python3 -B "$KPI_ROOT/tools/site.py" --check small
	small_site '<pre class="c">x</pre><table>' "pre { $box }"
	is_too_wide 'table : may be wider than the page'
	small_site '<pre class="c">' "pre { $box }" 'pre.c { max-width: none; }'
	is_too_wide 'pre c: may be wider than the page'
	small_site '<table class="c d">' '.d { display: table; }' "table { $box }"
	is_too_wide 'table c d: may be wider than the page'
	sed -i 's/device-width/1024/' small/a.html
	printf '%s\n' "table { $box }" >small/site.css
	is_too_wide "without site.css, or the window's width"
}

atf_init_test_cases()
{
	atf_add_test_case no_link_is_dead
	atf_add_test_case crates_have_their_pages
	atf_add_test_case a_dead_link_is_found
	atf_add_test_case pictures_are_drawn
	atf_add_test_case no_dot_is_said
	atf_add_test_case what_may_be_too_wide_is_found
}
