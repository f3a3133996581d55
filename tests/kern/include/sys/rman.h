/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * rman(9): ranges of numbers (addresses, interrupts) handed out to devices.
 *
 * A struct resource outlives its release, so that a later use is recognised:
 * every function here stops the run when it gets a released resource.
 */

#ifndef _SYS_RMAN_H_
#define	_SYS_RMAN_H_	1

#include <sys/types.h>
#include <sys/queue.h>
#include <machine/_bus.h>
#include <machine/resource.h>

#define	RF_ALLOCATED	0x0001	/* reserved */
#define	RF_ACTIVE	0x0002	/* activated */
#define	RF_SHAREABLE	0x0004	/* others may hold the same range */
#define	RF_SPARE1	0x0008
#define	RF_SPARE2	0x0010
#define	RF_FIRSTSHARE	0x0020	/* first of those that share */
#define	RF_PREFETCHABLE	0x0040
#define	RF_OPTIONAL	0x0080	/* bus_alloc_resources() may go without */
#define	RF_UNMAPPED	0x0100	/* activation does not map */

#define	RF_ALIGNMENT_SHIFT	10
#define	RF_ALIGNMENT_MASK	(0x003F << RF_ALIGNMENT_SHIFT)
#define	RF_ALIGNMENT_LOG2(x)	((x) << RF_ALIGNMENT_SHIFT)
#define	RF_ALIGNMENT(x)							\
	(((x) & RF_ALIGNMENT_MASK) >> RF_ALIGNMENT_SHIFT)

enum rman_type { RMAN_UNINIT = 0, RMAN_GAUGE, RMAN_ARRAY };

#define	RM_TEXTLEN	32
#define	RM_MAX_END	(~(rman_res_t)0)

#define	RMAN_IS_DEFAULT_RANGE(s, e)	((s) == 0 && (e) == RM_MAX_END)

#ifdef _KERNEL

struct mtx;
struct resource_i;
struct resource_map;

struct resource {
	struct resource_i	*__r_i;
	bus_space_tag_t		 r_bustag;	/* valid while mapped */
	bus_space_handle_t	 r_bushandle;	/* valid while mapped */
};

TAILQ_HEAD(resource_head, resource_i);

struct rman {
	struct resource_head	 rm_list;	/* by start */
	struct mtx		*rm_mtx;	/* guards rm_list */
	TAILQ_ENTRY(rman)	 rm_link;
	rman_res_t		 rm_start;	/* set by the owner, or 0 */
	rman_res_t		 rm_end;	/* set by the owner, or 0 */
	enum rman_type		 rm_type;	/* set by the owner */
	const char		*rm_descr;	/* set by the owner */
};
TAILQ_HEAD(rman_head, rman);

/* Only set and clear RF_ACTIVE.  The bus activates the resource itself. */
int	rman_activate_resource(struct resource *r);
int	rman_deactivate_resource(struct resource *r);
int	rman_adjust_resource(struct resource *r, rman_res_t start,
	    rman_res_t end);
int	rman_first_free_region(struct rman *rm, rman_res_t *start,
	    rman_res_t *end);
int	rman_last_free_region(struct rman *rm, rman_res_t *start,
	    rman_res_t *end);
bus_space_handle_t rman_get_bushandle(const struct resource *);
bus_space_tag_t rman_get_bustag(const struct resource *);
rman_res_t rman_get_end(const struct resource *);
device_t rman_get_device(const struct resource *);
u_int	rman_get_flags(const struct resource *);
void	*rman_get_irq_cookie(const struct resource *);
void	rman_get_mapping(const struct resource *, struct resource_map *);
int	rman_get_rid(const struct resource *);
rman_res_t rman_get_size(const struct resource *);
rman_res_t rman_get_start(const struct resource *);
int	rman_get_type(const struct resource *);
void	*rman_get_virtual(const struct resource *);
int	rman_fini(struct rman *rm);	/* EBUSY while resources are held */
int	rman_init(struct rman *rm);
int	rman_init_from_resource(struct rman *rm, struct resource *r);
uint32_t rman_make_alignment_flags(uint32_t size);
int	rman_manage_region(struct rman *rm, rman_res_t start, rman_res_t end);
int	rman_is_region_manager(const struct resource *r,
	    const struct rman *rm);
int	rman_release_resource(struct resource *r);

/*
 * Reserve count numbers between start and end; NULL if there are none.  The
 * range is exclusive, or shared with holders of exactly the same range if all
 * of them say RF_SHAREABLE.
 */
struct resource *rman_reserve_resource(struct rman *rm, rman_res_t start,
	    rman_res_t end, rman_res_t count, u_int flags, device_t dev);
void	rman_set_bushandle(struct resource *_r, bus_space_handle_t _h);
void	rman_set_bustag(struct resource *_r, bus_space_tag_t _t);
void	rman_set_device(struct resource *_r, device_t _dev);
void	rman_set_irq_cookie(struct resource *_r, void *_c);
void	rman_set_mapping(struct resource *, struct resource_map *);
void	rman_set_rid(struct resource *_r, int _rid);
void	rman_set_type(struct resource *_r, int _type);
void	rman_set_virtual(struct resource *_r, void *_v);

extern struct rman_head rman_head;

#endif /* _KERNEL */

#endif /* !_SYS_RMAN_H_ */
