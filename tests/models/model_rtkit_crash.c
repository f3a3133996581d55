/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The crash of the RTKit model: it makes its crash log, correct or faulty,
 * writes it into the buffer and sends the message.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "model_rtkit_var.h"

#define	RK_TAG(a, b, c, d)						\
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))
#define	RK_LOG_HEAD	0x20
#define	RK_SECTION_HEAD	0x10
#define	RK_REGS		0x350
#define	RK_MBOX_HEAD	28
#define	RK_MBOX_ENTRY	24

enum rk_section {
	RK_C_VERSION, RK_C_TEXT, RK_C_TIME, RK_C_MBOX, RK_C_REGS, RK_C_STACK,
	RK_C_ASYNC, RK_C_END, RK_SECTIONS
};

static const uint32_t rk_tags[] = {
	[RK_C_VERSION] = RK_TAG('C', 'v', 'e', 'r'),
	[RK_C_TEXT] = RK_TAG('C', 's', 't', 'r'),
	[RK_C_TIME] = RK_TAG('C', 't', 'i', 'm'),
	[RK_C_MBOX] = RK_TAG('C', 'm', 'b', 'x'),
	[RK_C_REGS] = RK_TAG('C', 'r', 'g', '8'),
	[RK_C_STACK] = RK_TAG('C', 'c', 's', 't'),
	[RK_C_ASYNC] = RK_TAG('C', 'a', 's', 'C'),
	[RK_C_END] = RK_TAG('C', 'L', 'H', 'E'),
};

/* The log under construction: bytes and the sections' places in them. */
struct rk_log_build {
	uint8_t		*bytes;
	size_t		 len;
	size_t		 at[RK_SECTIONS];
};

static uint8_t *
rk_section(struct rk_log_build *b, enum rk_section section, size_t len)
{
	uint8_t *head = b->bytes + b->len;

	KASSERT(b->len + RK_SECTION_HEAD + len <= RK_SCRATCH, ("no room"));
	b->at[section] = b->len;
	le32enc(head, rk_tags[section]);
	le32enc(head + 12, RK_SECTION_HEAD + len);
	b->len += RK_SECTION_HEAD + len;
	return (head + RK_SECTION_HEAD);
}

static void
rk_build_words(struct rk_log_build *b)
{
	uint8_t *p;
	int i;

	p = rk_section(b, RK_C_VERSION, 16 +
	    roundup2(sizeof(MODEL_RTKIT_CRASH_VERSION), 4));
	for (i = 0; i < 16; i++)
		p[i] = (uint8_t)(0xa0 + i);
	strcpy((char *)p + 16, MODEL_RTKIT_CRASH_VERSION);

	p = rk_section(b, RK_C_TEXT, 4 +
	    roundup2(sizeof(MODEL_RTKIT_CRASH_TEXT), 4));
	le32enc(p, 1);
	strcpy((char *)p + 4, MODEL_RTKIT_CRASH_TEXT);

	p = rk_section(b, RK_C_TIME, 8);
	le64enc(p, MODEL_RTKIT_CRASH_TIME);
}

static void
rk_build_mbox(struct rk_log_build *b)
{
	uint8_t *p;
	int i;

	p = rk_section(b, RK_C_MBOX, RK_MBOX_HEAD +
	    MODEL_RTKIT_CRASH_MBOX * RK_MBOX_ENTRY);
	le32enc(p + 16, 1);
	le32enc(p + 24, 2);
	p += RK_MBOX_HEAD;
	for (i = 0; i < MODEL_RTKIT_CRASH_MBOX; i++, p += RK_MBOX_ENTRY) {
		le64enc(p, MODEL_RTKIT_EP_APP + i);
		le64enc(p + 8, 0xabcd000000000000ull + i);
		le32enc(p + 16, 1000 + i);
	}
}

