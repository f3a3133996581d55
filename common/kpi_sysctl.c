/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sysctl(9) nodes: see kpi_sysctl.h for the contracts.
 */
#include "kpi_sysctl.h"

#include <sys/malloc.h>

/* A node that has functions. */
struct kpi_sysctl_node {
	struct kpi_sysctl_type		 ksn_type;
	const struct kpi_sysctl_ops	*ksn_ops;
	void				*ksn_arg;
	uint32_t			 ksn_which;
	struct kpi_sysctl_node		*ksn_next; /* in kpi_sysctl_fini() */
};

static int	kpi_sysctl_access(SYSCTL_HANDLER_ARGS);

void
kpi_sysctl_init(struct kpi_sysctl *ks, device_t dev)
{
	kpi_sysctl_init_root(ks, device_get_sysctl_tree(dev));
}

void
kpi_sysctl_init_root(struct kpi_sysctl *ks, struct sysctl_oid *root)
{
	KPI_SLEEPABLE();
	sysctl_ctx_init(&ks->ks_ctx);
	ks->ks_root = root;
	ks->ks_ready = true;
}

void
kpi_sysctl_fini(struct kpi_sysctl *ks)
{
	struct kpi_sysctl_node *nodes = NULL, *node;
	const struct sysctl_ctx_entry *e;

	if (!ks->ks_ready)
		return;
	/* They are read until the context is freed, and it forgets them. */
	TAILQ_FOREACH(e, &ks->ks_ctx, link) {
		if (e->entry->oid_handler != kpi_sysctl_access)
			continue;
		node = e->entry->oid_arg1;
		node->ksn_next = nodes;
		nodes = node;
	}
	sysctl_ctx_free(&ks->ks_ctx);
	while ((node = nodes) != NULL) {
		nodes = node->ksn_next;
		free(node, M_DEVBUF);
	}
	ks->ks_ready = false;
}

static struct sysctl_oid_list *
kpi_sysctl_children(struct kpi_sysctl *ks, struct sysctl_oid *parent)
{
	if (parent == NULL)
		parent = ks->ks_root;
	/* A device may have none; then nothing can be added below it. */
	return (parent == NULL ? NULL : SYSCTL_CHILDREN(parent));
}

/*
 * What sysctl_add_oid() has added.  If there is a node of that name, it returns
 * that, whatever it was to add, and the context has a share of it.  NULL: it
 * cannot be used.  sysctl_ctx_free() removes nothing of a context that has a
 * node that C declares.
 */
static struct sysctl_oid *
kpi_sysctl_added(struct kpi_sysctl *ks, struct sysctl_oid *oid, bool node)
{
	if (oid == NULL)
		return (NULL);
	if ((oid->oid_kind & CTLFLAG_DYN) == 0) {
		(void)sysctl_ctx_entry_del(&ks->ks_ctx, oid);
		return (NULL);
	}
	return (((oid->oid_kind & CTLTYPE) == CTLTYPE_NODE) == node ? oid :
	    NULL);
}

struct sysctl_oid *
kpi_sysctl_node(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr)
{
	return (kpi_sysctl_added(ks, SYSCTL_ADD_NODE(&ks->ks_ctx,
	    kpi_sysctl_children(ks, parent), OID_AUTO, name,
	    CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, descr), true));
}

int
kpi_sysctl_u64(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, const uint64_t *val)
{
	struct sysctl_oid *oid;

	/* CTLFLAG_RD: sysctl(9) only reads through the pointer. */
	oid = SYSCTL_ADD_U64(&ks->ks_ctx, kpi_sysctl_children(ks, parent),
	    OID_AUTO, name, CTLFLAG_RD | CTLFLAG_MPSAFE,
	    __DECONST(uint64_t *, val), 0, descr);
	return (kpi_sysctl_added(ks, oid, false) == NULL ? ENOMEM : 0);
}

int
kpi_sysctl_u32_rw(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, uint32_t *val)
{
	struct sysctl_oid *oid;

	oid = SYSCTL_ADD_U32(&ks->ks_ctx, kpi_sysctl_children(ks, parent),
	    OID_AUTO, name, CTLFLAG_RWTUN | CTLFLAG_MPSAFE, val, 0, descr);
	return (kpi_sysctl_added(ks, oid, false) == NULL ? ENOMEM : 0);
}

