/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sbuf(9): strings of fixed size, that grow, or that are drained through a
 * function.  As in FreeBSD, misuse fails an assertion.  Lack of room or memory
 * is an error that is kept until sbuf_finish() or sbuf_error().
 */

#include "tk_var.h"

#include <sys/ctype.h>
#include <sys/sbuf.h>
#include <machine/stdarg.h>

#define	SBUF_MINSIZE	16
#define	SBUF_MAXGROW	PAGE_SIZE

static MALLOC_DEFINE(M_SBUF, "sbuf", "string buffers");

static bool
flag(const struct sbuf *s, int f)
{
	return ((s->s_flags & f) != 0);
}

static void
assert_state(const struct sbuf *s, bool finished)
{
	KASSERT(s != NULL, ("sbuf is NULL"));
	KASSERT(flag(s, SBUF_FINISHED) == finished,
	    ("sbuf %sfinished", finished ? "un" : ""));
}

static ssize_t
grown_size(ssize_t size)
{
	ssize_t n = SBUF_MINSIZE;

	if (size >= SBUF_MAXGROW)
		return (roundup(size, SBUF_MAXGROW));
	while (n < size)
		n *= 2;
	return (n);
}

struct sbuf *
sbuf_new(struct sbuf *s, char *buf, int length, int flags)
{
	int mflags = (flags & SBUF_NOWAIT) != 0 ? M_NOWAIT : M_WAITOK;
	int owned = 0;

	KASSERT(length >= 0, ("attempt to create an sbuf of negative length"));
	KASSERT((flags & ~SBUF_USRFLAGMSK) == 0, ("sbuf flags %#x", flags));
	KASSERT((flags & SBUF_AUTOEXTEND) != 0 || length > 1,
	    ("sbuf of fixed length %d", length));
	if (s == NULL) {
		s = malloc(sizeof(*s), M_SBUF, mflags);
		if (s == NULL)
			return (NULL);
		owned = SBUF_DYNSTRUCT;
	}
	*s = (struct sbuf){ .s_flags = flags | owned, .s_buf = buf,
	    .s_size = length };
	if ((flags & SBUF_AUTOEXTEND) != 0)
		s->s_size = grown_size(MAX(length, SBUF_MINSIZE));
	if (buf == NULL) {
		s->s_buf = malloc(s->s_size, M_SBUF, mflags);
		if (s->s_buf == NULL) {
			if (owned != 0)
				free(s, M_SBUF);
			return (NULL);
		}
		s->s_flags |= SBUF_DYNAMIC;
	} else
		s->s_size = length;
	s->s_buf[0] = '\0';
	if ((flags & SBUF_INCLUDENUL) != 0)
		s->s_size--;
	return (s);
}

int
sbuf_get_flags(struct sbuf *s)
{
	return (s->s_flags & SBUF_USRFLAGMSK);
}

void
sbuf_clear_flags(struct sbuf *s, int flags)
{
	s->s_flags &= ~(flags & SBUF_USRFLAGMSK);
}

void
sbuf_set_flags(struct sbuf *s, int flags)
{
	s->s_flags |= flags & SBUF_USRFLAGMSK;
}

void
sbuf_clear(struct sbuf *s)
{
	s->s_flags &= ~SBUF_FINISHED;
	s->s_error = 0;
	s->s_len = 0;
	s->s_rec_off = 0;
	s->s_sect_len = 0;
}

int
sbuf_setpos(struct sbuf *s, ssize_t pos)
{
	assert_state(s, false);
	KASSERT(pos >= 0 && pos < s->s_size, ("attempt to seek past end"));
	if (pos > s->s_len)
		return (-1);
	s->s_len = pos;
	return (0);
}

void
sbuf_set_drain(struct sbuf *s, sbuf_drain_func *func, void *ctx)
{
	assert_state(s, false);
	KASSERT(func == s->s_drain_func || s->s_len == 0,
	    ("Cannot change drain to %p on non-empty sbuf", func));
	s->s_drain_func = func;
	s->s_drain_arg = ctx;
}

