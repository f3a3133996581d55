/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The tests' coprocessors and their client; see rtkit_rig.h.
 */
#include "rtkit_rig.h"

#include <sys/malloc.h>
#include <sys/module.h>

#include "kpi_fdt.h"

const struct rig_machine rig_v4 = {
	"/soc/iop@277400000", MODEL_ASC_V4, 0x277400000, 0x278000000, 583,
};
const struct rig_machine rig_t8015 = {
	"/soc/iop@287400000", MODEL_ASC_T8015, 0x287400000, 0x288000000, 593,
};
const struct rig_machine rig_m3 = {
	"/soc/iop@297400000", MODEL_ASC_M3, 0x297400000, 0x298000000, 603,
};

const struct rig_machine rig_sart_v2 = {
	"/soc/iop@277400000", MODEL_ASC_V4, 0x277400000, 0x278000000, 583,
	"sart",
};
const struct rig_machine rig_sart_v3 = {
	"/soc/iop@347400000", MODEL_ASC_V4, 0x347400000, 0x348000000, 593,
	"sart",
};
const struct rig_machine rig_sart_v0 = {
	"/soc/iop@257000000", MODEL_ASC_T8015, 0x257000000, 0x258000000, 603,
	"sart",
};
const struct rig_machine rig_dart = {
	"/soc/iop@2a9400000", MODEL_ASC_V4, 0x2a9400000, 0x2a9c00000, 693,
	"sart",
};

struct rig_wish rig_wish;

/*
 * The client
 */

static void
client_crashed(void *arg)
{
	struct rig_client *c = arg;

	TK_CHECK(tk_context() != TK_CTX_FILTER);
	mtx_lock_spin(&c->mtx);
	c->crashes++;
	mtx_unlock_spin(&c->mtx);
}

static void
client_crashlog(void *arg, const void *log, size_t len)
{
	struct rig_client *c = arg;

	TK_CHECK(tk_context() != TK_CTX_FILTER);
	/* A crash may have none. */
	TK_CHECK(c->logs < c->crashes);
	memcpy(c->log, log, MIN(len, sizeof(c->log)));
	c->loglen = len;
	c->logs++;
}

/* Find where the memory is in SRAM; false if not all of it is there. */
static bool
client_offset(struct rig_client *c, uint64_t addr, size_t size, uint64_t *off)
{
	uint64_t start;

	if (c->sram.kr_res == NULL)
		return (false);
	start = kpi_res_start(&c->sram);
	if (addr < start || addr - start > c->sram.kr_size ||
	    size > c->sram.kr_size - (addr - start))
		return (false);
	*off = addr - start;
	return (true);
}

static int
client_map(void *arg, uint64_t addr, size_t size)
{
	struct rig_client *c = arg;
	uint64_t off;

	TK_CHECK(size != 0);
	mtx_lock_spin(&c->mtx);
	c->maps++;
	mtx_unlock_spin(&c->mtx);
	return (!c->no_map && client_offset(c, addr, size, &off) ? 0 :
	    EINVAL);
}

/* The memory that the client gave with this address in it; NULL: none. */
static struct rig_memory *
client_memory(struct rig_client *c, uint64_t addr, size_t len)
{
	struct rig_memory *m;

	for (m = c->memory; m < c->memory + RIG_MEMORIES; m++)
		if (m->buf.kdb_vaddr != NULL && addr >= m->buf.kdb_paddr &&
		    addr - m->buf.kdb_paddr <= m->buf.kdb_size &&
		    len <= m->buf.kdb_size - (addr - m->buf.kdb_paddr))
			return (m);
	return (NULL);
}

static void
client_release(struct rig_client *c, struct rig_memory *m)
{
	if (c->sart != NULL && m->buf.kdb_vaddr != NULL)
		TK_EQ(apple_sart_remove(c->sart, m->buf.kdb_paddr,
		    m->buf.kdb_size), 0);
	kpi_dma_free(&m->buf);
	kpi_dma_tag_destroy(&m->tag);
}

