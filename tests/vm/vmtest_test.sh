#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The harness of make vmtest, without a FreeBSD kernel: what it makes of
# consoles and WAV files that a stand-in for QEMU (fake_qemu.py) gives it, and
# that it always ends, with nothing left behind.

. "$KPI_ROOT/tests/atf.sh"

vm()
{
	echo "${KPI_ROOT:?}/tests/vm"
}

new_case()
{
	atf_test_case "$1"
	eval "$1_head() { atf_set descr '$2'; atf_set timeout 120; }"
}

# A machine whose console is standard input, after a boot's usual lines; and
# bin/vmtest, which runs the boot called line on it.  Python is started some hundred
# times, and without the packages of others it starts in half the time.
fake_machine()
{
	mkdir -p bin tmp
	{
		echo 'Trying to mount root from ufs:/dev/vtbd0 []...'
		cat
	} >console.end
	{
		echo 'virtio_pci1: <VirtIO PCI (modern) Sound adapter>'
		cat console.before 2>/dev/null
		echo 'pcm0: <VirtIO Sound Adapter> on virtio_pci1'
		echo 'WARNING: WITNESS option enabled, expect reduced performance.'
		cat console.end
	} >console
	cat >bin/qemu-system-aarch64 <<-EOF2
	#!/bin/sh
	exec /usr/bin/python3 -BS "$(vm)/fake_qemu.py" "\$@"
	EOF2
	cat >bin/vmtest <<-EOF2
	#!/bin/sh
	PATH=$PWD/bin:\$PATH TMPDIR=$PWD/tmp
	FAKE_CONSOLE=$PWD/console FAKE_LIBRARY=$(vm)
	export PATH TMPDIR FAKE_CONSOLE FAKE_LIBRARY
	exec /usr/bin/python3 -BS "$(vm)/vmtest.py" --kernel kernel.bin \\
	    --init init --out out --load 0 --boots line "\$@"
	EOF2
	# The image is not read.  What init has to do is kept in plan, and the
	# names of programs in programs.
	cat >bin/makefs <<-EOF2
	#!/bin/sh
	for root; do :; done
	cp "\$root/etc/vmtest" $PWD/plan
	ls "\$root/sbin" >$PWD/programs
	EOF2
	chmod +x bin/*
	# The first bytes of an arm64 kernel.bin.
	{ printf '%56s' ''; printf 'ARMd'; } >kernel.bin
	: >init
}

# Expects the line $1 from a run that fails, and nothing left behind.
refused()
{
	atf_check -s exit:1 -o save:said -e save:complained bin/vmtest --time 20
	grep -q -- "$1" said complained || {
		cat said complained
		atf_fail "\"$1\" is not said"
	}
	check_nothing_left
}

check_nothing_left()
{
	[ -z "$(ls -A tmp 2>/dev/null)" ] || atf_fail "left: $(ls -A tmp)"
	# In a file, so that grep's own arguments do not match.
	echo "=$PWD/tmp" >pattern
	# A process that has gone meanwhile is no complaint.
	grep -Fls -f pattern /proc/[0-9]*/cmdline >processes
	while read -r process; do
		if tr '\0' ' ' <"$process" 2>/dev/null |
		    grep -q "fake_[qv].*=$PWD/tmp"; then
			atf_fail "QEMU or its device is left: $process"
		fi
	done <processes
}

# The console of init if all went well.  The two sounds have seeds 21 and 28.
good_init()
{
	echo 'vmtest: begin'
	for name in $(names line); do
		echo "RUN $name"
		case $name in
		plays_s16_stereo_48000)
			echo 'PLAYED 21 40000 whole' ;;
		close_plays_what_was_written)
			echo 'PLAYED 28 20000 whole' ;;
		esac
		echo "PASS $name"
	done
	echo 'vmtest: end'
}

