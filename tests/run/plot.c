/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* played.png and its like, which plot.py draws. */

#define	_GNU_SOURCE
#include <sys/wait.h>

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

#ifndef PLOT_SCRIPT
#define	PLOT_SCRIPT	"tests/run/plot.py"
#endif

extern char **environ;

/* The system's Python has the system's packages; another may not. */
static const char *
python(void)
{
	static const char system_python[] = "/usr/bin/python3";

	return (access(system_python, X_OK) == 0 ? system_python : "python3");
}

int
output_plot(const struct output *o, int n)
{
	char *argv[2 + 2 * RUN_STREAMS + 1];
	pid_t pid;
	int error, i, status;

	argv[0] = (char *)python();
	argv[1] = (char *)PLOT_SCRIPT;
	for (i = 0; i < n; i++) {
		argv[2 + 2 * i] = o[i].wav;
		argv[3 + 2 * i] = o[i].png;
	}
	argv[2 + 2 * n] = NULL;
	error = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (error != 0)
		return (complain("cannot draw %s: there is no python3: %s",
		    o->png, strerror(error)));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return (0);
	return (complain("cannot draw %s: plot.py failed; it needs Debian's "
	    "python3-numpy and python3-matplotlib", o->png));
}