static void
rk_build_regs(struct rk_log_build *b)
{
	uint8_t *p;
	int i;

	p = rk_section(b, RK_C_REGS, RK_REGS);
	for (i = 0; i <= 30; i++)
		le64enc(p + 8 + 8 * i, MODEL_RTKIT_CRASH_X(i));
	le64enc(p + 0x100, MODEL_RTKIT_CRASH_SP);
	le64enc(p + 0x108, MODEL_RTKIT_CRASH_PC);
	le64enc(p + 0x110, 0x60000304);		/* psr */
	le64enc(p + 0x118, 0x300000);		/* cpacr */
	le64enc(p + 0x330, MODEL_RTKIT_CRASH_FAR);
	le64enc(p + 0x340, MODEL_RTKIT_CRASH_ESR);
}

static void
rk_build_rest(struct rk_log_build *b)
{
	uint8_t *p;
	int i;

	p = rk_section(b, RK_C_STACK, 8 + 8 * (MODEL_RTKIT_CRASH_FRAMES + 1));
	le32enc(p, 3);
	for (i = 0; i < MODEL_RTKIT_CRASH_FRAMES; i++)
		le64enc(p + 8 + 8 * i, MODEL_RTKIT_CRASH_FRAME(i));

	p = rk_section(b, RK_C_ASYNC, 6 * 8);
	for (i = 0; i < 6; i++)
		le64enc(p + 8 * i, MODEL_RTKIT_CRASH_L2C + i);

	(void)rk_section(b, RK_C_END, 0);
}

static void
rk_build(struct rk_log_build *b)
{

	memset(b->bytes, 0, RK_SCRATCH);
	b->len = RK_LOG_HEAD;
	rk_build_words(b);
	rk_build_mbox(b);
	rk_build_regs(b);
	rk_build_rest(b);
	le32enc(b->bytes, rk_tags[RK_C_END]);
	le32enc(b->bytes + 4, 0x103);
	le32enc(b->bytes + 8, b->len);
}

/*
 * Faults
 */

/*
 * Words that a fault changes: the offset from the section's start, and the new
 * value.
 */
static const struct {
	enum rk_fault	fault;
	enum rk_section	section;
	uint32_t	off;
	uint32_t	word;
} rk_log_words[] = {
	{ RK_F_CRASH_SECTION_NONE, RK_C_TEXT, 12, 0 },
	{ RK_F_CRASH_SECTION_SHORT, RK_C_TEXT, 12, 15 },
	{ RK_F_CRASH_SECTION_LONG, RK_C_ASYNC, 12, 0x100 },
	{ RK_F_CRASH_SECTION_HUGE, RK_C_TEXT, 12, UINT32_MAX },
	{ RK_F_CRASH_TAG, RK_C_TIME, 0, RK_TAG('C', 'x', 'y', 'z') },
	{ RK_F_CRASH_VERSION_SHORT, RK_C_VERSION, 12, RK_SECTION_HEAD + 3 },
	{ RK_F_CRASH_TEXT_SHORT, RK_C_TEXT, 12, RK_SECTION_HEAD },
	{ RK_F_CRASH_TIME_SHORT, RK_C_TIME, 12, RK_SECTION_HEAD + 7 },
	{ RK_F_CRASH_MBOX_SHORT, RK_C_MBOX, 12, RK_SECTION_HEAD + 27 },
	{ RK_F_CRASH_MBOX_INDEX, RK_C_MBOX, RK_SECTION_HEAD + 24,
	    UINT32_MAX },
	{ RK_F_CRASH_REGS_SHORT, RK_C_REGS, 12, RK_SECTION_HEAD + 0x100 },
	{ RK_F_CRASH_ASYNC_SHORT, RK_C_ASYNC, 12, RK_SECTION_HEAD + 5 },
	{ RK_F_CRASH_NO_END, RK_C_END, 0, RK_TAG('C', 't', 'i', 'm') },
};

static uint32_t
rk_section_len(const struct rk_log_build *b, enum rk_section section)
{

	return (b->at[section + 1] - b->at[section]);
}

/* Fill a section from off to its end with bytes that have no terminator. */
static void
rk_log_fill(struct rk_log_build *b, enum rk_section section, size_t off)
{

	memset(b->bytes + b->at[section] + RK_SECTION_HEAD + off, 'x',
	    rk_section_len(b, section) - RK_SECTION_HEAD - off);
}

