#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Check what no other checker knows: the rules this project gave itself.

- C follows style(9) as far as a single line shows it: 80 columns, tabs,
  return (x), a space after a keyword, no blank at the end;
- drivers in C call the C layer where it wraps a call of FreeBSD's;
- a function that a header declares, of the C layer or of a driver, says its
  context in the comment above it, or above the group of functions it is in;
- every source, script, makefile and page starts with licence and copyright;
- every `unsafe` block or impl in Rust has a SAFETY comment above it;
- ATF loses no check of a test: checks in C fail through the test kernel's own
  functions (host_atf_main.c), which alone may fork, except to start QEMU and
  similar programs; checks in shell use atf.sh, and none runs in the background;
- no comment, page or document uses a word that docs/guide/language.md replaces;
- a test case that a document names as `program:case` exists, and so does the
  target of each link, and each document that any file names by its path;
- nothing is left to do later, and no file names a package registry's host,
  except Cargo.lock, which cargo writes.
"""

import argparse
import functools
import os
import re
import subprocess
import sys

LICENCE = "SPDX-License-" "Identifier: BSD-2-Clause"
COPYRIGHT = re.compile(r"Copyright \(c\) \d{4} \S")
SOURCES = re.compile(r"\.(?:c|h|rs|sh|py|awk|dtso?|methods|[49])$|"
                     r"(?:^|/)(?:Makefile|meson\.build|Kyuafile(?:\.in)?|sources)$")
LATER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
HOST = re.compile(r"(?:deb|security)\.debian\.org|crates\.io|"
                  r"(?:index|registry)[^ ]*[ =]https?://|pypi\.org|"
                  r"deb +(?:\[[^]]*\] *)?https?://")
KEYWORD = re.compile(r"(?<![\w.])(?:if|for|while|switch)\(")
RETURN = re.compile(r"^\s*return [^(;]")
CASE = re.compile(r"`(\w+_test):(\w+)`")
LINK = re.compile(r"\]\(([^()\s]*)\)")
SCHEME = re.compile(r"[a-z]+:")
HEADING = re.compile(r"#+ +(.*)")
DOCUMENT = re.compile(r"(?<![\w./])docs/[\w/.-]+\.md\b")
PASTED = re.compile(r"^TK_CASE\w*\((\w+?)##", re.M)
MADE = re.compile(r"^[A-Z_]+\((\w+), ", re.M)
ATF_C = re.compile(r"\bATF_(?:CHECK|REQUIRE)|\batf_tc_(?:fail|pass|skip|expect)|"
                   r"(?<!\w)v?fork\(\)")
ATF_C_FILES = ("host_atf_main.c", "hw_apple.c", "hw_main.c", "atf_cases.c",
               "host_spawn.c")
ATF_SOURCED = '. "$KPI_ROOT/tests/atf.sh"'
BACKGROUND = re.compile(r"\b(?:atf|check)_.*[^&]&\s*$|^\s*[})]\s*&\s*$")
WRAPPED = re.compile(r"(?<![\w.>])((?:virtqueue|virtio|bus_dma|bus_space|bus_read|"
                     r"bus_write|taskqueue|callout|mtx|sglist|pcm|chn|mixer|OF|pci)"
                     r"_\w+|bus_(?:setup|teardown)_intr|msleep\w*|tsleep\w*|"
                     r"bus_(?:alloc|release)_resource\w*|wakeup\w*|malloc|free|"
                     r"sbinuptime|DELAY)\(")
BANNED = re.compile(r"(?<!\w)(?:wish(?:es)?|haste|news|deaf|knobs?|whoever|"
                    r"who waits|who asks|ha(?:s|ve) (?:its|his|their) turn|"
                    r"in one's turn|the way of (?:a|an|the|its|RTKit's) "
                    r"(?:\w+ )?(?:messages?|samples?|interrupts?))(?!\w)", re.I)
# A prototype at the start of a line: its type, its name, its arguments.
DECLARED = re.compile(r"^(?!typedef\b)[a-z][\w\s*]*\b(\w+)\([^;{}]*\)[^;{}()]*;",
                      re.M)
CONTRACTS = re.compile(r"common/[^/]+\.h|drivers/.*(?<!_reg)\.h")
UNSAFE = re.compile(r"\bunsafe\s*(?:\{|impl\b)")


@functools.cache
def project_files():
    """A path and its lines, for each source."""
    files = []
    out = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    for path in out.split("\0"):
        # Inputs that a fuzzer made are no sources.
        if not path or path.startswith("tests/fuzz/corpus/"):
            continue
        try:
            with open(path, encoding="utf-8") as f:
                files.append((path, f.read().splitlines()))
        except (UnicodeDecodeError, FileNotFoundError):
            pass            # sound, or gone since
    return files


def without_comments(lines):
    """The lines of a C or Rust file, with comments and strings replaced by
    blanks."""
    text = "\n".join(lines)
    pattern = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]),
                       text).split("\n")


def check_c(lines):
    code = without_comments(lines)
    for number, line in enumerate(lines, 1):
        if len(line.expandtabs(8)) > 80:
            yield number, "longer than 80 columns"
        if line.startswith("        "):
            yield number, "indented with blanks"
        if KEYWORD.search(code[number - 1]):
            yield number, "no blank after the keyword"
        if RETURN.match(code[number - 1]):
            yield number, "return without parentheses"


def check_words(lines):
    for number, line in enumerate(lines, 1):
        for word in BANNED.findall(line):
            yield number, f"\"{word}\": see docs/guide/language.md"


def check_layer(lines, own):
    """own: what the names of the driver itself begin with."""
    for number, line in enumerate(without_comments(lines), 1):
        for name in WRAPPED.findall(line):
            if not name.startswith(own):
                yield number, f"call the C layer (common/) for " \
                    f"{name}(), or add the call there"


def check_contracts(lines):
    """A comment and what follows it, up to an empty line, are a group."""
    text = "\n".join(lines)
    for declared in DECLARED.finditer(text):
        group = text[:declared.start()].rpartition("\n\n")[2]
        if "Context:" not in group.rpartition("/*")[2]:
            number = text.count("\n", 0, declared.start(1)) + 1
            yield number, f"{declared[1]}() does not say its Context:"


def check_atf_c(lines):
    for number, line in enumerate(without_comments(lines), 1):
        if ATF_C.search(line):
            yield number, "a check that ATF may lose: use tk_test.h"


def check_atf_sh(lines):
    if ATF_SOURCED not in lines:
        yield 1, "without tests/atf.sh a check in a subshell is lost"
    for number, line in enumerate(lines, 1):
        if BACKGROUND.search(line):
            yield number, "a check in the background may come too late"


def explained(lines, number):
    """True if SAFETY: stands on the line, or in the comment above it or above
    the statement that it continues."""
    if "SAFETY:" in lines[number]:
        return True
    for above in range(number - 1, max(number - 8, -1), -1):
        text = lines[above].strip()
        if "SAFETY:" in text:
            return True
        if not text.startswith(("//", "#[")) and text.endswith((";", "{", "}")):
            return False
        if text.startswith("//"):
            # Go up through the whole comment.
            while above >= 0 and lines[above].strip().startswith("//"):
                if "SAFETY:" in lines[above]:
                    return True
                above -= 1
            return False
    return False


def check_rust(lines):
    code = without_comments(lines)
    for number, line in enumerate(code):
        if UNSAFE.search(line) and not explained(lines, number):
            yield number + 1, "unsafe without SAFETY:"


@functools.cache
def words_of(program):
    """The words in the sources of a test program, or None without sources."""
    sources = f"/{program}.c"
    if program == "kpi_rust_test":
        sources = "_test.rs"
    text = "\n".join("\n".join(lines) for path, lines in project_files()
                     if path.endswith(sources))
    words = set(re.findall(r"\w+", text))
    # Names that a macro makes of its first argument.
    for start in PASTED.findall(text):
        words |= {start + end for end in MADE.findall(text)}
    return words or None


def has_case(program, case):
    words = words_of(program)
    # Cases for each kind of device have its name in front.
    return words is not None and (
        case in words or case.partition("_")[2] in words)


def check_cases(lines):
    for number, line in enumerate(lines, 1):
        for program, case in CASE.findall(line):
            if not has_case(program, case):
                yield number, f"there is no case {program}:{case}"


@functools.cache
def anchors_of(path):
    """The anchors that a link to a document may have after its "#"."""
    with open(path, encoding="utf-8") as f:
        headings = [match[1] for match in map(HEADING.match, f) if match]
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
            for heading in headings}


def leads(path, target):
    name, _, anchor = target.partition("#")
    file = os.path.normpath(os.path.join(os.path.dirname(path), name)) \
        if name else path
    return os.path.exists(file) and (
        not anchor or (file.endswith(".md") and anchor in anchors_of(file)))


def check_links(path, lines):
    for number, line in enumerate(lines, 1):
        for target in LINK.findall(line):
            if not SCHEME.match(target) and not leads(path, target):
                yield number, f"the link leads nowhere: {target}"


def check(path, lines):
    if path.endswith(".md"):
        yield from check_cases(lines)
        yield from check_links(path, lines)
    if SOURCES.search(path):
        if not any(LICENCE in line for line in lines[:3]):
            yield 1, "no licence"
        if not any(COPYRIGHT.search(line) for line in lines[:5]):
            yield 1, "no copyright"
    if path.endswith((".c", ".h")):
        yield from check_c(lines)
        if path.startswith(("tests/", "drivers/", "kpi/tests/")) and not (
                path.endswith(ATF_C_FILES)):
            yield from check_atf_c(lines)
        if path.startswith(("drivers/", "examples/")) and "/tests/" not in path:
            yield from check_layer(lines, path.split("/")[1] + "_")
        if CONTRACTS.fullmatch(path):
            yield from check_contracts(lines)
    if path.endswith("_test.sh"):
        yield from check_atf_sh(lines)
    if path.endswith(".rs"):
        yield from check_rust(lines)
    if path != "docs/guide/language.md" and (
            path.endswith((".md", ".4", ".9")) or
            path.startswith(("drivers/", "kpi/", "common/", "examples/"))):
        yield from check_words(lines)
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        for document in DOCUMENT.findall(LINK.sub("", line)):
            if not os.path.exists(document):
                yield number, f"there is no {document}"
        if LATER.search(line):
            yield number, "left to do later"
        if HOST.search(line) and not path.endswith(
                ("house_rules.py", "Cargo.lock")):
            yield number, "names a registry"


def main():
    argparse.ArgumentParser(
        description=__doc__.split("\n", 1)[0]).parse_args()
    count = 0
    for path, lines in project_files():
        for number, problem in check(path, lines):
            print(f"{path}:{number}: {problem}")
            count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
