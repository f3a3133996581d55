/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Codes of input events: those that are used here. */

#ifndef _EVDEV_INPUT_H_
#define	_EVDEV_INPUT_H_

#define	EV_SYN		0x00
#define	EV_KEY		0x01
#define	EV_SW		0x05
#define	EV_MAX		0x1f
#define	EV_CNT		(EV_MAX + 1)
#define	SYN_REPORT	0
#define	KEY_POWER	116
#define	KEY_MAX		0x2ff
#define	KEY_CNT		(KEY_MAX + 1)
#define	SW_LID		0x00
#define	SW_MAX		0x10
#define	SW_CNT		(SW_MAX + 1)

#define	BUS_HOST	0x19

#endif /* !_EVDEV_INPUT_H_ */
