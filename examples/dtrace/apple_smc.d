#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * How long the SMC takes for each kind of command, in microseconds; which
 * commands failed; and its notifications.  See apple_smc(4) for the probes.
 */

#pragma D option quiet

dtrace:::BEGIN
{
	name[0x10] = "read";
	name[0x11] = "write";
	name[0x12] = "key by index";
	name[0x13] = "key info";
	name[0x20] = "write and read";
}

apple_smc:::request
{
	sent[arg0, arg1] = timestamp;
}

apple_smc:::reply
/sent[arg0, arg1] != 0/
{
	@took[arg0, name[arg1 & 0xff]] = quantize((timestamp -
	    sent[arg0, arg1]) / 1000);
	sent[arg0, arg1] = 0;
}

apple_smc:::reply
/arg2 != 0/
{
	printf("apple_smc%d: %s of key %c%c%c%c: error %d\n", arg0,
	    name[arg1 & 0xff], (arg1 >> 56) & 0xff, (arg1 >> 48) & 0xff,
	    (arg1 >> 40) & 0xff, (arg1 >> 32) & 0xff, arg2);
}

apple_smc:::event
{
	printf("apple_smc%d: notification %#x\n", arg0, arg1 >> 32);
}

dtrace:::END
{
	printa("apple_smc%d, %s, us:%@d\n", @took);
}
