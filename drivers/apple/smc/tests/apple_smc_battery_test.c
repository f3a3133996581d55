/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on the model: what the battery does and what it is, in words.
 */
#include "apple_smc_test.h"

static const char *
battery(const char *name)
{
	static char text[256];
	char node[64];
	size_t len = sizeof(text);

	snprintf(node, sizeof(node), "battery.%s", name);
	TK_EQ(smc_sysctl(node, text, &len), 0);
	return (text);
}

TK_CASE(apple_smc_tells_what_the_battery_is)
{
	struct model_apple m;

	smc_up(&m);
	TK_STREQ(battery("health"), "good");
	TK_STREQ(battery("model"), "bq40z651");
	TK_STREQ(battery("serial"), "F8Y1234567890ABCD");
	TK_STREQ(battery("made"), "2026-03-17");
	TK_CHECK(model_smc_set_int(m.smc, "BBAD", 1));
	TK_STREQ(battery("health"), "dead");
	smc_down(&m);
}

TK_CASE(apple_smc_tells_no_date_that_is_none)
{
	struct model_apple m;
	char text[64];
	size_t len = sizeof(text);

	smc_up(&m);
	TK_CHECK(model_smc_set(m.smc, "BMDT", "34x317", 7));
	TK_EQ(smc_sysctl("battery.made", text, &len), EIO);
	smc_down(&m);
}

/* Keys that differ from those of a machine that charges. */
struct change {
	const char	*key;
	int64_t		 value;
};

static void
check_state(const char *state, const struct change *changes, size_t n)
{
	struct model_apple m;

	smc_up(&m);
	TK_STREQ(battery("state"), "charging");
	for (size_t i = 0; i < n; i++)
		TK_CHECK(model_smc_set_int(m.smc, changes[i].key,
		    changes[i].value));
	TK_STREQ(battery("state"), state);
	smc_down(&m);
}

#define	STATE(state, ...) do {						\
	static const struct change changes[] = { __VA_ARGS__ };		\
									\
	check_state(state, changes, nitems(changes));			\
} while (0)

TK_CASE(apple_smc_tells_when_the_battery_is_discharged)
{
	STATE("discharging", { "CH0R", 1 << 4 });
	STATE("discharging", { "CHCE", 0 });
	STATE("discharging", { "CHCC", 0 });
	STATE("discharging", { "AC-i", 99 });
	/* Full, but without power. */
	STATE("discharging", { "CHCE", 0 }, { "BSFC", 1 });
	/* The battery is busy, which says nothing. */
	STATE("charging", { "CH0R", 1 << 8 });
}

TK_CASE(apple_smc_tells_when_the_battery_is_full)
{
	STATE("full", { "BSFC", 1 });
	STATE("full", { "CHNC", 1 });
	STATE("full", { "BSFC", 1 }, { "CHNC", 1ll << 54 });
}

TK_CASE(apple_smc_tells_when_the_battery_is_held_back)
{
	/* By a setting that is above 32 bits. */
	STATE("held back", { "CHNC", 1ll << 53 });
	STATE("held back", { "CHNC", 1 << 14 });
	/* Busy: at the limit, and below it. */
	STATE("held back", { "CHNC", 1 << 23 }, { "CHWA", 1 }, { "BUIC", 75 });
	STATE("charging", { "CHNC", 1 << 23 }, { "CHWA", 1 }, { "BUIC", 74 });
	STATE("charging", { "CHNC", 1 << 23 }, { "BUIC", 90 });
}

TK_CASE(apple_smc_tells_the_state_without_its_reasons)
{
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_remove(m.smc, "CHNC"));
	TK_CHECK(model_smc_remove(m.smc, "CH0R"));
	TK_CHECK(model_smc_remove(m.smc, "AC-i"));
	model_apple_boot(&m, "t8103");
	TK_STREQ(battery("state"), "charging");
	TK_CHECK(model_smc_set_int(m.smc, "CHSC", 0));
	TK_STREQ(battery("state"), "held back");
	smc_down(&m);
}

TK_CASE(apple_smc_tells_no_state_where_a_key_lacks)
{
	struct model_apple m;
	char text[64];
	size_t len = sizeof(text);

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_remove(m.smc, "BSFC"));
	model_apple_boot(&m, "t8103");
	TK_EQ(smc_sysctl("battery.state", text, &len), ENOENT);
	TK_STREQ(battery("health"), "good");
	smc_down(&m);
}

/* Older firmware has a limit of 80 percent, newer one any. */
TK_CASE(apple_smc_tells_the_limit_of_the_charge)
{
	static const struct model_smc_config newer = { .newer = true };
	struct model_apple m;

	smc_up(&m);
	TK_EQ(smc_int("battery.limit_end"), 100);
	TK_CHECK(model_smc_set_int(m.smc, "CHWA", 1));
	TK_EQ(smc_int("battery.limit_start"), 75);
	TK_EQ(smc_int("battery.limit_end"), 80);
	smc_down(&m);
	model_apple_up(&m, "t8103", NULL, &newer);
	/* Bit 8: discharge down to it. */
	TK_CHECK(model_smc_set_int(m.smc, "CHLS", 0x100 | 60));
	TK_EQ(smc_int("battery.limit_start"), 55);
	TK_EQ(smc_int("battery.limit_end"), 60);
	TK_CHECK(model_smc_set_int(m.smc, "CHLS", 9));
	TK_EQ(smc_int("battery.limit_end"), 100);
	/* 100 percent or more is no limit. */
	TK_CHECK(model_smc_set_int(m.smc, "CHLS", 99));
	TK_EQ(smc_int("battery.limit_start"), 94);
	for (int end = 100; end <= 255; end += 155) {
		TK_CHECK(model_smc_set_int(m.smc, "CHLS", end));
		TK_EQ(smc_int("battery.limit_start"), 100);
		TK_EQ(smc_int("battery.limit_end"), 100);
	}
	smc_down(&m);
}

TK_CASE(apple_smc_of_a_desktop_tells_of_no_battery)
{
	static const struct model_smc_config desktop = { .desktop = true };
	struct model_apple m;
	char text[64];
	size_t len = sizeof(text);

	model_apple_up(&m, "t8103", NULL, &desktop);
	TK_EQ(smc_sysctl("battery.state", text, &len), ENOENT);
	TK_EQ(smc_sysctl("battery.health", text, &len), ENOENT);
	smc_down(&m);
}
