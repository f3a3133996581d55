/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * System calls as FreeBSD's kernel takes them: numbers, registers, and the
 * carry flag that tells an error.
 */

#include "init.h"

#define	SYS_exit	1
#define	SYS_fork	2
#define	SYS_read	3
#define	SYS_write	4
#define	SYS_open	5
#define	SYS_close	6
#define	SYS_wait4	7
#define	SYS_kill	37
#define	SYS_ioctl	54
#define	SYS_reboot	55
#define	SYS_execve	59
#define	SYS_dup2	90
#define	SYS_select	93
#define	SYS_poll	209
#define	SYS_clock_gettime 232
#define	SYS_clock_settime 233
#define	SYS_nanosleep	240
#define	SYS_kldload	304
#define	SYS_kldunload	305
#define	SYS_kqueue	362
#define	SYS_nmount	378
#define	SYS_kenv	390
#define	SYS_mmap	477
#define	SYS_pipe2	542
#define	SYS_kevent	560
#define	SYS_sysctlbyname 570

#define	O_RDONLY	0
#define	O_WRONLY	1
#define	O_RDWR		2
#define	SIGKILL		9
#define	WNOHANG		1
#define	RB_NOSYNC	0x004
#define	RB_POWEROFF	0x4000
#define	CLOCK_REALTIME	0
#define	CLOCK_MONOTONIC	4
#define	PROT_WRITE	2
#define	MAP_SHARED	1
#define	POLLOUT		4
#define	EVFILT_WRITE	(-2)
#define	EV_ADD		1
#define	FD_WORDS	16		/* of 64 descriptors each */
#define	KENV_GET	0
#define	MNT_UPDATE	0x10000

struct timespec64 {
	int64_t		seconds;
	int64_t		nanoseconds;
};

struct pollfd32 {
	int		fd;
	int16_t		events;
	int16_t		happened;
};

/* readv(2)'s; nmount(2) takes names and values in turn. */
struct iovec64 {
	const void	*base;
	size_t		len;
};

/* kevent(2)'s, of FreeBSD 12 and later. */
struct kevent64 {
	uint64_t	ident;
	int16_t		filter;
	uint16_t	flags;
	uint32_t	fflags;
	int64_t		data;
	uint64_t	udata;
	uint64_t	ext[4];
};

long
init_syscall(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile ("svc #0\n\tcneg x0, x0, cs"
	    : "+r" (x0), "+r" (x1)
	    : "r" (x8), "r" (x2), "r" (x3), "r" (x4), "r" (x5)
	    : "memory", "cc");
	return (x0);
#else
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile ("syscall\n\tjnc 1f\n\tneg %%rax\n1:"
	    : "=a" (result), "+d" (c), "+r" (r10), "+r" (r8), "+r" (r9)
	    : "a" (number), "D" (a), "S" (b)
	    : "rcx", "r11", "memory", "cc");
	return (result);
#endif
}

#define	CALL(number, a, b, c)						\
	init_syscall((number), (long)(a), (long)(b), (long)(c), 0, 0, 0)

int
os_open_read(const char *path)
{
	return (CALL(SYS_open, path, O_RDONLY, 0));
}

int
os_open_write(const char *path)
{
	return (CALL(SYS_open, path, O_WRONLY, 0));
}

int
init_open_rw(const char *path)
{
	return (CALL(SYS_open, path, O_RDWR, 0));
}

int
os_close(int fd)
{
	return (CALL(SYS_close, fd, 0, 0));
}

long
os_read(int fd, void *buf, size_t len)
{
	return (CALL(SYS_read, fd, buf, len));
}

long
os_write(int fd, const void *buf, size_t len)
{
	return (CALL(SYS_write, fd, buf, len));
}

int
os_ioctl(int fd, unsigned long cmd, void *arg)
{
	return (CALL(SYS_ioctl, fd, cmd, arg));
}

int
os_sysctl(const char *name, void *old, size_t *oldlen, const void *new_value,
    size_t newlen)
{
	return (init_syscall(SYS_sysctlbyname, (long)name, (long)strlen(name),
	    (long)old, (long)oldlen, (long)new_value, (long)newlen));
}

void
os_sleep_ms(unsigned ms)
{
	struct timespec64 time = {
		ms / 1000, (int64_t)(ms % 1000) * 1000000
	};

	(void)CALL(SYS_nanosleep, &time, 0, 0);
}

