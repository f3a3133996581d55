/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The SMC driver on the model of the SMC: attach, sensors, keys, suspend,
 * detach.
 */
#include "apple_smc_test.h"
#include "apple/smc/apple_smc_reg.h"

#define	BATTERY	3034	/* 30.25 C, in tenths of a kelvin */

TK_CASE(apple_smc_attaches_on_each_machine)
{
	static const char *const trees[] = { "t8103", "t8112", "t6000" };
	struct model_apple m;

	for (size_t i = 0; i < nitems(trees); i++) {
		model_apple_up(&m, trees[i], NULL, NULL);
		TK_CHECK(smc_attached());
		TK_EQ(smc_int("temp.battery"), BATTERY);
		smc_down(&m);
	}
}

TK_CASE(apple_smc_shows_what_a_laptop_has)
{
	static const struct {
		const char	*name;
		int		 value;
	} sensors[] = {
		{ "temp.battery", BATTERY },
		{ "temp.charger", 3087 },
		{ "temp.wifi", 3149 },		/* 41.75 C */
		{ "temp.nand", 3064 },		/* 33.25 C, ioft */
		{ "temp.palm_rest", 3022 },
		{ "temp.palm_rest2", 3017 },
		{ "voltage.dc_in", 20125 },
		{ "current.dc_in", 1500 },
		{ "power.system", 12125 },
		{ "power.dc_in", 30250 },
		{ "power.rail_3v8", 2750 },
		{ "power.heatpipe", 4500 },
		{ "battery.charge", 74 },
		{ "battery.remaining", 3100 },
		{ "battery.full", 4200 },
		{ "battery.design", 4382 },
		{ "battery.voltage", 12345 },
		{ "battery.min_voltage", 9000 },
		{ "battery.current", -1250 },
		{ "battery.power", -15400 },
		{ "battery.temp", 3035 },
		{ "battery.cycles", 77 },
		{ "battery.to_empty", -1 },
		{ "battery.to_full", 42 },
		{ "battery.charged", 0 },
		{ "battery.bad", 0 },
		{ "adapter.voltage", 20000 },
		{ "adapter.current_limit", 3250 },
		{ "adapter.power_limit", 65000 },
		{ "acline", 1 },
		{ "lid", 0 },
		{ "fan.0.speed", 1331 },		/* 1330.5 */
		{ "fan.0.minimum", 1200 },
		{ "fan.0.maximum", 5400 },
		{ "fan.0.target", 1330 },
		{ "fan.0.manual", 0 },
	};
	struct model_apple m;

	smc_up(&m);
	for (size_t i = 0; i < nitems(sensors); i++) {
		int value = smc_int(sensors[i].name);

		if (value != sensors[i].value)
			printf("%s is %d\n", sensors[i].name, value);
		TK_EQ(value, sensors[i].value);
	}
	smc_down(&m);
}

TK_CASE(apple_smc_shows_only_what_a_desktop_has)
{
	static const struct model_smc_config desktop = { .desktop = true };
	struct model_apple m;
	int value;

	model_apple_up(&m, "t8103", NULL, &desktop);
	TK_CHECK(smc_attached());
	TK_EQ(smc_int("temp.wifi"), 3149);
	TK_EQ(smc_int_error("temp.battery", &value), ENOENT);
	TK_EQ(smc_int_error("battery.charge", &value), ENOENT);
	TK_EQ(smc_int_error("lid", &value), ENOENT);
	TK_EQ(smc_int_error("acline", &value), ENOENT);
	smc_down(&m);
}

TK_CASE(apple_smc_follows_a_sensor)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_set_micro(m.smc, "TB0T", -12500000));
	TK_EQ(smc_int("temp.battery"), 2607);	/* 260.65 K */
	TK_CHECK(model_smc_set_micro(m.smc, "TB0T", 99990000));
	TK_EQ(smc_int("temp.battery"), 3731);
	TK_CHECK(model_smc_set_int(m.smc, "MSLD", 1));
	TK_EQ(smc_int("lid"), 1);
	smc_down(&m);
}

