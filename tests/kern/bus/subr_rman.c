/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * rman(9).  A manager's list holds the regions that it may hand out
 * (RF_ALLOCATED clear) and the resources handed out of them (RF_ALLOCATED set),
 * sorted by start.
 *
 * Lifetime: a resource's record stays as a tombstone after its release, with
 * r_rm NULL, until shutdown.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/rman.h>

#include "tk.h"
#include "tk_bus_var.h"

static MALLOC_DEFINE(M_RMAN, "rman", "Resource manager");

struct rman_head rman_head = TAILQ_HEAD_INITIALIZER(rman_head);

static void
rman_start(void)
{
	TAILQ_INIT(&rman_head);
}
TK_INIT_PRIO(rman_start, 110);

struct resource_i *
tk_resource_check(const struct resource *r, const char *call)
{
	if (r == NULL)
		tk_stop("resource", "%s: no resource", call);
	if (r->__r_i->r_rm == NULL)
		tk_stop("resource", "%s: the resource was released", call);
	return (r->__r_i);
}

/* Where a new entry goes: sorted by start, a region before what it contains. */
static void
rman_insert(struct rman *rm, struct resource_i *new)
{
	struct resource_i *r;

	TAILQ_FOREACH(r, &rm->rm_list, r_link)
		if (r->r_start > new->r_start)
			break;
	if (r != NULL)
		TAILQ_INSERT_BEFORE(r, new, r_link);
	else
		TAILQ_INSERT_TAIL(&rm->rm_list, new, r_link);
}

static struct resource_i *
rman_new(struct rman *rm, rman_res_t start, rman_res_t end, u_int flags)
{
	struct resource_i *r;

	r = tk_tomb_alloc(sizeof(*r));
	r->r_r.__r_i = r;
	r->r_rm = rm;
	r->r_start = start;
	r->r_end = end;
	r->r_flags = flags;
	tk_where(&r->r_where);
	return (r);
}

int
rman_init(struct rman *rm)
{
	tk_preempt();
	if (rm->rm_start == 0 && rm->rm_end == 0)
		rm->rm_end = RM_MAX_END;
	if (rm->rm_type != RMAN_ARRAY)
		panic("%s: not an array of resources", __func__);
	TAILQ_INIT(&rm->rm_list);
	if (tk_fault("rman_init"))
		return (ENOMEM);
	rm->rm_mtx = malloc(sizeof(*rm->rm_mtx), M_RMAN, M_NOWAIT | M_ZERO);
	if (rm->rm_mtx == NULL)
		return (ENOMEM);
	mtx_init(rm->rm_mtx, "rman", NULL, MTX_DEF);
	TAILQ_INSERT_TAIL(&rman_head, rm, rm_link);
	return (0);
}

int
rman_manage_region(struct rman *rm, rman_res_t start, rman_res_t end)
{
	struct resource_i *r;
	int error;

	tk_preempt();
	if (start > end || start < rm->rm_start || end > rm->rm_end)
		return (EINVAL);
	if (tk_fault("rman_manage_region"))
		return (ENOMEM);
	error = 0;
	mtx_lock(rm->rm_mtx);
	TAILQ_FOREACH(r, &rm->rm_list, r_link)
		if (start <= r->r_end && end >= r->r_start)
			error = EBUSY;
	if (error == 0)
		rman_insert(rm, rman_new(rm, start, end, 0));
	mtx_unlock(rm->rm_mtx);
	return (error);
}

int
rman_init_from_resource(struct rman *rm, struct resource *r)
{
	int error;

	error = rman_init(rm);
	if (error != 0)
		return (error);
	return (rman_manage_region(rm, rman_get_start(r), rman_get_end(r)));
}

