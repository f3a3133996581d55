/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The machine of `make run APP=edu`: QEMU's or a model's, with a look at each
 * access to the device's registers.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "edu.h"
#include "edu/edu_reg.h"
#include "model_edu.h"
#include "qtest/qtest.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_pci.h"

#define	SLOT		1
#define	SIM_RAM		0x1000000	/* below 2^28 */
#define	FACTORIAL	12
#define	FACTORIAL_12	479001600
#define	BYTES		4096
#define	INTERRUPTS	3		/* one factorial, two DMAs */

static const struct tk_pci_machine *real;	/* behind the look */
static uint64_t bar;				/* 0: not placed */
static int64_t start_ns;
static struct tk_qtest *qemu;
static struct model_pci *pci;
static struct model_edu *model;

/*
 * The look at registers
 */

static const struct {
	uint32_t	 off;
	const char	*name;
} registers[] = {
	{ EDU_ID, "identification" },
	{ EDU_LIVENESS, "liveness" },
	{ EDU_FACTORIAL, "factorial" },
	{ EDU_STATUS, "status" },
	{ EDU_ISR, "interrupt status" },
	{ EDU_RAISE, "interrupt raise" },
	{ EDU_ACK, "interrupt acknowledge" },
	{ EDU_DMA_SRC, "DMA source" },
	{ EDU_DMA_DST, "DMA destination" },
	{ EDU_DMA_COUNT, "DMA count" },
	{ EDU_DMA_CMD, "DMA command" },
};

static const char *
name_of(uint64_t off)
{
	for (size_t i = 0; i < nitems(registers); i++)
		if (registers[i].off == off)
			return (registers[i].name);
	return ("?");
}

/* What some values mean. */
static const char *
meaning(bool write, uint64_t off, uint32_t value)
{
	switch (off) {
	case EDU_STATUS:
		return ((value & EDU_STATUS_COMPUTING) != 0 ? "computing" :
		    (value & EDU_STATUS_INTR) != 0 ? "interrupt when done" :
		    "");
	case EDU_ISR:
	case EDU_ACK:
		return (value == EDU_ISR_FACTORIAL ? "factorial" :
		    value == EDU_ISR_DMA ? "DMA" : "");
	case EDU_DMA_SRC:
	case EDU_DMA_DST:
		return (value == EDU_BUFFER ? "the device's buffer" :
		    "memory");
	case EDU_DMA_CMD:
		if ((value & EDU_DMA_CMD_RUN) == 0)
			return ("done");
		if (!write)
			return ("running");
		return ((value & EDU_DMA_CMD_TO_MEMORY) != 0 ?
		    "run, to memory" : "run, to the device");
	default:
		return ("");
	}
}

static void
show(bool write, uint64_t off, uint32_t value)
{
	int64_t us = (tk_now_ns() - start_ns) / 1000;
	const char *text = meaning(write, off, value);

	printf("%6jd.%03jd  %-5s  %-21s  0x%08x%s%s\n", (intmax_t)(us / 1000),
	    (intmax_t)(us % 1000), write ? "write" : "read", name_of(off),
	    value, text[0] != '\0' ? "  " : "", text);
}

/* Is this the device's BAR? */
static bool
inside(uint64_t addr, uint64_t *off)
{
	*off = addr - bar;
	return (bar != 0 && addr >= bar && *off < EDU_SIZE);
}

static uint64_t
look_read(void *arg, uint64_t addr, unsigned int width)
{
	uint64_t off, value;

	value = real->ops->read(real->arg, addr, width);
	if (inside(addr, &off))
		show(false, off, value);
	return (value);
}

static void
look_write(void *arg, uint64_t addr, unsigned int width, uint64_t value)
{
	uint64_t off;

	if (inside(addr, &off))
		show(true, off, value);
	real->ops->write(real->arg, addr, width, value);
}

static uint32_t
look_read_config(void *arg, unsigned int devfn, unsigned int reg,
    unsigned int width)
{
	return (real->ops->read_config(real->arg, devfn, reg, width));
}

static void
look_write_config(void *arg, unsigned int devfn, unsigned int reg,
    unsigned int width, uint32_t value)
{
	real->ops->write_config(real->arg, devfn, reg, width, value);
	if (devfn == TK_PCI_DEVFN(SLOT, 0) && reg == 0x10)
		bar = value & 0xfffffff0;
}

static unsigned int
look_route(void *arg, unsigned int devfn, unsigned int pin)
{
	return (real->ops->route(real->arg, devfn, pin));
}

