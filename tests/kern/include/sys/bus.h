/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * newbus: devices, drivers, resources and interrupts.
 *
 * Calls that change the tree of devices (add, probe, attach, detach, delete)
 * need bus_topo_lock().  A driver's probe, attach and detach methods are called
 * with it held.  Calls on a device that was deleted, or on a resource that was
 * released, stop the run.
 *
 * Left out: devctl2 ioctls, exported device lists, hints, wired-device caches
 * and device properties kept by drivers.  There is one boot pass.
 */

#ifndef _SYS_BUS_H_
#define	_SYS_BUS_H_

#include <sys/cdefs.h>
#include <sys/types.h>
#include <sys/limits.h>
#include <sys/queue.h>
#include <machine/_limits.h>
#include <machine/_bus.h>
#include <sys/_bus_dma.h>

typedef enum device_state {
	DS_NOTPRESENT = 10,	/* not probed, or no driver took it */
	DS_ALIVE = 20,		/* probed */
	DS_ATTACHING = 25,
	DS_ATTACHED = 30,
} device_state_t;

typedef enum device_property_type {
	DEVICE_PROP_ANY = 0,
	DEVICE_PROP_BUFFER = 1,
	DEVICE_PROP_UINT32 = 2,
	DEVICE_PROP_UINT64 = 3,
	DEVICE_PROP_HANDLE = 4,
} device_property_type_t;

#define	DF_ENABLED	0x01
#define	DF_FIXEDCLASS	0x02
#define	DF_WILDCARD	0x04
#define	DF_DESCMALLOCED	0x08
#define	DF_QUIET	0x10
#define	DF_DONENOMATCH	0x20
#define	DF_EXTERNALSOFTC 0x40
#define	DF_SUSPENDED	0x100
#define	DF_QUIET_CHILDREN 0x200
#define	DF_ATTACHED_ONCE 0x400
#define	DF_NEEDNOMATCH	0x800

#define	DEVICE_UNIT_ANY	(-1)

#ifdef _KERNEL

#include <sys/kobj.h>
#include <sys/systm.h>
#include <sys/devctl.h>

struct mtx;
struct sbuf;
struct resource;
struct sysctl_ctx_list;
struct sysctl_oid;

typedef struct kobj_class	driver_t;
typedef struct devclass		*devclass_t;
#define	device_method_t		kobj_method_t

/*
 * What a filter returns: one of the three.  FreeBSD accepts HANDLED and
 * SCHEDULE_THREAD together, but then does not run the thread.  Here both
 * together stop the run.
 */
#define	FILTER_STRAY		0x01
#define	FILTER_HANDLED		0x02
#define	FILTER_SCHEDULE_THREAD	0x04

/* A filter may take spin mutexes only.  A threaded handler may not sleep. */
typedef int driver_filter_t(void *);
typedef void driver_intr_t(void *);

enum intr_type {
	INTR_TYPE_TTY = 1,
	INTR_TYPE_BIO = 2,
	INTR_TYPE_NET = 4,
	INTR_TYPE_CAM = 8,
	INTR_TYPE_MISC = 16,
	INTR_TYPE_CLK = 32,
	INTR_TYPE_AV = 64,
	INTR_EXCL = 256,	/* not shared */
	INTR_MPSAFE = 512,	/* needs no Giant; required here */
	INTR_ENTROPY = 1024,
	INTR_SLEEPABLE = 2048,
	INTR_MD1 = 4096,
	INTR_MD2 = 8192,
	INTR_MD3 = 16384,
	INTR_MD4 = 32768
};

enum intr_trigger {
	INTR_TRIGGER_INVALID = -1,
	INTR_TRIGGER_CONFORM = 0,
	INTR_TRIGGER_EDGE = 1,
	INTR_TRIGGER_LEVEL = 2
};

enum intr_polarity {
	INTR_POLARITY_CONFORM = 0,
	INTR_POLARITY_HIGH = 1,
	INTR_POLARITY_LOW = 2
};

enum cpu_sets {
	LOCAL_CPUS = 0,
	INTR_CPUS
};

/* How allocation gets a resource's ID: in FreeBSD 15 by its address. */
#if TK_FREEBSD == 15
typedef int *tk_rid_t;
#define	TK_RID(rid)	(*(rid))
#else
typedef int tk_rid_t;
#define	TK_RID(rid)	(rid)
#endif

/* A mapping of a resource, or of a part of it. */
struct resource_map {
	bus_space_tag_t		 r_bustag;
	bus_space_handle_t	 r_bushandle;
	bus_size_t		 r_size;
	void			*r_vaddr;
};

/* What to map; filled in by resource_init_map_request() first. */
struct resource_map_request {
	size_t		size;		/* of this structure */
	rman_res_t	offset;
	rman_res_t	length;		/* 0: to the end */
	vm_memattr_t	memattr;
};

