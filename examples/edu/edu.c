/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * edu(4): QEMU's educational PCI device.  Registers, an interrupt (MSI, or INTx
 * where MSI is absent), DMA both ways, a busy wait, suspend and resume.
 *
 * A program uses the device by sysctl(9), below dev.edu.N.  One thread at a
 * time has the device (edu_enter()).  It starts something, and sleeps until the
 * interrupt's handler has seen the bit that says that it is done.
 * examples/edu_rust is the same driver in Rust.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include "kpi_bus.h"
#include "kpi_dev.h"
#include "kpi_dma.h"
#include "kpi_intr.h"
#include "kpi_mtx.h"
#include "kpi_pci.h"
#include "kpi_sysctl.h"
#include "kpi_time.h"

#include "edu_reg.h"

#define	EDU_TIMEOUT	(5 * SBT_1S)	/* for what takes 0.5 s at most */
#define	EDU_POLL	10		/* microseconds between looks */
#define	EDU_POLL_LIMIT	100000		/* microseconds, at attach */
#define	EDU_STOP_MS	500		/* for a DMA that runs, 100 ms */

/*
 * Locks: (m) es_mtx; (u) the thread that has the device; (i) the interrupt's
 * thread.  Other fields are constant after attach.
 */
struct edu_softc {
	device_t		es_dev;
	struct kpi_mtx		es_mtx;
	struct kpi_res		es_regs;
	struct kpi_dma_tag	es_tag;
	struct kpi_dma_buf	es_buf;		/* (u) */
	struct kpi_pci_intr	es_intr;
	struct kpi_intr		es_irq;
	struct kpi_sysctl	es_sysctl;
	bool			es_busy;	/* (m) a thread has it */
	int			es_closed;	/* (m) errno for the others */
	uint32_t		es_done;	/* (m) EDU_ISR_* that came */
	uint32_t		es_factorial;	/* (m) the last one */
	uint32_t		es_usec;	/* (m) of the last DMA test */
	uint64_t		es_interrupts;	/* (i) */
	uint64_t		es_stray;	/* (i) with no bit set */
};

enum { EDU_SYSCTL_FACTORIAL, EDU_SYSCTL_DMA };

static const struct kpi_pci_id edu_ids[] = {
	{ EDU_VENDOR, EDU_DEVICE, "QEMU educational device" },
};

/*
 * Registers
 */

static uint32_t
edu_read(struct edu_softc *sc, bus_size_t reg)
{
	return (kpi_read_4(&sc->es_regs, reg));
}

static void
edu_write(struct edu_softc *sc, bus_size_t reg, uint32_t val)
{
	kpi_write_4(&sc->es_regs, reg, val);
}

static bool
edu_computing(struct edu_softc *sc)
{
	return ((edu_read(sc, EDU_STATUS) & EDU_STATUS_COMPUTING) != 0);
}

static bool
edu_dma_runs(struct edu_softc *sc)
{
	return ((edu_read(sc, EDU_DMA_CMD) & EDU_DMA_CMD_RUN) != 0);
}

/* No interrupt from now on, and none that is left over. */
static void
edu_quiet(struct edu_softc *sc)
{
	edu_write(sc, EDU_STATUS, 0);
	edu_write(sc, EDU_ACK, edu_read(sc, EDU_ISR));
}

/* Is this the device, and does it answer? */
static int
edu_check(struct edu_softc *sc)
{
	uint32_t id = edu_read(sc, EDU_ID);

	if ((id & EDU_ID_MAGIC) != EDU_MAGIC) {
		device_printf(sc->es_dev, "identification %#x is not edu's\n",
		    id);
		return (ENXIO);
	}
	edu_write(sc, EDU_LIVENESS, id);
	if (edu_read(sc, EDU_LIVENESS) != ~id) {
		device_printf(sc->es_dev, "liveness check failed\n");
		return (ENXIO);
	}
	return (0);
}

/*
 * At boot no interrupt comes yet, so attach polls: 12! is the largest one of 32
 * bits.
 */
