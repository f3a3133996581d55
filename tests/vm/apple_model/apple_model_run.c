/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What a program can have done, by sysctl(8):
 *
 *	debug.apple_model.run		written: a command and its number, such
 *					as "echo 0"; returns when it is done
 *	debug.apple_model.result	of the last: "ok", or what went wrong
 */

#include "apple_model_var.h"

#include <sys/kernel.h>
#include <sys/sysctl.h>

static const struct am_command *const am_tables[] = {
	am_mbox_commands, am_rtkit_commands, am_smc_commands,
};

static char am_result[200] = "nothing was run";

SYSCTL_NODE(_debug, OID_AUTO, apple_model, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Models of Apple's coprocessors");
SYSCTL_STRING(_debug_apple_model, OID_AUTO, result, CTLFLAG_RD, am_result, 0,
    "What came of the last command");

static const char *
am_run(const char *name, u_int arg)
{
	const struct am_command *c;
	size_t i;

	for (i = 0; i < nitems(am_tables); i++)
		for (c = am_tables[i]; c->name != NULL; c++)
			if (strcmp(c->name, name) == 0)
				return (c->run(arg));
	return ("there is no such command");
}

static int
am_sysctl_run(SYSCTL_HANDLER_ARGS)
{
	char command[64] = "", *number;
	const char *why;
	u_int arg = 0;
	int error;

	error = sysctl_handle_string(oidp, command, sizeof(command), req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	number = strchr(command, ' ');
	if (number != NULL) {
		*number++ = '\0';
		arg = strtoul(number, NULL, 10);
	}
	why = am_run(command, arg);
	strlcpy(am_result, why == NULL ? "ok" : why, sizeof(am_result));
	return (0);
}
SYSCTL_PROC(_debug_apple_model, OID_AUTO, run,
    CTLTYPE_STRING | CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, 0, am_sysctl_run, "A",
    "Run a command");
