/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* printf(9) and its family. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>
#include <sys/syslog.h>

#include "tk_test.h"

static char buf[256];

#define	GIVES(text, ...) do {						\
	int n_ = snprintf(buf, sizeof(buf), __VA_ARGS__);		\
	TK_STREQ(buf, text);						\
	TK_EQ(n_, strlen(text));					\
} while (0)

TK_CASE(printf_integers)
{
	GIVES("0 -1 2147483647 -2147483648", "%d %d %d %d", 0, -1, INT_MAX,
	    INT_MIN);
	GIVES("4294967295 ffffffff FF 17 037", "%u %x %X %o %#o", UINT_MAX,
	    UINT_MAX, 255, 15, 31);
	GIVES("18446744073709551615", "%lu", ULONG_MAX);
	GIVES("-9223372036854775808", "%jd", (intmax_t)INT64_MIN);
	GIVES("0xdeadbeef", "%#x", 0xdeadbeef);
	GIVES("0", "%#x", 0);
	GIVES("-1 255 -1 65535", "%hhd %hhu %hd %hu", -1, 255, -1, 65535);
	GIVES("12 -12", "%zu %zd", (size_t)12, (ssize_t)-12);
	GIVES("+5 -5  5", "%+d %+d % d", 5, -5, 5);
}

TK_CASE(printf_width_and_precision)
{
	GIVES("[   42][42   ][00042][ -042]", "[%5d][%-5d][%05d][%5.3d]", 42,
	    42, 42, -42);
	GIVES("[    ab][ab    ][a     ]", "[%6s][%-6s][%-6.1s]", "ab", "ab",
	    "ab");
	GIVES("[  7][7  ]", "[%*d][%-*d]", 3, 7, 3, 7);
	GIVES("[0x00ff]", "[%#06x]", 255);
	GIVES("[  x][x  ]", "[%3c][%-3c]", 'x', 'x');
	GIVES("[]", "[%.0d]", 0);
}

TK_CASE(printf_strings_and_pointers)
{
	char not_terminated[3] = { 'a', 'b', 'c' };

	GIVES("abc", "%.3s", not_terminated);
	GIVES("(null)", "%s", (char *)NULL);
	GIVES("0x1234", "%p", (void *)0x1234);
	GIVES("100%", "%d%%", 100);
}

TK_CASE(printf_kernel_conversions)
{
	static const u_char mac[] = { 0, 0x1b, 0xff };

	GIVES("5<ONE,THREE>", "%b", 5, "\020\001ONE\002TWO\003THREE");
	GIVES("0", "%b", 0, "\020\001ONE");
	GIVES("00:1b:ff", "%3D", (const void *)mac, ":");
}

TK_CASE(snprintf_ends_what_does_not_fit)
{
	TK_EQ(snprintf(buf, 4, "%s", "abcdef"), 6);
	TK_STREQ(buf, "abc");
	TK_EQ(snprintf(NULL, 0, "%d", 12345), 5);
	TK_EQ(snprintf(buf, 1, "%d", 12345), 5);
	TK_STREQ(buf, "");
	TK_EQ(sprintf(buf, "%d", 12345), 5);
	TK_STREQ(buf, "12345");
}

TK_CASE(asprintf_allocates)
{
	char *s;

	TK_EQ(asprintf(&s, M_TEMP, "%s-%d", "x", 1), 3);
	TK_STREQ(s, "x-1");
	free(s, M_TEMP);
	tk_fault_set("malloc", 1);
	TK_EQ(asprintf(&s, M_TEMP, "x"), -1);
}

TK_CASE(printf_reaches_the_message_buffer)
{
	tk_console_quiet(true);
	TK_EQ(printf("hello %d\n", 1), 8);
	log(LOG_ERR, "an error\n");
	log(LOG_DEBUG, "a detail\n");
	hexdump("0123456789abcdef!", 17, "> ", 0);
	TK_STREQ(tk_msgbuf(), "hello 1\nan error\n"
	    "> 0000   30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  "
	    "|0123456789abcdef|\n"
	    "> 0010   21                                               "
	    "|!|\n");
	for (int i = 0; i < 3000; i++)
		printf("a line of thirty-two characters\n");
	TK_EQ(strlen(tk_msgbuf()), 65536);
	TK_STREQ(tk_msgbuf() + 65536 - 32, "a line of thirty-two characters\n");
}

TK_CASE_STOPS(panic_prints_its_message, "panic: at the end: 42")
{
	panic("at the end: %d\n", 42);
}

TK_CASE_RELEASE(kassert_is_silent)
{
	KASSERT(false, ("silent"));
	MPASS(false);
}

TK_CASE_DEBUG_STOPS(kassert_panics, "panic: x is 1")
{
	volatile int x __diagused = 1;

	KASSERT(x == 2, ("x is %d", x));
}

TK_CASE_DEBUG_STOPS(mpass_panics,
    "panic: Assertion x == 2 failed at subr_prf_test.c")
{
	volatile int x __diagused = 1;

	MPASS3(x == 2, "subr_prf_test.c", 1);
}
