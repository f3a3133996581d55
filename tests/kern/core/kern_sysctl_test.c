/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* sysctl(9): static and dynamic nodes, contexts, access, and broken rules. */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/counter.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/sbuf.h>
#include <sys/sysctl.h>

#include "tk_test_thread.h"

static int static_int = 42;
SYSCTL_NODE(_hw, OID_AUTO, test, CTLFLAG_RW, NULL, "test node");
SYSCTL_INT(_hw_test, OID_AUTO, number, CTLFLAG_RW, &static_int, 0, "number");
SYSCTL_STRING(_hw_test, OID_AUTO, name, CTLFLAG_RD,
    __DECONST(char *, "a name"), 0, "name");

static struct sysctl_ctx_list ctx;
static struct sysctl_oid *node;

static void
setup(void)
{
	sysctl_ctx_init(&ctx);
	node = SYSCTL_ADD_NODE(&ctx, SYSCTL_STATIC_CHILDREN(_dev), OID_AUTO,
	    "foo", CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, "foo");
	TK_CHECK(node != NULL);
}

static int
get(const char *name, void *old, size_t *len)
{
	return (kernel_sysctlbyname(curthread, __DECONST(char *, name), old,
	    len, NULL, 0, NULL, 0));
}

static int
set(const char *name, const void *new, size_t len)
{
	return (kernel_sysctlbyname(curthread, __DECONST(char *, name), NULL,
	    NULL, __DECONST(void *, new), len, NULL, 0));
}

static int
get_int(const char *name)
{
	size_t len = sizeof(int);
	int v;

	TK_EQ(get(name, &v, &len), 0);
	TK_EQ(len, sizeof(int));
	return (v);
}

TK_CASE(sysctl_static_nodes_are_there)
{
	char text[16];
	size_t len = sizeof(text);
	int v = 43;

	TK_EQ(get_int("hw.test.number"), 42);
	TK_EQ(set("hw.test.number", &v, sizeof(v)), 0);
	TK_EQ(static_int, 43);
	TK_EQ(get("hw.test.name", text, &len), 0);
	TK_STREQ(text, "a name");
	TK_EQ(len, sizeof("a name"));
}

TK_CASE(sysctl_errors)
{
	size_t len = 2;
	int v = 1;

	TK_EQ(get("hw.test.nothing", &v, &len), ENOENT);
	TK_EQ(get("hw.test", &v, &len), EISDIR);
	TK_EQ(get("hw.test.number", &v, &len), ENOMEM);
	TK_EQ(set("hw.test.name", "x", 1), EPERM);
	TK_EQ(set("hw.test.number", &v, 2), EINVAL);
}

TK_CASE(sysctl_size_is_told_without_a_buffer)
{
	size_t len = 0;

	TK_EQ(get("hw.test.name", NULL, &len), 0);
	TK_EQ(len, sizeof("a name"));
}

