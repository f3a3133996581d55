/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * openfirm(9) on the flattened tree that tk_ofw_load() was given.
 *
 * A node is its offset in the tree's bytes, as in FreeBSD.  So it is never 0,
 * and may equal the reference of another node.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/endian.h>
#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/queue.h>

#include <dev/ofw/openfirm.h>

#include "host/tk_host_fdt.h"
#include "tk.h"
#include "tk_bus_var.h"
#include "tk_ofw.h"

MALLOC_DEFINE(M_OFWPROP, "openfirm", "Open Firmware properties");

/* A reference, its node, and the device that registered for it. */
struct ofw_xref {
	SLIST_ENTRY(ofw_xref) link;
	phandle_t	xref;
	phandle_t	node;
	device_t	dev;
};

static void *ofw_tree;			/* NULL: none */

/*
 * What libfdt answered, by a hash of the question: it walks the tree for each.
 * In deterministic mode alone, where one thread asks at a time.
 */
#define	OFW_ANSWERS	256

static struct {
	phandle_t	 node;		/* 0: none */
	char		 name[32];
	const void	*prop;
	int		 len;
} ofw_props[OFW_ANSWERS];
static struct {
	phandle_t	 node;		/* 0: none */
	int		 (*ask)(const void *, int);
	int		 answer;
} ofw_walks[OFW_ANSWERS];
static SLIST_HEAD(, ofw_xref) ofw_xrefs;
static struct mtx ofw_xref_mtx;		/* guards the list and dev */

static void
ofw_start(void)
{
	ofw_tree = NULL;
	SLIST_INIT(&ofw_xrefs);
}
TK_INIT_PRIO(ofw_start, 110);

TK_FINI_PRIO(tk_ofw_unload, 170);

static phandle_t
ofw_node(int offset)
{
	return (offset < 0 ? 0 :
	    (phandle_t)offset + (phandle_t)tkh_fdt_nodes(ofw_tree));
}

/*
 * Returns -1 for what is no node: callers pass references, which may lead to no
 * node.
 */
static int
ofw_offset(phandle_t node)
{
	int offset = (int)node;

	if (ofw_tree == NULL || offset < tkh_fdt_nodes(ofw_tree))
		return (-1);
	return (offset - tkh_fdt_nodes(ofw_tree));
}

/*
 * Walking
 */

/* One of tkh_fdt_child() and its like, asked once. */
static int
ofw_walk(int (*ask)(const void *, int), phandle_t node)
{
	u_int i = (node / 4 * 31 + (uintptr_t)ask / 16) % OFW_ANSWERS;

	if (!tk_deterministic)
		return (ask(ofw_tree, ofw_offset(node)));
	if (ofw_walks[i].node != node || ofw_walks[i].ask != ask) {
		ofw_walks[i].node = node;
		ofw_walks[i].ask = ask;
		ofw_walks[i].answer = ask(ofw_tree, ofw_offset(node));
	}
	return (ofw_walks[i].answer);
}

phandle_t
OF_peer(phandle_t node)
{
	if (node == 0)
		return (ofw_tree != NULL ? ofw_node(0) : 0);
	if (ofw_offset(node) <= 0)
		return (0);
	return (ofw_node(ofw_walk(tkh_fdt_next, node)));
}

phandle_t
OF_child(phandle_t node)
{
	if (ofw_offset(node) < 0)
		return (0);
	return (ofw_node(ofw_walk(tkh_fdt_child, node)));
}

phandle_t
OF_parent(phandle_t node)
{
	if (ofw_offset(node) <= 0)
		return (0);
	return (ofw_node(ofw_walk(tkh_fdt_parent, node)));
}

phandle_t
OF_finddevice(const char *path)
{
	int offset;

	if (ofw_tree == NULL)
		return (-1);
	offset = tkh_fdt_find(ofw_tree, path);
	return (offset < 0 ? (phandle_t)-1 : ofw_node(offset));
}

ssize_t
OF_package_to_path(phandle_t node, char *buf, size_t len)
{
	if (ofw_offset(node) < 0 ||
	    tkh_fdt_path(ofw_tree, ofw_offset(node), buf, (int)len) != 0)
		return (-1);
	return ((ssize_t)strlen(buf));
}

/*
 * Properties
 */

/* tkh_fdt_prop(), asked once. */
static const void *
ofw_fdt_prop(phandle_t node, const char *name, int *len)
{
	size_t n = strlen(name);
	u_int i = (node / 4 * 31 + n * 7 + (u_char)name[0]) % OFW_ANSWERS;

	if (!tk_deterministic || n >= sizeof(ofw_props[i].name))
		return (tkh_fdt_prop(ofw_tree, ofw_offset(node), name, len));
	if (ofw_props[i].node != node || !tk_streq(ofw_props[i].name, name)) {
		ofw_props[i].node = node;
		memcpy(ofw_props[i].name, name, n + 1);
		ofw_props[i].prop = tkh_fdt_prop(ofw_tree, ofw_offset(node),
		    name, &ofw_props[i].len);
	}
	*len = ofw_props[i].len;
	return (ofw_props[i].prop);
}