int
sbuf_drain(struct sbuf *s)
{
	int n;

	KASSERT(s->s_len > 0, ("Shouldn't drain empty sbuf"));
	if (s->s_error != 0)
		return (s->s_error);
	n = s->s_drain_func(s->s_drain_arg, s->s_buf, s->s_len);
	if (n <= 0) {
		s->s_error = n == 0 ? EDEADLK : -n;
		return (s->s_error);
	}
	KASSERT(n <= s->s_len, ("drained %d of %zd bytes", n, s->s_len));
	s->s_len -= n;
	memmove(s->s_buf, s->s_buf + n, s->s_len);
	return (0);
}

static int
extend(struct sbuf *s)
{
	ssize_t size;
	char *buf;

	if (!flag(s, SBUF_AUTOEXTEND))
		return (-1);
	size = grown_size(s->s_size + 2);
	buf = malloc(size, M_SBUF,
	    flag(s, SBUF_NOWAIT) ? M_NOWAIT : M_WAITOK);
	if (buf == NULL)
		return (-1);
	memcpy(buf, s->s_buf, s->s_len);
	if (flag(s, SBUF_DYNAMIC))
		free(s->s_buf, M_SBUF);
	else
		s->s_flags |= SBUF_DYNAMIC;
	s->s_buf = buf;
	s->s_size = flag(s, SBUF_INCLUDENUL) ? size - 1 : size;
	return (0);
}

static void
put_byte(struct sbuf *s, char c)
{
	assert_state(s, false);
	if (s->s_error != 0)
		return;
	if (s->s_len >= s->s_size - 1) {
		if (s->s_drain_func != NULL) {
			if (sbuf_drain(s) != 0)
				return;
		} else if (extend(s) != 0) {
			s->s_error = ENOMEM;
			return;
		}
	}
	s->s_buf[s->s_len++] = c;
	if (flag(s, SBUF_INSECTION))
		s->s_sect_len++;
}

static int
result(const struct sbuf *s)
{
	return (s->s_error != 0 ? -1 : 0);
}

int
sbuf_bcat(struct sbuf *s, const void *buf, size_t len)
{
	for (const char *p = buf; len > 0; len--)
		put_byte(s, *p++);
	return (result(s));
}

int
sbuf_bcpy(struct sbuf *s, const void *buf, size_t len)
{
	sbuf_clear(s);
	return (sbuf_bcat(s, buf, len));
}

int
sbuf_cat(struct sbuf *s, const char *str)
{
	return (sbuf_bcat(s, str, strlen(str)));
}

int
sbuf_cpy(struct sbuf *s, const char *str)
{
	sbuf_clear(s);
	return (sbuf_cat(s, str));
}

int
sbuf_putc(struct sbuf *s, int c)
{
	put_byte(s, c);
	return (result(s));
}

static void
put_arg(int c, void *arg)
{
	put_byte(arg, c);
}

int
sbuf_vprintf(struct sbuf *s, const char *fmt, __va_list ap)
{
	assert_state(s, false);
	(void)kvprintf(fmt, put_arg, s, 10, ap);
	return (result(s));
}

int
sbuf_printf(struct sbuf *s, const char *fmt, ...)
{
	__va_list ap;
	int error;

	va_start(ap, fmt);
	error = sbuf_vprintf(s, fmt, ap);
	va_end(ap);
	return (error);
}

int
sbuf_nl_terminate(struct sbuf *s)
{
	if (s->s_len > 0 && s->s_buf[s->s_len - 1] != '\n')
		return (sbuf_putc(s, '\n'));
	return (result(s));
}