TK_CASE(sysctl_dynamic_variables_of_each_type)
{
	static bool b = true;
	static uint8_t u8 = 8;
	static int16_t s16 = -16;
	static uint32_t u32 = 32;
	static int64_t s64 = -64;
	static unsigned long ul = 99;
	static char text[8] = "text";
	counter_u64_t c = counter_u64_alloc(M_WAITOK);
	struct sysctl_oid_list *children;
	char buf[16];
	int64_t v64;
	size_t len;

	setup();
	children = SYSCTL_CHILDREN(node);
	SYSCTL_ADD_BOOL(&ctx, children, OID_AUTO, "b", CTLFLAG_RW, &b, 0, "");
	SYSCTL_ADD_U8(&ctx, children, OID_AUTO, "u8", CTLFLAG_RW, &u8, 0, "");
	SYSCTL_ADD_S16(&ctx, children, OID_AUTO, "s16", CTLFLAG_RW, &s16, 0,
	    "");
	SYSCTL_ADD_U32(&ctx, children, OID_AUTO, "u32", CTLFLAG_RW, &u32, 0,
	    "");
	SYSCTL_ADD_QUAD(&ctx, children, OID_AUTO, "s64", CTLFLAG_RW, &s64,
	    "");
	SYSCTL_ADD_ULONG(&ctx, children, OID_AUTO, "ul", CTLFLAG_RW, &ul, "");
	SYSCTL_ADD_STRING(&ctx, children, OID_AUTO, "text", CTLFLAG_RW, text,
	    sizeof(text), "");
	SYSCTL_ADD_COUNTER_U64(&ctx, children, OID_AUTO, "c", CTLFLAG_RD, &c,
	    "");
	counter_u64_add(c, 5);

	len = sizeof(v64);
	TK_EQ(get("dev.foo.s64", &v64, &len), 0);
	TK_EQ(v64, -64);
	len = sizeof(v64);
	TK_EQ(get("dev.foo.c", &v64, &len), 0);
	TK_EQ(v64, 5);
	v64 = 0;
	len = 2;
	TK_EQ(get("dev.foo.s16", &v64, &len), 0);
	TK_EQ((int16_t)v64, -16);
	TK_EQ(get_int("dev.foo.u32"), 32);
	TK_EQ(set("dev.foo.b", "\0", 1), 0);
	TK_EQ(b, false);
	TK_EQ(set("dev.foo.text", "longest", 7), 0);
	TK_EQ(set("dev.foo.text", "too long", 8), EINVAL);
	len = sizeof(buf);
	TK_EQ(get("dev.foo.text", buf, &len), 0);
	TK_STREQ(buf, "longest");
	TK_EQ(sysctl_ctx_free(&ctx), 0);
	len = sizeof(v64);
	TK_EQ(get("dev.foo.s64", &v64, &len), ENOENT);
	counter_u64_free(c);
}

static int
handler(SYSCTL_HANDLER_ARGS)
{
	int v = (int)arg2, error;

	TK_EQ(tk_locks_held(), 0);
	error = sysctl_handle_int(oidp, &v, 0, req);
	if (error == 0 && req->newptr != NULL)
		*(int *)arg1 = v;
	return (error);
}

static volatile uint64_t counted;
static volatile int counted_enough;

static void
count(void *arg)
{
	do
		counted++;
	while (atomic_load_acq_int(&counted_enough) == 0);
}

/* As a driver's counter is: without a lock.  ThreadSanitizer accepts it. */
TK_CASE_THREADED(sysctl_reads_a_variable_while_a_thread_counts)
{
	struct test_thread counter;
	uint64_t last = 0, v;
	size_t len = sizeof(v);

	setup();
	SYSCTL_ADD_U64(&ctx, SYSCTL_CHILDREN(node), OID_AUTO, "counted",
	    CTLFLAG_RD, __DEVOLATILE(uint64_t *, &counted), 0, "");
	test_thread_start(&counter, count, NULL);
	while (last < 10000) {
		TK_EQ(get("dev.foo.counted", &v, &len), 0);
		TK_CHECK(v >= last);
		last = v;
	}
	atomic_store_rel_int(&counted_enough, 1);
	test_thread_join(&counter);
	TK_EQ(sysctl_ctx_free(&ctx), 0);
}

TK_CASE(sysctl_procedure_gets_its_arguments)
{
	static int var;
	int v = 9;

	setup();
	SYSCTL_ADD_PROC(&ctx, SYSCTL_CHILDREN(node), OID_AUTO, "proc",
	    CTLTYPE_INT | CTLFLAG_RW | CTLFLAG_MPSAFE, &var, 7, handler, "I",
	    "");
	TK_EQ(get_int("dev.foo.proc"), 7);
	TK_EQ(set("dev.foo.proc", &v, sizeof(v)), 0);
	TK_EQ(var, 9);
	sysctl_ctx_free(&ctx);
}

