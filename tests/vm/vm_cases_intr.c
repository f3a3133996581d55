/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Cases: the interrupts that QEMU's machine gives to the driver. */

#include "card.h"
#include "init.h"
#include "vm_cases.h"

void
is_unit_0(void)
{
	CASE_EQ(card_unit(), 0);
}

/*
 * How often the device's name occurs.  A longer name that begins with it does
 * not count.
 */
static int
count(const char *text, size_t len, const char *device)
{
	size_t i, n = strlen(device);
	int found = 0;

	for (i = 0; i + n < len; i++)
		if (memcmp(text + i, device, n) == 0 &&
		    (text[i + n] < '0' || text[i + n] > '9'))
			found++;
	return (found);
}

static int
vectors(void)
{
	static char names[1 << 21];
	size_t len = sizeof(names);
	char parent[32];

	card_string("%parent", parent, sizeof(parent));
	CASE_EQ(os_sysctl("hw.intrnames", names, &len, NULL, 0), 0);
	/* arm64 puts a mark over the first letter of a name that it cut. */
	return (count(names, len, parent + 1));
}

void
interrupts_on_a_line(void)
{
	CASE_EQ(vectors(), 1);
}

/* The vectors of the configuration, and of all queues. */
void
interrupts_on_a_vector_of_all_queues(void)
{
	CASE_EQ(vectors(), 2);
}

/*
 * The vectors of the configuration, and of control, events, playback and
 * capture.
 */
void
interrupts_on_a_vector_per_queue(void)
{
	CASE_EQ(vectors(), 5);
}
