/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The tests of the SMC driver share this: a machine with the model of the SMC,
 * and functions that see the driver as a program does.
 */
#ifndef _APPLE_SMC_TEST_H_
#define	_APPLE_SMC_TEST_H_

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "apple/smc/apple_smc.h"
#include "model_apple.h"
#include "observe.h"
#include "tk_bus.h"
#include "tk_ofw.h"
#include "tk_test.h"
#include "tk_test_thread.h"

TK_CASES_ON_EACH_PIC("");

#define	KEY(name)	APPLE_SMC_KEY((name)[0], (name)[1], (name)[2],	\
			    (name)[3])

static inline device_t
smc_device(void)
{
	return (tk_device_find("apple_smc0"));
}

static inline bool
smc_attached(void)
{
	device_t dev = smc_device();

	return (dev != NULL && tk_device_attached(dev));
}

/* Make a machine whose driver must attach. */
static inline void
smc_up(struct model_apple *m)
{
	model_apple_up(m, "t8103", NULL, NULL);
	TK_CHECK(smc_attached());
}

/* Configure an SMC that the driver may start again after a crash. */
static inline void
smc_config_restart(struct model_rtkit_config *cfg)
{
	TK_EQ(kern_setenv("hw.apple_smc.restart", "1"), 0);
	model_rtkit_config_t8103_smc(cfg);
	cfg->restartable = true;
}

/* The same as smc_up(), with such an SMC. */
static inline void
smc_up_restart(struct model_apple *m)
{
	struct model_rtkit_config cfg;

	smc_config_restart(&cfg);
	model_apple_up(m, "t8103", &cfg, NULL);
	TK_CHECK(smc_attached());
}

/* Detach, and check that the driver has broken no rule, also not by that. */
static inline void
smc_down(struct model_apple *m)
{
	TK_EQ(tk_device_detach(smc_device()), 0);
	(void)model_apple_settle(m, 100);
	TK_STREQ(model_rtkit_first_violation(m->rtkit), "");
	TK_EQ(model_apple_down(m), 0);
}

/* The same, after faults that make the model break rules itself. */
static inline void
smc_down_anyhow(struct model_apple *m)
{
	TK_EQ(model_apple_down(m), 0);
}

/* Read a node below dev.apple_smc.0.  Returns an errno. */
static inline int
smc_sysctl(const char *name, void *value, size_t *len)
{
	char full[128];

	snprintf(full, sizeof(full), "dev.apple_smc.0.%s", name);
	return (kernel_sysctlbyname(curthread, full, value, len, NULL, 0,
	    NULL, 0));
}

static inline int
smc_int_error(const char *name, int *value)
{
	size_t len = sizeof(*value);

	return (smc_sysctl(name, value, &len));
}

static inline int
smc_int(const char *name)
{
	int value = -1;

	TK_EQ(smc_int_error(name, &value), 0);
	return (value);
}

static inline uint64_t
smc_count(const char *name)
{
	return (counter_of("dev.apple_smc.0.stats.%s", name));
}

/* Choose a key to show.  Returns an errno. */
static inline int
smc_choose(const char *name)
{
	char full[] = "dev.apple_smc.0.key";

	return (kernel_sysctlbyname(curthread, full, NULL, NULL,
	    __DECONST(char *, name), strlen(name), NULL, 0));
}

/* The text of the key that was chosen. */
static inline const char *
smc_chosen(void)
{
	static char text[256];
	size_t len = sizeof(text);

	TK_EQ(smc_sysctl("key", text, &len), 0);
	return (text);
}

/*
 * Functions for a thread or for smc_ms(): read a sensor; write to a fan.  They
 * store the errno at arg.
 */
static inline void
smc_read_once(void *arg)
{
	int value;

	*(int *)arg = smc_int_error("temp.battery", &value);
}

static inline void
smc_write_once(void *arg)
{
	*(int *)arg = apple_smc_write(smc_device(), KEY("F0Tg"),
	    "\0\0\372\104", 4);
}

/* Milliseconds that pass while fn(arg) runs. */
static inline int64_t
smc_ms(void (*fn)(void *), void *arg)
{
	int64_t start = tk_now_ns();

	fn(arg);
	return ((tk_now_ns() - start) / 1000000);
}

/*
 * The devd(8) event of the system ACPI with this number; "" if there is none.
 */
static inline const char *
acpi_event(int number)
{
	const char *event;

	for (size_t i = 0; (event = tk_devctl_message(i)) != NULL; i++)
		if (strncmp(event, "!system=ACPI", 12) == 0 && number-- == 0)
			return (event);
	return ("");
}

/* Until what the SMC has sent is handled. */
static inline void
wait_a_little(struct model_apple *m)
{
	pause("event", hz / 20);
	(void)model_apple_settle(m, 1000);
}

#endif /* !_APPLE_SMC_TEST_H_ */
