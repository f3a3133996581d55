/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The C layer's calls for the configuration space of a virtio device.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

#include "kpi_virtio.h"
#include "tk_test.h"
#include "virtio/virtio_testdev.h"

TK_CASE(kpi_virtio_config_is_read_and_written_in_every_width)
{
	static struct vtest_dev td;
	struct kpi_virtio kv = { 0 };

	vtest_dev_init(&td);
	vtest_driver_init();
	vtest_attach(&td, "virtio_pci");
	kpi_virtio_init(&kv, vtest_drv.dev);
	kpi_virtio_set_config_1(&kv, 3, 0xaa);
	kpi_virtio_set_config_2(&kv, 6, 0xbbcc);
	kpi_virtio_set_config_4(&kv, 8, 0x01020304);
	TK_EQ(td.config[3], 0xaa);
	TK_EQ(td.config[6], 0xcc);
	TK_EQ(td.config[11], 0x01);
	TK_EQ(kpi_virtio_config_1(&kv, 3), 0xaa);
	TK_EQ(kpi_virtio_config_2(&kv, 6), 0xbbcc);
	TK_EQ(kpi_virtio_config_4(&kv, 8), 0x01020304);
	vtest_detach(&td);
}
