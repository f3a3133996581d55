#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The player from end to end: what it prints and leaves behind when it plays,
# and when it cannot.  Cases on QEMU are skipped where there is none.

. "$KPI_ROOT/tests/atf.sh"

# kpi-play and kpi-tone are built beside this program, unless KPI_PLAY and
# KPI_TONE name them.
play()
{
	echo "${KPI_PLAY:-$(atf_get_srcdir)/kpi-play}"
}

tone()
{
	"${KPI_TONE:-$(atf_get_srcdir)/kpi-tone}" "$@" ||
	    atf_fail "cannot make $1"
}

require_qemu()
{
	qemu-system-x86_64 -device help 2>/dev/null |
	    grep -q '"virtio-sound-pci"' ||
	    atf_skip "needs QEMU with virtio-sound"
}

require_vhost()
{
	qemu-system-x86_64 -device help 2>/dev/null |
	    grep -q '"vhost-user-snd-pci"' ||
	    atf_skip "needs QEMU with vhost-user-snd"
	"${VHOST_DEVICE_SOUND:-vhost-device-sound}" --help 2>/dev/null |
	    grep -q alsa ||
	    atf_skip "needs vhost-device-sound: sh tools/deps.sh --vhost"
}

# No QEMU that writes into this folder is left, and no device behind one.
check_no_process()
{
	[ -z "$(ls -A tmp 2>/dev/null)" ] ||
	    atf_fail "the device's folder is left: $(ls -A tmp)"
	# In a file, so that grep's own arguments do not match.
	echo "path=$PWD/out/played.wav" >pattern
	# A process that has gone meanwhile is no complaint.
	if grep -Fls -f pattern /proc/[0-9]*/cmdline >left; then
		atf_fail "QEMU is left: $(cat left)"
	fi
}

# check_fails LINE ARGUMENT ...: one line on standard error, and nothing left.
check_fails()
{
	line=$1
	shift
	atf_check -s exit:1 -o ignore -e save:err -e "match:^run: .*$line" \
	    "$(play)" -o "$PWD/out" "$@"
	[ "$(wc -l <err)" -eq 1 ] || atf_fail "not one line: $(cat err)"
	[ ! -e out/played.wav ] || atf_fail "played.wav is left"
	[ ! -e out/played.png ] || atf_fail "played.png is left"
	check_no_process
}

# check_works XRUNS NAMES ARGUMENT ...: every sample arrives, and the results are
# there: for each name a .wav and, if $picture is set, a .png.  A picture takes
# twenty times as long as the sound, so most runs leave it out.
check_works()
{
	xruns=$1
	names=$2
	shift 2
	rm -rf out
	[ -n "${picture-}" ] || set -- --no-picture "$@"
	atf_check -o save:report "$(play)" -o "$PWD/out" "$@"
	for line in 'bit-exact: yes' "$xruns: 0"; do
		atf_check -o match:"^$line\$" cat report
	done
	for name in $names; do
		[ -s "out/$name.wav" ] || atf_fail "there is no $name.wav"
		if [ -n "${picture-}" ]; then
			[ -s "out/$name.png" ] ||
			    atf_fail "there is no $name.png"
		elif [ -e "out/$name.png" ]; then
			atf_fail "there is $name.png"
		fi
	done
	check_no_process
}

check_plays()
{
	check_works underruns played "$@"
}

# check_records FILE: it is recorded, to the bit.
check_records()
{
	check_works overruns recorded -m sim --capture "$@"
	tail -c +45 "$1" >sent
	tail -c +45 out/recorded.wav >got
	atf_check cmp sent got
}

# put_le FILE OFFSET NUMBER, put_be: four bytes of a file.
put_le()
{
	put "$1" "$2" "$3" "$(($3 >> 8))" "$(($3 >> 16))" "$(($3 >> 24))"
}

put_be()
{
	put "$1" "$2" "$(($3 >> 24))" "$(($3 >> 16))" "$(($3 >> 8))" "$3"
}

put()
{
	file=$1
	offset=$2
	shift 2
	for byte; do
		# shellcheck disable=SC2059 # an octal number
		printf "\\$(printf %o $((byte & 255)))"
	done | dd of="$file" bs=1 seek="$offset" conv=notrunc status=none
}

