/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The ASC mailbox: registers and FIFOs.  See model_asc.h.
 *
 * The pair of receive words leaves the FIFO when word 1 is read.  The pair of
 * send words enters the FIFO when word 1 is written.  Hardware may pop a
 * message on word 0 already.  A driver that reads both words once and in order
 * sees no difference.
 *
 * The model leaves out what the facts leave open: the interrupt masks at 0x100,
 * the enable bit, debug registers.
 *
 * All state but the lines is guarded by the lock ma_lock; see line_update().
 */
#include <sys/param.h>
#include <sys/systm.h>

#include "model_asc.h"
#include "model_host.h"

#define	MBOX_SIZE	0x4000		/* bytes of either register block */
#define	DEPTH_MAX	16

/* CPU control, in the ASC's own block. */
#define	CPU_CONTROL	0x44
#define	CPU_CONTROL_RUN	(1u << 4)
#define	CPU_STATUS	0x48

/* Control word. */
#define	CTL_ENABLE	(1u << 0)
#define	CTL_WPTR	8
#define	CTL_RPTR	12
#define	CTL_FULL	(1u << 16)
#define	CTL_EMPTY	(1u << 17)
#define	CTL_OVERFLOW	(1u << 18)
#define	CTL_UNDERFLOW	(1u << 19)
#define	CTL_COUNT	20

/* Word 1 as received. */
#define	MSG1_INPTR	40
#define	MSG1_OUTPTR	44
#define	MSG1_INCNT	48
#define	MSG1_OUTCNT	52

/* Offsets from the mailbox's base; 0: no such register. */
struct layout {
	uint16_t	a2i_control;
	uint16_t	i2a_control;
	uint16_t	send[2];
	uint16_t	recv[2];
	uint16_t	irq_enable;
	uint16_t	irq_ack;
};

static const struct layout layouts[] = {
	[MODEL_ASC_V4] = { 0x110, 0x114, { 0x800, 0x808 }, { 0x830, 0x838 },
	    0, 0 },
	[MODEL_ASC_T8015] = { 0x108, 0x10c, { 0x800, 0x808 },
	    { 0x830, 0x838 }, 0, 0 },
	[MODEL_ASC_M3] = { 0x50, 0x80, { 0x60, 0x68 }, { 0xa0, 0xa8 },
	    0x48, 0x4c },
};

struct message {
	uint64_t	msg0;
	uint32_t	msg1;
};

struct fifo {
	struct message	slots[DEPTH_MAX];
	unsigned int	in, out, used;
	bool		half;		/* word 0 was accessed, word 1 not */
	struct message	latch;		/* the half message, or the last one */
	bool		overflow, underflow;
};

struct line {
	struct mh_irq	*irq;
	bool		 up;
	bool		 latched;	/* M3 */
};

struct model_asc {
	struct model_asc_config	 ma_config;
	const struct layout	*ma_layout;
	struct model_asc_ops	 ma_ops;
	void			*ma_arg;
	struct mh_regs		*ma_mbox;
	struct mh_regs		*ma_cpu;	/* NULL: no asc_base */
	struct mh_lock	*ma_lock;
	struct fifo		 ma_a2i;
	struct fifo		 ma_i2a;
	bool			 ma_stuck;
	uint32_t		 ma_enable;	/* M3: lines, by bit */
	uint32_t		 ma_control;	/* CPU */
	uint32_t		 ma_status;
	struct line		 ma_lines[MODEL_ASC_LINES];
	uint64_t		 ma_delivered[MODEL_ASC_LINES]; /* at clear */
	struct model_asc_stats	 ma_stats;
};

static void
illegal(struct model_asc *asc, const char *reason)
{
	asc->ma_stats.illegal++;
	asc->ma_stats.reason = reason;
}

static void
fifo_put(struct model_asc *asc, struct fifo *f, const struct message *msg)
{
	f->slots[f->in] = *msg;
	f->in = (f->in + 1) % asc->ma_config.depth;
	f->used++;
}

static void
fifo_get(struct model_asc *asc, struct fifo *f, struct message *msg)
{
	*msg = f->slots[f->out];
	f->out = (f->out + 1) % asc->ma_config.depth;
	f->used--;
}

