/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * SDT(9): the probes that are linked in, and a record of their firings for
 * tests.  Any context.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/sdt.h>

#include "tk.h"
#include "tk_sdt.h"
#include "tk_var.h"

#define	SDT_MAX	4096

SET_DECLARE(sdt_probes_set, struct sdt_probe);

volatile bool sdt_probes_enabled;

/* tk_lock().  A probe's id is its index in the linker set. */
static struct tk_sdt_firing sdt_firings[SDT_MAX];
static size_t	sdt_kept;
static size_t	sdt_count[256];

static void
sdt_start(void)
{
	struct sdt_probe **probe;

	KASSERT((size_t)SET_COUNT(sdt_probes_set) <= nitems(sdt_count),
	    ("too many probes"));
	SET_FOREACH(probe, sdt_probes_set)
		(*probe)->id = probe - SET_BEGIN(sdt_probes_set);
	tk_sdt_trace(false);
}
TK_INIT(sdt_start);

void
sdt_probe(uint32_t id, uintptr_t arg0, uintptr_t arg1, uintptr_t arg2,
    uintptr_t arg3, uintptr_t arg4)
{
	struct sdt_probe *probe = SET_ITEM(sdt_probes_set, id);
	struct tk_sdt_firing *f;
	int64_t now = tk_now_ns();

	tk_lock();
	sdt_count[id]++;
	if (sdt_kept < SDT_MAX) {
		f = &sdt_firings[sdt_kept++];
		f->prov = probe->prov->name;
		f->name = probe->name;
		f->arg[0] = arg0;
		f->arg[1] = arg1;
		f->arg[2] = arg2;
		f->arg[3] = arg3;
		f->arg[4] = arg4;
		f->ns = now;
	}
	tk_unlock();
}

void
tk_sdt_trace(bool on)
{
	if (on) {
		tk_lock();
		sdt_kept = 0;
		memset(sdt_count, 0, sizeof(sdt_count));
		tk_unlock();
	}
	sdt_probes_enabled = on;
}

static struct sdt_probe *
sdt_find(const char *prov, const char *name)
{
	struct sdt_probe **probe;

	SET_FOREACH(probe, sdt_probes_set)
		if (strcmp((*probe)->prov->name, prov) == 0 &&
		    strcmp((*probe)->name, name) == 0)
			return (*probe);
	tk_stop("sdt-probe", "there is no probe %s:::%s", prov, name);
}

size_t
tk_sdt_fired(const char *prov, const char *name)
{
	return (sdt_count[sdt_find(prov, name)->id]);
}

const struct tk_sdt_firing *
tk_sdt_firing(const char *prov, const char *name, size_t nth)
{
	const struct sdt_probe *probe = sdt_find(prov, name);
	size_t i;

	for (i = 0; i < sdt_kept; i++)
		if (sdt_firings[i].name == probe->name && nth-- == 0)
			return (&sdt_firings[i]);
	return (NULL);
}

const char *
tk_sdt_type(const char *prov, const char *name, unsigned int arg)
{
	return (sdt_find(prov, name)->types[arg]);
}
