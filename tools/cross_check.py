#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Check an object that goes into a FreeBSD kernel.

It measures the object itself, not the flags with which it was compiled.  These
rules must hold:

- no instruction names a floating-point or SIMD register;
- amd64: nothing is kept below the stack pointer (no red zone), because an
  interrupt would overwrite it; and no address is taken from a global offset
  table, which the kernel's linker does not know;
- arm64: every input was marked for BTI, x18 (the kernel's per-CPU pointer) is
  never written;
- no stack frame is larger than FRAME_LIMIT;
- the functions of LAST_IN_KERNEL end in a jump to one of the kernel's;
- every undefined symbol is one that the kernel provides.

Prints a line for each thing that does not hold; appends the measurements to a
file of JSON rows.
"""

import argparse
import collections
import json
import re
import subprocess
import sys

FRAME_LIMIT = 1024

# What these call last lets another thread go on, which may unload the module.
# So they must not return: the function of the kernel that they call last does.
LAST_IN_KERNEL = ("kpi_cdev_closed", "kpi_cdev_knote_detach",
                  "kpi_intrhook_run")

# Operands instead of mnemonics, since the compiler must not use these
# registers.
FP_REGISTER = {
    "aarch64": re.compile(r"(?<![\w.$])(?:[vqdshbz]\d{1,2}|p\d{1,2})"
                          r"(?![\w$])"),
    "x86_64": re.compile(r"%(?:[xyz]mm\d+|mm[0-7]|st\b|st\(|k[0-7]\b)"),
}
X87 = re.compile(r"^f(?!s\b)[a-z0-9]+$")

FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
RELOCATION = re.compile(r"^\s*[0-9a-f]+:\s+R_[A-Z0-9_]+\s+([^\s+-]+)")
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\s+(\S+)\s*(.*)$")

# targets: of jumps out of the function.
Function = collections.namedtuple("Function", "name instructions targets")


def run(*command):
    return subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def functions(llvm, path):
    """Disassembles every section; yields the functions with their
    (mnemonic, operands) pairs."""
    name, body, targets = None, [], []
    text = run(f"{llvm}/llvm-objdump", "-dr", "--no-show-raw-insn",
               "--no-leading-headers", path)
    for line in text.splitlines():
        if match := FUNCTION.match(line):
            if name is not None:
                yield Function(name, body, targets)
            name, body, targets = match[1], [], []
        elif match := RELOCATION.match(line):
            if body and body[-1][0] in ("b", "jmp"):
                targets.append(match[1])
        elif match := INSTRUCTION.match(line):
            # Drop the comments and the <symbol+offset> of a branch.
            operands = re.sub(r"<[^>]*>|//.*|#.*", "", match[2])
            body.append((match[1], operands.strip()))
    if name is not None:
        yield Function(name, body, targets)


def uses_fp(arch, mnemonic, operands):
    if arch == "x86_64" and X87.match(mnemonic):
        return True
    return FP_REGISTER[arch].search(operands) is not None


def red_zone_use(function):
    """The first instruction of an amd64 function that reaches below its
    stack pointer, or None.

    Offsets from %rsp show it directly.  Offsets from %rbp are compared with
    the bytes that were pushed and reserved after the frame pointer was set.
    """
    reserved = None
    # The deepest reservation on any path is the limit of the frame.
    for mnemonic, operands in function.instructions:
        if mnemonic == "movq" and operands == "%rsp, %rbp":
            reserved = 0
        elif reserved is not None:
            if mnemonic == "pushq":
                reserved += 8
            elif match := re.match(r"\$(0x[0-9a-f]+|\d+), %rsp$", operands):
                if mnemonic == "subq":
                    reserved += int(match[1], 0)
                elif mnemonic == "andq":
                    reserved = float("inf")
    for mnemonic, operands in function.instructions:
        if mnemonic.startswith("lea"):
            continue
        if re.search(r"-(0x[0-9a-f]+|\d+)\(%rsp", operands):
            return f"{mnemonic} {operands}"
        match = re.search(r"-(0x[0-9a-f]+|\d+)\(%rbp\)", operands)
        if match and reserved is not None and int(match[1], 0) > reserved:
            return f"{mnemonic} {operands}"
    return None


def writes_x18(mnemonic, operands):
    first = operands.split(",")[0].strip()
    if first not in ("x18", "w18"):
        return False
    return not mnemonic.startswith(("str", "stp", "stu", "cmp", "cmn", "tst",
                                    "cbz", "cbnz", "tbz", "tbnz"))


def last_in_module(function, outside):
    """What a function of LAST_IN_KERNEL still does here after its last call, or
    None."""
    if any(mnemonic.startswith("ret")
           for mnemonic, _ in function.instructions):
        return "returns"
    for target in function.targets:
        if target not in outside:
            return f"goes on in {target}"
    return None


def frame_sizes(llvm, path):
    """Function to bytes of stack, as the compilers say."""
    sizes = {}
    text = run(f"{llvm}/llvm-readelf", "--stack-sizes", path)
    for line in text.splitlines():
        if match := re.match(r"\s*(\d+)\s+(\S.*)$", line):
            sizes[match[2]] = max(int(match[1]), sizes.get(match[2], 0))
    return sizes


def text_size(llvm, path):
    """Bytes of executable sections."""
    total = 0
    text = run(f"{llvm}/llvm-readelf", "-S", "-W", path)
    for line in text.splitlines():
        match = re.match(r"\s*\[\s*\d+\]\s+\S+\s+PROGBITS\s+\S+\s+\S+\s+"
                         r"([0-9a-f]+)\s+\S+\s+(\S*)", line)
        if match and "X" in match[2]:
            total += int(match[1], 16)
    return total


def got_use(llvm, path):
    """A relocation that uses a global offset table, or None."""
    for line in run(f"{llvm}/llvm-readelf", "-r", "-W", path).splitlines():
        if "GOTPCREL" in line:
            return " ".join(line.split()[2::2])
    return None


def undefined(llvm, path):
    out = run(f"{llvm}/llvm-nm", "--undefined-only", "--just-symbol-name",
              path)
    return out.split()


def allowed_symbols(path, real_headers):
    """The symbols that conf/kernel-symbols allows with these headers."""
    allowed = set()
    with open(path, encoding="utf-8") as f:
        for line in f:
            words = line.split("#")[0].split()
            if words[:1] != ["inline"]:
                allowed.update(words)
            elif not real_headers:
                allowed.update(words[1:])
    return allowed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--llvm", required=True)
    parser.add_argument("--symbols", required=True)
    parser.add_argument("--bindings", nargs="*", default=[])
    parser.add_argument("--rows", required=True)
    parser.add_argument("--real-headers", action="store_true")
    parser.add_argument("target")
    parser.add_argument("object")
    args = parser.parse_args()
    arch = args.target.split("-", maxsplit=1)[0]
    problems = []

    outside = undefined(args.llvm, args.object)
    fp_count = 0
    count = 0
    for function in functions(args.llvm, args.object):
        count += 1
        for mnemonic, operands in function.instructions:
            if uses_fp(arch, mnemonic, operands):
                fp_count += 1
                problems.append(f"floating point in {function.name}: "
                                f"{mnemonic} {operands}")
            if arch == "aarch64" and writes_x18(mnemonic, operands):
                problems.append(f"x18 written in {function.name}: "
                                f"{mnemonic} {operands}")
        if arch == "x86_64" and (use := red_zone_use(function)):
            problems.append(f"red zone used in {function.name}: {use}")
        if function.name in LAST_IN_KERNEL and (
                act := last_in_module(function, outside)):
            problems.append(f"{function.name} {act} after its last call")

    if arch == "aarch64":
        notes = run(f"{args.llvm}/llvm-readelf", "-n", args.object)
        if "BTI" not in notes:
            problems.append("not marked for BTI")

    frames = frame_sizes(args.llvm, args.object)
    if len(frames) < count // 2:
        problems.append(f"stack sizes of only {len(frames)} of {count} "
                        "functions")
    for name, size in sorted(frames.items()):
        if size > FRAME_LIMIT:
            problems.append(f"frame of {size} bytes in {name}, above "
                            f"{FRAME_LIMIT}")

    allowed = allowed_symbols(args.symbols, args.real_headers)
    for symbol in outside:
        # The test kernel's headers call functions of the test kernel.
        if not args.real_headers and symbol.startswith(("tk_", "_tk_")):
            continue
        if symbol not in allowed:
            problems.append(f"the kernel has no {symbol}")

    if arch == "x86_64" and (use := got_use(args.llvm, args.object)):
        problems.append(f"global offset table used: {use}")

    bindings = 0
    for path in args.bindings:
        with open(path, "rb") as f:
            bindings += len(f.read())

    with open(args.rows, "a", encoding="utf-8") as f:
        for metric, value, unit in (
                ("fp_instructions", fp_count, "instructions"),
                ("max_frame_bytes", max(frames.values(), default=0), "bytes"),
                ("text_bytes", text_size(args.llvm, args.object), "bytes"),
                ("bindings_bytes", bindings, "bytes")):
            f.write(json.dumps({"suite": args.target, "case": "kpi_drivers.o",
                                "metric": metric, "value": value,
                                "unit": unit}) + "\n")

    for problem in problems:
        print(f"{args.target}: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