static bool
fifo_full(const struct model_asc *asc, const struct fifo *f)
{
	return (f->used == asc->ma_config.depth);
}

static bool
fifo_empty(const struct model_asc *asc, const struct fifo *f)
{
	return (f->used == 0 && !(asc->ma_stuck && f == &asc->ma_i2a));
}

static uint32_t
fifo_control(const struct model_asc *asc, const struct fifo *f)
{
	uint32_t control = 0;

	if (fifo_full(asc, f))
		control |= CTL_FULL;
	if (fifo_empty(asc, f))
		control |= CTL_EMPTY;
	if (asc->ma_config.variant == MODEL_ASC_M3)
		return (control);
	control |= CTL_ENABLE | f->in << CTL_WPTR | f->out << CTL_RPTR;
	if (f->overflow)
		control |= CTL_OVERFLOW;
	if (f->underflow)
		control |= CTL_UNDERFLOW;
	if (!asc->ma_config.no_count)
		control |= (f->used & 0xf) << CTL_COUNT;
	return (control);
}

/*
 * Interrupt lines.  A line is lowered with the lock held.  Raising a line runs
 * the driver's filter, which accesses the registers again.  So a line is raised
 * without the lock, and lowered again if its cause went away in the meantime.
 */

static bool
line_cause(const struct model_asc *asc, enum model_asc_line line)
{
	switch (line) {
	case MODEL_ASC_SEND_EMPTY:
		return (fifo_empty(asc, &asc->ma_a2i));
	case MODEL_ASC_SEND_NOT_EMPTY:
		return (!fifo_empty(asc, &asc->ma_a2i));
	case MODEL_ASC_RECV_EMPTY:
		return (fifo_empty(asc, &asc->ma_i2a));
	default:
		return (!fifo_empty(asc, &asc->ma_i2a));
	}
}

/* Lower the line if it has to go down.  True if it has to go up.  Lock held. */
static bool
line_rises(struct model_asc *asc, enum model_asc_line line)
{
	struct line *l = &asc->ma_lines[line];
	bool up;

	up = line_cause(asc, line);
	if (asc->ma_config.variant == MODEL_ASC_M3) {
		l->latched |= up;
		up = l->latched && (asc->ma_enable & (1u << line)) != 0;
	}
	if (!up && l->up) {
		l->up = false;
		mh_irq_lower(l->irq);
	}
	return (up && !l->up);
}

static void
line_update(struct model_asc *asc, enum model_asc_line line)
{
	struct line *l = &asc->ma_lines[line];

	mh_lock_enter(asc->ma_lock);
	while (line_rises(asc, line)) {
		l->up = true;
		mh_lock_leave(asc->ma_lock);
		mh_irq_raise(l->irq);
		mh_lock_enter(asc->ma_lock);
		if (!l->up)	/* lowered before the raise, perhaps */
			mh_irq_lower(l->irq);
	}
	mh_lock_leave(asc->ma_lock);
}

/* Lower lines first, so that no handler is called for a cause that is gone. */
static void
lines_update(struct model_asc *asc)
{
	bool rises[MODEL_ASC_LINES];
	int i;

	mh_lock_enter(asc->ma_lock);
	for (i = 0; i < MODEL_ASC_LINES; i++)
		rises[i] = line_rises(asc, i);
	mh_lock_leave(asc->ma_lock);
	/* What changes from here on is updated by whoever changes it. */
	for (i = 0; i < MODEL_ASC_LINES; i++)
		if (rises[i])
			line_update(asc, i);
}

/*
 * Registers, as the AP sees them.  Lock held.
 */

static uint64_t
receive_0(struct model_asc *asc)
{
	struct fifo *f = &asc->ma_i2a;

	if (f->half) {
		illegal(asc, "word 0 received twice");
		return (f->latch.msg0);
	}
	if (fifo_empty(asc, f)) {
		illegal(asc, "received from an empty FIFO");
		asc->ma_stats.underflows++;
		f->underflow = true;
		return (0);
	}
	f->half = true;
	if (f->used != 0)
		f->latch = f->slots[f->out];
	return (f->latch.msg0);
}

