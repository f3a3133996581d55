/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* malloc(9), and each rule broken once. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>

#include "tk_host.h"
#include "tk_test_thread.h"

static MALLOC_DEFINE(M_TEST, "test", "test memory");
static MALLOC_DEFINE(M_OTHER, "other", "other memory");

/* What is allocated by mistake. */
static void *volatile sink;

static bool
all(const char *p, size_t len, char c)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] != c)
			return (false);
	}
	return (true);
}

TK_CASE(malloc_zeroes_only_on_request)
{
	char *p = malloc(300, M_TEST, M_WAITOK | M_ZERO);
	char *q = malloc(300, M_TEST, M_NOWAIT);

	TK_CHECK(all(p, 300, 0));
	TK_CHECK(!all(q, 300, 0));
	TK_EQ(M_TEST->ks_inuse, 2);
	TK_EQ(M_TEST->ks_memuse, 600);
	free(p, M_TEST);
	free(q, M_TEST);
	TK_EQ(M_TEST->ks_inuse, 0);
	TK_EQ(M_TEST->ks_memuse, 0);
	free(NULL, M_TEST);
}

TK_CASE(malloc_of_nothing_returns_something)
{
	void *p = malloc(0, M_TEST, M_WAITOK);

	TK_CHECK(p != NULL);
	free(p, M_TEST);
}

TK_CASE(malloc_aligned_aligns)
{
	for (size_t align = 16; align <= 65536; align *= 2) {
		void *p = malloc_aligned(100, align, M_TEST, M_WAITOK);

		TK_EQ((uintptr_t)p % align, 0);
		free(p, M_TEST);
	}
}

TK_CASE(realloc_keeps_what_fits)
{
	char *p = realloc(NULL, 10, M_TEST, M_WAITOK);

	memset(p, 'x', 10);
	p = realloc(p, 1000, M_TEST, M_WAITOK);
	TK_CHECK(all(p, 10, 'x'));
	TK_EQ(malloc_usable_size(p), 1000);
	p = realloc(p, 5, M_TEST, M_WAITOK);
	TK_CHECK(all(p, 5, 'x'));
	TK_EQ(M_TEST->ks_memuse, 5);
	zfree(p, M_TEST);
}

TK_CASE(realloc_failure_keeps_and_reallocf_frees)
{
	char *p = malloc(10, M_TEST, M_WAITOK);

	tk_fault_set("malloc", 1);
	TK_CHECK(realloc(p, 20, M_TEST, M_NOWAIT) == NULL);
	TK_EQ(M_TEST->ks_inuse, 1);
	tk_fault_set("malloc", 1);
	TK_CHECK(reallocf(p, 20, M_TEST, M_NOWAIT) == NULL);
	TK_EQ(M_TEST->ks_inuse, 0);
}

TK_CASE(mallocarray_refuses_to_overflow)
{
	volatile size_t many = SIZE_MAX / 2;
	void *p = mallocarray(3, 5, M_TEST, M_WAITOK);

	TK_EQ(malloc_usable_size(p), 15);
	free(p, M_TEST);
	TK_CHECK(mallocarray(many, 3, M_TEST, M_NOWAIT) == NULL);
}

TK_CASE(malloc_nowait_can_be_made_to_fail_and_waitok_cannot)
{
	void *p;

	tk_fault_set("malloc", 1);
	p = malloc(1, M_TEST, M_WAITOK);
	free(p, M_TEST);
	TK_CHECK(malloc(1, M_TEST, M_NOWAIT) == NULL);
	p = malloc(1, M_TEST, M_NOWAIT);
	TK_CHECK(p != NULL);
	free(p, M_TEST);
}

TK_CASE(malloc_types_are_found_by_name)
{
	TK_CHECK(malloc_desc2type("test") == M_TEST);
	TK_CHECK(malloc_desc2type("no such type") == NULL);
}

static void
allocate(void *arg)
{
	for (int i = 0; i < 300; i++) {
		void *p = malloc(i, M_TEST, M_WAITOK);
		void *q = strdup("text", M_TEST);

		free(p, M_TEST);
		free(q, M_TEST);
	}
}

TK_CASE_THREADED(malloc_from_many_threads)
{
	struct test_thread t[3];

	for (int i = 0; i < 3; i++)
		test_thread_start(&t[i], allocate, NULL);
	for (int i = 0; i < 3; i++)
		test_thread_join(&t[i]);
	TK_EQ(M_TEST->ks_inuse, 0);
	TK_EQ(M_TEST->ks_calls, 3 * 600);
}

/*
 * Broken rules.
 */
TK_CASE_STOPS(free_of_what_malloc_did_not_return_stops,
    "malloc-free: free() of 0x")
{
	int local;

	free(&local, M_TEST);
}

TK_CASE_STOPS(free_of_the_middle_stops, "malloc-free: free() of 0x")
{
	char *p = malloc(100, M_TEST, M_WAITOK);

	free(p + 16, M_TEST);
}

TK_CASE_STOPS(free_with_another_type_stops,
    "malloc-type: free() with type \"other\" of memory of type \"test\", "
    "allocated at tests/kern/mem/kern_malloc_test.c:")
{
	free(malloc(1, M_TEST, M_WAITOK), M_OTHER);
}

TK_CASE_STOPS(free_twice_stops, "malloc-free: free() of ")
{
	void *p = malloc(100, M_TEST, M_WAITOK);

	free(p, M_TEST);
	free(p, M_TEST);
}

TK_CASE_DEBUG_STOPS(malloc_without_a_wait_flag_stops,
    "malloc-flags: malloc() with neither of M_WAITOK and M_NOWAIT")
{
	sink = malloc(1, M_TEST, M_ZERO);
}

