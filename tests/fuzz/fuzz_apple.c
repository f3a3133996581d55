/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Fuzz target: the coprocessor side of the mailbox and of RTKit.  The input
 * decides which coprocessor it is, which faults of the model it has, which
 * further messages it sends at any time, and what its client does.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/module.h>

#include "apple/rtkit/apple_rtkit.h"
#include "fuzz.h"
#include "kpi_bus.h"
#include "kpi_fdt.h"
#include "model_rtkit.h"
#include "tk.h"
#include "tk_ofw.h"

#define	MAXOPS		64
#define	SRAM_SIZE	0x100000

/* Where coprocessors stand in tests/models/dts/rtkit.dts. */
static const struct place {
	const char	*client;
	enum model_asc_variant variant;
	uint64_t	 asc_base;
	uint64_t	 sram_base;
	unsigned int	 irq;
} places[] = {
	{ "/soc/iop@277400000", MODEL_ASC_V4, 0x277400000, 0x278000000, 583 },
	{ "/soc/iop@287400000", MODEL_ASC_T8015, 0x287400000, 0x288000000,
	    593 },
	{ "/soc/iop@297400000", MODEL_ASC_M3, 0x297400000, 0x298000000, 603 },
};

/* The client's softc. */
struct client {
	device_t	 dev;
	struct apple_rtkit *rtk;
	struct kpi_res	 sram;
};

struct run {
	struct fuzz_in	 in;
	struct model_rtkit *m;
	struct client	*c;
	const struct place *place;
	bool		 stalled;
	bool		 hung;
};

/*
 * The client.
 */
static bool
client_offset(struct client *c, uint64_t addr, size_t size, uint64_t *off)
{
	uint64_t start = kpi_res_start(&c->sram);

	*off = addr - start;
	return (addr >= start && *off <= c->sram.kr_size &&
	    size <= c->sram.kr_size - *off);
}

static int
client_map(void *arg, uint64_t addr, size_t size)
{
	uint64_t off;

	return (client_offset(arg, addr, size, &off) ? 0 : EINVAL);
}

static int
client_read(void *arg, uint64_t addr, void *buf, size_t len)
{
	struct client *c = arg;
	uint64_t off;

	if (!client_offset(c, addr, len, &off))
		fuzz_fail("RTKit reads what was not agreed to");
	kpi_read_region_1(&c->sram, off, buf, len);
	return (0);
}

static int
client_probe(device_t dev)
{
	return (kpi_fdt_is_compatible(kpi_fdt_node_of(dev),
	    "test,rtkit-client") ? BUS_PROBE_DEFAULT : ENXIO);
}

/* Gets the coprocessor only if one stands at the client's node. */
static int
client_attach(device_t dev)
{
	struct client *c = device_get_softc(dev);
	const struct apple_rtkit_client client = {
		/*
		 * While a CPU that is not ours may still write to memory, the
		 * driver keeps that memory.  That would look like a leak.
		 */
		.arc_cpu_reg = "asc",
		.arc_map = client_map,
		.arc_read = client_read,
		.arc_arg = c,
	};
	int error;

	c->dev = dev;
	error = kpi_fdt_res_alloc(dev, "sram", &c->sram);
	if (error == 0) {
		error = apple_rtkit_get_by_name(dev, "main", &client, &c->rtk);
		if (error != 0)
			kpi_res_free(&c->sram);
	}
	return (error);
}

static int
client_detach(device_t dev)
{
	struct client *c = device_get_softc(dev);

	apple_rtkit_free(c->rtk);
	kpi_res_free(&c->sram);
	return (0);
}

