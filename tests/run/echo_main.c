/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* kpi-echo [echo | echo_rust] */

#include <stdio.h>
#include <string.h>

#include "echo.h"
#include "tk.h"

static void
print(const char *line)
{
	puts(line);
}

int
main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "echo";
	int error, leaks;

	tk_console_quiet(true);
	tk_boot(NULL);
	error = echo_show(name, print);
	leaks = tk_shutdown();
	if (error != 0) {
		fprintf(stderr, "run: no device %s: %s\n", name,
		    strerror(error));
		return (1);
	}
	printf("left behind: %d\n", leaks);
	return (leaks != 0);
}