/* Bits of a float, and the temperature that the driver makes of them. */
TK_CASE(apple_smc_clamps_impossible_floats)
{
	static const struct {
		uint32_t	bits;
		int		error;
		int		value;
	} floats[] = {
		{ 0x00000000, 0, 2732 },		/* 0 */
		{ 0x80000000, 0, 2732 },		/* -0 */
		{ 0x00000001, 0, 2732 },		/* denormal */
		{ 0x007fffff, 0, 2732 },
		{ 0x00800000, 0, 2732 },		/* 2^-126 */
		{ 0x3dcccccd, 0, 2733 },		/* 0.1 */
		{ 0x41f20000, 0, 3034 },		/* 30.25 */
		{ 0xc1480000, 0, 2607 },		/* -12.5 */
		{ 0x4b000000, 0, 21474568 },		/* 2^23 */
		{ 0x7f7fffff, 0, 21474568 },		/* most */
		{ 0x7f800000, 0, 21474568 },		/* infinite */
		{ 0xff7fffff, 0, -21472105 },
		{ 0xff800000, 0, -21472105 },
		{ 0x7f800001, EPROTO, 0 },		/* not a number */
		{ 0xffffffff, EPROTO, 0 },
	};
	struct model_apple m;
	int value;

	smc_up(&m);
	for (size_t i = 0; i < nitems(floats); i++) {
		TK_CHECK(model_smc_set(m.smc, "TB0T", &floats[i].bits, 4));
		TK_EQ(smc_int_error("temp.battery", &value), floats[i].error);
		if (floats[i].error == 0)
			TK_EQ(value, floats[i].value);
	}
	smc_down(&m);
}

TK_CASE(apple_smc_finds_temperatures_by_index)
{
	static const uint32_t degrees = 0x42280000;	/* 42 */
	struct model_apple m;
	int value;

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_add(m.smc, "Tp01", "flt ", 4, MODEL_SMC_READ,
	    &degrees));
	TK_CHECK(model_smc_add(m.smc, "Tp.1", "flt ", 4, MODEL_SMC_READ,
	    &degrees));
	TK_CHECK(model_smc_add(m.smc, "Tp02", "ui16", 2, MODEL_SMC_READ,
	    &degrees));
	TK_CHECK(model_smc_add(m.smc, "Tp03", "flt ", 4, MODEL_SMC_WRITE,
	    &degrees));
	TK_CHECK(model_smc_add(m.smc, "Up01", "flt ", 4, MODEL_SMC_READ,
	    &degrees));
	model_apple_boot(&m, "t8103");
	TK_EQ(smc_int("temp.Tp01"), 3152);
	TK_EQ(smc_int_error("temp.Tp02", &value), ENOENT);
	TK_EQ(smc_int_error("temp.Tp03", &value), ENOENT);
	TK_EQ(smc_int_error("temp.Up01", &value), ENOENT);
	/*
	 * A sensor with a name of its own is not shown under its key as well.
	 */
	TK_EQ(smc_int_error("temp.TB0T", &value), ENOENT);
	smc_down(&m);
}

/* Read each temperature of the model.  Returns how many have no node. */
static unsigned int
temperatures_missing(struct model_apple *m)
{
	struct model_smc_key key;
	unsigned int missing = 0;
	char name[16];
	int value;

	for (unsigned int i = 0; model_smc_key_at(m->smc, i, &key); i++) {
		if (key.name[0] != 'T' || strcmp(key.type, "si32") == 0 ||
		    strcmp(key.name, "TB0T") == 0 ||
		    strcmp(key.name, "TCHP") == 0 ||
		    strcmp(key.name, "TH0x") == 0 ||
		    strcmp(key.name, "TW0P") == 0 ||
		    strcmp(key.name, "Ts0P") == 0 ||
		    strcmp(key.name, "Ts1P") == 0)
			continue;
		snprintf(name, sizeof(name), "temp.%s", key.name);
		if (smc_int_error(name, &value) != 0)
			missing++;
	}
	return (missing);
}

/*
 * A machine of 2026 with the most temperatures and all differences at once.
 * Its answers to WRITE always state a length.
 */
TK_CASE(apple_smc_of_newer_firmware_attaches_and_shows_all)
{
	static const struct model_smc_config smc = {
		.newer = true, .temperatures = 375,
	};
	struct model_rtkit_config cfg;
	struct model_apple m;
	int value;

	model_rtkit_config_newer_smc(&cfg);
	model_apple_make(&m, "t6020", &cfg, &smc);
	pause("hello", hz / 100);
	TK_EQ(model_asc_waiting(m.asc), 1);
	model_apple_boot(&m, "t6020");
	TK_CHECK(smc_attached());
	TK_CHECK(model_rtkit_started(m.rtkit, MODEL_RTKIT_EP_TRACEKIT));
	TK_EQ(temperatures_missing(&m), 0);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	TK_EQ(smc_int("battery.remaining"), 3100);
	TK_EQ(smc_int("battery.critical"), 0);
	TK_EQ(smc_choose("B0RM"), 0);
	TK_STREQ(smc_chosen(), "B0RM: 3100 (ui16 r)");
	/* This key is no temperature. */
	TK_EQ(smc_int_error("temp.TVDi", &value), ENOENT);
	TK_CHECK(!printed("not all are shown"));
	TK_CHECK(!printed("cannot"));
	TK_EQ(smc_count("malformed"), 0);
	smc_down(&m);
}

