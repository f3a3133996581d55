/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * edu(4) and its twin on QEMU's own device, in real time.  What a program does
 * is in edu_rig.h.
 */
#ifndef _EDU_QTEST_H_
#define	_EDU_QTEST_H_

/*
 * Start QEMU, boot on its memory with this setting of hw.pci.enable_msi, attach
 * edu_twin.  Skips the test if QEMU is not installed.
 */
void	edu_qtest_up(const char *enable_msi);
/* Detach, and stop QEMU. */
void	edu_qtest_down(void);

#endif /* !_EDU_QTEST_H_ */
