/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Functions of the kernel's C library that the host's library lacks, or that
 * must differ from the host's: those that allocate with malloc(9), and random
 * numbers.
 */

#include "tk_cdev.h"
#include "tk_var.h"

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src), n;

	if (size != 0) {
		n = MIN(len, size - 1);
		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return (len);
}

size_t
strlcat(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(dst, size);

	if (len == size)
		return (size + strlen(src));
	return (len + strlcpy(dst + len, src, size - len));
}

char *
strnstr(const char *s, const char *find, size_t len)
{
	size_t n = strlen(find);

	len = strnlen(s, len);
	for (; len >= n; s++, len--) {
		if (memcmp(s, find, n) == 0)
			return (__DECONST(char *, s));
		if (len == 0)
			break;
	}
	return (NULL);
}

/* Is there a terminating 0 within len bytes? */
int
strvalid(const char *s, size_t len)
{
	return (strnlen(s, len) < len);
}

void *
memcchr(const void *s, int c, size_t n)
{
	const u_char *p = s;

	for (; n > 0; n--, p++) {
		if (*p != (u_char)c)
			return (__DECONST(void *, p));
	}
	return (NULL);
}

int
timingsafe_bcmp(const void *b1, const void *b2, size_t n)
{
	const u_char *p1 = b1, *p2 = b2;
	u_char diff = 0;

	for (; n > 0; n--)
		diff |= *p1++ ^ *p2++;
	return (diff != 0);
}

char *
strdup_flags(const char *__restrict s, struct malloc_type *type, int flags)
{
	size_t size = strlen(s) + 1;
	char *copy = malloc(size, type, flags);

	if (copy != NULL)
		memcpy(copy, s, size);
	return (copy);
}

char *
strdup(const char *__restrict s, struct malloc_type *type)
{
	return (strdup_flags(s, type, M_WAITOK));
}

char *
strndup(const char *__restrict s, size_t maxlen, struct malloc_type *type)
{
	size_t len = strnlen(s, maxlen);
	char *copy = malloc(len + 1, type, M_WAITOK);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return (copy);
}

quad_t
strtoq(const char *nptr, char **endptr, int base)
{
	return (strtol(nptr, endptr, base));
}

u_quad_t
strtouq(const char *nptr, char **endptr, int base)
{
	return (strtoul(nptr, endptr, base));
}

uint32_t
arc4random(void)
{
	return ((uint32_t)tk_random());
}

void
arc4random_buf(void *buf, size_t len)
{
	u_char *p = buf;

	for (; len > 0; len--)
		*p++ = (u_char)tk_random();
}

void
arc4rand(void *buf, u_int len, int reseed __unused)
{
	arc4random_buf(buf, len);
}

uint32_t
arc4random_uniform(uint32_t bound)
{
	return (bound < 2 ? 0 : (uint32_t)(tk_random() % bound));
}

u_long
random(void)
{
	return (tk_random() & 0x7fffffff);
}

int
nullop(void)
{
	return (0);
}

int
eopnotsupp(void)
{
	return (EOPNOTSUPP);
}

/*
 * User space.
 */
int
copyin(const void *__restrict uaddr, void *__restrict kaddr, size_t len)
{
	size_t there;

	tk_may_sleep(NULL, "copyin()");
	tk_preempt();
	if (tk_fault("copyin"))
		return (EFAULT);
	there = tk_user_len(uaddr, len);
	memcpy(kaddr, uaddr, there);
	return (there < len ? EFAULT : 0);
}

int
copyout(const void *__restrict kaddr, void *__restrict uaddr, size_t len)
{
	size_t there;

	tk_may_sleep(NULL, "copyout()");
	tk_preempt();
	if (tk_fault("copyout"))
		return (EFAULT);
	there = tk_user_len(uaddr, len);
	memcpy(uaddr, kaddr, there);
	return (there < len ? EFAULT : 0);
}

int
copyinstr(const void *__restrict uaddr, void *__restrict kaddr, size_t len,
    size_t *__restrict lencopied)
{
	size_t n;

	tk_may_sleep(NULL, "copyinstr()");
	tk_preempt();
	if (uaddr == NULL || tk_fault("copyinstr"))
		return (EFAULT);
	n = strlcpy(kaddr, uaddr, len) + 1;
	if (lencopied != NULL)
		*lencopied = MIN(n, len);
	return (n > len ? ENAMETOOLONG : 0);
}
