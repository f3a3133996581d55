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

/* The driver's per-device memory, zeroed before attach.  Context: any. */
void	*kpi_dev_softc(device_t dev);

/*
 * The name with the unit, such as "pcm0".  It lives as long as the device.
 *
 * Context: any.
 */
const char *kpi_dev_nameunit(device_t dev);

/* The unit number.  Context: any. */
int	kpi_dev_unit(device_t dev);

/*
 * What is known of a device that may be gone while something still holds a part
 * of it.  The memory of a record is used again for another device, and is freed
 * with the module.  Code that has kept the address of a record therefore looks
 * at kdr_word first.  kdr_word is the caller's: this layer does not touch it.
 */
struct kpi_dev_record {
	volatile uint64_t	 kdr_word;
	device_t		 kdr_dev;
	struct kpi_dev_record	*kdr_next;
};

/*
 * Get a record that nobody uses.  kdr_word is as its last user left it.
 *
 * Context: sleepable.
 * Returns: the record; its memory is waited for.
 */
struct kpi_dev_record *kpi_dev_record_get(device_t dev);

/*
 * Leave the record to other devices.
 *
 * Context: any but a filter.
 */
void	kpi_dev_record_put(struct kpi_dev_record *rec);

/*
 * Print len bytes of text as one message of the device: "pcm0: text".  A
 * newline is added.
 *
 * Context: any.
 */
void	kpi_dev_message(device_t dev, const char *text, size_t len);

/*
 * The same as kpi_dev_message(), for the kernel's log alone, as LOG_INFO.
 * syslogd(8) gets it.  The console shows it only while nobody reads the log.
 *
 * Context: any.
 */
void	kpi_dev_log(device_t dev, const char *text, size_t len);

/*
 * Tell devd(8) of an event.  The strings are as devd.conf(5) matches them; data
 * holds "name=value" pairs.  The event is lost if there is no memory now, or if
 * the kernel has panicked.
 *
 * Context: any but a filter.
 */
void	kpi_dev_notify(const char *system, const char *subsystem,
	    const char *type, const char *data);

/* Print len bytes of text to the console as they are.  Context: any. */
void	kpi_message(const char *text, size_t len);

/* Call panic(9) with len bytes of text.  Does not return.  Context: any. */
void	kpi_panic(const char *text, size_t len) __dead2;

/*
 * Set *val from the kernel environment, which includes "hint"-like loader
 * tunables ("hw.virtio_snd.timeout=500").  *val stays as it is if the variable
 * is not set, not a number, or a number that is no int.
 *
 * Context: sleepable.
 * Returns: true if *val was set.
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
