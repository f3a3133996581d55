# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
"""Whose instructions are those of a trace?

A trace (trace.c) is the translation blocks that a processor executed, in order.
Following the calls and returns gives the stack of calls at each block.  The
instructions of a block belong to the layer of its function (layers.py), or to
the nearest layer on the stack if the function is a helper.
"""

import array
import bisect
import collections
import re

# The kernels' half of the addresses.
KERNEL = 1 << 63
USER = "user"
UNKNOWN = "unknown"             # helpers that were called before the trace

# Before the opcode of an instruction.
PREFIXES = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3,
            *range(0x40, 0x50)}
# A return is expected at most so many calls down the stack: a function that
# jumps to another leaves its place to it.
DEEP = 12
# Threads that have been left, at most.
THREADS = 64

Symbol = collections.namedtuple("Symbol", "name module start")
# A call: where it returns to, None for an interrupt; and the layer for which a
# helper's instructions count then.
Frame = collections.namedtuple("Frame", "back layer")


class Symbols:
    """The functions of a kernel, by address."""

    def __init__(self, rows):
        """rows: addresses, names, modules."""
        found = {}
        for start, name, module in rows:
            # Of several names, one without underscores in front.
            if start not in found or found[start].name.startswith("_"):
                found[start] = Symbol(name, module, start)
        self.starts = sorted(found)
        self.symbols = [found[start] for start in self.starts]
        self.names = {symbol.name for symbol in self.symbols}

    @classmethod
    def of_nm(cls, text):
        """text: what nm(1) prints."""
        return cls((int(m[1], 16), m[2], "") for m in re.finditer(
            r"^([0-9a-f]+) [tTwW] (\S+)$", text, re.M))

    @classmethod
    def of_kallsyms(cls, text):
        """text: lines of Linux's /proc/kallsyms."""
        return cls((int(m[1], 16), m[2], m[3] or "") for m in re.finditer(
            r"^([0-9a-f]+) [tTwW] (\S+)(?:\s+\[(\S+)\])?$", text, re.M))

    def has(self, name):
        return name in self.names

    def find(self, addr):
        """The symbol of an address."""
        if addr < KERNEL:
            return Symbol(USER, "", 0)
        at = bisect.bisect_right(self.starts, addr) - 1
        return self.symbols[at] if at >= 0 else Symbol("?", "", 0)


def opcode(code):
    """The instruction's bytes from the opcode on."""
    at = 0
    while at < len(code) - 1 and code[at] in PREFIXES:
        at += 1
    return code[at:]


def signed(data):
    return int.from_bytes(data, "little", signed=True)


def kind_of(code):
    """What an instruction does: call, ret, iret or jump (anything else)."""
    op = opcode(code)
    if op[0] == 0xe8 or op[0] == 0xff and op[1] >> 3 & 7 == 2:
        return "call"
    return {0xc3: "ret", 0xc2: "ret", 0xcf: "iret"}.get(op[0], "jump")


def target_of(code, end):
    """Where a jump goes whose target is in the instruction, else None."""
    op = opcode(code)
    if op[0] == 0xeb or 0x70 <= op[0] <= 0x7f or 0xe0 <= op[0] <= 0xe3:
        return end + signed(op[1:2])
    if op[0] == 0xe9:
        return end + signed(op[1:5])
    if op[0] == 0x0f and 0x80 <= op[1] <= 0x8f:
        return end + signed(op[2:6])
    return None


class Block:
    """A translation block.  ends: the address behind each instruction."""

    def __init__(self, addr, sizes, last):
        self.addr = addr
        self.ends = []
        for size in sizes:
            addr += size
            self.ends.append(addr)
        self.end = addr
        self.insns = len(sizes)
        self.kind = kind_of(last)
        self.target = target_of(last, addr)

    def executed(self, after):
        """How many instructions ran if the next block was at after.

        QEMU leaves a block early when an instruction reaches a device, and goes
        on behind that instruction.
        """
        if self.addr < after < self.end and after != self.target:
            return bisect.bisect_right(self.ends, after)
        return self.insns


def read_blocks(path):
    """The blocks by their numbers."""
    blocks = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            number, addr, sizes, last = line.split()
            blocks[int(number)] = Block(int(addr, 16),
                                        [int(size, 16) for size in sizes],
                                        bytes.fromhex(last))
    return blocks


def read_trace(path):
    """The numbers of the blocks that were executed."""
    trace = array.array("I")
    with open(path, "rb") as f:
        trace.frombytes(f.read())
    return trace


