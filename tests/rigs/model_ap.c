/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * An AP without a driver: see model_ap.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/malloc.h>
#include <sys/time.h>
#include <vm/vm.h>
#include <vm/pmap.h>

#include "model_ap.h"
#include "tk.h"
#include "tk_bus_var.h"
#include "tk_test.h"

#define	EMPTY	(1u << 17)
#define	FULL	(1u << 16)

static const struct {
	bus_size_t	a2i, i2a, send, recv;
} of[] = {
	[MODEL_ASC_V4] = { 0x110, 0x114, 0x800, 0x830 },
	[MODEL_ASC_T8015] = { 0x108, 0x10c, 0x800, 0x830 },
	[MODEL_ASC_M3] = { 0x50, 0x80, 0x60, 0xa0 },
};

static void
ap_pause(int us)
{

	pause_sbt("ap", us * SBT_1US, 0, C_PREL(1));
}

void
ap_up(struct ap *ap, enum model_asc_variant variant,
    const struct model_rtkit_config *cfg, bool running)
{
	const struct model_asc_config asc = {
		.name = "asc", .variant = variant, .base = AP_BASE,
		.asc_base = AP_CPU, .irq = 100, .running = running,
	};
	struct model_rtkit_config mine = *cfg;

	memset(ap, 0, sizeof(*ap));
	ap->variant = variant;
	ap->running = running;
	mine.sram_base = AP_SRAM;
	ap->m = model_rtkit_new(&asc, &mine);
	TK_CHECK(ap->m != NULL);
	TK_EQ(bus_space_map(&memmap_bus, AP_BASE, 0x4000, 0, &ap->mbox), 0);
	TK_EQ(bus_space_map(&memmap_bus, AP_CPU, 0x4000, 0, &ap->cpu), 0);
	if (mine.sram_size != 0)
		TK_EQ(bus_space_map(&memmap_bus, AP_SRAM, AP_SRAM_SIZE, 0,
		    &ap->sram), 0);
}

void
ap_up_default(struct ap *ap)
{
	struct model_rtkit_config cfg;

	model_rtkit_config_default(&cfg);
	ap_up(ap, MODEL_ASC_V4, &cfg, false);
}

/*
 * The model may write to the memory that it was given until the model is gone.
 */
void
ap_down(struct ap *ap)
{
	unsigned int i;

	TK_EQ(model_asc_stats(model_rtkit_asc(ap->m)).illegal, 0);
	bus_space_unmap(&memmap_bus, ap->mbox, 0x4000);
	bus_space_unmap(&memmap_bus, ap->cpu, 0x4000);
	if (model_rtkit_sram_size(ap->m) != 0)
		bus_space_unmap(&memmap_bus, ap->sram, AP_SRAM_SIZE);
	model_rtkit_free(ap->m);
	for (i = 0; i < ap->nram; i++)
		contigfree(ap->ram[i], ap->ram_size[i], M_DEVBUF);
}

/*
 * Messages
 */

void
ap_send(struct ap *ap, uint32_t ep, uint64_t msg)
{
	int i;

	for (i = 0; (bus_space_read_4(&memmap_bus, ap->mbox,
	    of[ap->variant].a2i) & FULL) != 0; i++) {
		TK_CHECK(i < 100000);
		ap_pause(10);
	}
	bus_space_write_8(&memmap_bus, ap->mbox, of[ap->variant].send, msg);
	bus_space_write_8(&memmap_bus, ap->mbox, of[ap->variant].send + 8, ep);
}

static bool
ap_empty(struct ap *ap)
{

	return ((bus_space_read_4(&memmap_bus, ap->mbox, of[ap->variant].i2a) &
	    EMPTY) != 0);
}