/* Sets *taken if a message has left the FIFO. */
static uint64_t
receive_1(struct model_asc *asc, bool *taken)
{
	struct fifo *f = &asc->ma_i2a;
	uint64_t word;

	if (!f->half) {
		illegal(asc, "word 1 received without word 0");
		return (0);
	}
	word = f->latch.msg1;
	word |= (uint64_t)f->in << MSG1_INPTR | (uint64_t)f->out << MSG1_OUTPTR;
	word |= (uint64_t)(f->used & 0xf) << MSG1_INCNT;
	word |= (uint64_t)f->used << MSG1_OUTCNT;
	f->half = false;
	if (f->used != 0)
		fifo_get(asc, f, &f->latch);
	asc->ma_stats.received++;
	*taken = true;
	return (word);
}

static void
send_0(struct model_asc *asc, uint64_t value)
{
	struct fifo *f = &asc->ma_a2i;

	if (f->half)
		illegal(asc, "word 0 sent twice");
	f->half = true;
	f->latch.msg0 = value;
}

/* Returns true if a message has entered the FIFO. */
static bool
send_1(struct model_asc *asc, uint64_t value)
{
	struct fifo *f = &asc->ma_a2i;

	if (!f->half) {
		illegal(asc, "word 1 sent without word 0");
		return (false);
	}
	f->half = false;
	if (value >> 32 != 0)
		illegal(asc, "sent with bits above 31 in word 1");
	if (fifo_full(asc, f)) {
		illegal(asc, "sent to a full FIFO");
		asc->ma_stats.overflows++;
		f->overflow = true;
		return (false);
	}
	f->latch.msg1 = (uint32_t)value;
	fifo_put(asc, f, &f->latch);
	asc->ma_stats.sent++;
	return (true);
}

static void
acknowledge(struct model_asc *asc, uint32_t bits)
{
	int i;

	asc->ma_stats.acks++;
	for (i = 0; i < MODEL_ASC_LINES; i++)
		if ((bits & (1u << i)) != 0)
			asc->ma_lines[i].latched = false;
}

static uint64_t
read_locked(struct model_asc *asc, uint64_t off, unsigned int width,
    bool *taken)
{
	const struct layout *l = asc->ma_layout;

	asc->ma_stats.reads++;
	if (width == 4 && off == l->a2i_control)
		return (fifo_control(asc, &asc->ma_a2i));
	if (width == 4 && off == l->i2a_control)
		return (fifo_control(asc, &asc->ma_i2a));
	if (width == 8 && off == l->recv[0])
		return (receive_0(asc));
	if (width == 8 && off == l->recv[1])
		return (receive_1(asc, taken));
	if (width == 4 && l->irq_enable != 0 && off == l->irq_enable)
		return (asc->ma_enable);
	illegal(asc, "no such register to read, or not of this width");
	return (0);
}

/* Returns true if a message has entered the FIFO. */
static bool
write_locked(struct model_asc *asc, uint64_t off, unsigned int width,
    uint64_t value)
{
	const struct layout *l = asc->ma_layout;

	asc->ma_stats.writes++;
	if (width == 8 && off == l->send[0])
		send_0(asc, value);
	else if (width == 8 && off == l->send[1])
		return (send_1(asc, value));
	else if (width == 4 && l->irq_enable != 0 && off == l->irq_enable)
		asc->ma_enable = (uint32_t)value |
		    (asc->ma_config.enable_stays ? asc->ma_enable : 0);
	else if (width == 4 && l->irq_ack != 0 && off == l->irq_ack)
		acknowledge(asc, (uint32_t)value);
	else
		illegal(asc, "no such register to write, or not of this width");
	return (false);
}

static uint64_t
mbox_read(void *arg, uint64_t off, unsigned int width)
{
	struct model_asc *asc = arg;
	uint64_t value;
	bool taken = false;

	mh_lock_enter(asc->ma_lock);
	value = read_locked(asc, off, width, &taken);
	mh_lock_leave(asc->ma_lock);
	if (taken) {
		lines_update(asc);
		if (asc->ma_ops.taken != NULL)
			asc->ma_ops.taken(asc->ma_arg);
	}
	return (value);
}

