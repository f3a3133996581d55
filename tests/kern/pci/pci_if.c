/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The method descriptors of pci_if.h and pcib_if.h, and the defaults that
 * FreeBSD's .m files give.
 */

#include <sys/param.h>
#include <sys/types.h>
#include <sys/bus.h>
#include <sys/kobj.h>

#include "pci_if.h"
#include "pcib_if.h"

static int
pci_no_messages(device_t dev __unused, device_t child __unused)
{
	return (0);
}

static int
pci_no_bar(device_t dev __unused, device_t child __unused)
{
	return (-1);
}

TK_PCI_IF;
TK_PCIB_IF;
