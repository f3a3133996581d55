#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# make vmtest BENCH=1, without its two guests: whose instructions those of a
# trace are, the table, the Linux guest's disk, and QEMU's plugin on a program of
# a few instructions.

. "$KPI_ROOT/tests/atf.sh"

bench()
{
	echo "${KPI_ROOT:?}/tests/vm/bench"
}

new_case()
{
	atf_test_case "$1"
	eval "$1_head() { atf_set descr '$2'; atf_set timeout 120; }"
}

# Runs standard input, a program in Python, with the bench's modules.
python()
{
	cat >program.py
	PYTHONPATH=$(bench):$(bench)/.. atf_check "$@" \
	    /usr/bin/python3 -B program.py
}

# A kernel of a few functions, and traces of it.  Each block has one instruction
# for each size, and ends with the bytes of last.
small_kernel()
{
	cat >small.py <<'EOF2'
import array, calls, layers

K = 0xffffffff80000000
RULES = layers.Layers(
    [("driver", "drv_"), ("ring", "ring_"), ("sound", "snd_"),
     ("scheduler", "switch"), ("interrupt", "isr_|entry")],
    {"mod": "driver"}, "entry", "switch")
CALL, RET, IRET, JMP, NOP = "e800000000", "c3", "48cf", "ebfe", "90"

class Small:
    """Functions of 256 bytes; at(name, n) is the nth byte of one."""

    def __init__(self, *names):
        self.names = names
        self.symbols = calls.Symbols(
            (K + 256 * i, name, "") for i, name in enumerate(names))
        self.blocks = {}
        self.numbers = {}

    def block(self, name, at, insns, last):
        """The number of a block with so many instructions of 1 byte, and
        last."""
        key = name, at, insns, last
        if key not in self.numbers:
            addr = 4096 if name == "user" else \
                K + 256 * self.names.index(name)
            code = bytes.fromhex(last)
            number = self.numbers[key] = len(self.blocks)
            self.blocks[number] = calls.Block(
                addr + at, [1] * (insns - 1) + [len(code)], code)
        return self.numbers[key]

    def count(self, *trace):
        """By layer.  A block at the end of the trace is not counted."""
        c = calls.Count(self.symbols, RULES, self.blocks)
        numbers = [self.block(*block) for block in trace]
        c.follow(array.array("I", numbers))
        return dict(c.layers), dict(c.functions)
EOF2
	python
}

new_case charges_helpers_to_callers "a helper counts for the layer that calls it"
charges_helpers_to_callers_body()
{
	small_kernel <<-'EOF2'
	from small import *
	k = Small("drv_a", "ring_a", "lock", "free", "snd_a")
	counted, functions = k.count(
	    ("drv_a", 0, 3, CALL),          # calls lock
	    ("lock", 0, 7, RET),
	    ("drv_a", 7, 2, CALL),          # calls ring_a
	    ("ring_a", 0, 4, CALL),         # calls lock, which calls free
	    ("lock", 0, 2, CALL),
	    ("free", 0, 5, RET),
	    ("lock", 6, 1, RET),
	    ("ring_a", 8, 1, RET),
	    ("drv_a", 13, 1, CALL),         # calls snd_a, a layer of its own
	    ("snd_a", 0, 10, CALL),
	    ("lock", 0, 7, RET),
	    ("snd_a", 14, 1, RET),
	    ("drv_a", 18, 1, RET),
	    ("snd_a", 14, 1, RET))
	assert counted == {"driver": 3 + 7 + 2 + 1 + 1,
	                   "ring": 4 + 2 + 5 + 1 + 1,
	                   "sound": 10 + 7 + 1}, counted
	assert functions["driver", "lock"] == 7, functions
	assert functions["ring", "free"] == 5, functions
	EOF2
}

new_case follows_jumps "a function that a jump leads to stands for the jumper"
follows_jumps_body()
{
	small_kernel <<-'EOF2'
	from small import *
	k = Small("drv_a", "drv_b", "ring_a", "lock")
	counted, _ = k.count(
	    ("drv_a", 0, 1, CALL),
	    ("ring_a", 0, 3, JMP),          # ends with lock, in place of a call
	    ("lock", 0, 4, RET),
	    ("drv_a", 5, 1, JMP),
	    ("drv_b", 0, 1, CALL),
	    ("lock", 0, 4, RET),
	    ("drv_b", 5, 1, RET),
	    ("drv_a", 5, 1, RET))
	assert counted == {"driver": 1 + 1 + 1 + 4 + 1, "ring": 3 + 4}, counted
	# From one layer to another, and from there to a helper.
	counted, _ = k.count(
	    ("drv_a", 0, 1, CALL), ("drv_b", 0, 2, JMP), ("ring_a", 0, 3, JMP),
	    ("lock", 0, 4, RET), ("drv_a", 5, 1, RET), ("drv_a", 5, 1, RET))
	assert counted == {"driver": 1 + 2 + 1, "ring": 3 + 4}, counted
	EOF2
}

