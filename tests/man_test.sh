#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The manual pages of section 9 are true of the headers: NAME.9 describes NAME.h.
# An example compiles, a prototype is the header's, and no function is missing.
#
# KPI_ROOT is the project's folder.

. "$KPI_ROOT/tests/atf.sh"

# The order of sort(1).
LC_ALL=C
export LC_ALL

# Prints the pages, one a line.
pages()
{
	find "$KPI_ROOT/common/man" "$KPI_ROOT"/drivers/*/* -name '*.9' | sort
}

# $1: page.  Prints the header that it describes.
header_of()
{
	name=$(basename "$1" .9)
	for header in "$KPI_ROOT/common/$name.h" "${1%.9}.h"; do
		[ ! -f "$header" ] || echo "$header"
	done
}

# Sets compile: the command that checks one C file as a kernel's.
use_compiler()
{
	mkdir -p interfaces
	sh "$KPI_ROOT/tools/kobj_if.sh" "$PWD/interfaces" ||
	    atf_fail "no headers of interfaces"
	# An example need not have callers for its functions.
	# shellcheck disable=SC2016 # for the other shell
	compile="$(sh -c '. "${0%/*}/env.sh"
	    . "$root/tools/targets.sh"
	    echo "$CLANG $(c_flags aarch64-unknown-none-softfloat)" \
	        "$(c_warnings)"' "$KPI_ROOT/tools/env.sh")
	    -Wno-unused-function -Wno-unused-const-variable -fsyntax-only
	    -nostdlibinc -I$KPI_ROOT/tests/kern/include -Iinterfaces
	    -I$KPI_ROOT/common -I$KPI_ROOT/drivers"
}

# $1: C file.
check_compiles()
{
	# shellcheck disable=SC2086 # words
	atf_check $compile "$1"
}

# $1: page.  Writes each example to a file NAME.N.c, behind what the page's
# SYNOPSIS includes.  The compiler names lines of the page.
write_examples()
{
	awk -v name="$(basename "$1" .9)" '
	/^\.Sh / { section = $2 }
	section == "SYNOPSIS" && $1 == ".In" {
		includes = includes "#include <" $2 ">\n"
	}
	/^\.Ed/ { file = "" }
	file != "" {
		sub(/^\\&/, "")
		gsub(/\\e/, "\\")
		print >file
	}
	section == "EXAMPLES" && /^\.Bd -literal/ {
		file = name "." ++n ".c"
		printf "%s#line %d \"%s\"\n", includes, FNR + 1, FILENAME >file
	}' "$1"
}

# $1: page.  Prints the SYNOPSIS as C: what it includes, and its prototypes.  A
# macro of that name is no prototype, so names are in parentheses.
prototypes()
{
	awk '
	# Sets args to the words of text, which may be quoted.
	function split_words(text) {
		while (match(text, /^ *("[^"]*"|[^ "]+)/)) {
			arg = substr(text, RSTART, RLENGTH)
			gsub(/^ *"?|"$/, "", arg)
			args = args (args == "" ? "" : ", ") arg
			text = substr(text, RSTART + RLENGTH)
		}
	}
	function finish() {
		if (type != "")
			printf "#line %d \"%s\"\n%s (%s)(%s);\n", FNR, \
			    FILENAME, type, function_name, args
		type = args = ""
	}
	/^\.Sh / { section = $2 }
	section != "SYNOPSIS" { next }
	$1 == ".In" { print "#include <" $2 ">" }
	$1 == ".Ft" { type = substr($0, 5) }
	$1 == ".Fn" || $1 == ".Fo" {
		function_name = $2
		args = ""
		text = $0
		sub(/^\.F[no] +[^ ]+/, "", text)
		split_words(text)
	}
	$1 == ".Fa" { split_words(substr($0, 5)) }
	$1 == ".Fn" || $1 == ".Fc" { finish() }' "$1"
}

# $1: page.  Prints the lines of structs and the like in the SYNOPSIS that are
# not lines of the header.
strange_lines()
{
	sed 's,[[:space:]]*/\*.*,,' "$(header_of "$1")" >code
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/{
	    /^\.Bd/,/^\.Ed/{
	    /^\./d
	    /^$/d
	    p
	    }
	    }' "$1" | grep -v -x -F -f code
}

