#!/usr/sbin/dtrace -s
/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * How long the device keeps each period, by stream, in milliseconds; and which
 * control requests it refused.  See virtio_snd(4) for the probes.
 */

#pragma D option quiet

virtio_snd:::enqueue
{
	sent[arg0, arg1, arg2] = timestamp;
}

virtio_snd:::complete
/sent[arg0, arg1, arg2] != 0/
{
	@kept[arg0, arg1] = quantize((timestamp - sent[arg0, arg1, arg2]) /
	    1000000);
	sent[arg0, arg1, arg2] = 0;
}

virtio_snd:::reply
/arg3 != 0/
{
	printf("pcm%d: request %#x about %d: error %d\n", arg0, arg1, arg2,
	    arg3);
}

dtrace:::END
{
	printa("pcm%d, stream %d, ms with the device:%@d\n", @kept);
}