/* Write the sizes in the header.  len is the length of the buffer in bytes. */
static void
rk_log_sizes(struct model_rtkit *m, struct rk_log_build *b, size_t len)
{

	if (rk_faulty(m, RK_F_CRASH_SIZE_NONE))
		le32enc(b->bytes + 8, 0);
	if (rk_faulty(m, RK_F_CRASH_SIZE_SHORT))
		le32enc(b->bytes + 8, RK_LOG_HEAD - 1);
	if (rk_faulty(m, RK_F_CRASH_SIZE_HUGE))
		le32enc(b->bytes + 8, len + 1);
	/* The next section's header ends beyond the log. */
	if (rk_faulty(m, RK_F_CRASH_HEADER))
		le32enc(b->bytes + 8, b->at[RK_C_REGS] + 7);
}

static void
rk_log_faults(struct model_rtkit *m, struct rk_log_build *b, size_t len)
{
	unsigned int i;

	for (i = 0; i < nitems(rk_log_words); i++)
		if (rk_faulty(m, rk_log_words[i].fault))
			le32enc(b->bytes + b->at[rk_log_words[i].section] +
			    rk_log_words[i].off, rk_log_words[i].word);
	if (rk_faulty(m, RK_F_CRASH_VERSION_ENDLESS))
		rk_log_fill(b, RK_C_VERSION, 16);
	if (rk_faulty(m, RK_F_CRASH_TEXT_ENDLESS))
		rk_log_fill(b, RK_C_TEXT, 4);
	if (rk_faulty(m, RK_F_CRASH_STACK_ENDLESS))
		rk_log_fill(b, RK_C_STACK, 8);
	if (rk_faulty(m, RK_F_CRASH_LENGTHS))
		for (i = 0; i < RK_SECTIONS; i++)
			le32enc(b->bytes + b->at[i] + 12,
			    (uint32_t)rk_random(m) & 0x7f);
	rk_log_sizes(m, b, len);
	if (rk_faulty(m, RK_F_CRASH_MAGIC))
		le32enc(b->bytes, 0x12345678);
	if (rk_faulty(m, RK_F_CRASH_ONES))
		memset(b->bytes, 0xff, b->len);
	if (rk_faulty(m, RK_F_CRASH_GARBAGE))
		for (i = RK_LOG_HEAD; i < b->len; i++)
			b->bytes[i] = (uint8_t)rk_random(m);
}

static void
rk_log_make(struct model_rtkit *m)
{
	struct rk_log_build b = { .bytes = m->scratch };
	size_t len = m->buffers[MODEL_RTKIT_CRASHLOG].size;

	rk_build(&b);
	rk_log_faults(m, &b, len);
	rk_buffer_write(m, MODEL_RTKIT_CRASHLOG, 0, b.bytes, MIN(b.len, len));
}

void
rk_crash(struct model_rtkit *m)
{
	const struct rk_buffer *b = &m->buffers[MODEL_RTKIT_CRASHLOG];
	uint64_t word;

	switch (m->state.phase) {
	case MODEL_RTKIT_STOPPED:
	case MODEL_RTKIT_ASLEEP:
	case MODEL_RTKIT_CRASHED:
		return;
	default:
		break;
	}
	m->state.phase = MODEL_RTKIT_CRASHED;
	m->state.crashes++;
	m->crashed_ns = mh_now();
	m->nowed = 0;
	if (!b->given || !m->started[MODEL_RTKIT_EP_CRASHLOG] ||
	    rk_faulty(m, RK_F_CRASH_MUTE))
		return;
	rk_log_make(m);
	word = RK_TYPE(RK_BUFFER) | b->size / RK_PAGE << RK_BUFFER_SIZE |
	    b->addr;
	rk_post(m, word, MODEL_RTKIT_EP_CRASHLOG, 0);
	if (rk_faulty(m, RK_F_CRASH_TWICE))
		rk_post(m, word, MODEL_RTKIT_EP_CRASHLOG, 0);
}
