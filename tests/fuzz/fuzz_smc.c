/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * Fuzz target: the SMC's side.  The input adds keys of any kind and changes
 * values before the driver attaches, and says whether fans and the charge may
 * be set.  Then it chooses faults, messages, events, and what programs request.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/proc.h>
#include <sys/sysctl.h>

#include "apple/smc/apple_smc.h"
#include "device_if.h"
#include "fuzz.h"
#include "kept.h"
#include "model_apple.h"
#include "tk.h"
#include "tk_ofw.h"

#define	MAXOPS		64
#define	MAXKEYS		8

static const char *const trees[] = { "t8103", "t6000", "t8112" };
static const char *const names[] = {
	"#KEY", "NTAP", "B0RM", "B0AV", "B0AC", "TB0T", "PSTR", "F0Ac", "F0Mn",
	"F0Mx", "F0Tg", "F0Md", "CLKM", "MBSE", "MSLD", "BUIC", "gP00", "CHIS",
	"F0md", "F1Md", "F1Mn", "F1Mx", "F1Tg", "F1md", "Ftst",
	"CHWA", "CHLS", "CHTE", "CH0B", "CH0C", "CH0I", "CH0J", "CHIE", "CHIB",
	"CH0R", "CHCC", "CHCE", "CHNC", "CHSC", "BSFC", "BBAD", "BCF0", "BITV",
	"BMDN", "BMDT", "BMSN",
};

/* What the administrator may set. */
static const char *const settings[] = {
	"fan.0.set", "fan.1.set", "charge.end", "charge.inhibit",
	"charge.discharge",
};

struct run {
	struct fuzz_in	 in;
	struct model_apple machine;
	device_t	 smc;
	bool		 suspended;
	bool		 hung;
};

/* A name of the table, or one from the input. */
static void
pick_name(struct run *r, char *name)
{
	uint32_t n = fuzz_below(&r->in, 2 * nitems(names));

	if (n < nitems(names))
		memcpy(name, names[n], 5);
	else
		fuzz_bytes(&r->in, name, 4);
	name[4] = '\0';
}

static uint32_t
pick_key(struct run *r)
{
	char name[5];

	pick_name(r, name);
	return (APPLE_SMC_KEY((uint8_t)name[0], (uint8_t)name[1],
	    (uint8_t)name[2], (uint8_t)name[3]));
}

/*
 * What the SMC is and does.
 */
static void
change_key(struct run *r)
{
	static const char *const types[] = {
		"ui8 ", "ui16", "ui32", "ui64", "si8 ", "si16", "si32", "si64",
		"flag", "flt ", "ioft", "hex_", "ch8*", "{jst",
	};
	char name[5];
	uint8_t value[64], size;

	pick_name(r, name);
	size = fuzz_u8(&r->in) % sizeof(value);
	fuzz_bytes(&r->in, value, size);
	if (model_smc_set(r->machine.smc, name, value, size))
		return;
	(void)model_smc_remove(r->machine.smc, name);
	(void)model_smc_add(r->machine.smc, name,
	    types[fuzz_below(&r->in, nitems(types))], size, fuzz_u8(&r->in),
	    value);
}

static void
add_fault(struct run *r)
{
	uint32_t n = 0;

	while (model_rtkit_faults[n].name != NULL)
		n++;
	model_rtkit_fault(r->machine.rtkit,
	    model_rtkit_faults[fuzz_below(&r->in, n)].name,
	    1 + (fuzz_u8(&r->in) & 3));
}

static void
smc_does(struct run *r, uint8_t what)
{
	struct model_smc *smc = r->machine.smc;
	char name[5];

	switch (what & 7) {
	case 0:
		model_rtkit_send(r->machine.rtkit, MODEL_RTKIT_EP_APP,
		    fuzz_u64(&r->in));
		break;
	case 1:
		(void)model_smc_event(smc, fuzz_u32(&r->in));
		break;
	case 2:
		add_fault(r);
		break;
	case 3:
		(void)model_smc_button(smc, fuzz_u8(&r->in), (what & 8) != 0);
		(void)model_smc_lid(smc, (what & 16) != 0);
		break;
	case 4:
		(void)model_smc_pin_drive(smc, fuzz_u8(&r->in),
		    (what & 8) != 0);
		break;
	case 5:
		pick_name(r, name);
		model_smc_fail(smc, name, fuzz_u8(&r->in));
		break;
	case 6:
		r->hung = !r->hung;
		model_rtkit_hang(r->machine.rtkit, r->hung);
		break;
	case 7:
		if ((what & 0x38) == 0x38)
			model_rtkit_crash(r->machine.rtkit);
		else
			(void)model_smc_set(smc, "TB0T", "\377\377\177\177", 4);
		break;
	}
}