# The console of init after three rounds that went well.
good_loop()
{
	echo 'vmtest: begin'
	for round in 1 2 3; do
		for name in $(names swap loop); do
			echo "RUN $name"
			echo "PLAYED 2$round 4000 whole"
			echo "PASS $name"
		done
	done
	echo 'RUN memory_does_not_grow'
	echo 'PASS memory_does_not_grow'
	echo 'vmtest: end'
}

# Prints the cases of boot $1, or with $2 those of its loop; without $1, of all
# boots.
names()
{
	/usr/bin/python3 -B -c '
import sys
sys.path.insert(0, sys.argv[1])
import vmtest
for boot in vmtest.BOOTS:
    if boot.name == sys.argv[2] or not sys.argv[2]:
        cases = list(boot.loop) if sys.argv[3] else boot.cases
        if not sys.argv[2]:
            cases = cases + list(boot.loop)
        print("\n".join(cases))' "$(vm)" "${1-}" "${2-}"
}

new_case passes "a run in which all is well passes, and says so last"
passes_body()
{
	good_init | fake_machine
	atf_check -o save:said bin/vmtest
	atf_check -o match:"^[0-9]* passed, 0 failed$" tail -1 said
	atf_check -o match:"^  PASS plays_s16_stereo_48000$" cat said
	[ -s out/line.log ] || atf_fail "the console was not kept"
	[ -s out/line.wav ] || atf_fail "the WAV file was not kept"
	check_nothing_left
}

new_case sees_spoiled_sound "each thing that can be wrong with a sound is seen"
sees_spoiled_sound_body()
{
	good_init | fake_machine
	export FAKE_FAULT
	FAKE_FAULT=bit
	refused "plays_s16.*: of its 10000 frames 5000 are heard, then other"
	FAKE_FAULT=gap
	refused "plays_s16.*: 10 frames of silence after frame 5000 of 10000"
	FAKE_FAULT=lost
	refused "plays_s16.*: of its 10000 frames 5000 are heard, then other"
	FAKE_FAULT='cut'
	refused "plays_s16.*: of its 10000 frames 5000 are heard, then the end"
	refused "close_plays.*: its 5000 frames are not heard"
	FAKE_FAULT=drop
	refused "plays_s16.*: of its 10000 frames 255 are heard, then other"
	FAKE_FAULT=swapped
	refused "plays_s16.*: 5064 frames of other sound before it"
	FAKE_FAULT=extra
	refused "FAIL nothing_else_is_heard: 164 frames of sound"
}

new_case hears_gaps_and_starts "silence and cut-offs pass where they may be"
hears_gaps_and_starts_body()
{
	good_init | sed 's/40000 whole/40000 gaps/' | fake_machine
	export FAKE_FAULT=gap
	atf_check -o match:"PASS plays_s16" bin/vmtest
	good_init | sed 's/40000 whole/40000 cut/' | fake_machine
	atf_check -o match:"PASS plays_s16" bin/vmtest
	FAKE_FAULT=lost
	refused "close_plays.*: 5063 frames of other sound before it"
	good_init | sed 's/40000 whole/40000 start/' | fake_machine
	FAKE_FAULT=gap
	refused "close_plays.*: 5064 frames of other sound before it"
	FAKE_FAULT='cut'
	refused "close_plays.*: its 5000 frames are not heard"
	atf_check -o ignore grep "PASS plays_s16" said
}

# The console of init in a boot of numbered frames, $1, that went well.
good_numbers()
{
	echo 'vmtest: begin'
	id=128
	names "$1" | while read -r name; do
		echo "RUN $name"
		echo "NUMBERED $id 1000 $((id % 50)) whole"
		echo "PASS $name"
		id=$((id + 128))
	done
	echo 'vmtest: end'
}

new_case reads_torn_lines "what others say in the middle of a line is taken out"
reads_torn_lines_body()
{
	good_numbers direct |
	    sed '/^NUMBERED 128 /s/128 /1random: unblocking device.\n2Resetting rate control (9 frames)\n8 /' |
	    fake_machine
	printf '%s\n' 'import sys' "sys.path.insert(0, '$(vm)')" \
	    'from console import Console' \
	    'c = Console(open("console").read())' \
	    'print(c.cases[0].sounds[0].id, len(c.cases[0].sounds))' >read.py
	atf_check -o inline:"128 1\n" /usr/bin/python3 -B read.py
}