TK_CASE(apple_smc_says_so_if_it_does_not_show_all_temperatures)
{
	static const struct model_smc_config many = { .temperatures = 2100 };
	struct model_apple m;

	model_apple_up(&m, "t8103", NULL, &many);
	TK_CHECK(smc_attached());
	TK_EQ(times_printed("apple_smc0: more than 2048 temperatures: not all "
	    "are shown"), 1);
	/* Keys that begin with T.  Three more of them are no temperatures. */
	TK_EQ(temperatures_missing(&m), 2100 + 3 - 2048);
	smc_down(&m);
}

/*
 * Sensors of parts that are off: their values are shown, and described as such.
 */
TK_CASE(apple_smc_shows_parked_sensors)
{
	static const int32_t parked = (int32_t)0xc1800000;	/* -16 */
	struct sysctl_oid *temp, *oid;
	const char *descr = NULL;
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_add(m.smc, "Tp01", "flt ", 4, MODEL_SMC_READ,
	    &parked));
	model_apple_boot(&m, "t8103");
	TK_EQ(smc_int("temp.Tp01"), 2572);
	SYSCTL_FOREACH(temp, SYSCTL_CHILDREN(
	    device_get_sysctl_tree(smc_device()))) {
		if (strcmp(temp->oid_name, "temp") != 0)
			continue;
		SYSCTL_FOREACH(oid, SYSCTL_CHILDREN(temp))
			if (strcmp(oid->oid_name, "Tp01") == 0)
				descr = oid->oid_descr;
	}
	TK_CHECK(descr != NULL && strstr(descr, "below 15 C") != NULL);
	smc_down(&m);
}

/*
 * The charge as a real number tells the byte order.  Without it, the size of
 * BCF0 does.
 */
TK_CASE(apple_smc_finds_out_the_order_of_the_charge)
{
	static const struct {
		bool		newer;
		uint32_t	real;		/* SBAR; 0: there is none */
		uint8_t		bytes[2];
		int		charge;
	} cases[] = {
		{ false, 0, { 0x0c, 0x1c }, 3100 },
		{ true, 0, { 0x1c, 0x0c }, 3100 },
		/* 4998 mAh as a real number; the bytes mean 4947 or 21267. */
		{ false, 0x459c3000, { 0x53, 0x13 }, 4947 },
		{ true, 0x459c3000, { 0x13, 0x53 }, 4947 },
		/* Bytes that are the same in either order. */
		{ false, 0x459c3000, { 0x13, 0x13 }, 0x1313 },
	};
	struct model_apple m;

	for (size_t i = 0; i < nitems(cases); i++) {
		const struct model_smc_config smc = {
			.newer = cases[i].newer,
		};

		model_apple_make(&m, "t8103", NULL, &smc);
		TK_CHECK(model_smc_set(m.smc, "B0RM", cases[i].bytes, 2));
		if (cases[i].real != 0)
			TK_CHECK(model_smc_add(m.smc, "SBAR", "flt ", 4,
			    MODEL_SMC_READ | MODEL_SMC_LE, &cases[i].real));
		model_apple_boot(&m, "t8103");
		TK_EQ(smc_int("battery.remaining"), cases[i].charge);
		smc_down(&m);
	}
}

TK_CASE(apple_smc_has_keys_without_a_value)
{
	static const struct model_smc_config newer = { .newer = true };
	struct model_apple m;
	uint8_t buf[4];
	size_t len = 9;

	model_apple_up(&m, "t8103", NULL, &newer);
	TK_CHECK(smc_attached());
	TK_EQ(smc_choose("CHTE"), 0);
	TK_STREQ(smc_chosen(), "CHTE: no value (ui32 rw)");
	TK_EQ(apple_smc_read(smc_device(), KEY("CHTE"), buf, sizeof(buf),
	    &len), 0);
	TK_EQ(len, 0);
	smc_down(&m);
}

TK_CASE(apple_smc_looks_for_no_temperatures_when_told_so)
{
	static const uint32_t degrees = 0x42280000;
	struct model_apple m;
	int value;

	TK_EQ(kern_setenv("hw.apple_smc.discover", "0"), 0);
	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_add(m.smc, "Tp01", "flt ", 4, MODEL_SMC_READ,
	    &degrees));
	model_apple_boot(&m, "t8103");
	TK_EQ(smc_int_error("temp.Tp01", &value), ENOENT);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down(&m);
}

