/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * printf(9) and its family.  The console is the host's standard output.  The
 * printed text is kept for tests to read.  Beside C's conversions there are %b
 * (a value with its bits named), %D (a hex dump) and %y (a number in the
 * current base of FreeBSD's debugger, here sixteen).  No floating point.
 */

#include "tk_var.h"

#include <sys/ctype.h>
#include <sys/syslog.h>
#include <machine/stdarg.h>

#define	MSGBUF_SIZE	65536
#define	LINE_SIZE	256
#define	NBUF		(sizeof(intmax_t) * NBBY + 1)

static char msgbuf[MSGBUF_SIZE + 1];
static size_t msgbuf_len;
static bool quiet;

/*
 * The console.
 */
void
tk_prf_boot(void)
{
	msgbuf_len = 0;
	msgbuf[0] = '\0';
	quiet = false;
}

void
tk_cons_write(const char *text, size_t len)
{
	size_t drop;

	tk_leaf_lock();
	if (len > MSGBUF_SIZE) {
		text += len - MSGBUF_SIZE;
		len = MSGBUF_SIZE;
	}
	if (msgbuf_len + len > MSGBUF_SIZE) {
		drop = msgbuf_len + len - MSGBUF_SIZE;
		memmove(msgbuf, msgbuf + drop, msgbuf_len - drop);
		msgbuf_len -= drop;
	}
	memcpy(msgbuf + msgbuf_len, text, len);
	msgbuf_len += len;
	msgbuf[msgbuf_len] = '\0';
	if (!quiet)
		tkh_write(false, text, len);
	tk_leaf_unlock();
}

const char *
tk_msgbuf(void)
{
	return (msgbuf);
}

void
tk_console_quiet(bool on)
{
	quiet = on;
}

/*
 * Formatting.
 */
struct spec {
	bool	alt, left, zero;
	char	sign;		/* '+', ' ' or 0 */
	int	width;
	int	precision;	/* -1: none given */
	int	size;		/* of the argument, bytes */
};

struct out {
	void	(*put)(int, void *);	/* NULL: arg is the string itself */
	void	*arg;
	char	*s;
	int	count;
};

static void
put(struct out *o, int c)
{
	if (o->put == NULL)
		*o->s++ = c;
	else
		o->put(c, o->arg);
	o->count++;
}

static void
pad(struct out *o, int c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static uintmax_t
arg_unsigned(const struct spec *sp, va_list *ap)
{
	switch (sp->size) {
	case 1:
		return ((u_char)va_arg(*ap, int));
	case 2:
		return ((u_short)va_arg(*ap, int));
	case 4:
		return (va_arg(*ap, u_int));
	default:
		return (va_arg(*ap, u_long));
	}
}

static intmax_t
arg_signed(const struct spec *sp, va_list *ap)
{
	switch (sp->size) {
	case 1:
		return ((signed char)va_arg(*ap, int));
	case 2:
		return ((short)va_arg(*ap, int));
	case 4:
		return (va_arg(*ap, int));
	default:
		return (va_arg(*ap, long));
	}
}

/* Write the digits of v, the last digit first.  Returns how many. */
static int
digits(char *buf, uintmax_t v, int base, bool upper)
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	int n = 0;

	do {
		buf[n++] = set[v % base];
	} while ((v /= base) != 0);
	return (n);
}

static void
put_number(struct out *o, const struct spec *sp, uintmax_t v, int base,
    bool upper, bool negative)
{
	const char *prefix = "";
	char buf[NBUF], sign = negative ? '-' : sp->sign;
	int n = digits(buf, v, base, upper), zeros, blanks;

	if (sp->alt && v != 0)
		prefix = base == 8 ? "0" : base != 16 ? "" : upper ? "0X" :
		    "0x";
	if (sp->precision == 0 && v == 0)
		n = 0;
	zeros = imax(0, sp->precision - n);
	blanks = imax(0, sp->width - n - zeros - (int)strlen(prefix) -
	    (sign != 0));
	if (sp->zero && !sp->left && sp->precision < 0) {
		zeros += blanks;
		blanks = 0;
	}
	if (!sp->left)
		pad(o, ' ', blanks);
	if (sign != 0)
		put(o, sign);
	while (*prefix != '\0')
		put(o, *prefix++);
	pad(o, '0', zeros);
	while (n > 0)
		put(o, buf[--n]);
	if (sp->left)
		pad(o, ' ', blanks);
}

static void
put_string(struct out *o, const struct spec *sp, const char *s)
{
	int n;

	if (s == NULL)
		s = "(null)";
	n = sp->precision >= 0 ? strnlen(s, sp->precision) : strlen(s);
	if (!sp->left)
		pad(o, ' ', sp->width - n);
	for (int i = 0; i < n; i++)
		put(o, s[i]);
	if (sp->left)
		pad(o, ' ', sp->width - n);
}

/*
 * %b: the first character of the names is the base; then each name follows
 * the number of its bit, counted from 1 and given as a character.
 */
static void
put_bits(struct out *o, const struct spec *sp, u_int v, const char *names)
{
	int base = (u_char)*names++, bit;
	bool any = false;

	put_number(o, sp, v, base, false, false);
	if (v == 0)
		return;
	while ((bit = (u_char)*names++) != 0) {
		if ((v & (1u << (bit - 1))) == 0) {
			while (*names > ' ')
				names++;
			continue;
		}
		put(o, any ? ',' : '<');
		any = true;
		while (*names > ' ')
			put(o, *names++);
	}
	if (any)
		put(o, '>');
}

/* %D: so many bytes in hex, with a string between them. */
static void
put_dump(struct out *o, const struct spec *sp, const u_char *p,
    const char *between)
{
	int n = sp->width == 0 ? 16 : sp->width;

	for (int i = 0; i < n; i++) {
		if (i != 0) {
			for (const char *s = between; *s != '\0'; s++)
				put(o, *s);
		}
		put(o, "0123456789abcdef"[p[i] >> 4]);
		put(o, "0123456789abcdef"[p[i] & 15]);
	}
}

static const char *
parse_flags(struct spec *sp, const char *f)
{
	*sp = (struct spec){ .precision = -1, .size = 4 };
	for (;; f++) {
		switch (*f) {
		case '#':
			sp->alt = true;
			break;
		case '-':
			sp->left = true;
			break;
		case '0':
			sp->zero = true;
			break;
		case '+':
			sp->sign = '+';
			break;
		case ' ':
			if (sp->sign == 0)
				sp->sign = ' ';
			break;
		default:
			return (f);
		}
	}
}

static const char *
parse_number(int *n, const char *f, va_list *ap)
{
	*n = 0;
	if (*f == '*') {
		*n = va_arg(*ap, int);
		return (f + 1);
	}
	while (isdigit(*f))
		*n = *n * 10 + *f++ - '0';
	return (f);
}

static const char *
parse_size(struct spec *sp, const char *f)
{
	for (;; f++) {
		switch (*f) {
		case 'h':
			sp->size = f[1] == 'h' ? 1 : 2;
			f += f[1] == 'h';
			break;
		case 'l':
		case 'j':
		case 'q':
		case 't':
		case 'z':
			sp->size = 8;
			break;
		default:
			return (f);
		}
	}
}

static const char *
parse_spec(struct spec *sp, const char *f, va_list *ap)
{
	f = parse_flags(sp, f);
	f = parse_number(&sp->width, f, ap);
	if (sp->width < 0) {
		sp->left = true;
		sp->width = -sp->width;
	}
	if (*f == '.')
		f = parse_number(&sp->precision, f + 1, ap);
	return (parse_size(sp, f));
}

/* One conversion; false if it is none. */
static bool
convert(struct out *o, struct spec *sp, char c, int radix, va_list *ap)
{
	const void *p;
	intmax_t v;
	u_int bits;

	switch (c) {
	case 'd':
	case 'i':
		v = arg_signed(sp, ap);
		put_number(o, sp, v < 0 ? -(uintmax_t)v : (uintmax_t)v, 10,
		    false, v < 0);
		break;
	case 'u':
		sp->sign = 0;
		put_number(o, sp, arg_unsigned(sp, ap), 10, false, false);
		break;
	case 'o':
		sp->sign = 0;
		put_number(o, sp, arg_unsigned(sp, ap), 8, false, false);
		break;
	case 'x':
	case 'X':
		sp->sign = 0;
		put_number(o, sp, arg_unsigned(sp, ap), 16, c == 'X', false);
		break;
	case 'r':
		put_number(o, sp, arg_unsigned(sp, ap), radix, false, false);
		break;
	case 'y':
		v = arg_signed(sp, ap);
		put_number(o, sp, v < 0 ? -(uintmax_t)v : (uintmax_t)v, 16,
		    false, v < 0);
		break;
	case 'p':
		sp->alt = true;
		sp->size = 8;
		put_number(o, sp, (uintptr_t)va_arg(*ap, void *), 16, false,
		    false);
		break;
	case 'c':
		if (!sp->left)
			pad(o, ' ', sp->width - 1);
		put(o, va_arg(*ap, int));
		if (sp->left)
			pad(o, ' ', sp->width - 1);
		break;
	case 's':
		put_string(o, sp, va_arg(*ap, const char *));
		break;
	case 'b':
		bits = va_arg(*ap, u_int);
		put_bits(o, sp, bits, va_arg(*ap, const char *));
		break;
	case 'D':
		p = va_arg(*ap, const void *);
		put_dump(o, sp, p, va_arg(*ap, const char *));
		break;
	default:
		return (false);
	}
	return (true);
}

/*
 * Print through func(character, arg), or into the string arg if func is NULL
 * (not terminated then).  Returns the number of characters.
 */
int
kvprintf(char const *fmt, void (*func)(int, void *), void *arg, int radix,
    __va_list args)
{
	struct out o = { .put = func, .arg = arg, .s = arg };
	const char *f, *start;
	struct spec sp;
	va_list ap;

	if (fmt == NULL)
		fmt = "(fmt null)\n";
	va_copy(ap, args);
	for (f = fmt; *f != '\0'; f++) {
		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		start = f;
		f = parse_spec(&sp, f + 1, &ap);
		if (*f == '%') {
			put(&o, '%');
		} else if (!convert(&o, &sp, *f, radix, &ap)) {
			/*
			 * An unknown conversion.  The arguments behind it
			 * cannot be told apart, so the rest is printed as it
			 * is.
			 */
			while (*start != '\0')
				put(&o, *start++);
			break;
		}
	}
	va_end(ap);
	return (o.count);
}

/*
 * Into strings.
 */
struct bounded {
	char	*s;
	size_t	 left;		/* room, the final 0 not counted */
};

static void
put_bounded(int c, void *arg)
{
	struct bounded *b = arg;

	if (b->left > 0) {
		*b->s++ = c;
		b->left--;
	}
}

int
vsnrprintf(char *str, size_t size, int radix, const char *fmt, __va_list ap)
{
	struct bounded b = { str, size == 0 ? 0 : size - 1 };
	int n = kvprintf(fmt, put_bounded, &b, radix, ap);

	if (size != 0)
		*b.s = '\0';
	return (n);
}

int
vsnprintf(char *str, size_t size, const char *fmt, __va_list ap)
{
	return (vsnrprintf(str, size, 10, fmt, ap));
}

int
snprintf(char *str, size_t size, const char *fmt, ...)
{
	__va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(str, size, fmt, ap);
	va_end(ap);
	return (n);
}

int
vsprintf(char *buf, const char *fmt, __va_list ap)
{
	int n = kvprintf(fmt, NULL, buf, 10, ap);

	buf[n] = '\0';
	return (n);
}

int
sprintf(char *buf, const char *fmt, ...)
{
	__va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsprintf(buf, fmt, ap);
	va_end(ap);
	return (n);
}

int
vasprintf(char **ret, struct malloc_type *mtp, const char *fmt, __va_list ap)
{
	int n = vsnprintf(NULL, 0, fmt, ap);

	*ret = malloc(n + 1, mtp, M_NOWAIT);
	if (*ret == NULL)
		return (-1);
	return (vsnprintf(*ret, n + 1, fmt, ap));
}

int
asprintf(char **ret, struct malloc_type *mtp, const char *fmt, ...)
{
	__va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(ret, mtp, fmt, ap);
	va_end(ap);
	return (n);
}

/* Collects characters, so that the console gets a line in one piece. */
struct console {
	char	 buf[LINE_SIZE];
	size_t	 len;
};

static void
put_console(int c, void *arg)
{
	struct console *cons = arg;

	cons->buf[cons->len++] = c;
	if (cons->len == sizeof(cons->buf)) {
		tk_cons_write(cons->buf, cons->len);
		cons->len = 0;
	}
}

int
vprintf(const char *fmt, __va_list ap)
{
	struct console cons;
	int n;

	cons.len = 0;
	n = kvprintf(fmt, put_console, &cons, 10, ap);
	if (cons.len != 0)
		tk_cons_write(cons.buf, cons.len);
	return (n);
}

int
printf(const char *fmt, ...)
{
	__va_list ap;
	int n;

	va_start(ap, fmt);
	n = vprintf(fmt, ap);
	va_end(ap);
	return (n);
}

int
uprintf(const char *fmt, ...)
{
	__va_list ap;
	int n;

	va_start(ap, fmt);
	n = vprintf(fmt, ap);
	va_end(ap);
	return (n);
}

/* Debugging messages are printed only in a verbose boot. */
void
vlog(int level, const char *fmt, __va_list ap)
{
	if (LOG_PRI(level) < LOG_DEBUG || bootverbose)
		(void)vprintf(fmt, ap);
}

void
log(int level, const char *fmt, ...)
{
	__va_list ap;

	va_start(ap, fmt);
	vlog(level, fmt, ap);
	va_end(ap);
}

/* Lines of offset, bytes in hex, and their characters. */
void
hexdump(const void *ptr, int length, const char *hdr, int flags)
{
	const u_char *p = ptr;
	int columns = flags & HD_COLUMN_MASK;
	char delim = (flags & HD_DELIM_MASK) >> 8;

	if (columns == 0)
		columns = 16;
	if (delim == 0)
		delim = ' ';
	for (int i = 0; i < length; i += columns) {
		if (hdr != NULL)
			printf("%s", hdr);
		if ((flags & HD_OMIT_COUNT) == 0)
			printf("%04x  ", i);
		for (int k = i; (flags & HD_OMIT_HEX) == 0 &&
		    k < i + columns; k++) {
			if (k < length)
				printf("%c%02x", delim, p[k]);
			else
				printf("   ");
		}
		if ((flags & HD_OMIT_CHARS) == 0) {
			printf("  |");
			for (int k = i; k < imin(i + columns, length); k++)
				printf("%c", isprint(p[k]) ? p[k] : '.');
			printf("|");
		}
		printf("\n");
	}
}
