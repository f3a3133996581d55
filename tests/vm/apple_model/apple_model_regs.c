/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * bus_space(9) whose registers are the models'.
 *
 * arm64's tags are tables of functions.  Here are the functions that both
 * FreeBSD's drivers and ours use: single values, regions, barriers.  A handle
 * is the bus address itself.
 */

#include "apple_model_var.h"

#include <sys/queue.h>
#include <machine/bus.h>

struct mh_regs {
	SLIST_ENTRY(mh_regs)	 mr_next;
	const char		*mr_name;
	uint64_t		 mr_base;
	uint64_t		 mr_size;
	struct mh_regs_ops	 mr_ops;
	void			*mr_arg;
};

/* Changes only while no driver is attached: there is no lock. */
static SLIST_HEAD(, mh_regs) am_regs = SLIST_HEAD_INITIALIZER(am_regs);

struct mh_regs *
mh_regs_new(const char *name, uint64_t base, uint64_t size,
    const struct mh_regs_ops *ops, void *arg)
{
	struct mh_regs *r;

	SLIST_FOREACH(r, &am_regs, mr_next)
		if (base < r->mr_base + r->mr_size &&
		    r->mr_base < base + size)
			return (NULL);
	r = malloc(sizeof(*r), M_APPLE_MODEL, M_WAITOK);
	*r = (struct mh_regs){
		.mr_name = name, .mr_base = base, .mr_size = size,
		.mr_ops = *ops, .mr_arg = arg,
	};
	SLIST_INSERT_HEAD(&am_regs, r, mr_next);
	return (r);
}

void
mh_regs_free(struct mh_regs *r)
{
	if (r == NULL)
		return;
	SLIST_REMOVE(&am_regs, r, mh_regs, mr_next);
	free(r, M_APPLE_MODEL);
}

/* The model that has the address.  Without one, a real bus would fault. */
static struct mh_regs *
am_regs_at(uint64_t addr, u_int width)
{
	struct mh_regs *r;

	if ((addr & (width - 1)) != 0)
		panic("apple_model: access of %u bytes at %#jx", width,
		    (uintmax_t)addr);
	SLIST_FOREACH(r, &am_regs, mr_next)
		if (addr >= r->mr_base && addr - r->mr_base < r->mr_size)
			return (r);
	panic("apple_model: nobody has registers at %#jx", (uintmax_t)addr);
}

static uint64_t
am_read(uint64_t addr, u_int width)
{
	struct mh_regs *r = am_regs_at(addr, width);

	am_agents_step();
	return (r->mr_ops.read(r->mr_arg, addr - r->mr_base, width));
}

static void
am_write(uint64_t addr, u_int width, uint64_t value)
{
	struct mh_regs *r = am_regs_at(addr, width);

	am_agents_step();
	r->mr_ops.write(r->mr_arg, addr - r->mr_base, width, value);
}

#define	AM_WIDTH(width, type)						\
static type								\
am_r_##width(void *cookie __unused, bus_space_handle_t handle,		\
    bus_size_t off)							\
{									\
	return ((type)am_read(handle + off, width));			\
}									\
									\
static void								\
am_w_##width(void *cookie __unused, bus_space_handle_t handle,		\
    bus_size_t off, type value)						\
{									\
	am_write(handle + off, width, value);				\
}									\
									\
static void								\
am_rr_##width(void *cookie __unused, bus_space_handle_t handle,		\
    bus_size_t off, type *to, bus_size_t count)				\
{									\
	for (; count > 0; count--, off += (width))			\
		*to++ = (type)am_read(handle + off, width);		\
}									\
									\
static void								\
am_wr_##width(void *cookie __unused, bus_space_handle_t handle,		\
    bus_size_t off, const type *from, bus_size_t count)			\
{									\
	for (; count > 0; count--, off += (width))			\
		am_write(handle + off, width, *from++);			\
}

AM_WIDTH(1, uint8_t)
AM_WIDTH(2, uint16_t)
AM_WIDTH(4, uint32_t)
AM_WIDTH(8, uint64_t)

static void
am_barrier(void *cookie __unused, bus_space_handle_t handle __unused,
    bus_size_t off __unused, bus_size_t len __unused, int flags __unused)
{
	mb();
}

static int
am_subregion(void *cookie __unused, bus_space_handle_t handle, bus_size_t off,
    bus_size_t size __unused, bus_space_handle_t *sub)
{
	*sub = handle + off;
	return (0);
}

struct bus_space am_bus_space = {
	.bs_subregion = am_subregion,
	.bs_barrier = am_barrier,
	.bs_r_1 = am_r_1, .bs_r_2 = am_r_2,
	.bs_r_4 = am_r_4, .bs_r_8 = am_r_8,
	.bs_w_1 = am_w_1, .bs_w_2 = am_w_2,
	.bs_w_4 = am_w_4, .bs_w_8 = am_w_8,
	.bs_rr_1 = am_rr_1, .bs_rr_2 = am_rr_2,
	.bs_rr_4 = am_rr_4, .bs_rr_8 = am_rr_8,
	.bs_wr_1 = am_wr_1, .bs_wr_2 = am_wr_2,
	.bs_wr_4 = am_wr_4, .bs_wr_8 = am_wr_8,
};