new_case leaves_interrupts_out "an interrupt counts for none that it interrupts"
leaves_interrupts_out_body()
{
	small_kernel <<-'EOF2'
	from small import *
	k = Small("drv_a", "lock", "entry_a", "isr_a", "free")
	isr = [("entry_a", 0, 9, CALL), ("isr_a", 0, 8, CALL),
	       ("free", 0, 2, RET), ("isr_a", 12, 1, RET),
	       ("entry_a", 13, 1, IRET)]
	interrupt = 9 + 8 + 2 + 1 + 1
	# In a helper, behind a call, and behind a return.
	counted, _ = k.count(
	    ("drv_a", 0, 3, CALL), ("lock", 0, 5, NOP), *isr,
	    ("lock", 5, 2, RET), ("drv_a", 7, 4, NOP), ("drv_a", 11, 1, RET))
	assert counted == {"driver": 3 + 5 + 2 + 4, "interrupt": interrupt}, counted
	counted, _ = k.count(
	    ("drv_a", 0, 3, CALL), *isr,
	    ("lock", 0, 5, RET), ("drv_a", 7, 4, NOP), ("drv_a", 11, 1, RET))
	assert counted == {"driver": 3 + 5 + 4, "interrupt": interrupt}, counted
	counted, _ = k.count(
	    ("drv_a", 0, 3, CALL), ("lock", 0, 5, RET), *isr,
	    ("drv_a", 7, 4, CALL), ("free", 0, 6, RET), ("drv_a", 15, 1, RET))
	assert counted == {"driver": 3 + 5 + 4 + 6, "interrupt": interrupt}, counted
	EOF2
}

new_case follows_threads "after a switch the calls of the other thread are found"
follows_threads_body()
{
	small_kernel <<-'EOF2'
	from small import *
	k = Small("drv_a", "snd_a", "sleep", "wait", "switch", "lock")
	# Each thread: driver or sound calls sleep or wait, and that the switch.
	drv = [("drv_a", 0, 1, CALL), ("sleep", 0, 1, CALL), ("switch", 0, 1, RET)]
	drv2 = [("sleep", 5, 3, RET), ("drv_a", 5, 1, CALL), ("lock", 0, 5, RET)]
	snd = [("snd_a", 0, 1, CALL), ("wait", 0, 1, CALL), ("switch", 0, 1, RET)]
	snd2 = [("wait", 5, 4, RET), ("snd_a", 5, 1, CALL), ("lock", 0, 6, RET)]
	counted, functions = k.count(
	    *drv, *snd, *drv2, ("drv_a", 10, 1, CALL),
	    ("sleep", 0, 1, CALL), ("switch", 0, 1, RET), *snd2,
	    ("snd_a", 10, 1, RET))
	assert functions["sound", "lock"] == 6, functions
	assert functions["driver", "lock"] == 5, functions
	assert counted["scheduler"] == 3, counted
	# The first frames that a thread returns to are those of the switch.
	assert functions["driver", "sleep"] == 1 + 1 + 3, functions
	EOF2
}

new_case counts_what_ran "a block that a device cuts short is not a loop"
counts_what_ran_body()
{
	python <<-'EOF2'
	import calls
	# Six instructions, of which the last jumps to the third.
	loop = calls.Block(0x1000, [3, 3, 2, 4, 3, 2], bytes.fromhex("75f5"))
	assert loop.target == 0x1011 - 11 == 0x1006
	assert loop.executed(0x1006) == 6           # the jump
	assert loop.executed(0x1008) == 3           # the third reached a device
	assert loop.executed(0x1011) == 6           # the jump is not taken
	assert loop.executed(0x2000) == 6
	far = calls.Block(0x1000, [2, 6], bytes.fromhex("0f85faffffff"))
	assert far.target == 0x1002, hex(far.target)

	def kind(code):
	    return calls.kind_of(bytes.fromhex(code))

	# call; *%rax; *%cs:8(%r11); ret; ret $8; rep ret; iretq; jmp *%rax; ret
	# in the bytes of another instruction.
	assert [kind(c) for c in ("e800000000", "ffd0", "2e41ff5308", "c3",
	                          "c20800", "f3c3", "48cf", "ffe0", "4889c3")] == \
	    ["call"] * 3 + ["ret"] * 3 + ["iret", "jump", "jump"]
	EOF2
}