new_case is_patient_on_a_busy_host "gaps may be, lost frames may not"
is_patient_on_a_busy_host_body()
{
	good_init | fake_machine
	export FAKE_FAULT=gap
	atf_check -o match:"note: the host is busy" \
	    -o match:"PASS plays_s16" bin/vmtest --load 999
	FAKE_FAULT=lost
	atf_check -s exit:1 -o match:"FAIL plays_s16.*: of its 10000 frames 5000" \
	    bin/vmtest --load 999
	good_init | sed 's/40000 whole/40000 start/' | fake_machine
	FAKE_FAULT=gap
	atf_check -o match:"PASS plays_s16" -o match:"PASS nothing_else" \
	    bin/vmtest --load 999
}

new_case counts_frames "each thing that can become of numbered frames is seen"
counts_frames_body()
{
	case="numbered_frames_are_heard_in_order direct 16 1 2400 1"
	good_numbers direct | fake_machine
	atf_check -o save:said bin/vmtest --boots direct
	atf_check -o inline:"  PASS $case: 1000 of 1000 frames in 1 sounds, 28 to 28 ms\n" \
	    grep " $case:" said
	# The plan has the cases and their words.
	atf_check -o inline:"case $case\n" head -1 plan
	atf_check -o match:"^direct +16 +1 +1000 +1000 +0 +0 +0 +28 +28 +1 +1$" \
	    sed -n 2p out/direct.txt
	atf_check -o inline:"88\n" sh -c "tail -n +2 out/direct.txt | wc -l"
	export FAKE_FAULT
	FAKE_FAULT=gap
	atf_check -o match:"PASS $case: 1000 of 1000 .*, 1 silences" \
	    bin/vmtest --boots direct
	FAKE_FAULT=lost
	numbers_refused "$case: .*1000 frames 999 are heard, 0 again, 1 breaks; 502 comes after 500"
	FAKE_FAULT=again
	numbers_refused "$case: .*1000 frames 1000 are heard, 10 again, 1 breaks; 491 comes after 500"
	atf_check -o match:"^direct +16 +1 +1000 +1000 +10 +1 +0 .* 1 +0$" \
	    sed -n 2p out/direct.txt
	FAKE_FAULT='cut'
	numbers_refused "$case: .*1000 frames 500 are heard, 0 again; it ends after 500"
	FAKE_FAULT=extra
	numbers_refused "nothing_else_is_heard: .* frames of sounds that nobody"
}

numbers_refused()
{
	atf_check -s exit:1 -o save:said bin/vmtest --boots direct
	grep -q -- "FAIL $1" said || {
		cat said
		atf_fail "\"$1\" is not said"
	}
}

new_case knows_an_early_count "what FreeBSD counted too early is no fault of the driver"
knows_an_early_count_body()
{
	case="numbered_frames_are_heard_in_order direct 16 1 2400 1"
	what="1000 frames 990 are heard, 10 again, 2 breaks; 245 comes after 500"
	good_numbers direct | fake_machine
	export FAKE_FAULT=stale
	# A kernel without sound(4); one like main's; one like 15's.
	numbers_refused "$case: .*$what$"
	printf 'chn_write' >>kernel.bin
	expected_failure direct "$case: .*$what$"
	# No buffer has so many frames, and none is lost.
	for FAKE_FAULT in older lost again 'cut'; do
		numbers_refused "$case: "
	done
	FAKE_FAULT=stale
	printf 'play interrupt timeout, channel dead' >>kernel.bin
	numbers_refused "$case: .*$what$"
}

