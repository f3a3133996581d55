/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Fuzz target: audio files for make run.  The input is the file.  The target
 * opens it and, if it is an audio file, converts it to the format that QEMU's
 * device takes.  Host side.
 */
#define	_GNU_SOURCE
#include <sys/mman.h>

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "fuzz.h"
#include "run.h"

/*
 * A file may claim more frames than fit in memory.  Frames after these are not
 * read.
 */
#define	MAXFRAMES	100000
/* A file that states no length may hold 5,000 frames per byte. */
#define	MAXENDLESS	256

/*
 * Replaces the player's function, which prints to the user.  This one prints
 * nothing.
 */
int
complain(const char *fmt, ...)
{
	char line[4096];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return (-1);
}

static void
convert(struct source *source)
{
	const struct format format = { SAMPLE_S16, 2, 48000 };
	struct sound sound;
	char text[256];

	(void)source_differences(source, &format, text, sizeof(text));
	if ((source->endless ? source->header.size > MAXENDLESS :
	    source->frames > MAXFRAMES) || source->format.channels > 64 ||
	    source->format.rate < 1000 ||
	    sound_read(&sound, source, &format) != 0)
		return;
	if (sound.len % format_frame(&format) != 0)
		fuzz_fail("half a frame");
	sound_free(&sound);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct source source;
	char path[64];
	int fd;

	if ((fd = memfd_create("audio", MFD_CLOEXEC)) < 0 ||
	    write(fd, data, len) != (ssize_t)len)
		err(2, "file in memory");
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (source_open(&source, path) == 0) {
		convert(&source);
		source_close(&source);
	}
	(void)close(fd);
}
