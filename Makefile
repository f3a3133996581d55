# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The front door: the same targets for GNU make and bmake.
#
# Most targets are a script in tools/.  Variables given on the command line
# (make run FILE=x.wav) reach the scripts through the environment, which both
# makes see to; the scripts hold the defaults.  "make help" prints what stands
# behind "#:".

help:
	@sed -n 's/^#: //p' Makefile

#: make deps    install what is missing: compilers, QEMU, test tools
deps:
	@sh tools/deps.sh

#: make run     play a file through virtio_snd; writes played.wav, played.png
#:              FILE=x.wav  MODEL=qemu|sim|vhost  OUT=directory (out/run)
#:              STREAMS=5 [FILE="a.wav b.wav ..."]  that many at once
#:              CAPTURE=1 MODEL=sim  record instead of playing
#:              APP=rtkit  every message between the Apple drivers and the model
#:              of the SMC; writes rtkit.log  DTB=tree.dtb
#:              SOC=t8103|...|t6022  CRASH=1  FIRMWARE=newer  TEMPS=375
#:              APP=rtkit LOG=file  the messages of such a log, in words
#:              APP=edu|echo|timer|rng  what a driver of an example does
#:              DRIVER=edu_rust|echo_rust|timer_rust, the twin in Rust
run: deps
	@sh tools/run.sh

#: make test    build, and run every test, in a debug and a release kernel of
#:              FreeBSD 15 and in a debug kernel of 16
#:              MODE=debug|release  FREEBSD=15|16
#:              TESTS=program[:case] ...  (NAME stands for NAME_test)
#:              SAN=1 (address, undefined) or SAN=thread
test: deps
	@sh tools/test.sh

#: make bench   cost of an audio period, beside the virtio-drivers crate's, and
#:              of a coprocessor's message; out/bench.json
bench: deps
	@sh tools/build.sh
	@rm -f out/build/tests/kpi-bench-crate
	@nice ninja -C out/build --quiet tests/kpi-bench-crate || \
	    echo "bench: virtio-drivers is not measured: it cannot be built" >&2
	@before=$$(sh tools/bench-before.sh 124f434) || \
	    echo "bench: the suites of before are left out" >&2; \
	/usr/bin/python3 tests/bench/bench.py out/build/tests out/bench.json \
	    $$before

#: make coverage
#:              the lines that the tests run; out/coverage/html
coverage:
	@sh tools/deps.sh --coverage
	@sh tools/coverage.sh

#: make fuzz    each fuzz target for TIME=60 seconds; out/fuzz.json
#:              TARGETS=name  KEEP=yes (adds to the corpora)
fuzz: deps
	@sh tools/fuzz.sh

#: make explore the drivers' tests under other schedules, all repeatable
#:              SEEDS=20  FIRST=1  TESTS=program[:case]
explore: deps
	@sh tools/explore.sh

#: make soak    a day of sound in virtual time, and 100 million messages
#:              HOURS=24  MESSAGES=100000000
soak: deps
	@sh tools/soak.sh

#: make lint    every checker over every source
lint: deps
	@sh tools/lint.sh

# The C sources follow style(9) by hand: clang-format knows neither its tables
# nor its continuation lines; .clang-format is for editors.
#: make fmt     format the Rust sources
fmt: deps
	@git ls-files -co --exclude-standard -z -- '*.rs' | \
	    xargs -0 "$${RUSTFMT:-/usr/bin/rustfmt}" --edition 2024

#: make docs    a site of the documents, the manual pages and the Rust
#:              crates; out/docs/index.html
docs:
	@sh tools/deps.sh --docs
	@sh tools/docs.sh

#: make rules   docs/guide/rules.md, of the tests that break rules
rules: deps
	@sh tools/build.sh
	@/usr/bin/python3 tools/rules.py out/build >out/rules.md
	@mv out/rules.md docs/guide/rules.md

#: make files   conf/files.kpi, of the lists of sources; after a change of these
files:
	@sh tools/sources.sh kernel >conf/files.kpi

#: make install modules, manual pages, examples and tests, on FreeBSD
#:              DESTDIR=  PREFIX=/usr/local  KMODDIR=/boot/modules
#:              SYSDIR=  KERNBUILDDIR= (the kernel that modules are for)
#: make uninstall
#:              remove them, with the same variables
install uninstall:
	@sh tools/install.sh $@

#: make cross   build for arm64 and amd64 kernels and check the objects;
#:              out/cross.json      SYSDIR=/usr/src/sys (the real headers)
cross: deps
	@sh tools/cross.sh

#: make vmtest  boot a FreeBSD kernel in QEMU and run the cases on it
#:              KERNEL=kernel[.bin]  ARCH=arm64|amd64  LOADER=loader.efi (amd64)
#:              MODULES=folder  TOOLS=folder (of kldxref and devmatch)
#:              TIME=seconds per boot (300)
#:              DEVICE=qemu|vhost  the sound device
#:              BOOTS="line modules"  those alone  RUNS=20  SMP=2
#:              LOOP=600  unplug, detach and unload for so many seconds each
#:              BENCH=1  count instructions per period, beside Linux (amd64)
vmtest:
	@sh tools/deps.sh --vm
	@sh tools/vmtest.sh

#: make clean   remove out/
clean:
	@rm -rf out

.PHONY: help deps run test coverage fuzz explore soak bench lint fmt docs rules files install uninstall cross vmtest clean
