/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The /dev/dspN node of a device.  Programs reach it through tk_dsp.h.
 */

#ifndef _PCMDSP_H_
#define	_PCMDSP_H_

/* Returns 0 or ENXIO.  Programs can open the unit from then on. */
int	dsp_make_dev(device_t dev);

/*
 * Takes the unit from every program: waits until no program is inside a call.
 * Later calls on their descriptors return ENXIO.  May sleep.
 */
void	dsp_destroy_dev(device_t dev);

#endif /* !_PCMDSP_H_ */
