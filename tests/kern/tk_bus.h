/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The test kernel's machine, seen from outside: registers and interrupt
 * lines of device models, the devices that drivers find, and what a test
 * asks about them afterwards.
 *
 * Both sides include this file.  A struct _device is FreeBSD's device_t.
 *
 * Rules that stop a program ("tk: RULE: ..."):
 *   kobj		an object deleted twice
 *   module		unloaded twice, released too often
 *   device		used after it was deleted, attached without a driver
 *   device-busy	device_unbusy() without device_busy(); detached busy
 *   topology		a call that needs bus_topo_lock() without it
 *   resource		used after its release, released by a device that does
 *			not hold it, or with a handler set up
 *   resource-leak	a driver that detached, or refused to attach, and kept
 *			a resource or an interrupt handler
 *   bus-space		access out of a mapping, misaligned, of a width that
 *			the device lacks, or after the mapping's end
 *   intr-mpsafe	bus_setup_intr() without INTR_MPSAFE
 *   intr-flags		a filter that returned what it must not
 *   intr-teardown	torn down twice, or from its own handler
 *   intr-controller	torn down though the controller's driver cannot
 *   interrupt storm	a level line stays up though its handlers ran
 *   dma-tag, dma-map	used after it was destroyed; a map of another tag, or
 *			freed by the wrong call; memory used after its free
 *   dma-load		loaded twice, too much, from a filter, or memory that
 *			the map does not have; synced and not loaded
 *   dma-unload		memory freed, or unloaded while the load waits
 *   dma-sync		POST without PRE, or an operation that is none
 *   dma-lost		POSTREAD over bytes that the CPU wrote and did not
 *			hand over by PREWRITE
 *   dma-read		CPU read before POSTREAD of bytes the device wrote
 *   dma-device		a device wrote to guest RAM that nobody gave it
 *   vtophys		an address outside guest RAM
 *   contigfree		memory that contigmalloc() did not return, or of
 *			another type
 *   ram-freed		guest RAM written after it was freed
 */

#ifndef _TK_BUS_H_
#define	_TK_BUS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _device;

/*
 * Registers of a model
 */

struct tk_mmio;

/*
 * Called on the thread that accesses the register, in any context and with any
 * locks held.  They may therefore not sleep or call the driver.  They may raise
 * and lower interrupt lines.  width is 1, 2, 4 or 8 bytes; offset is a multiple
 * of it.
 */
struct tk_mmio_ops {
	uint64_t (*read)(void *arg, uint64_t offset, unsigned int width);
	void	(*write)(void *arg, uint64_t offset, unsigned int width,
		    uint64_t value);
	unsigned int widths;	/* allowed, or-ed; 0: all four */
};

struct tk_mmio_stats {
	uint64_t reads;		/* accesses, whatever their width */
	uint64_t writes;
	uint64_t barriers;
};

/*
 * The model answers at bus addresses base to base + size - 1 from now until
 * tk_mmio_remove().  NULL if another model is there, or there is no memory.
 */
struct tk_mmio *tk_mmio_add(const char *name, uint64_t base, uint64_t size,
	    const struct tk_mmio_ops *ops, void *arg);

/* Stops the run if a driver still has the registers mapped. */
void	tk_mmio_remove(struct tk_mmio *);
void	tk_mmio_stats(const struct tk_mmio *, struct tk_mmio_stats *);
void	tk_mmio_stats_clear(struct tk_mmio *);

/*
 * Interrupt lines
 */

struct tk_irq;

enum tk_irq_trigger {
	TK_IRQ_EDGE,		/* each raise is one interrupt */
	TK_IRQ_LEVEL		/* interrupts as long as the line is up */
};

struct tk_irq_stats {
	uint64_t raised;	/* calls of tk_irq_raise() */
	uint64_t delivered;	/* times that handlers were asked */
	uint64_t stray;		/* of these, nobody wanted it */
	uint64_t threaded;	/* of these, the thread was scheduled */
};

/* Make an interrupt with this number.  NULL if the number is in use. */
struct tk_irq *tk_irq_add(const char *name, unsigned int number,
	    enum tk_irq_trigger trigger);

/* Stops the run while handlers are set up. */
void	tk_irq_remove(struct tk_irq *);

/*
 * For models, agents, and kernel threads in any context.  Filters run on the
 * calling thread, before tk_irq_raise() returns.  If the line is masked because
 * its thread runs, or the caller has interrupts off, they run as soon as that
 * ends.  A raised edge is remembered meanwhile, once.
 */