TK_CASE(apple_smc_counts_fans)
{
	static const uint32_t speed = 0x44fa0000;	/* 2000 */
	struct model_apple m;
	int value;

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_add(m.smc, "F1Ac", "flt ", 4, MODEL_SMC_READ,
	    &speed));
	TK_CHECK(model_smc_add(m.smc, "F3Ac", "flt ", 4, MODEL_SMC_READ,
	    &speed));
	model_apple_boot(&m, "t8103");
	TK_EQ(smc_int("fan.1.speed"), 2000);
	TK_EQ(smc_int_error("fan.1.minimum", &value), ENOENT);
	TK_EQ(smc_int_error("fan.3.speed", &value), ENOENT);
	smc_down(&m);
}

/*
 * Keys
 */

TK_CASE(apple_smc_shows_a_key_of_any_type)
{
	static const struct {
		const char	*name;
		const char	*type;
		uint8_t		 size;
		uint8_t		 value[16];
		const char	*text;
	} keys[] = {
		{ "xa00", "ui8 ", 1, { 0xff }, "xa00: 255 (ui8  r)" },
		{ "xa01", "ui16", 2, { 0x39, 0x30 }, "xa01: 12345 (ui16 r)" },
		{ "xa02", "ui32", 4, { 0xff, 0xff, 0xff, 0xff },
		    "xa02: 4294967295 (ui32 r)" },
		{ "xa03", "ui64", 8, { 1, 0, 0, 0, 0, 0, 0, 0x80 },
		    "xa03: 9223372036854775809 (ui64 r)" },
		{ "xa04", "si8 ", 1, { 0x80 }, "xa04: -128 (si8  r)" },
		{ "xa05", "si16", 2, { 0xfe, 0xff }, "xa05: -2 (si16 r)" },
		{ "xa06", "si32", 4, { 0, 0, 0, 0x80 },
		    "xa06: -2147483648 (si32 r)" },
		{ "xa07", "si64", 8, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff }, "xa07: -1 (si64 r)" },
		{ "xa08", "flag", 1, { 1 }, "xa08: 1 (flag r)" },
		{ "xa09", "flt ", 4, { 0, 0, 0xf2, 0x41 },
		    "xa09: 30.250 (flt  r)" },
		{ "xa10", "flt ", 4, { 0, 0, 0, 0xbf },
		    "xa10: -0.500 (flt  r)" },
		{ "xa11", "flt ", 4, { 0, 0, 0xc0, 0x7f },
		    "xa11: not a number (flt  r)" },
		{ "xa12", "ioft", 8, { 0, 0x80, 3, 0, 0, 0, 0, 0 },
		    "xa12: 3.500 (ioft r)" },
		{ "xa13", "ioft", 8, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 0xff }, "xa13: 2147483.647 (ioft r)" },
		{ "xa14", "ch8*", 8, "J293\n\0xy", "xa14: J293? (ch8* r)" },
		{ "xa15", "hex_", 3, { 0, 0xab, 0x10 },
		    "xa15: 00 ab 10 (hex_ r)" },
		{ "xa16", "{abc", 2, { 1, 2 }, "xa16: 01 02 ({abc r)" },
		/* The size is not that of the type. */
		{ "xa17", "ui32", 2, { 1, 2 }, "xa17: 01 02 (ui32 r)" },
		{ "xa18", "flt ", 2, { 1, 2 }, "xa18: 01 02 (flt  r)" },
	};
	struct model_apple m;

	model_apple_make(&m, "t8103", NULL, NULL);
	for (size_t i = 0; i < nitems(keys); i++)
		TK_CHECK(model_smc_add(m.smc, keys[i].name, keys[i].type,
		    keys[i].size, MODEL_SMC_READ | MODEL_SMC_LE,
		    keys[i].value));
	model_apple_boot(&m, "t8103");
	for (size_t i = 0; i < nitems(keys); i++) {
		TK_EQ(smc_choose(keys[i].name), 0);
		TK_STREQ(smc_chosen(), keys[i].text);
	}
	smc_down(&m);
}

