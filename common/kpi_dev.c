/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Devices: see kpi_dev.h for the contracts.
 */
#include "kpi_dev.h"

#include <sys/kernel.h>

const char *
kpi_dev_nameunit(device_t dev)
{
	return (device_get_nameunit(dev));
}

int
kpi_dev_unit(device_t dev)
{
	return (device_get_unit(dev));
}

void
kpi_dev_message(device_t dev, const char *text, size_t len)
{
	device_printf(dev, "%.*s\n", (int)len, text);
}

void
kpi_dev_notify(const char *system, const char *subsystem, const char *type,
    const char *data)
{
	devctl_notify(system, subsystem, type, data);
}

void
kpi_message(const char *text, size_t len)
{
	printf("%.*s", (int)len, text);
}

void
kpi_panic(const char *text, size_t len)
{
	panic("%.*s", (int)len, text);
}

bool
kpi_tunable_int(const char *name, int *val)
{
	return (getenv_int(name, val) != 0);
}

void
kpi_sysctl_init(struct kpi_sysctl *ks, device_t dev)
{
	sysctl_ctx_init(&ks->ks_ctx);
	ks->ks_dev = dev;
}

void
kpi_sysctl_fini(struct kpi_sysctl *ks)
{
	if (ks->ks_dev == NULL)
		return;
	sysctl_ctx_free(&ks->ks_ctx);
	ks->ks_dev = NULL;
}

static struct sysctl_oid_list *
kpi_sysctl_children(struct kpi_sysctl *ks, struct sysctl_oid *parent)
{
	if (parent == NULL)
		parent = device_get_sysctl_tree(ks->ks_dev);
	return (SYSCTL_CHILDREN(parent));
}

struct sysctl_oid *
kpi_sysctl_node(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr)
{
	return (SYSCTL_ADD_NODE(&ks->ks_ctx, kpi_sysctl_children(ks, parent),
	    OID_AUTO, name, CTLFLAG_RD | CTLFLAG_MPSAFE, NULL, descr));
}

int
kpi_sysctl_u64(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, const uint64_t *val)
{
	/* CTLFLAG_RD: sysctl(9) only reads through the pointer. */
	return (SYSCTL_ADD_U64(&ks->ks_ctx, kpi_sysctl_children(ks, parent),
	    OID_AUTO, name, CTLFLAG_RD | CTLFLAG_MPSAFE,
	    __DECONST(uint64_t *, val), 0, descr) == NULL ? ENOMEM : 0);
}

int
kpi_sysctl_u32_rw(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, uint32_t *val)
{
	return (SYSCTL_ADD_U32(&ks->ks_ctx, kpi_sysctl_children(ks, parent),
	    OID_AUTO, name, CTLFLAG_RWTUN | CTLFLAG_MPSAFE, val, 0, descr) ==
	    NULL ? ENOMEM : 0);
}