void	resource_init_map_request_impl(struct resource_map_request *_args,
	    size_t _sz);
#define	resource_init_map_request(rmr)					\
	resource_init_map_request_impl((rmr), sizeof(*(rmr)))
int	resource_validate_map_request(struct resource *r,
	    struct resource_map_request *in, struct resource_map_request *out,
	    rman_res_t *startp, rman_res_t *lengthp);

/*
 * Resource lists: what a bus knows about the resources of a child.
 */
struct resource_list_entry {
	STAILQ_ENTRY(resource_list_entry) link;
	int		 type;
	int		 rid;
	int		 flags;		/* RLE_* */
	struct resource	*res;		/* NULL: not allocated */
	rman_res_t	 start;
	rman_res_t	 end;
	rman_res_t	 count;
};
STAILQ_HEAD(resource_list, resource_list_entry);

#define	RLE_RESERVED	0x0001	/* the bus holds it */
#define	RLE_ALLOCATED	0x0002	/* reserved, and the child has it */
#define	RLE_PREFETCH	0x0004

void	resource_list_init(struct resource_list *rl);
void	resource_list_free(struct resource_list *rl);
struct resource_list_entry *resource_list_add(struct resource_list *rl,
	    int type, int rid, rman_res_t start, rman_res_t end,
	    rman_res_t count);
int	resource_list_add_next(struct resource_list *rl, int type,
	    rman_res_t start, rman_res_t end, rman_res_t count);
int	resource_list_busy(struct resource_list *rl, int type, int rid);
int	resource_list_reserved(struct resource_list *rl, int type, int rid);
struct resource_list_entry *resource_list_find(struct resource_list *rl,
	    int type, int rid);
void	resource_list_delete(struct resource_list *rl, int type, int rid);
struct resource *resource_list_alloc(struct resource_list *rl, device_t bus,
	    device_t child, int type, tk_rid_t rid, rman_res_t start,
	    rman_res_t end, rman_res_t count, u_int flags);
int	resource_list_release(struct resource_list *rl, device_t bus,
	    device_t child, struct resource *res);
int	resource_list_release_active(struct resource_list *rl, device_t bus,
	    device_t child, int type);
struct resource *resource_list_reserve(struct resource_list *rl, device_t bus,
	    device_t child, int type, tk_rid_t rid, rman_res_t start,
	    rman_res_t end, rman_res_t count, u_int flags);
int	resource_list_unreserve(struct resource_list *rl, device_t bus,
	    device_t child, int type, int rid);
void	resource_list_purge(struct resource_list *rl);
int	resource_list_print_type(struct resource_list *rl, const char *name,
	    int type, const char *format);

/*
 * The tree.  root_bus has one child, nexus0, which owns all addresses and
 * interrupt numbers; other buses hang below it.
 */
extern device_t root_bus;
extern devclass_t root_devclass;

/*
 * Default methods of buses: most pass the request to the parent.
 */
struct _cpuset;

int	bus_generic_activate_resource(device_t dev, device_t child,
	    struct resource *r);
device_t bus_generic_add_child(device_t dev, u_int order, const char *name,
	    int unit);
int	bus_generic_adjust_resource(device_t bus, device_t child,
	    struct resource *r, rman_res_t start, rman_res_t end);
struct resource *bus_generic_alloc_resource(device_t bus, device_t child,
	    int type, tk_rid_t rid, rman_res_t start, rman_res_t end,
	    rman_res_t count, u_int flags);
int	bus_generic_translate_resource(device_t dev, int type,
	    rman_res_t start, rman_res_t *newstart);
int	bus_generic_attach(device_t dev);
int	bus_generic_bind_intr(device_t dev, device_t child,
	    struct resource *irq, int cpu);
int	bus_generic_child_location(device_t dev, device_t child,
	    struct sbuf *sb);
int	bus_generic_child_pnpinfo(device_t dev, device_t child,
	    struct sbuf *sb);
int	bus_generic_child_present(device_t dev, device_t child);
int	bus_generic_config_intr(device_t, int, enum intr_trigger,
	    enum intr_polarity);
int	bus_generic_describe_intr(device_t dev, device_t child,
	    struct resource *irq, void *cookie, const char *descr);
int	bus_generic_deactivate_resource(device_t dev, device_t child,
	    struct resource *r);
int	bus_generic_detach(device_t dev);
void	bus_generic_driver_added(device_t dev, driver_t *driver);
int	bus_generic_get_cpus(device_t dev, device_t child, enum cpu_sets op,
	    size_t setsize, struct _cpuset *cpuset);
