/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Input devices, as a program sees them by /dev/input/eventN.
 *
 * Rules that stop a program ("tk: RULE: ..."):
 *   evdev		a device registered twice; used while it is not
 *			registered, or after it was freed
 */

#ifndef _TK_EVDEV_H_
#define	_TK_EVDEV_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tk_evdev_event {
	const char	*name;		/* of the device */
	uint16_t	 type;
	uint16_t	 code;
	int32_t		 value;
};

/*
 * The nth event since boot that a program with all devices open has read, the
 * ends of reports (EV_SYN) left out.  NULL if there were not so many.  The
 * first 1,024 are kept.
 */
const struct tk_evdev_event *tk_evdev_event(size_t nth);

/*
 * What a device of this name says of a key or switch (EVIOCGKEY, EVIOCGSW): -1
 * if there is no such device, or it does not have that.
 */
int	tk_evdev_state(const char *name, uint16_t type, uint16_t code);

#endif /* !_TK_EVDEV_H_ */
