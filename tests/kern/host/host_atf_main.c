/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The main program of every test program: an ATF test program
 * (atf-test-program(1)).  Its cases are those that registered themselves with
 * tk_case_register().
 *
 * Each case runs in a process of its own, as ATF has it, in a kernel booted for
 * it.  A case that the kernel must stop runs in a further process, and the line
 * that this process ends with is compared.  When a case fails, the seed that
 * repeats it is printed.
 */

#include <sys/types.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <atf-c.h>
#include <err.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tk.h"
#include "tk_host.h"
#include "tk_test.h"

#define	DEFAULT_TIMEOUT	300	/* s: sanitizers and loaded machines are slow */

struct entry {
	const struct tk_case *c;
	struct entry	*next;
	const char	*pic;		/* KERN_PIC; NULL: as it is */
	atf_tc_t	 tc;
	char		 name[128];
	char		 descr[256];
	char		 timeout[16];
};

static struct entry *entries;
static struct entry **last_entry = &entries;
static const char *each_pic;	/* prefix of names; NULL: none */
static bool in_child;
/*
 * A check failed, here or in a process that the case forked.  ATF keeps the
 * last result only.  Without this flag the result of the case's own process
 * would replace the child's.
 */
static atomic_bool *failed;

/*
 * Registration.
 */
static void
fill_descr(struct entry *e)
{
	if (e->c->descr != NULL) {
		snprintf(e->descr, sizeof(e->descr), "%s%s%s", e->c->descr,
		    e->pic != NULL ? ", on " : "",
		    e->pic != NULL ? e->pic : "");
		return;
	}
	snprintf(e->descr, sizeof(e->descr), "%s", e->name);
	for (char *p = e->descr; *p != '\0'; p++) {
		if (*p == '_')
			*p = ' ';
	}
}

static void
add_entry(const struct tk_case *c, const char *pic)
{
	struct entry *e;

	if ((e = calloc(1, sizeof(*e))) == NULL)
		err(1, "registering test cases");
	e->c = c;
	e->pic = pic;
	snprintf(e->name, sizeof(e->name), "%s%s%s", c->name,
	    pic != NULL ? "_on_" : "", pic != NULL ? pic : "");
	fill_descr(e);
	snprintf(e->timeout, sizeof(e->timeout), "%u",
	    c->timeout != 0 ? c->timeout : DEFAULT_TIMEOUT);
	*last_entry = e;
	last_entry = &e->next;
}

void
tk_case_register(const struct tk_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_entry(&cases[i], NULL);
}

void
tk_case_on_each_pic(const char *prefix)
{
	each_pic = prefix;
}

/* Once all have registered themselves. */
static void
add_pics(void)
{
	struct entry **end = last_entry;

	if (each_pic == NULL)
		return;
	for (struct entry **ep = &entries; ep != end; ep = &(*ep)->next) {
		if (strncmp((*ep)->name, each_pic, strlen(each_pic)) != 0)
			continue;
		(*ep)->pic = "aic";
		add_entry((*ep)->c, "gic");
	}
}

static const struct entry *
entry_of(const atf_tc_t *tc)
{
	for (const struct entry *e = entries; e != NULL; e = e->next) {
		if (&e->tc == tc)
			return (e);
	}
	errx(1, "unknown test case");
}

/*
 * Results.
 */
static void
print_seed(void)
{
	if (tk_booted())
		fprintf(stderr, "tk: %s mode, KERN_SEED=%llu repeats this\n",
		    tk_boot_mode() == TK_DETERMINISTIC ? "deterministic" :
		    "threaded", (unsigned long long)tk_boot_seed());
}

/*
 * Here ATF ends the process.  A child of the case has no result of its own, so
 * it only sets the flag.
 */
static void __attribute__((__noreturn__))
fail(const char *text)
{
	print_seed();
	fflush(NULL);
	if (in_child)
		_exit(1);
	atomic_store(failed, true);
	atf_tc_fail("%s", text);
}

/* Called before any result other than a failure. */
static void
check_failed(void)
{
	if (atomic_load(failed))
		atf_tc_fail("a check failed in another process");
}

void
tk_test_fail(const char *file, int line, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	n = snprintf(text, sizeof(text), "%s:%d: ", file, line);
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s\n", text);
	fail(text);
}

void
tk_test_skip(const char *reason)
{
	if (in_child)
		_exit(1);
	check_failed();
	atf_tc_skip("%s", reason);
}

void
tk_test_eq(const char *file, int line, const char *a_text, const char *b_text,
    int64_t a, int64_t b)
{
	if (a != b)
		tk_test_fail(file, line, "%s == %s: %lld (%#llx) and %lld "
		    "(%#llx)", a_text, b_text, (long long)a, (long long)a,
		    (long long)b, (long long)b);
}