bus_dma_tag_t bus_generic_get_dma_tag(device_t dev, device_t child);
bus_space_tag_t bus_generic_get_bus_tag(device_t dev, device_t child);
int	bus_generic_get_domain(device_t dev, device_t child, int *domain);
ssize_t	bus_generic_get_property(device_t dev, device_t child,
	    const char *propname, void *propvalue, size_t size,
	    device_property_type_t type);
int	bus_generic_map_resource(device_t dev, device_t child,
	    struct resource *r, struct resource_map_request *args,
	    struct resource_map *map);
void	bus_generic_new_pass(device_t dev);
int	bus_print_child_header(device_t dev, device_t child);
int	bus_print_child_domain(device_t dev, device_t child);
int	bus_print_child_footer(device_t dev, device_t child);
int	bus_generic_print_child(device_t dev, device_t child);
int	bus_generic_probe(device_t dev);
int	bus_generic_read_ivar(device_t dev, device_t child, int which,
	    uintptr_t *result);
int	bus_generic_release_resource(device_t bus, device_t child,
	    struct resource *r);
int	bus_generic_resume(device_t dev);
int	bus_generic_resume_child(device_t dev, device_t child);
int	bus_generic_setup_intr(device_t dev, device_t child,
	    struct resource *irq, int flags, driver_filter_t *filter,
	    driver_intr_t *intr, void *arg, void **cookiep);
struct resource *bus_generic_rl_alloc_resource(device_t, device_t, int,
	    tk_rid_t, rman_res_t, rman_res_t, rman_res_t, u_int);
void	bus_generic_rl_delete_resource(device_t, device_t, int, int);
int	bus_generic_rl_get_resource(device_t, device_t, int, int, rman_res_t *,
	    rman_res_t *);
int	bus_generic_rl_set_resource(device_t, device_t, int, int, rman_res_t,
	    rman_res_t);
int	bus_generic_rl_release_resource(device_t, device_t, struct resource *);
struct resource *bus_generic_rman_alloc_resource(device_t dev, device_t child,
	    int type, tk_rid_t rid, rman_res_t start, rman_res_t end,
	    rman_res_t count, u_int flags);
int	bus_generic_rman_adjust_resource(device_t dev, device_t child,
	    struct resource *r, rman_res_t start, rman_res_t end);
int	bus_generic_rman_release_resource(device_t dev, device_t child,
	    struct resource *r);
int	bus_generic_rman_activate_resource(device_t dev, device_t child,
	    struct resource *r);
int	bus_generic_rman_deactivate_resource(device_t dev, device_t child,
	    struct resource *r);
int	bus_generic_shutdown(device_t dev);
int	bus_generic_suspend(device_t dev);
int	bus_generic_suspend_child(device_t dev, device_t child);
int	bus_generic_teardown_intr(device_t dev, device_t child,
	    struct resource *irq, void *cookie);
int	bus_generic_suspend_intr(device_t dev, device_t child,
	    struct resource *irq);
int	bus_generic_resume_intr(device_t dev, device_t child,
	    struct resource *irq);
int	bus_generic_unmap_resource(device_t dev, device_t child,
	    struct resource *r, struct resource_map *map);
int	bus_generic_write_ivar(device_t dev, device_t child, int which,
	    uintptr_t value);
int	bus_generic_get_device_path(device_t bus, device_t child,
	    const char *locator, struct sbuf *sb);
int	bus_helper_reset_post(device_t dev, int flags);
int	bus_helper_reset_prepare(device_t dev, int flags);
int	bus_null_rescan(device_t dev);

/*
 * Resources and interrupts, as drivers ask for them.
 */
struct resource_spec {
	int	type;
	int	rid;
	int	flags;
};
#define	RESOURCE_SPEC_END	{ -1, 0, 0 }

/* Allocates all entries of rs.  If one fails, releases the others.  ENXIO. */
int	bus_alloc_resources(device_t dev, struct resource_spec *rs,
	    struct resource **res);
void	bus_release_resources(device_t dev, const struct resource_spec *rs,
	    struct resource **res);
int	bus_adjust_resource(device_t child, struct resource *r,
	    rman_res_t start, rman_res_t end);
int	bus_translate_resource(device_t child, int type, rman_res_t start,
	    rman_res_t *newstart);
struct resource *bus_alloc_resource(device_t dev, int type, tk_rid_t rid,
	    rman_res_t start, rman_res_t end, rman_res_t count, u_int flags);
int	bus_activate_resource(device_t dev, struct resource *r);
int	bus_deactivate_resource(device_t dev, struct resource *r);
int	bus_map_resource(device_t dev, struct resource *r,
	    struct resource_map_request *args, struct resource_map *map);
int	bus_unmap_resource(device_t dev, struct resource *r,
	    struct resource_map *map);