static device_method_t client_methods[] = {
	DEVMETHOD(device_probe,		client_probe),
	DEVMETHOD(device_attach,	client_attach),
	DEVMETHOD(device_detach,	client_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(fuzz_client, fuzz_client_driver, client_methods,
    sizeof(struct client));
DRIVER_MODULE(fuzz_client, simplebus, fuzz_client_driver, NULL, NULL);

static bool
port_early(void *arg, uint64_t msg)
{
	return ((msg & 1) != 0);
}

static void
port_recv(void *arg, uint64_t msg)
{
}

/*
 * What the client does.
 */
static void
start_ep(struct run *r)
{
	static const struct apple_rtkit_port port = {
		.arp_early = port_early, .arp_recv = port_recv,
	};

	(void)apple_rtkit_start_ep(r->c->rtk, APPLE_RTKIT_EP_APP +
	    (fuzz_u8(&r->in) & 3), &port);
}

static void
change_life(struct run *r)
{
	static int (*const calls[])(struct apple_rtkit *) = {
		apple_rtkit_boot, apple_rtkit_wake, apple_rtkit_sleep,
		apple_rtkit_quiesce, apple_rtkit_shutdown, apple_rtkit_reinit,
	};

	(void)calls[fuzz_below(&r->in, nitems(calls))](r->c->rtk);
}

static void
client_does(struct run *r, uint8_t what)
{
	switch (what & 7) {
	case 0:
		(void)apple_rtkit_boot(r->c->rtk);
		break;
	case 1:
		start_ep(r);
		break;
	case 2:
		(void)apple_rtkit_send(r->c->rtk, APPLE_RTKIT_EP_APP +
		    (fuzz_u8(&r->in) & 3), fuzz_u32(&r->in), 10 * SBT_1MS);
		break;
	case 3:
		(void)apple_rtkit_trysend(r->c->rtk, APPLE_RTKIT_EP_APP, what,
		    0);
		break;
	case 4:
		change_life(r);
		break;
	case 5:
		apple_rtkit_poll(r->c->rtk);
		break;
	default:
		pause_sbt("fuzz", SBT_1MS * (1 + fuzz_u8(&r->in)), 0, 0);
		break;
	}
}

/*
 * What the coprocessor does.
 */

/* Send a message whose type is where RTKit has it.  The rest of it is small. */
static void
say(struct run *r)
{
	uint8_t ep = fuzz_u8(&r->in), type = fuzz_u8(&r->in);
	uint64_t high = fuzz_u16(&r->in), low = fuzz_u16(&r->in);

	model_rtkit_send(r->m, ep & 0x0f ? ep & 0x0f : ep,
	    (uint64_t)type << 52 | high << 36 | low);
}

/* Write to a buffer where the firmware writes. */
static void
write_buffer(struct run *r)
{
	uint64_t addr;
	size_t len = 1 + fuzz_u8(&r->in), size;
	uint8_t bytes[256];
	void *ram;

	fuzz_bytes(&r->in, bytes, len);
	if (!model_rtkit_buffer(r->m, fuzz_below(&r->in, MODEL_RTKIT_BUFFERS),
	    &addr, &size) || len > size)
		return;
	if ((ram = tk_ram_ptr(addr, len)) != NULL) {
		memcpy(ram, bytes, len);
		tk_dma_device_wrote(addr, len);
	} else if (addr >= r->place->sram_base) {
		(void)model_rtkit_sram_write(r->m, addr - r->place->sram_base,
		    bytes, len);
	}
}

static void
add_fault(struct run *r)
{
	uint32_t n = 0, which;

	while (model_rtkit_faults[n].name != NULL)
		n++;
	which = fuzz_below(&r->in, n);
	if (model_rtkit_faults[which].kind != MODEL_RTKIT_FAULT_SMC)
		model_rtkit_fault(r->m, model_rtkit_faults[which].name,
		    1 + (fuzz_u8(&r->in) & 3));
}

static void
coprocessor_does(struct run *r, uint8_t what)
{
	switch (what & 7) {
	case 0:
		say(r);
		break;
	case 1:
		model_rtkit_send_raw(r->m, fuzz_u64(&r->in),
		    fuzz_u32(&r->in));
		break;
	case 2:
		add_fault(r);
		break;
	case 3:
		(void)model_rtkit_log(r->m, "fuzz", "text");
		break;
	case 4:
		model_rtkit_crash(r->m);
		break;
	case 5:
		r->hung = !r->hung;
		model_rtkit_hang(r->m, r->hung);
		break;
	case 6:
		r->stalled = !r->stalled;
		model_rtkit_stall(r->m, r->stalled);
		break;
	case 7:
		write_buffer(r);
		break;
	}
}

/*
 * The run.
 */
static void
configure(struct run *r, struct model_rtkit_config *cfg, bool *running)
{
	uint8_t flags = fuzz_u8(&r->in);

	*running = (flags & 32) != 0;
	model_rtkit_config_default(cfg);
	cfg->sram_base = r->place->sram_base;
	cfg->sram_size = SRAM_SIZE;
	cfg->seed = fuzz_u8(&r->in);
	if (flags & 1) {
		cfg->version_min = fuzz_u8(&r->in);
		cfg->version_max = fuzz_u8(&r->in);
	}
	if (flags & 2)
		for (int i = 0; i < MODEL_RTKIT_BUFFERS; i++) {
			cfg->buffers[i].pages = fuzz_u8(&r->in) & 3;
			cfg->buffers[i].own = (fuzz_u8(&r->in) & 1) != 0;
		}
	if (flags & 4) {
		cfg->syslog_entries = fuzz_u8(&r->in);
		cfg->syslog_text = fuzz_u8(&r->in);
	}
	if (flags & 8)
		cfg->oslog = fuzz_below(&r->in, 3);
	if (flags & 16)
		cfg->map[1 + fuzz_below(&r->in, 7)] |= fuzz_u32(&r->in);
}

static void
set_up(struct run *r)
{
	struct model_rtkit_config cfg;
	struct model_asc_config asc;
	bool running;

	r->place = &places[fuzz_below(&r->in, nitems(places))];
	configure(r, &cfg, &running);
	asc = (struct model_asc_config){
		.name = "asc", .variant = r->place->variant,
		.base = r->place->asc_base + 0x8000,
		.asc_base = r->place->asc_base, .irq = r->place->irq,
		.running = running,
	};
	r->m = model_rtkit_new(&asc, &cfg);
	model_rtkit_app(r->m, APPLE_RTKIT_EP_APP, &model_rtkit_app_echo);
	tk_ofw_boot("rtkit");
	r->c = device_get_softc(tk_ofw_device(r->place->client));
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct run r = { .in = { data, len } };
	uint8_t op;

	fuzz_boot(&r.in);
	set_up(&r);
	(void)apple_rtkit_boot(r.c->rtk);
	for (int n = 0; n < MAXOPS && r.in.left > 0; n++) {
		op = fuzz_u8(&r.in);
		if (op & 0x80)
			client_does(&r, op);
		else
			coprocessor_does(&r, op);
	}
	if (tk_ofw_detach() != 0)
		fuzz_fail("a driver did not detach");
	if (model_asc_stats(model_rtkit_asc(r.m)).illegal != 0)
		fuzz_fail("the mailbox was not used as it must");
	model_rtkit_free(r.m);
	fuzz_shutdown(0);
}
