/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* The kernel's C library, counters, bits, byte order and lists. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/counter.h>
#include <sys/endian.h>
#include <sys/malloc.h>
#include <sys/queue.h>
#include <sys/refcount.h>

#include "tk_test.h"

TK_CASE(strlcpy_and_strlcat_end_their_strings)
{
	char buf[6];

	TK_EQ(strlcpy(buf, "abcdefgh", sizeof(buf)), 8);
	TK_STREQ(buf, "abcde");
	TK_EQ(strlcpy(buf, "ab", sizeof(buf)), 2);
	TK_EQ(strlcat(buf, "cdefgh", sizeof(buf)), 8);
	TK_STREQ(buf, "abcde");
}

TK_CASE(strings_are_found_and_copied)
{
	char *s = strndup("hello world", 5, M_TEMP);

	TK_STREQ(s, "hello");
	free(s, M_TEMP);
	TK_STREQ(strnstr("hello world", "wor", 11), "world");
	TK_CHECK(strnstr("hello world", "wor", 8) == NULL);
	TK_STREQ(strnstr("x", "", 1), "x");
	TK_EQ(strvalid("abc", 4), 1);
	TK_EQ(strvalid("abc", 3), 0);
	TK_STREQ(memcchr("aaab", 'a', 4), "b");
	TK_EQ(timingsafe_bcmp("abc", "abc", 3), 0);
	TK_EQ(timingsafe_bcmp("abc", "abd", 3), 1);
}

TK_CASE(bits_and_powers)
{
	TK_EQ(ffs(0x10), 5);
	TK_EQ(fls(0x10), 5);
	TK_EQ(fls(0), 0);
	TK_EQ(flsl(1L << 40), 41);
	TK_EQ(ilog2(1), 0);
	TK_EQ(ilog2(4096), 12);
	TK_EQ(rounddown_pow_of_two(100), 64);
	TK_EQ(roundup_pow_of_two(100), 128);
	TK_EQ(roundup_pow_of_two(128), 128);
	TK_EQ(bitcount32(0xf0f0), 8);
	TK_EQ(roundup2(5, 4), 8);
	TK_EQ(howmany(5, 4), 2);
	TK_EQ(imin(-1, 1), -1);
}

TK_CASE(byte_order_of_unaligned_bytes)
{
	uint8_t b[9] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };

	TK_EQ(le16dec(b + 1), 0x0201);
	TK_EQ(be16dec(b + 1), 0x0102);
	TK_EQ(le32dec(b + 1), 0x04030201);
	TK_EQ(be64dec(b + 1), 0x0102030405060708);
	le64enc(b + 1, 0x1122334455667788);
	TK_EQ(b[1], 0x88);
	TK_EQ(b[8], 0x11);
	be32enc(b, 0xdeadbeef);
	TK_EQ(b[0], 0xde);
	TK_EQ(htole32(htobe32(0x12345678)), bswap32(0x12345678));
}

TK_CASE(refcount_tells_the_last_release)
{
	u_int count;

	refcount_init(&count, 1);
	TK_EQ(refcount_acquire(&count), 1);
	TK_EQ(refcount_release(&count), false);
	TK_EQ(refcount_release_if_not_last(&count), false);
	TK_EQ(refcount_release(&count), true);
	TK_EQ(refcount_acquire_if_not_zero(&count), false);
}

TK_CASE_STOPS(refcount_released_too_often_panics, "panic: refcount")
{
	u_int count;

	refcount_init(&count, 0);
	refcount_release(&count);
}

struct item {
	int n;
	TAILQ_ENTRY(item) tailq;
	LIST_ENTRY(item) list;
	STAILQ_ENTRY(item) stailq;
	SLIST_ENTRY(item) slist;
};
TAILQ_HEAD(item_tailq, item);
LIST_HEAD(item_list, item);
STAILQ_HEAD(item_stailq, item);
SLIST_HEAD(item_slist, item);

TK_CASE(lists_keep_their_order)
{
	struct item items[4], *i, *tmp;
	struct item_tailq tq = TAILQ_HEAD_INITIALIZER(tq);
	struct item_list l = LIST_HEAD_INITIALIZER(l);
	struct item_stailq sq = STAILQ_HEAD_INITIALIZER(sq);
	struct item_slist sl = SLIST_HEAD_INITIALIZER(sl);
	int n = 0;

	for (int k = 0; k < 4; k++) {
		items[k].n = k;
		TAILQ_INSERT_TAIL(&tq, &items[k], tailq);
		STAILQ_INSERT_TAIL(&sq, &items[k], stailq);
		LIST_INSERT_HEAD(&l, &items[k], list);
		SLIST_INSERT_HEAD(&sl, &items[k], slist);
	}
	TAILQ_FOREACH(i, &tq, tailq)
		TK_EQ(i->n, n++);
	TAILQ_FOREACH_REVERSE(i, &tq, item_tailq, tailq)
		TK_EQ(i->n, --n);
	LIST_FOREACH(i, &l, list)
		TK_EQ(i->n, 3 - n++);
	TK_EQ(LIST_PREV(&items[0], &l, item, list) == &items[1], 1);
	TK_EQ(TAILQ_LAST(&tq, item_tailq)->n, 3);
	TK_EQ(STAILQ_LAST(&sq, item, stailq)->n, 3);
	TAILQ_REMOVE(&tq, &items[1], tailq);
	TK_EQ(TAILQ_PREV(&items[2], item_tailq, tailq)->n, 0);
	STAILQ_REMOVE(&sq, &items[3], item, stailq);
	TK_EQ(STAILQ_LAST(&sq, item, stailq)->n, 2);
	SLIST_REMOVE(&sl, &items[2], item, slist);
	TK_EQ(SLIST_NEXT(SLIST_FIRST(&sl), slist)->n, 1);
	TAILQ_FOREACH_SAFE(i, &tq, tailq, tmp)
		TAILQ_REMOVE(&tq, i, tailq);
	TK_CHECK(TAILQ_EMPTY(&tq));
}

TK_CASE(counter_counts)
{
	counter_u64_t c = counter_u64_alloc(M_WAITOK);

	counter_u64_add(c, 5);
	counter_u64_add(c, -2);
	TK_EQ(counter_u64_fetch(c), 3);
	counter_u64_zero(c);
	TK_EQ(counter_u64_fetch(c), 0);
	counter_u64_free(c);
}

TK_CASE(copies_to_and_from_user_space)
{
	char user[8] = "user", kernel[8];
	size_t len;

	TK_EQ(copyin(user, kernel, 5), 0);
	TK_STREQ(kernel, "user");
	TK_EQ(copyin(NULL, kernel, 5), EFAULT);
	TK_EQ(copyinstr(user, kernel, 3, &len), ENAMETOOLONG);
	TK_EQ(copyinstr(user, kernel, 8, &len), 0);
	TK_EQ(len, 5);
	tk_fault_set("copyout", 1);
	TK_EQ(copyout(kernel, user, 5), EFAULT);
	TK_EQ(copyout(kernel, user, 5), 0);
}
