/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Reading and writing the WAV files of wav.h. */

#define	_GNU_SOURCE
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wav.h"

#define	WAV_PCM		1
#define	WAV_FLOAT	3

int
wav_map(const char *path, struct wav *w)
{
	struct stat st;
	int error, fd;

	memset(w, 0, sizeof(*w));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return (errno);
	error = 0;
	if (fstat(fd, &st) != 0)
		error = errno;
	else if (st.st_size < WAV_HEADER)
		error = EINVAL;
	else {
		w->map = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE, fd, 0);
		if (w->map == MAP_FAILED)
			error = errno;
	}
	close(fd);
	if (error != 0) {
		w->map = NULL;
		return (error);
	}
	w->map_len = st.st_size;
	w->len = st.st_size - WAV_HEADER;
	if (w->len > 0)
		w->samples = (uint8_t *)w->map + WAV_HEADER;
	return (0);
}

void
wav_unmap(struct wav *w)
{

	if (w->map != NULL)
		munmap(w->map, w->map_len);
	memset(w, 0, sizeof(*w));
}

static uint8_t *
put(uint8_t *p, uint32_t value, int bytes)
{

	for (; bytes > 0; bytes--, value >>= 8)
		*p++ = value & 0xff;
	return (p);
}

static uint8_t *
put_tag(uint8_t *p, const char *tag)
{

	memcpy(p, tag, 4);
	return (p + 4);
}

static void
make_header(uint8_t *p, const struct wav_format *f, uint32_t len)
{
	uint32_t frame;

	frame = f->channels * (f->bits / 8);
	p = put_tag(p, "RIFF");
	p = put(p, WAV_HEADER - 8 + len + (len & 1), 4);
	p = put_tag(p, "WAVE");
	p = put_tag(p, "fmt ");
	p = put(p, 16, 4);
	p = put(p, f->is_float ? WAV_FLOAT : WAV_PCM, 2);
	p = put(p, f->channels, 2);
	p = put(p, f->rate, 4);
	p = put(p, f->rate * frame, 4);
	p = put(p, frame, 2);
	p = put(p, f->bits, 2);
	p = put_tag(p, "data");
	put(p, len, 4);
}

static int
write_file(const char *path, const uint8_t *header, const void *samples,
    size_t len)
{
	FILE *file;
	int error;

	file = fopen(path, "wb");
	if (file == NULL)
		return (errno);
	error = 0;
	/* A chunk of odd length is followed by a padding byte. */
	if (fwrite(header, WAV_HEADER, 1, file) != 1 ||
	    (len > 0 && fwrite(samples, len, 1, file) != 1) ||
	    ((len & 1) != 0 && fputc(0, file) == EOF))
		error = errno;
	if (fclose(file) != 0 && error == 0)
		error = errno;
	return (error);
}

/*
 * Written to a second file first, because the samples may be a mapping of the
 * old one.
 */
int
wav_write(const char *path, const struct wav_format *f, const void *samples,
    size_t len)
{
	uint8_t header[WAV_HEADER];
	char *new;
	int error;

	if (len > UINT32_MAX - WAV_HEADER)
		return (EFBIG);
	if (asprintf(&new, "%s.new", path) < 0)
		return (ENOMEM);
	make_header(header, f, len);
	error = write_file(new, header, samples, len);
	if (error == 0 && rename(new, path) != 0)
		error = errno;
	if (error != 0)
		unlink(new);
	free(new);
	return (error);
}