int	bus_get_cpus(device_t dev, enum cpu_sets op, size_t setsize,
	    struct _cpuset *cpuset);
bus_dma_tag_t bus_get_dma_tag(device_t dev);
bus_space_tag_t bus_get_bus_tag(device_t dev);
int	bus_get_domain(device_t dev, int *domain);
int	bus_release_resource(device_t dev, struct resource *r);
int	bus_free_resource(device_t dev, int type, struct resource *r);
int	bus_setup_intr(device_t dev, struct resource *r, int flags,
	    driver_filter_t filter, driver_intr_t handler, void *arg,
	    void **cookiep);
int	bus_teardown_intr(device_t dev, struct resource *r, void *cookie);
int	bus_suspend_intr(device_t dev, struct resource *r);
int	bus_resume_intr(device_t dev, struct resource *r);
int	bus_bind_intr(device_t dev, struct resource *r, int cpu);
int	bus_describe_intr(device_t dev, struct resource *irq, void *cookie,
	    const char *fmt, ...) __printflike(4, 5);
int	bus_set_resource(device_t dev, int type, int rid, rman_res_t start,
	    rman_res_t count);
int	bus_get_resource(device_t dev, int type, int rid, rman_res_t *startp,
	    rman_res_t *countp);
rman_res_t bus_get_resource_start(device_t dev, int type, int rid);
rman_res_t bus_get_resource_count(device_t dev, int type, int rid);
void	bus_delete_resource(device_t dev, int type, int rid);
int	bus_child_present(device_t child);
int	bus_child_pnpinfo(device_t child, struct sbuf *sb);
int	bus_child_location(device_t child, struct sbuf *sb);

void	bus_attach_children(device_t dev);
int	bus_detach_children(device_t dev);
void	bus_identify_children(device_t dev);

static __inline struct resource *
bus_alloc_resource_any(device_t dev, int type, tk_rid_t rid, u_int flags)
{
	return (bus_alloc_resource(dev, type, rid, 0, ~0, 1, flags));
}

static __inline struct resource *
bus_alloc_resource_anywhere(device_t dev, int type, tk_rid_t rid,
    rman_res_t count, u_int flags)
{
	return (bus_alloc_resource(dev, type, rid, 0, ~0, count, flags));
}

#if TK_FREEBSD >= 16
/* Also take the address of an ID, as in FreeBSD 15. */
static __inline int
tk_rid_at(const void *rid)
{
	return (*(const int *)rid);
}

static __inline int
tk_rid_is(int rid)
{
	return (rid);
}

#define	tk_rid(rid)							\
	_Generic((rid), int *: tk_rid_at, unsigned int *: tk_rid_at,	\
	    default: tk_rid_is)(rid)
#define	bus_alloc_resource(dev, type, rid, start, end, count, flags)	\
	(bus_alloc_resource)(dev, type, tk_rid(rid), start, end, count,	\
	    flags)
#define	bus_alloc_resource_any(dev, type, rid, flags)			\
	(bus_alloc_resource_any)(dev, type, tk_rid(rid), flags)
#define	bus_alloc_resource_anywhere(dev, type, rid, count, flags)	\
	(bus_alloc_resource_anywhere)(dev, type, tk_rid(rid), count, flags)
#endif

/*
 * Also takes the arguments type and rid that FreeBSD 14 had.  The number of
 * arguments decides which form is meant.
 */
int	bus_adjust_resource_old(device_t child, int type, struct resource *r,
	    rman_res_t start, rman_res_t end);
int	bus_activate_resource_old(device_t dev, int type, int rid,
	    struct resource *r);
int	bus_deactivate_resource_old(device_t dev, int type, int rid,
	    struct resource *r);
int	bus_map_resource_old(device_t dev, int type, struct resource *r,
	    struct resource_map_request *args, struct resource_map *map);
int	bus_unmap_resource_old(device_t dev, int type, struct resource *r,
	    struct resource_map *map);
int	bus_release_resource_old(device_t dev, int type, int rid,
	    struct resource *r);

#define	_BUS_API_MACRO(_1, _2, _3, _4, _5, NAME, ...)	NAME
#define	bus_adjust_resource(...)					\
	_BUS_API_MACRO(__VA_ARGS__, bus_adjust_resource_old,		\
	    bus_adjust_resource)(__VA_ARGS__)
#define	bus_activate_resource(...)					\
	_BUS_API_MACRO(__VA_ARGS__, INVALID, bus_activate_resource_old,	\
	    INVALID, bus_activate_resource)(__VA_ARGS__)
#define	bus_deactivate_resource(...)					\
	_BUS_API_MACRO(__VA_ARGS__, INVALID, bus_deactivate_resource_old, \
	    INVALID, bus_deactivate_resource)(__VA_ARGS__)
