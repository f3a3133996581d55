/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The border between the SMC driver's C and its Rust.
 *
 * C has the glue to newbus, to EVENTHANDLER(9) (apple_smc.c) and to gpio(4)
 * (apple_smc_gpio.c).  Rust has the rest (rust/lib.rs and the modules it
 * names).  bindgen reads this file.
 */
#ifndef _APPLE_SMC_VAR_H_
#define	_APPLE_SMC_VAR_H_

#include "kpi_dev.h"
#include "kpi_fdt.h"
#include "kpi_sdt.h"
#include "kpi_sysctl.h"

#include "apple_smc.h"
#include "apple_smc_reg.h"

/*
 * Fire the probes of dtrace(1): a command goes to the SMC, and has ended with
 * this result; the SMC sent a notification.  The first argument is the unit,
 * the second the message, in apple_smc_sdt_reply() that of the command.
 *
 * Context: any.
 */
KPI_SDT_DECLARE2(apple_smc_sdt_request, int, uint64_t);
KPI_SDT_DECLARE3(apple_smc_sdt_reply, int, uint64_t, int);	/* error */
KPI_SDT_DECLARE2(apple_smc_sdt_event, int, uint64_t);

/* What the nodes of the banks of pins are compatible with. */
#define	APPLE_SMC_GPIO		"apple,smc-gpio"
#define	APPLE_SMC_LOW_GPIO	"apple,smc-low-gpio"

/* What the machine is about to do. */
enum apple_smc_power {
	APPLE_SMC_STAY_ON,
	APPLE_SMC_RESTART,
	APPLE_SMC_POWER_OFF,
};

/*
 * Get what the driver's Rust made in attach.
 *
 * Context: sleepable.
 * Returns: the state; NULL: the device is not attached.
 */
void	*apple_smc_state(device_t smc);

/*
 * Tell other drivers of an event, see apple_smc.h.
 *
 * Context: any but a filter.
 */
void	apple_smc_tell(device_t smc, uint32_t event);

/*
 * Find out whether sysctl(9) has this name, of a node or a value; and get the
 * node hw, below which acpi(4) has its names.
 *
 * Context: sleepable; apple_smc_sysctl_hw(): any.
 */
bool	apple_smc_has_sysctl(const char *name);
struct sysctl_oid *apple_smc_sysctl_hw(void);

/*
 * Written in Rust, called by the glue.
 *
 * Attach and detach.  *state is the driver's state between the two.
 *
 * Context: sleepable.
 * Errors: the errno of what failed, after a line on the console that says what.
 * EBUSY from detach: a part of the device is kept, so newbus must keep the
 * device; the state has gone.
 */
int	apple_smc_attach_state(device_t dev, void **state);
int	apple_smc_detach_state(void *state);

/*
 * Suspend and resume.  A resume that fails leaves an SMC that fails all
 * commands.
 *
 * Context: sleepable.
 * Errors: the errno of what failed.
 */
int	apple_smc_suspend_state(void *state);
int	apple_smc_resume_state(void *state);

/*
 * Prepare for the system to go down: no notifications from here on, and
 * commands by polling alone.  May be called any number of times.
 *
 * Context: sleepable.
 */
void	apple_smc_quiet(void *state);

/*
 * Tell the SMC what comes (apple_smc_announce()), and make it happen
 * (apple_smc_go()), by polling in the calling thread.  This works in a kernel
 * that has panicked, too.  A thread whose command is under way is told to end
 * it, and is waited for, unless the kernel has panicked.  apple_smc_go()
 * returns after some 100 ms if nothing has happened.
 *
 * Context: sleepable.
 */
void	apple_smc_announce(void *state, enum apple_smc_power what);
void	apple_smc_go(void *state, enum apple_smc_power what);

/*
 * Pins of the low bank, or of the usual one, which are numbered as in their
 * keys.  apple_smc_pin_max() gives the highest.  The others ask whether a pin
 * is an output and whether it is high, and drive it.
 *
 * apple_smc_pin_set() polls for some milliseconds at most.  If the SMC is busy,
 * a thread drives the pin later, and says if it cannot.
 *
 * Context: sleepable; apple_smc_pin_set(): any but a filter.
 * Errors: apple_smc_pin_max(): ENXIO: there are no pins.  The others: EINVAL:
 * there is no such pin; errors of apple_smc.h.  apple_smc_pin_set() also:
 * EINVAL: the pin was no output when attach or apple_smc_pin_is_output() asked
 * last.
 */
int	apple_smc_pin_max(void *state, bool low, int *max);
int	apple_smc_pin_is_output(void *state, bool low, uint32_t pin,
	    bool *output);
int	apple_smc_pin_get(void *state, bool low, uint32_t pin, bool *high);
int	apple_smc_pin_set(void *state, bool low, uint32_t pin, bool high);

#endif /* !_APPLE_SMC_VAR_H_ */
