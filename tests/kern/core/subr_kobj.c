/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * kobj(9): method tables, their inheritance and the cache of lookups.
 *
 * A class's table is built when its first object or driver needs it and is
 * freed with the last.  Lookups may happen in any context.  All else is for
 * threads only.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/kobj.h>
#include <sys/malloc.h>

#include "tk.h"
#include "tk_bus_var.h"

static MALLOC_DEFINE(M_KOBJ, "kobj", "Kernel object structures");

/* Fills empty cache slots.  Its descriptor is NULL, which is no method's. */
static kobj_method_t kobj_no_method = { NULL, NULL };

static struct kobj_class tk_dead_class = { .name = "deleted" };
struct kobj_ops tk_dead_ops = { .cls = &tk_dead_class };

static unsigned int kobj_last_id;

static void
kobj_fill_cache(kobj_ops_t ops)
{
	for (int i = 0; i < KOBJ_CACHE_SIZE; i++)
		ops->cache[i] = &kobj_no_method;
}

static void
kobj_init_dead(void)
{
	kobj_fill_cache(&tk_dead_ops);
}
TK_INIT_PRIO(kobj_init_dead, 100);

int
kobj_error_method(void)
{
	return (ENXIO);
}

/* A descriptor gets its number when a class first implements it. */
static void
kobj_number_methods(kobj_class_t cls)
{
	for (kobj_method_t *m = cls->methods; m != NULL && m->desc != NULL; m++)
		if (m->desc->id == 0)
			m->desc->id = ++kobj_last_id;
	for (kobj_class_t *base = cls->baseclasses;
	    base != NULL && *base != NULL; base++)
		kobj_number_methods(*base);
}

static void
kobj_compile_into(kobj_class_t cls, kobj_ops_t ops)
{
	kobj_fill_cache(ops);
	ops->cls = cls;
	tk_lock();
	kobj_number_methods(cls);
	if (cls->ops == NULL)
		cls->ops = ops;
	tk_unlock();
}

void
kobj_class_compile(kobj_class_t cls)
{
	kobj_ops_t ops;

	tk_preempt();
	if (cls->ops != NULL)
		return;
	tk_fault_spare(true);
	ops = malloc(sizeof(*ops), M_KOBJ, M_NOWAIT);
	tk_fault_spare(false);
	if (ops == NULL)
		panic("%s: out of memory", __func__);
	kobj_compile_into(cls, ops);
	if (cls->ops != ops)		/* another thread was faster */
		free(ops, M_KOBJ);
}

void
kobj_class_compile_static(kobj_class_t cls, kobj_ops_t ops)
{
	/* Never freed: the count does not reach zero again. */
	cls->refs++;
	kobj_compile_into(cls, ops);
}

static kobj_method_t *
kobj_find_own(kobj_class_t cls, kobjop_desc_t desc)
{
	kobj_method_t *found;

	for (kobj_method_t *m = cls->methods; m != NULL && m->desc != NULL; m++)
		if (m->desc == desc)
			return (m);
	for (kobj_class_t *base = cls->baseclasses;
	    base != NULL && *base != NULL; base++) {
		found = kobj_find_own(*base, desc);
		if (found != NULL)
			return (found);
	}
	return (NULL);
}

kobj_method_t *
kobj_lookup_method(kobj_class_t cls, kobj_method_t **cep, kobjop_desc_t desc)
{
	kobj_method_t *m;

	if (cls == &tk_dead_class)
		tk_stop("device", "method called on a deleted object");
	m = kobj_find_own(cls, desc);
	if (m == NULL)
		m = &desc->deflt;
	if (cep != NULL)
		*cep = m;
	return (m);
}

void
kobj_class_free(kobj_class_t cls)
{
	kobj_ops_t ops;

	tk_preempt();
	tk_lock();
	ops = NULL;
	if (cls->refs == 0) {
		ops = cls->ops;
		cls->ops = NULL;
	}
	tk_unlock();
	if (ops != NULL)
		free(ops, M_KOBJ);
}

void
kobj_init(kobj_t obj, kobj_class_t cls)
{
	kobj_class_compile(cls);
	tk_lock();
	obj->ops = cls->ops;
	cls->refs++;
	tk_unlock();
}

void
kobj_init_static(kobj_t obj, kobj_class_t cls)
{
	KASSERT(cls->ops != NULL, ("%s: class %s is not compiled", __func__,
	    cls->name));
	obj->ops = cls->ops;
	cls->refs++;
}

kobj_t
kobj_create(kobj_class_t cls, struct malloc_type *mtype, int mflags)
{
	kobj_t obj;

	obj = malloc(cls->size, mtype, mflags | M_ZERO);
	if (obj == NULL)
		return (NULL);
	kobj_init(obj, cls);
	return (obj);
}

void
kobj_delete(kobj_t obj, struct malloc_type *mtype)
{
	kobj_class_t cls;
	bool last;

	if (obj->ops == NULL || obj->ops == &tk_dead_ops)
		tk_stop("kobj", "object deleted twice, or never initialised");
	cls = obj->ops->cls;
	tk_lock();
	if (cls->refs == 0) {
		tk_unlock();
		tk_stop("kobj", "class %s has more objects deleted than made",
		    cls->name);
	}
	last = --cls->refs == 0;
	tk_unlock();
	obj->ops = &tk_dead_ops;
	if (last)
		kobj_class_free(cls);
	if (mtype != NULL)
		free(obj, mtype);
}
