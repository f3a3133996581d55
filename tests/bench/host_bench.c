/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A benchmark program.  It plays or records one stream, or exchanges messages
 * with a coprocessor, and prints its counters, one "name value" per line.  On
 * request it also prints the places that copied bytes, as "copy ADDRESS BYTES".
 * Or it attaches a card or a coprocessor, and prints what is in use, as "held
 * KIND BYTES ADDRESS ...".  Addresses are those of the callers, counted from
 * the start of the program.
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

/* The linker redirects every call of these functions to here (--wrap). */
void	*__real_memcpy(void *, const void *, size_t);
void	*__real_memmove(void *, const void *, size_t);
void	*__wrap_memcpy(void *, const void *, size_t);
void	*__wrap_memmove(void *, const void *, size_t);

static struct site {
	uintptr_t	pc;
	uint64_t	bytes;
} sites[MAXSITES];
static bool wanted, counting;

void
bench_count_copies(bool on)
{
	counting = on && wanted;
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
number_or_zero(const char *text)
{
	char *end;
	unsigned long n;

	n = strtoul(text, &end, 10);
	if (*text == '\0' || *end != '\0' || n > UINT32_MAX)
		errx(2, "not a count: %s", text);
	return ((uint32_t)n);
}

static uint32_t
number(const char *text)
{
	uint32_t n = number_or_zero(text);

	if (n == 0)
		errx(2, "not a count: %s", text);
	return (n);
}

static void
bench_stream(char **args, bench_stream_t *run)
{
	struct bench_counts counts = { 0 };
	struct bench_stream stream;
	const struct site *s;

	stream.period_frames = number(args[0]);
	stream.periods = number(args[1]);
	stream.count = number(args[2]);
	run(&stream, &counts);
	printf("periods %" PRIu64 "\nkicks %" PRIu64 "\ninterrupts %" PRIu64
	    "\nallocations %" PRIu64 "\n", counts.periods, counts.kicks,
	    counts.interrupts, counts.allocations);
	for (s = sites; s < sites + MAXSITES && s->pc != 0; s++)
		printf("copy %#" PRIxPTR " %" PRIu64 "\n",
		    s->pc - (uintptr_t)__executable_start, s->bytes);
}

static void
bench_messages(char **args, bench_burst_t *run)
{
	struct bench_exchange x = { 0 };
	struct bench_burst burst;

	burst.messages = number(args[0]);
	burst.access_ns = number(args[1]);
	burst.rounds = number(args[2]);
	if (burst.messages > 16)
		errx(2, "no burst has more than 16 messages");
	run(&burst, &x);
	printf("messages %" PRIu64 "\nreceive_reads %" PRIu64
	    "\nsend_reads %" PRIu64 "\nsend_writes %" PRIu64
	    "\nallocations %" PRIu64 "\nclock_ns %" PRIu64 "\n", x.messages,
	    x.receive_reads, x.send_reads, x.send_writes, x.allocations,
	    x.clock_ns);
}

static void
print_held(const struct bench_held *h)
{
	size_t i;

	printf("held %s %" PRIu64, h->kind, h->bytes);
	for (i = 0; i < sizeof(h->pc) / sizeof(h->pc[0]); i++)
		if (h->pc[i] != NULL)
			printf(" %#" PRIxPTR, (uintptr_t)h->pc[i] -
			    (uintptr_t)__executable_start);
	printf("\n");
}

static void
bench_memory(char **args, bench_hold_t *run)
{
	struct bench_holding holding = { 0 };
	struct bench_load load;
	uint32_t i;

	load.playback = number_or_zero(args[0]);
	load.capture = number_or_zero(args[1]);
	load.working = number_or_zero(args[2]) != 0;
	run(&load, &holding);
	for (i = 0; i < holding.count; i++)
		print_held(&holding.held[i]);
}

static const struct bench_suite *
find_suite(const char *name)
{
	const struct bench_suite *s;

	for (s = bench_suites; s->name != NULL; s++) {
		if (strcmp(s->name, name) == 0)
			return (s);
	}
	errx(2, "no such suite: %s", name);
}

int
main(int argc, char **argv)
{
	const struct bench_suite *suite;

	wanted = argc == 6 && strcmp(argv[5], "copies") == 0;
	if (argc != 5 && !wanted)
		errx(2, "usage: bench suite period_frames periods count "
		    "[copies]\n"
		    "       bench suite messages access_ns rounds [copies]\n"
		    "       bench suite playback capture working");
	suite = find_suite(argv[1]);
	tk_boot(NULL);
	tk_console_quiet(true);
	if (suite->play != NULL)
		bench_stream(argv + 2, suite->play);
	else if (suite->exchange != NULL)
		bench_messages(argv + 2, suite->exchange);
	else
		bench_memory(argv + 2, suite->hold);
	return (tk_shutdown() != 0);
}
