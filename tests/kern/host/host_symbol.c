/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The gate's call stacks: addresses by backtrace(3), their names and lines by
 * addr2line, or by llvm-symbolizer where that is installed instead.  For
 * reports only, because a report starts a process.  addr2line comes first: it
 * starts several times as fast, and many cases end with a report.
 */

#define	_GNU_SOURCE

#include <sys/wait.h>

#include <dlfcn.h>
#include <execinfo.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tk_host.h"

#define	MAX_PCS		64
#define	LAST		8	/* answers that are kept */

extern char **environ;

struct program {
	uintptr_t	 base;		/* what was added to its addresses */
	uintptr_t	 lo, hi;	/* its text */
};

static char source_root[PATH_MAX];	/* with the slash at its end */

int
tkh_backtrace(void **pcs, int max)
{
	return (backtrace(pcs, max));
}

/* The program itself comes first. */
static int
program_find(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct program *p = arg;

	(void)size;
	p->base = info->dlpi_addr;
	p->lo = UINTPTR_MAX;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type != PT_LOAD)
			continue;
		if (p->base + ph->p_vaddr < p->lo)
			p->lo = p->base + ph->p_vaddr;
		if (p->base + ph->p_vaddr + ph->p_memsz > p->hi)
			p->hi = p->base + ph->p_vaddr + ph->p_memsz;
	}
	return (1);
}

/* Remove "x/.." and "." from a path, in place. */
static void
path_normalise(char *path)
{
	char *from = path, *to = path;

	while (*from != '\0') {
		if (strncmp(from, "/./", 3) == 0) {
			from += 2;
		} else if (strncmp(from, "/../", 4) == 0 && to > path) {
			do {
				to--;
			} while (to > path && *to != '/');
			from += 3;
		} else
			*to++ = *from++;
	}
	*to = '\0';
}

static const char *
path_relative(const char *path)
{
	size_t len = strlen(source_root);

	if (len != 0 && strncmp(path, source_root, len) == 0)
		return (path + len);
	return (path);
}

static FILE *
symbolizer_start(char *const argv[], pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int fds[2], error;

	if (pipe(fds) != 0)
		return (NULL);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	(void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	(void)posix_spawn_file_actions_addclose(&actions, fds[0]);
	error = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)close(fds[1]);
	if (error != 0) {
		(void)close(fds[0]);
		return (NULL);
	}
	return (fdopen(fds[0], "r"));
}

/* This file's path, as it was compiled, tells where the source tree begins. */
static void
root_from_frame(const struct tkh_frame *frame)
{
	static const char self[] = "tests/kern/host/host_symbol.c";
	const char *tail;

	if (source_root[0] == '\0' && frame->file != NULL &&
	    (tail = strstr(frame->file, self)) != NULL)
		snprintf(source_root, sizeof(source_root), "%.*s",
		    (int)(tail - frame->file), frame->file);
}

/*
 * Both tools print the same: for each address a line "0xADDRESS", then for each
 * of its frames a line with the function and one with file:line.  The first
 * address is one of this file's.
 */
static bool
symbolizer_read(FILE *f, bool (*fn)(void *, const struct tkh_frame *),
    void *arg)
{
	char function[512], place[PATH_MAX + 32];
	struct tkh_frame frame;
	bool any = false, more = true;
	char *colon;
	int address = -1;

	while (more && fgets(function, sizeof(function), f) != NULL) {
		if (strncmp(function, "0x", 2) == 0) {
			address++;
			continue;
		}
		if (fgets(place, sizeof(place), f) == NULL)
			break;
		any = true;
		function[strcspn(function, "\n")] = '\0';
		place[strcspn(place, "\n")] = '\0';
		/* addr2line appends " (discriminator N)". */
		place[strcspn(place, " ")] = '\0';
		path_normalise(place);
		frame.function = strcmp(function, "??") == 0 ? NULL : function;
		frame.line = 0;
		if ((colon = strrchr(place, ':')) != NULL) {
			*colon = '\0';
			frame.line = atoi(colon + 1);
		}
		frame.file = strcmp(place, "??") == 0 ? NULL :
		    path_relative(place);
		if (address == 0)
			root_from_frame(&frame);
		else
			more = fn(arg, &frame);
	}
	return (any);
}

/* All that the tool prints, or NULL. */
static char *
symbolizer_run(char *const argv[])
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	pid_t pid;

	if ((f = symbolizer_start(argv, &pid)) == NULL)
		return (NULL);
	if (getdelim(&text, &len, '\0', f) <= 0) {
		free(text);
		text = NULL;
	}
	(void)fclose(f);
	(void)waitpid(pid, NULL, 0);
	return (text);
}

