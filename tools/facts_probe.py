#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Print the facts in headers about the kernel names that our sources use.

Reads each C source with libclang, with the flags given after --, and follows
its references into headers that are not the project's own, so nothing is listed
by hand.  Rust sources add the constants that they name.  Prints one fact per
line, sorted.  Facts are only numbers and types, with typedefs resolved:

    constant NAME VALUE         enum constant, or macro with an integer value
    function NAME TYPE          function, or macro that stands for one
    expansion NAME TYPE         the type of a macro at the places of its use;
                                void for a statement
    parameters NAME COUNT       of a macro; COUNT+ if there may be more
    variable NAME TYPE
    type NAME TYPE              typedef; a kobj(9) method by its NAME_t
    sizeof STRUCT BYTES         struct that is embedded, declared or filled in
    offsetof STRUCT.FIELD BYTES, and field STRUCT.FIELD TYPE
    macro NAME defined          any other macro
    used NAME here              the sources use it; other names are only
                                offered (--offered)
    error FILE:LINE:COLUMN TEXT a place that does not compile (--errors)
"""

import argparse
import ctypes
import os
import re
import sys

from clang import cindex
from clang.cindex import CursorKind, TypeKind

# Comments, strings and characters.  Names and operators are left.
QUIET = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                   r"'(?:\\.[^']*|[^'\\\n])'", re.S)
WORD = re.compile(r"\b\w+")
INCLUDE = re.compile(r'^#\s*include\s+(<[^>]+>|"[^"]+_if\.h")', re.M)
# libclang's CXTranslationUnit_KeepGoing, for which cindex has no name.  With it
# the parser continues after a missing header.
KEEP_GOING = 0x200
# The qualifiers of a value itself, which are lost when the value is used.
QUALIFIED = re.compile(r"^(?:(?:const|volatile) )+(?=[^*]*$)|"
                       r"(?<=\*)(?:const|volatile)$")
# Guards of headers, and names that the test kernel adds for itself.
NOT_FREEBSD = re.compile(r"_\w+_H_$|_?tk_", re.I)
UNNAMED = re.compile(r"\((?:unnamed|anonymous)[^)]* at [^)]*\)")

ARRAYS = (TypeKind.CONSTANTARRAY, TypeKind.INCOMPLETEARRAY)
REFERENCES = (CursorKind.DECL_REF_EXPR, CursorKind.MEMBER_REF_EXPR,
              CursorKind.MEMBER_REF, CursorKind.TYPE_REF)

lib = cindex.conf.lib
for get_location in (lib.clang_getSpellingLocation,
                     lib.clang_getExpansionLocation):
    get_location.argtypes = [
        cindex.SourceLocation, ctypes.POINTER(ctypes.c_void_p),
        ctypes.POINTER(ctypes.c_uint), ctypes.POINTER(ctypes.c_uint),
        ctypes.POINTER(ctypes.c_uint)]
lib.clang_getFileName.argtypes = [ctypes.c_void_p]
# cindex makes a few objects of Python for each location.  There are a million, so
# these two take what libclang answers.
FILE = ctypes.c_void_p()
OFFSET = ctypes.c_uint()
FILE_TO = ctypes.byref(FILE)
OFFSET_TO = ctypes.byref(OFFSET)


def file_of(location):
    """libclang's handle of the file that a location is in, or None."""
    lib.clang_getExpansionLocation(location, FILE_TO, None, None, None)
    return FILE.value


def offset_of(location):
    lib.clang_getExpansionLocation(location, None, None, None, OFFSET_TO)
    return OFFSET.value


def written_in(location):
    """libclang's handle of the file in which a token was written, also inside a
    macro; None for a token that ## made."""
    lib.clang_getSpellingLocation(location, FILE_TO, None, None, None)
    return FILE.value


def text_of(ctype):
    """A type without typedefs, and without the locations of unnamed types."""
    return UNNAMED.sub("(unnamed)", ctype.get_canonical().spelling)


