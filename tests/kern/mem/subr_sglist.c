/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sglist(9) over the test kernel's guest RAM.
 *
 * Left out: mbuf, bio, uio, user and vm_page memory, which the test kernel does
 * not have.  FreeBSD 15's sglist_split() keeps the wrong entries of a list that
 * is longer than twice its head, and its sglist_join() copies the wrong way;
 * here both do what sglist(9) says, so a driver must use neither.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/kernel.h>
#include <sys/malloc.h>
#include <sys/sglist.h>

#include <vm/vm.h>
#include <vm/pmap.h>

static MALLOC_DEFINE(M_SGLIST, "sglist", "scatter/gather lists");

/*
 * The part of a list that an append changes: the number of segments, and the
 * length of the last one.
 */
struct sglist_mark {
	u_short	nseg;
	size_t	last_len;
};

static struct sglist_mark
sglist_mark(const struct sglist *sg)
{
	struct sglist_mark mark;

	mark.nseg = sg->sg_nseg;
	mark.last_len = sg->sg_nseg == 0 ? 0 :
	    sg->sg_segs[sg->sg_nseg - 1].ss_len;
	return (mark);
}

static void
sglist_rewind(struct sglist *sg, struct sglist_mark mark)
{

	sg->sg_nseg = mark.nseg;
	if (mark.nseg != 0)
		sg->sg_segs[mark.nseg - 1].ss_len = mark.last_len;
}

/* Append one range, joined to the last segment if it continues it. */
static int
sglist_append_range(struct sglist *sg, vm_paddr_t paddr, size_t len)
{
	struct sglist_seg *last;

	if (sg->sg_nseg != 0) {
		last = &sg->sg_segs[sg->sg_nseg - 1];
		if (last->ss_paddr + last->ss_len == paddr) {
			last->ss_len += len;
			return (0);
		}
	}
	if (sg->sg_nseg == sg->sg_maxseg)
		return (EFBIG);
	sg->sg_segs[sg->sg_nseg].ss_paddr = paddr;
	sg->sg_segs[sg->sg_nseg].ss_len = len;
	sg->sg_nseg++;
	return (0);
}

/*
 * Segments needed for a kernel buffer; 0 for an empty one.  The buffer is guest
 * RAM: vtophys() stops the program otherwise.
 */
int
sglist_count(void *buf, size_t len)
{
	vm_offset_t va, end;
	vm_paddr_t next, pa;
	int nsegs;

	nsegs = 0;
	next = 0;
	end = (vm_offset_t)buf + len;
	for (va = trunc_page((vm_offset_t)buf); len != 0 && va < end;
	    va += PAGE_SIZE) {
		pa = vtophys(va);
		if (nsegs == 0 || pa != next)
			nsegs++;
		next = pa + PAGE_SIZE;
	}
	return (nsegs);
}

/*
 * A list with room for nsegs segments and one reference; NULL when M_NOWAIT
 * finds no memory.
 */
struct sglist *
sglist_alloc(int nsegs, int mflags)
{
	struct sglist *sg;

	sg = malloc(sizeof(*sg) + nsegs * sizeof(struct sglist_seg), M_SGLIST,
	    mflags);
	if (sg != NULL)
		sglist_init(sg, nsegs, (struct sglist_seg *)(sg + 1));
	return (sg);
}

/* Drop a reference of a list from sglist_alloc(); NULL is allowed. */
void
sglist_free(struct sglist *sg)
{

	if (sg != NULL && refcount_release(&sg->sg_refs))
		free(sg, M_SGLIST);
}

/*
 * Append a kernel buffer of guest RAM.  EINVAL: a list without room at all;
 * EFBIG: too few segments left, the list is as it was.
 */
int
sglist_append(struct sglist *sg, void *buf, size_t len)
{
	struct sglist_mark mark;
	vm_offset_t va;
	size_t n;
	int error;

	if (sg->sg_maxseg == 0)
		return (EINVAL);
	mark = sglist_mark(sg);
	for (va = (vm_offset_t)buf; len != 0; va += n, len -= n) {
		n = MIN(len, PAGE_SIZE - (va & PAGE_MASK));
		error = sglist_append_range(sg, vtophys(va), n);
		if (error != 0) {
			sglist_rewind(sg, mark);
			return (error);
		}
	}
	return (0);
}

/* Append a physical range; errors as sglist_append(). */
int
sglist_append_phys(struct sglist *sg, vm_paddr_t paddr, size_t len)
{

	if (sg->sg_maxseg == 0)
		return (EINVAL);
	if (len == 0)
		return (0);
	return (sglist_append_range(sg, paddr, len));
}

/*
 * Append length bytes of source from offset on.  EINVAL: no room at all, no
 * bytes wanted, or more than source has; EFBIG: too few segments left.  On an
 * error the list is as it was.
 */
int
sglist_append_sglist(struct sglist *sg, struct sglist *source, size_t offset,
    size_t length)
{
	struct sglist_mark mark;
	struct sglist_seg *ss;
	size_t n;
	int error;

	if (sg->sg_maxseg == 0 || length == 0)
		return (EINVAL);
	mark = sglist_mark(sg);
	error = 0;
	for (ss = source->sg_segs; ss < source->sg_segs + source->sg_nseg &&
	    length != 0 && error == 0; ss++) {
		if (offset >= ss->ss_len) {
			offset -= ss->ss_len;
			continue;
		}
		n = MIN(ss->ss_len - offset, length);
		error = sglist_append_range(sg, ss->ss_paddr + offset, n);
		offset = 0;
		length -= n;
	}
	if (error == 0 && length != 0)
		error = EINVAL;
	if (error != 0)
		sglist_rewind(sg, mark);
	return (error);
}

