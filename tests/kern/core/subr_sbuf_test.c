/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* sbuf(9). */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>
#include <sys/sbuf.h>

#include "tk_test.h"

TK_CASE(sbuf_grows_as_needed)
{
	struct sbuf *s = sbuf_new_auto();

	for (int i = 0; i < 1000; i++)
		TK_EQ(sbuf_printf(s, "%03d.", i), 0);
	TK_EQ(sbuf_len(s), 4000);
	TK_EQ(sbuf_finish(s), 0);
	TK_EQ(sbuf_done(s), 1);
	TK_EQ(strncmp(sbuf_data(s), "000.001.", 8), 0);
	TK_EQ(strlen(sbuf_data(s)), 4000);
	sbuf_delete(s);
}

TK_CASE(sbuf_of_fixed_size_keeps_an_error)
{
	struct sbuf sb;
	char buf[8];

	TK_CHECK(sbuf_new(&sb, buf, sizeof(buf), SBUF_FIXEDLEN) == &sb);
	TK_EQ(sbuf_cat(&sb, "1234567"), 0);
	TK_EQ(sbuf_putc(&sb, '8'), -1);
	TK_EQ(sbuf_error(&sb), ENOMEM);
	TK_EQ(sbuf_finish(&sb), ENOMEM);
	sbuf_clear(&sb);
	TK_EQ(sbuf_cpy(&sb, "abc"), 0);
	TK_EQ(sbuf_setpos(&sb, 2), 0);
	TK_EQ(sbuf_bcat(&sb, "xyz", 2), 0);
	TK_EQ(sbuf_finish(&sb), 0);
	TK_STREQ(sbuf_data(&sb), "abxy");
	sbuf_delete(&sb);
}

TK_CASE(sbuf_trims_and_ends_lines)
{
	struct sbuf *s = sbuf_new_auto();

	sbuf_cat(s, "text \t\n ");
	sbuf_trim(s);
	sbuf_nl_terminate(s);
	sbuf_nl_terminate(s);
	sbuf_finish(s);
	TK_STREQ(sbuf_data(s), "text\n");
	sbuf_delete(s);
}

TK_CASE(sbuf_includes_the_final_nul_when_asked)
{
	struct sbuf *s = sbuf_new(NULL, NULL, 16, SBUF_INCLUDENUL);

	sbuf_cat(s, "abc");
	TK_EQ(sbuf_len(s), 4);
	sbuf_finish(s);
	TK_EQ(sbuf_len(s), 4);
	sbuf_delete(s);
}

static int
refuse(void *arg, const char *data, int len)
{
	return (-EIO);
}

TK_CASE(sbuf_drains_through_a_function)
{
	struct sbuf *s = sbuf_new(NULL, NULL, 8, SBUF_FIXEDLEN);
	size_t count = 0;

	sbuf_set_drain(s, sbuf_count_drain, &count);
	for (int i = 0; i < 100; i++)
		TK_EQ(sbuf_putc(s, 'x'), 0);
	TK_EQ(sbuf_finish(s), 0);
	TK_EQ(count, 100);
	sbuf_clear(s);
	sbuf_set_drain(s, refuse, NULL);
	sbuf_cat(s, "more than fits");
	TK_EQ(sbuf_finish(s), EIO);
	sbuf_delete(s);
}

TK_CASE(sbuf_sections_are_counted_and_padded)
{
	struct sbuf *s = sbuf_new_auto();
	ssize_t outer;

	sbuf_start_section(s, NULL);
	sbuf_cat(s, "ab");
	sbuf_start_section(s, &outer);
	sbuf_cat(s, "cde");
	TK_EQ(sbuf_end_section(s, outer, 4, '.'), 4);
	TK_EQ(sbuf_end_section(s, -1, 0, 0), 6);
	sbuf_finish(s);
	TK_STREQ(sbuf_data(s), "abcde.");
	sbuf_delete(s);
}

TK_CASE(sbuf_without_memory_fails)
{
	struct sbuf *s;

	tk_fault_set("malloc", 1);
	TK_CHECK(sbuf_new(NULL, NULL, 16, SBUF_AUTOEXTEND | SBUF_NOWAIT) ==
	    NULL);
	s = sbuf_new(NULL, NULL, 16, SBUF_AUTOEXTEND | SBUF_NOWAIT);
	tk_fault_set("malloc", 1);
	TK_EQ(sbuf_cat(s, "more than sixteen bytes"), -1);
	TK_EQ(sbuf_finish(s), ENOMEM);
	sbuf_delete(s);
}

TK_CASE_DEBUG_STOPS(sbuf_data_before_finish_panics, "panic: sbuf unfinished")
{
	(void)sbuf_data(sbuf_new_auto());
}
