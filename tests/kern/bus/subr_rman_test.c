/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* rman(9): reserving, sharing, adjusting and giving back ranges. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/errno.h>
#include <sys/rman.h>

#include "tk.h"
#include "tk_bus.h"
#include "tk_test.h"

static struct rman rm;

static void
setup(rman_res_t start, rman_res_t end)
{
	memset(&rm, 0, sizeof(rm));
	rm.rm_type = RMAN_ARRAY;
	rm.rm_descr = "test";
	TK_EQ(rman_init(&rm), 0);
	TK_EQ(rman_manage_region(&rm, start, end), 0);
}

static struct resource *
reserve(rman_res_t start, rman_res_t end, rman_res_t count, u_int flags)
{
	return (rman_reserve_resource(&rm, start, end, count, flags,
	    tk_nexus()));
}

TK_CASE(ranges_are_handed_out_first_fit)
{
	struct resource *a, *b, *c;

	setup(100, 199);
	a = reserve(0, RM_MAX_END, 10, 0);
	b = reserve(0, RM_MAX_END, 10, 0);
	TK_EQ(rman_get_start(a), 100);
	TK_EQ(rman_get_end(a), 109);
	TK_EQ(rman_get_start(b), 110);
	TK_CHECK(reserve(0, RM_MAX_END, 81, 0) == NULL);
	TK_EQ(rman_release_resource(a), 0);
	c = reserve(0, RM_MAX_END, 5, 0);
	TK_EQ(rman_get_start(c), 100);
	TK_EQ(rman_get_size(c), 5);
	TK_EQ(rman_fini(&rm), EBUSY);
	TK_EQ(rman_release_resource(b), 0);
	TK_EQ(rman_release_resource(c), 0);
	TK_EQ(rman_fini(&rm), 0);
}

TK_CASE(a_wanted_range_is_given_or_refused)
{
	struct resource *a;

	setup(0, 99);
	a = reserve(40, 49, 10, 0);
	TK_EQ(rman_get_start(a), 40);
	TK_CHECK(reserve(45, 54, 10, 0) == NULL);
	TK_CHECK(reserve(95, 110, 10, 0) == NULL);
	TK_CHECK(reserve(0, 99, 0, 0) == NULL);
	TK_EQ(rman_release_resource(a), 0);
	TK_EQ(rman_fini(&rm), 0);
}

TK_CASE(alignment_is_respected)
{
	struct resource *a, *b;

	setup(1, 1000);
	a = reserve(0, RM_MAX_END, 3, rman_make_alignment_flags(64));
	b = reserve(0, RM_MAX_END, 3, rman_make_alignment_flags(64));
	TK_EQ(rman_get_start(a), 64);
	TK_EQ(rman_get_start(b), 128);
	TK_EQ(rman_release_resource(a), 0);
	TK_EQ(rman_release_resource(b), 0);
	TK_EQ(rman_fini(&rm), 0);
}

TK_CASE(holders_share_if_all_agree)
{
	struct resource *a, *b;

	setup(0, 15);
	a = reserve(5, 5, 1, RF_SHAREABLE);
	b = reserve(5, 5, 1, RF_SHAREABLE);
	TK_CHECK(a != NULL && b != NULL && a != b);
	TK_CHECK((rman_get_flags(a) & RF_FIRSTSHARE) != 0);
	TK_CHECK((rman_get_flags(b) & RF_FIRSTSHARE) == 0);
	TK_CHECK(reserve(5, 5, 1, 0) == NULL);
	TK_EQ(rman_release_resource(a), 0);
	TK_CHECK((rman_get_flags(b) & RF_FIRSTSHARE) != 0);
	TK_EQ(rman_release_resource(b), 0);
	TK_EQ(rman_fini(&rm), 0);
}

TK_CASE(a_range_can_grow_into_free_numbers)
{
	struct resource *a, *b;

	setup(0, 99);
	a = reserve(10, 19, 10, 0);
	b = reserve(30, 39, 10, 0);
	TK_EQ(rman_adjust_resource(a, 5, 25), 0);
	TK_EQ(rman_get_size(a), 21);
	TK_EQ(rman_adjust_resource(a, 5, 30), EBUSY);
	TK_EQ(rman_adjust_resource(a, 50, 60), EINVAL);
	TK_EQ(rman_release_resource(a), 0);
	TK_EQ(rman_release_resource(b), 0);
	TK_EQ(rman_fini(&rm), 0);
}

TK_CASE(free_regions_are_found)
{
	rman_res_t end, start;
	struct resource *a;

	setup(10, 99);
	a = reserve(10, 49, 10, 0);
	TK_EQ(rman_first_free_region(&rm, &start, &end), 0);
	TK_EQ(start, 20);
	TK_EQ(end, 99);
	TK_EQ(rman_release_resource(a), 0);
	a = reserve(50, 59, 10, 0);
	TK_EQ(rman_first_free_region(&rm, &start, &end), 0);
	TK_EQ(start, 10);
	TK_EQ(end, 49);
	TK_EQ(rman_last_free_region(&rm, &start, &end), 0);
	TK_EQ(start, 60);
	TK_EQ(end, 99);
	TK_EQ(rman_release_resource(a), 0);
	TK_EQ(rman_fini(&rm), 0);
}

TK_CASE(regions_do_not_overlap)
{
	setup(0, 99);
	TK_EQ(rman_manage_region(&rm, 50, 150), EBUSY);
	TK_EQ(rman_manage_region(&rm, 100, 150), 0);
	TK_EQ(rman_fini(&rm), 0);
}

TK_CASE(any_failing_call_leaves_nothing)
{
	setup(0, 99);
	tk_fault_set("rman_reserve_resource", 1);
	TK_CHECK(reserve(0, 99, 1, 0) == NULL);
	tk_fault_clear();
	tk_fault_set("rman_manage_region", 1);
	TK_EQ(rman_manage_region(&rm, 100, 150), ENOMEM);
	tk_fault_clear();
	TK_EQ(rman_fini(&rm), 0);
	tk_fault_set("rman_init", 1);
	TK_EQ(rman_init(&rm), ENOMEM);
}

TK_CASE_STOPS(a_range_released_twice_is_caught,
    "tk: resource: rman_release_resource: the resource was released")
{
	struct resource *a;

	setup(0, 99);
	a = reserve(0, 99, 1, 0);
	TK_EQ(rman_release_resource(a), 0);
	rman_release_resource(a);
}

TK_CASE_STOPS(no_resource_at_all_is_caught, "tk: resource: rman_get_rid")
{
	rman_get_rid(NULL);
}
