/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * apple_sart(4): the filter between a coprocessor and memory.  apple_sart.h
 * describes the interface for clients.
 *
 * Entries that are in use when the first client comes are the boot loader's.
 * The firmware may rely on them, so they are never written.
 *
 * Left out: the power domain of the registers, for which FreeBSD has no driver.
 * The boot loader has turned it on if it has used the coprocessor.  If not, an
 * access stops the machine.  So the registers are left alone until a client
 * comes, which needs the coprocessor, and knows that it has power.
 */
#include "apple_sart.h"
#include "apple_sart_reg.h"

#include "kpi_bus.h"
#include "kpi_dev.h"
#include "kpi_fdt.h"
#include "kpi_mtx.h"

#include <sys/kernel.h>
#include <sys/module.h>

#include <dev/ofw/ofw_bus_subr.h>

#define	PAGES(bytes)	((bytes) >> ASART_PAGE_SHIFT)

CTASSERT(APPLE_SART_PAGE == 1 << ASART_PAGE_SHIFT);

/* A version of the hardware. */
struct apple_sart_layout {
	const char	*asl_descr;
	u_int		 asl_flags_shift;	/* in CONFIG */
	uint32_t	 asl_flags;		/* all that there are */
	uint32_t	 asl_allow;
	uint32_t	 asl_size_max;		/* pages */
	bool		 asl_has_size;		/* SIZE, not in CONFIG */
};

/* What an entry says. */
struct apple_sart_entry {
	uint32_t	ase_flags;	/* 0: it is free */
	uint32_t	ase_page;
	uint32_t	ase_pages;
};

/* (c) constant after attach; (m) sa_mtx. */
struct apple_sart {
	device_t		 sa_dev;	/* (c) */
	const struct apple_sart_layout *sa_layout; /* (c) */
	struct kpi_res		 sa_res;	/* (c) */
	struct kpi_mtx		 sa_mtx;	/* also of the registers */
	bool			 sa_known;	/* (m) sa_protected is set */
	u_int			 sa_protected;	/* (m) entries, by bit */
	u_int			 sa_used;	/* (m) entries of clients' */
	u_int			 sa_clients;	/* (m) */
	bool			 sa_gone;	/* (m) detaching */
};

static const struct apple_sart_layout apple_sart_v0 = {
	.asl_descr = "Apple SART v0",
	.asl_flags_shift = ASART_V0_FLAGS_SHIFT, .asl_flags = ASART_V0_FLAGS,
	.asl_allow = ASART_V0_ALLOW, .asl_size_max = ASART_V0_SIZE_MAX,
};

static const struct apple_sart_layout apple_sart_v2 = {
	.asl_descr = "Apple SART v2",
	.asl_flags_shift = ASART_V2_FLAGS_SHIFT, .asl_flags = ASART_V2_FLAGS,
	.asl_allow = ASART_ALLOW, .asl_size_max = ASART_V2_SIZE_MAX,
};

static const struct apple_sart_layout apple_sart_v3 = {
	.asl_descr = "Apple SART v3", .asl_flags = ASART_V3_FLAGS,
	.asl_allow = ASART_ALLOW, .asl_size_max = ASART_V3_SIZE_MAX,
	.asl_has_size = true,
};

/*
 * t6020 and t8112 have "apple,t6000-sart" as their second string.  devmatch(8)
 * reads no string but the first.
 */
static const struct kpi_fdt_compat apple_sart_compat[] = {
	{ "apple,t6000-sart",	(uintptr_t)&apple_sart_v3 },
	{ "apple,t6020-sart",	(uintptr_t)&apple_sart_v3 },
	{ "apple,t8112-sart",	(uintptr_t)&apple_sart_v3 },
	{ "apple,t8103-sart",	(uintptr_t)&apple_sart_v2 },
	{ "apple,t8015-sart",	(uintptr_t)&apple_sart_v0 },
	{ NULL,			0 },
};

static device_probe_t	apple_sart_probe;
static device_attach_t	apple_sart_attach;
static device_detach_t	apple_sart_detach;
static device_shutdown_t apple_sart_shutdown;

static device_method_t apple_sart_methods[] = {
	DEVMETHOD(device_probe,		apple_sart_probe),
	DEVMETHOD(device_attach,	apple_sart_attach),
	DEVMETHOD(device_detach,	apple_sart_detach),
	DEVMETHOD(device_shutdown,	apple_sart_shutdown),
	DEVMETHOD_END
};

static driver_t apple_sart_driver = {
	"apple_sart",
	apple_sart_methods,
	sizeof(struct apple_sart),
};

/*
 * Before its clients, wherever in the tree they stand.  kldload(8) knows no
 * passes, and adds drivers of one order in any order: the order is set, too.
 */
EARLY_DRIVER_MODULE_ORDERED(apple_sart, simplebus, apple_sart_driver, NULL,
    NULL, SI_ORDER_SECOND, BUS_PASS_SUPPORTDEV + BUS_PASS_ORDER_EARLY);
