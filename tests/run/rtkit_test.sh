#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The kpi-drivers authors
#
# The analyser of RTKit from end to end: what it prints when the SMC boots,
# crashes, and cannot attach.

. "$KPI_ROOT/tests/atf.sh"

# kpi-rtkit is built beside this program, unless KPI_RTKIT names it.
rtkit()
{
	echo "${KPI_RTKIT:-$(atf_get_srcdir)/kpi-rtkit}"
}

# check_fails LINE ARGUMENT ...: one line on standard error, and status 1.
check_fails()
{
	line=$1
	shift
	atf_check -s exit:1 -o ignore -e "match:^run: .*$line" "$(rtkit)" "$@"
	"$(rtkit)" "$@" 2>err >/dev/null
	[ "$(wc -l <err)" -eq 1 ] || atf_fail "not one line: $(cat err)"
}

# check_shows LINE ...: each is in the report.
check_shows()
{
	for line; do
		grep -q -- "$line" report ||
		    atf_fail "no such line: $line; in: $(cat report)"
	done
}

# check_lacks TEXT ...: none of it is in the report.
check_lacks()
{
	for text; do
		! grep -- "$text" report || atf_fail "it says: $text"
	done
}

# project_tree NAME: a tree of the project's, as NAME.dtb.
project_tree()
{
	dtc -q -I dts -O dtb -o "$1.dtb" "$KPI_ROOT/tests/models/dts/$1.dts" ||
	    atf_skip "needs dtc"
}

# tree NAME EXPRESSION: t8103's SMC, edited by sed, as NAME.dtb.
tree()
{
	cat >tree.dts <<-'EOF'
	/dts-v1/;
	/ {
	    compatible = "test,tree";
	    #address-cells = <2>;
	    #size-cells = <2>;
	    soc {
	        compatible = "simple-bus";
	        #address-cells = <2>;
	        #size-cells = <2>;
	        ranges;
	        interrupt-parent = <&aic>;
	        aic: interrupt-controller@23b100000 {
	            compatible = "apple,t8103-aic", "apple,aic";
	            #interrupt-cells = <3>;
	            interrupt-controller;
	        };
	        mbox: mbox@23e408000 {
	            compatible = "apple,asc-mailbox-v4";
	            reg = <0x2 0x3e408000 0x0 0x4000>;
	            interrupts = <0 400 4>, <0 403 4>;
	            interrupt-names = "send-empty", "recv-not-empty";
	            #mbox-cells = <0>;
	        };
	        smc@23e400000 {
	            compatible = "apple,t8103-smc", "apple,smc";
	            reg = <0x2 0x3e400000 0x0 0x4000>,
	                <0x2 0x3fe00000 0x0 0x100000>;
	            reg-names = "smc", "sram";
	            mboxes = <&mbox>;
	        };
	    };
	};
	EOF
	sed "$2" tree.dts >"$1.dts"
	dtc -q -I dts -O dtb -o "$1.dtb" "$1.dts" || atf_skip "needs dtc"
}

# Each is there twice: on the tree's interrupt controller, which is Apple's, and
# on a GIC.
new_case()
{
	atf_test_case "$1"
	eval "$1_head() { atf_set descr '$2'; atf_set timeout 60; }"
	atf_test_case "$1_on_gic"
	eval "$1_on_gic_head() { atf_set descr '$2, on a GIC'
	    atf_set timeout 60; }"
	eval "$1_on_gic_body() { KERN_PIC=gic; export KERN_PIC; $1_body; }"
	cases="${cases-} $1 $1_on_gic"
}

new_case boots 'every message of a boot, endpoints, events and sensors'
boots_body()
{
	for soc in t8103 t8112 t6000 t6001 t6002 t6020 t6021 t6022; do
		atf_check -o save:report "$(rtkit)" --soc $soc
		check_shows "^machine: $soc" \
		    'AP > IOP  mgmt      set IOP power   state=init' \
		    'AP < IOP  mgmt      HELLO           versions=11..12' \
		    'AP > IOP  mgmt      HELLO reply     version=12' \
		    'AP < IOP  mgmt      IOP power is    state=on' \
		    'AP < IOP  smc       shared memory   at=0x' \
		    'AP < IOP  smc       notification    button=0x1 pressed' \
		    '^  0x20  smc       started$' \
		    '^  temp.battery  *30.2 C  [Bb]attery' \
		    '^  fan.0.speed  *1331 rpm  revolutions per minute$' \
		    '^  system=ACPI subsystem=Button type=apple_smc0' \
		    '^  system=ACPI subsystem=Lid type=apple_smc0 notify=0x00' \
		    'AP > IOP  mgmt      set IOP power   state=quiesced' \
		    '^[0-9]* messages$'
		check_lacks 'attach returned' 'cannot'
	done
}

