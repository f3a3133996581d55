#!/usr/bin/env atf-sh
# SPDX-License-Identifier: BSD-2-Clause
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
	for soc in t8103 t6000 t8112; do
		atf_check -o save:report "$(rtkit)" --soc $soc
		check_shows "^machine: $soc" \
		    'AP > IOP  mgmt      set IOP power   state=init' \
		    'AP < IOP  mgmt      HELLO           versions=11..12' \
		    'AP > IOP  mgmt      HELLO reply     version=12' \
		    'AP < IOP  mgmt      IOP power is    state=on' \
		    'AP < IOP  smc       shared memory   at=0x' \
		    'AP < IOP  smc       notification    button=0x1 pressed' \
		    '^  0x20  smc       started$' \
		    '^  temp.battery  *30.2 C  battery$' \
		    '^  fan.0.speed  *1331 rpm  revolutions per minute$' \
		    '^  system=ACPI subsystem=Button type=apple_smc0' \
		    '^  system=ACPI subsystem=Lid type=apple_smc0 notify=0x00' \
		    'AP > IOP  mgmt      set IOP power   state=quiesced' \
		    '^[0-9]* messages$'
	done
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

new_case own_tree 'a device tree of the user'
own_tree_body()
{
	tree good ''
	atf_check -o save:report "$(rtkit)" --dtb good.dtb
	check_shows '^machine: t8103, device tree good.dtb$' \
	    '^  temp.battery  *30.2 C  battery$'
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
