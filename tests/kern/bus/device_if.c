/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Descriptors and default methods of the device interface.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>

static int
device_no_action(device_t dev)
{
	return (0);
}

static void *
device_no_cookie(device_t dev)
{
	return (NULL);
}

TK_KOBJ_DESC(device_probe, kobj_error_method);
TK_KOBJ_DESC(device_identify, kobj_error_method);
TK_KOBJ_DESC(device_attach, kobj_error_method);
TK_KOBJ_DESC(device_detach, kobj_error_method);
TK_KOBJ_DESC(device_shutdown, device_no_action);
TK_KOBJ_DESC(device_suspend, device_no_action);
TK_KOBJ_DESC(device_resume, device_no_action);
TK_KOBJ_DESC(device_quiesce, device_no_action);
TK_KOBJ_DESC(device_register, device_no_cookie);
