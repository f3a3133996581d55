/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Character classes of ASCII. */

#ifndef _SYS_CTYPE_H_
#define	_SYS_CTYPE_H_

#include <sys/types.h>

static __inline int
isspace(int c)
{
	return (c == ' ' || (c >= '\t' && c <= '\r'));
}

static __inline int
isascii(int c)
{
	return ((c & ~0x7f) == 0);
}

static __inline int
isupper(int c)
{
	return (c >= 'A' && c <= 'Z');
}

static __inline int
islower(int c)
{
	return (c >= 'a' && c <= 'z');
}

static __inline int
isalpha(int c)
{
	return (isupper(c) || islower(c));
}

static __inline int
isdigit(int c)
{
	return (c >= '0' && c <= '9');
}

static __inline int
isalnum(int c)
{
	return (isalpha(c) || isdigit(c));
}

static __inline int
isxdigit(int c)
{
	return (isdigit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f'));
}

static __inline int
isprint(int c)
{
	return (c >= ' ' && c <= '~');
}

static __inline int
toupper(int c)
{
	return (islower(c) ? c - 'a' + 'A' : c);
}

static __inline int
tolower(int c)
{
	return (isupper(c) ? c - 'A' + 'a' : c);
}

#endif /* !_SYS_CTYPE_H_ */
