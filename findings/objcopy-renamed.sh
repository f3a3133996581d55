#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A symbol that is renamed and kept global has its new name for GNU objcopy, and
# its old one for llvm-objcopy.
#
# Expected: the two take the same options and do the same.
# Seen: --redefine-sym=attach=my_attach --keep-global-symbol=my_attach leaves it
# global with GNU objcopy.  llvm-objcopy makes it local, since it looks for the
# name that the symbol had; with that name it is the other way round.  Neither
# says that an option matched nothing.

. "$(dirname "$0")/lib.sh"
needs llvm-19 1:19.1.7
needs binutils 2.40

echo 'int attach(void); int attach(void) { return (0); }' >attach.c
cc -c attach.c

# Prints T if the symbol is global in the end, and t if it is local.
rename()
{
	"$1" --redefine-sym=attach=my_attach --keep-global-symbol="$2" \
	    attach.o out.o 2>&1 && nm out.o | sed -n 's/.* \(.\) my_attach/\1/p'
}

both()
{
	echo "new $(rename "$1" my_attach) old $(rename "$1" attach)"
}

compare "new T old t" "new T old t" "$(both objcopy)"
compare "new T old t" "new t old T" "$(both llvm-objcopy-19)"
