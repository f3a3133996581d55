/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What make vmtest BENCH=1 runs in FreeBSD: sound between two marks, by which
 * QEMU's plugin knows what to trace (bench/trace.c).
 */

#include <sys/soundcard.h>
#include <sys/errno.h>

#include "bench/mark.h"
#include "card.h"
#include "init.h"
#include "vm_cases.h"

#define	FRAME	4			/* bytes */

#ifdef __x86_64__
static void
set(const char *oid, int value)
{
	int error = os_sysctl(oid, NULL, NULL, &value, sizeof(value));

	if (error != 0)
		case_fail("%s=%d: error %d", oid, value, -error);
}

/*
 * Open the card with periods of 2^shift bytes.  sound(4) uses the channel's
 * number of fragments for the hardware's buffer only when it chooses again.
 */
static int
open_card(unsigned count, unsigned shift)
{
	int fd, i;

	fd = card_open_direct();
	for (i = 0; i < 3; i++)
		card_fragments(fd, count, shift);
	return (fd);
}

static void
write_periods(int fd, size_t size, unsigned n)
{
	static uint8_t data[65536];

	CASE_CHECK(size <= sizeof(data));
	while (n-- != 0)
		CASE_EQ(os_write(fd, data, size), size);
}

/*
 * Words: the card's unit, frames of a period, periods of the buffer, periods
 * before the first mark, periods between the marks.
 */
void
periods_are_played_between_two_marks(void)
{
	unsigned count = init_number(2), n = init_number(4), shift = 0;
	size_t size = (size_t)init_number(1) * FRAME;
	uint64_t periods, xruns;
	int fd;

	while (size >> shift > 1)
		shift++;
	set("hw.snd.usefrags", 1);
	/* This wait would be minutes on the host. */
	set("kern.shutdown.poweroff_delay", 0);
	card_choose(init_number(0));
	fd = open_card(count, shift);
	write_periods(fd, size, init_number(3));
	periods = card_number("stream0.periods");
	xruns = card_number("stream0.xruns");
	MARK_BEGIN();
	write_periods(fd, size, n);
	MARK_END();
	/* Each write was a period of the device; some are yet to be played. */
	periods = card_number("stream0.periods") - periods;
	xruns = card_number("stream0.xruns") - xruns;
	card_halt(fd);
	card_close(fd);
	init_say("PERIODS %lu %lu", (unsigned long)periods,
	    (unsigned long)xruns);
}
#else
void
periods_are_played_between_two_marks(void)
{

	case_skip("the marks are instructions of amd64");
}
#endif
