/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The end of a run: a broken rule, a panic, and how both name the place in
 * the program that is to blame.
 */

#include "tk_var.h"

#define	TK_BACKTRACE	48

const char *panicstr;
bool scheduler_stopped;

static bool stopping;
static _Thread_local bool stopping_here;

/*
 * Follow frame pointers from this frame on.  Stay within the thread's own
 * stack: code without frame pointers can then end the walk, but cannot lead it
 * astray.
 */
__nosanitizeaddress __nosanitizethread void
tk_where_from(void *frame, void **pc, int depth)
{
	uintptr_t *fp = frame;
	uintptr_t lo, hi;
	int n = 0;

	if (tk_self != NULL) {
		lo = tk_self->stack_lo;
		hi = tk_self->stack_hi;
	} else {
		/* The thread is unknown: only its own frame is certain. */
		lo = (uintptr_t)fp;
		hi = lo + 2 * sizeof(*fp);
	}
	while (n < depth && (uintptr_t)fp >= lo &&
	    (uintptr_t)fp + 2 * sizeof(*fp) <= hi &&
	    ((uintptr_t)fp & (sizeof(*fp) - 1)) == 0 && fp[1] != 0) {
		pc[n++] = (void *)fp[1];
		lo = (uintptr_t)(fp + 1);
		fp = (uintptr_t *)fp[0];
	}
	while (n < depth)
		pc[n++] = NULL;
}

__noinline void
tk_where(struct tk_where *w)
{
	tk_where_from(__builtin_frame_address(0), w->pc, TK_WHERE_DEPTH);
}

/*
 * The whole stack.  The kernel side has frame pointers but no unwind tables,
 * as is usual for a kernel; the host's unwinder serves unknown threads.
 */
static int
backtrace(void *frame, void **pcs)
{
	int n = 0;

	if (tk_self == NULL)
		return (tkh_backtrace(pcs, TK_BACKTRACE));
	tk_where_from(frame, pcs, TK_BACKTRACE);
	while (n < TK_BACKTRACE && pcs[n] != NULL)
		n++;
	return (n);
}

/*
 * Naming the place.
 */
struct place {
	char	*buf;
	size_t	 len;
	int	 used;
	bool	 wrapped;	/* its caller is still to be named */
};

static bool
starts(const char *s, const char *prefix)
{
	return (strncmp(s, prefix, strlen(prefix)) == 0);
}

static bool
is_test(const char *file)
{
	return (strstr(file, "_test.") != NULL);
}

static bool
is_wrapper(const char *file)
{
	return (!is_test(file) && (starts(file, "common/") ||
	    starts(file, "kpi/src/") ||
	    strstr(file, "/library/core/") != NULL));
}

static bool
is_kernel(const char *file)
{
	return (!is_test(file) && starts(file, "tests/kern/"));
}

static bool
place_frame(void *arg, const struct tkh_frame *f)
{
	struct place *p = arg;

	if (f->file != NULL && (is_kernel(f->file) ||
	    (p->wrapped && is_wrapper(f->file))))
		return (true);
	/*
	 * The C library and the like have no line numbers.  If no frame has
	 * any, names are enough.
	 */
	if (f->file == NULL && (f->function == NULL || p->wrapped))
		return (true);
	p->used += snprintf(p->buf + p->used, p->len - p->used,
	    "%s%s:%d (%s)", p->wrapped ? " from " : "",
	    f->file == NULL ? "?" : f->file, f->line,
	    f->function == NULL ? "?" : f->function);
	if ((size_t)p->used >= p->len || p->wrapped || f->file == NULL ||
	    !is_wrapper(f->file))
		return (false);
	p->wrapped = true;
	return (true);
}

const char *
tk_pcs_str(void *const *pcs, int n, char *buf, size_t len)
{
	struct place p = { .buf = buf, .len = len };

	strlcpy(buf, "an unknown place", len);
	while (n > 0 && pcs[n - 1] == NULL)
		n--;
	tkh_symbolize(pcs, n, place_frame, &p);
	return (buf);
}

const char *
tk_where_str(const struct tk_where *w, char *buf, size_t len)
{
	return (tk_pcs_str(w->pc, TK_WHERE_DEPTH, buf, len));
}

/* Only the first thread that stops prints.  The others wait for the end. */
static void
stop_once(int status)
{
	if (!__atomic_exchange_n(&stopping, true, __ATOMIC_ACQ_REL)) {
		stopping_here = true;
		return;
	}
	if (stopping_here)
		tkh_exit(status, "stopped while stopping");
	for (;;)
		tkh_sleep_ns(1000000000);
}

static void
stop(const void *fn, const char *rule, const char *fmt, __va_list ap)
{
	static char line[3072], place[1024];
	void *pcs[TK_BACKTRACE];
	int n = 1;

	stop_once(TK_EXIT_STOP);
	/* A return address lies behind the call, so look before it. */
	pcs[0] = (void *)((uintptr_t)fn + 1);
	if (fn == NULL)
		n = backtrace(__builtin_frame_address(0), pcs);
	(void)tk_pcs_str(pcs, n, place, sizeof(place));
	n = snprintf(line, sizeof(line), "tk: %s: ", rule);
	n += vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	n = imin(n, sizeof(line) - 1);
	n += snprintf(line + n, sizeof(line) - n, " at %s\n", place);
	n = imin(n, sizeof(line) - 1);
	tkh_write(true, line, n);
	line[n - 1] = '\0';
	tkh_exit(TK_EXIT_STOP, line);
}

void
tk_stop(const char *rule, const char *fmt, ...)
{
	__va_list ap;

	va_start(ap, fmt);
	stop(NULL, rule, fmt, ap);
	__unreachable();
}

void
tk_stop_at(const void *fn, const char *rule, const char *fmt, ...)
{
	__va_list ap;

	va_start(ap, fmt);
	stop(fn, rule, fmt, ap);
	__unreachable();
}

/*
 * Panics.
 */
static bool
panic_frame(void *arg, const struct tkh_frame *f)
{
	char text[512];
	int *depth = arg;
	int n;

	if (f->function == NULL && f->file == NULL)
		return (true);
	n = snprintf(text, sizeof(text), "#%d %s at %s:%d\n", (*depth)++,
	    f->function == NULL ? "?" : f->function,
	    f->file == NULL ? "?" : f->file, f->line);
	tkh_write(true, text, imin(n, sizeof(text) - 1));
	return (true);
}

void
vpanic(const char *fmt, __va_list ap)
{
	static char line[2048];
	void *pcs[TK_BACKTRACE];
	int depth = 0, n;

	stop_once(TK_EXIT_PANIC);
	n = snprintf(line, sizeof(line), "panic: ");
	n += vsnprintf(line + n, sizeof(line) - n, fmt, ap);
	n = imin(n, sizeof(line) - 2);
	/* Some messages end their line themselves. */
	while (n > 0 && line[n - 1] == '\n')
		n--;
	line[n] = '\n';
	tkh_write(true, line, n + 1);
	line[n] = '\0';
	panicstr = line;
	scheduler_stopped = true;
	n = backtrace(__builtin_frame_address(0), pcs);
	tkh_symbolize(pcs, n, panic_frame, &depth);
	tkh_exit(TK_EXIT_PANIC, line);
}

void
panic(const char *fmt, ...)
{
	__va_list ap;

	va_start(ap, fmt);
	vpanic(fmt, ap);
}
