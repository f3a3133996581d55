/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* printf(3) as far as case.h promises it, and lines on the console. */

#include <sys/ioccom.h>

#include "init.h"

#define	INPUT	0			/* descriptors of the console */
#define	CONSOLE	1
#define	LINE	512
#define	TIOCDRAIN _IO('t', 94)		/* termios(4) */

struct out {
	char	*next;
	char	*end;			/* of the room, without the NUL */
};

static void
put(struct out *out, char c)
{
	if (out->next < out->end)
		*out->next++ = c;
}

static void
put_string(struct out *out, const char *s)
{
	while (*s != '\0')
		put(out, *s++);
}

static void
put_number(struct out *out, unsigned long value, unsigned base)
{
	char digits[24];
	size_t n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	while (n > 0)
		put(out, digits[--n]);
}

static void
put_signed(struct out *out, long value)
{
	if (value < 0)
		put(out, '-');
	put_number(out, value < 0 ? -(unsigned long)value :
	    (unsigned long)value, 10);
}

/* Print one conversion, whose letters begin at fmt.  Returns where they end. */
static const char *
put_conversion(struct out *out, const char *fmt, va_list *ap)
{
	bool is_long = *fmt == 'l';

	if (is_long)
		fmt++;
	switch (*fmt) {
	case 's':
		put_string(out, va_arg(*ap, const char *));
		break;
	case 'd':
		put_signed(out, is_long ? va_arg(*ap, long) :
		    va_arg(*ap, int));
		break;
	case 'u':
	case 'x':
		put_number(out, is_long ? va_arg(*ap, unsigned long) :
		    va_arg(*ap, unsigned), *fmt == 'x' ? 16 : 10);
		break;
	default:
		put(out, *fmt);
		break;
	}
	return (fmt + 1);
}

void
init_vformat(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out out = { buf, buf + size - 1 };
	va_list args;

	va_copy(args, ap);
	while (*fmt != '\0') {
		if (*fmt == '%')
			fmt = put_conversion(&out, fmt + 1, &args);
		else
			put(&out, *fmt++);
	}
	va_end(args);
	*out.next = '\0';
}

char *
os_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	init_vformat(buf, size, fmt, ap);
	va_end(ap);
	return (buf);
}

void
init_say(const char *fmt, ...)
{
	char line[LINE];
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	init_vformat(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	len = strlen(line);
	line[len] = '\n';
	(void)os_write(CONSOLE, line, len + 1);
	/*
	 * In one write, because a message of the kernel could otherwise split
	 * the line.
	 */
	(void)os_ioctl(CONSOLE, TIOCDRAIN, NULL);
}

void
init_ask(const char *wish)
{
	char answer[2];

	init_say("QMP %s", wish);
	(void)os_read(INPUT, answer, sizeof(answer));
}
