/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * SRAM and buffers of the RTKit model.  SRAM is a range of registers, of which
 * the AP may access only the parts that the IOP told it of.  Buffers are in
 * SRAM or in guest RAM.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>

#include "model_rtkit_var.h"

static bool
rk_area_has(struct model_rtkit *m, uint64_t off, size_t len, bool write)
{
	const struct rk_area *a;
	unsigned int i;

	for (i = 0; i < m->nareas; i++) {
		a = &m->areas[i];
		if (off >= a->off && off - a->off <= a->len &&
		    len <= a->len - (off - a->off) && (a->writable || !write))
			return (true);
	}
	return (false);
}

/*
 * May the AP access SRAM there?  A misbehaving IOP may name areas that reach
 * beyond the SRAM that exists.
 */
static bool
rk_sram_may(struct model_rtkit *m, uint64_t off, size_t len, bool write)
{

	if (!rk_area_has(m, off, len, write))
		rk_break(m, RK_R_SRAM, 0, off);
	return (off <= RK_SRAM && len <= RK_SRAM - off);
}

static uint64_t
rk_sram_get(void *arg, uint64_t off, unsigned int width)
{
	struct model_rtkit *m = arg;
	uint8_t bytes[8] = { 0 };

	mh_lock_enter(m->lock);
	if (rk_sram_may(m, off, width, false))
		memcpy(bytes, m->sram + off, width);
	mh_lock_leave(m->lock);
	return (le64dec(bytes));
}

static void
rk_sram_put(void *arg, uint64_t off, unsigned int width, uint64_t value)
{
	struct model_rtkit *m = arg;
	uint8_t bytes[8];

	le64enc(bytes, value);
	mh_lock_enter(m->lock);
	if (rk_sram_may(m, off, width, true))
		memcpy(m->sram + off, bytes, width);
	mh_lock_leave(m->lock);
}

static const struct mh_regs_ops rk_sram_ops = {
	.read = rk_sram_get,
	.write = rk_sram_put,
};

/* Returns false if the addresses are taken. */
bool
rk_sram_add(struct model_rtkit *m)
{

	if (m->cfg.sram_size == 0)
		return (true);
	m->sram_regs = mh_regs_new("sram", m->cfg.sram_base, m->cfg.sram_size,
	    &rk_sram_ops, m);
	if (m->sram_regs == NULL)
		return (false);
	m->sram = mh_alloc(RK_SRAM);
	return (true);
}

void
rk_sram_remove(struct model_rtkit *m)
{

	mh_regs_free(m->sram_regs);
	mh_free(m->sram);
}

/* Bus address of memory for a buffer of its own. */
uint64_t
rk_sram_alloc(struct model_rtkit *m, size_t len)
{
	uint64_t off = m->sram_next;

	KASSERT(m->sram != NULL && len <= RK_SRAM - off,
	    ("no room in SRAM for %zu bytes", len));
	m->sram_next += len;
	(void)rk_area_add(m, off, len, false);
	return (m->cfg.sram_base + off);
}

bool
rk_area_add(struct model_rtkit *m, uint64_t off, size_t len, bool writable)
{

	if (off > m->cfg.sram_size || len > m->cfg.sram_size - off ||
	    m->nareas == RK_AREAS)
		return (false);
	m->areas[m->nareas++] = (struct rk_area){ off, len, writable };
	return (true);
}

bool
rk_may_reach(struct model_rtkit *m, uint64_t addr, size_t len)
{

	return (m->allows == NULL || m->allows(m->allows_arg, addr, len));
}

/* Bytes outside the buffer are not written. */
void
rk_buffer_write(struct model_rtkit *m, enum model_rtkit_buffer kind,
    size_t off, const void *src, size_t len)
{
	const struct rk_buffer *b = &m->buffers[kind];
	uint64_t addr = b->addr + off;
	void *ram;

	if (!b->given || off > b->size || len > b->size - off)
		return;
	if (m->sram != NULL && addr - m->cfg.sram_base < m->cfg.sram_size) {
		addr -= m->cfg.sram_base;
		if (addr <= RK_SRAM && len <= RK_SRAM - addr)
			memcpy(m->sram + addr, src, len);
		return;
	}
	ram = mh_ram(addr, len);
	if (ram == NULL || !rk_may_reach(m, addr, len))
		return;
	memcpy(ram, src, len);
	mh_ram_wrote(addr, len);
}

/*
 * For applications and tests
 */

void
model_rtkit_guard(struct model_rtkit *m,
    bool (*allows)(void *, uint64_t, size_t), void *arg)
{

	mh_lock_enter(m->lock);
	m->allows = allows;
	m->allows_arg = arg;
	mh_lock_leave(m->lock);
}

bool
model_rtkit_sram_announce(struct model_rtkit *m, uint64_t off, size_t len)
{
	bool added;

	mh_lock_enter(m->lock);
	added = rk_area_add(m, off, len, true);
	mh_lock_leave(m->lock);
	return (added);
}

static bool
rk_sram_is(struct model_rtkit *m, uint64_t off, size_t len)
{

	return (m->sram != NULL && off <= RK_SRAM && len <= RK_SRAM - off);
}

bool
model_rtkit_sram_write(struct model_rtkit *m, uint64_t off, const void *src,
    size_t len)
{

	if (!rk_sram_is(m, off, len))
		return (false);
	mh_lock_enter(m->lock);
	memcpy(m->sram + off, src, len);
	mh_lock_leave(m->lock);
	return (true);
}

bool
model_rtkit_sram_read(struct model_rtkit *m, uint64_t off, void *dst,
    size_t len)
{

	if (!rk_sram_is(m, off, len))
		return (false);
	mh_lock_enter(m->lock);
	memcpy(dst, m->sram + off, len);
	mh_lock_leave(m->lock);
	return (true);
}

uint64_t
model_rtkit_sram_base(const struct model_rtkit *m)
{

	return (m->cfg.sram_base);
}

uint64_t
model_rtkit_sram_size(const struct model_rtkit *m)
{

	return (m->cfg.sram_size);
}