MODULE_VERSION(apple_sart, 1);
SIMPLEBUS_PNP_INFO(apple_sart_compat);

/*
 * Entries.  Called with (m).
 */

static void
apple_sart_read(const struct apple_sart *sa, u_int i,
    struct apple_sart_entry *entry)
{
	const struct apple_sart_layout *l = sa->sa_layout;
	uint32_t config;

	config = kpi_read_4(&sa->sa_res, ASART_CONFIG(i));
	entry->ase_flags = config >> l->asl_flags_shift & l->asl_flags;
	entry->ase_page = kpi_read_4(&sa->sa_res, ASART_PADDR(i));
	entry->ase_pages = l->asl_has_size ?
	    kpi_read_4(&sa->sa_res, ASART_SIZE(i)) : config & l->asl_size_max;
}

/* The region first, then the flags that make it count. */
static void
apple_sart_allow(const struct apple_sart *sa, u_int i, uint32_t page,
    uint32_t pages)
{
	const struct apple_sart_layout *l = sa->sa_layout;
	uint32_t config = l->asl_allow << l->asl_flags_shift;

	kpi_write_4(&sa->sa_res, ASART_PADDR(i), page);
	if (l->asl_has_size)
		kpi_write_4(&sa->sa_res, ASART_SIZE(i), pages);
	else
		config |= pages;
	kpi_write_4(&sa->sa_res, ASART_CONFIG(i), config);
}

/* In reverse.  The read brings the writes to the hardware. */
static void
apple_sart_forbid(const struct apple_sart *sa, u_int i)
{
	kpi_write_4(&sa->sa_res, ASART_CONFIG(i), 0);
	if (sa->sa_layout->asl_has_size)
		kpi_write_4(&sa->sa_res, ASART_SIZE(i), 0);
	kpi_write_4(&sa->sa_res, ASART_PADDR(i), 0);
	(void)kpi_read_4(&sa->sa_res, ASART_CONFIG(i));
}

/* Find out, once, which entries are the boot loader's. */
static void
apple_sart_protect(struct apple_sart *sa)
{
	struct apple_sart_entry entry;

	if (sa->sa_known)
		return;
	for (u_int i = 0; i < ASART_ENTRIES; i++) {
		apple_sart_read(sa, i, &entry);
		if (entry.ase_flags != 0)
			sa->sa_protected |= 1u << i;
	}
	sa->sa_known = true;
}

static void
apple_sart_forbid_used(struct apple_sart *sa)
{
	for (u_int i = 0; i < ASART_ENTRIES; i++)
		if ((sa->sa_used & 1u << i) != 0)
			apple_sart_forbid(sa, i);
	sa->sa_used = 0;
}

/* The entry of exactly this region; ASART_ENTRIES: there is none. */
static u_int
apple_sart_find(const struct apple_sart *sa, uint64_t paddr, uint64_t size)
{
	struct apple_sart_entry entry;

	for (u_int i = 0; i < ASART_ENTRIES; i++) {
		if ((sa->sa_used & 1u << i) == 0)
			continue;
		apple_sart_read(sa, i, &entry);
		if ((uint64_t)entry.ase_page << ASART_PAGE_SHIFT == paddr &&
		    (uint64_t)entry.ase_pages << ASART_PAGE_SHIFT == size)
			return (i);
	}
	return (ASART_ENTRIES);
}

/*
 * For clients
 */

int
apple_sart_add(struct apple_sart *sa, uint64_t paddr, uint64_t size)
{
	u_int i;

	if (((paddr | size) & (APPLE_SART_PAGE - 1)) != 0 || size == 0 ||
	    PAGES(paddr) > UINT32_MAX ||
	    PAGES(size) > sa->sa_layout->asl_size_max)
		return (EINVAL);
	kpi_mtx_lock(&sa->sa_mtx);
	i = ffs(~(sa->sa_used | sa->sa_protected)) - 1;
	if (i < ASART_ENTRIES) {
		sa->sa_used |= 1u << i;
		apple_sart_allow(sa, i, PAGES(paddr), PAGES(size));
	}
	kpi_mtx_unlock(&sa->sa_mtx);
	if (i < ASART_ENTRIES)
		return (0);
	device_printf(sa->sa_dev, "all entries are in use: no room for %ju "
	    "bytes at %#jx\n", (uintmax_t)size, (uintmax_t)paddr);
	return (ENOSPC);
}

int
apple_sart_remove(struct apple_sart *sa, uint64_t paddr, uint64_t size)
{
	u_int i;

	kpi_mtx_lock(&sa->sa_mtx);
	i = apple_sart_find(sa, paddr, size);
	if (i < ASART_ENTRIES) {
		apple_sart_forbid(sa, i);
		sa->sa_used &= ~(1u << i);
	}
	kpi_mtx_unlock(&sa->sa_mtx);
	return (i < ASART_ENTRIES ? 0 : ENOENT);
}