new_case reads_traces "what trace.so writes is read"
reads_traces_body()
{
	printf '%s\n' '7 ffffffff80000010 33f 4889c34889c3c3' '9 1000 2 c3' >blocks
	printf '\7\0\0\0\11\0\0\0\7\0\0\0' >trace
	python <<-'EOF2'
	import calls
	blocks = calls.read_blocks("blocks")
	assert sorted(blocks) == [7, 9]
	assert blocks[7].end == 0xffffffff80000010 + 3 + 3 + 15
	assert blocks[7].insns == 3 and blocks[9].kind == "ret"
	assert list(calls.read_trace("trace")) == [7, 9, 7]
	EOF2
}

new_case knows_both_kernels "functions of both are found, and their layers"
knows_both_kernels_body()
{
	python <<-'EOF2'
	import calls, layers
	k = calls.Symbols.of_kallsyms(
	    "ffffffff81000000 T _stext\nffffffff81000000 T startup_64\n"
	    "ffffffff81000100 t virtqueue_add_split\n"
	    "ffffffff81000200 D data\n"
	    "ffffffffc0274010 t virtsnd_pcm_pb_ack\t[virtio_snd]\n")

	def layer(rules, symbols, addr):
	    found = symbols.find(addr)
	    return rules.of(found.name, found.module)

	assert k.find(0xffffffff81000004).name == "startup_64"
	assert layer(layers.LINUX, k, 0xffffffff81000234) == "ring"
	assert layer(layers.LINUX, k, 0xffffffffc0274020) == "driver"
	assert k.find(0x401000).name == calls.USER
	assert not k.has("data")

	k = calls.Symbols.of_nm(
	    "ffffffff80400000 T vtsnd_queue_intr\n"
	    "ffffffff80400100 t _RNvMs_NtCs9_10virtio_snd4card\n"
	    "ffffffff80400200 T virtqueue_enqueue\n"
	    "                 U outside\n"
	    "ffffffff80400300 T chn_intr\nffffffff80400400 T __mtx_lock_sleep\n")
	assert [layer(layers.FREEBSD, k, 0xffffffff80400000 + 256 * n)
	        for n in range(5)] == ["driver", "driver", "ring", "sound", ""]
	EOF2
}

new_case prints_a_table "driver, ring, both, and their ratios"
prints_a_table_body()
{
	python -o save:table <<-'EOF2'
	import table
	print(table.show([
	    table.Row("vectors=2; 512 frames x 4",
	              {"driver": 600.4, "ring": 1000, "sound": 9},
	              {"driver": 300.2, "ring": 340}),
	    table.Row("nothing", {}, {"driver": 3})]), end="")
	EOF2
	sed 's/   */ /g' table >cells
	cat >wanted <<-'EOF2'
	instructions per period, with those of the helpers that are called
	 Linux ours ratio
	vectors=2; 512 frames x 4
	 driver 600 300 0.50
	 ring and virtio_pci 1000 340 0.34
	 both 1600 640 0.40
	nothing
	 driver 0 3 -
	 ring and virtio_pci 0 0 -
	 both 0 3 -
	EOF2
	atf_check cmp cells wanted
}

