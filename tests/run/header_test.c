/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The lengths in a file's header: which are believed, which are put right, and
 * which mean that the file has lost its end.
 */

#include <sys/param.h>
#include <sys/systm.h>

#include "header.h"
#include "tk_test.h"

/* The host's. */
int	memfd_create(const char *name, unsigned int flags);
ssize_t	pwrite(int fd, const void *buf, size_t len, off_t off);
int	close(int fd);

#define	SOUND	1000			/* bytes of samples */
#define	WAV_SOUND 44			/* where they begin */
#define	AIFF_SOUND 54
#define	UNKNOWN	0x7ffff000

static uint8_t	file[2 * SOUND];
static struct header h;

static void
put(size_t at, bool big, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		file[at + (big ? 3 - i : i)] = value >> 8 * i;
}

static void
check(size_t size)
{
	int fd;

	fd = memfd_create("audio", 0);
	TK_CHECK(fd >= 0);
	TK_EQ(pwrite(fd, file, size, 0), (ssize_t)size);
	header_check(&h, fd, size);
	TK_EQ(close(fd), 0);
}

/* "fmt ", then "data": the lengths of both chunks and of all. */
static void
wav(uint32_t riff, uint32_t data)
{

	memset(file, 0, sizeof(file));
	memcpy(file, "RIFF....WAVEfmt ", 16);
	put(4, false, riff);
	put(16, false, 16);
	memcpy(file + 36, "data", 4);
	put(40, false, data);
	check(WAV_SOUND + SOUND);
}

static void
aiff(uint32_t form, uint32_t sound)
{

	memset(file, 0, sizeof(file));
	memcpy(file, "FORM....AIFFCOMM", 16);
	put(4, true, form);
	put(16, true, 18);
	memcpy(file + 38, "SSND", 4);
	put(42, true, sound);
	check(AIFF_SOUND + SOUND);
}

/* What libsndfile would read as this chunk's length. */
static uint32_t
fixed(size_t at, bool big)
{
	uint8_t raw[6];

	/* In two reads, neither of which is aligned with it. */
	memcpy(raw, file + at - 1, sizeof(raw));
	header_fix(&h, at - 1, raw, 3);
	header_fix(&h, at + 2, raw + 3, 3);
	return (big ? (uint32_t)raw[1] << 24 | raw[2] << 16 | raw[3] << 8 |
	    raw[4] : (uint32_t)raw[4] << 24 | raw[3] << 16 | raw[2] << 8 |
	    raw[1]);
}

TK_CASE_UNBOOTED(a_true_header_is_left_alone)
{
	wav(36 + SOUND, SOUND);
	TK_EQ(h.state, HEADER_TRUE);
	TK_EQ(h.nfixes, 0);
	aiff(46 + SOUND, 8 + SOUND);
	TK_EQ(h.state, HEADER_TRUE);
	TK_EQ(h.nfixes, 0);
}

TK_CASE_UNBOOTED(lengths_that_were_never_written_are_put_right)
{
	static const uint32_t lengths[] = { 0, 1999999944, 2000000000,
	    0x7f000000, 0x7f000050, UNKNOWN, 0x80000000, 0xffffffff };
	static const uint32_t files[] = { 0, 8, 36, 2000000036, 0x7f000024,
	    0x7ffff024, 0xffffffff, 36 + SOUND };
	size_t i, j;

	for (i = 0; i < nitems(lengths); i++) {
		for (j = 0; j < nitems(files); j++) {
			wav(files[j], lengths[i]);
			TK_EQ(h.state, HEADER_WRONG);
			TK_EQ(h.sound, SOUND);
			TK_EQ(h.claimed_sound, lengths[i]);
			TK_EQ(fixed(40, false), SOUND);
			TK_EQ(fixed(4, false), 36 + SOUND);
			aiff(files[j] + 10, lengths[i]);
			TK_EQ(h.state, HEADER_WRONG);
			TK_EQ(h.sound, SOUND);
			TK_EQ(fixed(42, true), 8 + SOUND);
		}
	}
}

TK_CASE_UNBOOTED(lengths_that_count_the_header_are_put_right)
{
	wav(44 + SOUND, SOUND);
	TK_EQ(h.state, HEADER_WRONG);
	TK_EQ(h.sound, h.claimed_sound);
	TK_EQ(h.claimed, 52 + SOUND);
	wav(44 + SOUND, 44 + SOUND);
	TK_EQ(h.state, HEADER_WRONG);
	TK_EQ(fixed(40, false), SOUND);
}

TK_CASE_UNBOOTED(a_file_that_lost_its_end_is_truncated)
{
	wav(36 + 2 * SOUND, 2 * SOUND);
	TK_EQ(h.state, HEADER_TRUNCATED);
	TK_EQ(h.claimed, WAV_SOUND + 2 * SOUND);
	aiff(46 + 2 * SOUND, 8 + 2 * SOUND);
	TK_EQ(h.state, HEADER_TRUNCATED);
	/* Even before its samples. */
	wav(36 + SOUND, SOUND);
	check(30);
	TK_EQ(h.state, HEADER_TRUNCATED);
}

TK_CASE_UNBOOTED(chunks_behind_no_samples_are_no_samples)
{
	wav(36 + SOUND, 0);
	memcpy(file + WAV_SOUND, "LIST", 4);
	put(WAV_SOUND + 4, false, SOUND - 8);
	check(WAV_SOUND + SOUND);
	TK_EQ(h.state, HEADER_TRUE);
	TK_EQ(h.sound, 0);
}

TK_CASE_UNBOOTED(chunks_behind_all_are_not_the_files)
{
	wav(36 + SOUND, SOUND);
	check(WAV_SOUND + SOUND + 128);
	TK_EQ(h.state, HEADER_TRUE);
}

TK_CASE_UNBOOTED(other_files_are_not_looked_at)
{
	wav(0, 0);
	memcpy(file, "fLaC", 4);
	check(WAV_SOUND + SOUND);
	TK_EQ(h.state, HEADER_TRUE);
	TK_EQ(h.nfixes, 0);
	/* A chunk that leads nowhere, and one without end. */
	wav(0, 0);
	put(16, false, 0xfffffff0);
	check(WAV_SOUND + SOUND);
	TK_EQ(h.nfixes, 0);
}
