/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

#include "foo/foo_reg.h"
#include "foo_model.h"
#include "tk_test.h"

/* The line is up while an enabled cause is there. */
static void
foo_model_line(struct foo_model *m)
{
	bool up;

	tk_devlock_enter(m->lock);
	up = m->enable != 0 && m->status != 0;
	tk_devlock_leave(m->lock);
	if (up)
		tk_irq_raise(m->line);
	else
		tk_irq_lower(m->line);
}

static uint64_t
foo_model_read(void *arg, uint64_t offset,
    unsigned int width)
{
	struct foo_model *m = arg;
	uint64_t value = 0;

	tk_devlock_enter(m->lock);
	switch (offset) {
	case FOO_ID:
		value = m->id;
		break;
	case FOO_STATUS:
		value = m->status;
		break;
	case FOO_ENABLE:
		value = m->enable;
		break;
	}
	tk_devlock_leave(m->lock);
	return (value);
}

static void
foo_model_write(void *arg, uint64_t offset, unsigned int width,
    uint64_t value)
{
	struct foo_model *m = arg;

	tk_devlock_enter(m->lock);
	switch (offset) {
	case FOO_STATUS:
		m->status &= ~value;
		break;
	case FOO_ENABLE:
		m->enable = value & 1;
		break;
	}
	tk_devlock_leave(m->lock);
	foo_model_line(m);
}

static const struct tk_mmio_ops foo_model_ops = {
	.read = foo_model_read,
	.write = foo_model_write,
	.widths = 4,
};

void
foo_model_up(struct foo_model *m)
{
	memset(m, 0, sizeof(*m));
	m->id = FOO_ID_VALUE;
	m->lock = tk_devlock_create("foo");
	m->line = tk_irq_add("foo", FOO_MODEL_IRQ,
	    TK_IRQ_LEVEL);
	m->mmio = tk_mmio_add("foo", FOO_MODEL_BASE,
	    FOO_SIZE, &foo_model_ops, m);
	TK_CHECK(m->line != NULL && m->mmio != NULL);
}

void
foo_model_down(struct foo_model *m)
{
	tk_mmio_remove(m->mmio);
	tk_irq_remove(m->line);
	tk_devlock_destroy(m->lock);
}

void
foo_model_interrupt(struct foo_model *m)
{
	tk_devlock_enter(m->lock);
	m->status |= 1;
	tk_devlock_leave(m->lock);
	foo_model_line(m);
}