int
kpi_sysctl_u32_tun(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, uint32_t *val)
{
	struct sysctl_oid *oid;

	oid = SYSCTL_ADD_U32(&ks->ks_ctx, kpi_sysctl_children(ks, parent),
	    OID_AUTO, name, CTLFLAG_RDTUN | CTLFLAG_MPSAFE, val, 0, descr);
	return (kpi_sysctl_added(ks, oid, false) == NULL ? ENOMEM : 0);
}

static int
kpi_sysctl_set(const struct kpi_sysctl_node *n, char *buf,
    struct sysctl_req *req)
{
	size_t len = req->newlen - req->newidx;
	int error;

	if (len > n->ksn_type.kst_size)
		return (EINVAL);
	error = SYSCTL_IN(req, buf, len);
	if (error != 0)
		return (error);
	return (n->ksn_ops->kso_set(n->ksn_arg, n->ksn_which, buf, len));
}

static int
kpi_sysctl_access(SYSCTL_HANDLER_ARGS)
{
	const struct kpi_sysctl_node *n = arg1;
	const struct kpi_sysctl_type *type = &n->ksn_type;
	size_t len = type->kst_size;
	char *buf;
	int error;

	/* A program that asks for the size alone need not wait for a number. */
	if (type->kst_kind == KPI_SYSCTL_INT && len == sizeof(int) &&
	    req->oldptr == NULL && req->newptr == NULL)
		return (SYSCTL_OUT(req, NULL, len));
	/* One more: a text gets its NUL. */
	buf = malloc(type->kst_size + 1, M_DEVBUF, M_WAITOK | M_ZERO);
	error = n->ksn_ops->kso_get(n->ksn_arg, n->ksn_which, buf, &len);
	if (error == 0) {
		len = MIN(len, type->kst_size);
		if (type->kst_kind == KPI_SYSCTL_CHAR)
			buf[len++] = '\0';
		error = SYSCTL_OUT(req, buf, len);
	}
	if (error == 0 && req->newptr != NULL)
		error = kpi_sysctl_set(n, buf, req);
	free(buf, M_DEVBUF);
	return (error);
}

int
kpi_sysctl_value(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, const struct kpi_sysctl_type *type,
    const struct kpi_sysctl_ops *ops, void *arg, uint32_t which)
{
	static const struct {
		int		 type;
		const char	*format;
	} kinds[] = {
		[KPI_SYSCTL_INT] = { CTLTYPE_INT, "I" },
		[KPI_SYSCTL_S64] = { CTLTYPE_S64, "Q" },
		[KPI_SYSCTL_U8] = { CTLTYPE_U8, "CU" },
		[KPI_SYSCTL_U32] = { CTLTYPE_U32, "IU" },
		[KPI_SYSCTL_CHAR] = { CTLTYPE_STRING, "A" },
	};
	struct kpi_sysctl_node *n;
	struct sysctl_oid *oid;
	int kind;

	if (type->kst_size == 0 || type->kst_size > KPI_SYSCTL_MAX ||
	    (u_int)type->kst_kind >= nitems(kinds) ||
	    (type->kst_tun && ops->kso_set == NULL))
		return (EINVAL);
	n = malloc(sizeof(*n), M_DEVBUF, M_WAITOK | M_ZERO);
	n->ksn_type = *type;
	if (n->ksn_type.kst_format == NULL)
		n->ksn_type.kst_format = kinds[type->kst_kind].format;
	n->ksn_ops = ops;
	n->ksn_arg = arg;
	n->ksn_which = which;
	kind = kinds[type->kst_kind].type | CTLFLAG_MPSAFE |
	    (ops->kso_set == NULL ? CTLFLAG_RD : CTLFLAG_RW) |
	    (type->kst_tun ? CTLFLAG_TUN : 0);
	/* SYSCTL_ADD_PROC() wants the access to be a constant. */
	oid = sysctl_add_oid(&ks->ks_ctx, kpi_sysctl_children(ks, parent),
	    OID_AUTO, name, kind, n, 0, kpi_sysctl_access,
	    n->ksn_type.kst_format, __DESCR(descr), NULL);
	if (kpi_sysctl_added(ks, oid, false) == NULL) {
		free(n, M_DEVBUF);
		return (ENOMEM);
	}
	return (0);
}
