/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on a model of its device.  The model fills a buffer of the
 * driver's when the test wants it to.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>

#include "foo/foo_reg.h"
#include "model_virtio.h"
#include "observe.h"
#include "tk_bus.h"
#include "tk_test.h"
#include "tk_virtio.h"

/* Under the model's lock. */
static struct {
	uint32_t	bytes;	/* of the next buffer; 0: keep it */
	uint32_t	claim;	/* more than were written */
} device;

static struct model_virtio *model;

static bool
foo_serve(void *arg, uint16_t q, struct vring_dev_chain *chain,
    uint32_t *written)
{
	static const uint8_t bytes[FOO_BUFFER];

	if (device.bytes == 0)
		return (false);
	*written = vring_dev_write(chain, 0, bytes, device.bytes) +
	    device.claim;
	device.bytes = device.claim = 0;
	return (true);
}

static const struct model_virtio_config foo_config = {
	.name = "foo",
	.type = FOO_VIRTIO_ID,
	.queues = FOO_VQS,
	.serve = foo_serve,
};

static int
foo_up(const char *bus)
{
	int error = 0;

	memset(&device, 0, sizeof(device));
	model = model_virtio_attach(bus, &foo_config, NULL, &error);
	return (error);
}

/* The device fills a buffer, and says so. */
static void
foo_send(uint32_t bytes, uint32_t claim)
{
	model_virtio_lock(model);
	device.bytes = bytes;
	device.claim = claim;
	model_virtio_unlock(model);
	model_virtio_kick(model);
	pause("foo", hz / 100);
}

TK_CASE(foo_counts_what_the_device_sends)
{
	static const char *const buses[] = { "virtio_pci", "virtio_mmio" };

	for (size_t i = 0; i < nitems(buses); i++) {
		TK_EQ(foo_up(buses[i]), 0);
		foo_send(10, 0);
		foo_send(FOO_BUFFER, 0);
		TK_EQ(counter_of("dev.foo.0.bytes"),
		    10 + FOO_BUFFER);
		TK_EQ(model_virtio_waiting(model), 1);
		TK_EQ(model_virtio_detach(model), 0);
	}
}

TK_CASE(foo_believes_no_more_than_fits_the_buffer)
{
	TK_EQ(foo_up("virtio_pci"), 0);
	foo_send(FOO_BUFFER, 1000);
	TK_EQ(counter_of("dev.foo.0.bytes"), FOO_BUFFER);
	TK_EQ(model_virtio_detach(model), 0);
}

TK_CASE(foo_goes_on_after_a_suspend)
{
	device_t dev;

	TK_EQ(foo_up("virtio_pci"), 0);
	dev = model_virtio_child(model);
	TK_EQ(tk_device_suspend(dev), 0);
	TK_EQ(model_virtio_waiting(model), 0);
	TK_EQ(tk_device_resume(dev), 0);
	foo_send(7, 0);
	TK_EQ(counter_of("dev.foo.0.bytes"), 7);
	TK_EQ(model_virtio_detach(model), 0);
}

/* Attach, use, detach.  Returns an errno if the driver did not attach. */
static int
foo_sequence(void)
{
	int error;

	error = foo_up("virtio_pci");
	if (error != 0)
		return (error);
	foo_send(1, 0);
	TK_EQ(model_virtio_detach(model), 0);
	return (0);
}

TK_CASE_UNBOOTED(foo_gives_everything_back_whichever_call_fails)
{
	tk_walk_both(foo_sequence, 8, 6);
}
