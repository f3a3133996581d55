/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases of numbered frames.  Each frame that a program writes is heard once, in
 * order, for every buffer that it asks for and every way to wait for room.
 *
 * The first word of each says how the samples reach the channel: "direct", as
 * the program wrote them, without virtual channels; or "mixed", through them.
 */

#include <sys/soundcard.h>
#include <sys/errno.h>

#include "card.h"
#include "init.h"
#include "numbers.h"
#include "vm_cases.h"

#define	FRAME	4			/* bytes */
#define	BYTES_A_MS 192
#define	AHEAD_MS 100			/* ahead of the clock, at most */
#define	WAIT_MS	20000			/* for room, on a busy host */

static void
choose_way(void)
{
	if (init_same(init_word(0), "mixed"))
		card_mixed();
	else
		card_direct();
}

static unsigned
shift_of(unsigned size)
{
	unsigned shift = 0;

	while (size >> shift > 1)
		shift++;
	return (shift);
}

/*
 * Open the card to play, with count fragments of size bytes; 0: sound(4)
 * chooses.
 */
static int
open_with(unsigned size, unsigned count)
{
	int fd = card_open();

	if (size != 0)
		card_fragments(fd, count, shift_of(size));
	card_setup(fd, &card_s16_48000);
	return (fd);
}

/* Play frames to the end, in writes of a fragment; returns milliseconds. */
static uint64_t
play_all(unsigned size, unsigned count, unsigned frames, unsigned run)
{
	struct numbers numbers;
	uint64_t began, ms;
	int fd;

	fd = open_with(size, count);
	numbers_start(&numbers, run);
	began = os_uptime_ms();
	numbers_write(&numbers, fd, frames, size);
	card_sync(fd);
	ms = os_uptime_ms() - began;
	card_close(fd);
	numbers_played(&numbers, ms);
	return (ms);
}

/* WAY SIZE COUNT FRAMES RUNS */
void
numbered_frames_are_heard_in_order(void)
{
	unsigned run;

	choose_way();
	for (run = 0; run < init_number(4); run++)
		(void)play_all(init_number(1), init_number(2), init_number(3),
		    run);
}

/*
 * WAY SIZE COUNT: half a second of sound takes no longer to play, except for
 * the contents of buffers and the delays of a busy host.  The best of several
 * tries counts.
 */
void
small_fragments_keep_their_speed(void)
{
	const unsigned frames = 24000, tries = 10, limit_ms = 800;
	uint64_t best = UINT64_MAX, ms;
	unsigned run;

	choose_way();
	for (run = 0; run < tries && best > limit_ms; run++) {
		ms = play_all(init_number(1), init_number(2), frames, run);
		best = ms < best ? ms : best;
	}
	if (best > limit_ms)
		case_fail("500 ms of sound take %lu ms at best",
		    (unsigned long)best);
}

/*
 * WAY RUNS: a program that always writes late, as games and calls do, and then
 * ends.
 */
void
the_end_of_a_late_program_is_heard(void)
{
	const unsigned pieces = 60, frames = 441;
	struct numbers numbers;
	uint64_t began;
	unsigned n, run;
	int fd;

	choose_way();
	for (run = 0; run < init_number(1); run++) {
		fd = open_with(0, 0);
		numbers_start(&numbers, run);
		began = os_uptime_ms();
		for (n = 0; n < pieces; n++) {
			numbers_write(&numbers, fd, frames, frames * FRAME);
			os_sleep_ms(9 + (n * 5 + run) % 7);
		}
		card_sync(fd);
		card_close(fd);
		numbers_played(&numbers, os_uptime_ms() - began);
	}
}

/* Put frames into the ring of `size' bytes, between from and to. */
static void
refill(struct numbers *numbers, uint8_t *ring, size_t size, size_t *from,
    size_t to, size_t frames)
{
	uint32_t *at;

	for (; *from != to; *from = (*from + FRAME) % size) {
		at = (uint32_t *)(void *)(ring + *from);
		if (numbers->next <= frames)
			numbers_fill(numbers, at, 1);
		else
			*at = 0;
	}
}

