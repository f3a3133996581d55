/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * kobj(9): objects whose methods are looked up at run time.
 *
 * FreeBSD generates interface headers from .m files.  Here tools/kobj_if.sh
 * makes them of foo_if.methods, with the same names and prototypes.  For a
 * method "int bar(device_t dev, int x)" of an interface "foo":
 *
 *	extern struct kobjop_desc foo_bar_desc;
 *	typedef int foo_bar_t(device_t dev, int x);
 *
 *	static __inline TK_KOBJ_CALL int
 *	FOO_BAR(device_t dev, int x)
 *	{
 *		kobjop_t _m;
 *
 *		KOBJOPLOOKUP(((kobj_t)dev)->ops, foo_bar);
 *		return (((foo_bar_t *)_m)(dev, x));
 *	}
 *
 * For a method that a class does not implement the default is called.  A method
 * without a default has kobj_error_method(), which returns ENXIO.  A method
 * whose first argument is the class looks up argument->ops without the cast to
 * kobj_t.
 *
 * Left out: KOBJ_STATS.
 */

#ifndef _SYS_KOBJ_H_
#define	_SYS_KOBJ_H_

#include <sys/types.h>

typedef struct kobj		*kobj_t;
typedef struct kobj_class	*kobj_class_t;
typedef const struct kobj_method kobj_method_t;
typedef void			(*kobjop_t)(void);
typedef struct kobj_ops		*kobj_ops_t;
typedef struct kobjop_desc	*kobjop_desc_t;
struct malloc_type;

struct kobj_method {
	kobjop_desc_t	desc;
	kobjop_t	func;
};

#define	KOBJ_CLASS_FIELDS						\
	const char	*name;		/* class name */		\
	kobj_method_t	*methods;	/* ends with KOBJMETHOD_END */	\
	size_t		size;		/* bytes of an object */	\
	kobj_class_t	*baseclasses;	/* ends with NULL; or NULL */	\
	u_int		refs;		/* objects and drivers of it */	\
	kobj_ops_t	ops		/* compiled method table */

struct kobj_class {
	KOBJ_CLASS_FIELDS;
};

#define	KOBJ_FIELDS							\
	kobj_ops_t	ops

struct kobj {
	KOBJ_FIELDS;
};

#define	KOBJ_CACHE_SIZE	256

struct kobj_ops {
	kobj_method_t	*cache[KOBJ_CACHE_SIZE];
	kobj_class_t	cls;
};

struct kobjop_desc {
	unsigned int	id;		/* given when a class first needs it */
	kobj_method_t	deflt;		/* default implementation */
};

/* The conditional makes the compiler compare FUNC with the method's type. */
#define	KOBJMETHOD(NAME, FUNC)						\
	{ &NAME##_desc, (kobjop_t)(1 ? FUNC : (NAME##_t *)NULL) }
#define	KOBJMETHOD_END	{ NULL, NULL }

#define	DECLARE_CLASS(name)	extern struct kobj_class name

#define	DEFINE_CLASS(name, methods, size)				\
	DEFINE_CLASS_0(name, name##_class, methods, size)

#define	TK_DEFINE_CLASS(namestr, classvar, table, bytes, bases)		\
struct kobj_class classvar = {						\
	.name = namestr,						\
	.methods = table,						\
	.size = bytes,							\
	.baseclasses = bases						\
}

#define	DEFINE_CLASS_0(name, classvar, methods, size)			\
TK_DEFINE_CLASS(#name, classvar, methods, size, NULL)

#define	DEFINE_CLASS_1(name, classvar, methods, size, base1)		\
static kobj_class_t name##_baseclasses[] = { &base1, NULL };		\
TK_DEFINE_CLASS(#name, classvar, methods, size, name##_baseclasses)

#define	DEFINE_CLASS_2(name, classvar, methods, size, base1, base2)	\
static kobj_class_t name##_baseclasses[] = { &base1, &base2, NULL };	\
TK_DEFINE_CLASS(#name, classvar, methods, size, name##_baseclasses)

#define	DEFINE_CLASS_3(name, classvar, methods, size, base1, base2, base3) \
static kobj_class_t name##_baseclasses[] =				\
    { &base1, &base2, &base3, NULL };					\
TK_DEFINE_CLASS(#name, classvar, methods, size, name##_baseclasses)

/*
 * Define NAME_desc of an interface method with its default function, or
 * without one.
 */
#define	TK_KOBJ_DESC(NAME, DEFAULT)					\
struct kobjop_desc NAME##_desc = {					\
	.id = 0,							\
	.deflt = KOBJMETHOD(NAME, DEFAULT)				\
}
#define	TK_KOBJ_DESC_NONE(NAME)						\
struct kobjop_desc NAME##_desc = {					\
	.id = 0,							\
	.deflt = { &NAME##_desc, (kobjop_t)kobj_error_method }		\
}

/*
 * kobj_error_method stands in for methods of every type, so the sanitizer's
 * check of function types has to be off in the wrappers.
 */
#define	TK_KOBJ_CALL	__attribute__((__no_sanitize__("function")))

/*
 * Builds the class's method table unless it has one.  Allocates with M_NOWAIT
 * and panics when that fails, as FreeBSD does.
 */
void	kobj_class_compile(kobj_class_t cls);

/* As kobj_class_compile, into memory of the caller that is never freed. */
void	kobj_class_compile_static(kobj_class_t cls, kobj_ops_t ops);

/* Frees the method table if no object and no driver needs it. */
void	kobj_class_free(kobj_class_t cls);

/* A zeroed object of cls->size bytes; NULL only without M_WAITOK. */
kobj_t	kobj_create(kobj_class_t cls, struct malloc_type *mtype, int mflags);

/* Binds an object that the caller allocated to its class. */
void	kobj_init(kobj_t obj, kobj_class_t cls);
void	kobj_init_static(kobj_t obj, kobj_class_t cls);

/*
 * Unbinds the object, and frees it unless mtype is NULL; frees the class's
 * table with its last object.
 */
void	kobj_delete(kobj_t obj, struct malloc_type *mtype);

#define	KOBJOPLOOKUP(OPS, OP) do {					\
	kobjop_desc_t _desc = &OP##_##desc;				\
	kobj_method_t **_cep =						\
	    &(OPS)->cache[_desc->id & (KOBJ_CACHE_SIZE - 1)];		\
	kobj_method_t *_ce = *_cep;					\
									\
	if (_ce->desc != _desc)						\
		_ce = kobj_lookup_method((OPS)->cls, _cep, _desc);	\
	_m = _ce->func;							\
} while (0)

/*
 * The class's implementation of desc: its own, else a base class's (depth
 * first), else the default.  Remembers it in *cep unless cep is NULL.
 */
kobj_method_t *kobj_lookup_method(kobj_class_t cls, kobj_method_t **cep,
	    kobjop_desc_t desc);

int	kobj_error_method(void);	/* ENXIO */

#endif /* !_SYS_KOBJ_H_ */