static int
client_alloc(void *arg, size_t size, uint64_t *addrp)
{
	const struct kpi_dma_params params = {
		.kdp_align = 16 << 10, .kdp_maxaddr = (1ull << 44) - 1,
		.kdp_maxsize = size, .kdp_maxsegsz = size, .kdp_maxsegs = 1,
	};
	struct rig_client *c = arg;
	struct rig_memory *m = c->memory;
	int error;

	TK_CHECK(size != 0 && size % (16 << 10) == 0);
	if (c->alloc_error != 0)
		return (c->alloc_error);
	while (m->buf.kdb_vaddr != NULL)
		m++;
	TK_CHECK(m < c->memory + RIG_MEMORIES);
	error = kpi_dma_tag_create(c->dev, &params, &m->tag);
	if (error != 0)
		return (error);
	error = kpi_dma_alloc(&m->tag, M_WAITOK, &m->buf);
	if (error == 0 && c->sart != NULL)
		error = apple_sart_add(c->sart, m->buf.kdb_paddr, size);
	if (error != 0) {
		kpi_dma_free(&m->buf);
		kpi_dma_tag_destroy(&m->tag);
		return (error);
	}
	kpi_dma_sync(&m->buf, KPI_DMA_PREREAD);
	*addrp = m->buf.kdb_paddr + c->alloc_skew;
	c->allocs++;
	return (0);
}

static void
client_free(void *arg, uint64_t addr, size_t size)
{
	struct rig_client *c = arg;
	struct rig_memory *m;

	m = client_memory(c, addr - c->alloc_skew, size);
	TK_CHECK(m != NULL && m->buf.kdb_paddr == addr - c->alloc_skew);
	TK_EQ(m->buf.kdb_size, size);
	client_release(c, m);
	c->frees++;
}

static int
client_read(void *arg, uint64_t addr, void *buf, size_t len)
{
	struct rig_client *c = arg;
	struct rig_memory *m;
	uint64_t off;

	m = client_memory(c, addr, len);
	if (m != NULL) {
		kpi_dma_sync(&m->buf, KPI_DMA_POSTREAD);
		memcpy(buf, (char *)m->buf.kdb_vaddr +
		    (addr - m->buf.kdb_paddr), len);
		kpi_dma_sync(&m->buf, KPI_DMA_PREREAD);
		return (0);
	}
	/* RTKit reads only memory that client_map() has accepted. */
	TK_CHECK(client_offset(c, addr, len, &off));
	mtx_lock_spin(&c->mtx);
	c->reads++;
	mtx_unlock_spin(&c->mtx);
	kpi_read_region_1(&c->sram, off, buf, len);
	return (0);
}

static int
client_probe(device_t dev)
{
	static const struct kpi_fdt_compat compat[] = {
		{ "test,rtkit-client", 1 },
		{ NULL, 0 },
	};

	return (kpi_fdt_match(dev, compat) != 0 ? BUS_PROBE_DEFAULT : ENXIO);
}

static void
client_get(struct rig_client *c)
{
	const struct apple_rtkit_client client = {
		.arc_cpu_reg = rig_wish.cpu ? "asc" : NULL,
		.arc_crashed = client_crashed,
		.arc_crashlog = client_crashlog,
		.arc_map = client_map,
		.arc_alloc = rig_wish.allocates ? client_alloc : NULL,
		.arc_free = rig_wish.allocates ? client_free : NULL,
		.arc_read = client_read,
		.arc_arg = c,
	};

	c->error = apple_rtkit_get_by_name(c->dev, rig_wish.mailbox != NULL ?
	    rig_wish.mailbox : "main", &client, &c->rtk);
	if (c->error != 0)
		c->rtk = NULL;
}

/* Attaches without its coprocessor too, so that tests can look at the error. */
static int
client_attach(device_t dev)
{
	struct rig_client *c = device_get_softc(dev);

	c->dev = dev;
	c->no_map = rig_wish.no_map;
	mtx_init(&c->mtx, "test client", NULL, MTX_SPIN);
	(void)kpi_fdt_res_alloc(dev, "sram", &c->sram);
	if (rig_wish.sart)
		c->sart_error = apple_sart_get(dev, &c->sart);
	client_get(c);
	return (0);
}

static int
client_detach(device_t dev)
{
	struct rig_client *c = device_get_softc(dev);

	apple_rtkit_free(c->rtk);
	apple_sart_put(c->sart);
	kpi_res_free(&c->sram);
	mtx_destroy(&c->mtx);
	return (0);
}

static device_method_t client_methods[] = {
	DEVMETHOD(device_probe,		client_probe),
	DEVMETHOD(device_attach,	client_attach),
	DEVMETHOD(device_detach,	client_detach),
	DEVMETHOD_END
};

static DEFINE_CLASS_0(rtkit_client, client_driver, client_methods,
    sizeof(struct rig_client));
DRIVER_MODULE(rtkit_client, simplebus, client_driver, NULL, NULL);

/*
 * The endpoint's port
 */