bool
ap_recv(struct ap *ap, int ms, uint32_t *ep, uint64_t *msg)
{
	int64_t end = tk_now_ns() + ms * 1000000ll;

	while (ap_empty(ap)) {
		if (tk_now_ns() >= end)
			return (false);
		ap_pause(ms > 10 ? 100 : 10);
	}
	*msg = bus_space_read_8(&memmap_bus, ap->mbox, of[ap->variant].recv);
	*ep = (uint32_t)bus_space_read_8(&memmap_bus, ap->mbox,
	    of[ap->variant].recv + 8);
	return (true);
}

void
ap_expect(struct ap *ap, uint32_t ep, uint64_t msg)
{
	uint32_t its_ep = 0;
	uint64_t its = 0;

	TK_CHECK(ap_recv(ap, 5000, &its_ep, &its));
	TK_EQ(its, msg);
	TK_EQ(its_ep, ep);
}

void
ap_silence(struct ap *ap, int ms)
{
	uint32_t ep;
	uint64_t msg = 0;

	TK_CHECK(!ap_recv(ap, ms, &ep, &msg));
}

/*
 * RTKit
 */

void
ap_run(struct ap *ap, bool run)
{

	bus_space_write_4(&memmap_bus, ap->cpu, 0x44, run ? 0x10 : 0);
}

void
ap_go(struct ap *ap)
{

	if (ap->running)
		ap_send(ap, 0, AP_IOP_POWER(MODEL_RTKIT_POWER_INIT));
	else
		ap_run(ap, true);
}

bool
ap_hello(struct ap *ap)
{
	uint64_t msg = 0, version;
	uint32_t ep = 0, base;

	if (!ap_recv(ap, 100, &ep, &msg) || ep != 0 || msg >> 52 != 1)
		return (false);
	version = MIN(msg >> 16 & 0xffff, 12);
	ap_send(ap, 0, AP_TYPE(2) | version << 16 | version);
	for (ap->pages = 0; ap->pages < 20; ap->pages++) {
		if (!ap_recv(ap, 100, &ep, &msg) || ep != 0 || msg >> 52 != 8)
			return (false);
		base = msg >> 32 & 7;
		ap->map[base] = (uint32_t)msg;
		ap_send(ap, 0, AP_TYPE(8) | (uint64_t)base << 32 |
		    ((msg & 1ull << 51) != 0 ? 1ull << 51 : 1));
		if ((msg & 1ull << 51) != 0) {
			ap->pages++;
			return (true);
		}
	}
	return (false);
}

void
ap_start_system(struct ap *ap)
{
	static const uint8_t eps[] = { 1, 2, 3, 4, 8 };
	unsigned int i;

	for (i = 0; i < nitems(eps); i++)
		if ((ap->map[0] & 1u << eps[i]) != 0)
			ap_send(ap, 0, AP_START(eps[i]));
}

/* Make memory for a request of the IOP's; returns its bus address. */
static uint64_t
ap_give(struct ap *ap, size_t size)
{
	unsigned int n = ap->nram;

	if (n == nitems(ap->ram) || size == 0)
		return (0);
	ap->ram[n] = contigmalloc(size, M_DEVBUF, M_WAITOK | M_ZERO, 0, ~0ul,
	    16 << 10, 0);
	ap->ram_size[n] = size;
	ap->nram++;
	return (vtophys(ap->ram[n]));
}

static void
ap_asked(struct ap *ap, uint32_t ep, uint64_t msg)
{
	uint64_t addr = msg & ((1ull << 44) - 1);

	if (ep == MODEL_RTKIT_EP_CRASHLOG && ap->buffer[ep] != 0) {
		ap->crashed = true;
		return;
	}
	if (addr == 0) {
		addr = ap_give(ap, (msg >> 44 & 0xff) * 4096);
		if (addr == 0)
			return;
		ap_send(ap, ep, msg | addr);
	}
	ap->buffer[ep] = addr;
}

static void
ap_asked_oslog(struct ap *ap, uint64_t msg)
{
	uint64_t size = msg >> 36 & 0xfffff, addr;

	if (size == 0)
		ap_send(ap, MODEL_RTKIT_EP_OSLOG, 3ull << 56);
	if (size == 0 || (msg & ((1ull << 36) - 1)) != 0)
		return;
	addr = ap_give(ap, size);
	if (addr != 0)
		ap_send(ap, MODEL_RTKIT_EP_OSLOG, msg | addr / 4096);
}