static void
look_bind(void *arg, struct _device *pcib)
{
	real->ops->bind(real->arg, pcib);
}

static const struct tk_pci_ops look_ops = {
	.name = "a look",
	.bind = look_bind,
	.read_config = look_read_config,
	.write_config = look_write_config,
	.read = look_read,
	.write = look_write,
	.route = look_route,
};

static struct tk_pci_machine look;

/*
 * The machine
 */

static bool
boot_qemu(void)
{
	const struct tk_qtest_config config = {
		.device = TK_QTEST_PCI, .pci = "edu,addr=1",
	};

	if (tk_qtest_open(&config, &qemu) != 0)
		return (false);
	tk_qtest_boot(qemu);
	real = tk_qtest_pci(qemu);
	printf("device: edu of QEMU %s\n", tk_qtest_version(qemu));
	return (true);
}

static void
boot_sim(void)
{
	const struct model_edu_config config = { 0 };

	tk_ram_config(SIM_RAM, 0);
	tk_boot(NULL);
	pci = model_pci_create();
	model = model_edu_create(pci, TK_PCI_DEVFN(SLOT, 0), &config);
	real = model_pci_machine(pci);
	printf("device: the model of edu\n");
}

static bool
close_all(void)
{
	bool good = true;

	if (model != NULL) {
		model_edu_destroy(model);
		model_pci_destroy(pci);
	}
	good = tk_shutdown() == 0;
	return (tk_qtest_close(qemu) == 0 && good);
}

/*
 * What a program does
 */

static int
set(const char *driver, const char *what, uint32_t value)
{
	char name[64];

	snprintf(name, sizeof(name), "dev.%s.0.%s", driver, what);
	printf("\nsysctl %s=%u\n", name, value);
	return (kernel_sysctlbyname(curthread, name, NULL, NULL, &value,
	    sizeof(value), NULL, 0));
}

static uint64_t
get(const char *driver, const char *what)
{
	uint64_t value = 0;
	size_t len = sizeof(value);
	char name[64];

	snprintf(name, sizeof(name), "dev.%s.0.%s", driver, what);
	if (kernel_sysctlbyname(curthread, name, &value, &len, NULL, 0, NULL,
	    0) != 0)
		return (UINT64_MAX);
	return (len == sizeof(uint32_t) ? (uint32_t)value : value);
}

static const char *
yes(bool good)
{
	return (good ? "yes" : "NO");
}

static bool
use(const char *driver, struct _device *pcib)
{
	struct tk_pci_stats stats;
	uint64_t interrupts, result, usec;
	bool exact, right;

	right = set(driver, "factorial", FACTORIAL) == 0;
	result = get(driver, "factorial");
	right = right && result == FACTORIAL_12;
	exact = set(driver, "dma_test", BYTES) == 0;
	usec = get(driver, "dma_test");
	interrupts = get(driver, "interrupts");
	stats = tk_pci_stats(pcib);
	printf("\n%d factorial: %ju, right: %s\n"
	    "%d bytes to the device and back: %ju.%03ju ms, bit-exact: %s\n"
	    "interrupts: %ju (%ju messages, %ju times the pin), "
	    "one for each: %s\n", FACTORIAL, (uintmax_t)result, yes(right),
	    BYTES, (uintmax_t)(usec / 1000), (uintmax_t)(usec % 1000),
	    yes(exact), (uintmax_t)interrupts, (uintmax_t)stats.messages,
	    (uintmax_t)stats.lines, yes(interrupts == INTERRUPTS));
	return (right && exact && interrupts == INTERRUPTS);
}

bool
edu_run(bool with_qemu, const char *driver)
{
	struct _device *dev, *pcib;
	bool good = false;

	if (!with_qemu)
		boot_sim();
	else if (!boot_qemu())
		return (false);
	(void)tk_module_unload(strcmp(driver, "edu") == 0 ? "edu_rust" :
	    "edu");
	look = *real;
	look.ops = &look_ops;
	start_ns = tk_now_ns();
	printf("driver: %s\n\n%10s  %-5s  %-21s  %s\n", driver, "ms", "way",
	    "register", "value");
	pcib = tk_pci_attach(&look);
	if (pcib != NULL) {
		dev = tk_pci_function(pcib, TK_PCI_DEVFN(SLOT, 0));
		if (dev != NULL && tk_device_attached(dev))
			good = use(driver, pcib);
		printf("\ndetaching:\n");
		good = tk_pci_detach(pcib) == 0 && good;
	}
	return (close_all() && good);
}
