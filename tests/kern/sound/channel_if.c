/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Defaults of the channel interface, for methods that a driver leaves out. */

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

TK_CHANNEL_IF;
