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

/*
 * In order of name, so that the output does not depend on the link order.  They
 * are the same in each boot.
 */
static struct ledger {
	const char	*name;
	int		(*report)(bool print);
} ledgers[TK_LEDGERS];
static int nledgers;

/* -1: there is none. */
static int
ledger_find(const char *name)
{
	for (int i = 0; i < nledgers; i++) {
		if (tk_streq(ledgers[i].name, name))
			return (i);
	}
	return (-1);
}

void
tk_ledger(const char *name, int (*report)(bool print))
{
	int i = ledger_find(name);

	if (i < 0) {
		if (nledgers == TK_LEDGERS)
			tk_stop("ledger", "too many ledgers");
		for (i = nledgers++; i > 0 &&
		    strcmp(ledgers[i - 1].name, name) > 0; i--)
			ledgers[i] = ledgers[i - 1];
	}
	ledgers[i].name = name;
	ledgers[i].report = report;
}

int
tk_ledger_count(const char *name)
{
	int i = ledger_find(name);

	return (i < 0 ? -1 : ledgers[i].report(false));
}

int
tk_ledger_check(void)
{
	int leaks = 0;

	for (int i = 0; i < nledgers; i++)
		leaks += ledgers[i].report(true);
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