new_case knows_early_noise "the same in a sound without numbers"
knows_early_noise_body()
{
	what="in the places of 10 of its frames are those of one buffer before"
	good_init | fake_machine
	export FAKE_FAULT=stale
	refused "plays_s16.*: of its 10000 frames 5000 are heard, then other"
	printf 'chn_write' >>kernel.bin
	expected_failure line "plays_s16_stereo_48000: .*$what$"
	for FAKE_FAULT in older lost bit swapped 'cut'; do
		refused "FAIL plays_s16"
	done
	FAKE_FAULT=stale
	sed -i 's/40000 whole/40000 cut/' console
	expected_failure line "plays_s16_stereo_48000: .*$what$"
}

# $1: boot; $2: what is said of the case that fails as expected.
expected_failure()
{
	atf_check -o save:said bin/vmtest --boots "$1"
	atf_check -o match:"^  EXPECTED_FAILURE $2" \
	    -o match:"PASS nothing_else_is_heard" \
	    -o match:"^[0-9]* passed, 0 failed, 1 failed as expected$" cat said
}

new_case measures_tones "tones are as loud as they must be"
measures_tones_body()
{
	{
		echo 'vmtest: begin'
		echo 'RUN four_rates_at_once_are_all_heard'
		echo 'TONE same 400'
		echo 'TONE same 750'
		echo 'PASS four_rates_at_once_are_all_heard'
		echo 'RUN volume_makes_it_softer'
		echo 'TONE softer 1000'
		echo 'TONE softer 1300'
		echo 'PASS volume_makes_it_softer'
		echo 'vmtest: end'
	} | fake_machine
	atf_check -s exit:1 -o save:said bin/vmtest --boots tones
	atf_check -o match:"PASS .*heard: 400 Hz at 100.0 %, 750 Hz at 100.0 %" \
	    -o match:"FAIL .*softer.*: 1000 Hz at 100.0 %, 1300 Hz at 100.0 %" \
	    cat said
	FAKE_FAULT=soft
	export FAKE_FAULT
	atf_check -s exit:1 -o match:"FAIL .*: 400 Hz at 50.0 %, 750 Hz" \
	    bin/vmtest --boots tones
	# What a busy host leaves of one tone does not pass for the next.
	sed -i '/^TONE same/d' console
	FAKE_FAULT=torn
	atf_check -o match:"PASS .*softer.*: 1000 Hz at 20.4 %, 1300 Hz at 0.0 %" \
	    bin/vmtest --boots tones
}