TK_CASE(apple_smc_picks_only_keys_that_there_are)
{
	struct model_apple m;
	char count[32];

	smc_up(&m);
	snprintf(count, sizeof(count), "#KEY: %u (ui32 r)",
	    model_smc_key_count(m.smc));
	TK_STREQ(smc_chosen(), count);
	TK_EQ(smc_choose("B0RM"), 0);
	TK_STREQ(smc_chosen(), "B0RM: 3100 (ui16 r)");
	TK_EQ(smc_choose("NTAP"), 0);
	TK_STREQ(smc_chosen(), "NTAP: 1 (flag rw)");
	TK_EQ(smc_choose("none"), ENOENT);
	TK_EQ(smc_choose("NTA"), EINVAL);
	TK_EQ(smc_choose("NTAPS"), EINVAL);
	TK_EQ(smc_choose("N\001AP"), EINVAL);
	TK_EQ(smc_choose(""), EINVAL);
	TK_STREQ(smc_chosen(), "NTAP: 1 (flag rw)");
	smc_down(&m);
}

TK_CASE(apple_smc_has_keys_for_other_drivers)
{
	static const uint8_t six[6] = { 1, 2, 3, 4, 5, 6 };
	struct apple_smc_key_info info;
	struct model_smc_key key;
	struct model_apple m;
	uint32_t first;
	uint8_t buf[255];
	size_t len;

	model_apple_make(&m, "t8103", NULL, NULL);
	TK_CHECK(model_smc_add(m.smc, "xaaa", "hex_", 6, MODEL_SMC_READ, six));
	model_apple_boot(&m, "t8103");
	TK_EQ(apple_smc_key_info(smc_device(), KEY("xaaa"), &info), 0);
	TK_EQ(info.aki_size, 6);
	TK_EQ(info.aki_type, KEY("hex_"));
	TK_EQ(info.aki_flags, APPLE_SMC_FLAG_READABLE);
	/* More than four bytes, in a larger buffer. */
	TK_EQ(apple_smc_read(smc_device(), KEY("xaaa"), buf, sizeof(buf),
	    &len), 0);
	TK_EQ(len, 6);
	TK_EQ(memcmp(buf, six, sizeof(six)), 0);
	TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"), "\0\0\372\104", 4),
	    0);
	TK_EQ(smc_int("fan.0.target"), 2000);
	TK_EQ(apple_smc_key_by_index(smc_device(), 0, &first), 0);
	TK_CHECK(model_smc_key_at(m.smc, 0, &key));
	TK_EQ(first, key.key);
	TK_EQ(apple_smc_key_by_index(smc_device(),
	    model_smc_key_count(m.smc), &first), ENOENT);
	smc_down(&m);
}

TK_CASE(apple_smc_refuses_impossible_sizes)
{
	struct model_apple m;
	uint8_t buf[256];
	size_t len;

	smc_up(&m);
	TK_EQ(apple_smc_read(smc_device(), KEY("#KEY"), buf, 0, &len),
	    EINVAL);
	TK_EQ(apple_smc_read(smc_device(), KEY("#KEY"), buf, 256, &len),
	    EINVAL);
	TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"), buf, 0), EINVAL);
	TK_EQ(apple_smc_write(smc_device(), KEY("F0Tg"), buf, 256), EINVAL);
	TK_EQ(apple_smc_rw(smc_device(), KEY("gP00"), buf, 4, buf, 0, &len),
	    EINVAL);
	smc_down(&m);
}

TK_CASE(apple_smc_refuses_to_read_over_what_it_writes)
{
	const uint32_t key = KEY("gP00");
	struct model_apple m;
	uint8_t buf[8] = { [3] = APPLE_SMC_PIN_OUTPUT };
	size_t len;

	smc_up(&m);
	TK_EQ(apple_smc_rw(smc_device(), key, buf, 4, buf, 4, &len), EINVAL);
	TK_EQ(apple_smc_rw(smc_device(), key, buf, 4, buf + 3, 4, &len),
	    EINVAL);
	TK_EQ(apple_smc_rw(smc_device(), key, buf + 3, 4, buf, 4, &len),
	    EINVAL);
	TK_EQ(apple_smc_rw(smc_device(), key, buf, 4, buf + 4, 4, &len), 0);
	smc_down(&m);
}

