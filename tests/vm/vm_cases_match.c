/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases: FreeBSD's own programs find the modules, as rc.d/devmatch has them do.
 * kldxref(8) writes linker.hints, devmatch(8) reads it, and the kernel finds
 * the module by its name.
 */

#include "card.h"
#include "init.h"
#include "vm_cases.h"

#define	FOLDER		"/boot/modules"
#define	NODES		7		/* in apple_model.dtso */

static char said[16384];

/* Run the program, which must succeed. */
static void
run(const char *program, const char *word)
{
	const char *const argv[] = { program, word, NULL };
	int status = init_run(argv, said, sizeof(said));

	if (status != 0)
		case_fail("%s: wait status %d: %s", program, status, said);
}

static void
write_hints(void)
{
	CASE_EQ(init_root_writable(), 0);
	run("/sbin/kldxref", FOLDER);
}

/* devmatch(8) says what for one of the devices. */
static void
expect(const char *what)
{
	if (!os_contains(said, what))
		case_fail("devmatch says no %s, but: %s", what, said);
}

static void
load_by_name(const char *module)
{
	int id = init_kldload(module);

	if (id < 0)
		case_fail("kldload of %s: error %d", module, -id);
}

void
devmatch_finds_the_card(void)
{
	CASE_EQ(card_find(), CARD_NONE);
	write_hints();
	run("/sbin/devmatch", NULL);
	expect("virtio_snd.ko\n");
	load_by_name("virtio_snd");
	CASE_CHECK(card_find() != CARD_NONE);
	card_play_short(140);
	/* It asks no more once there is a driver. */
	run("/sbin/devmatch", NULL);
	CASE_CHECK(!os_contains(said, "virtio_snd"));
}

/*
 * A line for each node, also for those that a driver knows by their last string
 * as well.
 */
void
devmatch_finds_apples_nodes(void)
{
	const char line[] = "apple.ko\n";
	const char *text;
	int nodes = 0;

	write_hints();
	run("/sbin/devmatch", NULL);
	for (text = said; *text != '\0'; text++)
		if (strlen(text) >= strlen(line) &&
		    memcmp(text, line, strlen(line)) == 0)
			nodes++;
	if (nodes != NODES)
		case_fail("%d nodes are found, not %d: %s", nodes, NODES, said);
}