static void
mbox_write(void *arg, uint64_t off, unsigned int width, uint64_t value)
{
	struct model_asc *asc = arg;
	bool sent;

	mh_lock_enter(asc->ma_lock);
	sent = write_locked(asc, off, width, value);
	mh_lock_leave(asc->ma_lock);
	lines_update(asc);
	if (sent && asc->ma_ops.sent != NULL)
		asc->ma_ops.sent(asc->ma_arg);
}

static const struct mh_regs_ops mbox_ops = {
	.read = mbox_read,
	.write = mbox_write,
};

static uint64_t
cpu_read(void *arg, uint64_t off, unsigned int width)
{
	struct model_asc *asc = arg;
	uint64_t value = 0;

	mh_lock_enter(asc->ma_lock);
	if (width == 4 && off == CPU_CONTROL)
		value = asc->ma_control;
	else if (width == 4 && off == CPU_STATUS)
		value = asc->ma_status;
	else
		illegal(asc, "no such CPU register, or not of this width");
	mh_lock_leave(asc->ma_lock);
	return (value);
}

static void
cpu_write(void *arg, uint64_t off, unsigned int width, uint64_t value)
{
	struct model_asc *asc = arg;
	bool changed = false;

	mh_lock_enter(asc->ma_lock);
	if (width == 4 && off == CPU_CONTROL) {
		changed = ((asc->ma_control ^ value) & CPU_CONTROL_RUN) != 0;
		asc->ma_control = (uint32_t)value;
	} else
		illegal(asc, "no such CPU register, or not of this width");
	mh_lock_leave(asc->ma_lock);
	if (changed && asc->ma_ops.run != NULL)
		asc->ma_ops.run(asc->ma_arg, (value & CPU_CONTROL_RUN) != 0);
}

static const struct mh_regs_ops cpu_ops = {
	.read = cpu_read,
	.write = cpu_write,
};

/*
 * The coprocessor's side
 */

bool
model_asc_push(struct model_asc *asc, uint64_t msg0, uint32_t msg1)
{
	struct message msg = { msg0, msg1 };
	bool full;

	mh_lock_enter(asc->ma_lock);
	full = fifo_full(asc, &asc->ma_i2a);
	if (!full)
		fifo_put(asc, &asc->ma_i2a, &msg);
	mh_lock_leave(asc->ma_lock);
	lines_update(asc);
	return (!full);
}

bool
model_asc_pop(struct model_asc *asc, uint64_t *msg0, uint32_t *msg1)
{
	struct message msg;
	bool empty;

	mh_lock_enter(asc->ma_lock);
	empty = fifo_empty(asc, &asc->ma_a2i);
	if (!empty) {
		fifo_get(asc, &asc->ma_a2i, &msg);
		*msg0 = msg.msg0;
		*msg1 = msg.msg1;
	}
	mh_lock_leave(asc->ma_lock);
	lines_update(asc);
	return (!empty);
}

static unsigned int
used(const struct model_asc *asc, const struct fifo *f)
{
	unsigned int n;

	mh_lock_enter(asc->ma_lock);
	n = f->used;
	mh_lock_leave(asc->ma_lock);
	return (n);
}

unsigned int
model_asc_sent(const struct model_asc *asc)
{
	return (used(asc, &asc->ma_a2i));
}

unsigned int
model_asc_waiting(const struct model_asc *asc)
{
	return (used(asc, &asc->ma_i2a));
}

void
model_asc_reset(struct model_asc *asc)
{
	mh_lock_enter(asc->ma_lock);
	memset(&asc->ma_a2i, 0, sizeof(asc->ma_a2i));
	memset(&asc->ma_i2a, 0, sizeof(asc->ma_i2a));
	mh_lock_leave(asc->ma_lock);
	lines_update(asc);
}

bool
model_asc_running(const struct model_asc *asc)
{
	bool running;

	mh_lock_enter(asc->ma_lock);
	running = (asc->ma_control & CPU_CONTROL_RUN) != 0;
	mh_lock_leave(asc->ma_lock);
	return (running);
}

void
model_asc_set_status(struct model_asc *asc, uint32_t status)
{
	mh_lock_enter(asc->ma_lock);
	asc->ma_status = status;
	mh_lock_leave(asc->ma_lock);
}

