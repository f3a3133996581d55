/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The method descriptors of virtio_if.h and virtio_bus_if.h and the defaults
 * that FreeBSD's .m files give.
 */

#include <sys/param.h>
#include <sys/types.h>
#include <sys/bus.h>
#include <sys/kobj.h>

#include <machine/bus.h>

#include "virtio_bus_if.h"
#include "virtio_if.h"

static int
virtio_default_ok(device_t dev __unused)
{

	return (0);
}

TK_VIRTIO_IF;
TK_VIRTIO_BUS_IF;