new_case packs_linux "the disk has the modules, in the order of their needs"
packs_linux_body()
{
	python <<-'EOF2'
	import linux, lzma

	def module(path, needs):
	    data = b"\x7fELF\0license=GPL\0depends=" + needs + b"\0name=x\0"
	    with (lzma.open if path.endswith("xz") else open)(path, "wb") as f:
	        f.write(data)
	    return path

	files = [module("virtio_snd.ko.xz", b"snd-pcm"),
	         module("snd-pcm.ko", b"snd,snd-timer"),
	         module("snd-timer.ko.xz", b"snd"), module("snd.ko", b""),
	         module("other.ko", b"")]
	assert linux.load_order(files, "virtio_snd") == \
	    ["snd.ko", "snd-timer.ko.xz", "snd-pcm.ko", "virtio_snd.ko.xz"]
	try:
	    linux.load_order(files[1:], "virtio_snd")
	    assert False
	except linux.Problem as problem:
	    assert "no module virtio_snd" in str(problem)

	data = linux.newc([("d", 0o040755, b""), ("d/init", 0o100755, b"text!")])
	found = []
	while data:
	    assert data[:6] == b"070701"
	    field = [int(data[6 + 8 * n:14 + 8 * n], 16) for n in range(13)]
	    name, size = data[110:110 + field[11] - 1], field[6]
	    start = (110 + field[11] + 3) // 4 * 4
	    found.append((name, field[1], data[start:start + size]))
	    data = data[(start + size + 3) // 4 * 4:]
	assert found == [(b"d", 0o040755, b""), (b"d/init", 0o100755, b"text!"),
	                 (b"TRAILER!!!", 0, b"")], found
	EOF2
}

new_case downloads_linux_once "the newest that apt knows, and what is wanted of it"
downloads_linux_once_body()
{
	mkdir -p tree/DEBIAN tree/boot bin
	printf '%s\n' 'Package: linux-image-7.2' 'Version: 7.2-1' \
	    'Architecture: amd64' 'Maintainer: nobody <nobody@localhost>' \
	    'Description: a kernel' >tree/DEBIAN/control
	for path in kernel/sound/virtio kernel/drivers/virtio kernel/net; do
		mkdir -p tree/lib/modules/7.2/$path
		: >tree/lib/modules/7.2/$path/some.ko
	done
	: >tree/boot/vmlinuz-7.2
	: >tree/boot/config-7.2
	atf_check -o ignore dpkg-deb --root-owner-group -b tree image.deb
	cat >bin/apt-cache <<-'EOF2'
	#!/bin/sh
	case $1 in
	madison)
		echo 'linux-image-amd64 | 7.2-1 | http://somewhere backports'
		echo 'linux-image-amd64 | 6.1-9 | http://somewhere main' ;;
	show)
		[ "$2" = linux-image-amd64=7.2-1 ] || exit 1
		echo 'Depends: linux-image-7.2-amd64 (= 7.2-1)' ;;
	esac
	EOF2
	printf '#!/bin/sh\necho "$@" >>%s\ncp %s .\n' "$PWD/asked" \
	    "$PWD/image.deb" >bin/apt-get
	chmod +x bin/*
	cat >fetch.py <<-'EOF2'
	import linux
	path = linux.fetch("", "kernels")
	assert path == "kernels/linux-image-7.2-amd64=7.2-1", path
	assert linux.fetch("", "kernels") == path
	EOF2
	PATH=$PWD/bin:$PATH PYTHONPATH=$(bench):$(bench)/.. \
	    atf_check -o match:"^downloading linux-image-7.2-amd64=7.2-1$" \
	    /usr/bin/python3 -B fetch.py
	atf_check -o inline:"-qq download linux-image-7.2-amd64=7.2-1\n" cat asked
	cat >wanted <<-'EOF2'
	kernels/linux-image-7.2-amd64=7.2-1/boot/vmlinuz-7.2
	kernels/linux-image-7.2-amd64=7.2-1/lib/modules/7.2/kernel/drivers/virtio/some.ko
	kernels/linux-image-7.2-amd64=7.2-1/lib/modules/7.2/kernel/sound/virtio/some.ko
	EOF2
	find kernels -type f | sort >found
	atf_check cmp found wanted
}

# bin/ with programs for a bench that gets no further than its first checks.
fake_tools()
{
	mkdir -p bin
	cat >bin/qemu-system-x86_64 <<-'EOF2'
	#!/bin/sh
	case $1 in
	-help)	cat help ;;
	*)	echo 'name "virtio-sound-pci", bus PCI' ;;
	esac
	EOF2
	echo '-plugin [file=]<file>' >help
	printf '#!/bin/sh\ncat symbols\n' >bin/nm
	printf '#!/bin/sh\n' >bin/makefs
	echo 'ffffffff80400000 T vtsnd_queue_intr' >symbols
	printf '#!/bin/sh\necho "E: nothing of that name" >&2; exit 100\n' \
	    >bin/apt-get
	printf '#!/bin/sh\n' >bin/apt-cache
	for name in mformat mmd mcopy; do
		cp bin/makefs bin/$name
	done
	: >bin/OVMF_CODE.fd
	: >bin/OVMF_VARS.fd
	: >loader
	chmod +x bin/*
	# The heads of kernels for amd64 and arm64.
	{ printf '\177ELF%14s\076\0' ''; printf '%64s' ''; } >kernel
	{ printf '%56s' ''; printf 'ARMd'; } >kernel.bin
	cat >bin/bench <<-EOF2
	#!/bin/sh
	PATH=$PWD/bin:\$PATH OVMF=$PWD/bin/OVMF_CODE.fd
	export PATH OVMF
	exec /usr/bin/python3 -B "$(bench)/bench.py" --kernel kernel \\
	    --loader loader --init init --linux-init init --plugin trace.so \\
	    --nm $PWD/bin/nm --out out "\$@"
	EOF2
	chmod +x bin/bench
}

# $1: the expected line; the rest: options.
explained()
{
	line=$1
	shift
	atf_check -s exit:1 -o ignore -e save:err bin/bench "$@"
	grep -q "^vmtest: $line" err || atf_fail "not \"$line\": $(cat err)"
	[ "$(wc -l <err)" = 1 ] || atf_fail "not one line: $(cat err)"
}

new_case explains_what_is_missing "each thing that is missing has its line"
explains_what_is_missing_body()
{
	fake_tools
	explained "KERNEL is not set" --kernel ""
	explained "KERNEL=kernel.bin: BENCH=1 wants a kernel for amd64" \
	    --kernel kernel.bin
	explained "LOADER=nowhere: no such file" --loader nowhere
	explained "TIME is a number of seconds, not soon" --time soon
	explained "apt knows no linux-image-amd64"
	explained "apt-get failed: E: nothing of that name" --linux linux-image-x
	[ -z "$(ls -A out/linux)" ] || atf_fail "left: $(ls -A out/linux)"
	echo 'ffffffff80400100 T witness_checkorder' >>symbols
	explained "KERNEL=kernel has WITNESS"
	echo 'ffffffff80400000 T chn_intr' >symbols
	explained "KERNEL=kernel has no virtio_snd inside"
	echo 'ffffffff80400000 T vtsnd_queue_intr' >symbols
	: >help
	explained ".*/qemu-system-x86_64 has no plugins"
	atf_check -s exit:1 -e inline:"vmtest.sh: BENCH is 0 or 1, not yes\n" \
	    env BENCH=yes sh "$KPI_ROOT/tools/vmtest.sh"
}

