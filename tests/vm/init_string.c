/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/* Memory and strings: what compilers call by themselves, and a search. */

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
