/*-
 * SPDX-License-Identifier: BSD-2-Clause
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

TK_KOBJ_DESC(virtio_attach_completed, virtio_default_ok);
TK_KOBJ_DESC(virtio_config_change, virtio_default_ok);

TK_KOBJ_DESC(virtio_bus_negotiate_features, kobj_error_method);
TK_KOBJ_DESC(virtio_bus_finalize_features, virtio_default_ok);
TK_KOBJ_DESC(virtio_bus_with_feature, kobj_error_method);
TK_KOBJ_DESC(virtio_bus_alloc_virtqueues, kobj_error_method);
TK_KOBJ_DESC(virtio_bus_setup_intr, kobj_error_method);
TK_KOBJ_DESC(virtio_bus_stop, kobj_error_method);
TK_KOBJ_DESC(virtio_bus_reinit, kobj_error_method);
TK_KOBJ_DESC(virtio_bus_reinit_complete, kobj_error_method);
TK_KOBJ_DESC(virtio_bus_notify_vq, kobj_error_method);
TK_KOBJ_DESC(virtio_bus_config_generation, virtio_default_ok);
TK_KOBJ_DESC(virtio_bus_read_device_config, kobj_error_method);
TK_KOBJ_DESC(virtio_bus_write_device_config, kobj_error_method);
