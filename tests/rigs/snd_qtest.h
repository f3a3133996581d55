/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The start of every test of virtio_snd(4) on QEMU's devices: QEMU, the driver,
 * and one program that plays or records, in real time.
 */
#ifndef _SND_QTEST_H_
#define	_SND_QTEST_H_

#include <stdbool.h>

#include "qtest/qtest.h"
#include "tk_dsp.h"

#define	SND_QTEST_FRAME	4	/* bytes: 16 bits, two channels */

extern struct tk_qtest *snd_qemu;
extern struct _device *snd_qbus;
extern struct tk_dsp *snd_qdsp;

/*
 * Start QEMU, boot on its memory, attach the driver.  If QEMU or its device is
 * not installed, skips the test and says what is missing.
 *
 * Returns: 0, or the errno with which the driver did not attach.
 */
int	snd_qtest_try(const struct tk_qtest_config *config,
	    const char *missing);
/* The same, but the driver must attach. */
void	snd_qtest_up(const struct tk_qtest_config *config,
	    const char *missing);
/*
 * Attach the driver once more, after tk_virtio_detach(snd_qbus).
 *
 * Returns: as snd_qtest_try().
 */
int	snd_qtest_attach(void);
/* Open the card at 48 kHz, 16 bits, two channels. */
void	snd_qtest_open(bool record);
/* Detach, and stop QEMU. */
void	snd_qtest_down(void);

#endif /* !_SND_QTEST_H_ */
