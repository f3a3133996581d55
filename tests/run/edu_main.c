/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The options of `make run APP=edu`; see edu.h.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edu.h"

#define	EXIT_USAGE	2

static const char usage_text[] =
    "usage: kpi-edu [-m qemu | sim] [-d edu | edu_rust]\n";

static bool
is_one_of(const char *text, const char *a, const char *b)
{
	return (strcmp(text, a) == 0 || strcmp(text, b) == 0);
}

int
main(int argc, char **argv)
{
	const char *model = "qemu", *driver = "edu";
	int c;

	while ((c = getopt(argc, argv, "d:hm:")) != -1) {
		switch (c) {
		case 'd':
			driver = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return (EXIT_SUCCESS);
		case 'm':
			model = optarg;
			break;
		default:
			fputs(usage_text, stderr);
			return (EXIT_USAGE);
		}
	}
	if (optind != argc || !is_one_of(model, "qemu", "sim") ||
	    !is_one_of(driver, "edu", "edu_rust")) {
		fputs(usage_text, stderr);
		return (EXIT_USAGE);
	}
	return (edu_run(strcmp(model, "qemu") == 0, driver) ? EXIT_SUCCESS :
	    EXIT_FAILURE);
}
