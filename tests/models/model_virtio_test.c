/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The configuration of a device of one function.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>

#include <dev/virtio/virtio.h>

#include "model_virtio.h"
#include "tk_test.h"
#include "virtio/virtio_testdev.h"

static struct {
	uint8_t	space[8];
	int	writes;
} device;

static bool
keep(void *arg, uint16_t q, struct vring_dev_chain *chain, uint32_t *written)
{
	return (false);
}

static void
take(void *arg, size_t off, const void *from, size_t len)
{
	memcpy(device.space + off, from, len);
	device.writes++;
}

/* A device of one queue, with a configuration. */
#define	CONFIGURED							\
	.name = "configured",						\
	.type = VTEST_TYPE,						\
	.queues = 1,							\
	.space = device.space,						\
	.space_size = sizeof(device.space),				\
	.serve = keep

static struct model_virtio *
attach(const struct model_virtio_config *config)
{
	struct model_virtio *model;
	int error = 0;

	memset(&device, 0, sizeof(device));
	vtest_driver_init();
	model = model_virtio_attach("virtio_pci", config, NULL, &error);
	TK_EQ(error, 0);
	return (model);
}

TK_CASE(model_virtio_configuration_is_changed_from_both_sides)
{
	static const struct model_virtio_config config = {
		CONFIGURED,
		.write = take,
	};
	struct model_virtio *model = attach(&config);

	virtio_write_dev_config_4(vtest_drv.dev, 4, 0x01020304);
	TK_EQ(device.writes, 1);
	TK_EQ(device.space[7], 0x01);
	model_virtio_lock(model);
	device.space[0] = 7;
	model_virtio_unlock(model);
	TK_EQ(vtest_drv.config_changes, 0);
	model_virtio_changed(model);
	pause("changed", hz / 100);
	TK_EQ(vtest_drv.config_changes, 1);
	TK_EQ(virtio_read_dev_config_1(vtest_drv.dev, 0), 7);
	TK_EQ(model_virtio_detach(model), 0);
}

TK_CASE(model_virtio_ignores_writes_that_nobody_takes)
{
	static const struct model_virtio_config config = { CONFIGURED };
	struct model_virtio *model = attach(&config);

	virtio_write_dev_config_4(vtest_drv.dev, 4, 1);
	TK_EQ(virtio_read_dev_config_4(vtest_drv.dev, 4), 0);
	TK_EQ(model_virtio_detach(model), 0);
}
