/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * apple_smc(4) for other drivers: the keys of the System Management Controller.
 * See apple_smc(9).
 *
 * smc is an attached apple_smc device.  Its children know that it stays
 * attached.  One command is under way at a time.  The others wait, in the order
 * in which they came.  Of programs that read sensors, one at a time waits among
 * them.  Each command takes half a second at most, or a second after one that
 * was not answered.
 *
 * Errors common to all: ENOENT: there is no such key or index; EACCES: the key
 * cannot be read, or not written; EMSGSIZE: it has another size; EINVAL,
 * EOPNOTSUPP: the SMC refuses a parameter, or the command; EIO: the SMC reports
 * another failure, or has crashed; ETIMEDOUT: it does not answer; EBUSY: too
 * many earlier commands are not answered yet; EBADMSG: its answer is longer
 * than what was asked for or written; ENXIO: it sleeps; ESHUTDOWN: the machine
 * goes down.
 */
#ifndef _APPLE_SMC_H_
#define	_APPLE_SMC_H_

#include "kpi.h"

#include <sys/bus.h>
#include <sys/eventhandler.h>

/* A key by its name: APPLE_SMC_KEY('N', 'T', 'A', 'P'). */
#define	APPLE_SMC_KEY(a, b, c, d)					\
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

struct apple_smc_key_info {
	uint8_t		aki_size;	/* bytes of the value */
	uint8_t		aki_flags;	/* apple_smc_reg.h: APPLE_SMC_FLAG_* */
	uint32_t	aki_type;	/* as a key: "ui16", "flt " */
};

/*
 * Ask the SMC what it says about a key.
 *
 * Context: sleepable.
 * Errors: those common to all.
 */
int	apple_smc_key_info(device_t smc, uint32_t key,
	    struct apple_smc_key_info *info);

/*
 * Get key number idx, from 0 on.  The keys are sorted.
 *
 * Context: sleepable.
 * Errors: those common to all.
 */
int	apple_smc_key_by_index(device_t smc, uint32_t idx, uint32_t *key);

/*
 * Read a value of at most 255 bytes, write one, or write one and then read one.
 * *lenp is how many bytes were read.
 *
 * Context: sleepable.
 * Errors: those common to all; EINVAL also if size, len or wlen is 0 or more
 * than 255, or buf and wbuf overlap.
 */
int	apple_smc_read(device_t smc, uint32_t key, void *buf, size_t size,
	    size_t *lenp);
int	apple_smc_write(device_t smc, uint32_t key, const void *buf,
	    size_t len);
int	apple_smc_rw(device_t smc, uint32_t key, const void *wbuf, size_t wlen,
	    void *buf, size_t size, size_t *lenp);

/*
 * What the SMC tells by itself.  A driver registers a function with
 * EVENTHANDLER_REGISTER(apple_smc_event, fn, arg, EVENTHANDLER_PRI_ANY).  fn
 * gets arg, the device whose SMC it is, and the event: its kind in bits 31:16
 * (apple_smc_reg.h: APPLE_SMC_EV_*), its subtype in 15:8, and data in 7:0.
 * Nothing is told while the SMC sleeps, and once the machine goes down.
 *
 * Context: the thread that brings the SMC's answers: fn does not sleep, and so
 * calls none of the functions above.
 */
typedef void (*apple_smc_event_fn)(void *arg, device_t smc, uint32_t event);
EVENTHANDLER_DECLARE(apple_smc_event, apple_smc_event_fn);

#endif /* !_APPLE_SMC_H_ */
