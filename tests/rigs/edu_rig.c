/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The rig of edu(4); see edu_rig.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "edu_rig.h"
#include "tk_bus.h"
#include "tk_test.h"

#define	RAM_BASE	0x1000000	/* below 2^28 */

const char *edu_twin = "edu";
struct model_edu *edu_model;
struct _device *edu_pcib;
struct _device *edu_dev;

static struct model_pci *edu_pci;

void
edu_choose(void)
{
	TK_EQ(tk_module_unload(strcmp(edu_twin, "edu") == 0 ? "edu_rust" :
	    "edu"), 0);
}

void
edu_boot(uint64_t ram_base)
{
	tk_ram_config(ram_base, 0);
	tk_boot(NULL);
	edu_choose();
}

bool
edu_try(const struct model_edu_config *config, unsigned int faults)
{
	edu_pci = model_pci_create();
	edu_model = model_edu_create(edu_pci, TK_PCI_DEVFN(EDU_RIG_SLOT, 0),
	    config);
	model_edu_fault(edu_model, faults);
	edu_pcib = tk_pci_attach(model_pci_machine(edu_pci));
	if (edu_pcib == NULL)
		return (false);
	edu_dev = tk_pci_function(edu_pcib, TK_PCI_DEVFN(EDU_RIG_SLOT, 0));
	TK_CHECK(edu_dev != NULL);
	return (tk_device_attached(edu_dev));
}

void
edu_up(const struct model_edu_config *config)
{
	edu_boot(RAM_BASE);
	TK_CHECK(edu_try(config, 0));
}

static void
no_violations(void)
{
	struct model_edu_violations bad = model_edu_violations(edu_model);

	TK_EQ(bad.width, 0);
	TK_EQ(bad.offset, 0);
	TK_EQ(bad.busy, 0);
	TK_EQ(bad.dma, 0);
	TK_EQ(bad.memory, 0);
}

void
edu_machine_down(void)
{
	if (edu_pcib != NULL)
		TK_EQ(tk_pci_detach(edu_pcib), 0);
	no_violations();
	model_edu_destroy(edu_model);
	model_pci_destroy(edu_pci);
}

void
edu_down(void)
{
	edu_machine_down();
	TK_EQ(tk_shutdown(), 0);
}

static char *
node(const char *what)
{
	static char name[64];

	snprintf(name, sizeof(name), "dev.%s.0.%s", edu_twin, what);
	return (name);
}

uint32_t
edu_get(const char *what)
{
	uint32_t value;
	size_t len = sizeof(value);

	TK_EQ(kernel_sysctlbyname(curthread, node(what), &value, &len, NULL,
	    0, NULL, 0), 0);
	TK_EQ(len, sizeof(value));
	return (value);
}

uint64_t
edu_count(const char *what)
{
	uint64_t value;
	size_t len = sizeof(value);

	TK_EQ(kernel_sysctlbyname(curthread, node(what), &value, &len, NULL,
	    0, NULL, 0), 0);
	TK_EQ(len, sizeof(value));
	return (value);
}

int
edu_set(const char *what, uint32_t value)
{
	return (kernel_sysctlbyname(curthread, node(what), NULL, NULL, &value,
	    sizeof(value), NULL, 0));
}