new_case other_mailboxes 'mailboxes that nobody simulates are no errors'
other_mailboxes_body()
{
	atf_check -o save:report "$(rtkit)"
	check_shows 'apple_mbox1: of a coprocessor that is not simulated'
	check_lacks 'attach returned' 'cannot'
}

new_case newer 'newer firmware with the most temperatures: all are shown'
newer_body()
{
	for soc in t8103 t8112 t6000 t6020; do
		atf_check -o save:report "$(rtkit)" --soc $soc --newer \
		    --temperatures 375
		check_shows 'START           endpoint=tracekit' \
		    '^  battery.remaining  *3100 mAh' \
		    '^  temp.battery  *30.2 C  [Bb]attery' \
		    'WRITE           id=.* key=NTAP size=1' \
		    'answer          id=.* ok key=NTAP length=1' \
		    '^  temp.T[a-zA-Z0-9]*  *-15.9 C .*: its part is off$'
		[ "$(grep -c '^  temp\.' report)" -eq 375 ] ||
		    atf_fail "not 375 temperatures: $(grep '^  temp' report)"
		# HELLO is there before anything is sent.
		sed -n 's/^ *[0-9.]*  AP . IOP  //p' report | head -1 |
		    grep -q '^mgmt *HELLO' || atf_fail 'HELLO is not first'
		check_lacks 'cannot'
	done
	atf_check -s exit:64 -e match:'^run: temperatures: a number' \
	    "$(rtkit)" --temperatures many
}

new_case crash 'a decoded crash log'
crash_body()
{
	atf_check -o save:report "$(rtkit)" --crash
	check_shows 'AP < IOP  crashlog  CRASHED' \
	    'apple_smc0: the SMC has crashed' \
	    'RTKit-2419.2.16.release' 'panic: test assertion'
}

new_case repeats 'two runs show the same'
repeats_body()
{
	atf_check -o save:one "$(rtkit)"
	atf_check -o file:one "$(rtkit)"
}

# words FILE: the lines of messages in a report.
words()
{
	grep '^ *[0-9.-]*  AP [<>] IOP  ' "$1"
}

new_case log_comes_back 'a log that was written shows the same messages'
log_comes_back_body()
{
	for more in '' '--crash' '--newer'; do
		# shellcheck disable=SC2086 # none, or one option
		atf_check -o save:live "$(rtkit)" $more --write own.log
		atf_check -o save:report "$(rtkit)" --log own.log
		words live >live.words
		words report >own.words
		atf_check -o file:live.words cat own.words
		[ "$(wc -l <live.words)" -gt 200 ] || atf_fail 'few messages'
		check_shows '^log: own.log$' '^  0x20  smc       started$' \
		    "^$(wc -l <live.words) messages$"
	done
	atf_check -s exit:1 -o ignore -e match:'^run: no/folder: No such' \
	    "$(rtkit)" --write no/folder
}

new_case log_of_another 'a log of a real machine, with broken lines'
log_of_another_body()
{
	cat >m1n1.log <<-'EOF'
	# SMC of a Mac
	[cpu0] [/arm-io/smc] SEND: 0060000000000220:0000000000000000 TYPE=6
	[cpu0] [/arm-io/smc] [mgmt] >0x6(Init) 0060000000000220 (TYPE=0x6)
	1.5 < 0x00 0x00100000000c000b
	1.6 < 0x100 0x00100000000c000b
	garbage
	2 > 0x00 0x00200000000c000c # HELLO reply
	EOF
	"$(rtkit)" --log m1n1.log >report 2>err
	atf_check_equal 1 $?
	check_shows \
	    '^ *-  AP > IOP  mgmt      set IOP power   state=init$' \
	    '^ *1.500  AP < IOP  mgmt      HELLO           versions=11..12$' \
	    '^ *2.000  AP > IOP  mgmt      HELLO reply     version=12$' \
	    '^3 messages, 2 broken lines$'
	atf_check -o inline:'run: m1n1.log: line 5: the endpoint is not 0 to 0xff
run: m1n1.log: line 6: the time is no number of milliseconds
' cat err
	printf '1 > 0 1\000\n' >nul.log
	atf_check -s exit:1 -o ignore \
	    -e inline:'run: nul.log: line 1: it has a NUL\n' \
	    "$(rtkit)" --log nul.log
	atf_check -s exit:1 -o ignore -e match:'^run: none.log: No such file' \
	    "$(rtkit)" --log none.log
	atf_check -s exit:64 -e match:'^run: m1n1.log: a log is shown without' \
	    "$(rtkit)" --log m1n1.log --crash
	seq 100 >numbers.log
	"$(rtkit)" --log numbers.log >report 2>err
	[ "$(wc -l <err)" -eq 20 ] || atf_fail "not 20 lines: $(cat err)"
	check_shows '^0 messages, 100 broken lines$'
}

