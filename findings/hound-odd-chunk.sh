#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# hound does not open a WAV file with a chunk of odd length before the samples.
#
# Expected: a chunk that the reader does not know is skipped.  After an odd number
# of bytes there is a padding byte, which the chunk's size does not count: RIFF
# has it so.
# Seen: hound skips the bytes and not the padding.  It takes the next chunk's
# name from one byte too early, and ends with "Failed to read enough bytes".  With
# an even number it reads the file, and libsndfile reads both.

. "$(dirname "$0")/lib.sh"
needs libsndfile1-dev 1.2.0

mkdir src
cat >Cargo.toml <<'E'
[package]
name = "chunk"
version = "0.0.0"
edition = "2021"
[dependencies]
hound = "=3.5.1"
E
cat >src/main.rs <<'E'
fn main() {
    for name in std::env::args().skip(1) {
        match hound::WavReader::open(name) {
            Ok(mut file) => println!("{}", file.samples::<i16>().flatten().count()),
            Err(error) => println!("{error}"),
        }
    }
}
E
cat >read.c <<'E'
#include <sndfile.h>
#include <stdio.h>
int
main(int argc, char **argv)
{
	short samples[100];

	for (argv++; *argv != NULL; argv++) {
		SF_INFO info = { 0 };
		SNDFILE *file = sf_open(*argv, SFM_READ, &info);

		printf("%lld\n", (long long)sf_read_short(file, samples, 100));
		sf_close(file);
	}
}
E
cat >make.py <<'E'
import struct
for name, note in ("even.wav", b"note"), ("odd.wav", b"notes"):
    riff = b"WAVE"
    for kind, data in ((b"fmt ", struct.pack("<HHIIHH", 1, 1, 48000, 96000, 2,
                                             16)),
                       (b"note", note), (b"data", bytes(8))):
        riff += kind + struct.pack("<I", len(data)) + data
        riff += bytes(len(data) % 2)
    with open(name, "wb") as f:
        f.write(b"RIFF" + struct.pack("<I", len(riff)) + riff)
E
python3 make.py
cc read.c -o read -lsndfile
cargo build --quiet || die "cargo cannot build with this crate"
echo "version:  hound 3.5.1"

compare "libsndfile 4 4" "libsndfile 4 4" \
    "libsndfile $(./read even.wav odd.wav | xargs)"
compare "hound 4 4" "hound 4 Failed to read enough bytes." \
    "hound $(target/debug/chunk even.wav odd.wav | xargs)"