static int
edu_self_test(struct edu_softc *sc)
{
	int error;

	edu_write(sc, EDU_FACTORIAL, 12);
	error = KPI_POLL(!edu_computing(sc), EDU_POLL, EDU_POLL_LIMIT);
	if (error == 0 && edu_read(sc, EDU_FACTORIAL) != 479001600)
		error = EIO;
	if (error != 0)
		device_printf(sc->es_dev, "self-test failed: %d\n", error);
	return (error);
}

/*
 * Interrupts
 */

/* Acknowledge exactly what is handled: a bit that comes later stays. */
static void
edu_handler(void *arg)
{
	struct edu_softc *sc = arg;
	uint32_t isr = edu_read(sc, EDU_ISR);

	/* Another device on the line; or all ones: the device is off. */
	if (isr == 0 || isr == UINT32_MAX) {
		sc->es_stray++;
		return;
	}
	edu_write(sc, EDU_ACK, isr);
	sc->es_interrupts++;
	kpi_mtx_lock(&sc->es_mtx);
	sc->es_done |= isr;
	kpi_wakeup(sc);
	kpi_mtx_unlock(&sc->es_mtx);
}

/* Before starting what sets the bit. */
static void
edu_expect(struct edu_softc *sc, uint32_t bit)
{
	kpi_mtx_lock(&sc->es_mtx);
	sc->es_done &= ~bit;
	kpi_mtx_unlock(&sc->es_mtx);
}

/*
 * Sleep until the bit has come and the device is done.  A late interrupt of
 * something that had timed out may set the bit too early.
 */
static int
edu_wait(struct edu_softc *sc, uint32_t bit, bool (*busy)(struct edu_softc *))
{
	sbintime_t end = kpi_uptime() + EDU_TIMEOUT, left;
	int error = 0;

	kpi_mtx_lock(&sc->es_mtx);
	while ((sc->es_done & bit) == 0 || busy(sc)) {
		sc->es_done &= ~bit;
		left = end - kpi_uptime();
		if (left <= 0) {
			error = ETIMEDOUT;
			break;
		}
		(void)kpi_msleep(sc, &sc->es_mtx, "eduwait", left);
	}
	kpi_mtx_unlock(&sc->es_mtx);
	return (error);
}

/*
 * Whose the device is
 */

/* Errors: ENXIO, EBUSY: the device goes, or is suspended. */
static int
edu_enter(struct edu_softc *sc)
{
	int error;

	kpi_mtx_lock(&sc->es_mtx);
	while (sc->es_busy && sc->es_closed == 0)
		(void)kpi_msleep(&sc->es_busy, &sc->es_mtx, "eduturn", 0);
	error = sc->es_closed;
	if (error == 0)
		sc->es_busy = true;
	kpi_mtx_unlock(&sc->es_mtx);
	return (error);
}

static void
edu_leave(struct edu_softc *sc)
{
	kpi_mtx_lock(&sc->es_mtx);
	sc->es_busy = false;
	kpi_wakeup(&sc->es_busy);
	kpi_mtx_unlock(&sc->es_mtx);
}

/* Refuse new users with this errno, and wait for the one that is there. */
static void
edu_close(struct edu_softc *sc, int error)
{
	kpi_mtx_lock(&sc->es_mtx);
	sc->es_closed = error;
	kpi_wakeup(&sc->es_busy);
	while (sc->es_busy)
		(void)kpi_msleep(&sc->es_busy, &sc->es_mtx, "educlos", 0);
	kpi_mtx_unlock(&sc->es_mtx);
}

static void
edu_open(struct edu_softc *sc)
{
	kpi_mtx_lock(&sc->es_mtx);
	sc->es_closed = 0;
	kpi_mtx_unlock(&sc->es_mtx);
}

/*
 * Factorial and DMA, for the thread that has the device
 */

