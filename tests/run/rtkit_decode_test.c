/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Messages in words: each kind that there is, in both directions. */

#include <sys/param.h>
#include <sys/systm.h>

#include "rtkit.h"
#include "tk_test.h"

#define	AP	true
#define	IOP	false

struct row {
	bool		 from_ap;
	uint32_t	 ep;
	uint64_t	 msg;
	const char	*name;
	const char	*fields;
};

static void
check(const struct row *rows, size_t n)
{
	struct rtkit_decoder d;
	struct rtkit_message m;

	rtkit_decoder_init(&d);
	for (size_t i = 0; i < n; i++) {
		rtkit_decode(&d, rows[i].from_ap, rows[i].msg, rows[i].ep, &m);
		TK_STREQ(m.name, rows[i].name);
		TK_STREQ(m.fields, rows[i].fields);
	}
}

TK_CASE(rtkit_decode_management)
{
	static const struct row rows[] = {
		{ AP, 0, 0x0060000000000220, "set IOP power", "state=init" },
		{ IOP, 0, 0x00100000000c000b, "HELLO", "versions=11..12" },
		{ AP, 0, 0x00200000000c000c, "HELLO reply", "version=12" },
		{ IOP, 0, 0x008000000000011f, "EPMAP",
		    "endpoints=0..0x1f map=0000011f" },
		{ AP, 0, 0x0080000000000001, "EPMAP reply",
		    "endpoints=0..0x1f more" },
		{ IOP, 0, 0x0088000700000001, "EPMAP",
		    "endpoints=0xe0..0xff map=00000001 last" },
		{ AP, 0, 0x0088000700000000, "EPMAP reply",
		    "endpoints=0xe0..0xff done" },
		{ AP, 0, 0x0050002000000002, "START", "endpoint=smc" },
		{ AP, 0, 0x0050002100000001, "STOP", "endpoint=0x21" },
		{ IOP, 0, 0x0070000000000020, "IOP power is", "state=on" },
		{ AP, 0, 0x00b0000000000020, "set AP power", "state=on" },
		{ IOP, 0, 0x00b0000000000010, "AP power is",
		    "state=quiesced" },
		{ AP, 0, 0x00600000000000ff, "set IOP power", "state=0xff" },
		{ AP, 0, 0x0030000000000000, "PING", "" },
		{ IOP, 0, 0x0040000000000000, "PONG", "" },
		{ IOP, 0, 0xfff0000000000000, "?",
		    "type=0xff message=fff0000000000000" },
	};

	check(rows, nitems(rows));
}

TK_CASE(rtkit_decode_system_endpoints)
{
	static const struct row rows[] = {
		{ IOP, 1, 0x0010400000000000, "wants a buffer",
		    "size=0x4000" },
		{ AP, 1, 0x0010400012340000, "buffer",
		    "at=0x12340000 size=0x4000" },
		{ IOP, 1, 0x0010400000000000, "CRASHED", "" },
		{ IOP, 2, 0x001020023fe00000, "has a buffer",
		    "at=0x23fe00000 size=0x2000" },
		{ IOP, 2, 0x0080000040000010, "init",
		    "entries=16 text=64 bytes" },
		{ IOP, 2, 0x0050000000000003, "log", "entry=3" },
		{ AP, 2, 0x0050000000000003, "log taken", "entry=3" },
		{ IOP, 4, 0x00c0000000000000, "mark", "type=0xc" },
		{ AP, 4, 0x00c0000000000000, "echo", "type=0xc" },
		{ IOP, 8, 0x0100000000000000, "init", "" },
		{ AP, 8, 0x0300000000000000, "init taken", "" },
		{ IOP, 8, 0x010080000023fe00, "has a buffer",
		    "at=0x23fe00000 size=0x800" },
		{ IOP, 0x21, 0x1234, "?", "message=0000000000001234" },
	};

	check(rows, nitems(rows));
}

TK_CASE(rtkit_decode_smc)
{
	static const struct row rows[] = {
		{ AP, 0x20, 0x17, "INITIALIZE", "" },
		{ IOP, 0x20, 0x23fe00000, "shared memory", "at=0x23fe00000" },
		{ AP, 0x20, 0x5442305400041010, "READ",
		    "id=1 key=TB0T size=4" },
		{ IOP, 0x20, 0x41f2000000041000, "answer",
		    "id=1 ok key=TB0T length=4 value=41f20000" },
		{ AP, 0x20, 0x434c4b4d00062010, "READ",
		    "id=2 key=CLKM size=6" },
		{ IOP, 0x20, 0x0000000000062000, "answer",
		    "id=2 ok key=CLKM length=6 value in SRAM" },
		{ AP, 0x20, 0x4e54415000013011, "WRITE",
		    "id=3 key=NTAP size=1" },
		{ IOP, 0x20, 0x0000000000003086, "answer",
		    "id=3 not writable" },
		{ AP, 0x20, 0x0000000500004012, "KEY BY INDEX",
		    "id=4 index=5" },
		{ IOP, 0x20, 0x5430425400004000, "answer",
		    "id=4 ok key=TB0T" },
		{ AP, 0x20, 0x5442305400005013, "KEY INFO",
		    "id=5 key=TB0T" },
		{ IOP, 0x20, 0x0000000000065000, "answer",
		    "id=5 ok key=TB0T info in SRAM" },
		{ AP, 0x20, 0x6750303004046020, "WRITE+READ",
		    "id=6 key=gP00 written=4 size=4" },
		{ IOP, 0x20, 0x000000010004605a, "answer",
		    "id=6 result=0x5a" },
		{ IOP, 0x20, 0x7201010100000018, "notification",
		    "button=0x1 pressed" },
		{ IOP, 0x20, 0x7203010000000018, "notification",
		    "lid=closed" },
		{ IOP, 0x20, 0x7400010200000018, "notification",
		    "event=0x7400 subtype=0x1 data=0x2" },
	};

	check(rows, nitems(rows));
}

/* No message makes it write more than there is room for. */
TK_CASE(rtkit_decode_of_anything_fits)
{
	struct rtkit_decoder d;
	struct rtkit_message m;

	rtkit_decoder_init(&d);
	for (int i = 0; i < 200000; i++) {
		rtkit_decode(&d, tk_random() % 2 == 0, tk_random(),
		    (uint32_t)tk_random() % 0x22, &m);
		TK_CHECK(strlen(m.name) < sizeof(m.name));
		TK_CHECK(strlen(m.fields) < sizeof(m.fields));
	}
}