static int
sbuf_handler(SYSCTL_HANDLER_ARGS)
{
	struct sbuf *sb = sbuf_new_for_sysctl(NULL, NULL, 8, req);
	int error;

	for (int i = 0; i < 10; i++)
		sbuf_printf(sb, "%d,", i);
	error = sbuf_finish(sb);
	sbuf_delete(sb);
	return (error);
}

TK_CASE(sysctl_sbuf_drains_into_the_request)
{
	char buf[64];
	size_t len = sizeof(buf);

	setup();
	SYSCTL_ADD_PROC(&ctx, SYSCTL_CHILDREN(node), OID_AUTO, "list",
	    CTLTYPE_STRING | CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, 0,
	    sbuf_handler, "A", "");
	TK_EQ(get("dev.foo.list", buf, &len), 0);
	TK_STREQ(buf, "0,1,2,3,4,5,6,7,8,9,");
	TK_EQ(len, 21);
	sysctl_ctx_free(&ctx);
}

static int
refuse(SYSCTL_HANDLER_ARGS)
{
	return (req->newptr == NULL ? 0 : ERANGE);
}

TK_CASE(sysctl_tunable_that_a_handler_refuses_is_reported)
{
	struct sysctl_ctx_list ctx;

	sysctl_ctx_init(&ctx);
	kern_setenv("debug.refused", "7");
	SYSCTL_ADD_PROC(&ctx, SYSCTL_STATIC_CHILDREN(_debug), OID_AUTO,
	    "refused", CTLTYPE_INT | CTLFLAG_RWTUN | CTLFLAG_MPSAFE, NULL, 0,
	    refuse, "I", "");
	TK_CHECK(strstr(tk_msgbuf(),
	    "Setting sysctl debug.refused failed: 34\n") != NULL);
	TK_EQ(sysctl_ctx_free(&ctx), 0);
}

TK_CASE(sysctl_tunables_set_variables_when_they_are_added)
{
	static int number = 1;
	static char text[8] = "old";

	setup();
	kern_setenv("dev.foo.number", "0x10");
	kern_setenv("dev.foo.text", "new");
	SYSCTL_ADD_INT(&ctx, SYSCTL_CHILDREN(node), OID_AUTO, "number",
	    CTLFLAG_RDTUN, &number, 0, "");
	SYSCTL_ADD_STRING(&ctx, SYSCTL_CHILDREN(node), OID_AUTO, "text",
	    CTLFLAG_RWTUN, text, sizeof(text), "");
	TK_EQ(number, 16);
	TK_STREQ(text, "new");
	sysctl_ctx_free(&ctx);
}

TK_CASE(sysctl_contexts_may_share_a_node)
{
	struct sysctl_ctx_list other;
	struct sysctl_oid *same;
	static int v = 5;

	setup();
	sysctl_ctx_init(&other);
	same = SYSCTL_ADD_NODE(&other, SYSCTL_STATIC_CHILDREN(_dev), OID_AUTO,
	    "foo", CTLFLAG_RD, NULL, "foo");
	TK_CHECK(same == node);
	SYSCTL_ADD_INT(&other, SYSCTL_CHILDREN(node), OID_AUTO, "v",
	    CTLFLAG_RD, &v, 0, "");
	TK_EQ(sysctl_ctx_free(&ctx), 0);
	TK_EQ(get_int("dev.foo.v"), 5);
	TK_EQ(sysctl_ctx_free(&other), 0);
}

TK_CASE(sysctl_context_with_foreign_children_stays_whole)
{
	struct sysctl_ctx_list other;
	static int v = 5;

	setup();
	sysctl_ctx_init(&other);
	SYSCTL_ADD_INT(&other, SYSCTL_CHILDREN(node), OID_AUTO, "v",
	    CTLFLAG_RD, &v, 0, "");
	TK_EQ(sysctl_ctx_free(&ctx), EBUSY);
	TK_EQ(get_int("dev.foo.v"), 5);
	TK_EQ(sysctl_ctx_free(&other), 0);
	TK_EQ(sysctl_ctx_free(&ctx), 0);
}

