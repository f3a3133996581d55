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
#include "tk_host.h"
#include "tk_sdt.h"
#include "tk_var.h"

#define	SDT_MAX	4096

SET_DECLARE(sdt_probes_set, struct sdt_probe);

/* The call sites; neither symbol is there in a program without any. */
extern const struct sdt_tracepoint __start_set_sdt_tracepoint_set[]
    __attribute__((__weak__));
extern const struct sdt_tracepoint __stop_set_sdt_tracepoint_set[]
    __attribute__((__weak__));

static bool	sdt_tracing;	/* the call sites are jumps */

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

/* Let a call site fire, or no more. */
static void
sdt_patch(const struct sdt_tracepoint *tp, bool tracing)
{
	tk_sdt_code_t code;

	code = tk_sdt_code(tp->patchpoint, tp->target, tracing);
	if (!tkh_patch((void *)tp->patchpoint, &code, sizeof(code)))
		panic("the host does not let a probe be traced");
}

void
tk_sdt_trace(bool on)
{
	const struct sdt_tracepoint *tp;

	if (on) {
		tk_lock();
		sdt_kept = 0;
		memset(sdt_count, 0, sizeof(sdt_count));
		tk_unlock();
	}
	if (on == sdt_tracing)
		return;
	sdt_tracing = on;
	for (tp = __start_set_sdt_tracepoint_set;
	    tp < __stop_set_sdt_tracepoint_set; tp++)
		sdt_patch(tp, on);
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
