/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sysctl(9): the tree, contexts, the handlers of plain variables, tunables,
 * and access by name as a program has it.
 *
 * One sx lock guards the tree.  It is not held while a handler runs.  Removing
 * a node waits for the handlers inside it.  Left out: access by number, the
 * nodes that describe the tree, security levels.
 */

#include "tk_var.h"

#include <sys/counter.h>
#include <sys/sbuf.h>
#include <sys/sx.h>
#include <sys/sysctl.h>

#define	NAME_MAX_LEN	256		/* of a full name */

static MALLOC_DEFINE(M_SYSCTLOID, "sysctloid", "sysctl dynamic oids");

SET_DECLARE(sysctl_set, struct sysctl_oid);

/* A dynamic node, for the ledger. */
struct dynamic_oid {
	struct sysctl_oid oid;
	struct tk_where	 where;
	LIST_ENTRY(dynamic_oid) link;
};

struct sysctl_oid_list sysctl__children =
    LIST_HEAD_INITIALIZER(sysctl__children);
static LIST_HEAD(, dynamic_oid) dynamic = LIST_HEAD_INITIALIZER(dynamic);
static int next_number;

static struct sx sysctl_sx;
SX_SYSINIT_FLAGS(sysctl, &sysctl_sx, "sysctl lock", SX_RECURSE);

