/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Cases: the card is suspended and resumed, as devctl(8) does it and as a
 * machine does that sleeps.
 */

#include "card.h"
#include "init.h"
#include "vm_cases.h"

#define	TIMES	10
#define	SHORT	(1000 * 4)		/* bytes of a short sound */

static void
suspend_and_resume(unsigned asleep_ms)
{
	CASE_EQ(init_devctl(INIT_SUSPEND, "pcm0"), 0);
	os_sleep_ms(asleep_ms);
	CASE_EQ(init_devctl(INIT_RESUME, "pcm0"), 0);
}

static void
play(uint32_t seed, size_t len)
{
	int fd;

	card_direct();
	fd = card_open();
	card_setup(fd, &card_s16_48000);
	card_write(fd, seed, len);
	card_sync(fd);
	card_close(fd);
}

void
suspends_and_resumes_when_idle(void)
{
	uint32_t i;

	for (i = 0; i < TIMES; i++) {
		suspend_and_resume(10);
		play(200 + i, SHORT);
		case_played(200 + i, SHORT, HEARD_WHOLE);
	}
}

/* The program does not notice; who listens does. */
void
suspends_and_resumes_while_it_plays(void)
{
	const size_t len = 3 * 48000 * card_s16_48000.frame;
	int i, pid, status;

	pid = init_fork();
	CASE_CHECK(pid >= 0);
	if (pid == 0) {
		play(220, len);
		init_exit(INIT_PASSED);
	}
	for (i = 0; i < 3; i++) {
		os_sleep_ms(500);
		suspend_and_resume(200);
	}
	while (!init_ended(pid, &status))
		os_sleep_ms(10);
	CASE_EQ(status, INIT_PASSED);
	case_played(220, len, HEARD_JUMPS);
}

/* Open all the while, and not playing. */
void
plays_on_after_a_suspend_at_rest(void)
{
	const size_t len = 24000 * card_s16_48000.frame;
	int fd;

	card_direct();
	fd = card_open();
	card_setup(fd, &card_s16_48000);
	card_write(fd, 230, len);
	card_sync(fd);
	suspend_and_resume(10);
	card_write(fd, 231, len);
	card_sync(fd);
	card_close(fd);
	case_played(230, len, HEARD_WHOLE);
	case_played(231, len, HEARD_WHOLE);
}
