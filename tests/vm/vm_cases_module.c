/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Cases: the drivers as modules, loaded and unloaded. */

#include <sys/errno.h>

#include "card.h"
#include "init.h"
#include "vm_cases.h"

#define	FOLDER		"/boot/modules/"
#define	TIMES		10

int
case_kldload(const char *file)
{
	int id = init_kldload(file);

	if (id == -EEXIST)
		case_skip("the kernel has %s built in", file);
	if (id < 0)
		case_fail("kldload of %s: error %d", file, -id);
	return (id);
}

void
module_loads_and_unloads_ten_times(void)
{
	uint32_t i;
	int id;

	for (i = 0; i < TIMES; i++) {
		id = case_kldload(FOLDER "virtio_snd.ko");
		if (card_find() == CARD_NONE)
			case_fail("loaded, but no card");
		card_play_short(120 + i);
		CASE_EQ(init_kldunload(id), 0);
		CASE_EQ(card_find(), CARD_NONE);
	}
}

/* Either the module is unloaded and the program's writes fail, or neither. */
void
module_unloads_while_it_plays(void)
{
	const size_t len = 24000 * card_s16_48000.frame;
	int error, fd, id;
	long n;

	id = case_kldload(FOLDER "virtio_snd.ko");
	fd = card_open_direct();
	card_write(fd, 130, len);
	error = init_kldunload(id);
	case_played(130, len, HEARD_CUT);
	n = os_write(fd, "four", 4);
	CASE_CHECK(error == 0 ? n < 0 : error == -EBUSY && n == 4);
	/* ENXIO where the descriptor's device is gone. */
	(void)os_close(fd);
	if (error != 0)
		CASE_EQ(init_kldunload(id), 0);
	CASE_EQ(card_find(), CARD_NONE);
}