/* Errors: EBUSY: it still computes what had timed out; ETIMEDOUT. */
static int
edu_factorial(struct edu_softc *sc, uint32_t n)
{
	uint32_t result;
	int error;

	if (edu_computing(sc))
		return (EBUSY);
	edu_expect(sc, EDU_ISR_FACTORIAL);
	edu_write(sc, EDU_STATUS, EDU_STATUS_INTR);
	edu_write(sc, EDU_FACTORIAL, n);
	error = edu_wait(sc, EDU_ISR_FACTORIAL, edu_computing);
	edu_write(sc, EDU_STATUS, 0);
	if (error != 0)
		return (error);
	result = edu_read(sc, EDU_FACTORIAL);
	kpi_mtx_lock(&sc->es_mtx);
	sc->es_factorial = result;
	kpi_mtx_unlock(&sc->es_mtx);
	return (0);
}

/* Errors: EBUSY: one that had timed out still runs; ETIMEDOUT. */
static int
edu_dma(struct edu_softc *sc, uint32_t src, uint32_t dst, uint32_t len,
    uint32_t direction)
{
	if (edu_dma_runs(sc))
		return (EBUSY);
	edu_expect(sc, EDU_ISR_DMA);
	edu_write(sc, EDU_DMA_SRC, src);
	edu_write(sc, EDU_DMA_DST, dst);
	edu_write(sc, EDU_DMA_COUNT, len);
	edu_write(sc, EDU_DMA_CMD, EDU_DMA_CMD_RUN | EDU_DMA_CMD_INTR |
	    direction);
	return (edu_wait(sc, EDU_ISR_DMA, edu_dma_runs));
}

static uint8_t
edu_pattern(uint32_t i)
{
	return (i * 7 + (i >> 8) + 1);
}

static int
edu_to_device(struct edu_softc *sc, uint32_t len)
{
	uint8_t *p = sc->es_buf.kdb_vaddr;
	int error;

	for (uint32_t i = 0; i < len; i++)
		p[i] = edu_pattern(i);
	kpi_dma_sync(&sc->es_buf, KPI_DMA_PREWRITE);
	error = edu_dma(sc, sc->es_buf.kdb_paddr, EDU_BUFFER, len, 0);
	kpi_dma_sync(&sc->es_buf, KPI_DMA_POSTWRITE);
	return (error);
}

/* What the device does not write stays zero, and the pattern has few zeros. */
static int
edu_from_device(struct edu_softc *sc, uint32_t len)
{
	const uint8_t *p = sc->es_buf.kdb_vaddr;
	int error;

	memset(sc->es_buf.kdb_vaddr, 0, len);
	kpi_dma_sync(&sc->es_buf, KPI_DMA_PREREAD | KPI_DMA_PREWRITE);
	error = edu_dma(sc, EDU_BUFFER, sc->es_buf.kdb_paddr, len,
	    EDU_DMA_CMD_TO_MEMORY);
	kpi_dma_sync(&sc->es_buf, KPI_DMA_POSTREAD | KPI_DMA_POSTWRITE);
	for (uint32_t i = 0; i < len && error == 0; i++)
		if (p[i] != edu_pattern(i))
			error = EIO;
	return (error);
}

/* Errors: EINVAL; EIO: other bytes came back; as edu_dma(). */
static int
edu_dma_test(struct edu_softc *sc, uint32_t len)
{
	sbintime_t start = kpi_uptime();
	int error;

	if (len > EDU_BUFFER_SIZE)
		return (EINVAL);
	error = edu_to_device(sc, len);
	if (error == 0)
		error = edu_from_device(sc, len);
	if (error != 0)
		return (error);
	kpi_mtx_lock(&sc->es_mtx);
	sc->es_usec = (kpi_uptime() - start) / SBT_1US;
	kpi_mtx_unlock(&sc->es_mtx);
	return (0);
}

/*
 * sysctl(9)
 */

static int
edu_sysctl_get(void *arg, uint32_t which, void *buf, size_t *len)
{
	struct edu_softc *sc = arg;
	uint32_t val;

	kpi_mtx_lock(&sc->es_mtx);
	val = which == EDU_SYSCTL_FACTORIAL ? sc->es_factorial : sc->es_usec;
	kpi_mtx_unlock(&sc->es_mtx);
	memcpy(buf, &val, sizeof(val));
	*len = sizeof(val);
	return (0);
}

