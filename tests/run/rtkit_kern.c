/*-
 * SPDX-License-Identifier: BSD-2-Clause
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

#include "model_apple.h"
#include "rtkit.h"
#include "tk.h"
#include "tk_bus.h"
#include "tk_ofw.h"

#define	SMC		"apple_smc0"

static struct model_apple machine;
static char why_not[256];

/*
 * The last line of the kernel's messages that one of our drivers printed, on
 * what the SMC needs.
 */
static const char *
last_message(void)
{
	const char *line = tk_msgbuf(), *end, *found = NULL;
	size_t len = 0;

	for (; *line != '\0'; line = *end == '\0' ? end : end + 1) {
		for (end = line; *end != '\0' && *end != '\n'; end++)
			;
		/* "apple_smc0: <" begins a description. */
		if (strncmp(line, "apple_", 6) == 0 &&
		    strnstr(line, ": <", end - line) == NULL) {
			found = line;
			len = end - line;
		}
	}
	if (found == NULL)
		return ("no device in the tree is compatible with apple,smc");
	strlcpy(why_not, found, MIN(len + 1, sizeof(why_not)));
	return (why_not);
}

static bool
attach_tree(const char *soc, const void *dtb, size_t len, const char **why)
{
	const char *wrong;
	device_t smc;

	if (dtb == NULL)
		model_apple_boot(&machine, soc);
	else {
		wrong = tk_ofw_load(dtb, len);
		if (wrong != NULL) {
			snprintf(why_not, sizeof(why_not),
			    "not a device tree: %s", wrong);
			*why = why_not;
			return (false);
		}
		(void)tk_ofw_attach();
	}
	smc = tk_device_find(SMC);
	if (smc != NULL && tk_device_attached(smc))
		return (true);
	*why = last_message();
	return (false);
}

bool
rtkit_machine_up(const char *soc, const void *dtb, size_t len,
    void (*traced)(void *, const struct model_rtkit_event *), void *arg,
    const char **why)
{
	tk_boot(NULL);
	tk_console_quiet(true);
	model_apple_make(&machine, soc, NULL, NULL);
	model_rtkit_trace(machine.rtkit, traced, arg);
	if (!attach_tree(soc, dtb, len, why))
		return (false);
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
	settle();
	(void)model_smc_lid(machine.smc, false);
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

	/* Among what newbus tells of its devices. */
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

/* "dev.apple_smc.0." and the rest. */
static int
read_int(const char *name, int *value)
{
	char full[160];
	size_t len = sizeof(*value);

	snprintf(full, sizeof(full), "dev.apple_smc.0.%s", name);
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

	walk(&w, device_get_sysctl_tree(tk_device_find(SMC)));
}
