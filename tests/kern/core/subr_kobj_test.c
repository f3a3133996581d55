/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* kobj(9): method lookup, inheritance, life of classes and objects. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/kobj.h>
#include <sys/malloc.h>

#include "tk.h"
#include "tk_test.h"

static MALLOC_DEFINE(M_SHAPE, "shape", "kobj test objects");

/* The interface "shape", written as kobj.h describes. */
extern struct kobjop_desc shape_area_desc;
typedef int shape_area_t(kobj_t shape, int scale);

static __inline TK_KOBJ_CALL int
SHAPE_AREA(kobj_t shape, int scale)
{
	kobjop_t _m;

	KOBJOPLOOKUP(shape->ops, shape_area);
	return (((shape_area_t *)_m)(shape, scale));
}

extern struct kobjop_desc shape_sides_desc;
typedef int shape_sides_t(kobj_t shape);

static __inline TK_KOBJ_CALL int
SHAPE_SIDES(kobj_t shape)
{
	kobjop_t _m;

	KOBJOPLOOKUP(shape->ops, shape_sides);
	return (((shape_sides_t *)_m)(shape));
}

static int
shape_no_sides(kobj_t shape)
{
	return (0);
}

TK_KOBJ_DESC_NONE(shape_area);
TK_KOBJ_DESC(shape_sides, shape_no_sides);

struct square {
	KOBJ_FIELDS;
	int	side;
};

static int
square_area(kobj_t shape, int scale)
{
	struct square *s = (struct square *)shape;

	return (s->side * s->side * scale);
}

static int
square_sides(kobj_t shape)
{
	return (4);
}

static kobj_method_t square_methods[] = {
	KOBJMETHOD(shape_area, square_area),
	KOBJMETHOD(shape_sides, square_sides),
	KOBJMETHOD_END
};
DEFINE_CLASS_0(square, square_class, square_methods, sizeof(struct square));

static int
unit_area(kobj_t shape, int scale)
{
	return (scale);
}

static kobj_method_t unit_methods[] = {
	KOBJMETHOD(shape_area, unit_area),
	KOBJMETHOD_END
};
DEFINE_CLASS_1(unit, unit_class, unit_methods, sizeof(struct square),
    square_class);

static kobj_method_t empty_methods[] = { KOBJMETHOD_END };
DEFINE_CLASS(empty, empty_methods, sizeof(struct kobj));

TK_CASE(a_class_implements_its_methods)
{
	struct square *s;

	s = (struct square *)kobj_create(&square_class, M_SHAPE, M_WAITOK);
	TK_EQ(s->side, 0);
	s->side = 3;
	TK_EQ(SHAPE_AREA((kobj_t)s, 2), 18);
	TK_EQ(SHAPE_SIDES((kobj_t)s), 4);
	kobj_delete((kobj_t)s, M_SHAPE);
}

TK_CASE(a_class_inherits_what_it_does_not_override)
{
	kobj_t k;

	k = kobj_create(&unit_class, M_SHAPE, M_WAITOK);
	TK_EQ(SHAPE_AREA(k, 7), 7);
	TK_EQ(SHAPE_SIDES(k), 4);
	/* Again, from the cache. */
	TK_EQ(SHAPE_AREA(k, 8), 8);
	TK_EQ(SHAPE_SIDES(k), 4);
	kobj_delete(k, M_SHAPE);
}

TK_CASE(a_missing_method_falls_to_its_default)
{
	kobj_t k;

	k = kobj_create(&empty_class, M_SHAPE, M_WAITOK);
	TK_EQ(SHAPE_SIDES(k), 0);
	TK_EQ(SHAPE_AREA(k, 1), ENXIO);
	kobj_delete(k, M_SHAPE);
}

TK_CASE(a_class_is_compiled_once_and_freed_with_its_last_object)
{
	struct kobj on_stack;
	kobj_ops_t ops;
	kobj_t k;

	TK_CHECK(square_class.ops == NULL);
	k = kobj_create(&square_class, M_SHAPE, M_WAITOK);
	ops = square_class.ops;
	kobj_init(&on_stack, &square_class);
	TK_CHECK(on_stack.ops == ops);
	TK_EQ(square_class.refs, 2);
	kobj_delete(k, M_SHAPE);
	TK_CHECK(square_class.ops == ops);
	kobj_delete(&on_stack, NULL);
	TK_CHECK(square_class.ops == NULL);
}

TK_CASE(a_static_class_needs_no_memory)
{
	static struct kobj_ops ops;
	struct kobj k;

	kobj_class_compile_static(&empty_class, &ops);
	tk_fault_set("malloc", 1);
	kobj_init_static(&k, &empty_class);
	tk_fault_clear();
	TK_EQ(SHAPE_SIDES(&k), 0);
	kobj_delete(&k, NULL);
	empty_class.refs = 0;
	empty_class.ops = NULL;
}

TK_CASE(kobj_create_fails_without_memory_and_leaves_nothing)
{
	tk_fault_set("malloc", 1);
	TK_CHECK(kobj_create(&square_class, M_SHAPE, M_NOWAIT) == NULL);
	tk_fault_clear();
	TK_EQ(square_class.refs, 0);
}

TK_CASE_STOPS(an_object_deleted_twice_is_caught, "tk: kobj: ")
{
	struct kobj k;

	kobj_init(&k, &square_class);
	kobj_delete(&k, NULL);
	kobj_delete(&k, NULL);
}

TK_CASE_STOPS(a_method_of_a_deleted_object_is_caught, "tk: device: ")
{
	struct kobj k;

	kobj_init(&k, &square_class);
	kobj_delete(&k, NULL);
	SHAPE_SIDES(&k);
}