# frames FILE N: so many frames of two channels, from the first that is heard on.
frames()
{
	od -An -v -t d2 -j 44 -w4 "$1" | awk -v n="$2" '
	{ heard = heard || $1 != 0 || $2 != 0 }
	heard && done++ < n'
}

# check_header FILE LINE FRAMES: it plays all the same, the line says what the
# header claims; as many frames of the file "whole" arrive.
check_header()
{
	check_plays -m sim "$1"
	atf_check -o match:"^header: claims $2\$" cat report
	frames whole "$3" >sent
	frames out/played.wav "$3" >got
	[ "$(wc -l <sent)" -eq "$3" ] || atf_fail "too few frames were sent"
	atf_check cmp sent got
}

# make_tones N: files tone0.wav and so on, each longer than the one before.
make_tones()
{
	tones=
	for i in $(seq 0 $(($1 - 1))); do
		tone "tone$i.wav" s16 48000 2 $((24000 + 1000 * i)) $((i + 1))
		tones="$tones tone$i.wav"
	done
}

# A program that answers as a QEMU of version $1, with the devices $2.
fake_qemu()
{
	cat >fake-qemu <<-EOF
	#!/bin/sh
	case \$1 in
	-version)	echo "QEMU emulator version $1 (fake)" ;;
	-device)	echo "$2" ;;
	esac
	EOF
	chmod +x fake-qemu
}

new_case()
{
	atf_test_case "$1"
	eval "$1_head() { atf_set descr '$2'; atf_set timeout ${3:-60}; }"
}

# The device's folder is made in tmp.
here()
{
	mkdir -p tmp
	export TMPDIR="$PWD/tmp"
}

# The file

new_case missing_file "a file that does not exist is named"
missing_file_body()
{
	check_fails "cannot open nowhere.wav: No such file" -m sim nowhere.wav
}

new_case empty_file "an empty file is called empty"
empty_file_body()
{
	: >empty.wav
	check_fails "empty.wav is empty" -m sim empty.wav
}

new_case silent_file "a file without samples is refused"
silent_file_body()
{
	tone none.wav s16 48000 2 0
	check_fails "none.wav holds no sound" -m sim none.wav
}

new_case not_audio "a file that is no audio is refused"
not_audio_body()
{
	echo "these are not samples, whatever the name says" >text.wav
	check_fails "text.wav is not an audio file" -m sim text.wav
}

new_case a_folder "a folder is not a file"
a_folder_body()
{
	check_fails "is not a file" -m sim "$PWD"
}

new_case truncated_wav "a WAV file that ends too early is called truncated"
truncated_wav_body()
{
	tone whole.wav s16 48000 2 10000
	head -c 20000 whole.wav >part.wav
	check_fails "part.wav is truncated: it has 20000 of 40044 bytes" \
	    -m sim part.wav
}

new_case truncated_aiff "an AIFF file that ends too early is called truncated"
truncated_aiff_body()
{
	tone whole.aiff s16 48000 2 10000
	head -c 20000 whole.aiff >part.aiff
	check_fails "part.aiff is truncated" -m sim part.aiff
}

new_case truncated_flac "a FLAC file that ends too early is called truncated"
truncated_flac_body()
{
	tone whole.flac s16 48000 2 20000
	head -c 40000 whole.flac >part.flac
	check_fails "part.flac is truncated or damaged: .* of 20000 frames" \
	    -m sim part.flac
}

new_case empty_wav "chunks behind no samples are not taken for samples"
empty_wav_body()
{
	tone none.wav s16 48000 2 0
	printf 'LIST\4\0\0\0INFO' >>none.wav
	put_le none.wav 4 48
	check_fails "none.wav holds no sound" -m sim none.wav
}