#define	bus_map_resource(...)						\
	_BUS_API_MACRO(__VA_ARGS__, bus_map_resource_old,		\
	    bus_map_resource)(__VA_ARGS__)
#define	bus_unmap_resource(...)						\
	_BUS_API_MACRO(__VA_ARGS__, INVALID, bus_unmap_resource_old,	\
	    INVALID, bus_unmap_resource)(__VA_ARGS__)
#define	bus_release_resource(...)					\
	_BUS_API_MACRO(__VA_ARGS__, INVALID, bus_release_resource_old,	\
	    INVALID, bus_release_resource)(__VA_ARGS__)

/*
 * Devices.
 */
device_t device_add_child(device_t dev, const char *name, int unit);
device_t device_add_child_ordered(device_t dev, u_int order, const char *name,
	    int unit);
void	device_busy(device_t dev);
int	device_delete_child(device_t dev, device_t child);
int	device_delete_children(device_t dev);
int	device_attach(device_t dev);
int	device_detach(device_t dev);
void	device_disable(device_t dev);
void	device_enable(device_t dev);
device_t device_find_child(device_t dev, const char *classname, int unit);
const char *device_get_desc(device_t dev);
devclass_t device_get_devclass(device_t dev);
driver_t *device_get_driver(device_t dev);
u_int32_t device_get_flags(device_t dev);
device_t device_get_parent(device_t dev);
int	device_get_children(device_t dev, device_t **listp, int *countp);
void	*device_get_ivars(device_t dev);
void	device_set_ivars(device_t dev, void *ivars);
const char *device_get_name(device_t dev);
const char *device_get_nameunit(device_t dev);
void	*device_get_softc(device_t dev);
device_state_t device_get_state(device_t dev);
int	device_get_unit(device_t dev);
struct sysctl_ctx_list *device_get_sysctl_ctx(device_t dev);
struct sysctl_oid *device_get_sysctl_tree(device_t dev);
int	device_has_quiet_children(device_t dev);
int	device_is_alive(device_t dev);
int	device_is_attached(device_t dev);
int	device_is_enabled(device_t dev);
int	device_is_suspended(device_t dev);
int	device_is_quiet(device_t dev);
device_t device_lookup_by_name(const char *name);
int	device_print_prettyname(device_t dev);
int	device_printf(device_t dev, const char *, ...) __printflike(2, 3);
int	device_log(device_t dev, int pri, const char *, ...) __printflike(3,
	    4);
int	device_probe(device_t dev);
int	device_probe_and_attach(device_t dev);
int	device_probe_child(device_t bus, device_t dev);
int	device_quiesce(device_t dev);
void	device_quiet(device_t dev);
void	device_quiet_children(device_t dev);
void	device_set_desc(device_t dev, const char*desc);
void	device_set_descf(device_t dev, const char*fmt, ...) __printflike(2, 3);
void	device_set_desc_copy(device_t dev, const char*desc);
int	device_set_devclass(device_t dev, const char *classname);
int	device_set_devclass_fixed(device_t dev, const char *classname);
bool	device_is_devclass_fixed(device_t dev);
int	device_set_driver(device_t dev, driver_t *driver);
void	device_set_flags(device_t dev, u_int32_t flags);
void	device_set_softc(device_t dev, void *softc);
void	device_free_softc(void *softc);
void	device_claim_softc(device_t dev);
int	device_set_unit(device_t dev, int unit);
int	device_shutdown(device_t dev);
void	device_unbusy(device_t dev);
void	device_verbose(device_t dev);
ssize_t	device_get_property(device_t dev, const char *prop, void *val,
	    size_t sz, device_property_type_t type);
bool	device_has_property(device_t dev, const char *prop);

/*
 * Device classes: the units of one name.
 */
int	devclass_add_driver(devclass_t dc, driver_t *driver, int pass,
	    devclass_t *dcp);
devclass_t devclass_create(const char *classname);
int	devclass_delete_driver(devclass_t busclass, driver_t *driver);
devclass_t devclass_find(const char *classname);
const char *devclass_get_name(devclass_t dc);
device_t devclass_get_device(devclass_t dc, int unit);
void	*devclass_get_softc(devclass_t dc, int unit);
int	devclass_get_devices(devclass_t dc, device_t **listp, int *countp);
int	devclass_get_drivers(devclass_t dc, driver_t ***listp, int *countp);
int	devclass_get_count(devclass_t dc);
int	devclass_get_maxunit(devclass_t dc);
int	devclass_find_free_unit(devclass_t dc, int unit);
void	devclass_set_parent(devclass_t dc, devclass_t pdc);
devclass_t devclass_get_parent(devclass_t dc);
struct sysctl_ctx_list *devclass_get_sysctl_ctx(devclass_t dc);
struct sysctl_oid *devclass_get_sysctl_tree(devclass_t dc);

