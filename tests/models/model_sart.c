/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* A SART: see model_sart.h. */
#include <sys/param.h>
#include <sys/systm.h>

#include "model_host.h"
#include "model_sart.h"

#define	SART_BYTES	0x4000
#define	SART_CONFIG	0x00
#define	SART_PADDR	0x40
#define	SART_SIZE	0x80
#define	SART_END	0xc0
#define	SART_PAGE	4096

/* Registers of an entry. */
struct sart_entry {
	uint32_t	config;
	uint32_t	paddr;
	uint32_t	size;		/* version 3 */
};

struct model_sart {
	struct model_sart_config cfg;
	struct mh_lock	*lock;
	struct mh_regs	*regs;
	struct sart_entry entries[MODEL_SART_ENTRIES];
	bool		 off;		/* without power */
	char		 first[96];
};

static void
sart_break(struct model_sart *m, const char *what, unsigned int i)
{

	if (m->first[0] == '\0')
		snprintf(m->first, sizeof(m->first), "%s: entry %u", what, i);
}

static uint32_t
sart_flags(const struct model_sart *m, const struct sart_entry *e)
{

	switch (m->cfg.version) {
	case 0:
		return (e->config >> 24 & 0x1f);
	case 2:
		return (e->config >> 24);
	default:
		return (e->config);
	}
}

static uint64_t
sart_size(const struct model_sart *m, const struct sart_entry *e)
{

	switch (m->cfg.version) {
	case 0:
		return ((uint64_t)(e->config & 0x7ffff) * SART_PAGE);
	case 2:
		return ((uint64_t)(e->config & 0xffffff) * SART_PAGE);
	default:
		return ((uint64_t)(e->size & 0x3fffffff) * SART_PAGE);
	}
}

/* The register at an offset; NULL: there is none. */
static uint32_t *
sart_register(struct model_sart *m, uint64_t off, unsigned int *i)
{
	struct sart_entry *e;

	*i = off / 4 % MODEL_SART_ENTRIES;
	e = &m->entries[*i];
	if (off < SART_PADDR)
		return (&e->config);
	if (off < SART_SIZE)
		return (&e->paddr);
	return (off < SART_END && m->cfg.version == 3 ? &e->size : NULL);
}

static uint64_t
sart_get(void *arg, uint64_t off, unsigned int width)
{
	struct model_sart *m = arg;
	uint64_t value = 0;
	uint32_t *reg;
	unsigned int i;

	mh_lock_enter(m->lock);
	reg = sart_register(m, off, &i);
	if (m->off)
		sart_break(m, "a read without power", i);
	else if (reg == NULL || width != 4)
		sart_break(m, "a read of no register", i);
	else
		value = *reg;
	mh_lock_leave(m->lock);
	return (value);
}

/*
 * Flags make an entry count, so all else is written before they are, and
 * changed only after they were cleared.
 */
static void
sart_check(struct model_sart *m, const struct sart_entry *old,
    const struct sart_entry *new, unsigned int i)
{
	uint32_t allow = m->cfg.version == 0 ? 0xf : 0xff;

	if ((m->cfg.loader & 1u << i) != 0)
		sart_break(m, "a write to one of the boot loader's", i);
	if (sart_flags(m, old) != 0 && sart_flags(m, new) != 0)
		sart_break(m, "a change while it is in use", i);
	if (sart_flags(m, old) == 0 && sart_flags(m, new) != 0 &&
	    (sart_flags(m, new) != allow || sart_size(m, new) == 0))
		sart_break(m, "flags without a size, or other flags", i);
}

static void
sart_put(void *arg, uint64_t off, unsigned int width, uint64_t value)
{
	struct model_sart *m = arg;
	struct sart_entry old;
	uint32_t *reg;
	unsigned int i;

	mh_lock_enter(m->lock);
	reg = sart_register(m, off, &i);
	if (m->off)
		sart_break(m, "a write without power", i);
	else if (reg == NULL || width != 4)
		sart_break(m, "a write of no register", i);
	else {
		old = m->entries[i];
		*reg = (uint32_t)value;
		sart_check(m, &old, &m->entries[i], i);
	}
	mh_lock_leave(m->lock);
}

static const struct mh_regs_ops sart_ops = {
	.read = sart_get,
	.write = sart_put,
};

struct model_sart *
model_sart_new(const struct model_sart_config *cfg)
{
	struct model_sart *m;
	struct sart_entry *e;

	m = mh_alloc(sizeof(*m));
	m->cfg = *cfg;
	for (unsigned int i = 0; i < MODEL_SART_ENTRIES; i++) {
		if ((cfg->loader & 1u << i) == 0)
			continue;
		e = &m->entries[i];
		e->paddr = i;
		e->size = cfg->version == 3 ? 1 : 0;
		e->config = cfg->version == 3 ? 0x3 : 0x3u << 24 | 1;
	}
	m->lock = mh_lock_new("sart");
	m->regs = mh_regs_new("sart", cfg->base, SART_BYTES, &sart_ops, m);
	if (m->regs == NULL) {
		mh_lock_free(m->lock);
		mh_free(m);
		return (NULL);
	}
	return (m);
}

void
model_sart_free(struct model_sart *m)
{

	mh_regs_free(m->regs);
	mh_lock_free(m->lock);
	mh_free(m);
}

/* The end of an entry that has the byte at addr; 0: none has it. */
static uint64_t
sart_end(const struct model_sart *m, uint64_t addr)
{
	const struct sart_entry *e;
	uint64_t start, size;

	for (e = m->entries; e < m->entries + MODEL_SART_ENTRIES; e++) {
		start = (uint64_t)e->paddr * SART_PAGE;
		size = sart_size(m, e);
		if (sart_flags(m, e) != 0 && addr >= start &&
		    addr - start < size)
			return (start + size);
	}
	return (0);
}

bool
model_sart_allows(void *sart, uint64_t addr, size_t len)
{
	struct model_sart *m = sart;
	uint64_t at = addr, end;

	mh_lock_enter(m->lock);
	while (at - addr < len && (end = sart_end(m, at)) != 0)
		at = end;
	mh_lock_leave(m->lock);
	return (at - addr >= len);
}

void
model_sart_power(struct model_sart *m, bool on)
{

	mh_lock_enter(m->lock);
	m->off = !on;
	mh_lock_leave(m->lock);
}

uint32_t
model_sart_used(struct model_sart *m)
{
	uint32_t used = 0;

	mh_lock_enter(m->lock);
	for (unsigned int i = 0; i < MODEL_SART_ENTRIES; i++)
		if (sart_flags(m, &m->entries[i]) != 0)
			used |= 1u << i;
	mh_lock_leave(m->lock);
	return (used);
}

const char *
model_sart_first_violation(struct model_sart *m)
{

	return (m->first);
}
