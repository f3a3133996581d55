/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A log of messages as text, a message in a line.
 * docs/reference/rtkit-messages.md describes it.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rtkit.h"

#define	MS_NS		1000000
#define	FRACTION	6		/* digits, to a nanosecond */
#define	MS_MAX		(INT64_MAX / MS_NS - 1)

/* The words with which m1n1's tracer begins a message. */
static const struct {
	const char	*word;
	bool		 from_ap;
} m1n1_words[] = {
	{ "SEND: ", true }, { "RECV: ", false },
};

/* The digit's value; 16: it is none. */
static unsigned int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	return (c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16);
}

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\r');
}

static const char *
skip_blanks(const char *s)
{
	while (is_blank(*s))
		s++;
	return (s);
}

/* Does a field end here? */
static bool
ends(const char *s)
{
	return (*s == '\0' || is_blank(*s));
}

/*
 * A hexadecimal number of at most so many digits, with or without 0x.  Returns
 * what follows; NULL: there is none.
 */
static const char *
parse_hex(const char *s, unsigned int digits, uint64_t *value)
{
	unsigned int n;

	if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		s += 2;
	*value = 0;
	for (n = 0; digit_of(*s) < 16; n++, s++) {
		if (n == digits)
			return (NULL);
		*value = *value << 4 | digit_of(*s);
	}
	return (n != 0 ? s : NULL);
}

/* Milliseconds, or "-" if the time is not known.  Returns as parse_hex(). */
static const char *
parse_time(const char *s, int64_t *ns)
{
	int64_t ms = 0, unit = MS_NS;
	const char *start = s;

	*ns = -1;
	if (*s == '-')
		return (ends(s + 1) ? s + 1 : NULL);
	for (; digit_of(*s) < 10; s++) {
		if (ms > MS_MAX / 10)
			return (NULL);
		ms = ms * 10 + digit_of(*s);
	}
	if (s == start || ms > MS_MAX)
		return (NULL);
	*ns = ms * MS_NS;
	if (*s != '.')
		return (ends(s) ? s : NULL);
	start = ++s;
	for (; digit_of(*s) < 10 && s - start < FRACTION; s++)
		*ns += digit_of(*s) * (unit /= 10);
	return (s != start && ends(s) ? s : NULL);
}

static enum rtkit_line
broken(const char *what, const char **why)
{
	*why = what;
	return (RTKIT_LINE_BROKEN);
}

static enum rtkit_line
parse_own(const char *s, struct model_rtkit_event *e, const char **why)
{
	uint64_t ep;

	s = parse_time(s, &e->time_ns);
	if (s == NULL)
		return (broken("the time is no number of milliseconds", why));
	s = skip_blanks(s);
	if ((*s != '>' && *s != '<') || !ends(s + 1))
		return (broken("the direction is neither > nor <", why));
	e->from_ap = *s == '>';
	s = parse_hex(skip_blanks(s + 1), 2, &ep);
	if (s == NULL || !ends(s))
		return (broken("the endpoint is not 0 to 0xff", why));
	e->msg1 = ep;
	s = parse_hex(skip_blanks(s), 16, &e->msg0);
	if (s == NULL || !ends(s))
		return (broken("the message is no number of 64 bits", why));
	s = skip_blanks(s);
	if (*s != '\0' && *s != '#')
		return (broken("something follows the message", why));
	return (RTKIT_LINE_MESSAGE);
}

/* "...SEND: word 0:word 1 ..." */
static enum rtkit_line
parse_m1n1(const char *s, bool from_ap, struct model_rtkit_event *e,
    const char **why)
{
	uint64_t msg1;

	e->time_ns = -1;
	e->from_ap = from_ap;
	s = parse_hex(s, 16, &e->msg0);
	if (s == NULL || *s != ':')
		return (broken("the message is no number of 64 bits", why));
	s = parse_hex(s + 1, 16, &msg1);
	if (s == NULL || !ends(s))
		return (broken("the second word is no number of 64 bits",
		    why));
	/* Received ones have the FIFO's counts in the upper half. */
	if ((uint32_t)msg1 > 0xff)
		return (broken("the second word names no endpoint", why));
	e->msg1 = msg1;
	return (RTKIT_LINE_MESSAGE);
}

enum rtkit_line
rtkit_log_parse(const char *line, struct model_rtkit_event *e,
    const char **why)
{
	const char *found;

	line = skip_blanks(line);
	if (*line == '\0' || *line == '#')
		return (RTKIT_LINE_REMARK);
	if (*line != '[')
		return (parse_own(line, e, why));
	for (size_t i = 0; i < sizeof(m1n1_words) / sizeof(m1n1_words[0]);
	    i++)
		if ((found = strstr(line, m1n1_words[i].word)) != NULL)
			return (parse_m1n1(found + strlen(m1n1_words[i].word),
			    m1n1_words[i].from_ap, e, why));
	/* m1n1's other lines are words, for which its SEND and RECV stand. */
	return (RTKIT_LINE_REMARK);
}

void
rtkit_log_format(const struct model_rtkit_event *e, char *buf, size_t len)
{
	char time[RTKIT_TIME];

	snprintf(buf, len, "%s %c 0x%02" PRIx32 " 0x%016" PRIx64,
	    rtkit_log_time(e->time_ns, time, sizeof(time)),
	    e->from_ap ? '>' : '<', e->msg1, e->msg0);
}

const char *
rtkit_log_time(int64_t ns, char *buf, size_t len)
{
	if (ns < 0)
		snprintf(buf, len, "-");
	else
		snprintf(buf, len, "%" PRId64 ".%03" PRId64, ns / MS_NS,
		    ns % MS_NS / 1000);
	return (buf);
}