/*
 * Without a tool: the address within the program, and a name if it is exported.
 * The first address is not for the caller.
 */
static void
symbolize_plain(const uintptr_t *addrs, int n, uintptr_t base,
    bool (*fn)(void *, const struct tkh_frame *), void *arg)
{
	struct tkh_frame frame;
	char name[64];
	Dl_info info;

	for (int i = 1; i < n; i++) {
		memset(&frame, 0, sizeof(frame));
		snprintf(name, sizeof(name), "0x%lx", (unsigned long)addrs[i]);
		frame.function = name;
		if (dladdr((void *)(addrs[i] + base), &info) != 0 &&
		    info.dli_sname != NULL)
			frame.function = info.dli_sname;
		if (!fn(arg, &frame))
			return;
	}
}

/* Ask the first tool that knows something; NULL: none does. */
static char *
symbolizer_ask(const uintptr_t *addrs, int n)
{
	static const char *const tools[] = {
		"addr2line", "llvm-symbolizer-19", "llvm-symbolizer"
	};
	char text[MAX_PCS][20], exe[PATH_MAX];
	char *argv[MAX_PCS + 10], *answer;
	ssize_t len;
	int argc;

	if ((len = readlink("/proc/self/exe", exe, sizeof(exe) - 1)) < 0)
		return (NULL);
	exe[len] = '\0';
	for (size_t t = 0; t < sizeof(tools) / sizeof(tools[0]); t++) {
		argc = 0;
		argv[argc++] = (char *)(uintptr_t)tools[t];
		if (tools[t][0] == 'l')
			argv[argc++] = (char *)(uintptr_t)"--output-style=GNU";
		argv[argc++] = (char *)(uintptr_t)"-afiC";
		argv[argc++] = (char *)(uintptr_t)"-e";
		argv[argc++] = exe;
		for (int i = 0; i < n; i++) {
			snprintf(text[i], sizeof(text[i]), "0x%lx",
			    (unsigned long)addrs[i]);
			argv[argc++] = text[i];
		}
		argv[argc] = NULL;
		if ((answer = symbolizer_run(argv)) != NULL)
			return (answer);
	}
	return (NULL);
}

/* The same, from the last answers if it is there: a leak repeats itself. */
static char *
symbolizer_answer(const uintptr_t *addrs, int n)
{
	static struct {
		uintptr_t	 addrs[MAX_PCS];
		char		*text;
		int		 n;
	} last[LAST], *a;
	static unsigned int oldest;

	for (a = last; a < last + LAST; a++) {
		if (a->n == n && memcmp(a->addrs, addrs,
		    n * sizeof(*addrs)) == 0)
			return (a->text);
	}
	a = &last[oldest++ % LAST];
	free(a->text);
	a->text = symbolizer_ask(addrs, n);
	a->n = n;
	memcpy(a->addrs, addrs, n * sizeof(*addrs));
	return (a->text);
}

static void
symbolize(const uintptr_t *addrs, int n, uintptr_t base,
    bool (*fn)(void *, const struct tkh_frame *), void *arg)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	bool any = false;
	char *text;
	FILE *f;

	/* Of the answers, and the source's root. */
	(void)pthread_mutex_lock(&mutex);
	text = symbolizer_answer(addrs, n);
	if (text != NULL &&
	    (f = fmemopen(text, strlen(text), "r")) != NULL) {
		any = symbolizer_read(f, fn, arg);
		(void)fclose(f);
	}
	(void)pthread_mutex_unlock(&mutex);
	if (!any)
		symbolize_plain(addrs, n, base, fn, arg);
}

void
tkh_symbolize(void *const *pcs, int n, bool (*fn)(void *,
    const struct tkh_frame *), void *arg)
{
	struct program prog = { 0, 0, 0 };
	uintptr_t addrs[MAX_PCS];
	int count = 0;

	(void)dl_iterate_phdr(program_find, &prog);
	addrs[count++] = (uintptr_t)tkh_symbolize - prog.base;
	/*
	 * A return address may already belong to the next line, so look one
	 * byte before it.
	 */
	for (int i = 0; i < n && count < MAX_PCS; i++) {
		if ((uintptr_t)pcs[i] > prog.lo && (uintptr_t)pcs[i] <= prog.hi)
			addrs[count++] = (uintptr_t)pcs[i] - 1 - prog.base;
	}
	if (count > 1)
		symbolize(addrs, count, prog.base, fn, arg);
}