/* 0: it has one client more.  ENXIO: it is about to go. */
static int
apple_sart_claim(struct apple_sart *sa)
{
	int error;

	kpi_mtx_lock(&sa->sa_mtx);
	error = sa->sa_gone ? ENXIO : 0;
	if (error == 0) {
		apple_sart_protect(sa);
		sa->sa_clients++;
	}
	kpi_mtx_unlock(&sa->sa_mtx);
	return (error);
}

/* As apple_sart_get(), with the line for an error. */
static int
apple_sart_lookup(device_t dev, struct apple_sart **sartp, const char **why)
{
	kpi_fdt_node node = kpi_fdt_node_of(dev);
	uint32_t xref;
	device_t sart;
	int error;

	*why = "is not one reference";
	/* It has no cells, so there is no #...-cells property either. */
	error = kpi_fdt_u32(node, "apple,sart", &xref);
	if (error == ENOENT)
		*why = "is not there";
	if (error != 0)
		return (error);
	sart = kpi_fdt_device(xref);
	*why = "its device is not attached";
	if (sart == NULL)
		return (ENXIO);
	*why = "does not refer to a SART";
	if (device_get_driver(sart) != &apple_sart_driver)
		return (EINVAL);
	*why = "its device is about to go";
	*sartp = kpi_dev_softc(sart);
	return (apple_sart_claim(*sartp));
}

int
apple_sart_get(device_t dev, struct apple_sart **sartp)
{
	struct apple_sart *sa;
	const char *why;
	int error;

	error = apple_sart_lookup(dev, &sa, &why);
	if (error == 0)
		*sartp = sa;
	else
		device_printf(dev, "apple,sart: %s\n", why);
	return (error);
}

void
apple_sart_put(struct apple_sart *sa)
{
	if (sa == NULL)
		return;
	kpi_mtx_lock(&sa->sa_mtx);
	sa->sa_clients--;
	kpi_mtx_unlock(&sa->sa_mtx);
}

/*
 * The device
 */

static int
apple_sart_probe(device_t dev)
{
	const struct apple_sart_layout *layout;

	layout = (const void *)kpi_fdt_match(dev, apple_sart_compat);
	if (layout == NULL)
		return (ENXIO);
	device_set_desc(dev, layout->asl_descr);
	return (BUS_PROBE_DEFAULT);
}

static int
apple_sart_map(struct apple_sart *sa)
{
	int error;

	error = kpi_res_alloc(sa->sa_dev, 0, &sa->sa_res);
	if (error != 0)
		device_printf(sa->sa_dev, "cannot map the registers\n");
	else if (sa->sa_res.kr_size < ASART_BYTES) {
		device_printf(sa->sa_dev, "only %#jx bytes of registers\n",
		    (uintmax_t)sa->sa_res.kr_size);
		kpi_res_free(&sa->sa_res);
		error = EINVAL;
	}
	return (error);
}

static int
apple_sart_attach(device_t dev)
{
	struct apple_sart *sa = kpi_dev_softc(dev);
	int error;

	sa->sa_dev = dev;
	sa->sa_layout = (const void *)kpi_fdt_match(dev, apple_sart_compat);
	error = apple_sart_map(sa);
	if (error != 0)
		return (error);
	kpi_mtx_init(&sa->sa_mtx, "apple_sart", KPI_MTX_DEF);
	error = kpi_fdt_register(dev);
	if (error != 0) {
		device_printf(dev, "cannot be made known to clients: "
		    "error %d\n", error);
		kpi_mtx_destroy(&sa->sa_mtx);
		kpi_res_free(&sa->sa_res);
	}
	return (error);
}

/*
 * What clients have left belongs to firmware that may still run.  It does not
 * reach that memory from now on.
 */
static int
apple_sart_detach(device_t dev)
{
	struct apple_sart *sa = kpi_dev_softc(dev);
	int error;

	kpi_mtx_lock(&sa->sa_mtx);
	error = sa->sa_clients != 0 ? EBUSY : 0;
	sa->sa_gone = error == 0;
	if (error == 0)
		apple_sart_forbid_used(sa);
	kpi_mtx_unlock(&sa->sa_mtx);
	if (error != 0) {
		device_printf(dev, "has a client\n");
		return (error);
	}
	kpi_fdt_unregister(dev);
	kpi_mtx_destroy(&sa->sa_mtx);
	kpi_res_free(&sa->sa_res);
	return (0);
}

/*
 * The next kernel takes entries that are in use for the boot loader's, and so
 * would have fewer each time.
 */
static int
apple_sart_shutdown(device_t dev)
{
	struct apple_sart *sa = kpi_dev_softc(dev);

	kpi_mtx_lock(&sa->sa_mtx);
	apple_sart_forbid_used(sa);
	kpi_mtx_unlock(&sa->sa_mtx);
	return (0);
}
