/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A device: its softc, its name in messages, its tunables.
 */
#ifndef _KPI_DEV_H_
#define	_KPI_DEV_H_

#include "kpi.h"

#include <sys/bus.h>

/* The driver's per-device memory, zeroed before attach.  Any context. */
void	*kpi_dev_softc(device_t dev);

/* Name with unit, such as "pcm0"; lives as long as the device. */
const char *kpi_dev_nameunit(device_t dev);

/* Unit number. */
int	kpi_dev_unit(device_t dev);

/*
 * What is known of a device when it may be gone: who still holds a part of it.
 * Its memory is used again for another device, and freed with the module: who
 * has its address looks at kdr_word first, which is the caller's.
 */
struct kpi_dev_record {
	volatile uint64_t	 kdr_word;
	device_t		 kdr_dev;
	struct kpi_dev_record	*kdr_next;
};

/* One that nobody uses, with kdr_word as its last user left it.  Sleepable. */
struct kpi_dev_record *kpi_dev_record_get(device_t dev);

/* Leave it to others.  No filter. */
void	kpi_dev_record_put(struct kpi_dev_record *rec);

/*
 * Print len bytes of text as one message of the device: "pcm0: text".  A
 * newline is added.  Any context.
 */
void	kpi_dev_message(device_t dev, const char *text, size_t len);

/*
 * The same for the kernel's log alone, as LOG_INFO: syslogd(8) has it, and the
 * console only while nobody reads the log.
 */
void	kpi_dev_log(device_t dev, const char *text, size_t len);

/*
 * Tell devd(8) of an event: strings as devd.conf(5) matches them, data being
 * "name=value" pairs.  Lost if there is no memory now.  No filter.
 */
void	kpi_dev_notify(const char *system, const char *subsystem,
	    const char *type, const char *data);

/* Print len bytes of text to the console as they are.  Any context. */
void	kpi_message(const char *text, size_t len);

/* panic(9) with len bytes of text.  Does not return. */
void	kpi_panic(const char *text, size_t len) __dead2;

/*
 * Set *val from the kernel environment, "hint"-like loader tunables included
 * ("hw.virtio_snd.timeout=500"); untouched if it is not set or not a number.
 * Returns true if it was set.  Sleepable.
 */
bool	kpi_tunable_int(const char *name, int *val);

#ifndef KPI_BINDGEN
KPI_INLINE void *
kpi_dev_softc(device_t dev)
{
	return (device_get_softc(dev));
}
#endif /* !KPI_BINDGEN */

#endif /* !_KPI_DEV_H_ */
