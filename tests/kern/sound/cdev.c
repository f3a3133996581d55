/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Device nodes of sound(4), which programs reach by calls of their own
 * (tk_dsp.h): the threads in these calls are counted as those in a method.
 */

#include <sys/conf.h>

#include "devfs/devfs_var.h"
#include "tk_sound.h"

static struct cdevsw sound_cdevsw = {
	.d_version =	D_VERSION,
	.d_name =	"sound",
};

/* Make a node.  May sleep. */
struct cdev *
tk_cdev_make(const char *name, int unit, void *drv1)
{
	struct make_dev_args args;
	struct cdev *dev;

	make_dev_args_init(&args);
	args.mda_devsw = &sound_cdevsw;
	args.mda_unit = unit;
	args.mda_si_drv1 = drv1;
	if (make_dev_s(&args, &dev, "%s%d", name, unit) != 0)
		panic("make_dev_s: %s%d", name, unit);
	return (dev);
}

/* Enter the node of that name and unit; NULL: there is none. */
struct cdev *
tk_cdev_enter(const char *name, int unit)
{
	char path[SPECNAMELEN + 1];
	struct cdev *dev;
	bool entered;

	snprintf(path, sizeof(path), "%s%d", name, unit);
	dev = devfs_find(path);
	if (dev == NULL)
		return (NULL);
	entered = tk_cdev_reenter(dev);
	dev_rel(dev);
	return (entered ? dev : NULL);
}

/* Enter a node that the caller has counted; false: it is gone. */
bool
tk_cdev_reenter(struct cdev *dev)
{
	int ref;

	dev_ref(dev);
	if (dev_refthread(dev, &ref) != NULL)
		return (true);
	dev_rel(dev);
	return (false);
}

void
tk_cdev_leave(struct cdev *dev)
{
	dev_relthread(dev, 1);
	dev_rel(dev);
}

/* Count a node, so that its struct stays; and take that back. */
void
tk_cdev_hold(struct cdev *dev)
{
	dev_ref(dev);
}

void
tk_cdev_drop(struct cdev *dev)
{
	dev_rel(dev);
}
