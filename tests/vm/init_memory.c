/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The kernel's memory: allocations in use by each type of malloc(9), and wired
 * pages, which DMA memory is made of.
 *
 * devbuf is the type of our drivers, and a round must leave it as it was.  The
 * other types are the kernel's, which also allocates for itself (timers,
 * caches).  If a round leaks, each round does.  So a leak shows as at least one
 * allocation, or one page, for each round.  Pages that caches take while they
 * fill do not count.
 */

#include "init.h"

#define	STATS	"kern.malloc_stats"
#define	WIRED	"vm.stats.vm.v_wire_count"
#define	OURS	"devbuf"
#define	TYPES	1024
#define	CACHES	256			/* pages */
#define	MEMORY	"memory_does_not_grow"

/* malloc(9)'s stream: its head, then the types, a head and counts by CPU. */
struct stream_head {
	uint32_t	version;
	uint32_t	cpus;
	uint32_t	types;
	uint32_t	pad;
};
struct type_head {
	char		name[32];
};
struct type_counts {
	uint64_t	bytes_allocated;
	uint64_t	bytes_freed;
	uint64_t	allocated;
	uint64_t	freed;
	uint64_t	others[4];
};

struct type {
	char		name[32];
	long		in_use;		/* allocations */
};

/* Allocations that FreeBSD, not our drivers, leaves in a round. */
static const struct type leaks[] = {
	/*
	 * arm64's pci(4) maps the interrupt line of each device that it finds,
	 * and keeps the mapping when the device is gone.  cards_come_and_go
	 * adds three devices.
	 */
	{ "intr", 3 * 2 },
};

struct memory {
	unsigned	types;
	uint32_t	wired;		/* pages */
	struct type	type[TYPES];
};

static struct memory first, last;

/* Room for 1,024 CPUs, most of whose counts are zero. */
static union {
	struct stream_head head;
	uint8_t		bytes[80 << 20];
} stream;

static bool
same(const char *a, const char *b)
{
	return (strlen(a) == strlen(b) && memcmp(a, b, strlen(a)) == 0);
}

static bool
measure(struct memory *memory)
{
	size_t len = sizeof(stream), size = sizeof(memory->wired);
	const struct type_counts *counts;
	const uint8_t *p = stream.bytes + sizeof(stream.head);
	struct type *t;
	uint32_t cpu;

	if (os_sysctl(STATS, &stream, &len, NULL, 0) != 0 ||
	    os_sysctl(WIRED, &memory->wired, &size, NULL, 0) != 0 ||
	    stream.head.version != 1 || stream.head.types > TYPES)
		return (false);
	memory->types = stream.head.types;
	for (t = memory->type; t < memory->type + memory->types; t++) {
		memcpy(t->name, p, sizeof(t->name));
		p += sizeof(struct type_head);
		t->in_use = 0;
		for (cpu = 0; cpu < stream.head.cpus; cpu++) {
			counts = (const struct type_counts *)p;
			t->in_use += (long)(counts->allocated - counts->freed);
			p += sizeof(*counts);
		}
	}
	return (true);
}

/* Allocations of the type with this name; 0 if there is none. */
static long
in_use(const struct memory *memory, const char *name)
{
	unsigned i;

	for (i = 0; i < memory->types; i++)
		if (same(memory->type[i].name, name))
			return (memory->type[i].in_use);
	return (0);
}

void
init_memory_note(void)
{
	if (!measure(&first))
		init_say("vmtest: " STATS " cannot be read");
}

static long
known_leak(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(leaks) / sizeof(leaks[0]); i++)
		if (same(leaks[i].name, name))
			return (leaks[i].in_use);
	return (0);
}

/* A type that grew by one or more in each of so many rounds, or NULL. */
static const struct type *
grown(long turns)
{
	const struct type *t;

	for (t = last.type; t < last.type + last.types; t++)
		if (t->in_use - in_use(&first, t->name) >=
		    turns * (1 + known_leak(t->name)))
			return (t);
	return (NULL);
}

void
init_memory_judge(unsigned rounds)
{
	const struct type *t;
	long ours, pages, turns = (long)rounds - 1;

	init_say("RUN " MEMORY);
	if (first.types == 0 || !measure(&last)) {
		init_say("FAIL " MEMORY ": " STATS " cannot be read");
		return;
	}
	ours = in_use(&last, OURS) - in_use(&first, OURS);
	pages = (long)last.wired - (long)first.wired;
	t = grown(turns);
	init_say("vmtest: from round 1 to %u: %ld allocations of " OURS
	    " and %ld wired pages more", rounds, ours, pages);
	if (ours != 0)
		init_say("FAIL " MEMORY ": %ld allocations of " OURS
		    ", then %ld", in_use(&first, OURS), in_use(&last, OURS));
	else if (t != NULL)
		init_say("FAIL " MEMORY ": %ld allocations of %s, then %ld",
		    in_use(&first, t->name), t->name, t->in_use);
	else if (pages >= turns + CACHES)
		init_say("FAIL " MEMORY ": %ld more wired pages", pages);
	else
		init_say("PASS " MEMORY);
}