static int
edu_sysctl_set(void *arg, uint32_t which, const void *buf, size_t len)
{
	struct edu_softc *sc = arg;
	uint32_t val;
	int error;

	if (len != sizeof(val))
		return (EINVAL);
	memcpy(&val, buf, sizeof(val));
	error = edu_enter(sc);
	if (error != 0)
		return (error);
	error = which == EDU_SYSCTL_FACTORIAL ? edu_factorial(sc, val) :
	    edu_dma_test(sc, val);
	edu_leave(sc);
	return (error);
}

static int
edu_sysctl_init(struct edu_softc *sc)
{
	static const struct kpi_sysctl_type type = { KPI_SYSCTL_U32, 4, NULL };
	static const struct kpi_sysctl_ops ops = {
		edu_sysctl_get, edu_sysctl_set
	};
	struct kpi_sysctl *ks = &sc->es_sysctl;
	int error;

	kpi_sysctl_init(ks, sc->es_dev);
	error = kpi_sysctl_value(ks, NULL, "factorial",
	    "Set: compute it; read: the last one, modulo 2^32", &type, &ops,
	    sc, EDU_SYSCTL_FACTORIAL);
	if (error == 0)
		error = kpi_sysctl_value(ks, NULL, "dma_test",
		    "Set: send so many bytes to the device and back; read: "
		    "microseconds of the last time", &type, &ops, sc,
		    EDU_SYSCTL_DMA);
	if (error == 0)
		error = kpi_sysctl_u64(ks, NULL, "interrupts",
		    "Interrupts handled", &sc->es_interrupts);
	if (error == 0)
		error = kpi_sysctl_u64(ks, NULL, "stray",
		    "Interrupts that were not the device's", &sc->es_stray);
	return (error);
}

/*
 * newbus
 */

static int
edu_probe(device_t dev)
{
	const struct kpi_pci_id *id;

	id = kpi_pci_match(dev, edu_ids, nitems(edu_ids));
	if (id == NULL)
		return (ENXIO);
	device_set_desc(dev, id->kpi_descr);
	return (BUS_PROBE_DEFAULT);
}

static int
edu_alloc_dma(struct edu_softc *sc)
{
	struct kpi_dma_params params = {
		.kdp_align = 1,
		.kdp_maxsize = EDU_BUFFER_SIZE,
		.kdp_maxsegsz = EDU_BUFFER_SIZE,
		.kdp_maxsegs = 1,
	};
	int bits = EDU_DMA_BITS, error;

	(void)kpi_tunable_int("hw.edu.dma_bits", &bits);
	if (bits < 1)
		return (EINVAL);
	/* The driver writes no more than 32 bits of an address. */
	params.kdp_maxaddr = ((bus_addr_t)1 << MIN(bits, 32)) - 1;
	error = kpi_dma_tag_create(sc->es_dev, &params, &sc->es_tag);
	if (error == 0)
		error = kpi_dma_alloc(&sc->es_tag, M_WAITOK, &sc->es_buf);
	if (error != 0)
		device_printf(sc->es_dev, "no memory with %d address bits\n",
		    bits);
	return (error);
}

static int
edu_connect(struct edu_softc *sc)
{
	int error;

	error = kpi_pci_intr_alloc(sc->es_dev, KPI_PCI_MSI | KPI_PCI_INTX, 1,
	    &sc->es_intr);
	if (error == 0)
		error = kpi_intr_setup(sc->es_dev,
		    kpi_pci_intr_rid(&sc->es_intr, 0), NULL, edu_handler, sc,
		    &sc->es_irq);
	if (error != 0)
		device_printf(sc->es_dev, "no interrupt: %d\n", error);
	return (error);
}

/*
 * The reverse of edu_start(), from any of its stages.  A DMA may end when the
 * handler is gone already, and would then keep a shared line active.  Without
 * bus mastering the device cannot reach memory that is then freed.
 */
