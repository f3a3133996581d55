/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * What the files of the test kernel's machine share: devices, resources,
 * mappings, interrupt lines and guest RAM.  Kernel side only.
 *
 * Devices, resources, mappings, DMA tags and maps can be used after their end
 * by mistake.  Their records are therefore kept until shutdown, so that such a
 * use is told from a wild pointer and named.
 */

#ifndef _TK_BUS_VAR_H_
#define	_TK_BUS_VAR_H_

#include <sys/param.h>
#include <sys/bus.h>
#include <sys/queue.h>
#include <sys/rman.h>
#include <sys/sysctl.h>

#include "tk.h"
#include "tk_bus.h"

struct intr_event;
struct malloc_type;

/*
 * Zeroed host memory that lives until the end of this boot.  Panics when the
 * host has none.
 */
void	*tk_tomb_alloc(size_t size);

/* Methods of a deleted object: each stops the run (subr_kobj.c). */
extern struct kobj_ops tk_dead_ops;

/* Devices: subr_bus.c */

TAILQ_HEAD(tk_device_list, _device);

struct _device {
	KOBJ_FIELDS;
	bool		 dead;
	bool		 fixture;	/* of the machine: no leak */
	TAILQ_ENTRY(_device) all_link;
	TAILQ_ENTRY(_device) link;	/* among the parent's children */
	struct tk_device_list children;	/* by order, then age */
	device_t	 parent;
	driver_t	*driver;
	devclass_t	 devclass;
	int		 unit;
	char		*nameunit;	/* NULL without a unit */
	const char	*desc;
	u_int		 busy;
	device_state_t	 state;
	uint32_t	 devflags;	/* device_set_flags() */
	u_int		 flags;		/* DF_* */
	u_int		 order;
	void		*ivars;
	void		*softc;
	struct sysctl_ctx_list sysctl_ctx;
	struct sysctl_oid *sysctl_tree;
	struct resource_head held;	/* from bus_alloc_resource() */
	int		 handlers;	/* from bus_setup_intr() */
	struct tk_where	 where;		/* who added it */
};

struct tk_driver_link {
	TAILQ_ENTRY(tk_driver_link) link;
	driver_t	*driver;
	int		 pass;
};

struct devclass {
	TAILQ_ENTRY(devclass) link;
	devclass_t	 parent;	/* drivers are looked for there, too */
	bool		 has_children;	/* is a parent */
	TAILQ_HEAD(, tk_driver_link) drivers; /* that bid for its children */
	char		*name;
	device_t	*devices;	/* by unit */
	int		 maxunit;	/* length of the array */
	struct sysctl_ctx_list sysctl_ctx;
	struct sysctl_oid *sysctl_tree;
};
TAILQ_HEAD(tk_devclass_list, devclass);
extern struct tk_devclass_list tk_devclasses;

/* Finds the class or makes it; NULL without memory. */
devclass_t tk_devclass_get(const char *name, const char *parent);
/* Gives the device a unit of the class, or takes it back.  errno. */
int	tk_devclass_add_device(devclass_t, device_t);
void	tk_devclass_delete_device(devclass_t, device_t);
void	tk_devclass_sysctl_init(devclass_t);
int	tk_devclass_quiesce_driver(devclass_t, driver_t *);
void	tk_device_nomatch(device_t);
void	tk_devclasses_free(void);

/* Stops the run if the device was deleted. */
void	tk_device_check(const struct _device *, const char *call);
/*
 * Stops the run if the device, which no longer has a driver, still holds
 * resources or handlers.
 */
void	tk_device_check_released(device_t, const char *when);
/*
 * Shutdown has begun: devices that still exist are kept and reported as leaks.
 */
extern bool tk_machine_down;

/*
 * After that, free what newbus made for devices: for one of the machine's own,
 * and for all that leaked.
 */
void	tk_device_abandon(device_t);
void	tk_devices_abandon(void);

/* Records a line for tk_devctl_message(). */
void	tk_devctl_record(const char *line);
/* A device message for devctl: '+', '-' or '?'. */
void	tk_devctl_device(char what, device_t);

