/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

#include "foo/foo_reg.h"
#include "foo_model.h"
#include "tk_test.h"

#define	FOO_SLOT	TK_PCI_DEVFN(3, 0)

/*
 * A message when an enabled cause comes; without messages the line is up while
 * one is there.
 */
static void
foo_model_line(struct foo_model *m)
{
	bool up;

	tk_devlock_enter(m->lock);
	up = m->enable != 0 && m->status != 0;
	tk_devlock_leave(m->lock);
	if (!model_pci_has_messages(&m->func))
		model_pci_pin(&m->func, up);
	else if (up)
		model_pci_message(&m->func, 0);
}

static uint64_t
foo_model_read(void *arg, int bar, uint64_t offset,
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
foo_model_write(void *arg, int bar, uint64_t offset,
    unsigned int width, uint64_t value)
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

static const struct model_pci_ops foo_model_ops = {
	.read = foo_model_read,
	.write = foo_model_write,
};

static const struct model_pci_config foo_model_config = {
	.vendor = FOO_VENDOR,
	.device = FOO_DEVICE,
	.class = 0x00ff00,
	.pin = 1,
	.bar[FOO_BAR].size = FOO_SIZE,
	.msi = 1,
};

device_t
foo_model_up(struct foo_model *m, uint32_t id)
{
	device_t dev;

	memset(m, 0, sizeof(*m));
	m->id = id;
	m->lock = tk_devlock_create("foo");
	m->pci = model_pci_create();
	model_pci_add(m->pci, FOO_SLOT, &foo_model_config,
	    &foo_model_ops, m, &m->func);
	m->pcib = tk_pci_attach(model_pci_machine(m->pci));
	TK_CHECK(m->pcib != NULL);
	dev = tk_pci_function(m->pcib, FOO_SLOT);
	TK_CHECK(dev != NULL);
	return (dev);
}

void
foo_model_down(struct foo_model *m)
{
	TK_EQ(tk_pci_detach(m->pcib), 0);
	model_pci_destroy(m->pci);
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