/* NULL: the node, or the property, is not there. */
static const void *
ofw_prop(phandle_t node, const char *name, int *len)
{
	const void *prop;
	const char *text;

	if (ofw_offset(node) < 0)
		return (NULL);
	prop = ofw_fdt_prop(node, name, len);
	if (prop != NULL || strcmp(name, "name") != 0)
		return (prop);
	/* Flattened trees store a node's name, but not as a property. */
	text = tkh_fdt_name(ofw_tree, ofw_offset(node));
	if (text != NULL)
		*len = (int)strlen(text) + 1;
	return (text);
}

ssize_t
OF_getproplen(phandle_t node, const char *name)
{
	int len;

	return (ofw_prop(node, name, &len) != NULL ? len : -1);
}

int
OF_hasprop(phandle_t node, const char *name)
{
	return (OF_getproplen(node, name) >= 0);
}

ssize_t
OF_getprop(phandle_t node, const char *name, void *buf, size_t len)
{
	const void *prop;
	int have;

	prop = ofw_prop(node, name, &have);
	if (prop == NULL)
		return (-1);
	memcpy(buf, prop, MIN((size_t)have, len));
	return (have);
}

static void
ofw_decode(pcell_t *cells, size_t count)
{
	while (count-- > 0)
		cells[count] = be32toh(cells[count]);
}

ssize_t
OF_getencprop(phandle_t node, const char *name, pcell_t *buf, size_t len)
{
	ssize_t have;

	KASSERT(len % sizeof(*buf) == 0, ("%s: %zu bytes are no cells",
	    __func__, len));
	have = OF_getprop(node, name, buf, len);
	if (have > 0)
		ofw_decode(buf, MIN((size_t)have, len) / sizeof(*buf));
	return (have);
}

ssize_t
OF_searchprop(phandle_t node, const char *name, void *buf, size_t len)
{
	ssize_t have = -1;

	for (; node != 0 && have == -1; node = OF_parent(node))
		have = OF_getprop(node, name, buf, len);
	return (have);
}

ssize_t
OF_searchencprop(phandle_t node, const char *name, pcell_t *buf, size_t len)
{
	ssize_t have = -1;

	for (; node != 0 && have == -1; node = OF_parent(node))
		have = OF_getencprop(node, name, buf, len);
	return (have);
}

ssize_t
OF_getprop_alloc(phandle_t node, const char *name, void **buf)
{
	return (OF_getprop_alloc_multi(node, name, 1, buf));
}

ssize_t
OF_getprop_alloc_multi(phandle_t node, const char *name, int elsz, void **buf)
{
	const void *prop;
	int len;

	*buf = NULL;
	prop = ofw_prop(node, name, &len);
	if (prop == NULL || len % elsz != 0)
		return (-1);
	if (len > 0) {
		*buf = malloc(len, M_OFWPROP, M_WAITOK);
		memcpy(*buf, prop, len);
	}
	return (len / elsz);
}

ssize_t
OF_getencprop_alloc(phandle_t node, const char *name, void **buf)
{
	ssize_t count;

	count = OF_getencprop_alloc_multi(node, name, sizeof(pcell_t), buf);
	return (count < 0 ? count : count * (ssize_t)sizeof(pcell_t));
}

ssize_t
OF_getencprop_alloc_multi(phandle_t node, const char *name, int elsz,
    void **buf)
{
	ssize_t count;

	count = OF_getprop_alloc_multi(node, name, elsz, buf);
	if (count > 0)
		ofw_decode(*buf, (size_t)count * elsz / sizeof(pcell_t));
	return (count);
}

void
OF_prop_free(void *buf)
{
	free(buf, M_OFWPROP);
}

int
OF_nextprop(phandle_t node, const char *previous, char *buf, size_t len)
{
	const char *name;
	int i;

	if (ofw_offset(node) < 0)
		return (-1);
	for (i = 0; (name = tkh_fdt_prop_name(ofw_tree, ofw_offset(node),
	    i)) != NULL; i++) {
		if (previous == NULL) {
			strlcpy(buf, name, len);
			return (1);
		}
		if (strcmp(name, previous) == 0)
			previous = NULL;
	}
	return (0);
}

/*
 * References.  As in FreeBSD they are collected once, when the tree is loaded.
 */

static struct ofw_xref *
ofw_xref_find(phandle_t xref, phandle_t node, const struct _device *dev)
{
	struct ofw_xref *x;

	mtx_assert(&ofw_xref_mtx, MA_OWNED);
	SLIST_FOREACH(x, &ofw_xrefs, link)
		if ((xref != 0 && x->xref == xref) ||
		    (node != 0 && x->node == node) ||
		    (dev != NULL && x->dev == dev))
			break;
	return (x);
}