TK_CASE(apple_smc_says_why_a_key_fails)
{
	static const struct {
		uint8_t	result;
		int	error;
	} results[] = {
		{ APPLE_SMC_BAD_COMMAND, EOPNOTSUPP },
		{ APPLE_SMC_BAD_PARAMETER, EINVAL },
		{ APPLE_SMC_NOT_FOUND, ENOENT },
		{ APPLE_SMC_NOT_READABLE, EACCES },
		{ APPLE_SMC_NOT_WRITABLE, EACCES },
		{ APPLE_SMC_SIZE_MISMATCH, EMSGSIZE },
		{ APPLE_SMC_BAD_ARGUMENT, EINVAL },
		{ APPLE_SMC_TIMEOUT, EIO },
		{ APPLE_SMC_BAD_INDEX, ENOENT },
		{ APPLE_SMC_UNSUPPORTED, EOPNOTSUPP },
		{ 0x01, EIO }, { 0x80, EIO }, { 0xff, EIO },
	};
	struct model_apple m;
	int value;

	smc_up(&m);
	for (size_t i = 0; i < nitems(results); i++) {
		model_smc_fail(m.smc, "TB0T", results[i].result);
		TK_EQ(smc_int_error("temp.battery", &value),
		    results[i].error);
	}
	model_smc_fail(m.smc, "TB0T", 0);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down(&m);
}

/* Each thread must get the value that it asked for. */
static void
read_battery(void *arg)
{
	for (int i = 0; i < 50; i++)
		if (smc_int("battery.voltage") == 12345)
			(*(int *)arg)++;
}

static void
read_fan(void *arg)
{
	for (int i = 0; i < 50; i++)
		if (smc_int("fan.0.minimum") == 1200 &&
		    smc_int("power.rail_3v8") == 2750)
			(*(int *)arg)++;
}

TK_CASE(apple_smc_serves_many_threads)
{
	struct test_thread t[4];
	int good[4] = { 0 };
	struct model_apple m;

	smc_up(&m);
	for (size_t i = 0; i < nitems(t); i++)
		test_thread_start(&t[i], i % 2 == 0 ? read_battery : read_fan,
		    &good[i]);
	for (size_t i = 0; i < nitems(t); i++)
		test_thread_join(&t[i]);
	for (size_t i = 0; i < nitems(t); i++)
		TK_EQ(good[i], 50);
	TK_EQ(smc_count("timeouts"), 0);
	TK_EQ(smc_count("stray"), 0);
	smc_down(&m);
}

/*
 * Attach, suspend, detach
 */

TK_CASE(apple_smc_attaches_while_the_kernel_is_cold)
{
	struct model_apple m;

	cold = 1;
	model_apple_up(&m, "t8103", NULL, NULL);
	TK_CHECK(smc_attached());
	TK_EQ(smc_int("temp.battery"), BATTERY);
	cold = 0;
	TK_EQ(smc_int("power.rail_3v8"), 2750);
	TK_EQ(smc_count("timeouts"), 0);
	smc_down(&m);
}

TK_CASE(apple_smc_detaches_without_notifications)
{
	struct model_apple m;

	smc_up(&m);
	TK_CHECK(model_smc_notifies(m.smc));
	TK_EQ(tk_device_detach(smc_device()), 0);
	TK_EQ(model_smc_get_int(m.smc, "NTAP"), 0);
	TK_STREQ(model_rtkit_first_violation(m.rtkit), "");
	TK_EQ(model_apple_down(&m), 0);
}

TK_CASE(apple_smc_attaches_again)
{
	struct model_apple m;

	smc_up(&m);
	for (int i = 0; i < 3; i++) {
		device_t dev = smc_device();

		TK_EQ(tk_device_detach(dev), 0);
		TK_EQ(tk_device_attach(dev), 0);
		TK_EQ(smc_int("battery.charge"), 74);
	}
	smc_down(&m);
}

/* Reads until there is no device any more. */
static void
read_until_gone(void *arg)
{
	int value, error;

	do {
		error = smc_int_error("temp.battery", &value);
	} while (error == 0);
	*(int *)arg = error;
}

TK_CASE(apple_smc_detaches_while_it_is_read)
{
	struct model_apple m;
	struct test_thread t;
	int error = 0;

	smc_up(&m);
	test_thread_start(&t, read_until_gone, &error);
	pause("read", 2);
	TK_EQ(tk_device_detach(smc_device()), 0);
	test_thread_join(&t);
	TK_EQ(error, ENOENT);
	TK_EQ(model_apple_down(&m), 0);
}

TK_CASE(apple_smc_sleeps_and_wakes)
{
	struct model_apple m;
	int value;

	smc_up(&m);
	for (int i = 0; i < 3; i++) {
		TK_EQ(tk_device_suspend(smc_device()), 0);
		TK_EQ(model_rtkit_state(m.rtkit).iop_power,
		    MODEL_RTKIT_POWER_QUIESCED);
		TK_EQ(smc_int_error("temp.battery", &value), ENXIO);
		TK_EQ(tk_device_resume(smc_device()), 0);
		TK_EQ(smc_int("temp.battery"), BATTERY);
		TK_CHECK(model_smc_notifies(m.smc));
	}
	smc_down(&m);
}