/*
 * What a probe method returns when it wants the device: the highest value wins.
 * A driver that returns 0 gets the device at once.
 */
#define	BUS_PROBE_SPECIFIC	0
#define	BUS_PROBE_VENDOR	(-10)
#define	BUS_PROBE_DEFAULT	(-20)
#define	BUS_PROBE_LOW_PRIORITY	(-40)
#define	BUS_PROBE_GENERIC	(-100)
#define	BUS_PROBE_HOOVER	(-1000000)
#define	BUS_PROBE_NOWILDCARD	(-2000000000)	/* only if named by the bus */

#define	BUS_PASS_ROOT		0
#define	BUS_PASS_BUS		10
#define	BUS_PASS_CPU		20
#define	BUS_PASS_RESOURCE	30
#define	BUS_PASS_INTERRUPT	40
#define	BUS_PASS_TIMER		50
#define	BUS_PASS_SCHEDULER	60
#define	BUS_PASS_SUPPORTDEV	100000
#define	BUS_PASS_DEFAULT	__INT_MAX

#define	BUS_PASS_ORDER_FIRST	0
#define	BUS_PASS_ORDER_EARLY	2
#define	BUS_PASS_ORDER_MIDDLE	5
#define	BUS_PASS_ORDER_LATE	7
#define	BUS_PASS_ORDER_LAST	9

#define	BUS_LOCATOR_ACPI	"ACPI"
#define	BUS_LOCATOR_FREEBSD	"FreeBSD"
#define	BUS_LOCATOR_UEFI	"UEFI"
#define	BUS_LOCATOR_OFW		"OFW"

int	bus_get_pass(void);	/* BUS_PASS_DEFAULT */

/*
 * The lock of the tree.  Recursive.  FreeBSD releases it while its owner
 * sleeps; the test kernel does not.
 */
void	bus_topo_lock(void);
void	bus_topo_unlock(void);
struct mtx *bus_topo_mtx(void);
void	bus_topo_assert(void);

#define	DEVMETHOD	KOBJMETHOD
#define	DEVMETHOD_END	KOBJMETHOD_END

#include "device_if.h"
#include "bus_if.h"

/*
 * Drivers as modules.  DRIVER_MODULE(NAME, BUS, driver, ...) lets the driver
 * bid for the children of every BUS; the module is called "BUS/NAME".
 */
struct module;

int	driver_module_handler(struct module *, int, void *);

struct driver_module_data {
	int		(*dmd_chainevh)(struct module *, int, void *);
	void		*dmd_chainarg;
	const char	*dmd_busname;
	kobj_class_t	 dmd_driver;
	devclass_t	*dmd_devclass;
	int		 dmd_pass;
};

#define	EARLY_DRIVER_MODULE_ORDERED(_name, busname, driver, evh, arg,	\
    order, pass)							\
static struct driver_module_data _name##_##busname##_driver_mod = {	\
	.dmd_chainevh = evh,						\
	.dmd_chainarg = arg,						\
	.dmd_busname = #busname,					\
	.dmd_driver = (kobj_class_t)&driver,				\
	.dmd_devclass = NULL,						\
	.dmd_pass = pass						\
};									\
static moduledata_t _name##_##busname##_mod = {				\
	.name = #busname "/" #_name,					\
	.evhand = driver_module_handler,				\
	.priv = &_name##_##busname##_driver_mod				\
};									\
DECLARE_MODULE(_name##_##busname, _name##_##busname##_mod,		\
    SI_SUB_DRIVERS, order)

#define	EARLY_DRIVER_MODULE(name, busname, driver, evh, arg, pass)	\
	EARLY_DRIVER_MODULE_ORDERED(name, busname, driver, evh, arg,	\
	    SI_ORDER_MIDDLE, pass)
#define	DRIVER_MODULE_ORDERED(name, busname, driver, evh, arg, order)	\
	EARLY_DRIVER_MODULE_ORDERED(name, busname, driver, evh, arg,	\
	    order, BUS_PASS_DEFAULT)
#define	DRIVER_MODULE(name, busname, driver, evh, arg)			\
	EARLY_DRIVER_MODULE(name, busname, driver, evh, arg,		\
	    BUS_PASS_DEFAULT)

/*
 * VARP_get_VAR() and VARP_set_VAR() for an instance variable of the bus.
 */