TK_CASE_DEBUG_STOPS(malloc_with_both_wait_flags_stops,
    "malloc-flags: malloc() with both of M_WAITOK and M_NOWAIT")
{
	sink = malloc(1, M_TEST, M_WAITOK | M_NOWAIT);
}

static void
allocate_and_free(void *arg)
{
	free(malloc(1, M_TEST, M_NOWAIT), M_TEST);
}

TK_CASE_RELEASE(malloc_in_a_filter_goes_unnoticed)
{
	tk_intr_run(allocate_and_free, NULL);
}

TK_CASE_DEBUG_STOPS(malloc_in_a_filter_stops,
    "malloc-context: malloc() in a filter")
{
	tk_intr_enter();
	sink = malloc(1, M_TEST, M_NOWAIT);
}

TK_CASE_DEBUG_STOPS(free_with_a_spin_mutex_held_stops,
    "malloc-context: free() with a spin mutex held")
{
	void *p = malloc(1, M_TEST, M_WAITOK);
	struct mtx m;

	mtx_init(&m, "spin", NULL, MTX_SPIN);
	mtx_lock_spin(&m);
	free(p, M_TEST);
}

TK_CASE_DEBUG_STOPS(malloc_that_waits_in_a_callout_context_stops,
    "sleep-context: malloc() in a callout")
{
	struct tk_ctx_mark mark;

	tk_ctx_enter(&mark, TK_CTX_CALLOUT);
	sink = malloc(1, M_TEST, M_WAITOK);
}

TK_CASE_STOPS(malloc_with_a_type_nobody_defined_stops,
    "malloc-type: malloc() with a type that MALLOC_DEFINE did not make")
{
	static struct malloc_type zeros;

	sink = malloc(1, &zeros, M_WAITOK);
}

/* Under AddressSanitizer the late write itself is stopped. */
static void
need_own_zones(void)
{
	if (tkh_asan())
		tk_stop("malloc-overrun", "write behind, by the sanitizer; "
		    "malloc-late");
}

TK_CASE_STOPS(malloc_overrun_is_found_at_free,
    "malloc-overrun: write behind")
{
	char *volatile p = malloc(100, M_TEST, M_WAITOK);

	need_own_zones();
	p[100] = 1;
	free(p, M_TEST);
}

TK_CASE_STOPS(malloc_write_after_free_is_found_at_shutdown, "malloc-late")
{
	char *volatile p = malloc(100, M_TEST, M_WAITOK);

	need_own_zones();
	free(p, M_TEST);
	p[50] = 1;
}

/*
 * What the fuzz targets ask for: a freed allocation is not used again before
 * many later ones, and AddressSanitizer stops each access that is wrong.
 */
TK_CASE(malloc_of_a_fuzz_target_shows_wrong_accesses_to_a_sanitizer)
{
	static const size_t sizes[] = { 1, 13, 100, 4096, 300000 };
	static const uint8_t zeros[300000];
	uint8_t *p, *q;
	size_t n;

	if (!tkh_asan())
		TK_SKIP("this program has no AddressSanitizer");
	tkh_heap_want(true);
	for (u_int i = 0; i < nitems(sizes); i++) {
		n = sizes[i];
		p = malloc(n, M_TEST, M_WAITOK);
		TK_CHECK(tkh_poisoned(p - 1) && tkh_poisoned(p - 16));
		TK_CHECK(tkh_poisoned(p + n) && tkh_poisoned(p + n + 15));
		for (size_t at = 0; at < n; at++)
			TK_CHECK(!tkh_poisoned(p + at));
		free(p, M_TEST);
		TK_CHECK(tkh_poisoned(p) && tkh_poisoned(p + n - 1));
		q = malloc(n, M_TEST, M_WAITOK | M_ZERO);
		TK_CHECK(q != p && memcmp(q, zeros, n) == 0);
		free(q, M_TEST);
	}
	tkh_heap_want(false);
}

/* Memory goes back to the allocator that it came from. */
TK_CASE(host_memory_of_a_fuzz_target_is_poisoned_when_it_is_freed)
{
	char *before, *p;

	if (!tkh_asan())
		TK_SKIP("this program has no AddressSanitizer");
	before = tkh_alloc(100, 0);
	tkh_heap_want(true);
	p = tkh_alloc(100, 0);
	TK_CHECK(p != NULL && tkh_poisoned(p - 16) && tkh_poisoned(p + 100));
	TK_CHECK(!tkh_poisoned(p) && !tkh_poisoned(p + 99));
	tkh_heap_want(false);
	tkh_free(p);
	TK_CHECK(tkh_poisoned(p) && tkh_poisoned(p + 99));
	TK_CHECK(tkh_heap_free(before) == false);
	tkh_free(before);
	tkh_free(NULL);
}

TK_CASE_STOPS(malloc_of_a_fuzz_target_is_freed_once, "malloc-free")
{
	void *volatile p;

	tkh_heap_want(true);
	p = malloc(100, M_TEST, M_WAITOK);
	free(p, M_TEST);
	free(p, M_TEST);
}

TK_CASE_UNBOOTED(malloc_of_a_fuzz_target_not_freed_is_a_leak)
{
	tk_boot(NULL);
	tkh_heap_want(true);
	sink = malloc(1, M_TEST, M_WAITOK);
	TK_EQ(tk_shutdown(), 1);
	tkh_heap_want(false);
}

TK_CASE_UNBOOTED(malloc_not_freed_is_a_leak)
{
	void *p;
	int before;

	tk_boot(NULL);
	before = tk_ledger_count("malloc");
	p = malloc(1, M_TEST, M_WAITOK);
	sink = malloc(1, M_TEST, M_WAITOK);
	TK_EQ(tk_ledger_count("malloc"), before + 2);
	free(p, M_TEST);
	TK_EQ(tk_shutdown(), 1);
}