new_case own_tree 'a device tree of the user'
own_tree_body()
{
	tree good ''
	atf_check -o save:report "$(rtkit)" --dtb good.dtb
	check_shows '^machine: t8103, device tree good.dtb$' \
	    '^sensors of apple_smc0:$' '^  temp.battery  *30.2 C  [Bb]attery'
}

new_case project_trees 'trees of the project say which SoC they are of'
project_trees_body()
{
	for soc in t8103 t8112 t6000 t6020; do
		project_tree $soc
		atf_check -o save:report "$(rtkit)" --dtb $soc.dtb
		check_shows "^machine: $soc, device tree $soc.dtb$" \
		    '^  fan.0.speed  *1331 rpm  revolutions per minute$'
		check_lacks 'attach returned'
	done
	# Of many that are broken, one is good.
	project_tree broken-smc
	atf_check -o save:report "$(rtkit)" --dtb broken-smc.dtb
	check_shows '^sensors of apple_smc7:$' '^  temp.battery  *30.2 C'
}

new_case soc_of_tree 'the SoC is what the root of the tree says'
soc_of_tree_body()
{
	root()
	{
		tree "$1" "s/\"test,tree\"/\"apple,j1\", \"apple,$2\", \"apple,arm-platform\"/"
	}
	root t8103 t8103
	atf_check -o save:report "$(rtkit)" --dtb t8103.dtb
	check_shows '^machine: t8103, device tree t8103.dtb$'
	atf_check -o ignore "$(rtkit)" --dtb t8103.dtb --soc t8103
	# It is not the tree that is wrong.
	check_fails 't8103.dtb: its root is compatible with apple,t8103, and' \
	    --dtb t8103.dtb --soc t6000
	root t8132 t8132
	check_fails 't8132.dtb: its root is .* apple,t8132, of which there is no model; SOC= chooses another' \
	    --dtb t8132.dtb
	atf_check -o save:report "$(rtkit)" --dtb t8132.dtb --soc t8103
	check_shows '^machine: t8103, device tree t8132.dtb$'
	# The Max and the Ultra have it where the Pro has.
	for soc in t6021 t6022; do
		sed "s/\"apple,t6020\"/\"apple,$soc\"/" \
		    "$KPI_ROOT/tests/models/dts/t6020.dts" >$soc.dts
		dtc -q -I dts -O dtb -o $soc.dtb $soc.dts ||
		    atf_skip "needs dtc"
		atf_check -o save:report "$(rtkit)" --dtb $soc.dtb
		check_shows "^machine: $soc, device tree $soc.dtb$" \
		    '^  temp.battery  *30.2 C'
	done
	# One that names none, and is not where the model has it.
	tree elsewhere 's/0x3fe00000/0x2fe00000/'
	check_fails 'elsewhere.dtb: apple_smc0: cannot map .*or the model of t8103 has it elsewhere' \
	    --dtb elsewhere.dtb
}

new_case broken_trees 'a device tree that is wrong gives one clear line'
broken_trees_body()
{
	check_fails 'none.dtb: No such file' --dtb none.dtb
	echo 'no tree' >text.dtb
	check_fails 'text.dtb: not a device tree: ' --dtb text.dtb
	tree cut ''
	head -c 300 cut.dtb >short.dtb
	check_fails 'short.dtb: not a device tree: ' --dtb short.dtb
	: >empty.dtb
	check_fails 'empty.dtb: not a device tree: ' --dtb empty.dtb
	tree sram 's/"smc", "sram"/"smc", "ram"/'
	check_fails 'sram.dtb: apple_smc0: no "sram" in the device tree' \
	    --dtb sram.dtb
	tree mboxes '/mboxes/d'
	check_fails 'mboxes.dtb: .*mboxes' --dtb mboxes.dtb
	tree range 's/0x3fe00000 0x0 0x100000/0x3fe00000 0x0 0x100/'
	check_fails 'range.dtb: apple_smc0: ' --dtb range.dtb
	tree other 's/"apple,t8103-smc", "apple,smc"/"apple,other"/'
	check_fails 'other.dtb: no device in the tree is compatible' \
	    --dtb other.dtb
}

new_case usage 'options that are wrong'
usage_body()
{
	atf_check -s exit:64 -e match:'^run: x86: the SoC is' \
	    "$(rtkit)" --soc x86
	atf_check -s exit:64 -e match:'^usage: kpi-rtkit' "$(rtkit)" --colour
	atf_check -s exit:64 -e match:'^usage: kpi-rtkit' "$(rtkit)" file
	atf_check -o match:'^usage: kpi-rtkit' "$(rtkit)" --help
}

atf_init_test_cases()
{
	for c in $cases; do
		atf_add_test_case "$c"
	done
}
