#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# Build the player.  Then play FILE, or STREAMS files at once, on MODEL, or
# record them (CAPTURE=1).  Writes played.* or recorded.* to OUT.
#
# APP=rtkit: boot the model of Apple's SMC and show its messages, and a crash
# (CRASH=1).  DTB=file is another device tree.  SOC=t8103, t6020, ... is the
# machine, by default the tree's, or t8103.  FIRMWARE=newer gives firmware of
# late 2026, TEMPS=375 so many temperatures.  The messages are also written to
# rtkit.log in OUT.  LOG=file shows the messages of such a log, without a model.
#
# APP=edu: drive QEMU's edu device, or the model of it (MODEL=sim), and show each
# access to a register.  DRIVER=edu_rust is the driver in Rust.
#
# APP=echo: show each call of two programs that use the example echo, or
# DRIVER=echo_rust.
#
# APP=timer or rng: an example, and what it does with time.  DRIVER=timer_rust is
# the timer in Rust.  rng runs for SECS seconds (8) on MODEL, qemu or sim.

. "$(dirname "$0")/env.sh"
no_arguments "$@"

# Builds program $1 and no test, and sets program to its path.
build()
{
	sh tools/build.sh "tests/$1"
	program=$(build_dir)/tests/$1
}

run_rtkit()
{
	build kpi-rtkit
	case ${CRASH:-0} in
	0)	set -- ;;
	1)	set -- --crash ;;
	*)	die "CRASH is 1 for a crash, not $CRASH" ;;
	esac
	case ${FIRMWARE:-usual} in
	usual)	;;
	newer)	set -- --newer "$@" ;;
	*)	die "FIRMWARE is newer or usual, not $FIRMWARE" ;;
	esac
	[ -z "${TEMPS:-}" ] || set -- --temperatures "$TEMPS" "$@"
	[ -z "${DTB:-}" ] || set -- --dtb "$DTB" "$@"
	[ -z "${SOC:-}" ] || set -- --soc "$SOC" "$@"
	if [ -n "${LOG:-}" ]; then
		set -- --log "$LOG" "$@"
	else
		mkdir -p "$out"
		set -- --write "$out/rtkit.log" "$@"
	fi
	exec "$program" "$@"
}

run_edu()
{
	build kpi-edu
	exec "$program" -m "${MODEL:-qemu}" -d "${DRIVER:-edu}"
}

run_echo()
{
	build kpi-echo
	exec "$program" "${DRIVER:-echo}"
}

run_timer()
{
	build kpi-example
	exec "$program" "${DRIVER:-timer}"
}

run_rng()
{
	build kpi-example
	exec "$program" rng "${MODEL:-qemu}" "${SECS:-8}"
}

run_play()
{
	model=${MODEL:-qemu}
	streams=${STREAMS:-}
	case $model in
	qemu|sim) ;;
	vhost)	why=$(vhost_missing)
		[ -z "$why" ] || {
			echo "run: skipped: $why"
			exit 0
		} ;;
	*)	die "MODEL is qemu, sim or vhost, not $model" ;;
	esac
	case $streams in
	*[!0-9]*)	die "STREAMS is a number, not $streams" ;;
	esac
	case ${CAPTURE:-0} in
	0|1) ;;
	*)	die "CAPTURE is 1 to record, not $CAPTURE" ;;
	esac

	# A single FILE may have blanks in its name.  Of several, each is one word.
	if [ -n "${FILE:-}" ] && { [ -z "$streams" ] || [ -e "$FILE" ]; }; then
		set -- "$FILE"
	elif [ -n "${FILE:-}" ]; then
		# shellcheck disable=SC2086
		set -- $FILE
	elif [ "${streams:-1}" -le 1 ]; then
		set -- tests/run/default.flac
	else
		# One voice for each stream.  They are made once, and there are eight.
		mkdir -p out/voices
		set --
		while [ $# -lt "$streams" ] && [ $# -lt 8 ]; do
			voice=out/voices/voice$#.wav
			[ -n "$(find "$voice" -newer tests/run/default.py \
			    2>/dev/null)" ] ||
			    /usr/bin/python3 tests/run/default.py "$voice" $#
			set -- "$@" "$voice"
		done
	fi
	[ -z "$streams" ] || set -- --streams "$streams" "$@"
	[ "${CAPTURE:-0}" = 0 ] || set -- --capture "$@"

	build kpi-play
	exec "$program" -m "$model" -o "$out" "$@"
}

# What APP can be: each has a function run_NAME above.
apps="play rtkit edu echo timer rng"
out=${OUT:-out/run}
app=${APP:-play}
case " $apps " in
*" $app "*)	"run_$app" ;;
*)	die "APP is one of: $apps; not $app" ;;
esac
