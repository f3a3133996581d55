#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The long runs of make soak, short.

. "$KPI_ROOT/tests/atf.sh"

# $1: case; $2: run; $3: how much; $4: expected output; $5: description.
soak_case()
{
	atf_test_case "$1"
	eval "$1_head() { atf_set descr '$5'; }"
	eval "$1_body() { soak $2 $3 '$4'; }"
	cases="${cases-} $1"
}

soak()
{
	atf_check -s exit:0 -o match:"$3" -e empty \
	    "${KPI_BUILD:?}/tests/soak/kpi-soak" "$1" "$2"
}

soak_case play_moves_every_frame_once_in_order play 3000 \
    'frames: 1440000 arrived, 0 lost, 0 repeated' \
    '30 seconds of playback'
soak_case record_moves_every_frame_once_in_order record 3000 \
    'frames: 1440000 arrived, 0 lost, 0 repeated' \
    '30 seconds of capture'
soak_case mailbox_moves_every_message_once_in_order mbox 20000 \
    'received: 20000 arrived, 0 lost, 0 repeated' \
    '20000 messages each way'

atf_init_test_cases()
{
	for c in $cases; do
		atf_add_test_case "$c"
	done
}
