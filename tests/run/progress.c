/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * How far it is: a bar on a terminal, a line at every tenth elsewhere.
 */

#include <stdio.h>
#include <unistd.h>

#include "run.h"

#define	BAR_WIDTH	40

void
progress_start(struct progress *p)
{

	fflush(stdout);
	p->tty = isatty(STDOUT_FILENO) == 1;
	p->shown = 0;
}

static void
show_bar(int filled, double done, double total)
{
	int i;

	fputs("\r[", stdout);
	for (i = 0; i < BAR_WIDTH; i++)
		putchar(i < filled ? '#' : '.');
	printf("] %.1f of %.1f s ", done, total);
	fflush(stdout);
}

void
progress_show(struct progress *p, double done, double total)
{
	int step;

	step = (int)(done / total * (p->tty ? 10 * BAR_WIDTH : 10));
	if (step <= p->shown)
		return;
	p->shown = step;
	if (p->tty)
		show_bar(step / 10, done, total);
	else {
		printf("%3d %% (%.1f of %.1f s)\n", 10 * step, done, total);
		fflush(stdout);
	}
}

void
progress_end(struct progress *p, double done, double total)
{

	progress_show(p, done, total);
	if (p->tty)
		putchar('\n');
	fflush(stdout);
}