def element_of(ctype):
    """The element type of an array, else the type itself; without typedefs."""
    ctype = ctype.get_canonical()
    while ctype.kind in ARRAYS:
        ctype = ctype.element_type.get_canonical()
    return ctype


@cindex.callbacks["cursor_visit"]
def visit(child, _, found):
    found.append(child)
    return 1  # the next one


def children_of(cursor):
    """As Cursor.get_children(), without a callback of its own."""
    found = []
    lib.clang_visitChildren(cursor, visit, found)
    for child in found:
        # The unit lives as long as its cursors.
        child._tu = cursor._tu
    return found


def span(cursor):
    extent = cursor.extent
    return offset_of(extent.start), offset_of(extent.end)


def read_text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


class Probe:
    def __init__(self, sources, offered, flags, errors):
        self.root = os.getcwd()
        self.sources = [s for s in sources if s.endswith((".c", ".h"))]
        self.flags = flags
        self.errors = errors
        self.index = cindex.Index.create()
        self.facts = set()
        self.expansions = {}
        self.folders = {os.path.dirname(os.path.abspath(s)) for s in sources}
        self.own_files = {}
        self.declarations = set()
        text = "\n".join(map(read_text, sources))
        self.includes = list(dict.fromkeys(INCLUDE.findall(text)))
        code = QUIET.sub(" ", text)
        words = set(WORD.findall(code))
        self.used = set(words)
        # name##parameter in one of our macros may make a name from any word.
        starts = set(re.findall(r"([A-Za-z_]\w+)##", code))
        words |= {start + word for start in starts for word in words}
        # Names to look for, besides those that code refers to.
        self.offered = set()
        for folder in offered:
            self.read_offered(folder)
        self.offered = {word for word in self.offered
                        if not NOT_FREEBSD.match(word)}
        self.names = {word for word in words | self.offered
                      if not word[0].isdigit()}

    def read_offered(self, folder):
        for path, _, files in sorted(os.walk(folder)):
            for file in sorted(files):
                text = read_text(os.path.join(path, file))
                self.offered |= set(WORD.findall(QUIET.sub(" ", text)))

    def add(self, kind, name, value):
        self.facts.add(f"{kind} {name} {value}")

    def own(self, file):
        """True for a handle of one of the project's sources."""
        if file is None:
            return False
        if file not in self.own_files:
            name = lib.clang_getFileName(file)
            folder = os.path.dirname(os.path.abspath(name))
            self.own_files[file] = folder in self.folders
        return self.own_files[file]

    def parse(self, path, text=None):
        # The handles of another unit's files.
        self.own_files = {}
        unit = self.index.parse(
            path, self.flags, [(path, text)] if text is not None else None,
            cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD |
            (KEEP_GOING if self.errors else 0))
        if text is None:
            for d in unit.diagnostics:
                if d.severity >= cindex.Diagnostic.Error:
                    self.error(d)
        return unit

    def error(self, diagnostic):
        """Record what does not compile as a fact, or end the program."""
        place = diagnostic.location
        if not self.errors:
            sys.exit(f"{place.file}:{place.line}: {diagnostic.spelling}")
        self.add("error", f"{place.file}:{place.line}:{place.column}",
                 diagnostic.spelling)

    # The names that the C sources refer to.

    def read(self, path):
        """Read all that one source uses in functions and declarations.  What
        it includes of ours was read with the first source that does."""
        unit = self.parse(path)
        cursors = []
        self.uses = {}
        for cursor in children_of(unit.cursor):
            file = file_of(cursor.location)
            if not self.own(file):
                continue
            if cursor.kind == CursorKind.MACRO_INSTANTIATION:
                definition = cursor.referenced
                place = definition and file_of(definition.location)
                if place and not self.own(place):
                    start, end = span(cursor)
                    self.uses[file, start] = end, cursor.spelling
            elif cursor.kind.is_declaration():
                place = (lib.clang_getFileName(file), *span(cursor),
                         cursor.spelling)
                if place not in self.declarations:
                    self.declarations.add(place)
                    cursors.append((cursor, file))
        for cursor, file in cursors:
            self.walk(cursor, file, False)

    def walk(self, cursor, file, in_body):
        kind = cursor.kind
        if kind == CursorKind.COMPOUND_STMT:
            in_body = True
        if in_body and (kind.is_expression() or kind.is_statement()):
            start = offset_of(cursor.extent.start)
            use = self.uses.get((file, start))
            end = use and offset_of(cursor.extent.end)
            if use and use[0] == end:
                self.expansion(use[1], cursor)
            # The head of a loop is not the whole loop.
            if use and (use[0] == end or kind.is_statement()):
                del self.uses[file, start]
        if kind in REFERENCES:
            self.reference(cursor)
        elif kind in (CursorKind.FIELD_DECL, CursorKind.VAR_DECL):
            if self.own(written_in(cursor.extent.start)):
                self.embedded(cursor.type)
        elif kind == CursorKind.CXX_UNARY_EXPR:
            self.sizeof_operand(cursor)
        elif kind == CursorKind.INIT_LIST_EXPR:
            if self.own(written_in(cursor.extent.start)):
                self.embedded(cursor.type, fields=True)
        for child in children_of(cursor):
            self.walk(child, file, in_body)

    def expansion(self, name, cursor):
        """The expression that a macro's use became, before conversions."""
        while cursor.kind == CursorKind.UNEXPOSED_EXPR:
            children = children_of(cursor)
            if len(children) != 1 or span(children[0]) != span(cursor):
                break
            cursor = children[0]
        what = "void"
        if cursor.kind.is_expression():
            what = QUALIFIED.sub("", text_of(cursor.type))
        self.expansions.setdefault(name, set()).add(what)

    def reference(self, cursor):
        target = cursor.referenced
        if target is None or self.own(file_of(target.location)):
            return
        name = target.spelling
        place = written_in(cursor.location)
        direct = self.own(place) if place else name in self.names
        kind = target.kind
        if not direct:
            return
        self.used.add(name)
        if kind == CursorKind.FUNCTION_DECL:
            self.add("function", name, text_of(target.type))
        elif kind == CursorKind.ENUM_CONSTANT_DECL:
            self.add("constant", name, target.enum_value)
        elif kind == CursorKind.VAR_DECL:
            self.add("variable", name, text_of(target.type))
        elif kind == CursorKind.TYPEDEF_DECL:
            self.add("type", name, text_of(target.underlying_typedef_type))
        elif kind == CursorKind.FIELD_DECL:
            self.field(target)

    def field(self, field):
        struct = field.semantic_parent
        name = self.struct_name(struct.type)
        self.add("offsetof", f"{name}.{field.spelling}",
                 field.get_field_offsetof() // 8)
        self.add("field", f"{name}.{field.spelling}", text_of(field.type))

    @staticmethod
    def struct_name(ctype):
        return UNNAMED.sub("(unnamed)", re.sub(
            r"^(?:(?:const|volatile|struct|union) )+", "", ctype.spelling))

    def embedded(self, ctype, fields=False):
        """Add the size, and on demand the layout, of a struct of the kernel."""
        ctype = element_of(ctype)
        struct = ctype.get_declaration()
        if ctype.kind != TypeKind.RECORD or self.own(file_of(struct.location)):
            return
        self.add("sizeof", self.struct_name(ctype), ctype.get_size())
        if fields:
            for field in ctype.get_fields():
                self.field(field)

    def sizeof_operand(self, cursor):
        for child in cursor.get_children():
            if self.own(written_in(child.extent.start)):
                self.embedded(child.type)

    # Macros, and names that only macros lead to.

    def read_macros(self):
        """Evaluates every name in the sources that is a macro of the
        kernel's, with all the headers together that they include."""
        path = os.path.join(self.root, "facts_probe.c")
        lines = [f'#include "{s}"' for s in self.sources if s.endswith(".h")]
        lines += [f"#include {i}" for i in self.includes]
        names = sorted(self.names)
        first = len(lines)
        for i, name in enumerate(names):
            lines += [f"#ifdef {name}",
                      f"enum {{ facts_value_{i} = ({name}) }};",
                      f"extern __typeof__(({name})) *facts_type_{i};",
                      "#endif"]
        unit = self.parse(path, "\n".join(lines) + "\n")
        wrong = set()
        for d in unit.diagnostics:
            if d.severity < cindex.Diagnostic.Error:
                continue
            if d.location.file is None or d.location.file.name != path or \
                    d.location.line <= first:
                self.error(d)
            else:
                wrong.add(d.location.line)

        macros, typedefs, methods = {}, {}, []
        values, types = {}, {}
        for cursor in children_of(unit.cursor):
            kind, name = cursor.kind, cursor.spelling
            if kind == CursorKind.MACRO_DEFINITION:
                place = name in self.names and file_of(cursor.location)
                if place and not self.own(place):
                    macros[name] = cursor
            elif kind == CursorKind.TYPEDEF_DECL:
                typedefs[name] = cursor
                if name in self.offered:
                    self.add("type", name,
                             text_of(cursor.underlying_typedef_type))
            elif kind == CursorKind.ENUM_DECL:
                for value in cursor.get_children():
                    if value.spelling.startswith("facts_value_") and \
                            value.location.line not in wrong:
                        values[names[int(value.spelling[12:])]] = \
                            value.enum_value
                    elif value.spelling in self.offered:
                        self.add("constant", value.spelling, value.enum_value)
            elif kind == CursorKind.FUNCTION_DECL:
                if name in self.offered:
                    self.add("function", name, text_of(cursor.type))
            elif kind == CursorKind.VAR_DECL:
                if name.endswith("_desc") and name[:-5] in self.names:
                    methods.append(name[:-5])
                elif name.startswith("facts_type_") and \
                        cursor.location.line not in wrong:
                    types[names[int(name[11:])]] = cursor.type.get_pointee()
        for name, definition in macros.items():
            self.macro(name, definition, values.get(name), types.get(name))
        for name in methods:
            if f"{name}_t" in typedefs:
                self.add("type", f"{name}_t", text_of(
                    typedefs[f"{name}_t"].underlying_typedef_type))

    def macro(self, name, definition, value, ctype):
        words = {token.spelling for token in definition.get_tokens()}
        if words & {"__FILE__", "__LINE__"}:
            # The header does not decide this.
            self.add("macro", name, "defined")
        elif lib.clang_Cursor_isMacroFunctionLike(definition):
            self.add("parameters", name, self.parameters(definition))
            if name in self.expansions:
                self.add("expansion", name,
                         " | ".join(sorted(self.expansions[name])))
        elif value is not None:
            self.add("constant", name, value)
        elif ctype is None:
            self.add("macro", name, "defined")
        elif ctype.get_canonical().kind in (TypeKind.FUNCTIONPROTO,
                                            TypeKind.FUNCTIONNOPROTO):
            self.add("function", name, text_of(ctype))
        else:
            self.add("variable", name, text_of(ctype))

    @staticmethod
    def parameters(definition):
        count, more = 0, ""
        tokens = definition.get_tokens()
        next(tokens)
        for token in tokens:
            if token.spelling == ")":
                break
            if token.spelling == "...":
                more = "+"
            elif token.kind != cindex.TokenKind.PUNCTUATION:
                count += 1
        return f"{count}{more}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--offered", metavar="folder", nargs=2, default=[],
                        help="add the names in the headers of two folders")
    parser.add_argument("--errors", action="store_true",
                        help="go on after what does not compile")
    parser.add_argument("sources", nargs="+")
    split = sys.argv.index("--")
    args = parser.parse_args(sys.argv[1:split])
    probe = Probe(args.sources, args.offered, sys.argv[split + 1:] +
                  ["-w", "-ferror-limit=0", "-fno-spell-checking"],
                  args.errors)
    for source in args.sources:
        if source.endswith(".c"):
            probe.read(source)
    probe.read_macros()
    facts = probe.facts | {f"used {name} here" for name in probe.used
                           & {fact.split()[1] for fact in probe.facts}}
    print("\n".join(sorted(facts)))


if __name__ == "__main__":
    main()
