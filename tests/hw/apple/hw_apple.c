/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Cases of Apple's drivers, as an ATF test program for FreeBSD on a Mac.  On
 * other machines every case is skipped, and says why.
 *
 * The cases only read sysctl variables.  To read one may send the SMC a command
 * that reads a key.  None writes a key, so nothing changes about charging, fans
 * or memory that survives a restart.  What a case reads is printed, for a
 * report.
 */

#include <sys/types.h>
#include <sys/sysctl.h>

#include <atf-c.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define	UNITS		8		/* looked at */
#define	NAME_MAX_LEN	256
#define	MIB_MAX		24
#define	COLDEST		2000		/* tenths of a kelvin: -73 C */
#define	HOTTEST		4200		/* 147 C */
#define	READS		50

#define	HOLDS(cond) do {						\
	if (!(cond))							\
		atf_tc_fail("%s:%d: %s does not hold", __FILE__,	\
		    __LINE__, #cond);					\
} while (0)

/* What a crash log begins with. */
static const char crash_magic[4] = { 'E', 'H', 'L', 'C' };

/* The unit of the first SMC; skips the case if there is none. */
static int
smc_unit(void)
{
	char name[64], desc[128];
	size_t len;

	for (int unit = 0; unit < UNITS; unit++) {
		snprintf(name, sizeof(name), "dev.apple_smc.%d.%%desc", unit);
		len = sizeof(desc);
		if (sysctlbyname(name, desc, &len, NULL, 0) == 0)
			return (unit);
	}
	atf_tc_skip("no device of apple_smc(4): this is no Mac, or its driver "
	    "is not loaded");
}

/* "dev.apple_smc.0.rtkit.sent" of "rtkit.sent" */
static const char *
smc_name(const char *name)
{
	static char full[NAME_MAX_LEN];

	snprintf(full, sizeof(full), "dev.apple_smc.%d.%s", smc_unit(), name);
	return (full);
}

static uint64_t
counter(const char *name)
{
	uint64_t value = 0;
	size_t len = sizeof(value);

	if (sysctlbyname(name, &value, &len, NULL, 0) != 0)
		atf_tc_fail("%s: %s", name, strerror(errno));
	printf("%s: %ju\n", name, (uintmax_t)value);
	return (value);
}

/* Reads a variable that asks the SMC for a key. */
static void
read_key(char *text, size_t size)
{
	size_t len = size - 1;
	const char *name = smc_name("key");

	if (sysctlbyname(name, text, &len, NULL, 0) != 0)
		atf_tc_fail("%s: %s", name, strerror(errno));
	text[len] = '\0';
}

/* The variable after this one; false: there is none below the SMC. */
static bool
next(int *mib, size_t *len, const int *top, size_t top_len)
{
	int ask[MIB_MAX + 2] = { CTL_SYSCTL, CTL_SYSCTL_NEXT };
	size_t size = MIB_MAX * sizeof(int);

	memcpy(ask + 2, mib, *len * sizeof(int));
	if (sysctl(ask, *len + 2, mib, &size, NULL, 0) != 0)
		return (false);
	*len = size / sizeof(int);
	return (*len > top_len &&
	    memcmp(mib, top, top_len * sizeof(int)) == 0);
}

/* A variable's name and format; false: it is no integer. */
static bool
describe(const int *mib, size_t len, char *name, char *format, size_t size)
{
	struct {
		u_int	kind;
		char	format[NAME_MAX_LEN];
	} what;
	int ask[MIB_MAX + 2] = { CTL_SYSCTL, CTL_SYSCTL_OIDFMT };
	size_t room = sizeof(what) - 1;

	memcpy(ask + 2, mib, len * sizeof(int));
	memset(&what, 0, sizeof(what));
	if (sysctl(ask, len + 2, &what, &room, NULL, 0) != 0 ||
	    (what.kind & CTLTYPE) != CTLTYPE_INT)
		return (false);
	snprintf(format, size, "%s", what.format);
	ask[1] = CTL_SYSCTL_NAME;
	room = size - 1;
	memset(name, 0, size);
	return (sysctl(ask, len + 2, name, &room, NULL, 0) == 0);
}

/* Reads a sensor and prints it. */
static void
check_sensor(const int *mib, size_t len, const char *name, const char *format)
{
	size_t size = sizeof(int);
	int value;

	if (sysctl(mib, len, &value, &size, NULL, 0) != 0) {
		atf_tc_fail_nonfatal("%s: %s", name, strerror(errno));
		return;
	}
	printf("%s: %d%s%s\n", name, value, *format != '\0' ? " " : "",
	    format);
	if (strcmp(format, "IK") == 0 && (value < COLDEST || value > HOTTEST))
		atf_tc_fail_nonfatal("%s: %d tenths of a kelvin", name, value);
}

ATF_TC(smc_says_what_it_is);
ATF_TC_HEAD(smc_says_what_it_is, tc)
{
	atf_tc_set_md_var(tc, "descr", "The device has a description and keys");
}
ATF_TC_BODY(smc_says_what_it_is, tc)
{
	char text[NAME_MAX_LEN];
	size_t len = sizeof(text) - 1;

	HOLDS(sysctlbyname(smc_name("%desc"), text, &len, NULL, 0) == 0);
	text[len] = '\0';
	printf("%s\n", text);
	read_key(text, sizeof(text));
	printf("%s\n", text);
	HOLDS(strlen(text) >= 4);
}

