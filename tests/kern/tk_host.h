/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The gate: everything that the test kernel takes from the host it runs on.
 * The host side (host_*.c) implements it on POSIX.  The kernel side calls it
 * and uses nothing else of the host.  No function here knows the kernel.
 *
 * TKH_VERSION changes whenever a function changes its meaning.
 */

#ifndef _TK_HOST_H_
#define	_TK_HOST_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define	TKH_VERSION	1

/*
 * Threads (host_thread.c).  A thread has the host's ordinary stack size.
 */
struct tkh_thread;
struct tkh_thread *tkh_thread_create(void (*fn)(void *), void *arg,
	    const char *name);
void	tkh_thread_join(struct tkh_thread *);
/* End the calling thread, from any depth. */
void	tkh_thread_exit(void) __attribute__((__noreturn__));
/* Forget a thread that will never end; its memory stays. */
void	tkh_thread_abandon(struct tkh_thread *);
/* Bounds of the calling thread's stack. */
void	tkh_stack_bounds(uintptr_t *lo, uintptr_t *hi);
void	tkh_yield(void);
/* Make every thread that runs execute a full memory fence. */
void	tkh_fence_all(void);

/*
 * Fibers (host_fiber.c): in place of threads, where one runs at a time.  All
 * are the same thread of the host, and have the stack size of a thread.  A
 * switch returns when another fiber switches back; it does not return if this
 * fiber ends.  One that has ended, or that will not run again, may be freed by
 * another.
 */
struct tkh_fiber;
/* Can the kernel's threads be fibers?  Yes, unless the program says no. */
bool	tkh_fibers(void);
void	tkh_fibers_want(bool);
struct tkh_fiber *tkh_fiber_create(void (*fn)(void *), void *arg);
/* The calling host thread, as the fiber that the others are switched from. */
struct tkh_fiber *tkh_fiber_of_host(void);
void	tkh_fiber_switch(struct tkh_fiber *next, bool ends);
void	tkh_fiber_free(struct tkh_fiber *);
void	tkh_fiber_bounds(const struct tkh_fiber *, uintptr_t *lo,
	    uintptr_t *hi);

/*
 * The one lock of the kernel's internals, and the waiting places that belong to
 * it.  tkh_wait() is called with the lock held and releases it while waiting.
 * It returns true if tkh_wake() ended the wait, false at the deadline (in
 * tkh_clock_ns() time; negative: none).  A wake that comes while no thread
 * waits is remembered.
 */
struct tkh_waiter;
struct tkh_waiter *tkh_waiter_create(void);
void	tkh_waiter_destroy(struct tkh_waiter *);
void	tkh_lock(void);
void	tkh_unlock(void);
bool	tkh_wait(struct tkh_waiter *, int64_t deadline_ns);
void	tkh_wake(struct tkh_waiter *);

/*
 * The baton of deterministic mode: give it to another thread's waiter, or wait
 * until this thread's own waiter gets it.  No lock is involved.
 */
void	tkh_baton_give(struct tkh_waiter *);
void	tkh_baton_take(struct tkh_waiter *);

/* A mutex for devices. */
struct tkh_mutex;
struct tkh_mutex *tkh_mutex_create(void);
void	tkh_mutex_destroy(struct tkh_mutex *);
void	tkh_mutex_lock(struct tkh_mutex *);
void	tkh_mutex_unlock(struct tkh_mutex *);

/*
 * Memory (host_mem.c).  tkh_alloc() returns NULL when there is none; the
 * memory is not cleared.  align is a power of two, 0 for the default.
 */
void	*tkh_alloc(size_t size, size_t align);
void	tkh_free(void *);

/*
 * The heap of tkh_alloc() under AddressSanitizer (host_heap.c), where the
 * program wants it.  One thread at a time may call.  tkh_heap_alloc() returns
 * NULL if the program does not want it, and if it has no such memory.
 * tkh_heap_free() returns false for memory that is not the heap's.  A program
 * that wants it says so before the first boot, and boots in deterministic mode
 * alone.
 */
void	tkh_heap_want(bool);
void	*tkh_heap_alloc(size_t size);
bool	tkh_heap_free(void *);
/* Does AddressSanitizer stop an access to this byte?  And say that it does. */
bool	tkh_poisoned(const void *);
void	tkh_poison(void *, size_t size, bool poisoned);

/* Is this program built with a sanitizer that watches addresses? */
bool	tkh_asan(void);
bool	tkh_tsan(void);
/* Does it run below valgrind? */
bool	tkh_valgrind(void);

/*
 * Map `size' bytes from the file fd, shared, or (-1) memory.  NULL if the host
 * refuses.
 */
void	*tkh_map(size_t size, int fd);
void	tkh_unmap(void *, size_t size);
size_t	tkh_page_size(void);
/* The kernel has named what it leaks: LeakSanitizer need not find it again. */
void	tkh_leaks_are_told(void);
/* Access to whole pages; false if the host refuses. */
enum tkh_prot { TKH_PROT_NONE, TKH_PROT_READ, TKH_PROT_RW };
bool	tkh_protect(void *, size_t size, enum tkh_prot);

/*
 * Write one instruction, or its first byte: 4 bytes or 1, aligned, at once.
 * Other threads may be executing it.  False if the host refuses.
 */
bool	tkh_patch(void *code, const void *instruction, size_t size);

/*
 * Call fn from the SIGSEGV or SIGBUS handler.  If it returns true the access is
 * tried again, otherwise the signal's old disposition applies.  NULL removes
 * the function.  There can be one function at a time.
 */
void	tkh_fault_handler(bool (*fn)(void *addr, bool write, void *pc));

/*
 * Clock, console, environment, exit (host_misc.c)
 */
int64_t	tkh_clock_ns(void);		/* monotonic */
int64_t	tkh_wall_ns(void);		/* since 1970 */
void	tkh_sleep_ns(int64_t);
/* Write to the terminal: standard output, or standard error. */
void	tkh_write(bool err, const char *, size_t);
const char *tkh_getenv(const char *name);

/*
 * Flush the output and end the program at once with this status.  A test
 * program may set a function that is called first: it gets the line that
 * explains the end, and may end the program by itself.
 */
void	tkh_exit(int status, const char *line) __attribute__((__noreturn__));
void	tkh_exit_hook(void (*fn)(int status, const char *line));

/*
 * Call stacks (host_symbol.c), for reports.
 */
struct tkh_frame {
	const char	*file;		/* relative to the source, or NULL */
	const char	*function;	/* or NULL */
	int		 line;
};
/* Return addresses of the caller's stack; how many. */
int	tkh_backtrace(void **pcs, int max);
/*
 * Call fn for each frame of each address, inlined frames included, innermost
 * first, until fn returns false.  Slow.  The strings are valid only during the
 * call.
 */
void	tkh_symbolize(void *const *pcs, int n,
	    bool (*fn)(void *arg, const struct tkh_frame *), void *arg);

#endif /* !_TK_HOST_H_ */
