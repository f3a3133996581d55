/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Mailboxes and a client of apple_mbox(4); see mbox_rig.h.
 */
#include "mbox_rig.h"

#include <sys/kernel.h>
#include <sys/module.h>

#include "kpi_fdt.h"
#include "tk.h"
#include "tk_ofw.h"

const struct mbox_machine mbox_v4 = {
	"t8103", "/soc/client@277400000", "/soc/mbox@277408000", MODEL_ASC_V4,
	0x277408000, 583,
};
const struct mbox_machine mbox_t8015 = {
	"t8112", "/soc/client-a", "/soc/mbox@277408000", MODEL_ASC_T8015,
	0x277408000, 583,
};
const struct mbox_machine mbox_m3 = {
	"t6000", "/soc@200000000/client", "/soc@200000000/mbox@84400000",
	MODEL_ASC_M3, 0x284400000, 683,
};

struct mbox_client_config mbox_client_config;

struct model_asc *
mbox_model_new(const struct mbox_machine *m, unsigned int depth,
    const struct model_asc_ops *ops, void *arg)
{
	const struct model_asc_config config = {
		.name = "asc", .variant = m->variant, .base = m->base,
		.irq = m->irq, .depth = depth, .access_ns = 500,
		.enable_stays = m->enable_stays,
	};
	struct model_asc *asc;

	asc = model_asc_new(&config, ops, arg);
	if (asc == NULL)
		panic("%s: addresses used twice", __func__);
	return (asc);
}

static bool
client_recv(void *arg, const struct apple_mbox_msg *msg)
{
	struct mbox_client *c = arg;

	mtx_lock_spin(&c->mtx);
	if (c->received >= MBOX_LOG)
		panic("%s: more than %d messages", __func__, MBOX_LOG);
	c->log[c->received++] = *msg;
	if (tk_context() == TK_CTX_FILTER)
		c->in_filter++;
	mtx_unlock_spin(&c->mtx);
	if (c->echo && apple_mbox_trysend(c->mbox, msg, 0) != 0)
		c->echo_errors++;
	return (c->want_thread);
}

static void
client_thread(void *arg)
{
	struct mbox_client *c = arg;

	if (tk_context() == TK_CTX_FILTER)
		panic("%s: in a filter", __func__);
	mtx_lock_spin(&c->mtx);
	c->threads++;
	mtx_unlock_spin(&c->mtx);
	c->in_thread = true;
	if (c->thread_ms != 0)
		pause_sbt("client", c->thread_ms * SBT_1MS, 0, 0);
	c->in_thread = false;
	wakeup(c);
}

int
mbox_client_get(struct mbox_client *c)
{
	const struct apple_mbox_client client = {
		.amc_recv = mbox_client_config.recv != NULL ?
		    mbox_client_config.recv : client_recv,
		.amc_thread = client_thread,
		.amc_arg = c,
	};

	c->error = apple_mbox_get_by_name(c->dev, "main", &client, &c->mbox);
	if (c->error != 0)
		c->mbox = NULL;
	return (c->error);
}

int
mbox_client_received(struct mbox_client *c)
{
	int n;

	mtx_lock_spin(&c->mtx);
	n = c->received;
	mtx_unlock_spin(&c->mtx);
	return (n);
}

struct mbox_client *
mbox_client_at(const char *path)
{
	device_t dev;

	dev = tk_ofw_device(path);
	if (dev == NULL || !device_is_attached(dev))
		panic("%s: %s is not attached", __func__, path);
	return (device_get_softc(dev));
}

static int
client_probe(device_t dev)
{
	return (kpi_fdt_is_compatible(kpi_fdt_node_of(dev),
	    "test,mbox-client") ? BUS_PROBE_DEFAULT : ENXIO);
}

static int
client_attach(device_t dev)
{
	struct mbox_client *c = device_get_softc(dev);
	int error;

	c->dev = dev;
	mtx_init(&c->mtx, "test client", NULL, MTX_SPIN);
	error = mbox_client_get(c);
	if (error == 0 || !mbox_client_config.needs_mbox)
		return (0);
	mtx_destroy(&c->mtx);
	return (error);
}

static int
client_detach(device_t dev)
{
	struct mbox_client *c = device_get_softc(dev);

	apple_mbox_put(c->mbox);
	mtx_destroy(&c->mtx);
	return (0);
}

static device_method_t client_methods[] = {
	DEVMETHOD(device_probe,		client_probe),
	DEVMETHOD(device_attach,	client_attach),
	DEVMETHOD(device_detach,	client_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(mbox_client, client_driver, client_methods,
    sizeof(struct mbox_client));
DRIVER_MODULE(mbox_client, simplebus, client_driver, NULL, NULL);
