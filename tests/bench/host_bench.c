/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * The benchmark program: plays one stream and prints what it counted, a
 * "name value" a line.  Where bytes were copied comes as "copy ADDRESS BYTES",
 * the address being the caller's, from the start of the program.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "tk.h"

#define	MAXSITES	256

extern const char __executable_start[];

/* The linker sends every call of these here (--wrap). */
void	*__real_memcpy(void *, const void *, size_t);
void	*__real_memmove(void *, const void *, size_t);
void	*__wrap_memcpy(void *, const void *, size_t);
void	*__wrap_memmove(void *, const void *, size_t);

static struct site {
	uintptr_t	pc;
	uint64_t	bytes;
} sites[MAXSITES];
static bool counting;

void
bench_count_copies(bool on)
{
	counting = on;
}

static void
count_copy(const void *pc, size_t len)
{
	struct site *s;

	if (!counting)
		return;
	for (s = sites; s < sites + MAXSITES; s++) {
		if (s->pc == 0)
			s->pc = (uintptr_t)pc;
		if (s->pc == (uintptr_t)pc) {
			s->bytes += len;
			return;
		}
	}
	errx(1, "more than %d places copy", MAXSITES);
}

void *
__wrap_memcpy(void *dst, const void *src, size_t len)
{
	count_copy(__builtin_return_address(0), len);
	return (__real_memcpy(dst, src, len));
}

void *
__wrap_memmove(void *dst, const void *src, size_t len)
{
	count_copy(__builtin_return_address(0), len);
	return (__real_memmove(dst, src, len));
}

static uint32_t
number(const char *text)
{
	char *end;
	unsigned long n;

	n = strtoul(text, &end, 10);
	if (*text == '\0' || *end != '\0' || n == 0 || n > UINT32_MAX)
		errx(2, "not a count: %s", text);
	return ((uint32_t)n);
}

int
main(int argc, char **argv)
{
	struct bench_counts counts = { 0 };
	struct bench_stream stream;
	const struct site *s;
	int leaks;

	if (argc != 4)
		errx(2, "usage: bench period_frames periods count");
	stream.period_frames = number(argv[1]);
	stream.periods = number(argv[2]);
	stream.count = number(argv[3]);
	tk_boot(NULL);
	tk_console_quiet(true);
	bench_virtio_snd(&stream, &counts);
	leaks = tk_shutdown();
	printf("periods %" PRIu64 "\nkicks %" PRIu64 "\ninterrupts %" PRIu64
	    "\nallocations %" PRIu64 "\n", counts.periods, counts.kicks,
	    counts.interrupts, counts.allocations);
	for (s = sites; s < sites + MAXSITES && s->pc != 0; s++)
		printf("copy %#" PRIxPTR " %" PRIu64 "\n",
		    s->pc - (uintptr_t)__executable_start, s->bytes);
	return (leaks != 0);
}