#define	__BUS_ACCESSOR(varp, var, ivarp, ivar, type)			\
static __inline type varp##_get_##var(device_t dev)			\
{									\
	uintptr_t v;							\
	int e __diagused;						\
									\
	e = BUS_READ_IVAR(device_get_parent(dev), dev,			\
	    ivarp##_IVAR_##ivar, &v);					\
	KASSERT(e == 0, ("%s failed for %s on bus %s, error = %d",	\
	    __func__, device_get_nameunit(dev),				\
	    device_get_nameunit(device_get_parent(dev)), e));		\
	return ((type)v);						\
}									\
									\
static __inline void varp##_set_##var(device_t dev, type t)		\
{									\
	uintptr_t v = (uintptr_t)t;					\
	int e __diagused;						\
									\
	e = BUS_WRITE_IVAR(device_get_parent(dev), dev,			\
	    ivarp##_IVAR_##ivar, v);					\
	KASSERT(e == 0, ("%s failed for %s on bus %s, error = %d",	\
	    __func__, device_get_nameunit(dev),				\
	    device_get_nameunit(device_get_parent(dev)), e));		\
}

/*
 * bus_space(9) on a mapped resource.
 */
#define	bus_barrier(r, o, l, f)						\
	bus_space_barrier((r)->r_bustag, (r)->r_bushandle, (o), (l), (f))
#define	bus_peek_1(r, o, vp)						\
	bus_space_peek_1((r)->r_bustag, (r)->r_bushandle, (o), (vp))
#define	bus_poke_1(r, o, v)						\
	bus_space_poke_1((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_1(r, o)						\
	bus_space_read_1((r)->r_bustag, (r)->r_bushandle, (o))
#define	bus_write_1(r, o, v)						\
	bus_space_write_1((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_multi_1(r, o, d, c)					\
	bus_space_read_multi_1((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_write_multi_1(r, o, d, c)					\
	bus_space_write_multi_1((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_read_region_1(r, o, d, c)					\
	bus_space_read_region_1((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_write_region_1(r, o, d, c)					\
	bus_space_write_region_1((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_set_multi_1(r, o, v, c)					\
	bus_space_set_multi_1((r)->r_bustag, (r)->r_bushandle, (o), (v), (c))
#define	bus_set_region_1(r, o, v, c)					\
	bus_space_set_region_1((r)->r_bustag, (r)->r_bushandle, (o), (v), (c))
#define	bus_read_stream_1(r, o)						\
	bus_space_read_stream_1((r)->r_bustag, (r)->r_bushandle, (o))
#define	bus_write_stream_1(r, o, v)					\
	bus_space_write_stream_1((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_multi_stream_1(r, o, d, c)				\
	bus_space_read_multi_stream_1((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_write_multi_stream_1(r, o, d, c)				\
	bus_space_write_multi_stream_1((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_read_region_stream_1(r, o, d, c)				\
	bus_space_read_region_stream_1((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_write_region_stream_1(r, o, d, c)				\
	bus_space_write_region_stream_1((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_set_multi_stream_1(r, o, v, c)				\
	bus_space_set_multi_stream_1((r)->r_bustag, (r)->r_bushandle, \
	    (o), (v), (c))
#define	bus_set_region_stream_1(r, o, v, c)				\
	bus_space_set_region_stream_1((r)->r_bustag, (r)->r_bushandle, \
	    (o), (v), (c))
#define	bus_peek_2(r, o, vp)						\
	bus_space_peek_2((r)->r_bustag, (r)->r_bushandle, (o), (vp))
#define	bus_poke_2(r, o, v)						\
	bus_space_poke_2((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_2(r, o)						\
	bus_space_read_2((r)->r_bustag, (r)->r_bushandle, (o))
#define	bus_write_2(r, o, v)						\
	bus_space_write_2((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_multi_2(r, o, d, c)					\
	bus_space_read_multi_2((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_write_multi_2(r, o, d, c)					\
	bus_space_write_multi_2((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_read_region_2(r, o, d, c)					\
	bus_space_read_region_2((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_write_region_2(r, o, d, c)					\
	bus_space_write_region_2((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_set_multi_2(r, o, v, c)					\
	bus_space_set_multi_2((r)->r_bustag, (r)->r_bushandle, (o), (v), (c))
#define	bus_set_region_2(r, o, v, c)					\
	bus_space_set_region_2((r)->r_bustag, (r)->r_bushandle, (o), (v), (c))
#define	bus_read_stream_2(r, o)						\
	bus_space_read_stream_2((r)->r_bustag, (r)->r_bushandle, (o))
#define	bus_write_stream_2(r, o, v)					\
	bus_space_write_stream_2((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_multi_stream_2(r, o, d, c)				\
	bus_space_read_multi_stream_2((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_write_multi_stream_2(r, o, d, c)				\
	bus_space_write_multi_stream_2((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_read_region_stream_2(r, o, d, c)				\
	bus_space_read_region_stream_2((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_write_region_stream_2(r, o, d, c)				\
	bus_space_write_region_stream_2((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_set_multi_stream_2(r, o, v, c)				\
	bus_space_set_multi_stream_2((r)->r_bustag, (r)->r_bushandle, \
	    (o), (v), (c))
#define	bus_set_region_stream_2(r, o, v, c)				\
	bus_space_set_region_stream_2((r)->r_bustag, (r)->r_bushandle, \
	    (o), (v), (c))
#define	bus_peek_4(r, o, vp)						\
	bus_space_peek_4((r)->r_bustag, (r)->r_bushandle, (o), (vp))
#define	bus_poke_4(r, o, v)						\
	bus_space_poke_4((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_4(r, o)						\
	bus_space_read_4((r)->r_bustag, (r)->r_bushandle, (o))
#define	bus_write_4(r, o, v)						\
	bus_space_write_4((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_multi_4(r, o, d, c)					\
	bus_space_read_multi_4((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_write_multi_4(r, o, d, c)					\
	bus_space_write_multi_4((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_read_region_4(r, o, d, c)					\
	bus_space_read_region_4((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_write_region_4(r, o, d, c)					\
	bus_space_write_region_4((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_set_multi_4(r, o, v, c)					\
	bus_space_set_multi_4((r)->r_bustag, (r)->r_bushandle, (o), (v), (c))
#define	bus_set_region_4(r, o, v, c)					\
	bus_space_set_region_4((r)->r_bustag, (r)->r_bushandle, (o), (v), (c))
#define	bus_read_stream_4(r, o)						\
	bus_space_read_stream_4((r)->r_bustag, (r)->r_bushandle, (o))
#define	bus_write_stream_4(r, o, v)					\
	bus_space_write_stream_4((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_multi_stream_4(r, o, d, c)				\
	bus_space_read_multi_stream_4((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_write_multi_stream_4(r, o, d, c)				\
	bus_space_write_multi_stream_4((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_read_region_stream_4(r, o, d, c)				\
	bus_space_read_region_stream_4((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_write_region_stream_4(r, o, d, c)				\
	bus_space_write_region_stream_4((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_set_multi_stream_4(r, o, v, c)				\
	bus_space_set_multi_stream_4((r)->r_bustag, (r)->r_bushandle, \
	    (o), (v), (c))
#define	bus_set_region_stream_4(r, o, v, c)				\
	bus_space_set_region_stream_4((r)->r_bustag, (r)->r_bushandle, \
	    (o), (v), (c))
#define	bus_peek_8(r, o, vp)						\
	bus_space_peek_8((r)->r_bustag, (r)->r_bushandle, (o), (vp))
#define	bus_poke_8(r, o, v)						\
	bus_space_poke_8((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_8(r, o)						\
	bus_space_read_8((r)->r_bustag, (r)->r_bushandle, (o))
#define	bus_write_8(r, o, v)						\
	bus_space_write_8((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_multi_8(r, o, d, c)					\
	bus_space_read_multi_8((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_write_multi_8(r, o, d, c)					\
	bus_space_write_multi_8((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_read_region_8(r, o, d, c)					\
	bus_space_read_region_8((r)->r_bustag, (r)->r_bushandle, (o), (d), (c))
#define	bus_write_region_8(r, o, d, c)					\
	bus_space_write_region_8((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_set_multi_8(r, o, v, c)					\
	bus_space_set_multi_8((r)->r_bustag, (r)->r_bushandle, (o), (v), (c))
#define	bus_set_region_8(r, o, v, c)					\
	bus_space_set_region_8((r)->r_bustag, (r)->r_bushandle, (o), (v), (c))
#define	bus_read_stream_8(r, o)						\
	bus_space_read_stream_8((r)->r_bustag, (r)->r_bushandle, (o))
#define	bus_write_stream_8(r, o, v)					\
	bus_space_write_stream_8((r)->r_bustag, (r)->r_bushandle, (o), (v))
#define	bus_read_multi_stream_8(r, o, d, c)				\
	bus_space_read_multi_stream_8((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_write_multi_stream_8(r, o, d, c)				\
	bus_space_write_multi_stream_8((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_read_region_stream_8(r, o, d, c)				\
	bus_space_read_region_stream_8((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_write_region_stream_8(r, o, d, c)				\
	bus_space_write_region_stream_8((r)->r_bustag, (r)->r_bushandle, \
	    (o), (d), (c))
#define	bus_set_multi_stream_8(r, o, v, c)				\
	bus_space_set_multi_stream_8((r)->r_bustag, (r)->r_bushandle, \
	    (o), (v), (c))
#define	bus_set_region_stream_8(r, o, v, c)				\
	bus_space_set_region_stream_8((r)->r_bustag, (r)->r_bushandle, \
	    (o), (v), (c))

#endif /* _KERNEL */

#endif /* !_SYS_BUS_H_ */
