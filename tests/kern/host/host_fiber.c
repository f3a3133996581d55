/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The gate's fibers: threads that a host thread switches between by itself.
 * Neither starting one nor switching to one calls the host.
 *
 * A stack is used again by a later fiber.  AddressSanitizer is told of each
 * switch, and that the frames which a fiber leaves behind are gone.
 */

#include <sys/mman.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tk_host.h"

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define	__asan_unpoison_memory_region(p, size)	((void)0)
#define	__sanitizer_start_switch_fiber(save, lo, size)	((void)(save))
#define	__sanitizer_finish_switch_fiber(save, lo, size)	((void)(save))
#endif

#define	STACK_SIZE	((size_t)512 * 1024)	/* as in host_thread.c */
#define	GUARD_SIZE	((size_t)64 * 1024)	/* a page of any host */

struct tkh_fiber {
	void		*sp;		/* while it does not run */
	void		*fake;		/* AddressSanitizer's */
	char		*lo;
	char		*hi;
	void		(*fn)(void *);
	void		*arg;
	struct tkh_fiber *next_free;
};

static struct tkh_fiber host_fiber;	/* the host thread's own stack */
static struct tkh_fiber *current = &host_fiber;
static struct tkh_fiber *free_fibers;
static bool wanted = true;

/*
 * Store the registers that a function must preserve on the stack and the stack
 * pointer in *save; then take both from the other stack.
 */
void	fiber_swap(void **save, void *sp);

#if defined(__x86_64__)
#define	HAVE_FIBERS	true
#define	SAVED_WORDS	6
__asm__(
"	.text\n"
"	.globl	fiber_swap\n"
"	.type	fiber_swap, @function\n"
"fiber_swap:\n"
"	pushq	%rbp\n"
"	pushq	%rbx\n"
"	pushq	%r12\n"
"	pushq	%r13\n"
"	pushq	%r14\n"
"	pushq	%r15\n"
"	movq	%rsp, (%rdi)\n"
"	movq	%rsi, %rsp\n"
"	popq	%r15\n"
"	popq	%r14\n"
"	popq	%r13\n"
"	popq	%r12\n"
"	popq	%rbx\n"
"	popq	%rbp\n"
"	ret\n"
"	.size	fiber_swap, . - fiber_swap\n");

/* fiber_swap() returns to fn, which finds its own return address: none. */
static void *
first_frame(char *top, void (*fn)(void))
{
	void **sp = (void **)top;

	*--sp = NULL;
	*--sp = (void *)fn;
	for (int i = 0; i < SAVED_WORDS; i++)
		*--sp = NULL;
	return (sp);
}
#elif defined(__aarch64__)
#define	HAVE_FIBERS	true
#define	SAVED_WORDS	20
#define	SAVED_LR	11
__asm__(
"	.text\n"
"	.globl	fiber_swap\n"
"	.type	fiber_swap, %function\n"
"fiber_swap:\n"
"	sub	sp, sp, #160\n"
"	stp	x19, x20, [sp, #0]\n"
"	stp	x21, x22, [sp, #16]\n"
"	stp	x23, x24, [sp, #32]\n"
"	stp	x25, x26, [sp, #48]\n"
"	stp	x27, x28, [sp, #64]\n"
"	stp	x29, x30, [sp, #80]\n"
"	stp	d8, d9, [sp, #96]\n"
"	stp	d10, d11, [sp, #112]\n"
"	stp	d12, d13, [sp, #128]\n"
"	stp	d14, d15, [sp, #144]\n"
"	mov	x9, sp\n"
"	str	x9, [x0]\n"
"	mov	sp, x1\n"
"	ldp	x19, x20, [sp, #0]\n"
"	ldp	x21, x22, [sp, #16]\n"
"	ldp	x23, x24, [sp, #32]\n"
"	ldp	x25, x26, [sp, #48]\n"
"	ldp	x27, x28, [sp, #64]\n"
"	ldp	x29, x30, [sp, #80]\n"
"	ldp	d8, d9, [sp, #96]\n"
"	ldp	d10, d11, [sp, #112]\n"
"	ldp	d12, d13, [sp, #128]\n"
"	ldp	d14, d15, [sp, #144]\n"
"	add	sp, sp, #160\n"
"	ret\n"
"	.size	fiber_swap, . - fiber_swap\n");

static void *
first_frame(char *top, void (*fn)(void))
{
	void **sp = (void **)top - SAVED_WORDS;

	memset(sp, 0, SAVED_WORDS * sizeof(*sp));
	sp[SAVED_LR] = (void *)fn;
	return (sp);
}
#else
#define	HAVE_FIBERS	false

void
fiber_swap(void **save, void *sp)
{
	abort();
}

static void *
first_frame(char *top, void (*fn)(void))
{
	abort();
}
#endif

/*
 * ThreadSanitizer would have to be told of each fiber.  Debuggers and
 * callgrind(1) know threads only: KERN_FIBERS=0 is for these.
 */
bool
tkh_fibers(void)
{
	const char *s = tkh_getenv("KERN_FIBERS");

	return (wanted && HAVE_FIBERS && !tkh_tsan() &&
	    (s == NULL || strcmp(s, "0") != 0));
}

void
tkh_fibers_want(bool want)
{
	wanted = want;
}

struct tkh_fiber *
tkh_fiber_of_host(void)
{
	uintptr_t lo, hi;

	if (host_fiber.hi == NULL) {
		tkh_stack_bounds(&lo, &hi);
		host_fiber.lo = (char *)lo;
		host_fiber.hi = (char *)hi;
	}
	return (&host_fiber);
}

static void
fiber_main(void)
{
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
	current->fn(current->arg);
	abort();		/* it ends by a switch */
}

static struct tkh_fiber *
fiber_new(void)
{
	struct tkh_fiber *f;
	char *p;

	p = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p, GUARD_SIZE, PROT_NONE) != 0) {
		fprintf(stderr, "tk: host: no stack: %s\n", strerror(errno));
		abort();
	}
	/* At the top of its stack, which lives as long as the program. */
	f = (struct tkh_fiber *)(p + GUARD_SIZE + STACK_SIZE) - 1;
	f->lo = p + GUARD_SIZE;
	f->hi = (char *)((uintptr_t)f & ~(uintptr_t)63);
	return (f);
}

struct tkh_fiber *
tkh_fiber_create(void (*fn)(void *), void *arg)
{
	struct tkh_fiber *f = free_fibers;

	if (f != NULL)
		free_fibers = f->next_free;
	else
		f = fiber_new();
	f->fn = fn;
	f->arg = arg;
	f->sp = first_frame(f->hi, fiber_main);
	return (f);
}

void
tkh_fiber_free(struct tkh_fiber *f)
{
	if (f == &host_fiber)
		return;
	/* What lies below is no frame. */
	__asan_unpoison_memory_region(f->sp, f->hi - (char *)f->sp);
	f->next_free = free_fibers;
	free_fibers = f;
}

void
tkh_fiber_bounds(const struct tkh_fiber *f, uintptr_t *lo, uintptr_t *hi)
{
	*lo = (uintptr_t)f->lo;
	*hi = (uintptr_t)f->hi;
}

void
tkh_fiber_switch(struct tkh_fiber *next, bool ends)
{
	struct tkh_fiber *self = current;

	__sanitizer_start_switch_fiber(ends ? NULL : &self->fake, next->lo,
	    next->hi - next->lo);
	current = next;
	fiber_swap(&self->sp, next->sp);
	__sanitizer_finish_switch_fiber(self->fake, NULL, NULL);
}
