# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Make the header of a kobj(9) interface from the list of its methods.
#
#	awk -f kobj_if.awk bus_if.methods >bus_if.h
#
# The names and types are those that FreeBSD's build gives to an interface.  A
# list has two parts, with a line "%%" between them.  The first part is C, with
# which the header begins.  The second part declares each method as C would,
# without the interface's name.  It may name the default function for classes
# that do not have the method:
#
#	int	add_child(device_t dev, const char *name) = bus_no_add_child;
#
# Without it the default is kobj_error_method().  The implementation is looked
# up in the first argument, an object.  If a method begins with "static", its
# first argument is a class.  Comments go into the header.
#
# The header has for each method, here int bar(device_t dev) of foo_if.methods,
# its type foo_bar_t, its descriptor foo_bar_desc and a function FOO_BAR(dev),
# which calls it.  One C file defines TK_FOO_IF, and with it the descriptors.

function wrong(why)
{
	print FILENAME ":" FNR ": " why | "cat >&2"
	failed = 1
	exit 1
}

# Sets middle to the first match of re in s, and left and right to the text
# before and after it.  Returns 0 if there is no match.
function split_at(s, re)
{
	if (!match(s, re))
		return (0)
	left = substr(s, 1, RSTART - 1)
	right = substr(s, RSTART + RLENGTH)
	middle = substr(s, RSTART, RLENGTH)
	return (1)
}

# $1: parameters.  Returns their names.
function names_of(parameters,    n, i, list, names)
{
	n = split(parameters, list, /, */)
	for (i = 1; i <= n; i++) {
		if (!match(list[i], /[a-z_][a-z_0-9]*$/) || RSTART == 1)
			wrong("a parameter without a name: " list[i])
		names = names (i > 1 ? ", " : "") substr(list[i], RSTART)
	}
	return (names)
}

# $1: a declaration, without the semicolon.
function method(text,    deflt, parameters, type, name, names, of_class, object)
{
	deflt = ""
	if (split_at(text, " *= *")) {
		text = left
		deflt = right
	}
	if (!split_at(text, "[(].*[)]$"))
		wrong("not a declaration: " text)
	text = left
	parameters = substr(middle, 2, length(middle) - 2)
	of_class = sub(/^static /, "", text)
	if (!split_at(text, "[a-z_][a-z_0-9]*$") || left == "")
		wrong("not a declaration: " text)
	type = left
	name = prefix "_" middle
	names = names_of(parameters)
	object = names
	sub(/,.*/, "", object)

	print "extern struct kobjop_desc " name "_desc;"
	print "typedef " type name "_t(" parameters ");"
	sub(/ $/, "", type)
	print "static __inline TK_KOBJ_CALL " type
	print toupper(name) "(" parameters ")"
	print "{"
	print "\tkobjop_t _m;\n"
	print "\tKOBJOPLOOKUP(" (of_class ? object : "((kobj_t)" object ")") \
	    "->ops, " name ");"
	if (type == "void")
		print "\t((" name "_t *)_m)(" names ");"
	else
		print "\treturn (((" name "_t *)_m)(" names "));"
	print "}\n"
	descriptors = descriptors (descriptors == "" ? "" : ";") " \\\n\t" \
	    (deflt == "" ? "TK_KOBJ_DESC_NONE(" name ")" : \
	    "TK_KOBJ_DESC(" name ", " deflt ")")
}

NR == 1 {
	interface = FILENAME
	sub(/.*\//, "", interface)
	if (!sub(/\.methods$/, "", interface) || interface !~ /_if$/)
		wrong("not the list of an interface")
	prefix = interface
	sub(/_if$/, "", prefix)
	print "/* Made by tools/kobj_if.sh of " interface ".methods. */\n"
	print "#ifndef _" interface "_h_"
	print "#define\t_" interface "_h_\n"
	print "#include <sys/kobj.h>\n"
}

$0 == "%%" {
	second = 1
	next
}

!second || comment || /^\/\*/ {
	print
	comment = second && !/\*\/$/
	next
}

NF > 0 {
	sub(/^[ \t]+/, "")
	gsub(/\t/, " ")
	text = text (text == "" ? "" : " ") $0
	if (sub(/;$/, "", text)) {
		method(text)
		text = ""
	}
}

END {
	if (!failed && !second)
		wrong("no line %%")
	if (!failed && text != "")
		wrong("no semicolon after: " text)
	if (failed)
		exit 1
	print "#define\tTK_" toupper(interface) descriptors
	print "\n#endif /* !_" interface "_h_ */"
}
