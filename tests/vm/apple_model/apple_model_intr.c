/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * An interrupt controller whose lines are the models'.
 *
 * It is cascaded behind the GIC, FreeBSD's own controller.  One interrupt of
 * the GIC, called the door, says that a line is up.  A model raises it
 * ("rings") by writing the GIC's set-pending register.  So filters run in a
 * real hardware interrupt, with its limits, and on any processor.  Lines are
 * level-triggered, and masked while their thread runs.
 *
 * When a handler is removed it either removes it, as the GIC does, or panics,
 * as FreeBSD's driver of Apple's controller does (sys/arm64/apple/apple_aic.c).
 */

#include "apple_model_var.h"

#include <sys/intr.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/mutex.h>
#include <sys/proc.h>
#include <sys/queue.h>
#include <machine/bus.h>
#include <machine/resource.h>
#include <sys/rman.h>

#include <dev/ofw/ofw_bus.h>
#include <dev/ofw/ofw_bus_subr.h>
#include <dev/ofw/openfirm.h>

#define	GICD_ISPENDR(irq)	(0x200 + (irq) / 32 * 4)
#define	GIC_FIRST_SPI		32
#define	AM_CELLS		3	/* as Apple's: type, number, flags */
#define	AM_PASSES		16	/* then others have their turn */

struct mh_irq {
	struct intr_irqsrc	 mi_isrc;	/* first */
	TAILQ_ENTRY(mh_irq)	 mi_next;
	u_int			 mi_number;
	bool			 mi_up;		/* all below: am_intr_mtx */
	bool			 mi_enabled;
	bool			 mi_masked;	/* its thread runs */
	uint64_t		 mi_delivered;
};

static struct mtx am_intr_mtx;
MTX_SYSINIT(am_intr_mtx, &am_intr_mtx, "apple_model lines", MTX_SPIN);

/* Changes only while no driver is attached: there is no lock. */
static TAILQ_HEAD(, mh_irq) am_irqs = TAILQ_HEAD_INITIALIZER(am_irqs);

static device_t			am_intr_bus;
static bool			am_as_aic;
static bus_space_tag_t		am_gic_tag;
static bus_space_handle_t	am_gic_handle;
static u_int			am_door;	/* number at the GIC */
static struct callout		am_later;

static void
am_ring(void)
{
	bus_space_write_4(am_gic_tag, am_gic_handle, GICD_ISPENDR(am_door),
	    1u << am_door % 32);
}

static void
am_ring_later(void *arg __unused)
{
	am_ring();
}

static bool
am_wanted(const struct mh_irq *irq)
{
	mtx_assert(&am_intr_mtx, MA_OWNED);
	return (irq->mi_up && irq->mi_enabled && !irq->mi_masked);
}

/* Run the handlers of a line that is up.  False: it is not. */
static bool
am_deliver(struct mh_irq *irq)
{
	bool wanted;

	mtx_lock_spin(&am_intr_mtx);
	wanted = am_wanted(irq);
	irq->mi_delivered += wanted;
	mtx_unlock_spin(&am_intr_mtx);
	if (!wanted)
		return (false);
	if (intr_isrc_dispatch(&irq->mi_isrc, curthread->td_intr_frame) == 0)
		return (true);
	/*
	 * FreeBSD removes the last handler before it disables the line.  So
	 * disable a line here that has no handler.
	 */
	am_pic_disable_intr(am_intr_bus, &irq->mi_isrc);
	return (false);
}

/*
 * A line that is still up after AM_PASSES passes is handled a millisecond
 * later.  The thread that is about to lower it may be the one that was
 * interrupted.  And a driver that leaves a line up must fail its test, not hang
 * the machine.
 */
static int
am_door_filter(void *arg __unused)
{
	struct mh_irq *irq;
	bool again = true;
	int pass;

	for (pass = 0; again && pass < AM_PASSES; pass++) {
		again = false;
		TAILQ_FOREACH(irq, &am_irqs, mi_next)
			again |= am_deliver(irq);
	}
	if (again)
		callout_reset_sbt(&am_later, SBT_1MS, 0, am_ring_later, NULL,
		    C_DIRECT_EXEC);
	return (FILTER_HANDLED);
}

/*
 * What models call
 */

struct mh_irq *
mh_irq_new(const char *name, unsigned int number)
{
	struct mh_irq *irq;

	TAILQ_FOREACH(irq, &am_irqs, mi_next)
		if (irq->mi_number == number)
			return (NULL);
	irq = malloc(sizeof(*irq), M_APPLE_MODEL, M_WAITOK | M_ZERO);
	irq->mi_number = number;
	if (intr_isrc_register(&irq->mi_isrc, am_intr_bus, 0, "am,%u",
	    number) != 0) {
		free(irq, M_APPLE_MODEL);
		return (NULL);
	}
	TAILQ_INSERT_TAIL(&am_irqs, irq, mi_next);
	return (irq);
}

