/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * The machine of `make run APP=rtkit`, on the kernel side: the models of the
 * coprocessor and of its SMC, the device tree, the drivers, and what sysctl(9)
 * shows of the SMC.
 */

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/kernel.h>
#include <sys/libkern.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include <dev/ofw/openfirm.h>

#include "model_apple.h"
#include "rtkit.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_ofw.h"

#define	SMCS		32	/* devices that are looked at */

static struct model_apple machine;
static char why_not[256];
static char smc_name[16];	/* the one that attached */
static int smc_unit;

/*
 * The tree
 */

const char *
rtkit_soc(size_t number)
{
	for (size_t i = 0; model_apple_socs[i] != NULL; i++)
		if (i == number)
			return (model_apple_socs[i]);
	return (NULL);
}

bool
rtkit_soc_known(const char *soc)
{
	const char *known;

	for (size_t i = 0; (known = rtkit_soc(i)) != NULL; i++)
		if (strcmp(known, soc) == 0)
			return (true);
	return (false);
}

/* "t6020" of "apple,t6020"; NULL: it is no SoC of Apple's. */
static const char *
soc_of(const char *compatible)
{
	const char *soc = compatible + strlen("apple,");

	if (strncmp(compatible, "apple,t", 7) != 0 || strlen(soc) != 5)
		return (NULL);
	for (const char *c = soc + 1; *c != '\0'; c++)
		if (*c < '0' || *c > '9')
			return (NULL);
	return (soc);
}

/* The SoC that the root of the tree names; "": none. */
static const char *
soc_of_root(void)
{
	static char names[256];
	const char *soc, *name;
	ssize_t len;

	len = OF_getprop(OF_peer(0), "compatible", names, sizeof(names) - 1);
	if (len <= 0)
		return ("");
	names[MIN((size_t)len, sizeof(names) - 1)] = '\0';
	for (name = names; name < names + len; name += strlen(name) + 1)
		if ((soc = soc_of(name)) != NULL)
			return (soc);
	return ("");
}

/* Which model the tree is for; false: for none, or for another. */
static bool
choose_soc(struct rtkit_machine *m, const char **why)
{
	const char *named = soc_of_root();

	if (named[0] != '\0' && !rtkit_soc_known(named) && m->soc == NULL) {
		snprintf(why_not, sizeof(why_not), "its root is compatible "
		    "with apple,%s, of which there is no model; SOC= chooses "
		    "another", named);
		*why = why_not;
		return (false);
	}
	if (m->soc == NULL)
		m->soc = named[0] != '\0' ? named : "t8103";
	if (!rtkit_soc_known(named) || strcmp(model_apple_tree(named),
	    model_apple_tree(m->soc)) == 0)
		return (true);
	snprintf(why_not, sizeof(why_not), "its root is compatible with "
	    "apple,%s, and SOC is %s: leave that out", named, m->soc);
	*why = why_not;
	return (false);
}

bool
rtkit_machine_boot(struct rtkit_machine *m, const char **why)
{
	const char *wrong;

	tk_boot(NULL);
	tk_console_quiet(true);
	if (m->dtb == NULL) {
		if (m->soc == NULL)
			m->soc = "t8103";
		return (true);
	}
	wrong = tk_ofw_load(m->dtb, m->dtb_len);
	if (wrong == NULL)
		return (choose_soc(m, why));
	snprintf(why_not, sizeof(why_not), "not a device tree: %s", wrong);
	*why = why_not;
	return (false);
}

/*
 * Attaching
 */

/* The last line that a device printed of itself; NULL: none. */
static const char *
last_line(const char *device, size_t *lenp)
{
	const char *line = tk_msgbuf(), *end, *found = NULL;

	for (; *line != '\0'; line = *end == '\0' ? end : end + 1) {
		for (end = line; *end != '\0' && *end != '\n'; end++)
			;
		/* "apple_smc0: <" begins a description. */
		if (strncmp(line, device, strlen(device)) == 0 &&
		    strnstr(line, ": <", end - line) == NULL) {
			found = line;
			*lenp = end - line;
		}
	}
	return (found);
}

/*
 * Why no SMC attached: the last line of its driver.  If the driver could not
 * map something, the model may lack it although the tree is right.
 */
static const char *
why_no_smc(const struct rtkit_machine *m)
{
	const char *line;
	size_t len = 0;

	line = last_line("apple_smc", &len);
	if (line == NULL)
		return ("no device in the tree is compatible with apple,smc");
	if (strnstr(line, "cannot map", len) == NULL &&
	    strnstr(line, "is not attached", len) == NULL)
		snprintf(why_not, sizeof(why_not), "%.*s", (int)len, line);
	else
		snprintf(why_not, sizeof(why_not),
		    "%.*s (or the model of %s has it elsewhere)", (int)len,
		    line, m->soc);
	return (why_not);
}

