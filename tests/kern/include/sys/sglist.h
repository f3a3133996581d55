/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sglist(9): lists of physical address ranges.  Every prototype of FreeBSD's
 * header is here, so that code compiles as it does there; the test kernel has
 * no mbuf, bio, uio, user or vm_page memory, so the calls for those have no
 * definition and a program that uses one does not link.
 */

#ifndef __SGLIST_H__
#define	__SGLIST_H__

#include <sys/refcount.h>

/* One physically contiguous range; lengths are bytes. */
struct sglist_seg {
	vm_paddr_t	ss_paddr;
	size_t		ss_len;
};

/* sg_segs[0..sg_nseg) are in use; sg_maxseg is how many there is room for. */
struct sglist {
	struct sglist_seg *sg_segs;
	u_int		sg_refs;
	u_short		sg_nseg;
	u_short		sg_maxseg;
};

struct bio;
struct mbuf;
struct thread;
struct uio;

/* Make a list of caller-owned segments; one reference, no segment used. */
static __inline void
sglist_init(struct sglist *sg, u_short maxsegs, struct sglist_seg *segs)
{

	refcount_init(&sg->sg_refs, 1);
	sg->sg_maxseg = maxsegs;
	sg->sg_nseg = 0;
	sg->sg_segs = segs;
}

/* Forget the segments; room and references stay. */
static __inline void
sglist_reset(struct sglist *sg)
{

	sg->sg_nseg = 0;
}

static __inline struct sglist *
sglist_hold(struct sglist *sg)
{

	refcount_acquire(&sg->sg_refs);
	return (sg);
}

struct sglist *sglist_alloc(int nsegs, int mflags);
int	sglist_append(struct sglist *sg, void *buf, size_t len);
int	sglist_append_bio(struct sglist *sg, struct bio *bp);
int	sglist_append_mbuf(struct sglist *sg, struct mbuf *m0);
int	sglist_append_mbuf_epg(struct sglist *sg, struct mbuf *m0, size_t off,
	    size_t len);
int	sglist_append_phys(struct sglist *sg, vm_paddr_t paddr, size_t len);
int	sglist_append_sglist(struct sglist *sg, struct sglist *source,
	    size_t offset, size_t length);
int	sglist_append_single_mbuf(struct sglist *sg, struct mbuf *m);
int	sglist_append_uio(struct sglist *sg, struct uio *uio);
int	sglist_append_user(struct sglist *sg, void *buf, size_t len,
	    struct thread *td);
int	sglist_append_vmpages(struct sglist *sg, vm_page_t *m, size_t pgoff,
	    size_t len);
struct sglist *sglist_build(void *buf, size_t len, int mflags);
struct sglist *sglist_clone(struct sglist *sg, int mflags);
int	sglist_consume_uio(struct sglist *sg, struct uio *uio, size_t resid);
int	sglist_count(void *buf, size_t len);
int	sglist_count_mbuf_epg(struct mbuf *m, size_t off, size_t len);
int	sglist_count_vmpages(vm_page_t *m, size_t pgoff, size_t len);
void	sglist_free(struct sglist *sg);
int	sglist_join(struct sglist *first, struct sglist *second);
size_t	sglist_length(struct sglist *sg);
int	sglist_slice(struct sglist *original, struct sglist **slice,
	    size_t offset, size_t length, int mflags);
int	sglist_split(struct sglist *original, struct sglist **head,
	    size_t length, int mflags);

#endif	/* !__SGLIST_H__ */
