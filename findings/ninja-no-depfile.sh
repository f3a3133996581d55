#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# A command that does not write the depfile that its rule promises is no error.
#
# Expected: ninja fails such an edge, or warns: it has no dependencies to go by.
# Seen: it succeeds in silence.  With "deps = gcc" it takes the edge to depend on
# no header, and never builds it again; without, it builds it every time.

. "$(dirname "$0")/lib.sh"
python3 -m venv env
env/bin/pip install --quiet ninja==1.11.1.1
echo "version:  $(env/bin/ninja --version)"

cat >build.ninja <<'E'
rule copy
  command = cat $in header >$out
  depfile = $out.d
rule copy_deps
  command = cat $in header >$out
  depfile = $out.d
  deps = gcc
build plain: copy input
build deps: copy_deps input
E
echo 1 >header
echo 1 >input

build()
{
	env/bin/ninja -d explain "$1" 2>&1 | sed -n \
	    -e 's/^\[1\/1\].*/built/p' -e 's/^ninja: no work.*/no work/p' \
	    -e '/error\|warning/p'
}

build plain >/dev/null
build deps >/dev/null
sleep 1
echo 2 >header
compare "an error" "no work" "$(build deps)"
build plain >/dev/null
compare "an error" built "$(build plain)"