static void
edu_stop(struct edu_softc *sc)
{
	kpi_sysctl_fini(&sc->es_sysctl);
	if (sc->es_regs.kr_res != NULL &&
	    KPI_POLL_SLEEP(!edu_dma_runs(sc), "edustop", EDU_STOP_MS) != 0)
		device_printf(sc->es_dev, "DMA does not end: "
		    "cut off from memory\n");
	kpi_intr_teardown(&sc->es_irq);
	if (sc->es_regs.kr_res != NULL)
		edu_quiet(sc);
	(void)kpi_pci_intr_free(&sc->es_intr);
	kpi_pci_busmaster_disable(sc->es_dev);
	kpi_dma_free(&sc->es_buf);
	kpi_dma_tag_destroy(&sc->es_tag);
	kpi_res_free(&sc->es_regs);
}

static int
edu_start(struct edu_softc *sc)
{
	int error;

	error = kpi_pci_bar_alloc(sc->es_dev, 0, &sc->es_regs);
	if (error != 0)
		return (error);
	error = edu_check(sc);
	if (error == 0)
		edu_quiet(sc);
	if (error == 0)
		error = edu_self_test(sc);
	if (error == 0)
		error = edu_alloc_dma(sc);
	if (error == 0)
		kpi_pci_busmaster_enable(sc->es_dev);
	if (error == 0)
		error = edu_connect(sc);
	if (error == 0)
		error = edu_sysctl_init(sc);
	return (error);
}

static int
edu_attach(device_t dev)
{
	struct edu_softc *sc = kpi_dev_softc(dev);
	uint32_t id;
	int error;

	sc->es_dev = dev;
	kpi_mtx_init(&sc->es_mtx, "edu", KPI_MTX_DEF);
	error = edu_start(sc);
	if (error != 0) {
		edu_stop(sc);
		kpi_mtx_destroy(&sc->es_mtx);
		return (error);
	}
	id = edu_read(sc, EDU_ID);
	device_printf(dev, "version %u.%u, %s\n", id >> 24, id >> 16 & 0xff,
	    sc->es_intr.kpi_kind == KPI_PCI_MSI ? "MSI" : "INTx");
	return (0);
}

static int
edu_detach(device_t dev)
{
	struct edu_softc *sc = kpi_dev_softc(dev);

	edu_close(sc, ENXIO);
	edu_stop(sc);
	kpi_mtx_destroy(&sc->es_mtx);
	return (0);
}

static int
edu_suspend(device_t dev)
{
	struct edu_softc *sc = kpi_dev_softc(dev);
	int error;

	edu_close(sc, EBUSY);
	error = KPI_POLL_SLEEP(!edu_dma_runs(sc), "edususp", EDU_STOP_MS);
	if (error != 0)
		edu_open(sc);
	else
		edu_quiet(sc);
	return (error);
}

/* INTx comes only after this has returned, so nothing here waits for it. */
static int
edu_resume(device_t dev)
{
	struct edu_softc *sc = kpi_dev_softc(dev);
	int error;

	error = edu_check(sc);
	if (error != 0)
		return (error);
	edu_quiet(sc);
	edu_open(sc);
	return (0);
}

static device_method_t edu_methods[] = {
	DEVMETHOD(device_probe,		edu_probe),
	DEVMETHOD(device_attach,	edu_attach),
	DEVMETHOD(device_detach,	edu_detach),
	DEVMETHOD(device_suspend,	edu_suspend),
	DEVMETHOD(device_resume,	edu_resume),
	DEVMETHOD_END
};

static driver_t edu_driver = {
	"edu",
	edu_methods,
	sizeof(struct edu_softc),
};

DRIVER_MODULE(edu, pci, edu_driver, NULL, NULL);
MODULE_VERSION(edu, 1);
MODULE_DEPEND(edu, pci, 1, 1, 1);
KPI_PCI_PNP_INFO(edu, edu_ids, nitems(edu_ids));
