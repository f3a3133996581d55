/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * module(9).  All modules are linked in.  SYSINIT registers each at boot.  At
 * shutdown all are unloaded, the last first.  Memory that a module allocated in
 * MOD_LOAD and does not free in MOD_UNLOAD is therefore a leak.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/module.h>
#include <sys/queue.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_bus_var.h"

struct module {
	TAILQ_ENTRY(module) link;
	const struct moduledata *data;
	int		 refs;
	bool		 loaded;
	modspecific_t	 specific;
};

static TAILQ_HEAD(module_list, module) modules;

static void
module_start(void)
{
	TAILQ_INIT(&modules);
}
TK_INIT_PRIO(module_start, 110);

static int
module_event(module_t mod, int what)
{
	struct tk_ctx_mark mark;
	int error;

	if (mod->data->evhand == NULL)
		return (0);
	bus_topo_lock();
	tk_ctx_enter(&mark, TK_CTX_THREAD);
	error = mod->data->evhand(mod, what, mod->data->priv);
	tk_ctx_leave(&mark, mod->data->name);
	bus_topo_unlock();
	return (error);
}

int
module_register(const struct moduledata *data, struct linker_file *file)
{
	module_t mod;

	tk_preempt();
	if (module_lookupbyname(data->name) != NULL)
		return (EEXIST);
	mod = tk_tomb_alloc(sizeof(*mod));
	mod->data = data;
	mod->refs = 1;
	TAILQ_INSERT_TAIL(&modules, mod, link);
	return (0);
}

static int
module_load(module_t mod)
{
	int error;

	error = module_event(mod, MOD_LOAD);
	if (error != 0) {
		(void)module_event(mod, MOD_UNLOAD);
		printf("module_register_init: MOD_LOAD (%s) error %d\n",
		    mod->data->name, error);
		return (error);
	}
	mod->loaded = true;
	return (0);
}

void
module_register_init(const void *arg)
{
	const struct moduledata *data = arg;
	module_t mod;
	int error;

	error = module_register(data, NULL);
	if (error != 0)
		panic("module %s: registered already", data->name);
	mod = module_lookupbyname(data->name);
	if (module_load(mod) != 0)
		TAILQ_REMOVE(&modules, mod, link);
}

module_t
module_lookupbyname(const char *name)
{
	module_t mod;

	TAILQ_FOREACH(mod, &modules, link)
		if (tk_streq(mod->data->name, name))
			break;
	return (mod);
}

const char *
module_getname(module_t mod)
{
	return (mod->data->name);
}

void
module_reference(module_t mod)
{
	mod->refs++;
}

void
module_release(module_t mod)
{
	if (--mod->refs == 0)
		tk_stop("module", "%s released more often than referenced",
		    mod->data->name);
}

void
module_setspecific(module_t mod, modspecific_t *specific)
{
	mod->specific = *specific;
}

int
module_quiesce(module_t mod)
{
	int error;

	error = module_event(mod, MOD_QUIESCE);
	if (error == EOPNOTSUPP || error == EINVAL)
		error = 0;
	return (error);
}

int
module_unload(module_t mod)
{
	int error;

	if (!mod->loaded)
		tk_stop("module", "%s is not loaded", mod->data->name);
	error = module_event(mod, MOD_UNLOAD);
	if (error == 0)
		mod->loaded = false;
	return (error);
}

/* "bus/driver" is found by that name and by "driver". */
static bool
module_answers_to(module_t mod, const char *name)
{
	const char *slash;

	slash = strchr(mod->data->name, '/');
	return (strcmp(mod->data->name, name) == 0 ||
	    (slash != NULL && strcmp(slash + 1, name) == 0));
}

int
tk_module_unload(const char *name)
{
	module_t mod;
	int error, result;

	result = ENOENT;
	TAILQ_FOREACH_REVERSE(mod, &modules, module_list, link) {
		if (!mod->loaded || !module_answers_to(mod, name))
			continue;
		error = module_quiesce(mod);
		if (error == 0)
			error = module_unload(mod);
		if (error != 0)
			return (error);
		result = 0;
	}
	return (result);
}

int
tk_module_load(const char *name)
{
	module_t mod;
	int error, result;

	result = ENOENT;
	TAILQ_FOREACH(mod, &modules, link) {
		if (mod->loaded || !module_answers_to(mod, name))
			continue;
		error = module_load(mod);
		if (error != 0)
			return (error);
		result = 0;
	}
	return (result);
}

bool
tk_module_loaded(const char *name)
{
	module_t mod;

	TAILQ_FOREACH(mod, &modules, link)
		if (mod->loaded && module_answers_to(mod, name))
			return (true);
	return (false);
}

/* A module that refuses, because its devices are there, stays loaded. */
void
tk_modules_unload_all(void)
{
	module_t mod;

	TAILQ_FOREACH_REVERSE(mod, &modules, module_list, link)
		if (mod->loaded && mod->refs == 1)
			(void)module_unload(mod);
}