TK_CASE(apple_smc_that_refuses_to_sleep_leaves_no_child_asleep)
{
	struct model_apple m;
	device_t gpio;
	int value;

	smc_up(&m);
	gpio = tk_device_find("gpio0");
	TK_CHECK(gpio != NULL && tk_device_attached(gpio));
	model_rtkit_hang(m.rtkit, true);
	TK_EQ(tk_device_suspend(smc_device()), ETIMEDOUT);
	TK_CHECK(!device_is_suspended(gpio));
	TK_EQ(times_printed("apple_smc0: the SMC has crashed"), 1);
	TK_EQ(smc_int_error("temp.battery", &value), EIO);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_that_does_not_wake_fails_at_once)
{
	struct model_apple m;
	int value;

	smc_up(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	model_rtkit_fault(m.rtkit, "silent-smc-init", 1);
	/* Newbus ignores whether a resume worked. */
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_CHECK(printed("apple_smc0: the SMC does not start: ETIMEDOUT"));
	TK_EQ(smc_int_error("temp.battery", &value), ENXIO);
	/* The next time it wakes. */
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_whose_coprocessor_did_not_wake_wakes_later)
{
	struct model_apple m;
	int value;

	smc_up(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	model_rtkit_hang(m.rtkit, true);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_CHECK(printed("apple_smc0: rtkit: cannot boot: "));
	TK_EQ(smc_int_error("temp.battery", &value), ENXIO);
	model_rtkit_hang(m.rtkit, false);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down_anyhow(&m);
}

TK_CASE(apple_smc_wakes_its_children_though_it_misses_a_command)
{
	struct model_apple m;

	smc_up(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	model_rtkit_fault(m.rtkit, "silent-smc-reply", 1);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_CHECK(printed("apple_smc0: cannot turn notifications on: "
	    "ETIMEDOUT"));
	TK_CHECK(!device_is_suspended(tk_device_find("gpio0")));
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down_anyhow(&m);
}

/* A part behind the SMC has not answered it, but the SMC has answered. */
TK_CASE(apple_smc_attaches_though_a_part_behind_it_does_not_answer)
{
	static const char *const keys[] = { "BCF0", "TB0T", "B0RM", "gP13" };
	struct model_apple m;

	for (size_t i = 0; i < nitems(keys); i++) {
		model_apple_make(&m, "t8103", NULL, NULL);
		model_smc_fail(m.smc, keys[i], APPLE_SMC_TIMEOUT);
		model_apple_boot(&m, "t8103");
		TK_CHECK(smc_attached());
		smc_down_anyhow(&m);
	}
}

TK_CASE(apple_smc_reports_an_smc_that_wakes_without_notifications)
{
	struct model_apple m;

	smc_up(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	model_smc_fail(m.smc, "NTAP", APPLE_SMC_NOT_WRITABLE);
	TK_EQ(tk_device_resume(smc_device()), 0);
	TK_EQ(times_printed("apple_smc0: cannot turn notifications on: EACCES"),
	    1);
	/* Everything else works. */
	TK_EQ(smc_int("temp.battery"), BATTERY);
	smc_down(&m);
}

TK_CASE(apple_smc_detaches_asleep)
{
	struct model_apple m;

	smc_up(&m);
	TK_EQ(tk_device_suspend(smc_device()), 0);
	smc_down(&m);
}

TK_CASE(apple_smc_attach_fails_cleanly_wherever_it_does)
{
	static const char *const calls[] = {
		"sysctl_add_oid", "bus_alloc_resource", "device_add_child",
		"taskqueue_start_threads", "bus_setup_intr",
	};
	struct model_apple m;
	device_t dev;
	int error;

	smc_up(&m);
	dev = smc_device();
	for (size_t i = 0; i < nitems(calls); i++)
		for (int n = 1; n < 100; n++) {
			TK_EQ(tk_device_detach(dev), 0);
			tk_fault_set(calls[i], n);
			error = tk_device_attach(dev);
			tk_fault_clear();
			if (error == 0)
				break;
			TK_EQ(tk_device_attach(dev), 0);
			TK_EQ(smc_int("temp.battery"), BATTERY);
		}
	smc_down(&m);
}

/* One line for each, in the order of the tree. */
TK_CASE(apple_smc_says_what_is_wrong_with_a_device_tree)
{
	static const struct {
		const char	*node;
		const char	*line;
	} trees[] = {
		{ "smc-without-mboxes@23e400000",
		    "apple_smc0: mboxes[0]: there is no such entry\n" },
		{ "smc-of-nothing@23e400000",
		    "apple_smc1: mboxes[0]: the entry is malformed\n" },
		{ "smc-of-half-a-cell@23e400000",
		    "apple_smc2: mboxes[0]: the entry is malformed\n" },
		{ "smc-of-cells@23e400000",
		    "apple_smc3: mboxes[0]: the entry is not an Apple "
		    "mailbox\n" },
		{ "smc-of-no-mbox@23e400000",
		    "apple_smc4: mboxes[0]: the entry is not an Apple "
		    "mailbox\n" },
		{ "smc-of-mbox-without-names@23e400000",
		    "apple_smc5: mboxes[0]: the mailbox is not attached\n" },
		{ "smc-of-disabled-mbox@23e400000",
		    "apple_smc6: mboxes[0]: the mailbox is not attached\n" },
		/* The seventh SMC has everything that it needs. */
		{ "smc-with-half-a-reg@23e400000",
		    "apple_smc8: cannot map the SRAM, register range 1: " },
		{ "smc-with-short-sram@23e400000",
		    "apple_smc9: cannot map the SRAM, register range 1: " },
		{ "smc-with-empty-sram@23e400000",
		    "apple_smc10: cannot map the SRAM, register range 1: " },
		{ "smc-without-sram@23e400000",
		    "apple_smc11: no \"sram\" in the device tree's "
		    "\"reg-names\": ENOENT\n" },
		{ "smc-with-another-name@23e400000",
		    "apple_smc12: no \"sram\" in the device tree's "
		    "\"reg-names\": ENOENT\n" },
		{ "smc-without-reg-names@23e400000",
		    "apple_smc13: no \"sram\" in the device tree's "
		    "\"reg-names\": ENOENT\n" },
		{ "smc-with-endless-names@23e400000",
		    "apple_smc14: no \"sram\" in the device tree's "
		    "\"reg-names\": EINVAL\n" },
		{ "smc-without-reg",
		    "apple_smc15: cannot map the SRAM, register range 1: " },
		{ "smc-unknown@23e400000", NULL },
		{ "smc-disabled@23e400000", NULL },
	};
	struct model_apple m;
	char path[64];

	model_apple_make(&m, "broken-smc", NULL, NULL);
	model_apple_boot(&m, "broken-smc");
	for (size_t i = 0; i < nitems(trees); i++) {
		device_t dev;

		snprintf(path, sizeof(path), "/soc/%s", trees[i].node);
		dev = tk_ofw_device(path);
		TK_CHECK(dev == NULL || !tk_device_attached(dev));
		if (trees[i].line != NULL && times_printed(trees[i].line) != 1)
			panic("not said once: %s", trees[i].line);
	}
	/* The only other line about them says what they are. */
	TK_EQ(times_printed("\napple_smc10: "), 2);
	TK_CHECK(!printed("apple_smc16"));
	TK_EQ(model_apple_down(&m), 0);
}

/*
 * All threads at once, in real time.
 */
struct crowd {
	struct test_thread t[4];
	volatile bool	 stop;
};

static void
read_in_the_crowd(void *arg)
{
	struct crowd *c = arg;
	int value;

	while (!c->stop && smc_int_error("battery.voltage", &value) == 0) {
		TK_EQ(value, 12345);
		if (smc_int_error("power.rail_3v8", &value) == 0)
			TK_EQ(value, 2750);
	}
}

TK_CASE_THREADED(apple_smc_serves_a_crowd_until_it_goes)
{
	struct crowd c = { .stop = false };
	struct model_apple m;

	smc_up(&m);
	for (size_t i = 0; i < nitems(c.t); i++)
		test_thread_start(&c.t[i], read_in_the_crowd, &c);
	for (int i = 0; i < 20; i++) {
		(void)model_smc_lid(m.smc, i % 2 == 0);
		(void)model_smc_charger(m.smc, i % 2 == 0);
		pause("crowd", hz / 100);
	}
	TK_EQ(tk_device_suspend(smc_device()), 0);
	TK_EQ(tk_device_resume(smc_device()), 0);
	pause("crowd", hz / 100);
	TK_EQ(tk_device_detach(smc_device()), 0);
	c.stop = true;
	for (size_t i = 0; i < nitems(c.t); i++)
		test_thread_join(&c.t[i]);
	TK_STREQ(model_rtkit_first_violation(m.rtkit), "");
	TK_EQ(model_apple_down(&m), 0);
}
