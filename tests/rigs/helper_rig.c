/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The tests' helpers; see helper_rig.h. */
#include "helper_rig.h"

#include <sys/module.h>

#include "kpi_fdt.h"

const struct helper_machine helper_t6020 = {
	"/soc/input@2a9b30000", "/soc/mtp@2a9400000", 0x2a9400000,
	0x2a9c00000, 693,
};
const struct helper_machine helper_t8112 = {
	"/soc/input@24eb30000", "/soc/mtp@24e400000", 0x24e400000,
	0x24ec00000, 603,
};
const struct helper_machine helper_t8122 = {
	"/soc/input@2fab30000", "/soc/mtp@2fa400000", 0x2fa400000,
	0x2fac00000, 613,
};

/*
 * The client, a device without a function: tests call the helper's functions
 * with it.
 */

static int
helper_client_probe(device_t dev)
{
	static const struct kpi_fdt_compat compat[] = {
		{ "test,helper-client", 1 },
		{ NULL, 0 },
	};

	return (kpi_fdt_match(dev, compat) != 0 ? BUS_PROBE_DEFAULT : ENXIO);
}

static int
helper_client_attach(device_t dev)
{
	return (0);
}

static int
helper_client_detach(device_t dev)
{
	return (0);
}

static device_method_t helper_client_methods[] = {
	DEVMETHOD(device_probe,		helper_client_probe),
	DEVMETHOD(device_attach,	helper_client_attach),
	DEVMETHOD(device_detach,	helper_client_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(helper_client, helper_client_driver,
    helper_client_methods, 1);
DRIVER_MODULE(helper_client, simplebus, helper_client_driver, NULL, NULL);

void
helper_config(const struct helper_machine *machine,
    struct model_rtkit_config *cfg)
{
	model_rtkit_config_default(cfg);
	cfg->sram_base = machine->sram_base;
	cfg->sram_size = 0x100000;
	cfg->seed = tk_random();
	cfg->map[1] = 0;
	for (int i = 0; i < MODEL_RTKIT_BUFFERS; i++)
		cfg->buffers[i].own = true;
}

void
helper_up(struct helper_rig *r, const struct helper_machine *machine,
    bool running, const struct model_rtkit_config *cfg)
{
	const struct model_asc_config asc = {
		.name = "mtp", .variant = MODEL_ASC_V4,
		.base = machine->asc_base + 0x8000,
		.asc_base = machine->asc_base, .irq = machine->irq,
		.running = running, .access_ns = 500,
	};
	struct model_rtkit_config usual;

	memset(r, 0, sizeof(*r));
	if (cfg == NULL) {
		helper_config(machine, &usual);
		cfg = &usual;
	}
	r->m = model_rtkit_new(&asc, cfg);
	TK_CHECK(r->m != NULL);
	r->asc = model_rtkit_asc(r->m);
	tk_ofw_boot("helper");
	r->client = tk_ofw_device(machine->client);
	r->helper = tk_ofw_device(machine->helper);
	TK_CHECK(r->client != NULL && device_is_attached(r->client));
	TK_CHECK(r->helper != NULL);
}

void
helper_down(struct helper_rig *r, bool broken)
{
	TK_EQ(tk_ofw_detach(), 0);
	if (!broken)
		TK_STREQ(model_rtkit_first_violation(r->m), "");
	TK_STREQ(model_asc_stats(r->asc).reason, "");
	model_rtkit_free(r->m);
}
