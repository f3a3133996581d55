/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases: the card is suspended and resumed, as devctl(8) does it and as a
 * machine does that sleeps.
 */

#include "card.h"
#include "init.h"
#include "vm_cases.h"

#define	TIMES	10
#define	THREE_SECONDS (3 * 48000 * 4)	/* bytes */

static void
suspend_and_resume(unsigned asleep_ms)
{
	CASE_EQ(init_devctl(INIT_SUSPEND, "pcm0"), 0);
	os_sleep_ms(asleep_ms);
	CASE_EQ(init_devctl(INIT_RESUME, "pcm0"), 0);
}

void
suspends_and_resumes_when_idle(void)
{
	uint32_t i;

	for (i = 0; i < TIMES; i++) {
		suspend_and_resume(10);
		card_play_short(200 + i);
	}
}

static void
play_three_seconds(void)
{
	int fd = card_open_direct();

	card_write(fd, 220, THREE_SECONDS);
	card_sync(fd);
	card_close(fd);
}

/* The program notices nothing, but the sound has a gap or a repetition. */
void
suspends_and_resumes_while_it_plays(void)
{
	int i, pid;

	pid = init_beside(play_three_seconds);
	for (i = 0; i < 3; i++) {
		os_sleep_ms(500);
		suspend_and_resume(200);
	}
	init_join(pid);
	case_played(220, THREE_SECONDS, HEARD_JUMPS);
}

/* The device is open all the time, and not playing. */
void
plays_on_after_a_suspend_at_rest(void)
{
	const size_t len = 24000 * card_s16_48000.frame;
	int fd = card_open_direct();

	card_write(fd, 230, len);
	card_sync(fd);
	suspend_and_resume(10);
	card_write(fd, 231, len);
	card_sync(fd);
	card_close(fd);
	case_played(230, len, HEARD_WHOLE);
	case_played(231, len, HEARD_WHOLE);
}
