/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* An SPMI controller and a PMU: see model_spmi.h. */
#include <sys/param.h>
#include <sys/systm.h>

#include "model_host.h"
#include "model_spmi.h"

#define	SPMI_BYTES	0x100
#define	SPMI_STATUS	0x00
#define	SPMI_COMMAND	0x04
#define	SPMI_REPLY	0x08

/* STATUS */
#define	RX_EMPTY	(1u << 24)
#define	RX_COUNT_SHIFT	16
#define	TX_EMPTY	(1u << 8)

#define	RX_WORDS	256
#define	PMU_BYTES	0x10000
#define	DATA_WORDS	2		/* of a command or a reply */

struct model_spmi {
	struct model_spmi_config cfg;
	struct model_spmi_range ranges[MODEL_SPMI_RANGES];
	struct mh_lock	*lock;
	struct mh_regs	*regs;
	uint8_t		 bytes[PMU_BYTES];
	bool		 faults[MODEL_SPMI_FAULTS];

	uint32_t	 command;	/* whose data is awaited */
	uint32_t	 data[DATA_WORDS];
	unsigned int	 ndata;
	unsigned int	 wanted;	/* words of data still to come */

	uint32_t	 rx[RX_WORDS];
	unsigned int	 rx_first, rx_count;
	unsigned int	 rx_old;	/* of these, not of the last command */
	int64_t		 ready;		/* when the last reply comes */

	unsigned int	 holds;		/* replies still to be held back */
	uint32_t	 held[RX_WORDS];
	unsigned int	 nheld;		/* words */

	struct model_spmi_access log[MODEL_SPMI_LOG];
	unsigned int	 naccesses;
	char		 first[96];
};

static void
spmi_break(struct model_spmi *m, const char *what, uint32_t word)
{

	if (m->first[0] == '\0')
		snprintf(m->first, sizeof(m->first), "%s: %#x", what, word);
}

/*
 * The PMU
 */

static bool
spmi_allowed(const struct model_spmi *m, uint16_t addr, unsigned int size)
{
	const struct model_spmi_range *r;

	for (r = m->ranges; r < m->ranges + m->cfg.nranges; r++)
		if (addr >= r->addr && addr + size <= r->addr + r->size)
			return (true);
	return (false);
}

static void
spmi_push(struct model_spmi *m, uint32_t word)
{

	if (m->holds > 0) {
		if (m->nheld < RX_WORDS)
			m->held[m->nheld++] = word;
	} else if (m->rx_count < RX_WORDS)
		m->rx[(m->rx_first + m->rx_count++) % RX_WORDS] = word;
}

/* The replies that were held back come now. */
static void
spmi_push_held(struct model_spmi *m)
{

	for (unsigned int i = 0; i < m->nheld; i++)
		spmi_push(m, m->held[i]);
	m->nheld = 0;
}

static uint32_t
spmi_reply_word(const struct model_spmi *m)
{
	uint32_t opcode = m->command & 0xff, sid = m->command >> 8 & 0x7f;

	if (m->faults[MODEL_SPMI_WRONG_SID])
		sid ^= 1;
	/* A read in place of a write, and the other way round. */
	if (m->faults[MODEL_SPMI_WRONG_OPCODE])
		opcode ^= 0x08;
	return (opcode | sid << 8);
}

static void
spmi_read(struct model_spmi *m, uint16_t addr, unsigned int size)
{
	uint32_t data[DATA_WORDS] = { 0 }, parity = (1u << size) - 1;

	if (m->faults[MODEL_SPMI_BAD_PARITY])
		parity >>= 1;
	spmi_push(m, spmi_reply_word(m) | parity << 16);
	for (unsigned int i = 0; i < size; i++)
		data[i / 4] |= (uint32_t)m->bytes[addr + i] << 8 * (i % 4);
	for (unsigned int i = 0; i < howmany(size, 4); i++)
		if (!m->faults[MODEL_SPMI_NO_DATA])
			spmi_push(m, data[i]);
}

