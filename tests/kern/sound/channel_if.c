/*-
 * SPDX-License-Identifier: BSD-2-Clause
 */

/*
 * Defaults of the channel interface: what a driver that leaves a method out
 * gets.
 */

#include "tk_sound.h"

static int
channel_nothing(kobj_t obj __unused, void *data __unused)
{
	return (0);
}

static int
channel_nofree(kobj_t obj __unused, void *data __unused)
{
	return (1);
}

static u_int32_t
channel_nogetptr(kobj_t obj __unused, void *data __unused)
{
	return (0);
}

static int
channel_nonotify(kobj_t obj __unused, void *data __unused,
    u_int32_t changed __unused)
{
	return (0);
}

static int
channel_nogetpeaks(kobj_t obj __unused, void *data __unused,
    int *lpeak __unused, int *rpeak __unused)
{
	return (-1);
}

static int
channel_nogetrates(kobj_t obj __unused, void *data __unused, int **rates)
{
	*rates = NULL;
	return (0);
}

static int
channel_nosetfragments(kobj_t obj __unused, void *data __unused,
    u_int32_t blocksize __unused, u_int32_t blockcount __unused)
{
	return (ENOTSUP);
}

static struct pcmchan_matrix *
channel_nogetmatrix(kobj_t obj __unused, void *data __unused,
    u_int32_t format)
{
	return (feeder_matrix_format_map(
	    feeder_matrix_default_format(format)));
}

static int
channel_nosetmatrix(kobj_t obj __unused, void *data __unused,
    struct pcmchan_matrix *m __unused)
{
	return (ENOTSUP);
}

TK_KOBJ_DESC(channel_init, kobj_error_method);
TK_KOBJ_DESC(channel_free, channel_nofree);
TK_KOBJ_DESC(channel_reset, channel_nothing);
TK_KOBJ_DESC(channel_resetdone, channel_nothing);
TK_KOBJ_DESC(channel_setformat, kobj_error_method);
TK_KOBJ_DESC(channel_setspeed, kobj_error_method);
TK_KOBJ_DESC(channel_setblocksize, kobj_error_method);
TK_KOBJ_DESC(channel_setfragments, channel_nosetfragments);
TK_KOBJ_DESC(channel_trigger, kobj_error_method);
TK_KOBJ_DESC(channel_getptr, channel_nogetptr);
TK_KOBJ_DESC(channel_getcaps, kobj_error_method);
TK_KOBJ_DESC(channel_notify, channel_nonotify);
TK_KOBJ_DESC(channel_getpeaks, channel_nogetpeaks);
TK_KOBJ_DESC(channel_getrates, channel_nogetrates);
TK_KOBJ_DESC(channel_getmatrix, channel_nogetmatrix);
TK_KOBJ_DESC(channel_setmatrix, channel_nosetmatrix);
