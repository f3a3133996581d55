/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Cases: what the card shows of itself. */

#include <sys/soundcard.h>
#include <sys/errno.h>

#include "card.h"
#include "cases.h"

#define	PERIODS	"stream0.periods"
#define	ERRORS	"stream0.errors"

void
attaches_as_a_pcm_card(void)
{
	char text[64];

	card_string("%desc", text, sizeof(text));
	CASE_CHECK(os_contains(text, CARD_DESC));
	card_string("%driver", text, sizeof(text));
	CASE_CHECK(os_contains(text, "pcm"));
	card_string("%parent", text, sizeof(text));
	CASE_CHECK(os_contains(text, "virtio_"));
}

void
sndstat_names_the_card(void)
{
	static char text[4096];
	char line[64];
	long len;
	int fd;

	os_format(line, sizeof(line), "pcm%d: <" CARD_DESC "> (play",
	    card_unit());
	fd = os_open_read("/dev/sndstat");
	CASE_CHECK(fd >= 0);
	len = os_read(fd, text, sizeof(text) - 1);
	CASE_CHECK(len > 0);
	text[len] = '\0';
	card_close(fd);
	if (!os_contains(text, line))
		case_fail("\"%s\" is not in /dev/sndstat", line);
}

void
mixer_opens(void)
{
	char path[32];
	int fd, volume = -1;

	fd = os_open_read(os_format(path, sizeof(path), "/dev/mixer%d",
	    card_unit()));
	CASE_CHECK(fd >= 0);
	CASE_EQ(os_ioctl(fd, SOUND_MIXER_READ_PCM, &volume), 0);
	CASE_CHECK((volume & 0xff) <= 100 && (volume >> 8 & 0xff) <= 100);
	card_close(fd);
}

void
counters_move(void)
{
	const size_t len = 12000 * card_s16_48000.frame;
	uint64_t errors, periods;
	int fd;

	card_direct();
	periods = card_number(PERIODS);
	errors = card_number(ERRORS);
	fd = card_open();
	card_setup(fd, &card_s16_48000);
	card_fragments(fd, 8, 12);
	card_write(fd, 11, len);
	card_sync(fd);
	card_close(fd);
	case_played(11, len, HEARD_WHOLE);
	/* A fragment is at most two periods long, and at least one. */
	CASE_CHECK(card_number(PERIODS) >= periods + len / 4096);
	CASE_EQ(card_number(ERRORS), errors);
}