/* A new list of just one kernel buffer; NULL when empty or out of memory. */
struct sglist *
sglist_build(void *buf, size_t len, int mflags)
{
	struct sglist *sg;

	if (len == 0)
		return (NULL);
	sg = sglist_alloc(sglist_count(buf, len), mflags);
	if (sg != NULL && sglist_append(sg, buf, len) != 0) {
		sglist_free(sg);
		return (NULL);
	}
	return (sg);
}

/* A copy with the same room; NULL for NULL or when out of memory. */
struct sglist *
sglist_clone(struct sglist *sg, int mflags)
{
	struct sglist *new;

	if (sg == NULL)
		return (NULL);
	new = sglist_alloc(sg->sg_maxseg, mflags);
	if (new != NULL) {
		new->sg_nseg = sg->sg_nseg;
		memcpy(new->sg_segs, sg->sg_segs,
		    sg->sg_nseg * sizeof(struct sglist_seg));
	}
	return (new);
}

/* Bytes of all segments. */
size_t
sglist_length(struct sglist *sg)
{
	size_t len;
	u_int i;

	len = 0;
	for (i = 0; i < sg->sg_nseg; i++)
		len += sg->sg_segs[i].ss_len;
	return (len);
}

/*
 * Make sure that *sgp is an empty list with room for count segments.  If *sgp
 * is NULL, allocate one.  ENOMEM, EFBIG (too little room), EINVAL (not empty).
 */
static int
sglist_want(struct sglist **sgp, int count, int mflags)
{

	if (*sgp == NULL) {
		*sgp = sglist_alloc(count, mflags);
		return (*sgp == NULL ? ENOMEM : 0);
	}
	if ((*sgp)->sg_maxseg < count)
		return (EFBIG);
	if ((*sgp)->sg_nseg != 0)
		return (EINVAL);
	return (0);
}

/*
 * Move the first length bytes of original to *head, or all if there are fewer.
 * Errors: sglist_want()'s, and EDOOFUS for a list with more than one reference.
 */
int
sglist_split(struct sglist *original, struct sglist **head, size_t length,
    int mflags)
{
	struct sglist_seg *last;
	size_t space, rest;
	int count, error;

	if (original->sg_refs > 1)
		return (EDOOFUS);

	space = 0;
	for (count = 0; count < original->sg_nseg; ) {
		space += original->sg_segs[count++].ss_len;
		if (space >= length)
			break;
	}
	if (count == 0)
		return (0);
	error = sglist_want(head, count, mflags);
	if (error != 0)
		return (error);

	memcpy((*head)->sg_segs, original->sg_segs,
	    count * sizeof(struct sglist_seg));
	(*head)->sg_nseg = count;

	/*
	 * A segment that `length' cuts in two stays in original with its rest.
	 */
	rest = space > length ? space - length : 0;
	if (rest != 0) {
		last = &(*head)->sg_segs[--count];
		last->ss_len -= rest;
		original->sg_segs[count].ss_paddr += last->ss_len;
		original->sg_segs[count].ss_len = rest;
	}
	original->sg_nseg -= count;
	memmove(original->sg_segs, original->sg_segs + count,
	    original->sg_nseg * sizeof(struct sglist_seg));
	return (0);
}

/* Move all of second behind first; EFBIG: too little room, nothing moved. */
int
sglist_join(struct sglist *first, struct sglist *second)
{
	struct sglist_seg *last, *ss;
	int merge;

	if (second->sg_nseg == 0)
		return (0);
	ss = second->sg_segs;
	merge = 0;
	last = NULL;
	if (first->sg_nseg != 0) {
		last = &first->sg_segs[first->sg_nseg - 1];
		merge = last->ss_paddr + last->ss_len == ss->ss_paddr;
	}
	if (first->sg_nseg + second->sg_nseg - merge > first->sg_maxseg)
		return (EFBIG);
	if (merge)
		last->ss_len += ss->ss_len;
	memcpy(first->sg_segs + first->sg_nseg, ss + merge,
	    (second->sg_nseg - merge) * sizeof(struct sglist_seg));
	first->sg_nseg += second->sg_nseg - merge;
	sglist_reset(second);
	return (0);
}

/*
 * Describe length bytes of original from offset on in *slice.  EINVAL: original
 * does not reach so far; otherwise sglist_want()'s errors.
 */
int
sglist_slice(struct sglist *original, struct sglist **slice, size_t offset,
    size_t length, int mflags)
{
	size_t at, end, last;
	int count, error, i;

	if (length == 0)
		return (0);
	end = offset + length;
	at = 0;
	count = 0;
	for (i = 0; i < original->sg_nseg && at < end; i++) {
		last = at + original->sg_segs[i].ss_len;
		if (last > offset)
			count++;
		at = last;
	}
	if (end < offset || at < end)
		return (EINVAL);
	error = sglist_want(slice, count, mflags);
	if (error != 0)
		return (error);
	return (sglist_append_sglist(*slice, original, offset, length));
}
