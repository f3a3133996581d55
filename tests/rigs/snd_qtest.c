/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The driver on QEMU's devices; see snd_qtest.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/errno.h>

#include "snd_qtest.h"
#include "snd_rig.h"
#include "tk_bus.h"
#include "tk_test.h"

#define	DEVTYPE_SOUND	25

struct tk_qtest *snd_qemu;
struct _device *snd_qbus;
struct tk_dsp *snd_qdsp;

int
snd_qtest_attach(void)
{
	int error = 0;

	snd_qbus = tk_virtio_attach("virtio_pci", &tk_qtest_ops, snd_qemu,
	    DEVTYPE_SOUND, &error);
	return (error);
}

int
snd_qtest_try(const struct tk_qtest_config *config, const char *missing)
{
	int error;

	error = tk_qtest_open(config, &snd_qemu);
	if (error == ENOENT || error == ENODEV)
		TK_SKIP(missing);
	TK_EQ(error, 0);
	tk_qtest_boot(snd_qemu);
	return (snd_qtest_attach());
}

void
snd_qtest_up(const struct tk_qtest_config *config, const char *missing)
{
	TK_EQ(snd_qtest_try(config, missing), 0);
	TK_CHECK(snd_qbus != NULL);
}

void
snd_qtest_open(bool record)
{
	snd_open(&snd_qdsp, record, 0, 0);
}

void
snd_qtest_down(void)
{
	TK_EQ(tk_virtio_detach(snd_qbus), 0);
	TK_EQ(tk_shutdown(), 0);
	TK_EQ(tk_qtest_close(snd_qemu), 0);
}
