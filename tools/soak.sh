#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Play, record, and exchange messages for a very long time.  The time is
# virtual: a day of sound takes some minutes.  All frames and messages are
# numbered, and must arrive once and in order.
#
# HOURS (24) of playback and of capture, in periods of 10 ms; MESSAGES
# (100000000) through the mailbox, each way.  Status 0 if nothing was lost.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

sh tools/build.sh
periods=$((${HOURS:-24} * 360000))
failed=0
for run in "play $periods" "record $periods" "mbox ${MESSAGES:-100000000}"; do
	# shellcheck disable=SC2086 # two words
	nice out/build/tests/soak/kpi-soak $run || failed=1
done
[ "$failed" = 0 ] || die "something did not arrive once and in order"