int
rman_fini(struct rman *rm)
{
	struct resource_i *r;

	mtx_lock(rm->rm_mtx);
	TAILQ_FOREACH(r, &rm->rm_list, r_link)
		if ((r->r_flags & RF_ALLOCATED) != 0) {
			mtx_unlock(rm->rm_mtx);
			return (EBUSY);
		}
	while ((r = TAILQ_FIRST(&rm->rm_list)) != NULL) {
		TAILQ_REMOVE(&rm->rm_list, r, r_link);
		r->r_rm = NULL;
	}
	mtx_unlock(rm->rm_mtx);
	TAILQ_REMOVE(&rman_head, rm, rm_link);
	mtx_destroy(rm->rm_mtx);
	free(rm->rm_mtx, M_RMAN);
	rm->rm_mtx = NULL;
	return (0);
}

void
tk_rman_abandon(struct rman *rm)
{
	struct resource_i *r;

	TAILQ_FOREACH(r, &rm->rm_list, r_link)
		r->r_flags &= ~RF_ALLOCATED;
	(void)rman_fini(rm);
}

/*
 * The resource that conflicts with start to end, or NULL.  A resource of
 * exactly this range is no conflict when both are shareable.
 */
static struct resource_i *
rman_conflict(struct rman *rm, rman_res_t start, rman_res_t end, u_int flags)
{
	struct resource_i *r;

	TAILQ_FOREACH(r, &rm->rm_list, r_link) {
		if ((r->r_flags & RF_ALLOCATED) == 0 ||
		    r->r_end < start || r->r_start > end)
			continue;
		if ((r->r_flags & flags & RF_SHAREABLE) != 0 &&
		    r->r_start == start && r->r_end == end)
			continue;
		return (r);
	}
	return (NULL);
}

/* First fit inside one region. */
static bool
rman_fit(struct rman *rm, const struct resource_i *region, rman_res_t start,
    rman_res_t end, rman_res_t count, u_int flags, rman_res_t *result)
{
	struct resource_i *in_the_way;
	rman_res_t align, at;

	align = (rman_res_t)1 << RF_ALIGNMENT(flags);
	at = MAX(start, region->r_start);
	end = MIN(end, region->r_end);
	for (;;) {
		if (at > RM_MAX_END - (align - 1))
			return (false);
		at = (at + align - 1) & ~(align - 1);
		if (at > end || end - at < count - 1)
			return (false);
		in_the_way = rman_conflict(rm, at, at + count - 1, flags);
		if (in_the_way == NULL)
			break;
		if (in_the_way->r_end == RM_MAX_END)
			return (false);
		at = in_the_way->r_end + 1;
	}
	*result = at;
	return (true);
}

static void
rman_set_first_share(struct rman *rm, struct resource_i *new)
{
	struct resource_i *r;

	if ((new->r_flags & RF_SHAREABLE) == 0)
		return;
	TAILQ_FOREACH(r, &rm->rm_list, r_link)
		if (r != new && (r->r_flags & RF_SHAREABLE) != 0 &&
		    r->r_start == new->r_start)
			return;
	new->r_flags |= RF_FIRSTSHARE;
}

struct resource *
rman_reserve_resource(struct rman *rm, rman_res_t start, rman_res_t end,
    rman_res_t count, u_int flags, device_t dev)
{
	struct resource_i *r, *region;
	rman_res_t at;

	tk_preempt();
	KASSERT(start + count - 1 >= start, ("%s: %#jx of them from %#jx",
	    __func__, (uintmax_t)count, (uintmax_t)start));
	flags &= ~RF_FIRSTSHARE;
	if (count == 0 || tk_fault("rman_reserve_resource"))
		return (NULL);
	r = NULL;
	mtx_lock(rm->rm_mtx);
	TAILQ_FOREACH(region, &rm->rm_list, r_link) {
		if ((region->r_flags & RF_ALLOCATED) != 0 ||
		    !rman_fit(rm, region, start, end, count, flags, &at))
			continue;
		r = rman_new(rm, at, at + count - 1,
		    (flags & ~RF_ACTIVE) | RF_ALLOCATED);
		r->r_dev = dev;
		rman_insert(rm, r);
		rman_set_first_share(rm, r);
		break;
	}
	mtx_unlock(rm->rm_mtx);
	return (r != NULL ? &r->r_r : NULL);
}