ATF_TC(smc_answers_every_command);
ATF_TC_HEAD(smc_answers_every_command, tc)
{
	atf_tc_set_md_var(tc, "descr",
	    "Commands are sent, answers come, none is lost");
}
ATF_TC_BODY(smc_answers_every_command, tc)
{
	uint64_t received, sent;
	char text[NAME_MAX_LEN];

	sent = counter(smc_name("rtkit.sent"));
	received = counter(smc_name("rtkit.received"));
	for (int i = 0; i < READS; i++)
		read_key(text, sizeof(text));
	HOLDS(counter(smc_name("rtkit.sent")) >= sent + READS);
	HOLDS(counter(smc_name("rtkit.received")) >= received + READS);
	/* For the report: messages that the driver does not know. */
	(void)counter(smc_name("rtkit.unknown"));
	(void)counter(smc_name("rtkit.stale"));
	(void)counter(smc_name("rtkit.syslog"));
	HOLDS(counter(smc_name("rtkit.lost")) == 0);
}

ATF_TC(smc_has_not_crashed);
ATF_TC_HEAD(smc_has_not_crashed, tc)
{
	atf_tc_set_md_var(tc, "descr", "No crash, and no crash log");
}
ATF_TC_BODY(smc_has_not_crashed, tc)
{
	static char log[65536];
	size_t len = sizeof(log);

	HOLDS(sysctlbyname(smc_name("rtkit.crashlog"), log, &len, NULL,
	    0) == 0);
	printf("crash log: %zu bytes\n", len);
	HOLDS(len == 0 || (len >= sizeof(crash_magic) &&
	    memcmp(log, crash_magic, sizeof(crash_magic)) == 0));
	HOLDS(counter(smc_name("rtkit.crashes")) == 0);
	HOLDS(len == 0);
}

ATF_TC(smc_sensors_can_be_read);
ATF_TC_HEAD(smc_sensors_can_be_read, tc)
{
	atf_tc_set_md_var(tc, "descr",
	    "Each sensor has a value, and no temperature is impossible");
}
ATF_TC_BODY(smc_sensors_can_be_read, tc)
{
	char name[NAME_MAX_LEN], format[NAME_MAX_LEN];
	int mib[MIB_MAX], top[MIB_MAX];
	size_t len = MIB_MAX, top_len, sensors = 0;

	snprintf(name, sizeof(name), "dev.apple_smc.%d", smc_unit());
	HOLDS(sysctlnametomib(name, top, &len) == 0);
	top_len = len;
	memcpy(mib, top, len * sizeof(int));
	while (next(mib, &len, top, top_len))
		if (describe(mib, len, name, format, sizeof(name))) {
			check_sensor(mib, len, name, format);
			sensors++;
		}
	printf("%zu sensors\n", sensors);
	HOLDS(sensors != 0);
}

ATF_TC(smc_battery_makes_sense);
ATF_TC_HEAD(smc_battery_makes_sense, tc)
{
	atf_tc_set_md_var(tc, "descr", "Charge and capacity fit together");
}
ATF_TC_BODY(smc_battery_makes_sense, tc)
{
	int charge, design, full;
	size_t len = sizeof(int);

	if (sysctlbyname(smc_name("battery.charge"), &charge, &len, NULL,
	    0) != 0)
		atf_tc_skip("no battery: dev.apple_smc.N.battery.charge is "
		    "not there");
	printf("charge: %d\n", charge);
	HOLDS(charge >= 0 && charge <= 100);
	if (sysctlbyname(smc_name("battery.full"), &full, &len, NULL,
	    0) != 0 || sysctlbyname(smc_name("battery.design"), &design, &len,
	    NULL, 0) != 0)
		return;
	printf("full: %d, design: %d\n", full, design);
	HOLDS(full > 0 && full <= design * 2);
}

ATF_TC(mailbox_interrupts_arrive);
ATF_TC_HEAD(mailbox_interrupts_arrive, tc)
{
	atf_tc_set_md_var(tc, "descr",
	    "A mailbox receives what the SMC sends, and sends in time");
}
ATF_TC_BODY(mailbox_interrupts_arrive, tc)
{
	uint64_t before[UNITS] = { 0 }, value;
	char name[NAME_MAX_LEN], text[NAME_MAX_LEN];
	bool moved = false;
	size_t len;

	(void)smc_unit();		/* or the case is skipped */
	for (int pass = 0; pass < 2; pass++) {
		for (int unit = 0; unit < UNITS; unit++) {
			snprintf(name, sizeof(name),
			    "dev.apple_mbox.%d.received", unit);
			len = sizeof(value);
			if (sysctlbyname(name, &value, &len, NULL, 0) != 0)
				continue;
			printf("%s: %ju\n", name, (uintmax_t)value);
			moved = moved || (pass == 1 &&
			    value >= before[unit] + READS);
			before[unit] = value;
			snprintf(name, sizeof(name),
			    "dev.apple_mbox.%d.timeouts", unit);
			HOLDS(counter(name) == 0);
		}
		for (int i = 0; pass == 0 && i < READS; i++)
			read_key(text, sizeof(text));
	}
	if (!moved)
		atf_tc_fail("no mailbox has received %d messages", READS);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, smc_says_what_it_is);
	ATF_TP_ADD_TC(tp, smc_answers_every_command);
	ATF_TP_ADD_TC(tp, smc_has_not_crashed);
	ATF_TP_ADD_TC(tp, smc_sensors_can_be_read);
	ATF_TP_ADD_TC(tp, smc_battery_makes_sense);
	ATF_TP_ADD_TC(tp, mailbox_interrupts_arrive);
	return (atf_no_error());
}