/*
 * Returns where sound(4) reads next.  *total: bytes that it has read so far.
 * *taken: GETOPTR's count, the bytes that sound(4) has accounted for.  At its
 * first look that is a whole buffer.
 */
static size_t
mapped_position(int fd, size_t size, uint64_t *total, unsigned *taken)
{
	count_info info = { 0 };

	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETOPTR, &info), 0);
	CASE_CHECK(info.ptr >= 0 && (size_t)info.ptr < size);
	if (*taken != 0 && (unsigned)info.bytes - *taken >= size)
		case_fail("this program was late: %u bytes, before %u",
		    (unsigned)info.bytes, *taken);
	*taken = (unsigned)info.bytes;
	*total += ((size_t)info.ptr + size - *total % size) % size;
	return ((size_t)info.ptr);
}

/*
 * WAY: a program that writes into sound(4)'s mapped buffer and polls the
 * position.
 */
void
a_mapped_buffer_is_heard(void)
{
	const size_t frames = NUMBERS_MOST;
	audio_buf_info info = { 0 };
	struct numbers numbers;
	size_t at = 0, size;
	uint64_t total = 0;
	unsigned taken = 0;
	int fd, off = 0, on = PCM_ENABLE_OUTPUT;
	long ring;

	choose_way();
	fd = open_with(4096, 32);
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETOSPACE, &info), 0);
	size = (size_t)info.fragstotal * info.fragsize;
	ring = init_map(fd, size);
	CASE_CHECK(ring > 0);
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_SETTRIGGER, &off), 0);
	numbers_start(&numbers, 0);
	numbers_fill(&numbers, (uint32_t *)ring, size / FRAME);
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_SETTRIGGER, &on), 0);
	/* Until the device has taken the silence behind the last frame. */
	while (total < frames * FRAME + 3 * size) {
		refill(&numbers, (uint8_t *)ring, size, &at,
		    mapped_position(fd, size, &total, &taken), frames);
		os_sleep_ms(10);
	}
	card_halt(fd);
	card_close(fd);
	numbers_played(&numbers, 0);
}

/* Write frames.  Each time that there is room, write as many as fit. */
static void
write_when_ready(struct numbers *numbers, int fd, int handle,
    int (*ready)(int handle, unsigned ms), unsigned frames)
{
	audio_buf_info info = { 0 };
	unsigned done, now;

	for (done = 0; done < frames; done += now) {
		CASE_EQ(ready(handle, WAIT_MS), 1);
		CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETOSPACE, &info), 0);
		now = info.bytes / FRAME;
		CASE_CHECK(now > 0);
		now = now < frames - done ? now : frames - done;
		numbers_write(numbers, fd, now, now * FRAME);
	}
}

/* WAY poll|select|kqueue: a program that never sleeps in write(2). */
void
a_program_that_waits_is_woken(void)
{
	const unsigned frames = 24000;
	struct numbers numbers;
	int fd, on = 1, queue;

	choose_way();
	fd = open_with(1024, 8);
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_NONBLOCK, &on), 0);
	numbers_start(&numbers, 0);
	if (init_same(init_word(1), "poll"))
		write_when_ready(&numbers, fd, fd, init_poll, frames);
	else if (init_same(init_word(1), "select"))
		write_when_ready(&numbers, fd, fd, init_select, frames);
	else {
		queue = init_kqueue(fd);
		CASE_CHECK(queue >= 0);
		write_when_ready(&numbers, fd, queue, init_kevent, frames);
		CASE_EQ(os_close(queue), 0);
	}
	card_sync(fd);
	card_close(fd);
	numbers_played(&numbers, 0);
}

/* What a program is told about the position of its sound. */
struct position {
	uint64_t	began_ms;
	uint64_t	size;		/* of sound(4)'s buffer */
	uint64_t	written;	/* bytes */
	uint64_t	gone;		/* of them, to the device */
	uint64_t	late;		/* behind the clock, when last asked */
};

