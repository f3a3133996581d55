/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Messages and endpoints as kpi-rtkit prints them, of the model or of a log. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rtkit.h"

#define	BROKEN_SHOWN	20		/* lines that are named */

void
rtkit_show_head(void)
{
	printf("%10s  %-8s  %-8s  %-14s  %s\n", "ms", "way", "endpoint",
	    "message", "fields");
}

void
rtkit_show_message(struct rtkit_decoder *d, const struct model_rtkit_event *e)
{
	struct rtkit_message m;
	char time[RTKIT_TIME];

	rtkit_decode(d, e->from_ap, e->msg0, e->msg1, &m);
	printf("%10s  %s  %-8s  %-*s%s\n",
	    rtkit_log_time(e->time_ns, time, sizeof(time)),
	    e->from_ap ? "AP > IOP" : "AP < IOP", m.endpoint,
	    m.fields[0] != '\0' ? 16 : 0, m.name, m.fields);
}

void
rtkit_show_endpoints(const struct rtkit_decoder *d)
{
	char buf[8];

	printf("\nendpoints:\n");
	for (int ep = 0; ep < MODEL_RTKIT_ENDPOINTS; ep++) {
		bool started = d->started[ep] || ep == 0;

		if (d->present[ep] || started)
			printf("  0x%02x  %-8s  %s\n", ep,
			    rtkit_endpoint(ep, buf, sizeof(buf)),
			    started ? "started" : "not started");
	}
}

/* A log that is being read. */
struct replay {
	const char	*path;
	struct rtkit_decoder decoder;
	uint64_t	line;		/* its number */
	uint64_t	messages;
	uint64_t	broken;
};

static void
replay_line(struct replay *r, char *text, size_t len)
{
	struct model_rtkit_event e;
	const char *why = "";
	enum rtkit_line kind;

	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	kind = rtkit_log_parse(text, &e, &why);
	if (strlen(text) != len) {
		kind = RTKIT_LINE_BROKEN;
		why = "it has a NUL";
	}
	if (kind == RTKIT_LINE_MESSAGE) {
		r->messages++;
		rtkit_show_message(&r->decoder, &e);
	}
	if (kind == RTKIT_LINE_BROKEN && r->broken++ < BROKEN_SHOWN) {
		fflush(stdout);
		fprintf(stderr, "run: %s: line %ju: %s\n", r->path,
		    (uintmax_t)r->line, why);
	}
}

bool
rtkit_replay(const char *path)
{
	struct replay r = { .path = path };
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	bool good;

	if (f == NULL) {
		fprintf(stderr, "run: %s: %s\n", path, strerror(errno));
		return (false);
	}
	rtkit_decoder_init(&r.decoder);
	printf("log: %s\n\n", path);
	rtkit_show_head();
	while ((len = getline(&text, &room, f)) >= 0) {
		r.line++;
		replay_line(&r, text, len);
	}
	good = !ferror(f);
	if (!good)
		fprintf(stderr, "run: %s: %s\n", path, strerror(errno));
	free(text);
	fclose(f);
	rtkit_show_endpoints(&r.decoder);
	printf("\n%ju messages", (uintmax_t)r.messages);
	if (r.broken != 0)
		printf(", %ju broken lines", (uintmax_t)r.broken);
	printf("\n");
	return (good && r.broken == 0);
}
