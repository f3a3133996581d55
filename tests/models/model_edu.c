/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * QEMU's educational device; see model_edu.h.
 *
 * Source: QEMU, docs/specs/edu.rst and hw/misc/edu.c.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>

#include "model_edu.h"
#include "tk.h"

/* Registers, by the specification; the driver has names of its own. */
#define	REG_ID		0x00
#define	REG_LIVENESS	0x04
#define	REG_FACTORIAL	0x08
#define	REG_STATUS	0x20
#define	  STATUS_BUSY	0x01
#define	  STATUS_INTR	0x80
#define	REG_ISR		0x24
#define	REG_RAISE	0x60
#define	REG_ACK		0x64
#define	REG_SRC		0x80
#define	REG_DST		0x88
#define	REG_COUNT	0x90
#define	REG_CMD		0x98
#define	  CMD_RUN	0x01
#define	  CMD_TO_MEMORY	0x02
#define	  CMD_INTR	0x04

#define	ISR_FACTORIAL	0x001
#define	ISR_DMA		0x100
#define	ISR_OTHER	0x800		/* what a wrong interrupt sets */

#define	BUFFER		UINT64_C(0x40000)
#define	MASK_28		UINT64_C(0x0fffffff)
#define	FACTORIAL_NS	100000
#define	DMA_NS		100000000

/* (l) lock; others are constant. */
struct model_edu {
	struct model_pci_func func;
	uint64_t	 mask;
	struct tk_devlock *lock;
	struct tk_agent	*agent;
	unsigned int	 faults;	/* (l) */
	uint32_t	 liveness;	/* (l) */
	uint32_t	 factorial;	/* (l) argument or result */
	uint32_t	 status;	/* (l) */
	uint32_t	 isr;		/* (l) */
	uint64_t	 dma[4];	/* (l) source, destination, ... */
	int64_t		 computed_at;	/* (l) -1: nothing is computed */
	int64_t		 moved_at;	/* (l) -1: no DMA runs */
	uint8_t		 buffer[MODEL_EDU_BUFFER];	/* (l) */
	struct model_edu_violations bad;		/* (l) */
	struct model_edu_stats stats;			/* (l) */
};

enum { SRC, DST, COUNT, CMD };

static bool
has_fault(const struct model_edu *m, enum model_edu_fault fault)
{
	return ((m->faults & fault) != 0);
}

/*
 * Interrupts; with no lock held
 */

static void
interrupt(struct model_edu *m)
{
	if (model_pci_has_messages(&m->func))
		model_pci_message(&m->func, 0);
	else
		model_pci_pin(&m->func, true);
}

static void
spurious(struct model_edu *m)
{
	if (model_pci_has_messages(&m->func))
		model_pci_message(&m->func, 0);
	else {
		model_pci_pin(&m->func, true);
		model_pci_pin(&m->func, false);
	}
}

static void
raise(struct model_edu *m, uint32_t bits)
{
	bool any, extra;

	tk_devlock_enter(m->lock);
	if (has_fault(m, MODEL_EDU_WRONG_INTERRUPT))
		bits = ISR_OTHER;
	if (has_fault(m, MODEL_EDU_NO_INTERRUPT))
		bits = 0;
	extra = has_fault(m, MODEL_EDU_SPURIOUS) && m->isr == 0;
	m->isr |= bits;
	any = m->isr != 0 && bits != 0 &&
	    !has_fault(m, MODEL_EDU_LATE_INTERRUPT);
	if (any)
		m->stats.raised++;
	tk_devlock_leave(m->lock);
	if (any)
		interrupt(m);
	if (extra)
		spurious(m);
}

static void
acknowledge(struct model_edu *m, uint32_t bits)
{
	bool none;

	tk_devlock_enter(m->lock);
	m->isr &= ~bits;
	none = m->isr == 0;
	tk_devlock_leave(m->lock);
	if (none)
		model_pci_pin(&m->func, false);
}

/*
 * The device's own thread
 */

static uint32_t
factorial_of(uint32_t n)
{
	uint32_t product = 1;

	/* The product of 34 numbers has 32 factors of two. */
	for (n = MIN(n, 34); n > 1; n--)
		product *= n;
	return (product);
}

/* With the lock held; which interrupt it wants, 0: none. */
static uint32_t
compute(struct model_edu *m)
{
	m->computed_at = -1;
	m->factorial = factorial_of(m->factorial);
	if (has_fault(m, MODEL_EDU_WRONG_FACTORIAL))
		m->factorial++;
	m->status &= ~STATUS_BUSY;
	m->stats.factorials++;
	return ((m->status & STATUS_INTR) != 0 ? ISR_FACTORIAL : 0);
}

