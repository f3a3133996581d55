/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Numbered frames, see numbers.h. */

#include "init.h"
#include "numbers.h"

#define	FRAME	sizeof(uint32_t)
#define	PIECE	65536			/* bytes of a write, at most */

void
numbers_start(struct numbers *numbers, unsigned run)
{
	CASE_CHECK(run < NUMBERS_RUNS);
	CASE_CHECK(init_serial() < UINT16_MAX / NUMBERS_RUNS);
	numbers->id = (uint16_t)(init_serial() * NUMBERS_RUNS + run);
	numbers->next = 1;
}

void
numbers_fill(struct numbers *numbers, uint32_t *frames, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		frames[i] = (uint32_t)numbers->id << 16 | numbers->next++;
}

void
numbers_write(struct numbers *numbers, int fd, size_t n, size_t piece)
{
	static uint32_t frames[PIECE / FRAME];
	size_t done, now;
	long written;

	CASE_CHECK(numbers->next + n <= NUMBERS_MOST + 1);
	piece /= FRAME;
	for (done = 0; done < n; done += now) {
		now = n - done < piece ? n - done : piece;
		numbers_fill(numbers, frames, now);
		written = os_write(fd, frames, now * FRAME);
		if (written != (long)(now * FRAME))
			case_fail("write of %lu frames after %lu: %ld",
			    (unsigned long)now, (unsigned long)done, written);
	}
}

void
numbers_played(const struct numbers *numbers, uint64_t ms)
{
	init_say("NUMBERED %u %u %lu whole", numbers->id, numbers->next - 1U,
	    (unsigned long)ms);
}

void
numbers_cut(uint16_t id, size_t n)
{
	init_say("NUMBERED %u %lu 0 cut", id, (unsigned long)n);
}