void
model_asc_stick(struct model_asc *asc, bool stuck)
{
	mh_lock_enter(asc->ma_lock);
	asc->ma_stuck = stuck;
	mh_lock_leave(asc->ma_lock);
	lines_update(asc);
}

/* Counters */

struct model_asc_stats
model_asc_stats(const struct model_asc *asc)
{
	struct model_asc_stats stats;

	mh_lock_enter(asc->ma_lock);
	stats = asc->ma_stats;
	mh_lock_leave(asc->ma_lock);
	stats.clock_ns = (stats.reads + stats.writes) *
	    asc->ma_config.access_ns;
	return (stats);
}

static uint64_t
delivered(const struct model_asc *asc, enum model_asc_line line)
{

	return (mh_irq_delivered(asc->ma_lines[line].irq));
}

uint64_t
model_asc_interrupts(const struct model_asc *asc, enum model_asc_line line)
{
	return (delivered(asc, line) - asc->ma_delivered[line]);
}

void
model_asc_stats_clear(struct model_asc *asc)
{
	int i;

	mh_lock_enter(asc->ma_lock);
	asc->ma_stats = (struct model_asc_stats){ .reason = "" };
	mh_lock_leave(asc->ma_lock);
	for (i = 0; i < MODEL_ASC_LINES; i++)
		asc->ma_delivered[i] = delivered(asc, i);
}

/*
 * Making and freeing
 */

void
model_asc_config_t8103_smc(struct model_asc_config *config)
{
	*config = (struct model_asc_config){
		.name = "smc",
		.variant = MODEL_ASC_V4,
		.base = 0x23e408000,
		.asc_base = 0x23e400000,
		.irq = 400,
		.running = true,
	};
}

/* Map the registers and take the lines; false if one of them is taken. */
static bool
model_asc_place(struct model_asc *asc)
{
	static const char *const names[] = {
		"send-empty", "send-not-empty", "recv-empty", "recv-not-empty",
	};
	const struct model_asc_config *config = &asc->ma_config;
	char name[48];
	int i;

	asc->ma_mbox = mh_regs_new(config->name, config->base, MBOX_SIZE,
	    &mbox_ops, asc);
	if (asc->ma_mbox == NULL)
		return (false);
	if (config->asc_base != 0) {
		asc->ma_cpu = mh_regs_new(config->name, config->asc_base,
		    MBOX_SIZE, &cpu_ops, asc);
		if (asc->ma_cpu == NULL)
			return (false);
	}
	for (i = 0; i < MODEL_ASC_LINES; i++) {
		snprintf(name, sizeof(name), "%s %s", config->name, names[i]);
		asc->ma_lines[i].irq = mh_irq_new(name, config->irq + i);
		if (asc->ma_lines[i].irq == NULL)
			return (false);
	}
	return (true);
}

struct model_asc *
model_asc_new(const struct model_asc_config *config,
    const struct model_asc_ops *ops, void *arg)
{
	struct model_asc *asc;

	asc = mh_alloc(sizeof(*asc));
	asc->ma_config = *config;
	if (asc->ma_config.depth == 0)
		asc->ma_config.depth = DEPTH_MAX;
	KASSERT(asc->ma_config.depth <= DEPTH_MAX, ("depth %u",
	    asc->ma_config.depth));
	asc->ma_layout = &layouts[config->variant];
	if (ops != NULL)
		asc->ma_ops = *ops;
	asc->ma_arg = arg;
	asc->ma_control = config->running ? CPU_CONTROL_RUN : 0;
	asc->ma_stats.reason = "";
	asc->ma_lock = mh_lock_new("asc");
	if (!model_asc_place(asc)) {
		model_asc_free(asc);
		return (NULL);
	}
	lines_update(asc);
	return (asc);
}

void
model_asc_free(struct model_asc *asc)
{
	int i;

	for (i = 0; i < MODEL_ASC_LINES; i++)
		mh_irq_free(asc->ma_lines[i].irq);
	mh_regs_free(asc->ma_cpu);
	mh_regs_free(asc->ma_mbox);
	mh_lock_free(asc->ma_lock);
	mh_free(asc);
}
