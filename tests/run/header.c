/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The lengths of a RIFF or IFF file: the file's, in its first chunk, and that
 * of the chunk with the samples.  libsndfile corrects most wrong lengths, but
 * says so only in its log, and it accepts a length of 0.
 */

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "header.h"

#define	CHUNK_HEADER	8		/* four letters, a length */
#define	CHUNKS_MAX	1024		/* that are looked at */
/*
 * If a file is shorter than a length from here on, the program that wrote it
 * did not know the length.  The least such length in use is 2,000,000,000,
 * rounded down to a frame.
 */
#define	LENGTH_UNKNOWN	UINT32_C(1999990000)

struct chunk {
	uint64_t	 off;		/* of its header */
	uint64_t	 len;		/* of its content, as claimed */
};

struct file {
	int		 fd;
	uint64_t	 size;
	bool		 big;		/* byte order */
};

static uint32_t
decode(const uint8_t *p, bool big)
{

	if (big)
		return ((uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]);
	return ((uint32_t)p[3] << 24 | p[2] << 16 | p[1] << 8 | p[0]);
}

static void
encode(uint8_t *p, bool big, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		p[i] = value >> 8 * (big ? 3 - i : i);
}

/*
 * A chunk's name has printable letters.  Samples, above all silence, rarely
 * look so.
 */
static bool
is_name(const char *tag)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (tag[i] < ' ' || tag[i] > '~')
			return (false);
	}
	return (true);
}

static bool
read_chunk(const struct file *f, uint64_t off, char *tag, struct chunk *c)
{
	uint8_t raw[CHUNK_HEADER];

	if (off > f->size || pread(f->fd, raw, sizeof(raw), (off_t)off) !=
	    (ssize_t)sizeof(raw))
		return (false);
	memcpy(tag, raw, 4);
	c->off = off;
	c->len = decode(raw + 4, f->big);
	return (is_name(tag));
}

static uint64_t
after(const struct chunk *c)
{

	return (c->off + CHUNK_HEADER + c->len + (c->len & 1));
}

/* The chunk of that name, from off on. */
static bool
find_chunk(const struct file *f, const char *name, uint64_t off,
    struct chunk *c)
{
	char tag[4];
	int i;

	for (i = 0; i < CHUNKS_MAX && read_chunk(f, off, tag, c); i++) {
		if (memcmp(tag, name, 4) == 0)
			return (true);
		off = after(c);
	}
	return (false);
}

/*
 * Do chunks follow, to the very end of the file?  Its last byte, which is
 * padding, may be missing.
 */
static bool
chunks_follow(const struct file *f, const struct chunk *c)
{
	struct chunk next = *c;
	char tag[4];
	int i;

	for (i = 0; i < CHUNKS_MAX && after(&next) < f->size; i++) {
		if (!read_chunk(f, after(&next), tag, &next))
			return (false);
	}
	return (after(&next) <= f->size + 1 && after(&next) >= f->size);
}

static void
add_fix(struct header *h, const struct file *f, uint64_t off, uint64_t len)
{
	struct header_fix *fix = &h->fix[h->nfixes++];

	fix->off = off;
	encode(fix->bytes, f->big,
	    len > UINT32_MAX ? UINT32_MAX : (uint32_t)len);
}

/*
 * Judge the length of the samples' chunk.  Its first `extra' bytes are no
 * samples.
 */
static void
judge_samples(struct header *h, const struct file *f, const struct chunk *c,
    uint64_t extra)
{
	uint64_t excess, left, start;

	start = c->off + CHUNK_HEADER;
	left = f->size - start;
	h->claimed_sound = c->len > extra ? c->len - extra : 0;
	h->sound = h->claimed_sound;
	excess = c->len > left ? c->len - left : 0;
	if (excess == 0 && (c->len > extra || left <= extra ||
	    chunks_follow(f, c)))
		return;
	h->sound = left > extra ? left - extra : 0;
	if (excess > start && c->len < LENGTH_UNKNOWN) {
		h->state = HEADER_TRUNCATED;
		h->claimed = start + c->len;
		return;
	}
	h->state = HEADER_WRONG;
	add_fix(h, f, c->off + 4, left);
}

/* Judge the length of the file.  It may not count what follows the samples. */
static void
judge_file(struct header *h, const struct file *f, const struct chunk *samples)
{
	uint64_t end;

	end = samples->off + CHUNK_HEADER + h->sound;
	if (h->claimed <= f->size + 1 && h->claimed >= end)
		return;
	h->state = HEADER_WRONG;
	add_fix(h, f, 4, f->size - CHUNK_HEADER);
}

void
header_check(struct header *h, int fd, uint64_t size)
{
	struct file f = { .fd = fd, .size = size };
	struct chunk samples;
	uint8_t raw[12];

	memset(h, 0, sizeof(*h));
	h->size = size;
	if (pread(fd, raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return;
	f.big = memcmp(raw, "FORM", 4) == 0;
	if (!f.big && memcmp(raw, "RIFF", 4) != 0)
		return;
	h->claimed = CHUNK_HEADER + (uint64_t)decode(raw + 4, f.big);
	if (!find_chunk(&f, f.big ? "SSND" : "data", sizeof(raw), &samples)) {
		if (h->claimed > size + 1)
			h->state = HEADER_TRUNCATED;
		return;
	}
	/* In AIFF an offset and a block size are before the samples. */
	judge_samples(h, &f, &samples, f.big ? 8 : 0);
	if (h->state != HEADER_TRUNCATED)
		judge_file(h, &f, &samples);
}

void
header_fix(const struct header *h, uint64_t off, uint8_t *buf, size_t len)
{
	const struct header_fix *fix;
	uint64_t at;
	size_t i;

	for (fix = h->fix; fix < h->fix + h->nfixes; fix++) {
		for (i = 0; i < sizeof(fix->bytes); i++) {
			at = fix->off + i;
			if (at >= off && at - off < len)
				buf[at - off] = fix->bytes[i];
		}
	}
}
