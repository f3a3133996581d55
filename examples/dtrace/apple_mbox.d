#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * How many messages each mailbox has sent and received, by endpoint, every ten
 * seconds.  See apple_mbox(4) for the probes.
 */

#pragma D option quiet

apple_mbox:::send
{
	@sent[arg0, arg2] = count();
}

apple_mbox:::receive
{
	@received[arg0, arg2] = count();
}

profile:::tick-10s,
dtrace:::END
{
	printf("%Y\n", walltimestamp);
	printa("apple_mbox%d, endpoint %#x: %@d sent\n", @sent);
	printa("apple_mbox%d, endpoint %#x: %@d received\n", @received);
	trunc(@sent);
	trunc(@received);
}