uint64_t
os_uptime_ms(void)
{
	struct timespec64 now = { 0, 0 };

	(void)CALL(SYS_clock_gettime, CLOCK_MONOTONIC, &now, 0);
	return ((uint64_t)(now.seconds * 1000 + now.nanoseconds / 1000000));
}

int
init_fork(void)
{
	return (CALL(SYS_fork, 0, 0, 0));
}

int
init_exec(const char *const argv[])
{
	const char *const environment[] = { NULL };

	return (CALL(SYS_execve, argv[0], argv, environment));
}

int
init_pipe(int ends[2])
{
	return (CALL(SYS_pipe2, ends, 0, 0));
}

void
init_exit(int status)
{
	for (;;)
		(void)CALL(SYS_exit, status, 0, 0);
}

void
init_kill(int pid)
{
	(void)CALL(SYS_kill, pid, SIGKILL, 0);
}

long
init_map(int fd, size_t len)
{
	return (init_syscall(SYS_mmap, 0, (long)len, PROT_WRITE, MAP_SHARED,
	    fd, 0));
}

int
init_poll(int fd, unsigned ms)
{
	struct pollfd32 wish = { fd, POLLOUT, 0 };
	int n = CALL(SYS_poll, &wish, 1, ms);

	return (n <= 0 ? n : (wish.happened & POLLOUT) != 0);
}

int
init_select(int fd, unsigned ms)
{
	/* timeval: seconds, microseconds. */
	int64_t time[2] = { ms / 1000, (int64_t)(ms % 1000) * 1000 };
	uint64_t set[FD_WORDS] = { 0 };
	int n;

	set[fd / 64] |= (uint64_t)1 << fd % 64;
	n = init_syscall(SYS_select, fd + 1, 0, (long)set, 0, (long)time, 0);
	return (n <= 0 ? n : (set[fd / 64] >> fd % 64 & 1) != 0);
}

int
init_kqueue(int fd)
{
	struct kevent64 wish = {
		.ident = (uint64_t)fd, .filter = EVFILT_WRITE, .flags = EV_ADD
	};
	int error, queue = CALL(SYS_kqueue, 0, 0, 0);

	if (queue < 0)
		return (queue);
	error = init_syscall(SYS_kevent, queue, (long)&wish, 1, 0, 0, 0);
	return (error < 0 ? error : queue);
}

int
init_kevent(int queue, unsigned ms)
{
	struct timespec64 time = {
		ms / 1000, (int64_t)(ms % 1000) * 1000000
	};
	struct kevent64 event = { 0 };
	int n = init_syscall(SYS_kevent, queue, 0, 0, (long)&event, 1,
	    (long)&time);

	return (n <= 0 ? n : event.filter == EVFILT_WRITE);
}

bool
init_ended(int pid, int *status)
{
	return (CALL(SYS_wait4, pid, status, WNOHANG) == pid);
}

void
init_dup(int from, int to)
{
	(void)CALL(SYS_dup2, from, to, 0);
}

int
init_kldload(const char *path)
{
	return (CALL(SYS_kldload, path, 0, 0));
}

int
init_kldunload(int id)
{
	return (CALL(SYS_kldunload, id, 0, 0));
}

int
init_root_writable(void)
{
	const char type[] = "ufs:";
	char from[64] = "";
	struct iovec64 options[] = {
		{ "fstype", sizeof("fstype") }, { "ufs", sizeof("ufs") },
		{ "fspath", sizeof("fspath") }, { "/", sizeof("/") },
		{ "from", sizeof("from") }, { NULL, 0 },
		{ "noro", sizeof("noro") }, { NULL, 0 },
	};
	int n = sizeof(options) / sizeof(options[0]);
	int error;

	error = init_syscall(SYS_kenv, KENV_GET, (long)"vfs.root.mountfrom",
	    (long)from, sizeof(from) - 1, 0, 0);
	if (error < 0)
		return (error);
	options[5].base = from + strlen(type);
	options[5].len = strlen(options[5].base) + 1;
	return (CALL(SYS_nmount, options, n, MNT_UPDATE));
}

void
init_power_off(void)
{
	(void)CALL(SYS_reboot, RB_POWEROFF | RB_NOSYNC, 0, 0);
}

int
init_set_time(int64_t seconds)
{
	const struct timespec64 time = { .seconds = seconds };

	return (CALL(SYS_clock_settime, CLOCK_REALTIME, (long)&time, 0));
}
