/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* gpio(4): states and flags of pins.  Left out: what programs need. */

#ifndef __GPIO_H__
#define	__GPIO_H__

#define	GPIO_PIN_LOW		0x00
#define	GPIO_PIN_HIGH		0x01

#define	GPIOMAXNAME		64	/* bytes of a name, with its NUL */

#define	GPIO_PIN_INPUT		0x00000001
#define	GPIO_PIN_OUTPUT		0x00000002
#define	GPIO_PIN_OPENDRAIN	0x00000004
#define	GPIO_PIN_PUSHPULL	0x00000008
#define	GPIO_PIN_TRISTATE	0x00000010
#define	GPIO_PIN_PULLUP		0x00000020
#define	GPIO_PIN_PULLDOWN	0x00000040
#define	GPIO_PIN_INVIN		0x00000080
#define	GPIO_PIN_INVOUT		0x00000100
#define	GPIO_PIN_PULSATE	0x00000200
#define	GPIO_PIN_PRESET_LOW	0x00000400
#define	GPIO_PIN_PRESET_HIGH	0x00000800

#endif /* !__GPIO_H__ */