# The boot on vhost-device-sound, for which fake_vhost.py stands in.
vhost_machine()
{
	good_init | fake_machine
	cat >bin/vhost <<-EOF2
	#!/bin/sh
	exec /usr/bin/python3 -BS "$(vm)/fake_vhost.py" "\$@"
	EOF2
	cat >bin/vmtest2 <<-EOF2
	#!/bin/sh
	exec $PWD/bin/vmtest --device vhost --vhost $PWD/bin/vhost "\$@"
	EOF2
	chmod +x bin/*
	mv bin/vmtest bin/vmtest1
	mv bin/vmtest2 bin/vmtest
	sed -i "s,bin/vmtest ,bin/vmtest1 ," bin/vmtest
}

new_case hears_vhost "what vhost-device-sound played is heard, or not"
hears_vhost_body()
{
	vhost_machine
	atf_check -o save:said bin/vmtest
	atf_check -o match:"^[0-9]* passed, 0 failed$" tail -1 said
	atf_check -o match:"^  PASS plays_s16_stereo_48000$" cat said
	[ -s out/line.wav ] || atf_fail "the WAV file was not kept"
	check_nothing_left
	export FAKE_FAULT=lost
	refused "plays_s16.*: of its 10000 frames 5000 are heard, then other"
	FAKE_FAULT=bit
	refused "plays_s16.*: of its 10000 frames 5000 are heard, then other"
	FAKE_FAULT=drop
	atf_check -o match:"^[0-9]* passed, 0 failed$" bin/vmtest
	FAKE_FAULT=pause
	refused "plays_s16.*: 10 frames of silence after frame 5120"
	sed -i 's/40000 whole/40000 cut/' console
	atf_check -o match:"^[0-9]* passed, 0 failed$" bin/vmtest
	unset FAKE_FAULT
	export FAKE_PANIC=yes
	refused "console_is_clean: vhost-device-sound failed: .*panic.* no luck"
	unset FAKE_PANIC
	printf '#!/bin/sh\necho "no luck" >&2\nexit 3\n' >bin/vhost
	atf_check -s exit:1 -o ignore \
	    -e inline:"vmtest: $PWD/bin/vhost ended: no luck\n" bin/vmtest
	check_nothing_left
}

new_case sees_failed_cases "what init says of a case is told"
sees_failed_cases_body()
{
	good_init | sed 's/PASS mixer_opens/FAIL mixer_opens: no mixer/' |
	    fake_machine
	refused "FAIL mixer_opens: no mixer"
	good_init | sed 's/PASS mixer_opens/SKIP mixer_opens: no device/' |
	    fake_machine
	refused "FAIL mixer_opens: no device"
	good_init | grep -v mixer_opens | fake_machine
	refused "FAIL mixer_opens: it did not run"
	good_init | grep -v "PASS mixer_opens" | fake_machine
	refused "FAIL mixer_opens: it did not end"
}

new_case counts_rounds "a loop runs its cases alone, and tells the rounds"
counts_rounds_body()
{
	good_loop | fake_machine
	atf_check -o save:said bin/vmtest --boots swap --loop 60
	atf_check -o inline:"loop 60 $(names swap loop | tr '\n' ' ' |
	    sed 's/ $//')\n" cat plan
	for name in $(names swap loop); do
		atf_check -o inline:"  PASS $name: 3 rounds\n" grep "$name" said
	done
	atf_check -o inline:"  PASS memory_does_not_grow\n" grep memory said
	atf_check -o inline:"7 passed, 0 failed\n" tail -1 said
	atf_check -o not-match:"^arm64 line" \
	    bin/vmtest --boots "line swap" --loop 60
	check_nothing_left
}

# Expects the line $1 from a loop whose console is standard input.
loop_refused()
{
	fake_machine
	atf_check -s exit:1 -o save:said bin/vmtest --boots swap --loop 60
	grep -q -- "$1" said || {
		cat said
		atf_fail "\"$1\" is not said"
	}
	check_nothing_left
}

new_case sees_failed_rounds "the first round that fails is told, and once"
sees_failed_rounds_body()
{
	name=detaches_while_it_plays
	good_loop | awk -v last="PASS $name" '
	    $0 == last && ++n == 2 { print "FAIL '$name': no card"
		print "vmtest: end"; exit }
	    { print }' | loop_refused "FAIL $name: round 2: no card"
	atf_check -o inline:"1\n" grep -c "FAIL $name" said
	atf_check -o match:"PASS detaches_and_attaches_again: 2 rounds" cat said
	export FAKE_FAULT=bit
	good_loop | loop_refused "FAIL .*: round 1: in the WAV file: of its"
	unset FAKE_FAULT
	good_loop | sed 's/^PASS memory.*/FAIL memory_does_not_grow: 9, then 12/' |
	    loop_refused "FAIL memory_does_not_grow: 9, then 12"
	good_loop | grep -v memory_does |
	    loop_refused "FAIL memory_does_not_grow: it did not run"
	good_loop | sed '/memory/,$d' |
	    loop_refused "FAIL boots_and_powers_off: the machine stopped"
}

new_case sees_what_the_kernel_says "complaints of the kernel fail the run"
sees_what_the_kernel_says_body()
{
	while read -r line; do
		{
			good_init
			echo "$line"
		} | fake_machine
		refused "FAIL console_is_clean: $line"
	done <<-EOF2
	lock order reversal: (sleepable after non-sleepable)
	Warning: memory type vtsnd leaked memory on destroy (1 allocations)
	acquiring duplicate lock of same type: "vtsnd data queue"
	uma_zalloc_debug: zone "64" with the following non-sleepable locks held:
	pcm0: chn_write(): dsp0.play.0: play interrupt timeout, channel dead
	pcm0: stream 0: lost: the device keeps its periods
	EOF2
}