SYSCTL_ROOT_NODE(OID_AUTO, kern, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "High kernel, proc, limits &c");
SYSCTL_ROOT_NODE(OID_AUTO, sysctl, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Sysctl internal magic");
SYSCTL_ROOT_NODE(OID_AUTO, vm, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Virtual memory");
SYSCTL_ROOT_NODE(OID_AUTO, net, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Network, (see socket.h)");
SYSCTL_ROOT_NODE(OID_AUTO, debug, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Debugging");
SYSCTL_ROOT_NODE(OID_AUTO, dev, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Device drivers");
SYSCTL_ROOT_NODE(OID_AUTO, hw, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "hardware");
SYSCTL_NODE(_hw, OID_AUTO, bus, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL, NULL);
SYSCTL_ROOT_NODE(OID_AUTO, machdep, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "machine dependent");
SYSCTL_ROOT_NODE(OID_AUTO, security, CTLFLAG_RW | CTLFLAG_MPSAFE, NULL,
    "Security");

/*
 * The tree.
 */
static struct sysctl_oid *
find_child(const struct sysctl_oid_list *list, const char *name, size_t len)
{
	struct sysctl_oid *oid;

	LIST_FOREACH(oid, list, oid_link) {
		size_t n = 0;

		while (n < len && oid->oid_name[n] == name[n] &&
		    name[n] != '\0')
			n++;
		if (n == len && oid->oid_name[n] == '\0')
			return (oid);
	}
	return (NULL);
}

static struct sysctl_oid *
find_by_name(const char *name)
{
	const struct sysctl_oid_list *list = &sysctl__children;
	struct sysctl_oid *oid = NULL;
	size_t len;

	while (*name != '\0') {
		len = strcspn(name, ".");
		if (len == 0 || (oid = find_child(list, name, len)) == NULL)
			return (NULL);
		name += len;
		if (*name == '.')
			name++;
		list = &oid->oid_children;
	}
	return (oid);
}

/* "dev.foo.0.bar", from the root. */
static void
full_name(struct sysctl_oid *oid, char *buf, size_t size)
{
	struct sysctl_oid *parent = SYSCTL_PARENT(oid);

	buf[0] = '\0';
	if (parent != NULL) {
		full_name(parent, buf, size);
		strlcat(buf, ".", size);
	}
	strlcat(buf, oid->oid_name, size);
}

/*
 * Sorted by number.  Automatic numbers count up, so the newest is the highest.
 */
static void
insert(struct sysctl_oid *oid)
{
	struct sysctl_oid *prev = NULL, *p;

	if (oid->oid_number == OID_AUTO || oid->oid_number >= CTL_AUTO_START)
		oid->oid_number = next_number++;
	LIST_FOREACH(p, oid->oid_parent, oid_link) {
		if (p->oid_number > oid->oid_number)
			break;
		prev = p;
	}
	if (prev == NULL)
		LIST_INSERT_HEAD(oid->oid_parent, oid, oid_link);
	else
		LIST_INSERT_AFTER(prev, oid, oid_link);
}

/*
 * Tunables: a variable that has one is set from the kernel environment.
 */
static size_t
type_size(u_int kind)
{
	switch (kind & CTLTYPE) {
	case CTLTYPE_S8:
	case CTLTYPE_U8:
		return (1);
	case CTLTYPE_S16:
	case CTLTYPE_U16:
		return (2);
	case CTLTYPE_INT:
	case CTLTYPE_UINT:
	case CTLTYPE_S32:
	case CTLTYPE_U32:
		return (4);
	case CTLTYPE_LONG:
	case CTLTYPE_ULONG:
	case CTLTYPE_S64:
	case CTLTYPE_U64:
		return (8);
	default:
		return (0);
	}
}

static int	access_oid(struct sysctl_oid *, struct sysctl_req *);
static int	old_kernel(struct sysctl_req *, const void *, size_t);
static int	new_kernel(struct sysctl_req *, void *, size_t);

/* The handler runs without the lock, which the caller has. */
static void
set_from_tunable(struct sysctl_oid *oid, const char *name, const void *value,
    size_t size)
{
	struct sysctl_req req = {
		.td = curthread, .newptr = value, .newlen = size,
		.oldfunc = old_kernel, .newfunc = new_kernel
	};
	int error;

	oid->oid_running++;
	sx_xunlock(&sysctl_sx);
	error = oid->oid_handler(oid, oid->oid_arg1, oid->oid_arg2, &req);
	sx_xlock(&sysctl_sx);
	if (--oid->oid_running == 0)
		wakeup(&oid->oid_running);
	if (error != 0)
		printf("Setting sysctl %s failed: %d\n", name, error);
}

static void
fetch_tunable(struct sysctl_oid *oid)
{
	char name[NAME_MAX_LEN], text[NAME_MAX_LEN];
	quad_t value;

	if ((oid->oid_kind & CTLFLAG_TUN) == 0 ||
	    (oid->oid_kind & CTLFLAG_NOFETCH) != 0 ||
	    oid->oid_handler == NULL)
		return;
	full_name(oid, name, sizeof(name));
	if ((oid->oid_kind & CTLTYPE) == CTLTYPE_STRING) {
		if (getenv_string(name, text, sizeof(text)))
			set_from_tunable(oid, name, text, strlen(text));
	} else if (type_size(oid->oid_kind) != 0 && getenv_quad(name, &value)) {
		/* Little endian: the value's low bytes come first. */
		set_from_tunable(oid, name, &value,
		    type_size(oid->oid_kind));
	}
}

/*
 * Registration.
 */
static void
register_locked(struct sysctl_oid *oid)
{
	struct sysctl_oid *old;

	old = find_child(oid->oid_parent, oid->oid_name,
	    strlen(oid->oid_name));
	if (old != NULL) {
		if ((old->oid_kind & CTLTYPE) == CTLTYPE_NODE) {
			old->oid_refcnt++;
			return;
		}
		tk_stop("sysctl", "sysctl node \"%s\" registered twice",
		    oid->oid_name);
	}
	insert(oid);
	fetch_tunable(oid);
}

void
sysctl_register_oid(struct sysctl_oid *oid)
{
	sx_xlock(&sysctl_sx);
	register_locked(oid);
	sx_xunlock(&sysctl_sx);
}

static void
unregister_locked(struct sysctl_oid *oid)
{
	LIST_REMOVE(oid, oid_link);
}

void
sysctl_unregister_oid(struct sysctl_oid *oid)
{
	sx_xlock(&sysctl_sx);
	unregister_locked(oid);
	sx_xunlock(&sysctl_sx);
}

struct sysctl_oid *
sysctl_add_oid(struct sysctl_ctx_list *clist, struct sysctl_oid_list *parent,
    int number, const char *name, int kind, void *arg1, intmax_t arg2,
    int (*handler)(SYSCTL_HANDLER_ARGS), const char *fmt, const char *descr,
    const char *label)
{
	struct dynamic_oid *d;
	struct sysctl_oid *oid;

	tk_may_sleep(NULL, "sysctl_add_oid()");
	if (parent == NULL || tk_fault("sysctl_add_oid"))
		return (NULL);
	sx_xlock(&sysctl_sx);
	oid = find_child(parent, name, strlen(name));
	if (oid != NULL) {
		if ((oid->oid_kind & CTLTYPE) != CTLTYPE_NODE) {
			sx_xunlock(&sysctl_sx);
			printf("can't re-use a leaf (%s)!\n", name);
			return (NULL);
		}
		oid->oid_refcnt++;
		if (clist != NULL)
			(void)sysctl_ctx_entry_add(clist, oid);
		sx_xunlock(&sysctl_sx);
		return (oid);
	}
	d = malloc(sizeof(*d), M_SYSCTLOID, M_WAITOK | M_ZERO);
	tk_where(&d->where);
	oid = &d->oid;
	LIST_INIT(&oid->oid_children);
	oid->oid_number = number;
	oid->oid_parent = parent;
	oid->oid_refcnt = 1;
	oid->oid_name = strdup(name, M_SYSCTLOID);
	oid->oid_handler = handler;
	oid->oid_kind = CTLFLAG_DYN | kind;
	oid->oid_arg1 = arg1;
	oid->oid_arg2 = arg2;
	oid->oid_fmt = strdup(fmt == NULL ? "" : fmt, M_SYSCTLOID);
	oid->oid_descr = descr == NULL ? NULL : strdup(descr, M_SYSCTLOID);
	oid->oid_label = label == NULL ? NULL : strdup(label, M_SYSCTLOID);
	LIST_INSERT_HEAD(&dynamic, d, link);
	if (clist != NULL)
		(void)sysctl_ctx_entry_add(clist, oid);
	register_locked(oid);
	sx_xunlock(&sysctl_sx);
	return (oid);
}

static void
free_oid(struct sysctl_oid *oid)
{
	struct dynamic_oid *d = __containerof(oid, struct dynamic_oid, oid);

	LIST_REMOVE(d, link);
	free(__DECONST(char *, oid->oid_name), M_SYSCTLOID);
	free(__DECONST(char *, oid->oid_fmt), M_SYSCTLOID);
	free(__DECONST(char *, oid->oid_descr), M_SYSCTLOID);
	free(__DECONST(char *, oid->oid_label), M_SYSCTLOID);
	free(d, M_SYSCTLOID);
}

/* Wait for the handlers inside.  The lock is released meanwhile. */
static void
wait_for_handlers(struct sysctl_oid *oid)
{
	oid->oid_kind |= CTLFLAG_DYING;
	while (oid->oid_running > 0)
		(void)sx_sleep(&oid->oid_running, &sysctl_sx, 0, "oidrm", 0);
}

static int
remove_locked(struct sysctl_oid *oid, int del, int recurse)
{
	struct sysctl_oid *child, *tmp;
	int error;

	if ((oid->oid_kind & CTLFLAG_DYN) == 0) {
		printf("Warning: can't remove non-dynamic nodes (%s)!\n",
		    oid->oid_name);
		return (EINVAL);
	}
	if ((oid->oid_kind & CTLTYPE) == CTLTYPE_NODE &&
	    oid->oid_refcnt == 1) {
		LIST_FOREACH_SAFE(child, &oid->oid_children, oid_link, tmp) {
			if (!recurse)
				return (ENOTEMPTY);
			if ((error = remove_locked(child, del, recurse)) != 0)
				return (error);
		}
	}
	if (oid->oid_refcnt > 1) {
		oid->oid_refcnt--;
		return (0);
	}
	if (oid->oid_refcnt == 0)
		return (EINVAL);
	/*
	 * Without `del' the node is only taken out of the tree, not freed, to
	 * see whether it could be removed.
	 */
	oid->oid_refcnt = 0;
	unregister_locked(oid);
	if (del) {
		wait_for_handlers(oid);
		free_oid(oid);
	}
	return (0);
}

int
sysctl_remove_oid(struct sysctl_oid *oid, int del, int recurse)
{
	int error;

	tk_may_sleep(NULL, "sysctl_remove_oid()");
	sx_xlock(&sysctl_sx);
	error = remove_locked(oid, del, recurse);
	sx_xunlock(&sysctl_sx);
	return (error);
}

int
sysctl_remove_name(struct sysctl_oid *parent, const char *name, int del,
    int recurse)
{
	struct sysctl_oid *oid;
	int error = ENOENT;

	sx_xlock(&sysctl_sx);
	if ((oid = find_child(&parent->oid_children, name,
	    strlen(name))) != NULL)
		error = remove_locked(oid, del, recurse);
	sx_xunlock(&sysctl_sx);
	return (error);
}

void
sysctl_rename_oid(struct sysctl_oid *oid, const char *name)
{
	char *new = strdup(name, M_SYSCTLOID), *old;

	sx_xlock(&sysctl_sx);
	old = __DECONST(char *, oid->oid_name);
	oid->oid_name = new;
	sx_xunlock(&sysctl_sx);
	free(old, M_SYSCTLOID);
}

/*
 * Contexts: lists of what to remove together.
 */
int
sysctl_ctx_init(struct sysctl_ctx_list *clist)
{
	if (clist == NULL)
		return (EINVAL);
	TAILQ_INIT(clist);
	return (0);
}

struct sysctl_ctx_entry *
sysctl_ctx_entry_add(struct sysctl_ctx_list *clist, struct sysctl_oid *oid)
{
	struct sysctl_ctx_entry *e;

	if (clist == NULL || oid == NULL)
		return (NULL);
	e = malloc(sizeof(*e), M_SYSCTLOID, M_WAITOK);
	e->entry = oid;
	TAILQ_INSERT_HEAD(clist, e, link);
	return (e);
}

struct sysctl_ctx_entry *
sysctl_ctx_entry_find(struct sysctl_ctx_list *clist, struct sysctl_oid *oid)
{
	struct sysctl_ctx_entry *e;

	if (clist == NULL || oid == NULL)
		return (NULL);
	TAILQ_FOREACH(e, clist, link) {
		if (e->entry == oid)
			return (e);
	}
	return (NULL);
}

int
sysctl_ctx_entry_del(struct sysctl_ctx_list *clist, struct sysctl_oid *oid)
{
	struct sysctl_ctx_entry *e = sysctl_ctx_entry_find(clist, oid);

	if (e == NULL)
		return (ENOENT);
	TAILQ_REMOVE(clist, e, link);
	free(e, M_SYSCTLOID);
	return (0);
}

/*
 * Remove all nodes of a context, the newest first.  If one cannot be removed,
 * because another context has nodes below it, all stay.
 */
int
sysctl_ctx_free(struct sysctl_ctx_list *clist)
{
	struct sysctl_ctx_entry *e, *done = NULL;
	int error = 0;

	tk_may_sleep(NULL, "sysctl_ctx_free()");
	sx_xlock(&sysctl_sx);
	/*
	 * First see whether all can be removed: take them out, and put them
	 * back.
	 */
	TAILQ_FOREACH(e, clist, link) {
		if ((error = remove_locked(e->entry, 0, 0)) != 0)
			break;
		done = e;
	}
	for (e = done; e != NULL; e = TAILQ_PREV(e, sysctl_ctx_list, link)) {
		if (e->entry->oid_refcnt++ == 0)
			insert(e->entry);
	}
	while (error == 0 && (e = TAILQ_FIRST(clist)) != NULL) {
		TAILQ_REMOVE(clist, e, link);
		error = remove_locked(e->entry, 1, 0);
		free(e, M_SYSCTLOID);
	}
	sx_xunlock(&sysctl_sx);
	return (error == 0 ? 0 : EBUSY);
}

/*
 * Handlers.
 */

union plain_value { uint8_t u8; uint16_t u16; uint32_t u32; uint64_t u64; };

/*
 * Read a plain variable.  FreeBSD does it in one load and without a lock, while
 * a driver may be counting.  So ThreadSanitizer is not to report it.
 */
static __nosanitizethread union plain_value
load_value(const void *var, size_t size)
{
	union plain_value v = { .u64 = 0 };

	switch (size) {
	case 1:
		v.u8 = *(const uint8_t *)var;
		break;
	case 2:
		v.u16 = *(const uint16_t *)var;
		break;
	case 4:
		v.u32 = *(const uint32_t *)var;
		break;
	default:
		v.u64 = *(const uint64_t *)var;
		break;
	}
	return (v);
}

/* Copy a plain variable out, and in if there is a new value. */
static int
handle_value(struct sysctl_req *req, void *arg1, intmax_t arg2, size_t size)
{
	union plain_value v = { .u64 = (uint64_t)arg2 };
	int error;

	if (arg1 != NULL)
		v = load_value(arg1, size);
	error = SYSCTL_OUT(req, &v, size);
	if (error != 0 || req->newptr == NULL)
		return (error);
	if (arg1 == NULL)
		return (EPERM);
	return (SYSCTL_IN(req, arg1, size));
}

int
sysctl_handle_8(SYSCTL_HANDLER_ARGS)
{
	return (handle_value(req, arg1, arg2, 1));
}

int
sysctl_handle_16(SYSCTL_HANDLER_ARGS)
{
	return (handle_value(req, arg1, arg2, 2));
}

int
sysctl_handle_32(SYSCTL_HANDLER_ARGS)
{
	return (handle_value(req, arg1, arg2, 4));
}

int
sysctl_handle_64(SYSCTL_HANDLER_ARGS)
{
	return (handle_value(req, arg1, arg2, 8));
}

int
sysctl_handle_int(SYSCTL_HANDLER_ARGS)
{
	return (handle_value(req, arg1, arg2, sizeof(int)));
}

int
sysctl_handle_long(SYSCTL_HANDLER_ARGS)
{
	return (handle_value(req, arg1, arg2, sizeof(long)));
}

int
sysctl_handle_bool(SYSCTL_HANDLER_ARGS)
{
	uint8_t v = arg1 != NULL ? *(bool *)arg1 : arg2 != 0;
	int error;

	error = SYSCTL_OUT(req, &v, sizeof(v));
	if (error != 0 || req->newptr == NULL)
		return (error);
	if (arg1 == NULL)
		return (EPERM);
	if ((error = SYSCTL_IN(req, &v, sizeof(v))) == 0)
		*(bool *)arg1 = v != 0;
	return (error);
}

/* arg2 is the buffer's size, 0 for a constant string. */
int
sysctl_handle_string(SYSCTL_HANDLER_ARGS)
{
	char *s = arg1;
	size_t len;
	int error;

	if (s == NULL)
		s = __DECONST(char *, "");
	len = arg2 == 0 ? strlen(s) : strnlen(s, arg2);
	error = SYSCTL_OUT(req, s, len);
	if (error == 0)
		error = SYSCTL_OUT(req, "", 1);
	if (error != 0 || req->newptr == NULL)
		return (error);
	len = req->newlen - req->newidx;
	if (arg1 == NULL || arg2 == 0 || len >= (size_t)arg2)
		return (EINVAL);
	if ((error = SYSCTL_IN(req, arg1, len)) == 0)
		((char *)arg1)[len] = '\0';
	return (error);
}

int
sysctl_handle_opaque(SYSCTL_HANDLER_ARGS)
{
	int error = SYSCTL_OUT(req, arg1, arg2);

	if (error != 0 || req->newptr == NULL)
		return (error);
	return (SYSCTL_IN(req, arg1, arg2));
}

/* Writing anything clears the counter. */
int
sysctl_handle_counter_u64(SYSCTL_HANDLER_ARGS)
{
	counter_u64_t c = *(counter_u64_t *)arg1;
	uint64_t v = counter_u64_fetch(c);
	int error = SYSCTL_OUT(req, &v, sizeof(v));

	if (error == 0 && req->newptr != NULL)
		counter_u64_zero(c);
	return (error);
}

int
sysctl_msec_to_ticks(SYSCTL_HANDLER_ARGS)
{
	int error, ms;

	ms = (int)((int64_t)*(int *)arg1 * 1000 / hz);
	error = sysctl_handle_int(oidp, &ms, 0, req);
	if (error == 0 && req->newptr != NULL)
		*(int *)arg1 = (int)((int64_t)ms * hz / 1000);
	return (error);
}

int
sysctl_msec_to_sbintime(SYSCTL_HANDLER_ARGS)
{
	int64_t ms = sbttoms(*(sbintime_t *)arg1);
	int error = sysctl_handle_64(oidp, &ms, 0, req);

	if (error == 0 && req->newptr != NULL)
		*(sbintime_t *)arg1 = mstosbt(ms);
	return (error);
}

int
sysctl_usec_to_sbintime(SYSCTL_HANDLER_ARGS)
{
	int64_t us = sbttous(*(sbintime_t *)arg1);
	int error = sysctl_handle_64(oidp, &us, 0, req);

	if (error == 0 && req->newptr != NULL)
		*(sbintime_t *)arg1 = ustosbt(us);
	return (error);
}

int
sysctl_wire_old_buffer(struct sysctl_req *req, size_t len)
{
	return (0);
}

static int
sbuf_sysctl_drain(void *arg, const char *data, int len)
{
	struct sysctl_req *req = arg;
	int error = SYSCTL_OUT(req, data, len);

	return (error == 0 ? len : -error);
}

struct sbuf *
sbuf_new_for_sysctl(struct sbuf *s, char *buf, int length,
    struct sysctl_req *req)
{
	if (buf == NULL && length == 0)
		length = 64;
	s = sbuf_new(s, buf, length, SBUF_FIXEDLEN | SBUF_INCLUDENUL);
	if (s != NULL)
		sbuf_set_drain(s, sbuf_sysctl_drain, req);
	return (s);
}

/*
 * Access by name.
 */
static int
old_kernel(struct sysctl_req *req, const void *p, size_t len)
{
	size_t room = 0;

	if (req->oldptr != NULL) {
		if (req->oldidx < req->oldlen)
			room = MIN(len, req->oldlen - req->oldidx);
		memcpy((char *)req->oldptr + req->oldidx, p, room);
	}
	req->oldidx += len;
	return (req->oldptr != NULL && room < len ? ENOMEM : 0);
}

static int
new_kernel(struct sysctl_req *req, void *p, size_t len)
{
	if (req->newptr == NULL)
		return (0);
	if (req->newlen - req->newidx < len)
		return (EINVAL);
	memcpy(p, (const char *)req->newptr + req->newidx, len);
	req->newidx += len;
	return (0);
}

/* In tests a program asks by name, and its memory may be gone. */
static int
old_user(struct sysctl_req *req, const void *p, size_t len)
{
	if (req->oldptr != NULL && tk_fault("SYSCTL_OUT"))
		return (EFAULT);
	return (old_kernel(req, p, len));
}

static int
new_user(struct sysctl_req *req, void *p, size_t len)
{
	if (req->newptr != NULL && tk_fault("SYSCTL_IN"))
		return (EFAULT);
	return (new_kernel(req, p, len));
}

static int
check_access(const struct sysctl_oid *oid, const struct sysctl_req *req)
{
	if (oid == NULL || (oid->oid_kind & CTLFLAG_DYING) != 0)
		return (ENOENT);
	if ((oid->oid_kind & CTLTYPE) == CTLTYPE_NODE &&
	    oid->oid_handler == NULL)
		return (EISDIR);
	if (req->newptr != NULL && (oid->oid_kind & CTLFLAG_WR) == 0)
		return (EPERM);
	if (oid->oid_handler == NULL)
		return (EINVAL);
	return (0);
}

/* Entered and left with the tree locked.  The handler runs unlocked. */
static int
access_oid(struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct tk_ctx_mark mark;
	bool giant = (oid->oid_kind & CTLFLAG_MPSAFE) == 0;
	int error;

	oid->oid_running++;
	sx_xunlock(&sysctl_sx);
	if (giant)
		mtx_lock(&Giant);
	tk_ctx_enter(&mark, TK_CTX_THREAD);
	mark.handler = (const void *)oid->oid_handler;
	error = oid->oid_handler(oid, oid->oid_arg1, oid->oid_arg2, req);
	tk_ctx_leave(&mark, "sysctl handler");
	if (giant)
		mtx_unlock(&Giant);
	sx_xlock(&sysctl_sx);
	if (--oid->oid_running == 0 && (oid->oid_kind & CTLFLAG_DYING) != 0)
		wakeup(&oid->oid_running);
	return (error);
}

int
kernel_sysctlbyname(struct thread *td, char *name, void *old,
    size_t *oldlenp, void *new, size_t newlen, size_t *retval, int flags)
{
	struct sysctl_req req = {
		.td = td, .lock = REQ_UNWIRED, .flags = flags, .oldptr = old,
		.oldlen = oldlenp == NULL ? 0 : *oldlenp,
		.newptr = new, .newlen = newlen,
		.oldfunc = old_user, .newfunc = new_user
	};
	struct sysctl_oid *oid;
	int error;

	tk_may_sleep(NULL, "sysctl");
	req.validlen = req.oldlen;
	sx_xlock(&sysctl_sx);
	oid = find_by_name(name);
	if ((error = check_access(oid, &req)) == 0)
		error = access_oid(oid, &req);
	sx_xunlock(&sysctl_sx);
	if (error != 0 && error != ENOMEM)
		return (error);
	if (retval != NULL)
		*retval = req.oldptr != NULL && req.oldidx > req.validlen ?
		    req.validlen : req.oldidx;
	if (oldlenp != NULL)
		*oldlenp = req.oldptr != NULL && req.oldidx > req.validlen ?
		    req.validlen : req.oldidx;
	return (error);
}

/*
 * Boot, shutdown, ledger.
 */
static void
register_static(void *arg __unused)
{
	struct sysctl_oid **oidp;

	next_number = CTL_AUTO_START;
	sx_xlock(&sysctl_sx);
	SET_FOREACH(oidp, sysctl_set) {
		(*oidp)->oid_refcnt = 1;
		register_locked(*oidp);
	}
	sx_xunlock(&sysctl_sx);
}
SYSINIT(sysctl, SI_SUB_LOCK, SI_ORDER_ANY, register_static, NULL);

static void
unregister_static(void *arg __unused)
{
	struct sysctl_oid **oidp;

	sx_xlock(&sysctl_sx);
	SET_FOREACH(oidp, sysctl_set)
		unregister_locked(*oidp);
	sx_xunlock(&sysctl_sx);
}
SYSUNINIT(sysctl, SI_SUB_LOCK, SI_ORDER_ANY, unregister_static, NULL);

static int
sysctl_report(bool print)
{
	struct dynamic_oid *d;
	int n = 0;

	LIST_FOREACH(d, &dynamic, link) {
		n++;
		if (print)
			tk_leak(&d->where, "sysctl node \"%s\" not removed",
			    d->oid.oid_name);
	}
	return (n);
}

static void
sysctl_boot(void)
{
	LIST_INIT(&dynamic);
	tk_ledger("sysctl", sysctl_report);
}
TK_INIT_PRIO(sysctl_boot, 1);