/* Resources: subr_rman.c */

struct resource_i {
	struct resource	 r_r;		/* what drivers see */
	TAILQ_ENTRY(resource_i) r_link;	/* in the rman */
	TAILQ_ENTRY(resource_i) r_held;	/* in the device that asked for it */
	device_t	 r_holder;	/* whose list that is */
	struct rman	*r_rm;		/* NULL: released */
	rman_res_t	 r_start;
	rman_res_t	 r_end;
	u_int		 r_flags;	/* RF_* */
	int		 r_rid;
	int		 r_type;
	device_t	 r_dev;
	void		*r_virtual;
	void		*r_irq_cookie;
	int		 r_handlers;	/* set up on this interrupt */
	struct tk_where	 r_where;	/* who asked for it */
};

/* Shutdown: end a manager although resources of it leaked. */
void	tk_rman_abandon(struct rman *);

/* The record of a live resource; stops the run if it was released. */
struct resource_i *tk_resource_check(const struct resource *,
	    const char *call);

/* Mappings: bus_space.c */

/* As bus_space_map() and bus_space_unmap(). */
int	tk_space_map(bus_addr_t, bus_size_t, bus_space_handle_t *);
void	tk_space_unmap(bus_space_handle_t);

/* Interrupt lines: tk_irq.c */

struct tk_irq *tk_irq_lookup(unsigned int number);
struct intr_event *tk_irq_event(struct tk_irq *);
/* Handlers were added or removed: deliver an interrupt that is due. */
void	tk_irq_poke(struct tk_irq *);

/* Interrupt controllers: subr_intr.c */

/* Replace the interrupt controller of the device by a GIC. */
void	tk_pic_make_gic(device_t);
/*
 * Replace all of Apple's controllers in the loaded tree by GICs, if KERN_PIC
 * says so.
 */
void	tk_pic_from_environment(void);

/* Give the node's property this string.  What does not fit is cut off. */
void	tk_ofw_overwrite(uint32_t node, const char *prop, const char *string);

/* Interrupt events: kern_intr.c */
/* How many handlers would answer an interrupt now.  With tk_lock() held. */
int	tk_intr_handlers(struct intr_event *);
/*
 * Run all handlers' filters, in filter context.  Returns the FILTER_* flags
 * that they returned, or-ed.
 */
int	tk_intr_filters(struct intr_event *);
const char *tk_intr_handler_name(void *cookie);

/* Modules: kern_module.c */
void	tk_modules_unload_all(void);

/* Guest RAM: tk_ram.c */

/* The owner of pages: the first member of the struct that describes it. */
struct tk_ram_user {
	bool		dma;		/* a device view of busdma.c */
};

struct tk_ram_want {
	size_t		size;		/* bytes, rounded up to pages */
	uint64_t	low;		/* no byte below */
	uint64_t	high;		/* no byte above, inclusive */
	uint64_t	alignment;	/* power of two; 0: a page */
	uint64_t	boundary;	/* not crossed; 0: none */
	bool		gap;		/* not beside other memory */
};

/*
 * Allocate whole pages, filled with a pattern.  UINT64_MAX if there are none.
 */
uint64_t tk_ram_alloc(const struct tk_ram_want *, struct tk_ram_user *);
/* paddr is the address that tk_ram_alloc() returned. */
void	tk_ram_free(uint64_t paddr);
/* The owner of the page at paddr.  NULL if it is free, or no guest RAM. */
struct tk_ram_user *tk_ram_owner(uint64_t paddr);

/*
 * For free(9): if addr is contigmalloc()'s, checks the type, frees it and
 * returns true.  False: it is other memory.
 */
bool	tk_contig_free(void *addr, struct malloc_type *);

/* Patterns that fresh and freed memory is filled with, in either view. */
#define	TK_POISON_FRESH	0xa5
#define	TK_POISON_DMA	0xdb
#define	TK_POISON_FREED	0xdf

#endif /* !_TK_BUS_VAR_H_ */