void
tk_test_streq(const char *file, int line, const char *a_text,
    const char *b_text, const char *a, const char *b)
{
	if (a == NULL || b == NULL ? a != b : strcmp(a, b) != 0)
		tk_test_fail(file, line, "%s equals %s: \"%s\" and \"%s\"",
		    a_text, b_text, a == NULL ? "(null)" : a,
		    b == NULL ? "(null)" : b);
}

static void
on_exit_of_kernel(int status, const char *line)
{
	(void)status;
	fail(line);
}

/*
 * Running.
 */
static void
run_body(const struct tk_case *c)
{
	struct tk_boot_args args = { .ram_fd = -1 };
	int leaks;

	args.mode = c->kind == TK_CASE_KIND_THREADED ? TK_THREADED :
	    TK_DETERMINISTIC;
	if (c->unbooted) {
		c->body();
		return;
	}
	tk_boot(&args);
	c->body();
	leaks = tk_shutdown();
	if (leaks != 0)
		tk_test_fail(c->name, 0, "%d leaks at shutdown (KERN_SEED=%s)",
		    leaks, getenv("KERN_SEED") == NULL ? "1" :
		    getenv("KERN_SEED"));
}

static void __attribute__((__noreturn__))
child(const struct tk_case *c, int fd)
{
	in_child = true;
	tkh_exit_hook(NULL);
	(void)dup2(fd, STDERR_FILENO);
	run_body(c);
	fflush(NULL);
	_exit(0);
}

static size_t
read_all(int fd, char *buf, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while (used < size - 1 &&
	    (n = read(fd, buf + used, size - 1 - used)) > 0)
		used += (size_t)n;
	buf[used] = '\0';
	return (used);
}

/* The line of the stop or panic, where it holds `text'. */
static bool
has_line(char *output, const char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(output, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		if ((strncmp(line, "tk: ", 4) == 0 ||
		    strncmp(line, "panic: ", 7) == 0) &&
		    strstr(line, text) != NULL)
			return (true);
	}
	return (false);
}

static void
run_stopped(const struct tk_case *c)
{
	static char output[65536];
	int fds[2], status;
	pid_t pid;

	fflush(NULL);
	if (pipe(fds) != 0 || (pid = fork()) < 0)
		err(1, "starting the case's process");
	if (pid == 0) {
		(void)close(fds[0]);
		child(c, fds[1]);
	}
	(void)close(fds[1]);
	(void)read_all(fds[0], output, sizeof(output));
	(void)close(fds[0]);
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waiting for the case's process");
	fprintf(stderr, "%s", output);
	if (!WIFEXITED(status) || (WEXITSTATUS(status) != TK_EXIT_STOP &&
	    WEXITSTATUS(status) != TK_EXIT_PANIC))
		atf_tc_fail("the kernel was not stopped (wait status %#x)",
		    (unsigned)status);
	if (!has_line(output, c->stops))
		atf_tc_fail("the kernel was stopped, but not with \"%s\"",
		    c->stops);
}

static void
head(atf_tc_t *tc)
{
	const struct entry *e = entry_of(tc);

	(void)atf_tc_set_md_var(tc, "descr", "%s", e->descr);
	(void)atf_tc_set_md_var(tc, "timeout", "%s", e->timeout);
}

static void
body(const atf_tc_t *tc)
{
	const struct entry *e = entry_of(tc);
	const struct tk_case *c = e->c;

	if (e->pic != NULL && setenv("KERN_PIC", e->pic, 1) != 0)
		err(1, "KERN_PIC");
	failed = mmap(NULL, sizeof(*failed), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (failed == MAP_FAILED)
		err(1, "memory for the result");
	if (c->stops != NULL)
		run_stopped(c);
	else {
		tkh_exit_hook(on_exit_of_kernel);
		run_body(c);
	}
	check_failed();
}

/*
 * libatf-c leaves memory behind when it lists its cases.  LeakSanitizer must
 * look for leaks of ours only.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return ("leak:libatf-c\n");
}

const char *
__lsan_default_options(void)
{
	return ("print_suppressions=0");
}

ATF_TP_ADD_TCS(tp)
{
	atf_error_t error = atf_no_error();
	char **config = atf_tp_get_config(tp);

	add_pics();
	for (struct entry *e = entries; e != NULL && !atf_is_error(error);
	    e = e->next) {
		error = atf_tc_init(&e->tc, e->name, head, body, NULL,
		    (const char *const *)config);
		if (!atf_is_error(error))
			error = atf_tp_add_tc(tp, &e->tc);
	}
	atf_utils_free_charpp(config);
	return (error);
}