/* The part of the buffer that a DMA is about; NULL: it is none. */
static uint8_t *
window(struct model_edu *m, uint64_t addr)
{
	uint64_t off = addr - BUFFER;

	if (addr < BUFFER || off > sizeof(m->buffer) ||
	    m->dma[COUNT] > sizeof(m->buffer) - off) {
		m->bad.dma++;
		return (NULL);
	}
	return (m->buffer + off);
}

static void
move_bytes(struct model_edu *m)
{
	uint8_t *p;
	bool ok;

	if ((m->dma[CMD] & CMD_TO_MEMORY) != 0) {
		p = window(m, m->dma[SRC]);
		if (p != NULL && has_fault(m, MODEL_EDU_WRONG_BYTES) &&
		    m->dma[COUNT] != 0)
			p[m->dma[COUNT] - 1] ^= 0xff;
		ok = p == NULL || model_pci_dma_write(&m->func,
		    m->dma[DST] & m->mask, p, m->dma[COUNT]);
	} else {
		p = window(m, m->dma[DST]);
		ok = p == NULL || model_pci_dma_read(&m->func,
		    m->dma[SRC] & m->mask, p, m->dma[COUNT]);
	}
	if (!ok)
		m->bad.memory++;
}

static uint32_t
move(struct model_edu *m)
{
	m->moved_at = -1;
	move_bytes(m);
	m->dma[CMD] &= ~(uint64_t)CMD_RUN;
	m->stats.moves++;
	return ((m->dma[CMD] & CMD_INTR) != 0 ? ISR_DMA : 0);
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return (a < 0 ? b : b < 0 ? a : MIN(a, b));
}

static void
edu_main(void *arg)
{
	struct model_edu *m = arg;
	int64_t next, now;
	uint32_t bits;

	while (!tk_agent_stopping()) {
		now = tk_now_ns();
		bits = 0;
		tk_devlock_enter(m->lock);
		if (m->computed_at >= 0 && m->computed_at <= now)
			bits |= compute(m);
		if (m->moved_at >= 0 && m->moved_at <= now)
			bits |= move(m);
		next = sooner(m->computed_at, m->moved_at);
		tk_devlock_leave(m->lock);
		if (bits != 0)
			raise(m, bits);
		tk_agent_wait(next);
	}
}

/*
 * Registers
 */

/* With the lock held: is this an access that the device has? */
static bool
check_access(struct model_edu *m, int bar, uint64_t off, unsigned int width)
{
	if (bar != 0 || off > REG_CMD ||
	    (off >= REG_SRC && off % 8 != 0)) {
		m->bad.offset++;
		return (false);
	}
	if (width != 4 && (width != 8 || off < REG_SRC)) {
		m->bad.width++;
		return (false);
	}
	return (true);
}

static uint64_t
get_register(struct model_edu *m, uint64_t off)
{
	switch (off) {
	case REG_ID:
		return (has_fault(m, MODEL_EDU_WRONG_ID) ? 0x010000ee :
		    0x010000ed);
	case REG_LIVENESS:
		return (has_fault(m, MODEL_EDU_NOT_ALIVE) ? ~m->liveness :
		    m->liveness);
	case REG_FACTORIAL:
		return (m->factorial);
	case REG_STATUS:
		return (m->status);
	case REG_ISR:
		return (m->isr);
	case REG_SRC:
	case REG_DST:
	case REG_COUNT:
	case REG_CMD:
		return (m->dma[(off - REG_SRC) / 8]);
	default:
		m->bad.offset++;
		return (UINT64_MAX);
	}
}

static uint64_t
edu_read(void *arg, int bar, uint64_t off, unsigned int width)
{
	struct model_edu *m = arg;
	uint64_t value = 0;

	tk_devlock_enter(m->lock);
	if (check_access(m, bar, off, width))
		value = has_fault(m, MODEL_EDU_OFF) ? UINT64_MAX :
		    get_register(m, off);
	tk_devlock_leave(m->lock);
	return (value);
}

/* With the lock held: true if an early interrupt is due. */
static bool
start_factorial(struct model_edu *m, uint32_t n)
{
	if ((m->status & STATUS_BUSY) != 0) {
		m->bad.busy++;
		return (false);
	}
	m->factorial = n;
	m->status |= STATUS_BUSY;
	if (!has_fault(m, MODEL_EDU_NEVER_COMPUTES))
		m->computed_at = tk_now_ns() + FACTORIAL_NS;
	return (has_fault(m, MODEL_EDU_EARLY_INTERRUPT));
}

