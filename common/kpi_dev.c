/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Devices: see kpi_dev.h for the contracts.
 */
#include "kpi_dev.h"

#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/syslog.h>
#include <machine/atomic.h>

/* A node with functions behind it: one of the tables is there. */
struct kpi_sysctl_value {
	const struct kpi_sysctl_int_ops	*ksv_int;
	const struct kpi_sysctl_text_ops *ksv_text;
	const struct kpi_sysctl_array_ops *ksv_array;
	enum kpi_sysctl_kind		 ksv_kind;	/* of an array ... */
	size_t				 ksv_size;	/* ... its bytes */
	void				*ksv_arg;
	uint32_t			 ksv_which;
	uintptr_t			 ksv_next;
};

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

static struct mtx kpi_dev_mtx;
static struct kpi_dev_record *kpi_dev_free;	/* under the mutex */
MTX_SYSINIT(kpi_dev, &kpi_dev_mtx, "kpi devices", MTX_DEF);

struct kpi_dev_record *
kpi_dev_record_get(device_t dev)
{
	struct kpi_dev_record *rec;

	KPI_SLEEPABLE();
	mtx_lock(&kpi_dev_mtx);
	rec = kpi_dev_free;
	if (rec != NULL)
		kpi_dev_free = rec->kdr_next;
	mtx_unlock(&kpi_dev_mtx);
	if (rec == NULL)
		rec = malloc(sizeof(*rec), M_DEVBUF, M_WAITOK | M_ZERO);
	rec->kdr_dev = dev;
	return (rec);
}

void
kpi_dev_record_put(struct kpi_dev_record *rec)
{
	mtx_lock(&kpi_dev_mtx);
	rec->kdr_next = kpi_dev_free;
	kpi_dev_free = rec;
	mtx_unlock(&kpi_dev_mtx);
}

static void
kpi_dev_records_fini(const void *arg __unused)
{
	struct kpi_dev_record *rec;

	while ((rec = kpi_dev_free) != NULL) {
		kpi_dev_free = rec->kdr_next;
		free(rec, M_DEVBUF);
	}
}
SYSUNINIT(kpi_dev_records, SI_SUB_DRIVERS, SI_ORDER_FIRST,
    kpi_dev_records_fini, NULL);

void
kpi_dev_message(device_t dev, const char *text, size_t len)
{
	device_printf(dev, "%.*s\n", (int)len, text);
}

void
kpi_dev_log(device_t dev, const char *text, size_t len)
{
	/* device_log(9) has room for 127 bytes. */
	log(LOG_INFO, "%s: %.*s\n", device_get_nameunit(dev), (int)len, text);
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
	KPI_SLEEPABLE();
	return (getenv_int(name, val) != 0);
}

void
kpi_sysctl_init(struct kpi_sysctl *ks, device_t dev)
{
	KPI_SLEEPABLE();
	sysctl_ctx_init(&ks->ks_ctx);
	ks->ks_values = 0;
	ks->ks_dev = dev;
}

void
kpi_sysctl_fini(struct kpi_sysctl *ks)
{
	struct kpi_sysctl_value *value;

	if (ks->ks_dev == NULL)
		return;
	sysctl_ctx_free(&ks->ks_ctx);
	while ((value = (struct kpi_sysctl_value *)ks->ks_values) != NULL) {
		ks->ks_values = value->ksv_next;
		free(value, M_DEVBUF);
	}
	ks->ks_dev = NULL;
}