/* Remove white space at the end. */
int
sbuf_trim(struct sbuf *s)
{
	assert_state(s, false);
	KASSERT(s->s_drain_func == NULL, ("%s makes no sense with drain",
	    __func__));
	while (s->s_len > 0 && isspace((u_char)s->s_buf[s->s_len - 1])) {
		s->s_len--;
		if (flag(s, SBUF_INSECTION))
			s->s_sect_len--;
	}
	return (result(s));
}

int
sbuf_error(const struct sbuf *s)
{
	return (s->s_error);
}

int
sbuf_finish(struct sbuf *s)
{
	assert_state(s, false);
	s->s_buf[s->s_len] = '\0';
	if (flag(s, SBUF_INCLUDENUL))
		s->s_len++;
	while (s->s_drain_func != NULL && s->s_len > 0 && s->s_error == 0)
		(void)sbuf_drain(s);
	s->s_flags |= SBUF_FINISHED;
	return (s->s_error);
}

char *
sbuf_data(struct sbuf *s)
{
	assert_state(s, true);
	KASSERT(s->s_drain_func == NULL, ("%s makes no sense with drain",
	    __func__));
	return (s->s_buf);
}

ssize_t
sbuf_len(struct sbuf *s)
{
	if (s->s_error != 0)
		return (-1);
	/* After sbuf_finish() the length counts the final 0 already. */
	if (flag(s, SBUF_INCLUDENUL) && !flag(s, SBUF_FINISHED))
		return (s->s_len + 1);
	return (s->s_len);
}

int
sbuf_done(const struct sbuf *s)
{
	return (flag(s, SBUF_FINISHED));
}

void
sbuf_delete(struct sbuf *s)
{
	bool owned = flag(s, SBUF_DYNSTRUCT);

	if (flag(s, SBUF_DYNAMIC))
		free(s->s_buf, M_SBUF);
	memset(s, 0, sizeof(*s));
	if (owned)
		free(s, M_SBUF);
}

void
sbuf_start_section(struct sbuf *s, ssize_t *old_lenp)
{
	assert_state(s, false);
	if (!flag(s, SBUF_INSECTION)) {
		s->s_flags |= SBUF_INSECTION;
		s->s_sect_len = 0;
		return;
	}
	KASSERT(old_lenp != NULL, ("s_sect_len of an outer section is lost"));
	*old_lenp = s->s_sect_len;
	s->s_sect_len = 0;
}

ssize_t
sbuf_end_section(struct sbuf *s, ssize_t old_len, size_t pad, int c)
{
	ssize_t len;

	KASSERT(flag(s, SBUF_INSECTION), ("sbuf is not in a section"));
	while (pad > 1 && s->s_sect_len % pad != 0)
		put_byte(s, c);
	len = s->s_error != 0 ? -1 : s->s_sect_len;
	if (old_len == -1) {
		s->s_flags &= ~SBUF_INSECTION;
		s->s_sect_len = 0;
	} else
		s->s_sect_len += old_len;
	return (len);
}

void
sbuf_hexdump(struct sbuf *s, const void *ptr, int length, const char *hdr,
    int flags)
{
	const u_char *p = ptr;
	int columns = flags & HD_COLUMN_MASK;

	if (columns == 0)
		columns = 16;
	for (int i = 0; i < length; i += columns) {
		sbuf_printf(s, "%s", hdr == NULL ? "" : hdr);
		if ((flags & HD_OMIT_COUNT) == 0)
			sbuf_printf(s, "%04x  ", i);
		for (int k = i; k < imin(i + columns, length); k++)
			sbuf_printf(s, " %02x", p[k]);
		sbuf_putc(s, '\n');
	}
}

int
sbuf_count_drain(void *arg, const char *data __unused, int len)
{
	size_t *count = arg;

	*count += len;
	return (len);
}

int
sbuf_printf_drain(void *arg, const char *data, int len)
{
	size_t *count = arg;

	if (count != NULL)
		*count += len;
	printf("%.*s", len, data);
	return (len);
}

void
sbuf_putbuf(struct sbuf *s)
{
	printf("%s", sbuf_data(s));
}