# What programs write that write to a pipe, or are killed: the file's length,
# and that of its samples.
new_case piped_wav "a WAV file whose lengths were never written plays" 300
piped_wav_body()
{
	tone whole.wav s16 48000 2 4800
	mv whole.wav whole
	# More of them are in header_test.
	for lengths in 0:0 0x7ffff024:0x7ffff000; do
		cp whole a.wav
		put_le a.wav 4 $((${lengths%:*}))
		put_le a.wav 40 $((${lengths#*:}))
		check_header a.wav \
		    "$((${lengths#*:})) bytes of sound, the file has 19200" \
		    4800
	done
}

new_case piped_aiff "an AIFF file whose lengths were never written plays" 300
piped_aiff_body()
{
	tone whole.wav s16 48000 2 4800
	mv whole.wav whole
	tone a.aiff s16 48000 2 4800
	cp a.aiff right.aiff
	# The form's length, the frames, and the length of the sound.
	for lengths in 0:0:8 0x7f000050:0x3f800000:0x7f000008; do
		cp right.aiff a.aiff
		put_be a.aiff 4 $((${lengths%%:*}))
		claimed=${lengths##*:}
		lengths=${lengths#*:}
		put_be a.aiff 22 $((${lengths%:*}))
		put_be a.aiff 42 $((claimed))
		claimed=$((claimed > 8 ? claimed - 8 : 0))
		check_header a.aiff \
		    "$claimed bytes of sound, the file has 19200" 4800
	done
}

new_case miscounted_wav "lengths wrong by some bytes lose nothing" 300
miscounted_wav_body()
{
	tone whole.wav s16 48000 2 4800
	mv whole.wav whole
	cp whole a.wav
	put_le a.wav 4 19244
	check_header a.wav "a file of 19252 bytes, it has 19244" 4800
	cp whole a.wav
	put_le a.wav 4 19244
	put_le a.wav 40 19244
	check_header a.wav "19244 bytes of sound, the file has 19200" 4800
	# A header that is right is not mentioned, nor are chunks behind all.
	cp whole a.wav
	printf 'junk' >>a.wav
	check_plays -m sim a.wav
	atf_check -o not-match:"^header" cat report
}

new_case piped_flac "a FLAC file of unknown length plays to its end"
piped_flac_body()
{
	tone whole.wav s16 48000 2 20000
	mv whole.wav whole
	tone a.flac s16 48000 2 20000
	put_be a.flac 22 0
	check_header a.flac "no length, the file has 20000 frames" 20000
	atf_check -o match:"^file: .*, 0.42 s\$" cat report
	head -c 86 a.flac >none.flac
	check_fails "none.flac holds no sound" -m sim none.flac
}

new_case gsm_wav "a file that cannot be wound back plays"
gsm_wav_body()
{
	tone a.wav gsm 8000 1 8000
	check_plays -m sim a.wav
	atf_check -o match:"^file: a.wav, WAV, compressed, 1 channel, 8000 Hz" \
	    cat report
}

# The folder

new_case unwritable_out "a folder that cannot be made is named"
unwritable_out_body()
{
	tone a.wav s16 48000 2 1000
	: >file
	atf_check -s exit:1 -e match:"^run: cannot make the folder file/out: " \
	    "$(play)" -m sim -o file/out a.wav
	mkdir -p taken/played.wav
	atf_check -s exit:1 -e match:"^run: cannot write to the folder taken" \
	    "$(play)" -m sim -o taken a.wav
}

# The command line

new_case usage "options that make no sense are explained"
usage_body()
{
	atf_check -o match:"^usage:" "$(play)" --help
	atf_check -s exit:64 -e match:"^usage:" "$(play)"
	atf_check -s exit:64 -e match:"the model is qemu, sim or vhost, not vax" \
	    "$(play)" --model vax a.wav
	atf_check -s exit:64 -e match:"--periods takes a number from 2" \
	    "$(play)" --periods 1 a.wav
}

new_case impossible "what cannot be is refused in one line"
impossible_body()
{
	for model in qemu vhost; do
		atf_check -s exit:64 -e inline:"run: only the model has an \
input to record from: record with MODEL=sim\n" \
		    "$(play)" -m $model --capture a.wav
	done
	atf_check -s exit:64 -e match:"^run: 2 streams at once are too many" \
	    "$(play)" -m vhost --streams 2 a.wav
	atf_check -s exit:64 -e match:"^run: 6 streams at once are too many" \
	    "$(play)" --streams 6 a.wav
	atf_check -s exit:64 -e match:"--streams takes a number from 1 to 8" \
	    "$(play)" -m sim --streams 9 a.wav
	atf_check -s exit:64 -e match:"^run: 3 files for 2 streams" \
	    "$(play)" --streams 2 a.wav b.wav c.wav
}

# The device

new_case no_qemu "a missing QEMU is named, with what to install"
no_qemu_body()
{
	tone a.wav s16 48000 2 1000
	check_fails "QEMU is missing: there is no ./nowhere; install" \
	    --qemu ./nowhere a.wav
}

new_case old_qemu "a QEMU that is too old is named, with its version"
old_qemu_body()
{
	tone a.wav s16 48000 2 1000
	fake_qemu 7.2.0 'name "virtio-sound-pci", bus PCI'
	check_fails "QEMU 7.2.0 is too old" --qemu ./fake-qemu a.wav
}

new_case qemu_without_sound "a QEMU without virtio-sound is refused"
qemu_without_sound_body()
{
	tone a.wav s16 48000 2 1000
	fake_qemu 9.1.2 'name "virtio-net-pci", bus PCI'
	check_fails "QEMU 9.1.2 has no device virtio-sound-pci" \
	    --qemu ./fake-qemu a.wav
}

new_case qemu_that_fails "a QEMU that does not start is quoted"
qemu_that_fails_body()
{
	tone a.wav s16 48000 2 1000
	fake_qemu 9.1.2 'name \"virtio-sound-pci\", bus PCI'
	# shellcheck disable=SC2016 # for the other shell
	echo 'case $1 in -nodefaults) echo "qemu: no luck" >&2; exit 3;; esac' \
	    >>fake-qemu
	check_fails "QEMU is gone: no luck" --qemu ./fake-qemu a.wav
}

new_case no_playback_stream "a device that cannot play is refused"
no_playback_stream_body()
{
	tone a.wav s16 48000 2 1000
	check_fails "the device has no playback stream" -m sim --device-streams 0 a.wav
}

# Playing, on the model

new_case sim_plays "the model plays every format bit for bit" 120
sim_plays_body()
{
	set --
	for coding in u8 s16 s24 s32 f32; do
		tone a.wav $coding 48000 2 24000
		check_plays -m sim a.wav
		mv out/played.wav $coding.wav
		set -- "$@" $coding.wav $coding.png
	done
	tone a.aiff s8 8000 1 8000
	check_plays -m sim a.aiff
	mv out/played.wav aiff.wav
	tone a.flac s24 44100 1 44100
	check_plays -m sim a.flac
	set -- "$@" aiff.wav aiff.png out/played.wav flac.png
	# All pictures at once, as the start of Python takes the longest.
	atf_check /usr/bin/python3 "${KPI_ROOT:?}/tests/run/plot.py" "$@"
	while [ $# -gt 0 ]; do
		[ -s "$2" ] || atf_fail "there is no $2"
		shift 2
	done
	atf_check -o match:"^format: S32, 1 channel, 44100 Hz" cat report
	atf_check -o match:"^converted: 24 bit to S32 .lossless." cat report
}

new_case sim_small_buffers "fragments below one tick of the device are played"
sim_small_buffers_body()
{
	tone a.wav s16 48000 2 24000
	check_plays -m sim --period-frames 240 --periods 4 a.wav
	# The driver has room for four of the device's ticks.
	atf_check -o match:"^buffer: 4 periods, 1920 frames" cat report
	check_plays -m sim --period-frames 96 --periods 16 a.wav
}

new_case sim_converts "what the device lacks is converted, and said"
sim_converts_body()
{
	tone a.wav s16 12000 2 6000
	check_plays -m sim a.wav
	atf_check -o match:"^converted: 12000 Hz to 16000 Hz" cat report
	tone a.wav s16 48000 6 6000
	check_plays -m sim a.wav
	atf_check -o match:"^converted: 6 channels to 2" cat report
}

new_case sim_mixes "a centre is heard of two channels, what is not is named"
sim_mixes_body()
{
	tone a.wav s16 48000 6 4800 1 3
	check_plays -m sim a.wav
	atf_check -o match:"^converted: 6 channels to 2, front centre, back \
left, back right mixed in, low frequency effects dropped\$" cat report
	od -An -v -t d2 -j 44 -w4 out/played.wav >frames
	# shellcheck disable=SC2016 # awk's
	atf_check awk '$1 == $2 && $1 != 0 { n++ } END { exit n != 4800 }' \
	    frames
	# And nothing of low frequency effects.
	tone a.wav s16 48000 6 4800 1 4
	check_plays -m sim a.wav
	od -An -v -t d2 -j 44 -w4 out/played.wav >frames
	# shellcheck disable=SC2016 # awk's
	atf_check awk '$1 != 0 || $2 != 0 { exit 1 }' frames
}

new_case sim_repeats "the same seed gives the same run" 120
sim_repeats_body()
{
	tone a.wav s16 48000 2 24000
	for seed in 1 2; do
		KERN_SEED=$seed
		export KERN_SEED
		check_plays -m sim a.wav
		mv report first
		check_plays -m sim a.wav
		atf_check cmp first report
	done
}

new_case sim_streams "the model plays several files at once, each as it is" 120
sim_streams_body()
{
	tone a.wav s16 48000 2 24000
	tone b.flac s24 44100 1 30000
	tone c.aiff s8 8000 1 4000
	picture=yes
	check_works underruns "played0 played1 played2" \
	    -m sim a.wav b.flac c.aiff
	picture=
	for n in 0 1 2; do
		atf_check -o match:"^bit-exact, dsp0.play.$n: yes\$" cat report
	done
	make_tones 8
	# shellcheck disable=SC2086
	check_works underruns "played0 played7" -m sim $tones
}

new_case sim_streams_in_turn "fewer files than streams are played in turn"
sim_streams_in_turn_body()
{
	make_tones 2
	# shellcheck disable=SC2086
	check_works underruns "played0 played1 played2" \
	    -m sim --streams 3 $tones
	atf_check cmp out/played0.wav out/played2.wav
	atf_check -s not-exit:0 -o ignore cmp out/played0.wav out/played1.wav
}

new_case sim_records "what the model hears is recorded bit for bit" 120
sim_records_body()
{
	for coding in u8 s16 s32; do
		tone a.wav $coding 48000 2 24000
		check_records a.wav
	done
	atf_check -o match:"^stream: dsp0.record.0" cat report
	tone a.wav s16 8000 1 8000
	check_records a.wav
	picture=yes
	check_works overruns recorded -m sim --capture --period-frames 48 \
	    --periods 64 a.wav
}

new_case sim_records_streams "several inputs are recorded at once" 120
sim_records_streams_body()
{
	make_tones 4
	# shellcheck disable=SC2086
	check_works overruns "recorded0 recorded3" -m sim --capture $tones
	for n in 0 1 2 3; do
		tail -c +45 "tone$n.wav" >sent
		tail -c +45 "out/recorded$n.wav" >got
		atf_check cmp sent got
	done
}

new_case prints_all "the report has a line for each thing it promises"
prints_all_body()
{
	picture=yes
	tone a.wav s16 48000 2 24000
	check_plays -m sim a.wav
	for line in 'device: .* 2 streams' 'features: .*VERSION_1' \
	    'stream: .* Hz, .*S16' 'file: a.wav, WAV, 16 bit' \
	    'format: S16, 2 channels, 48000 Hz' \
	    'period: [0-9]+ frames, [0-9.]+ ms' \
	    'buffer: [0-9]+ periods, [0-9]+ frames, [0-9.]+ ms' \
	    'periods: [1-9]' 'kicks: [1-9]' 'interrupts: [1-9]' \
	    'written: .*played.wav .*played.png'; do
		grep -Eq "^$line" report || atf_fail "no line: $line"
	done
}

# Playing, on QEMU

new_case qemu_plays "QEMU plays 16 bits and less bit for bit" 120
qemu_plays_body()
{
	require_qemu
	tone a.wav s16 48000 2 48000
	picture=yes
	check_plays a.wav
	picture=
	tone a.flac s16 44100 1 22050
	check_plays a.flac
	tone a.wav u8 22050 2 11025
	check_plays a.wav
	tone a.aiff s8 8000 1 4000
	check_plays a.aiff
}

new_case qemu_plays_wide "QEMU plays more than 16 bits bit for bit" 120
qemu_plays_wide_body()
{
	require_qemu
	tone a.flac s24 44100 1 22050
	check_plays a.flac
	tone a.wav s32 48000 2 9600
	check_plays a.wav
	tone a.wav f32 48000 1 24000
	check_plays a.wav
}

new_case qemu_small_buffers "QEMU plays buffers that come back whole at once" 120
qemu_small_buffers_body()
{
	require_qemu
	tone a.wav s16 48000 2 24000
	atf_check -o save:report \
	    "$(play)" -o "$PWD/out" --no-picture --period-frames 240 \
	    --periods 4 a.wav
	atf_check -o match:"^bit-exact: yes" cat report
}

new_case qemu_converts "QEMU is started anew for a rate that it has"
qemu_converts_body()
{
	require_qemu
	tone a.wav s16 12000 2 6000
	check_plays a.wav
	atf_check -o match:"^converted: 12000 Hz to 16000 Hz" cat report
}

new_case qemu_slow "QEMU plays a sound of the lowest rate to its end" 120
qemu_slow_body()
{
	require_qemu
	tone a.wav s16 5512 1 2000
	check_plays a.wav
	check_plays --periods 2 a.wav
}

new_case qemu_streams "QEMU plays five files at once: their saturated sum" 120
qemu_streams_body()
{
	require_qemu
	make_tones 5
	# shellcheck disable=SC2086
	check_plays $tones
	atf_check -o match:"^device: .* 10 streams" cat report
	atf_check -o match:"^saturated: [1-9]" cat report
	tone b.wav u8 22050 1 11025
	check_plays tone0.wav b.wav
	atf_check -o match:"^converted: .*22050 Hz to 48000 Hz" cat report
}

# Playing, on vhost-device-sound

new_case vhost_plays "vhost-device-sound plays bit for bit" 300
vhost_plays_body()
{
	require_vhost
	here
	tone a.wav s16 48000 2 48000
	picture=yes
	check_plays -m vhost a.wav
	picture=
	atf_check -o match:"^device: .*vhost-user-snd-pci" cat report
	atf_check -o match:"^dropped by the device: the last 4 bytes of each \
period, [1-9][0-9]* of 192000; the others are compared\$" cat report
	tone a.wav u8 22050 1 11025
	check_plays -m vhost a.wav
	tone a.wav s32 48000 2 9600
	check_plays -m vhost a.wav
}

new_case no_vhost "a missing vhost-device-sound is named, with what to type"
no_vhost_body()
{
	tone a.wav s16 48000 2 1000
	fake_qemu 9.1.2 'name \"vhost-user-snd-pci\", bus PCI'
	export VHOST_DEVICE_SOUND=./nowhere
	check_fails "vhost-device-sound is missing: there is no ./nowhere; \
type: sh tools/deps.sh --vhost" -m vhost --qemu ./fake-qemu a.wav
	fake_qemu 9.1.2 'name \"virtio-sound-pci\", bus PCI'
	check_fails "QEMU 9.1.2 has no device vhost-user-snd-pci" \
	    -m vhost --qemu ./fake-qemu a.wav
}

new_case vhost_that_fails "a vhost-device-sound that does not start is quoted"
vhost_that_fails_body()
{
	require_vhost
	here
	tone a.wav s16 48000 2 1000
	fake_qemu 9.1.2 'name \"vhost-user-snd-pci\", bus PCI'
	cat >fake-vhost <<-EOF
	#!/bin/sh
	case \$1 in
	--version)	echo "vhost-device-sound 0.3.0" ;;
	*)		echo "no luck" >&2; exit 3 ;;
	esac
	EOF
	chmod +x fake-vhost
	export VHOST_DEVICE_SOUND=./fake-vhost
	check_fails "vhost-device-sound does not start: no luck" \
	    -m vhost --qemu ./fake-qemu a.wav
}

new_case vhost_skipped "make run and vmtest skip what is not installed"
vhost_skipped_body()
{
	export VHOST_DEVICE_SOUND="$PWD/nowhere"
	atf_check -o inline:"run: skipped: vhost-device-sound is not installed; \
type: sh tools/deps.sh --vhost\n" \
	    env MODEL=vhost sh "${KPI_ROOT:?}/tools/run.sh"
	atf_check -o inline:"vmtest: skipped: vhost-device-sound is not \
installed; type: sh tools/deps.sh --vhost\n" \
	    env DEVICE=vhost sh "$KPI_ROOT/tools/vmtest.sh"
	atf_check -s exit:1 -e match:"^run.sh: MODEL is qemu, sim or vhost" \
	    env MODEL=vax sh "$KPI_ROOT/tools/run.sh"
}

new_case deps_vhost "deps --vhost says in one line why it cannot build"
deps_vhost_body()
{
	pkg-config --exists alsa || atf_skip "needs ALSA's headers"
	export VHOST_DEVICE_SOUND="$PWD/nowhere"
	atf_check -s exit:1 -o empty -e match:"^deps.sh: vhost-device-sound \
needs cargo: there is no $PWD/nothing; install" \
	    env CARGO="$PWD/nothing" sh "${KPI_ROOT:?}/tools/deps.sh" --vhost
	# What cargo says without a network.
	{
		echo '#!/bin/sh'
		printf 'echo "%s" >&2\n' '    Updating index' \
		    'error: failed to fetch the index' '' 'Caused by:' \
		    '  failed to get response' '' 'Caused by:' \
		    '  could not resolve the host'
		echo 'exit 101'
	} >cargo
	chmod +x cargo
	atf_check -s exit:1 -o match:"^building vhost-device-sound 0.3.0" \
	    -e inline:"deps.sh: cannot build vhost-device-sound: failed to \
fetch the index: could not resolve the host\n" \
	    env CARGO="$PWD/cargo" sh "$KPI_ROOT/tools/deps.sh" --vhost
	# It is installed, of this version and with this backend; or is not.
	cat >vhost <<-EOF
	#!/bin/sh
	case \$1 in
	--version)	echo "vhost-device-sound 0.3.0" ;;
	--help)		echo "[possible values: null, alsa]" ;;
	esac
	EOF
	chmod +x vhost
	atf_check env VHOST_DEVICE_SOUND="$PWD/vhost" CARGO="$PWD/cargo" \
	    sh "$KPI_ROOT/tools/deps.sh" --vhost
	sed -i 's/0.3.0/0.2.0/' vhost
	atf_check -o match:"install .*--version 0.3.0 .*alsa-backend" \
	    env VHOST_DEVICE_SOUND="$PWD/vhost" CARGO="$PWD/cargo" \
	    sh "$KPI_ROOT/tools/deps.sh" --vhost --dry-run
}

# Ends before the end

start_playing()
{
	tone long.wav s16 48000 2 480000
	"$(play)" -o "$PWD/out" long.wav >report 2>err &
	player=$!
	for _ in $(seq 100); do
		grep -q ' 10 %' report && return
		sleep 0.1
	done
	atf_fail "does not play: $(cat report err)"
}

new_case interrupt "an interrupt stops, detaches and leaves nothing"
interrupt_body()
{
	require_qemu
	start_playing
	kill -TERM $player
	wait $player
	atf_check_equal 143 $?
	atf_check -o inline:"run: interrupted\n" cat err
	[ -s out/played.wav ] || atf_fail "what was played is not kept"
	check_no_process
}

new_case qemu_dies "the death of QEMU ends the player with a reason" 120
qemu_dies_body()
{
	require_qemu
	start_playing
	for process in /proc/[0-9]*; do
		if tr '\0' ' ' <"$process/cmdline" 2>/dev/null |
		    grep -q "path=$PWD/out/played.wav"; then
			kill -KILL "${process#/proc/}"
		fi
	done
	wait $player
	atf_check_equal 1 $?
	atf_check -o match:"^run: QEMU is gone: killed by signal 9" cat err
	check_no_process
}

new_case killed "a player that is killed takes QEMU with it"
killed_body()
{
	require_qemu
	start_playing
	kill -KILL $player
	sleep 1
	check_no_process
}

atf_init_test_cases()
{
	for case in missing_file empty_file silent_file not_audio a_folder \
	    truncated_wav truncated_aiff truncated_flac empty_wav piped_wav \
	    piped_aiff miscounted_wav piped_flac gsm_wav unwritable_out usage \
	    no_qemu old_qemu qemu_without_sound qemu_that_fails \
	    no_playback_stream sim_plays sim_small_buffers sim_converts sim_mixes \
	    sim_repeats sim_streams sim_streams_in_turn sim_records \
	    sim_records_streams prints_all qemu_plays qemu_plays_wide \
	    qemu_small_buffers qemu_converts qemu_slow qemu_streams \
	    vhost_plays no_vhost vhost_that_fails vhost_skipped deps_vhost \
	    interrupt \
	    qemu_dies killed impossible; do
		atf_add_test_case "$case"
	done
}
