/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sglist(9).
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>
#include <sys/malloc.h>
#include <sys/sglist.h>

#include <vm/vm.h>
#include <vm/pmap.h>

#include "tk.h"
#include "tk_test.h"

#define	NSEGS	4

/* A list of caller-owned segments. */
struct list {
	struct sglist	  sg;
	struct sglist_seg segs[NSEGS];
};

static void
list_init(struct list *l, int maxsegs)
{

	memset(l->segs, 0xa5, sizeof(l->segs));
	sglist_init(&l->sg, maxsegs, l->segs);
}

/* A list of segments at 0x1000, 0x3000, ... of 0x100 bytes. */
static void
list_fill(struct list *l, int nsegs)
{
	int i;

	list_init(l, NSEGS);
	for (i = 0; i < nsegs; i++)
		TK_EQ(sglist_append_phys(&l->sg, 0x1000 + i * 0x2000, 0x100),
		    0);
}

static void
expect(struct sglist *sg, int i, vm_paddr_t paddr, size_t len)
{

	TK_CHECK(i < sg->sg_nseg);
	TK_EQ(sg->sg_segs[i].ss_paddr, paddr);
	TK_EQ(sg->sg_segs[i].ss_len, len);
}

TK_CASE(sglist_append_phys_joins_what_is_contiguous)
{
	struct list l;

	list_init(&l, NSEGS);
	TK_EQ(sglist_append_phys(&l.sg, 0x1000, 0x10), 0);
	TK_EQ(sglist_append_phys(&l.sg, 0x1010, 0x20), 0);
	TK_EQ(sglist_append_phys(&l.sg, 0x2000, 0), 0);
	TK_EQ(sglist_append_phys(&l.sg, 0x2000, 0x30), 0);
	TK_EQ(l.sg.sg_nseg, 2);
	expect(&l.sg, 0, 0x1000, 0x30);
	expect(&l.sg, 1, 0x2000, 0x30);
	TK_EQ(sglist_length(&l.sg), 0x60);
	sglist_reset(&l.sg);
	TK_EQ(sglist_length(&l.sg), 0);
}

TK_CASE(sglist_append_without_room_fails_and_changes_nothing)
{
	struct list l;

	list_init(&l, 0);
	TK_EQ(sglist_append_phys(&l.sg, 0x1000, 1), EINVAL);

	list_init(&l, 1);
	TK_EQ(sglist_append_phys(&l.sg, 0x1000, 0x10), 0);
	TK_EQ(sglist_append_phys(&l.sg, 0x9000, 0x10), EFBIG);
	TK_EQ(l.sg.sg_nseg, 1);
	expect(&l.sg, 0, 0x1000, 0x10);
}

TK_CASE(sglist_of_a_kernel_buffer_is_its_guest_ram)
{
	struct sglist *sg;
	char *buf;

	buf = contigmalloc(3 * PAGE_SIZE, M_TEMP, M_WAITOK, 0,
	    ~(vm_paddr_t)0, PAGE_SIZE, 0);
	TK_EQ(sglist_count(buf + 8, 2 * PAGE_SIZE), 1);
	TK_EQ(sglist_count(buf, 0), 0);
	sg = sglist_build(buf + 8, 2 * PAGE_SIZE, M_WAITOK);
	TK_CHECK(sg != NULL);
	TK_EQ(sg->sg_nseg, 1);
	expect(sg, 0, vtophys(buf) + 8, 2 * PAGE_SIZE);
	sglist_free(sg);
	TK_CHECK(sglist_build(buf, 0, M_WAITOK) == NULL);
	contigfree(buf, 3 * PAGE_SIZE, M_TEMP);
}

TK_CASE(sglist_append_undoes_a_buffer_that_does_not_fit)
{
	struct list l;
	char *a, *b;

	/* Here the second buffer continues neither the first nor itself. */
	a = contigmalloc(PAGE_SIZE, M_TEMP, M_WAITOK, 0, ~(vm_paddr_t)0,
	    PAGE_SIZE, 0);
	b = contigmalloc(PAGE_SIZE, M_TEMP, M_WAITOK, 0, ~(vm_paddr_t)0,
	    PAGE_SIZE, 0);
	list_init(&l, 1);
	TK_EQ(sglist_append(&l.sg, a, 0x40), 0);
	TK_EQ(sglist_append(&l.sg, b + 0x80, 0x40), EFBIG);
	TK_EQ(l.sg.sg_nseg, 1);
	expect(&l.sg, 0, vtophys(a), 0x40);
	contigfree(a, PAGE_SIZE, M_TEMP);
	contigfree(b, PAGE_SIZE, M_TEMP);
}

