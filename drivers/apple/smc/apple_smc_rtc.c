/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The time of day: a counter of the SMC's that nobody sets, and an offset in
 * the PMU.  Their sum, of 48 bits with a sign, is the time in UTC.
 */
#include "apple_smc_nvmem.h"
#include "apple_smc_reg.h"

#include <sys/clock.h>

#define	RTC_BITS	48
#define	RTC_BYTES	(RTC_BITS / NBBY)
#define	RTC_MASK	((UINT64_C(1) << RTC_BITS) - 1)
#define	RTC_SHIFT	15		/* 32768 Hz */
#define	RTC_RESOLUTION	31		/* microseconds, rounded up */
#define	RTC_NS		INT64_C(1000000000)	/* in a second */

/* The first second that 48 bits with a sign cannot hold. */
#define	RTC_END		(INT64_C(1) << (RTC_BITS - 1 - RTC_SHIFT))

static uint64_t
apple_smc_rtc_decode(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < RTC_BYTES; i++)
		value |= (uint64_t)bytes[i] << NBBY * i;
	return (value);
}

/* The counter. */
static int
apple_smc_rtc_count(device_t dev, uint64_t *count)
{
	uint8_t bytes[RTC_BYTES];
	size_t len;
	int error;

	error = apple_smc_read(dev, APPLE_SMC_KEY('C', 'L', 'K', 'M'), bytes,
	    sizeof(bytes), &len);
	if (error == 0 && len != sizeof(bytes))
		error = EIO;
	if (error == 0)
		*count = apple_smc_rtc_decode(bytes);
	return (error);
}

int
apple_smc_rtc_gettime(const struct apple_smc_rtc *rtc, device_t dev,
    struct timespec *ts)
{
	uint8_t bytes[RTC_BYTES];
	uint64_t count;
	int64_t ticks;
	int error;

	error = apple_smc_rtc_count(dev, &count);
	if (error == 0)
		error = apple_spmi_cell_read(&rtc->asr_offset, bytes,
		    sizeof(bytes));
	if (error != 0)
		return (error);
	count += apple_smc_rtc_decode(bytes);
	/* The sign is the highest of the 48 bits. */
	ticks = (int64_t)(count << (64 - RTC_BITS)) >> (64 - RTC_BITS);
	ts->tv_sec = ticks >> RTC_SHIFT;
	ts->tv_nsec = (ticks & ((1 << RTC_SHIFT) - 1)) * RTC_NS >> RTC_SHIFT;
	return (0);
}

int
apple_smc_rtc_settime(const struct apple_smc_rtc *rtc, device_t dev,
    const struct timespec *ts)
{
	uint8_t bytes[RTC_BYTES];
	uint64_t count, offset;
	int error;

	if (ts->tv_sec < 0 || ts->tv_sec >= RTC_END)
		return (EINVAL);
	error = apple_smc_rtc_count(dev, &count);
	if (error != 0)
		return (error);
	offset = (uint64_t)ts->tv_sec << RTC_SHIFT;
	offset += ((uint64_t)ts->tv_nsec << RTC_SHIFT) / RTC_NS;
	offset = (offset - count) & RTC_MASK;
	for (int i = 0; i < RTC_BYTES; i++)
		bytes[i] = offset >> NBBY * i;
	return (apple_spmi_cell_write(&rtc->asr_offset, bytes,
	    sizeof(bytes)));
}

void
apple_smc_rtc_attach(struct apple_smc_rtc *rtc, device_t dev,
    kpi_fdt_node node)
{
	struct timespec ts;
	int error;

	if (apple_spmi_cell_get(dev, node, "rtc_offset", &rtc->asr_offset) !=
	    0)
		return;
	error = apple_smc_rtc_gettime(rtc, dev, &ts);
	if (error != 0) {
		device_printf(dev, "cannot read its clock: error %d\n", error);
		apple_spmi_cell_put(&rtc->asr_offset);
		return;
	}
	clock_register(dev, RTC_RESOLUTION);
	rtc->asr_registered = true;
}

void
apple_smc_rtc_detach(struct apple_smc_rtc *rtc, device_t dev)
{
	if (rtc->asr_registered)
		clock_unregister(dev);
	rtc->asr_registered = false;
	apple_spmi_cell_put(&rtc->asr_offset);
}
