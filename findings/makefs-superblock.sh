#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Debian's makefs puts the superblock of UFS2 where that of UFS1 belongs.
#
# Expected: UFS2 has its superblock 64 KiB from the start, UFS1 at 8 KiB, as
# newfs(8) does it and file(1) looks for it.
# Seen: it is at 8 KiB with either version, and fs_sblockloc says so.  file(1)
# sees only data, and FreeBSD 15's validate_sblock() wants 64 KiB of UFS2.  This
# makefs is MirBSD's, not FreeBSD's; its UFS1 is where everybody looks for it.

. "$(dirname "$0")/lib.sh"
needs makefs 20190105
needs file 1:5

mkdir tree
echo text >tree/file
makefs -t ffs -B le -s 4m -o version=2 image tree >/dev/null

cat >find.py <<'E'
import struct
image = open("image", "rb").read()
found = image.find(struct.pack("<I", 0x19540119)) - 1372
print(found, struct.unpack_from("<q", image, found + 1000)[0])
E
compare "65536, and says 65536" "8192 8192" "$(python3 find.py)"
compare "Unix Fast File system" data "$(file -b image)"