static bool in_handler;

static int
slow_handler(SYSCTL_HANDLER_ARGS)
{
	in_handler = true;
	pause("slow", 10);
	in_handler = false;
	return (SYSCTL_OUT(req, &arg2, sizeof(int)));
}

static void
read_slowly(void *arg)
{
	TK_EQ(get_int("dev.foo.slow"), 3);
}

TK_CASE(sysctl_removal_waits_for_the_handler)
{
	struct test_thread t;

	setup();
	SYSCTL_ADD_PROC(&ctx, SYSCTL_CHILDREN(node), OID_AUTO, "slow",
	    CTLTYPE_INT | CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, 3, slow_handler,
	    "I", "");
	test_thread_start(&t, read_slowly, NULL);
	pause("let it", 3);
	TK_CHECK(in_handler);
	TK_EQ(sysctl_ctx_free(&ctx), 0);
	TK_CHECK(!in_handler);
	test_thread_join(&t);
}

TK_CASE(sysctl_add_can_be_made_to_fail)
{
	static int v;

	setup();
	tk_fault_set("sysctl_add_oid", 1);
	TK_CHECK(SYSCTL_ADD_INT(&ctx, SYSCTL_CHILDREN(node), OID_AUTO, "v",
	    CTLFLAG_RD, &v, 0, "") == NULL);
	sysctl_ctx_free(&ctx);
}

TK_CASE(sysctl_copies_can_be_made_to_fail)
{
	static int v = 1;
	int new = 2;

	setup();
	SYSCTL_ADD_INT(&ctx, SYSCTL_CHILDREN(node), OID_AUTO, "v",
	    CTLFLAG_RW, &v, 0, "");
	tk_fault_set("SYSCTL_IN", 1);
	TK_EQ(kernel_sysctlbyname(curthread, "dev.foo.v", NULL, NULL, &new,
	    sizeof(new), NULL, 0), EFAULT);
	TK_EQ(v, 1);
	tk_fault_set("SYSCTL_OUT", 1);
	TK_EQ(get("dev.foo.v", &new, &(size_t){ sizeof(new) }), EFAULT);
	TK_EQ(get_int("dev.foo.v"), 1);
	sysctl_ctx_free(&ctx);
}

static struct mtx m;

static int
keeps_lock(SYSCTL_HANDLER_ARGS)
{
	mtx_lock(&m);
	return (0);
}

TK_CASE_DEBUG_STOPS(sysctl_handler_that_returns_with_a_lock_stops,
    "lock-held: sysctl handler returned with mutex \"kept\"")
{
	int v;
	size_t len = sizeof(v);

	mtx_init(&m, "kept", NULL, MTX_DEF);
	setup();
	SYSCTL_ADD_PROC(&ctx, SYSCTL_CHILDREN(node), OID_AUTO, "keeps",
	    CTLTYPE_INT | CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, 0, keeps_lock,
	    "I", "");
	(void)get("dev.foo.keeps", &v, &len);
}

TK_CASE_DEBUG_STOPS(sysctl_ctx_free_with_a_mutex_held_stops,
    "sleep-lock: sysctl_ctx_free() with mutex \"held\"")
{
	setup();
	mtx_init(&m, "held", NULL, MTX_DEF);
	mtx_lock(&m);
	sysctl_ctx_free(&ctx);
}

TK_CASE_UNBOOTED(sysctl_node_not_removed_is_a_leak)
{
	int before;

	tk_boot(NULL);
	before = tk_ledger_count("sysctl");	/* the kernel's own */
	setup();
	TK_EQ(tk_ledger_count("sysctl"), before + 1);
	(void)tk_shutdown();
}
