/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Memory and strings: functions that compilers call by themselves, and a
 * search.
 */

#include "init.h"

void *
memcpy(void *restrict to, const void *restrict from, size_t len)
{
	char *t = to;
	const char *f = from;

	while (len-- > 0)
		*t++ = *f++;
	return (to);
}

void *
memset(void *to, int byte, size_t len)
{
	char *t = to;

	while (len-- > 0)
		*t++ = (char)byte;
	return (to);
}

int
memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;

	for (; len > 0; len--, x++, y++)
		if (*x != *y)
			return (*x - *y);
	return (0);
}

size_t
strlen(const char *s)
{
	size_t len = 0;

	while (s[len] != '\0')
		len++;
	return (len);
}

bool
os_contains(const char *text, const char *what)
{
	size_t len = strlen(what), room = strlen(text);

	for (; room >= len; room--, text++)
		if (memcmp(text, what, len) == 0)
			return (true);
	return (false);
}

bool
init_same(const char *a, const char *b)
{
	size_t len = strlen(a);

	return (len == strlen(b) && memcmp(a, b, len) == 0);
}

unsigned
init_decimal(const char *text)
{
	unsigned value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = 10 * value + (*text - '0');
	return (value);
}

const char *
init_next_word(const char *text, char *word, size_t size)
{
	size_t n = 0;

	for (; *text != '\0' && *text != ' '; text++)
		if (n < size - 1)
			word[n++] = *text;
	word[n] = '\0';
	return (*text == ' ' ? text + 1 : text);
}