/*
 * GETODELAY counts the bytes that the device has not taken, GETOPTR says where
 * the next one is.  Neither goes back, nor far ahead of the clock.
 */
static void
check_position(struct position *pos, int fd, uint64_t ahead)
{
	count_info info = { 0 };
	uint64_t after, before, now, steps;
	int delay[2];

	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETODELAY, &delay[0]), 0);
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETOPTR, &info), 0);
	now = (os_uptime_ms() - pos->began_ms) * BYTES_A_MS;
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETODELAY, &delay[1]), 0);
	CASE_EQ(info.bytes, pos->written);
	before = pos->written - (uint64_t)delay[0];
	after = pos->written - (uint64_t)delay[1];
	CASE_CHECK(before >= pos->gone && after >= before);
	steps = ((uint64_t)info.ptr + pos->size - before % pos->size) %
	    pos->size;
	CASE_CHECK(before + steps <= after);
	if (after > now + ahead)
		case_fail("%lu bytes have gone after %lu ms",
		    (unsigned long)after, (unsigned long)(now / BYTES_A_MS));
	pos->gone = after;
	pos->late = now > after ? now - after : 0;
}

/*
 * Play, and check the position after each fragment.  Returns how late the sound
 * is at the end, in ms.
 */
static unsigned
play_and_look(unsigned run)
{
	const unsigned pieces = 58, size = 2048, count = 8;
	audio_buf_info info = { 0 };
	struct position pos = { 0 };
	struct numbers numbers;
	unsigned n;
	int fd;

	fd = open_with(size, count);
	CASE_EQ(os_ioctl(fd, SNDCTL_DSP_GETOSPACE, &info), 0);
	pos.size = (uint64_t)info.fragstotal * (unsigned)info.fragsize;
	numbers_start(&numbers, run);
	pos.began_ms = os_uptime_ms();
	for (n = 0; n < pieces; n++) {
		numbers_write(&numbers, fd, size / FRAME, size);
		pos.written += size;
		check_position(&pos, fd, 2 * pos.size + AHEAD_MS * BYTES_A_MS);
	}
	card_sync(fd);
	card_close(fd);
	numbers_played(&numbers, os_uptime_ms() - pos.began_ms);
	return ((unsigned)(pos.late / BYTES_A_MS));
}

/*
 * WAY: the position keeps up with the clock, but for sound(4)'s two buffers and
 * what a device takes ahead of its clock.  A busy host makes it late, so the
 * best of several tries counts.
 */
void
positions_follow_the_clock(void)
{
	const unsigned tries = 40;
	unsigned best = AHEAD_MS + 1, late, run;

	choose_way();
	for (run = 0; run < tries && best > AHEAD_MS; run++) {
		late = play_and_look(run);
		best = late < best || run == 0 ? late : best;
	}
	if (best > AHEAD_MS)
		case_fail("the positions are %u ms late at best", best);
}

static unsigned player;		/* run that play_for_ever() plays */

static void
play_for_ever(void)
{
	struct numbers numbers;
	int fd = open_with(1024, 4);

	for (;;) {
		numbers_start(&numbers, player);
		numbers_write(&numbers, fd, NUMBERS_MOST, 1024);
	}
}

/* WAY TIMES: the program is killed, and the next is heard as usual. */
void
a_killed_program_leaves_the_card_free(void)
{
	int pid, status;

	choose_way();
	for (player = 0; player < init_number(1); player++) {
		pid = init_beside(play_for_ever);
		os_sleep_ms(5 + player * 37 % 60);
		init_kill(pid);
		while (!init_ended(pid, &status))
			os_sleep_ms(1);
		numbers_cut((uint16_t)(init_serial() * NUMBERS_RUNS + player),
		    NUMBERS_MOST);
	}
	(void)play_all(4096, 8, 12000, player);
}