/* The first SMC that is attached. */
static bool
find_smc(void)
{
	device_t dev;

	for (smc_unit = 0; smc_unit < SMCS; smc_unit++) {
		snprintf(smc_name, sizeof(smc_name), "apple_smc%d", smc_unit);
		dev = tk_device_find(smc_name);
		if (dev != NULL && tk_device_attached(dev))
			return (true);
	}
	return (false);
}

const char *
rtkit_machine_smc(void)
{
	return (smc_name);
}

bool
rtkit_machine_up(const struct rtkit_machine *m,
    void (*traced)(void *, const struct model_rtkit_event *), void *arg,
    const char **why)
{
	const struct model_smc_config smc = {
		.newer = m->newer, .temperatures = m->temperatures,
	};
	struct model_rtkit_config cfg;

	if (m->newer)
		model_rtkit_config_newer_smc(&cfg);
	else
		model_rtkit_config_t8103_smc(&cfg);
	model_apple_make(&machine, m->soc, &cfg, &smc);
	model_rtkit_trace(machine.rtkit, traced, arg);
	/* Let the model run: it may send messages before a driver listens. */
	pause("rtkit", 1);
	if (m->dtb == NULL)
		model_apple_boot(&machine, m->soc);
	else
		(void)tk_ofw_attach();
	if (!find_smc()) {
		*why = why_no_smc(m);
		return (false);
	}
	(void)model_apple_settle(&machine, 1000);
	return (true);
}

static void
settle(void)
{
	pause("rtkit", hz / 10);
	(void)model_apple_settle(&machine, 1000);
}

void
rtkit_machine_touch(void)
{
	(void)model_smc_button(machine.smc, MODEL_SMC_BUTTON_POWER, true);
	settle();
	(void)model_smc_button(machine.smc, MODEL_SMC_BUTTON_POWER, false);
	settle();
	(void)model_smc_lid(machine.smc, true);
	/* Until the driver believes it. */
	pause("lid", 2 * hz);
	(void)model_smc_lid(machine.smc, false);
	pause("lid", 2 * hz);
	settle();
	(void)model_smc_charger(machine.smc, false);
	settle();
	(void)model_smc_charger(machine.smc, true);
	settle();
}

void
rtkit_machine_crash(void)
{
	model_rtkit_crash(machine.rtkit);
	settle();
}

int
rtkit_machine_down(void)
{
	(void)model_apple_down(&machine);
	return (tk_shutdown());
}

const char *
rtkit_devd_event(size_t number)
{
	const char *message;
	size_t seen = 0;

	/* Skip the lines that newbus prints about devices. */
	for (size_t i = 0; (message = tk_devctl_message(i)) != NULL; i++)
		if (strncmp(message, "!system=ACPI", 12) == 0 &&
		    seen++ == number)
			return (message + 1);
	return (NULL);
}

/*
 * Sensors
 */
struct walk {
	void	(*fn)(void *, const struct rtkit_sensor *);
	void	*arg;
	char	 name[128];	/* of what it is at, below the device */
};

/* "dev.apple_smc.0." or so, and the rest. */
static int
read_int(const char *name, int *value)
{
	char full[160];
	size_t len = sizeof(*value);

	snprintf(full, sizeof(full), "dev.apple_smc.%d.%s", smc_unit, name);
	return (kernel_sysctlbyname(curthread, full, value, &len, NULL, 0,
	    NULL, 0));
}

static void
show(struct walk *w, const struct sysctl_oid *oid)
{
	struct rtkit_sensor s = {
		.name = w->name, .descr = oid->oid_descr,
		.kelvin = strcmp(oid->oid_fmt, "IK") == 0,
	};

	s.error = read_int(w->name, &s.value);
	w->fn(w->arg, &s);
}

static void
walk(struct walk *w, struct sysctl_oid *parent)
{
	struct sysctl_oid *oid;
	size_t len = strlen(w->name);

	SYSCTL_FOREACH(oid, SYSCTL_CHILDREN(parent)) {
		snprintf(w->name + len, sizeof(w->name) - len, "%s%s",
		    len == 0 ? "" : ".", oid->oid_name);
		if ((oid->oid_kind & CTLTYPE) == CTLTYPE_NODE)
			walk(w, oid);
		else if ((oid->oid_kind & CTLTYPE) == CTLTYPE_INT)
			show(w, oid);
		w->name[len] = '\0';
	}
}

void
rtkit_sensors(void (*fn)(void *, const struct rtkit_sensor *), void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };

	walk(&w, device_get_sysctl_tree(tk_device_find(smc_name)));
}
