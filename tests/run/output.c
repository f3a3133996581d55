/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The folder for results: played.wav and the path of played.png, or more. */

#define	_GNU_SOURCE
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qtest/wav.h"
#include "run.h"

/* mkdir -p: 0 or an errno. */
static int
make_path(const char *dir)
{
	struct stat st;
	char *path, *slash;
	int error;

	path = strdup(dir);
	if (path == NULL)
		return (ENOMEM);
	error = 0;
	for (slash = path; slash != NULL && error == 0;) {
		slash = strchr(slash + 1, '/');
		if (slash != NULL)
			*slash = '\0';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			error = errno;
		if (slash != NULL)
			*slash = '/';
	}
	if (error == 0 && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
		error = ENOTDIR;
	free(path);
	return (error);
}

static int
create(const char *path)
{
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return (errno);
	close(fd);
	return (0);
}

int
output_open(struct output *o, const char *dir, const char *name, int n)
{
	char number[12] = "";
	int error;

	if (n >= 0)
		snprintf(number, sizeof(number), "%d", n);
	memset(o, 0, sizeof(*o));
	if (*dir == '\0')
		return (complain("the folder for results has no name: give "
		    "OUT=folder"));
	error = make_path(dir);
	if (error != 0)
		return (complain("cannot make the folder %s: %s; choose "
		    "another with OUT=folder", dir, strerror(error)));
	if (asprintf(&o->wav, "%s/%s%s.wav", dir, name, number) < 0)
		o->wav = NULL;
	if (asprintf(&o->png, "%s/%s%s.png", dir, name, number) < 0)
		o->png = NULL;
	if (o->wav == NULL || o->png == NULL)
		return (complain("out of memory"));
	error = create(o->wav);
	if (error == 0 && unlink(o->png) != 0 && errno != ENOENT)
		error = errno;
	if (error != 0)
		return (complain("cannot write to the folder %s: %s; choose "
		    "another with OUT=folder", dir, strerror(error)));
	return (0);
}

void
output_close(struct output *o)
{

	if (o->wav != NULL && !o->written)
		unlink(o->wav);
	free(o->wav);
	free(o->png);
	o->wav = o->png = NULL;
}

/* Samples of 8 bits have no sign in WAV. */
int
output_write(struct output *o, struct sound *sound)
{
	const struct format *f = &sound->format;
	const struct wav_format wav = {
		.rate = f->rate,
		.channels = f->channels,
		.bits = 8 * sample_types[f->sample].bytes,
		.is_float = f->sample == SAMPLE_F32
	};
	size_t i;
	int error;

	for (i = 0; f->sample == SAMPLE_S8 && i < sound->len; i++)
		sound->data[i] ^= 0x80;
	error = wav_write(o->wav, &wav, sound->data, sound->len);
	if (error != 0)
		return (complain("cannot write %s: %s", o->wav,
		    strerror(error)));
	o->written = true;
	return (0);
}