void	tk_irq_raise(struct tk_irq *);
void	tk_irq_lower(struct tk_irq *);
bool	tk_irq_is_up(const struct tk_irq *);
void	tk_irq_stats(const struct tk_irq *, struct tk_irq_stats *);

/*
 * How often a level line may interrupt before that is a storm, while it stays
 * up and tk_irq_raise() and tk_irq_lower() are not called.  The count starts
 * again when the line's thread has kept it masked for a tick.
 */
#define	TK_IRQ_STORM	1000

/*
 * Devices
 */

/* What a child finds under each type and rid. */
enum tk_res_type {
	TK_RES_IRQ = 1,		/* SYS_RES_IRQ */
	TK_RES_MEMORY = 3	/* SYS_RES_MEMORY */
};
struct tk_bus_resource {
	enum tk_res_type type;
	int		 rid;
	uint64_t	 start;	/* bus address, or interrupt number */
	uint64_t	 count;	/* bytes, or 1 */
};

/*
 * A bus of that name, such as "simplebus", to which drivers bind with
 * DRIVER_MODULE(x, BUS, ...).  It gives its children the resources that
 * tk_bus_add_child() lists.  Made on first use and kept until shutdown.
 */
struct _device *tk_bus(const char *busname);

/*
 * A device with these resources on the bus, not yet probed.  driver is a
 * driver's name, or NULL: then every driver of the bus probes the device.  NULL
 * without memory.
 */
struct _device *tk_bus_add_child(const char *busname, const char *driver,
	    const struct tk_bus_resource *, size_t nresources);

/*
 * Probe and attach, detach, ... as the kernel does it, with bus_topo_lock()
 * held.  0 or an errno: ENXIO if no driver wants the device, EBUSY if its
 * driver refuses to detach.  These calls sleep.
 */
int	tk_device_attach(struct _device *);
int	tk_device_detach(struct _device *);
int	tk_device_delete(struct _device *);	/* detaches first */
int	tk_device_suspend(struct _device *);
int	tk_device_resume(struct _device *);
int	tk_device_shutdown(struct _device *);
bool	tk_device_attached(struct _device *);

/* By name and unit, such as "pcm0"; NULL when there is none. */
struct _device *tk_device_find(const char *nameunit);

/*
 * nexus0, the parent for buses whose driver is not the test kernel's:
 * device_add_child(tk_nexus(), ...).
 */
struct _device *tk_nexus(void);

/*
 * Modules
 */

/*
 * Unload or load again what DECLARE_MODULE() and DRIVER_MODULE() declared.
 * name is a module's ("virtio_mmio/virtio_snd"), or the part after the slash
 * for all of them.  Unloading asks MOD_QUIESCE, then MOD_UNLOAD, which
 * detaches the driver's devices.  0, ENOENT, or what the handler answered.
 */
int	tk_module_unload(const char *name);
int	tk_module_load(const char *name);
bool	tk_module_loaded(const char *name);

/*
 * devctl messages
 */

/* Since boot or the last clear, oldest first. */
size_t	tk_devctl_count(void);
const char *tk_devctl_message(size_t);
void	tk_devctl_clear(void);

/*
 * DMA
 */

struct tk_dma_stats {
	uint64_t loads;
	uint64_t syncs;		/* calls of bus_dmamap_sync() */
	uint64_t deferred;	/* loads that waited for memory */
	uint64_t moved;		/* bytes copied between the two views */
};
void	tk_dma_stats(struct tk_dma_stats *);
void	tk_dma_stats_clear(void);

/*
 * Is a CPU access before POSTREAD caught when it happens?  Set at boot: false
 * under valgrind, with KERN_DMA_TRAP=0 in the environment, or if the arguments
 * of the boot say so.  A missing sync then still shows as wrong data.
 */
bool	tk_dma_traps(void);

/*
 * Guest RAM
 */

/*
 * Before tk_boot(): the bus address of the first byte (TK_RAM_BASE unless
 * set), and how many bytes at the start are never handed out.  Kept over
 * later boots.
 */
#define	TK_RAM_BASE	UINT64_C(0x80000000)
void	tk_ram_config(uint64_t base, size_t reserved);

/* Bus address of the first byte, and how many there are. */
uint64_t tk_ram_base(void);
size_t	tk_ram_size(void);
/* The bus address of a byte of guest RAM; UINT64_MAX if it is none. */
uint64_t tk_ram_addr(const void *);

#endif /* !_TK_BUS_H_ */