int
rman_adjust_resource(struct resource *res, rman_res_t start, rman_res_t end)
{
	struct resource_i *r, *region;
	struct rman *rm;
	int error;

	r = tk_resource_check(res, __func__);
	rm = r->r_rm;
	tk_preempt();
	if (end < start || start > r->r_end || end < r->r_start)
		return (EINVAL);
	if ((r->r_flags & RF_SHAREABLE) != 0)
		return (EINVAL);
	error = EBUSY;
	mtx_lock(rm->rm_mtx);
	TAILQ_REMOVE(&rm->rm_list, r, r_link);
	TAILQ_FOREACH(region, &rm->rm_list, r_link)
		if ((region->r_flags & RF_ALLOCATED) == 0 &&
		    region->r_start <= start && region->r_end >= end &&
		    rman_conflict(rm, start, end, r->r_flags) == NULL) {
			r->r_start = start;
			r->r_end = end;
			error = 0;
			break;
		}
	rman_insert(rm, r);
	mtx_unlock(rm->rm_mtx);
	return (error);
}

int
rman_activate_resource(struct resource *r)
{
	tk_resource_check(r, __func__)->r_flags |= RF_ACTIVE;
	return (0);
}

int
rman_deactivate_resource(struct resource *r)
{
	tk_resource_check(r, __func__)->r_flags &= ~RF_ACTIVE;
	return (0);
}

int
rman_release_resource(struct resource *res)
{
	struct resource_i *other, *r;
	struct rman *rm;

	r = tk_resource_check(res, __func__);
	if (r->r_handlers != 0)
		tk_stop("resource", "interrupt %ju of %s released with a "
		    "handler set up", (uintmax_t)r->r_start,
		    device_get_nameunit(r->r_dev));
	rm = r->r_rm;
	tk_preempt();
	mtx_lock(rm->rm_mtx);
	TAILQ_REMOVE(&rm->rm_list, r, r_link);
	r->r_rm = NULL;
	r->r_flags &= ~(RF_ALLOCATED | RF_ACTIVE);
	if ((r->r_flags & RF_FIRSTSHARE) != 0)
		TAILQ_FOREACH(other, &rm->rm_list, r_link)
			if ((other->r_flags & RF_SHAREABLE) != 0 &&
			    other->r_start == r->r_start) {
				other->r_flags |= RF_FIRSTSHARE;
				break;
			}
	mtx_unlock(rm->rm_mtx);
	return (0);
}

static bool
rman_is_free(struct rman *rm, rman_res_t at, rman_res_t *next)
{
	struct resource_i *r;

	TAILQ_FOREACH(r, &rm->rm_list, r_link)
		if ((r->r_flags & RF_ALLOCATED) != 0 && r->r_start <= at &&
		    r->r_end >= at) {
			*next = r->r_end;
			return (false);
		}
	return (true);
}

/* The last number of the free range that begins at `at' in a region. */
static rman_res_t
rman_free_end(struct rman *rm, const struct resource_i *region, rman_res_t at)
{
	struct resource_i *r;
	rman_res_t end;

	end = region->r_end;
	TAILQ_FOREACH(r, &rm->rm_list, r_link)
		if ((r->r_flags & RF_ALLOCATED) != 0 && r->r_start > at &&
		    r->r_start <= end)
			end = r->r_start - 1;
	return (end);
}

/*
 * Walk the free ranges of a manager in order.  Returns the first or the last.
 */
static int
rman_free_region(struct rman *rm, bool last, rman_res_t *start,
    rman_res_t *end)
{
	struct resource_i *region;
	rman_res_t at, stop;
	int error;

	error = ENOENT;
	mtx_lock(rm->rm_mtx);
	TAILQ_FOREACH(region, &rm->rm_list, r_link) {
		if ((region->r_flags & RF_ALLOCATED) != 0)
			continue;
		for (at = region->r_start;; at = stop + 1) {
			if (rman_is_free(rm, at, &stop)) {
				stop = rman_free_end(rm, region, at);
				*start = at;
				*end = stop;
				error = 0;
				if (!last)
					goto out;
			}
			if (stop >= region->r_end)
				break;
		}
	}
out:
	mtx_unlock(rm->rm_mtx);
	return (error);
}