TK_CASE(sglist_append_sglist_takes_a_range_of_another_list)
{
	struct list from, to;

	list_fill(&from, 3);
	list_init(&to, NSEGS);
	TK_EQ(sglist_append_sglist(&to.sg, &from.sg, 0x180, 0x100), 0);
	TK_EQ(to.sg.sg_nseg, 2);
	expect(&to.sg, 0, 0x3080, 0x80);
	expect(&to.sg, 1, 0x5000, 0x80);

	/* Beyond the end, and nothing at all. */
	TK_EQ(sglist_append_sglist(&to.sg, &from.sg, 0x280, 0x100), EINVAL);
	TK_EQ(sglist_append_sglist(&to.sg, &from.sg, 0, 0), EINVAL);
	TK_EQ(to.sg.sg_nseg, 2);

	list_init(&to, 1);
	TK_EQ(sglist_append_sglist(&to.sg, &from.sg, 0, 0x200), EFBIG);
	TK_EQ(to.sg.sg_nseg, 0);
}

TK_CASE(sglist_references_keep_a_list)
{
	struct sglist *sg, *copy;

	sg = sglist_alloc(NSEGS, M_WAITOK);
	TK_EQ(sglist_append_phys(sg, 0x1000, 0x10), 0);
	TK_CHECK(sglist_hold(sg) == sg);
	sglist_free(sg);
	copy = sglist_clone(sg, M_WAITOK);
	TK_EQ(copy->sg_maxseg, NSEGS);
	sglist_free(sg);
	expect(copy, 0, 0x1000, 0x10);
	sglist_free(copy);
	sglist_free(NULL);
	TK_CHECK(sglist_clone(NULL, M_WAITOK) == NULL);
}

TK_CASE(sglist_alloc_fails_without_memory)
{

	tk_fault_set("malloc", 1);
	TK_CHECK(sglist_alloc(NSEGS, M_NOWAIT) == NULL);
	tk_fault_clear();
}

TK_CASE(sglist_split_cuts_a_segment)
{
	struct sglist *head;
	struct list l;

	list_fill(&l, 4);
	head = NULL;
	TK_EQ(sglist_split(&l.sg, &head, 0x140, M_WAITOK), 0);
	TK_EQ(head->sg_nseg, 2);
	expect(head, 0, 0x1000, 0x100);
	expect(head, 1, 0x3000, 0x40);
	TK_EQ(l.sg.sg_nseg, 3);
	expect(&l.sg, 0, 0x3040, 0xc0);
	expect(&l.sg, 1, 0x5000, 0x100);
	expect(&l.sg, 2, 0x7000, 0x100);

	/* Not into a list that is not empty, and not out of a shared list. */
	TK_EQ(sglist_split(&l.sg, &head, 0x10, M_WAITOK), EINVAL);
	sglist_hold(&l.sg);
	TK_EQ(sglist_split(&l.sg, &head, 0x10, M_WAITOK), EDOOFUS);
	sglist_free(head);
}

TK_CASE(sglist_split_of_more_than_there_is_takes_all)
{
	struct list l, head;
	struct sglist *to;

	list_fill(&l, 2);
	list_init(&head, 1);
	to = &head.sg;
	TK_EQ(sglist_split(&l.sg, &to, 0x1000, M_WAITOK), EFBIG);
	list_init(&head, NSEGS);
	TK_EQ(sglist_split(&l.sg, &to, 0x1000, M_WAITOK), 0);
	TK_EQ(sglist_length(&head.sg), 0x200);
	TK_EQ(l.sg.sg_nseg, 0);
	TK_EQ(sglist_split(&l.sg, &to, 0x1000, M_WAITOK), 0);
}

TK_CASE(sglist_join_moves_all_and_merges)
{
	struct list a, b;

	list_fill(&a, 1);
	list_init(&b, NSEGS);
	TK_EQ(sglist_append_phys(&b.sg, 0x1100, 0x10), 0);
	TK_EQ(sglist_append_phys(&b.sg, 0x9000, 0x20), 0);
	TK_EQ(sglist_join(&a.sg, &b.sg), 0);
	TK_EQ(b.sg.sg_nseg, 0);
	TK_EQ(a.sg.sg_nseg, 2);
	expect(&a.sg, 0, 0x1000, 0x110);
	expect(&a.sg, 1, 0x9000, 0x20);
	TK_EQ(sglist_join(&a.sg, &b.sg), 0);

	list_fill(&b, 4);
	TK_EQ(sglist_join(&a.sg, &b.sg), EFBIG);
	TK_EQ(a.sg.sg_nseg, 2);
	TK_EQ(b.sg.sg_nseg, 4);
}

TK_CASE(sglist_slice_describes_a_part)
{
	struct sglist *slice;
	struct list l;

	list_fill(&l, 3);
	slice = NULL;
	TK_EQ(sglist_slice(&l.sg, &slice, 0, 0, M_WAITOK), 0);
	TK_CHECK(slice == NULL);
	TK_EQ(sglist_slice(&l.sg, &slice, 0x100, 0x201, M_WAITOK), EINVAL);
	TK_EQ(sglist_slice(&l.sg, &slice, ~(size_t)0, 2, M_WAITOK), EINVAL);
	TK_EQ(sglist_slice(&l.sg, &slice, 0x120, 0x100, M_WAITOK), 0);
	TK_EQ(slice->sg_nseg, 2);
	expect(slice, 0, 0x3020, 0xe0);
	expect(slice, 1, 0x5000, 0x20);
	TK_EQ(l.sg.sg_nseg, 3);
	sglist_free(slice);
}