static void
spmi_write(struct model_spmi *m, uint16_t addr, unsigned int size)
{
	bool ack = !m->faults[MODEL_SPMI_NO_ACK];

	for (unsigned int i = 0; i < size && ack; i++)
		m->bytes[addr + i] = m->data[i / 4] >> 8 * (i % 4);
	spmi_push(m, spmi_reply_word(m) | (ack ? 1u << 15 : 0));
}

/* Do a command whose words are all there. */
static void
spmi_run(struct model_spmi *m)
{
	unsigned int size = (m->command & 7) + 1;
	uint16_t addr = m->command >> 16;
	bool write = (m->command & 0xf8) == 0x30;

	if ((m->command >> 8 & 0x7f) != m->cfg.sid) {
		spmi_break(m, "a command to no device", m->command);
		return;
	}
	if (!spmi_allowed(m, addr, size)) {
		spmi_break(m, "a command to other registers", m->command);
		return;
	}
	m->log[m->naccesses++ % MODEL_SPMI_LOG] = (struct model_spmi_access){
		.write = write, .addr = addr, .size = size,
	};
	m->ready = mh_now() + m->cfg.latency_ns;
	if (m->faults[MODEL_SPMI_NO_REPLY])
		return;
	if (m->holds == 0)
		spmi_push_held(m);
	if (write)
		spmi_write(m, addr, size);
	else
		spmi_read(m, addr, size);
	if (m->holds > 0)
		m->holds--;
}

/*
 * Registers
 */

static bool
spmi_tx_empty(const struct model_spmi *m)
{

	return (m->wanted == 0 && mh_now() >= m->ready &&
	    !m->faults[MODEL_SPMI_TX_NOT_EMPTY]);
}

/* Words in RX that a driver sees now. */
static unsigned int
spmi_rx_seen(const struct model_spmi *m)
{

	return (mh_now() >= m->ready ? m->rx_count : m->rx_old);
}

static uint32_t
spmi_status(const struct model_spmi *m)
{
	unsigned int seen = spmi_rx_seen(m);

	if (m->faults[MODEL_SPMI_RX_ENDLESS] && seen == 0)
		seen = 1;
	return ((seen == 0 ? RX_EMPTY : 0) |
	    MIN(seen, 0xff) << RX_COUNT_SHIFT |
	    (spmi_tx_empty(m) ? TX_EMPTY : 1));
}

static uint32_t
spmi_take(struct model_spmi *m)
{
	uint32_t word;

	if (spmi_rx_seen(m) == 0) {
		if (!m->faults[MODEL_SPMI_RX_ENDLESS])
			spmi_break(m, "a read of an empty RX", 0);
		return (0);
	}
	word = m->rx[m->rx_first];
	m->rx_first = (m->rx_first + 1) % RX_WORDS;
	m->rx_count--;
	if (m->rx_old != 0)
		m->rx_old--;
	return (word);
}

/* A word that begins a command. */
static void
spmi_begin(struct model_spmi *m, uint32_t word)
{

	if (!spmi_tx_empty(m))
		spmi_break(m, "a command while TX is not empty", word);
	if (spmi_rx_seen(m) != 0)
		spmi_break(m, "a command while RX is not empty", word);
	if ((word & 1u << 15) == 0 ||
	    ((word & 0xf8) != 0x30 && (word & 0xf8) != 0x38)) {
		spmi_break(m, "not a command", word);
		return;
	}
	m->command = word;
	m->ndata = 0;
	m->wanted = (word & 0xf8) == 0x30 ? howmany((word & 7) + 1, 4) : 0;
	m->rx_old = m->rx_count;
}

static void
spmi_word(struct model_spmi *m, uint32_t word)
{

	if (m->wanted == 0)
		spmi_begin(m, word);
	else {
		m->data[m->ndata++] = word;
		m->wanted--;
	}
	if (m->wanted == 0)
		spmi_run(m);
}

