/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * sysctl(9) nodes below a device's own, or below one of a module.
 */
#ifndef _KPI_SYSCTL_H_
#define	_KPI_SYSCTL_H_

#include "kpi.h"

#include <sys/bus.h>
#include <sys/sysctl.h>

/*
 * The sysctl(9) nodes that a driver adds below its device's own
 * (dev.NAME.UNIT).  The driver removes them before the memory that they show is
 * freed, since the device's own context lives longer than its softc.
 */
struct kpi_sysctl {
	bool			ks_ready;	/* initialised */
	struct sysctl_oid	*ks_root;	/* NULL: there is none */
	struct sysctl_ctx_list	ks_ctx;		/* locked by sysctl(9) */
};

/* Start with no nodes.  Context: sleepable. */
void	kpi_sysctl_init(struct kpi_sysctl *ks, device_t dev);

/*
 * The same for a module without a device: nodes go below root, such as a
 * SYSCTL_NODE(9) of the module, which outlives *ks.
 *
 * Context: sleepable.
 */
void	kpi_sysctl_init_root(struct kpi_sysctl *ks, struct sysctl_oid *root);

/*
 * Remove every node, and wait for those that are being read.  Does nothing if
 * *ks is not initialised.
 *
 * Context: sleepable.
 * Locks: hold none.
 */
void	kpi_sysctl_fini(struct kpi_sysctl *ks);

/*
 * Add a node, or a 64-bit counter that can be read.  It goes below parent, or
 * below the device's own or root if parent is NULL.  name and descr are copied.
 * *val outlives the counter.
 *
 * If the name is that of a node with others below it, kpi_sysctl_node()
 * returns that node.
 *
 * Context: sleepable.
 * Returns: kpi_sysctl_node(): the node; NULL: no memory, a value or a node that
 * C declares has the name, or the device has no sysctl tree.
 * Errors: kpi_sysctl_u64(): ENOMEM: no memory, the name is taken, or the device
 * has no sysctl tree.
 */
struct sysctl_oid *kpi_sysctl_node(struct kpi_sysctl *ks,
	    struct sysctl_oid *parent, const char *name, const char *descr);
int	kpi_sysctl_u64(struct kpi_sysctl *ks, struct sysctl_oid *parent,
	    const char *name, const char *descr, const uint64_t *val);

/*
 * The same as kpi_sysctl_u64(), for a 32-bit value that the administrator may
 * set.  If the kernel's environment has a variable of the node's name
 * (loader.conf(5)), *val gets its value here (CTLFLAG_RWTUN).
 *
 * Context: sleepable.
 * Errors: ENOMEM: no memory, or the name is taken.
 */
int	kpi_sysctl_u32_rw(struct kpi_sysctl *ks, struct sysctl_oid *parent,
	    const char *name, const char *descr, uint32_t *val);

/*
 * The same for a value that the kernel's environment alone sets, while the node
 * is added here (CTLFLAG_RDTUN).  Later it can only be read.
 *
 * Context: sleepable.
 * Errors: ENOMEM: no memory, or the name is taken.
 */
int	kpi_sysctl_u32_tun(struct kpi_sysctl *ks, struct sysctl_oid *parent,
	    const char *name, const char *descr, uint32_t *val);

/* What a node's value is. */
enum kpi_sysctl_kind {
	KPI_SYSCTL_INT,
	KPI_SYSCTL_S64,
	KPI_SYSCTL_U8,
	KPI_SYSCTL_U32,
	KPI_SYSCTL_CHAR,	/* a text */
};

struct kpi_sysctl_type {
	enum kpi_sysctl_kind	kst_kind;
	size_t			kst_size;	/* bytes of the longest value */
	/* As sysctl(8) shows it, "IK" for tenths of a kelvin; NULL: by kind. */
	const char		*kst_format;
	/*
	 * Call kso_set with the variable of the kernel's environment that has
	 * the node's name, if there is one, while the node is added
	 * (CTLFLAG_TUN).  If kso_set fails, the kernel prints a line.  There is
	 * a kso_set.
	 */
	bool			kst_tun;
};

/* Bytes of the longest value. */
#define	KPI_SYSCTL_MAX		65536

/*
 * The functions behind a node: kso_get gives the value when the node is read,
 * and kso_set takes it when the node is set.  A node whose kso_set is NULL
 * cannot be set.  When a node is set, kso_get is called first, for the old
 * value; if it fails, kso_set is not called.  arg and which are the node's.
 * The value is the bytes in buf, in the CPU's order.  kso_get has room for *len
 * bytes, which are 0, and sets *len to the number of bytes of the value; a text
 * has no NUL.  kso_set may get a text with a NUL at its end.
 *
 * Context: sleepable; called by the thread that accesses the node, by several
 * at once.
 * Errors: the thread that accesses the node gets the errno.
 */
struct kpi_sysctl_ops {
	int	(*kso_get)(void *arg, uint32_t which, void *buf, size_t *len);
	int	(*kso_set)(void *arg, uint32_t which, const void *buf,
		    size_t len);
};

/*
 * The same as kpi_sysctl_u64(), for a value that functions know.  type is
 * copied; its format, ops and arg outlive the node.  A program that sets more
 * than kst_size bytes gets EINVAL.
 *
 * Context: sleepable.
 * Errors: ENOMEM: no memory, or the name is taken; EINVAL: kst_size is 0 or
 * more than KPI_SYSCTL_MAX, kst_kind is unknown, or kst_tun has no kso_set.
 */
int	kpi_sysctl_value(struct kpi_sysctl *ks, struct sysctl_oid *parent,
	    const char *name, const char *descr,
	    const struct kpi_sysctl_type *type,
	    const struct kpi_sysctl_ops *ops, void *arg, uint32_t which);

#endif /* !_KPI_SYSCTL_H_ */
