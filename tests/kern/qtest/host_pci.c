/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The PCI bus of QEMU's q35 as a struct tk_pci_machine.  Configuration space is
 * behind the ports 0xcf8 and 0xcfc; pins are inputs 20 to 23 of the I/O APIC,
 * which QEMU tells of; a message is a store into a word of its own, in a page
 * that a thread watches.  Several messages of a number between two looks count
 * as one, as edges of a masked interrupt do.
 *
 * Source: Intel's ICH9 datasheet, sections 5.8 and 10.1.20, for devices that
 * are not the chipset's.
 */

#include <errno.h>
#include <string.h>

#include "qtest_var.h"

#define	HOST_CONFIG_ADDR	0xcf8	/* 4 bytes: bit 31, devfn, register */
#define	HOST_CONFIG_DATA	0xcfc	/* 4 bytes */
#define	HOST_CONFIG_SIZE	256	/* that the ports reach */

/* Addresses for BARs: above RAM, below the interrupt controllers. */
#define	HOST_WINDOW		UINT64_C(0xe0000000)
#define	HOST_WINDOW_END		UINT64_C(0xfe000000)

#define	HOST_FIRST_LINE		20	/* PIRQE */
#define	HOST_MESSAGE_STRIDE	64	/* a cache line */
#define	HOST_LOOK_MS		1	/* between looks at the page */

_Static_assert(TK_PCI_MESSAGES * HOST_MESSAGE_STRIDE <= QTEST_PAGE, "page");

/*
 * Interrupts
 */

/*
 * Another thread may change a line meanwhile, so look again: the last one to
 * tell the kernel tells it the truth.
 */
void
qpci_host_show(struct tk_qtest *q)
{
	struct qpci_host *h = &q->host;
	struct _device *pcib;
	uint32_t bit, changed, up;
	unsigned int line;

	pcib = __atomic_load_n(&h->pcib, __ATOMIC_ACQUIRE);
	if (pcib == NULL)
		return;
	for (line = 0; line < TK_PCI_LINES; line++) {
		bit = 1u << (HOST_FIRST_LINE + line);
		for (;;) {
			up = __atomic_load_n(&h->lines, __ATOMIC_ACQUIRE) & bit;
			changed = up ^ (bit &
			    __atomic_load_n(&h->shown, __ATOMIC_ACQUIRE));
			if (changed == 0)
				break;
			__atomic_xor_fetch(&h->shown, bit, __ATOMIC_ACQ_REL);
			tk_pci_line(pcib, line, up != 0);
		}
	}
}

static void
look_for_messages(struct tk_qtest *q, struct _device *pcib)
{
	uint32_t data, *slot;
	int i;

	for (i = 0; i < TK_PCI_MESSAGES; i++) {
		slot = (uint32_t *)(void *)(q->ram + QTEST_MSIX_PADDR +
		    (size_t)i * HOST_MESSAGE_STRIDE);
		if (__atomic_load_n(slot, __ATOMIC_RELAXED) == 0)
			continue;
		data = __atomic_exchange_n(slot, 0, __ATOMIC_ACQ_REL);
		__atomic_fetch_add(&q->vpci.msix.messages, 1,
		    __ATOMIC_RELAXED);
		tk_pci_message(pcib, data);
	}
}

static void *
watch(void *arg)
{
	struct tk_qtest *q = arg;

	while (!__atomic_load_n(&q->host.stop, __ATOMIC_ACQUIRE)) {
		look_for_messages(q, q->host.pcib);
		qtest_listen(q, HOST_LOOK_MS);
		qtest_alive(q);
	}
	return (NULL);
}

static void
host_bind(void *arg, struct _device *pcib)
{
	struct tk_qtest *q = arg;
	struct qpci_host *h = &q->host;
	int error;

	if (h->running) {
		__atomic_store_n(&h->stop, true, __ATOMIC_RELEASE);
		pthread_join(h->watcher, NULL);
		h->running = false;
	}
	__atomic_store_n(&h->shown, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&h->pcib, pcib, __ATOMIC_RELEASE);
	if (pcib == NULL)
		return;
	memset(q->ram + QTEST_MSIX_PADDR, 0, QTEST_PAGE);
	h->stop = false;
	error = pthread_create(&h->watcher, NULL, watch, q);
	if (error != 0)
		qtest_fail(q, error, "cannot start a thread: %s",
		    strerror(error));
	h->running = error == 0;
}

static unsigned int
host_route(void *arg, unsigned int devfn, unsigned int pin)
{

	return (((devfn >> 3) + pin - 1) % TK_PCI_LINES);
}

/*
 * Configuration space and memory
 */

/* With the lock held. */
static void
select_register(struct tk_qtest *q, unsigned int devfn, unsigned int reg)
{

	qtest_out(q, HOST_CONFIG_ADDR, 4,
	    UINT32_C(1) << 31 | devfn << 8 | (reg & 0xfc));
}

static uint32_t
host_read_config(void *arg, unsigned int devfn, unsigned int reg,
    unsigned int width)
{
	struct tk_qtest *q = arg;
	uint32_t value;

	if (reg >= HOST_CONFIG_SIZE)
		return (UINT32_MAX);
	pthread_mutex_lock(&q->host.lock);
	select_register(q, devfn, reg);
	value = qtest_in(q, HOST_CONFIG_DATA + (reg & 3), width);
	pthread_mutex_unlock(&q->host.lock);
	return (value);
}

static void
host_write_config(void *arg, unsigned int devfn, unsigned int reg,
    unsigned int width, uint32_t value)
{
	struct tk_qtest *q = arg;

	if (reg >= HOST_CONFIG_SIZE)
		return;
	pthread_mutex_lock(&q->host.lock);
	select_register(q, devfn, reg);
	qtest_out(q, HOST_CONFIG_DATA + (reg & 3), width, value);
	pthread_mutex_unlock(&q->host.lock);
}

static uint64_t
host_read(void *arg, uint64_t addr, unsigned int width)
{

	return (qtest_read(arg, addr, (int)width));
}

static void
host_write(void *arg, uint64_t addr, unsigned int width, uint64_t value)
{

	qtest_write(arg, addr, (int)width, value);
}

static const struct tk_pci_ops host_ops = {
	.name = "QEMU's q35",
	.bind = host_bind,
	.read_config = host_read_config,
	.write_config = host_write_config,
	.read = host_read,
	.write = host_write,
	.route = host_route,
};

int
qpci_host_init(struct tk_qtest *q)
{
	struct qpci_host *h = &q->host;

	pthread_mutex_init(&h->lock, NULL);
	h->ready = true;
	h->machine = (struct tk_pci_machine){
		.ops = &host_ops,
		.arg = q,
		.window = HOST_WINDOW,
		.window_size = HOST_WINDOW_END - HOST_WINDOW,
		.messages = QTEST_MSIX_PADDR,
		.stride = HOST_MESSAGE_STRIDE,
		/* Two messages to one word would be seen as one. */
		.max_msi = 1,
	};
	qtest_intercept(q);
	return (tk_qtest_error(q));
}

void
qpci_host_fini(struct tk_qtest *q)
{

	if (!q->host.ready)
		return;
	host_bind(q, NULL);
	pthread_mutex_destroy(&q->host.lock);
	q->host.ready = false;
}

const struct tk_pci_machine *
tk_qtest_pci(struct tk_qtest *q)
{

	return (&q->host.machine);
}