static uint64_t
spmi_get(void *arg, uint64_t off, unsigned int width)
{
	struct model_spmi *m = arg;
	uint32_t value = 0;

	mh_lock_enter(m->lock);
	if (width == 4 && off == SPMI_STATUS)
		value = spmi_status(m);
	else if (width == 4 && off == SPMI_REPLY)
		value = spmi_take(m);
	else
		spmi_break(m, "a read of no register", (uint32_t)off);
	mh_lock_leave(m->lock);
	return (value);
}

static void
spmi_put(void *arg, uint64_t off, unsigned int width, uint64_t value)
{
	struct model_spmi *m = arg;

	mh_lock_enter(m->lock);
	if (width == 4 && off == SPMI_COMMAND)
		spmi_word(m, (uint32_t)value);
	else
		spmi_break(m, "a write of no register", (uint32_t)off);
	mh_lock_leave(m->lock);
}

static const struct mh_regs_ops spmi_ops = {
	.read = spmi_get,
	.write = spmi_put,
};

struct model_spmi *
model_spmi_new(const struct model_spmi_config *cfg)
{
	struct model_spmi *m;

	m = mh_alloc(sizeof(*m));
	m->cfg = *cfg;
	for (unsigned int i = 0; i < cfg->nranges; i++)
		m->ranges[i] = cfg->ranges[i];
	m->lock = mh_lock_new("spmi");
	m->regs = mh_regs_new("spmi", cfg->base, SPMI_BYTES, &spmi_ops, m);
	if (m->regs == NULL) {
		mh_lock_free(m->lock);
		mh_free(m);
		return (NULL);
	}
	return (m);
}

void
model_spmi_free(struct model_spmi *m)
{

	if (m == NULL)
		return;
	mh_regs_free(m->regs);
	mh_lock_free(m->lock);
	mh_free(m);
}

/*
 * For tests
 */

void
model_spmi_set(struct model_spmi *m, uint16_t addr, unsigned int size,
    uint64_t value)
{

	mh_lock_enter(m->lock);
	for (unsigned int i = 0; i < size; i++)
		m->bytes[addr + i] = value >> 8 * i;
	mh_lock_leave(m->lock);
}

uint64_t
model_spmi_get(struct model_spmi *m, uint16_t addr, unsigned int size)
{
	uint64_t value = 0;

	mh_lock_enter(m->lock);
	for (unsigned int i = 0; i < size; i++)
		value |= (uint64_t)m->bytes[addr + i] << 8 * i;
	mh_lock_leave(m->lock);
	return (value);
}

void
model_spmi_fault(struct model_spmi *m, enum model_spmi_fault fault, bool on)
{

	mh_lock_enter(m->lock);
	m->faults[fault] = on;
	mh_lock_leave(m->lock);
}

void
model_spmi_hold(struct model_spmi *m, unsigned int replies)
{

	mh_lock_enter(m->lock);
	m->holds = replies;
	mh_lock_leave(m->lock);
}

void
model_spmi_old_words(struct model_spmi *m, unsigned int words)
{

	mh_lock_enter(m->lock);
	while (words-- > 0)
		spmi_push(m, 0xffff8000u | (uint32_t)m->cfg.sid << 8);
	mh_lock_leave(m->lock);
}

bool
model_spmi_access(struct model_spmi *m, unsigned int number,
    struct model_spmi_access *access)
{
	bool there;

	mh_lock_enter(m->lock);
	there = number < m->naccesses &&
	    m->naccesses - number <= MODEL_SPMI_LOG;
	if (there)
		*access = m->log[number % MODEL_SPMI_LOG];
	mh_lock_leave(m->lock);
	return (there);
}

unsigned int
model_spmi_accesses(struct model_spmi *m)
{
	unsigned int count;

	mh_lock_enter(m->lock);
	count = m->naccesses;
	mh_lock_leave(m->lock);
	return (count);
}

const char *
model_spmi_first_violation(struct model_spmi *m)
{

	return (m->first);
}