/*
 * What programs and other drivers do.
 */
static void
use_key(struct run *r)
{
	struct apple_smc_key_info info;
	uint8_t buf[255];
	uint32_t key = pick_key(r);
	size_t len;

	switch (fuzz_u8(&r->in) & 3) {
	case 0:
		(void)apple_smc_key_info(r->smc, key, &info);
		(void)apple_smc_key_by_index(r->smc, fuzz_u8(&r->in), &key);
		break;
	case 1:
		if (apple_smc_read(r->smc, key, buf,
		    1 + fuzz_u8(&r->in) % sizeof(buf), &len) == 0 &&
		    len > sizeof(buf))
			fuzz_fail("more was read than there is room");
		break;
	case 2:
		fuzz_bytes(&r->in, buf, 16);
		(void)apple_smc_write(r->smc, key, buf,
		    1 + (fuzz_u8(&r->in) & 15));
		break;
	case 3:
		(void)apple_smc_rw(r->smc, key, "\0\0\0\1", 4, buf, 4, &len);
		break;
	}
}

static void
set(struct run *r)
{
	int value = (int)(fuzz_u32(&r->in) & 0x3fff) - 1;
	char oid[64];

	snprintf(oid, sizeof(oid), "dev.apple_smc.0.%s",
	    settings[fuzz_below(&r->in, nitems(settings))]);
	(void)kernel_sysctlbyname(curthread, oid, NULL, NULL, &value,
	    sizeof(value), NULL, 0);
}

static void
suspend_or_resume(struct run *r)
{
	if (r->suspended)
		r->suspended = DEVICE_RESUME(r->smc) != 0;
	else
		r->suspended = DEVICE_SUSPEND(r->smc) == 0;
}

static void
program_does(struct run *r, uint8_t what)
{
	switch (what & 7) {
	case 0:
	case 1:
	case 4:
		use_key(r);
		break;
	case 2:
		suspend_or_resume(r);
		break;
	case 3:
	case 7:
		pause_sbt("fuzz", SBT_1MS * (1 + fuzz_u8(&r->in)), 0, 0);
		break;
	case 5:
	case 6:
		set(r);
		break;
	}
}

static void
op(struct run *r)
{
	uint8_t what = fuzz_u8(&r->in);

	if ((what & 0x80) == 0)
		smc_does(r, what);
	else if (r->smc != NULL)
		program_does(r, what);
}

/* kind: 0: nothing may be set; others: fans and a charge of some kind. */
static void
make_smc(struct run *r, const char *tree, unsigned int kind)
{
	const struct model_smc_config cfg = {
		.fans = kind % (MODEL_SMC_FANS_NEW + 1),
		.charge = kind % (MODEL_SMC_CHARGE_27 + 1),
		.newer = kind % (MODEL_SMC_CHARGE_27 + 1) ==
		    MODEL_SMC_CHARGE_27,
	};
	const char *allowed = kind != 0 ? "1" : "0";

	(void)kern_setenv("hw.apple_smc.fan_control", allowed);
	(void)kern_setenv("hw.apple_smc.charge_control", allowed);
	model_apple_make(&r->machine, tree, NULL, &cfg);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct run r = { .in = { data, len } };
	const char *tree;
	uint8_t flags;

	fuzz_boot(&r.in);
	flags = fuzz_u8(&r.in);
	tree = trees[fuzz_below(&r.in, nitems(trees))];
	make_smc(&r, tree, flags >> 5);
	for (int n = flags & (MAXKEYS - 1); n > 0; n--)
		change_key(&r);
	for (int n = (flags >> 3) & 3; n > 0; n--)
		add_fault(&r);
	/* The input may say that the button is held, or the battery empty. */
	(void)kern_setenv("hw.apple_smc.poweroff", "0");
	model_apple_boot(&r.machine, tree);
	r.smc = tk_ofw_device(r.machine.node);
	if (r.smc != NULL && !device_is_attached(r.smc))
		r.smc = NULL;
	for (int n = 0; n < MAXOPS && r.in.left > 0; n++)
		op(&r);
	if (model_apple_down(&r.machine) != 0)
		fuzz_fail("a driver did not detach");
	fuzz_shutdown(kept_by_coprocessors());
}
