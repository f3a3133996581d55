/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A fuzz target that runs on the files named as arguments, or on all files of
 * the folders named, one after the other.  At the first fault it prints the
 * file's name and stops with status 1.
 */
#define	_GNU_SOURCE
#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "host_fuzz.h"

static const char *current;
static unsigned int count;

static void __attribute__((__noreturn__))
end(void)
{
	fprintf(stderr, "found by %s\n", current);
	_exit(1);
}

static void
replay_file(const char *path, size_t len)
{
	uint8_t *data;
	FILE *f;

	if ((f = fopen(path, "rb")) == NULL)
		err(2, "%s", path);
	/*
	 * Exactly as long as the file, so that a sanitizer notices an access
	 * behind its end.
	 */
	if ((data = malloc(len + (len == 0))) == NULL)
		err(2, "%s", path);
	if (fread(data, 1, len, f) != len)
		err(2, "%s", path);
	(void)fclose(f);
	current = path;
	fuzz_one(data, len);
	free(data);
	count++;
}

static void
replay(const char *path)
{
	struct dirent **names;
	struct stat st;
	char *inner;
	int n;

	if (stat(path, &st) != 0)
		err(2, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return;
	}
	if ((n = scandir(path, &names, NULL, alphasort)) < 0)
		err(2, "%s", path);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			if (asprintf(&inner, "%s/%s", path,
			    names[i]->d_name) < 0)
				err(2, "%s", path);
			replay(inner);
			free(inner);
		}
		free(names[i]);
	}
	free(names);
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "usage: %s file-or-folder ...", argv[0]);
	host_fuzz_begin(end);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	printf("%u inputs\n", count);
	return (0);
}
