/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Ledgers: every kind of object that a driver must give back registers a
 * function that counts what is left, read at shutdown.
 */

#include "tk_var.h"

#define	TK_LEDGERS	64

static struct {
	const char	*name;
	int		(*report)(bool print);
} ledgers[TK_LEDGERS];
static int nledgers;

void
tk_ledger(const char *name, int (*report)(bool print))
{
	int i;

	for (i = 0; i < nledgers; i++) {
		if (strcmp(ledgers[i].name, name) == 0)
			break;
	}
	if (i == TK_LEDGERS)
		tk_stop("ledger", "too many ledgers");
	if (i == nledgers)
		nledgers++;
	ledgers[i].name = name;
	ledgers[i].report = report;
}

int
tk_ledger_count(const char *name)
{
	for (int i = 0; i < nledgers; i++) {
		if (strcmp(ledgers[i].name, name) == 0)
			return (ledgers[i].report(false));
	}
	return (-1);
}

/* The ledger whose name comes next after this one's; -1 if there is none. */
static int
ledger_after(const char *name)
{
	int next = -1;

	for (int i = 0; i < nledgers; i++) {
		if (strcmp(ledgers[i].name, name) > 0 && (next < 0 ||
		    strcmp(ledgers[i].name, ledgers[next].name) < 0))
			next = i;
	}
	return (next);
}

/*
 * Read all in order of name, so that the output does not depend on the link
 * order.
 */
int
tk_ledger_check(void)
{
	const char *name = "";
	int leaks = 0, i;

	while ((i = ledger_after(name)) >= 0) {
		name = ledgers[i].name;
		leaks += ledgers[i].report(true);
	}
	return (leaks);
}

void
tk_leak(const struct tk_where *w, const char *fmt, ...)
{
	char text[1024], place[512];
	__va_list ap;
	int n;

	n = snprintf(text, sizeof(text), "tk: leak: ");
	va_start(ap, fmt);
	n += vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	n = imin(n, sizeof(text) - 1);
	n += snprintf(text + n, sizeof(text) - n, ", from %s\n",
	    tk_where_str(w, place, sizeof(place)));
	tkh_write(true, text, imin(n, sizeof(text) - 1));
}