static void
ofw_xref_add(phandle_t xref, phandle_t node, device_t dev)
{
	struct ofw_xref *x;

	/*
	 * FreeBSD waits for memory here, with no mutex held, so it never fails.
	 */
	tk_fault_spare(true);
	x = malloc(sizeof(*x), M_OFWPROP, M_NOWAIT);
	tk_fault_spare(false);
	x->xref = xref;
	x->node = node;
	x->dev = dev;
	SLIST_INSERT_HEAD(&ofw_xrefs, x, link);
}

static void
ofw_xrefs_collect(phandle_t node)
{
	phandle_t child;
	pcell_t xref;

	for (child = OF_child(node); child != 0; child = OF_peer(child)) {
		ofw_xrefs_collect(child);
		if (OF_getencprop(child, "phandle", &xref, sizeof(xref)) ==
		    sizeof(xref))
			ofw_xref_add(xref, child, NULL);
	}
}

phandle_t
OF_node_from_xref(phandle_t xref)
{
	struct ofw_xref *x;
	phandle_t node;

	mtx_lock(&ofw_xref_mtx);
	x = ofw_xref_find(xref, 0, NULL);
	node = x != NULL ? x->node : xref;
	mtx_unlock(&ofw_xref_mtx);
	return (node);
}

phandle_t
OF_xref_from_node(phandle_t node)
{
	struct ofw_xref *x;
	phandle_t xref;

	mtx_lock(&ofw_xref_mtx);
	x = ofw_xref_find(0, node, NULL);
	xref = x != NULL ? x->xref : node;
	mtx_unlock(&ofw_xref_mtx);
	return (xref);
}

device_t
OF_device_from_xref(phandle_t xref)
{
	struct ofw_xref *x;
	device_t dev;

	mtx_lock(&ofw_xref_mtx);
	x = ofw_xref_find(xref, 0, NULL);
	dev = x != NULL ? x->dev : NULL;
	mtx_unlock(&ofw_xref_mtx);
	return (dev);
}

phandle_t
OF_xref_from_device(device_t dev)
{
	struct ofw_xref *x;
	phandle_t xref;

	mtx_lock(&ofw_xref_mtx);
	x = ofw_xref_find(0, 0, dev);
	xref = x != NULL ? x->xref : 0;
	mtx_unlock(&ofw_xref_mtx);
	return (xref);
}

int
OF_device_register_xref(phandle_t xref, device_t dev)
{
	struct ofw_xref *x;

	/* Forgetting a device needs no memory. */
	if (dev != NULL && tk_fault("OF_device_register_xref"))
		return (ENXIO);
	mtx_lock(&ofw_xref_mtx);
	x = ofw_xref_find(xref, 0, NULL);
	if (x != NULL)
		x->dev = dev;
	else
		ofw_xref_add(xref, xref, dev);
	mtx_unlock(&ofw_xref_mtx);
	return (0);
}

void
OF_device_unregister_xref(phandle_t xref, device_t dev)
{
	struct ofw_xref *x;

	mtx_lock(&ofw_xref_mtx);
	x = ofw_xref_find(xref, 0, NULL);
	if (x != NULL)
		SLIST_REMOVE(&ofw_xrefs, x, ofw_xref, link);
	mtx_unlock(&ofw_xref_mtx);
	free(x, M_OFWPROP);
}

/*
 * The machine's tree
 */

const char *
tk_ofw_load(const void *dtb, size_t len)
{
	const char *problem;
	void *copy;

	KASSERT(ofw_tree == NULL, ("%s: there is a tree", __func__));
	/*
	 * libfdt wants the tree aligned to eight bytes, which this memory is.
	 */
	copy = malloc(len + 1, M_OFWPROP, M_WAITOK);
	memcpy(copy, dtb, len);
	problem = tkh_fdt_check(copy, len);
	if (problem != NULL) {
		free(copy, M_OFWPROP);
		return (problem);
	}
	ofw_tree = copy;
	memset(ofw_props, 0, sizeof(ofw_props));
	memset(ofw_walks, 0, sizeof(ofw_walks));
	mtx_init(&ofw_xref_mtx, "device tree references", NULL, MTX_DEF);
	mtx_lock(&ofw_xref_mtx);
	ofw_xrefs_collect(OF_peer(0));
	mtx_unlock(&ofw_xref_mtx);
	tk_pic_from_environment();
	return (NULL);
}

void
tk_ofw_overwrite(phandle_t node, const char *prop, const char *string)
{
	if (ofw_offset(node) >= 0)
		tkh_fdt_overwrite(ofw_tree, ofw_offset(node), prop, string);
}

void
tk_ofw_unload(void)
{
	struct ofw_xref *x;

	if (ofw_tree == NULL)
		return;
	while ((x = SLIST_FIRST(&ofw_xrefs)) != NULL) {
		SLIST_REMOVE_HEAD(&ofw_xrefs, link);
		free(x, M_OFWPROP);
	}
	mtx_destroy(&ofw_xref_mtx);
	free(ofw_tree, M_OFWPROP);
	ofw_tree = NULL;
}