# $1: header.  Prints "NAME CONTEXT" of each function, as the comment above it or
# above its group says, up to the first ";" or ".".
declared()
{
	awk '
	/^$/ { context = "" }
	match($0, /Context: [^.;]*/) {
		context = substr($0, RSTART + 9, RLENGTH - 9)
		sub(/ *\*\/$/, "", context)
	}
	/^typedef/ { next }
	/^#define\t[a-z]/ { name = $2; sub(/\(.*/, "", name); print name, "" }
	/\\$/ { next }
	/^[a-z]/ && match($0, /[a-z0-9_]+\(/) {
		print substr($0, RSTART, RLENGTH - 1), context
	}' "$1" | sort -k 1,1 -u
}

# $1: page.  Prints the functions of NAME.
named()
{
	awk -v page="$(basename "$1" .9)" '
	/^\.Sh / { section = $2 }
	section == "NAME" && $1 == ".Nm" && $2 != page { print $2 }' "$1"
}

# $1: page.  Prints "NAME CONTEXT" of each function in the list of CONTEXT.
contexts()
{
	awk '
	/^\.Sh / { section = $2 }
	section != "CONTEXT" { next }
	/^\.It / { context = substr($0, 5); sub(/;.*/, "", context) }
	/^\.El/ { context = "" }
	$1 == ".Fn" && context != "" { print $2, context }' "$1" | sort
}

atf_test_case examples_compile
examples_compile_head()
{
	atf_set descr "each example compiles without a warning"
}
examples_compile_body()
{
	use_compiler
	for page in $(pages); do
		write_examples "$page"
		[ -f "$(basename "$page" .9).1.c" ] ||
		    atf_fail "$page has no example"
	done
	for example in *.c; do
		check_compiles "$example"
	done
}

atf_test_case prototypes_are_the_headers
prototypes_are_the_headers_head()
{
	atf_set descr "a SYNOPSIS has all prototypes of the header, as they are there"
}
prototypes_are_the_headers_body()
{
	use_compiler
	for page in $(pages); do
		prototypes "$page" >synopsis.c
		check_compiles synopsis.c
		! strange_lines "$page" >strange ||
		    atf_fail "$page: not in the header: $(cat strange)"
		named "$page" | sort >names
		sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/s/^\.F[no] \([^ ]*\).*/\1/p' \
		    "$page" | grep -v '_fn$' | sort >synopsis
		atf_check diff names synopsis
	done
}

atf_test_case each_function_has_one_page
each_function_has_one_page_head()
{
	atf_set descr "NAME.9 has the functions that NAME.h declares, no others"
}
each_function_has_one_page_body()
{
	for header in "$KPI_ROOT"/common/*.h; do
		page=$KPI_ROOT/common/man/$(basename "$header" .h).9
		[ -f "$page" ] || atf_fail "$header has no page"
	done
	for page in $(pages); do
		header=$(header_of "$page")
		[ -n "$header" ] || atf_fail "$page has no header"
		declared "$header" | cut -d ' ' -f 1 >wanted
		named "$page" | grep '^[a-z]' | sort >names
		atf_check diff wanted names
		for macro in $(named "$page" | grep '^[A-Z]'); do
			grep -q "^#define	$macro(" "$header" ||
			    atf_fail "$header does not define $macro()"
		done
	done
}

atf_test_case apple_exports_the_functions_of_its_pages
apple_exports_the_functions_of_its_pages_head()
{
	atf_set descr "apple.ko exports the functions of its pages, no others"
}
apple_exports_the_functions_of_its_pages_body()
{
	for page in "$KPI_ROOT"/drivers/apple/*/*.9; do
		named "$page" | grep '^[a-z]'
	done | sort >wanted
	sed -n '/^EXPORT_SYMS/,/[^\\]$/p' "$KPI_ROOT/drivers/apple/Makefile" |
	    grep -o 'apple_[a-z0-9_]*' | sort >exported
	atf_check diff wanted exported
}

atf_test_case only_declared_functions_are_mentioned
only_declared_functions_are_mentioned_head()
{
	atf_set descr "no page mentions a function of ours that does not exist"
}
only_declared_functions_are_mentioned_body()
{
	for page in $(pages); do
		header=$(header_of "$page")
		declared "$header" | cut -d ' ' -f 1
		sed -n 's/^typedef.*[	 *]\([a-z_]*_fn\)(.*/\1/p' "$header"
	done | sort -u >known
	for page in $(pages); do
		sed -n 's/^\.\(It \)*F[no] \([a-z][^ ]*\).*/\2/p' "$page" |
		    grep -e ^kpi_ -e ^apple_ | sort -u | comm -23 - known >unknown
		[ ! -s unknown ] || atf_fail "$page: $(cat unknown)"
	done
}

atf_test_case contexts_are_the_headers
contexts_are_the_headers_head()
{
	atf_set descr "CONTEXT lists each function under the header's context"
}
contexts_are_the_headers_body()
{
	for page in $(pages); do
		# Macros that wrap a function have no context of their own.
		declared "$(header_of "$page")" | grep ' .' >wanted
		contexts "$page" >listed
		cut -d ' ' -f 1 wanted >names
		grep -w -f names listed >said
		[ ! -s wanted ] || atf_check diff wanted said
	done
}

atf_init_test_cases()
{
	atf_add_test_case examples_compile
	atf_add_test_case prototypes_are_the_headers
	atf_add_test_case each_function_has_one_page
	atf_add_test_case apple_exports_the_functions_of_its_pages
	atf_add_test_case only_declared_functions_are_mentioned
	atf_add_test_case contexts_are_the_headers
}