new_case plugin_traces "the plugin writes what a program executes"
plugin_traces_body()
{
	llvm=${LLVM:-/usr/lib/llvm-19/bin}
	qemu-system-x86_64 -help | grep -q '^-plugin' ||
	    atf_skip "QEMU has no plugins"
	atf_check sh "$KPI_ROOT/tools/vmplugin.sh" "$PWD/trace.so"
	# As multiboot wants it: QEMU starts it in 32 bits.  The mark is the same.
	cat >program.S <<-'EOF2'
	.code32
	.p2align 2
	.long	0x1badb002, 0, -0x1badb002
	.globl	_start
	_start:
	.byte	0x0f,0x1f,0x80,0,0x47,0x41,0x4d
	mov	$10, %ecx
	1:	add	$1, %ebx
	call	function
	dec	%ecx
	jnz	1b
	.byte	0x0f,0x1f,0x80,1,0x47,0x41,0x4d
	mov	$0x501, %edx
	out	%al, (%dx)
	2:	jmp	2b
	function:
	ret
	EOF2
	atf_check "$llvm/clang" --target=i386-unknown-none -c -o program.o \
	    program.S
	atf_check "$llvm/ld.lld" -m elf_i386 -Ttext=0x100000 -o program \
	    program.o
	# isa-debug-exit ends QEMU with an odd status.
	atf_check -s not-exit:0 -e ignore -o ignore timeout 60 \
	    qemu-system-x86_64 -accel tcg,thread=single -display none \
	    -nodefaults -device isa-debug-exit,iobase=0x501 -kernel program \
	    -plugin "$PWD/trace.so,out=$PWD/trace"
	python <<-'EOF2'
	import calls
	blocks = calls.read_blocks("trace.blocks")
	trace = [blocks[n] for n in calls.read_trace("trace.0")]
	kinds = [block.kind for block in trace]
	assert kinds.count("ret") == 10 and kinds.count("call") >= 9, kinds
	# The block with the first mark is in no trace; the one with the last is.
	# Ten times a return, a count and a jump, and nine times a sum and a call.
	assert sum(block.insns for block in trace[:-1]) == 10 * 3 + 9 * 2, kinds
	EOF2
	atf_check -s exit:1 -o ignore -e match:"usage: -plugin trace.so" \
	    timeout 60 qemu-system-x86_64 -accel tcg -display none -nodefaults \
	    -plugin "$PWD/trace.so"
}

atf_init_test_cases()
{
	atf_add_test_case charges_helpers_to_callers
	atf_add_test_case follows_jumps
	atf_add_test_case leaves_interrupts_out
	atf_add_test_case follows_threads
	atf_add_test_case counts_what_ran
	atf_add_test_case reads_traces
	atf_add_test_case knows_both_kernels
	atf_add_test_case prints_a_table
	atf_add_test_case packs_linux
	atf_add_test_case downloads_linux_once
	atf_add_test_case explains_what_is_missing
	atf_add_test_case plugin_traces
}