void
mh_irq_free(struct mh_irq *irq)
{
	if (irq == NULL)
		return;
	TAILQ_REMOVE(&am_irqs, irq, mi_next);
	intr_isrc_deregister(&irq->mi_isrc);
	free(irq, M_APPLE_MODEL);
}

void
mh_irq_raise(struct mh_irq *irq)
{
	bool wanted;

	mtx_lock_spin(&am_intr_mtx);
	irq->mi_up = true;
	wanted = am_wanted(irq);
	mtx_unlock_spin(&am_intr_mtx);
	if (wanted)
		am_ring();
}

void
mh_irq_lower(struct mh_irq *irq)
{
	mtx_lock_spin(&am_intr_mtx);
	irq->mi_up = false;
	mtx_unlock_spin(&am_intr_mtx);
}

uint64_t
mh_irq_delivered(const struct mh_irq *irq)
{
	uint64_t n;

	mtx_lock_spin(&am_intr_mtx);
	n = irq->mi_delivered;
	mtx_unlock_spin(&am_intr_mtx);
	return (n);
}

/*
 * What FreeBSD's interrupt code calls
 */

int
am_pic_map_intr(device_t dev __unused, struct intr_map_data *data,
    struct intr_irqsrc **isrcp)
{
	const struct intr_map_data_fdt *fdt = (void *)data;
	struct mh_irq *irq;

	if (data->type != INTR_MAP_DATA_FDT)
		return (ENOTSUP);
	if (fdt->ncells != AM_CELLS)
		return (EINVAL);
	TAILQ_FOREACH(irq, &am_irqs, mi_next) {
		if (irq->mi_number != fdt->cells[1])
			continue;
		*isrcp = &irq->mi_isrc;
		return (0);
	}
	return (EINVAL);
}

/* Change what keeps a line from interrupting. */
static void
am_set(struct intr_irqsrc *isrc, bool enabled, bool masked)
{
	struct mh_irq *irq = (struct mh_irq *)isrc;
	bool wanted;

	mtx_lock_spin(&am_intr_mtx);
	irq->mi_enabled = enabled;
	irq->mi_masked = masked;
	wanted = am_wanted(irq);
	mtx_unlock_spin(&am_intr_mtx);
	if (wanted)
		am_ring();
}

void
am_pic_enable_intr(device_t dev __unused, struct intr_irqsrc *isrc)
{
	am_set(isrc, true, false);
}

void
am_pic_disable_intr(device_t dev __unused, struct intr_irqsrc *isrc)
{
	am_set(isrc, false, false);
}

void
am_pic_pre_ithread(device_t dev __unused, struct intr_irqsrc *isrc)
{
	am_set(isrc, true, true);
}

/*
 * As the GIC and Apple's controller do, the thread's end enables the line even
 * if it was disabled meanwhile.
 */
void
am_pic_post_ithread(device_t dev __unused, struct intr_irqsrc *isrc)
{
	am_set(isrc, true, false);
}

void
am_pic_post_filter(device_t dev __unused, struct intr_irqsrc *isrc __unused)
{
}

int
am_pic_teardown_intr(device_t dev __unused, struct intr_irqsrc *isrc,
    struct resource *res __unused, struct intr_map_data *data __unused)
{
	if (am_as_aic)
		panic("%s: %s: a handler was removed", __func__,
		    isrc->isrc_name);
	return (0);
}

/*
 * The door: the bus' only interrupt, which the device tree says to be the
 * GIC's.
 */
int
am_intr_attach(device_t bus)
{
	phandle_t gic, node = ofw_bus_get_node(bus);
	struct resource *res;
	pcell_t cells[AM_CELLS];
	void *cookie;
	int error, rid = 0;

	am_intr_bus = bus;
	am_as_aic = ofw_bus_is_compatible(bus, "apple,aic");
	callout_init(&am_later, 1);
	gic = ofw_bus_find_iparent(node);
	if (gic == 0 || OF_getencprop(node, "interrupts", cells,
	    sizeof(cells)) != sizeof(cells))
		return (ENXIO);
	am_door = GIC_FIRST_SPI + cells[1];
	error = OF_decode_addr(OF_node_from_xref(gic), 0, &am_gic_tag,
	    &am_gic_handle, NULL);
	if (error != 0)
		return (error);
	res = bus_alloc_resource_any(bus, SYS_RES_IRQ, &rid, RF_ACTIVE);
	if (res == NULL)
		return (ENXIO);
	error = bus_setup_intr(bus, res, INTR_TYPE_MISC | INTR_MPSAFE,
	    am_door_filter, NULL, NULL, &cookie);
	if (error != 0)
		return (error);
	return (intr_pic_register(bus, OF_xref_from_node(node)) == NULL ?
	    ENXIO : 0);
}