new_case wants_what_a_boot_says "a line that must be there is no complaint"
wants_what_a_boot_says_body()
{
	{
		echo 'vmtest: begin'
		echo 'pcm0: jack 0: JACK_INFO failed: EOPNOTSUPP: no jacks'
		echo 'pcm0: channel map 0: CHMAP_INFO failed: EOPNOTSUPP: none'
		names options | while read -r name; do
			echo "RUN $name"
			echo "PASS $name"
		done
		echo 'vmtest: end'
	} >init.says
	fake_machine <init.says
	atf_check -o match:"PASS console_says_why" \
	    -o match:"PASS console_is_clean" bin/vmtest --boots options
	grep -v JACK_INFO init.says | fake_machine
	atf_check -s exit:1 -o match:"FAIL console_says_why: .*\"JACK_INFO" \
	    bin/vmtest --boots options
}

new_case forgives_the_tree "what the kernel said before the driver is a note"
forgives_the_tree_body()
{
	printf '%s\n' 'lock order reversal:' ' 1st 0x1 callout @ a.c:384' \
	    ' 2nd 0x2 sched lock @ a.c:386' >console.before
	good_init | fake_machine
	atf_check -o match:"note: lock order reversal: 1st .* 2nd .*a.c:386" \
	    bin/vmtest
}

new_case runs_freebsds_tools "TOOLS adds boots that run programs of FreeBSD"
runs_freebsds_tools_body()
{
	mkdir tools modules
	touch tools/kldxref tools/devmatch tools/ls modules/virtio_snd.ko
	{
		echo 'vmtest: begin'
		echo 'RUN devmatch_finds_the_card'
		echo 'PLAYED 140 4000 whole'
		echo 'PASS devmatch_finds_the_card'
		echo 'vmtest: end'
	} | fake_machine
	set -- --boots match --modules modules
	atf_check -o match:"PASS devmatch_finds_the_card" \
	    bin/vmtest --tools tools "$@"
	# The module is there, and only devmatch has it loaded.
	atf_check -o inline:'case devmatch_finds_the_card\n' cat plan
	atf_check -o inline:'devmatch\ninit\nkldxref\n' cat programs
	atf_check -s exit:1 -o match:"^0 passed" bin/vmtest "$@"
}

new_case sees_a_panic "a panic is told in one line, with the case it hit"
sees_a_panic_body()
{
	good_init | sed -n '1,/RUN mixer_opens/p' | {
		cat
		echo 'panic: mutex vtsnd not owned at virtio_snd_ring.c:1'
		echo 'cpuid = 0'
	} | fake_machine
	refused "FAIL boots_and_powers_off: panic: mutex vtsnd .*during mixer_opens.; .*run"
	[ "$(grep -c panic: said)" = 1 ] || atf_fail "said more than once"
}

new_case lets_a_case_end_the_machine "a boot may be meant to end in a panic"
lets_a_case_end_the_machine_body()
{
	cat >ends.py <<-'EOF2'
	import vmtest
	from console import Console

	TOLD = "panic: as told"
	BEGIN = "vmtest: begin\nRUN first\nPASS first\nRUN last\n"

	def judged(text):
	    console = Console(text)
	    console.end_with(TOLD)
	    statuses = [case.status for case in console.cases]
	    return statuses, vmtest.why_it_stopped(console, True, 60)

	assert judged(BEGIN + TOLD + "\ncpuid = 0\n") == (["PASS", "PASS"], None)
	assert judged(BEGIN + TOLD + "\r\n") == (["PASS", "PASS"], None)
	assert judged("vmtest: begin\n" + TOLD + "\n")[1]
	for other in ["", "panic: another\n", "panic: another\n" + TOLD + "\n",
	              "FAIL last: no\n" + TOLD + "\n"]:
	    statuses, why = judged(BEGIN + other)
	    assert statuses[1] != "PASS" and why, other
	EOF2
	PYTHONPATH=$(vm) atf_check /usr/bin/python3 -B ends.py
}

