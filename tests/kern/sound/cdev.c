/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Device nodes: count the threads inside a driver's calls, and wait for them to
 * leave.
 */

#include "tk_sound.h"

static struct mtx cdev_mtx;
MTX_SYSINIT(tk_cdev, &cdev_mtx, "sound device nodes", MTX_DEF);

/* Guarded by cdev_mtx, as each node's count is. */
static SLIST_HEAD(, cdev) cdev_nodes = SLIST_HEAD_INITIALIZER(cdev_nodes);
static uint64_t cdev_inodes;

/* A newly booted kernel has none of the previous kernel's nodes. */
static void
cdev_init(void)
{
	SLIST_INIT(&cdev_nodes);
}
TK_INIT(cdev_init);

/* Make a node.  May sleep. */
struct cdev *
tk_cdev_make(const char *name, int unit, void *drv1)
{
	struct cdev *dev;

	dev = malloc(sizeof(*dev), M_DEVBUF, M_WAITOK | M_ZERO);
	dev->si_name = name;
	dev->si_unit = unit;
	dev->si_drv1 = drv1;
	mtx_lock(&cdev_mtx);
	dev->si_inode = ++cdev_inodes;
	SLIST_INSERT_HEAD(&cdev_nodes, dev, si_list);
	mtx_unlock(&cdev_mtx);
	return (dev);
}

/* Enter the node of that name and unit; NULL: there is none. */
struct cdev *
tk_cdev_enter(const char *name, int unit)
{
	struct cdev *dev;

	mtx_lock(&cdev_mtx);
	SLIST_FOREACH(dev, &cdev_nodes, si_list) {
		if (dev->si_unit == unit && strcmp(dev->si_name, name) == 0)
			break;
	}
	if (dev != NULL)
		dev->si_threadcount++;
	mtx_unlock(&cdev_mtx);
	return (dev);
}

/* Enter the node of that number; NULL: it is gone. */
struct cdev *
tk_cdev_enter_inode(uint64_t inode)
{
	struct cdev *dev;

	mtx_lock(&cdev_mtx);
	SLIST_FOREACH(dev, &cdev_nodes, si_list) {
		if (dev->si_inode == inode)
			break;
	}
	if (dev != NULL)
		dev->si_threadcount++;
	mtx_unlock(&cdev_mtx);
	return (dev);
}

void
tk_cdev_leave(struct cdev *dev)
{
	mtx_lock(&cdev_mtx);
	if (--dev->si_threadcount == 0)
		wakeup(dev);
	mtx_unlock(&cdev_mtx);
}

/* Let no thread enter any more, wait until all have left, free the node. */
void
tk_cdev_destroy(struct cdev *dev)
{
	mtx_lock(&cdev_mtx);
	SLIST_REMOVE(&cdev_nodes, dev, cdev, si_list);
	while (dev->si_threadcount > 0)
		msleep(dev, &cdev_mtx, 0, "devdrn", 0);
	mtx_unlock(&cdev_mtx);
	free(dev, M_DEVBUF);
}
