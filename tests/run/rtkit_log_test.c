/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Lines of a log: what each says, and what is wrong with those that are. */

#include <sys/param.h>
#include <sys/systm.h>

#include "rtkit.h"
#include "tk_test.h"

static enum rtkit_line
parse(const char *line, struct model_rtkit_event *e)
{
	const char *why = NULL;
	enum rtkit_line kind;

	memset(e, 0, sizeof(*e));
	kind = rtkit_log_parse(line, e, &why);
	TK_EQ(kind == RTKIT_LINE_BROKEN, why != NULL);
	return (kind);
}

TK_CASE(rtkit_log_lines_are_messages)
{
	static const struct {
		const char	*line;
		int64_t		 time_ns;
		bool		 from_ap;
		uint32_t	 ep;
		uint64_t	 msg;
	} rows[] = {
		{ "0.020 < 0x00 0x00100000000c000b", 20000, false, 0,
		    0x00100000000c000b },
		{ "  12 > 20 17", 12000000, true, 0x20, 0x17 },
		{ "12.123456\t>\t0xff\t0XFFFFFFFFFFFFFFFF\r", 12123456, true,
		    0xff, UINT64_MAX },
		{ "- > 0x20 0x17 # SEND: x", -1, true, 0x20, 0x17 },
		{ "[cpu0] [smc] SEND: 0060000000000220:0000000000000000 "
		    "TYPE=6", -1, true, 0, 0x0060000000000220 },
		{ "[cpu0] [smc] RECV: 000000023fe00000:0011000000000020 x",
		    -1, false, 0x20, 0x23fe00000 },
		{ "[x] RECV: 1:2", -1, false, 2, 1 },
	};
	struct model_rtkit_event e;

	for (u_int i = 0; i < nitems(rows); i++) {
		TK_EQ(parse(rows[i].line, &e), RTKIT_LINE_MESSAGE);
		TK_EQ(e.time_ns, rows[i].time_ns);
		TK_EQ(e.from_ap, rows[i].from_ap);
		TK_EQ(e.msg1, rows[i].ep);
		TK_EQ(e.msg0, rows[i].msg);
	}
}

TK_CASE(rtkit_log_lines_without_a_message_are_remarks)
{
	static const char *const lines[] = {
		"", "  \t\r", "# ms way endpoint message", "  # > 0 1",
		"[cpu0] [smc] [smc] >0x10(<unknown>) 5442305400041010 (x)",
	};
	struct model_rtkit_event e;

	for (u_int i = 0; i < nitems(lines); i++)
		TK_EQ(parse(lines[i], &e), RTKIT_LINE_REMARK);
}

TK_CASE(rtkit_log_lines_that_are_broken_are_said_to_be_so)
{
	static const struct {
		const char	*line;
		const char	*why;
	} rows[] = {
		{ "x > 0 1", "the time is no number of milliseconds" },
		{ "-1 > 0 1", "the time is no number of milliseconds" },
		{ "1. > 0 1", "the time is no number of milliseconds" },
		{ "1.1234567 > 0 1", "the time is no number of milliseconds" },
		{ "99999999999999999999 > 0 1",
		    "the time is no number of milliseconds" },
		{ "1", "the direction is neither > nor <" },
		{ "1 = 0 1", "the direction is neither > nor <" },
		{ "1 >> 0 1", "the direction is neither > nor <" },
		{ "1 >", "the endpoint is not 0 to 0xff" },
		{ "1 > smc 1", "the endpoint is not 0 to 0xff" },
		{ "1 > 0x100 1", "the endpoint is not 0 to 0xff" },
		{ "1 > 0", "the message is no number of 64 bits" },
		{ "1 > 0 0x", "the message is no number of 64 bits" },
		{ "1 > 0 11112222333344445",
		    "the message is no number of 64 bits" },
		{ "1 > 0 1g", "the message is no number of 64 bits" },
		{ "1 > 0 1 2", "something follows the message" },
		{ "[x] SEND: x", "the message is no number of 64 bits" },
		{ "[x] SEND: 1 2", "the message is no number of 64 bits" },
		{ "[x] SEND: 1:x", "the second word is no number of 64 bits" },
		{ "[x] RECV: 1:100", "the second word names no endpoint" },
	};
	struct model_rtkit_event e;
	const char *why;

	for (u_int i = 0; i < nitems(rows); i++) {
		TK_EQ(rtkit_log_parse(rows[i].line, &e, &why),
		    RTKIT_LINE_BROKEN);
		TK_STREQ(why, rows[i].why);
	}
}

/* What is written is read again, to the microsecond. */
TK_CASE(rtkit_log_lines_come_back)
{
	struct model_rtkit_event e, back;
	char line[64];

	for (int i = 0; i < 10000; i++) {
		e = (struct model_rtkit_event){
			.time_ns = i % 7 == 0 ? -1 :
			    (int64_t)(tk_random() >> 24) * 1000,
			.msg0 = tk_random(), .msg1 = tk_random() % 256,
			.from_ap = i % 2 == 0,
		};
		rtkit_log_format(&e, line, sizeof(line));
		TK_EQ(parse(line, &back), RTKIT_LINE_MESSAGE);
		TK_EQ(back.time_ns, e.time_ns);
		TK_EQ(back.msg0, e.msg0);
		TK_EQ(back.msg1, e.msg1);
		TK_EQ(back.from_ap, e.from_ap);
	}
}

TK_CASE(rtkit_log_lines_may_be_anything)
{
	static const char some[] = "0123456789abcdefx.-<>#:[ \tSENDRECV";
	struct model_rtkit_event e;
	char line[48];

	for (int i = 0; i < 200000; i++) {
		size_t len = tk_random() % sizeof(line);

		for (size_t n = 0; n < len; n++)
			line[n] = tk_random() % 8 != 0 ?
			    some[tk_random() % (sizeof(some) - 1)] :
			    (char)(tk_random() % 255 + 1);
		line[len == sizeof(line) ? len - 1 : len] = '\0';
		(void)parse(line, &e);
		TK_CHECK(e.msg1 <= 0xff);
	}
}
