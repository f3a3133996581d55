/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/* Input devices: their drivers' side. */

#ifndef _DEV_EVDEV_EVDEV_H
#define	_DEV_EVDEV_EVDEV_H

#include <sys/types.h>
#include <dev/evdev/input.h>

#define	NAMELEN	80

struct evdev_dev;

struct evdev_dev *evdev_alloc(void);
void	evdev_free(struct evdev_dev *);
void	evdev_set_name(struct evdev_dev *, const char *);
void	evdev_set_id(struct evdev_dev *, uint16_t, uint16_t, uint16_t,
	    uint16_t);
void	evdev_set_phys(struct evdev_dev *, const char *);
int	evdev_register(struct evdev_dev *);
int	evdev_unregister(struct evdev_dev *);
int	evdev_push_event(struct evdev_dev *, uint16_t, uint16_t, int32_t);
void	evdev_support_event(struct evdev_dev *, uint16_t);
void	evdev_support_key(struct evdev_dev *, uint16_t);
void	evdev_support_sw(struct evdev_dev *, uint16_t);

static __inline int
evdev_sync(struct evdev_dev *evdev)
{
	return (evdev_push_event(evdev, EV_SYN, SYN_REPORT, 1));
}

#endif /* !_DEV_EVDEV_EVDEV_H */