class Threads:
    """The stacks of threads that do not run.

    After a switch it shows only little by little which thread runs: by the
    places to which it returns.
    """

    def __init__(self):
        self.left = []
        self.candidates = []    # of left; empty: nothing is searched
        self.depth = 0          # frames that they have returned from

    def switch(self, stack):
        """The thread with this stack is left."""
        self.left = (self.left + [stack])[-THREADS:]
        self.candidates = list(self.left)
        self.depth = 0

    def returned(self, to):
        """The thread that runs has returned to an address that its calls since
        the switch do not explain.  Returns its stack once that is known, [] if
        it was never seen, or None."""
        self.depth += 1
        self.candidates = [s for s in self.candidates if len(s) >= self.depth
                           and s[-self.depth].back == to]
        if not self.candidates:
            return []
        rests = [s[:-self.depth] for s in self.candidates]
        if any(rest != rests[0] for rest in rests):
            return None
        self.left.remove(self.candidates[0])
        self.candidates = []
        return rests[0]


class Count:
    """Counts the instructions of traces.

    layers: by layer, with those of helpers.  functions: by layer and function.
    """

    def __init__(self, symbols, layers, blocks):
        self.symbols = symbols
        self.rules = layers
        self.blocks = blocks
        self.layers = collections.Counter()
        self.functions = collections.Counter()
        self.stack = []
        self.threads = Threads()
        self.places = {}

    def place(self, number):
        """The block, its symbol and its layer."""
        found = self.places.get(number)
        if found is None:
            block = self.blocks[number]
            symbol = self.symbols.find(block.addr)
            layer = USER if symbol.name == USER else \
                self.rules.of(symbol.name, symbol.module)
            found = self.places[number] = block, symbol, layer
        return found

    def follow(self, trace):
        """Count one trace."""
        self.stack = []
        self.threads = Threads()
        for number, following in zip(trace, trace[1:]):
            block, symbol, layer = self.place(number)
            after, to, to_layer = self.place(following)
            insns = block.executed(after.addr)
            charged = layer or (self.stack[-1].layer if self.stack
                                else UNKNOWN)
            self.layers[charged] += insns
            self.functions[charged, symbol.name] += insns
            if insns == block.insns:
                self.step(block, symbol, charged, after.addr, to,
                          to_layer or charged)

    def step(self, block, symbol, layer, addr, to, to_layer):
        """Keep the stack: block, of a symbol and a layer, was followed by addr,
        of to and to_layer."""
        if symbol.name == USER or to.name == USER:
            # A thread that runs in user space has no stack in the kernel.
            self.stack = []
        if to.name == USER:
            return
        if self.is_interrupt(symbol, addr, to):
            self.interrupted(block, layer)
            self.stack.append(Frame(None, to_layer))
        elif symbol.name == USER:
            return
        elif self.rules.switch.match(symbol.name) and (
                to.name != symbol.name or block.kind == "ret"):
            self.switched(block, addr)
        elif block.kind == "call":
            self.stack.append(Frame(block.end, to_layer))
        elif block.kind == "iret":
            self.end_interrupt(addr, to)
        elif block.kind == "ret":
            self.returned(addr)
        elif to != symbol and self.stack:
            # A jump to another function instead of a call and a return.
            self.stack[-1] = Frame(self.stack[-1].back, to_layer)

    def is_interrupt(self, symbol, addr, to):
        """True if the block at addr is where an interrupt arrives."""
        if not self.rules.entry.match(to.name) or \
                self.rules.entry.match(symbol.name):
            return False
        # Some symbols cover an entry for each vector.
        return addr == to.start or "entries" in to.name

    def interrupted(self, block, layer):
        """A call or return was executed before the interrupt came: where it led
        to is seen when the interrupt ends."""
        if block.kind == "call":
            self.stack.append(Frame(block.end, layer))
        elif block.kind == "ret" and self.stack:
            self.stack.pop()

    def end_interrupt(self, addr, to):
        while self.stack and self.stack.pop().back is not None:
            pass
        # A call that the interrupt delayed.
        if self.stack and addr == to.start:
            last = self.stack[-1]
            self.stack[-1] = Frame(last.back, self.rules.of(
                to.name, to.module) or last.layer)

    def switched(self, block, addr):
        self.threads.switch(self.stack)
        self.stack = []
        if block.kind == "ret":
            self.returned(addr)

    def returned(self, addr):
        for depth in range(1, min(DEEP, len(self.stack)) + 1):
            if self.stack[-depth].back == addr:
                del self.stack[-depth:]
                return
            if self.stack[-depth].back is None:
                break
        self.stack = self.threads.returned(addr) or [] \
            if self.threads.candidates else []

    def report(self, periods):
        """A text: layers and their functions, per period."""
        lines = []
        for layer, total in self.layers.most_common():
            lines.append(f"{total / periods:10.1f} {layer}")
            lines += [f"{n / periods:10.1f}     {name}" for (other, name), n
                      in self.functions.most_common()
                      if other == layer and n / periods >= 0.05]
        return "\n".join(lines) + "\n"