void
ap_serve(struct ap *ap, uint32_t ep, uint64_t msg)
{
	unsigned int type = msg >> 52 & 0xff;

	if (ep == 0 && msg == AP_IOP_ACK(MODEL_RTKIT_POWER_ON))
		ap->on = true;
	else if (ep == MODEL_RTKIT_EP_OSLOG && msg >> 56 == 1)
		ap_asked_oslog(ap, msg);
	else if ((ep == MODEL_RTKIT_EP_CRASHLOG ||
	    ep == MODEL_RTKIT_EP_SYSLOG || ep == MODEL_RTKIT_EP_IOREPORT) &&
	    type == 1)
		ap_asked(ap, ep, msg);
	else if (ep == MODEL_RTKIT_EP_SYSLOG && type == 8)
		ap->init = msg;
	else if (ep == MODEL_RTKIT_EP_SYSLOG && type == 5) {
		ap->log = msg;
		ap->logs++;
		ap_send(ap, ep, msg);
	} else if (ep == MODEL_RTKIT_EP_IOREPORT)
		ap_send(ap, ep, msg);
}

void
ap_serve_all(struct ap *ap, int ms)
{
	uint64_t msg = 0;
	uint32_t ep = 0;
	int i;

	for (i = 0; i < 1000 && ap_recv(ap, ms, &ep, &msg); i++)
		ap_serve(ap, ep, msg);
}

bool
ap_boot(struct ap *ap)
{
	uint64_t msg = 0;
	uint32_t ep = 0;
	int i;

	ap_go(ap);
	if (!ap_hello(ap))
		return (false);
	ap_start_system(ap);
	for (i = 0; i < 1000 && !ap->on; i++) {
		if (!ap_recv(ap, 100, &ep, &msg))
			return (false);
		ap_serve(ap, ep, msg);
	}
	ap_send(ap, 0, AP_AP_POWER(MODEL_RTKIT_POWER_ON));
	if (!ap_recv(ap, 100, &ep, &msg) || ep != 0 ||
	    msg != AP_AP_POWER(MODEL_RTKIT_POWER_ON))
		return (false);
	ap_serve_all(ap, 1);
	return (true);
}

void
ap_rest(struct ap *ap, uint16_t ap_state, uint16_t iop_state)
{

	ap_send(ap, 0, AP_AP_POWER(ap_state));
	ap_expect(ap, 0, AP_AP_POWER(ap_state));
	ap_send(ap, 0, AP_IOP_POWER(iop_state));
	ap_expect(ap, 0, AP_IOP_ACK(iop_state));
	ap->on = false;
	memset(ap->buffer, 0, sizeof(ap->buffer));
}

/*
 * Results
 */

uint64_t
ap_wrong(struct ap *ap)
{

	TK_CHECK((model_rtkit_stats(ap->m).violations == 0) ==
	    (model_rtkit_first_violation(ap->m)[0] == '\0'));
	return (model_rtkit_stats(ap->m).violations);
}

uint64_t
ap_broke(struct ap *ap, const char *rule)
{

	return (model_rtkit_violations(ap->m, rule));
}

void
ap_copy(struct ap *ap, uint8_t ep, size_t off, void *buf, size_t len)
{
	uint64_t addr = ap->buffer[ep];

	TK_CHECK(addr != 0);
	if (addr >= AP_SRAM && addr < AP_SRAM + AP_SRAM_SIZE) {
		for (size_t i = 0; i < len; i++)
			((uint8_t *)buf)[i] = bus_space_read_1(&memmap_bus,
			    ap->sram, addr - AP_SRAM + off + i);
		return;
	}
	memcpy(buf, (char *)tk_ram_ptr(addr + off, len), len);
}
