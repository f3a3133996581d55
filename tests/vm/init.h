/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The interfaces between the parts of the test's init(8).
 *
 * It is process 1 of a FreeBSD that has no other program.  It runs the cases
 * that /etc/vmtest names, each in a process of its own, prints their results to
 * the console, and powers the machine off.
 */
#ifndef _INIT_H_
#define	_INIT_H_

#include <stdarg.h>

#include "case.h"

/* Ends of a case's process. */
enum init_status { INIT_PASSED, INIT_FAILED, INIT_SKIPPED };

/* init_syscall.c: one system call; its result or the negative errno. */
long	init_syscall(long number, long a, long b, long c, long d, long e,
	    long f);
int	init_fork(void);
/* Become the program argv[0].  Returns only the negative errno. */
int	init_exec(const char *const argv[]);
/* ends[1] can be written to; it comes out of ends[0]. */
int	init_pipe(int ends[2]);
void	init_exit(int status) __attribute__((__noreturn__));
void	init_kill(int pid);
/*
 * Map a device's memory for writing.  Returns its address or the negative
 * errno.
 */
long	init_map(int fd, size_t len);
/*
 * Wait until fd can be written to, but at most so long.  Returns 1, 0 or the
 * negative errno.
 */
int	init_poll(int fd, unsigned ms);
int	init_select(int fd, unsigned ms);
int	init_kqueue(int fd);
int	init_kevent(int queue, unsigned ms);
/* Returns true once process pid has ended; *status is its wait(2) status. */
bool	init_ended(int pid, int *status);
void	init_dup(int from, int to);
int	init_open_rw(const char *path);
int	init_kldload(const char *path);
int	init_kldunload(int id);
/* The kernel mounts / without the right to write. */
int	init_root_writable(void);
void	init_power_off(void);
/* Set the time, in seconds since 1970.  Returns 0 or the negative errno. */
int	init_set_time(int64_t seconds);

/* init_string.c: functions that compilers call, and a few more. */
void	*memcpy(void *restrict to, const void *restrict from, size_t len);
void	*memset(void *to, int byte, size_t len);
int	memcmp(const void *a, const void *b, size_t len);
size_t	strlen(const char *s);
bool	init_same(const char *a, const char *b);
/* The decimal number that text begins with. */
unsigned init_decimal(const char *text);
/*
 * Copy the word at text to word, cut to its size.  Returns the text after the
 * word and its blank.
 */
const char *init_next_word(const char *text, char *word, size_t size);

/* init_format.c */
void	init_vformat(char *buf, size_t size, const char *fmt, va_list ap);
/* Print a line to the console in one write. */
void	init_say(const char *fmt, ...) case_printf;
/*
 * Let tests/vm/vmtest.py change the machine (WISHES there).  Returns when that
 * is done.
 */
void	init_ask(const char *wish);

/* init_devctl.c: what devctl(8) does; 0 or the negative errno. */
enum init_devctl { INIT_ENABLE, INIT_DISABLE, INIT_SUSPEND, INIT_RESUME };
int	init_devctl(enum init_devctl what, const char *device);

/*
 * init_case.c: run a case to its end, or to its time limit, and print the
 * result. words is the text after its name in the plan.  Returns false if the
 * case failed.
 */
bool	init_run_case(const struct hw_case *c, const char *words);
/*
 * For cases: the nth of those words, or "" if there are fewer; and the same as
 * a number.
 */
const char *init_word(unsigned n);
unsigned init_number(unsigned n);
/* How many cases ran before this one. */
unsigned init_serial(void);
/*
 * For cases: run a part of a case in a process of its own; and wait for its
 * end.
 */
int	init_beside(void (*part)(void));
void	init_join(int pid);

/*
 * init_run.c, for cases: run the program argv[0] to its end.  text gets what it
 * prints, cut to size.  Returns its wait(2) status.
 */
int	init_run(const char *const argv[], char *text, size_t size);

/* init_loop.c: run "SECONDS CASE..." again and again, until one fails. */
void	init_loop(const char *line);

/*
 * init_memory.c: allocations in use by each type, as vmstat(8) -m shows them;
 * and a result, like that of a case, for how they changed over so many rounds.
 */
void	init_memory_note(void);
void	init_memory_judge(unsigned rounds);

/* vm_cases.c: the case of this name, shared or not; NULL if there is none. */
const struct hw_case *vm_case(const char *name);

#endif /* !_INIT_H_ */
