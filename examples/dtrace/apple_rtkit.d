#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * How long the messages of each endpoint wait for RTKit's thread, in
 * microseconds; which messages were lost; and when a coprocessor goes up or
 * down.  See apple_rtkit(4) for the probes.
 */

#pragma D option quiet

dtrace:::BEGIN
{
	name[0] = "down";
	name[1] = "changing";
	name[2] = "on";
	name[3] = "crashed";
}

apple_rtkit:::phase
{
	printf("%s: %s\n", stringof(arg0), name[arg1]);
}

apple_rtkit:::enqueue
{
	since[stringof(arg0), arg3] = timestamp;
}

apple_rtkit:::dequeue
/since[stringof(arg0), arg3] != 0/
{
	@waited[stringof(arg0), arg1] = quantize((timestamp -
	    since[stringof(arg0), arg3]) / 1000);
	since[stringof(arg0), arg3] = 0;
}

apple_rtkit:::lost
{
	printf("%s: endpoint %#x: message %#x was lost\n", stringof(arg0),
	    arg1, arg2);
}

dtrace:::END
{
	printa("%s, endpoint %#x, us in the queue:%@d\n", @waited);
}