new_case sees_a_kernel_without_init "a kernel that stops early is told"
sees_a_kernel_without_init_body()
{
	echo 'mountroot: waiting for device /dev/vtbd0...' | fake_machine
	refused "stopped before init ran; its last line: mountroot: waiting"
}

new_case ends_in_time "a machine that hangs is ended at the limit"
ends_in_time_body()
{
	export FAKE_HANG=yes
	: | fake_machine
	atf_check -s exit:1 -o save:said bin/vmtest --time 2
	atf_check -o ignore grep \
	    "the kernel did not reach init within 2 s; its last line: Trying" \
	    said
	check_nothing_left
	good_init | sed -n '1,/RUN mixer_opens/p' | fake_machine
	atf_check -s exit:1 -o save:said bin/vmtest --time 2
	atf_check -o ignore grep \
	    "it hung, 2 s were over; its last line: RUN mixer_opens" said
	check_nothing_left
}

new_case leaves_nothing_when_ended "SIGTERM ends QEMU and removes the images"
leaves_nothing_when_ended_body()
{
	export FAKE_HANG=yes
	good_init | fake_machine
	bin/vmtest >said 2>&1 &
	harness=$!
	while ! ls tmp/vmtest.*/played.wav >/dev/null 2>&1; do
		sleep 0.1
	done
	kill "$harness"
	wait "$harness" || true
	check_nothing_left
}

# $1: the expected line; the rest: options.
explained()
{
	line=$1
	shift
	atf_check -s exit:1 -e save:err -e match:"^vmtest: $line" \
	    bin/vmtest "$@"
	[ "$(wc -l <err)" = 1 ] || atf_fail "not one line: $(cat err)"
}

new_case explains_what_is_missing "each thing that is missing has its line"
explains_what_is_missing_body()
{
	good_init | fake_machine
	explained "KERNEL is not set; make vmtest KERNEL=" --kernel ""
	explained "KERNEL=nowhere: No such file" --kernel nowhere
	explained "KERNEL=init: neither a kernel.bin" --kernel init
	explained "KERNEL=kernel.bin is for arm64, not for amd64" --arch amd64
	explained "ARCH is arm64 or amd64, not vax" --arch vax
	explained "DEVICE is qemu or vhost, not vax" --device vax
	explained "BOOTS: plug is none of line s44" --device vhost --boots plug
	explained "TIME is a number of seconds, not soon" --time soon
	explained "LOOP is a number of seconds, not ever" --loop ever
	explained "MODULES=bin: there is no" --modules bin
	explained "TOOLS=bin: there is no kldxref" --tools bin
	explained "BOOTS: warm is none of line" --boots warm

	# The head of an ELF file, for amd64 and for arm64.
	{ printf '\177ELF%14s\076\0' ''; printf '%64s' ''; } >kernel
	explained "LOADER is not set" --kernel kernel
	explained "LOADER=nowhere: no such file" --kernel kernel \
	    --loader nowhere
	{ printf '\177ELF%14s\267\0' ''; printf '%64s' ''; } >kernel
	explained "KERNEL=kernel: for arm64, QEMU wants kernel.bin" \
	    --kernel kernel

	printf '#!/bin/sh\necho nothing\n' >bin/qemu-system-aarch64
	explained ".*has no virtio-sound-pci: QEMU 8.2 is the first"
	printf '#!/bin/sh\necho no space left; exit 1\n' >bin/makefs
	good_init | fake_machine
	printf '#!/bin/sh\necho no space left; exit 1\n' >bin/makefs
	atf_check -s exit:1 -o ignore -e match:"makefs failed: no space" \
	    bin/vmtest
}

