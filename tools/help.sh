#!/bin/sh
# What `make help` prints.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

cat <<'TEXT'
make deps    install what is missing: compilers, QEMU, test tools
make run     play a file through virtio_snd; writes played.wav, played.png
             FILE=x.wav  MODEL=qemu|sim|vhost  OUT=directory (out/run)
             STREAMS=5 [FILE="a.wav b.wav ..."]  that many at once
             CAPTURE=1 MODEL=sim  record instead of playing
             APP=rtkit  every message between the Apple drivers and the model
             of the SMC  DTB=tree.dtb  SOC=t8103|...|t6022  CRASH=1
make test    build, and run every test, in the debug and the release kernel
             MODE=debug|release  TESTS=program[:case]
             SAN=1 (address, undefined) or SAN=thread
make bench   cost of an audio period, beside the virtio-drivers crate's, and
             of a coprocessor's message; out/bench.json
make coverage
             the lines that the tests run; out/coverage/html
make fuzz    each fuzz target for TIME=60 seconds; out/fuzz.json
             TARGETS=name  KEEP=yes (adds to the corpora)
make explore the drivers' tests under other schedules, all repeatable
             SEEDS=20  FIRST=1  TESTS=program[:case]
make soak    a day of sound in virtual time, and 100 million messages
             HOURS=24  MESSAGES=100000000
make lint    every checker over every source
make fmt     format the Rust sources
make docs    manual pages and Rust documentation; out/docs
make files   conf/files.kpi, of the lists of sources; after a change of these
make cross   build for arm64 and amd64 kernels and check the objects;
             out/cross.json      SYSDIR=/usr/src/sys (the real headers)
make vmtest  boot a FreeBSD kernel in QEMU and run the cases on it
             KERNEL=kernel[.bin]  ARCH=arm64|amd64  LOADER=loader.efi (amd64)
             MODULES=folder  TIME=seconds per boot (300)
             DEVICE=qemu|vhost  the sound device
             LOOP=600  unplug, detach and unload for so many seconds each
make clean   remove out/
TEXT
