/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Devices: see kpi_dev.h for the contracts.
 */
#include "kpi_dev.h"

#include <sys/kernel.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mutex.h>
#include <sys/syslog.h>

const char *
kpi_dev_nameunit(device_t dev)
{
	return (device_get_nameunit(dev));
}

int
kpi_dev_unit(device_t dev)
{
	return (device_get_unit(dev));
}

static struct mtx kpi_dev_mtx;
static struct kpi_dev_record *kpi_dev_free;	/* under the mutex */
MTX_SYSINIT(kpi_dev, &kpi_dev_mtx, "kpi devices", MTX_DEF);

struct kpi_dev_record *
kpi_dev_record_get(device_t dev)
{
	struct kpi_dev_record *rec;

	KPI_SLEEPABLE();
	mtx_lock(&kpi_dev_mtx);
	rec = kpi_dev_free;
	if (rec != NULL)
		kpi_dev_free = rec->kdr_next;
	mtx_unlock(&kpi_dev_mtx);
	if (rec == NULL)
		rec = malloc(sizeof(*rec), M_DEVBUF, M_WAITOK | M_ZERO);
	rec->kdr_dev = dev;
	return (rec);
}

void
kpi_dev_record_put(struct kpi_dev_record *rec)
{
	mtx_lock(&kpi_dev_mtx);
	rec->kdr_next = kpi_dev_free;
	kpi_dev_free = rec;
	mtx_unlock(&kpi_dev_mtx);
}

static void
kpi_dev_records_fini(const void *arg __unused)
{
	struct kpi_dev_record *rec;

	while ((rec = kpi_dev_free) != NULL) {
		kpi_dev_free = rec->kdr_next;
		free(rec, M_DEVBUF);
	}
}
SYSUNINIT(kpi_dev_records, SI_SUB_DRIVERS, SI_ORDER_FIRST,
    kpi_dev_records_fini, NULL);

void
kpi_dev_message(device_t dev, const char *text, size_t len)
{
	device_printf(dev, "%.*s\n", (int)len, text);
}

void
kpi_dev_log(device_t dev, const char *text, size_t len)
{
	/* device_log(9) has room for 127 bytes. */
	log(LOG_INFO, "%s: %.*s\n", device_get_nameunit(dev), (int)len, text);
}

void
kpi_dev_notify(const char *system, const char *subsystem, const char *type,
    const char *data)
{
	if (!SCHEDULER_STOPPED())
		devctl_notify(system, subsystem, type, data);
}

void
kpi_message(const char *text, size_t len)
{
	printf("%.*s", (int)len, text);
}

void
kpi_panic(const char *text, size_t len)
{
	panic("%.*s", (int)len, text);
}

bool
kpi_tunable_int(const char *name, int *val)
{
	quad_t wide;

	KPI_SLEEPABLE();
	/* getenv_int(9) would cut a number to the width of an int. */
	if (getenv_quad(name, &wide) == 0 || wide != (int)wide)
		return (false);
	*val = (int)wide;
	return (true);
}
