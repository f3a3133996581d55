/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The kernel's C library.  Functions of the same meaning come from the host's;
 * the rest carry a name of their own for the linker.
 */

#ifndef _SYS_LIBKERN_H_
#define	_SYS_LIBKERN_H_

#include <sys/types.h>
#ifdef _KERNEL
#include <sys/systm.h>
#endif
#include <sys/kassert.h>

#ifndef LIBKERN_INLINE
#define	LIBKERN_INLINE	static __inline
#define	LIBKERN_BODY
#endif

#define	TK_MINMAX(type, minname, maxname)				\
static __inline type maxname(type a, type b) { return (a > b ? a : b); }\
static __inline type minname(type a, type b) { return (a < b ? a : b); }
TK_MINMAX(int, imin, imax)
TK_MINMAX(long, lmin, lmax)
TK_MINMAX(u_int, min, max)
TK_MINMAX(quad_t, qmin, qmax)
TK_MINMAX(u_quad_t, uqmin, uqmax)
TK_MINMAX(u_long, ulmin, ulmax)
TK_MINMAX(__uintmax_t, ummin, ummax)
TK_MINMAX(off_t, omin, omax)
#undef TK_MINMAX

static __inline int abs(int a) { return (a < 0 ? -a : a); }
static __inline long labs(long a) { return (a < 0 ? -a : a); }
static __inline int64_t abs64(int64_t a) { return (a < 0 ? -a : a); }
static __inline quad_t qabs(quad_t a) { return (a < 0 ? -a : a); }

struct malloc_type;

/* Repeatable in deterministic mode: drawn from a generator seeded at boot. */
uint32_t arc4random(void) TK_SYM(arc4random);
void	arc4random_buf(void *, size_t) TK_SYM(arc4random_buf);
uint32_t arc4random_uniform(uint32_t) TK_SYM(arc4random_uniform);
void	arc4rand(void *, u_int, int) TK_SYM(arc4rand);
u_long	random(void) TK_SYM(libkern_random);

int	timingsafe_bcmp(const void *, const void *, size_t)
	    TK_SYM(timingsafe_bcmp);
void	*bsearch(const void *, const void *, size_t, size_t,
	    int (*)(const void *, const void *));

static __inline __pure2 int
ffs(int mask)
{
	return (__builtin_ffs(mask));
}

static __inline __pure2 int
ffsl(long mask)
{
	return (__builtin_ffsl(mask));
}

static __inline __pure2 int
ffsll(long long mask)
{
	return (__builtin_ffsll(mask));
}

static __inline __pure2 int
fls(int mask)
{
	return (mask == 0 ? 0 : 32 - __builtin_clz((u_int)mask));
}

static __inline __pure2 int
flsl(long mask)
{
	return (mask == 0 ? 0 : 64 - __builtin_clzl((u_long)mask));
}

static __inline __pure2 int
flsll(long long mask)
{
	return (mask == 0 ? 0 : 64 - __builtin_clzll((unsigned long long)mask));
}

/* The position of the highest bit; n is not 0. */
#define	ilog2(n)		(flsll((unsigned long long)(n)) - 1)
#define	rounddown_pow_of_two(n)	((__typeof(n))1 << ilog2(n))
#define	order_base_2(n)		ilog2(2 * (n) - 1)
#define	roundup_pow_of_two(n)	((__typeof(n))1 << order_base_2(n))

#define	bitcount64(x)	__bitcount64((uint64_t)(x))
#define	bitcount32(x)	__bitcount32((uint32_t)(x))
#define	bitcount16(x)	__bitcount16((uint16_t)(x))
#define	bitcountl(x)	__bitcountl((u_long)(x))
#define	bitcount(x)	__bitcount((u_int)(x))

void	*memchr(const void *s, int c, size_t n);
void	*memcchr(const void *s, int c, size_t n) TK_SYM(memcchr);
void	*memmem(const void *l, size_t l_len, const void *s, size_t s_len);
void	qsort(void *base, size_t nmemb, size_t size,
	    int (*compar)(const void *, const void *));
int	strcasecmp(const char *, const char *);
char	*strcasestr(const char *, const char *);
char	*strcat(char * __restrict, const char * __restrict);
char	*strchr(const char *, int);
char	*strchrnul(const char *, int);
int	strcmp(const char *, const char *);
char	*strcpy(char * __restrict, const char * __restrict);
size_t	strcspn(const char *, const char *) __pure;
char	*strdup_flags(const char *__restrict, struct malloc_type *, int)
	    TK_SYM(strdup_flags);
char	*strdup(const char *__restrict, struct malloc_type *) TK_SYM(strdup);
char	*strncat(char *, const char *, size_t);
char	*strndup(const char *__restrict, size_t, struct malloc_type *)
	    TK_SYM(strndup);
size_t	strlcat(char *, const char *, size_t) TK_SYM(strlcat);
size_t	strlcpy(char *, const char *, size_t) TK_SYM(strlcpy);
size_t	strlen(const char *);
int	strncasecmp(const char *, const char *, size_t);
int	strncmp(const char *, const char *, size_t);
char	*strncpy(char * __restrict, const char * __restrict, size_t);
size_t	strnlen(const char *, size_t);
char	*strnstr(const char *, const char *, size_t) TK_SYM(strnstr);
char	*strrchr(const char *, int);
char	*strsep(char **, const char *delim);
size_t	strspn(const char *, const char *);
char	*strstr(const char *, const char *);
int	strvalid(const char *, size_t) TK_SYM(strvalid);

#define	strcpy(d, s)	__builtin_strcpy((d), (s))
#define	strcmp(s1, s2)	__builtin_strcmp((s1), (s2))
#define	strlen(s)	__builtin_strlen((s))

static __inline char *
index(const char *p, int ch)
{
	return (strchr(p, ch));
}

static __inline char *
rindex(const char *p, int ch)
{
	return (strrchr(p, ch));
}

#endif /* !_SYS_LIBKERN_H_ */