new_case cases_are_all_run "every case that is compiled stands in a boot"
cases_are_all_run_body()
{
	{
		names | cut -d ' ' -f 1
		sed -n 's/^CASE = "\(.*\)"$/\1/p' "$(vm)/bench/bench.py"
	} | sort -u >run
	{
		sed -n 's/^	CASE(\([a-z0-9_]*\),.*/\1/p' "$(vm)/vm_cases.c" \
		    "$(vm)/../hw/cases.c"
		sed -n 's/^	X(\([a-z_]*\)).*/\1_loads_and_unloads_ten_times/p' \
		    "$(vm)/vm_cases.h"
	} | sort >compiled
	atf_check cmp run compiled
}

new_case hears_what_is_converted "levels and full scale, and what is not"
hears_what_is_converted_body()
{
	cat >listen.py <<-'EOF2'
	import struct, sys, wav

	S16 = wav.Format("s16", 16, 2, 48000, wav.unchanged)

	def hears(samples, how, seed=0):
	    data = bytes(64) + struct.pack(f"<{len(samples)}h", *samples) + bytes(64)
	    with open("heard.wav", "wb") as f:
	        f.write(struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + len(data),
	                            b"WAVEfmt ", 16, 1, 2, 48000, 192000, 4, 16,
	                            b"data", len(data)) + data)
	    play = wav.Play(seed, 2 * len(samples), how)
	    results, whole = wav.check("heard.wav", S16, [play])
	    return results == [None] and whole is None

	assert hears([32767, -32768] * 500, "floats")
	assert not hears([-32768, -32768] * 500, "floats")
	assert not hears([32766, -32768] * 500, "floats")
	assert hears([32512, 0] * 500, "bytes")
	assert not hears([-32768, 256] * 500, "bytes")
	noise = [s for (s,) in struct.iter_unpack("<h", wav.noise(9, 2000))]
	soft = [s // 4 if n % 2 == 0 else s // 2 for n, s in enumerate(noise)]
	assert hears(soft, "at64,128", 9)
	assert not hears(soft[1:] + soft[:1], "at64,128", 9)
	assert not hears(noise, "at64,128", 9)
	EOF2
	PYTHONPATH=$(vm) atf_check /usr/bin/python3 -B listen.py
}

new_case init_compiles "init is a static program for both machines"
init_compiles_body()
{
	readelf=${LLVM:-/usr/lib/llvm-19/bin}/llvm-readelf
	for arch in arm64 amd64; do
		atf_check sh "$KPI_ROOT/tools/vminit.sh" $arch "$PWD/init"
		atf_check -o match:"EXEC" "$readelf" -h init
		atf_check -o not-match:"INTERP|DYNAMIC" "$readelf" -l init
		atf_check -o match:"NT_FREEBSD_ABI_TAG" "$readelf" -n init
	done
}

atf_init_test_cases()
{
	atf_add_test_case passes
	atf_add_test_case hears_vhost
	atf_add_test_case sees_spoiled_sound
	atf_add_test_case hears_gaps_and_starts
	atf_add_test_case reads_torn_lines
	atf_add_test_case is_patient_on_a_busy_host
	atf_add_test_case counts_frames
	atf_add_test_case knows_an_early_count
	atf_add_test_case knows_early_noise
	atf_add_test_case measures_tones
	atf_add_test_case sees_failed_cases
	atf_add_test_case counts_rounds
	atf_add_test_case sees_failed_rounds
	atf_add_test_case sees_what_the_kernel_says
	atf_add_test_case wants_what_a_boot_says
	atf_add_test_case forgives_the_tree
	atf_add_test_case runs_freebsds_tools
	atf_add_test_case sees_a_panic
	atf_add_test_case lets_a_case_end_the_machine
	atf_add_test_case sees_a_kernel_without_init
	atf_add_test_case ends_in_time
	atf_add_test_case leaves_nothing_when_ended
	atf_add_test_case explains_what_is_missing
	atf_add_test_case cases_are_all_run
	atf_add_test_case hears_what_is_converted
	atf_add_test_case init_compiles
}