static bool
port_early(void *arg, uint64_t msg)
{
	struct rig_client *c = arg;
	bool mine;

	mtx_lock_spin(&c->mtx);
	mine = (msg & c->early_mask) != 0;
	if (mine) {
		c->early[c->nearly++ % RIG_LOG] = msg;
		if (tk_context() == TK_CTX_FILTER)
			c->in_filter++;
	}
	mtx_unlock_spin(&c->mtx);
	return (mine);
}

static void
port_recv(void *arg, uint64_t msg)
{
	struct rig_client *c = arg;

	TK_CHECK(tk_context() != TK_CTX_FILTER);
	TK_CHECK(tk_context() != TK_CTX_ITHREAD);
	mtx_lock_spin(&c->mtx);
	c->got[c->ngot++ % RIG_LOG] = msg;
	mtx_unlock_spin(&c->mtx);
	if (c->recv_ticks != 0)
		pause("rigr", c->recv_ticks);
}

int
rig_start(struct rig *r, uint8_t ep)
{
	const struct apple_rtkit_port port = {
		.arp_early = port_early, .arp_recv = port_recv,
		.arp_arg = r->c,
	};

	return (apple_rtkit_start_ep(r->rtk, ep, &port));
}

int
rig_send(struct rig *r, uint64_t msg)
{
	return (apple_rtkit_send(r->rtk, APPLE_RTKIT_EP_APP, msg, 500 * MS));
}

/*
 * Attach and detach
 */

void
rig_config(const struct rig_machine *machine, struct model_rtkit_config *cfg)
{
	model_rtkit_config_default(cfg);
	cfg->sram_base = machine->sram_base;
	cfg->sram_size = 0x100000;
	cfg->seed = tk_random();
}

void
rig_up(struct rig *r, const struct rig_machine *machine, bool cpu,
    const struct model_rtkit_config *cfg)
{
	const struct model_asc_config asc = {
		.name = "asc", .variant = machine->variant,
		.base = machine->asc_base + 0x8000,
		.asc_base = machine->asc_base, .irq = machine->irq,
		.running = !cpu, .access_ns = 500,
	};
	struct model_rtkit_config usual;
	device_t dev;

	memset(r, 0, sizeof(*r));
	r->machine = machine;
	if (cfg == NULL) {
		rig_config(machine, &usual);
		cfg = &usual;
	}
	r->m = model_rtkit_new(&asc, cfg);
	TK_CHECK(r->m != NULL);
	r->asc = model_rtkit_asc(r->m);
	rig_wish.cpu = cpu;
	tk_ofw_boot(machine->tree != NULL ? machine->tree : "rtkit");
	dev = tk_ofw_device(machine->client);
	TK_CHECK(dev != NULL && device_is_attached(dev));
	r->c = device_get_softc(dev);
	r->rtk = r->c->rtk;
}

int
rig_get_again(struct rig *r)
{
	apple_rtkit_free(r->rtk);
	bus_topo_lock();
	client_get(r->c);
	bus_topo_unlock();
	r->rtk = r->c->rtk;
	return (r->c->error);
}

void
rig_down_broken(struct rig *r)
{
	TK_EQ(tk_ofw_detach(), 0);
	TK_STREQ(model_asc_stats(r->asc).reason, "");
	model_rtkit_free(r->m);
	memset(&rig_wish, 0, sizeof(rig_wish));
}

void
rig_down(struct rig *r)
{
	TK_EQ(tk_ofw_detach(), 0);
	TK_STREQ(model_rtkit_first_violation(r->m), "");
	TK_STREQ(model_asc_stats(r->asc).reason, "");
	model_rtkit_free(r->m);
	memset(&rig_wish, 0, sizeof(rig_wish));
}

void
rig_boot(struct rig *r)
{
	model_rtkit_app(r->m, APPLE_RTKIT_EP_APP, &model_rtkit_app_echo);
	TK_EQ(apple_rtkit_boot(r->rtk), 0);
	TK_EQ(rig_start(r, APPLE_RTKIT_EP_APP), 0);
}

/*
 * Observations
 */

uint64_t
rig_counter(struct rig *r, const char *name)
{
	return (counter_of("dev.%s.%d.rtkit.%s", device_get_name(r->c->dev),
	    device_get_unit(r->c->dev), name));
}

static int
rig_read(struct rig *r, const int *val)
{
	int n;

	mtx_lock_spin(&r->c->mtx);
	n = *val;
	mtx_unlock_spin(&r->c->mtx);
	return (n);
}

int
rig_got(struct rig *r)
{
	return (rig_read(r, &r->c->ngot));
}

int
rig_early(struct rig *r)
{
	return (rig_read(r, &r->c->nearly));
}

int
rig_crashes(struct rig *r)
{
	return (rig_read(r, &r->c->crashes));
}
