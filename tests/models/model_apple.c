/*-
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * Copyright (c) 2026 The kpi-drivers authors
 */

/*
 * A machine of Apple's for tests: see model_apple.h.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/time.h>

#include "model_apple.h"
#include "tk_ofw.h"

/* Where the coprocessor stands in a tree. */
struct apple_place {
	const char	*tree;
	const char	*node;
	const char	*mbox;
	enum model_asc_variant variant;
	uint64_t	 base;
	uint64_t	 asc_base;
	unsigned int	 irq;
	uint64_t	 sram;
	/* The PMU.  Other coprocessors have none. */
	uint64_t	 spmi;
	uint8_t		 sid;
	uint16_t	 scratch;
	uint16_t	 rtc;
};

static const struct apple_place apple_smcs[] = {
	{ "t8112", "/soc/smc@23e400000", "/soc/mbox@23e408000",
	    MODEL_ASC_V4, 0x23e408000, 0x23e400000, 499, 0x23fe00000,
	    0x23d714000, 0xe, 0xf700, 0xf900 },
	{ "t6000", "/soc@200000000/smc@90400000",
	    "/soc@200000000/mbox@90408000",
	    MODEL_ASC_V4, 0x290408000, 0x290400000, 754, 0x291e00000,
	    0x2920a1300, 0xf, 0x6000, 0x1411 },
	{ "t6020", "/soc@200000000/smc@a2400000",
	    "/soc@200000000/mbox@a2408000",
	    MODEL_ASC_V4, 0x2a2408000, 0x2a2400000, 862, 0x2a3e00000,
	    0x29e114000, 0xb, 0x6000, 0x1411 },
	/* Every other tree: t8103 and the broken ones. */
	{ NULL, "/soc/smc@23e400000", "/soc/mbox@23e408000",
	    MODEL_ASC_V4, 0x23e408000, 0x23e400000, 400, 0x23fe00000,
	    0x23d0d9300, 0xf, 0x9f00, 0xd100 },
};

static const struct apple_place apple_tests[] = {
	{ "t8112", "/soc/rtkit@277400000", "/soc/mbox@277408000",
	    MODEL_ASC_T8015, 0x277408000, 0x277400000, 583, 0x277e00000 },
	{ "t6000", "/soc@200000000/rtkit@843f8000",
	    "/soc@200000000/mbox@84400000",
	    MODEL_ASC_M3, 0x284400000, 0x2843f8000, 683, 0x285e00000 },
	{ NULL, "/soc/rtkit@277400000", "/soc/mbox@277408000",
	    MODEL_ASC_V4, 0x277408000, 0x277400000, 583, 0x277e00000 },
};

const char *const model_apple_socs[] = {
	"t8103", "t8112", "t6000", "t6001", "t6002", "t6020", "t6021", "t6022",
	NULL
};

const char *
model_apple_tree(const char *soc)
{

	if (strcmp(soc, "t6001") == 0 || strcmp(soc, "t6002") == 0)
		return ("t6000");
	if (strcmp(soc, "t6021") == 0 || strcmp(soc, "t6022") == 0)
		return ("t6020");
	return (soc);
}

static const struct apple_place *
apple_place(const struct apple_place *place, const char *tree)
{

	tree = model_apple_tree(tree);
	while (place->tree != NULL && strcmp(place->tree, tree) != 0)
		place++;
	return (place);
}

static void
apple_make(struct model_apple *machine, const struct apple_place *place,
    struct model_rtkit_config *cfg, bool running)
{
	const struct model_asc_config asc = {
		.name = running ? "smc" : "test",
		.variant = place->variant,
		.base = place->base,
		.asc_base = place->asc_base,
		.irq = place->irq,
		.running = running,
		.access_ns = 500,
	};

	if (cfg->sram_size == 0)
		cfg->sram_size = 0x100000;
	cfg->sram_base = place->sram;
	*machine = (struct model_apple){
		.node = place->node, .mbox = place->mbox,
	};
	machine->rtkit = model_rtkit_new(&asc, cfg);
	if (machine->rtkit == NULL)
		panic("no room for the coprocessor of %s", place->node);
	machine->asc = model_rtkit_asc(machine->rtkit);
}

/* The PMU, of which a driver may access a few registers. */
static void
apple_make_spmi(struct model_apple *machine, const struct apple_place *place)
{
	const struct model_spmi_range ranges[] = {
		{ place->scratch + 0x1, 2 }, { place->scratch + 0xf, 1 },
		{ place->rtc, 6 },
	};
	const struct model_spmi_config cfg = {
		.base = place->spmi, .sid = place->sid, .ranges = ranges,
		.nranges = nitems(ranges), .latency_ns = 5000,
	};

	machine->scratch = place->scratch;
	machine->rtc = place->rtc;
	machine->spmi = model_spmi_new(&cfg);
	if (machine->spmi == NULL)
		panic("no room for the PMU of %s", place->node);
}

/* Does the flag in the PMU say that the machine stays off? */
static bool
apple_stays_off(void *arg)
{
	const struct model_apple *machine = arg;

	return (machine->spmi != NULL && (model_spmi_get(machine->spmi,
	    machine->scratch + 0xf, 1) & 1 << 3) != 0);
}

void
model_apple_make(struct model_apple *machine, const char *tree,
    const struct model_rtkit_config *cfg, const struct model_smc_config *smc)
{
	const struct apple_place *place = apple_place(apple_smcs, tree);
	struct model_rtkit_config mine;

	model_rtkit_config_t8103_smc(&mine);
	if (cfg != NULL)
		mine = *cfg;
	apple_make(machine, place, &mine, true);
	machine->smc = model_smc_new(machine->rtkit, smc);
	apple_make_spmi(machine, place);
	model_smc_boot_loader(machine->smc, apple_stays_off, machine);
}

void
model_apple_make_test(struct model_apple *machine, const char *tree,
    const struct model_rtkit_config *cfg)
{
	struct model_rtkit_config mine;

	model_rtkit_config_default(&mine);
	if (cfg != NULL)
		mine = *cfg;
	apple_make(machine, apple_place(apple_tests, tree), &mine, false);
	model_rtkit_app(machine->rtkit, MODEL_RTKIT_EP_APP,
	    &model_rtkit_app_echo);
}

void
model_apple_boot(struct model_apple *machine, const char *tree)
{

	tk_ofw_boot(model_apple_tree(tree));
}

void
model_apple_up(struct model_apple *machine, const char *tree,
    const struct model_rtkit_config *cfg, const struct model_smc_config *smc)
{

	model_apple_make(machine, tree, cfg, smc);
	model_apple_boot(machine, tree);
}

void
model_apple_up_test(struct model_apple *machine, const char *tree,
    const struct model_rtkit_config *cfg)
{

	model_apple_make_test(machine, tree, cfg);
	model_apple_boot(machine, tree);
}

void
model_apple_free(struct model_apple *machine)
{

	model_rtkit_free(machine->rtkit);
	if (machine->smc != NULL)
		model_smc_free(machine->smc);
	model_spmi_free(machine->spmi);
	memset(machine, 0, sizeof(*machine));
}

int
model_apple_down(struct model_apple *machine)
{
	int error;

	error = tk_ofw_detach();
	if (error == 0)
		model_apple_free(machine);
	return (error);
}

bool
model_apple_settle(struct model_apple *machine, int ms)
{
	bool quiet;
	int i;

	for (i = 0; !(quiet = model_rtkit_quiet(machine->rtkit)) && i < ms; i++)
		pause_sbt("settle", SBT_1MS, 0, 0);
	return (quiet);
}