int
rman_first_free_region(struct rman *rm, rman_res_t *start, rman_res_t *end)
{
	return (rman_free_region(rm, false, start, end));
}

int
rman_last_free_region(struct rman *rm, rman_res_t *start, rman_res_t *end)
{
	return (rman_free_region(rm, true, start, end));
}

uint32_t
rman_make_alignment_flags(uint32_t size)
{
	int log2;

	for (log2 = 0; log2 < 31 && ((uint32_t)1 << log2) < size; log2++)
		;
	return (RF_ALIGNMENT_LOG2(log2));
}

int
rman_is_region_manager(const struct resource *r, const struct rman *rm)
{
	return (tk_resource_check(r, __func__)->r_rm == rm);
}

rman_res_t
rman_get_start(const struct resource *r)
{
	return (tk_resource_check(r, __func__)->r_start);
}

rman_res_t
rman_get_end(const struct resource *r)
{
	return (tk_resource_check(r, __func__)->r_end);
}

rman_res_t
rman_get_size(const struct resource *r)
{
	struct resource_i *ri;

	ri = tk_resource_check(r, __func__);
	return (ri->r_end - ri->r_start + 1);
}

u_int
rman_get_flags(const struct resource *r)
{
	return (tk_resource_check(r, __func__)->r_flags);
}

void
rman_set_virtual(struct resource *r, void *v)
{
	tk_resource_check(r, __func__)->r_virtual = v;
}

void *
rman_get_virtual(const struct resource *r)
{
	return (tk_resource_check(r, __func__)->r_virtual);
}

void
rman_set_irq_cookie(struct resource *r, void *c)
{
	tk_resource_check(r, __func__)->r_irq_cookie = c;
}

void *
rman_get_irq_cookie(const struct resource *r)
{
	return (tk_resource_check(r, __func__)->r_irq_cookie);
}

void
rman_set_bustag(struct resource *r, bus_space_tag_t t)
{
	tk_resource_check(r, __func__);
	r->r_bustag = t;
}

bus_space_tag_t
rman_get_bustag(const struct resource *r)
{
	tk_resource_check(r, __func__);
	return (r->r_bustag);
}

void
rman_set_bushandle(struct resource *r, bus_space_handle_t h)
{
	tk_resource_check(r, __func__);
	r->r_bushandle = h;
}

bus_space_handle_t
rman_get_bushandle(const struct resource *r)
{
	tk_resource_check(r, __func__);
	return (r->r_bushandle);
}

void
rman_set_mapping(struct resource *r, struct resource_map *map)
{
	KASSERT(rman_get_size(r) == map->r_size, ("%s: sizes differ",
	    __func__));
	rman_set_bustag(r, map->r_bustag);
	rman_set_bushandle(r, map->r_bushandle);
	rman_set_virtual(r, map->r_vaddr);
}

void
rman_get_mapping(const struct resource *r, struct resource_map *map)
{
	map->r_bustag = rman_get_bustag(r);
	map->r_bushandle = rman_get_bushandle(r);
	map->r_size = rman_get_size(r);
	map->r_vaddr = rman_get_virtual(r);
}

void
rman_set_rid(struct resource *r, int rid)
{
	tk_resource_check(r, __func__)->r_rid = rid;
}

int
rman_get_rid(const struct resource *r)
{
	return (tk_resource_check(r, __func__)->r_rid);
}

void
rman_set_type(struct resource *r, int type)
{
	tk_resource_check(r, __func__)->r_type = type;
}

int
rman_get_type(const struct resource *r)
{
	return (tk_resource_check(r, __func__)->r_type);
}

void
rman_set_device(struct resource *r, device_t dev)
{
	tk_resource_check(r, __func__)->r_dev = dev;
}

device_t
rman_get_device(const struct resource *r)
{
	return (tk_resource_check(r, __func__)->r_dev);
}