static struct sysctl_oid_list *
kpi_sysctl_children(struct kpi_sysctl *ks, struct sysctl_oid *parent)
{
	if (parent == NULL)
		parent = device_get_sysctl_tree(ks->ks_dev);
	/* A device may have none; then nothing can be added below it. */
	return (parent == NULL ? NULL : SYSCTL_CHILDREN(parent));
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

static int
kpi_sysctl_get_int(SYSCTL_HANDLER_ARGS)
{
	const struct kpi_sysctl_value *v = arg1;
	int error, val = 0;

	/* Who asks for the size alone need not wait for the value. */
	if (req->oldptr == NULL && req->newptr == NULL)
		return (SYSCTL_OUT(req, NULL, sizeof(val)));
	error = v->ksv_int->ksi_get(v->ksv_arg, v->ksv_which, &val);
	if (error == 0)
		error = sysctl_handle_int(oidp, &val, 0, req);
	if (error != 0 || req->newptr == NULL)
		return (error);
	return (v->ksv_int->ksi_set(v->ksv_arg, v->ksv_which, val));
}

static int
kpi_sysctl_get_text(SYSCTL_HANDLER_ARGS)
{
	const struct kpi_sysctl_value *v = arg1;
	char *text;
	int error;

	text = malloc(KPI_SYSCTL_TEXT, M_DEVBUF, M_WAITOK | M_ZERO);
	error = v->ksv_text->kst_get(v->ksv_arg, v->ksv_which, text,
	    KPI_SYSCTL_TEXT);
	if (error == 0)
		error = sysctl_handle_string(oidp, text, KPI_SYSCTL_TEXT, req);
	if (error == 0 && req->newptr != NULL)
		error = v->ksv_text->kst_set(v->ksv_arg, v->ksv_which, text);
	free(text, M_DEVBUF);
	return (error);
}

static int
kpi_sysctl_get_array(SYSCTL_HANDLER_ARGS)
{
	const struct kpi_sysctl_value *v = arg1;
	size_t len = v->ksv_size;
	char *buf;
	int error;

	/* One more: a text gets its NUL. */
	buf = malloc(v->ksv_size + 1, M_DEVBUF, M_WAITOK | M_ZERO);
	error = v->ksv_array->ksa_get(v->ksv_arg, v->ksv_which, buf, &len);
	if (error == 0) {
		len = MIN(len, v->ksv_size);
		if (v->ksv_kind == KPI_SYSCTL_CHAR)
			buf[len++] = '\0';
		error = SYSCTL_OUT(req, buf, len);
	}
	if (error == 0 && req->newptr != NULL) {
		len = req->newlen - req->newidx;
		error = len > v->ksv_size ? EINVAL : SYSCTL_IN(req, buf, len);
		if (error == 0)
			error = v->ksv_array->ksa_set(v->ksv_arg,
			    v->ksv_which, buf, len);
	}
	free(buf, M_DEVBUF);
	return (error);
}

/*
 * Fills in what all kinds of nodes have.  Several threads may add nodes:
 * sysctl(9) locks its list of them, and only kpi_sysctl_fini() takes from ours.
 */
static struct kpi_sysctl_value *
kpi_sysctl_value(struct kpi_sysctl *ks, void *arg, uint32_t which)
{
	struct kpi_sysctl_value *v;

	v = malloc(sizeof(*v), M_DEVBUF, M_WAITOK | M_ZERO);
	v->ksv_arg = arg;
	v->ksv_which = which;
	v->ksv_next = ks->ks_values;
	while (atomic_fcmpset_rel_ptr(&ks->ks_values, &v->ksv_next,
	    (uintptr_t)v) == 0)
		continue;
	return (v);
}

/* SYSCTL_ADD_PROC() wants to know at compile time who may set a node. */
static int
kpi_sysctl_proc(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, const char *format, int kind,
    int (*handler)(SYSCTL_HANDLER_ARGS), struct kpi_sysctl_value *v)
{
	return (sysctl_add_oid(&ks->ks_ctx, kpi_sysctl_children(ks, parent),
	    OID_AUTO, name, kind | CTLFLAG_MPSAFE, v, 0, handler, format,
	    __DESCR(descr), NULL) == NULL ? ENOMEM : 0);
}

int
kpi_sysctl_int(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, const char *format,
    const struct kpi_sysctl_int_ops *ops, void *arg, uint32_t which)
{
	struct kpi_sysctl_value *v = kpi_sysctl_value(ks, arg, which);

	v->ksv_int = ops;
	return (kpi_sysctl_proc(ks, parent, name, descr, format, CTLTYPE_INT |
	    (ops->ksi_set == NULL ? CTLFLAG_RD : CTLFLAG_RW),
	    kpi_sysctl_get_int, v));
}

int
kpi_sysctl_text(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, const struct kpi_sysctl_text_ops *ops,
    void *arg, uint32_t which)
{
	struct kpi_sysctl_value *v = kpi_sysctl_value(ks, arg, which);

	v->ksv_text = ops;
	return (kpi_sysctl_proc(ks, parent, name, descr, "A", CTLTYPE_STRING |
	    (ops->kst_set == NULL ? CTLFLAG_RD : CTLFLAG_RW),
	    kpi_sysctl_get_text, v));
}

int
kpi_sysctl_array(struct kpi_sysctl *ks, struct sysctl_oid *parent,
    const char *name, const char *descr, enum kpi_sysctl_kind kind,
    size_t size, const struct kpi_sysctl_array_ops *ops, void *arg,
    uint32_t which)
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
	struct kpi_sysctl_value *v;

	if (size > KPI_SYSCTL_ARRAY || (u_int)kind >= nitems(kinds))
		return (EINVAL);
	v = kpi_sysctl_value(ks, arg, which);
	v->ksv_array = ops;
	v->ksv_kind = kind;
	v->ksv_size = size;
	return (kpi_sysctl_proc(ks, parent, name, descr, kinds[kind].format,
	    kinds[kind].type | (ops->ksa_set == NULL ? CTLFLAG_RD :
	    CTLFLAG_RW), kpi_sysctl_get_array, v));
}