static void
set_dma(struct model_edu *m, int which, uint64_t value)
{
	if ((m->dma[CMD] & CMD_RUN) != 0) {
		m->bad.busy++;
		return;
	}
	if (which == CMD && (value & CMD_RUN) == 0)
		return;
	m->dma[which] = value;
	if (which == CMD && !has_fault(m, MODEL_EDU_NEVER_MOVES))
		m->moved_at = tk_now_ns() + DMA_NS;
}

/* With the lock held; the bits to raise. */
static uint32_t
set_register(struct model_edu *m, uint64_t off, uint64_t value)
{
	switch (off) {
	case REG_LIVENESS:
		m->liveness = ~(uint32_t)value;
		break;
	case REG_FACTORIAL:
		return (start_factorial(m, value) ? ISR_FACTORIAL : 0);
	case REG_STATUS:
		m->status = (m->status & ~STATUS_INTR) |
		    (value & STATUS_INTR);
		break;
	case REG_RAISE:
		return (value);
	case REG_ACK:
		break;
	case REG_SRC:
	case REG_DST:
	case REG_COUNT:
	case REG_CMD:
		set_dma(m, (off - REG_SRC) / 8, value);
		break;
	default:
		m->bad.offset++;
	}
	return (0);
}

static void
edu_write(void *arg, int bar, uint64_t off, unsigned int width,
    uint64_t value)
{
	struct model_edu *m = arg;
	uint32_t bits = 0;
	bool ok;

	tk_devlock_enter(m->lock);
	ok = check_access(m, bar, off, width) && !has_fault(m, MODEL_EDU_OFF);
	if (ok)
		bits = set_register(m, off, value);
	tk_devlock_leave(m->lock);
	if (bits != 0)
		raise(m, bits);
	if (ok && off == REG_ACK)
		acknowledge(m, value);
	tk_agent_kick(m->agent);
}

static const struct model_pci_ops edu_ops = {
	.read = edu_read,
	.write = edu_write,
};

/*
 * For tests
 */

struct model_edu *
model_edu_create(struct model_pci *pci, unsigned int devfn,
    const struct model_edu_config *c)
{
	const struct model_pci_config config = {
		.vendor = 0x1234, .device = 0x11e8,
		.subvendor = 0x1af4, .subdevice = 0x1100,
		.class = 0x00ff00, .revid = 0x10, .pin = 1,
		.bar[0].size = 1 << 20,
		.msi = c->no_msi ? 0 : 1,
	};
	struct model_edu *m;

	tk_fault_spare(true);
	m = malloc(sizeof(*m), M_DEVBUF, M_WAITOK | M_ZERO);
	m->mask = c->dma_mask != 0 ? c->dma_mask : MASK_28;
	m->lock = tk_devlock_create("model_edu");
	m->computed_at = m->moved_at = -1;
	tk_agent_create(&m->agent, "model_edu", edu_main, m);
	tk_fault_spare(false);
	model_pci_add(pci, devfn, &config, &edu_ops, m, &m->func);
	return (m);
}

void
model_edu_destroy(struct model_edu *m)
{
	tk_agent_stop(m->agent);
	tk_devlock_destroy(m->lock);
	free(m, M_DEVBUF);
}

/* What is under way stops, and goes on once the device is well again. */
void
model_edu_fault(struct model_edu *m, unsigned int faults)
{
	tk_devlock_enter(m->lock);
	m->faults = faults;
	if (has_fault(m, MODEL_EDU_NEVER_COMPUTES))
		m->computed_at = -1;
	else if ((m->status & STATUS_BUSY) != 0 && m->computed_at < 0)
		m->computed_at = tk_now_ns() + FACTORIAL_NS;
	if (has_fault(m, MODEL_EDU_NEVER_MOVES))
		m->moved_at = -1;
	else if ((m->dma[CMD] & CMD_RUN) != 0 && m->moved_at < 0)
		m->moved_at = tk_now_ns() + DMA_NS;
	tk_devlock_leave(m->lock);
	tk_agent_kick(m->agent);
}

struct model_edu_violations
model_edu_violations(struct model_edu *m)
{
	struct model_edu_violations bad;

	tk_devlock_enter(m->lock);
	bad = m->bad;
	tk_devlock_leave(m->lock);
	return (bad);
}

struct model_edu_stats
model_edu_stats(struct model_edu *m)
{
	struct model_edu_stats stats;

	tk_devlock_enter(m->lock);
	stats = m->stats;
	tk_devlock_leave(m->lock);
	return (stats);
}

uint8_t
model_edu_byte(struct model_edu *m, unsigned int i)
{
	return (m->buffer[i]);
}

bool
model_edu_idle(struct model_edu *m)
{
	bool idle;

	tk_devlock_enter(m->lock);
	idle = m->isr == 0 && m->computed_at < 0 && m->moved_at < 0;
	tk_devlock_leave(m->lock);
	return (idle);
}
