#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# hound reads the wrong 24 of 32 bits.
#
# Expected: a WAVE_FORMAT_EXTENSIBLE file with 24 valid bits in a container of 32
# has them in the upper three bytes, and 0 in the lowest.  hound accepts the file,
# says that it has 24 bits, and gives 0x123456 for 0x12345600.
# Seen: it gives 0x345600: it takes the lower three.  What is louder than 1/256 of
# full scale wraps, and the rest is 256 times as loud.  libsndfile gives the sample.

. "$(dirname "$0")/lib.sh"
needs libsndfile1-dev 1.2.0

mkdir src
cat >Cargo.toml <<'E'
[package]
name = "valid"
version = "0.0.0"
edition = "2021"
[dependencies]
hound = "=3.5.1"
E
cat >src/main.rs <<'E'
fn main() {
    let mut file = hound::WavReader::open("x.wav").unwrap();
    print!("{} bits", file.spec().bits_per_sample);
    for sample in file.samples::<i32>().flatten() {
        print!(" {:#x}", sample & 0xffffff);
    }
    println!();
}
E
cat >read.c <<'E'
#include <sndfile.h>
#include <stdio.h>
int
main(void)
{
	SF_INFO info = { 0 };
	SNDFILE *file;
	int samples[4], i, n;

	file = sf_open("x.wav", SFM_READ, &info);
	n = sf_read_int(file, samples, 4);
	for (i = 0; i < n; i++)
		printf("%#x ", samples[i] >> 8 & 0xffffff);
	sf_close(file);
}
E
cat >make.py <<'E'
import struct
pcm = bytes.fromhex("0100000000001000800000aa00389b71")
form = struct.pack("<HHIIHHHHI", 0xfffe, 1, 48000, 192000, 4, 32, 22, 24, 4) + pcm
data = struct.pack("<2I", 0x12345600, 0x00345600)
riff = b"WAVE"
for kind, chunk in (b"fmt ", form), (b"data", data):
    riff += kind + struct.pack("<I", len(chunk)) + chunk
with open("x.wav", "wb") as f:
    f.write(b"RIFF" + struct.pack("<I", len(riff)) + riff)
E
python3 make.py
cc read.c -o read -lsndfile
cargo build --quiet || die "cargo cannot build with this crate"
echo "version:  hound 3.5.1"

compare "libsndfile 0x123456 0x3456" "libsndfile 0x123456 0x3456" \
    "libsndfile $(./read | xargs)"
compare "hound 24 bits 0x123456 0x3456" "hound 24 bits 0x345600 0x345600" \
    "hound $(target/debug/valid)"
