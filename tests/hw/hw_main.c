/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The shared cases as an ATF test program, for a FreeBSD whose virtio_snd(4)
 * has a device.
 *
 * Cases change dev.pcm.N.bitperfect and play.vchans.  The old values are kept
 * in a file of the case's work directory, and the case's cleanup restores them.
 * Nothing here records the sound: what was played is only printed.
 */

#include <sys/types.h>

#include <atf-c.h>
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card.h"

#define	KEPT	"settings"

static const char *const settings[] = { "bitperfect", "play.vchans" };

#define	NSETTINGS	(sizeof(settings) / sizeof(settings[0]))

void
case_fail(const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	atf_tc_fail("%s", why);
}

void
case_skip(const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	atf_tc_skip("%s", why);
}

void
case_played(uint32_t seed, size_t len, enum heard heard)
{
	static const char *const how[] = { "whole", "gaps", "start", "cut" };

	printf("PLAYED %u %zu %s\n", seed, len, how[heard]);
}

static const struct hw_case *
case_of(const atf_tc_t *tc)
{
	const struct hw_case *c;

	for (c = hw_cases; c->name != NULL; c++)
		if (strcmp(c->name, atf_tc_get_ident(tc)) == 0)
			return (c);
	errx(1, "unknown case %s", atf_tc_get_ident(tc));
}

static void
keep_settings(void)
{
	FILE *file;
	size_t i;

	file = fopen(KEPT, "w");
	if (file == NULL)
		case_fail("cannot write the file " KEPT);
	for (i = 0; i < NSETTINGS; i++)
		fprintf(file, "%d\n", (int)card_number(settings[i]));
	fclose(file);
}

static void
head(atf_tc_t *tc)
{
	atf_tc_set_md_var(tc, "descr", "%s", case_of(tc)->descr);
	atf_tc_set_md_var(tc, "require.user", "root");
	atf_tc_set_md_var(tc, "timeout", "60");
}

static void
body(const atf_tc_t *tc)
{
	(void)card_unit();		/* or the case is skipped */
	keep_settings();
	case_of(tc)->body();
}

static void
cleanup(const atf_tc_t *tc)
{
	FILE *file;
	size_t i;
	int value;

	(void)tc;
	file = fopen(KEPT, "r");
	if (file == NULL)
		return;
	for (i = 0; i < NSETTINGS && fscanf(file, "%d", &value) == 1; i++)
		card_set(settings[i], value);
	fclose(file);
}

ATF_TP_ADD_TCS(tp)
{
	const struct hw_case *c;
	atf_error_t error;
	atf_tc_t *tc;
	char **config;

	config = atf_tp_get_config(tp);
	for (c = hw_cases; c->name != NULL; c++) {
		tc = malloc(sizeof(*tc));
		if (tc == NULL)
			return (atf_no_memory_error());
		error = atf_tc_init(tc, c->name, head, body, cleanup,
		    (const char *const *)config);
		if (!atf_is_error(error))
			error = atf_tp_add_tc(tp, tc);
		if (atf_is_error(error))
			return (error);
	}
	atf_utils_free_charpp(config);
	return (atf_no_error());
}
